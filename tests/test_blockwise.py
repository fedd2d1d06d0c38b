"""Large arrays go through kernels in portions, where something has to be made of them first: nobody can tell."""

import numpy as np
import pytest

import activations
from activations import blockwise
from tests.enrolment import ALL, MASKED, same_bits

RNG = np.random.default_rng(11)
PORTION = blockwise.PORTION
ROWWISE = sorted({*activations.names(kind="folding"), *activations.names(kind="gated")} - {"softmax2d"})
DTYPES = ("float16", "float32", "float64")


def large(dtype="float32", shape=(1500, 3, 64)):
    assert np.prod(shape) > 2 * PORTION
    return np.abs(RNG.normal(0, 2, shape)).astype(dtype)


@pytest.mark.parametrize("layout", ["rows", "every other", "columns first"])
@pytest.mark.parametrize("name", [name for name in ALL if name not in ("affine", "shrink")])
def test_a_bias(name, layout):
    f = activations.get(name)
    x = large()
    x = {"rows": x, "every other": np.repeat(x, 2, axis=-1)[..., ::2], "columns first": np.asfortranarray(x)}[layout]
    bias = RNG.normal(size=64).astype(x.dtype)
    total = x + bias
    y = f(x, bias=bias)
    assert same_bits(y, f(total))
    dy = np.cos(np.arange(y.size)).astype(y.dtype).reshape(y.shape)
    wanted = f.backward(dy, total)
    assert same_bits(f.backward(dy, x, bias=bias), wanted)
    out = np.full_like(wanted, np.nan)
    assert f.backward(dy, x, bias=bias, out=out) is out
    assert same_bits(out, wanted)
    out = np.full_like(y, np.nan)
    assert f(x, bias=bias, out=out) is out
    assert same_bits(out, y)


@pytest.mark.parametrize("axis", [0, 1, -1, (0, 2), (1, 2), None])
@pytest.mark.parametrize("name", ROWWISE)
def test_any_axis(name, axis):
    f = activations.get(name)
    x, bias = large(shape=(66, 66, 66)), RNG.normal(size=(66, 1)).astype("float32")
    try:
        wanted = f(x + bias, axis=axis)
    except TypeError:
        with pytest.raises(TypeError):
            f(x, bias=bias, axis=axis)
        return
    assert same_bits(f(x, bias=bias, axis=axis), wanted)
    dy = np.cos(np.arange(wanted.size)).astype(x.dtype).reshape(wanted.shape)
    assert same_bits(f.backward(dy, x, bias=bias, axis=axis), f.backward(dy, x + bias, axis=axis))
    if f.kind == "folding" and wanted.ndim < 3:
        kept = f(x, bias=bias, axis=axis, keepdims=True)
        assert same_bits(kept, f(x + bias, axis=axis, keepdims=True))
        given = f.backward(np.reshape(dy, kept.shape), x, bias=bias, axis=axis)
        assert same_bits(given, f.backward(dy, x + bias, axis=axis))
        if axis == -1:
            assert same_bits(f.backward(dy, x, y=kept[..., 0], bias=bias), f.backward(dy, x + bias, y=kept[..., 0]))


@pytest.mark.parametrize("axis", [-1, 0, 1, (1, 2), None])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", MASKED)
def test_a_mask(name, dtype, axis):
    f = activations.get(name)
    x = large(dtype, (90, 60, 64))
    mask, dy = RNG.random(x.shape) < 0.8, np.cos(np.arange(x.size)).astype(dtype).reshape(x.shape)
    sign = -1 if name == "softmin" else 1
    filled = np.where(mask, x, np.array(-sign * np.inf, dtype))
    y = f(x, axis=axis, where=mask)
    nothing = -np.inf if name.startswith("log") else 0
    assert same_bits(y, np.where(mask, f(filled, axis=axis), np.array(nothing, dtype)))
    dx = f.backward(dy, x, axis=axis, where=mask)
    wanted = f.backward(np.where(mask, dy, dy.dtype.type(0)), filled, axis=axis)
    assert same_bits(dx, np.where(mask, wanted, dy.dtype.type(0)))
    for result, call in ((y, lambda **k: f(x, **k)), (dx, lambda **k: f.backward(dy, x, **k))):
        out = np.full_like(result, np.nan)
        assert call(axis=axis, where=mask, out=out) is out
        assert same_bits(out, result)
    over = x.copy()
    assert same_bits(f(over, axis=axis, where=mask, out=over), y)
    over = x.copy()
    assert same_bits(f.backward(dy, over, axis=axis, where=mask, out=over), dx)
    over = dy.copy()
    assert same_bits(f.backward(over, x, axis=axis, where=mask, out=over), dx)
    if f.saves != "x":
        given = f.backward(dy, None, y=y, axis=axis, where=mask)
        few = f.backward(dy[:2], None, y=y[:2], axis=axis, where=mask[:2]) if axis in (-1, 1) else given[:2]
        assert same_bits(given[:2], few)
    wide = f(x, axis=axis, where=mask[:1])
    assert same_bits(wide, f(x, axis=axis, where=np.broadcast_to(mask[:1], x.shape).copy()))


@pytest.mark.parametrize(
    "name", ["softmax", "log_softmax", "l2_normalize", "gelu", "prelu", "logsumexp", "maxout", "glu"]
)
def test_results_over_operands(name):
    """Over all of an operand, over a part of one, and over the bias."""
    f = activations.get(name)
    x, bias = large(), RNG.normal(size=64).astype("float32")
    total = x + bias
    wanted = f(total)
    dy = np.cos(np.arange(wanted.size)).astype(x.dtype).reshape(wanted.shape)
    dx = f.backward(dy, total)
    if wanted.shape == x.shape:
        over = x.copy()
        assert same_bits(f(over, bias=bias, out=over), wanted)
        over = dy.copy()
        assert same_bits(f.backward(over, x, bias=bias, out=over), dx)
        memory = np.concatenate([x, x[:1]])
        assert same_bits(f(memory[:-1], bias=bias, out=memory[1:]), wanted)
        every = np.repeat(x, 2, axis=-1)
        assert same_bits(f(every[..., ::2], bias=bias, out=every[..., ::2]), wanted)
    over = x.copy()
    assert same_bits(f.backward(dy, over, bias=bias, out=over), dx)
    memory = np.concatenate([x, x[:1]])
    assert same_bits(f.backward(dy, memory[:-1], bias=bias, out=memory[1:]), dx)
    memory = np.concatenate([bias, np.empty(x.size, x.dtype)])
    inside = memory[32 : 32 + wanted.size].reshape(wanted.shape)
    assert same_bits(f(x, bias=memory[:64], out=inside), wanted)


def test_arrays_of_parameters_are_cut_too():
    x, bias = large(), RNG.normal(size=64).astype("float32")
    for weight in (np.linspace(-1, 1, 64), np.linspace(-1, 1, 1500).reshape(-1, 1, 1), np.full((3, 1), 0.5)):
        f = activations.get("prelu", weight=weight.astype("float32"))
        for g, given in ((f, {}), (activations.prelu, {"weight": weight})):
            assert same_bits(g(x, bias=bias, **given), f(x + bias))
            assert same_bits(g.backward(x, x, bias=bias, **given), f.backward(x, x + bias))
    hinges = activations.get("apl", a=np.array([0.1, 0.2]), b=np.array([0.5, -0.5]))
    assert same_bits(hinges(x, bias=bias), hinges(x + bias))
    assert same_bits(hinges.backward(x, x, bias=bias), hinges.backward(x, x + bias))
    flat = x.reshape(3, -1)
    each = activations.get("apl", a=np.linspace(0, 1, flat.size).reshape(flat.shape), b=np.ones((3, 1)))
    zero = np.zeros(flat.shape[1], "float32")
    assert same_bits(each(flat, bias=zero), each(flat))
    wide = activations.get("prelu", weight=np.full((2, 1, 1, 1), 0.5, "float32"))
    assert wide(x, bias=bias).shape == (2, *x.shape)


@pytest.mark.parametrize("dtype", DTYPES)
def test_one_stream_of_slopes(dtype):
    """A generator gives portions what it gives a whole: so that a seed says the same as ever."""
    x = RNG.normal(size=(700, 3, 150)).astype(dtype)
    f = activations.get("rrelu", lower=0.1, upper=0.4)
    drawn = np.random.default_rng(5).random(x.shape, np.float64 if dtype == "float64" else np.float32)
    slopes = (0.1 + np.subtract(0.4, 0.1) * drawn).astype(dtype)
    taken = np.where(x > 0, x.dtype.type(1), slopes)
    wanted = activations.leaky_relu(x, negative_slope=slopes)
    generator = np.random.default_rng(5)
    assert same_bits(f(x, rng=generator), wanted)
    again = np.random.default_rng(5)
    again.random(x.shape, drawn.dtype)
    assert generator.random() == again.random()
    for z in (x, np.asfortranarray(x), np.repeat(x, 2, axis=-1)[..., ::2]):
        y, slopes = f.with_slopes(z, rng=np.random.default_rng(5))
        assert same_bits(y, wanted)
        assert same_bits(slopes, taken)
    outs = np.empty_like(x), np.empty_like(x)
    assert f.with_slopes(x, outs, rng=np.random.default_rng(5)) == outs
    assert same_bits(outs[0], wanted)
    assert same_bits(outs[1], taken)
    over = x.copy()
    y, slopes = f.with_slopes(over, (over, None), rng=np.random.default_rng(5))
    assert y is over
    assert same_bits(over, wanted)
    assert same_bits(slopes, taken)
    bias = np.linspace(-1, 1, 150).astype(dtype)
    given = f(x, bias=bias, rng=np.random.default_rng(5))
    assert same_bits(given, f(x + bias, rng=np.random.default_rng(5)))


@pytest.mark.parametrize("hard", [False, True])
@pytest.mark.parametrize("axis", [-1, 0, 1, None])
@pytest.mark.parametrize("dtype", DTYPES)
def test_one_stream_of_noise(dtype, axis, hard):
    x = RNG.normal(size=(700, 3, 150)).astype(dtype)
    f = activations.get("gumbel_softmax", tau=0.7)
    with np.errstate(all="ignore"):
        noisy = np.add(x, np.random.default_rng(5).gumbel(size=x.shape), dtype=dtype, casting="same_kind")
    wanted = activations.hardmax(noisy, axis=axis) if hard else f(noisy, axis=axis)
    before = x.copy()
    given = f(x, axis=axis, rng=np.random.default_rng(5), hard=hard)
    assert same_bits(given, wanted)
    assert same_bits(x, before)
    for z in (np.asfortranarray(x), np.repeat(x, 2, axis=-1)[..., ::2]):
        assert same_bits(f(z, axis=axis, rng=np.random.default_rng(5), hard=hard), wanted)
    out = np.empty_like(x)
    assert f(x, axis=axis, rng=np.random.default_rng(5), hard=hard, out=out) is out
    assert same_bits(out, wanted)
    over = x.copy()
    assert same_bits(f(over, axis=axis, rng=np.random.default_rng(5), hard=hard, out=over), wanted)
    if not hard:
        mask = RNG.random(x.shape) < 0.8
        given = f(x, axis=axis, rng=np.random.default_rng(5), where=mask)
        assert same_bits(given, f(noisy, axis=axis, where=mask))


def test_what_is_wrong_is_said_as_ever():
    x = large()
    with pytest.raises(ValueError, match="softmax: a bias of shape"):
        activations.softmax(x, bias=np.ones(63, "float32"))
    with pytest.raises(np.exceptions.AxisError):
        activations.softmax(x, bias=np.ones(64, "float32"), axis=5)
    with pytest.raises(ValueError, match="pieces=5 does not divide"):
        activations.maxout(x, bias=np.ones(64, "float32"), pieces=5)
    with pytest.raises(ValueError, match="no halves"):
        activations.glu(x, bias=np.ones(64, "float32"), axis=1)
    with pytest.raises(TypeError, match="where"):
        activations.logsumexp(x, where=x > 0)
    with pytest.raises(ValueError, match="shape"):
        activations.softmax(x, bias=np.ones(64, "float32"), out=np.empty((2, 64), "float32"))
    with pytest.raises(ValueError, match="dy has shape"):
        activations.softmax.backward(x[:2], x, bias=np.ones(64, "float32"))
    with pytest.raises(TypeError, match="mask"):
        activations.softmax(x, where=np.full(x.shape, "a"))


@pytest.mark.parametrize("whole", [(), (0,), (1,), (2,), (0, 1), (0, 2)])
@pytest.mark.parametrize("shape", [(7, 11, 13), (1, 1001, 1), (1001, 1, 1), (2, 3, 500)])
def test_blocks_cover_a_shape_once(shape, whole):
    counts = np.zeros(shape, int)
    sizes = []
    for index in blockwise.blocks(shape, whole, most=100):
        counts[index] += 1
        sizes.append(counts[index].size)
        assert all(counts[index].shape[axis] == shape[axis] for axis in whole)
    assert (counts == 1).all()
    if not whole:
        assert max(sizes) <= 100
        order = np.concatenate(
            [np.arange(counts.size).reshape(shape)[i].ravel() for i in blockwise.blocks(shape, (), 100)]
        )
        assert (order == np.arange(counts.size)).all()
