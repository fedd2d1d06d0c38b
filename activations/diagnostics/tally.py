"""What is counted of a layer while batches go by."""

from __future__ import annotations

import numpy as np

from activations.activation import Activation
from activations.diagnostics import functions

__all__ = ["Tally", "norm"]


class Tally:
    """Sums over all samples seen so far; counts are exact, moments are merged batch by batch in float64.

    The merging of means and of sums of squared deviations is that of T. F. Chan, G. H. Golub, R. J. LeVeque, Updating
    formulae and a pairwise algorithm for computing sample variances, 1979.
    """

    def __init__(self, activation: Activation | None, parameters=None, slope: float = 0.05):
        self.activation, self.parameters, self.slope = activation, parameters or {}, slope
        # A row is what gradients are of; each position in it is a sample of the units.
        self.rows = self.samples = self.zeros = self.not_finite = self.elements = 0
        # By unit: samples on which it is active or beyond a bound, sum of |y|, mean and squared deviations of y.
        self.active = self.left = self.right = self.magnitude = self.mean = self.deviations = None
        self.active_sums: np.ndarray | None = None
        self.gradient = self.gradient_after = self.weight_gradient = None
        # Units, bounds of saturation, and whether there is a derivative: asked of the activation at the first batch.
        self._known: tuple | None = None

    @property
    def differentiable(self) -> bool:
        """Whether the activation has a derivative."""
        return self._known is not None and self._known[2]

    def add(self, pre: np.ndarray | None, y: np.ndarray) -> None:
        """A batch of pre-activations (if they are known) and outputs, each (samples, units)."""
        self._active(pre, y)
        wide = y.astype(np.float64)
        self.elements += wide.size
        self.zeros += int(np.count_nonzero(y == 0))
        self.not_finite += int(np.count_nonzero(~np.isfinite(wide)))
        count, mean = len(wide), wide.mean(axis=0)
        deviations = np.square(wide - mean).sum(axis=0)
        magnitude = np.abs(wide).sum(axis=0)
        if not self.samples:
            self.mean, self.deviations, self.magnitude = mean, deviations, magnitude
        else:
            total, step = self.samples + count, mean - self.mean
            self.mean = self.mean + step * (count / total)
            self.deviations += deviations + step**2 * (self.samples * count / total)
            self.magnitude += magnitude
        self.samples += count

    def _active(self, pre, y) -> None:
        if self.activation is None:
            self.active = _plus(self.active, np.sum(y != 0, axis=0))
        if self.activation is None or pre is None:
            return
        f, parameters = self.activation, self.parameters
        if self._known is None:
            units = functions.units_of(f, pre.shape[1], parameters)
            bounds = functions.saturating_bounds(f, self.slope, parameters, units)
            self._known = units, bounds, functions.differentiable(f, pre.shape[1], parameters)
        units, bounds, _ = self._known
        if not self.differentiable:
            return
        sums = functions.lets_through(f, pre, parameters)
        self.active = _plus(self.active, functions.to_units(f, sums, units).sum(axis=0))
        if sums.shape[1] != units:
            self.active_sums = _plus(self.active_sums, sums.sum(axis=0))
        if bounds is not None:
            left, right = functions.saturated(pre, bounds)
            self.left, self.right = _plus(self.left, left.sum(axis=0)), _plus(self.right, right.sum(axis=0))

    def add_gradient(self, before: np.ndarray, after: np.ndarray | None = None) -> None:
        """A batch of gradients with respect to the pre-activations, and to the outputs."""
        self.gradient = _joined(self.gradient, before)
        if after is not None:
            self.gradient_after = _joined(self.gradient_after, after)

    def add_weight_gradient(self, x, gradient: np.ndarray) -> None:
        """A batch's share in the gradient of the weights, from the layer's input and the pre-activations' gradient."""
        self.weight_gradient = _plus(self.weight_gradient, np.asarray(x.T @ gradient, dtype=np.float64))


def _plus(total, more):
    return more if total is None else total + more


def norm(x: np.ndarray) -> float:
    """The Euclidean norm of all elements in float64, where squares of gradients that vanish or explode would not do."""
    x = np.abs(x, dtype=np.float64)
    largest = float(x.max(initial=0.0))
    if not 0 < largest < np.inf:
        return largest
    return largest * float(np.sqrt(np.square(x / largest).sum()))


def _joined(total: float | None, batch: np.ndarray) -> float:
    return norm(batch) if total is None else float(np.hypot(total, norm(batch)))
