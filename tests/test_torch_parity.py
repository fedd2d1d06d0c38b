"""PyTorch where PyTorch has the function: values, gradients, kinks, parameters of other than default value."""

import contextlib

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
        if name == "sinc":
            x = x[np.abs(x) > 0.25]  # nearer to 0 PyTorch's gradient loses its digits: a tenth of float32's at 0.001
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
    x = np.random.default_rng(0).uniform(-20, 20, (8, 30, 4))
    for parameters, theirs in pytorch.AXIS[name]:
        f = activations.get(name, **parameters)
        tensor = torch.tensor(x, requires_grad=True)
        y = theirs(tensor, axis)
        dy = np.cos(np.arange(y.numel(), dtype=float)).reshape(y.shape)
        y.backward(torch.tensor(dy))
        gradient = tensor.grad.numpy()
        np.testing.assert_allclose(f(x, axis=axis), y.detach().numpy(), rtol=1e-12, atol=2e-14, err_msg=str(f))
        np.testing.assert_allclose(f.backward(dy, x, axis=axis), gradient, rtol=1e-9, atol=1e-14, err_msg=str(f))
        if f.saves != "x":
            saved = f.backward(dy, None, y=f(x, axis=axis), axis=axis)
            np.testing.assert_allclose(saved, gradient, rtol=1e-9, atol=1e-14, err_msg=str(f))


@pytest.mark.parametrize("hard", [False, True])
def test_draws(torch, hard):
    x = np.random.default_rng(0).normal(size=(30, 7))
    tensor = torch.tensor(x, requires_grad=True)
    torch.manual_seed(0)
    y = torch.nn.functional.gumbel_softmax(tensor, tau=0.7, hard=hard)
    dy = np.cos(np.arange(y.numel(), dtype=float)).reshape(y.shape)
    y.backward(torch.tensor(dy))
    torch.manual_seed(0)
    noise = -torch.empty_like(tensor).exponential_().log().detach().numpy()
    f = activations.get("gumbel_softmax", tau=0.7)
    np.testing.assert_allclose(f(x + noise, hard=hard), y.detach().numpy(), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(f.backward(dy, x + noise, hard=hard), tensor.grad.numpy(), rtol=1e-9, atol=1e-14)


def test_channels_of_images(torch):
    x = np.random.default_rng(0).uniform(-20, 20, (2, 5, 3, 4))
    tensor = torch.tensor(x, requires_grad=True)
    y = torch.nn.Softmax2d()(tensor)
    dy = np.cos(np.arange(y.numel(), dtype=float)).reshape(y.shape)
    y.backward(torch.tensor(dy))
    np.testing.assert_allclose(activations.softmax2d(x), y.detach().numpy(), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(activations.softmax2d.backward(dy, x), tensor.grad.numpy(), rtol=1e-9, atol=1e-14)


def test_all_that_pytorch_has_is_compared(torch):
    compared = {activations.get(name).name for name in (*pytorch.FUNCTIONS, *pytorch.AXIS, *pytorch.OTHERS)}
    for module in (torch.nn.functional, torch, torch.special, torch.nn):
        for word in dir(module):
            with contextlib.suppress(activations.UnknownActivationError, ValueError, TypeError):
                assert word.endswith("_") or activations.get(word).name in compared, word


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
