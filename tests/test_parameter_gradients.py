"""Every real parameter has its gradient, save those with which nothing varies; those of rows against mpmath."""

import ml_dtypes
import numpy as np
import pytest

import activations
from activations import catalogue

from .enrolment import ALL, ELEMENTWISE, FOLDING, ROWWISE, incoming, make, with_cases
from .reference import REFERENCE, mp
from .samples import to_mp

# Where a function jumps, and no value changes but there: the derivative is 0 wherever it exists.
JUMPS = {
    ("hard_shrink", "lambd"),
    ("shrink", "lambd"),
    ("softplus", "threshold"),
    ("threshold", "threshold"),
    ("thresholded_relu", "threshold"),
}
DECLARED = catalogue.declarations()


def real_parameters(name):
    return {p.name for p in DECLARED[name].operands if not p.whole}


@pytest.mark.parametrize("name", catalogue.names())
def test_every_real_parameter_has_a_gradient(name):
    told = activations.get(name).parameter_gradients
    x = np.ones((4, 4, 4))
    dy = np.ones_like(activations.get(name)(x))
    missing = real_parameters(name) - told(dy, x).keys()
    assert missing == {parameter for each, parameter in JUMPS if each == name}


@pytest.mark.parametrize(("name", "parameter"), sorted(JUMPS))
def test_nothing_varies_but_where_it_jumps(name, parameter):
    x = np.linspace(-40, 40, 401) + 0.03  # none of them within 0.01 of the two values
    value = {"softplus": 20.0}.get(name, 0.55)
    f = activations.get(name)
    assert (f(x, **{parameter: value - 0.01}) == f(x, **{parameter: value + 0.01})).all()
    assert (f(x, **{parameter: value + 1.5}) != f(x, **{parameter: value})).any()


# With its default all vectors are longer than l2_normalize's eps, so that nothing varies.
ROWS = [each for each in with_cases(ROWWISE) if DECLARED[each.values[0]].gradients]
ROWS.append(pytest.param("l2_normalize", {"eps": 5.0}, id="short vectors"))


@pytest.mark.parametrize(("name", "case"), ROWS)
def test_rows_against_mpmath(name, case):
    f, forward = make(name, case), REFERENCE[name].forward
    rng = np.random.default_rng(0)
    for row in (rng.normal(0, 2, 12), 9 * rng.normal(0, 1, 12), 1e-3 * rng.normal(0, 1, 12)):
        points, dy = to_mp(row), incoming(np.shape(f(row)))
        for parameter, told in f.parameter_gradients(dy, row).items():

            def loss(value, parameter=parameter, points=points, dy=dy):
                return mp.fdot(to_mp(np.atleast_1d(dy)), forward(points, **{**f.parameters, parameter: value}))

            value = f.parameters[parameter]
            if np.isinf(value):
                assert told == 0
                continue
            # From above where the range begins; values so near to that are the value itself.
            step = mp.mpf(max(abs(value), 1e-3)) * mp.mpf(10) ** -20
            below, above = (
                (0, 2) if value == next(p.low for p in DECLARED[name].operands if p.name == parameter) else (1, 1)
            )
            true = (loss(value + above * step) - loss(value - below * step)) / (2 * step)
            assert float(told) == pytest.approx(float(true), rel=1e-9, abs=1e-11 * float(abs(dy).sum())), parameter


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("name", [name for name in FOLDING if DECLARED[name].gradients])
def test_axes_and_types(name, dtype):
    f, x = activations.get(name), np.random.default_rng(1).normal(size=(3, 6, 4)).astype(dtype)
    for axis, rows in ((1, np.moveaxis(x, 1, -1)), ((0, 2), x.transpose(1, 0, 2).reshape(6, 12)), (None, x.ravel())):
        y = f(x, axis=axis)
        dy = incoming(y.shape, dtype)
        moved = dy if DECLARED[name].reduces else np.moveaxis(dy, 1, -1) if axis == 1 else dy
        moved = moved.transpose(1, 0, 2).reshape(6, 12) if axis == (0, 2) and dy.ndim == 3 else moved
        moved = moved.ravel() if axis is None and dy.ndim == 3 else moved
        told, flat = f.parameter_gradients(dy, x, axis=axis), f.parameter_gradients(moved, rows)
        for parameter, gradient in told.items():
            assert gradient.shape == ()
            assert gradient.dtype == dtype
            np.testing.assert_allclose(
                gradient, flat[parameter], rtol=1e-12 if dtype == "float64" else np.finfo(dtype).eps
            )
    with pytest.raises(ValueError, match="shape"):
        f.parameter_gradients(np.ones((3, 6, 5)), x)
    with pytest.raises(TypeError, match="has no parameter 'nought'"):
        f.parameter_gradients(incoming(f(x).shape), x, nought=1.0)
    with pytest.raises(TypeError, match="takes real numbers"):
        f.parameter_gradients(incoming(f(x).shape), x + 1j)


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "gumbel_softmax"])
def test_what_is_masked_out_adds_nothing(name):
    parameter = "tau" if name == "gumbel_softmax" else "temperature"
    f, x = activations.get(name, **{parameter: 1.7}), np.random.default_rng(2).normal(size=(5, 8))
    mask = np.arange(8) % 3 > 0
    dy = incoming(x.shape)
    told = f.parameter_gradients(dy, x, where=np.broadcast_to(mask, x.shape))[parameter]
    assert told == pytest.approx(float(f.parameter_gradients(dy[:, mask], x[:, mask])[parameter]), rel=1e-13)
    x[:, ~mask] = -np.inf
    if name != "log_softmax":
        assert told == pytest.approx(float(f.parameter_gradients(dy, x)[parameter]), rel=1e-13)


def test_narrow_types():
    x = np.random.default_rng(3).normal(size=(5, 8)).astype(ml_dtypes.bfloat16)
    told = activations.softmax.parameter_gradients(x, x)["temperature"]
    assert told.dtype == x.dtype
    wide = x.astype(np.float32)
    assert told == activations.softmax.parameter_gradients(wide, wide)["temperature"].astype(ml_dtypes.bfloat16)


@pytest.mark.parametrize("name", [name for name in ALL if not real_parameters(name)])
def test_none_without_a_parameter(name):
    f = activations.get(name)
    assert f.parameter_gradients(np.ones_like(f(np.ones((2, 4)))), np.ones((2, 4))) == {}


# apl takes hinges along the first axis of an array: test_hinges.py.
ONE_FOR_EACH = [name for name in ELEMENTWISE if DECLARED[name].gradients and name != "apl"]


@pytest.mark.parametrize("name", ONE_FOR_EACH)
def test_shapes_of_elementwise(name):
    f, x = activations.get(name), np.random.default_rng(4).normal(size=(5, 3))
    told = f.parameter_gradients(np.ones_like(x), x)
    for parameter, gradient in told.items():
        units = f.parameter_gradients(np.ones_like(x), x, **{parameter: np.full(3, f.parameters[parameter])})
        assert units[parameter].shape == (3,)
        assert gradient.shape == ()
        assert units[parameter].sum() == pytest.approx(float(gradient), rel=1e-12)
