"""Instructions per element of each kernel: a track that does not swing. `asv_bench.instructions` counts them."""

from __future__ import annotations

import json
import os
from pathlib import Path

try:
    from asv_bench import instructions
except ImportError:  # asv has that directory in its path, not the package
    import instructions


class Instructions:
    """Counted by valgrind at v3; ``ACTIVATIONS_INSTRUCTIONS`` names a file in which they have been counted already."""

    params = instructions.names_of_kernels()
    param_names = ("kernel",)
    unit = "instructions per element"
    timeout = 600

    def setup_cache(self) -> dict[str, float] | None:
        if counted := os.environ.get("ACTIVATIONS_INSTRUCTIONS"):
            return json.loads(Path(counted).read_text())
        try:
            return instructions.measure()
        except RuntimeError:
            return None

    def setup(self, counted: dict[str, float] | None, kernel: str) -> None:
        if counted is None or kernel not in counted:
            raise NotImplementedError("not counted: that needs valgrind and gcc")

    def track_instructions(self, counted: dict[str, float], kernel: str) -> float:
        return counted[kernel]
