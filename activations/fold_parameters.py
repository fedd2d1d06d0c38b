"""How folding activations vary with their parameters, which are one number for all rows.

Each function takes the activation with its parameters bound, the gradient of its output, x, and the gradient of x, in
double with the folded axis last, and gives what each row, or each element, adds to the gradient of the parameter. Most
is in the gradient of x already. Where that is 0 an element adds nothing, though x be infinite.
"""

from __future__ import annotations

from functools import partial

import numpy as np

__all__ = ["GRADIENTS"]


def _by_temperature(f, dy, x, dx, parameter="temperature"):
    """With x / t in the place of x. The elements of dx sum to 0, so that x may be counted from the largest."""
    return _products(dx, x - x.max(axis=-1, keepdims=True)) / -f.parameters[parameter]


def _by_center(f, dy, x, dx):
    return -dx


def _by_sigma(f, dy, x, dx):
    return _products(dx, x - f.parameters["center"]) / -f.parameters["sigma"]


def _by_p(f, dy, x, dx):
    """y / p * sum r^p log r, r = |x| / y; 0 for the largest value, where p is infinite."""
    y, p = f(x), f.parameters["p"]
    r = np.abs(x) / y[..., None]
    terms = np.where(r > 0, r**p * np.log(r), np.where(r == 0, 0.0, r))
    return np.where(y == 0, 0.0, dy * (y / p) * terms.sum(axis=-1))


def _norm(x, p):
    """The p-norm of each row."""
    size = np.abs(x).max(axis=-1, keepdims=True)
    return np.where(size == 0, 0.0, size * np.linalg.norm(x / size, p, axis=-1, keepdims=True))


def _by_least_norm(f, dy, x, dx):
    """x / eps of short vectors: the norm of the others is what they are divided by."""
    eps, norm = f.parameters["eps"], _norm(x, f.parameters["p"])
    return np.where(norm >= eps, 0.0, _products(dx, x) / -eps)


def _by_order(f, dy, x, dx):
    """-y / p * sum r^p log r, r = |y|, of what is divided by its norm."""
    y, p = f(x), f.parameters["p"]
    r = np.abs(y)
    terms = np.where(r > 0, r**p * np.log(r), np.where(r == 0, 0.0, r))
    change = _products(dy, y).sum(axis=-1, keepdims=True) * terms.sum(axis=-1, keepdims=True) / -p
    return np.where(_norm(x, p) < f.parameters["eps"], 0.0, change)


def _by_variance(f, dy, x, dx):
    """-y / (2 (v + eps)), v the variance; NumPy warns of that of nothing"""
    if not x.size:
        return np.zeros(x.shape[:-1])
    return _products(dy, f(x)) / (-2 * (x.var(axis=-1, keepdims=True) + f.parameters["eps"]))


def _by_alpha(f, dy, x, dx):
    """After G. M. Correia, V. Niculae, A. F. T. Martins, Adaptively sparse transformers, EMNLP 2019.

    With a = alpha - 1, L = log y and q = y ((1 - e^(-a L)) / a - L) / a, which tends to -y L^2 / 2 for a = 0, it is
    q - y^(1 - a) sum q / sum y^(1 - a): as they stand the two terms of q cancel where a is small. Where it is not, what
    q holds of y^(1 - a) cancels in that difference, and may be too large for double: y (1 - a L) / a^2 takes its place.
    """
    y, a = f(x), f.parameters["alpha"] - 1
    held = y != 0
    log = np.log(np.where(held, y, 1.0))
    t = a * log
    if a > 1:
        q, exponent = y * (1 - t) / a**2, np.where(held, log - t, -np.inf)
        weights = np.exp(exponent - exponent.max(axis=-1, keepdims=True))
        return dy * (q - weights * (q.sum(axis=-1, keepdims=True) / weights.sum(axis=-1, keepdims=True)))
    near = np.polynomial.polynomial.polyval(t, _SERIES)
    ratio = np.where(np.abs(t) < 0.1, near, (-np.expm1(-t) - t) / np.where(t == 0, 1.0, t * t))
    q = np.where(held, y * log * log * ratio, 0.0)
    weights = np.where(held, np.exp(log - t), 0.0)
    return dy * (q - weights * (q.sum(axis=-1, keepdims=True) / weights.sum(axis=-1, keepdims=True)))


# (1 - e^-t - t) / t^2
_SERIES = (-1 / 2, 1 / 6, -1 / 24, 1 / 120, -1 / 720, 1 / 5040, -1 / 40320, 1 / 362880, -1 / 3628800)


def _products(gradient, factor):
    return np.where(gradient == 0, 0.0, gradient * factor)


GRADIENTS = {
    ("entmax", "alpha"): _by_alpha,
    ("gaussian_rbf", "center"): _by_center,
    ("gaussian_rbf", "sigma"): _by_sigma,
    ("gumbel_softmax", "tau"): partial(_by_temperature, parameter="tau"),
    ("l2_normalize", "eps"): _by_least_norm,
    ("l2_normalize", "p"): _by_order,
    ("log_softmax", "temperature"): _by_temperature,
    ("lp_norm_fold", "p"): _by_p,
    ("softmax", "temperature"): _by_temperature,
    ("softmax2d", "temperature"): _by_temperature,
    ("standardize", "eps"): _by_variance,
}
