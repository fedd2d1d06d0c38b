"""softmax and log_softmax of rows that stand side by side, in lines of contiguous elements.

The operations and their order are those on one row after another (row_exponentials.pxd, lanes.pxd): the bits are the same.
"""

from libc.string cimport memset

from activations.formulas.elementary cimport exp_reduced, ln2_low, reduced, scale, scaled_bias, unscale
from activations.kernels.lanes cimport FOUR, LANES, larger
from activations.kernels.real cimport at_least, bound_lowest, fma, real
from activations.kernels.row_exponentials cimport (
    Shift, add_logarithm, divide_sum, log_one_more, own_term, row_shift,
)
from activations.kernels.rows cimport ACT_INFINITY, WIDTH, finite, row_undecided

cdef enum:
    BESIDE = 64        # rows worked on at a time: GCC unrolls loops of 16 before it can vectorise them
    SHORT = 256        # rows up to this length are worked on in a buffer

# Lines of n elements.

cdef inline void block_larger_line(const real* x, real* copy, real* top, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t j
    for j in range(n):
        top[j] = larger(x[j], top[j])
        copy[j] = x[j]


cdef inline real carrier_of_zero(real like) noexcept nogil:
    if real is float:
        return <float>12582912
    else:
        return 6755399441055744.0


cdef inline void block_exp_line(const real* x, real* out, Py_ssize_t n, const real* base, const real* low,
                                const real* zero) noexcept nogil:
    """block_exp; `zero` is the carrier of 2^0 with each row's bias."""
    cdef Py_ssize_t j
    cdef real carrier, count, d, r
    for j in range(n):
        d = at_least(x[j] - base[j], low[j])
        if real is float:
            carrier = fma(d, <float>1.4426950408889634, zero[j])
            count = carrier - zero[j]
            r = fma(count, <float>-0.693145751953125, d)
        else:
            carrier = fma(d, 1.4426950408889634074, zero[j])
            count = carrier - zero[j]
            r = fma(count, -6.93147180369123816490e-01, d)
        out[j] = exp_reduced(fma(count, -ln2_low(d), r), carrier)


cdef inline void block_without_line(const real* x, real* e, Py_ssize_t n, const real* top, double* tops) noexcept nogil:
    """Count the largest elements, and take them out of the exponentials."""
    cdef Py_ssize_t j
    for j in range(n):
        tops[j] += <double>1 if x[j] == top[j] else <double>0
        e[j] = <real>0 if x[j] == top[j] else e[j]


cdef inline void block_pile_four(const real* a, const real* b, const real* c, const real* d, double* high, double* low,
                                 Py_ssize_t n, bint scaled) noexcept nogil:
    """Add four elements of each row to its sum, as sum_of (or add_scaled) does."""
    cdef double grid = 3 * 32768 * scale(<double>0), ca, cb, cc, cd
    cdef Py_ssize_t j
    for j in range(n):
        if real is float or not scaled:
            high[j] += (a[j] + b[j]) + (c[j] + d[j])
        else:
            ca = (a[j] + grid) - grid
            cb = (b[j] + grid) - grid
            cc = (c[j] + grid) - grid
            cd = (d[j] + grid) - grid
            high[j] += (ca + cb) + (cc + cd)
            low[j] += ((a[j] - ca) + (b[j] - cb)) + ((c[j] - cc) + (d[j] - cd))


cdef inline void block_pile_one(const real* a, double* high, double* low, Py_ssize_t n, bint scaled) noexcept nogil:
    cdef double grid = 3 * 32768 * scale(<double>0), cut
    cdef Py_ssize_t j
    for j in range(n):
        if real is float or not scaled:
            high[j] += a[j]
        else:
            cut = (a[j] + grid) - grid
            high[j] += cut
            low[j] += a[j] - cut


cdef inline void block_together_line(const double* lane, double* total, Py_ssize_t n) noexcept nogil:
    """Add each row's lanes to its total; lane k of row j stands at BESIDE * k + j."""
    cdef Py_ssize_t j
    cdef const double* b = lane + BESIDE * 8
    for j in range(n):
        total[j] += (
            (((lane[j] + b[j]) + (lane[BESIDE * 4 + j] + b[BESIDE * 4 + j]))
             + ((lane[BESIDE * 2 + j] + b[BESIDE * 2 + j]) + (lane[BESIDE * 6 + j] + b[BESIDE * 6 + j])))
            + (((lane[BESIDE + j] + b[BESIDE + j]) + (lane[BESIDE * 5 + j] + b[BESIDE * 5 + j]))
               + ((lane[BESIDE * 3 + j] + b[BESIDE * 3 + j]) + (lane[BESIDE * 7 + j] + b[BESIDE * 7 + j])))
        )


cdef inline void block_scale_line(const real* x, real* out, Py_ssize_t n, const real* high,
                                  const real* low) noexcept nogil:
    cdef Py_ssize_t j
    for j in range(n):
        out[j] = fma(x[j], high[j], x[j] * low[j])


cdef inline void block_subtract_line(const real* x, real* out, Py_ssize_t n, const real* high,
                                     const real* low) noexcept nogil:
    cdef Py_ssize_t j
    for j in range(n):
        out[j] = (x[j] - high[j]) - low[j]


cdef inline void block_log_gradient_line(const real* dy, const real* y, real* out, Py_ssize_t n,
                                         const real* total) noexcept nogil:
    cdef Py_ssize_t j
    for j in range(n):
        out[j] = fma(-total[j], y[j], dy[j])


cdef inline void block_log_gradient_of_output_line(const real* dy, const real* y, real* out, Py_ssize_t n,
                                                   const real* total) noexcept nogil:
    """The same from the logarithms of the probabilities."""
    cdef Py_ssize_t j
    cdef real carrier, r
    for j in range(n):
        r = reduced(at_least(y[j], bound_lowest(y[j])), scaled_bias(y[j]), &carrier)
        out[j] = fma(-total[j], exp_reduced(r, carrier) * unscale(y[j]), dy[j])


cdef inline void block_add_products_line(const real* x, const real* y, double* lane, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t j
    for j in range(n):
        lane[j] = fma(<double>x[j], <double>y[j], lane[j])


cdef inline void block_add_four_products_line(
    const real* x0, const real* y0, const real* x1, const real* y1, const real* x2, const real* y2, const real* x3,
    const real* y3, double* lane, Py_ssize_t n,
) noexcept nogil:
    cdef Py_ssize_t j
    for j in range(n):
        lane[j] += fma(x0[j], y0[j], x1[j] * y1[j]) + fma(x2[j], y2[j], x3[j] * y3[j])


cdef inline void block_gradient_line(const real* dy, const real* y, real* out, Py_ssize_t n,
                                     const real* dot) noexcept nogil:
    cdef Py_ssize_t j
    for j in range(n):
        out[j] = y[j] * (dy[j] - dot[j])


# Up to BESIDE rows; their elements of one column are a line, and lines are `step` elements apart.

cdef inline void lines_added(const real* e, Py_ssize_t n, Py_ssize_t step, Py_ssize_t width, double* total, bint scaled,
                             bint fine) noexcept nogil:
    """row_sum of each row; add_scaled of its blocks."""
    cdef double high[LANES * BESIDE]
    cdef double low[LANES * BESIDE]
    cdef double rest[BESIDE]
    cdef Py_ssize_t done = 0, m, quarter, k
    memset(rest, 0, sizeof(rest))
    memset(total, 0, width * sizeof(double))
    while done < n:
        m = min(<Py_ssize_t>WIDTH, n - done)
        memset(high, 0, sizeof(high))
        memset(low, 0, sizeof(low))
        quarter = 0 if fine and real is float else m // FOUR * LANES
        for k in range(quarter):
            block_pile_four(
                e + k * step, e + (quarter + k) * step, e + (2 * quarter + k) * step, e + (3 * quarter + k) * step,
                high + k % LANES * BESIDE, low + k % LANES * BESIDE, width, scaled,
            )
        for k in range(4 * quarter, m):
            block_pile_one(e + k * step, high + k % LANES * BESIDE, low + k % LANES * BESIDE, width, scaled)
        block_together_line(high, total, width)
        block_together_line(low, rest, width)
        e += m * step
        done += m
    for k in range(width):
        total[k] += rest[k]


cdef inline void lines_dot(const real* dy, Py_ssize_t dy_step, const real* y, Py_ssize_t step, Py_ssize_t n,
                           Py_ssize_t width, real* dot) noexcept nogil:
    """row_dot for each row."""
    cdef double lane[LANES * BESIDE]
    cdef double total[BESIDE]
    cdef Py_ssize_t far = LANES * dy_step, y_far = LANES * step, k, _
    memset(lane, 0, sizeof(lane))
    memset(total, 0, sizeof(total))
    for _ in range(n // FOUR):
        for k in range(LANES):
            block_add_four_products_line(
                dy, y, dy + far, y + y_far, dy + 2 * far, y + 2 * y_far, dy + 3 * far, y + 3 * y_far,
                lane + k * BESIDE, width,
            )
            dy += dy_step
            y += step
        dy += 3 * far
        y += 3 * y_far
    for k in range(n // FOUR * FOUR, n):
        block_add_products_line(dy, y, lane + k % LANES * BESIDE, width)
        dy += dy_step
        y += step
    block_together_line(lane, total, width)
    for k in range(width):
        dot[k] = <real>total[k]


cdef inline void lines_exponentials(const real* x, Py_ssize_t x_step, real* e, Py_ssize_t step, Py_ssize_t n,
                                    Py_ssize_t width, real* top, Shift* shifts, double* total) noexcept nogil:
    """row_exponentials of each row."""
    cdef real base[BESIDE]
    cdef real low[BESIDE]
    cdef real zero[BESIDE]
    cdef Py_ssize_t j, k
    for j in range(width):
        top[j] = <real>-ACT_INFINITY
    for k in range(n):
        block_larger_line(x + k * x_step, e + k * step, top, width)
    for j in range(width):
        shifts[j] = row_shift(top[j] if finite(top[j]) else <real>0)
        base[j], low[j] = <real>shifts[j].base, <real>shifts[j].low
        zero[j] = carrier_of_zero(<real>0) + shifts[j].bias
    for k in range(n):
        block_exp_line(e + k * step, e + k * step, width, base, low, zero)
    lines_added(e, n, step, width, total, True, False)


cdef inline void lines_others(const real* x, Py_ssize_t x_step, real* e, Py_ssize_t step, Py_ssize_t n, Py_ssize_t width,
                              const real* top, const double* own, double* others) noexcept nogil:
    """row_others of each row, whose exponentials are there already."""
    cdef double tops[BESIDE]
    cdef Py_ssize_t j, k
    memset(tops, 0, sizeof(tops))
    for k in range(n):
        block_without_line(x + k * x_step, e + k * step, width, top, tops)
    lines_added(e, n, step, width, others, True, True)
    for j in range(width):
        others[j] = (tops[j] - 1) + others[j] / own[j]


cdef inline void lines_softmax(const real* x, Py_ssize_t x_step, real* out, Py_ssize_t step, Py_ssize_t n,
                               Py_ssize_t width) noexcept nogil:
    """Rows that are not too long are worked on in a buffer: lines far apart fight for one place in the cache."""
    cdef real work[SHORT * BESIDE]
    cdef real top[BESIDE]
    cdef real high[BESIDE]
    cdef real low[BESIDE]
    cdef double total[BESIDE]
    cdef Shift shifts[BESIDE]
    cdef Py_ssize_t j, k, e_step = BESIDE if n <= SHORT else step
    cdef real* e = &work[0]
    if n > SHORT:
        e = out
    lines_exponentials(x, x_step, e, e_step, n, width, top, shifts, total)
    for j in range(width):
        divide_sum(total[j], &high[j], &low[j])
    for k in range(n):
        block_scale_line(e + k * e_step, out + k * step, width, high, low)
    for j in range(width):
        if not finite(top[j]):
            row_undecided(x + j, x_step, out + j, step, n, 0)


cdef inline void lines_log_softmax(const real* x, Py_ssize_t x_step, real* out, Py_ssize_t step, Py_ssize_t n,
                                   Py_ssize_t width) noexcept nogil:
    cdef real work[SHORT * BESIDE]
    cdef real top[BESIDE]
    cdef real high[BESIDE]
    cdef real low[BESIDE]
    cdef double total[BESIDE]
    cdef double own[BESIDE]
    cdef double others[BESIDE]
    cdef Shift shifts[BESIDE]
    cdef Py_ssize_t j, k, e_step = BESIDE if n <= SHORT else step
    cdef bint decided = False
    cdef real* e = &work[0]
    if n > SHORT:
        e = out
    lines_exponentials(x, x_step, e, e_step, n, width, top, shifts, total)
    for j in range(width):
        own[j] = own_term(top[j] if finite(top[j]) else <real>0, &shifts[j])
        total[j] /= own[j]
        decided |= not total[j] > 2
    if decided:
        lines_others(x, x_step, e, e_step, n, width, top, own, others)
    for j in range(width):
        total[j] -= 1
    if decided:
        for j in range(width):
            # A row all but decided: see row_logarithm.
            total[j] = others[j] if total[j] <= 1 else total[j]
    for j in range(width):
        total[j] = log_one_more(total[j])
    for j in range(width):
        add_logarithm(top[j], total[j], &high[j], &low[j])
    for k in range(n):
        block_subtract_line(x + k * x_step, out + k * step, width, high, low)
    for j in range(width):
        if not finite(top[j]):
            row_undecided(x + j, x_step, out + j, step, n, 1)
