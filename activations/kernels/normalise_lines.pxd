"""l2_normalize and standardize of rows that stand side by side: sums first, for some rows at a time, then whole lines.

The operations and their order are those of normalise.pyx on one row after another: the bits are the same. A row whose
sums leave the usual path (infinite, or too large or too small to be squared) is marked, for that kernel to do.
"""

from libc.math cimport sqrt

from activations.kernels.core cimport fold_t
from activations.kernels.lines cimport (
    ABREAST, abreast, ask_for, joined_lines, lanes_cleared, lanes_settled, lines_added, lines_distances, lines_scaled,
    lines_squares, odd_rows_instead, repeat, side_by_side,
)
from activations.kernels.real cimport act_product_error, fma, real
from activations.kernels.rows cimport ACT_INFINITY, WIDTH
from activations.kernels.sums cimport SPREAD, Sum, add, norm_is_odd, quotient_of, reciprocal, root_of

cdef extern from "wide.h" nogil:
    void act_add_moments_lines(double* squares, double* products, double* plain, Py_ssize_t n, const float* x,
                               Py_ssize_t far, const float* dy, Py_ssize_t dy_far, const double* centre, int lines)

cdef enum:
    SPAN = 256         # rows whose parameters are kept in double at a time

# What is known of each row, in lines of their own with room to be repeated.

ctypedef struct Known:
    double* centre
    double* rest      # of the centre
    double* high      # what the row is multiplied by
    double* low
    double* mean      # of the gradient
    double* dot
    double* factor
    bint* odd

cdef enum:
    KNOWN = 7 * SPAN


cdef inline Known known_in(double* memory, bint* odd, Py_ssize_t at) noexcept nogil:
    """The lines in memory for KNOWN numbers, from row `at` on."""
    cdef Known known
    known.centre = memory + at
    known.rest = memory + SPAN + at
    known.high = memory + 2 * SPAN + at
    known.low = memory + 3 * SPAN + at
    known.mean = memory + 4 * SPAN + at
    known.dot = memory + 5 * SPAN + at
    known.factor = memory + 6 * SPAN + at
    known.odd = odd + at
    return known


cdef inline void known_repeated(double* memory, Py_ssize_t width, Py_ssize_t times) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(7):
        repeat(memory + k * SPAN, width, times)


# Sums of a gradient's products with the row that was normalised, for double; for float all sums at once.

cdef inline void block_add_unit_products_line(const double* dy, const double* x, double* sums, double* errors,
                                              Py_ssize_t n, const double* high, const double* low) noexcept nogil:
    """Products with what l2_normalize makes of x."""
    cdef Py_ssize_t j
    cdef double y, product, lost, sum, back
    for j in range(n):
        y = fma(x[j], high[j], x[j] * low[j])
        product = dy[j] * y
        lost = act_product_error(dy[j], y, product)
        sum = sums[j] + product
        back = sum - sums[j]
        errors[j] += ((sums[j] - (sum - back)) + (product - back)) + lost
        sums[j] = sum


cdef inline void block_add_standard_products_line(const double* dy, const double* x, double* sums, double* errors,
                                                  Py_ssize_t n, const double* centre, const double* rest,
                                                  const double* high, const double* low) noexcept nogil:
    """Products with what standardize makes of x."""
    cdef Py_ssize_t j
    cdef double distance, y, product, lost, sum, back
    for j in range(n):
        distance = (x[j] - centre[j]) - rest[j]
        y = distance * high[j] + distance * low[j]
        product = dy[j] * y
        lost = act_product_error(dy[j], y, product)
        sum = sums[j] + product
        back = sum - sums[j]
        errors[j] += ((sums[j] - (sum - back)) + (product - back)) + lost
        sums[j] = sum


cdef inline void lines_normal_products(const double* dy, Py_ssize_t dy_step, const double* x, Py_ssize_t step,
                                       Py_ssize_t n, Py_ssize_t width, const Known* known, bint standard,
                                       Sum* totals) noexcept nogil:
    """row_products of the gradient with each row's result; the gradient's mean is not needed yet."""
    cdef double sums[SPREAD * ABREAST]
    cdef double errors[SPREAD * ABREAST]
    cdef Py_ssize_t k = 0, m, lanes = lanes_cleared(sums, errors, n, width, x)
    cdef Py_ssize_t times = joined_lines(n, width, ABREAST, dy_step == step == width)
    repeat(known.centre, width, times)
    repeat(known.rest, width, times)
    repeat(known.high, width, times)
    repeat(known.low, width, times)
    while k < n:
        m = min(times, n - k) * width
        ask_for(dy + k * dy_step, dy_step, width)
        ask_for(x + k * step, step, width)
        if standard:
            block_add_standard_products_line(dy + k * dy_step, x + k * step, sums + k % SPREAD * width,
                                             errors + k % SPREAD * width, m, known.centre, known.rest, known.high,
                                             known.low)
        else:
            block_add_unit_products_line(dy + k * dy_step, x + k * step, sums + k % SPREAD * width,
                                         errors + k % SPREAD * width, m, known.high, known.low)
        k += times
    lanes_settled(sums, errors, lanes, width, totals, x)


cdef inline void lines_moments(const float* dy, Py_ssize_t dy_step, const float* x, Py_ssize_t step, Py_ssize_t n,
                               Py_ssize_t width, double* centre, bint standard, Sum* squares, Sum* products,
                               Sum* plain) noexcept nogil:
    """row_moments of each row; the sums of the gradient and the centre count where it is `standard`. Lines that share lanes
    are taken together."""
    cdef double first[SPREAD * ABREAST]
    cdef double second[SPREAD * ABREAST]
    cdef double third[SPREAD * ABREAST]
    cdef Py_ssize_t k = 0, at, m, together, lanes = lanes_cleared(first, first, n, width, x)
    cdef Py_ssize_t times = joined_lines(n, width, ABREAST, dy_step == step == width)
    lanes_cleared(second, second, n, width, x)
    if standard:
        lanes_cleared(third, third, n, width, x)
        repeat(centre, width, times)
    while k < n:
        together = 4 if n - k >= 4 * SPREAD else 2 if n - k >= 2 * SPREAD else 1
        at = 0
        while at < min(<Py_ssize_t>SPREAD, n - k):
            m = min(times, n - k - at) * width
            ask_for(dy + at * dy_step, dy_step, width)
            ask_for(x + at * step, step, width)
            if together == 4:
                act_add_moments_lines(first + at * width, second + at * width, third + at * width, m, x + at * step,
                                      SPREAD * step, dy + at * dy_step, SPREAD * dy_step, centre, 4)
            elif together == 2:
                act_add_moments_lines(first + at * width, second + at * width, third + at * width, m, x + at * step,
                                      SPREAD * step, dy + at * dy_step, SPREAD * dy_step, centre, 2)
            else:
                act_add_moments_lines(first + at * width, second + at * width, third + at * width, m, x + at * step, 0,
                                      dy + at * dy_step, 0, centre, 1)
            at += times
        x += together * SPREAD * step
        dy += together * SPREAD * dy_step
        k += together * SPREAD
    lanes_settled(first, first, lanes, width, squares, x)
    lanes_settled(second, second, lanes, width, products, x)
    if standard:
        lanes_settled(third, third, lanes, width, plain, x)


# What the sums of rows say about each.

cdef inline void lines_lengths(const real* x, Py_ssize_t n, Py_ssize_t step, Py_ssize_t width, double eps,
                               const Known* known) noexcept nogil:
    """By what l2_normalize multiplies each row; odd where it scales by powers of two first, or the gradient is another."""
    cdef Sum totals[ABREAST]
    cdef Sum norm
    cdef Py_ssize_t j
    lines_squares(x, n, step, width, totals)
    for j in range(width):
        norm = root_of(totals[j])
        known.odd[j] = norm_is_odd(totals[j].high, x) or not norm.high < ACT_INFINITY
        if real is float:
            known.odd[j] |= norm.high != 0 and not 1e-30 < norm.high < 1e30
        known.rest[j] = norm.high < eps
        if norm.high < eps:
            norm.high, norm.low = eps, 0
        known.odd[j] |= norm.high == 0
        norm = reciprocal(norm, <real>0)
        known.high[j], known.low[j] = norm.high, norm.low


cdef inline void lines_deviations(const real* x, Py_ssize_t n, Py_ssize_t step, Py_ssize_t width, double eps,
                                  const Known* known) noexcept nogil:
    """Each row's mean, and the reciprocal of its standard deviation."""
    cdef Sum totals[ABREAST]
    cdef Sum deviation
    cdef Py_ssize_t j
    lines_added(x, n, step, width, 1, totals)
    for j in range(width):
        known.odd[j] = not -1e140 < totals[j].high < 1e140
        totals[j] = quotient_of(totals[j], <double>n)
        known.centre[j], known.rest[j] = totals[j].high, totals[j].low
    lines_distances(x, n, step, width, known.centre, known.rest, totals)
    for j in range(width):
        known.odd[j] |= not totals[j].high < 1e300
        deviation = quotient_of(totals[j], <double>n)
        add(&deviation, eps)
        deviation = root_of(deviation)
        known.odd[j] |= deviation.high == 0
        deviation = reciprocal(deviation, <double>0)
        known.high[j], known.low[j] = deviation.high, deviation.low


cdef inline void lines_l2_gradient(const real* dy, Py_ssize_t dy_step, const real* x, Py_ssize_t step, Py_ssize_t n,
                                   Py_ssize_t width, double eps, const Known* known) noexcept nogil:
    cdef Sum totals[ABREAST]
    cdef Sum squares[ABREAST]
    cdef Py_ssize_t j
    if real is float:
        lines_moments(dy, dy_step, x, step, n, width, NULL, False, squares, totals, NULL)
        for j in range(width):
            known.odd[j] = not (0 < squares[j].high < ACT_INFINITY and squares[j].high >= eps * eps)
            known.dot[j] = totals[j].high / squares[j].high
            known.factor[j] = 1 / sqrt(squares[j].high)
    else:
        lines_lengths(x, n, step, width, eps, known)
        for j in range(width):
            known.odd[j] |= known.rest[j] != 0
        lines_normal_products(dy, dy_step, x, step, n, width, known, False, totals)
        for j in range(width):
            known.dot[j] = totals[j].high
            known.factor[j] = known.high[j] + known.low[j]


cdef inline void lines_standard_gradient(const real* dy, Py_ssize_t dy_step, const real* x, Py_ssize_t step,
                                         Py_ssize_t n, Py_ssize_t width, double eps, const Known* known) noexcept nogil:
    cdef Sum totals[ABREAST]
    cdef Sum products[ABREAST]
    cdef Sum squares[ABREAST]
    cdef double variance
    cdef Py_ssize_t j
    if real is float:
        lines_added(x, n, step, width, 1, totals)
        for j in range(width):
            known.centre[j] = totals[j].high / n
        lines_moments(dy, dy_step, x, step, n, width, known.centre, True, squares, products, totals)
        for j in range(width):
            variance = squares[j].high / n + eps
            known.odd[j] = not 0 < variance < ACT_INFINITY
            known.mean[j] = totals[j].high / n
            known.dot[j] = products[j].high / n / variance
            known.factor[j] = 1 / sqrt(variance)
    else:
        lines_deviations(x, n, step, width, eps, known)
        lines_added(dy, n, dy_step, width, 1, totals)
        lines_normal_products(dy, dy_step, x, step, n, width, known, True, products)
        for j in range(width):
            known.mean[j] = quotient_of(totals[j], <double>n).high
            known.dot[j] = quotient_of(products[j], <double>n).high
            known.factor[j] = known.high[j] + known.low[j]


# Lines of results.

cdef inline void block_standardized_line(const real* x, real* out, Py_ssize_t n, const Known* known) noexcept nogil:
    cdef Py_ssize_t j
    cdef double distance
    for j in range(n):
        distance = (x[j] - known.centre[j]) - known.rest[j]
        out[j] = <real>(distance * known.high[j] + distance * known.low[j])


cdef inline void block_l2_gradient_line(const real* dy, const real* x, real* out, Py_ssize_t n,
                                        const Known* known) noexcept nogil:
    cdef Py_ssize_t j
    cdef double y, product
    for j in range(n):
        if real is float:
            y = x[j]
        else:
            y = fma(x[j], known.high[j], x[j] * known.low[j])
        product = y * known.dot[j]
        out[j] = <real>((dy[j] - product) * known.factor[j])


cdef inline void block_standard_gradient_line(const real* dy, const real* x, real* out, Py_ssize_t n,
                                              const Known* known) noexcept nogil:
    cdef Py_ssize_t j
    cdef double distance, y, product
    for j in range(n):
        if real is float:
            y = x[j] - known.centre[j]
        else:
            distance = (x[j] - known.centre[j]) - known.rest[j]
            y = distance * known.high[j] + distance * known.low[j]
        product = y * known.dot[j]
        out[j] = <real>(((dy[j] - known.mean[j]) - product) * known.factor[j])


# Tables: of the arrays the gradient, if there is one, is the first and the result the last.

cdef inline void normalised_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                                   const double* values, fold_t kernel, bint standard, bint gradient,
                                   const real* like) noexcept nogil:
    cdef double memory[KNOWN]
    cdef bint odd[SPAN]
    cdef real high[WIDTH]
    cdef real low[WIDTH]
    cdef Known known = known_in(memory, odd, 0), part
    cdef const real* dy = <const real*>arrays[0]
    cdef const real* x = <const real*>arrays[gradient]
    cdef char* out = arrays[1 + gradient]
    cdef Py_ssize_t size = sizeof(real), done = 0, at, m, n, j, k, times
    cdef Py_ssize_t dy_step = steps[0] // size, x_step = steps[gradient] // size, step = steps[1 + gradient]
    while done < width:
        m = min(<Py_ssize_t>SPAN, width - done)
        at = 0
        while at < m:
            n = abreast(m - at, 256, like)
            part = known_in(memory, odd, at)
            if gradient and standard:
                lines_standard_gradient(dy + done + at, dy_step, x + done + at, x_step, columns, n, values[0], &part)
            elif gradient:
                lines_l2_gradient(dy + done + at, dy_step, x + done + at, x_step, columns, n, values[0], &part)
            elif standard:
                lines_deviations(x + done + at, columns, x_step, n, values[0], &part)
            else:
                lines_lengths(x + done + at, columns, x_step, n, values[0], &part)
            at += n
        if gradient or standard:
            times = joined_lines(columns, m, SPAN, dy_step == x_step == m and side_by_side(step, m, like))
            known_repeated(memory, m, times)
            k = 0
            while k < columns:
                n = min(times, columns - k) * m
                if gradient and standard:
                    block_standard_gradient_line(dy + k * dy_step + done, x + k * x_step + done,
                                                 <real*>(out + k * step) + done, n, &known)
                elif gradient:
                    block_l2_gradient_line(dy + k * dy_step + done, x + k * x_step + done,
                                           <real*>(out + k * step) + done, n, &known)
                else:
                    block_standardized_line(x + k * x_step + done, <real*>(out + k * step) + done, n, &known)
                k += times
        else:
            for j in range(m):
                high[j], low[j] = <real>known.high[j], <real>known.low[j]
            lines_scaled(arrays, steps, columns, done, m, high, low)
        odd_rows_instead(odd, m, kernel, arrays, 2 + gradient, 7, columns, done, steps, values, like)
        done += m
