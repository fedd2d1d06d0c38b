"""softmax and log_softmax of rows of float32 that stand side by side and whose elements are near 0: see near_rows.pxd.

Since no maximum is sought first, each line is read once before results are made.
"""

from libc.string cimport memset

from activations.formulas.elementary cimport power_of_two, unscale
from activations.kernels.lanes cimport FOLDED, FOUR, LANES, larger
from activations.kernels.near_rows cimport ACT_NEAR_SUM, HIGHEST, LOWEST, exp_near, smaller
from activations.kernels.row_exponentials cimport divide_sum, finely_added, zero_of
from activations.kernels.rows cimport ACT_INFINITY, WIDTH, row_fill
from activations.kernels.softmax_lines cimport (
    PILES, block_together_line, logarithms_of_lines, pile_one, signed,
)

cdef extern from *:
    """
    /* Elements that nothing else points to: so many lines at once would not be vectors otherwise. */
    typedef float *__restrict act_apart;
    """
    ctypedef float* act_apart

cdef extern from "wide.h" nogil:
    void act_together_short(double* total, int n, const float* x, Py_ssize_t step, Py_ssize_t count)


cdef inline void block_four_near(const float* x, Py_ssize_t far, act_apart to, Py_ssize_t to_far, double* lane,
                                 float* top, float* least, Py_ssize_t n, bint negative, bint kept,
                                 bint folded) noexcept nogil:
    """Add up the exponentials of four lines `far` elements apart, `folded` first or one after another, and keep them if that
    is asked for."""
    cdef Py_ssize_t j
    cdef float a, b, c, d, ea, eb, ec, ed
    for j in range(n):
        a = signed(x[j], negative)
        b = signed(x[far + j], negative)
        c = signed(x[2 * far + j], negative)
        d = signed(x[3 * far + j], negative)
        ea = exp_near(a)
        eb = exp_near(b)
        ec = exp_near(c)
        ed = exp_near(d)
        if kept:
            to[j] = ea
            to[to_far + j] = eb
            to[2 * to_far + j] = ec
            to[3 * to_far + j] = ed
        if folded:
            lane[j] += <double>(ea + eb) + <double>(ec + ed)
        else:
            lane[j] = (((lane[j] + ea) + eb) + ec) + ed
        top[j] = larger(larger(larger(a, b), larger(c, d)), top[j])
        least[j] = smaller(smaller(smaller(a, b), smaller(c, d)), least[j])


cdef inline void block_near(const float* x, float* e, float* top, float* least, Py_ssize_t n, bint negative) noexcept nogil:
    """The exponentials of one line."""
    cdef Py_ssize_t j
    cdef float a
    for j in range(n):
        a = signed(x[j], negative)
        e[j] = exp_near(a)
        top[j] = larger(a, top[j])
        least[j] = smaller(a, least[j])


cdef inline bint all_near(const float* top, const float* least, const double* total, Py_ssize_t n) noexcept nogil:
    """Whether rows are; a NaN makes its row's sum one, which does not count."""
    cdef Py_ssize_t j
    cdef bint near = True
    for j in range(n):
        near &= top[j] <= <float>HIGHEST and least[j] >= <float>LOWEST and not total[j] >= ACT_NEAR_SUM
    return near


cdef inline bint lines_near(const float* x, Py_ssize_t x_step, float* to, Py_ssize_t step, Py_ssize_t n, Py_ssize_t width,
                            float* top, double* lane, double* total, bint negative, bint kept, bint fine) noexcept nogil:
    """The sums of rows' exponentials, which are kept if that is asked for, and their largest elements; whether all are
    near. Lanes are as in softmax_lines.pxd."""
    cdef float least[WIDTH]
    cdef float* line = <float*>(lane + PILES * width)
    cdef float* e
    cdef Py_ssize_t k, m, far, fours, start, at, done = 0
    cdef bint folded
    row_fill(top, width, <float>-ACT_INFINITY)
    row_fill(least, width, <float>ACT_INFINITY)
    if kept and n <= LANES:
        for k in range(n):
            block_near(x + k * x_step, to + k * step, top, least, width, negative)
        act_together_short(total, <int>width, to, step, n)
        return all_near(top, least, total, width)
    memset(total, 0, width * sizeof(double))
    while done < n:
        m = min(<Py_ssize_t>WIDTH, n - done)
        memset(lane, 0, LANES * width * sizeof(double))
        folded = m >= FOLDED and not fine
        far = m // FOUR * LANES if folded else LANES
        fours = m // (4 * far)
        for at in range(fours):
            start = done + at * 4 * far
            for k in range(far):
                if folded:
                    block_four_near(x + (start + k) * x_step, far * x_step, to + (start + k) * step, far * step,
                                    lane + k % LANES * width, top, least, width, negative, kept, True)
                else:
                    block_four_near(x + (start + k) * x_step, far * x_step, to + (start + k) * step, far * step,
                                    lane + k * width, top, least, width, negative, kept, False)
        for k in range(4 * far * fours, m):
            e = to + (done + k) * step if kept else line
            block_near(x + (done + k) * x_step, e, top, least, width, negative)
            pile_one(e, lane + k % LANES * width, lane + k % LANES * width, width, True)
        block_together_line(lane, total, width)
        done += m
        if not all_near(top, least, total, width):
            return False
    return True


cdef inline bint near_softmax(const float* x, Py_ssize_t x_step, float* out, Py_ssize_t step, Py_ssize_t n,
                              Py_ssize_t width, bint quiet, bint negative, double* lane, float* high,
                              float* low) noexcept nogil:
    """The exponentials of softmax, quiet_softmax or softmin and by what each row is to be multiplied, unless an element is
    not near."""
    cdef float top[WIDTH]
    cdef double total[WIDTH]
    cdef Py_ssize_t j
    if not lines_near(x, x_step, out, step, n, width, top, lane, total, negative, True, False):
        return False
    for j in range(width):
        divide_sum(total[j] + exp_near(0) if quiet else total[j], 0, &high[j], &low[j])
    return True


cdef inline bint near_logarithms(const float* x, Py_ssize_t step, Py_ssize_t n, Py_ssize_t width, float* top, double* lane,
                                 double* total, double parts) noexcept nogil:
    """lines_logarithms likewise."""
    cdef Py_ssize_t j
    if not lines_near(x, step, NULL, 0, n, width, top, lane, total, False, False, finely_added(n, x)):
        return False
    for j in range(width):
        # The sum as it is with the row's own power of two.
        total[j] *= power_of_two(zero_of(top[j])) * unscale(top[j])
    logarithms_of_lines(x, step, NULL, n, width, top, lane, total, parts)
    return True
