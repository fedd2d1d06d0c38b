"""The sinu-sigmoidal linear unit in pure NumPy: an example of a plugin for `activations`."""

import numpy as np

from activations import Activation

__all__ = ["sinlu"]


def _alike(x, *parameters):
    """All in the dtype that a ufunc such as `numpy.sin` gives for `x`, so that no parameter promotes the result."""
    dtype = np.sin.resolve_dtypes((x.dtype, None))[1]
    return x.astype(dtype, copy=False), *(np.asarray(each, dtype) for each in parameters)


def _sigmoid(x):
    return np.exp(-np.logaddexp(0, -x))


def _forward(x, a, b):
    with np.errstate(all="ignore"):
        x, a, b = _alike(x, a, b)
        gate = _sigmoid(x)
        wave = np.where(np.isinf(x), 0, a * np.sin(b * x))  # bounded: at an infinity x alone counts
        return np.where(gate == 0, gate, (x + wave) * gate)


def _derivative(x, a, b):
    with np.errstate(all="ignore"):
        x, a, b = _alike(x, a, b)
        gate = _sigmoid(x)
        slope = 1 + a * b * np.cos(b * x) + (x + a * np.sin(b * x)) * _sigmoid(-x)
        return np.where(gate == 0, gate, slope * gate)


sinlu = Activation(
    "sinlu",
    _forward,
    derivative=_derivative,
    parameters={"a": 1.0, "b": 1.0},
    formula=r"f(x) = \frac{x + a \sin(b x)}{1 + e^{-x}}",
    reference="A. Paul, R. Bandyopadhyay, J. H. Yoon, Z. W. Geem, R. Sarkar, SinLU: Sinu-sigmoidal linear unit, "
    "Mathematics 10, 2022",
)
