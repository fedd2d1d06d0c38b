"""The snake activation in pure NumPy: an example of a plugin for `activations`."""

import numpy as np

from activations import Activation

__all__ = ["snake"]


def _float(x):
    """The dtype that a ufunc such as `numpy.sin` gives for `x`; asking for it keeps `a` from promoting the result."""
    return np.sin.resolve_dtypes((x.dtype, None))[1]


def _forward(x, a):
    dtype = _float(x)
    with np.errstate(all="ignore"):
        wave = np.divide(np.square(np.sin(np.multiply(a, x, dtype=dtype))), a, dtype=dtype)
        return x + np.where(np.isinf(x), 0, wave)  # the wave is bounded: at an infinity x alone counts


def _derivative(x, a):
    with np.errstate(all="ignore"):
        return 1 + np.sin(np.multiply(np.multiply(2, a), x, dtype=_float(x)))


snake = Activation(
    "snake",
    _forward,
    derivative=_derivative,
    parameters={"a": 1.0},
    formula=r"f(x) = x + \frac{\sin^2(a x)}{a}",
    reference="Liu Ziyin, Tilman Hartwig, Masahito Ueda, Neural Networks Fail to Learn Periodic Functions and How to "
    "Fix It, NeurIPS 2020",
)
