"""PyTorch where PyTorch has the function: values, gradients, kinks, parameters of other than default value."""

import numpy as np
import pytest

import activations

from .enrolment import ELEMENTWISE

pytestmark = pytest.mark.peer

KINKS = np.array([-6.0, -3.0, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 3.0, 6.0])
X = np.concatenate([KINKS, np.random.default_rng(0).uniform(-5, 5, 300)])


def functions():
    """Activation to (parameters, PyTorch's function)."""
    import torch
    from torch.nn import functional as F

    return {
        "identity": [({}, lambda x: x * 1)],
        "relu": [({}, F.relu)],
        "leaky_relu": [({}, F.leaky_relu)]
        + [({"negative_slope": s}, lambda x, s=s: F.leaky_relu(x, s)) for s in (0.2, 1.5, -0.4, 0.0)],
        "prelu": [
            ({}, lambda x: F.prelu(x, torch.tensor([0.25], dtype=x.dtype))),
            ({"weight": -0.7}, lambda x: F.prelu(x, torch.tensor([-0.7], dtype=x.dtype))),
        ],
        "elu": [({}, F.elu)] + [({"alpha": a}, lambda x, a=a: F.elu(x, a)) for a in (0.5, 2.0)],
        "sigmoid": [({}, torch.sigmoid)],
        "tanh": [({}, torch.tanh)],
        "silu": [({}, F.silu)],
        "gelu": [({}, F.gelu), ({"approximate": "tanh"}, lambda x: F.gelu(x, approximate="tanh"))],
        "gelu_tanh": [({}, lambda x: F.gelu(x, approximate="tanh"))],
        "softplus": [
            ({"threshold": 20.0}, F.softplus),
            ({}, lambda x: F.softplus(x, threshold=1e9)),
            ({"beta": 3.0, "threshold": 4.0}, lambda x: F.softplus(x, 3.0, 4.0)),
            ({"beta": 0.5}, lambda x: F.softplus(x, 0.5, 1e9)),
        ],
        "gaussian": [({}, lambda x: torch.exp(-x * x))],
        "binary_step": [({}, lambda x: torch.heaviside(x.detach(), torch.ones((), dtype=x.dtype)) + 0 * x)],
    }


@pytest.fixture(scope="module")
def torch():
    import torch

    return torch


@pytest.mark.parametrize("name", ELEMENTWISE)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_elementwise(torch, name, dtype):
    table = functions()
    assert name in table, f"write down PyTorch's {name}"
    # PyTorch's own error: it loses digits of float32 gelu to the left, where little is left of it.
    tolerance = {"rtol": 3e-6, "atol": 1e-6} if dtype == "float32" else {"rtol": 1e-12, "atol": 2e-15}
    for parameters, theirs in table[name]:
        f = activations.get(name, **parameters)
        x = X.astype(dtype)
        dy = np.cos(X).astype(dtype)
        tensor = torch.tensor(x, requires_grad=True)
        y = theirs(tensor)
        y.backward(torch.tensor(dy))
        np.testing.assert_allclose(f(x), y.detach().numpy(), **tolerance, err_msg=str(parameters))
        np.testing.assert_allclose(f.backward(dy, x), tensor.grad.numpy(), **tolerance, err_msg=str(parameters))
        np.testing.assert_allclose(dy * f.derivative(x), tensor.grad.numpy(), **tolerance, err_msg=str(parameters))


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_softmax(torch, name, axis):
    f = activations.get(name)
    x = np.random.default_rng(0).uniform(-20, 20, (7, 30, 4))
    dy = np.cos(x)
    tensor = torch.tensor(x, requires_grad=True)
    y = getattr(torch, name)(tensor, dim=axis)
    y.backward(torch.tensor(dy))
    np.testing.assert_allclose(f(x, axis=axis), y.detach().numpy(), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(f.backward(dy, x, axis=axis), tensor.grad.numpy(), rtol=1e-9, atol=1e-14)
    saved = f.backward(dy, None, y=f(x, axis=axis), axis=axis)
    np.testing.assert_allclose(saved, tensor.grad.numpy(), rtol=1e-9, atol=1e-14)


def test_maxout(torch):
    x = np.random.default_rng(0).integers(-3, 3, (5, 12)).astype(float)  # many ties
    dy = np.cos(np.arange(20.0)).reshape(5, 4)
    tensor = torch.tensor(x, requires_grad=True)
    y, _ = tensor.reshape(5, 4, 3).max(dim=2)
    y.backward(torch.tensor(dy))
    ours, ours_which = activations.maxout.with_argmax(x, pieces=3)
    np.testing.assert_array_equal(ours, y.detach().numpy())
    np.testing.assert_array_equal(ours_which, x.reshape(5, 4, 3).argmax(2))
    first = np.eye(3)[ours_which] * dy[:, :, None]
    np.testing.assert_array_equal(activations.maxout.backward(dy, x, pieces=3), first.reshape(5, 12))
    untied = np.diff(np.sort(x.reshape(5, 4, 3)), axis=2)[..., -1] > 0
    ours_gradient = activations.maxout.backward(dy, x, pieces=3).reshape(5, 4, 3)
    np.testing.assert_array_equal(ours_gradient[untied], tensor.grad.numpy().reshape(5, 4, 3)[untied])


def test_relu_gradients_that_explode(torch):
    x = np.array([-1.0, 0.0, -0.0, 1.0, -np.inf, np.inf])
    for dy in (np.inf, -np.inf, np.nan):
        tensor = torch.tensor(x, requires_grad=True)
        torch.relu(tensor).backward(torch.full((6,), dy, dtype=torch.float64))
        np.testing.assert_array_equal(activations.relu.backward(np.full(6, dy), x), tensor.grad.numpy())
