"""Which instruction set and how many threads: chosen when the first activation is made."""

from __future__ import annotations

import os

import numpy

from activations._quota import processors
from activations.kernels import core

__all__ = ["LEVEL", "LEVELS", "num_threads", "runtime_info"]

LEVELS = ("baseline", "v3", "v4")


def _possible() -> tuple[str, ...]:
    """The levels that this processor runs and this installation was built with, ascending."""
    from importlib.util import find_spec

    reachable = LEVELS[: core.cpu_level() + 1]
    return tuple(level for level in reachable if find_spec(f"activations.kernels.driver_{level}") is not None)


def _chosen() -> str:
    possible = _possible()
    asked = os.environ.get("ACTIVATIONS_ISA")
    if not asked:
        return possible[-1]
    if asked not in possible:
        raise ValueError(
            f"ACTIVATIONS_ISA={asked!r} is not possible here: choose one of {', '.join(possible)}, or unset it"
        )
    return asked


LEVEL = _chosen()

# Who sets OMP_NUM_THREADS knows better than the container's quota.
if not os.environ.get("OMP_NUM_THREADS"):
    core.configure(quota=processors())


class _Setting:
    """What `num_threads(n)` returns: undoes the setting at the end of a ``with`` block."""

    def __init__(self, before: int, now: int):
        self._before = before
        self._now = now

    def __enter__(self) -> int:
        core.configure(threads=self._now)  # which another setting may have undone since
        return self._now

    def __exit__(self, *exception) -> None:
        core.configure(threads=self._before)

    def __repr__(self) -> str:
        return f"num_threads({self._now})"


def num_threads(n: int | None = None):
    """Read or set the most threads that one call may use.

    Parameters
    ----------
    n : int, optional
        The most threads to use from now on; at most as many as OpenMP offers (``OMP_NUM_THREADS``, the processors that
        the process may run on, threadpoolctl) are used whatever is set here. Before anything is set, a container's
        quota of processor time bounds them too, unless ``OMP_NUM_THREADS`` is given. The setting is the process's, not
        the calling thread's.

    Returns
    -------
    int or context manager
        The number in force, where `n` is not given. Otherwise an object that, used in a ``with`` statement, brings the
        former setting back at the end of the block.

    Raises
    ------
    ValueError
        If `n` is less than 1.
    TypeError
        If `n` is not a whole number.

    Examples
    --------
    >>> import activations
    >>> with activations.num_threads(1):
    ...     activations.num_threads()
    1
    """
    if n is None:
        return core.threads_now()
    import operator

    try:
        if isinstance(n, bool):
            raise TypeError
        n = operator.index(n)
    except TypeError:
        raise TypeError(f"num_threads({n!r}): the number of threads is a whole number, 1 or more") from None
    if n < 1:
        raise ValueError(f"num_threads({n}): the number of threads is at least 1")
    if n >= 1 << 31:
        raise ValueError(f"num_threads({n}): the number of threads is at most {(1 << 31) - 1}")
    before = core.configure()["threads"]
    core.configure(threads=n)
    return _Setting(before, n)


def runtime_info() -> dict[str, object]:
    """What this installation runs on.

    Returns
    -------
    dict
        ``isa`` (the level in use), ``isa_available``, ``threads``, ``compiler``, ``version`` and ``numpy``.

    Examples
    --------
    >>> import activations
    >>> activations.runtime_info()["isa"] in ("baseline", "v3", "v4")
    True
    """
    from activations import __version__

    return {
        "isa": LEVEL,
        "isa_available": list(_possible()),
        "threads": num_threads(),
        "compiler": core.compiler(),
        "version": __version__,
        "numpy": numpy.__version__,
    }
