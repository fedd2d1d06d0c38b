"""The largest value, the sum and the dot product of a row as softmax takes them: for speed first.

Sums run in lanes, float's in double and double's with their errors kept. (sums.pxd has slower ones that are right to
the last digit.)
"""

from libc.string cimport memcpy, memset

from activations.formulas.elementary cimport scale
from activations.kernels.extremes cimport top_of
from activations.kernels.real cimport fma, real
from activations.kernels.rows cimport ACT_INFINITY, WIDTH, row_fill
from activations.kernels.sums cimport Sum

cdef extern from "lanes.h" nogil:
    double act_together(const double* lane)
    void act_together_rows(const double* lanes, Py_ssize_t rows, double* total)
    void act_fetch(const void* memory, int bytes)
    void act_fetch_early(const void* memory, size_t bytes)
    int act_sixteen()
    int act_weighted(const float* dy, const float* y, float* out, Py_ssize_t n, float dot)
    void act_first_floats(float* to, const float* x, Py_ssize_t n, float filling)
    void act_first_doubles(double* to, const double* x, Py_ssize_t n, double filling)

cdef extern from "wide.h" nogil:
    void act_add_sixteen(double* lane, Py_ssize_t groups, Py_ssize_t rest, const float* x)
    void act_add_in_pairs(double* lane, Py_ssize_t quarter, const float* x)
    void act_add_few_products(double* lane, Py_ssize_t n, const float* x, const float* y)
    void act_add_rest_products(double* lane, Py_ssize_t groups, Py_ssize_t rest, const float* x, const float* y)

cdef enum:
    QUARTER = 256
    LANES = 16
    FOUR = 4 * LANES
    FOLDED = 2 * FOUR  # elements from which on floats are added before they become doubles


cdef inline real larger(real a, real b) noexcept nogil:
    return a if a > b else b


# Blocks: n is a multiple of LANES and at most WIDTH.

cdef inline void block_larger(const real* x, real* top, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t j
    for j in range(n):
        top[j] = larger(x[j], top[j])


cdef inline void block_sum_of_four(const real* x, real* out, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = (x[i] + x[n + i]) + (x[2 * n + i] + x[3 * n + i])


cdef inline void block_subtract(const real* x, real* out, Py_ssize_t n, real high, real low) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = (x[i] - high) - low


cdef inline void sum_of_groups(const real* x, Py_ssize_t groups, const real* rest, Py_ssize_t more, Py_ssize_t left,
                               double* lanes) noexcept nogil:
    """The lanes after so many groups of elements, more of them and those that are left. They are an array of its own, which
    stays in registers."""
    cdef double lane[LANES]
    cdef real last[LANES]
    cdef Py_ssize_t j, _
    if real is float:
        memset(lanes, 0, sizeof(lane))
        act_add_sixteen(lanes, groups, 0, x)
        act_add_sixteen(lanes, more, left, rest)
    else:
        memset(lane, 0, sizeof(lane))
        for _ in range(groups):
            for j in range(LANES):
                lane[j] += x[j]
            x += LANES
        for _ in range(more):
            for j in range(LANES):
                lane[j] += rest[j]
            rest += LANES
        memcpy(lanes, lane, sizeof(lane))
        if left:
            memset(last, 0, sizeof(last))
            memcpy(last, rest, left * sizeof(real))
            for j in range(LANES):
                lanes[j] += last[j]


cdef inline Py_ssize_t in_fours(Py_ssize_t n, bint fine) noexcept nogil:
    """How many of at most WIDTH elements are added by fours first."""
    return 0 if fine or n < FOLDED else n & ~<Py_ssize_t>(FOUR - 1)


cdef inline void add_to_lanes(const real* x, Py_ssize_t n, Py_ssize_t filled, bint fine, double* lane) noexcept nogil:
    """The lanes of the sum of at most WIDTH elements, in double; of many, unless it is to be `fine`, only from the third
    addition on, which leaves few roundings of float for an element that is far above the others. Up to `filled` there is
    nothing that counts."""
    cdef real work[QUARTER]
    cdef Py_ssize_t fours = in_fours(n, fine)
    if real is float:
        memset(lane, 0, LANES * sizeof(double))
        act_add_in_pairs(lane, fours >> 2, x)
        act_add_sixteen(lane, (filled - fours) // LANES, filled % LANES, x + fours)
    else:
        if fours:
            block_sum_of_four(x, work, fours >> 2)
        sum_of_groups(work, fours // FOUR, x + fours, (filled - fours) // LANES, filled % LANES, lane)


cdef inline double sum_of(const real* x, Py_ssize_t n, Py_ssize_t filled, bint fine) noexcept nogil:
    """The sum of at most WIDTH elements: see add_to_lanes."""
    cdef double lane[LANES]
    add_to_lanes(x, n, filled, fine, lane)
    return act_together(lane)


cdef inline void scaled_lanes(const real* x, Py_ssize_t n, Py_ssize_t filled, bint fine, double* lane,
                              double* rest) noexcept nogil:
    """The lanes of the sum of numbers between 0 and 2 * SCALE. Each double is cut in two: multiples of SCALE / 2^36 have
    an exact sum, up to a hundred thousand of them, and what is left of them one whose roundings do not matter."""
    cdef double fours_high[QUARTER]
    cdef double fours_low[QUARTER]
    cdef double high[WIDTH]
    cdef double low[WIDTH]
    cdef Py_ssize_t fours = in_fours(n, fine)
    if real is float:
        add_to_lanes(x, n, filled, fine, lane)
    else:
        if fours:
            block_cut_fours(x, fours_high, fours_low, fours >> 2)
        block_cut(x + fours, high, low, filled - fours)
        sum_of_groups(<const double*>fours_high, fours // FOUR, <const double*>high, (filled - fours) // LANES,
                      filled % LANES, lane)
        sum_of_groups(<const double*>fours_low, fours // FOUR, <const double*>low, (filled - fours) // LANES,
                      filled % LANES, rest)


cdef inline void add_scaled(Sum* total, const real* x, Py_ssize_t n, Py_ssize_t filled, bint fine) noexcept nogil:
    """Add a block of such numbers."""
    cdef double lane[LANES]
    cdef double rest[LANES]
    scaled_lanes(x, n, filled, fine, lane, rest)
    total.high += act_together(lane)
    if real is double:
        total.low += act_together(rest)


cdef inline void block_cut_fours(const double* x, double* high, double* low, Py_ssize_t n) noexcept nogil:
    """n sums of four parts each."""
    cdef double grid = 3 * 32768 * scale(<double>0), a, b, c, d
    cdef Py_ssize_t i
    for i in range(n):
        a = (x[i] + grid) - grid
        b = (x[n + i] + grid) - grid
        c = (x[2 * n + i] + grid) - grid
        d = (x[3 * n + i] + grid) - grid
        high[i] = (a + b) + (c + d)
        low[i] = ((x[i] - a) + (x[n + i] - b)) + ((x[2 * n + i] - c) + (x[3 * n + i] - d))


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


cdef inline void first_of_lanes(const real* x, Py_ssize_t n, real* to, real filling) noexcept nogil:
    """Fewer than LANES elements, filled up."""
    if real is float:
        act_first_floats(to, x, n, filling)
    else:
        act_first_doubles(to, x, n, filling)


cdef inline Py_ssize_t padded(Py_ssize_t n) noexcept nogil:
    return (n + LANES - 1) & ~<Py_ssize_t>(LANES - 1)


cdef inline real row_largest(const real* x, Py_ssize_t n) noexcept nogil:
    """The largest of a row. What whole groups of lanes leave is looked at with some of its neighbours, once more."""
    cdef real lane[FOUR]
    cdef real most = <real>-ACT_INFINITY
    cdef Py_ssize_t lanes = FOUR if n >= FOUR else LANES, j, k
    if n < LANES:
        for k in range(n):
            most = larger(x[k], most)
        return most
    memcpy(lane, x, LANES * sizeof(real))
    if n >= FOUR:
        memcpy(lane, x, FOUR * sizeof(real))
        for k in range(1, n // FOUR):
            for j in range(FOUR):
                lane[j] = larger(x[FOUR * k + j], lane[j])
        block_larger(x + n - FOUR, lane, FOUR)
    else:
        for k in range(1, n // LANES):
            block_larger(x + LANES * k, lane, act_sixteen())
        block_larger(x + n - LANES, lane, act_sixteen())
    return top_of(lane, <int>lanes)


cdef inline void add_four_products(double* lane, const real* x, const real* y) noexcept nogil:
    """Add the products of FOUR elements to a row's lanes."""
    cdef Py_ssize_t j
    for j in range(LANES):
        lane[j] += (
            fma(x[j], y[j], x[LANES + j] * y[LANES + j])
            + fma(x[2 * LANES + j], y[2 * LANES + j], x[3 * LANES + j] * y[3 * LANES + j])
        )


cdef inline void block_add_products(double* lane, const double* x, const double* y, Py_ssize_t n,
                                    Py_ssize_t skip) noexcept nogil:
    """Add the products of a group of elements to the lanes, without the first few."""
    cdef Py_ssize_t j
    cdef double sum
    for j in range(n):
        sum = fma(x[j], y[j], lane[j])
        lane[j] = sum if j >= skip else lane[j]


cdef inline void dot_lanes(const real* x, const real* y, Py_ssize_t n, double* lanes) noexcept nogil:
    """The lanes of a dot product. What whole groups leave of a row stands at the end of the last group of lanes, not at
    its beginning."""
    cdef double lane[LANES]
    cdef Py_ssize_t j, k, fours = n // FOUR
    memset(lane, 0, sizeof(lane))
    for k in range(fours):
        add_four_products(lane, x + k * FOUR, y + k * FOUR)
    # In an array of its own, so that the other one stays in registers.
    memcpy(lanes, lane, sizeof(lane))
    if n % FOUR == 0:
        return
    if real is float:
        if n < LANES:
            act_add_few_products(lanes, n, x, y)
        else:
            act_add_rest_products(lanes, n // LANES - 4 * fours, n % LANES, x + fours * FOUR, y + fours * FOUR)
    elif n < LANES:
        block_add_products(lanes, x, y, n, 0)
    else:
        for k in range(4 * fours, n // LANES):
            for j in range(LANES):
                lanes[j] = fma(x[k * LANES + j], y[k * LANES + j], lanes[j])
        if n % LANES:
            block_add_products(lanes, x + n - LANES, y + n - LANES, act_sixteen(), LANES - n % LANES)


cdef inline double row_dot(const real* x, const real* y, Py_ssize_t n) noexcept nogil:
    cdef double lane[LANES]
    dot_lanes(x, y, n, lane)
    return act_together(lane)


cdef inline double row_sum(const real* x, Py_ssize_t n) noexcept nogil:
    cdef double total = 0
    cdef Py_ssize_t done = 0, m
    while done < n:
        m = min(<Py_ssize_t>WIDTH, n - done)
        total += sum_of(x + done, m, m, False)
        done += WIDTH
    return total
