"""Calls of many rows in portions of them, so that what goes before a kernel is never as large as the array.

The sum with a bias, operands with what is masked out filled in, and drawn numbers each need memory of their own. Made
for some rows at a time it is bounded, and still in the cache when the kernel reads it. Rows do not know of each other,
so the bits are the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import product

import numpy as np

from activations.declaration import UFUNC_KEYWORDS
from activations.kernels.call import PORTION

__all__ = ["Blockwise", "blocks", "is_large", "overlap", "part", "place_for", "plain", "through"]

# Neighbours along the last axis that stay together where another axis is folded: whole cache lines of each line.
_NEIGHBOURS = 64


def plain(x) -> bool:
    """Whether x is an array that results of its own type can be written into."""
    return type(x) is np.ndarray and x.dtype.kind == "f" and x.dtype.itemsize <= 8 and x.dtype.isnative


def is_large(x) -> bool:
    """Whether x is such an array, of more than one portion."""
    return plain(x) and x.size > PORTION


def overlap(out: np.ndarray, x) -> bool:
    """Whether writing a part of `out` may change another part of x."""
    if not isinstance(x, np.ndarray) or not np.may_share_memory(out, x):
        return False
    same = out.__array_interface__["data"] == x.__array_interface__["data"]
    return not (same and out.shape == x.shape and out.strides == x.strides and out.itemsize == x.itemsize)


def blocks(shape: tuple[int, ...], whole: Iterable[int] = (), most: int = PORTION) -> Iterator[tuple[slice, ...]]:
    """What a shape consists of, in portions of at most `most` elements, as far as the axes that stay `whole` allow.

    The outermost axes are cut first, so that with none to stay whole portions follow each other in C's order.
    """
    ranges = [(slice(None),)] * len(shape)
    whole, size = set(whole), math.prod(shape)
    for axis, length in enumerate(shape):
        if size <= most:
            break
        if axis in whole:
            continue
        size //= length
        least = _NEIGHBOURS if axis == len(shape) - 1 and whole else 1
        step = max(least, most // size)
        if step < length:
            ranges[axis] = tuple(slice(start, min(start + step, length)) for start in range(0, length, step))
        size *= min(step, length)
    return product(*ranges)


def part(x, index: tuple[slice, ...]):
    """A portion of what broadcasts to the array that `index` was made for."""
    if np.ndim(x) == 0:
        return x
    index = index[len(index) - x.ndim :]
    return x[tuple(slice(None) if n == 1 else each for n, each in zip(x.shape, index, strict=True))]


def through(
    call: Callable,
    like: np.ndarray,
    whole: tuple[int, ...],
    operands: Iterable[tuple],
    result: tuple,
    beside: dict,
):
    """Run a call portion by portion.

    Parameters
    ----------
    call : callable
        Called as ``call(*operands, out=..., **beside)`` with portions of everything.
    like : ndarray
        The array that is cut.
    whole : tuple of int
        Its axes that stay whole.
    operands : iterable of (ndarray or None, tuple of int or None)
        Each with the axes of `like` that it lacks.
    result : tuple
        Its shape and dtype, or the array for it; and the axes of `like` that it lacks.
    beside : dict
        What broadcasts to `like`.

    Returns
    -------
    ndarray or None
        None where it cannot be had so: there is only one portion, something does not fit, or memory is shared in a way
        that makes the order count.
    """
    indices = blocks(like.shape, whole)
    first = next(indices, None)
    if first is None or first == (slice(None),) * like.ndim:
        return None
    out, lacking = result
    for key, x in beside.items():
        # The mask of a gated kind is as long as the result where that has another length: where nothing is cut.
        free = {axis - like.ndim for axis in whole} if key == "where" else ()
        if np.ndim(x) > like.ndim:
            return None
        if any(np.shape(x)[k] not in (1, like.shape[k]) and k not in free for k in range(-np.ndim(x), 0)):
            return None
    if isinstance(out, np.ndarray):
        if any(overlap(out, x) for x, _ in operands) or any(np.may_share_memory(out, x) for x in beside.values()):
            return None
    else:
        shape, dtype = out
        out = np.empty_like(like, dtype) if shape == like.shape else np.empty(shape, dtype)
    for index in (first, *indices):
        given = [None if x is None else x[_without(index, axes)] for x, axes in operands]
        call(*given, out=out[_without(index, lacking)], **{key: part(x, index) for key, x in beside.items()})
    return out


def _without(index: tuple[slice, ...], axes: tuple[int, ...]) -> tuple[slice, ...]:
    return tuple(each for axis, each in enumerate(index) if axis not in axes) if axes else index


def place_for(x, out, mask, keywords: dict):
    """Memory for what is made of a large x before a fold, which then works in place: the result's. None for others, and
    where a mask that the fold is still to read lies there."""
    if not is_large(x) or keywords.keys() & UFUNC_KEYWORDS:
        return None
    if out is None:
        return np.empty_like(x)
    if not plain(out) or out.shape != x.shape or out.dtype != x.dtype or overlap(out, x):
        return None
    return None if isinstance(mask, np.ndarray) and np.may_share_memory(out, mask) else out


class Blockwise:
    """What kinds do by blocks: calls with a bias or a mask, and what else would make an array as large as x."""

    __slots__ = ()

    def _cut(self, shape: tuple[int, ...], keywords: dict) -> tuple[tuple, tuple, tuple, dict]:
        """How calls on an array of a shape are cut: axes that stay whole; the result's shape, and the axes that it
        lacks; arrays among the parameters, which broadcast to x. An error where a call has to be seen as a whole."""
        raise NotImplementedError

    def _biased(self, x, /, *args, **keywords):
        result = self._in_blocks(x, args, keywords)
        return super()._biased(x, *args, **keywords) if result is None else result

    def _in_blocks(self, x, args: tuple, keywords: dict):
        """f(x, ...) in blocks; None where that does not help, or cannot be."""
        if len(args) > 1 or not is_large(x):
            return None
        asked = self._asked(x.shape, {**keywords, "out": args[0]} if args else keywords)
        if asked is None:
            return None
        out, beside, rest, whole, shape, lacking = asked
        if out is None:
            out = shape, x.dtype
        elif out.shape != shape:
            return None
        return through(partial(self, **rest), x, whole, [(x, ())], (out, lacking), beside)

    def _backward_in_blocks(self, dy, x, y, keywords: dict):
        """The same for ``f.backward``."""
        like = y if x is None else x
        if not (is_large(like) and plain(dy) and (y is None or plain(y))) or keywords.get("which") is not None:
            return None
        asked = self._asked(like.shape, keywords)
        if asked is None:
            return None
        out, beside, rest, whole, shape, lacking = asked
        kept = tuple(1 if axis in lacking else n for axis, n in enumerate(like.shape))
        operands = []
        for each in (dy, x, y):
            if each is x or each is None:
                operands.append((each, ()))
            elif each.shape in (shape, kept):
                operands.append((each, lacking if each.ndim < like.ndim else ()))
            else:
                return None
        if x is None:
            if shape != like.shape:
                return None
            beside.pop("bias", None)  # what was saved has it in it
        if out is None:
            out = like.shape, np.result_type(dy, like)
        elif out.shape != like.shape:
            return None

        def call(dy, x, y, **keywords):
            self.backward(dy, x, y, **keywords, **rest)

        return through(call, like, whole, operands, (out, ()), beside)

    def _asked(self, shape: tuple[int, ...], keywords: dict) -> tuple | None:
        """What `through` needs of a call; None for what says more (``dtype``, ``casting`` ...), or is wrong."""
        rest = dict(keywords)
        out = rest.pop("out", None)
        if isinstance(out, tuple) and len(out) == 1:
            (out,) = out
        if "bias" in self._values or not (out is None or type(out) is np.ndarray):
            return None
        beside = {key: value for key in ("bias", "where") if (value := rest.pop(key, None)) is not None}
        if rest.keys() & UFUNC_KEYWORDS - {"axis", "keepdims"}:
            return None
        try:
            whole, result, lacking, arrays = self._cut(shape, rest)
        except (TypeError, ValueError):
            return None  # the general way says what is wrong
        beside |= arrays
        if not all(type(x) is np.ndarray or np.isscalar(x) for x in beside.values()):
            return None
        return out, beside, {key: value for key, value in rest.items() if key not in arrays}, whole, result, lacking
