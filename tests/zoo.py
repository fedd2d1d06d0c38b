"""Arrays of every layout that NumPy allows: one generator for all tests."""

from __future__ import annotations

import numpy as np

__all__ = ["OUTPUTS", "arrays", "unaligned", "values"]


def values(count, dtype, seed=0):
    """Ordinary values with a zero of each sign, an infinity, a NaN and a subnormal among them."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-6, 6, count).astype(dtype)
    special = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, np.finfo(dtype).smallest_subnormal], dtype)
    where = np.arange(3, count, 11)
    x[where] = np.resize(special, len(where))
    return x


def unaligned(x):
    """A copy of an array that starts at an odd address."""
    memory = np.empty(x.nbytes + 17, np.uint8)
    start = 1 if memory.ctypes.data % 2 == 0 else 2
    copy = np.frombuffer(memory, x.dtype, x.size, start).reshape(x.shape)
    copy[...] = x
    assert x.itemsize == 1 or not copy.flags.aligned
    return copy


def arrays(dtype):
    """Pairs of a name and an array-like."""
    dtype = np.dtype(dtype)
    flat = values(210, dtype)
    cube = flat.reshape(5, 6, 7)
    locked = flat.copy()
    locked.flags.writeable = False
    yield "contiguous", flat
    yield "read-only", locked
    yield "strided", values(630, dtype)[::3]
    yield "negative stride", flat[::-1]
    yield "negative and strided", flat[::-2]
    yield "2-D, both strided", values(40 * 30, dtype).reshape(40, 30)[::2, ::-3]
    yield "a column", values(40 * 30, dtype).reshape(40, 30)[:, 7]
    yield "C order", cube
    yield "Fortran order", np.asfortranarray(cube)
    yield "transposed", cube.transpose(1, 2, 0)
    yield "inner slice", values(12 * 50, dtype).reshape(12, 50)[2:, 3:44]
    yield "broadcast", np.broadcast_to(flat[:7], (4, 7))
    yield "broadcast inside", np.broadcast_to(flat[:7, None], (7, 33))
    yield "overlapping windows", np.lib.stride_tricks.sliding_window_view(flat[:60], 9)
    yield "byte-swapped", flat.astype(dtype.newbyteorder())
    yield "byte-swapped, strided", flat.astype(dtype.newbyteorder())[::2]
    yield "unaligned", unaligned(flat)
    yield "unaligned, strided", unaligned(flat)[1::2]
    yield "unaligned, byte-swapped", unaligned(flat.astype(dtype.newbyteorder()))
    yield "a field of records", np.rec.fromarrays([np.ones(210, np.int8), flat], names="a,b")["b"]
    yield "0-d", flat[5].reshape(())
    yield "a NumPy scalar", flat[5]
    yield "one element", flat[:1]
    for shape in ((0,), (3, 0), (0, 3, 2), (0, 0)):
        yield f"empty {shape}", np.empty(shape, dtype)
    yield "empty, strided", values(40, dtype).reshape(4, 10)[:, 4:4][::2]
    for length in range(1, 41):
        yield f"{length} elements", flat[:length]
        yield f"{length} elements from an odd place", flat[1 : length + 1]


OUTPUTS = {
    "contiguous": lambda shape, dtype: np.empty(shape, dtype),
    "strided": lambda shape, dtype: np.empty((*shape[:-1], 3 * shape[-1]), dtype)[..., 1::3],
    "reversed": lambda shape, dtype: np.empty(shape, dtype)[..., ::-1],
    "Fortran order": lambda shape, dtype: np.empty(shape, dtype, order="F"),
    "unaligned": lambda shape, dtype: unaligned(np.empty(shape, dtype)),
    "byte-swapped": lambda shape, dtype: np.empty(shape, np.dtype(dtype).newbyteorder()),
}
