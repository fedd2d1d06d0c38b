"""Derivatives by differences, for authors who ask for them."""

import numpy as np
import pytest

import activations
from activations import Activation
from activations.testing import check_activation

ASK = "numerical"


@pytest.mark.parametrize("name", ["tanh", "gelu", "softplus", "sin", "gaussian"])
def test_derivative(name):
    f = activations.get(name)
    mine = Activation("differenced_of_mine", lambda x: f(x), derivative=ASK)
    x = np.linspace(-20, 20, 1001)
    np.testing.assert_allclose(mine.derivative(x), f.derivative(x), rtol=1e-9, atol=2e-11)
    np.testing.assert_allclose(mine.backward(2 * x, x), f.backward(2 * x, x), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_types_and_shapes(dtype):
    mine = Activation("differenced_of_mine", np.tanh, derivative=ASK)
    x = np.array([[-1.0, 0.0, 2.0]], dtype)
    assert mine.derivative(x).dtype == dtype
    np.testing.assert_allclose(mine.derivative(x), 1 - np.tanh(x) ** 2, rtol=4 * np.finfo(dtype).eps, atol=1e-11)
    assert np.isclose(mine.derivative(0.0), 1, rtol=1e-11)
    assert np.isnan(mine.derivative(np.nan))
    line = Activation("line_of_mine", lambda x: 3 * x, derivative=ASK)
    np.testing.assert_allclose(line.derivative(np.array([1e6, -1e9, 1e15, 1e300])), 3, rtol=1e-6)
    assert mine.derivative(np.array([1e30, -np.inf, np.inf])).tolist() == [0, 0, 0]


def test_parameters_reach_the_differences():
    mine = Activation("scaled_of_mine", lambda x, a: np.tanh(a * x), derivative=ASK, parameters={"a": 1.0})
    x = np.linspace(-3, 3, 31)
    np.testing.assert_allclose(mine.derivative(x, a=3.0), 3 * (1 - np.tanh(3 * x) ** 2), rtol=1e-7, atol=1e-9)
    by_ufunc = Activation("hypot_of_mine", np.hypot, derivative=ASK, parameters={"b": 2.0})
    np.testing.assert_allclose(by_ufunc.derivative(x), x / np.hypot(x, 2), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("keyword", ["derivative", "backward"])
def test_passes_the_kit(keyword):
    mine = Activation("differenced_of_mine", np.tanh, **{keyword: ASK})
    assert mine.numerical
    assert check_activation(mine).ok


@pytest.mark.parametrize(("name", "removes"), [("softmax", False), ("log_softmax", False), ("logsumexp", True)])
def test_gradient_of_a_folding_kind(name, removes):
    f = activations.get(name)
    mine = Activation("folded_of_mine", lambda x: f(x), backward=ASK, kind="folding")
    x = np.random.default_rng(3).normal(size=(4, 5, 6))
    dy = np.random.default_rng(4).normal(size=np.shape(f(x)))
    assert (dy.ndim < x.ndim) == removes
    np.testing.assert_allclose(mine.backward(dy, x), f.backward(dy, x), rtol=1e-8, atol=1e-10)


def test_only_when_asked_for():
    silent = Activation("silent_of_mine", np.tanh)
    assert not silent.numerical
    assert not activations.relu.numerical
    with pytest.raises(TypeError, match="has no derivative"):
        silent.derivative(1.0)
    with pytest.raises(TypeError, match='"numerical" asks for differences of forward'):
        Activation("wrong_of_mine", np.tanh, derivative="numeric")


def test_show_says_so():
    from tests.cli.running import invoke

    activations.register(Activation("differenced_of_mine", np.tanh, derivative=ASK))
    try:
        assert "numerical: differences of the forward pass" in invoke("show", "differenced_of_mine").stdout
        assert "numerical" not in invoke("show", "relu").stdout
    finally:
        activations.unregister("differenced_of_mine")
