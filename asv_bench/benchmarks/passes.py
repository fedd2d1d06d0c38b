"""Each function's passes: forward, derivative, backward and backward from the saved output, into an output made
beforehand."""

from __future__ import annotations

import numpy as np

from .common import (
    DTYPES,
    SIZES,
    arrays,
    enrolled,
    get,
    get_elementwise,
    get_saving,
    guard_gradient,
    guard_value,
)


class _Pass:
    params = (enrolled(), SIZES, DTYPES)
    param_names = ("function", "size", "dtype")
    sample_time = 0.005
    repeat = (3, 20, 0.5)
    warmup_time = 0.02
    get = staticmethod(get)

    def setup(self, function: str, size: int, dtype: str) -> None:
        self.f = self.get(function)
        self.x, self.dy = arrays(self.f, size, dtype)
        guard_gradient(self.f)
        self.out = np.empty_like(self.expected(self.x, self.dy))
        exact = self.expected(self.x.astype(np.float64), self.dy.astype(np.float64))
        guard_value(self.f, self.timed(), exact, dtype, type(self).__name__.lower())


class Forward(_Pass):
    """`f(x, out=out)`."""

    def expected(self, x: np.ndarray, dy: np.ndarray) -> np.ndarray:
        return self.f(x)

    def timed(self) -> np.ndarray:
        return self.f(self.x, out=self.out)

    def time_forward(self, function: str, size: int, dtype: str) -> None:
        self.f(self.x, out=self.out)


class Derivative(_Pass):
    """`f.derivative(x, out=out)`."""

    get = staticmethod(get_elementwise)

    def expected(self, x: np.ndarray, dy: np.ndarray) -> np.ndarray:
        return self.f.derivative(x)

    def timed(self) -> np.ndarray:
        return self.f.derivative(self.x, out=self.out)

    def time_derivative(self, function: str, size: int, dtype: str) -> None:
        self.f.derivative(self.x, out=self.out)


class Backward(_Pass):
    """`f.backward(dy, x, out=out)`."""

    def expected(self, x: np.ndarray, dy: np.ndarray) -> np.ndarray:
        return self.f.backward(dy, x)

    def timed(self) -> np.ndarray:
        return self.f.backward(self.dy, self.x, out=self.out)

    def time_backward(self, function: str, size: int, dtype: str) -> None:
        self.f.backward(self.dy, self.x, out=self.out)


class FromOutput(_Pass):
    """`f.backward(dy, x, y=y, out=out)`, with the output that the forward pass saved."""

    get = staticmethod(get_saving)

    def expected(self, x: np.ndarray, dy: np.ndarray) -> np.ndarray:
        return self.f.backward(dy, x)

    def timed(self) -> np.ndarray:
        self.y = self.f(self.x)
        return self.f.backward(self.dy, self.x, y=self.y, out=self.out)

    def time_from_output(self, function: str, size: int, dtype: str) -> None:
        self.f.backward(self.dy, self.x, y=self.y, out=self.out)
