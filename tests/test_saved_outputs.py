"""Gradients that are handed the saved output beside x: used by whoever can, and folds spare a pass over a row."""

import numpy as np
import pytest

import activations
from activations import catalogue

from .enrolment import DTYPES, ELEMENTWISE, folded, incoming, make, same_bits

TAKING = tuple(
    name for name, declared in catalogue.declarations().items() if "backward_with_output" in declared.scalars
)
LENGTHS = (1, 2, 3, 15, 16, 17, 63, 64, 65, 127, 128, 129, 1000, 1024, 3000)
every_name = pytest.mark.parametrize("name", TAKING)


def rows(n, dtype):
    """Rows of many sizes, among them what has no scale, no finite sum and no number."""
    rng = np.random.default_rng(n)
    x = np.repeat(rng.uniform(-6, 6, (8, n)), 2, axis=0)
    x[1] = 3
    x[3] = 0
    x[5] *= 1e-6
    x[7] += 1000
    x[9, n // 2] = np.nan
    x[11, n // 3] = np.inf
    x[13, [0, -1]] = np.inf, -np.inf
    x[15] = -0.0
    return x.astype(dtype)


def largest_term(name, dy, x):
    """The size of what a gradient is the difference of, for each row."""
    if name != "standardize":
        return np.abs(dy)[:, None]
    exact, dy = x.astype(np.float64), dy.astype(np.float64)
    scale = 1 / np.sqrt(exact.var(axis=-1) + 1e-5)
    y = activations.standardize(exact)
    dot = np.abs((dy * y).mean(axis=-1, keepdims=True) * y).max(axis=-1)
    return (scale * np.maximum(np.abs(dy).max(axis=-1), dot))[:, None]


@every_name
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", LENGTHS)
def test_the_gradient_is_that_of_x_alone(name, dtype, n):
    f, x = activations.get(name), rows(n, dtype)
    y = f(x)
    dy = incoming(folded(f, x.shape), dtype)
    found, alone = f.backward(dy, x, y=y), f.backward(dy, x)
    assert found.dtype == alone.dtype
    assert np.array_equal(np.isnan(found), np.isnan(alone))
    with np.errstate(all="ignore"):
        off = np.abs(found.astype(np.float64) - f.backward(dy.astype(np.float64), x.astype(np.float64)))
        terms = np.maximum(largest_term(name, dy, x), np.finfo(dtype).tiny).astype(np.float64)
        # y rounds, by half an ulp of its own, which a double does not see where y is a double.
        assert np.nanmax(off / terms, initial=0) <= 3 * np.finfo(dtype).eps


@every_name
def test_it_is_used(name):
    """A row's output that is not its own shows: it is taken at its word, unless no element can have it."""
    f = activations.get(name)
    x = np.array([[1.0, 2, 4, -1]])
    dy = np.ones_like(f(x))
    told = f.backward(dy, x, y=-2 * f(x) if name == "standardize" else np.full_like(f(x), 2))
    alone = f.backward(dy, x)
    if name in ("sum_fold", "mean_fold"):
        assert same_bits(told, alone)  # that y is a number is all that is asked of it
    elif name == "standardize":
        assert same_bits(told, alone)  # no scale is negative: it is computed again
        assert not same_bits(f.backward(dy * x, x, y=2 * f(x)), f.backward(dy * x, x))
    elif name == "lp_norm_fold":
        assert same_bits(told, x / 2)
    else:
        assert same_bits(told, np.array([[0.0, 1, 0, 0]]))
        assert same_bits(f.backward(dy, x, y=np.full_like(f(x), 3)), alone)


@pytest.mark.parametrize("first", ["x", "x and y"])
@pytest.mark.parametrize("name", [name for name in ELEMENTWISE if make(name).saves != "x"])
def test_it_is_used_after_a_gradient_from_x(name, first):
    """What has been called before decides nothing."""
    f = make(name)
    x = np.linspace(-8, 8, 32, dtype=np.float32)
    y, dy = f(np.roll(x, 8)), np.ones_like(x)
    expected = f.backward(dy, None, y=y)
    f._prepare()  # as if nothing had been called
    if first == "x":
        assert not same_bits(f.backward(dy, x), expected)
    for out in (None, np.empty_like(x)):
        assert same_bits(f.backward(dy, x, y=y, out=out), expected)
        assert same_bits(f.backward(dy, x, y, out=out), expected)


@every_name
def test_every_way_to_call(name):
    f, x = activations.get(name), rows(100, "float32")
    y = f(x)
    dy = incoming(folded(f, x.shape), "float32")
    expected = f.backward(dy, x, y=y)
    for axis in (-1, 1, np.int64(1)):
        assert same_bits(f.backward(dy, x, y=y, axis=axis), expected)
    assert same_bits(f.backward(dy, x, y), expected)
    strided = np.repeat(x, 2, axis=1)[:, ::2]
    assert same_bits(f.backward(dy, strided, y=y), expected)
    assert same_bits(f.backward(dy.astype(np.float64), x, y=y), f.backward(dy.astype(np.float64), x.astype("d"), y=y))
    cube = x.reshape(4, 4, 100)
    assert same_bits(
        f.backward(dy.reshape(4, 4, *dy.shape[1:]), cube, y=y.reshape(4, 4, *y.shape[1:])), expected.reshape(cube.shape)
    )
    for target in (np.empty_like(x), x.copy(), *((y.copy(), dy.copy()) if dy.shape == x.shape else ())):
        operands = [target if same_bits(target, each) else each for each in (dy, x, y)]
        assert f.backward(*operands[:2], y=operands[2], out=target) is target
        assert same_bits(target, expected)
    if dy.shape != x.shape:
        assert same_bits(f.backward(dy[:, None], x, y=f(x, keepdims=True)), expected)
    turned = np.ascontiguousarray(x.T)
    along = f.backward(np.ascontiguousarray(dy.T), turned, y=np.ascontiguousarray(y.T), axis=0)
    assert same_bits(along.T, f.backward(dy, x))  # along other axes x alone is read


@every_name
def test_an_output_of_another_shape_is_named(name):
    f, x = activations.get(name), rows(100, "float32")
    y = f(x)
    with pytest.raises(ValueError, match=r"y has shape \(3,.*x has shape \(16, 100\)"):
        f.backward(np.ones_like(y), x, y=y[:3])
    with pytest.raises(TypeError, match="needs the pre-activation x"):
        f.backward(np.ones_like(y), y=y)


def test_standardize_of_what_is_large_and_small():
    """Distances that leave the range of the type, rows without two signs, values that are all but equal."""
    f = activations.standardize
    rng = np.random.default_rng(0)
    outlier = np.zeros(500, np.float32)
    outlier[400] = 1
    for row in (rng.normal(size=500) * 5e37, rng.normal(size=500) * 1e-38, 1 + rng.normal(size=500) * 1e-6, outlier):
        x = row.astype(np.float32)[None]
        dy = rng.normal(size=x.shape).astype(np.float32)
        exact = f.backward(dy.astype(np.float64), x.astype(np.float64))
        found = f.backward(dy, x, y=f(x))
        assert np.abs(found - exact).max() <= 3 * np.finfo(np.float32).eps * np.abs(exact).max()


HELD = tuple(name for name, declared in catalogue.declarations().items() if declared.output_bounds)


@pytest.mark.parametrize("name", HELD)
@pytest.mark.parametrize("dtype", DTYPES)
def test_an_output_that_is_held_lets_nothing_through(name, dtype):
    """Bounds that the type does not have round, and so does the output that is held at one."""
    rng = np.random.default_rng(8)
    x = np.array([-100, 100, np.inf, -np.inf], dtype)
    inside, dy = np.zeros(64, dtype), np.ones(64, dtype)
    for _ in range(100):
        low, high = -rng.uniform(0.01, 3), rng.uniform(0.01, 3)
        bounds = {"min_val": low, "max_val": high, "max_value": high}
        f = activations.get(name, **{each: bounds[each] for each in catalogue.declarations()[name].output_bounds})
        assert not f.backward(np.ones(4, dtype), None, y=f(x)).any(), f
        inside[:] = high / 2
        assert (f.backward(dy, None, y=f(inside)) == 1).all(), f
