"""SciPy's special functions, completed with NumPy where SciPy has only the hard part."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy
from scipy import special

from .cases import Case
from .contender import Contender, from_tables

version = scipy.__version__

TABLE = {
    ("sigmoid", "forward"): ["special.expit(x)", "special.expit(x, out=out)"],
    ("sigmoid", "backward"): [
        (
            "special.expit(x, out=out); np.subtract(one, out, out=tmp); np.multiply(out, tmp, out=out); "
            "np.multiply(out, dy, out=out)"
        )
    ],
    ("silu", "forward"): ["special.expit(x, out=out); np.multiply(out, x, out=out)"],
    ("gelu", "forward"): ["special.ndtr(x, out=out); np.multiply(out, x, out=out)"],
    ("gelu", "backward"): [
        (
            "special.ndtr(x, out=out); np.multiply(x, x, out=tmp); np.multiply(tmp, minus_half, out=tmp); "
            "np.exp(tmp, out=tmp); np.multiply(tmp, density, out=tmp); np.multiply(tmp, x, out=tmp); "
            "np.add(out, tmp, out=out); np.multiply(out, dy, out=out)"
        )
    ],
    ("softplus", "forward"): ["np.negative(x, out=out); special.log_expit(out, out=out); np.negative(out, out=out)"],
    ("softplus", "backward"): ["special.expit(x, out=out); np.multiply(out, dy, out=out)"],
    ("erf", "forward"): ["special.erf(x)", "special.erf(x, out=out)"],
    ("log_sigmoid", "forward"): ["special.log_expit(x)", "special.log_expit(x, out=out)"],
    ("glu", "forward"): ["special.expit(b, out=out); np.multiply(out, a, out=out)"],
    ("swiglu", "forward"): ["special.expit(a, out=out); np.multiply(out, a, out=out); np.multiply(out, b, out=out)"],
    ("softmax", "forward"): ["special.softmax(x, axis=axis)"],
    ("log_softmax", "forward"): ["special.log_softmax(x, axis=axis)"],
}


def contenders(case: Case) -> Iterator[Contender]:
    real = case.data.dtype.type
    constants = {"one": 1, "minus_half": -0.5, "density": 1 / np.sqrt(2 * np.pi)}
    yield from from_tables(
        "scipy", case, TABLE, special=special, **{k: np.array(v, real) for k, v in constants.items()}
    )
