"""Floating-point types that NumPy itself does not have: bfloat16 and the float8 types of the package ml_dtypes.

They are computed in float32 and rounded once, like float16, only that the conversions are NumPy's.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

__all__ = ["is_foreign", "through_float32"]

# From here on NumPy numbers the types that other packages have registered.
_FIRST_FOREIGN = 256


def is_foreign(x: object) -> bool:
    """Whether x holds a type that another package has registered with NumPy."""
    dtype = getattr(x, "dtype", None)
    return isinstance(dtype, np.dtype) and dtype.num >= _FIRST_FOREIGN


def through_float32(function: Callable, operands: tuple, inputs: int, keywords: dict):
    """``function(*operands, **keywords)`` where some of the first `inputs` operands are of such a type.

    Parameters
    ----------
    function : callable
        A ufunc, or something that is called like one.
    operands : tuple
        The inputs, and after them the result's arrays, if any.
    inputs : int
    keywords : dict
        ``out`` among them, if it is not among the operands.

    Returns
    -------
    ndarray, scalar or tuple of them
        What was float32 is of the type of the first such input.

    Raises
    ------
    TypeError
        If that type is not a floating-point one, such as int4.
    """
    dtype = next(x.dtype for x in operands[:inputs] if is_foreign(x))
    _demand_float(dtype)
    wide = [_cast(np.asarray(x), np.dtype(np.float32)) if is_foreign(x) else x for x in operands[:inputs]]
    keywords = dict(keywords)
    given = operands[inputs:] or keywords.pop("out", None)
    results = function(*wide, **keywords)
    single = not isinstance(results, tuple)
    narrowed = [_narrowed(each, dtype) for each in ((results,) if single else results)]
    if given is not None:
        for out, each in zip(given if isinstance(given, tuple) else (given,), narrowed, strict=True):
            if out is not None:
                np.copyto(out, each, casting="same_kind")
        narrowed = [
            each if out is None else out
            for out, each in zip(given if isinstance(given, tuple) else (given,), narrowed, strict=True)
        ]
    return narrowed[0] if single else tuple(narrowed)


def _narrowed(result, dtype: np.dtype):
    return _cast(result, dtype) if result.dtype == np.float32 else result


def _cast(x, dtype: np.dtype):
    # The conversions of ml_dtypes raise flags for NaN and for what has no place in eight bits.
    with np.errstate(all="ignore"):
        return x.astype(dtype)


def _demand_float(dtype: np.dtype) -> None:
    try:
        from ml_dtypes import finfo

        finfo(dtype)
    except (ImportError, ValueError):
        raise TypeError(
            f"activations take real floating-point types, bfloat16 and float8 of ml_dtypes among them, not {dtype}: "
            "convert the input first, for example with x.astype(numpy.float32)"
        ) from None
