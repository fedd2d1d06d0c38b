"""What a call costs before any element is computed, and what an import and a first look-up cost."""

from __future__ import annotations

import numpy as np

from .common import arrays, enrolled, get, guard_value


class SmallCall:
    """`f(x)` and `f.backward(dy, x)` on 16 float32 values, as an array of one axis and as a row, beside
    `numpy.negative` on the same. A fold of one axis has no axis left: its result is a scalar.
    """

    SHAPES = ("16", "1x16")
    params = (enrolled(), SHAPES)
    param_names = ("function", "shape")
    sample_time = 0.005
    warmup_time = 0.02

    def setup(self, function: str, shape: str) -> None:
        self.f = get(function)
        x, _ = arrays(self.f, 16, "float32")
        self.x = x.reshape([int(length) for length in shape.split("x")])
        y = self.f(self.x)
        self.dy = np.ones_like(y)
        wide = self.x.astype(np.float64)
        guard_value(self.f, np.asarray(y), np.asarray(self.f(wide)), "float32", "a call on 16")
        exact = self.f.backward(np.ones_like(self.f(wide)), wide)
        guard_value(self.f, self.f.backward(self.dy, self.x), exact, "float32", "a gradient of 16")

    def time_forward(self, function: str, shape: str) -> None:
        self.f(self.x)

    def time_backward(self, function: str, shape: str) -> None:
        self.f.backward(self.dy, self.x)


class Negative:
    """The yardstick for `SmallCall`."""

    sample_time = 0.005
    warmup_time = 0.02

    def setup(self) -> None:
        self.x = np.linspace(-1, 1, 16, dtype=np.float32)

    def time_negative(self) -> None:
        np.negative(self.x)


class Start:
    """In a new interpreter each time; `import numpy` is the yardstick."""

    def timeraw_import_activations(self) -> str:
        return "import activations"

    def timeraw_import_numpy(self) -> str:
        return "import numpy"

    def timeraw_first_lookup(self) -> tuple[str, str]:
        return "activations.get('relu')", "import activations"
