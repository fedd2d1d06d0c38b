"""f(x, bias=b) is f(x + b): in one pass where arrays are as kernels want them, and everywhere else too."""

import dask.array
import numpy as np
import pandas
import pytest

import activations
from tests.enrolment import same_bits

OWN = ("affine", "shrink")
ELEMENTWISE = sorted({*activations.names(kind="ridge"), *activations.names(kind="radial")} - {*OWN})
DTYPES = ("float16", "float32", "float64")
RNG = np.random.default_rng(7)


def arrays(shape, dtype="float32", columns=None):
    x = RNG.normal(0, 3, shape).astype(dtype)
    return x, RNG.normal(0, 2, shape[-1:] if columns is None else columns).astype(dtype)


def expected(f, x, bias):
    """float16 is added in float32 and rounded once, at the end."""
    if x.dtype == np.float16:
        with np.errstate(over="ignore"):
            return f(x.astype("float32") + bias.astype("float32")).astype("float16")
    return f(x + bias)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_is_the_activation_of_the_sum(name, dtype):
    f = activations.get(name)
    x, bias = arrays((5, 37), dtype)
    assert same_bits(f(x, bias=bias), expected(f, x, bias))


SHAPES = [(1,), (3, 1), (7, 10), (700, 3), (4, 512), (3, 513), (5, 800), (1, 5000), (2, 3, 17), (0, 4), (4, 0)]


# Rows of several to a block of 512, of a block, of one and a half, and one long one.
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_length_of_row(shape, dtype):
    x, bias = arrays(shape, dtype)
    for f in (activations.relu, activations.gelu):
        assert same_bits(f(x, bias=bias), expected(f, x, bias))
        out = np.full_like(x, 7)
        assert f(x, bias=bias, out=out) is out
        assert same_bits(out, expected(f, x, bias))
        inplace = x.copy()
        assert f(inplace, bias=bias, out=inplace) is inplace
        assert same_bits(inplace, out)


@pytest.mark.parametrize("columns", [1, 10, 511, 1000, 70_001])
def test_threads_and_streaming_change_no_bit(columns):
    x, bias = arrays((max(1, 700_000 // columns), columns))
    with activations.num_threads(1):
        one = activations.silu(x, bias=bias)
    assert same_bits(one, activations.silu(x + bias))
    with activations.num_threads(2):
        assert same_bits(activations.silu(x, bias=bias), one)
    from activations.kernels import core

    before = core.configure()
    try:
        core.configure(stream_bytes=1, stream_ns=np.inf)
        assert same_bits(activations.silu(x, bias=bias), one)
    finally:
        core.configure(**before)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("columns", [1, 10, 511, 1000, 70_001])
def test_gradients_in_one_pass(columns, dtype):
    """Rows of any length, in place over either operand, by threads and past the caches."""
    x, bias = arrays((max(1, 210_000 // columns), columns), dtype)
    dy = x[::-1, ::-1].copy()
    f = activations.silu
    wide = [each.astype("float32") if dtype == "float16" else each for each in (dy, x, bias)]
    with np.errstate(over="ignore"):
        wanted = f.backward(wide[0], wide[1] + wide[2]).astype(dtype)
    from activations.kernels import core

    before = core.configure()
    try:
        for threads, stream_bytes in ((1, before["stream_bytes"]), (2, before["stream_bytes"]), (1, 1), (2, 1)):
            core.configure(stream_bytes=stream_bytes, stream_ns=np.inf)
            with activations.num_threads(threads):
                assert same_bits(f.backward(dy, x, bias=bias), wanted)
                out = np.full_like(x, np.nan)
                assert f.backward(dy, x, bias=bias, out=out) is out
                assert same_bits(out, wanted)
                over = x.copy()
                assert same_bits(f.backward(dy, over, bias=bias, out=over), wanted)
                over = dy.copy()
                assert same_bits(f.backward(over, x, bias=bias, out=over), wanted)
    finally:
        core.configure(**before)


def test_what_one_pass_cannot_have_is_added_first():
    x, bias = arrays((6, 8))
    wanted = activations.elu(x + bias)
    assert same_bits(activations.elu(np.asfortranarray(x), bias=bias), wanted)
    assert same_bits(activations.elu(x[:, ::2], bias=bias[::2]), activations.elu(x[:, ::2] + bias[::2]))
    assert same_bits(activations.elu(x, bias=bias.astype("float64")), wanted)
    assert same_bits(activations.elu(x, bias=list(bias)), wanted)
    assert same_bits(activations.elu(x, bias=2), activations.elu(x + np.float32(2)))
    assert same_bits(activations.elu(x, bias=x), activations.elu(x + x))
    assert same_bits(activations.elu(x, bias=bias, alpha=np.float32(0.5)), activations.elu(x + bias, alpha=0.5))
    assert same_bits(activations.elu(x, bias=bias, where=x > 0, out=np.zeros_like(x)), np.where(x > 0, wanted, 0))
    assert same_bits(activations.elu(x, bias=None), activations.elu(x))
    assert activations.elu(x, bias=bias, dtype="float64").dtype == np.float64


def test_a_result_over_the_bias():
    x, bias = arrays((1, 40))
    wanted = activations.tanh(x + bias)
    assert activations.tanh(x, bias=bias, out=bias[None]).base is bias
    assert same_bits(bias[None], wanted)


@pytest.mark.parametrize("x", [np.arange(6.0).reshape(2, 3), np.arange(6).reshape(2, 3)])
def test_inputs_are_left_alone(x):
    before, bias = x.copy(), np.ones(3, dtype=x.dtype)
    activations.relu(x, bias=bias)
    activations.relu(x, bias=None)
    activations.relu(x[:, ::-1], bias=bias)
    activations.softmax(x, bias=bias)
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(bias, 1)


def test_whole_numbers_keep_their_type():
    x = np.array([[-5, 3], [2, -9]], dtype=np.int8)
    y = activations.relu(x, bias=np.array([1, 6], dtype=np.int8))
    assert y.dtype == np.int8
    np.testing.assert_array_equal(y, [[0, 9], [3, 0]])


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "maxout", "logsumexp", "glu", "hinge_of_mine"])
def test_every_kind_takes_one(name):
    x, bias = arrays((4, 6))
    f = (
        activations.Activation(name, lambda x: np.abs(x), derivative=np.sign)
        if "mine" in name
        else activations.get(name)
    )
    assert same_bits(f(x, bias=bias), f(x + bias))


@pytest.mark.parametrize("name", ["gelu", "relu", "softmax", "maxout", "glu"])
def test_the_gradient_is_that_of_the_sum(name):
    f = activations.get(name)
    x, bias = arrays((4, 6))
    dy = np.ones_like(f(x))
    assert same_bits(f.backward(dy, x, bias=bias), f.backward(dy, x + bias))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_derivatives_are_those_of_the_sum(name, dtype):
    f = activations.get(name)
    x, bias = arrays((5, 37), dtype)
    assert same_bits(f.derivative(x, bias=bias), f.derivative(x + bias))
    if "second_derivative" in f._declaration.scalars:
        assert same_bits(f.second_derivative(x, bias=bias), f.second_derivative(x + bias))


@pytest.mark.parametrize("name", sorted({*activations.names()} - {*OWN, "softmax2d"}))
def test_gradients_of_parameters_are_those_of_the_sum(name):
    f = activations.get(name)
    x, bias = arrays((5, 8))
    dy = np.cos(f(x))
    found, wanted = f.parameter_gradients(dy, x, bias=bias), f.parameter_gradients(dy, x + bias)
    assert found.keys() == wanted.keys() == {*f._declaration.gradients}
    assert all(same_bits(found[key], wanted[key]) for key in wanted)


@pytest.mark.parametrize("axis", [-1, 0])
def test_winners_are_those_of_the_sum(axis):
    x, bias = arrays((6, 8))
    found = activations.maxout.with_argmax(x, bias=bias, axis=axis)
    wanted = activations.maxout.with_argmax(x + bias, axis=axis)
    assert all(map(same_bits, found, wanted))
    frame = activations.maxout.with_argmax(pandas.DataFrame(x), bias=bias, axis=axis)
    assert all(map(same_bits, frame, wanted))


@pytest.mark.parametrize("rows", [5, 40_000])
def test_slopes_are_drawn_for_the_sum(rows):
    x, bias = arrays((rows, 7))
    (y, slopes), wanted = (
        activations.rrelu.with_slopes(z, rng=np.random.default_rng(3), **more)
        for z, more in ((x, {"bias": bias}), (x + bias, {}))
    )
    assert same_bits(y, wanted[0])
    assert same_bits(slopes, wanted[1])
    masked = activations.rrelu.with_slopes(np.ma.array(x, mask=x > 0), rng=np.random.default_rng(3), bias=bias)
    assert same_bits(masked[0].data, y)
    assert same_bits(masked[0].mask, x > 0)


def test_passes_of_ones_own_functions():
    f = activations.Activation("square_of_mine", np.square, derivative=lambda x: 2 * x)
    x, bias = arrays((4, 6))
    np.testing.assert_array_equal(f.derivative(x, bias=bias), 2 * (x + bias))
    with pytest.raises(ValueError, match=r"square_of_mine: a bias of shape \(5,\) does not broadcast"):
        f.derivative(x, bias=np.ones(5))


def test_a_parameter_of_that_name_is_the_activations_own():
    f = activations.Activation("shifted_of_mine", lambda x, bias: 2 * x + bias, parameters={"bias": 1.0})
    x, bias = arrays((4, 6))
    np.testing.assert_array_equal(f(x, bias=5), 2 * x + 5)
    assert [name for name in activations.names() if "bias" in activations.get(name).parameters] == sorted(OWN)
    twice = activations.affine.bind(weight=2)
    np.testing.assert_array_equal(twice(x, bias=bias), 2 * x + bias)
    np.testing.assert_array_equal(twice.backward(x, x, bias=bias), 2 * x)
    np.testing.assert_array_equal(twice.derivative(x, bias=bias), np.full_like(x, 2))
    np.testing.assert_allclose(twice.parameter_gradients(x, x, bias=bias)["bias"], x.sum(axis=0), rtol=1e-5)
    np.testing.assert_array_equal(activations.shrink(x, bias=0.25), activations.shrink.bind(bias=0.25)(x))


def test_other_kinds_of_arrays_are_let_through():
    x, bias = arrays((4, 6))
    lazy = activations.silu(dask.array.from_array(x, chunks=2), bias=bias)
    assert isinstance(lazy, dask.array.Array)
    assert same_bits(lazy.compute(), activations.silu(x + bias))
    frame = activations.silu(pandas.DataFrame(x, columns=list("abcdef")), bias=bias)
    assert list(frame.columns) == list("abcdef")


@pytest.mark.parametrize("bias", [np.ones(5), np.ones((2, 1, 6))])
def test_a_bias_that_does_not_fit_is_named(bias):
    with pytest.raises(ValueError, match=r"relu: a bias of shape .* does not broadcast to x, which has shape \(4, 6\)"):
        activations.relu(np.zeros((4, 6)), bias=bias)


def test_no_warning():
    x = np.array([3e38, -3e38, np.inf], dtype="float32")
    with np.errstate(all="raise"):
        np.testing.assert_array_equal(activations.relu(x, bias=x), [np.inf, 0, np.inf])
        np.testing.assert_array_equal(activations.relu(x[::-1], bias=x[::-1]), [np.inf, 0, np.inf])


def test_names_that_a_file_gives():
    """Strings that a program makes are no objects of its text: what is equal to "bias" is it."""
    x, bias = arrays((5, 7))
    name = "".join(["bi", "as"])
    for f, more in ((activations.relu, {}), (activations.get("leaky_relu"), {"negative_slope": 0.3})):
        assert same_bits(f(x, **{name: bias}, **more), f(x, bias=bias, **more))
        assert same_bits(f.backward(x, x, **{name: bias}, **more), f.backward(x, x, bias=bias, **more))
    assert same_bits(activations.get("softmax")(x, **{name: bias}), activations.get("softmax")(x, bias=bias))


def test_what_is_saved_holds_the_bias():
    x, bias = arrays((5, 8))
    for name in ("sigmoid", "tanh", "softmax"):
        f = activations.get(name)
        y = f(x, bias=bias)
        assert same_bits(f.backward(x, None, y=y, bias=bias), f.backward(x, None, y=y))
    y, which = activations.maxout.with_argmax(x + bias)
    given = activations.maxout.backward(y, which=which, bias=bias)
    assert same_bits(given, activations.maxout.backward(y, which=which))
    with pytest.raises(TypeError, match=r"relu\.backward needs"):
        activations.relu.backward(x, None, bias=bias)


def test_a_bias_does_not_decide_the_type_of_a_frame():
    frame = pandas.DataFrame(np.ones((2, 3), np.float32))
    for name in ("sigmoid", "softmax"):
        f = activations.get(name)
        assert {*f(frame, bias=np.ones(3)).dtypes} == {np.dtype(np.float32)}
        np.testing.assert_array_equal(f(frame, bias=np.ones(3)), f(frame.to_numpy(), bias=np.ones(3)))
