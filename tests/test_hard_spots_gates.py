"""The points where the usual formulas of the gates fail, each by name."""

import numpy as np
import pytest

import activations

from .enrolment import same_bits
from .reference import REFERENCE, mp
from .test_hard_spots import close, slope, value

INF = np.inf


@pytest.mark.parametrize("name", ["swish", "quick_gelu", "mish", "telu", "dish"])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_limits_are_those_of_mathematics(name, dtype):
    assert value(name, -INF, dtype) == 0
    assert value(name, INF, dtype) == INF
    assert slope(name, -INF, dtype) == 0
    assert slope(name, INF, dtype) == 1


@pytest.mark.parametrize(
    ("x", "dtype", "true"),
    [
        (-17.0, "float32", -7.037893976252567e-07),  # log(1 + e^x) is 0 here in float32
        (-88.0, "float32", -5.328049667953043e-37),
        (-40.0, "float64", -1.6993417021166355e-16),
        (-700.0, "float64", -6.90177358063184e-302),
        (300.0, "float32", 300.0),  # e^2x overflows
    ],
)
def test_mish_tails(x, dtype, true):
    assert close(value("mish", x, dtype), true, dtype)


@pytest.mark.parametrize(("x", "true"), [(-100.0, -0.002499812515623633), (-1e20, -2.5e-21), (-1e300, -2.5e-301)])
def test_dish_does_not_cancel_on_the_left(x, true):
    assert close(value("dish", x), true, "float64")


def test_dish_of_huge_values():
    x = np.array([1e20, 3e38, 1e154, 1e300])
    assert same_bits(activations.get("dish")(x), x)
    assert (activations.get("dish").derivative(x) == 1).all()


def test_swish_with_default_beta_is_silu():
    x = np.concatenate([np.linspace(-120, 120, 4001), [-INF, INF, np.nan]])
    for dtype in ("float32", "float64"):
        np.testing.assert_allclose(
            activations.get("swish")(x.astype(dtype)), activations.get("silu")(x.astype(dtype)), rtol=4e-7, atol=0
        )


def test_swish_without_sharpness_is_half_the_line():
    f = activations.get("swish", beta=0.0)
    x = np.array([-INF, -1e308, -3.0, 0.0, 1e-300, 5.0, 1e308, INF])
    np.testing.assert_array_equal(f(x), x / 2)
    np.testing.assert_array_equal(f.derivative(x), np.full_like(x, 0.5))


def test_swish_with_tiny_and_negative_sharpness():
    assert value("swish", 1e25, "float32", beta=1e-25) == pytest.approx(1e25 / (1 + np.exp(-1)), rel=1e-6)
    assert value("swish", INF, beta=-1.0) == 0
    assert value("swish", -INF, beta=-1.0) == -INF


@pytest.mark.parametrize(
    ("x", "dtype", "true"), [(-100.0, "float32", -3.720075976020836e-42), (-9.0, "float64", -0.0011106882311415296)]
)
def test_telu_tail_is_x_times_exp(x, dtype, true):
    assert close(value("telu", x, dtype), true, dtype)


def test_lisht_is_even_and_keeps_small_squares():
    x = np.concatenate([np.linspace(0, 30, 3001), np.geomspace(1e-150, 1e300, 500)])
    f = activations.get("lisht")
    assert same_bits(f(-x), f(x))
    assert same_bits(f.derivative(-x[1:]), -f.derivative(x[1:]))
    assert value("lisht", 1e-10) == pytest.approx(1e-20, rel=1e-15)


@pytest.mark.parametrize(("x", "dtype"), [(3.5, "float32"), (5.5, "float64"), (-90.0, "float32"), (-700.0, "float64")])
def test_second_derivative_of_telu_far_out(x, dtype):
    # Right, an exponential of an exponential multiplies the error of the inner one by the exponent.
    x = np.array([x], dtype)
    true = float(REFERENCE["telu"].second_derivative(mp.mpf(float(x[0]))))
    assert close(float(activations.get("telu").second_derivative(x)[0]), true, dtype, ulp=4)
    assert activations.get("telu").second_derivative(np.array([np.inf, -np.inf], dtype)).tolist() == [0, 0]
