"""JAX, SciPy and ONNX where they have the function; ONNX by its own node tests."""

import numpy as np
import pytest

import activations

from .parity import jax, onnx, scipy

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
    assert {name for _, name, *_ in cases} == {name for name, _ in onnx.OPERATORS.values()}
    for case, name, keywords, inputs, expected in cases:
        x, *more = inputs
        if name == "prelu":
            keywords = {"weight": more[0]}
        y = activations.get(name)(x, **keywords)
        assert y.dtype == expected.dtype, case
        np.testing.assert_allclose(y, expected, rtol=1e-3 if y.dtype == np.float16 else 1e-5, atol=1e-6, err_msg=case)
