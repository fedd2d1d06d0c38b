"""The points where the usual formulas of the smooth rectifiers fail, each by name."""

import math

import numpy as np
import pytest

import activations

from .test_hard_spots import INF, close, slope, value


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_squareplus_does_not_cancel_on_the_left(dtype):
    assert close(value("squareplus", -1e8, dtype), 1e-8, dtype)
    assert close(slope("squareplus", -1e8, dtype), 1e-16, dtype)


def test_squareplus_does_not_overflow_where_the_square_does():
    assert value("squareplus", 1e300) == 1e300
    assert close(value("squareplus", -1e300), 1e-300, "float64")
    assert value("squareplus", -INF) == 0.0


def test_squareplus_without_width_is_relu():
    x = np.array([-1e300, -2.0, -1e-300, 0.0, 1e-300, 3.0, 1e300])
    np.testing.assert_array_equal(activations.squareplus(x, b=0.0), np.maximum(x, 0))
    np.testing.assert_array_equal(activations.get("squareplus", b=0.0).derivative(x), x > 0)


@pytest.mark.parametrize(
    ("x", "true"), [(1e-5, 4.9999999999166668e-11), (1e-100, 5e-201), (1.0, 0.4337808304830271), (1e300, 1e300)]
)
def test_logcosh_keeps_its_digits(x, true):
    assert close(value("logcosh", x), true, "float64")
    assert value("logcosh", x) == value("logcosh", -x)


def test_bent_identity_near_zero():
    assert close(value("bent_identity", 1e-9), 1e-9 + 2.5e-19, "float64")
    assert value("bent_identity", 1e-300) == 1e-300


def test_squares_of_the_large_do_not_overflow():
    assert close(value("arcsinh", 1e300), math.asinh(1e300), "float64")
    assert close(slope("arcsinh", 1e300), 1e-300, "float64")
    assert close(value("isrlu", -1e300, alpha=4.0), -0.5, "float64")
    assert value("log_symmetric", -INF) == -INF


def test_softplus_second_derivative_ends_at_the_threshold():
    f = activations.get("softplus", threshold=20.0)
    np.testing.assert_array_equal(f.second_derivative(np.array([20.5, 1e9])), 0.0)
    assert f.second_derivative(np.array([20.0]))[0] > 0


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("beta", [0.1, 0.37, 0.7, 1.9, 2.3, 7.1])
def test_all_passes_of_softplus_switch_at_the_same_x(beta, dtype):
    """Where beta x, rounded as PyTorch rounds it, exceeds the threshold."""
    threshold = 3.0
    f = activations.get("softplus", beta=beta, threshold=threshold)
    steps = np.arange(-8, 9) * np.spacing(np.asarray(threshold / beta, dtype))
    for x in np.asarray(threshold / beta, dtype) + steps.astype(dtype):
        past = bool(np.asarray(beta, dtype) * x > threshold)
        assert (f(x) == x) == past
        assert (f.derivative(x) == 1) == past
        assert (f.second_derivative(x) == 0) == past
        for held in (beta, np.array(beta, dtype, ndmin=1)):
            by = f.parameter_gradients(np.ones(1, dtype), np.array([x]), beta=held)["beta"]
            assert (by == 0).all() == past
