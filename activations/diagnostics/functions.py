"""What the diagnostics ask of an activation: through which sums a gradient passes, which units those belong to, and
where the function saturates."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from activations.activation import Activation
from activations.declaration import Properties

__all__ = [
    "apply",
    "backward",
    "declared",
    "differentiable",
    "elementwise",
    "lets_through",
    "saturated",
    "saturating_bounds",
    "to_units",
    "units_of",
    "width",
]

# Steeper than 1 % from one point to the next, and as far as anybody's pre-activations go.
_GRID = np.sinh(np.linspace(-8.0, 8.0, 2001))
# A cell of it is cut into 256, seven times over.
_CELL = np.linspace(0.0, 1.0, 257)
_REFINEMENTS = 7


def elementwise(f: Activation) -> bool:
    """Whether each output depends on one sum."""
    return f.kind in ("ridge", "radial")


def _options(f: Activation) -> dict[str, int]:
    """softmax2d folds another axis by default; here the units always are the last."""
    return {"axis": -1} if hasattr(f, "axis") else {}


def apply(f: Activation, x: np.ndarray, parameters: Mapping[str, object]) -> np.ndarray:
    """The output for pre-activations whose last axis counts sums."""
    return f(x, **_options(f), **parameters)


def backward(f: Activation, dy: np.ndarray, x: np.ndarray, parameters: Mapping[str, object]) -> np.ndarray:
    """The gradient with respect to the pre-activations."""
    return f.backward(dy, x, **_options(f), **parameters)


def differentiable(f: Activation, sums: int, parameters: Mapping[str, object]) -> bool:
    """Whether the activation has a derivative; one made of a plain callable may not, and says so by a TypeError."""
    x = np.zeros((1, sums))
    try:
        with np.errstate(all="ignore"):
            backward(f, np.ones_like(apply(f, x, parameters)), x, parameters)
    except TypeError:
        return False
    return True


def lets_through(f: Activation, x: np.ndarray, parameters: Mapping[str, object]) -> np.ndarray:
    """Which elements of the pre-activations get a gradient other than zero.

    Elementwise that is where the derivative is not zero. Other kinds are asked by a backward pass of random gradients:
    those of all ones are among the few that softmax does not let through.
    """
    if elementwise(f):
        return np.asarray(f.derivative(x, **parameters)) != 0
    y = apply(f, x, parameters)
    dy = np.random.default_rng(0).standard_normal(np.shape(y)).astype(np.asarray(y).dtype, copy=False)
    return np.asarray(backward(f, dy, x, parameters)) != 0


def width(f: Activation, sums: int, parameters: Mapping[str, object]) -> int:
    """How many numbers as many sums make: fewer in maxout and the gated kinds, more in crelu."""
    with np.errstate(all="ignore"):
        shape = np.shape(apply(f, np.zeros((1, sums)), parameters))
    if len(shape) != 2:
        for name, value in (dict(f.parameters) | dict(parameters)).items():
            if np.ndim(value) > 1:
                raise ValueError(
                    f"{f.name}: {name} has shape {np.shape(value)}; here units are counted along the last axis, "
                    "whatever the axis of the data: give one number for each, of shape (units,)"
                )
        raise ValueError(f"{f.name} makes one number of a whole layer: there are no units to tell about")
    return shape[1]


def units_of(f: Activation, sums: int, parameters: Mapping[str, object]) -> int:
    """How many units as many sums make. crelu's two outputs are one unit."""
    return min(sums, width(f, sums, parameters))


def to_units(f: Activation, mask: np.ndarray, units: int) -> np.ndarray:
    """For each unit, whether any of the sums that it is made of is set; `mask` has shape (samples, sums)."""
    rows, sums = mask.shape
    if sums == units:
        return mask
    if f.kind == "gated":
        return mask.reshape(rows, -1, units).any(axis=1)
    return mask.reshape(rows, units, -1).any(axis=2)


def saturating_bounds(
    f: Activation, slope: float, parameters: Mapping[str, object] | None = None, units: int = 1
) -> tuple[np.ndarray, np.ndarray] | None:
    """Below which pre-activation an activation is saturated, and above which.

    A pre-activation is saturated if it lies on a side on which the activation declares to saturate (with the unit's own
    parameters, where those are arrays), so far out that from there on the slope nowhere exceeds `slope` times the
    largest slope of the function (1 where slopes have no bound).

    Returns
    -------
    tuple of two ndarrays, or None
        Each of shape (1,), or (units,) where parameters are arrays; infinite where there is no such point. None where
        nothing is declared: folding and gated kinds, and activations of somebody's own.
    """
    known = declared(f, parameters, units)
    if known is None:
        return None
    parameters = dict(f.parameters) | dict(parameters or {})
    varied = {name: value for name, value in parameters.items() if np.ndim(value)}
    left, right = np.full(len(known), -np.inf), np.full(len(known), np.inf)
    has_largest = np.array([each.lipschitz is not None and np.isfinite(each.lipschitz) for each in known])
    f = f.bind(**{name: value for name, value in parameters.items() if name not in varied})
    with np.errstate(all="ignore"):
        for side, bound, sign in (("left", left, 1.0), ("right", right, -1.0)):
            flat = np.array([side in each.saturates for each in known])
            if flat.any():
                # The right side is the left one of the mirrored function.
                edge = sign * _edge(
                    lambda x, s=sign: np.abs(np.asarray(f.derivative(s * x, **varied), dtype=float)),
                    len(known),
                    slope,
                    has_largest,
                )
                bound[flat] = edge[flat]
    return left, right


def declared(f: Activation, parameters: Mapping[str, object] | None = None, units: int = 1) -> list[Properties] | None:
    """What an elementwise activation declares of itself, once for each unit where parameters are arrays.

    None where it is not known where some unit saturates.
    """
    if not elementwise(f):
        return None
    parameters = dict(f.parameters) | dict(parameters or {})
    varied = {name: np.ravel(value) for name, value in parameters.items() if np.ndim(value)}
    if any(value.size not in (1, units) for value in varied.values()):
        return None
    known = []
    for k in range(units if varied else 1):
        single = {name: float(value[k % value.size]) for name, value in varied.items()}
        known.append(f._declaration.known(parameters | single))
    return None if any(each.saturates is None for each in known) else known


def _edge(steepness, width: int, slope: float, has_largest: np.ndarray) -> np.ndarray:
    """The end of the flat stretch that begins at minus infinity, found to the last bits."""
    points = np.repeat(_GRID[:, None], width, axis=1)
    slopes = steepness(points)
    limit = slope * np.where(has_largest, np.where(np.isfinite(slopes), slopes, 0.0).max(axis=0), 1.0)
    nowhere, everywhere = ~(slopes[0] <= limit), np.all(slopes <= limit, axis=0)
    for _ in range(_REFINEMENTS):
        low, high = _around(points, slopes <= limit)
        points = low + (high - low) * _CELL[:, None]
        slopes = steepness(points)
    low, _ = _around(points, slopes <= limit)
    return np.where(nowhere, -np.inf, np.where(everywhere, np.inf, low))


def _around(points: np.ndarray, flat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """In each column the last point of the flat run at its beginning, and the next."""
    first_steep = np.where(flat.all(axis=0), len(points) - 1, flat.argmin(axis=0))
    columns = np.arange(points.shape[1])
    return points[np.maximum(first_steep - 1, 0), columns], points[first_steep, columns]


def saturated(x: np.ndarray, bounds: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Which pre-activations, of shape (samples, units), lie beyond the left and which beyond the right bound alone.

    A bound at the infinity of its own side is none, and an infinite pre-activation does not lie beyond it.
    """
    left = (x <= bounds[0]) & (bounds[0] > -np.inf)
    return left, (x >= bounds[1]) & (bounds[1] < np.inf) & ~left
