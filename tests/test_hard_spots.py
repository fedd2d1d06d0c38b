"""The points where the usual formulas fail, each by name."""

import math

import numpy as np
import pytest

import activations

from .enrolment import DTYPES, ELEMENTWISE, FOLDING, make, with_cases
from .reference import REFERENCE, mp

INF, NAN = np.inf, np.nan
TINY = {dtype: float(np.finfo(dtype).smallest_subnormal) for dtype in DTYPES}


def value(name, x, dtype="float64", **parameters):
    """The function at one number, as float64."""
    return float(activations.get(name, **parameters)(np.array([x], dtype))[0])


def slope(name, x, dtype="float64", **parameters):
    return float(activations.get(name, **parameters).derivative(np.array([x], dtype))[0])


def gradient(name, dy, x, dtype="float64", **parameters):
    f = activations.get(name, **parameters)
    return float(f.backward(np.array([dy], dtype), np.array([x], dtype))[0])


def close(got, true, dtype, ulp=2):
    return abs(got - true) <= ulp * float(np.spacing(np.dtype(dtype).type(abs(true))))


# Tails


@pytest.mark.parametrize(
    ("x", "dtype", "true"),
    [
        (-88.0, "float32", 6.054601895401186e-39),
        (-88.0, "float64", 6.054601895401186e-39),
        (-103.0, "float32", 1.8554e-45),
        (-104.0, "float32", 0.0),
        (88.0, "float32", 1.0),
        (-17.0, "float32", 4.1399375473943306e-08),
        (-709.0, "float64", 1.216780750623423e-308),
        (-745.0, "float64", 5e-324),
        (-746.0, "float64", 0.0),
        (745.0, "float64", 1.0),
    ],
)
def test_sigmoid_tails(x, dtype, true):
    assert close(value("sigmoid", x, dtype), true, dtype)


@pytest.mark.parametrize(
    ("x", "dtype", "true"),
    [
        (17.0, "float32", 4.139937376004102e-08),
        (-17.0, "float32", 4.139937376004102e-08),
        (37.0, "float64", 8.533047625744065e-17),
        (88.0, "float32", 6.054601895401186e-39),
        (-745.0, "float64", 5e-324),
        (745.0, "float64", 5e-324),
    ],
)
def test_sigmoid_derivative_in_saturation(x, dtype, true):
    assert close(slope("sigmoid", x, dtype), true, dtype)


@pytest.mark.parametrize(
    ("x", "dtype", "true"),
    [
        (88.0, "float32", 88.0),
        (-88.0, "float32", 6.054601895401186e-39),
        (-80.0, "float32", 1.8048513878454153e-35),
        (-17.0, "float32", 4.139937461634206e-08),
        (89.0, "float32", 89.0),
        (745.0, "float64", 745.0),
        (-745.0, "float64", 5e-324),
        (-40.0, "float64", 4.248354255291589e-18),
        (0.0, "float64", math.log(2)),
    ],
)
def test_softplus_tails(x, dtype, true):
    assert close(value("softplus", x, dtype), true, dtype)


def test_softplus_with_beta_is_smooth_where_pytorch_switches_to_the_line():
    # At beta * x = 20 the line is off by log1p(exp(-20)), and softplus has no threshold unless asked for.
    assert close(value("softplus", 2.0, beta=10.0), 2.0 + math.log1p(math.exp(-20)) / 10, "float64")
    assert value("softplus", 2.5, beta=10.0, threshold=20.0) == 2.5
    assert value("softplus", 2.0, beta=10.0, threshold=20.0) > 2.0
    assert slope("softplus", 2.5, beta=10.0, threshold=20.0) == 1.0


def true(name, x, **parameters):
    return float(REFERENCE[name].forward(mp.mpf(x), **parameters))


@pytest.mark.parametrize(
    ("x", "dtype"), [(-5.5, "float32"), (-6.0, "float32"), (-13.0, "float32"), (-13.0, "float64"), (-37.0, "float64")]
)
def test_gelu_tail(x, dtype):
    expected = true("gelu", x, approximate="none")
    assert close(value("gelu", x, dtype), expected, dtype)
    assert expected == pytest.approx(x / 2 * math.erfc(-x / math.sqrt(2)), rel=1e-12)


@pytest.mark.parametrize(("x", "dtype"), [(-5.27, "float32"), (-9.0, "float32"), (-9.0, "float64"), (-20.0, "float64")])
def test_gelu_tanh_tail(x, dtype):
    x = float(np.dtype(dtype).type(x))
    assert close(value("gelu_tanh", x, dtype), true("gelu_tanh", x), dtype)
    assert value("gelu", x, dtype, approximate="tanh") == value("gelu_tanh", x, dtype)


@pytest.mark.parametrize(("x", "dtype"), [(-1e-7, "float32"), (-3e-5, "float32"), (-1e-17, "float64")])
def test_elu_near_zero(x, dtype):
    x = float(np.dtype(dtype).type(x))
    assert close(value("elu", x, dtype), math.expm1(x), dtype)


def test_tanh_derivative_in_saturation():
    assert close(slope("tanh", 10.0, "float32"), 8.244614455e-09, "float32")
    assert close(slope("tanh", -350.0), 4 * math.exp(-700.0), "float64", ulp=4)


def test_silu_where_exp_overflows():
    assert close(value("silu", -89.0, "float32"), -89 * math.exp(-89.0), "float32")
    assert value("silu", -740.0) < 0


# Softmax and its kin


@pytest.mark.parametrize("dtype", DTYPES)
def test_log_softmax_keeps_the_first_digits(dtype):
    first = activations.get("log_softmax")(np.array([0.0, -80.0 if dtype != "float16" else -10.0], dtype))
    true = -1.8048513878454153e-35 if dtype != "float16" else -math.log1p(math.exp(-10))
    assert close(float(first[0]), true, dtype)
    assert first[1] == (-80.0 if dtype != "float16" else -10.0)


@pytest.mark.parametrize("length", [2, 10, 16, 100, 384, 385, 1030])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_log_softmax_of_rows_all_but_decided(dtype, length):
    """By gaps that leave the others from half of the sum to far below its last bit, by rows and by columns."""
    rng = np.random.default_rng(length)
    x = rng.normal(size=(9, length)).astype(dtype)
    at = length // 2
    x[:, at] = np.delete(x, at, 1).max(axis=1) + np.array([0, 0.5, 2, 8, 12, 14, 15, 30, 60])
    f = activations.get("log_softmax")
    y = f(x)
    np.testing.assert_array_equal(f(np.ascontiguousarray(x.T), axis=0), y.T)
    np.testing.assert_array_equal(f(x[3]), y[3])
    with mp.workprec(160):
        for row, got in zip(x, y, strict=True):
            exact = [mp.mpf(float(each)) - mp.mpf(float(row[at])) for each in row]
            total = mp.log1p(mp.fsum(mp.exp(each) for k, each in enumerate(exact) if k != at))
            for k in {0, at, length - 1}:
                true = exact[k] - total
                error = abs(mp.mpf(float(got[k])) - true) / float(np.spacing(np.dtype(dtype).type(abs(true))))
                assert error <= 2, f"element {k} of {length}, {float(true)}: {float(error)} ulp"


def test_log_softmax_of_huge_values():
    f = activations.get("log_softmax")
    np.testing.assert_array_equal(f(np.array([1e30, 1e30], np.float32)), np.float32(-np.log(2)))
    np.testing.assert_array_equal(f(np.array([1e30, 0.0, -1e30], np.float32)), np.float32([0, -1e30, -2e30]))
    np.testing.assert_array_equal(f(np.array([1e308, -1e308])), [0, -INF])
    np.testing.assert_array_equal(f(np.array([3e38, -3e38], np.float32)), np.float32([0, -INF]))


def test_softmax_of_huge_values():
    f = activations.get("softmax")
    np.testing.assert_array_equal(f(np.array([1e30, 1e30, -1e30], np.float32)), np.float32([0.5, 0.5, 0]))
    np.testing.assert_array_equal(f(np.array([1.7e308, -1.7e308])), [1, 0])


ROWS = {
    "all -inf": ([-INF, -INF, -INF], [NAN] * 3, [NAN] * 3),
    "one +inf": ([1.0, INF, -INF], [0, 1, 0], [-INF, 0, -INF]),
    "several +inf": ([INF, 1.0, INF], [NAN] * 3, [NAN] * 3),
    "NaN": ([1.0, NAN, 2.0], [NAN] * 3, [NAN] * 3),
    "NaN beside +inf": ([INF, NAN, 2.0], [NAN] * 3, [NAN] * 3),
    "NaN beside -inf": ([-INF, NAN, -INF], [NAN] * 3, [NAN] * 3),
    "some -inf": ([0.0, -INF, 0.0], [0.5, 0, 0.5], [-np.log(2), -INF, -np.log(2)]),
    "one value": ([-3.5], [1], [0]),
    "one -inf": ([-INF], [NAN], [NAN]),
    "one value of +inf": ([INF], [1], [0]),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("length", [0, 1, 29], ids=["short", "odd", "long"])
@pytest.mark.parametrize("row", ROWS)
def test_softmax_of_infinities_and_nan(row, length, dtype):
    x, soft, log = ROWS[row]
    # A longer row of the same meaning: -inf takes no part, so it visits the vector's body and its tail.
    x = np.array(x + [-INF] * length, dtype)
    undefined = np.isnan(soft[0])
    with np.errstate(all="raise"):
        got = activations.get("softmax")(x), activations.get("log_softmax")(x)
    np.testing.assert_array_equal(got[0], np.array(soft + [NAN if undefined else 0] * length, dtype))
    np.testing.assert_array_equal(got[1], np.array(log + [NAN if undefined else -INF] * length, dtype))


@pytest.mark.parametrize("dtype", DTYPES)
def test_softmax_masked_out_entirely(dtype):
    x = np.array([[1.0, 2.0, 3.0], [4.0, 4.0, NAN]], dtype)
    mask = np.array([[False, False, False], [True, True, False]])
    two_ulp = {"rtol": 2 * np.finfo(dtype).eps, "atol": 0}
    np.testing.assert_allclose(activations.get("softmax")(x, where=mask), [[0, 0, 0], [0.5, 0.5, 0]], **two_ulp)
    half = -np.log(2.0).astype(dtype)
    log = activations.get("log_softmax")(x, where=mask)
    np.testing.assert_allclose(log, np.array([[-INF] * 3, [half, half, -INF]], dtype), **two_ulp)
    gradient = activations.get("softmax").backward(np.ones_like(x), x, where=mask)
    np.testing.assert_array_equal(gradient, np.zeros_like(x))


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_a_mask_is_the_same_as_leaving_out(name):
    rng = np.random.default_rng(0)
    x, dy = rng.standard_normal((2, 5, 37))
    mask = rng.random((5, 37)) < 0.6
    f = activations.get(name)
    y, dx = f(x, where=mask), f.backward(dy, x, where=mask)
    for i in range(5):
        kept = mask[i]
        np.testing.assert_allclose(y[i, kept], f(x[i, kept]), rtol=1e-14, atol=0)
        np.testing.assert_allclose(dx[i, kept], f.backward(dy[i, kept], x[i, kept]), rtol=1e-12, atol=1e-15)
        assert (y[i, ~kept] == (0 if name == "softmax" else -INF)).all()
        assert not dx[i, ~kept].any()


# NaN, infinities, zeros, subnormals


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "case"), with_cases(ELEMENTWISE))
@pytest.mark.parametrize("length", [1, 50])
def test_nan_stays_nan(name, case, dtype, length):
    x = np.full(length, NAN, dtype)
    f = make(name, case)
    for sign in (x, -x):
        assert np.isnan(f(sign)).all()
        assert np.isnan(f.derivative(sign)).all()
        for dy in (1.0, 0.0, INF):
            assert np.isnan(f.backward(np.full(length, dy, dtype), sign)).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", FOLDING)
def test_nan_spreads_over_its_row_only(name, dtype):
    x = np.random.default_rng(0).standard_normal((3, 6)).astype(dtype)
    f = activations.get(name)
    clean = f(x)
    x[1, 4] = NAN
    y = f(x)
    np.testing.assert_array_equal(y[[0, 2]], clean[[0, 2]])
    assert np.isnan(y[1]).any()
    dx = f.backward(np.ones_like(y), x)
    assert np.isnan(dx[1]).any()
    assert np.isfinite(dx[[0, 2]]).all()


LIMITS = {
    "identity": (-INF, INF, 1, 1),
    "binary_step": (0, 1, 0, 0),
    "relu": (0, INF, 0, 1),
    "leaky_relu": (-INF, INF, 0.01, 1),
    "prelu": (-INF, INF, 0.25, 1),
    "elu": (-1, INF, 0, 1),
    "sigmoid": (0, 1, 0, 0),
    "tanh": (-1, 1, 0, 0),
    "silu": (0, INF, 0, 1),
    "gelu": (0, INF, 0, 1),
    "gelu_tanh": (0, INF, 0, 1),
    "softplus": (0, INF, 0, 1),
    "gaussian": (0, 0, 0, 0),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", LIMITS)
def test_limits_at_infinity(name, dtype):
    # Every other built-in's limits are held to its reference by test_accuracy.test_special_values.
    left, right, left_slope, right_slope = np.array(LIMITS[name]).astype(dtype)
    assert value(name, -INF, dtype) == left
    assert value(name, INF, dtype) == right
    assert slope(name, -INF, dtype) == left_slope
    assert slope(name, INF, dtype) == right_slope
    assert close(gradient(name, 2.5, -INF, dtype), 2.5 * left_slope, dtype, ulp=1)
    assert gradient(name, 2.5, INF, dtype) == 2.5 * right_slope


@pytest.mark.parametrize("dtype", DTYPES)
def test_subnormals_survive(dtype):
    tiny = TINY[dtype]
    for name in ("identity", "relu", "elu", "tanh", "leaky_relu"):
        assert value(name, tiny, dtype) == tiny, name
        assert value(name, 5 * tiny, dtype) == 5 * tiny, name
    for name in ("identity", "tanh", "elu"):
        assert value(name, -3 * tiny, dtype) == -3 * tiny, name
    assert value("leaky_relu", -2 * tiny, dtype, negative_slope=0.5) == -tiny
    assert value("silu", 4 * tiny, dtype) == 2 * tiny
    assert value("gelu", -4 * tiny, dtype) == -2 * tiny
    assert value("gelu_tanh", 4 * tiny, dtype) == 2 * tiny
    assert slope("gaussian", tiny, dtype) == -2 * tiny
    assert activations.get("maxout")(np.array([tiny, 0.0], dtype))[0] == tiny


def test_import_does_not_flush_subnormals():
    assert np.float64(5e-324) * 1 != 0
    assert np.float32(1e-45) / np.float32(1) != 0


@pytest.mark.parametrize("dtype", DTYPES)
def test_minus_zero(dtype):
    x = np.full(40, -0.0, dtype)
    for name in ("identity", "tanh", "leaky_relu", "elu", "silu", "gelu", "gelu_tanh"):
        y = activations.get(name)(x)
        assert (y == 0).all(), name
        assert np.signbit(y).all(), name
    assert (activations.get("relu")(x) == 0).all()  # of either sign, as the fastest instruction gives it
    assert (activations.get("binary_step")(x) == 1).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_odd_functions_keep_the_sign_of_zero(dtype):
    odd = [name for name in ELEMENTWISE if activations.get(name).properties.get("odd")]
    assert "tanh" in odd
    for name in odd:
        assert not np.signbit(activations.get(name)(np.zeros(3, dtype))).any()


# Kinks (CATALOGUE A3) and gradients at extremes


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("zero", [0.0, -0.0])
@pytest.mark.parametrize(
    ("name", "parameters", "expected"),
    [
        ("relu", {}, 0.0),
        ("leaky_relu", {}, 0.01),
        ("leaky_relu", {"negative_slope": -0.5}, -0.5),
        ("prelu", {"weight": 0.75}, 0.75),
        ("elu", {}, 1.0),
        ("elu", {"alpha": 2.0}, 2.0),
        ("binary_step", {}, 0.0),
        ("sigmoid", {}, 0.25),
        ("tanh", {}, 1.0),
        ("silu", {}, 0.5),
        ("gelu", {}, 0.5),
        ("gelu_tanh", {}, 0.5),
        ("softplus", {}, 0.5),
        ("gaussian", {}, 0.0),
    ],
)
def test_derivative_at_zero(name, parameters, expected, zero, dtype):
    expected = np.float32(expected).astype(dtype) if dtype != "float64" else expected
    assert slope(name, zero, dtype, **parameters) == expected
    assert gradient(name, 1.0, zero, dtype, **parameters) == expected
    assert gradient(name, -2.0, zero, dtype, **parameters) == -2 * expected


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("length", [1, 70])
def test_relu_backward_selects(dtype, length):
    # As in PyTorch a dead unit passes nothing on, whatever arrives; only a NaN in x itself comes through.
    relu = activations.get("relu")

    def backward(dy, x):
        return relu.backward(np.full(length, dy, dtype), np.full(length, x, dtype))

    assert (backward(INF, -1.0) == 0).all()
    assert (backward(-INF, 0.0) == 0).all()
    assert (backward(INF, -INF) == 0).all()
    assert (backward(INF, 1.0) == INF).all()
    assert (backward(-INF, INF) == -INF).all()
    assert (backward(0.0, INF) == 0).all()
    assert np.isnan(backward(1.0, NAN)).all()
    assert np.isnan(backward(NAN, 1.0)).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_leaky_slopes_that_are_not_a_maximum(dtype):
    for negative_slope in (2.0, -1.0, 1.0, 0.0):
        got = activations.get("leaky_relu", negative_slope=negative_slope)(np.array([-3.0, 0.0, 3.0], dtype))
        np.testing.assert_array_equal(got, [-3.0 * negative_slope, 0.0, 3.0])


# Maxout


@pytest.mark.parametrize("dtype", DTYPES)
def test_maxout_ties_and_nan(dtype):
    maxout = activations.get("maxout")
    x = np.array([2, 2, 1, 1, NAN, 5, 3, NAN, -INF, -INF, -0.0, 0.0], dtype)
    y, which = maxout.with_argmax(x, pieces=2)
    np.testing.assert_array_equal(y, np.array([2, 1, NAN, NAN, -INF, 0], dtype))
    np.testing.assert_array_equal(which, [0, 0, 0, 1, 0, 0])
    np.testing.assert_array_equal(maxout(x, pieces=2), y)
    dx = maxout.backward(np.array([1, 2, 3, 4, 5, 6], dtype), x, pieces=2)
    np.testing.assert_array_equal(dx[[0, 1, 2, 3, 8, 9, 10, 11]], [1, 0, 2, 0, 5, 0, 6, 0])
    assert np.isnan(dx[4]) or dx[4] == 3  # the NaN wins its unit
    three, which = maxout.with_argmax(np.array([1.0, NAN, 2.0], dtype), pieces=3)
    assert np.isnan(three).all()
    assert which.tolist() == [1]
