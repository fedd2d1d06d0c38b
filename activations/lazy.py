"""Folds of Dask's arrays: they stay lazy along any axes and under masks.

Left to itself Dask takes a generalized ufunc along one axis, in a single chunk, of operands that are cut alike. Here
operands are cut anew, so that a block holds whole rows, and a pass runs block by block.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

__all__ = ["apart", "by_blocks", "is_lazy", "refuse_unknown", "side_by_side"]


def is_lazy(*arrays: object) -> bool:
    """Whether one of these is an array of Dask's."""
    for x in arrays:
        if type(x) is not np.ndarray and hasattr(x, "__array_ufunc__"):
            dask = sys.modules.get("dask.array")
            if dask is not None and isinstance(x, dask.Array):
                return True
    return False


def by_blocks(
    activation,
    method: str,
    arguments: Mapping[str, object],
    operands: Sequence[tuple[object, tuple[int, ...]]],
    result: tuple[int, ...],
    whole: Iterable[int],
    out: object = None,
    lengths: Mapping[int, int] | None = None,
    grows: Mapping[int, int] | None = None,
):
    """The lazy result of a pass.

    Parameters
    ----------
    activation : Activation
        Built-in, with parameters bound: a worker in another process looks it up by its name.
    method : str
        Name of its method that takes a block of each operand and `arguments`.
    arguments : mapping
    operands : sequence of pairs
        Arrays, and numbers for their axes; the same number stands for axes that are cut alike.
    result : tuple of int
        The numbers of the result's axes.
    whole : iterable of int
        The axes of which every block holds all.
    out : object
        What the caller gave for the result: None, or it is refused.
    lengths : mapping, optional
        The least lengths of axes, if not 1, from which the type of the result can be told.
    grows : mapping, optional
        How many times as long axes of the result are.
    """
    from dask import array as da

    if out is not None:
        raise TypeError(
            f"{activation.name}: a lazy array's result is a lazy array, which nothing is written into: leave out= out"
        )
    pairs, least = [], []
    for x, axes in operands:
        x = da.asarray(x)
        cut = {at: -1 for at, number in enumerate(axes) if number in whole and x.numblocks[at] > 1}
        pairs += [x.rechunk(cut) if cut else x, axes]
        least.append(np.zeros([(lengths or {}).get(number, 1) for number in axes], x.dtype))
    dtype = _of_block(*least, activation=activation, method=method, arguments=arguments).dtype
    return da.blockwise(
        _of_block,
        result,
        *pairs,
        activation=activation,
        method=method,
        arguments=dict(arguments),
        adjust_chunks={number: _times(factor) for number, factor in (grows or {}).items()},
        concatenate=True,
        dtype=dtype,
        meta=np.empty((0,) * len(result), dtype),
    )


def apart(x, axis: int, pieces: int):
    """A view of an array of Dask's in which an axis is two, units and pieces; all pieces of a unit are in one block."""
    shape = (*x.shape[:axis], x.shape[axis] // pieces, pieces, *x.shape[axis + 1 :])
    if all(n == n for n in shape):
        return x.reshape(shape).rechunk({axis + 1: -1})
    # reshape wants to know every length.
    chunks = (*x.chunks[:axis], *((n,) for n in shape[axis : axis + 2]), *x.chunks[axis + 1 :])
    view = x.rechunk({axis: -1}) if x.numblocks[axis] > 1 else x
    meta = np.empty((0,) * len(shape), x.dtype)
    return view.map_blocks(_apart, axis, pieces, chunks=chunks, new_axis=axis + 1, meta=meta)


def _apart(block, axis: int, pieces: int):
    return block.reshape((*block.shape[:axis], block.shape[axis] // pieces, pieces, *block.shape[axis + 1 :]))


def side_by_side(parts: Sequence, axis: int, **keywords):
    """The parts of one array's result, joined along an axis; off it they are cut alike, also where nobody knows how."""
    if not is_lazy(*parts):
        return np.concatenate(parts, axis=axis, **keywords)
    from dask import array as da

    return da.concatenate(parts, axis=axis, allow_unknown_chunksizes=True, **keywords)


def refuse_unknown(name: str, axis: int, length) -> None:
    """An error for an axis to be divided of which nobody knows yet how long it is."""
    if length != length:
        raise ValueError(f"{name}: the length of axis {axis} is not known: x.compute_chunk_sizes() finds it")


def _times(factor: int) -> Callable[[int], int]:
    return lambda length: length * factor


def _of_block(*blocks, activation, method, arguments):
    return np.asarray(getattr(activation, method)(*blocks, **arguments))
