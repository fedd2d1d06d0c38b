"""The largest and the smallest of a row, whatever stands in it: NaN wins over every number, +0 over -0 (or -0 over +0)."""

from libc.string cimport memcpy

from activations.kernels.real cimport real, whole_or_real
from activations.kernels.rows cimport ACT_INFINITY, first_of, row_fill

cdef enum:
    CHOSEN = 64        # extremes that are looked for side by side
    FEWER = 16         # the same in short rows
    LONG = 512         # elements of a row that is worth aligning
    BRIEF = 160        # elements of a row in which an extreme's place is found without a branch

cdef extern from "extremes.h" nogil:
    const bint ACT_WIDE        # whether the functions below are there
    float act_largest_float(const float* lane, int lanes)
    float act_smallest_float(const float* lane, int lanes)
    double act_largest_real(const double* lane, int lanes)
    double act_smallest_real(const double* lane, int lanes)
    float act_top_float(const float* lane, int lanes)
    double act_top_real(const double* lane, int lanes)
    int act_one_of_floats(const float* x, float* out, Py_ssize_t n, float best, float value)
    int act_one_of_reals(const double* x, double* out, Py_ssize_t n, double best, double value)


cdef inline whole_or_real larger(whole_or_real a, whole_or_real b) noexcept nogil:
    """The larger; NaN where one is."""
    cdef whole_or_real most = a if a > b else b
    return a if a != a else most


cdef inline whole_or_real smaller(whole_or_real a, whole_or_real b) noexcept nogil:
    cdef whole_or_real least = a if a < b else b
    return a if a != a else least


cdef inline whole_or_real chosen(whole_or_real a, whole_or_real b, bint least) noexcept nogil:
    return smaller(a, b) if least else larger(a, b)


cdef inline void block_chosen(const whole_or_real* x, whole_or_real* best, Py_ssize_t n, bint least) noexcept nogil:
    """The better one of each x and best."""
    cdef Py_ssize_t j
    for j in range(n):
        best[j] = chosen(best[j], x[j], least)


cdef inline void block_zeros(const real* x, real* zero, Py_ssize_t n, bint least) noexcept nogil:
    """Add up those of x (or of its negative, for the least) that are 0. A sum of zeros is +0 if one of them is."""
    cdef Py_ssize_t j
    for j in range(n):
        zero[j] += (-x[j] if least else x[j]) if x[j] == 0 else <real>-0.0


cdef inline real row_zero(const real* x, Py_ssize_t n, bint least) noexcept nogil:
    """Of a row whose extreme is 0: the larger of zeros is +0, the smaller -0, in whatever order they stand."""
    cdef real lane[CHOSEN]
    cdef real zero = <real>-0.0
    cdef Py_ssize_t j
    if n >= FEWER:
        for j in range(CHOSEN):
            lane[j] = <real>-0.0
        for j in range(n // CHOSEN):
            block_zeros(x + CHOSEN * j, lane, CHOSEN, least)
        block_zeros(x + n // CHOSEN * CHOSEN, lane, n % CHOSEN, least)
        for j in range(CHOSEN // 2):
            lane[j] += lane[CHOSEN // 2 + j]
        for j in range(CHOSEN // 4):
            lane[j] += lane[CHOSEN // 4 + j]
        for j in range(FEWER):
            zero += lane[j]
    else:
        for j in range(n):
            block_zeros(x + j, &zero, 1, least)
    return -zero if least else zero


cdef inline whole_or_real extreme_of(const whole_or_real* lane, int lanes, bint least) noexcept nogil:
    """The extreme of 64 or of 16 lanes."""
    cdef whole_or_real best[CHOSEN]
    cdef int j
    if whole_or_real is float:
        if ACT_WIDE:
            return act_smallest_float(lane, lanes) if least else act_largest_float(lane, lanes)
    elif whole_or_real is double:
        if ACT_WIDE:
            return act_smallest_real(lane, lanes) if least else act_largest_real(lane, lanes)
    memcpy(best, lane, lanes * sizeof(whole_or_real))
    while lanes > 1:
        lanes = lanes >> 1
        for j in range(lanes):
            best[j] = chosen(best[j], best[lanes + j], least)
    return best[0]


cdef inline real top_of(const real* lane, int lanes) noexcept nogil:
    """The largest of 64 or of 16 numbers."""
    if ACT_WIDE:
        if real is float:
            return act_top_float(lane, lanes)
        else:
            return act_top_real(lane, lanes)
    return extreme_of(lane, lanes, False)


cdef inline whole_or_real row_best(const whole_or_real* x, Py_ssize_t n, bint least) noexcept nogil:
    """The largest (or the smallest) of n > 0 values, and any 0 where that is 0. Groups of a long row begin with a cache
    line; what lies before and after them is looked at in groups of the row's first and last elements, some of them for the
    second time."""
    cdef whole_or_real lane[CHOSEN]
    cdef whole_or_real best = x[0]
    cdef const whole_or_real* rest
    cdef Py_ssize_t j, k, first = CHOSEN
    if n >= CHOSEN:
        memcpy(lane, x, sizeof(lane))
        if n >= LONG and <Py_ssize_t>x & 63:
            first = (-<Py_ssize_t>x & 63) // <Py_ssize_t>sizeof(whole_or_real)
        rest = x + first
        for k in range((n - first) // CHOSEN):
            for j in range(CHOSEN):
                lane[j] = chosen(lane[j], rest[CHOSEN * k + j], least)
        if (n - first) % CHOSEN:
            block_chosen(x + n - CHOSEN, lane, CHOSEN, least)
        best = extreme_of(lane, CHOSEN, least)
    elif n >= FEWER:
        memcpy(lane, x, FEWER * sizeof(whole_or_real))
        for k in range(1, n // FEWER):
            block_chosen(x + FEWER * k, lane, FEWER, least)
        if n % FEWER:
            block_chosen(x + n - FEWER, lane, FEWER, least)
        best = extreme_of(lane, FEWER, least)
    else:
        for k in range(1, n):
            best = chosen(best, x[k], least)
    return best


cdef inline whole_or_real row_extreme(const whole_or_real* x, Py_ssize_t n, bint least) noexcept nogil:
    """The same with the sign that a 0 has."""
    cdef whole_or_real best = row_best(x, n, least)
    if whole_or_real is float or whole_or_real is double:
        if best == 0:
            best = row_zero(x, n, least)
    return best


cdef inline real row_top(const real* x, Py_ssize_t n) noexcept nogil:
    """The largest value, of whatever sign where it is 0; NaN where there is one."""
    return row_best(x, n, False) if n else <real>-ACT_INFINITY


cdef inline bint row_of_one(const real* x, real* out, Py_ssize_t n, real best, real value) noexcept nogil:
    """`value` where the first `best` stands, 0 elsewhere; NaN everywhere for NaN. Whether it stands anywhere. In a long row
    it is sought first: a branch more counts for nothing there."""
    cdef Py_ssize_t at
    if best != best:
        row_fill(out, n, best)
        return True
    if ACT_WIDE and n <= BRIEF:
        if real is float:
            return act_one_of_floats(x, out, n, best, value)
        else:
            return act_one_of_reals(x, out, n, best, value)
    at = first_of(x, n, best)
    row_fill(out, n, <real>0)
    if at < n:
        out[at] = value
    return at < n
