"""The points where the usual formulas of the exponential units fail, each by name."""

import math

import numpy as np
import pytest

import activations

from .reference import REFERENCE, mp
from .samples import to_mp
from .test_hard_spots import INF, close, gradient, slope, value
from .ulp import Truth, ulp_error


@pytest.mark.parametrize(
    ("x", "dtype", "true"),
    [
        (88.7, "float32", 3.325976864406685e38),
        (89.0, "float32", INF),
        (-103.0, "float32", 1.401298464324817e-45),
        (709.7, "float64", 1.6549840276802644e308),
        (-745.0, "float64", 5e-324),
    ],
)
def test_exponential_reaches_both_ends(x, dtype, true):
    got = value("exponential", x, dtype)
    assert got == true or abs(got - true) <= 1e-5 * true


def test_no_gradient_comes_back_from_an_overflow_that_none_went_into():
    assert gradient("exponential", 0.0, 1000.0) == 0.0
    assert gradient("exponential", 1.0, 1000.0) == INF
    assert gradient("xielu", 0.0, 1.7e308) == 0.0


def test_celu_where_alpha_is_small_or_negative():
    assert value("celu", -1.0, alpha=1e-300) == -1e-300
    assert close(value("celu", -1e-20, alpha=1e300), -1e-20, "float64")
    assert close(value("celu", -1.0, alpha=-0.5), -0.5 * math.expm1(2.0), "float64")
    with pytest.raises(ValueError, match="other than 0"):
        activations.get("celu", alpha=0)


def test_celu_with_a_zero_among_the_alphas_is_relu_there():
    y = activations.celu(np.array([3.0, -2.0, 0.0, 3.0, 3.0]), alpha=np.array([-1.0, 0.0, 0.0, 0.0, 1.0]))
    np.testing.assert_array_equal(y, [3.0, 0.0, 0.0, 3.0, 3.0])


def test_selu_slope_at_the_kink_is_that_of_the_left():
    assert slope("selu", 0.0) == 1.7580993408473768
    assert slope("celu", 0.0, alpha=2.0) == 1.0
    assert slope("elu", 0.0, alpha=2.0) == 2.0


def test_hard_elish_slopes_at_its_kinks_are_those_of_the_outside():
    assert slope("hard_elish", -1.0) == 0.0
    assert slope("hard_elish", 1.0) == 1.0


@pytest.mark.parametrize(
    ("x", "dtype", "true"),
    [
        (1e-40, "float64", -92.1034037197618273607),
        (1e-10, "float32", -23.025850929990457),
        (math.log(2), "float64", -math.log(2)),
        (40.0, "float64", -4.248354255291589e-18),
        (100.0, "float32", -3.783505853677006e-44),
        (0.0, "float64", -INF),
    ],
)
def test_log1mexp_keeps_its_digits_on_both_sides(x, dtype, true):
    got = value("log1mexp", x, dtype)
    assert got == true or close(got, true, dtype)


def test_log1mexp_is_not_a_number_below_zero():
    assert math.isnan(value("log1mexp", -1e-300))
    assert math.isnan(slope("log1mexp", -1.0))


def test_xielu_between_eps_and_zero_is_what_hugging_face_computes():
    assert value("xielu", 0.0) == pytest.approx(0.8 * math.expm1(-1e-6), rel=1e-15)
    assert value("xielu", 0.0, eps=0.0) == 0.0
    assert value("xielu", -INF) == INF


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("alpha", [1.0, 0.8])
def test_xielu_keeps_the_digits_of_its_bend(alpha, dtype):
    # Beside beta x it counts little; without it e^x - 1 - x is all there is, and what alpha_n varies with anyway.
    f = activations.get("xielu", alpha_n=np.full(2000, alpha), beta=0.0)
    x = -np.geomspace(1e-3, 0.5, 2000).astype(dtype)
    bend = [mp.expm1(point) - point for point in to_mp(x)]
    weight = mp.mpf(float(np.dtype(dtype).type(alpha)))
    assert ulp_error(f(x), Truth.of([weight * each for each in bend])).max() < 2.6
    assert ulp_error(f.parameter_gradients(np.ones_like(x), x)["alpha_n"], Truth.of(bend)).max() < 2.6


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("x", [-3.0, -1e-3, 1e-6, 0.25, 40.0])
def test_soft_exponential_near_alpha_0_is_the_identity(x, dtype):
    x = float(np.dtype(dtype).type(x))
    for alpha in (1e-30, -1e-30, 1e-300, -1e-300, 0.0):
        assert value("soft_exponential", x, dtype, alpha=alpha) == x
        assert slope("soft_exponential", x, dtype, alpha=alpha) == 1.0
    f = REFERENCE["soft_exponential"].forward
    for alpha in (2.0**-20, -(2.0**-20)):
        assert close(value("soft_exponential", x, dtype, alpha=alpha), float(f(mp.mpf(x), mp.mpf(alpha))), dtype)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_soft_exponential_where_the_logarithm_has_no_value(dtype):
    # 1 - alpha (x + alpha) is 0 at -alpha + 1 / alpha, here -1.5.
    assert value("soft_exponential", -1.5, dtype, alpha=-0.5) == -np.inf
    assert slope("soft_exponential", -1.5, dtype, alpha=-0.5) == np.inf
    for x in (-1.75, -1e4, -np.inf):
        assert np.isnan(value("soft_exponential", x, dtype, alpha=-0.5))
        assert np.isnan(slope("soft_exponential", x, dtype, alpha=-0.5))
        assert np.isnan(gradient("soft_exponential", 0.0, x, dtype, alpha=-0.5))
    assert value("soft_exponential", np.inf, dtype, alpha=-0.5) == np.inf


@pytest.mark.parametrize(("dtype", "x"), [("float32", 3e38), ("float64", 1.7e308)])
def test_soft_exponential_of_the_largest_numbers(dtype, x):
    x = float(np.dtype(dtype).type(x))
    true = float(REFERENCE["soft_exponential"].forward(mp.mpf(x), mp.mpf(-4)))
    assert close(value("soft_exponential", x, dtype, alpha=-4.0), true, dtype)
    assert value("soft_exponential", x, dtype, alpha=0.25) == np.inf
    assert value("soft_exponential", -x, dtype, alpha=0.25) == -3.75


def test_soft_exponential_of_alpha_1_is_the_exponential_far_left_too():
    x = np.array([-700.0, -40.0, -1.0, 0.0, 3.0])
    np.testing.assert_allclose(activations.get("soft_exponential")(x), np.exp(x), rtol=4e-16)


def test_soft_exponential_varies_with_a_steep_alpha_as_far_as_the_range_goes():
    x = np.linspace(0.08, 0.0914, 200).astype(np.float32)
    alpha = np.full(x.shape, 1000.0)
    told = activations.soft_exponential.parameter_gradients(np.ones_like(x), x, alpha=alpha)["alpha"]
    by = REFERENCE["soft_exponential"].by["alpha"]
    assert ulp_error(told, Truth.of([by(point, mp.mpf(1000)) for point in to_mp(x)])).max() < 4


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("alpha", [-0.3, -1.0, -1.6, -1.7, -1.9, -2.0, -5e3])
def test_celu_with_a_negative_alpha_ends_in_minus_infinity(alpha, dtype):
    f = activations.get("celu", alpha=alpha)
    x = np.array([-np.inf, -1e4 * -alpha, -2e3 * -alpha], "float64").clip(np.finfo(dtype).min).astype(dtype)
    x[0] = -np.inf
    np.testing.assert_array_equal(f(x), -np.inf)
    assert np.isfinite(f(np.array([-1.0], dtype))).all()
