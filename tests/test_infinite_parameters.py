"""An infinite parameter gives the limit, or is refused: no function is NaN for it but at single points, where it is
multiplied by 0."""

import math

import numpy as np
import pytest

import activations
from activations import catalogue

DECLARED = catalogue.declarations()
CASES = [
    (name, p.name, value)
    for name, declared in DECLARED.items()
    for p in declared.parameters
    if p.is_operand and not isinstance(p.default, bool)
    for value in (math.inf, -math.inf)
]
X = np.array([-2.5, -1.0, -0.3, 0.2, 0.7, 3.0])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "parameter", "value"), CASES)
def test_limit_or_refusal(name, parameter, value, dtype):
    declared, x = DECLARED[name], X.astype(dtype)
    allowed = next(p for p in declared.parameters if p.name == parameter)
    given = {parameter: value}
    if name == "rrelu":  # whose bounds are in order
        given |= {"upper": value} if value > 0 else {"lower": value}
    f = getattr(activations, name)
    if not allowed.contains(value):
        for held in (value, np.array([allowed.default, value])):
            with pytest.raises(ValueError, match=f"{name}: {parameter}=.*inf.* is not allowed; it must be a "):
                f.bind(**given | {parameter: held})
        return
    f = f.bind(**given)
    y = f(x)
    assert not np.isnan(y).any()
    assert not np.isnan(f.backward(np.ones_like(y), x)).any()
    if declared.elementwise:
        assert not np.isnan(f.derivative(x)).any()


def test_limits_that_are_allowed():
    np.testing.assert_array_equal(activations.hard_silu(X, slope=math.inf), np.maximum(X, 0))
    np.testing.assert_array_equal(activations.swish(X, beta=-math.inf), np.minimum(X, 0))
    np.testing.assert_array_equal(activations.soft_shrink(X, lambd=math.inf), 0 * X)
    assert activations.lp_norm_fold(X, p=math.inf) == 3


def test_refusals_name_the_cure():
    with pytest.raises(ValueError, match="gaussian: gamma=inf is not allowed; it must be a finite real number > 0"):
        activations.gaussian(X, gamma=math.inf)
    with pytest.raises(
        ValueError, match="isru: alpha=an array that holds inf is not allowed; it must be a finite real"
    ):
        activations.isru(X, alpha=np.full(6, np.inf))
    with pytest.raises(ValueError, match="srelu: left_threshold=inf is not allowed; it must be a real number < inf"):
        activations.srelu(X, left_threshold=math.inf)
    with pytest.raises(ValueError, match="sin: omega=an array that holds -inf is not allowed; it must be a finite"):
        activations.sin(X, omega=np.array(6 * [-np.inf]))
