"""Where functions saturate."""

import numpy as np
import pytest

import activations
from activations.diagnostics import saturation
from activations.diagnostics.functions import saturating_bounds

ELEMENTWISE = activations.names(kind="ridge") + activations.names(kind="radial")
LOGIT = 4.3565444


@pytest.mark.parametrize(
    ("name", "left", "right"),
    [
        ("relu", 0, np.inf),
        ("relu6", 0, 6),
        ("hard_tanh", -1, 1),
        ("leaky_relu", -np.inf, np.inf),
        ("identity", -np.inf, np.inf),
        ("tanh", -np.arctanh(np.sqrt(0.95)), np.arctanh(np.sqrt(0.95))),
        ("elu", np.log(0.05), np.inf),
        ("softplus", np.log(0.05 / 0.95), np.inf),
        ("sigmoid", -LOGIT, LOGIT),
        ("softsign", 1 - np.sqrt(20), np.sqrt(20) - 1),
        ("exponential", np.log(0.05), np.inf),
        ("binary_step", np.inf, -np.inf),
    ],
)
def test_bounds_by_formula(name, left, right):
    bounds = saturating_bounds(activations.get(name), 0.05)
    assert np.allclose(np.ravel(bounds), [left, right], rtol=1e-7)


@pytest.mark.parametrize("slope", [0.01, 0.05, 0.3])
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_beyond_the_bounds_it_is_flat_and_before_them_it_is_not(name, slope):
    f = activations.get(name)
    (left,), (right,) = saturating_bounds(f, slope)
    declared = f.properties["saturates"]
    assert "left" in declared or left == -np.inf
    assert "right" in declared or right == np.inf
    x = np.linspace(-60, 60, 24001)
    steepness = np.abs(f.derivative(x))
    steepest = f.properties["lipschitz"] if np.isfinite(f.properties["lipschitz"]) else 1.0
    steepness = np.where(np.isnan(steepness), np.inf, steepness)
    limit = slope * steepest * (1 + 1e-3)
    assert np.all(steepness[(x <= left) | (x >= right)] <= limit)
    for bound, side in ((left, -1), (right, 1)):
        if np.isfinite(bound) and abs(bound) < 50:
            inside = bound - side * np.linspace(1e-9, 0.02, 400)
            assert np.any(np.abs(f.derivative(inside)) >= slope * steepest * (1 - 1e-3)), side


@pytest.mark.parametrize("slope", [0.0, 0.2])
def test_share_by_loops(slope):
    x = 3 * np.random.default_rng(0).standard_normal((50, 6))
    for f in (activations.tanh, activations.hard_tanh, activations.relu):
        flat = [[abs(f.derivative(value)) <= slope for value in row] for row in x]
        assert np.isclose(saturation(f, x, slope=slope), np.mean(flat), rtol=1e-14)
        assert np.array_equal(saturation(f, x, slope=slope, axis=1), np.mean(flat, axis=0))


def test_parameters_of_each_unit():
    beta = np.array([0.5, 1.0, 2.0])
    f = activations.get("swish", beta=beta)
    left, right = saturating_bounds(activations.swish, 0.05, {"beta": beta}, 3)
    single = saturating_bounds(activations.swish, 0.05)[0]
    assert np.allclose(left * beta, single)
    assert np.all(right == np.inf)
    x = np.full((2, 3), -3.0)
    assert saturation(f, x, axis=-1).tolist() == [0.0, 0.0, 1.0]


def test_sides_are_those_of_the_parameters():
    """With a negative beta swish is flat on the right, and a bent line is nowhere if it is not relu."""
    edge = saturating_bounds(activations.silu, 0.05)[0]
    left, right = saturating_bounds(activations.get("swish", beta=np.array([-1.0, 1.0])), 0.05, units=2)
    assert np.allclose([left, right], [[-np.inf, *edge], [*-edge, np.inf]])
    left, right = saturating_bounds(activations.prelu, 0.05, {"weight": np.array([0.0, 0.3])}, 2)
    assert (left.tolist(), right.tolist()) == ([0.0, -np.inf], [np.inf, np.inf])


def test_what_is_not_declared_of_the_parameters_is_not_known():
    assert saturating_bounds(activations.xielu, 0.05) is not None
    assert saturating_bounds(activations.get("xielu", beta=0.7), 0.05) is None


def test_bounds_themselves_are_saturated():
    assert saturation("relu", [[0.0, 1.0]]) == 0.5
    assert saturation("hard_tanh", [[-1.0, 1.0, 0.5, -0.5]]) == 0.5


@pytest.mark.parametrize(
    ("name", "expected"),
    [("relu", [0, 1]), ("tanh", [1, 1]), ("leaky_relu", [0, 0]), ("identity", [0, 0]), ("binary_step", [1, 1])],
)
def test_infinities_are_saturated_on_flat_sides_alone(name, expected):
    assert saturation(name, np.array([[np.inf, -np.inf]] * 2), axis=-1).tolist() == expected
    assert saturation(name, [[np.nan]]) == 0


def test_what_is_flat_everywhere_is_saturated_once():
    assert saturation("binary_step", [[-1.0, 0.0, 1.0]]) == 1.0


def test_unknown_where_nothing_is_declared():
    assert saturating_bounds(activations.softmax, 0.05) is None
    assert saturating_bounds(activations.glu, 0.05) is None
    assert saturating_bounds(activations.Activation("mine", np.tanh, derivative=np.cos), 0.05) is None
