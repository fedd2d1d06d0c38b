"""thinc: the operators of its NumPy backend with their backprop, as functions of an array.

They are compared up to +-20: there thinc's sigmoid clips its argument, which leaves it four orders off at -30, and its
mish becomes the line. NaN is left out, since its compiled maxout drops it and its relu has the gradient 1 there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

__all__ = ["FROM_OUTPUT", "FUNCTIONS", "REACH", "Operator", "operators"]

REACH = 20.0


@cache
def operators():
    """The operators for NumPy arrays."""
    from thinc.backends import NumpyOps

    return NumpyOps()


@dataclass(frozen=True)
class Operator:
    """An operator of thinc and how far it is right.

    Attributes
    ----------
    name : str
        Its name there; ``backprop_`` and this is the gradient's.
    fixed : tuple
        Arguments besides the arrays, in forward and backprop.
    saved : str
        What backprop takes after dY: ``"X"``, ``"Y"`` or both.
    error : float
        What it is off by beyond rounding.
    without : tuple of float
        Inputs left out.
    why : str
        The reason for the limits.
    """

    name: str
    fixed: tuple[float, ...] = ()
    saved: str = "X"
    error: float = 0.0
    without: tuple[float, ...] = ()
    why: str = ""

    def __call__(self, x):
        return getattr(operators(), self.name)(x, *self.fixed)

    def backward(self, dy, x):
        known = {"X": x, "Y": self(x)}
        backprop: Callable = getattr(operators(), f"backprop_{self.name}")
        return backprop(dy, *(known[letter] for letter in self.saved), *self.fixed)


EDGES = "where the parabola meets the lines its gradient is the parabola's, ours the lines'"
ERF = "its erf is a formula of Hastings with an error of 1.5e-7"
SIX_DIGITS = "its backprop has constants of six digits"

# Our name: (our parameters, its operator).
FUNCTIONS = {
    "clipped_linear": [
        ({}, Operator("clipped_linear")),
        (
            {"slope": 2.0, "offset": -1.0, "min_val": -3.0, "max_val": 0.5},
            Operator("clipped_linear", (2.0, -1.0, -3.0, 0.5)),
        ),
    ],
    "dish": [({}, Operator("dish"))],
    "gelu": [({}, Operator("gelu", error=3e-7, why=ERF))],
    "gelu_approx": [({}, Operator("gelu_approx", error=2e-7, why=SIX_DIGITS))],
    "hard_tanh": [({}, Operator("hard_tanh"))],
    "mish": [({}, Operator("mish"))],
    "relu": [({}, Operator("relu", saved="Y"))],
    "relu_k": [({}, Operator("relu_k")), ({"max_value": 2.0}, Operator("relu_k", (2.0,)))],
    "sigmoid": [({}, Operator("sigmoid", saved="Y"))],
    "thinc.hard_sigmoid": [({}, Operator("hard_sigmoid"))],
    "thinc.hard_swish": [({}, Operator("hard_swish", without=(-2.5, 2.5), why=EDGES))],
    "thinc.hard_swish_mobilenet": [({}, Operator("hard_swish_mobilenet", without=(-3.0, 3.0), why=EDGES))],
    "thinc.swish": [({}, Operator("swish", saved="XY"))],
}

# Our name: its derivative as a function of the output.
FROM_OUTPUT = {"sigmoid": "dsigmoid", "tanh": "dtanh"}
