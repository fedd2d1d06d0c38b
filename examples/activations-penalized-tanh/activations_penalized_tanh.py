"""The penalized tanh, compiled by numba's `@vectorize`: an example of a plugin for `activations`."""

import math

from numba import vectorize

from activations import Activation

__all__ = ["penalized_tanh"]

# float32 first: a ufunc takes the first loop that its operands can be cast to.
SIGNATURES = ["float32(float32, float32)", "float64(float64, float64)"]


@vectorize(SIGNATURES)
def _forward(x, a):
    return math.tanh(x) if x > 0 or x != x else a * math.tanh(x)


@vectorize(SIGNATURES)
def _derivative(x, a):
    slope = 1 - math.tanh(x) ** 2
    return slope if x > 0 or x != x else a * slope


penalized_tanh = Activation(
    "penalized_tanh",
    _forward,
    derivative=_derivative,
    parameters={"a": 0.25},
    formula=r"f(x) = \tanh(x) \text{ for } x > 0,\ a \tanh(x) \text{ else}",
    reference="Bing Xu, Ruitong Huang, Mu Li, Revise Saturated Activation Functions, 2016",
)
