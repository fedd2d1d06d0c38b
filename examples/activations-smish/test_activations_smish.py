import numpy as np
import pytest
from activations_smish import smish

import activations
from activations.testing import parametrize_with_checks


def expected(x, beta=1.0):
    return x * np.tanh(np.log1p(1 / (1 + np.exp(-beta * x))))


@parametrize_with_checks([smish, smish.bind(beta=0.5)])
def test_checks(activation, check):
    check(activation)


def test_is_found_by_name():
    assert activations.get("smish") is smish


@pytest.mark.parametrize(("dtype", "rtol"), [("float16", 2e-3), ("float32", 1e-6), ("float64", 1e-14)])
def test_values(dtype, rtol):
    x = np.linspace(-8, 8, 1001).astype(dtype)
    np.testing.assert_allclose(smish(x), expected(x.astype(float)), rtol=rtol)
    np.testing.assert_allclose(smish(x, beta=2.0), expected(x.astype(float), 2.0), rtol=rtol, atol=6e-8)
    assert smish(x).dtype == x.dtype


def test_ends():
    ends = np.array([-np.inf, np.inf, np.nan])
    np.testing.assert_array_equal(smish(ends), [0, np.inf, np.nan])
    np.testing.assert_array_equal(smish.derivative(ends), [0, 0.6, np.nan])


def test_gradient_of_the_parameter():
    x = np.linspace(-3, 3, 101)
    difference = (expected(x, 1 + 1e-6) - expected(x, 1 - 1e-6)) / 2e-6
    np.testing.assert_allclose(smish.parameter_gradients(x, x)["beta"], np.sum(x * difference), rtol=1e-8)
