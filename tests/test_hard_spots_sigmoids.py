"""The points where the usual formulas of the sigmoids fail, each by name."""

import math

import numpy as np
import pytest

import activations

from .reference import REFERENCE, mp
from .test_hard_spots import INF, close, slope, value


def true(name, x, dtype, **parameters):
    return float(REFERENCE[name].forward(mp.mpf(float(np.dtype(dtype).type(x))), **parameters))


@pytest.mark.parametrize(("x", "dtype"), [(17.0, "float32"), (88.0, "float32"), (40.0, "float64"), (745.0, "float64")])
def test_log_sigmoid_to_the_right_is_not_zero(x, dtype):
    assert close(value("log_sigmoid", x, dtype), -math.exp(-x), dtype)


@pytest.mark.parametrize(("x", "dtype"), [(-89.0, "float32"), (-1e30, "float32"), (-746.0, "float64")])
def test_log_sigmoid_to_the_left_is_the_line(x, dtype):
    assert value("log_sigmoid", x, dtype) == float(np.dtype(dtype).type(x))


@pytest.mark.parametrize(
    ("x", "dtype"), [(3e-4, "float32"), (-1e-3, "float32"), (0.3, "float32"), (1.5e-8, "float64"), (1e-100, "float64")]
)
def test_tanh_shrink_near_zero_loses_no_digit(x, dtype):
    assert close(value("tanh_shrink", x, dtype), true("tanh_shrink", x, dtype), dtype, ulp=1)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_softsign_and_isru_reach_their_limits(dtype):
    for x in (INF, float(np.finfo(dtype).max)):
        for side in (1.0, -1.0):
            assert value("softsign", side * x, dtype) == side
            assert value("isru", side * x, dtype) == side
    assert slope("softsign", INF, dtype) == slope("isru", -INF, dtype) == 0.0
    assert slope("softsign", 0.0, dtype) == 1.0


def test_second_derivative_of_softsign_at_its_kink_is_that_of_the_left():
    f = REFERENCE["softsign"].second_derivative
    assert f(mp.mpf(0)) == f(mp.mpf("-1e-300")) == 2


@pytest.mark.parametrize("x", [1e25, -1e200, 1e308])
def test_squares_do_not_overflow(x):
    assert value("isru", x) == math.copysign(1.0, x)
    assert value("isru", x, alpha=4.0) == math.copysign(0.5, x)
    assert value("arctan", x) == math.copysign(math.pi / 2, x)
    assert close(slope("arctan", x), x**-2 if abs(x) < 1e150 else 0.0, "float64")


@pytest.mark.parametrize("x", [40.0, -300.0])
def test_derivative_of_scaled_tanh_in_saturation(x):
    # slope x is rounded, and what rounding took counts 2 slope x times.
    exact = REFERENCE["scaled_tanh"].derivative(mp.mpf(x), scale=mp.mpf(1.7159), slope=mp.mpf(2 / 3))
    assert close(slope("scaled_tanh", x), float(exact), "float64")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("x", [1e-30, 3e-5, -0.01, 0.7])
def test_smht_near_its_root_loses_no_digit(x, dtype):
    parameters = {"a": 1.25, "b": 0.75, "c": 2.0, "d": 0.5}
    assert close(value("smht", x, dtype, **parameters), true("smht", x, dtype, **parameters), dtype, ulp=2)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_smht_far_out_is_what_the_larger_exponents_leave(dtype):
    far = float(np.finfo(dtype).max)
    for x in (far, INF):
        assert value("smht", x, dtype) == 1.0
        assert value("smht", -x, dtype) == -1.0
        assert slope("smht", x, dtype) == 0.0
        assert value("smht", x, dtype, a=2.0) == INF
        assert value("smht", -x, dtype, b=0.5) == 0.0
    # Both exponentials overflow, their quotient does not.
    assert close(value("smht", 1e4, dtype, a=1.0005), math.exp(1e4 * (float(np.float32(1.0005)) - 1)), "float16", ulp=4)


def test_smht_with_equal_parameters_is_tanh():
    x = np.linspace(-20, 20, 1001)
    np.testing.assert_allclose(activations.get("smht")(x), np.tanh(x), rtol=1e-15)
    np.testing.assert_allclose(activations.get("smht", a=3, b=3, c=3, d=3)(x), np.tanh(3 * x), rtol=1e-15)
