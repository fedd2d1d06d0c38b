"""What is counted while data go through a network, against loops over samples and finite differences."""

import numpy as np
import pytest

import activations
from activations.diagnostics import dead_units, diagnose
from tests.diagnostics.networks import data, dense

KINDS = ["relu", "tanh", "gelu", "leaky_relu", "maxout", "swiglu", "softsign"]


def forward(layers, x, start=0, pre=None):
    """The pre-activations and outputs of one sample from a layer on."""
    pres, outputs = [], []
    for number, (weights, bias, f) in enumerate(layers[start:], start):
        pre = x @ weights + bias if number != start or pre is None else pre
        x = activations.get(f)(pre)
        pres.append(pre)
        outputs.append(x)
    return pres, outputs


def loss(layers, kind, target, start, pre):
    out = forward(layers, None, start, pre)[1][-1]
    if kind == "log_loss":
        p = out if len(out) > 1 else np.array([1 - out[0], out[0]])
        return -np.log(p[target])
    return 0.5 * np.sum((out - target) ** 2)


def gradients(layers, kind, x, target):
    """For each layer the loss's gradient at the pre-activations of one sample, by central differences."""
    found = []
    for number, pre in enumerate(forward(layers, x)[0]):
        steps = 1e-6 * np.eye(len(pre))
        found.append(
            np.array(
                [
                    (loss(layers, kind, target, number, pre + h) - loss(layers, kind, target, number, pre - h)) / 2e-6
                    for h in steps
                ]
            )
        )
    return found


LASTS = [
    ("softmax", 3, "log_loss"),
    ("sigmoid", 1, "log_loss"),
    ("tanh", 2, "squared_error"),
    ("identity", 1, "squared_error"),
]


@pytest.mark.parametrize(("last", "outputs", "kind"), LASTS)
@pytest.mark.parametrize("name", KINDS)
def test_gradients_are_those_of_the_loss(name, last, outputs, kind):
    layers = dense(name, depth=2, width=5, inputs=4, outputs=outputs, last=last, gain=2)
    x, rng = data(12, 4), np.random.default_rng(3)
    y = rng.integers(0, max(outputs, 2), 12) if kind == "log_loss" else rng.standard_normal((12, outputs))
    report = diagnose(layers, x, y, loss=kind)
    assert report.loss == kind
    each = [gradients(layers, kind, row, target) for row, target in zip(x, y, strict=True)]
    for number, layer in enumerate(report.layers):
        of_layer = [found[number] for found in each]
        assert np.isclose(layer.gradient, np.sqrt(np.mean([g @ g for g in of_layer])), rtol=1e-5)
        inputs = [row if number == 0 else forward(layers, row)[1][number - 1] for row in x]
        of_weights = np.mean([np.outer(i, g) for i, g in zip(inputs, of_layer, strict=True)], axis=0)
        assert np.isclose(layer.weight_gradient, np.linalg.norm(of_weights), rtol=1e-5)
    by_hand = (report.layers[0].gradient / report.layers[-1].gradient) ** (1 / 2)
    assert np.isclose(report.rate, by_hand)


@pytest.mark.parametrize("name", KINDS)
def test_statistics_by_loops(name):
    layers = dense(name, depth=2, width=6, inputs=4, gain=2)
    layers[0][1][:2] = -30
    x = data(50, 4)
    report = diagnose(layers, x)
    for number, layer in enumerate(report.layers):
        f = activations.get(layers[number][2])
        of_rows = [[each[number] for each in forward(layers, row)] for row in x]
        pres, outputs = (np.array(each) for each in zip(*of_rows, strict=True))
        assert layer.units == outputs.shape[1]
        assert layer.samples == 50
        assert layer.sparsity == np.mean([value == 0 for value in outputs.ravel()])
        assert np.isclose(layer.mean, sum(outputs.ravel()) / outputs.size)
        assert np.isclose(layer.variance, sum((outputs.ravel() - layer.mean) ** 2) / outputs.size)
        means = outputs.mean(axis=0)
        assert np.isclose(layer.off_centre, np.sqrt(np.mean(means**2) / np.mean(outputs**2)))
        assert layer.dead_units == tuple(np.flatnonzero(dead_units(pres, f)))


def test_random_directions_have_length_one_and_a_seed():
    layers = dense("tanh", depth=3)
    first, again, other = (diagnose(layers, data(), seed=seed) for seed in (0, 0, 1))
    assert first.loss == "random"
    assert np.isclose(first.layers[-1].gradient, 1)
    assert first == again
    assert first.layers[0].gradient != other.layers[0].gradient
    assert first.layers[0].weight_gradient is None


@pytest.mark.parametrize("size", [1, 7, 128, 1000])
@pytest.mark.parametrize("name", ["relu", "tanh", "maxout", "glu"])
def test_batches_give_what_the_whole_gives(name, size):
    layers = dense(name, depth=3, width=8, last="softmax")
    layers[1][1][0] = -100
    x, y = data(), np.random.default_rng(0).integers(0, 3, 400)
    for targets in (None, y):
        whole, parts = (diagnose(layers, x, targets, batch_size=n).to_dict() for n in (400, size))
        for one, other in zip(whole["layers"], parts["layers"], strict=True):
            for key, value in one.items():
                if isinstance(value, float):
                    assert np.isclose(value, other[key], rtol=1e-11, atol=1e-14), key
                else:
                    assert value == other[key], key


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("name", ["relu", "tanh", "maxout"])
def test_narrow_floats(name, dtype):
    layers = dense(name, depth=4, gain=2)
    narrow = [(weights.astype(dtype), bias.astype(dtype), f) for weights, bias, f in layers]
    wide, report = diagnose(layers, data()), diagnose(narrow, data())
    assert report.ok
    for one, other in zip(wide.layers, report.layers, strict=True):
        for figure in ("mean", "variance", "gradient", "off_centre"):
            assert np.isclose(getattr(one, figure), getattr(other, figure), rtol=0.02, atol=0.02), figure


@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_norms_neither_underflow_nor_overflow(scale):
    """Gradients of 1e-240, whose squares are no numbers any more."""
    layers = [(scale * np.eye(4), np.zeros(4), "identity") for _ in range(9)]
    report = diagnose(layers, data(30, 4))
    ratios = [one.gradient / other.gradient for one, other in zip(report.layers, report.layers[1:], strict=False)]
    assert np.allclose(ratios, scale)
    assert np.isclose(report.rate, scale)
    assert report.kinds == {"vanishing" if scale < 1 else "exploding"}


@pytest.mark.parametrize(("scale", "kind"), [(1e-60, "vanishing"), (1e60, "exploding"), (1e-36, "vanishing")])
def test_gradients_beyond_all_numbers(scale, kind):
    report = diagnose([(scale * np.eye(4), np.zeros(4), "identity") for _ in range(9)], data(30, 4))
    assert kind in report.kinds
    assert str(report)
    assert report.to_dict()["problems"][-1]["kind"] == kind


def test_progress_is_told_batch_by_batch():
    told = []
    diagnose(dense("relu", depth=1), data(), batch_size=150, progress=lambda done, total: told.append((done, total)))
    assert told == [(150, 400), (300, 400), (400, 400)]


def test_an_activation_without_a_derivative_leaves_gaps():
    mine = activations.Activation("mine", np.arctan)
    layers = dense("tanh", depth=3)
    layers[1] = (*layers[1][:2], mine)
    report = diagnose(layers, data())
    assert [layer.dead for layer in report.layers] == [0, None, 0, 0]
    assert [layer.gradient is None for layer in report.layers] == [True, True, False, False]
    assert report.layers[1].mean is not None
    assert report.layers[1].saturated is None
    assert "mine" in str(report)


def test_an_output_layer_without_a_derivative():
    layers = dense("tanh", depth=2, last=activations.Activation("mine", np.arctan))
    assert [layer.gradient for layer in diagnose(layers, data(), np.zeros((400, 3))).layers] == [None] * 3
    assert diagnose(layers, data()).layers[0].gradient > 0


def test_progress_over_recorded_layers():
    told, x = [], data()
    diagnose([x, x[:300]], batch_size=200, progress=lambda done, total: told.append((done, total)))
    assert told == [(200, 700), (400, 700), (600, 700), (700, 700)]


def test_data_that_overflow_are_reported_and_warn_of_nothing():
    layers = [(1e4 * np.ones((4, 4), np.float16), None, "identity")] * 3
    with np.errstate(all="raise"):
        report = diagnose(layers, np.ones((5, 4)))
    assert report.kinds == {"exploding"}
    assert report.problems[0].layer == 1
    assert report.problems[0].evidence["not_finite"] == 20
    assert "nan" not in report.problems[0].verdict
