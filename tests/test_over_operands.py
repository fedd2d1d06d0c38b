"""Gradients of folds whose result lies over x."""

import numpy as np
import pytest

import activations
from activations import ufuncs

from .enrolment import DTYPES, FOLDING, incoming, same_bits


def finite(shape, dtype):
    return np.random.default_rng(0).uniform(-6, 6, shape).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", sorted(ufuncs._OVER))
def test_gradients_over_x(name, dtype):
    """Whose kernels work there directly, row by row; and where rows lie otherwise, through memory of their own."""
    assert name in FOLDING
    for n in (*range(1, 70), 127, 128, 129, 300, 511, 512, 513, 1025, 3001):
        f = activations.get(name, **({"pieces": n} if name == "maxout" else {}))
        x = finite((70 if n < 200 else 9, n), dtype)
        x[3], x[5] = 1, 0
        x[7, n // 2] = np.nan
        y = f(x)
        for dy in (incoming(y.shape, dtype), np.zeros_like(y)):
            wanted = f.backward(dy, x)
            over = x.copy()
            assert f.backward(dy, over, out=over) is over
            assert same_bits(over, wanted), n
            wide = np.repeat(x, 2, axis=0)
            f.backward(dy, wide[::2], out=wide[::2])
            assert same_bits(wide[::2], wanted), n
            assert same_bits(wide[1::2], x), n
            turned = np.asfortranarray(x)
            f.backward(dy, turned, out=turned)
            assert same_bits(turned, wanted), n


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_gradient_over_both_operands(dtype):
    x = finite((6, 50), dtype)
    wanted = activations.hardmax.backward(x, x)
    assert same_bits(activations.hardmax.backward(x, x, out=x), wanted)
