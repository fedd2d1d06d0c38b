"""Every built-in as pytest parameters, so that a function is tested the moment it is declared."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

import activations
from activations import catalogue

from .measuring import cases, label
from .reference import REFERENCE

__all__ = [
    "ALL",
    "ALL_DTYPES",
    "DTYPES",
    "ELEMENTWISE",
    "FOLDING",
    "GATED",
    "IMAGES",
    "MASKED",
    "NARROW",
    "NORMALISERS",
    "PASSES",
    "REDUCTIONS",
    "ROWWISE",
    "apply",
    "folded",
    "incoming",
    "make",
    "same_bits",
    "with_cases",
]

DTYPES = ("float16", "float32", "float64")
# Computed in float32 and rounded once, so that their accuracy is tried over all of their numbers.
NARROW = ("float16", ml_dtypes.bfloat16.__name__)
ALL_DTYPES = tuple(dict.fromkeys((*NARROW, *DTYPES)))
PASSES = ("forward", "derivative", "backward")
# All that take arrays of any shape; softmax2d, which has its own tests (test_images.py), takes images alone.
ALL = tuple(name for name in catalogue.names() if not catalogue.declarations()[name].dimensions)
IMAGES = tuple(name for name in catalogue.names() if name not in ALL)
ELEMENTWISE = tuple(name for name in ALL if catalogue.declarations()[name].elementwise)
FOLDING = tuple(name for name in ALL if catalogue.declarations()[name].kind == "folding")
GATED = tuple(name for name in ALL if catalogue.declarations()[name].kind == "gated")
ROWWISE = FOLDING + GATED
# Those whose output lacks the axis, and those whose output has the shape of the input: softmax and its kin.
REDUCTIONS = tuple(name for name in FOLDING if catalogue.declarations()[name].reduces)
NORMALISERS = tuple(name for name in FOLDING if name != "maxout" and name not in REDUCTIONS)
# Those from which where= leaves elements out.
MASKED = tuple(name for name in FOLDING if catalogue.declarations()[name].absent is not None)


def with_cases(names):
    """Each name with its defaults and with each of its reference's examples; the id shows the parameters."""
    known = [name for name in names if name in REFERENCE]  # test_reference.py fails for those without
    return [pytest.param(name, case, id=label(name, case)) for name in known for case in cases(name)]


def make(name, parameters=None):
    """The activation with its parameters bound."""
    return activations.get(name, **(parameters or {}))


def incoming(shape, dtype=np.float64):
    """A gradient of a given shape, without zeros."""
    values = 0.25 + np.arange(int(np.prod(shape)), dtype=np.int64) % 23
    return np.where(values % 2 < 1, values, -values).astype(dtype).reshape(shape)


def folded(f, shape, axis=-1):
    """The shape of f(x, axis=axis) for an x of a shape."""
    shape = list(shape)
    if f.name in REDUCTIONS:
        del shape[axis]
    else:
        shape[axis] //= f.parameters.get("pieces", 1)
    return tuple(shape)


def apply(f, pass_, x, dy=None, **keywords):
    """One pass of an activation; the backward pass gets a fixed gradient of the output's shape if none is given."""
    if pass_ == "backward":
        dtype = np.asarray(x).dtype
        dtype = dtype.newbyteorder("=") if dtype.kind == "f" else np.dtype(float)
        return f.backward(incoming(np.shape(x), dtype) if dy is None else dy, x, **keywords)
    return (f if pass_ == "forward" else f.derivative)(x, **keywords)


def same_bits(one, other):
    """Whether two results agree to the last bit, signs of zeros too; NaN is NaN."""
    one, other = np.asarray(one), np.asarray(other)
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    if one.dtype.kind != "f":
        return bool((one == other).all())
    if one.itemsize <= 8:
        whole = f"u{one.itemsize}"
        if (one.view(whole) == other.view(whole)).all():
            return True
    return bool((((one == other) & (np.signbit(one) == np.signbit(other))) | (np.isnan(one) & np.isnan(other))).all())
