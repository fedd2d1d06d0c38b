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


class FirstAxis:
    """What a folding function takes along the first axis, in times of what it takes along the last one: the same
    numbers, transposed, in turns; the least of many rounds counts. More than 1.5 is a defect."""

    SHAPES = ("256x256", "64x1024", "1000x65")
    params = (enrolled(), SHAPES, DTYPES)
    param_names = ("function", "shape", "dtype")
    unit = "times the last axis"
    number = 1
    repeat = 1
    ROUNDS = 25

    def setup(self, function: str, shape: str, dtype: str) -> None:
        self.f = get_folding(function)
        rows, columns = map(int, shape.split("x"))
        self.x = np.random.default_rng(0).normal(scale=3, size=(rows, columns)).astype(dtype)
        self.turned = np.ascontiguousarray(self.x.T)
        y = self.f(self.x, axis=0)
        self.dy = np.ones_like(y)
        self.dy_turned = np.ascontiguousarray(self.dy.T)
        guard_value(self.f, y, np.asarray(self.f(self.turned)).T.astype(np.float64), dtype, "f(x, axis=0)")

    def track_forward(self, function: str, shape: str, dtype: str) -> float:
        return ratio(lambda: self.f(self.x, axis=0), lambda: self.f(self.turned), self.ROUNDS)

    def track_backward(self, function: str, shape: str, dtype: str) -> float:
        first, last = (self.dy, self.x), (self.dy_turned, self.turned)
        return ratio(lambda: self.f.backward(*first, axis=0), lambda: self.f.backward(*last), self.ROUNDS)


class ShortRows:
    """What a folding function takes for short rows, of lengths that fill no vectors, in times of what it takes for as
    many elements in rows of 1,024, in turns; the least of many rounds counts. Ten columns take 2 to 13 times as long;
    before rows were brought side by side logsumexp took 30 times."""

    ELEMENTS = 1 << 16
    params = (enrolled(), (10, 50, 100), DTYPES)
    param_names = ("function", "columns", "dtype")
    unit = "times rows of 1,024"
    number = 1
    repeat = 1
    ROUNDS = 15

    def setup(self, function: str, columns: int, dtype: str) -> None:
        self.f = get_folding(function)
        flat = np.random.default_rng(0).normal(size=self.ELEMENTS).astype(dtype)
        self.x = np.ascontiguousarray(flat[: self.ELEMENTS // columns * columns].reshape(-1, columns))
        self.long = flat.reshape(-1, 1024)
        self.dy, self.dy_long = (np.ones_like(self.f(x)) for x in (self.x, self.long))

    def track_forward(self, function: str, columns: int, dtype: str) -> float:
        return ratio(lambda: self.f(self.x), lambda: self.f(self.long), self.ROUNDS)

    def track_backward(self, function: str, columns: int, dtype: str) -> float:
        short, long = (self.dy, self.x), (self.dy_long, self.long)
        return ratio(lambda: self.f.backward(*short), lambda: self.f.backward(*long), self.ROUNDS)


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
