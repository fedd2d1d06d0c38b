"""What makes two activations equal: the values of their parameters, and their functions."""

from __future__ import annotations

import numpy as np

__all__ = ["frozen", "identity", "kept"]


def kept(value: object) -> object:
    """A bound array, or another library's, is a value: later changes to the caller's do not reach it."""
    if hasattr(value, "__array_ufunc__") and not isinstance(value, np.generic):
        value = np.array(value, subok=True)
        value.flags.writeable = False
    return value


def frozen(value: object) -> object:
    """What a value is compared and hashed by. An array is its numbers: a config does not keep their type."""
    if not isinstance(value, np.ndarray):
        return value
    if value.dtype.kind == "f" and np.isnan(value).any():
        return value.shape, value.tobytes(), value.dtype.str  # numbers would differ from themselves
    return value.shape, tuple(value.ravel().tolist())


def identity(function: object) -> object:
    """What a function is compared and hashed by: itself, if it can be hashed."""
    try:
        hash(function)
    except TypeError:
        return id(function)
    return function
