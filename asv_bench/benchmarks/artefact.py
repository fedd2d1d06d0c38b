"""The wheel's size, and kernel loops that the compiler did not vectorise: as ``asv_bench/built.py`` recorded them.

asv's commands lay that record into the environment. ``ACTIVATIONS_BUILT`` names another one.
"""

from __future__ import annotations

import json
import os
from pathlib import Path


def recorded(fact: str) -> int:
    """A fact of the build, or NotImplementedError where it is not known."""
    built = os.environ.get("ACTIVATIONS_BUILT") or Path(os.environ.get("ASV_ENV_DIR", ""), "built.json")
    if not Path(built).is_file():
        raise NotImplementedError("nothing is known of this build: asv did not make it, nor is ACTIVATIONS_BUILT set")
    facts = json.loads(Path(built).read_text())
    if fact not in facts:
        raise NotImplementedError(f"the build of this commit did not tell {fact}")
    return facts[fact]


class Wheel:
    unit = "bytes"

    def setup(self) -> None:
        self.size = recorded("wheel_bytes")

    def track_size(self) -> int:
        return self.size


class Loops:
    """At v3 and v4, as the commit's own check counts them."""

    unit = "loops"

    def setup(self) -> None:
        self.missed = recorded("loops_not_vectorised")

    def track_not_vectorised(self) -> int:
        return self.missed
