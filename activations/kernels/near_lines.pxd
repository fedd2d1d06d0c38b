"""softmax and log_softmax of rows of float32 that stand side by side and whose elements are near 0: see near_rows.pxd.

Since no maximum is sought first, each line is read once. What becomes of it stands in a copy without gaps.
"""

from libc.string cimport memset

from activations.formulas.elementary cimport power_of_two, unscale
from activations.kernels.lanes cimport FOLDED, FOUR, LANES, larger
from activations.kernels.lines cimport ask_for
from activations.kernels.near_rows cimport ACT_NEAR_SUM, HIGHEST, LOWEST, exp_near, smaller
from activations.kernels.real cimport fma
from activations.kernels.row_exponentials cimport add_logarithm, divide_sum, finely_added, zero_of
from activations.kernels.rows cimport ACT_INFINITY, WIDTH, row_fill
from activations.kernels.softmax_lines cimport (
    BESIDE, MOST, beside, block_scale_line, block_subtract_line, block_together_line, logarithms_of_lines, pile_one, signed,
)

cdef extern from *:
    """
    /* Elements that nothing else points to: so many lines at once would not be vectors otherwise. */
    typedef float *__restrict act_apart;
    """
    ctypedef float* act_apart

cdef extern from "wide.h" nogil:
    void act_together_short(double* total, int n, const float* x, Py_ssize_t step, Py_ssize_t count)


cdef inline void block_four_near(const float* x, Py_ssize_t far, act_apart copy, Py_ssize_t copy_far, double* lane,
                                 float* top, float* least, Py_ssize_t n, bint negative, bint kept,
                                 bint copied) noexcept nogil:
    """Add up the exponentials of four lines `far` elements apart. The copy gets them, if they are kept, or the elements."""
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
        if kept or copied:
            copy[j] = ea if kept else a
            copy[copy_far + j] = eb if kept else b
            copy[2 * copy_far + j] = ec if kept else c
            copy[3 * copy_far + j] = ed if kept else d
        lane[j] += (ea + eb) + (ec + ed)
        top[j] = larger(larger(larger(a, b), larger(c, d)), top[j])
        least[j] = smaller(smaller(smaller(a, b), smaller(c, d)), least[j])


cdef inline void block_near(const float* x, float* copy, float* e, float* top, float* least, Py_ssize_t n, bint negative,
                            bint copied) noexcept nogil:
    """The exponentials of one line; a copy of it, if these are not kept there."""
    cdef Py_ssize_t j
    cdef float a
    for j in range(n):
        a = signed(x[j], negative)
        e[j] = exp_near(a)
        if copied:
            copy[j] = a
        top[j] = larger(a, top[j])
        least[j] = smaller(a, least[j])


cdef inline bint all_near(const float* top, const float* least, const double* total, Py_ssize_t n) noexcept nogil:
    """Whether rows are; a NaN makes its row's sum one, which does not count."""
    cdef Py_ssize_t j
    cdef bint near = True
    for j in range(n):
        near &= top[j] <= <float>HIGHEST and least[j] >= <float>LOWEST and not total[j] >= ACT_NEAR_SUM
    return near


cdef inline bint lines_near(const float* x, Py_ssize_t x_step, float* copy, Py_ssize_t step, Py_ssize_t n, Py_ssize_t width,
                            float* top, double* total, bint negative, bint kept, bint copied, bint fine) noexcept nogil:
    """The sums of up to MOST rows' exponentials and their largest elements; whether all are near."""
    cdef float least[MOST]
    cdef float line[MOST]
    cdef float* e
    cdef double lane[LANES * MOST]
    cdef Py_ssize_t k, m, quarter, done = 0
    row_fill(top, width, <float>-ACT_INFINITY)
    row_fill(least, width, <float>ACT_INFINITY)
    if kept and n <= LANES:
        for k in range(n):
            e = copy + k * step
            block_near(x + k * x_step, e, e, top, least, width, negative, False)
        act_together_short(total, <int>width, copy, step, n)
        return all_near(top, least, total, width)
    memset(total, 0, width * sizeof(double))
    while done < n:
        m = min(<Py_ssize_t>WIDTH, n - done)
        memset(lane, 0, LANES * width * sizeof(double))
        quarter = m // FOUR * LANES if m >= FOLDED and not fine else 0
        for k in range(quarter):
            block_four_near(x + (done + k) * x_step, quarter * x_step, copy + (done + k) * step, quarter * step,
                            lane + k % LANES * width, top, least, width, negative, kept, copied)
        for k in range(4 * quarter, m):
            e = copy + (done + k) * step if kept else &line[0]
            block_near(x + (done + k) * x_step, copy + (done + k) * step, e, top, least, width, negative, copied)
            pile_one(e, lane + k % LANES * width, lane + k % LANES * width, width, True)
        block_together_line(lane, total, width)
        done += m
    return all_near(top, least, total, width)


cdef inline bint lines_near_of(const float* x, Py_ssize_t x_step, float* copy, Py_ssize_t n, Py_ssize_t width, float* top,
                               double* total, bint negative, bint kept, bint copied, bint fine) noexcept nogil:
    """The same of up to WIDTH rows; whole groups have loops with a length that the compiler knows."""
    cdef Py_ssize_t done = 0, m
    cdef bint near = True
    while done < width and near:
        m = beside(width - done)
        if m == BESIDE:
            near = lines_near(x + done, x_step, copy + done, width, n, BESIDE, top + done, total + done, negative, kept,
                              copied, fine)
        else:
            near = lines_near(x + done, x_step, copy + done, width, n, m, top + done, total + done, negative, kept, copied,
                              fine)
        done += m
    return near


cdef inline void block_near_scaled(const float* x, float* out, Py_ssize_t n, const float* high, const float* low,
                                   bint negative) noexcept nogil:
    cdef Py_ssize_t j
    cdef float e
    for j in range(n):
        e = exp_near(signed(x[j], negative))
        out[j] = fma(e, high[j], e * low[j])


cdef inline bint near_softmax(const float* x, Py_ssize_t x_step, float* tile, float* out, Py_ssize_t step, Py_ssize_t n,
                              Py_ssize_t width, bint quiet, bint negative) noexcept nogil:
    """softmax, quiet_softmax or softmin of up to WIDTH rows, unless an element is not near. Without a tile exponentials are
    computed twice."""
    cdef float top[WIDTH]
    cdef float high[WIDTH]
    cdef float low[WIDTH]
    cdef double total[WIDTH]
    cdef Py_ssize_t j, k
    cdef bint near
    if tile == NULL:
        near = lines_near_of(x, x_step, tile, n, width, top, total, negative, False, False, False)
    else:
        near = lines_near_of(x, x_step, tile, n, width, top, total, negative, True, False, False)
    if not near:
        return False
    for j in range(width):
        divide_sum(total[j] + exp_near(0) if quiet else total[j], &high[j], &low[j])
    for k in range(n):
        if tile == NULL:
            block_near_scaled(x + k * x_step, out + k * step, width, high, low, negative)
        else:
            ask_for(out + k * step, step, width)
            block_scale_line(tile + k * width, out + k * step, width, high, low)
    return True


cdef inline bint near_log_softmax(const float* x, Py_ssize_t x_step, float* tile, float* out, Py_ssize_t step, Py_ssize_t n,
                                  Py_ssize_t width) noexcept nogil:
    """log_softmax likewise; without a tile where lines lie together."""
    cdef float top[WIDTH]
    cdef float high[WIDTH]
    cdef float low[WIDTH]
    cdef double total[WIDTH]
    cdef Py_ssize_t j, k
    cdef bint near
    if tile == NULL:
        near = lines_near_of(x, x_step, tile, n, width, top, total, False, False, False, finely_added(n, x))
    else:
        near = lines_near_of(x, x_step, tile, n, width, top, total, False, False, True, finely_added(n, x))
    if not near:
        return False
    for j in range(width):
        # The sum as it is with the row's own power of two.
        total[j] *= power_of_two(zero_of(top[j])) * unscale(top[j])
    if tile != NULL:
        x, x_step = tile, width
    logarithms_of_lines(x, x_step, NULL, n, width, top, total, 1)
    for j in range(width):
        add_logarithm(top[j], total[j], &high[j], &low[j])
    for k in range(n):
        if tile != NULL:
            ask_for(out + k * step, step, width)
        block_subtract_line(x + k * x_step, out + k * step, width, high, low)
    return True
