"""The points where the usual formulas of the radial activations fail, each by name."""

import numpy as np
import pytest

import activations

from .reference import REFERENCE, mp
from .test_hard_spots import INF, close, slope, value


def second(name, x, **parameters):
    return float(activations.get(name, **parameters).second_derivative(np.array([x]))[0])


@pytest.mark.parametrize(
    ("x", "dtype"), [(1e30, "float32"), (1e300, "float64"), (1e-30, "float32"), (1e-300, "float64")]
)
def test_multiquadric_squares_nothing_that_overflows_or_underflows(x, dtype):
    x = float(np.dtype(dtype).type(x))
    assert close(value("multiquadric", x, dtype, a=x), float(mp.sqrt(2) * mp.mpf(x)), dtype)
    assert close(value("inverse_multiquadric", x, dtype, a=x), float(1 / (mp.sqrt(2) * mp.mpf(x))), dtype)
    assert value("inverse_quadratic", x, dtype, a=x) == 0.5


def test_multiquadric_without_a_width_is_the_distance():
    for x in (-3.0, 0.0, 1e-300, 7e300):
        assert value("multiquadric", x, a=0.0) == abs(x)
    assert slope("multiquadric", 0.0, a=0.0) == 0.0
    assert slope("multiquadric", -2.0, a=0.0) == -1.0


def test_bumps_end_at_infinity():
    for name in ("gaussian", "inverse_multiquadric", "inverse_quadratic", "wendland_c2"):
        assert value(name, INF) == value(name, -INF) == slope(name, INF) == 0.0
    assert value("multiquadric", -INF) == value("thin_plate_spline", INF) == INF


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_thin_plate_spline_at_zero(dtype):
    assert value("thin_plate_spline", 0.0, dtype) == slope("thin_plate_spline", 0.0, dtype) == 0.0
    assert second("thin_plate_spline", 0.0) == -INF


@pytest.mark.parametrize("x", [0.9999999, 1.0000001, 1e-160, 5e-324])
def test_thin_plate_spline_near_the_root_of_the_logarithm_and_near_zero(x):
    reference = REFERENCE["thin_plate_spline"]
    assert close(value("thin_plate_spline", x), float(reference.forward(mp.mpf(x))), "float64")
    assert close(slope("thin_plate_spline", x), float(reference.derivative(mp.mpf(x))), "float64")
    assert value("thin_plate_spline", 1.0) == 0.0


def test_wendland_c2_near_its_edge():
    x = 1 - 2.0**-50
    assert value("wendland_c2", x) == float(REFERENCE["wendland_c2"].forward(mp.mpf(x)))
    assert value("wendland_c2", 1.0) == value("wendland_c2", 1e300) == slope("wendland_c2", 1.0) == 0.0


@pytest.mark.parametrize("center", [0.0, -3.3, 0.7])
def test_exponent_of_a_gaussian_is_not_rounded(center):
    # x - center and gamma times its square are rounded, and what rounding took counts gamma (x - center)^2 times.
    for x in (7.3, -19.1, 0.1):
        exact = REFERENCE["gaussian"].forward(mp.mpf(x), gamma=mp.mpf(1.7), center=mp.mpf(center))
        assert close(value("gaussian", x, gamma=1.7, center=center), float(exact), "float64", ulp=1)
    assert value("gaussian", 1e200, gamma=1e-300, center=center) == 0.0


@pytest.mark.parametrize("pass_", ["__call__", "derivative", "second_derivative"])
def test_distances_beyond_the_range(pass_):
    x = np.array([1.7e308, INF, -INF, -1.7e308, np.nan])
    y = getattr(activations.get("gaussian", center=-1.7e308), pass_)(x)
    top = {"__call__": 1.0, "derivative": 0.0, "second_derivative": -2.0}[pass_]
    np.testing.assert_array_equal(y, [0, 0, 0, top, np.nan])


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_polyharmonic_spline_of_two_is_the_thin_plate_spline(dtype):
    x = np.concatenate([[0.0, -0.0, INF, -INF, np.nan], np.linspace(-3, 3, 601), np.geomspace(1e-7, 6e4, 300)])
    with np.errstate(over="ignore"):
        x = x.astype(dtype)
    one, two = activations.get("thin_plate_spline"), activations.get("polyharmonic_spline", k=2)
    for name in ("__call__", "derivative", "second_derivative"):
        np.testing.assert_allclose(getattr(two, name)(x), getattr(one, name)(x), rtol=2 * np.finfo(dtype).eps)


@pytest.mark.parametrize("k", range(1, 8))
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_polyharmonic_spline_where_powers_underflow_or_overflow(k, dtype):
    tiny, huge = float(np.finfo(dtype).smallest_normal), float(np.finfo(dtype).max)
    reference = REFERENCE["polyharmonic_spline"]
    for x in (tiny, tiny ** (1 / k), 0.01 * huge ** (1 / k)):
        x = float(np.dtype(dtype).type(x))
        true = float(reference.forward(mp.mpf(x), k))
        assert close(value("polyharmonic_spline", x, dtype, k=k), true, dtype)
    if k > 1:
        assert value("polyharmonic_spline", -huge, dtype, k=k) == INF
    assert value("polyharmonic_spline", INF, dtype, k=k) == INF
    assert slope("polyharmonic_spline", 0.0, dtype, k=k) == 0.0


def test_polyharmonic_spline_takes_whole_numbers_alone():
    f = activations.get("polyharmonic_spline")
    x = np.array([0.5, 2.0, 3.0])
    np.testing.assert_array_equal(f(x, k=np.array([1, 2, 3])), [0.5, 4 * np.log(2), 27.0])
    for wrong in (1.5, 0, 8, np.array([1.0, 2.5, 3.0])):
        with pytest.raises(ValueError, match="a whole number >= 1 and <= 7"):
            f.bind(k=wrong)
