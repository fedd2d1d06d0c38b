"""Contiguous stretches of any length for kernels that take whole groups of lanes."""

from libc.string cimport memcpy

from activations.kernels.core cimport LANES, MOST_ARRAYS, Loop

cdef enum:
    LONG = 2048              # elements of a stretch that is worth aligning


cdef inline Py_ssize_t line_starts(const void* memory, int itemsize) noexcept nogil:
    """How many elements lie before the next cache line: 0 where the memory begins with one."""
    return (-<Py_ssize_t>memory & 63) // itemsize


cdef inline Py_ssize_t padded(Py_ssize_t n) noexcept nogil:
    return (n + LANES - 1) & ~<Py_ssize_t>(LANES - 1)


cdef inline void pad(char* block, Py_ssize_t n, int itemsize) noexcept nogil:
    """Fill a block of n > 0 elements up with its first one: a value that is no harder than the others."""
    cdef Py_ssize_t i
    for i in range(n, padded(n)):
        memcpy(block + i * itemsize, block, itemsize)


cdef inline void fringe(char** arrays, Py_ssize_t start, Py_ssize_t n, const Loop* loop) noexcept nogil:
    """Fewer elements than a group of lanes or than a cache line holds (of one byte, up to 63), through padded buffers."""
    cdef double buffers[MOST_ARRAYS][LANES]
    cdef char* at[MOST_ARRAYS]
    cdef int k
    for k in range(loop.arrays):
        at[k] = <char*>buffers[k]
        if k < loop.inputs:
            memcpy(at[k], arrays[k] + start * loop.itemsize, n * loop.itemsize)
            pad(at[k], n, loop.itemsize)
    loop.kernel(at, padded(n), loop.values)
    for k in range(loop.inputs, loop.arrays):
        memcpy(arrays[k] + start * loop.itemsize, at[k], n * loop.itemsize)


cdef inline void span(char** arrays, Py_ssize_t n, const Loop* loop) noexcept nogil:
    """A contiguous stretch: whole groups of lanes in place, the rest through padded buffers.

    Stores that straddle cache lines cost a tenth of the time where only memory counts (and NumPy's arrays begin at 16
    bytes into a line), so a long stretch gets a fringe in front as well, up to where the first result's next line begins.
    """
    cdef char* at[MOST_ARRAYS]
    cdef Py_ssize_t start = 0, whole
    cdef int k
    if n >= LONG:
        start = line_starts(arrays[loop.inputs], loop.itemsize)
        if start:
            fringe(arrays, 0, start, loop)
    whole = (n - start) & ~<Py_ssize_t>(LANES - 1)
    if whole:
        for k in range(loop.arrays):
            at[k] = arrays[k] + start * loop.itemsize
        loop.kernel(at, whole, loop.values)
    if n > start + whole:
        fringe(arrays, start + whole, n - start - whole, loop)
