"""First weights, by the kind of activation that the layer has.

References
----------
X. Glorot, Y. Bengio, Understanding the difficulty of training deep feedforward neural networks, AISTATS 2010.
K. He, X. Zhang, S. Ren, J. Sun, Delving deep into rectifiers, ICCV 2015: formula 15 has the slope on the left.
Y. LeCun, L. Bottou, G. Orr, K.-R. Müller, Efficient BackProp, 1998; G. Klambauer, T. Unterthiner, A. Mayr,
S. Hochreiter, Self-normalizing neural networks, NeurIPS 2017, demand it for selu.
"""

from __future__ import annotations

import numpy as np

__all__ = ["RULES", "first_weights"]

RULES = ("sklearn", "auto", "he", "lecun", "glorot")

# Where a rectifier is told from others: a few standard deviations of a pre-activation out.
FAR = 3.0


def first_weights(rule: str, activation, fan_in: int, units: int, sums: int, rng, dtype):
    """Weights and bias of a layer before training.

    Parameters
    ----------
    rule : {"sklearn", "auto", "he", "lecun", "glorot"}
    activation : Activation or None
        None for the output layer.
    fan_in, units, sums : int
        Inputs, outputs and pre-activations of the layer.
    rng : numpy.random.RandomState
    dtype : dtype

    Returns
    -------
    weights : ndarray of shape (fan_in, sums)
    bias : ndarray of shape (sums,)
    """
    if rule == "sklearn":
        factor = 2.0 if activation is not None and activation.name == "sigmoid" else 6.0
        bound = np.sqrt(factor / (fan_in + units))
        weights = rng.uniform(-bound, bound, (fan_in, sums))
        return weights.astype(dtype, copy=False), rng.uniform(-bound, bound, sums).astype(dtype, copy=False)
    slope = _left_slope(activation, units)
    if rule == "auto":
        lecun = activation is not None and activation.name == "selu"
        rule = "lecun" if lecun else "glorot" if slope is None else "he"
    variance = {
        "he": 2.0 / ((1.0 + (0.0 if slope is None else slope) ** 2) * fan_in),
        "lecun": 1.0 / fan_in,
        "glorot": 2.0 / (fan_in + units),
    }[rule]
    weights = np.sqrt(variance) * rng.standard_normal((fan_in, sums))
    return weights.astype(dtype, copy=False), np.zeros(sums, dtype)


def _left_slope(activation, units: int) -> np.ndarray | None:
    """How steep a rectifier is where it is nearly shut, unit by unit, as arrays may be bound; None if it is none.

    A rectifier passes positive numbers nearly as they are and less than half of negative ones. To ask the function
    takes in plugins' too.
    """
    if activation is None or activation.kind != "ridge":
        return None
    x = np.repeat([[-FAR], [FAR]], units, axis=1)
    left, right = np.asarray(activation(x), float) / x
    return left if np.all((right > 0.9) & (right < 1.1) & (np.abs(left) < 0.5)) else None
