"""The points where the usual formulas of the functions made of the normal distribution fail, each by name."""

import math

import numpy as np
import pytest

import activations

from .reference import REFERENCE, mp
from .test_hard_spots import close, slope, value

INF = np.inf


@pytest.mark.parametrize("x", [5e-324, 1e-300, 1e-8, 0.1, 0.69, 0.7, 0.71, 1.0, 2.5, 5.0, 6.0, 30.0])
def test_erf_keeps_its_digits_at_zero_and_at_one(x):
    assert close(value("erf", x), math.erf(x), "float64", 1)
    assert value("erf", -x) == -value("erf", x)


def test_erf_of_minus_zero():
    assert math.copysign(1, value("erf", -0.0)) == -1


@pytest.mark.parametrize("z", [-37.0, -20.0, -6.0, -1.0, 0.0, 1.0, 9.0])
def test_laplace_tail(z):
    # 1 + erf has no digit left of -6; a point where (x - mu) / sigma is exact, so that libm may judge.
    got = value("laplace", 3.0 + z / 4, mu=3.0, sigma=0.25)
    assert got == pytest.approx(math.erfc(-z / math.sqrt(2)) / 2, rel=2e-13)


def test_laplace_limits():
    assert value("laplace", -INF) == 0
    assert value("laplace", INF) == 1
    assert slope("laplace", INF) == 0
    assert slope("laplace", -INF, sigma=1e-9) == 0


def test_clipped_gelu_is_gelu_held_within_bounds():
    x = np.linspace(-12, 14, 2003)
    f = activations.get("clipped_gelu", min_val=-0.1, max_val=3.0)
    y = activations.get("gelu")(x)
    np.testing.assert_array_equal(f(x), np.clip(y, -0.1, 3.0))
    inside = (y > -0.1) & (y <= 3.0)
    np.testing.assert_array_equal(f.derivative(x), np.where(inside, activations.get("gelu").derivative(x), 0))


@pytest.mark.parametrize(("bounds", "x", "true"), [((-10.0, 10.0), 10.0, 1.0), ((2.0, 1.0), 5.0, 0.0)])
def test_clipped_gelu_at_and_beyond_its_bounds(bounds, x, true):
    assert slope("clipped_gelu", x, min_val=bounds[0], max_val=bounds[1]) == true
    assert value("clipped_gelu", x, min_val=bounds[0], max_val=bounds[1]) == bounds[1]


@pytest.mark.parametrize(
    "bounds", [(-0.1, 3.0), (-10.0, -0.05), (-0.15, -0.05), (-0.1, 0.0), (2.0, 1.0), (-1.0, -2.0)], ids=str
)
def test_clipped_gelu_varies_with_the_bound_that_decides(bounds):
    x = np.linspace(-12, 14, 2003)
    y = activations.gelu(x)
    low, high = (np.full(x.shape, bound) for bound in bounds)  # an array has a gradient for each of its elements
    told = activations.clipped_gelu.parameter_gradients(np.ones_like(x), x, min_val=low, max_val=high)
    np.testing.assert_array_equal(told["max_val"], np.maximum(y, low) > high)
    np.testing.assert_array_equal(told["min_val"], (y <= low) & (low <= high))


@pytest.mark.parametrize(
    ("x", "dtype"), [(-17.0, "float32"), (-88.0, "float32"), (-40.0, "float64"), (-700.0, "float64")]
)
def test_serf_tail(x, dtype):
    assert close(value("serf", x, dtype), x * 2 / math.sqrt(math.pi) * math.exp(x), dtype, 4)


@pytest.mark.parametrize(("x", "dtype"), [(9.5, "float32"), (26.0, "float64"), (-90.0, "float32"), (-700.0, "float64")])
def test_second_derivative_of_serf_far_out(x, dtype):
    # Right, an exponential of a square multiplies the error of the inner one by the exponent.
    x = np.array([x], dtype)
    true = float(REFERENCE["serf"].second_derivative(mp.mpf(float(x[0]))))
    assert close(float(activations.get("serf").second_derivative(x)[0]), true, dtype, ulp=4)
    assert activations.get("serf").second_derivative(np.array([np.inf, -np.inf], dtype)).tolist() == [0, 0]
