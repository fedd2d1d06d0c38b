"""The demo's network: its gradients, and that it learns."""

import numpy as np
import pytest

import activations
from activations.cli._network import Network

SMOOTH = ("sigmoid", "tanh", "silu", "gelu", "softplus", "identity")


@pytest.fixture
def batch():
    rng = np.random.default_rng(3)
    return rng.standard_normal((12, 5)), rng.integers(0, 4, 12)


@pytest.mark.parametrize("name", [*SMOOTH, "relu", "leaky_relu", "elu", "maxout"])
@pytest.mark.parametrize("depth", [1, 3])
def test_gradients_are_those_of_finite_differences(batch, name, depth):
    network = Network([5, *[6] * depth, 4], activations.get(name), np.random.default_rng(1), dtype=np.float64)
    rng, step = np.random.default_rng(2), 1e-6
    for bias in network.biases:  # a bias of 0 would leave some sums at the kink itself
        bias += rng.standard_normal(bias.shape)
    _, dweights, dbiases = network.gradients(*batch)
    for parameter, slope in zip(network.weights + network.biases, dweights + dbiases, strict=True):
        assert parameter.shape == slope.shape
        direction = rng.standard_normal(parameter.shape)
        losses = []
        for side in (1, -1):
            parameter += side * step * direction
            losses.append(network.gradients(*batch)[0])
            parameter -= side * step * direction
        measured = (losses[0] - losses[1]) / (2 * step)
        assert np.sum(slope * direction) == pytest.approx(measured, rel=1e-5, abs=1e-8)


def test_maxout_layers_have_pieces_times_units():
    network = Network([5, 6, 7, 4], activations.get("maxout", pieces=3), np.random.default_rng(1))
    assert [weights.shape for weights in network.weights] == [(5, 18), (6, 21), (7, 4)]
    assert network.forward(np.zeros((2, 5), np.float32)).shape == (2, 4)


def test_everything_stays_float32():
    network = Network([5, 6, 6, 4], activations.get("elu"), np.random.default_rng(1))
    x = np.ones((8, 5), np.float32)
    _, dweights, dbiases = network.gradients(x, np.zeros(8, int))
    network.train_epoch(x, np.zeros(8, int), np.random.default_rng(0), batch=4, rate=0.1)
    arrays = [*network.sums, *network.inputs, *dweights, *dbiases, *network.weights, *network.biases]
    assert {array.dtype for array in arrays} == {np.dtype(np.float32)}


def test_learns_what_no_straight_line_separates():
    rng = np.random.default_rng(5)
    x = rng.uniform(-1, 1, (400, 2)).astype(np.float32)
    labels = (x[:, 0] * x[:, 1] > 0).astype(int)
    accuracies = {}
    for name in ("identity", "tanh"):
        network = Network([2, 16, 2], activations.get(name), np.random.default_rng(0))
        for _ in range(60):
            network.train_epoch(x, labels, rng, batch=20, rate=0.5)
        accuracies[name] = network.accuracy(x, labels)
    assert accuracies["tanh"] > 0.95
    assert accuracies["identity"] < 0.75


def test_an_epoch_visits_every_row_once(monkeypatch):
    network = Network([1, 3, 2], activations.get("relu"), np.random.default_rng(0))
    seen = []
    original = network.gradients

    def note(x, labels):
        seen.append(x[:, 0])
        return original(x, labels)

    monkeypatch.setattr(network, "gradients", note)
    x = np.arange(10, dtype=np.float32)[:, None]
    network.train_epoch(x, np.zeros(10, int), np.random.default_rng(0), batch=4, rate=0.0)
    assert max(map(len, seen)) <= 5
    assert sorted(np.concatenate(seen)) == list(range(10))
    assert not np.array_equal(np.concatenate(seen), x[:, 0])
