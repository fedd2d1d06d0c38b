"""What the built-ins that look at axes themselves share about arrays."""

from __future__ import annotations

import numpy as np

__all__ = ["as_array", "float_for", "placed"]


def as_array(x):
    """x itself if it speaks ``__array_ufunc__``, else as an array."""
    return x if type(x) is np.ndarray or hasattr(x, "__array_ufunc__") else np.asarray(x)


def float_for(dtype: np.dtype) -> np.dtype:
    """The type itself if it is a float, else the one that NumPy's float ufuncs compute integers in."""
    return dtype if dtype.kind == "f" else np.sqrt(np.empty(0, dtype)).dtype


def placed(result, out):
    """The result, copied to the array that the caller gave for it, if there is one (or a tuple of one)."""
    out = out[0] if isinstance(out, tuple) else out
    if out is None:
        return result
    if out.shape != result.shape:
        raise ValueError(f"out has shape {out.shape} and the result has shape {result.shape}; they must be equal")
    np.copyto(out, result, casting="same_kind")
    return out
