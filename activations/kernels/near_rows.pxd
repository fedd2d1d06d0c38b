"""softmax of rows of float32 whose elements are near 0, as logits are, one row after another.

Exponentials of theirs need no maximum first: those of row_exponentials.pxd are these times a power of two for each row, and
all sums and quotients scale with it, so that the bits are the same. A row that comes from memory comes while exponentials
are computed; short rows need nothing of their own for theirs, and are worked on as one. Elements that are further away are
found on the way; then nothing of this counts.
"""

from libc.string cimport memcpy

from activations.formulas.elementary cimport carrier_of, exp_reduced, reduced_from, scaled_bias
from activations.kernels.lanes cimport FOUR, LANES, act_fetch, act_sixteen, act_together, act_together_rows, add_to_lanes
from activations.kernels.real cimport real
from activations.kernels.row_exponentials cimport divide_sum
from activations.kernels.rows cimport ACT_INFINITY, WIDTH, block_scale, row_fill

cdef enum:
    LOWEST = -64
    HIGHEST = 20       # elements are near from the one to the other, if their row's sum is not large either
    CEILING = 21       # elements above are taken for it, and give a row away by its sum
    MOST = 64          # short rows worked on together

cdef extern from *:
    """
    /* SCALE e^20.8, which no element of a row with a smaller sum reaches. Both parts of 1 / sum keep their digits. */
    #define ACT_NEAR_SUM 0x1p94

    /* With sixteen registers a search for the least among exponentials takes longer than one for the largest before them. */
    #if defined(__AVX512F__)
    #define ACT_LEAST_ON_THE_WAY 1
    #else
    #define ACT_LEAST_ON_THE_WAY 0
    #endif
    """
    const double ACT_NEAR_SUM
    const int ACT_LEAST_ON_THE_WAY


cdef inline float smaller(float a, float b) noexcept nogil:
    return a if a < b else b


cdef inline float exp_near(float x) noexcept nogil:
    """e^x, scaled, of what is near."""
    cdef float carrier
    cdef float r = reduced_from(x, carrier_of(scaled_bias(x), x), &carrier)
    return exp_reduced(r, carrier)


cdef inline void block_exp_near(const float* x, float* out, Py_ssize_t n, float* least) noexcept nogil:
    """The exponentials of a multiple of LANES elements, and the least of each of FOUR lanes; NaN counts as the CEILING."""
    cdef float lane[FOUR]
    cdef Py_ssize_t j, _
    memcpy(lane, least, sizeof(lane))
    for _ in range(n // FOUR):
        for j in range(FOUR):
            lane[j] = smaller(x[j], lane[j])
            out[j] = exp_near(smaller(x[j], <float>CEILING))
        x += FOUR
        out += FOUR
    memcpy(least, lane, sizeof(lane))
    for _ in range(n % FOUR // LANES):
        for j in range(act_sixteen()):
            least[j] = smaller(x[j], least[j])
            out[j] = exp_near(smaller(x[j], <float>CEILING))
        x += LANES
        out += LANES


cdef inline void exp_near_from(const float* x, float* out, Py_ssize_t n, float* least) noexcept nogil:
    """The same of any number of elements, with at least LANES in all up to their end. The last ones are computed twice."""
    block_exp_near(x, out, n & ~<Py_ssize_t>(LANES - 1), least)
    if n % LANES:
        block_exp_near(x + n - LANES, out + n - LANES, LANES, least)


cdef inline bint block_near_enough(const float* least) noexcept nogil:
    cdef Py_ssize_t j
    cdef int far = 0
    for j in range(FOUR):
        far |= least[j] < <float>LOWEST
    return far == 0


cdef inline bint begins_near(const real* x, Py_ssize_t n, Py_ssize_t step, bint negative) noexcept nogil:
    """Whether no element of a first row, or of its negative, lies far below 0, as masked ones do: a look that spares most
    masked tables exponentials for nothing. Never of double."""
    cdef Py_ssize_t k
    for k in range(n):
        if real is double or not (-x[k * step] if negative else x[k * step]) >= <float>LOWEST:
            return False
    return real is float


cdef inline double row_near(const float* x, float* out, Py_ssize_t n) noexcept nogil:
    """The exponentials of a row and their sum; infinity where an element is far away."""
    cdef float least[FOUR]
    cdef double lane[LANES]
    cdef double total = 0
    cdef Py_ssize_t done = 0, m
    row_fill(least, FOUR, <float>0)
    while done < n:
        m = min(<Py_ssize_t>WIDTH, n - done)
        exp_near_from(x + done, out + done, m, least)
        add_to_lanes(out + done, m, m, False, lane)
        total += act_together(lane)
        done += m
    return total if block_near_enough(least) and total < ACT_NEAR_SUM else ACT_INFINITY


cdef inline Py_ssize_t rows_near(const float* x, float* out, Py_ssize_t rows, Py_ssize_t n) noexcept nogil:
    """softmax of long rows until one is not near; how many. Beyond there are exponentials where its results belong."""
    cdef double total, following
    cdef float high, low
    cdef Py_ssize_t i
    if not ACT_LEAST_ON_THE_WAY:
        return 0
    following = row_near(x, out, n)
    for i in range(rows):
        total = following
        if total == ACT_INFINITY:
            return i
        if i < rows - 1:
            following = row_near(x + n, out + n, n)
        divide_sum(total, 0, &high, &low)
        block_scale(out, out, n, high, low)
        x += n
        out += n
    return rows


cdef inline bint batch_near(const float* x, float* e, double* total, const float* out, Py_ssize_t rows, Py_ssize_t n,
                            bint ahead) noexcept nogil:
    """The exponentials of up to MOST short rows, one row after another, and their sums; whether all are near. `out` and the
    next rows are asked for, if they are to be `ahead`."""
    cdef float least[FOUR]
    cdef double lanes[MOST * LANES]
    cdef Py_ssize_t i, upto, done = 0
    cdef bint near
    row_fill(least, FOUR, <float>0)
    for i in range(rows):
        if ahead:
            act_fetch(out + i * n, <int>(n * sizeof(float)))
            act_fetch(x + (rows + i) * n, <int>(n * sizeof(float)))
        upto = (i + 1) * n & ~<Py_ssize_t>(FOUR - 1)
        if upto - done >= 4 * FOUR:
            block_exp_near(x + done, e + done, upto - done, least)
            done = upto
    exp_near_from(x + done, e + done, rows * n - done, least)
    for i in range(rows):
        add_to_lanes(e + i * n, n, n, False, lanes + LANES * i)
    act_together_rows(lanes, rows, total)
    near = block_near_enough(least)
    for i in range(rows):
        near &= total[i] < ACT_NEAR_SUM
    return near
