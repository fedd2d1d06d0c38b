"""The points where the usual formulas of piecewise functions fail, each by name."""

import numpy as np
import pytest

import activations

from .enrolment import DTYPES
from .test_hard_spots import INF, NAN, TINY, gradient, slope, value


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("name", "parameters", "x", "expected"),
    [
        ("abs", {}, 0.0, 0.0),
        ("abs", {}, -0.0, 0.0),
        ("sign", {}, 0.0, 0.0),
        ("clip", {}, -1.0, 1.0),  # as PyTorch's clamp, and
        ("clip", {}, 1.0, 1.0),
        ("hard_tanh", {}, -1.0, 0.0),  # as its hardtanh
        ("hard_tanh", {}, 1.0, 0.0),
        ("clipped_linear", {}, 0.0, 0.0),
        ("clipped_linear", {}, 1.0, 0.0),
        ("hard_sigmoid", {}, -3.0, 0.0),
        ("hard_sigmoid", {}, 3.0, 0.0),
        ("hard_silu", {}, -3.0, 0.0),
        ("hard_silu", {}, 3.0, 1.0),
        ("hard_sigmoid", {"slope": 0.25}, -2.0, 0.0),
        ("hard_sigmoid", {"slope": 0.25}, 2.0, 0.0),
        ("hard_silu", {"slope": 0.25}, -2.0, 0.0),
        ("hard_silu", {"slope": 0.25}, 2.0, 1.0),
        ("hard_mish", {}, -2.0, 0.0),
        ("hard_mish", {}, 0.0, 1.0),
        ("sparse_plus", {}, -1.0, 0.0),
        ("sparse_plus", {}, 1.0, 1.0),
        ("sparse_sigmoid", {}, -1.0, 0.0),
        ("sparse_sigmoid", {}, 1.0, 0.0),
        ("hard_shrink", {}, 0.5, 0.0),
        ("hard_shrink", {}, -0.5, 0.0),
        ("soft_shrink", {}, 0.5, 0.0),
        ("shrink", {}, -0.5, 0.0),
        ("sqnl", {}, 0.0, 1.0),
        ("sqnl", {}, -2.0, 0.0),
    ],
)
def test_derivative_at_kinks(name, parameters, x, expected, dtype):
    assert slope(name, x, dtype, **parameters) == expected
    assert gradient(name, -2.0, x, dtype, **parameters) == -2 * expected


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_hard_sigmoid_has_a_slope_up_to_its_kinks(dtype):
    # Also on the last number inside, whose value may round to 1.
    sixth = float(np.dtype(dtype).type(1 / 6))
    inner = np.nextafter(np.dtype(dtype).type(3), 0, dtype=dtype)
    assert slope("hard_sigmoid", inner, dtype) == sixth
    assert slope("hard_sigmoid", -inner, dtype) == sixth
    outer = np.nextafter(np.dtype(dtype).type(3), 4, dtype=dtype)
    assert slope("hard_sigmoid", outer, dtype) == 0
    assert value("hard_sigmoid", -outer, dtype) == 0


@pytest.mark.parametrize("dtype", DTYPES)
def test_limits_that_others_miss(dtype):
    # 0 * inf is NaN in PyTorch, JAX and ONNX Runtime.
    for name in ("hard_silu", "hard_mish"):
        assert value(name, -INF, dtype) == 0
        assert value(name, INF, dtype) == INF
        assert slope(name, -INF, dtype) == 0
        assert slope(name, INF, dtype) == 1


@pytest.mark.parametrize("dtype", DTYPES)
def test_shrinking_lets_nan_through(dtype):
    # ONNX Runtime's Shrink gives 0.
    for name in ("hard_shrink", "soft_shrink", "shrink"):
        assert np.isnan(value(name, NAN, dtype))


@pytest.mark.parametrize("dtype", DTYPES)
def test_odd_functions_are_odd_to_the_sign_of_zero(dtype):
    x = np.array([0.0, TINY[dtype], 0.3, 0.5, 1.0, 2.0, 7.5, INF], dtype)
    for name in ("sign", "clip", "hard_tanh", "hard_shrink", "soft_shrink", "shrink", "cube", "sqnl"):
        y, mirrored = activations.get(name)(x), activations.get(name)(-x)
        np.testing.assert_array_equal(mirrored, -y)
        np.testing.assert_array_equal(np.signbit(mirrored), ~np.signbit(y), name)


@pytest.mark.parametrize("dtype", DTYPES)
def test_bounds_that_cross(dtype):
    x = np.array([-3.0, 0.0, 3.0], dtype)
    for name in ("clip", "hard_tanh", "clipped_linear"):
        assert (activations.get(name, min_val=2.0, max_val=1.0)(x) == 1).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_powers_where_their_slopes_overflow(dtype):
    largest = float(np.finfo(dtype).max)
    assert value("square", largest, dtype) == INF
    assert gradient("square", 0.0, largest, dtype) == 0
    assert gradient("square", 0.25, largest, dtype) == largest / 2
    assert value("cube", -largest, dtype) == -INF
    assert slope("cube", -largest, dtype) == INF
    assert gradient("cube", 0.0, largest, dtype) == 0
    small, large = (1e-30, 2.0**80) if dtype == "float32" else (1e-200, 2.0**600)
    small = float(np.dtype(dtype).type(small))
    assert gradient("cube", small, large, dtype) == pytest.approx(small * large * large * 3, rel=1e-6)
    # The largest number whose cube is finite, and its neighbour.
    edge = np.cbrt(np.finfo(dtype).max)
    assert np.isfinite(value("cube", edge * (1 - 1e-6), dtype))
    assert value("cube", edge * (1 + 1e-6), dtype) == INF


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "int64"])
def test_the_most_negative_integer(dtype):
    least = np.array([np.iinfo(dtype).min], dtype)
    assert activations.get("abs")(least)[0] == least[0]  # which has no counterpart: NumPy's abs gives the same
    assert activations.get("sign")(least)[0] == -1


def test_names_of_other_frameworks():
    assert activations.get("onnx.hard_sigmoid") == activations.get("hard_sigmoid", slope=0.2)
    assert activations.get("torch.hard_sigmoid") == activations.get("hard_sigmoid")
    assert activations.get("thinc.hard_swish") == activations.get("hard_silu", slope=0.2)
    assert activations.get("HardSwish") == activations.get("hard_silu")
