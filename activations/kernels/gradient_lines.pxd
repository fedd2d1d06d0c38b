"""Gradients of softmax and log_softmax from probabilities, or from their logarithms, of rows that stand side by side."""

from libc.string cimport memset

from activations.formulas.elementary cimport exp_reduced, reduced, scaled_bias, unscale
from activations.kernels.lanes cimport FOLDED, FOUR, LANES
from activations.kernels.lines cimport joined_lines, repeat
from activations.kernels.real cimport at_least, bound_lowest, fma, real
from activations.kernels.rows cimport WIDTH
from activations.kernels.softmax_lines cimport (
    BESIDE, MOST, beside, block_pile_four, block_together_line, pile_one, signed, stretch,
)

cdef extern from "wide.h" nogil:
    void act_add_products_line(double* lane, Py_ssize_t n, const float* x, const float* y)

# Lines of n elements.

cdef inline void block_log_gradient_line(const real* dy, const real* y, real* out, Py_ssize_t n,
                                         const real* total) noexcept nogil:
    cdef Py_ssize_t j
    for j in range(n):
        out[j] = fma(-total[j], y[j], dy[j])


cdef inline void block_add_products_line(const double* x, const double* y, double* lane, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t j
    for j in range(n):
        lane[j] = fma(x[j], y[j], lane[j])


cdef inline void add_products_line(const real* x, const real* y, double* lane, Py_ssize_t n) noexcept nogil:
    if real is float:
        act_add_products_line(lane, n, x, y)
    else:
        block_add_products_line(x, y, lane, n)


cdef inline void block_add_four_products_line(
    const real* x0, const real* y0, const real* x1, const real* y1, const real* x2, const real* y2, const real* x3,
    const real* y3, double* lane, Py_ssize_t n,
) noexcept nogil:
    cdef Py_ssize_t j
    for j in range(n):
        lane[j] += fma(x0[j], y0[j], x1[j] * y1[j]) + fma(x2[j], y2[j], x3[j] * y3[j])


cdef inline void block_gradient_line(const real* dy, const real* y, real* out, Py_ssize_t n, const real* dot,
                                     bint negative) noexcept nogil:
    cdef Py_ssize_t j
    for j in range(n):
        out[j] = signed(y[j] * (dy[j] - dot[j]), negative)


cdef inline void block_log_gradient_from_output_line(const real* dy, const real* y, real* out, Py_ssize_t n,
                                                     const real* total) noexcept nogil:
    """The probabilities are exponentials that need no shift."""
    cdef Py_ssize_t j
    cdef real carrier, r, e
    cdef real least = bound_lowest(y[0])
    cdef int bias = scaled_bias(y[0])
    for j in range(n):
        r = reduced(at_least(y[j], least), bias, &carrier)
        e = exp_reduced(r, carrier)
        out[j] = fma(-total[j], fma(e, unscale(e), e * 0), dy[j])


cdef inline void lines_added(const real* e, Py_ssize_t n, Py_ssize_t step, Py_ssize_t width, double* total) noexcept nogil:
    """row_sum of each row."""
    cdef double high[LANES * MOST]
    cdef Py_ssize_t times = LANES if step == width else 1, m, quarter, k
    memset(total, 0, width * sizeof(double))
    while n > 0:
        m = min(<Py_ssize_t>WIDTH, n)
        memset(high, 0, LANES * width * sizeof(double))
        quarter = m // FOUR * LANES if m >= FOLDED else 0
        k = 0
        while k < quarter:
            block_pile_four(e + k * step, e + (quarter + k) * step, e + (2 * quarter + k) * step,
                            e + (3 * quarter + k) * step, high + k % LANES * width, high + k % LANES * width,
                            times * width, False)
            k += times
        k = 4 * quarter
        while k < m:
            pile_one(e + k * step, high + k % LANES * width, high + k % LANES * width, stretch(times, m - k, width), False)
            k += times
        block_together_line(high, total, width)
        e += m * step
        n -= m


cdef inline void lines_dot(const real* dy, Py_ssize_t dy_step, const real* y, Py_ssize_t step, Py_ssize_t n,
                           Py_ssize_t width, real* dot) noexcept nogil:
    """row_dot for each row."""
    cdef double lane[LANES * MOST]
    cdef double total[MOST]
    cdef Py_ssize_t far = LANES * dy_step, y_far = LANES * step, k, at, left = n % FOUR, _
    cdef Py_ssize_t times = LANES if dy_step == step == width else 1
    memset(lane, 0, LANES * width * sizeof(double))
    memset(total, 0, width * sizeof(double))
    for _ in range(n // FOUR):
        k = 0
        while k < LANES:
            block_add_four_products_line(
                dy, y, dy + far, y + y_far, dy + 2 * far, y + 2 * y_far, dy + 3 * far, y + 3 * y_far,
                lane + k * width, times * width,
            )
            dy += times * dy_step
            y += times * step
            k += times
        dy += 3 * far
        y += 3 * y_far
    k = 0
    while k < left:
        # Where row_dot puts what is no whole group.
        at = k % LANES if n < LANES or k < left - left % LANES else k % LANES + LANES - left % LANES
        add_products_line(dy + k * dy_step, y + k * step, lane + at * width, stretch(times, left - k, width))
        k += times
    block_together_line(lane, total, width)
    for k in range(width):
        dot[k] = <real>total[k]


# A wide stretch of each line at a time where sums are known.

cdef inline void lines_gradient(char** arrays, const Py_ssize_t* steps, Py_ssize_t n, Py_ssize_t width,
                                bint negative, const real* like) noexcept nogil:
    """softmax's, of arrays dy, y and the result, which may be y; or its negative."""
    cdef real dot[WIDTH]
    cdef Py_ssize_t done = 0, m, at, part, k, times, size = sizeof(real)
    while done < width:
        m = min(<Py_ssize_t>WIDTH, width - done)
        at = 0
        while at < m:
            part = beside(m - at)
            if part == BESIDE:
                lines_dot(<const real*>arrays[0] + done + at, steps[0] // size, <const real*>arrays[1] + done + at,
                          steps[1] // size, n, BESIDE, dot + at)
            else:
                lines_dot(<const real*>arrays[0] + done + at, steps[0] // size, <const real*>arrays[1] + done + at,
                          steps[1] // size, n, part, dot + at)
            at += part
        times = joined_lines(n, m, WIDTH, steps[0] == steps[1] == steps[2] == m * size)
        repeat(dot, m, times)
        k = 0
        while k < n:
            block_gradient_line(<const real*>(arrays[0] + k * steps[0]) + done, <const real*>(arrays[1] + k * steps[1])
                                + done, <real*>(arrays[2] + k * steps[2]) + done, min(times, n - k) * m, dot, negative)
            k += times
        done += m


cdef inline void lines_log_gradient(char** arrays, const Py_ssize_t* steps, Py_ssize_t n, Py_ssize_t width,
                                    bint logarithms, const real* like) noexcept nogil:
    """log_softmax's, of arrays dy, y and the result, which may be y: probabilities or their logarithms."""
    cdef real total[WIDTH]
    cdef double sums[MOST]
    cdef const real* dy
    cdef const real* y
    cdef real* out
    cdef Py_ssize_t done = 0, m, at, part, j, k, times, size = sizeof(real)
    while done < width:
        m = min(<Py_ssize_t>WIDTH, width - done)
        at = 0
        while at < m:
            part = beside(m - at)
            lines_added(<const real*>arrays[0] + done + at, n, steps[0] // size, part, sums)
            for j in range(part):
                total[at + j] = <real>sums[j]
            at += part
        times = joined_lines(n, m, WIDTH, steps[0] == steps[1] == steps[2] == m * size)
        repeat(total, m, times)
        k = 0
        while k < n:
            dy = <const real*>(arrays[0] + k * steps[0]) + done
            y = <const real*>(arrays[1] + k * steps[1]) + done
            out = <real*>(arrays[2] + k * steps[2]) + done
            if logarithms:
                block_log_gradient_from_output_line(dy, y, out, min(times, n - k) * m, total)
            else:
                block_log_gradient_line(dy, y, out, min(times, n - k) * m, total)
            k += times
        done += m
