"""Figures about units, from arrays: which are dead, how often they are active, how much of their output is zero.

Every function takes one array, or an iterator over batches (a generator, say) of which it holds one at a time. A list
is an array, as everywhere in NumPy; ``iter(a_list)`` makes batches of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from activations.activation import Activation
from activations.diagnostics import functions
from activations.registry import get

__all__ = ["active_share", "almost_dead", "dead_units", "dormant_units", "saturation", "sparsity"]


def rows(x, axis: int) -> np.ndarray:
    """An array of real numbers as (samples, units): every position of an image or a sequence is a sample."""
    x = checked(x, axis, "x")
    if not x.shape[-1]:
        raise ValueError(f"there are no units: axis {axis} has length 0")
    return x.reshape(-1, x.shape[-1])


def checked(x, axis: int, what: str) -> np.ndarray:
    """An array of real numbers with the axis that counts units in the end, a view where it can be."""
    refuse_masked(x, what)
    x = np.asarray(x)
    if x.dtype.kind not in "fiub":
        raise TypeError(
            f"{what} holds {x.dtype}, not real numbers: convert it first, with numpy.asarray(x, dtype=float)"
        )
    if x.ndim < 2:
        raise ValueError(
            f"{what} has shape {x.shape}; it needs samples and units, as (samples, units) or (samples, channels, "
            "height, width) with axis=1: reshape a single sample with x[None]"
        )
    try:
        return np.moveaxis(x, axis, -1)
    except np.exceptions.AxisError:
        raise ValueError(f"axis={axis} is no axis of {what}, whose shape is {x.shape}") from None


def refuse_masked(x, what: str) -> None:
    """An error for an array of `numpy.ma` of which something is masked: it would be counted as what lies there."""
    if isinstance(x, np.ma.MaskedArray) and np.ma.is_masked(x):
        raise TypeError(
            f"{what} has masked elements, which would be counted: leave them out, with numpy.ma.compress_rows or "
            f"{what}[~mask], or fill them"
        )


def _batches(x, axis: int) -> Iterator[np.ndarray]:
    units = None
    for batch in x if isinstance(x, Iterator) else (x,):
        batch = rows(batch, axis)
        if units not in (None, batch.shape[1]):
            raise ValueError(f"a batch has {batch.shape[1]} units and those before it {units}; they must be equal")
        units = batch.shape[1]
        if len(batch):
            yield batch


def _mean(x: np.ndarray | Iterable, axis: int, function) -> np.ndarray:
    """The mean over all samples of what `function` makes of each batch: an array (samples, units)."""
    total, count = 0.0, 0
    for batch in _batches(x, axis):
        each = function(batch)
        total = total + each.sum(axis=0, dtype=np.float64 if each.dtype.kind == "f" else np.int64)
        count += len(batch)
    if not count:
        raise ValueError("there are no samples: give at least one row")
    return total / count


def active_share(x, activation: Activation | str | None = None, *, axis: int = -1) -> np.ndarray:
    """The share of the samples on which each unit is active.

    A unit is *active* on a sample if a gradient passes through it there: for elementwise activations if the derivative
    at its pre-activation is not exactly zero, for maxout, gated and other kinds if a backward pass gives at least one
    of its pre-activations a gradient other than zero. For relu, that is where its output is positive.

    Parameters
    ----------
    x : array_like of shape (samples, ..., units), or iterator of such
        Pre-activations; or, without `activation`, outputs.
    activation : Activation, str or dict, optional
        What is applied to `x`. Without it the output says what it can: a unit counts as active where its output is not
        exactly zero, which is the same for relu and its kin and for no other function.
    axis : int
        The axis that counts units; 1 for images of shape (samples, channels, height, width). All others count samples:
        a channel is active at a position of an image.

    Returns
    -------
    ndarray of shape (units,)
        float64, between 0 and 1. maxout and the gated kinds have fewer units than `x` has columns.

    Raises
    ------
    ValueError
        If there are no samples, or `x` has fewer than two dimensions.
    TypeError
        If `x` holds no real numbers, or the activation has no derivative.

    Examples
    --------
    >>> from activations.diagnostics import active_share
    >>> x = [[-1.0, 2.0, -3.0], [-1.0, 1.0, 5.0]]
    >>> active_share(x, "relu")
    array([0. , 1. , 0.5])
    >>> active_share(x, "leaky_relu")
    array([1., 1., 1.])
    """
    if activation is None:
        return _mean(x, axis, lambda y: y != 0)
    f = get(activation)

    def active(batch):
        units = functions.units_of(f, batch.shape[1], {})
        return functions.to_units(f, functions.lets_through(f, batch, {}), units)

    return _mean(x, axis, active)


def dead_units(x, activation: Activation | str | None = None, *, axis: int = -1) -> np.ndarray:
    """Which units are dead: active on none of the samples, so that no gradient descent on these samples moves them.

    Parameters
    ----------
    x : array_like of shape (samples, ..., units), or iterator of such
        Pre-activations; or, without `activation`, outputs.
    activation : Activation, str or dict, optional
        What is applied to `x`; see `active_share`, which says what active means. Without it a unit is dead if its
        output is exactly zero on every sample.
    axis : int
        The axis that counts units.

    Returns
    -------
    ndarray of bool, of shape (units,)

    Raises
    ------
    ValueError, TypeError
        As `active_share` does.

    Examples
    --------
    >>> import numpy as np
    >>> from activations.diagnostics import dead_units
    >>> x = np.array([[-1.0, 2.0, 7.0], [-2.0, -1.0, 9.0]])
    >>> dead_units(x, "relu")
    array([ True, False, False])
    >>> dead_units(x, "relu6")                   # above 6 it has no gradient either
    array([ True, False,  True])
    >>> dead_units(iter([x[:1], x[1:]]), "relu")  # batch by batch
    array([ True, False, False])
    """
    return active_share(x, activation, axis=axis) == 0


def almost_dead(x, activation: Activation | str | None = None, *, below: float = 0.01, axis: int = -1) -> np.ndarray:
    """Which units are active on a few samples only, and not dead.

    Parameters
    ----------
    x : array_like of shape (samples, ..., units), or iterator of such
        Pre-activations; or, without `activation`, outputs.
    activation : Activation, str or dict, optional
        What is applied to `x`; see `active_share`.
    below : float
        A unit is almost dead if it is active on more than none and on less than this share of the samples. With fewer
        than ``1 / below`` samples no unit can be.
    axis : int
        The axis that counts units.

    Returns
    -------
    ndarray of bool, of shape (units,)

    Raises
    ------
    ValueError, TypeError
        As `active_share` does; and if `below` is not between 0 and 1.

    Examples
    --------
    >>> import numpy as np
    >>> from activations.diagnostics import almost_dead
    >>> almost_dead(np.array([[1.0, 2.0], [-1.0, 2.0], [-1.0, -2.0]]), "relu", below=0.5)
    array([ True, False])
    """
    if not 0 <= below <= 1:
        raise ValueError(f"below={below!r} is no share: give a number between 0 and 1")
    share = active_share(x, activation, axis=axis)
    return (share > 0) & (share < below)


def sparsity(y, *, axis: int | None = None) -> float | np.ndarray:
    """The share of exact zeros.

    Parameters
    ----------
    y : array_like of shape (samples, ..., units), or iterator of such
        Outputs.
    axis : int, optional
        The axis that counts units, for the share of each unit; without it the share of all elements.

    Returns
    -------
    float, or ndarray of shape (units,)

    Raises
    ------
    ValueError, TypeError
        If there are no samples, or no real numbers.

    Examples
    --------
    >>> from activations.diagnostics import sparsity
    >>> sparsity([[0.0, 1.0, 0.0, 2.0]])
    0.5
    """
    share = _mean(y, -1 if axis is None else axis, lambda y: y == 0)
    return float(share.mean()) if axis is None else share


def saturation(activation: Activation | str, x, *, slope: float = 0.05, axis: int | None = None) -> float | np.ndarray:
    """The share of pre-activations at which an activation is saturated.

    A pre-activation is saturated if it lies on a side on which the activation declares to saturate
    (``f.properties["saturates"]``), so far out that from there on the slope nowhere exceeds `slope` times the largest
    slope of the function (times 1 where slopes have no bound). With the default, that is \\|tanh(x)\\| > 0.975, sigmoid
    outside of 0.013 to 0.987, relu's x <= 0, gelu's x < -2.28.

    Parameters
    ----------
    activation : Activation, str or dict
        An elementwise one that declares where it saturates, as all built-in ones do.
    x : array_like of shape (samples, ..., units), or iterator of such
        Pre-activations.
    slope : float
        Slopes up to this share of the largest are flat. 0 asks for slopes of exactly zero.
    axis : int, optional
        The axis that counts units, for the share of each unit; without it the share of all elements.

    Returns
    -------
    float, or ndarray of shape (units,)
        0 for activations that do not saturate (leaky_relu).

    Raises
    ------
    TypeError
        If the activation declares nothing about where it saturates: folding and gated kinds, and one's own.
    ValueError
        If there are no samples, or `slope` is not at least 0 and below 1.

    Examples
    --------
    >>> import numpy as np
    >>> from activations.diagnostics import saturation
    >>> x = np.array([[-9.0, 0.1], [-8.0, 9.0]])
    >>> saturation("tanh", x), saturation("relu", x), saturation("leaky_relu", x)
    (0.75, 0.5, 0.0)
    >>> saturation("tanh", x, axis=-1)
    array([1. , 0.5])
    """
    f = get(activation)
    if not 0 <= slope < 1:
        raise ValueError(f"slope={slope!r} is not allowed: give a share of the largest slope, at least 0 and below 1")

    bounds: dict[int, tuple] = {}

    def flat(batch):
        units = batch.shape[1]
        if units not in bounds:
            bounds[units] = functions.saturating_bounds(f, slope, units=units)
        if bounds[units] is None:
            raise TypeError(f"{f.name} declares no sides on which it saturates, so that its saturation is unknown")
        return np.logical_or(*functions.saturated(batch, bounds[units]))

    share = _mean(x, -1 if axis is None else axis, flat)
    return float(share.mean()) if axis is None else share


def dormant_units(y, *, tau: float = 0.025, axis: int = -1) -> np.ndarray:
    """Which units are dormant: their mean absolute output is a small share of the layer's.

    A unit's score is the mean of \\|y\\| over the samples, divided by the mean of that over the units of the layer; it
    is dormant if the score is at most `tau`. The mean of the result is the dormant ratio. Unlike being dead this says
    nothing of gradients: a unit that is small everywhere is dormant and learns, a saturated one is neither.

    Parameters
    ----------
    y : array_like of shape (samples, ..., units), or iterator of such
        Outputs.
    tau : float
        The largest score of a dormant unit; with 0 those whose output is zero on every sample.
    axis : int
        The axis that counts units.

    Returns
    -------
    ndarray of bool, of shape (units,)
        All of them where the whole layer puts out zeros; none that has ever put out NaN, which does not count among
        the others.

    Raises
    ------
    ValueError, TypeError
        If there are no samples, or no real numbers; if `tau` is negative.

    References
    ----------
    G. Sokar, R. Agarwal, P. S. Castro, U. Evci, The dormant neuron phenomenon in deep reinforcement learning,
    ICML 2023.

    Examples
    --------
    >>> from activations.diagnostics import dormant_units
    >>> dormant_units([[0.0, 1.0, -3.0, 0.01], [0.0, 3.0, -1.0, 0.01]])
    array([ True, False, False,  True])
    """
    if not tau >= 0:
        raise ValueError(f"tau={tau!r} is not allowed: it must be a number >= 0")
    return dormant(_mean(y, axis, lambda y: np.abs(y, dtype=np.float64)), tau)


def dormant(magnitude: np.ndarray, tau: float) -> np.ndarray:
    """The units whose mean absolute output is at most `tau` of the mean over units: those that have one, for NaN says
    nothing of the others."""
    known = magnitude[~np.isnan(magnitude)]
    most = tau * known.mean() if tau and known.size else 0.0
    return (magnitude <= most) & (magnitude < np.inf)
