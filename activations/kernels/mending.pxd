"""Loops with a second way, for elements that the first cannot do; knows no activation."""

from libc.string cimport memcpy

from activations.kernels.core cimport BLOCK, MOST_ARRAYS, kernel_t

ctypedef int (*finder_t)(char** arrays, Py_ssize_t n, const void* values) noexcept nogil


cdef inline void mended(char** arrays, Py_ssize_t n, const void* values, int operands, int itemsize, kernel_t near,
                        finder_t found, kernel_t far) noexcept nogil:
    """`near` over everything, then `far` over the blocks in which `found` finds something for it.

    The result may overwrite an operand, so that such a block's operands are copied first.
    """
    cdef double copies[MOST_ARRAYS][BLOCK]
    cdef char* at[MOST_ARRAYS]
    cdef char* kept[MOST_ARRAYS]
    cdef Py_ssize_t done = 0, m
    cdef int k, any_far
    while done < n:
        m = min(<Py_ssize_t>BLOCK, n - done)
        for k in range(operands + 1):
            at[k] = arrays[k] + done * itemsize
        any_far = found(at, m, values)
        if any_far:
            for k in range(operands):
                kept[k] = <char*>copies[k]
                memcpy(kept[k], at[k], m * itemsize)
            kept[operands] = at[operands]
        near(at, m, values)
        if any_far:
            far(kept, m, values)
        done += m


cdef inline void either(char** arrays, Py_ssize_t n, const void* values, int operands, int itemsize, kernel_t near,
                        finder_t found, kernel_t wide) noexcept nogil:
    """`near` over blocks in which `found` finds nothing, `wide` over the others."""
    cdef char* at[MOST_ARRAYS]
    cdef Py_ssize_t done = 0, m
    cdef int k
    while done < n:
        m = min(<Py_ssize_t>BLOCK, n - done)
        for k in range(operands + 1):
            at[k] = arrays[k] + done * itemsize
        if found(at, m, values):
            wide(at, m, values)
        else:
            near(at, m, values)
        done += m
