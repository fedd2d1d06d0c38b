"""Floating-point types that NumPy itself does not have: bfloat16 and the float8 types of the package ml_dtypes.

They are computed in float32 and rounded once, like float16: bfloat16's arrays by elementwise kernels where they lie,
whatever else through the conversions that ml_dtypes has told NumPy of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from activations.kernels.core import take_bfloat16

__all__ = [
    "WIDE",
    "demand_float",
    "is_foreign",
    "is_in_place",
    "narrowest",
    "needs_float32",
    "through_float32",
    "wide_dtype",
]

# From here on NumPy numbers the types that other packages have registered.
_FIRST_FOREIGN = 256

WIDE = np.dtype(np.float32)

# By the number of a type, whether it is bfloat16.
_BFLOAT16: dict[int, bool] = {}


def is_foreign(x: object) -> bool:
    """Whether x holds a type that another package has registered with NumPy."""
    dtype = getattr(x, "dtype", None)
    return isinstance(dtype, np.dtype) and dtype.num >= _FIRST_FOREIGN


def needs_float32(operands: Iterable, keywords: Mapping[str, object]) -> bool:
    """Whether an operand is of such a type, or ``dtype=`` asks for one: what `through_float32` is for."""
    if any(map(is_foreign, operands)):
        return True
    asked = keywords.get("dtype")
    return asked is not None and np.dtype(asked).num >= _FIRST_FOREIGN


def is_in_place(ufunc: np.ufunc, operands: tuple, keywords: Mapping[str, object]) -> bool:
    """Whether an elementwise ufunc takes bfloat16 where it lies, as it does where there is nothing but arrays of it.

    Scalars, subclasses and arrays of other types go through float32, which says of what type the result is.
    """
    out = keywords.get("out")
    arrays = (*operands, *(out if isinstance(out, tuple) else () if out is None else (out,)))
    if "dtype" in keywords or not all(type(x) is np.ndarray and _is_bfloat16(x.dtype) for x in arrays):
        return False
    return take_bfloat16(ufunc, arrays[0].dtype.num)


def _is_bfloat16(dtype: np.dtype) -> bool:
    """A look at the number that NumPy gives the type: its name takes a microsecond."""
    if dtype.num not in _BFLOAT16:
        _BFLOAT16[dtype.num] = dtype.num >= _FIRST_FOREIGN and dtype.name == "bfloat16"
    return _BFLOAT16[dtype.num]


def through_float32(
    function: Callable, operands: tuple, inputs: int, keywords: Mapping[str, object], narrow: np.dtype | None = None
):
    """``function(*operands, **keywords)`` where some of the first `inputs` operands are of such a type, or of `narrow`.

    Parameters
    ----------
    function : callable
        A ufunc, or something that is called like one.
    operands : tuple
        The inputs, and after them the result's arrays, if any.
    inputs : int
    keywords : mapping
        ``out`` among them, if it is not among the operands. ``where`` and ``casting`` rule what comes into it, too.
    narrow : dtype, optional
        The type of all operands: float16, where it is to be computed so.

    Returns
    -------
    ndarray, scalar or tuple of them
        What was float32 is of the type that ``dtype`` asks for, else of `narrow` or that of `narrowest`.

    Raises
    ------
    TypeError
        If that type is not a floating-point one, such as int4.
    """
    keywords = dict(keywords)
    given = operands[inputs:] or keywords.pop("out", None)
    outs = given if isinstance(given, tuple) or given is None else (given,)
    asked, every = keywords.pop("dtype", None), narrow is not None
    if asked is None:
        narrow = narrow or narrowest(operands[:inputs])
    else:
        narrow = np.dtype(asked)
        keywords["dtype"] = narrow
        if narrow.num >= _FIRST_FOREIGN:
            demand_float(narrow)
            keywords["dtype"] = WIDE
    wide = []
    for x in operands[:inputs]:
        if is_foreign(x):
            demand_float(x.dtype)
        wide.append(_cast(x, WIDE) if every or is_foreign(x) else x)
    room = keywords.get("dtype", wide_dtype(wide))
    if outs is not None and any(out is not None for out in outs):
        keywords["out"] = tuple(_room(out, room) for out in outs)
    results = function(*wide, **keywords)
    single = not isinstance(results, tuple)
    results = [_narrowed(each, narrow) for each in ((results,) if single else results)]
    if "out" in keywords:
        where, casting = keywords.get("where", True), keywords.get("casting", "same_kind")
        for k, out in enumerate(outs):
            if out is not None:
                if results[k] is not out:
                    np.copyto(out, results[k], where=where, casting=casting)
                results[k] = out
    return results[0] if single else tuple(results)


def narrowest(operands: Iterable) -> np.dtype:
    """What operands have in common that need no more than float32.

    The first foreign type; or float32, if one of them is of a floating-point type of NumPy's.
    """
    foreign, rest = [], []
    for x in operands:
        (foreign if is_foreign(x) else rest).append(getattr(x, "dtype", None))
    beside = any(dtype is not None and dtype.kind == "f" for dtype in rest)
    return WIDE if beside else foreign[0]


def demand_float(dtype: np.dtype) -> None:
    """Refuse a foreign type that holds no floating-point numbers."""
    try:
        from ml_dtypes import finfo

        finfo(dtype)
    except (ImportError, ValueError):
        raise TypeError(
            f"activations take real floating-point types, bfloat16 and float8 of ml_dtypes among them, not {dtype}: "
            "convert the input first, for example with x.astype(numpy.float32)"
        ) from None


def wide_dtype(operands: Iterable) -> np.dtype:
    """What NumPy computes these in beside a float32 array."""
    return np.result_type(WIDE, *(x.dtype if hasattr(x, "dtype") else np.asarray(x) for x in operands))


def _room(out, dtype: np.dtype):
    """Memory for a result that is rounded on its way to `out`; whole numbers (of maxout's pieces) are not."""
    return out if out is None or out.dtype.kind in "biu" else np.empty_like(out, dtype)


def _narrowed(result, dtype: np.dtype):
    return _cast(result, dtype) if getattr(result, "dtype", WIDE) == WIDE else result  # a frame has none


def _cast(x, dtype: np.dtype):
    # The conversions of ml_dtypes raise flags for NaN and for what has no place in eight bits.
    with np.errstate(all="ignore"):
        x = x if hasattr(x, "astype") else np.asarray(x)
        return x if getattr(x, "dtype", None) == dtype else x.astype(dtype)
