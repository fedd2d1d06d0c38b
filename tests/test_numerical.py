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


@pytest.mark.parametrize(
    ("name", "parameter", "value", "digits"),
    [
        ("elu", "alpha", 0.7, 10),
        ("swish", "beta", 1.3, 10),
        ("swish", "beta", 0.0, 10),
        ("softplus", "beta", 1e-3, 9),
        ("laplace", "sigma", 0.3, 8),
        ("isru", "alpha", 1e-6, 7),
        ("prelu", "weight", np.array([0.1, 0.2, 0.3, 0.0]), 10),
        ("swish", "beta", np.linspace(0.3, 2, 50)[:, None], 8),
    ],
)
def test_gradients_of_parameters(name, parameter, value, digits):
    f = activations.get(name)
    mine = Activation("curve_of_mine", lambda x, p: f(x, **{parameter: p}), parameters={"p": 1.0}, derivative=ASK)
    x, dy = np.random.default_rng(0).standard_normal((2, 50, 4))
    true = f.parameter_gradients(dy, x, **{parameter: value})[parameter]
    (found,) = mine.parameter_gradients(dy, x, p=value).values()
    assert found.shape == true.shape
    assert np.abs(found - true).max() <= 10.0**-digits * np.abs(true).max()
    assert mine.bind(p=value).parameter_gradients(dy, x)["p"].tolist() == found.tolist()
    for bias in (1.0, np.ones(4)):
        np.testing.assert_array_equal(
            mine.parameter_gradients(dy, x - 1, p=value, bias=bias)["p"],
            mine.parameter_gradients(dy, x - 1 + 1, p=value)["p"],
        )
    single = mine.parameter_gradients(dy.astype("f"), x.astype("f"), p=value)["p"]
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, true, rtol=1e-4, atol=1e-4)


def test_gradients_of_parameters_of_whom():
    by_ufunc = Activation("hypot_of_mine", np.hypot, derivative=ASK, parameters={"b": 2.0})
    x = np.linspace(-3, 3, 31)
    np.testing.assert_allclose(by_ufunc.parameter_gradients(x, x)["b"], (x * 2 / np.hypot(x, 2)).sum(), atol=1e-9)
    assert by_ufunc.parameter_gradients(x + 9, x)["b"] == pytest.approx(((x + 9) * 2 / np.hypot(x, 2)).sum(), rel=1e-10)
    some = Activation("some_of_mine", lambda x, n, a: a * x**n, derivative=ASK, parameters={"n": 2, "a": 1.0})
    assert list(some.parameter_gradients(x, x)) == ["a"]
    with pytest.raises(TypeError, match="takes parameters alone, not out"):
        some.parameter_gradients(x, x, out=x)
    with pytest.raises(ValueError, match="dy has shape"):
        some.parameter_gradients(x[1:], x)
    given = {"derivative": lambda x, a: a + 0 * x, "parameters": {"a": 1.0}}
    for keywords in (given, {**given, "derivative": None}, {"derivative": ASK, "parameters": {"n": 2}}):
        with pytest.raises(TypeError, match="does not know how it varies with its parameters"):
            Activation("silent_of_mine", lambda x, *_, **more: x, **keywords).parameter_gradients(x, x)


def test_training_moves_the_parameter():
    from activations.sklearn import MLPRegressor

    mine = Activation("swish_of_mine", lambda x, b: activations.swish(x, beta=b), derivative=ASK, parameters={"b": 1.0})
    x = np.linspace(-1, 1, 64)[:, None]
    found = []
    for f in (mine, activations.swish):
        mlp = MLPRegressor(hidden_layer_sizes=(4,), activation=f, train_activation=True, random_state=0)
        for _ in range(5):
            mlp.partial_fit(x, np.sin(3 * x[:, 0]))
        found += mlp.activation_parameters_[0].values()
    assert (found[0] != 1).all()
    np.testing.assert_allclose(*found, rtol=1e-6)


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
