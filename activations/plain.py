"""Calls plain functions of arrays, of which activations are made, with the keywords that a ufunc has."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from activations.arrays import one_axis

__all__ = ["call_plain"]


def call_plain(activation, function: Callable, operands: tuple, inputs: int, values: Mapping[str, object], rest: dict):
    """``function(*operands, **values)``, and what the keywords in `rest` ask for.

    Parameters
    ----------
    activation : Activation
        Whose function it is, for what errors say.
    function : callable
    operands : tuple
        The inputs, and after them the memory of the result, if it is given.
    inputs : int
    values : mapping
        The parameters by name.
    rest : dict
        ``axis`` (of folding and gated kinds), ``out``, ``where``, ``casting``, ``dtype``, ``order`` and ``subok``.

    Returns
    -------
    ndarray or scalar

    Raises
    ------
    TypeError
        For other keywords, and operands that are no real numbers.
    """
    if len(operands) > inputs:
        if activation.kind == "gated":
            raise TypeError(
                f"{activation.name} takes gate and value in one array: join them, np.concatenate((a, b), -1)"
            )
        *operands, rest["out"] = operands
    operands = tuple(x if hasattr(x, "__array_ufunc__") else np.asarray(x) for x in operands)
    for x in operands:
        if getattr(getattr(x, "dtype", None), "kind", "f") in "cOSUMm":
            raise activation._explained(TypeError(), x)
    dtype = rest.pop("dtype", None)
    if dtype is not None:
        operands = tuple(x.astype(dtype) for x in operands)
    if "axis" in rest and activation.kind in ("folding", "gated"):
        result = _along(activation.name, rest.pop("axis"), function, operands, values)
    else:
        result = function(*operands, **values)
    out, where, casting = rest.pop("out", None), rest.pop("where", True), rest.pop("casting", "same_kind")
    rest.pop("order", None)
    rest.pop("subok", None)
    if rest:
        raise TypeError(f"{activation.name} is made from a plain function, which takes no {', '.join(rest)}")
    out = out[0] if isinstance(out, tuple) else out
    if out is None and where is True:
        return result
    out = np.empty_like(result) if out is None else out
    np.copyto(out, result, where=where, casting=casting)
    return out


def _along(name: str, axis, function: Callable, operands: tuple, values: Mapping[str, object]):
    """What a function that works along the last axis gives along another one. It may fold the axis away."""
    operands = tuple(x if hasattr(x, "__array_function__") else np.asarray(x) for x in operands)
    ndim = operands[-1].ndim
    axis = one_axis(name, axis, ndim)
    result = function(*(np.moveaxis(x, axis, -1) if np.ndim(x) == ndim else x for x in operands), **values)
    return np.moveaxis(result, -1, axis) if np.ndim(result) == ndim else result
