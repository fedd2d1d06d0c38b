"""Instructions per element of each kernel: a track that does not swing. `counting` counts them."""

from __future__ import annotations

import json
import os
from pathlib import Path

from . import counting
from .common import DTYPES, PASSES, enrolled


class Instructions:
    """Counted by valgrind at v3; ``ACTIVATIONS_INSTRUCTIONS`` names a file in which they have been counted already."""

    params = (enrolled(), PASSES, DTYPES)
    param_names = ("function", "pass", "dtype")
    unit = "instructions per element"
    timeout = 3600

    def setup_cache(self) -> dict[str, float]:
        if counted := os.environ.get("ACTIVATIONS_INSTRUCTIONS"):
            return json.loads(Path(counted).read_text())
        try:
            return counting.measure()
        except RuntimeError as error:
            print(error)
            return {}

    def setup(self, counted: dict[str, float], function: str, which: str, dtype: str) -> None:
        if f"{function} {which} {dtype}" not in counted:
            raise NotImplementedError(
                "this commit has no such kernel, or nothing is counted: that needs valgrind and gcc"
            )

    def track_instructions(self, counted: dict[str, float], function: str, which: str, dtype: str) -> float:
        return counted[f"{function} {which} {dtype}"]
