"""Loops over the bits of numbers, which serve every floating-point type: they choose, and never round.

Bits are read as signed numbers, so that negative ones are negative. Conditions are masks, shifted out of a sign: numbers of
either sign in turn would send branches the wrong way.
"""

from libc.stdint cimport int16_t, int32_t, int64_t

ctypedef fused bits_t:
    int16_t
    int32_t
    int64_t


cdef inline void fill_rest(const bits_t* x, const char* mask, bits_t* y, Py_ssize_t n, bits_t filling) noexcept nogil:
    """x where the mask is set, elsewhere the filling."""
    cdef Py_ssize_t k
    cdef bits_t kept
    for k in range(n):
        kept = -<bits_t>(mask[k] != 0)
        y[k] = (x[k] & kept) | (filling & ~kept)


cdef inline void fill(const void* x, const char* mask, void* y, Py_ssize_t n, int itemsize, int filling) noexcept nogil:
    """x, of numbers of this size, where the mask is set, elsewhere 0 or the infinity of the sign of `filling`."""
    if itemsize == 2:
        fill_rest(<const int16_t*>x, mask, <int16_t*>y, n,
                  <int16_t>(0 if not filling else 0x7c00 if filling > 0 else -0x400))
    elif itemsize == 4:
        fill_rest(<const int32_t*>x, mask, <int32_t*>y, n,
                  <int32_t>(0 if not filling else 0x7f800000 if filling > 0 else -0x800000))
    else:
        fill_rest(<const int64_t*>x, mask, <int64_t*>y, n,
                  <int64_t>(0 if not filling else 0x7ff0000000000000 if filling > 0 else -0x10000000000000))


# crelu, relu of x and of -x side by side: one loop does what relu's loops, a negation and a subtraction do in five calls.
# `infinite` are the bits of infinity; what is beyond them is NaN, which goes to both sides, as zeros do.

cdef inline void double_rows(const bits_t* x, bits_t* y, Py_ssize_t rows, Py_ssize_t columns,
                             bits_t infinite) noexcept nogil:
    cdef int top = 8 * sizeof(bits_t) - 1
    cdef bits_t sign = <bits_t>1 << top
    cdef Py_ssize_t _, k
    cdef bits_t b, size, below, either
    for _ in range(rows):
        for k in range(columns):
            b = x[k]
            size = b & ~sign
            below = b >> top
            either = ((infinite - size) | (size - 1)) >> top
            y[k] = b & (~below | either)
            y[columns + k] = (b ^ sign) & (below | either)
        x += columns
        y += 2 * columns


cdef inline void halve_rows(const bits_t* dy, const bits_t* x, bits_t* dx, Py_ssize_t rows, Py_ssize_t columns,
                            bits_t infinite) noexcept nogil:
    """The gradient: dy's first half where x is positive, 0 minus the second where it is negative, which makes no -0."""
    cdef int top = 8 * sizeof(bits_t) - 1
    cdef bits_t sign = <bits_t>1 << top
    cdef Py_ssize_t _, k
    cdef bits_t b, size, below, nan, falling
    for _ in range(rows):
        for k in range(columns):
            b = x[k]
            size = b & ~sign
            below = b >> top
            nan = (infinite - size) >> top
            falling = dy[columns + k]
            falling = (falling ^ sign) & ~(((falling & ~sign) - 1) >> top)
            falling = ((falling & below) | (dy[k] & ~below)) & ~((size - 1) >> top)
            dx[k] = (falling & ~nan) | (b & nan)
        x += columns
        dx += columns
        dy += 2 * columns
