"""rrelu with a generator: a slope for each element, the same ones backward."""

import ml_dtypes
import numpy as np
import pytest

import activations

from .enrolment import DTYPES, incoming, same_bits

X = np.array([[-3.0, 2.0, -0.5, 0.0], [1e4, -1e4, -0.0, -7.25]])


def generator(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("dtype", DTYPES)
def test_slopes_are_drawn_between_the_bounds_and_come_back(dtype):
    f, x = activations.get("rrelu", lower=0.2, upper=0.4), np.tile(X, (50, 1)).astype(dtype)
    y, slopes = f.with_slopes(x, rng=generator())
    assert y.dtype == slopes.dtype == x.dtype
    assert same_bits(y, x * slopes)
    assert (slopes[x > 0] == 1).all()
    below = slopes[x <= 0].astype(float)
    assert 0.199 < below.min() < 0.21
    assert 0.39 < below.max() < 0.401
    assert same_bits(f(x, rng=generator()), y)
    assert not same_bits(f(x, rng=generator(1)), y)
    dy = incoming(x.shape, dtype)
    assert same_bits(f.backward(dy, x, slopes=slopes), dy * slopes)
    assert same_bits(f.backward(dy, slopes=slopes), dy * slopes)


def test_without_a_generator_nothing_is_drawn():
    f = activations.rrelu
    assert same_bits(f(X), f(X, rng=None))
    assert same_bits(f(X), activations.leaky_relu(X, negative_slope=11 / 48))


@pytest.mark.parametrize("dtype", DTYPES)
def test_out_may_be_the_input(dtype):
    f, x = activations.rrelu, X.astype(dtype)
    y, slopes = f.with_slopes(x, rng=generator())
    for out in (np.empty_like(x), x.copy()):
        assert f(out if same_bits(out, x) else x, out=out, rng=generator()) is out
        assert same_bits(out, y)
    first, second = np.empty_like(x), np.empty_like(x)
    got = f.with_slopes(x, (first, second), rng=generator())
    assert got[0] is first
    assert got[1] is second
    assert same_bits(first, y)
    assert same_bits(second, slopes)
    assert f.backward(x, slopes=slopes, out=first) is first
    assert same_bits(first, x * slopes)


def test_bounds_may_be_arrays_and_bounds_of_the_call():
    low, high = np.array([0.0, 0.5, 0.25, 0.1]), np.array([0.1, 0.6, 0.25, 0.1])
    _, slopes = activations.rrelu.with_slopes(-np.ones((100, 4)), rng=generator(), lower=low, upper=high)
    assert (slopes >= low).all()
    assert (slopes <= high).all()
    assert np.ptp(slopes, axis=0)[:2].min() > 0.09


def test_special_values_integers_and_narrow_types():
    f = activations.rrelu
    y, slopes = f.with_slopes([np.nan, np.inf, -np.inf, -0.0], rng=generator())
    np.testing.assert_array_equal(y, [np.nan, np.inf, -np.inf, -0.0])
    assert np.isnan(slopes[0])
    assert np.isnan(f.backward(np.zeros(4), slopes=slopes)[0])
    assert f(np.array([-4, 4]), rng=generator()).dtype == np.float64
    assert f(np.array([-4, 4], np.int8), rng=generator()).dtype == np.float16
    narrow = np.array([-4, 4], ml_dtypes.bfloat16)
    y, slopes = f.with_slopes(narrow, rng=generator())
    assert y.dtype == slopes.dtype == narrow.dtype
    assert f(narrow, rng=generator(), out=np.empty_like(narrow)).dtype == narrow.dtype
    assert np.shape(f(-1.0, rng=generator())) == ()
    assert f(np.zeros((0, 3)), rng=generator()).shape == (0, 3)


def test_the_generator_moves_on_by_the_number_of_elements():
    one, other = generator(), generator()
    activations.rrelu(X, rng=one)
    activations.rrelu(-X, rng=other)
    assert one.random() == other.random()


def test_types_of_gradients_are_those_of_other_functions():
    for dy, slopes in (([100], [2]), ([True], [True]), (np.int64([3]), np.int8([2]))):
        dy, slopes = np.asarray(dy), np.asarray(slopes)
        got = activations.rrelu.backward(dy, slopes=slopes)
        assert got.dtype == activations.leaky_relu.backward(dy, slopes).dtype
        assert got == dy.astype(float) * slopes
    for slopes in (np.ones(2, complex), np.array(["a", "b"])):
        with pytest.raises(TypeError, match="rrelu"):
            activations.rrelu.backward(np.ones(2), slopes=slopes)


def test_what_is_refused():
    f, x = activations.rrelu, np.ones(3)
    with pytest.raises(TypeError, match="Generator"):
        f(x, rng=0)
    with pytest.raises(ValueError, match="larger than upper"):
        f(x, rng=generator(), lower=0.5, upper=0.25)
    with pytest.raises(TypeError, match="slopes="):
        f.backward(x, x, rng=generator())
    with pytest.raises(ValueError, match="they must be equal"):
        f.backward(x, slopes=np.ones(2))
    with pytest.raises(TypeError, match="complex"):
        f(1j * x, rng=generator())
    with pytest.raises(TypeError, match="nonsense"):
        f(x, rng=generator(), nonsense=1)


def test_masks_stay_with_drawn_slopes():
    x = np.ma.array([-1.0, -2.0, 3.0], mask=[False, True, False])
    y, slopes = activations.rrelu.with_slopes(x, rng=np.random.default_rng(0))
    for result in (y, slopes, activations.rrelu(x, rng=np.random.default_rng(0))):
        np.testing.assert_array_equal(result.mask, x.mask)
    np.testing.assert_array_equal(y, slopes * x)
    out = np.empty(3)
    assert activations.rrelu(x, out=out, rng=np.random.default_rng(0)) is out


def test_bounds_in_the_wrong_order_are_refused_at_once():
    for call in (
        lambda: activations.get("rrelu", lower=2, upper=1),
        lambda: activations.rrelu.bind(lower=0.5, upper=np.array([0.6, 0.4])),
        lambda: activations.rrelu(np.ones(3), lower=0.9, rng=np.random.default_rng(0)),
    ):
        with pytest.raises(ValueError, match=r"rrelu: lower=.* is larger than upper="):
            call()


@pytest.mark.parametrize("n", [1000, 300_000])
def test_slopes_over_what_is_still_to_be_read(n):
    memory = np.random.default_rng(1).standard_normal(n + 5)
    for place in (lambda m: (m[:n], m[5:]), lambda m: (m[5:], m[:n]), lambda m: (m[:n], m[:n][::-1])):
        x, slopes = place(memory.copy())
        wanted = activations.rrelu.with_slopes(x.copy(), rng=np.random.default_rng(0))
        y, got = activations.rrelu.with_slopes(x, (None, slopes), rng=np.random.default_rng(0))
        assert got is slopes
        np.testing.assert_array_equal(y, wanted[0])
        np.testing.assert_array_equal(got, wanted[1])
