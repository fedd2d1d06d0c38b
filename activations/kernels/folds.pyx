"""Reductions: maximum, minimum, sum, mean, norms and the Gaussian of a distance, compiled once per ISA level.

The sums are in sums.pxd. NaN wins over every number.
"""

from libc.math cimport INFINITY, NAN, copysign, isfinite, pow
from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t, uintptr_t

from activations.formulas.elementary cimport exp_scaled_sum, unscale
from activations.kernels.core cimport fold_t
from activations.kernels.extreme_lines cimport extreme_beside, first_beside
from activations.kernels.extremes cimport row_extreme
from activations.kernels.lines cimport (
    ABREAST, abreast, joined_lines, lines_added, lines_distances, lines_scaled, lines_squares, odd_rows_instead,
    repeat, side_by_side,
)
from activations.kernels.real cimport absolute, act_product_error, real, whole_or_real
from activations.kernels.rows cimport WIDTH, block_scale, first_of, row_fill
from activations.kernels.sums cimport (
    SPREAD, Sum, add, block_add, block_power_of_two, clear, leveller, norm_is_odd, quotient_of, root_of, row_added,
    row_added_scaled, row_magnitude, row_norm, row_squares, settled, spread,
)

cdef void max_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                     const double* values, const whole_or_real* like) noexcept nogil:
    extreme_beside(arrays, columns, width, steps, False, like)


cdef void min_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                     const double* values, const whole_or_real* like) noexcept nogil:
    extreme_beside(arrays, columns, width, steps, True, like)


cdef inline void row_of_one(const real* x, real* out, Py_ssize_t n, real best, real value) noexcept nogil:
    """`value` where the first `best` stands, 0 elsewhere; NaN everywhere for NaN."""
    cdef Py_ssize_t at = first_of(x, n, best)
    row_fill(out, n, best if best != best else <real>0)
    if at < n:
        out[at] = value


cdef void extreme_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, bint least,
                       const whole_or_real* like) noexcept nogil:
    cdef const whole_or_real* x = <const whole_or_real*>arrays[0]
    cdef whole_or_real* out = <whole_or_real*>arrays[1]
    cdef Py_ssize_t i
    for i in range(rows):
        out[i] = row_extreme(x + i * columns, columns, least) if columns else <whole_or_real>0


cdef void extreme_backward_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, bint least,
                                const real* like) noexcept nogil:
    cdef const real* dy = <const real*>arrays[0]
    cdef const real* x = <const real*>arrays[1]
    cdef real* out = <real*>arrays[2]
    cdef Py_ssize_t i
    for i in range(rows if columns else 0):
        row_of_one(x + i * columns, out + i * columns, columns, row_extreme(x + i * columns, columns, least), dy[i])


cdef void max_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                   const whole_or_real* like) noexcept nogil:
    extreme_rows(arrays, rows, columns, False, like)


cdef void min_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                   const whole_or_real* like) noexcept nogil:
    extreme_rows(arrays, rows, columns, True, like)


cdef void max_backward_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                            const real* like) noexcept nogil:
    extreme_backward_rows(arrays, rows, columns, False, like)


cdef void min_backward_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                            const real* like) noexcept nogil:
    extreme_backward_rows(arrays, rows, columns, True, like)


cdef void max_backward_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                              const double* values, const real* like) noexcept nogil:
    first_beside(arrays[1], steps[1], arrays[2], steps[2], columns, width, <const real*>arrays[0], False, like)


cdef void min_backward_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                              const double* values, const real* like) noexcept nogil:
    first_beside(arrays[1], steps[1], arrays[2], steps[2], columns, width, <const real*>arrays[0], True, like)


# Sum and mean. A sum of finite numbers that leaves the range of double on its way is taken again at a smaller scale:
# its end may lie in the range, and the mean always does.

cdef inline real row_summed(const real* x, Py_ssize_t n, double divisor) noexcept nogil:
    cdef Sum total = row_added(x, n)
    if real is double:
        if not isfinite(total.high) and isfinite(row_magnitude(x, n)):
            total = quotient_of(row_added_scaled(x, n, 2.0**-100), divisor)
            return <real>((total.high + total.low) * 2.0**100)
    if divisor == 1:
        return <real>(total.high + total.low)
    total = quotient_of(total, divisor)
    return <real>(total.high + total.low)


cdef inline void sum_beside_divided(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                                    double divisor, const real* like) noexcept nogil:
    cdef real* out = <real*>arrays[1]
    cdef const real* x = <const real*>arrays[0]
    cdef Py_ssize_t done = 0, m, j, step = steps[0] // <Py_ssize_t>sizeof(real)
    cdef Sum totals[ABREAST]
    cdef Sum smaller_totals[ABREAST]
    cdef bint overflow
    while done < width:
        m = abreast(width - done, 256, x)
        lines_added(x + done, columns, step, m, 1, totals)
        overflow = False
        for j in range(m):
            overflow |= not isfinite(totals[j].high)
        if real is double and overflow:
            lines_added(x + done, columns, step, m, 2.0**-100, smaller_totals)
        for j in range(m):
            if real is double:
                if not isfinite(totals[j].high) and isfinite(smaller_totals[j].high):
                    totals[j] = quotient_of(smaller_totals[j], divisor)
                    out[done + j] = (totals[j].high + totals[j].low) * 2.0**100
                    continue
            if divisor != 1:
                totals[j] = quotient_of(totals[j], divisor)
            out[done + j] = <real>(totals[j].high + totals[j].low)
        done += m


cdef void sum_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                     const double* values, const real* like) noexcept nogil:
    sum_beside_divided(arrays, columns, width, steps, 1, like)


cdef void mean_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                      const double* values, const real* like) noexcept nogil:
    sum_beside_divided(arrays, columns, width, steps, <double>columns, like)


cdef void sum_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                   const real* like) noexcept nogil:
    cdef const real* x = <const real*>arrays[0]
    cdef real* out = <real*>arrays[1]
    cdef Py_ssize_t i
    for i in range(rows):
        out[i] = row_summed(x + i * columns, columns, 1)


cdef void mean_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                    const real* like) noexcept nogil:
    cdef const real* x = <const real*>arrays[0]
    cdef real* out = <real*>arrays[1]
    cdef Py_ssize_t i
    for i in range(rows):
        out[i] = row_summed(x + i * columns, columns, <double>columns) if columns else <real>NAN


cdef inline void spread_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, double divisor,
                             const real* like) noexcept nogil:
    """Each element's gradient is the row's, divided; NaN at NaN."""
    cdef const real* dy = <const real*>arrays[0]
    cdef const real* x = <const real*>arrays[1]
    cdef real* out = <real*>arrays[2]
    cdef Py_ssize_t i
    for i in range(rows):
        block_share(x + i * columns, out + i * columns, columns, <real>(dy[i] / divisor))


cdef void block_share(const real* x, real* out, Py_ssize_t n, real value) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = x[i] if x[i] != x[i] else value


cdef void block_shared(const real* x, const real* dy, real* out, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = x[i] if x[i] != x[i] else dy[i]


cdef inline void spread_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                               double divisor, const real* like) noexcept nogil:
    cdef const real* dy = <const real*>arrays[0]
    cdef real share[WIDTH]
    cdef Py_ssize_t done = 0, m, j, k, times
    while done < width:
        m = min(<Py_ssize_t>WIDTH, width - done)
        times = joined_lines(columns, m, WIDTH, steps[1] == steps[2] and side_by_side(steps[1], m, dy))
        for j in range(m):
            share[j] = <real>(dy[done + j] / divisor)
        repeat(share, m, times)
        k = 0
        while k < columns:
            block_shared(<const real*>(arrays[1] + k * steps[1]) + done, share,
                         <real*>(arrays[2] + k * steps[2]) + done, min(times, columns - k) * m)
            k += times
        done += m


cdef void sum_backward_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                              const double* values, const real* like) noexcept nogil:
    spread_beside(arrays, columns, width, steps, 1, like)


cdef void mean_backward_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                               const double* values, const real* like) noexcept nogil:
    spread_beside(arrays, columns, width, steps, <double>columns, like)


cdef void sum_backward_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                            const real* like) noexcept nogil:
    spread_rows(arrays, rows, columns, 1, like)


cdef void mean_backward_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                             const real* like) noexcept nogil:
    spread_rows(arrays, rows, columns, <double>columns, like)


# p-norms. The row is brought about 1 by a power of two where powers would overflow or lose digits.

cdef void block_absolute(const real* x, real* out, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = absolute(x[i])


cdef inline Sum row_absolute(const real* x, Py_ssize_t n, double factor) noexcept nogil:
    """The sum of |factor * x|."""
    cdef double high[SPREAD]
    cdef double low[SPREAD]
    cdef real block[WIDTH]
    cdef Py_ssize_t done = 0, m
    clear(high, low)
    while done < n:
        m = min(<Py_ssize_t>WIDTH, n - done)
        block_absolute(x + done, block, m)
        if factor != 1:
            block_power_of_two(block, block, m, factor)
        block_add(spread(block, m, block, <real>0), high, low, m)
        done += m
    return settled(high, low)


cdef inline Sum row_lp_norm(const real* x, Py_ssize_t n, double p, double* factor) noexcept nogil:
    """The p-norm of factor * x."""
    cdef Sum total
    cdef double most, value
    cdef Py_ssize_t i
    factor[0] = 1
    total.low = 0
    if p == 2:
        return row_norm(x, n, factor)
    if p == 1:
        total = row_absolute(x, n, 1)
        if not total.high < 1e300:
            factor[0] = leveller(row_magnitude(x, n))
            total = row_absolute(x, n, factor[0])
        return total
    most = row_magnitude(x, n)
    total.high = most
    if p == INFINITY or not 0 < most < INFINITY:
        return total
    factor[0] = leveller(most)
    most *= factor[0]
    total.high = 0
    for i in range(n):
        value = absolute(x[i]) * factor[0]
        add(&total, pow(value / most, p))
    total.high = most * pow(total.high + total.low, 1 / p)
    total.low = 0
    return total


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
    cdef Sum totals[ABREAST]
    cdef bint odd[ABREAST]
    cdef Py_ssize_t done = 0, m, j
    while done < width:
        m = abreast(width - done, 256, like)
        lines_squares(<const real*>arrays[0] + done, columns, steps[0] // <Py_ssize_t>sizeof(real), m, totals)
        for j in range(m):
            odd[j] = norm_is_odd(totals[j].high, like)
            totals[j] = root_of(totals[j])
            out[done + j] = <real>(totals[j].high + totals[j].low)
        odd_rows_instead(odd, m, <fold_t>lp_norm_rows[real], arrays, 2, 1, columns, done, steps, values, like)
        done += m


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
    cdef Sum totals[ABREAST]
    cdef double norm
    cdef Py_ssize_t done = 0, at, m, part, j
    while done < width:
        m = min(<Py_ssize_t>WIDTH, width - done)
        at = 0
        while at < m:
            part = abreast(m - at, 256, dy)
            lines_squares(x + done + at, columns, steps[1] // <Py_ssize_t>sizeof(real), part, totals)
            for j in range(part):
                totals[j] = root_of(totals[j])
                norm = totals[j].high + totals[j].low
                odd[at + j] = not 1e-15 < norm < 1e15
                high[at + j] = norm_gradient(dy[done + at + j], norm, &low[at + j])
            at += part
        lines_scaled(arrays + 1, steps + 1, columns, done, m, high, low)
        odd_rows_instead(odd, m, <fold_t>lp_norm_backward_rows[real], arrays, 3, 6, columns, done, steps, values, dy)
        done += m


cdef void lp_norm_backward_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                                const real* like) noexcept nogil:
    cdef const real* dy = <const real*>arrays[0]
    cdef const real* x = <const real*>arrays[1]
    cdef real* out = <real*>arrays[2]
    cdef real high, low
    cdef double factor, p = values[0], norm, value
    cdef Sum total
    cdef Py_ssize_t i, k
    for i in range(rows):
        total = row_lp_norm(x, columns, p, &factor)
        norm = total.high + total.low
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
                value = absolute(x[k]) * factor / norm
                value = dy[i] * copysign(pow(value, p - 1) if p != 1 else 1, x[k])
                out[k] = <real>value if x[k] != 0 else <real>0
        x += columns
        out += columns


cdef inline void row_of_one_magnitude(const real* x, real* out, Py_ssize_t n, real best, real value) noexcept nogil:
    cdef Py_ssize_t i
    row_fill(out, n, <real>0)
    for i in range(n):
        if absolute(x[i]) == best:
            out[i] = value if x[i] > 0 else -value
            return


# gaussian_rbf: exp(-r^2 / (2 s^2)), the exponent carried as a sum of two numbers.

cdef inline double gaussian_of(Sum total, double width) noexcept nogil:
    """What becomes of a sum of squares."""
    cdef double square = 2 * width * width, quotient
    cdef double lost = 2 * act_product_error(width, width, 0.5 * square)
    if total.high != total.high:
        return total.high
    total = quotient_of(total, square)
    total.low -= total.high / square * lost
    quotient = -total.high
    if quotient < -780:
        return 0
    return exp_scaled_sum(quotient, -total.low) * unscale(quotient)


cdef inline double row_gaussian(const real* x, Py_ssize_t n, double centre, double width) noexcept nogil:
    return gaussian_of(row_squares(x, n, centre, 0, 1), width)


cdef void gaussian_rbf_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                            const real* like) noexcept nogil:
    cdef const real* x = <const real*>arrays[0]
    cdef real* out = <real*>arrays[1]
    cdef Py_ssize_t i
    for i in range(rows):
        out[i] = <real>row_gaussian(x + i * columns, columns, values[0], values[1])


cdef void block_scaled_distance(const real* x, real* out, Py_ssize_t n, double centre, double factor) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = <real>((x[i] - centre) * factor)


cdef void gaussian_rbf_backward_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                                     const real* like) noexcept nogil:
    cdef const real* dy = <const real*>arrays[0]
    cdef const real* x = <const real*>arrays[1]
    cdef real* out = <real*>arrays[2]
    cdef double value
    cdef Py_ssize_t i
    for i in range(rows):
        value = row_gaussian(x, columns, values[0], values[1])
        if value == 0 and dy[i] == dy[i]:
            row_fill(out, columns, <real>0)
        else:
            block_scaled_distance(x, out, columns, values[0], -(value * dy[i]) / (values[1] * values[1]))
        x += columns
        out += columns


cdef inline void lines_gaussian(const real* x, Py_ssize_t n, Py_ssize_t step, Py_ssize_t width, const double* values,
                                double* result) noexcept nogil:
    """row_gaussian for each row."""
    cdef double centre[ABREAST]
    cdef double rest[ABREAST]
    cdef Sum totals[ABREAST]
    cdef Py_ssize_t j
    if values[0] == 0:
        lines_squares(x, n, step, width, totals)
    else:
        for j in range(width):
            centre[j], rest[j] = values[0], 0
        lines_distances(x, n, step, width, centre, rest, totals)
    for j in range(width):
        result[j] = gaussian_of(totals[j], values[1])


cdef void gaussian_rbf_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                              const double* values, const real* like) noexcept nogil:
    cdef real* out = <real*>arrays[1]
    cdef double result[ABREAST]
    cdef Py_ssize_t done = 0, m, j
    while done < width:
        m = abreast(width - done, 256, like)
        lines_gaussian(<const real*>arrays[0] + done, columns, steps[0] // <Py_ssize_t>sizeof(real), m, values, result)
        for j in range(m):
            out[done + j] = <real>result[j]
        done += m


cdef void block_scaled_distance_line(const real* x, real* out, Py_ssize_t n, double centre, const double* factor,
                                     const double* left) noexcept nogil:
    """0 where nothing is left of the value."""
    cdef Py_ssize_t j
    cdef double distance
    for j in range(n):
        distance = (x[j] - centre) * factor[j]
        out[j] = <real>(distance if left[j] != 0 else 0)


cdef void gaussian_rbf_backward_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                                       const double* values, const real* like) noexcept nogil:
    cdef const real* dy = <const real*>arrays[0]
    cdef const real* x = <const real*>arrays[1]
    cdef double left[WIDTH]
    cdef double factor[WIDTH]
    cdef bint nothing
    cdef Py_ssize_t done = 0, at, m, j, k, times
    while done < width:
        m = min(<Py_ssize_t>WIDTH, width - done)
        at = 0
        while at < m:
            j = abreast(m - at, 256, dy)
            lines_gaussian(x + done + at, columns, steps[1] // <Py_ssize_t>sizeof(real), j, values, left + at)
            at += j
        nothing = True
        for j in range(m):
            factor[j] = -(left[j] * dy[done + j]) / (values[1] * values[1])
            left[j] = left[j] if left[j] != 0 or dy[done + j] == dy[done + j] else 1
            nothing &= left[j] == 0
        times = joined_lines(columns, m, WIDTH, steps[1] == steps[2] and side_by_side(steps[1], m, dy))
        repeat(factor, m, times)
        repeat(left, m, times)
        k = 0
        while k < columns:
            if nothing:
                row_fill(<real*>(arrays[2] + k * steps[2]) + done, min(times, columns - k) * m, <real>0)
            else:
                block_scaled_distance_line(<const real*>(arrays[1] + k * steps[1]) + done,
                                           <real*>(arrays[2] + k * steps[2]) + done, min(times, columns - k) * m,
                                           values[0], factor, left)
            k += times
        done += m


# What ufuncs are made of: NumPy's signature, the type characters of the arrays (* is the kernel's own type), kernels.

LOOPS = {
    ("max_fold", "forward"): ("(n)->()", "**", {
        "b": <uintptr_t><void*>max_rows[int8_t],
        "B": <uintptr_t><void*>max_rows[uint8_t],
        "h": <uintptr_t><void*>max_rows[int16_t],
        "H": <uintptr_t><void*>max_rows[uint16_t],
        "i": <uintptr_t><void*>max_rows[int32_t],
        "I": <uintptr_t><void*>max_rows[uint32_t],
        "q": <uintptr_t><void*>max_rows[int64_t],
        "Q": <uintptr_t><void*>max_rows[uint64_t],
        "f": <uintptr_t><void*>max_rows[float],
        "d": <uintptr_t><void*>max_rows[double],
    }, {
        "b": <uintptr_t><void*>max_beside[int8_t],
        "B": <uintptr_t><void*>max_beside[uint8_t],
        "h": <uintptr_t><void*>max_beside[int16_t],
        "H": <uintptr_t><void*>max_beside[uint16_t],
        "i": <uintptr_t><void*>max_beside[int32_t],
        "I": <uintptr_t><void*>max_beside[uint32_t],
        "q": <uintptr_t><void*>max_beside[int64_t],
        "Q": <uintptr_t><void*>max_beside[uint64_t],
        "f": <uintptr_t><void*>max_beside[float],
        "d": <uintptr_t><void*>max_beside[double],
    }),
    ("max_fold", "backward"): ("(),(n)->(n)", "***", {
        "f": <uintptr_t><void*>max_backward_rows[float],
        "d": <uintptr_t><void*>max_backward_rows[double],
    }, {
        "f": <uintptr_t><void*>max_backward_beside[float],
        "d": <uintptr_t><void*>max_backward_beside[double],
    }),
    ("min_fold", "forward"): ("(n)->()", "**", {
        "b": <uintptr_t><void*>min_rows[int8_t],
        "B": <uintptr_t><void*>min_rows[uint8_t],
        "h": <uintptr_t><void*>min_rows[int16_t],
        "H": <uintptr_t><void*>min_rows[uint16_t],
        "i": <uintptr_t><void*>min_rows[int32_t],
        "I": <uintptr_t><void*>min_rows[uint32_t],
        "q": <uintptr_t><void*>min_rows[int64_t],
        "Q": <uintptr_t><void*>min_rows[uint64_t],
        "f": <uintptr_t><void*>min_rows[float],
        "d": <uintptr_t><void*>min_rows[double],
    }, {
        "b": <uintptr_t><void*>min_beside[int8_t],
        "B": <uintptr_t><void*>min_beside[uint8_t],
        "h": <uintptr_t><void*>min_beside[int16_t],
        "H": <uintptr_t><void*>min_beside[uint16_t],
        "i": <uintptr_t><void*>min_beside[int32_t],
        "I": <uintptr_t><void*>min_beside[uint32_t],
        "q": <uintptr_t><void*>min_beside[int64_t],
        "Q": <uintptr_t><void*>min_beside[uint64_t],
        "f": <uintptr_t><void*>min_beside[float],
        "d": <uintptr_t><void*>min_beside[double],
    }),
    ("min_fold", "backward"): ("(),(n)->(n)", "***", {
        "f": <uintptr_t><void*>min_backward_rows[float],
        "d": <uintptr_t><void*>min_backward_rows[double],
    }, {
        "f": <uintptr_t><void*>min_backward_beside[float],
        "d": <uintptr_t><void*>min_backward_beside[double],
    }),
    ("sum_fold", "forward"): ("(n)->()", "**", {
        "f": <uintptr_t><void*>sum_rows[float],
        "d": <uintptr_t><void*>sum_rows[double],
    }, {
        "f": <uintptr_t><void*>sum_beside[float],
        "d": <uintptr_t><void*>sum_beside[double],
    }),
    ("sum_fold", "backward"): ("(),(n)->(n)", "***", {
        "f": <uintptr_t><void*>sum_backward_rows[float],
        "d": <uintptr_t><void*>sum_backward_rows[double],
    }, {
        "f": <uintptr_t><void*>sum_backward_beside[float],
        "d": <uintptr_t><void*>sum_backward_beside[double],
    }),
    ("mean_fold", "forward"): ("(n)->()", "**", {
        "f": <uintptr_t><void*>mean_rows[float],
        "d": <uintptr_t><void*>mean_rows[double],
    }, {
        "f": <uintptr_t><void*>mean_beside[float],
        "d": <uintptr_t><void*>mean_beside[double],
    }),
    ("mean_fold", "backward"): ("(),(n)->(n)", "***", {
        "f": <uintptr_t><void*>mean_backward_rows[float],
        "d": <uintptr_t><void*>mean_backward_rows[double],
    }, {
        "f": <uintptr_t><void*>mean_backward_beside[float],
        "d": <uintptr_t><void*>mean_backward_beside[double],
    }),
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
    }),
    ("gaussian_rbf", "forward"): ("(n)->()", "**", {
        "f": <uintptr_t><void*>gaussian_rbf_rows[float],
        "d": <uintptr_t><void*>gaussian_rbf_rows[double],
    }, {
        "f": <uintptr_t><void*>gaussian_rbf_beside[float],
        "d": <uintptr_t><void*>gaussian_rbf_beside[double],
    }),
    ("gaussian_rbf", "backward"): ("(),(n)->(n)", "***", {
        "f": <uintptr_t><void*>gaussian_rbf_backward_rows[float],
        "d": <uintptr_t><void*>gaussian_rbf_backward_rows[double],
    }, {
        "f": <uintptr_t><void*>gaussian_rbf_backward_beside[float],
        "d": <uintptr_t><void*>gaussian_rbf_backward_beside[double],
    }),
}
