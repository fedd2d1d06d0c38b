"""Rows that stand side by side, in lines of contiguous elements: what the kernels for an axis that is not the last share.

A line holds one element of each row, and lines are `step` elements apart. Every row's operations and their order are
those of the kernels for one row after another (sums.pxd): the bits are the same. Lines with nothing between them are
worked on as one long stretch, so that a few rows fill whole vectors.
"""

from libc.math cimport isfinite
from libc.string cimport memcpy, memset

from activations.kernels.real cimport act_product_error, real
from activations.kernels.sums cimport SPREAD, Sum

cdef extern from "lanes.h" nogil:
    void act_fetch(const void* memory, int bytes)

cdef enum:
    ABREAST = 96       # the most rows that are worked on at a time
    AHEAD = 8          # lines that lie apart are asked for so long before they are needed


cdef inline Py_ssize_t abreast(Py_ssize_t left, const real* like) noexcept nogil:
    """How many of the rows that are left to take at a time: 256 bytes of a line, and half as much again at the end."""
    cdef Py_ssize_t usual = 256 // <Py_ssize_t>sizeof(real)
    return left if 2 * left <= 3 * usual else usual


# What differs from row to row is held in a line of its own. Where the lines of the table have nothing between them, it is
# repeated, and several lines are one.

cdef inline Py_ssize_t joined_lines(Py_ssize_t n, Py_ssize_t width, Py_ssize_t most, bint contiguous) noexcept nogil:
    """How many of n lines are worked on as one, of at most so many elements."""
    return max(<Py_ssize_t>1, min(n, most // width)) if contiguous else 1


cdef inline void repeat(real* line, Py_ssize_t width, Py_ssize_t times) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(1, times):
        memcpy(line + k * width, line, width * sizeof(real))


# Sums in the lanes of sums.pxd: lane k of row j stands at k * width + j.

cdef inline void block_add_line(const real* x, double* high, double* low, Py_ssize_t n, double factor) noexcept nogil:
    cdef Py_ssize_t j
    cdef double value, sum, back
    for j in range(n):
        value = x[j]
        if real is float:
            high[j] += value
        else:
            value *= factor
            sum = high[j] + value
            back = sum - high[j]
            low[j] += (high[j] - (sum - back)) + (value - back)
            high[j] = sum


cdef inline void block_add_squares_line(const real* x, double* high, double* low, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t j
    cdef double value, square, sum, back
    for j in range(n):
        value = x[j]
        square = value * value
        if real is float:
            high[j] += square
        else:
            sum = high[j] + square
            back = sum - high[j]
            low[j] += ((high[j] - (sum - back)) + (square - back)) + act_product_error(value, value, square)
            high[j] = sum


cdef inline void block_join(double* high, double* low, Py_ssize_t n, const real* like) noexcept nogil:
    """Put the second half of the lanes onto the first."""
    cdef Py_ssize_t j
    cdef double sum, back
    for j in range(n):
        sum = high[j] + high[n + j]
        if real is double:
            back = sum - high[j]
            low[j] = (low[j] + low[n + j]) + ((high[j] - (sum - back)) + (high[n + j] - back))
        high[j] = sum


cdef inline Py_ssize_t lanes_cleared(double* high, double* low, Py_ssize_t n, Py_ssize_t width,
                                     const real* like) noexcept nogil:
    """Sums of 0 for rows of n elements; how many lanes there are, no more than are needed."""
    cdef Py_ssize_t lanes = SPREAD
    while lanes >= 2 * n and lanes > 1:
        lanes = lanes >> 1
    memset(high, 0, lanes * width * sizeof(double))
    if real is double:
        memset(low, 0, lanes * width * sizeof(double))
    return lanes


cdef inline void lanes_settled(double* high, double* low, Py_ssize_t lanes, Py_ssize_t width, Sum* totals,
                               const real* like) noexcept nogil:
    """Each row's lanes together, by halves. Where the sum is not finite its error means nothing."""
    cdef Py_ssize_t j
    cdef double sum
    while lanes > 1:
        lanes = lanes >> 1
        block_join(high, low, lanes * width, like)
    for j in range(width):
        totals[j].high, totals[j].low = high[j], 0
        if real is double:
            sum = high[j] + low[j]
            if isfinite(sum):
                totals[j].high, totals[j].low = sum, (high[j] - sum) + low[j]


cdef inline void lines_added(const real* x, Py_ssize_t n, Py_ssize_t step, Py_ssize_t width, double factor,
                             Sum* totals) noexcept nogil:
    """row_added for each row; the factor, of double alone, is a power of two."""
    cdef double high[SPREAD * ABREAST]
    cdef double low[SPREAD * ABREAST]
    cdef Py_ssize_t k = 0, lanes = lanes_cleared(high, low, n, width, x)
    if step == width:
        while k < n:
            block_add_line(x + k * step, high, low, min(<Py_ssize_t>SPREAD, n - k) * width, factor)
            k += SPREAD
    else:
        for k in range(n):
            act_fetch(x + (k + AHEAD) * step, <int>(width * sizeof(real)))
            block_add_line(x + k * step, high + k % SPREAD * width, low + k % SPREAD * width, width, factor)
    lanes_settled(high, low, lanes, width, totals, x)


cdef inline void lines_squares(const real* x, Py_ssize_t n, Py_ssize_t step, Py_ssize_t width, Sum* totals) noexcept nogil:
    """row_squares for each row, around 0."""
    cdef double high[SPREAD * ABREAST]
    cdef double low[SPREAD * ABREAST]
    cdef Py_ssize_t k = 0, lanes = lanes_cleared(high, low, n, width, x)
    if step == width:
        while k < n:
            block_add_squares_line(x + k * step, high, low, min(<Py_ssize_t>SPREAD, n - k) * width)
            k += SPREAD
    else:
        for k in range(n):
            act_fetch(x + (k + AHEAD) * step, <int>(width * sizeof(real)))
            block_add_squares_line(x + k * step, high + k % SPREAD * width, low + k % SPREAD * width, width)
    lanes_settled(high, low, lanes, width, totals, x)
