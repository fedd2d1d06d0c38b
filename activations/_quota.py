"""How many processors a container may use: what its control groups grant, which OpenMP does not ask."""

from __future__ import annotations

import os

__all__ = ["processors"]

# Where the hierarchies are mounted: the second version's, alone or beside the first, and the first one's.
UNIFIED = ("sys/fs/cgroup", "sys/fs/cgroup/unified")
SINGLE = ("sys/fs/cgroup/cpu", "sys/fs/cgroup/cpu,cpuacct")


def _text(*path: str) -> str:
    """What a file holds; nothing where it cannot be read."""
    try:
        with open(os.path.join(*path), "rb") as file:
            return os.fsdecode(file.read())  # a group's name is that of a directory: any bytes
    except OSError:
        return ""


def _granted(text: str) -> int | None:
    """Microseconds of processor time over microseconds of time, rounded up; None where there is no bound."""
    try:
        time, each = map(int, text.split())
    except ValueError:  # no file, or "max"
        return None
    return max(1, -(-time // each)) if time > 0 and each > 0 else None


def processors(root: str = "/") -> int:
    """The processors that this process's control groups grant, those above it too; 0 where there is no bound.

    Parameters
    ----------
    root : str, optional
        The directory that holds ``proc`` and ``sys``.

    Returns
    -------
    int
        The least quota, rounded up to whole processors.

    Notes
    -----
    Linux alone has control groups (``cpu.max`` in their second version, ``cpu.cfs_quota_us`` in the first).

    Examples
    --------
    >>> processors("/there/is/nothing/here")
    0
    """
    found = []
    for line in _text(root, "proc/self/cgroup").splitlines():
        _, controllers, group = line.split(":", 2)
        mounts = SINGLE if "cpu" in controllers.split(",") else () if controllers else UNIFIED
        # In a container the group's own directory may be what is mounted, whatever its path outside is.
        parts = [part for part in group.split("/") if part]
        for mount in mounts:
            for depth in range(len(parts), -1, -1):
                where = os.path.join(root, mount, *parts[:depth])
                if mounts is UNIFIED:
                    found.append(_granted(_text(where, "cpu.max")))
                else:
                    found.append(_granted(_text(where, "cpu.cfs_quota_us") + _text(where, "cpu.cfs_period_us")))
    return min(filter(None, found), default=0)
