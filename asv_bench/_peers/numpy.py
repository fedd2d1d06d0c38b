"""NumPy's best expressions: in place, with masks and row sums in scratch arrays made beforehand."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from . import spelling
from .cases import SLOPE, Case
from .contender import Contender, from_tables

version = np.__version__

# Constants are 0-d arrays, which NumPy takes sooner than Python floats; `row` has one value per row,
# `rows` is it as a column; `p` and `q` are the pieces of x and of out,
# `axis` is what is folded, `at` the axis of the pieces in `xp`.
ELEMENTWISE = {
    ("relu", "forward"): ["np.maximum(x, zero)", "np.maximum(x, zero, out=out)"],
    ("relu", "backward"): [
        "np.greater(x, zero, out=mask); np.multiply(dy, mask, out=out)",
        "np.heaviside(x, zero, out=out); np.multiply(out, dy, out=out)",
    ],
    ("leaky_relu", "forward"): ["np.multiply(x, slope, out=out); np.maximum(out, x, out=out)"],
    ("leaky_relu", "backward"): [
        ("np.multiply(dy, slope, out=out); np.greater(x, zero, out=mask); np.copyto(out, dy, where=mask); out"),
        "np.heaviside(x, zero, out=out); np.maximum(out, slope, out=out); np.multiply(out, dy, out=out)",
    ],
    ("sigmoid", "forward"): [
        ("np.negative(x, out=out); np.exp(out, out=out); np.add(out, one, out=out); np.reciprocal(out, out=out)"),
        (
            "np.multiply(x, half, out=out); np.tanh(out, out=out); np.multiply(out, half, out=out); "
            "np.add(out, half, out=out)"
        ),
    ],
    ("sigmoid", "backward"): [
        "np.subtract(one, y, out=out); np.multiply(out, y, out=out); np.multiply(out, dy, out=out)"
    ],
    ("tanh", "forward"): ["np.tanh(x)", "np.tanh(x, out=out)"],
    ("tanh", "backward"): ["np.multiply(y, y, out=out); np.subtract(one, out, out=out); np.multiply(out, dy, out=out)"],
    ("silu", "forward"): [
        ("np.negative(x, out=out); np.exp(out, out=out); np.add(out, one, out=out); np.divide(x, out, out=out)"),
        (
            "np.multiply(x, half, out=tmp); np.tanh(tmp, out=out); np.multiply(out, tmp, out=out); "
            "np.add(out, tmp, out=out)"
        ),
    ],
    ("silu", "backward"): [
        (
            "np.negative(x, out=tmp); np.exp(tmp, out=tmp); np.add(tmp, one, out=tmp); "
            "np.reciprocal(tmp, out=tmp); np.subtract(x, y, out=out); np.add(out, one, out=out); "
            "np.multiply(out, tmp, out=out); np.multiply(out, dy, out=out)"
        )
    ],
    ("gelu_tanh", "forward"): [
        (
            "np.multiply(x, x, out=tmp); np.multiply(tmp, cubic, out=tmp); np.add(tmp, scale, out=tmp); "
            "np.multiply(tmp, x, out=tmp); np.tanh(tmp, out=tmp); np.multiply(x, half, out=out); "
            "np.multiply(tmp, out, out=tmp); np.add(out, tmp, out=out)"
        )
    ],
    ("gelu_tanh", "backward"): [
        (
            "np.multiply(x, x, out=tmp); np.multiply(tmp, cubic, out=out); np.add(out, scale, out=out); "
            "np.multiply(out, x, out=out); np.tanh(out, out=out); np.multiply(tmp, cubic3, out=tmp); "
            "np.add(tmp, scale, out=tmp); np.multiply(tmp, x, out=tmp); np.multiply(tmp, half, out=tmp); "
            "np.multiply(out, out, out=tmp2); np.subtract(one, tmp2, out=tmp2); "
            "np.multiply(tmp, tmp2, out=tmp); np.multiply(out, half, out=out); np.add(out, half, out=out); "
            "np.add(out, tmp, out=out); np.multiply(out, dy, out=out)"
        )
    ],
    ("softplus", "forward"): [
        (
            "np.abs(x, out=tmp); np.negative(tmp, out=tmp); np.exp(tmp, out=tmp); np.log1p(tmp, out=tmp); "
            "np.maximum(x, zero, out=out); np.add(out, tmp, out=out)"
        ),
        "np.logaddexp(x, zero, out=out)",
    ],
    ("softplus", "backward"): [
        ("np.negative(x, out=out); np.exp(out, out=out); np.add(out, one, out=out); np.divide(dy, out, out=out)"),
        ("np.negative(y, out=out); np.exp(out, out=out); np.multiply(out, dy, out=out); np.subtract(dy, out, out=out)"),
    ],
    ("elu", "forward"): [
        (
            "np.minimum(x, zero, out=tmp); np.expm1(tmp, out=tmp); np.maximum(x, zero, out=out); "
            "np.add(out, tmp, out=out)"
        ),
        (
            "np.minimum(x, zero, out=tmp); np.exp(tmp, out=tmp); np.maximum(x, zero, out=out); "
            "np.add(out, tmp, out=out); np.subtract(out, one, out=out)"
        ),
    ],
    ("elu", "backward"): [
        "np.minimum(y, zero, out=out); np.add(out, one, out=out); np.multiply(out, dy, out=out)",
        "np.minimum(x, zero, out=out); np.exp(out, out=out); np.multiply(out, dy, out=out)",
    ],
}
FOLDING = {
    ("softmax", "forward"): [
        (
            "np.max(x, axis=axis, out=row); np.subtract(x, rows, out=out); np.exp(out, out=out); "
            "np.sum(out, axis=axis, out=row); np.divide(out, rows, out=out)"
        ),
        (
            "np.max(x, axis=axis, out=row); np.subtract(x, rows, out=out); np.exp(out, out=out); "
            "np.sum(out, axis=axis, out=row); np.reciprocal(row, out=row); np.multiply(out, rows, out=out)"
        ),
    ],
    ("softmax", "backward"): [
        "np.vecdot(dy, y, axis=axis, out=row); np.subtract(dy, rows, out=out); np.multiply(out, y, out=out)"
    ],
    ("log_softmax", "forward"): [
        (
            "np.max(x, axis=axis, out=row); np.subtract(x, rows, out=out); np.exp(out, out=tmp); "
            "np.sum(tmp, axis=axis, out=row); np.log(row, out=row); np.subtract(out, rows, out=out)"
        )
    ],
    ("log_softmax", "backward"): [
        (
            "np.exp(y, out=out); np.sum(dy, axis=axis, out=row); np.multiply(out, rows, out=out); "
            "np.subtract(dy, out, out=out)"
        )
    ],
    ("maxout2", "forward"): [
        "np.maximum(p[0], p[1])",
        "np.maximum(p[0], p[1], out=out)",
        "np.max(xp, axis=at, out=out)",
    ],
    ("maxout2", "backward"): [
        (
            "np.greater_equal(p[0], p[1], out=mask); np.multiply(dy, mask, out=q[0]); "
            "np.logical_not(mask, out=mask); np.multiply(dy, mask, out=q[1]); out"
        ),
        ("np.subtract(one8, which, out=bits); np.multiply(dy, bits, out=q[0]); np.multiply(dy, which, out=q[1]); out"),
    ],
    ("maxout3", "forward"): [
        "np.maximum(p[0], p[1], out=out); np.maximum(out, p[2], out=out)",
        "np.max(xp, axis=at, out=out)",
    ],
    ("maxout3", "backward"): [
        (
            "np.equal(which, 0, out=mask); np.multiply(dy, mask, out=q[0]); np.equal(which, 1, out=mask); "
            "np.multiply(dy, mask, out=q[1]); np.equal(which, 2, out=mask); "
            "np.multiply(dy, mask, out=q[2]); out"
        )
    ],
}


def _spelt(case: Case) -> Iterator[Contender]:
    """What a line of `formulas` says."""
    formula, real = case.formula, case.data.dtype.type
    if formula.gated and case.backward:
        ways = [tuple(zip(formula.backward, ("da", "db"), strict=True))]
    else:
        ways = [((text, "out"),) for text, _ in formula.texts(case.backward)]
    room = case.names["dy" if case.backward else "out"]
    for way in ways:
        lines, names = [], dict(case.names)
        try:
            for number, (text, target) in enumerate(way):
                statements, numbers, scratch = spelling.numpy_statements(text, target)
                mine = {name: f"{name}_{number}" for name in numbers}
                lines += [re.sub(r"\b\w+\b", lambda m, mine=mine: mine.get(m[0], m[0]), line) for line in statements]
                names |= {mine[name]: np.array(value, real) for name, value in numbers.items()}
                for kind, dtype in (("r", real), ("m", bool)):
                    names |= {f"{kind}{i}": np.empty(room.shape, dtype) for i in range(scratch[kind])}
        except LookupError:
            continue
        yield Contender("numpy", tuple(lines), names, result="out")
        # One call may make its result by itself.
        if len(lines) == 1 and (call := lines[0].replace(", out=out)", ")")) != lines[0]:
            yield Contender("numpy", (call,), names)


def contenders(case: Case) -> Iterator[Contender]:
    x, out = case.names["x"], case.names["out"]
    real = x.dtype.type
    scale = np.sqrt(2 / np.pi)
    constants = {
        "zero": 0,
        "half": 0.5,
        "one": 1,
        "slope": SLOPE,
        "scale": scale,
        "cubic": 0.044715 * scale,
        "cubic3": 3 * 0.044715 * scale,
    }
    names = {name: np.array(value, real) for name, value in constants.items()}
    mask = np.empty(case.folded_shape, bool)
    if case.by_row:
        row = np.empty(np.delete(case.shape, case.axis), real)
        names |= {"row": row, "rows": np.expand_dims(row, case.axis)}
    if case.pieces > 1:
        pieces = case.split(x)
        names |= {"xp": pieces, "p": list(np.moveaxis(pieces, case.at, 0))}
        if case.backward:
            which = pieces.argmax(axis=case.at).astype(np.int8)
            names |= {
                "q": list(np.moveaxis(case.split(out), case.at, 0)),
                "which": which,
                "one8": np.int8(1),
                "bits": np.empty_like(which),
            }
    if case.formula:
        yield from _spelt(case)
    yield from from_tables("numpy", case, ELEMENTWISE, FOLDING, mask=mask, tmp2=np.empty_like(x), **names)
