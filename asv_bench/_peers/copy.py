"""The limit: moving the same bytes without computing anything.

A forward pass that keeps the shape is held against `np.copyto`. Where twice as much is read as is written
(a backward pass, maxout of two pieces) the mover is a sum of two arrays. The rest is held against
`np.copyto` of half its bytes, read and written.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .cases import Case, aligned_empty
from .contender import Contender

version = np.__version__


def unfit(case: Case) -> str:
    """Why it is not raced in the case, if so."""
    strided = case.data.layout.strided and case.folded_shape != case.shape
    return "what strides cost a copy that folds nothing says little of one that folds" if strided else ""


def contenders(case: Case) -> Iterator[Contender]:
    read, written = case.traffic
    if case.data.layout.strided:
        # What the strides cost is part of the limit.
        if case.backward:
            yield Contender("copy", ("np.add(dy, x, out=out)",), case.names, "sum of two")
        else:
            yield Contender("copy", ("np.copyto(out, x)",), case.names, result="out")
        return
    x = case.names["x"].reshape(-1)
    if read == 2 * written:
        a, b = (x, case.names["dy"].reshape(-1)) if case.backward else (x[:written], x[written:])
        names = {"np": np, "a": a, "b": b, "out": case.names["out"].reshape(-1)}
        yield Contender("copy", ("np.add(a, b, out=out)",), names, "sum of two")
        sources = 2
    else:
        half = (read + written) // 2
        a, out = (
            (x, case.names["out"].reshape(-1))
            if half == case.elements
            else (aligned_empty(half, x.dtype) for _ in range(2))
        )
        if half != case.elements:
            a[:] = 1
        names = {"np": np, "a": a, "out": out}
        yield Contender("copy", ("np.copyto(out, a)",), names, result="out")
        sources = 1
    try:
        from . import numba as loops
    except ImportError:
        return
    yield from loops.copies(case, sources, names)
