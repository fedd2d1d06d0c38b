"""Whether all cases can hold their arrays at the same time."""

from __future__ import annotations

from pathlib import Path

from .cases import Case

SHARE = 1 / 4
# What a case's contenders hold between them, in arrays of the input's size: a saved output, an argmax, scratch, and
# the copies of those that cannot share NumPy's memory.
ARRAYS = {"forward": 5, "backward": 8}


def available(meminfo: Path = Path("/proc/meminfo")) -> int | None:
    """Bytes that can be had without swapping, as the kernel tells; None where it doesn't."""
    lines = meminfo.read_text().splitlines() if meminfo.exists() else []
    found = [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")]
    return found[0] if found else None


def fits(cases: list[Case], free: int | None = None) -> bool:
    """Whether the arrays of all of them take no more than a quarter of the memory that is free."""
    free = available() if free is None else free
    needed = sum(ARRAYS[case.direction] * case.elements * case.data.dtype.itemsize for case in cases)
    return len(cases) < 2 or free is None or needed <= SHARE * free
