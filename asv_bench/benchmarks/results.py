"""Where a result goes: into memory of its own that the call makes, over an operand, or only where a mask is set."""

from __future__ import annotations

import numpy as np

from .common import COLUMNS, SIZES, arrays, enrolled, get, guard_value, ratio

BOTH = ("forward", "backward")


class Fresh:
    """`f(x)` and `f.backward(dy, x)` of float32, which make their results."""

    params = (enrolled(), SIZES[-1:])
    param_names = ("function", "size")
    sample_time = 0.005
    repeat = (3, 20, 0.5)
    warmup_time = 0.02

    def setup(self, function: str, size: int) -> None:
        self.f = get(function)
        self.x, self.dy = arrays(self.f, size, "float32")
        guard_value(self.f, self.f(self.x), self.f(self.x.astype(np.float64)), "float32", "f(x)")

    def time_forward(self, function: str, size: int) -> None:
        self.f(self.x)

    def time_backward(self, function: str, size: int) -> None:
        self.f.backward(self.dy, self.x)


class InPlace:
    """What `out=x` takes in times of `out=` another array, float32, where x has just been written: in turns, and the
    least of many rounds counts. More than 1, but for what swings, is a defect."""

    params = (enrolled(), BOTH, SIZES[-1:])
    param_names = ("function", "pass", "size")
    unit = "times another place"
    number = 1
    repeat = 1
    ROUNDS = 25

    def setup(self, function: str, which: str, size: int) -> None:
        f = get(function)
        some = min(size, 1 << 14)
        x, dy = (
            np.resize(array, (size // some * array.shape[0], *array.shape[1:])) for array in arrays(f, some, "float32")
        )
        run = f if which == "forward" else lambda x, out=None: f.backward(dy, x, out=out)
        y = run(x)
        if y.shape != x.shape:
            raise NotImplementedError("its result has another shape")
        place, self.out = x.copy(), np.empty_like(x)
        guard_value(f, run(place, out=place), y.astype(np.float64), "float32", f"{which} over x")
        self.before = lambda: np.copyto(place, x)
        self.over, self.beside = lambda: run(place, out=place), lambda: run(place, out=self.out)

    def track_ratio(self, function: str, which: str, size: int) -> float:
        return ratio(self.over, self.beside, self.ROUNDS, before=self.before)


class Masked:
    """`f(x, where=mask, out=out)` and its gradient, float32: of elements the results that the mask names, of rows those
    over the elements that it names. Three in four are."""

    params = (enrolled(), BOTH, tuple(size for size in SIZES if size >= COLUMNS))
    param_names = ("function", "pass", "size")
    sample_time = 0.005
    repeat = (3, 20, 0.5)
    warmup_time = 0.02

    def setup(self, function: str, which: str, size: int) -> None:
        f = get(function)
        x, dy = arrays(f, size, "float32")

        def run(x, dy, **keywords):
            return f(x, **keywords) if which == "forward" else f.backward(dy, x, **keywords)

        whole = run(x, dy)
        shape = x.shape if f.kind == "folding" else dy.shape if which == "forward" else np.minimum(x.shape, dy.shape)
        mask = np.random.default_rng(1).random(shape) < 0.75
        out, exact = np.full_like(whole, 7), np.full(whole.shape, 7.0)
        try:
            run(x, dy, where=mask, out=out)
        except TypeError as error:
            raise NotImplementedError(f"{function} takes no mask") from error
        run(x.astype(np.float64), dy.astype(np.float64), where=mask, out=exact)
        guard_value(f, out, exact, "float32", f"{which} under a mask")
        self.call = lambda: run(x, dy, where=mask, out=out)

    def time_masked(self, function: str, which: str, size: int) -> None:
        self.call()
