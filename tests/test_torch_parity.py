"""PyTorch where PyTorch has the function: values, gradients, kinks, parameters of other than default value."""

import numpy as np
import pytest

import activations

from .parity import pytorch

pytestmark = pytest.mark.peer

KINKS = np.array([-6.0, -3.0, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 3.0, 6.0])
X = np.concatenate([KINKS, np.random.default_rng(0).uniform(-5, 5, 300)])


@pytest.fixture(scope="module")
def torch():
    import torch

    return torch


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", pytorch.FUNCTIONS)
def test_elementwise(torch, name, dtype):
    # PyTorch's own error: it loses digits of float32 gelu to the left, where little is left of it.
    tolerance = {"rtol": 3e-6, "atol": 1e-6} if dtype == "float32" else {"rtol": 1e-12, "atol": 2e-15}
    if name == "hard_sigmoid":
        tolerance["rtol"] = 1e-7  # PyTorch's gradient of float64 multiplies by float32's 1/6
    for parameters, theirs in pytorch.FUNCTIONS[name]:
        f = activations.get(name, **parameters)
        x = X.astype(dtype)
        if name in ("hard_sigmoid", "hard_silu") and dtype == "float64":
            x = x[np.abs(x) != 3]  # 1/6 as a double is a little less, so that the kinks lie a little beyond 3
        dy = np.cos(x)
        tensor = torch.tensor(x, requires_grad=True)
        y = theirs(tensor)
        y.backward(torch.tensor(dy))
        np.testing.assert_allclose(f(x), y.detach().numpy(), **tolerance, err_msg=str(parameters))
        np.testing.assert_allclose(f.backward(dy, x), tensor.grad.numpy(), **tolerance, err_msg=str(parameters))
        np.testing.assert_allclose(dy * f.derivative(x), tensor.grad.numpy(), **tolerance, err_msg=str(parameters))


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("name", pytorch.AXIS)
def test_along_an_axis(torch, name, axis):
    f, theirs = activations.get(name), pytorch.AXIS[name]
    x = np.random.default_rng(0).uniform(-20, 20, (8, 30, 4))
    tensor = torch.tensor(x, requires_grad=True)
    y = theirs(tensor, axis)
    dy = np.cos(np.arange(y.numel(), dtype=float)).reshape(y.shape)
    y.backward(torch.tensor(dy))
    np.testing.assert_allclose(f(x, axis=axis), y.detach().numpy(), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(f.backward(dy, x, axis=axis), tensor.grad.numpy(), rtol=1e-9, atol=1e-14)
    if f.saves != "x":
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
