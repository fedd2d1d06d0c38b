"""Problems that were planted are found, and healthy networks have none."""

import dataclasses
import json
import math

import numpy as np
import pytest

from activations.diagnostics import Observed, Thresholds, diagnose
from tests.diagnostics.networks import data, dense

HEALTHY = [
    ("relu", 2),
    ("leaky_relu", 2),
    ("elu", 1.5),
    ("gelu", 2),
    ("silu", 2),
    ("mish", 2),
    ("selu", 1),
    ("tanh", 1),
    ("softsign", 1),
    ("maxout", 1),
    ("glu", 2),
    ("sin", 1),
    ("identity", 1),
]


@pytest.mark.parametrize("depth", [1, 3, 8])
@pytest.mark.parametrize(("name", "gain"), HEALTHY)
def test_healthy_networks_have_no_problem(name, gain, depth):
    for seed in range(2):
        layers = dense(name, depth=depth, width=48, gain=gain, seed=seed)
        report = diagnose(layers, data(300, seed=seed + 100))
        assert report.ok, str(report)


@pytest.mark.parametrize("width", [32, 96])
@pytest.mark.parametrize("depth", [2, 6, 10])
def test_relu_as_he_initialises_it_has_no_problem(depth, width):
    for seed in range(3):
        layers = dense("relu", depth=depth, width=width, gain=2, seed=seed, last="softmax")
        y = np.random.default_rng(seed).integers(0, 3, 400)
        for targets in (None, y):
            report = diagnose(layers, data(seed=seed + 50), targets)
            assert report.ok, str(report)
            assert 0.4 < report.layers[0].sparsity < 0.6


@pytest.mark.parametrize("depth", [2, 3])
def test_a_few_layers_of_sigmoid_are_no_problem(depth):
    assert diagnose(dense("sigmoid", depth=depth), data()).ok


def only(report, kind):
    assert report.kinds == {kind}, str(report)
    assert not report.ok
    for problem in report.problems:
        assert problem.verdict.endswith(".")
        assert problem.cure.endswith(".")
        assert all(math.isfinite(value) for value in problem.evidence.values())
    return report.problems


@pytest.mark.parametrize("targets", [False, True])
def test_ten_layers_of_sigmoid_vanish(targets):
    layers = dense("sigmoid", last="softmax")
    y = np.random.default_rng(0).integers(0, 3, 400) if targets else None
    report = diagnose(layers, data(), y)
    (problem,) = only(report, "vanishing")
    assert problem.layer == 0
    assert problem.evidence["layers"] == 10
    assert np.isclose(problem.evidence["rate"], report.rate)
    assert np.isclose(problem.evidence["rate"] ** 10, problem.evidence["ratio"])
    assert 0.2 < problem.evidence["through_activations"] < 0.25
    assert "relu" in problem.cure


def test_small_weights_vanish_and_are_blamed():
    (problem,) = only(diagnose(dense("relu", gain=0.02), data()), "vanishing")
    assert problem.evidence["through_activations"] > 0.5 > problem.evidence["through_weights"]
    assert "larger weights" in problem.cure
    product = problem.evidence["through_activations"] * problem.evidence["through_weights"]
    assert np.isclose(product, problem.evidence["rate"])


def test_a_gradient_of_exactly_zero_has_vanished():
    """In float32 so many layers underflow; it is still the activations that are to blame."""
    (problem,) = only(diagnose(dense("sigmoid", depth=90, dtype=np.float32), data()), "vanishing")
    assert problem.evidence["ratio"] == 0
    assert "saturate" in problem.cure


def test_large_weights_explode():
    report = diagnose(dense("relu", gain=40), data())
    (problem,) = only(report, "exploding")
    assert problem.layer == 0
    assert problem.evidence["ratio"] > 1e3
    assert "smaller weights" in problem.cure


def test_dead_layer():
    layers = dense("relu", depth=3, gain=2)
    layers[2][1][:] = -1000
    report = diagnose(layers, data())
    (problem,) = only(report, "dying")
    assert problem.layer == 2
    assert dict(problem.evidence) == {"dead": 32, "almost_dead": 0, "units": 32, "share": 1.0}
    assert "no gradient reaches" in problem.verdict
    assert "leaky_relu" in problem.cure
    assert report.layers[2].dead_units == tuple(range(32))
    assert report.layers[0].gradient == 0


def test_dead_units_are_counted_and_half_of_them_are_a_problem():
    for dead, ill in ((3, False), (16, True)):
        layers = dense("relu", depth=2, gain=2)
        layers[0][1][:dead] = -1000
        report = diagnose(layers, data())
        assert report.layers[0].dead_units == tuple(range(dead))
        assert report.ok is not ill
        assert diagnose(layers, data(), thresholds=Thresholds(dying=0.05)).kinds == {"dying"}


def test_a_function_that_is_flat_everywhere_is_dead():
    report = diagnose(dense("binary_step", depth=1), data())
    only(report, "dying")
    assert report.layers[0].saturated == 1.0


@pytest.mark.parametrize(("index", "ill"), [(4, True), (5, False)])
def test_deep_layers_may_have_more_silent_units(index, ill):
    layers = [(np.eye(20), np.full(20, 9.0), "relu") for _ in range(6)] + [(np.eye(20), None, "identity")]
    layers[index][1][:9] = -1000
    for layer in layers[index + 1 : -1]:
        layer[1][:9] = 9
    assert diagnose(layers, data()).kinds == ({"dying"} if ill else set())
    assert diagnose(layers, data(), thresholds=Thresholds(dying=0.5, deep_dying=0.4)).ok is ill


def test_almost_dead_units():
    layers = [(np.eye(4), np.full(4, -2.0), "relu"), (np.eye(4), None, "identity")]
    x = np.zeros((300, 4))
    x[:2] = 3
    report = diagnose(layers, x)
    (problem,) = only(report, "dying")
    assert report.layers[0].almost_dead_units == (0, 1, 2, 3)
    assert problem.evidence["almost_dead"] == 4
    assert diagnose(layers, x, thresholds=Thresholds(almost_dead=0.005)).ok


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "hard_tanh", "softsign"])
def test_large_weights_saturate(name):
    layers = dense(name, depth=2, gain=4000)
    problems = only(diagnose(layers, data()), "saturated")
    assert [problem.layer for problem in problems] == [0, 1]
    assert all(problem.evidence["saturated"] > 0.5 for problem in problems)


@pytest.mark.parametrize("name", ["relu6", "hard_tanh", "hard_sigmoid"])
def test_bounded_units_pushed_to_one_end_die(name):
    layers = dense(name, depth=1)
    layers[0][1][:20] = -1000
    problem = only(diagnose(layers, data()), "dying")[0]
    assert problem.evidence["dead"] == 20


@pytest.mark.parametrize("name", ["elu", "gelu", "silu", "softplus"])
def test_units_pushed_to_the_flat_side_saturate(name):
    """Their slope is never exactly zero there, so that they are not dead."""
    layers = dense(name, depth=2, gain=2)
    layers[0][1][:20] = -12
    problems = only(diagnose(layers, data()), "saturated")
    assert [problem.layer for problem in problems] == [0]
    assert problems[0].evidence["saturated_units"] == 20


def test_functions_that_are_flat_by_design_are_no_problem():
    """Half of relu's arguments lie on its flat side, and most of a radial function's."""
    assert diagnose(dense("relu", depth=2, gain=2), data()).layers[0].saturated > 0.4
    report = diagnose(dense("gaussian", depth=1, gain=20), data())
    assert report.layers[0].saturated > 0.5
    assert report.ok


def test_the_output_layer_has_no_verdicts():
    layers = dense("relu", depth=1, last="tanh", gain=2)
    layers[1][0][:] *= 100
    report = diagnose(layers, data())
    assert report.layers[1].saturated > 0.9
    assert report.ok


def test_recorded_gradients():
    pre = np.random.default_rng(0).standard_normal((50, 6, 3, 3))
    layers = [Observed(pre=pre, activation="relu", axis=1, gradient=10.0**-n * pre) for n in (5, 3, 0)]
    report = diagnose(layers)
    norms = [10.0**-n * np.sqrt(np.mean([np.sum(sample**2) for sample in pre])) for n in (5, 3, 0)]
    assert np.allclose([layer.gradient for layer in report.layers], norms)
    (problem,) = only(report, "vanishing")
    assert np.isclose(problem.evidence["rate"], 10**-2.5)
    assert report.loss == "given"


def test_thresholds_decide():
    layers = dense("sigmoid", depth=3)
    assert diagnose(layers, data(), thresholds=Thresholds(vanishing=0.5)).kinds == {"vanishing"}
    layers = dense("relu", depth=3, gain=8)
    assert diagnose(layers, data()).ok
    assert diagnose(layers, data(), thresholds=Thresholds(exploding=2)).kinds == {"exploding"}
    layers = dense("tanh", depth=2, gain=2)
    assert diagnose(layers, data(), thresholds=Thresholds(saturated=0.01)).kinds == {"saturated"}


BAD = [{"dying": 2}, {"vanishing": -1}, {"exploding": 0.5}, {"dormant": "1"}, {"saturated": math.nan}]


@pytest.mark.parametrize("bad", BAD)
def test_bad_thresholds(bad):
    (name,) = bad
    with pytest.raises(ValueError, match=name):
        Thresholds(**bad)


@pytest.mark.parametrize("number", [np.float32(0.25), np.float16(0.25), np.float64(0.25)])
def test_thresholds_may_be_numbers_of_numpy(number):
    made = Thresholds(dying=number, exploding=np.int64(10))
    assert made == Thresholds(dying=0.25, exploding=10)
    assert json.loads(json.dumps(dataclasses.asdict(made)))["exploding"] == 10
