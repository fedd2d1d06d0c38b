"""numexpr, through the compiled expression itself: `evaluate` would look its arguments up at every call."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator

import numexpr
import numpy as np

from . import spelling
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


def unfit(case: Case) -> str:
    """Why it is not raced in the case, if so."""
    return "it has no float16" if case.data.dtype == np.float16 else ""


def _spelt(text: str) -> tuple[str, dict[str, float]] | None:
    """A text of `formulas` in its words, with the numbers by name; None where a function is lacking."""
    text, constants = spelling.one_expression(text)
    words = {"max": "where({0} < {1}, {1}, {0})", "min": "where({0} < {1}, {0}, {1})"}
    words |= {"asinh": "arcsinh({0})", "atan": "arctan({0})"}

    class Words(ast.NodeTransformer):
        def visit_Call(self, node: ast.Call) -> ast.AST:
            self.generic_visit(node)
            word = words.get(node.func.id)
            return ast.parse(word.format(*map(ast.unparse, node.args)), mode="eval").body if word else node

    found = ast.unparse(Words().visit(ast.parse(text, mode="eval")))
    return None if {"sign", "erf"} & set(compile(found, "", "eval").co_names) else (found, constants)


def contenders(case: Case) -> Iterator[Contender]:
    numexpr.set_num_threads(case.threads)
    x = case.names["x"]
    kind = {np.float32: float, np.float64: np.double}[x.dtype.type]
    scale = math.sqrt(2 / math.pi)
    constants = {"zero": 0, "half": 0.5, "one": 1, "slope": SLOPE, "scale": scale, "cubic": 0.044715 * scale}
    given = {name: np.array(value, x.dtype) for name, value in constants.items()} | case.names
    if case.pieces > 1:
        given |= {f"p{i}": piece for i, piece in enumerate(np.moveaxis(case.split(x), case.at, 0))}
    texts = [(text, {}) for text in EXPRESSIONS.get((case.function, case.direction), ())]
    # One expression has one result, and a gated function two gradients.
    if case.formula and not (case.formula.gated and case.backward):
        ways = case.formula.texts(case.backward)
        texts += filter(None, (_spelt(text) for text, _ in ways))
    for text, numbers in texts:
        operands = given | {name: np.array(value, x.dtype) for name, value in numbers.items()}
        used = [name for name in operands if name in set(compile(text, "", "eval").co_names)]
        if not {*used} & {"x", "y", "dy", "a", "p0"}:
            continue  # a number, which it does not spread
        expression = numexpr.NumExpr(text, signature=[(name, kind) for name in used])
        arguments = ", ".join(used)
        names = operands | {"expression": expression}
        yield Contender("numexpr", (f"expression({arguments}, ex_uses_vml=False)",), names, text)
        yield Contender("numexpr", (f"expression({arguments}, out=out, ex_uses_vml=False)",), names, text)
