"""A dense layer's bias: added in the same pass over memory, and in a pass of its own before."""

from __future__ import annotations

import numpy as np

from .common import COLUMNS, SIZES, arrays, enrolled, get_elementwise, guard_value


class Bias:
    """`f(x, bias=b, out=out)`, beside `np.add(x, b, out=sum)` and `f(sum, out=sum)`."""

    params = (enrolled(), tuple(size for size in SIZES if size >= COLUMNS))
    param_names = ("function", "size")
    sample_time = 0.005
    repeat = (3, 20, 0.5)
    warmup_time = 0.02

    def setup(self, function: str, size: int) -> None:
        self.f = get_elementwise(function)
        x, _ = arrays(self.f, size, "float32")
        self.x = np.ascontiguousarray(x.reshape(-1, COLUMNS))
        self.bias = np.linspace(-1, 1, COLUMNS, dtype=np.float32)
        self.out, self.sum = np.empty_like(self.x), np.empty_like(self.x)
        if "bias" in self.f.parameters:
            raise NotImplementedError("its bias is a parameter of its own")
        try:
            self.f(self.x, bias=self.bias)
        except TypeError as error:
            raise NotImplementedError("this commit adds no bias") from error
        exact = self.f(np.add(self.x, self.bias).astype(np.float64))
        guard_value(self.f, self.f(self.x, bias=self.bias), exact, "float32", "f(x, bias=b)")

    def time_one_pass(self, function: str, size: int) -> None:
        self.f(self.x, bias=self.bias, out=self.out)

    def time_two_passes(self, function: str, size: int) -> None:
        np.add(self.x, self.bias, out=self.sum)
        self.f(self.sum, out=self.sum)
