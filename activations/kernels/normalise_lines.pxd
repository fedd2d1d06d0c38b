"""l2_normalize and standardize of rows that stand side by side: sums first, for some rows at a time, then whole lines.

The operations and their order are those of normalise.pyx on one row after another: the bits are the same. A row whose
sums leave the usual path (infinite, or too large or too small to be squared) is marked, for that kernel to do.
"""

from libc.math cimport sqrt
from libc.stdlib cimport free

from activations.kernels.core cimport fold_t
from activations.kernels.lines cimport (
    ABREAST, Room, ask_for_line, by_lanes, joined_lines, lane_met, lane_of, lanes_cleared, lanes_settled, last_of,
    line_cleared, lines_added, lines_distances, lines_scaled, odd_rows_instead, repeat, room_for, rows_in, sharing,
    sharing_lane, side_by_side, whole_lines,
)
from activations.kernels.real cimport fma, real
from activations.kernels.rows cimport ACT_INFINITY, WIDTH
from activations.kernels.sums cimport SPREAD, Sum, add, norm_is_odd, quotient_of, reciprocal, root_of

cdef extern from "wide.h" nogil:
    void act_add_moments_lines(double* squares, double* products, double* plain, Py_ssize_t n, const float* x,
                               Py_ssize_t far, const float* dy, Py_ssize_t dy_far, const double* centre, int lines)
    void act_keep_unit_products_lines(double* high, double* low, Py_ssize_t n, const double* x, Py_ssize_t far, int lines,
                                      const double* dy, Py_ssize_t dy_far, const double* by, const double* by_low)
    void act_keep_standard_products_lines(double* high, double* low, Py_ssize_t n, const double* x, Py_ssize_t far,
                                          int lines, const double* dy, Py_ssize_t dy_far, const double* by,
                                          const double* by_low, const double* centre, const double* rest)

cdef enum:
    SPAN = 256         # rows whose parameters are kept in double at a time, where there is no more room for them
    FACTS = 7          # of each row
    MOMENTS = 3 * SPREAD    # lanes that the sums of a row take

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


cdef inline Known known_in(double* memory, Py_ssize_t span, bint* odd, Py_ssize_t at) noexcept nogil:
    """The lines in memory for FACTS of so many rows, from row `at` on."""
    cdef Known known
    known.centre = memory + at
    known.rest = memory + span + at
    known.high = memory + 2 * span + at
    known.low = memory + 3 * span + at
    known.mean = memory + 4 * span + at
    known.dot = memory + 5 * span + at
    known.factor = memory + 6 * span + at
    known.odd = odd + at
    return known


cdef inline void known_repeated(double* memory, Py_ssize_t span, Py_ssize_t width, Py_ssize_t times) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(FACTS):
        repeat(memory + k * span, width, times)


# Sums of a gradient's products with the row that was normalised, for double; for float all sums at once.

cdef inline void add_normal_products(const double* dy, Py_ssize_t dy_far, const double* x, Py_ssize_t far, int lines,
                                     double* sums, double* errors, Py_ssize_t n, const Known* known,
                                     bint standard) noexcept nogil:
    """Products of some lines with what standardize, or l2_normalize, makes of x."""
    if standard:
        act_keep_standard_products_lines(sums, errors, n, x, far, lines, dy, dy_far, known.high, known.low, known.centre,
                                         known.rest)
    else:
        act_keep_unit_products_lines(sums, errors, n, x, far, lines, dy, dy_far, known.high, known.low)


cdef inline void add_products(const double* dy, Py_ssize_t dy_far, const double* x, Py_ssize_t far, int lines, double* sums,
                              double* errors, Py_ssize_t n, const Known* known, bint standard) noexcept nogil:
    """The same, with a number of lines that the compiler knows."""
    if lines == 4:
        add_normal_products(dy, dy_far, x, far, 4, sums, errors, n, known, standard)
    elif lines == 2:
        add_normal_products(dy, dy_far, x, far, 2, sums, errors, n, known, standard)
    else:
        add_normal_products(dy, dy_far, x, far, 1, sums, errors, n, known, standard)


cdef inline void lanes_normal_products(const double* dy, Py_ssize_t dy_step, const double* x, Py_ssize_t step,
                                       Py_ssize_t n, Py_ssize_t width, const Known* known, bint standard, double* lane,
                                       double* low) noexcept nogil:
    """One lane after another, from the last one back."""
    cdef Py_ssize_t turn, k, at = 0
    cdef int lines
    for turn in range(SPREAD):
        line_cleared(lane + at * width, low + at * width, width, x)
        k = lane_of(turn, True)
        while k < n:
            lines = sharing_lane(n - k)
            add_products(dy + k * dy_step, SPREAD * dy_step, x + k * step, SPREAD * step, lines, lane + at * width,
                         low + at * width, width, known, standard)
            k += lines * SPREAD
        at = lane_met(lane, low, at, turn, width, x)


cdef inline void lines_normal_products(const double* dy, Py_ssize_t dy_step, const double* x, Py_ssize_t step,
                                       Py_ssize_t n, Py_ssize_t width, const Known* known, bint standard, double* lane,
                                       Sum* totals) noexcept nogil:
    """row_products of the gradient with each row's result; the gradient's mean is not needed yet. Lines that share lanes
    are taken together."""
    cdef double* low = lane + SPREAD * width
    cdef Py_ssize_t k = 0, at, m, lanes, times = joined_lines(n, width, ABREAST, dy_step == step == width)
    cdef int together
    if by_lanes(n, width, step):
        lanes_normal_products(dy, dy_step, x, step, n, width, known, standard, lane, low)
        lanes_settled(lane, low, 1, width, totals, x)
        return
    lanes = lanes_cleared(lane, low, n, width, x)
    repeat(known.centre, width, times)
    repeat(known.rest, width, times)
    repeat(known.high, width, times)
    repeat(known.low, width, times)
    while k < n:
        together = sharing(n - k)
        at = 0
        while at < min(<Py_ssize_t>SPREAD, n - k):
            m = min(times, n - k - at) * width
            ask_for_line(dy + at * dy_step, dy_step, width)
            ask_for_line(x + at * step, step, width)
            add_products(dy + at * dy_step, SPREAD * dy_step, x + at * step, SPREAD * step, together, lane + at * width,
                         low + at * width, m, known, standard)
            at += times
        x += together * SPREAD * step
        dy += together * SPREAD * dy_step
        k += together * SPREAD
    lanes_settled(lane, low, lanes, width, totals, x)


cdef inline void add_moments(const float* dy, Py_ssize_t dy_far, const float* x, Py_ssize_t far, int lines, double* first,
                             double* second, double* third, Py_ssize_t n, const double* centre) noexcept nogil:
    if lines == 4:
        act_add_moments_lines(first, second, third, n, x, far, dy, dy_far, centre, 4)
    elif lines == 2:
        act_add_moments_lines(first, second, third, n, x, far, dy, dy_far, centre, 2)
    else:
        act_add_moments_lines(first, second, third, n, x, far, dy, dy_far, centre, 1)


cdef inline void lanes_moments(const float* dy, Py_ssize_t dy_step, const float* x, Py_ssize_t step, Py_ssize_t n,
                               Py_ssize_t width, const double* centre, double* first, double* second,
                               double* third) noexcept nogil:
    """One lane after another, from the last one back where the centres have been sought before."""
    cdef Py_ssize_t turn, k, at = 0, place, following
    cdef int lines
    for turn in range(SPREAD):
        place = at * width
        line_cleared(first + place, first, width, x)
        line_cleared(second + place, second, width, x)
        if centre != NULL:
            line_cleared(third + place, third, width, x)
        k = lane_of(turn, centre != NULL)
        while k < n:
            lines = sharing_lane(n - k)
            add_moments(dy + k * dy_step, SPREAD * dy_step, x + k * step, SPREAD * step, lines, first + place,
                        second + place, third + place, width, centre)
            k += lines * SPREAD
        following = lane_met(first, first, at, turn, width, x)
        lane_met(second, second, at, turn, width, x)
        if centre != NULL:
            lane_met(third, third, at, turn, width, x)
        at = following


cdef inline void lines_moments(const float* dy, Py_ssize_t dy_step, const float* x, Py_ssize_t step, Py_ssize_t n,
                               Py_ssize_t width, double* centre, double* lane, Sum* squares, Sum* products,
                               Sum* plain) noexcept nogil:
    """row_moments of each row; the sums of the gradient count where there are centres. Lines that share lanes are taken
    together."""
    cdef double* first = lane
    cdef double* second = lane + SPREAD * width
    cdef double* third = lane + 2 * SPREAD * width
    cdef Py_ssize_t k = 0, at, m, lanes = 1, times = joined_lines(n, width, ABREAST, dy_step == step == width)
    cdef int together
    if by_lanes(n, width, step):
        lanes_moments(dy, dy_step, x, step, n, width, centre, first, second, third)
        k = n
    else:
        lanes = lanes_cleared(first, first, n, width, x)
        lanes_cleared(second, second, n, width, x)
        if centre != NULL:
            lanes_cleared(third, third, n, width, x)
            repeat(centre, width, times)
    while k < n:
        together = sharing(n - k)
        at = 0
        while at < min(<Py_ssize_t>SPREAD, n - k):
            m = min(times, n - k - at) * width
            ask_for_line(dy + at * dy_step, dy_step, width)
            ask_for_line(x + at * step, step, width)
            add_moments(dy + at * dy_step, SPREAD * dy_step, x + at * step, SPREAD * step, together, first + at * width,
                        second + at * width, third + at * width, m, centre)
            at += times
        x += together * SPREAD * step
        dy += together * SPREAD * dy_step
        k += together * SPREAD
    lanes_settled(first, first, lanes, width, squares, x)
    lanes_settled(second, second, lanes, width, products, x)
    if centre != NULL:
        lanes_settled(third, third, lanes, width, plain, x)


# What the sums of rows say about each, with memory for MOMENTS of each.

cdef inline void lines_lengths(const real* x, Py_ssize_t n, Py_ssize_t step, Py_ssize_t width, double eps,
                               double* lane, const Known* known) noexcept nogil:
    """By what l2_normalize multiplies each row; odd where it scales by powers of two first, or the gradient is another."""
    cdef Sum totals[WIDTH]
    cdef Sum norm
    cdef Py_ssize_t j
    lines_added(x, n, step, width, 1, True, lane, totals)
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
                                  double* lane, const Known* known) noexcept nogil:
    """Each row's mean, and the reciprocal of its standard deviation."""
    cdef Sum totals[WIDTH]
    cdef Sum deviation
    cdef Py_ssize_t j
    lines_added(x, n, step, width, 1, False, lane, totals)
    for j in range(width):
        known.odd[j] = not -1e140 < totals[j].high < 1e140
        totals[j] = quotient_of(totals[j], <double>n)
        known.centre[j], known.rest[j] = totals[j].high, totals[j].low
    lines_distances(x, n, step, width, known.centre, known.rest, lane, totals)
    for j in range(width):
        known.odd[j] |= not totals[j].high < 1e300
        deviation = quotient_of(totals[j], <double>n)
        add(&deviation, eps)
        deviation = root_of(deviation)
        known.odd[j] |= deviation.high == 0
        deviation = reciprocal(deviation, <double>0)
        known.high[j], known.low[j] = deviation.high, deviation.low


cdef inline void lines_l2_gradient(const real* dy, Py_ssize_t dy_step, const real* x, Py_ssize_t step, Py_ssize_t n,
                                   Py_ssize_t width, double eps, double* lane, const Known* known) noexcept nogil:
    cdef Sum totals[WIDTH]
    cdef Sum squares[WIDTH]
    cdef Py_ssize_t j
    if real is float:
        lines_moments(dy, dy_step, x, step, n, width, NULL, lane, squares, totals, NULL)
        for j in range(width):
            known.odd[j] = not (0 < squares[j].high < ACT_INFINITY and squares[j].high >= eps * eps)
            known.dot[j] = totals[j].high / squares[j].high
            known.factor[j] = 1 / sqrt(squares[j].high)
    else:
        lines_lengths(x, n, step, width, eps, lane, known)
        for j in range(width):
            known.odd[j] |= known.rest[j] != 0
        lines_normal_products(dy, dy_step, x, step, n, width, known, False, lane, totals)
        for j in range(width):
            known.dot[j] = totals[j].high


cdef inline void lines_standard_gradient(const real* dy, Py_ssize_t dy_step, const real* x, Py_ssize_t step,
                                         Py_ssize_t n, Py_ssize_t width, double eps, double* lane,
                                         const Known* known) noexcept nogil:
    cdef Sum totals[WIDTH]
    cdef Sum products[WIDTH]
    cdef Sum squares[WIDTH]
    cdef double variance
    cdef Py_ssize_t j
    if real is float:
        lines_added(x, n, step, width, 1, False, lane, totals)
        for j in range(width):
            known.centre[j] = totals[j].high / n
        lines_moments(dy, dy_step, x, step, n, width, known.centre, lane, squares, products, totals)
        for j in range(width):
            variance = squares[j].high / n + eps
            known.odd[j] = not 0 < variance < ACT_INFINITY
            known.mean[j] = totals[j].high / n
            known.dot[j] = products[j].high / n / variance
            known.factor[j] = 1 / sqrt(variance)
    else:
        lines_deviations(x, n, step, width, eps, lane, known)
        lines_added(dy, n, dy_step, width, 1, False, lane, totals)
        lines_normal_products(dy, dy_step, x, step, n, width, known, True, lane, products)
        for j in range(width):
            known.mean[j] = quotient_of(totals[j], <double>n).high
            known.dot[j] = quotient_of(products[j], <double>n).high


# Lines of results.

cdef inline void block_standardized_line(const real* x, real* out, Py_ssize_t n, const Known* known) noexcept nogil:
    cdef Py_ssize_t j
    cdef double distance
    for j in range(n):
        distance = (x[j] - known.centre[j]) - known.rest[j]
        out[j] = <real>(fma(distance, known.high[j], distance * known.low[j]))


cdef inline void block_l2_gradient_line(const real* dy, const real* x, real* out, Py_ssize_t n,
                                        const Known* known) noexcept nogil:
    cdef Py_ssize_t j
    cdef double y, rest
    for j in range(n):
        if real is float:
            out[j] = <real>((dy[j] - x[j] * known.dot[j]) * known.factor[j])
        else:
            y = fma(x[j], known.high[j], x[j] * known.low[j])
            rest = fma(-y, known.dot[j], dy[j])
            out[j] = fma(rest, known.high[j], rest * known.low[j])


cdef inline void block_standard_gradient_line(const real* dy, const real* x, real* out, Py_ssize_t n,
                                              const Known* known) noexcept nogil:
    cdef Py_ssize_t j
    cdef double distance, y, rest
    for j in range(n):
        if real is float:
            y = x[j] - known.centre[j]
            out[j] = <real>(((dy[j] - known.mean[j]) - y * known.dot[j]) * known.factor[j])
        else:
            distance = (x[j] - known.centre[j]) - known.rest[j]
            y = fma(distance, known.high[j], distance * known.low[j])
            rest = fma(-y, known.dot[j], dy[j] - known.mean[j])
            out[j] = fma(rest, known.high[j], rest * known.low[j])


# Tables: of the arrays the gradient, if there is one, is the first and the result the last.

cdef inline void normalised_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                                   const double* values, fold_t kernel, bint standard, bint gradient,
                                   const real* like) noexcept nogil:
    cdef double few[MOMENTS * ABREAST]
    cdef double facts[FACTS * SPAN]
    cdef bint odd[WIDTH]
    cdef real high[WIDTH]
    cdef real low[WIDTH]
    cdef Room room = room_for(few, width, MOMENTS + FACTS, whole_lines(columns, width, like))
    cdef double* memory = &facts[0] if room.memory == NULL else room.lanes + MOMENTS * room.rows
    cdef Py_ssize_t span = SPAN if room.memory == NULL else room.rows
    cdef Known known = known_in(memory, span, odd, 0), part
    cdef const real* dy = <const real*>arrays[0]
    cdef const real* x = <const real*>arrays[gradient]
    cdef char* out = arrays[1 + gradient]
    cdef Py_ssize_t size = sizeof(real), done = 0, at, m, n, j, k, times
    cdef Py_ssize_t dy_step = steps[0] // size, x_step = steps[gradient] // size, step = steps[1 + gradient]
    while done < width:
        m = min(span, width - done)
        at = 0
        while at < m:
            n = rows_in(&room, m - at, 256, like)
            part = known_in(memory, span, odd, at)
            if gradient and standard:
                lines_standard_gradient(dy + done + at, dy_step, x + done + at, x_step, columns, n, values[0], room.lanes,
                                        &part)
            elif gradient:
                lines_l2_gradient(dy + done + at, dy_step, x + done + at, x_step, columns, n, values[0], room.lanes,
                                  &part)
            elif standard:
                lines_deviations(x + done + at, columns, x_step, n, values[0], room.lanes, &part)
            else:
                lines_lengths(x + done + at, columns, x_step, n, values[0], room.lanes, &part)
            at += n
        if gradient or standard:
            times = joined_lines(columns, m, span, dy_step == x_step == m and side_by_side(step, m, like))
            known_repeated(memory, span, m, times)
            k = last_of(columns, times)
            while k >= 0:
                n = min(times, columns - k) * m
                if gradient and standard:
                    block_standard_gradient_line(dy + k * dy_step + done, x + k * x_step + done,
                                                 <real*>(out + k * step) + done, n, &known)
                elif gradient:
                    block_l2_gradient_line(dy + k * dy_step + done, x + k * x_step + done,
                                           <real*>(out + k * step) + done, n, &known)
                else:
                    block_standardized_line(x + k * x_step + done, <real*>(out + k * step) + done, n, &known)
                k -= times
        else:
            for j in range(m):
                high[j], low[j] = <real>known.high[j], <real>known.low[j]
            lines_scaled(arrays, steps, columns, done, m, high, low)
        odd_rows_instead(odd, m, kernel, arrays, 2 + gradient, 7, columns, done, steps, values, like)
        done += m
    free(room.memory)
