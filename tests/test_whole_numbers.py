"""Long arrays of whole numbers, wherever they begin: what lies before the first cache line is computed apart."""

import numpy as np
import pytest

import activations
from activations import catalogue

from .enrolment import make

TYPES = [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)] + ["bool"]
CLOSED = sorted(name for name, each in catalogue.declarations().items() if each.integers and each.elementwise)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", CLOSED)
def test_long_arrays_that_begin_anywhere(name, dtype):
    f, rng = make(name, {}), np.random.default_rng(0)
    for n in (2047, 2048, 5000, 70_001):
        x = rng.integers(0, 100, n).astype(dtype)
        expected = np.concatenate([f(part) for part in np.array_split(x, n // 1000)])
        memory = np.empty(n + 128, expected.dtype)
        for offset in range(0, 64 // expected.itemsize + 1, 3):
            out = memory[offset : offset + n]
            out.fill(1)
            assert f(x, out=out) is out
            np.testing.assert_array_equal(out, expected)
        np.testing.assert_array_equal(f(x), expected)


def test_as_numpy_computes_them():
    x = np.random.default_rng(1).integers(-128, 128, 100_003).astype(np.int8)
    for shift in range(17):
        part = x[shift:]
        np.testing.assert_array_equal(activations.relu(part), np.maximum(part, 0))
        np.testing.assert_array_equal(activations.clip(part, min_val=-5, max_val=90), np.clip(part, -5, 90))
        np.testing.assert_array_equal(activations.square(part), np.square(part))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("integers", ["bool", "int8", "uint8", "int16", "int32", "int64"])
def test_integers_beside_arrays_for_parameters(integers, dtype):
    """NumPy's promotion, whatever the other parameters are: some of xielu and hard_sigmoid are none of float16's."""
    x = np.array([0, 1, 1, 0], integers)
    expected = np.logaddexp(x, np.ones(4, dtype)).dtype
    for name, parameter, value in [
        ("leaky_relu", "negative_slope", 0.5),
        ("hard_sigmoid", "offset", 0.5),
        ("xielu", "beta", 0.5),
        ("gaussian", "gamma", 2.0),
        ("swiglu_oai", "limit", 7.0),
    ]:
        f, array = getattr(activations, name), np.full(2 if name == "swiglu_oai" else 4, value, dtype)
        for bound in (f(x, **{parameter: array}), f.bind(**{parameter: array})(x)):
            assert bound.dtype == expected
            np.testing.assert_allclose(bound, f(x.astype(float), **{parameter: value}), rtol=2e-3, atol=1e-7)
        if name != "swiglu_oai":
            for dy in (x, np.ones(4, dtype)):
                dx = f.backward(dy, x, **{parameter: array})
                assert dx.dtype == expected
                np.testing.assert_allclose(
                    dx, f.backward(dy.astype(float), x, **{parameter: value}), rtol=2e-3, atol=1e-7
                )
            assert f.derivative(x.tolist(), **{parameter: array}).dtype == np.logaddexp(x.tolist(), array).dtype
            assert f(1, **{parameter: array}).dtype == np.logaddexp(1, array).dtype
