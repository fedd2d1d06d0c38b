"""Reductions that add squares: p-norms, and the Gaussian of a distance; compiled once per ISA level. The sums are in
sums.pxd and lp_norms.pxd.
"""

from libc.math cimport INFINITY, copysign
from libc.stdint cimport uintptr_t
from libc.stdlib cimport free

from activations.formulas.elementary cimport exp_scaled_sum, unscale
from activations.kernels.core cimport fold_t
from activations.kernels.lines cimport (
    ABREAST, SUMS, Room, joined_lines, last_of, lines_added, lines_distances, lines_scaled, odd_rows_instead, repeat,
    room_for, rows_in, side_by_side, whole_lines,
)
from activations.kernels.lp_norms cimport power_and_rest, row_lp_norm
from activations.kernels.real cimport absolute, act_product_error, real
from activations.kernels.rows cimport WIDTH, block_scale, row_fill
from activations.kernels.sums cimport Sum, block_power_of_two, leveller, norm_is_odd, quotient_of, root_of, row_squares

# p-norms

cdef void lp_norm_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                       const real* like) noexcept nogil:
    cdef const real* x = <const real*>arrays[0]
    cdef real* out = <real*>arrays[1]
    cdef double factor
    cdef Sum norm
    cdef Py_ssize_t i
    for i in range(rows):
        norm = row_lp_norm(x + i * columns, columns, values[0], &factor)
        out[i] = <real>((norm.high + norm.low) / factor)


cdef void lp_norm_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                         const double* values, const real* like) noexcept nogil:
    """The Euclidean norm of rows side by side."""
    cdef real* out = <real*>arrays[1]
    cdef double few[SUMS * ABREAST]
    cdef Sum totals[WIDTH]
    cdef bint odd[WIDTH]
    cdef Room room = room_for(few, width, SUMS, whole_lines(columns, width, like))
    cdef Py_ssize_t done = 0, m, j
    while done < width:
        m = rows_in(&room, width - done, 256, like)
        lines_added(<const real*>arrays[0] + done, columns, steps[0] // <Py_ssize_t>sizeof(real), m, 1, True, room.lanes,
                    totals)
        for j in range(m):
            odd[j] = norm_is_odd(totals[j].high, like)
            totals[j] = root_of(totals[j])
            out[done + j] = <real>(totals[j].high + totals[j].low)
        odd_rows_instead(odd, m, <fold_t>lp_norm_rows[real], arrays, 2, 1, columns, done, steps, values, like)
        done += m
    free(room.memory)


cdef inline real norm_gradient(real dy, double norm, real* low) noexcept nogil:
    """dy / norm in two parts."""
    cdef double high = dy / norm, product = high * norm
    if real is float:
        low[0] = <float>(high - <double><float>high)
    else:
        low[0] = ((dy - product) - act_product_error(high, norm, product)) / norm
    return <real>high


cdef void lp_norm_backward_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                                  const double* values, const real* like) noexcept nogil:
    cdef const real* dy = <const real*>arrays[0]
    cdef const real* x = <const real*>arrays[1]
    cdef real high[WIDTH]
    cdef real low[WIDTH]
    cdef bint odd[WIDTH]
    cdef double few[SUMS * ABREAST]
    cdef Sum totals[WIDTH]
    cdef Room room = room_for(few, width, SUMS, whole_lines(columns, width, dy))
    cdef double norm
    cdef Py_ssize_t done = 0, at, m, part, j
    while done < width:
        m = min(<Py_ssize_t>WIDTH, width - done)
        at = 0
        while at < m:
            part = rows_in(&room, m - at, 256, dy)
            lines_added(x + done + at, columns, steps[1] // <Py_ssize_t>sizeof(real), part, 1, True, room.lanes, totals)
            for j in range(part):
                totals[j] = root_of(totals[j])
                norm = totals[j].high + totals[j].low
                odd[at + j] = not 1e-15 < norm < 1e15
                high[at + j] = norm_gradient(dy[done + at + j], norm, &low[at + j])
            at += part
        lines_scaled(arrays + 1, steps + 1, columns, done, m, high, low)
        odd_rows_instead(odd, m, <fold_t>lp_norm_backward_rows[real], arrays, 3, 6, columns, done, steps, values, dy)
        done += m
    free(room.memory)


cdef void norm_backward_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, double p, bint given,
                             const real* like) noexcept nogil:
    cdef const real* dy = <const real*>arrays[0]
    cdef const real* x = <const real*>arrays[1]
    cdef const real* y = <const real*>arrays[2]
    cdef real* out = <real*>arrays[3 if given else 2]
    cdef real high, low
    cdef double factor = 1, norm, lost = 0, value, size, product, rest
    cdef Sum total
    cdef Py_ssize_t i, k
    for i in range(rows):
        # A float16 below this has lost digits.
        if given and p == 2 and 2.0**-14 <= y[i] < 1e15:
            norm, factor = y[i], 1
        else:
            total = row_lp_norm(x, columns, p, &factor)
            norm = total.high + total.low
            lost = (total.high - norm) + total.low
        if norm != norm:
            row_fill(out, columns, <real>norm)
        elif norm == 0:
            row_fill(out, columns, <real>0)
        elif p == 2:
            # Far from 1 dy / norm may leave the kernel's range, although x / norm is not above 1.
            if factor == 1 and not 1e-15 < norm < 1e15:
                factor = leveller(norm)
                norm *= factor
            high = norm_gradient(dy[i], norm, &low)
            if factor == 1:
                block_scale(x, out, columns, high, low)
            else:
                block_power_of_two(x, out, columns, factor)
                block_scale(out, out, columns, high, low)
        elif p == INFINITY:
            row_of_one_magnitude(x, out, columns, <real>norm, dy[i])
        else:
            for k in range(columns):
                value = 1
                if p != 1:
                    size = absolute(x[k]) * factor
                    value = size / norm
                    product = value * norm
                    rest = ((size - product) - act_product_error(value, norm, product)) - value * lost
                    value = power_and_rest(value, rest / norm, p - 1)
                out[k] = <real>(dy[i] * copysign(value, x[k])) if x[k] != 0 else <real>0
        x += columns
        out += columns


cdef void lp_norm_backward_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                                const real* like) noexcept nogil:
    norm_backward_rows(arrays, rows, columns, values[0], False, like)


cdef void lp_norm_backward_with_output_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                                            const real* like) noexcept nogil:
    norm_backward_rows(arrays, rows, columns, values[0], True, like)


cdef inline void row_of_one_magnitude(const real* x, real* out, Py_ssize_t n, real best, real value) noexcept nogil:
    cdef Py_ssize_t i
    row_fill(out, n, <real>0)
    for i in range(n):
        if absolute(x[i]) == best:
            out[i] = value if x[i] > 0 else -value
            return


# gaussian_rbf: exp(-r^2 / (2 s^2)), the exponent carried as a sum of two numbers.

cdef inline double gaussian_scaled(Sum total, double width) noexcept nogil:
    """What becomes of a sum of squares, times SCALE."""
    cdef double square = 2 * width * width, quotient
    cdef double lost = 2 * act_product_error(width, width, 0.5 * square)
    if total.high != total.high:
        return total.high
    total = quotient_of(total, square)
    total.low -= total.high / square * lost
    quotient = -total.high
    if quotient < -780:
        return 0
    return exp_scaled_sum(quotient, -total.low)


cdef inline double gaussian_of(Sum total, double width) noexcept nogil:
    return gaussian_scaled(total, width) * unscale(width)


cdef inline double gaussian_unit(double* value) noexcept nogil:
    """From a scaled value that value, and what is to be taken of it in the end: scaled as it is where it would be below the
    normal range, as all its digits are needed. 0 where nothing is left of it."""
    cdef double unit = 1
    if 0 < value[0] < 2.0**-834:
        unit = unscale(unit) if value[0] * unscale(unit) != 0 else 0
    else:
        value[0] *= unscale(unit)
        unit = 0 if value[0] == 0 else unit
    return unit


cdef double row_gaussian(const real* x, Py_ssize_t n, double centre, double width) noexcept nogil:
    return gaussian_of(row_squares(x, n, centre, 0, 1), width)


cdef void gaussian_rbf_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                            const real* like) noexcept nogil:
    cdef const real* x = <const real*>arrays[0]
    cdef real* out = <real*>arrays[1]
    cdef Py_ssize_t i
    for i in range(rows):
        out[i] = <real>row_gaussian(x + i * columns, columns, values[0], values[1])


cdef void block_scaled_distance(const real* x, real* out, Py_ssize_t n, double centre, double unit,
                                double factor) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = <real>((x[i] - centre) * unit * factor)


cdef void gaussian_rbf_backward_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                                     const real* like) noexcept nogil:
    cdef const real* dy = <const real*>arrays[0]
    cdef const real* x = <const real*>arrays[1]
    cdef real* out = <real*>arrays[2]
    cdef double value, unit
    cdef Py_ssize_t i
    for i in range(rows):
        value = gaussian_scaled(row_squares(x, columns, values[0], 0, 1), values[1])
        unit = gaussian_unit(&value)
        if unit == 0 and dy[i] == dy[i]:
            row_fill(out, columns, <real>0)
        else:
            block_scaled_distance(x, out, columns, values[0], unit if unit != 0 else 1,
                                  -(value * dy[i]) / (values[1] * values[1]))
        x += columns
        out += columns


cdef void lines_gaussian(const real* x, Py_ssize_t n, Py_ssize_t step, Py_ssize_t width, const double* values,
                         double* lane, double* result) noexcept nogil:
    """gaussian_scaled for each row, with memory for SUMS lanes of each."""
    cdef double centre[WIDTH]
    cdef double rest[WIDTH]
    cdef Sum totals[WIDTH]
    cdef Py_ssize_t j
    if values[0] == 0:
        lines_added(x, n, step, width, 1, True, lane, totals)
    else:
        for j in range(width):
            centre[j], rest[j] = values[0], 0
        lines_distances(x, n, step, width, centre, rest, lane, totals)
    for j in range(width):
        result[j] = gaussian_scaled(totals[j], values[1])


cdef void gaussian_rbf_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                              const double* values, const real* like) noexcept nogil:
    cdef real* out = <real*>arrays[1]
    cdef double few[SUMS * ABREAST]
    cdef double result[WIDTH]
    cdef Room room = room_for(few, width, SUMS, whole_lines(columns, width, like))
    cdef Py_ssize_t done = 0, m, j
    while done < width:
        m = rows_in(&room, width - done, 256, like)
        lines_gaussian(<const real*>arrays[0] + done, columns, steps[0] // <Py_ssize_t>sizeof(real), m, values, room.lanes,
                       result)
        for j in range(m):
            out[done + j] = <real>(result[j] * unscale(result[j]))
        done += m
    free(room.memory)


cdef void block_scaled_distance_line(const real* x, real* out, Py_ssize_t n, double centre, const double* factor,
                                     const double* left) noexcept nogil:
    """`left` is the value's unit, 0 where nothing is left of it."""
    cdef Py_ssize_t j
    cdef double distance
    for j in range(n):
        distance = (x[j] - centre) * left[j] * factor[j]
        out[j] = <real>(distance if left[j] != 0 else 0)


cdef void gaussian_rbf_backward_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                                       const double* values, const real* like) noexcept nogil:
    cdef const real* dy = <const real*>arrays[0]
    cdef const real* x = <const real*>arrays[1]
    cdef double few[SUMS * ABREAST]
    cdef double left[WIDTH]
    cdef double factor[WIDTH]
    cdef Room room = room_for(few, width, SUMS, whole_lines(columns, width, dy))
    cdef double unit
    cdef bint nothing
    cdef Py_ssize_t done = 0, at, m, j, k, times
    while done < width:
        m = min(<Py_ssize_t>WIDTH, width - done)
        at = 0
        while at < m:
            j = rows_in(&room, m - at, 256, dy)
            lines_gaussian(x + done + at, columns, steps[1] // <Py_ssize_t>sizeof(real), j, values, room.lanes, left + at)
            at += j
        nothing = True
        for j in range(m):
            unit = gaussian_unit(&left[j])
            factor[j] = -(left[j] * dy[done + j]) / (values[1] * values[1])
            left[j] = unit if unit != 0 or dy[done + j] == dy[done + j] else 1
            nothing &= left[j] == 0
        times = joined_lines(columns, m, WIDTH, steps[1] == steps[2] and side_by_side(steps[1], m, dy))
        repeat(factor, m, times)
        repeat(left, m, times)
        k = last_of(columns, times)
        while k >= 0:
            if nothing:
                row_fill(<real*>(arrays[2] + k * steps[2]) + done, min(times, columns - k) * m, <real>0)
            else:
                block_scaled_distance_line(<const real*>(arrays[1] + k * steps[1]) + done,
                                           <real*>(arrays[2] + k * steps[2]) + done, min(times, columns - k) * m,
                                           values[0], factor, left)
            k -= times
        done += m
    free(room.memory)


# What ufuncs are made of: NumPy's signature, the type characters of the arrays (* is the kernel's own type), kernels, those
# for rows side by side, and the length below which it pays to bring rows side by side.

LOOPS = {
    ("lp_norm_fold", "forward"): ("(n)->()", "**", {
        "f": <uintptr_t><void*>lp_norm_rows[float],
        "d": <uintptr_t><void*>lp_norm_rows[double],
    }, {
        "f": <uintptr_t><void*>lp_norm_beside[float],
        "d": <uintptr_t><void*>lp_norm_beside[double],
    }),
    ("lp_norm_fold", "backward"): ("(),(n)->(n)", "***", {
        "f": <uintptr_t><void*>lp_norm_backward_rows[float],
        "d": <uintptr_t><void*>lp_norm_backward_rows[double],
    }, {
        "f": <uintptr_t><void*>lp_norm_backward_beside[float],
        "d": <uintptr_t><void*>lp_norm_backward_beside[double],
    }, 16),
    ("lp_norm_fold", "backward_with_output"): ("(),(n),()->(n)", "****", {
        "f": <uintptr_t><void*>lp_norm_backward_with_output_rows[float],
        "d": <uintptr_t><void*>lp_norm_backward_with_output_rows[double],
    }),
    ("gaussian_rbf", "forward"): ("(n)->()", "**", {
        "f": <uintptr_t><void*>gaussian_rbf_rows[float],
        "d": <uintptr_t><void*>gaussian_rbf_rows[double],
    }, {
        "f": <uintptr_t><void*>gaussian_rbf_beside[float],
        "d": <uintptr_t><void*>gaussian_rbf_beside[double],
    }, 16),
    ("gaussian_rbf", "backward"): ("(),(n)->(n)", "***", {
        "f": <uintptr_t><void*>gaussian_rbf_backward_rows[float],
        "d": <uintptr_t><void*>gaussian_rbf_backward_rows[double],
    }, {
        "f": <uintptr_t><void*>gaussian_rbf_backward_beside[float],
        "d": <uintptr_t><void*>gaussian_rbf_backward_beside[double],
    }, 16),
}
