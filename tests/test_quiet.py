"""Values that are handled raise no floating-point warning: what overflows in a narrow type is infinite."""

import numpy as np
import pytest

import activations
from activations import relu

INF = np.inf


@pytest.fixture(autouse=True)
def loud():
    with np.errstate(all="raise"):
        yield


def test_sums_of_parameters():
    gradients = activations.prelu.parameter_gradients(np.full(1000, 100, "e"), np.full(1000, -3, "e"))
    assert gradients["weight"] == -INF
    assert np.isnan(activations.prelu.parameter_gradients(np.array([INF, -INF]), -np.ones(2))["weight"])
    f = activations.get("apl", a=[0.1, 0.2], b=[0.0, 1.0])
    assert f.parameter_gradients(np.full(1000, 100, "e"), np.full(1000, -3, "e"))["a"].dtype == np.float16
    f = activations.get("apl", a=0.1, b=[0.0, 1.0])
    assert np.isnan(f.parameter_gradients(np.array([INF, -INF]), -np.ones(2))["a"])


@pytest.mark.parametrize("size", [10, 200_000])
def test_sums_over_blocks(size):
    x = -np.ones(size)
    x[0], x[-1] = INF, -INF
    assert np.isnan(activations.prelu.parameter_gradients(np.where(np.isinf(x), x, 0.0), -np.ones(size))["weight"])


@pytest.mark.parametrize("bias", [np.array([1e300]), 1e300, [1e300]])
def test_a_bias_beyond_the_type(bias):
    assert relu(np.ones(1, "f"), bias=bias) == INF
    assert relu.backward(np.ones(1, "f"), np.ones(1, "f"), bias=bias) == 1


def test_random_slopes():
    rng = np.random.default_rng(0)
    y = activations.rrelu(np.full(3, -1, "e"), rng=rng, lower=1e5, upper=1e6)
    np.testing.assert_array_equal(y, -INF)
    dx = activations.rrelu.backward(np.array([1e38], "f"), slopes=np.array([1e3], "f"))
    assert dx == INF


def test_noise():
    rng = np.random.default_rng(0)
    y = activations.gumbel_softmax(np.zeros(200_000, "e"), rng=rng)
    assert y.dtype == np.float16
    x = np.full(100, 65504, "e")
    assert activations.gumbel_softmax(x, rng=rng).shape == x.shape
