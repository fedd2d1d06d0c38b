"""Gradients of softmax and log_softmax from probabilities, or from their logarithms, of rows that stand side by side."""

from libc.string cimport memset

from activations.formulas.elementary cimport exp_reduced, reduced, scaled_bias, unscale
from activations.kernels.gradients cimport turned, weighted
from activations.kernels.lanes cimport FOLDED, FOUR, LANES
from activations.kernels.lines cimport Room, joined_lines, last_of, repeat
from activations.kernels.real cimport at_least, bound_lowest, fma, real
from activations.kernels.rows cimport WIDTH
from activations.kernels.softmax_lines cimport (
    block_pile_four, block_scale_line, block_together_line, piled_rows, pile_one, stretch, times_of,
)

cdef extern from "wide.h" nogil:
    void act_add_products_line(double* lane, Py_ssize_t n, const float* x, const float* y)

# Lines of n elements: of probabilities, or, where they are `scaled`, of what becomes them by a factor in two parts.

cdef inline void block_log_gradient_line(const real* dy, const real* y, real* out, Py_ssize_t n, const real* total,
                                         const real* high, const real* low) noexcept nogil:
    cdef Py_ssize_t j
    for j in range(n):
        out[j] = fma(-total[j], fma(y[j], high[j], y[j] * low[j]), dy[j])


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
    const real* y3, double* lane, Py_ssize_t n, const real* high, const real* low, bint scaled,
) noexcept nogil:
    cdef Py_ssize_t j
    cdef real a, b, c, d
    for j in range(n):
        a, b, c, d = y0[j], y1[j], y2[j], y3[j]
        if scaled:
            a = fma(a, high[j], a * low[j])
            b = fma(b, high[j], b * low[j])
            c = fma(c, high[j], c * low[j])
            d = fma(d, high[j], d * low[j])
        lane[j] += fma(x0[j], a, x1[j] * b) + fma(x2[j], c, x3[j] * d)


cdef inline void block_gradient_line(const real* dy, const real* y, real* out, Py_ssize_t n, const real* dot,
                                     const real* high, const real* low, bint scaled, bint negative) noexcept nogil:
    cdef Py_ssize_t j
    cdef real value
    for j in range(n):
        value = y[j]
        if scaled:
            value = fma(value, high[j], value * low[j])
        value = weighted(value, dy[j], dot[j])
        out[j] = turned(value) if negative else value


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


cdef inline void lines_added(const real* e, Py_ssize_t n, Py_ssize_t step, Py_ssize_t width, double* high,
                             double* total) noexcept nogil:
    """row_sum of each row, with room for LANES of each."""
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
                            times * width, False, True)
            k += times
        k = 4 * quarter
        while k < m:
            pile_one(e + k * step, high + k % LANES * width, high + k % LANES * width, stretch(times, m - k, width), False)
            k += times
        block_together_line(high, total, width)
        e += m * step
        n -= m


cdef inline void lines_dot(const real* dy, Py_ssize_t dy_step, const real* y, Py_ssize_t step, Py_ssize_t n,
                           Py_ssize_t width, double* lane, real* high, real* low, bint scaled, real* dot) noexcept nogil:
    """row_dot for each row, with room for LANES of each; the factors have room to be repeated."""
    cdef double total[WIDTH]
    cdef real line[WIDTH]
    cdef const real* weight
    cdef Py_ssize_t far = LANES * dy_step, y_far = LANES * step, k, at, part, left = n % FOUR, _
    cdef Py_ssize_t times = LANES if dy_step == step == width else 1
    if scaled:
        times = times_of(n, width, dy_step == step == width)
        repeat(high, width, times)
        repeat(low, width, times)
    memset(lane, 0, LANES * width * sizeof(double))
    memset(total, 0, width * sizeof(double))
    for _ in range(n // FOUR):
        k = 0
        while k < LANES:
            block_add_four_products_line(
                dy, y, dy + far, y + y_far, dy + 2 * far, y + 2 * y_far, dy + 3 * far, y + 3 * y_far,
                lane + k * width, times * width, high, low, scaled,
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
        part = stretch(times, left - k, width)
        weight = y + k * step
        if scaled:
            block_scale_line(weight, line, part, high, low)
            weight = line
        add_products_line(dy + k * dy_step, weight, lane + at * width, part)
        k += times
    block_together_line(lane, total, width)
    for k in range(width):
        dot[k] = <real>total[k]


# Up to WIDTH rows, with room for LANES of some of them; where factors are given y becomes probabilities by them.

cdef inline void lines_gradient(char** arrays, const Py_ssize_t* steps, Py_ssize_t n, Py_ssize_t width, bint negative,
                                const Room* room, real* high, real* low, const real* like) noexcept nogil:
    """softmax's, of arrays dy, y and the result, which may be y; or its negative."""
    cdef real dot[WIDTH]
    cdef const real* dy = <const real*>arrays[0]
    cdef const real* y = <const real*>arrays[1]
    cdef real* out = <real*>arrays[2]
    cdef Py_ssize_t size = sizeof(real), dy_step = steps[0] // size, y_step = steps[1] // size, step = steps[2] // size
    cdef Py_ssize_t times = joined_lines(n, width, WIDTH, dy_step == y_step == step == width), k = last_of(n, times), m
    cdef Py_ssize_t done = 0
    while done < width:
        m = piled_rows(room, width - done, like)
        if high != NULL:
            lines_dot(dy + done, dy_step, y + done, y_step, n, m, room.lanes, high + done, low + done, True, dot + done)
        else:
            lines_dot(dy + done, dy_step, y + done, y_step, n, m, room.lanes, high, low, False, dot + done)
        done += m
    if high != NULL:
        repeat(high, width, times)
        repeat(low, width, times)
    repeat(dot, width, times)
    while k >= 0:
        m = min(times, n - k) * width
        if high != NULL:
            block_gradient_line(dy + k * dy_step, y + k * y_step, out + k * step, m, dot, high, low, True, negative)
        else:
            block_gradient_line(dy + k * dy_step, y + k * y_step, out + k * step, m, dot, high, low, False, negative)
        k -= times


cdef inline void lines_log_gradient(char** arrays, const Py_ssize_t* steps, Py_ssize_t n, Py_ssize_t width, bint logarithms,
                                    const Room* room, real* high, real* low, const real* like) noexcept nogil:
    """log_softmax's, of arrays dy, y and the result, which may be y: probabilities or their logarithms."""
    cdef real total[WIDTH]
    cdef double sums[WIDTH]
    cdef const real* dy = <const real*>arrays[0]
    cdef const real* y = <const real*>arrays[1]
    cdef real* out = <real*>arrays[2]
    cdef Py_ssize_t size = sizeof(real), dy_step = steps[0] // size, y_step = steps[1] // size, step = steps[2] // size
    cdef Py_ssize_t times = joined_lines(n, width, WIDTH, dy_step == y_step == step == width), k = last_of(n, times), m, j
    cdef Py_ssize_t done = 0
    while done < width:
        m = piled_rows(room, width - done, like)
        lines_added(dy + done, n, dy_step, m, room.lanes, sums + done)
        done += m
    for j in range(width):
        total[j] = <real>sums[j]
    repeat(total, width, times)
    if high != NULL:
        repeat(high, width, times)
        repeat(low, width, times)
    while k >= 0:
        m = min(times, n - k) * width
        if logarithms:
            block_log_gradient_from_output_line(dy + k * dy_step, y + k * y_step, out + k * step, m, total)
        else:
            block_log_gradient_line(dy + k * dy_step, y + k * y_step, out + k * step, m, total, high, low)
        k -= times
