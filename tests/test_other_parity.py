"""JAX, SciPy, thinc and ONNX where they have the function; ONNX by its own node tests."""

import numpy as np
import pytest

import activations

from .parity import jax, onnx, scipy, thinc

pytestmark = pytest.mark.peer

X = np.random.default_rng(0).uniform(-6, 6, 400)


@pytest.fixture(scope="module", autouse=True)
def double():
    import jax

    jax.config.update("jax_enable_x64", True)


@pytest.mark.parametrize("name", jax.FUNCTIONS)
def test_jax(name):
    import jax as library

    for parameters, theirs in jax.FUNCTIONS[name]:
        f = activations.get(name, **parameters)
        y, pull = library.vjp(theirs, library.numpy.asarray(X))
        np.testing.assert_allclose(f(X), y, rtol=1e-12, atol=2e-15, err_msg=str(parameters))
        (gradient,) = pull(library.numpy.cos(X))
        np.testing.assert_allclose(f.backward(np.cos(X), X), gradient, rtol=1e-11, atol=1e-14, err_msg=str(parameters))


@pytest.mark.parametrize("name", scipy.FUNCTIONS)
def test_scipy(name):
    for parameters, theirs in scipy.FUNCTIONS[name]:
        np.testing.assert_allclose(activations.get(name, **parameters)(X), theirs(X), rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("name", onnx.FUNCTIONS)
def test_onnx_runtime(name):
    x = X.astype(np.float32)
    ((_, theirs),) = onnx.FUNCTIONS[name]
    np.testing.assert_allclose(activations.get(name)(x), theirs(x), rtol=2e-5, atol=2e-6)


def test_onnx_node_tests():
    cases = onnx.node_tests()
    assert onnx.LEFT_OUT.keys() <= {case for case, *_ in cases}
    cases = [each for each in cases if each[0] not in onnx.LEFT_OUT]
    assert {name for _, name, *_ in cases} == {name for name, _ in (onnx.OPERATORS | onnx.ADAPTED).values()}
    for case, _, call, expected in cases:
        y = call()
        assert y.dtype == expected.dtype, case
        np.testing.assert_allclose(y, expected, rtol=1e-3 if y.dtype == np.float16 else 1e-5, atol=1e-6, err_msg=case)


THINC_X = np.concatenate(
    [[-6.0, -3.0, -2.5, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 2.5, 3.0, 6.0], X, np.linspace(-thinc.REACH, thinc.REACH, 397)]
)


def rounding(dtype, more=0.0):
    """Tolerances for what thinc computes step by step in `dtype`, for results of about 20."""
    few = 32 * float(np.finfo(dtype).eps)
    return {"rtol": few, "atol": few + more}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", thinc.FUNCTIONS)
def test_thinc(name, dtype):
    for parameters, theirs in thinc.FUNCTIONS[name]:
        f = activations.get(name, **parameters)
        x = THINC_X[~np.isin(THINC_X, theirs.without)].astype(dtype)
        dy = np.cos(x)
        for ours, wanted in ((f(x), theirs(x)), (f.backward(dy, x), theirs.backward(dy, x))):
            assert ours.dtype == wanted.dtype == dtype
            np.testing.assert_allclose(ours, wanted, **rounding(dtype, theirs.error), err_msg=str(parameters))


def test_all_that_thinc_has_is_compared():
    folds = {"maxout", "softmax", "softmax_sequences"}  # below
    others = {"lstm", "reduce_first", "reduce_last", "reduce_max", "reduce_mean", "reduce_sum", "seq2col"}
    theirs = {name.removeprefix("backprop_") for name in dir(thinc.operators()) if name.startswith("backprop_")}
    compared = {operator.name for cases in thinc.FUNCTIONS.values() for _, operator in cases}
    assert theirs == compared | folds | others


@pytest.mark.parametrize("name", thinc.FROM_OUTPUT)
def test_thinc_derivative_from_output(name):
    y = activations.get(name)(X)
    slope = getattr(thinc.operators(), thinc.FROM_OUTPUT[name])(y)
    np.testing.assert_allclose(activations.get(name).backward(np.ones_like(y), None, y=y), slope, **rounding("float64"))


@pytest.mark.parametrize("temperature", [1.0, 2.5])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_thinc_softmax(axis, temperature):
    ops, f = thinc.operators(), activations.get("softmax", temperature=temperature)
    x = X.reshape(8, 25, 2)
    y, dy = f(x, axis=axis), np.cos(x)
    np.testing.assert_allclose(y, ops.softmax(x, axis=axis, temperature=temperature), **rounding("float64"))
    gradient = ops.backprop_softmax(y, dy, axis=axis, temperature=temperature)
    np.testing.assert_allclose(f.backward(dy, x, axis=axis), gradient, **rounding("float64"))
    np.testing.assert_allclose(f.backward(dy, None, y=y, axis=axis), gradient, **rounding("float64"))


def test_thinc_softmax_of_sequences():
    """Ragged sequences below each other, each normalised along its own length."""
    ops, x = thinc.operators(), X.reshape(100, 4).astype(np.float32)
    lengths = np.array([1, 40, 7, 52], np.int32)
    dy, parts = np.cos(x), np.cumsum(lengths)[:-1]
    y = ops.softmax_sequences(x, lengths)
    ours = np.concatenate([activations.softmax(part, axis=0) for part in np.split(x, parts)])
    np.testing.assert_allclose(ours, y, **rounding("float32"))
    pairs = zip(np.split(dy, parts), np.split(x, parts), strict=True)
    ours = np.concatenate([activations.softmax.backward(*pair, axis=0) for pair in pairs])
    np.testing.assert_allclose(ours, ops.backprop_softmax_sequences(dy, y, lengths), **rounding("float32"))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("pieces", [1, 2, 3, 4, 7])
def test_thinc_maxout(pieces, dtype):
    x = np.random.default_rng(0).integers(-3, 3, (6, 5, pieces)).astype(dtype)  # many ties
    flat, dy = x.reshape(6, -1), np.cos(np.arange(30.0, dtype=dtype)).reshape(6, 5)
    best, which = thinc.operators().maxout(x)
    ours, ours_which = activations.maxout.with_argmax(flat, pieces=pieces)
    np.testing.assert_array_equal(ours, best, strict=True)
    np.testing.assert_array_equal(ours_which, which)
    gradient = thinc.operators().backprop_maxout(dy, which, pieces).reshape(flat.shape)
    for saved in ({}, {"which": ours_which}):
        ours = activations.maxout.backward(dy, flat, pieces=pieces, **saved)
        np.testing.assert_array_equal(ours, gradient, strict=True)
