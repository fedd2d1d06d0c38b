"""The largest value, the sum and the dot product of a row as softmax takes them: for speed first.

Sums run in lanes, float's in double and double's with their errors kept. (sums.pxd has slower ones that are right to
the last digit.)
"""

from libc.string cimport memcpy, memset

from activations.formulas.elementary cimport scale
from activations.kernels.real cimport fma, real
from activations.kernels.rows cimport ACT_INFINITY, WIDTH, row_fill
from activations.kernels.sums cimport Sum

cdef extern from "lanes.h" nogil:
    double act_together(const double* lane)

cdef enum:
    QUARTER = 256
    NEAR = 256         # elements folded by quarters where they come from memory: wider apart, and no prefetcher follows
    LANES = 16
    FOUR = 4 * LANES


cdef inline real larger(real a, real b) noexcept nogil:
    return a if a > b else b


# Blocks: n is a multiple of LANES and at most WIDTH; above FOUR it is one of FOUR.

cdef inline void block_largest_of_four(const real* x, real* out, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = larger(larger(x[i], x[n + i]), larger(x[2 * n + i], x[3 * n + i]))


cdef inline void block_sum_of_four(const real* x, real* out, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = (x[i] + x[n + i]) + (x[2 * n + i] + x[3 * n + i])


cdef inline void block_subtract(const real* x, real* out, Py_ssize_t n, real high, real low) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = (x[i] - high) - low


cdef inline real largest_of(const real* x, Py_ssize_t n) noexcept nogil:
    """The largest of a block: by near quarters, quarters of those, then lane by lane, then by halves."""
    cdef real work[QUARTER]
    cdef real lane[LANES]
    cdef Py_ssize_t j, k = 0
    if n % FOUR == 0:
        while k < n:
            block_largest_of_four(x + k, work + (k >> 2), min(n - k, <Py_ssize_t>NEAR) >> 2)
            k += NEAR
        n = n >> 2
        x = work
    while n % FOUR == 0:
        n = n >> 2
        block_largest_of_four(x, work, n)
    for j in range(LANES):
        lane[j] = x[j]
    for k in range(1, n // LANES):
        for j in range(LANES):
            lane[j] = larger(lane[j], x[LANES * k + j])
    # Not in loops: what a loop stores, the next one has to wait for.
    return larger(
        larger(
            larger(larger(lane[0], lane[8]), larger(lane[4], lane[12])),
            larger(larger(lane[2], lane[10]), larger(lane[6], lane[14])),
        ),
        larger(
            larger(larger(lane[1], lane[9]), larger(lane[5], lane[13])),
            larger(larger(lane[3], lane[11]), larger(lane[7], lane[15])),
        ),
    )


cdef inline double sum_of(const real* x, Py_ssize_t n) noexcept nogil:
    """The sum of a block, in double; of a long one only from the third addition on, which leaves few roundings of float
    for an element that is far above the others."""
    cdef real work[QUARTER]
    cdef double lane[LANES]
    cdef Py_ssize_t j, k
    if n % FOUR == 0 and n > FOUR:
        n = n >> 2
        block_sum_of_four(x, work, n)
        x = work
    for j in range(LANES):
        lane[j] = x[j]
    for k in range(1, n // LANES):
        for j in range(LANES):
            lane[j] += x[LANES * k + j]
    return act_together(lane)


cdef inline void add_scaled(Sum* total, const real* x, Py_ssize_t n) noexcept nogil:
    """Add a block of numbers between 0 and 2 * SCALE. Each double is cut in two: multiples of SCALE / 2^36 have an exact
    sum, up to a hundred thousand of them, and what is left of them one whose roundings do not matter."""
    cdef double high[WIDTH]
    cdef double low[WIDTH]
    if real is float:
        total.high += sum_of(x, n)
    else:
        block_cut(x, high, low, n)
        total.high += sum_of(<const double*>high, n)
        total.low += sum_of(<const double*>low, n)


cdef inline void block_cut(const double* x, double* high, double* low, Py_ssize_t n) noexcept nogil:
    cdef double grid = 3 * 32768 * scale(<double>0)
    cdef Py_ssize_t i
    for i in range(n):
        high[i] = (x[i] + grid) - grid
        low[i] = x[i] - high[i]


cdef inline const real* filled(const real* x, Py_ssize_t n, Py_ssize_t whole, real* block, real filling) noexcept nogil:
    """`whole` elements that begin with the n of x: x itself, or a copy filled up."""
    if n == whole:
        return x
    memcpy(block, x, n * sizeof(real))
    row_fill(block + n, whole - n, filling)
    return block


cdef inline Py_ssize_t padded(Py_ssize_t n) noexcept nogil:
    return (n + LANES - 1) & ~<Py_ssize_t>(LANES - 1)


cdef inline Py_ssize_t row_piece(Py_ssize_t left) noexcept nogil:
    """How much to take at a time of a row: whole fours of groups of lanes, which fold fastest and lie as they are to be,
    and at last the few that remain, fewer than FOUR, which are padded."""
    return min(<Py_ssize_t>WIDTH, left & ~<Py_ssize_t>(FOUR - 1)) if left >= FOUR else left


cdef inline real row_largest(const real* x, Py_ssize_t n) noexcept nogil:
    cdef real block[FOUR]
    cdef real most = <real>-ACT_INFINITY
    cdef Py_ssize_t done = 0, m, whole
    while done < n:
        m = row_piece(n - done)
        whole = padded(m)
        most = larger(largest_of(filled(x + done, m, whole, block, <real>-ACT_INFINITY), whole), most)
        done += m
    return most


cdef inline void add_four_products(double* lane, const real* x, const real* y) noexcept nogil:
    """Add the products of FOUR elements to a row's lanes."""
    cdef Py_ssize_t j
    for j in range(LANES):
        lane[j] += (
            fma(x[j], y[j], x[LANES + j] * y[LANES + j])
            + fma(x[2 * LANES + j], y[2 * LANES + j], x[3 * LANES + j] * y[3 * LANES + j])
        )


cdef inline void add_products(double* lane, const real* x, const real* y, Py_ssize_t n) noexcept nogil:
    """The same for what is left of a row, fewer than FOUR elements."""
    cdef real blocks[2][FOUR]
    cdef Py_ssize_t whole = padded(n), j, k
    x = filled(x, n, whole, blocks[0], <real>0)
    y = filled(y, n, whole, blocks[1], <real>0)
    for k in range(whole // LANES):
        for j in range(LANES):
            lane[j] = fma(<double>x[LANES * k + j], <double>y[LANES * k + j], lane[j])


cdef inline double row_dot(const real* x, const real* y, Py_ssize_t n) noexcept nogil:
    cdef double lane[LANES]
    cdef Py_ssize_t k, fours = n // FOUR
    memset(lane, 0, sizeof(lane))
    for k in range(fours):
        add_four_products(lane, x + k * FOUR, y + k * FOUR)
    if fours * FOUR < n:
        add_products(lane, x + fours * FOUR, y + fours * FOUR, n - fours * FOUR)
    return act_together(lane)


cdef inline double row_sum(const real* x, Py_ssize_t n) noexcept nogil:
    cdef real block[FOUR]
    cdef double total = 0
    cdef Py_ssize_t done = 0, m, whole
    while done < n:
        m = row_piece(n - done)
        whole = padded(m)
        total += sum_of(filled(x + done, m, whole, block, <real>0), whole)
        done += m
    return total
