"""softmax over a great many rows, against sums in a wider type: mpmath's rows are too few to meet the worst of them."""

import numpy as np
import pytest

import activations
from activations.runtime import runtime_info

from .samples import gradients
from .ulp import FORMATS

FUSED = runtime_info()["isa"] != "baseline"
ELEMENTS = 200_000
NO_WIDER = np.finfo(np.longdouble).nmant < 63


def rows(dtype, columns):
    """Tables of several spreads, with gradients."""
    for seed, spread in enumerate((0.1, 1, 4, 30)):
        shape = ELEMENTS // columns, columns
        x = spread * np.random.default_rng(seed).standard_normal(shape)
        yield x.astype(dtype), gradients(x.size, dtype, seed).reshape(shape)


def spacing(terms, dtype):
    """The units in the last place of numbers of a wider type."""
    form = FORMATS[dtype]
    exponent = np.maximum(np.frexp(terms)[1] - 1, form.lowest)
    return np.ldexp(terms.dtype.type(1), exponent - (form.digits - 1))


def worst_forward(dtype, wide, columns):
    """In ulp, of softmax."""
    worst = 0.0
    for x, _ in rows(dtype, columns):
        true = np.exp(x.astype(wide) - x.max(axis=1, keepdims=True))
        true /= true.sum(axis=1, keepdims=True)
        worst = max(worst, float((abs(activations.softmax(x) - true) / spacing(true, dtype)).max()))
    return worst


@pytest.mark.parametrize("columns", [2, 16, 33, 130, 1024])
@pytest.mark.skipif(NO_WIDER, reason="long double is no wider than double")
@pytest.mark.skipif(not FUSED, reason="needs fused multiply-adds")
def test_the_sum_of_doubles_is_not_rounded(columns):
    """With a rounded sum 2.8 to 3 ulp."""
    assert worst_forward("float64", np.longdouble, columns) < 2.7


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_decided_row_is_one(dtype):
    """Without fused multiply-adds the exact remainder of 1 / sum made 1 - 1.1e-16 of one in seven."""
    top = np.random.default_rng(3).uniform(-60, 60, (20_000, 1)).astype(dtype)
    assert (activations.softmax(top) == 1).all()
    assert (activations.softmax(np.concatenate([top, top - 800], axis=1)) == [1, 0]).all()


@pytest.mark.parametrize("columns", [130, 1000])
def test_floats_are_added_in_pairs_at_most(columns):
    """By fours these were off by 2.72 ulp, of 130 values, and by 3.08."""
    assert worst_forward("float32", np.float64, columns) < (2.65 if columns == 130 else 3.0)


@pytest.mark.parametrize("columns", [2, 7, 16, 33])
@pytest.mark.skipif(not FUSED, reason="needs fused multiply-adds")
def test_no_rounding_of_a_gradient_is_larger_than_its_terms(columns):
    """Half an ulp of each product, of their difference and (up to one) of the sum; y (dy - dot) was off by 2.3."""
    worst = 0.0
    for x, dy in rows("float32", columns):
        y = activations.softmax(x)
        got = activations.softmax.backward(dy, None, y=y)
        y, dy = y.astype(float), dy.astype(float)
        true = y * (dy - (dy * y).sum(axis=1, keepdims=True))
        size = y * np.maximum(abs(dy), abs(dy * y).sum(axis=1, keepdims=True))
        # What is below the normal range is known to its spacing.
        unit = spacing(np.maximum(np.maximum(abs(true), size), 2.0 ** (FORMATS["float32"].lowest + 1)), "float32")
        worst = max(worst, float((abs(got - true) / unit).max()))
    assert worst <= 2.0
