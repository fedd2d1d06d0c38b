"""numexpr, through the compiled expression itself: `evaluate` would look its arguments up at every call."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numexpr
import numpy as np

from .cases import SLOPE, Case
from .contender import Contender

version = numexpr.__version__

_TANH = "tanh(x * (scale + cubic * x * x))"
# Constants are operands, since a literal makes the result double. No reductions by row with out= and
# broadcasting in one expression, hence nothing for softmax but its backward pass.
EXPRESSIONS = {
    ("relu", "forward"): ["where(x > zero, x, zero)"],
    ("relu", "backward"): ["where(x > zero, dy, zero)"],
    ("leaky_relu", "forward"): ["where(x > zero, x, slope * x)"],
    ("leaky_relu", "backward"): ["where(x > zero, dy, slope * dy)"],
    ("sigmoid", "forward"): ["one / (one + exp(-x))", "half + half * tanh(half * x)"],
    ("sigmoid", "backward"): ["dy * y * (one - y)"],
    ("tanh", "forward"): ["tanh(x)"],
    ("tanh", "backward"): ["dy * (one - y * y)"],
    ("silu", "forward"): ["x / (one + exp(-x))"],
    ("silu", "backward"): ["dy * (one + x - y) / (one + exp(-x))"],
    ("gelu_tanh", "forward"): [f"half * x * (one + {_TANH})"],
    ("softplus", "forward"): ["where(x > zero, x, zero) + log1p(exp(-abs(x)))"],
    ("softplus", "backward"): ["dy / (one + exp(-x))"],
    ("elu", "forward"): ["where(x > zero, x, expm1(x))"],
    ("elu", "backward"): ["where(y > zero, dy, dy * (y + one))"],
    ("maxout2", "forward"): ["where(p0 < p1, p1, p0)"],
    ("maxout3", "forward"): ["where(where(p0 < p1, p1, p0) < p2, p2, where(p0 < p1, p1, p0))"],
}


def contenders(case: Case) -> Iterator[Contender]:
    numexpr.set_num_threads(case.threads)
    x = case.names["x"]
    kind = {np.float32: float, np.float64: np.double}[x.dtype.type]
    scale = math.sqrt(2 / math.pi)
    constants = {"zero": 0, "half": 0.5, "one": 1, "slope": SLOPE, "scale": scale, "cubic": 0.044715 * scale}
    operands = {name: np.array(value, x.dtype) for name, value in constants.items()} | case.names
    if case.pieces > 1:
        operands |= {f"p{i}": piece for i, piece in enumerate(np.moveaxis(case.split(x), case.at, 0))}
    for text in EXPRESSIONS.get((case.function, case.direction), ()):
        used = [name for name in operands if name in set(compile(text, "", "eval").co_names)]
        expression = numexpr.NumExpr(text, signature=[(name, kind) for name in used])
        arguments = ", ".join(used)
        names = operands | {"expression": expression}
        yield Contender("numexpr", (f"expression({arguments}, ex_uses_vml=False)",), names, text)
        yield Contender("numexpr", (f"expression({arguments}, out=out, ex_uses_vml=False)",), names, text)
