"""What fewer ulp would cost: the time of float32 passes that are computed in double and rounded once.

That is within 0.51 ulp for every function, and the one way to fewer ulp that there is for all of them. Operands are
converted a piece at a time, so that the doubles stay in the second-level cache.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from timeit import Timer

import numpy as np

import activations

from .enrolment import ROWWISE

__all__ = ["times_in_double"]

ELEMENTS = 65_536
COLUMNS = 1024
PIECE = 8192
# Whose limits are another function's, which they are with these parameters.
CASES = {"entmax": {"alpha": 1.0}}


def both_ways(name: str, pass_: str) -> tuple[Callable[[], object], Callable[[], object]]:
    """The pass of a float32 array, and the same through double."""
    f = activations.get(name, **CASES.get(name, {}))
    rng = np.random.default_rng(0)
    shape = (ELEMENTS // COLUMNS, COLUMNS) if name in ROWWISE else (ELEMENTS,)
    x = rng.standard_normal(shape).astype(np.float32)
    operands = [rng.standard_normal(f(x).shape).astype(np.float32), x] if pass_ == "backward" else [x]
    call = f if pass_ == "forward" else getattr(f, pass_)
    out = call(*operands)
    length = PIECE // COLUMNS if name in ROWWISE else PIECE
    wide = [np.empty((length, *operand.shape[1:])) for operand in operands]
    wide_out = np.empty((length, *out.shape[1:]))

    def in_double() -> None:
        for start in range(0, len(x), length):
            for buffer, operand in zip(wide, operands, strict=True):
                np.copyto(buffer, operand[start : start + length])
            call(*wide, out=wide_out)
            np.copyto(out[start : start + length], wide_out, casting="same_kind")

    return (lambda: call(*operands, out=out)), in_double


def times_in_double(keys: Iterable[tuple[str, str]], rounds: int = 60) -> dict[tuple[str, str], float]:
    """By name and pass, how many times as long it takes through double: least times, taken by turns, one thread."""
    found = {}
    with activations.num_threads(1):
        for key in keys:
            timers = [Timer(each) for each in both_ways(*key)]
            least = [np.inf, np.inf]
            for _ in range(rounds):
                least = [min(time, timer.timeit(5)) for time, timer in zip(least, timers, strict=True)]
            found[key] = least[1] / least[0]
    return found
