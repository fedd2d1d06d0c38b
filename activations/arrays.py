"""What activations share about arrays."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from activations.kernels.direct import filled
from activations.lazy import is_lazy
from activations.narrow import WIDE, demand_float, is_foreign, narrowest, wide_dtype

__all__ = [
    "NARROW_PIECES",
    "as_array",
    "filled_outside",
    "flattened",
    "float_for",
    "float_of",
    "laid_out_like",
    "one_axis",
    "one_result",
    "outside",
    "placed",
    "refuse_masked",
    "same_shape",
    "summed",
    "summed_to",
]

# Up to so many pieces of maxout their numbers fit into a byte.
NARROW_PIECES = 256


def as_array(x):
    """x itself if it speaks ``__array_ufunc__``, else as an array."""
    return x if type(x) is np.ndarray or hasattr(x, "__array_ufunc__") else np.asarray(x)


def float_for(dtype: np.dtype) -> np.dtype:
    """The type itself if it is a float, else the one that NumPy's float ufuncs compute integers in."""
    return dtype if dtype.kind == "f" else np.sqrt(np.empty(0, dtype)).dtype


def float_of(*arrays) -> np.dtype:
    """The type of a float result of these arrays, bfloat16 and the like among them."""
    foreign = [x for x in arrays if is_foreign(x)]
    if not foreign:
        return float_for(np.result_type(*arrays))
    for x in foreign:
        demand_float(x.dtype)
    wide = wide_dtype(x for x in arrays if not is_foreign(x))
    return narrowest(arrays) if wide == WIDE else wide


def one_result(out, cure: str = "", name: str = ""):
    """The memory that a caller gave for one result, if any: an array, or a tuple of one, as NumPy's ufuncs take it."""
    out = out[0] if isinstance(out, tuple) and len(out) == 1 else out
    if out is not None and (not hasattr(out, "shape") or isinstance(out, np.generic)):
        start = f"{name}: " if name else ""
        raise TypeError(f"{start}out must be an array for the result, not {type(out).__name__!r}{cure}")
    return out


def placed(result, out):
    """The result, copied to the array that the caller gave for it, if there is one."""
    out = one_result(out)
    if out is None:
        return result
    if out.shape != result.shape:
        raise ValueError(f"out has shape {out.shape} and the result has shape {result.shape}; they must be equal")
    np.copyto(out, result, casting="same_kind")
    return out


def refuse_masked(name: str, arrays: Iterable, cure: str = "", maskable: bool = False) -> None:
    """An error for arrays of `numpy.ma` of which something is masked, and Dask's of such chunks. The cure, if no other
    is given, is to fill them, or a mask ``where=``, where one is taken."""
    for x in arrays:
        if type(x) is np.ndarray:
            continue
        if isinstance(x, np.ma.MaskedArray) and np.ma.is_masked(x):
            filled, mask = "x.filled(0.0)", "x.mask"
        elif is_lazy(x) and isinstance(x._meta, np.ma.MaskedArray):  # what is masked nobody knows yet
            filled, mask = "dask.array.ma.filled(x, 0.0)", "dask.array.ma.getmaskarray(x)"
        else:
            continue
        cure = cure or f"fill them first, with {filled} say" + (f", or pass where=~{mask}" if maskable else "")
        raise TypeError(f"{name}: masked values would take part: {cure}")


def same_shape(one: tuple, other: tuple) -> bool:
    """Whether two shapes are equal, as far as is known: a length of Dask's that nobody knows yet is NaN."""
    return one == other or (
        len(one) == len(other) and all(p == q or (p != p and q != q) for p, q in zip(one, other, strict=True))
    )


def summed(name: str, x, bias):
    """x + bias, in the type and the shape of x: the bias decides neither."""
    x, bias = (each if hasattr(each, "__array_ufunc__") else np.asarray(each) for each in (x, bias))
    dtype = getattr(x, "dtype", None)
    if dtype is None and len(kinds := {*getattr(x, "dtypes", ())}) == 1:  # of a frame's columns
        (dtype,) = kinds
    try:
        with np.errstate(all="ignore"):
            if isinstance(bias, np.ndarray) and isinstance(dtype, np.dtype) and (is_foreign(x) or dtype.kind == "f"):
                bias = bias.astype(dtype, casting="same_kind", copy=False)
            total = np.add(x, bias)
    except ValueError:
        total = None
    except TypeError:
        raise TypeError(f"{name}: a bias holds real numbers, not {getattr(bias, 'dtype', bias)}") from None
    if not same_shape(np.shape(total), np.shape(x)):
        raise ValueError(
            f"{name}: a bias of shape {np.shape(bias)} does not broadcast to x, which has shape {np.shape(x)}"
        )
    return total


def summed_to(product: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Sums in double over what was broadcast from that shape."""
    lost = product.ndim - len(shape)
    kept = tuple(k + lost for k, length in enumerate(shape) if length == 1 and product.shape[k + lost] != 1)
    total = product.sum(axis=(*range(lost), *kept), dtype=np.float64, keepdims=True)
    return total.reshape(shape)


def one_axis(name: str, axis, ndim: int) -> int:
    """The number of an axis, counted from the first."""
    try:
        axis = operator.index(axis)
    except TypeError:
        raise TypeError(f"{name}: axis is a whole number, not {type(axis).__name__!r}") from None
    return normalize_axis_index(axis, ndim)


def outside(which: np.ndarray, pieces: int) -> str:
    """What is wrong with numbers of pieces that should lie from 0 to ``pieces - 1``; nothing if they all do."""
    # Unsigned, a negative number is larger than any other of its type: one look finds both ends.
    unsigned = which.view(which.dtype.str.replace("i", "u"))
    if not which.size or np.maximum.reduce(unsigned, axis=None) < min(pieces, np.iinfo(which.dtype).max + 1):
        return ""
    return f"which must hold numbers from 0 to {pieces - 1}, and holds {which.min()} to {which.max()}"


def flattened(x: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """The axes as one, the last."""
    moved = np.moveaxis(x, axes, range(-len(axes), 0))
    return moved.reshape(*moved.shape[: -len(axes)], math.prod(moved.shape[-len(axes) :]))


def laid_out_like(operands: tuple, keywords: dict) -> None:
    """Give a ufunc that folds an inner axis a result in the order of the last operand: by itself NumPy makes one in
    which that axis is the fastest."""
    if {"out", "dtype"} & keywords.keys() or any(type(x) is not np.ndarray for x in operands):
        return
    dtype = float_of(*operands)
    if dtype.kind in "fV" and dtype.itemsize <= 8:
        keywords["out"] = np.empty_like(operands[-1], dtype)


def filled_outside(x: np.ndarray, mask: np.ndarray, filling: float) -> np.ndarray:
    """x where the mask is set, `filling` elsewhere; a floating dtype stays."""
    if x.dtype.kind == "f":
        # numpy.where takes several times as long where anything is strided, copies and all.
        if x.flags.f_contiguous and not x.flags.c_contiguous:
            return filled_outside(x.T, mask.T, filling).T
        sign = int(math.copysign(1, filling)) if filling else 0
        found = filled(np.ascontiguousarray(x), np.ascontiguousarray(mask), sign, None) if x.ndim else None
        if found is not None:
            return found
    return np.where(mask, x, x.dtype.type(filling) if x.dtype.kind == "f" else filling)
