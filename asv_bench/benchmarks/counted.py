"""Instructions per element of each kernel: a track that does not swing. `counting` counts them."""

from __future__ import annotations

import json
import os
from pathlib import Path

from . import counting


class Instructions:
    """Counted by valgrind at v3; ``ACTIVATIONS_INSTRUCTIONS`` names a file in which they have been counted already."""

    params = counting.names_of_kernels()
    param_names = ("kernel",)
    unit = "instructions per element"
    timeout = 600

    def setup_cache(self) -> dict[str, float]:
        if counted := os.environ.get("ACTIVATIONS_INSTRUCTIONS"):
            return json.loads(Path(counted).read_text())
        try:
            return counting.measure()
        except RuntimeError:
            return {}

    def setup(self, counted: dict[str, float], kernel: str) -> None:
        if kernel not in counted:
            raise NotImplementedError("not counted: that needs valgrind and gcc")

    def track_instructions(self, counted: dict[str, float], kernel: str) -> float:
        return counted[kernel]
