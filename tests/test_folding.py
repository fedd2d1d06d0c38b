"""Every folding activation along every axis of every layout, with outputs, masks, saved outputs and bad axes."""

import numpy as np
import pytest

import activations
from activations import catalogue

from .enrolment import DTYPES, FOLDING, MASKED, NORMALISERS, REDUCTIONS, folded, incoming, make, same_bits, with_cases
from .zoo import OUTPUTS, unaligned, values

every_case = pytest.mark.parametrize(("name", "case"), with_cases(FOLDING))
every_dtype = pytest.mark.parametrize("dtype", DTYPES)


def finite(shape, dtype, seed=0):
    return np.random.default_rng(seed).uniform(-6, 6, shape).astype(dtype)


def rowwise(f, x, axis, dy=None):
    """The pass row by row on contiguous copies: what every other way must agree with."""
    rows = np.moveaxis(np.array(x, dtype=x.dtype.newbyteorder("=")), axis, -1)
    result = np.empty(folded(f, rows.shape) if dy is None else rows.shape, rows.dtype)
    reduced = f.name in REDUCTIONS
    if dy is not None:
        dy = np.array(dy, dtype=rows.dtype)
        dy = dy if reduced else np.moveaxis(dy, axis, -1)
    for i in np.ndindex(rows.shape[:-1]):
        row = np.ascontiguousarray(rows[i])
        result[i] = f(row) if dy is None else f.backward(np.ascontiguousarray(dy[i]).reshape(dy[i].shape), row)
    return result if reduced and dy is None else np.moveaxis(result, -1, axis)


def layouts(shape, dtype):
    """One cube of values in several layouts."""
    cube = finite(shape, dtype)
    doubled = np.zeros([2 * n for n in shape], dtype)
    doubled[::2, ::2, ::2] = cube
    locked = cube.copy()
    locked.flags.writeable = False
    yield "C order", cube
    yield "read-only", locked
    yield "Fortran order", np.asfortranarray(cube)
    yield "transposed", finite(shape[::-1], dtype).T
    yield "strided", doubled[::2, ::2, ::2]
    yield "reversed", cube[::-1, ::-1, ::-1]
    yield "byte-swapped", cube.astype(cube.dtype.newbyteorder())
    yield "unaligned", unaligned(cube)
    yield "broadcast", np.broadcast_to(cube[:1], shape)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "sign"), [("max_fold", 1), ("min_fold", -1)])
def test_the_larger_of_zeros_is_the_positive_one(name, sign, dtype):
    f = activations.get(name)
    rng = np.random.default_rng(6)
    for n in (1, 2, 7, 15, 16, 17, 63, 64, 65, 129, 600):
        for width in (1, 3, 70):
            x = np.where(rng.random((width, n)) < 0.5, -sign * rng.random((width, n)), -sign * 0.0)
            x[:, rng.integers(n)] = -sign * 0.0
            x[::2, rng.integers(n)] = sign * 0.0
            x = x.astype(dtype)
            found = ((x == 0) & (np.signbit(x) == (sign < 0))).any(axis=1)
            expected = np.where(found, sign * 0.0, -sign * 0.0).astype(dtype)
            assert same_bits(f(x), expected)
            assert same_bits(f(np.ascontiguousarray(x.T), axis=0), expected)


@every_case
@every_dtype
@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2, -3])
def test_every_axis_of_every_layout(name, case, dtype, axis):
    f = make(name, case)
    by = f.parameters.get("pieces", 1)
    shape = (2 * by, 3 * by, 17 * by)
    for layout, x in layouts(shape, dtype):
        before = np.array(x)
        dy = incoming(folded(f, shape, axis), dtype)
        expected = rowwise(f, x, axis)
        assert same_bits(f(x, axis=axis), expected), layout
        expected_gradient = rowwise(f, x, axis, dy)
        assert same_bits(f.backward(dy, x, axis=axis), expected_gradient), layout
        assert same_bits(f.backward(np.asfortranarray(dy), x, axis=axis), expected_gradient), layout
        assert same_bits(f.backward(dy.astype(dy.dtype.newbyteorder()), x, axis=axis), expected_gradient), layout
        for kind, make_out in OUTPUTS.items():
            out = make_out(expected.shape, dtype)
            out[...] = -77
            assert f(x, axis=axis, out=out) is out, (layout, kind)
            assert same_bits(out.astype(dtype), expected), (layout, kind)
            out = make_out(shape, dtype)
            out[...] = -77
            assert f.backward(dy, x, axis=axis, out=out) is out, (layout, kind)
            assert same_bits(out.astype(dtype), expected_gradient), (layout, kind)
        assert np.array_equal(np.array(x), before), f"{layout}: the input changed"


@every_case
@every_dtype
def test_every_length(name, case, dtype):
    f = make(name, case)
    by = f.parameters.get("pieces", 1)
    for units in [*range(1, 41), 127, 128, 129, 1000]:
        x = finite((2, units * by), dtype, seed=units)
        dy = incoming(folded(f, x.shape), dtype)
        assert same_bits(f(x), rowwise(f, x, 1)), units
        assert same_bits(f.backward(dy, x), rowwise(f, x, 1, dy)), units
        strided = np.repeat(x, 2, axis=1)[:, ::2]
        assert same_bits(f(strided), f(x)), units
        assert same_bits(f(np.asfortranarray(x)), f(x)), units


@every_case
def test_gradient_may_go_where_its_inputs_are(name, case):
    f = make(name, case)
    by = f.parameters.get("pieces", 1)
    for axis in (0, 1):
        x = finite((6 * by, 4 * by), "float32")
        dy = incoming(folded(f, x.shape, axis), "float32")
        expected = f.backward(dy, x, axis=axis)
        target = x.copy()
        assert f.backward(dy, target, axis=axis, out=target) is target
        assert same_bits(target, expected)
        if name in NORMALISERS:
            target = dy.copy()
            assert f.backward(target, x, axis=axis, out=target) is target
            assert same_bits(target, expected)
            target = x.copy()
            assert f(target, axis=axis, out=target) is target
            assert same_bits(target, f(x, axis=axis))


@every_case
def test_overlapping_output(name, case):
    f = make(name, case)
    by = f.parameters.get("pieces", 1)
    memory = finite((9, 12 * by), "float32")
    expected = f(memory[:-1].copy())
    out = memory[1:, 0] if name in REDUCTIONS else memory[1:, :12] if by > 1 else memory[1:]
    f(memory[:-1], out=out)
    assert same_bits(out, expected)


@every_case
@every_dtype
def test_saved_results(name, case, dtype):
    f = make(name, case)
    by = f.parameters.get("pieces", 1)
    x = finite((3, 8 * by), dtype)
    dy = incoming(folded(f, x.shape), dtype)
    if hasattr(f, "with_argmax"):
        y, which = f.with_argmax(x)
        assert same_bits(y, f(x))
        assert which.dtype.kind in "iu"
        assert which.shape == y.shape
        assert same_bits(f.backward(dy, which=which), f.backward(dy, x))
        assert same_bits(f.backward(dy, None, which=which), f.backward(dy, x))
    elif f.saves in ("y", "either"):
        from_y, from_x = f.backward(dy, None, y=f(x)), f.backward(dy, x)
        tolerance = 8 * np.finfo(dtype).eps * np.abs(dy).max() * 8
        np.testing.assert_allclose(from_y.astype(float), from_x.astype(float), rtol=0, atol=tolerance)
        assert from_y.dtype == x.dtype
        assert same_bits(f.backward(dy, x, y=f(x)), from_y)


@pytest.mark.parametrize("name", NORMALISERS)
@every_dtype
@pytest.mark.parametrize("axis", [(0,), (0, 1), (1, 2), (0, 2), (-1, 0), (2, 1, 0), None])
def test_several_axes_count_as_one(name, dtype, axis):
    f = activations.get(name)
    x, dy = finite((3, 4, 5), dtype), incoming((3, 4, 5), dtype)
    axes = (0, 1, 2) if axis is None else tuple(a % 3 for a in axis)
    rest = [a for a in range(3) if a not in axes]
    order = [*rest, *axes]

    def flat(array):
        return array.transpose(order).reshape(*(x.shape[a] for a in rest), -1)

    def back(array):
        return array.reshape([x.shape[a] for a in order]).transpose(np.argsort(order))

    assert same_bits(f(x, axis=axis), back(f(flat(x))))
    assert same_bits(f.backward(dy, x, axis=axis), back(f.backward(flat(dy), flat(x))))
    out = np.empty_like(x)
    assert f(x, axis=axis, out=out) is out
    assert same_bits(out, f(x, axis=axis))
    out = dy.copy()
    assert f.backward(out, x, axis=axis, out=out) is out
    assert same_bits(out, f.backward(dy, x, axis=axis))


@pytest.mark.parametrize("name", MASKED)
@every_dtype
@pytest.mark.parametrize("axis", [0, 1, -1, (0, 2), None])
def test_masks(name, dtype, axis):
    f = activations.get(name)
    x, dy = finite((3, 4, 5), dtype), incoming((3, 4, 5), dtype)
    mask = np.random.default_rng(1).random((3, 4, 5)) < 0.7
    y = f(x, axis=axis, where=mask)
    nothing = -np.inf if name.startswith("log") else 0
    assert y.dtype == x.dtype
    assert (y[~mask] == nothing).all()
    absent = catalogue.declarations()[name].absent
    whole = f(np.where(mask, x, np.array(absent, dtype)), axis=axis)
    assert same_bits(y[mask], whole[mask])
    dx = f.backward(dy, x, axis=axis, where=mask)
    assert dx.dtype == x.dtype
    assert not dx[~mask].any()
    scribbled = np.where(mask, x, np.array(np.nan, dtype))
    assert same_bits(f(scribbled, axis=axis, where=mask), y)
    assert same_bits(f.backward(np.where(mask, dy, np.array(np.nan, dtype)), scribbled, axis=axis, where=mask), dx)
    out = np.empty_like(x)
    assert f(x, axis=axis, where=mask, out=out) is out
    assert same_bits(out, y)
    assert same_bits(f(x, axis=-1, where=mask[0]), f(x, axis=-1, where=np.broadcast_to(mask[0], x.shape)))


@pytest.mark.parametrize("name", sorted(set(FOLDING) - set(MASKED)))
def test_other_kinds_take_no_mask(name):
    f = activations.get(name)
    with pytest.raises(TypeError, match="where"):
        f(np.zeros(4), where=np.ones(4, bool))
    with pytest.raises(TypeError, match="where"):
        f.backward(np.zeros(np.shape(f(np.zeros(4)))), np.zeros(4), where=np.ones(4, bool))


@pytest.mark.parametrize("name", REDUCTIONS)
@every_dtype
@pytest.mark.parametrize("axis", [0, -1, (0,), (0, 1), (1, 2), (0, 2), (-1, 0), (2, 1, 0), None])
def test_reductions_over_several_axes(name, dtype, axis):
    f = activations.get(name)
    x = finite((3, 4, 5), dtype)
    axes = (0, 1, 2) if axis is None else tuple(a % 3 for a in np.atleast_1d(axis))
    rest = [a for a in range(3) if a not in axes]
    order = [*rest, *axes]
    flat = x.transpose(order).reshape(*(x.shape[a] for a in rest), -1)
    y, kept = f(x, axis=axis), f(x, axis=axis, keepdims=True)
    assert same_bits(y, f(flat))
    assert kept.shape == tuple(1 if a in axes else n for a, n in enumerate(x.shape))
    assert same_bits(kept.reshape(y.shape), y)
    out = np.empty_like(kept)
    assert f(x, axis=axis, keepdims=True, out=out) is out
    assert same_bits(out, kept)
    out = np.empty(y.shape, dtype)
    assert f(x, axis=axis, out=out) is out
    assert same_bits(out, np.asarray(y))
    dy = incoming(y.shape, dtype)
    dx = f.backward(dy, x, axis=axis)
    expected = f.backward(dy, flat).reshape([x.shape[a] for a in order]).transpose(np.argsort(order))
    assert same_bits(dx, expected)
    assert same_bits(f.backward(dy.reshape(kept.shape), x, axis=axis), dx)
    out = np.empty_like(x)
    assert f.backward(dy, x, axis=axis, out=out) is out
    assert same_bits(out, dx)


@every_dtype
def test_gumbel_softmax_draws(dtype):
    f, x = activations.gumbel_softmax, finite((5, 7), dtype)
    assert same_bits(f(x), activations.softmax(x))
    assert same_bits(f(x, tau=0.5, axis=0), activations.softmax(x, temperature=0.5, axis=0))
    y = f(x, rng=np.random.default_rng(0))
    noisy = np.add(x, np.random.default_rng(0).gumbel(size=x.shape), dtype=dtype, casting="same_kind")
    assert same_bits(y, activations.softmax(noisy))
    hard = f(x, rng=np.random.default_rng(0), hard=True)
    assert hard.dtype == x.dtype
    assert same_bits(hard, activations.hardmax(noisy))
    dy = incoming(x.shape, dtype)
    assert same_bits(f.backward(dy, None, y=y), activations.softmax.backward(dy, None, y=y))
    assert same_bits(f.backward(dy, noisy, hard=True), activations.softmax.backward(dy, noisy))
    with pytest.raises(TypeError, match="y="):
        f.backward(dy, x, rng=np.random.default_rng(0))
    with pytest.raises(TypeError, match="nonsense"):
        f(x, hard=True, nonsense=1)


def test_gumbel_softmax_draws_classes_by_their_probability():
    x = np.tile(np.log([0.6, 0.3, 0.1]), (20_000, 1))
    drawn = activations.gumbel_softmax(x, rng=np.random.default_rng(3), hard=True).mean(axis=0)
    np.testing.assert_allclose(drawn, [0.6, 0.3, 0.1], atol=0.015)


@every_dtype
def test_entmax_lies_between_softmax_and_sparsemax(dtype):
    f, x = activations.entmax, finite((5, 7), dtype)
    assert same_bits(f(x, alpha=1), activations.softmax(x))
    assert same_bits(f(x, alpha=2), activations.sparsemax(x))
    assert same_bits(activations.get("entmax", alpha=2).backward(x, x), activations.sparsemax.backward(x, x))
    supports = []
    for alpha in (1.0, 1.01, 1.25, 1.5, 1.75, 2.0, 2.5, 4.0):
        y = f(x, alpha=alpha)
        assert y.dtype == x.dtype
        np.testing.assert_allclose(y.sum(axis=-1, dtype=float), 1, rtol=4 * np.finfo(dtype).eps)
        supports.append((y > 0).sum())
    assert supports == sorted(supports, reverse=True)
    near = f(x.astype(float), alpha=1 + 1e-9)
    np.testing.assert_allclose(near, activations.softmax(x.astype(float)), rtol=1e-5, atol=1e-12)


def test_entmax_of_known_rows():
    f = activations.entmax
    np.testing.assert_array_equal(f([0.0, 0.0, 0.0, 0.0]), [0.25] * 4)
    np.testing.assert_array_equal(f([3.0, 0.0]), [1.0, 0.0])
    # (1 / 2 - tau)^2 + tau^2 = 1 for the inputs 1 and 0: tau = (1 - sqrt 7) / 4.
    tau = (1 - np.sqrt(7)) / 4
    np.testing.assert_allclose(f([1.0, 0.0]), [(0.5 - tau) ** 2, tau**2], rtol=4e-16)
    for alpha in (1.1, 1.9, 3.0, 30.0):
        np.testing.assert_allclose(f(np.zeros(1000), alpha=alpha), 1e-3, rtol=1e-12)
        np.testing.assert_array_equal(f([1e300, 0.0, -np.inf], alpha=alpha), [1, 0, 0])
        assert f([5.0], alpha=alpha) == [1.0]


@pytest.mark.parametrize("alpha", [1.0, 1.3, 1.5, 2.0, 3.0])
def test_entmax_backward_from_the_output(alpha):
    f, x = activations.get("entmax", alpha=alpha), finite((5, 7), "float64")
    dy = incoming(x.shape)
    y = f(x)
    np.testing.assert_allclose(f.backward(dy, y=y), f.backward(dy, x), rtol=1e-13, atol=1e-13)
    assert not f.backward(dy, x)[y == 0].any()


@every_dtype
def test_normalisers_of_infinities_and_nan(dtype):
    inf, nan, e = np.inf, np.nan, np.exp(1.0)
    rows = [[1, inf, -inf], [inf, 0, inf], [-inf] * 3, [1, nan, inf], [0, 0, 0], [2, 2, -inf]]
    undefined, half = [nan] * 3, [0.5, 0.5, 0]
    expected = {
        "softmin": [[0, 0, 1], [0, 1, 0], undefined, undefined, [1 / 3] * 3, [0, 0, 1]],
        "quiet_softmax": [[0, 1, 0], undefined, [0] * 3, undefined, [0.25] * 3, [e**2 / (1 + 2 * e**2)] * 2 + [0]],
        "hardmax": [[0, 1, 0], [1, 0, 0], [1, 0, 0], undefined, [1, 0, 0], [1, 0, 0]],
        "sparsemax": [[0, 1, 0], undefined, undefined, undefined, [1 / 3] * 3, half],
        "entmax": [[0, 1, 0], undefined, undefined, undefined, [1 / 3] * 3, half],
        "l2_normalize": [undefined, undefined, undefined, undefined, [0] * 3, [0, 0, -1]],
        "standardize": [undefined, undefined, undefined, undefined, [0] * 3, undefined],
    }
    for name, known in expected.items():
        with np.errstate(all="raise"):
            y = activations.get(name)(np.array(rows, dtype))
        np.testing.assert_allclose(y.astype(float), known, rtol=2 * np.finfo(dtype).eps, err_msg=name)


def test_standardize_of_what_is_far_from_zero():
    x = 1e9 + np.array([0.0, 1, 2, 3])
    true = np.array([-1.5, -0.5, 0.5, 1.5]) / np.sqrt(1.25 + 1e-5)
    np.testing.assert_allclose(activations.standardize(x), true, rtol=4e-16)
    assert not activations.standardize(np.full((2, 33), 0.7)).any()
    np.testing.assert_allclose(activations.standardize(np.array([1e308, -1e308])), [1, -1], rtol=4e-16)
    np.testing.assert_allclose(activations.l2_normalize(np.array([3e-320, 4e-320]), eps=0.0), [0.6, 0.8], rtol=1e-3)


@every_dtype
def test_norms_of_other_orders(dtype):
    of = {p: activations.get("l2_normalize", p=p) for p in (1.0, 1.5, 3.0, 300.0, np.inf)}
    x, dy = np.array([3.0, -4.0, 0.0, 4.0], dtype), np.array([1.0, 2.0, 4.0, 8.0], dtype)
    close = {"rtol": 2 * np.finfo(dtype).eps}
    np.testing.assert_allclose(of[1.0](x), x / 11, **close)
    np.testing.assert_allclose(of[np.inf](x), x / 4, **close)
    # An element that is 0 adds no slope to the sum of absolute values; of two that are largest the first has it.
    dot = float(dy @ x)
    np.testing.assert_allclose(of[1.0].backward(dy, x), (dy - np.sign(x) * (dot / 11)) / 11, **close)
    np.testing.assert_allclose(of[np.inf].backward(dy, x), (dy + np.array([0, dot / 4, 0, 0])) / 4, **close)
    for p, f in of.items():
        with np.errstate(all="raise"):
            assert not f(0 * x).any()
            np.testing.assert_array_equal(f(np.array([1, np.inf, 0], dtype)), [0, 1, 0])
            np.testing.assert_array_equal(f(np.array([1, np.inf, -np.inf], dtype)), np.nan)
            np.testing.assert_array_equal(f(np.array([np.nan, np.inf, 1], dtype)), np.nan)
            np.testing.assert_array_equal(f.backward(dy, np.array([np.nan, 1, 2, 3], dtype)), np.nan)
            np.testing.assert_allclose(f.backward(dy, x, eps=60.0), dy / 60, **close)
            nothing = np.ones((0, 4), dtype)
            assert f(nothing, axis=0).shape == f.backward(nothing, nothing, axis=0).shape == (0, 4)
        share = {1.0: 0.25, np.inf: 1.0}.get(p, 4 ** (-1 / p))
        ends = np.array([np.finfo(dtype).max, np.finfo(dtype).smallest_subnormal])
        for row in np.outer(ends, np.ones(4)).astype(dtype):
            np.testing.assert_allclose(f(row, eps=0.0), share, **close)


@every_dtype
def test_reductions_of_nothing(dtype):
    nothing = {
        "sum_fold": 0, "mean_fold": np.nan, "logsumexp": -np.inf, "logmeanexp": np.nan, "lp_norm_fold": 0,
        "gaussian_rbf": 1,
    }  # fmt: skip
    for name in REDUCTIONS:
        f = activations.get(name)
        for shape, axis in (((0,), 0), ((3, 0), 1), ((0, 3), 0), ((2, 0, 3), (0, 1))):
            x = np.empty(shape, dtype)
            if name in nothing:
                y = f(x, axis=axis)
                np.testing.assert_array_equal(y, np.full(np.shape(y), nothing[name], dtype))
            else:
                with pytest.raises(ValueError, match=name):
                    f(x, axis=axis)
        assert f(np.empty((0, 3), dtype)).shape == (0,)


@every_dtype
def test_reductions_are_numpys(dtype):
    x = finite((40, 77), dtype)
    wide = x.astype(np.float64)
    tolerance = {"rtol": 2 * np.finfo(dtype).eps, "atol": 4 * np.finfo(dtype).eps}
    assert same_bits(activations.max_fold(x), x.max(axis=-1))
    assert same_bits(activations.min_fold(x), x.min(axis=-1))
    np.testing.assert_allclose(activations.sum_fold(x), wide.sum(axis=-1), rtol=2 * np.finfo(dtype).eps, atol=1e-12)
    np.testing.assert_allclose(activations.mean_fold(x), wide.mean(axis=-1), **tolerance)
    for p in (1, 2, 3, np.inf):
        norm = np.linalg.norm(wide, ord=p, axis=-1)
        np.testing.assert_allclose(activations.lp_norm_fold(x, p=p), norm, **tolerance)


@every_dtype
def test_reductions_of_infinities_and_nan(dtype):
    inf, nan = np.inf, np.nan
    rows = [[1, inf, 2], [1, -inf, 2], [inf, -inf, 0], [nan, 1, inf], [-inf, -inf, -inf], [1, nan, -inf]]
    expected = {
        "max_fold": [inf, 2, inf, nan, -inf, nan],
        "min_fold": [1, -inf, -inf, nan, -inf, nan],
        "sum_fold": [inf, -inf, nan, nan, -inf, nan],
        "mean_fold": [inf, -inf, nan, nan, -inf, nan],
        "logsumexp": [inf, np.logaddexp(1, 2), inf, nan, -inf, nan],
        "logmeanexp": [inf, np.logaddexp(1, 2) - np.log(3), inf, nan, -inf, nan],
        "lp_norm_fold": [inf, inf, inf, nan, inf, nan],
        "gaussian_rbf": [0, 0, 0, nan, 0, nan],
    }
    assert set(expected) == set(REDUCTIONS)
    x = np.array(rows, dtype)
    with np.errstate(all="raise"):
        for name, known in expected.items():
            y = activations.get(name)(x)
            np.testing.assert_allclose(y.astype(float), known, rtol=2 * np.finfo(dtype).eps, err_msg=name)
            long = activations.get(name)(np.concatenate([x[3:], np.tile(x[3:], (1, 40))], axis=1))
            assert np.isnan(long[[0, 2]]).all(), name


def test_sums_of_what_cancels_and_overflows():
    assert activations.sum_fold(np.array([1e100, 1.0, -1e100, 1e-3])) == 1.001
    huge = np.full(100, 1.7e308)
    assert activations.mean_fold(huge) == 1.7e308
    assert activations.sum_fold(np.concatenate([huge, -huge])) == 0
    assert activations.sum_fold(huge) == np.inf
    assert activations.lp_norm_fold(np.array([3e200, 4e200])) == pytest.approx(5e200, rel=3e-16)
    assert activations.lp_norm_fold(np.array([3e-200, 4e-200])) == pytest.approx(5e-200, rel=3e-16)


@every_case
@every_dtype
def test_empty_axes(name, case, dtype):
    f = make(name, case)
    by = f.parameters.get("pieces", 1)
    for shape, axis in (((0,), 0), ((3, 0), -1), ((3, 0), 1), ((0, 2 * by), 1), ((0, 2 * by, 3), 1), ((0, 0), 0)):
        x = np.empty(shape, dtype)
        if not shape[axis] and catalogue.declarations()[name].needs_elements:
            continue
        y = f(x, axis=axis)
        assert y.shape == folded(f, shape, axis)
        assert y.dtype == x.dtype
        dx = f.backward(np.empty(y.shape, dtype), x, axis=axis)
        assert dx.shape == shape
        assert dx.dtype == x.dtype
    if name not in REDUCTIONS:
        assert f([]).shape == (0,)


@every_case
@pytest.mark.parametrize("call", ["forward", "backward"])
def test_axes_that_are_not_there(name, case, call):
    f = make(name, case)

    def run(x, **keywords):
        return f(x, **keywords) if call == "forward" else f.backward(x, x, **keywords)

    for x in (np.float32(1), np.array(1.0), 1.0):
        with pytest.raises(np.exceptions.AxisError):
            run(x)
    for axis in (2, -3):
        with pytest.raises(np.exceptions.AxisError):
            run(np.zeros((30, 30)), axis=axis)
    with pytest.raises(TypeError):
        run(np.zeros((30, 30)), axis=1.5)


@pytest.mark.parametrize("name", NORMALISERS)
def test_axes_that_make_no_sense(name):
    f = activations.get(name)
    for axis in ((), (0, 0), (0, -2)):
        with pytest.raises(ValueError, match="axis"):
            f(np.zeros((3, 4)), axis=axis)
    with pytest.raises(np.exceptions.AxisError):
        f(np.zeros((3, 4)), axis=(0, 2))


@pytest.mark.parametrize("name", FOLDING)
def test_shapes_that_do_not_match_are_named(name):
    f = activations.get(name)
    with pytest.raises(ValueError, match=r"(?s)\(3, 5\).*\(3, 4\)|\(3, 4\).*\(3, 5\)"):
        f.backward(np.zeros((3, 5)), np.zeros((3, 4)))
    with pytest.raises(TypeError, match="derivative"):
        f.derivative(np.zeros(4))
    with pytest.raises(TypeError):
        f.backward(np.zeros(4))


def test_pieces_that_do_not_divide_are_named():
    maxout = activations.get("maxout")
    for call in (
        lambda: maxout(np.zeros((2, 7)), pieces=3),
        lambda: maxout.with_argmax(np.zeros((2, 7)), pieces=3),
        lambda: maxout.backward(np.zeros((2, 2)), np.zeros((2, 7)), pieces=3),
    ):
        with pytest.raises(ValueError, match=r"(?s)3.*7|7.*3"):
            call()


@pytest.mark.parametrize("kept", ["int8", "uint8", "int16", ">i4", "int64", "uint64"])
@pytest.mark.parametrize("pieces", [2, 3, 5, 100, 300])
def test_saved_numbers_of_pieces_of_any_integer_type(pieces, kept):
    maxout = activations.get("maxout", pieces=pieces)
    x = finite((3, 4 * pieces), "float32")
    y, which = maxout.with_argmax(x)
    dy = incoming(y.shape, "float32")
    if which.max() <= np.iinfo(kept).max:
        assert same_bits(maxout.backward(dy, which=which.astype(kept)), maxout.backward(dy, x))
    wrong = [pieces, 255, -1] if pieces < 256 else [pieces, 2**15 - 1, -1]
    for number in wrong:
        if np.iinfo(kept).min <= number <= np.iinfo(kept).max:
            stray = np.zeros(dy.shape, kept)
            stray[1, 2] = number
            with pytest.raises(ValueError, match=rf"from 0 to {pieces - 1}, and holds .*{number}"):
                maxout.backward(dy, which=stray)


@pytest.mark.parametrize("at", [0, 127, 128, 255, 256, 298, 299])
def test_a_number_that_is_no_piece_is_found_anywhere(at):
    which, out = np.zeros(300, np.uint8), np.full(600, 7.0)
    which[at] = 2
    with pytest.raises(ValueError, match=r"from 0 to 1, and holds .*2"):
        activations.maxout.backward(np.ones(300), which=which, out=out)
    assert (out == 7).all()


def test_numbers_of_pieces_are_integers():
    with pytest.raises(TypeError, match="integers; its dtype is float64"):
        activations.maxout.backward(np.ones(2), which=np.zeros(2))


@every_dtype
@pytest.mark.parametrize("pieces", [1, 2, 3, 4, 5, 8, 16, 100])
def test_maxout_is_numpy_max(dtype, pieces):
    maxout = activations.get("maxout")
    x = values(6 * 7 * pieces * 5, dtype).reshape(6, 7 * pieces, 5)
    split = x.reshape(6, 7, pieces, 5)
    y, which = maxout.with_argmax(x, pieces=pieces, axis=1)
    np.testing.assert_array_equal(y, split.max(axis=2))
    np.testing.assert_array_equal(which, split.argmax(axis=2))
    np.testing.assert_array_equal(maxout(x, pieces=pieces, axis=1), y)
    dy = incoming(y.shape, dtype)
    dx = maxout.backward(dy, x, pieces=pieces, axis=1).reshape(split.shape)
    chosen = np.arange(pieces)[:, None] == which[:, :, None, :]
    clean = ~np.isnan(split).any(axis=2)
    np.testing.assert_array_equal(dx.sum(axis=2)[clean], dy[clean])
    assert not dx[~chosen & clean[:, :, None, :]].any()


@pytest.mark.parametrize("name", FOLDING)
def test_columns_of_a_large_array(name):
    f = activations.get(name)
    x = finite((64, 40_000), "float32")
    y = f(x, axis=0)
    if name in REDUCTIONS:
        assert same_bits(y[::997], f(np.ascontiguousarray(x[:, ::997].T)))
        return
    assert same_bits(y[:, ::997], f(np.ascontiguousarray(x[:, ::997]), axis=0))
    rows = f(np.ascontiguousarray(x.T))
    assert same_bits(y[:, ::997], rows.T[:, ::997])


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_rows_of_every_length_class(name, dtype):
    """Lengths whose padded blocks stop folding by quarters at different remainders, against NumPy in double."""
    f = activations.get(name)
    # In float64 NumPy's own roundings are what is seen.
    relative = (200 if dtype == "float64" else 4) * np.finfo(dtype).eps
    for length in (*range(1, 70), 300, 319, 320, 575, 640, 831, 954, 1000, 1023, 1024, 1025, 1300, 2000, 3002):
        x = np.random.default_rng(length).normal(0, 3, (2, length)).astype(dtype)
        wide = x.astype(np.float64)
        shifted = wide - wide.max(axis=-1, keepdims=True)
        truth = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
        truth = truth if name == "log_softmax" else np.exp(truth)
        np.testing.assert_allclose(f(x), truth, rtol=relative, atol=np.finfo(dtype).tiny, err_msg=str(length))


def test_folds_over_all_axes_give_scalars():
    x = np.arange(6.0).reshape(2, 3)
    for f in (activations.logsumexp, activations.max_fold, activations.sum_fold):
        assert isinstance(f(x, axis=None), np.float64)
        assert isinstance(f(x, axis=(0, 1)), np.float64)
        assert f(x, axis=None) == f(x.ravel())
        assert f(x, axis=None, keepdims=True).shape == (1, 1)
        out = np.empty(())
        assert f(x, axis=None, out=out) is out


@pytest.mark.parametrize("dtype", [">f4", ">f8", "<f4", ">f2"])
def test_draws_of_any_byte_order(dtype):
    x = np.linspace(-2, 2, 6).astype(dtype)
    y = activations.gumbel_softmax(x, rng=np.random.default_rng(0))
    assert y.dtype == x.dtype.newbyteorder("=")
    np.testing.assert_array_equal(y, activations.gumbel_softmax(x.astype(y.dtype), rng=np.random.default_rng(0)))
    assert activations.crelu(x).dtype.isnative
