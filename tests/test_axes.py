"""Folding along an axis that is not the last: other kernels, the same bits, at every length that changes their path."""

import numpy as np
import pytest

import activations

from .enrolment import DTYPES, FOLDING, REDUCTIONS, folded, incoming, same_bits

LENGTHS = (1, 2, 3, 15, 16, 17, 33, 63, 64, 65, 128, 200, 256, 257, 384, 385, 1000, 1025)
WIDTHS = (1, 3, 64, 65, 130)


def material(shape, dtype, seed):
    """Rows of numbers, and one each of zeros of both signs, of one number, with a NaN, with infinities."""
    rng = np.random.default_rng(seed)
    x = rng.normal(scale=(1, 10, 100)[seed % 3], size=shape).astype(dtype)
    if shape[1] >= 64:
        x[:, 5] = 0
        x[::2, 5] = -0.0
        x[:, 6] = 3
        x[seed % shape[0], 7] = np.nan
        x[seed % shape[0], 8] = np.inf
        x[:, 9] = -np.inf
    return x


@pytest.mark.parametrize("name", FOLDING)
@pytest.mark.parametrize("dtype", DTYPES)
def test_columns_have_the_bits_of_rows(name, dtype):
    f = activations.get(name)
    for seed, n in enumerate(LENGTHS):
        n *= f.parameters.get("pieces", 1)
        for width in WIDTHS:
            x = material((n, width), dtype, seed)
            rows = np.ascontiguousarray(x.T)
            dy = incoming(folded(f, x.shape, 0), dtype)
            y, of_rows = f(x, axis=0), f(rows)
            where = f"{n} values, {width} side by side"
            assert same_bits(y, of_rows.T), where
            assert same_bits(f.backward(dy, x, axis=0), f.backward(dy.T, rows).T), where
            if f.saves != "x":
                assert same_bits(f.backward(dy, y=y, axis=0), f.backward(dy.T, y=of_rows).T), where
            stack = np.stack([x, x[::-1]])
            assert same_bits(f(stack, axis=1)[0], y), where


@pytest.mark.parametrize("name", FOLDING)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_lines_of_large_tables_have_the_bits_of_rows(name, dtype):
    """From a MiB on lines are read as they lie, a page of each at a time, in portions of about one size."""
    f = activations.get(name)
    for seed, (n, width) in enumerate(((65, 4100), (300, 1100), (383, 700), (1050, 520))):
        n *= f.parameters.get("pieces", 1)
        x = material((n, width), dtype, seed)
        assert x.nbytes >= 1 << 20
        for column in (11, width // 2, width - 1):
            x[:, column] *= np.finfo(dtype).max / 1e3  # squares and sums overflow
            x[:, column - 1] *= 1e-30
            x[n - 1, column - 2] = 300  # which decides its row
            x[:, column - 3] = -np.inf
            x[0, column - 3] = 1
        rows = np.ascontiguousarray(x.T)
        dy = incoming(folded(f, x.shape, 0), dtype)
        where = f"{n} values, {width} side by side"
        with np.errstate(over="ignore"):
            y, of_rows = f(x, axis=0), f(rows)
            assert same_bits(y, of_rows.T), where
            assert same_bits(f.backward(dy, x, axis=0), f.backward(dy.T, rows).T), where
            if f.saves != "x":
                assert same_bits(f.backward(dy, y=y, axis=0), f.backward(dy.T, y=of_rows).T), where
            stack = np.stack([x[::-1], x])
            assert same_bits(f(stack, axis=1)[1], y), where


SHARED_EXPONENTIALS = ("softmax", "softmin", "log_softmax", "quiet_softmax", "logsumexp", "logmeanexp")


@pytest.mark.parametrize("name", SHARED_EXPONENTIALS)
@pytest.mark.parametrize("stray", [None, np.nan, 19.9, 20.1, 40.0, 6e4, np.inf, -63.9, -64.1, -90.0, -6e4, -np.inf])
def test_what_lies_near_zero_has_the_bits_of_rows(name, stray):
    """Logits are not searched for their maximum first, unless one of them is far away: wherever it is."""
    f = activations.get(name)
    for n, width, column in (
        (17, 64, 3),
        (64, 97, 96),
        (129, 400, 390),
        (385, 130, 70),
        (1025, 64, 1),
        (8300, 65, 20),
        (130, 2300, 2290),
        (1030, 1100, 700),
    ):
        x = np.random.default_rng(n).normal(scale=3, size=(n, width)).astype(np.float32)
        if stray is not None:
            x[n - 1, column] = stray
            x[:, column - 1] = stray
        rows = np.ascontiguousarray(x.T)
        dy = incoming(folded(f, x.shape, 0), np.float32)
        where = f"{n} values, {width} side by side"
        assert same_bits(f(x, axis=0), f(rows).T), where
        assert same_bits(f.backward(dy, x, axis=0), f.backward(dy.T, rows).T), where


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("gaussian_rbf", {"center": 0.5, "sigma": 9.0}),
        ("gaussian_rbf", {"sigma": 1e-3}),
        ("l2_normalize", {"eps": 30.0}),
        ("l2_normalize", {"eps": 0.0}),
        ("l2_normalize", {"p": 1.0}),
        ("l2_normalize", {"p": 3.0, "eps": 30.0}),
        ("l2_normalize", {"p": float("inf")}),
        ("standardize", {"eps": 2.0}),
        ("standardize", {"eps": 0.0}),
        ("lp_norm_fold", {"p": 3.0}),
        ("softmax", {"temperature": 3.0}),
        ("maxout", {"pieces": 3}),
        ("maxout", {"pieces": 4}),
        ("maxout", {"pieces": 7}),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_other_parameters_have_the_bits_of_rows_too(name, parameters, dtype):
    f = activations.get(name, **parameters)
    for seed, n in enumerate((3, 33, 257)):
        for width in (3, 65, 130):
            x = material((n * parameters.get("pieces", 1), width), dtype, seed)
            x[:, width // 2] = 0
            x[:, 0] *= np.finfo(dtype).max / 1e4
            rows = np.ascontiguousarray(x.T)
            dy = incoming(folded(f, x.shape, 0), dtype)
            where = f"{n} values, {width} side by side"
            with np.errstate(over="ignore"):
                assert same_bits(f(x, axis=0), f(rows).T), where
                assert same_bits(f.backward(dy, x, axis=0), f.backward(dy.T, rows).T), where


@pytest.mark.parametrize("width", [2, 3, 4, 8, 15, 16, 33, 65])
@pytest.mark.parametrize("pieces", [2, 3, 5, 300])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8", "int64"])
def test_maxout_of_many_narrow_groups(width, pieces, dtype):
    """Groups one after another come in one call, and the lines of narrow ones are brought together."""
    f = activations.get("maxout", pieces=pieces)
    x = np.random.default_rng(width).integers(0, 5, (2, 40 * pieces, width)).astype(dtype)
    rows = np.ascontiguousarray(np.moveaxis(x, 1, 2))
    y, which = f.with_argmax(x, axis=1)
    y_rows, which_rows = f.with_argmax(rows)
    assert same_bits(y, np.moveaxis(y_rows, 2, 1))
    assert same_bits(f(x, axis=1), y)
    assert which.dtype == which_rows.dtype
    assert (which == np.moveaxis(which_rows, 2, 1)).all()
    if np.dtype(dtype).kind == "f":
        dy = incoming(y.shape, dtype)
        dx = np.moveaxis(f.backward(np.moveaxis(dy, 1, 2), rows), 2, 1)
        assert same_bits(f.backward(dy, x, axis=1), dx)
        assert same_bits(f.backward(dy, which=which, axis=1), dx)


@pytest.mark.parametrize("name", FOLDING)
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_row_among_many_has_the_bits_of_a_row_alone(name, dtype):
    f = activations.get(name)
    for seed, n in enumerate(LENGTHS):
        n *= f.parameters.get("pieces", 1)
        x = np.ascontiguousarray(material((n, 130), dtype, seed).T)
        y = f(x)
        dy = incoming(y.shape, dtype)
        dx = f.backward(dy, x)
        for few in (slice(0, 1), slice(4, 12), slice(60, 130)):
            assert same_bits(f(x[few]), y[few]), f"{n} values"
            assert same_bits(f.backward(dy[few], x[few]), dx[few]), f"{n} values"
            if f.saves != "x":
                assert same_bits(f.backward(dy[few], y=y[few]), f.backward(dy, y=y)[few]), f"{n} values"


@pytest.mark.parametrize("name", sorted(set(FOLDING) - set(REDUCTIONS) - {"maxout"}))
@pytest.mark.parametrize("dtype", DTYPES)
def test_in_place_and_overlapping_along_every_axis(name, dtype):
    f = activations.get(name)
    for seed, n in enumerate(LENGTHS):
        for shape, axis in (((n, 70), 0), ((70, n), 1), ((2, n, 70), 1)):
            x = np.stack([material((n, 70), dtype, seed), material((n, 70), dtype, seed + 1)])
            x = np.moveaxis(x if len(shape) == 3 else x[0], -2, axis).copy()
            where = f"{shape} along {axis}"
            y, dy = f(x, axis=axis), incoming(shape, dtype)
            dx = f.backward(dy, x, axis=axis)
            own = x.copy()
            assert f(own, axis=axis, out=own) is own
            assert same_bits(own, y), where
            for at in (0, 1):
                pair = [dy.copy(), x.copy()]
                f.backward(*pair, axis=axis, out=pair[at])
                assert same_bits(pair[at], dx), where
            if f.saves != "x":
                dx, own = f.backward(dy, y=y, axis=axis), y.copy()
                assert same_bits(f.backward(dy, y=own, axis=axis, out=own), dx), where
            room = np.empty((shape[0] + 1, *shape[1:]), dtype)
            for source, to in ((slice(1, None), slice(-1)), (slice(-1), slice(1, None))):
                room[source] = x
                assert same_bits(f(room[source], axis=axis, out=room[to]), y), where


@pytest.mark.parametrize("pieces", [2, 3, 4, 5])
@pytest.mark.parametrize("dtype", [*DTYPES, "int8", "uint16"])
def test_winners_of_columns(pieces, dtype):
    f = activations.get("maxout", pieces=pieces)
    for width in WIDTHS:
        x = np.random.default_rng(width).integers(0, 4, (7 * pieces, width)).astype(dtype)
        y, which = f.with_argmax(x, axis=0)
        y_rows, which_rows = f.with_argmax(np.ascontiguousarray(x.T))
        assert same_bits(y, y_rows.T)
        assert (which == which_rows.T).all()
        if np.dtype(dtype).kind == "f":
            dy = incoming(y.shape, dtype)
            assert same_bits(f.backward(dy, which=which, axis=0), f.backward(dy, x, axis=0))


@pytest.mark.parametrize("name", sorted(set(FOLDING) - set(REDUCTIONS)))
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_results_keep_the_order_of_their_operand(name, axis):
    f = activations.get(name)
    x = np.random.default_rng(3).normal(size=(6, 4, 8)).astype("float32")
    for layout in (x, np.asfortranarray(x)):
        result = f(layout, axis=axis)
        assert result.shape != x.shape or result.strides == layout.strides
        assert f.backward(incoming(result.shape, "float32"), layout, axis=axis).strides == layout.strides


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_larger_of_two_zeros(dtype):
    """As IEEE 754's maximum and minimum have it, in whatever order they stand."""
    for length in (2, 3, 64, 65, 200):
        for at in (0, length // 2, length - 1):
            for name, rare, common in (("max_fold", 0.0, -0.0), ("min_fold", -0.0, 0.0)):
                x = np.full((length, 3), common, dtype)
                x[at, 1] = rare
                for result in (activations.get(name)(x, axis=0), activations.get(name)(x.T.copy())):
                    assert np.signbit(result).tolist() == [np.signbit(common), np.signbit(rare), np.signbit(common)]
