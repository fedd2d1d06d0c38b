"""softmax and log_softmax of short rows, several of them at a time.

A row is a chain of steps that wait for each other: maximum, shift, exponentials, sum, reciprocal. In a short row the chain
takes longer than the arithmetic, and longer than a processor looks ahead; so each step is taken for several rows before
the next one, and what is one number for a row is computed in vectors of rows. A batch's results, and the rows of the next
batch, are asked for while its exponentials are computed. The operations and their order are those of
row_exponentials.pxd: the bits are the same.
"""

from libc.string cimport memcpy

from activations.kernels.lanes cimport (
    LANES, act_fetch, act_sixteen, act_together_rows, block_subtract, first_of_lanes, padded, row_largest,
    scaled_lanes,
)
from activations.kernels.near_rows cimport MOST, batch_near
from activations.kernels.real cimport real
from activations.kernels.row_exponentials cimport (
    BATCHED, add_logarithm, block_own, block_shifts, block_taken_out, divide_sum, exp_from_base, finely_added, log_one_more,
    logarithm_of, others_of,
)
from activations.kernels.rows cimport ACT_INFINITY, block_scale, finite, row_undecided

cdef extern from "extremes.h" nogil:
    Py_ssize_t act_tops(const float* x, Py_ssize_t rows, Py_ssize_t n, float* top)

cdef enum:
    ROOM = 2560               # floats of rows that are worked on together: they stay in the first-level cache
    SMALL_TABLE = 2097152     # bytes: what comes from memory is better left to the processor's own foresight


cdef inline bint short_enough(Py_ssize_t n) noexcept nogil:
    return LANES <= n <= BATCHED


cdef inline Py_ssize_t rows_together(Py_ssize_t n, const real* like) noexcept nogil:
    """How many rows of n elements make a batch: eights, if there is room for so many."""
    cdef Py_ssize_t rows = min(<Py_ssize_t>MOST, ROOM // (padded(n) * <Py_ssize_t>sizeof(real) // <Py_ssize_t>sizeof(float)))
    return rows if rows < 8 else rows & ~<Py_ssize_t>7


cdef inline void whole_exp(const real* x, real* e, Py_ssize_t n, real base, real low, real zero, bint fine,
                           double* lane, double* rest) noexcept nogil:
    """row_exp into a buffer with room for whole groups of lanes, and the lanes of the sum: what fills up the last group
    vanishes against it."""
    cdef real last[LANES]
    cdef Py_ssize_t whole = n & ~<Py_ssize_t>(LANES - 1)
    exp_from_base(x, e, whole, base, low, zero)
    if whole < n:
        first_of_lanes(x + whole, n - whole, last, <real>-ACT_INFINITY)
        exp_from_base(last, e + whole, act_sixteen(), base, low, zero)
    scaled_lanes(e, n, padded(n), fine, lane, rest)


cdef inline void batch_tops(const real* x, Py_ssize_t rows, Py_ssize_t n, real* top) noexcept nogil:
    """The largest of each row."""
    cdef Py_ssize_t i
    for i in range(act_tops(<const float*>x, rows, n, <float*>top) if real is float else 0, rows):
        top[i] = row_largest(x + i * n, n)


cdef inline void batch_exponentials(const real* x, const real* out, Py_ssize_t rows, Py_ssize_t n, bint ahead, bint fine,
                                    real* top, real* e, double* total, double* rest) noexcept nogil:
    """The largest of each row, its exponentials (rows padded) and their sums. `out`, where results are to go, and the rows
    of the next batch are only asked for, if they are to be asked for `ahead`. What rounding took from sums of doubles is the
    `rest`."""
    cdef real base[MOST]
    cdef real low[MOST]
    cdef real zero[MOST]
    cdef double lanes[MOST * LANES]
    cdef double rests[MOST * LANES]
    cdef double sum
    cdef Py_ssize_t i, step = padded(n)
    batch_tops(x, rows, n, top)
    block_shifts(top, base, low, zero, rows)
    for i in range(rows):
        if ahead:
            act_fetch(out + i * n, n * sizeof(real))
            act_fetch(x + (rows + i) * n, n * sizeof(real))
        whole_exp(x + i * n, e + i * step, n, base[i], low[i], zero[i], fine, lanes + LANES * i, rests + LANES * i)
    act_together_rows(lanes, rows, total)
    if real is double:
        act_together_rows(rests, rows, rest)
        for i in range(rows):
            sum = total[i] + rest[i]
            rest[i] -= sum - total[i]
            total[i] = sum


cdef inline void scaled_row(const real* e, real* out, Py_ssize_t n, real high, real low) noexcept nogil:
    cdef Py_ssize_t whole = n & ~<Py_ssize_t>(LANES - 1)
    block_scale(e, out, whole, high, low)
    if whole < n:
        block_scale(e + n - LANES, out + n - LANES, act_sixteen(), high, low)


cdef inline void batch_softmax(const real* x, real* out, Py_ssize_t rows, Py_ssize_t n, bint ahead,
                               bint* near) noexcept nogil:
    cdef real e[ROOM]
    cdef real top[MOST]
    cdef real high[MOST]
    cdef real low[MOST]
    cdef double total[MOST]
    cdef double rest[MOST]
    cdef Py_ssize_t i, step = n
    if real is float:
        near[0] = near[0] and batch_near(x, e, total, out, rows, n, ahead)
    if real is double or not near[0]:
        step = padded(n)
        batch_exponentials(x, out, rows, n, ahead, False, top, e, total, rest)
    for i in range(rows):
        divide_sum(total[i], rest[i] if real is double else 0, &high[i], &low[i])
    for i in range(rows):
        if near[0] or finite(top[i]):
            scaled_row(e + i * step, out + i * n, n, high[i], low[i])
        else:
            row_undecided(x + i * n, 1, out + i * n, 1, n, 0)


cdef inline void subtracted(const real* x, real* out, Py_ssize_t n, real high, real low) noexcept nogil:
    """(x - high) - low; `out` may be x."""
    cdef real last[LANES]
    cdef Py_ssize_t whole = n & ~<Py_ssize_t>(LANES - 1)
    if whole < n:
        block_subtract(x + n - LANES, last, act_sixteen(), high, low)
    block_subtract(x, out, whole, high, low)
    if whole < n:
        memcpy(out + n - LANES, last, sizeof(last))


cdef inline void batch_logarithms(const real* x, const real* out, Py_ssize_t rows, Py_ssize_t n, bint ahead, double parts,
                                  real* top, double* logarithm) noexcept nogil:
    """The largest of each row, and row_logarithm of each whose largest is finite."""
    cdef real e[ROOM]
    cdef double own[MOST]
    cdef double others[MOST]
    cdef double rest[MOST]
    cdef Py_ssize_t i, step = padded(n)
    cdef bint fine = finely_added(n, x)
    batch_exponentials(x, out, rows, n, ahead, fine, top, e, logarithm, rest)
    block_own(top, own, rows)
    block_taken_out(logarithm, top, own, others, rows, fine)
    for i in range(rows):
        logarithm[i] /= own[i]
    for i in range(rows):
        # A row all but decided.
        if not logarithm[i] > 2 and not others[i] > 0:
            others[i] = others_of(x + i * n, e + i * step, n, top[i], own[i])
    if parts == 1:
        for i in range(rows):
            logarithm[i] = log_one_more(logarithm[i] - 1 if logarithm[i] > 2 else others[i])
    else:
        for i in range(rows):
            logarithm[i] = logarithm_of(logarithm[i], others[i], parts)


cdef inline void batch_log_softmax(const real* x, real* out, Py_ssize_t rows, Py_ssize_t n, bint ahead) noexcept nogil:
    cdef real top[MOST]
    cdef real high[MOST]
    cdef real low[MOST]
    cdef double logarithm[MOST]
    cdef Py_ssize_t i
    batch_logarithms(x, out, rows, n, ahead, 1, top, logarithm)
    for i in range(rows):
        add_logarithm(top[i], logarithm[i], &high[i], &low[i])
    for i in range(rows):
        if finite(top[i]):
            subtracted(x + i * n, out + i * n, n, high[i], low[i])
        else:
            row_undecided(x + i * n, 1, out + i * n, 1, n, 1)


cdef inline void in_batches(const real* x, real* out, Py_ssize_t rows, Py_ssize_t n, bint logarithm,
                            bint* near) noexcept nogil:
    """softmax or log_softmax of any number of rows that are short enough. softmax does without maxima while they are all
    near 0, and says whether they still are."""
    cdef Py_ssize_t m
    cdef bint ahead = rows * n * <Py_ssize_t>sizeof(real) <= SMALL_TABLE
    while rows > 0:
        m = min(rows, rows_together(n, x))
        if logarithm:
            batch_log_softmax(x, out, m, n, ahead)
        else:
            batch_softmax(x, out, m, n, ahead, near)
        rows -= m
        x += m * n
        out += m * n
