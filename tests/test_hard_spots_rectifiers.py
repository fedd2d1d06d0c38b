"""The points where the usual formulas of rectifiers fail, each by name."""

import numpy as np
import pytest

import activations

from .enrolment import DTYPES
from .test_hard_spots import INF, NAN, gradient, slope, value


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("name", "parameters", "x", "expected"),
    [
        ("relu6", {}, 0.0, 0.0),
        ("relu6", {}, 6.0, 0.0),
        ("clipped_relu", {"max_value": 2.0}, 2.0, 0.0),
        ("thresholded_relu", {}, 1.0, 0.0),
        ("threshold", {"threshold": 0.5, "value": 3.0}, 0.5, 0.0),
        ("squared_relu", {}, 0.0, 0.0),
        ("rrelu", {"lower": 0.25, "upper": 0.5}, 0.0, 0.375),
        ("srelu", {"right_slope": 2.0}, 1.0, 2.0),
        ("srelu", {"left_slope": 0.5}, 0.0, 0.5),
        ("smelu", {}, -1.5, 0.0),
        ("smelu", {}, 1.5, 1.0),
    ],
)
def test_derivative_at_kinks(name, parameters, x, expected, dtype):
    assert slope(name, x, dtype, **parameters) == expected
    assert gradient(name, -2.0, x, dtype, **parameters) == -2 * expected


@pytest.mark.parametrize("dtype", DTYPES)
def test_what_is_cut_off_takes_no_infinity(dtype):
    assert value("relu6", -INF, dtype) == 0
    assert value("clipped_relu", INF, dtype, max_value=2.0) == 2
    assert value("thresholded_relu", -INF, dtype) == 0
    assert value("threshold", -INF, dtype, value=-3.0) == -3
    # A slope of 0 makes the side constant: 0 * inf would be NaN.
    assert value("srelu", -INF, dtype, left_threshold=-1.0, left_slope=0.0) == -1
    assert value("srelu", INF, dtype, right_threshold=2.0, right_slope=0.0) == 2
    for name in ("relu6", "clipped_relu", "thresholded_relu", "threshold"):
        for dy in (INF, -INF):
            assert gradient(name, dy, -4.0, dtype) == 0


@pytest.mark.parametrize("dtype", DTYPES)
def test_thresholds_let_nan_through(dtype):
    # ONNX Runtime gives 0.
    assert np.isnan(value("thresholded_relu", NAN, dtype))
    assert np.isnan(value("threshold", NAN, dtype, threshold=2.0, value=1.0))
    assert np.isnan(value("srelu", NAN, dtype, left_slope=0.0, right_slope=0.0))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_affine_at_its_root(dtype):
    # Two roundings would leave noise: 49 * (1 / 49) - 1 is what is missing from the reciprocal.
    x = np.dtype(dtype).type(1) / np.dtype(dtype).type(49)
    exact = float(int(x * 2**80) * 49 - 2**80) / 2**80
    assert exact != 0
    assert value("affine", x, dtype, weight=49.0, bias=-1.0) == exact


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_squared_relu_backward_where_the_slope_overflows(dtype):
    largest = float(np.finfo(dtype).max)
    assert slope("squared_relu", largest, dtype) == INF
    assert gradient("squared_relu", 0.0, largest, dtype) == 0
    assert gradient("squared_relu", 0.25, largest, dtype) == largest / 2


@pytest.mark.parametrize("dtype", DTYPES)
def test_smelu_joins_its_lines(dtype):
    f = activations.get("smelu")
    x = np.array([-1.5, np.nextafter(np.dtype(dtype).type(-1.5), -2, dtype=dtype), -INF, 1.5, 700.0, INF], dtype)
    np.testing.assert_array_equal(f(x), np.array([0, 0, 0, 1.5, 700, INF], dtype))
    np.testing.assert_array_equal(f.derivative(x), np.array([0, 0, 0, 1, 1, 1], dtype))
    # Just right of -beta the parabola has few digits of x + beta to work with, all of them right.
    step = float(np.finfo(dtype).eps)
    assert f(np.array([-1.5 + step], dtype))[0] == np.dtype(dtype).type(step * step / 6)


@pytest.mark.parametrize("dtype", DTYPES)
def test_crossed_thresholds_of_srelu(dtype):
    f = activations.get("srelu", left_threshold=2.0, left_slope=0.5, right_threshold=1.0, right_slope=3.0)
    np.testing.assert_array_equal(f(np.array([0.0, 1.5, 3.0], dtype)), np.array([1.0, 2.5, 7.0], dtype))


def test_rrelu_is_leaky_relu_with_the_mean_slope():
    x = np.linspace(-3, 3, 50)
    np.testing.assert_array_equal(activations.get("rrelu")(x), activations.get("leaky_relu", negative_slope=11 / 48)(x))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("name", "zero"),
    [("leaky_relu", "negative_slope"), ("prelu", "weight"), ("affine", "weight"), ("clipped_linear", "slope")],
)
def test_a_slope_of_0_times_infinity(name, zero, dtype):
    """NaN, as the catalogue says, and as PyTorch has it; relu and srelu are 0, and so is every finite number's."""
    x = np.array([-INF, -np.finfo(dtype).max, -1.0], dtype)
    np.testing.assert_array_equal(activations.get(name, **{zero: 0.0})(x), np.array([NAN, 0, 0], dtype))
    np.testing.assert_array_equal(activations.relu(x), np.zeros(3, dtype))
    np.testing.assert_array_equal(activations.get("srelu", left_slope=0.0)(x), np.zeros(3, dtype))
