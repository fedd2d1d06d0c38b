"""thinc's NumPy backend; it has no `out=`, and its `inplace=True` would eat the shared input."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import thinc
from thinc.backends import NumpyOps

from .cases import Case
from .contender import Contender, from_tables

version = thinc.__version__

TABLE = {
    ("relu", "forward"): ["ops.relu(x)"],
    ("relu", "backward"): ["ops.backprop_relu(dy, y)"],
    ("sigmoid", "forward"): ["ops.sigmoid(x)"],
    ("sigmoid", "backward"): ["ops.backprop_sigmoid(dy, y)"],
    ("silu", "forward"): ["ops.swish(x)"],
    ("silu", "backward"): ["ops.backprop_swish(dy, x, y)"],
    ("gelu", "forward"): ["ops.gelu(x)"],
    ("gelu", "backward"): ["ops.backprop_gelu(dy, x)"],
    ("gelu_tanh", "forward"): ["ops.gelu_approx(x)"],
    ("gelu_tanh", "backward"): ["ops.backprop_gelu_approx(dy, x)"],
    ("softmax", "forward"): ["ops.softmax(x)"],
    ("softmax", "backward"): ["ops.backprop_softmax(y, dy)"],
    **{(f"maxout{n}", "forward"): ["ops.maxout(xp)"] for n in (2, 3)},
    **{(f"maxout{n}", "backward"): ["ops.backprop_maxout(dy, which, pieces)"] for n in (2, 3)},
}


def unfit(case: Case) -> str:
    """Why it is not raced in the case, if so."""
    if case.data.layout.strided:
        return "its kernels are for contiguous arrays"
    if case.by_row and case.axis >= 0:
        return "it folds the last axis alone"
    return ""


def contenders(case: Case) -> Iterator[Contender]:
    ops = NumpyOps()
    names = {"ops": ops}
    if case.pieces > 1:
        pieces = case.split(case.names["x"])
        names |= {"xp": pieces, "pieces": case.pieces, "which": ops.maxout(pieces)[1]}
    result = "ops.maxout(xp)[0]" if case.pieces > 1 and not case.backward else ""
    for contender in from_tables("thinc", case, TABLE, **names):
        yield replace(contender, result=result)
