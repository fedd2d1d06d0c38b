"""What kinds that work on rows share: pandas and xarray objects are their arrays, and get their labels back."""

from __future__ import annotations

import numpy as np

from activations.activation import Builtin
from activations.arrays import one_axis, one_result, refuse_masked
from activations.blockwise import Blockwise, is_large
from activations.values import by_name

__all__ = ["Rowwise", "relabelled", "rows_of", "unlabelled"]


class Rowwise(Blockwise, Builtin):
    """Base of the folding and gated kinds, which write `_forward` and `_gradient` for arrays.

    Left to itself pandas would call a ufunc on one block of equal columns after another, transposed, so that no row is
    ever seen whole; xarray refuses a ufunc that folds.
    """

    __slots__ = ()
    positional = 2  # arguments of a call that may come without their name

    def _general(self, x, /, *args, **keywords):
        self._demand_few(1 + len(args))
        if args:
            args = (one_result(args[0], by_name(self)),)
        elif "out" in keywords:
            keywords["out"] = one_result(keywords["out"])
        if _makes_more(x, keywords) and (result := self._in_blocks(x, args, keywords)) is not None:
            return result
        self._refuse_masked(keywords.get("where"), x)
        if not hasattr(x, "__array_ufunc__"):
            x = np.asarray(x)
        if type(x) is np.ndarray and x.dtype.kind in "USOMm":
            raise self._explained(TypeError(), x)
        result = self._forward(rows_of(x), *args, **keywords)
        out = args[-1] if args else keywords.get("out")
        return relabelled(result, x) if out is None else result

    def _backward(self, dy, x, y, keywords: dict):
        if "out" in keywords:
            keywords["out"] = one_result(keywords["out"])
        if (
            _makes_more(y if x is None else x, keywords)
            and (result := self._backward_in_blocks(dy, x, y, keywords)) is not None
        ):
            return result
        self._refuse_masked(keywords.get("where"), dy, x, y)
        out = keywords.get("out")
        result = self._gradient(rows_of(dy), rows_of(x), rows_of(y), keywords)
        return relabelled(result, x, y, dy) if out is None else result

    def _demand_few(self, count: int) -> None:
        if count > self.positional:
            raise TypeError(
                f"{self.name}() takes at most {self.positional} positional arguments, and {count} were given"
                f"{by_name(self)}"
            )

    def _one_axis(self, axis, ndim: int) -> int:
        """The number of an axis, counted from the first."""
        return one_axis(self.name, axis, ndim)

    def _refuse_masked(self, where, *arrays) -> None:
        """An error for masked arrays: the loops would read what lies below the mask."""
        if where is None:
            refuse_masked(self.name, arrays, maskable=self._declaration.absent is not None)


def unlabelled(x):
    """The array that a labelled object of pandas or xarray holds; anything else as it is."""
    if type(x) is np.ndarray or not hasattr(x, "__array_ufunc__"):
        return x
    kind = type(x)  # not x itself, of which pandas makes attributes of the names of columns
    if hasattr(kind, "dims"):
        if not hasattr(kind, "data"):
            raise TypeError(f"{kind.__name__} holds several arrays, which have no rows in common: give one at a time")
        return x.data  # Dask's stays lazy
    return x.to_numpy() if _is_pandas(kind) else x


def rows_of(x):
    """The same; and that of a `numpy.ma` array of which nothing is masked: NumPy takes no mask through a fold."""
    return x.data if isinstance(x, np.ma.MaskedArray) and not np.ma.is_masked(x) else unlabelled(x)


def relabelled(result, *objects):
    """The result with the labels of the first object that has some, if it is of that shape."""
    for x in objects:
        kind = type(x)
        if not hasattr(x, "__array_ufunc__") or x.shape != result.shape:
            continue
        if hasattr(kind, "dims"):
            return x.copy(data=result)
        if _is_pandas(kind):
            made = kind(result, *x.axes)
            return made.rename(x.name) if result.ndim == 1 else made
        if isinstance(x, np.ma.MaskedArray) and type(result) is np.ndarray and not np.ma.is_masked(x):
            return result.view(np.ma.MaskedArray)
    return result


def _makes_more(x, keywords: dict) -> bool:
    """Whether a call without a bias makes other arrays than its result: operands that are filled under a mask, or rows
    of several axes that do not lie one after another, or not where the result is to go."""
    if not is_large(x):
        return False
    if keywords.get("where") is not None:
        return True
    axes = keywords.get("axis")
    if not isinstance(axes, tuple):
        return False
    if keywords.get("out") is not None or not x.flags.c_contiguous:
        return True
    return sorted(axis % x.ndim for axis in axes) != list(range(x.ndim - len(axes), x.ndim))


def _is_pandas(kind: type) -> bool:
    return hasattr(kind, "axes") and hasattr(kind, "to_numpy")
