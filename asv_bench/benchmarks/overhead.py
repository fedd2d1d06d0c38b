"""What a call costs before any element is computed, and what an import and a first look-up cost."""

from __future__ import annotations

import numpy as np

from .common import arrays, enrolled, get, guard_value


class SmallCall:
    """`f(x)` on 16 float32 values, beside `numpy.negative` on the same."""

    params = (enrolled(),)
    param_names = ("function",)
    sample_time = 0.005
    warmup_time = 0.02

    def setup(self, function: str) -> None:
        self.f = get(function)
        self.x, _ = arrays(self.f, 16, "float32")
        guard_value(self.f, self.f(self.x), self.f(self.x.astype(np.float64)), "float32", "a call on 16")

    def time_call(self, function: str) -> None:
        self.f(self.x)


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
