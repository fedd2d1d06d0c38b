"""However Python calls an activation, it answers alike: by vectorcall, by its tuple and dictionary, from a subclass."""

import functools
import gc
import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import activations

NAMES = ("relu", "leaky_relu", "softmax", "maxout", "logsumexp", "glu")


@pytest.mark.parametrize("name", NAMES)
def test_every_way_of_calling(name):
    f = activations.get(name)
    x = np.random.default_rng(3).normal(size=(4, 6)).astype(np.float32)
    expected = f(x)
    out = np.empty_like(expected)
    keywords = {"out": out, "axis": -1} if f.kind in ("folding", "gated") else {"out": out}
    ways = (
        lambda: f.__call__(x),
        lambda: type(f).__call__(f, x, out=out),
        lambda: f(*[x], **keywords),
        lambda: functools.partial(f, out=out)(x),
        lambda: functools.partial(f, x)(),
        lambda: next(map(f, [x])),
        lambda: pickle.loads(pickle.dumps(f))(x, out=None),
        lambda: f(x[:, ::-1][:, ::-1], out=out),
    )
    for way in ways:
        out.fill(np.nan)
        result = way()
        assert result.tobytes() == expected.tobytes()
    assert f(x, out=out) is out


@pytest.mark.parametrize("name", NAMES)
def test_no_array(name):
    f = activations.get(name)
    for call in (lambda: f(), lambda: f(x=np.ones(4)), lambda: type(f).__call__(f), lambda: f(out=np.ones(4))):
        with pytest.raises(TypeError, match="by position"):
            call()


def test_subclasses():
    class Loud(activations.Activation):
        def __call__(self, x, /, **keywords):
            return "loud", super().__call__(x, **keywords)

    class Quiet(activations.Activation):
        pass

    x = np.array([-1.0, 2.0])
    said, value = Loud("loud_of_mine", np.negative)(x)
    assert said == "loud"
    assert value.tolist() == [1.0, -2.0]
    assert Quiet("quiet_of_mine", np.negative)(x).tolist() == [1.0, -2.0]


def test_keywords_of_backward_stay_keywords():
    """What is said is passed on, be it the default or nothing at all."""
    seen = []

    def backward(dy, x, **keywords):
        seen.append(keywords)
        return dy

    f = activations.Activation("recorder", np.negative, backward=backward, parameters={"pieces": 0.0, "slope": 1.0})
    x = np.ones(3)
    f.backward(x, x, pieces=1.0)
    f.backward(x, x, slope=2.0)
    assert seen[0]["pieces"] == 1.0
    assert seen[1]["slope"] == 2.0
    assert activations.softmax.backward(x, x, axis=0).tolist() == activations.softmax.backward(x, x).tolist()
    with pytest.raises(TypeError, match="which"):
        activations.relu.backward(x, x, which=x)


# Parameters by keyword: the activation with these is kept for the next such call.


@pytest.mark.parametrize("call", ["__call__", "derivative", "second_derivative", "backward"])
def test_keywords_are_those_of_the_call(call):
    x = np.linspace(-3, 3, 7)
    operands = (x, x) if call == "backward" else (x,)
    for beta in (0.5, 2.0, 0.5, -1.0, 0.0, -0.0, 1, True - 0.5):
        result = getattr(activations.swish, call)(*operands, beta=beta)
        assert_array_equal(result, getattr(activations.swish.bind(beta=beta), call)(*operands))
        out = np.empty_like(x)
        assert getattr(activations.swish, call)(*operands, beta=beta, out=out) is out
        assert_array_equal(out, result)
    for beta in (np.full(7, 0.5), np.full(7, 2.0)):
        assert_array_equal(
            getattr(activations.swish, call)(*operands, beta=beta),
            getattr(activations.swish.bind(beta=beta), call)(*operands),
        )


def test_wrong_keywords_are_refused_each_time():
    x = np.linspace(-1, 1, 4)
    assert activations.celu(x, alpha=1)[0] == activations.celu(x)[0]
    for _ in range(2):
        with pytest.raises(TypeError, match="alpha=True is not allowed"):
            activations.celu(x, alpha=True)
        with pytest.raises(ValueError, match=r"alpha=0\.0 is not allowed"):
            activations.celu(x, alpha=0.0)
        with pytest.raises(ValueError, match="alpha=an array that holds nan"):
            activations.celu(x, alpha=np.array([-1.0, np.nan, 1.0, 2.0]))
        with pytest.raises(TypeError, match="no parameter 'slope'"):
            activations.celu(x, slope=0.3)
        with pytest.raises(ValueError, match="approximate='erf' is not allowed"):
            activations.gelu(x, approximate="erf")
    assert activations.celu(x, alpha=2.0, dtype="float32").dtype == np.float32


def test_zeros_of_either_sign():
    for slope in (0.0, -0.0, 0.0):
        y = activations.leaky_relu(np.array([-1.0]), negative_slope=slope)
        assert y[0] == 0
        assert np.signbit(y[0]) != np.signbit(slope)


def test_changed_arrays_are_seen():
    """An array in a call is read in that call; a bound one is a copy."""
    x, slopes = np.array([-1.0, -2.0]), np.array([0.5, 0.25])
    bound = activations.prelu.bind(weight=slopes)
    for passes in (lambda **k: activations.prelu(x, **k), lambda **k: activations.prelu.backward(x, x, **k)):
        first = passes(weight=slopes).copy()
        slopes *= 2
        assert_array_equal(passes(weight=slopes), 2 * first)
        slopes /= 2
    slopes *= 2
    for _ in range(2):
        assert_array_equal(bound(x), [-0.5, -0.5])
        assert_array_equal(bound.backward(x, x), [-0.5, -0.5])
        assert_array_equal(bound.derivative(x), [0.5, 0.25])
        assert bound(x.astype(np.float32)).dtype == np.float32
        assert bound(np.array([-1, -2])).dtype == np.float64
    with pytest.raises(ValueError, match="broadcast"):
        bound(np.ones(3))


def test_no_end_of_variants():
    """As many different parameters as an annealed one takes are not all kept."""

    def alive():
        gc.collect()
        return sum(isinstance(each, activations.Activation) for each in gc.get_objects())

    before = alive()
    for k in range(1, 200):
        assert activations.leaky_relu.derivative(-np.ones(3), negative_slope=k / 7)[0] == k / 7
    assert alive() <= before + 16


DTYPES = ("float16", "float32", "float64")
FOLDING = [name for name in activations.names() if activations.get(name).kind == "folding"]
MASKED = [name for name in FOLDING if name != "softmax2d" and activations.get(name).absent]


def same(got, expected):
    """Bits, but for the sign of NaN; types; and scalars where NumPy makes scalars."""
    assert type(got) is type(expected)
    assert got.dtype == expected.dtype
    assert got.shape == expected.shape
    assert_array_equal(got, expected)
    kept = ~np.isnan(expected)
    assert np.array_equal(np.signbit(got)[kept], np.signbit(expected)[kept])


def hard(shape, dtype, seed=0):
    """Zeros of both signs, NaN, infinities, the largest and some of the smallest numbers."""
    info = np.finfo(dtype)
    values = [0.0, np.nan, np.inf, 1.0, float(info.max), float(info.smallest_normal), float(info.smallest_subnormal)]
    chosen = np.random.default_rng(seed).choice([*values, *(-v for v in values)], shape)
    return chosen.astype(dtype)


def other_layout(x):
    """The same values, which no short way takes."""
    return np.repeat(x, 2, axis=-1)[..., ::2]


@pytest.mark.parametrize("shape", [(16,), (1, 16), (4, 6), (3, 4, 5), (0,), (3, 0), (700, 3), (2, 500)])
@pytest.mark.parametrize("dtype", DTYPES)
def test_crelu_is_relu_of_both_signs(dtype, shape):
    x = hard(shape, dtype)
    for axis in range(-len(shape), len(shape)):
        expected = np.concatenate([activations.relu(x), activations.relu(-x)], axis=axis)
        same(activations.crelu(x, axis=axis), expected)
        out = np.empty_like(expected)
        assert activations.crelu(x, out=out, axis=axis) is out
        same(out, expected)
        dy = hard(expected.shape, dtype, seed=1)
        rising, falling = np.split(dy, 2, axis=axis)
        with np.errstate(all="ignore"):
            expected = activations.relu.backward(rising, x) - activations.relu.backward(falling, -x)
        same(activations.crelu.backward(dy, x, axis=axis), expected)
        same(activations.crelu.backward(dy, x, x, axis=axis), expected)
        inplace = x.copy()
        assert activations.crelu.backward(dy, inplace, axis=axis, out=inplace) is inplace
        same(inplace, expected)


def test_what_crelu_refuses_it_refuses_as_before():
    x = np.ones((2, 3), np.float32)
    with pytest.raises(ValueError, match="dy must have shape"):
        activations.crelu.backward(x, x)
    with pytest.raises(ValueError, match=r"axis 2 is out of bounds"):
        activations.crelu(x, axis=2)
    assert activations.crelu(np.arange(3)).dtype == np.float64


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", [name for name in FOLDING if activations.get(name).removes])
def test_a_fold_of_one_row_is_a_scalar(name, dtype):
    f = activations.get(name)
    x = np.random.default_rng(5).normal(size=17).astype(dtype)
    y = f(x)
    same(y, f(other_layout(x)))
    same(y, f(x[None])[0])
    out = np.empty((), dtype)
    assert f(x, out=out) is out
    assert out == y
    assert f(x, keepdims=True).shape == (1,)
    expected = f.backward(np.ones(1, dtype), x[None])[0]
    for dy in (y.dtype.type(1), np.ones((), dtype), np.ones(1, dtype)):
        same(f.backward(dy, x), expected)
        same(f.backward(dy, x, y=y), f.backward(np.ones(1, dtype), x[None], y=y[None])[0])
        buffer = np.empty_like(x)
        assert f.backward(dy, x, out=buffer) is buffer
        same(buffer, expected)
    # A number of another type decides the gradient's, as in NumPy.
    assert f.backward(np.float64(1), x).dtype == np.float64


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", MASKED)
def test_masks_weigh_nothing_in_the_short_way_too(name, dtype):
    f, rng = activations.get(name), np.random.default_rng(6)
    x, dy = (rng.normal(size=(4, 5, 6)).astype(dtype) for _ in range(2))
    x[0, 0, 0], dy[0, 0, 0] = np.inf, np.nan
    mask = rng.random(x.shape) < 0.6
    mask[0, 0, 0] = False
    strided = other_layout(mask)
    for axis in (-1, 0, 1):
        same(f(x, where=mask, axis=axis), f(x, where=strided, axis=axis))
        y = f(x, axis=axis)
        same(f.backward(dy, x, where=mask, axis=axis), f.backward(dy, x, where=strided, axis=axis))
        same(f.backward(dy, x, y=y, where=mask, axis=axis), f.backward(dy, x, y=y, where=strided, axis=axis))
        if f.saves != "x":
            got = f.backward(dy, y=y, where=mask, axis=axis)
            same(got, f.backward(dy, y=y, where=strided, axis=axis))
    assert mask.tobytes() == strided.tobytes()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", [*FOLDING, "glu", "swiglu", "crelu"])
def test_biases_of_other_kinds(name, dtype):
    f, rng = activations.get(name), np.random.default_rng(7)
    shape = (2, 4, 3, 6)
    x, bias = rng.normal(size=shape).astype(dtype), rng.normal(size=6).astype(dtype)
    y = f(x + bias)
    same(f(x, bias=bias), y)
    out = np.empty_like(y)
    assert f(x, bias=bias, out=out) is out
    same(out, y)
    dy = rng.normal(size=y.shape).astype(dtype)
    same(f.backward(dy, x, bias=bias), f.backward(dy, x + bias))
