"""maxout and softmax of our backend for thinc."""

import numpy as np
import pytest

from .test_thinc import BOTH, ops, rounding, theirs  # noqa: F401

pytestmark = pytest.mark.peer
PIECES = pytest.mark.parametrize("pieces", [1, 2, 3, 4, 7, 256, 257])


@BOTH
@PIECES
def test_maxout(pieces, dtype, ops, theirs):  # noqa: F811
    x = np.random.default_rng(0).integers(-3, 3, (6, 5, pieces)).astype(dtype)  # many ties
    best, which = ops.maxout(x)
    wanted, wanted_which = theirs.maxout(x)
    np.testing.assert_array_equal(best, wanted, strict=True)
    np.testing.assert_array_equal(which, wanted_which, strict=True)
    assert which.dtype == np.int32
    dy = np.cos(np.arange(30, dtype=dtype)).reshape(6, 5)
    dx = ops.backprop_maxout(dy, which, pieces)
    np.testing.assert_array_equal(dx, theirs.backprop_maxout(dy, which, pieces), strict=True)
    for kind in ("int64", ">i4", "uint8" if pieces <= 256 else "uint16"):
        np.testing.assert_array_equal(ops.backprop_maxout(dy, which.astype(kind), pieces), dx)


def test_the_last_of_many_pieces(ops):  # noqa: F811
    """Numbers beyond a byte."""
    x = np.zeros((1, 1, 300), "f")
    x[0, 0, 299] = 1
    best, which = ops.maxout(x)
    assert (best.item(), which.item()) == (1, 299)
    np.testing.assert_array_equal(ops.backprop_maxout(best, which, 300), x)
    x = x[:, :, 43:]
    np.testing.assert_array_equal(ops.backprop_maxout(best, ops.maxout(x)[1], 257), x)


def test_maxout_keeps_nan(ops, theirs):  # noqa: F811
    x = np.array([[[1, np.nan, 2], [3, 1, 2], [np.nan, 5, np.nan]]], "f")
    assert not np.isnan(theirs.maxout(x)[0]).all()  # what thinc's drops
    best, which = ops.maxout(x)
    np.testing.assert_array_equal(best, [[np.nan, 3, np.nan]])
    np.testing.assert_array_equal(which, [[1, 0, 0]])


def test_maxout_of_any_layout(ops):  # noqa: F811
    x = np.random.default_rng(0).normal(size=(8, 6, 3)).astype("f")
    best, which = ops.maxout(x)
    dy = np.cos(best)
    dx = ops.backprop_maxout(dy, which, 3)
    for view in (np.asfortranarray(x), np.repeat(x, 2, axis=0)[::2], x[::-1][::-1], x.astype(">f4")):
        np.testing.assert_array_equal(ops.maxout(view)[0], best)
        np.testing.assert_array_equal(ops.maxout(view)[1], which)
    np.testing.assert_array_equal(ops.backprop_maxout(np.asfortranarray(dy), np.asfortranarray(which), 3), dx)
    x.flags.writeable = False
    np.testing.assert_array_equal(ops.maxout(x)[0], best)
    best, which = ops.maxout(np.empty((0, 6, 3), "f"))
    assert best.shape == which.shape == (0, 6)
    assert ops.backprop_maxout(best, which, 3).shape == (0, 6, 3)
    half, which = ops.maxout(x.astype("e"))
    assert half.dtype == ops.backprop_maxout(half, which, 3).dtype == "e"


def test_maxout_gradient_is_that_of_differences(ops):  # noqa: F811
    rng, step = np.random.default_rng(0), 1e-6
    x, dy = rng.normal(size=(3, 4, 3)), rng.normal(size=(3, 4))
    dx = ops.backprop_maxout(dy, ops.maxout(x)[1], 3)
    for at in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[at] += step
        down[at] -= step
        slope = ((ops.maxout(up)[0] - ops.maxout(down)[0]) * dy).sum() / (2 * step)
        assert dx[at] == pytest.approx(slope, abs=1e-8)


@pytest.mark.parametrize("wrong", [3, -1, 256, 257, -256, 2**31 - 1])
def test_a_piece_that_there_is_not(wrong, ops):  # noqa: F811
    with pytest.raises(IndexError, match=r"from 0 to 2, and holds"):
        ops.backprop_maxout(np.ones((1, 3), "f"), np.array([[0, wrong, 2]], "i"), 3)


def test_wrong_calls_of_maxout(ops):  # noqa: F811
    dy, which = np.ones((2, 3), "f"), np.zeros((2, 3), "i")
    for shape in ((2, 3), (2, 3, 0), (1, 2, 3, 4)):
        with pytest.raises(ValueError, match=r"\(batch, units, pieces\)"):
            ops.maxout(np.ones(shape, "f"))
    with pytest.raises(ValueError, match="shape"):
        ops.backprop_maxout(dy, which[:1], 3)
    with pytest.raises(TypeError, match="integers"):
        ops.backprop_maxout(dy, which.astype("f"), 3)


@BOTH
@pytest.mark.parametrize("temperature", [1.0, 0.5, 3.0])
@pytest.mark.parametrize("axis", [-1, 0, 1])
def test_softmax(axis, temperature, dtype, ops, theirs):  # noqa: F811
    x = np.random.default_rng(0).normal(size=(6, 5, 4)).astype(dtype) * 4
    keywords = {"axis": axis, "temperature": temperature}
    y = ops.softmax(x, **keywords)
    assert y.dtype == dtype
    np.testing.assert_allclose(y, theirs.softmax(x, **keywords), **rounding(dtype))
    dx = ops.backprop_softmax(y, np.cos(x), **keywords)
    np.testing.assert_allclose(dx, theirs.backprop_softmax(y, np.cos(x), **keywords), **rounding(dtype))
    kept = x.copy()
    assert ops.softmax(kept, inplace=True, **keywords) is kept
    np.testing.assert_array_equal(kept, y)


@BOTH
def test_parameters_in_arrays(dtype, ops, theirs):  # noqa: F811
    """thinc divides by whatever it is given."""
    x = np.random.default_rng(0).normal(size=(6, 4)).astype(dtype) * 4
    for temperature in (np.array(0.5), np.array(0.5, dtype), np.array([0.5]), np.dtype(dtype).type(0.5)):
        y = ops.softmax(x, temperature=temperature)
        np.testing.assert_allclose(y, theirs.softmax(x, temperature=temperature), **rounding(dtype))
        np.testing.assert_array_equal(
            ops.backprop_softmax(y, x, temperature=temperature), ops.backprop_softmax(y, x, temperature=0.5)
        )
    for slope in (np.array(0.3, dtype), np.array([0.3, 0.1, 2.0, -1.0], dtype)):
        np.testing.assert_allclose(
            ops.clipped_linear(x, slope=slope), theirs.clipped_linear(x, slope=slope), **rounding(dtype)
        )
        columns = [ops.backprop_clipped_linear(x, x, slope=float(s))[:, k] for k, s in enumerate(slope + np.zeros(4))]
        np.testing.assert_array_equal(ops.backprop_clipped_linear(x, x, slope=slope), np.stack(columns, axis=1))


SEQUENCES = {
    "short": ([1, 3, 0, 7, 2, 0], 1),
    "one of many": ([1, 3, 0, 7, 2, 0], 3),
    "long": ([90, 0, 200, 1], 1),
    "wide": ([5, 1, 4], 40),
    "none": ([], 2),
}


@BOTH
@pytest.mark.parametrize("case", SEQUENCES)
def test_softmax_of_sequences(case, dtype, ops, theirs):  # noqa: F811
    lengths, columns = SEQUENCES[case]
    lengths = np.array(lengths, "i")
    x = np.random.default_rng(0).normal(size=(lengths.sum(), columns)).astype(dtype) * 4
    y = ops.softmax_sequences(x, lengths)
    assert y.dtype == dtype
    np.testing.assert_allclose(y, theirs.softmax_sequences(x, lengths), **rounding(dtype))
    dx = ops.backprop_softmax_sequences(np.cos(x), y, lengths)
    np.testing.assert_allclose(dx, theirs.backprop_softmax_sequences(np.cos(x), y, lengths), **rounding(dtype))
    kept = x.copy()
    assert ops.softmax_sequences(kept, lengths, inplace=True) is kept
    np.testing.assert_array_equal(kept, y)


def test_sequences_without_rows(ops):  # noqa: F811
    nothing, lengths = np.empty((0, 2), "f"), np.zeros(2, "i")
    assert ops.softmax_sequences(nothing, lengths).shape == (0, 2)
    assert ops.backprop_softmax_sequences(nothing, nothing, lengths).shape == (0, 2)


@pytest.mark.parametrize("columns", [1, 70])
def test_sequences_raise_no_flags(columns, ops):  # noqa: F811
    x = np.repeat(np.array([[0.0], [-100.0], [3e38], [-3e38], [90.0]], "f"), columns, axis=1)
    lengths = np.array([2, 3], "i")
    with np.errstate(all="raise"):
        y = ops.softmax_sequences(x, lengths)
        dx = ops.backprop_softmax_sequences(np.full_like(y, 1e-30), y, lengths)
    np.testing.assert_allclose(y[:, 0], [1, 3.783506e-44, 1, 0, 0], rtol=0.02)
    assert np.isfinite(dx).all()


def test_sequences_in_half_precision(ops):  # noqa: F811
    """One long sequence among many short ones: a sum that float16 rounded at each step would stop growing at 2,048."""
    lengths = np.array([5000, *[1] * 5000], "i")
    x = np.zeros((10000, 1), "e")
    y = ops.softmax_sequences(x, lengths)
    assert y.dtype == "e"
    np.testing.assert_array_equal(y[:5000], np.float16(1 / 5000))
    dy = np.ones((10000, 1), "e")
    np.testing.assert_allclose(ops.backprop_softmax_sequences(dy, y, lengths)[:5000], 0, atol=3e-7)


@pytest.mark.parametrize("columns", [1, 70])
def test_softmax_of_sequences_far_out(columns, ops, theirs):  # noqa: F811
    """thinc's clips what it sees to +-20, behind which all weights are equal."""
    x = np.repeat(np.array([[100.0], [103.0], [-800.0], [np.inf], [1.0], [np.nan]]), columns, axis=1)
    lengths = np.array([3, 2, 1], "i")
    assert theirs.softmax_sequences(x, lengths)[0, 0] == theirs.softmax_sequences(x, lengths)[1, 0]
    smaller = 1 / (1 + np.exp(3))
    wanted = [smaller, 1 - smaller, 0, 1, 0, np.nan]
    np.testing.assert_allclose(ops.softmax_sequences(x, lengths)[:, 0], wanted, rtol=1e-14)
    np.testing.assert_allclose(ops.softmax_sequences(x[:3], lengths[:1])[:, 0], wanted[:3], rtol=1e-14)


def test_wrong_calls_of_sequences(ops):  # noqa: F811
    x = np.ones((4, 2), "f")
    with pytest.raises(NotImplementedError, match="two dimensions"):
        ops.softmax_sequences(x[None], np.array([4], "i"))
    with pytest.raises(ValueError, match="dY has shape"):
        ops.backprop_softmax_sequences(x, x[:, :1], np.array([4], "i"))
    with pytest.raises(IndexError, match="sum up to 3, and there are 4"):
        ops.softmax_sequences(x, np.array([3], "i"))
    with pytest.raises(ValueError, match=r">= 0, and one is -1"):
        ops.softmax_sequences(x, np.array([5, -1], "i"))
