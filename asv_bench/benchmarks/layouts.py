"""Arrays that are not contiguous, axes that are not the last, float16, and threads."""

from __future__ import annotations

import numpy as np

import activations

from .common import (
    COLUMNS,
    DTYPES,
    SIZES,
    THREADED,
    arrays,
    enrolled,
    get,
    get_folding,
    guard_value,
    is_elementwise,
    ratio,
)

LAYOUTS = ("every other", "columns first", "first axis")


class _Both:
    sample_time = 0.005
    repeat = (3, 20, 0.5)
    warmup_time = 0.02

    def prepare(self, f, x: np.ndarray, dtype: str, **keywords) -> None:
        self.f, self.x, self.keywords = f, x, keywords
        y = f(x, **keywords)
        self.dy = np.ones_like(y)
        # What is too large for float16 is infinite there.
        with np.errstate(over="ignore"):
            exact = f(x.astype(np.float64), **keywords).astype(dtype).astype(np.float64)
        guard_value(f, np.asarray(y), exact, dtype, "f(x)")

    def forward(self) -> None:
        self.f(self.x, **self.keywords)

    def backward(self) -> None:
        self.f.backward(self.dy, self.x, **self.keywords)


class Layout(_Both):
    """float32: a view of every other column, Fortran order, and (folding and gated kinds) the first axis."""

    params = (enrolled(), LAYOUTS, tuple(size for size in SIZES if 2 * COLUMNS <= size <= 1 << 16))
    param_names = ("function", "layout", "size")

    def setup(self, function: str, layout: str, size: int) -> None:
        f = get(function)
        x, _ = arrays(f, 2 * size, "float32")
        x = x.reshape(-1, COLUMNS)
        if layout == "first axis":
            if is_elementwise(f):
                raise NotImplementedError("it has no axis")
            self.prepare(f, np.ascontiguousarray(x[: len(x) // 2]), "float32", axis=0)
        else:
            self.prepare(f, x[:, ::2] if layout == "every other" else np.asfortranarray(x[::2]), "float32")

    def time_forward(self, function: str, layout: str, size: int) -> None:
        self.forward()

    def time_backward(self, function: str, layout: str, size: int) -> None:
        self.backward()


class _InTurns:
    """What a folding function takes for some rows, in times of what it takes for others along the last axis: in turns,
    the least of many rounds counts."""

    number = 1
    repeat = 1

    def prepare(self, f, x: np.ndarray, other: np.ndarray, **keywords) -> np.ndarray:
        self.f, self.x, self.other, self.keywords = f, x, other, keywords
        y = f(x, **keywords)
        self.dy, self.dy_other = np.ones_like(y), np.ones_like(f(other))
        return y

    def forward(self) -> float:
        return ratio(lambda: self.f(self.x, **self.keywords), lambda: self.f(self.other), self.ROUNDS)

    def backward(self) -> float:
        return ratio(
            lambda: self.f.backward(self.dy, self.x, **self.keywords),
            lambda: self.f.backward(self.dy_other, self.other),
            self.ROUNDS,
        )


class FirstAxis(_InTurns):
    """Along the first axis, the same numbers transposed along the last one. More than 1.5 is a defect."""

    SHAPES = ("256x256", "64x1024", "1000x65")
    params = (enrolled(), SHAPES, DTYPES)
    param_names = ("function", "shape", "dtype")
    unit = "times the last axis"
    ROUNDS = 25

    def setup(self, function: str, shape: str, dtype: str) -> None:
        f = get_folding(function)
        rows, columns = map(int, shape.split("x"))
        x = np.random.default_rng(0).normal(scale=3, size=(rows, columns)).astype(dtype)
        self.turned = np.ascontiguousarray(x.T)
        y = self.prepare(f, x, self.turned, axis=0)
        guard_value(f, y, np.asarray(f(self.turned)).T.astype(np.float64), dtype, "f(x, axis=0)")

    def track_forward(self, function: str, shape: str, dtype: str) -> float:
        return self.forward()

    def track_backward(self, function: str, shape: str, dtype: str) -> float:
        return self.backward()


class ShortRows(_InTurns):
    """Short rows, of lengths that fill no vectors, and as many elements in rows of 1,024. Ten columns take 2 to 13
    times as long; before rows were brought side by side logsumexp took 30 times."""

    ELEMENTS = 1 << 16
    params = (enrolled(), (10, 50, 100), DTYPES)
    param_names = ("function", "columns", "dtype")
    unit = "times rows of 1,024"
    ROUNDS = 15

    def setup(self, function: str, columns: int, dtype: str) -> None:
        flat = np.random.default_rng(0).normal(size=self.ELEMENTS).astype(dtype)
        short = np.ascontiguousarray(flat[: self.ELEMENTS // columns * columns].reshape(-1, columns))
        self.prepare(get_folding(function), short, flat.reshape(-1, 1024))

    def track_forward(self, function: str, columns: int, dtype: str) -> float:
        return self.forward()

    def track_backward(self, function: str, columns: int, dtype: str) -> float:
        return self.backward()


class Half(_Both):
    """float16."""

    params = (enrolled(), SIZES)
    param_names = ("function", "size")

    def setup(self, function: str, size: int) -> None:
        f = get(function)
        self.prepare(f, arrays(f, size, "float16")[0], "float16")

    def time_forward(self, function: str, size: int) -> None:
        self.forward()

    def time_backward(self, function: str, size: int) -> None:
        self.backward()


class Threads(_Both):
    """float32, one thread and all of them, from the size on at which the first threads begin."""

    params = (enrolled(), (1, 0), THREADED)
    param_names = ("function", "threads", "size")

    def setup(self, function: str, threads: int, size: int) -> None:
        self.before = activations.num_threads()
        activations.num_threads(threads or self.before)
        f = get(function)
        self.prepare(f, arrays(f, size, "float32")[0], "float32")

    def teardown(self, function: str, threads: int, size: int) -> None:
        activations.num_threads(self.before)

    def time_forward(self, function: str, threads: int, size: int) -> None:
        self.forward()

    def time_backward(self, function: str, threads: int, size: int) -> None:
        self.backward()
