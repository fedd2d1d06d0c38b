"""bfloat16 and float8 of ml_dtypes: the same type out, one rounding, and nothing else between."""

import tracemalloc
from functools import partial

import dask.array as da
import ml_dtypes
import numpy as np
import pandas as pd
import pytest

import activations
from activations import catalogue

from .enrolment import ALL, ELEMENTWISE, FOLDING, GATED, MASKED, NORMALISERS, REDUCTIONS, incoming

TYPES = (ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e5m2)
DECLARED = catalogue.declarations()
EVERY = catalogue.names()  # softmax2d too: all shapes here are those of images
SHAPE = (3, 4, 8)

every_type = pytest.mark.parametrize("dtype", TYPES)
every_name = pytest.mark.parametrize("name", EVERY)


def same(one, other):
    """The type and the values. NumPy knows NaN only in its own types."""
    one, other = np.asarray(one), np.asarray(other)
    assert one.dtype == other.dtype
    assert one.shape == other.shape
    np.testing.assert_array_equal(one.astype(np.float32), other.astype(np.float32))


def values(dtype, count=96):
    return np.random.default_rng(0).normal(scale=3, size=count).astype(dtype)


def wide(*arrays):
    return tuple(np.asarray(each).astype(np.float32) for each in arrays)


def rounded(results, dtype):
    """What is float32, in a narrow type."""
    results = results if isinstance(results, tuple) else (results,)
    with np.errstate(all="ignore"):
        return tuple(each.astype(dtype) if each.dtype == np.float32 else each for each in results)


def agree(run, dtype, *operands):
    """Whether a call gives for narrow operands what it gives for float32, rounded once: the results, as a tuple."""
    got, expected = run(*operands), rounded(run(*wide(*operands)), dtype)
    got = got if isinstance(got, tuple) else (got,)
    for one, other in zip(got, expected, strict=True):
        same(one, other)
    return got


def passes(f):
    """Every pass that an activation has, as a function of x, dy, y and keywords."""
    yield lambda x, dy, y, **k: f(x, **k)
    yield lambda x, dy, y, **k: f.backward(dy, x, **k)
    if f.saves != "x":
        yield lambda x, dy, y, **k: f.backward(dy, y=y, **k)
    if f.kind == "folding" and "backward_with_output" in DECLARED[f.name].scalars:
        yield lambda x, dy, y, **k: f.backward(dy, x, y=y, **k)
    if f.name in ELEMENTWISE:
        yield lambda x, dy, y, **k: f.derivative(x, **k)
        if "second_derivative" in DECLARED[f.name].scalars:
            yield lambda x, dy, y, **k: f.second_derivative(x, **k)


def operands(f, dtype, shape=SHAPE):
    x = values(dtype, int(np.prod(shape))).reshape(shape)
    y = f(x)
    return x, incoming(y.shape).astype(dtype), y


def reals(name):
    """The real parameters of an activation and their defaults."""
    return {key: value for key, value in activations.get(name).parameters.items() if isinstance(value, float)}


@pytest.mark.parametrize("name", [name for name in ELEMENTWISE if len(reals(name)) > 1 and name != "apl"])
def test_numbers_beside_an_array_of_float16(name):
    """They are no coarser than without one, bound or given."""
    f = activations.get(name)
    x = values(np.float16)
    dy = incoming(x.shape).astype(x.dtype)
    for key, value in reals(name).items():
        array = np.full(1, value, np.float16)
        number = f.bind(**{key: float(array[0])})
        for bound in (f.bind(**{key: array}), f.bind(**{key: array.astype(np.float64)})):
            same(f(x, **{key: array}), number(x))
            for pass_ in ("forward", "derivative"):
                run = bound if pass_ == "forward" else getattr(bound, pass_)
                same(run(x), (number if pass_ == "forward" else getattr(number, pass_))(x))
            same(bound.backward(dy, x), number.backward(dy, x))


def test_labels_and_laziness_beside_an_array_of_float16():
    x, offset = np.arange(-4, 4, dtype=np.float16).reshape(2, 4), np.full(4, 0.3125)
    expected = activations.hard_silu(x, offset=offset)
    lazy = activations.hard_silu(da.from_array(x, chunks=(1, 4)), offset=offset)
    assert isinstance(lazy, da.Array)
    same(lazy.compute(), expected)
    for frame in (pd.DataFrame(x, columns=list("abcd")), pd.Series(x[0], list("abcd"))):
        labelled = activations.hard_silu(frame, offset=offset)
        assert type(labelled) is type(frame)
        same(labelled, expected if frame.ndim == 2 else expected[0])


@pytest.mark.parametrize("dtype", TYPES)
def test_laziness_where_float16_is_asked_for(dtype):
    lazy = activations.relu(da.from_array(values(dtype), chunks=32), dtype=np.float16)
    assert isinstance(lazy, da.Array)
    same(lazy.compute(), activations.relu(values(dtype), dtype=np.float16))


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", ALL)
def test_forward_is_float32_rounded_once(name, dtype):
    f, x = activations.get(name), values(dtype)
    y = f(x)
    assert y.dtype == dtype
    same(y, f(x.astype(np.float32)).astype(dtype))


@every_type
@every_name
def test_every_pass(name, dtype):
    f = activations.get(name)
    given = operands(f, dtype)
    for run in passes(f):
        (result,) = agree(run, dtype, *given)
        out = np.empty(result.shape, dtype)
        assert run(*given, out=out) is out
        same(out, result)


@every_type
@every_name
def test_dtype_asks_for_another(name, dtype):
    """As float16 does: what is computed in float32 anyway is not rounded, or rounded to the type that is asked for."""
    f = activations.get(name)
    given = operands(f, dtype)
    for run in passes(f):
        expected = run(*wide(*given), dtype="f4")
        same(run(*given, dtype="f4"), expected)
        same(run(*wide(*given), dtype=dtype), expected.astype(dtype))


@every_type
@pytest.mark.parametrize("name", [*ELEMENTWISE, *GATED])
def test_where_spares_what_is_masked_out(name, dtype):
    f = activations.get(name)
    given = operands(f, dtype)
    for run in passes(f):
        whole = run(*given)
        mask = np.arange(whole.size).reshape(whole.shape) % 3 > 0
        if DECLARED[name].has_formulas and whole.shape != given[2].shape:
            continue  # a mask for the gradients of gate and value has the shape of either
        out = np.full(whole.shape, -7, dtype)
        assert run(*given, where=mask, out=out) is out
        same(out, np.where(mask, wide(whole)[0], np.float32(-7)).astype(dtype))


@every_type
@pytest.mark.parametrize("name", MASKED)
@pytest.mark.parametrize("axis", [-1, 1, (0, 2), None])
def test_masks_of_folds(name, dtype, axis):
    f = activations.get(name)
    given = operands(f, dtype)
    mask = np.random.default_rng(1).random(SHAPE) > 0.3
    for run in passes(f):
        (result,) = agree(lambda *each, run=run: run(*each, where=mask, axis=axis), dtype, *given)
        out = np.empty(SHAPE, dtype)
        assert run(*given, where=mask, axis=axis, out=out) is out
        same(out, result)


@every_type
@pytest.mark.parametrize("name", FOLDING)
@pytest.mark.parametrize("axis", [0, 1, -1, (0, 2), None])
def test_axes_of_folds(name, dtype, axis):
    if name == "maxout" and not isinstance(axis, int):
        return
    f, x = activations.get(name, **({"pieces": 2} if name == "maxout" else {})), values(dtype, 96).reshape(4, 6, 4)
    for more in ({}, {"keepdims": True}) if name in REDUCTIONS else ({},):
        (y,) = agree(lambda x, more=more: f(x, axis=axis, **more), dtype, x)
        dy = incoming(y.shape).astype(dtype)
        (dx,) = agree(lambda dy, x: f.backward(dy, x, axis=axis), dtype, dy, x)
        strides = f.backward(*wide(dy, x), axis=axis).strides
        assert [each // dx.itemsize for each in dx.strides] == [each // 4 for each in strides]
        for result, run in ((y, partial(f, x, axis=axis, **more)), (dx, partial(f.backward, dy, x, axis=axis))):
            out = np.empty(result.shape, dtype)
            assert run(out=out) is out
            same(out, result)


@every_type
@every_name
def test_parameter_gradients_are_rounded_once(name, dtype):
    f = activations.get(name)
    x, dy, _ = operands(f, dtype)
    told, expected = f.parameter_gradients(dy, x), f.parameter_gradients(*wide(dy, x))
    assert told.keys() == expected.keys()
    for key, gradient in told.items():
        same(gradient, expected[key].astype(dtype))


@pytest.mark.parametrize("count", [5000, 200_000])  # in one piece, and block by block
@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16])
@pytest.mark.parametrize("name", [name for name in ALL if DECLARED[name].gradients and name not in FOLDING])
def test_products_of_parameter_gradients_are_not_rounded(name, dtype, count):
    f, x = activations.get(name), np.random.default_rng(2).normal(size=count).astype(dtype)
    dy = np.full(f(x).shape, 0.1, dtype)
    told, expected = f.parameter_gradients(dy, x), f.parameter_gradients(*wide(dy, x))
    for key, gradient in told.items():
        same(gradient, expected[key].astype(dtype))


ARRAYS = [
    (name, p.name) for name in ELEMENTWISE for p in DECLARED[name].operands if p.default is not None and not p.whole
]


@every_type
@pytest.mark.parametrize(("name", "parameter"), ARRAYS)
def test_parameters_of_a_narrow_type(name, parameter, dtype):
    f, x = activations.get(name), values(dtype).reshape(12, 8)
    value = f.parameters[parameter]
    scalar, array = dtype(value), np.full(8, value, dtype)
    known = float(scalar)
    for given in (scalar, np.array(scalar), array) if name != "apl" else (scalar, array[:1]):
        same(f(x, **{parameter: given}), f(x, **{parameter: known}))
        bound = activations.get(name, **{parameter: given})
        same(bound(x), f(x, **{parameter: known}))
        same(bound.backward(x, x), f.backward(x, x, **{parameter: known}))
        told = bound.parameter_gradients(x, x)
        assert all(each.dtype == dtype for each in told.values())
        if parameter in told:
            assert told[parameter].shape == np.shape(given)
    assert activations.get(bound.config)(x).dtype == dtype


@every_type
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_scalars_and_arrays_without_dimensions(name, dtype):
    f = activations.get(name)
    for x in (dtype(1.5), np.array(1.5, dtype)):
        for run in passes(f):
            result = run(x, dtype(2), f(x))
            assert isinstance(result, dtype)
            same(result, np.float32(run(*(np.float32(each) for each in (x, dtype(2), f(x))))).astype(dtype))


@every_type
@pytest.mark.parametrize("hard", [False, True])
def test_draws(dtype, hard):
    x = values(dtype).reshape(8, 12)

    def draw(x, **keywords):
        return activations.gumbel_softmax(x, rng=np.random.default_rng(5), hard=hard, **keywords)

    for keywords in ({}, {"tau": 0.5}, {"axis": 0}, {"where": np.arange(12) % 3 > 0}):
        (y,) = agree(lambda x, keywords=keywords: draw(x, **keywords), dtype, x)
        out = np.empty_like(x)
        assert draw(x, out=out, **keywords) is out
        same(out, y)

    def slopes(x, **keywords):
        return activations.rrelu.with_slopes(x, rng=np.random.default_rng(5), **keywords)

    y, taken = agree(slopes, dtype, x)
    outs, mask = (np.full(x.shape, -7, dtype), np.empty(x.shape, dtype)), x > 0
    assert slopes(x, out=outs, where=mask)[0] is outs[0]
    same(outs[0], np.where(mask, wide(y)[0], np.float32(-7)).astype(dtype))
    same(outs[1], taken)
    assert activations.rrelu.backward(x, slopes=taken).dtype == dtype


@every_type
@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("pieces", [2, 300])
def test_winners(dtype, axis, pieces):
    shape = np.full(3, 2)
    shape[axis] *= pieces
    f, x = activations.get("maxout", pieces=pieces), values(dtype, int(np.prod(shape))).reshape(shape)
    y, which = f.with_argmax(x, axis=axis)
    same(y, f(x, axis=axis))
    same(which, f.with_argmax(*wide(x), axis=axis)[1])
    outs = np.empty_like(y), np.empty_like(which)
    assert f.with_argmax(x, axis=axis, out=outs)[1] is outs[1]
    same(outs[0], y)
    same(outs[1], which)
    dy = incoming(y.shape).astype(dtype)
    dx = f.backward(dy, x, axis=axis)
    same(f.backward(dy, which=which, axis=axis), dx)
    out = np.empty_like(dx)
    assert f.backward(dy, which=which, axis=axis, out=out) is out
    same(out, dx)


@every_type
@pytest.mark.parametrize("name", GATED)
def test_gate_and_value(name, dtype):
    if name == "crelu":
        return
    f, (a, b) = activations.get(name), values(dtype).reshape(2, 6, 8)
    (y,) = agree(f, dtype, a, b)
    dy = incoming(y.shape).astype(dtype)
    gradients = agree(f.backward, dtype, dy, a, b)
    outs = np.empty_like(a), np.empty_like(b)
    assert f.backward(dy, a, b, out=outs)[0] is outs[0]
    for one, other in zip(outs, gradients, strict=True):
        same(one, other)


@every_type
@pytest.mark.parametrize("name", [*ELEMENTWISE, *NORMALISERS])
def test_dask_stays_lazy(name, dtype):
    f, x = activations.get(name), values(dtype).reshape(12, 8)
    lazy = f(da.from_array(x, chunks=(3, 8)))
    assert isinstance(lazy, da.Array)
    assert lazy.dtype == dtype
    same(lazy.compute(scheduler="sync"), f(x))


@every_type
def test_out_of_another_type(dtype):
    x = values(dtype)
    for out in (np.empty(96, np.float32), np.empty(96)):
        assert activations.silu(x, out=out) is out
        same(out, activations.silu(x).astype(out.dtype))
    out = np.empty(96, np.int64)
    with pytest.raises(TypeError, match="same_kind"):
        activations.silu(x, out=out)
    with pytest.raises(ValueError, match=r"shape|broadcast"):
        activations.silu(x, out=np.empty(95, dtype))
    with pytest.raises(ValueError, match=r"shape|dimension|size"):
        activations.softmax(x, out=np.empty(95, dtype))
    out = x.copy()
    assert activations.silu(out, out=out) is out
    same(out, activations.silu(x))


@every_type
@pytest.mark.parametrize("name", EVERY)
def test_beside_another_type(name, dtype):
    """Beside float32 and float16 what both have in common is float32, beside float64 float64."""
    f = activations.get(name)
    x, dy, _ = operands(f, dtype)
    for axis in (-1, 1) if name not in ELEMENTWISE else (None,):
        keywords = {} if axis is None else {"axis": axis}
        dy = incoming(f(x, **keywords).shape)
        for other, common in (("f2", "f4"), ("f4", "f4"), ("f8", "f8")):
            expected = f.backward(dy.astype(other).astype(common), x.astype(common), **keywords)
            same(f.backward(dy.astype(other), x, **keywords), expected)
            for gradient in f.parameter_gradients(
                dy.astype(other), x, **(keywords if name != "crelu" else {})
            ).values():
                assert gradient.dtype == common


def test_every_bfloat16_is_within_half_an_ulp():
    x = np.arange(65536, dtype=np.uint16).view(ml_dtypes.bfloat16)
    y = activations.sigmoid(x).astype(np.float64)
    with np.errstate(invalid="ignore"):
        true = activations.sigmoid(x.astype(np.float64))
    finite = np.isfinite(true) & (true > 1e-37)
    ulp = np.exp2(np.floor(np.log2(true[finite])) - 7)
    assert (np.abs(y[finite] - true[finite]) / ulp).max() <= 0.51
    assert np.isnan(y[np.isnan(true)]).all()


def laid_out(array):
    """One array in several layouts, and what turns a result into that of the first one."""
    rows = array.reshape(256, 256)
    yield array, lambda y: y
    yield array[::-1], lambda y: y[::-1]
    yield rows.T, lambda y: y.T.reshape(-1)
    apart = np.zeros((array.size, 3), array.dtype)
    apart[:, 1] = array
    yield apart[:, 1], lambda y: y


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_every_bfloat16_in_every_layout(name):
    """Where it lies: all values, special ones too, more than a block of them, with memory for results and without."""
    f = activations.get(name)
    x = np.arange(65536, dtype=np.uint16).view(ml_dtypes.bfloat16)
    dy = incoming(x.shape).astype(x.dtype)
    y = f(x)
    for run in passes(f):
        (expected,) = rounded(run(*wide(x, dy, y)), x.dtype)
        for layouts in zip(laid_out(x), laid_out(dy), laid_out(y), strict=True):
            (arrays, (back, *_)) = zip(*layouts, strict=True)
            same(back(run(*arrays)), expected)
            out = np.empty((*arrays[0].shape, 2), x.dtype)[..., 0]
            assert run(*arrays, out=out) is out
            same(back(out), expected)
        over = x.copy()
        run(over, dy, y, out=over)
        same(over, expected)
    where = np.arange(x.size) % 3 == 0
    kept = dy.copy()
    f(x, out=kept, where=where)
    same(kept, np.where(where, y, dy))


def test_bfloat16_is_not_copied():
    x = np.ones(1 << 21, ml_dtypes.bfloat16)
    out = np.empty_like(x)
    for f in (activations.gelu, activations.leaky_relu.bind(negative_slope=0.3)):
        for run in (lambda f=f: f(x, out=out), lambda f=f: f.backward(x, x, out=out)):
            run()
            tracemalloc.start()
            run()
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert peak < 10_000, f.name


def test_other_types_are_refused():
    x = np.ones(3, ml_dtypes.int4)
    for refused in (
        lambda: activations.relu(x),
        lambda: activations.relu(x[0]),
        lambda: activations.softmax(x),
        lambda: activations.softmax(x, where=[True, True, False]),
        lambda: activations.relu(np.ones(3), dtype=ml_dtypes.int4),
        lambda: activations.prelu(np.ones(3), weight=x),
        lambda: activations.prelu.parameter_gradients(x, x),
        lambda: activations.softmax.parameter_gradients(x, x),
    ):
        with pytest.raises(TypeError, match="int4"):
            refused()
