"""apl with several hinges: shapes, passes, and the gradients of weights and places."""

import pickle

import ml_dtypes
import numpy as np
import pytest

import activations

from .enrolment import DTYPES, incoming, same_bits

A = np.array([-0.25, 0.5, -0.75])
B = np.array([0.0, 1.5, -2.0])
SHAPES = [
    (A, B, (6, 4)),
    (np.linspace(-1, 1, 12).reshape(3, 4), B, (6, 4)),
    (A, np.linspace(-1, 1, 12).reshape(3, 4), (2, 3, 4)),
    (np.linspace(-1, 1, 6).reshape(2, 3, 1, 1), np.linspace(-1, 1, 6).reshape(2, 3, 1, 1), (2, 3, 5, 4)),
    (A[:1], B, (7,)),
    (A, 0.5, (7,)),
    (-0.5, B, (7,)),
    (A[:1], B[:1], (5, 5)),
    (A, B, ()),
]


def hinges(a, b, x):
    """Pairs of arrays that broadcast against x."""
    count = max(np.shape(each)[0] if np.ndim(each) else 1 for each in (a, b))
    return [[np.broadcast_to(each, (count, *np.shape(each)[1:]))[s] for each in (a, b)] for s in range(count)]


def expected(a, b, x):
    """Output and slope in float64, term by term."""
    y, slope = np.maximum(x, 0), (x > 0).astype(float)
    for weight, place in hinges(a, b, x):
        y = y + weight * np.maximum(place - x, 0)
        slope = slope - weight * (x < place)
    return y, slope


def points(shape, dtype):
    return np.asarray(np.random.default_rng(0).normal(0, 2, shape)).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("a", "b", "shape"), SHAPES)
def test_every_pass_is_the_sum_over_hinges(a, b, shape, dtype):
    f, x, dy = activations.get("apl", a=a, b=b), points(shape, dtype), incoming(shape, dtype)
    y, slope = expected(a, b, x.astype(float))
    tolerance = {"rtol": 4 * np.finfo(dtype).eps, "atol": 8 * np.finfo(dtype).eps}
    for got, true in ((f(x), y), (f.derivative(x), slope), (f.backward(dy, x), dy * slope)):
        assert np.shape(got) == shape
        assert got.dtype == x.dtype
        np.testing.assert_allclose(got.astype(float), true, **tolerance)
    assert same_bits(f(x), activations.apl(x, a=a, b=b))


@pytest.mark.parametrize(("a", "b", "shape"), SHAPES)
def test_gradients_of_weights_and_places(a, b, shape):
    x, dy = points(shape, float), incoming(shape)
    gradients = activations.apl.parameter_gradients(dy, x, a=a, b=b)
    step = 1e-6
    for name, value in (("a", np.asarray(a, float)), ("b", np.asarray(b, float))):
        assert np.shape(gradients[name]) == value.shape
        for k in np.ndindex(value.shape):
            moved = []
            for side in (step, -step):
                other = value.copy()
                other[k] += side
                moved.append((dy * activations.apl(x, **{"a": a, "b": b, name: other})).sum())
            np.testing.assert_allclose(gradients[name][k], (moved[0] - moved[1]) / (2 * step), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("count", [1, 2, 3])
def test_out_may_be_an_input(count, dtype):
    f, x, dy = activations.get("apl", a=A[:count], b=B[:count]), points((5, 7), dtype), incoming((5, 7), dtype)
    y, slope, dx = f(x), f.derivative(x), f.backward(dy, x)
    for out in (np.empty_like(x), x.copy()):
        own = out if same_bits(out, x) else x
        assert f(own, out=out) is out
        assert same_bits(out, y)
    out = x.copy()
    assert f.derivative(out, out=out) is out
    assert same_bits(out, slope)
    for place in (0, 1, 2):
        arrays = [dy.copy(), x.copy(), np.empty_like(x)]
        assert f.backward(arrays[0], arrays[1], out=arrays[place]) is arrays[place]
        assert same_bits(arrays[place], dx)
    kept = np.full_like(x, 9)
    assert same_bits(f(x, out=kept, where=x > 0), np.where(x > 0, y, x.dtype.type(9)))


def test_one_hinge_as_a_number_or_an_array():
    x = points((50,), float)
    assert same_bits(activations.apl(x), activations.prelu(x))
    assert same_bits(activations.apl(x, a=0.5, b=1.0), activations.apl(x, a=[0.5], b=[1.0]))
    assert activations.get("apl", a=0.5).ufunc.nin == 1


def test_special_values_integers_and_narrow_types():
    f = activations.get("apl", a=[-0.25, 0.0], b=[0.0, 1.0])
    x = np.array([np.nan, np.inf, -np.inf, 0.0])
    np.testing.assert_array_equal(f(x), [np.nan, np.inf, -np.inf, 0.0])
    np.testing.assert_array_equal(f.derivative(x), [np.nan, 1.0, 0.25, 0.0])
    assert np.isnan(f.backward(np.zeros(4), x)[0])
    assert f(np.array([-4, 4])).dtype == np.float64
    narrow = np.array([-4, 4], ml_dtypes.bfloat16)
    assert f(narrow).dtype == narrow.dtype
    assert f(np.ones(3, "f4"), dtype="f8").dtype == np.float64
    assert f(np.zeros((0, 3))).shape == (0, 3)


def test_cancelling_hinges_keep_their_digits():
    # Right of 0 the hinge takes from x; what the sum's roundings took is given back.
    x = np.float32(1 / 3)
    a, b = np.float32(-0.7), np.float32(0.8)
    true = float(x) + float(a) * (float(b) - float(x))
    assert abs(float(activations.apl(x, a=float(a), b=float(b))) - true) <= np.spacing(np.float32(abs(true)))


def test_what_is_refused():
    x = np.ones((6, 4))
    for a, b in ((A, B[:2]), (np.zeros(0), 1.0)):
        with pytest.raises(ValueError, match="counts hinges"):
            activations.apl(x, a=a, b=b)
    for a in (np.ones((3, 5)), np.ones((3, 2, 6, 4))):
        with pytest.raises(ValueError, match="does not broadcast"):
            activations.apl(x, a=a)
    with pytest.raises(TypeError, match="complex"):
        activations.apl(1j * x, a=A)
    with pytest.raises(ValueError, match="they must be equal"):
        activations.apl(x, a=A, out=np.empty((4, 6)))
    with pytest.raises(TypeError, match="no second derivative"):
        activations.apl.second_derivative(x, a=A)


def test_it_is_kept_by_name():
    f = activations.get("apl", a=A, b=B)
    assert pickle.loads(pickle.dumps(f)) == f == activations.get(f.config)
    assert same_bits(pickle.loads(pickle.dumps(f))(B), f(B))


def test_a_result_over_the_hinges():
    x = np.array([[-1.0, 2.0], [0.5, -3.0]])
    a, b = np.array([[0.1, 0.2], [0.3, 0.4]]), np.array([[0.0, 1.0], [2.0, 3.0]])
    for call in (activations.apl, activations.apl.derivative, lambda x, **k: activations.apl.backward(2 * x, x, **k)):
        expected = call(x, a=a, b=b)
        for name in ("a", "b"):
            given = {"a": a.copy(), "b": b.copy()}
            np.testing.assert_array_equal(call(x, **given, out=given[name]), expected)
