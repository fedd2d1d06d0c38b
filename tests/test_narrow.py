"""bfloat16 and float8 of ml_dtypes: the same type out, one rounding, and nothing else between."""

import ml_dtypes
import numpy as np
import pytest

import activations

from .enrolment import ALL, ELEMENTWISE, incoming

TYPES = (ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e5m2)


def same(one, other):
    """NumPy knows NaN only in its own types."""
    np.testing.assert_array_equal(np.asarray(one, np.float32), np.asarray(other, np.float32))


def values(dtype, count=96):
    return np.random.default_rng(0).normal(scale=3, size=count).astype(dtype)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", ALL)
def test_forward_is_float32_rounded_once(name, dtype):
    f, x = activations.get(name), values(dtype)
    y = f(x)
    assert y.dtype == dtype
    same(y, f(x.astype(np.float32)).astype(dtype))


@pytest.mark.parametrize("name", ALL)
def test_backward_and_derivative(name):
    f, x = activations.get(name), values(ml_dtypes.bfloat16)
    wide = x.astype(np.float32)
    dy = incoming(f(wide).shape).astype(x.dtype)
    dx = f.backward(dy, x)
    assert dx.dtype == x.dtype
    same(dx, f.backward(dy.astype(np.float32), wide).astype(x.dtype))
    if name in ELEMENTWISE:
        same(f.derivative(x), f.derivative(wide).astype(x.dtype))


@pytest.mark.parametrize("name", ["relu", "silu", "softmax"])
def test_out_and_shapes(name):
    f, x = activations.get(name), values(ml_dtypes.bfloat16).reshape(8, 12)
    out = np.empty_like(x)
    assert f(x, out=out) is out
    np.testing.assert_array_equal(out, f(x))
    np.testing.assert_array_equal(f(x[:, ::2]), f(np.ascontiguousarray(x[:, ::2])))


def test_every_bfloat16_is_within_half_an_ulp():
    x = np.arange(65536, dtype=np.uint16).view(ml_dtypes.bfloat16)
    y = activations.sigmoid(x).astype(np.float64)
    with np.errstate(invalid="ignore"):
        true = activations.sigmoid(x.astype(np.float64))
    finite = np.isfinite(true) & (true > 1e-37)
    ulp = np.exp2(np.floor(np.log2(true[finite])) - 7)
    assert (np.abs(y[finite] - true[finite]) / ulp).max() <= 0.51
    assert np.isnan(y[np.isnan(true)]).all()


def test_other_types_are_refused():
    with pytest.raises(TypeError, match="int4"):
        activations.relu(np.ones(3, ml_dtypes.int4))
    with pytest.raises(TypeError, match="int4"):
        activations.softmax(np.ones(3, ml_dtypes.int4))
