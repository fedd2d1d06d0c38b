"""Rows brought to a common size: l2_normalize and standardize, compiled once per ISA level. The sums are in sums.pxd."""

from libc.math cimport INFINITY, NAN, copysign, pow, sqrt
from libc.stdint cimport uintptr_t
from libc.string cimport memcpy

from activations.kernels.core cimport fold_t
from activations.kernels.lines cimport rows_instead
from activations.kernels.lp_norms cimport power_and_rest, row_lp_norm
from activations.kernels.normalise_lines cimport normalised_beside
from activations.kernels.real cimport absolute, act_fma, act_product_error, fma, real
from activations.kernels.rows cimport ACT_INFINITY, WIDTH, block_scale, row_fill, row_has_nan
from activations.kernels.sums cimport (
    SPREAD, Sum, add, block_power_of_two, clear, leveller, of_one, quotient_of, reciprocal, root_of, row_added,
    row_magnitude, row_squares, settled, spread,
)

cdef extern from "wide.h" nogil:
    double act_sum_products(Py_ssize_t n, const float* x, const float* y)
    void act_sum_moments(Py_ssize_t n, const float* x, const float* dy, double centre, double* squares, double* products,
                         double* plain)
    void act_write_freed(const float* dy, const float* x, float* out, Py_ssize_t n, double mean, double centre,
                         double slope, double factor)


cdef void block_add_products(const double* x, const double* y, double* high, double* low, Py_ssize_t n) noexcept nogil:
    cdef double sums[SPREAD]
    cdef double errors[SPREAD]
    cdef Py_ssize_t j, k
    cdef double sum, back, product, lost
    memcpy(sums, high, sizeof(sums))
    memcpy(errors, low, sizeof(errors))
    for k in range((n + SPREAD - 1) // SPREAD):
        for j in range(SPREAD):
            product = x[SPREAD * k + j] * y[SPREAD * k + j]
            lost = act_product_error(x[SPREAD * k + j], y[SPREAD * k + j], product)
            sum = sums[j] + product
            back = sum - sums[j]
            errors[j] += ((sums[j] - (sum - back)) + (product - back)) + lost
            sums[j] = sum
    memcpy(high, sums, sizeof(sums))
    memcpy(low, errors, sizeof(errors))


cdef inline Sum row_products_kept(const double* x, const double* y, Py_ssize_t n) noexcept nogil:
    cdef double high[SPREAD]
    cdef double low[SPREAD]
    cdef double block[WIDTH]
    cdef double other[WIDTH]
    cdef Py_ssize_t done = 0, m
    clear(high, low)
    while done < n:
        m = min(<Py_ssize_t>WIDTH, n - done)
        block_add_products(
            spread(x + done, m, block, <double>0), spread(y + done, m, other, <double>0), high, low, m
        )
        done += m
    return settled(high, low)


cdef Sum row_products(const real* x, const real* y, Py_ssize_t n) noexcept nogil:
    if real is float:
        return of_one(act_sum_products(n, x, y))
    else:
        return row_products_kept(x, y, n)


cdef Sum row_total(const real* x, Py_ssize_t n) noexcept nogil:
    return row_added(x, n)


cdef Sum row_distances(const real* x, Py_ssize_t n, Sum mean) noexcept nogil:
    """The squares of distances from the mean, added."""
    return row_squares(x, n, mean.high, mean.low, 1)


# What gradients of rows in float32 need is added in one pass, in double, which neither overflows nor loses small ones.

ctypedef struct Moments:
    double squares     # the sum of (x - centre)^2
    double products    # the sum of (x - centre) dy
    double dy


# l2_normalize: x / max(|x|, eps), |x| a p-norm. A row of zeros stays one, whatever eps is; of an infinite element the
# direction is left. The values are eps and p; what is fast about the Euclidean norm is for p = 2 alone.

cdef void row_of_infinite_length(const real* x, real* out, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i, infinite = 0
    cdef real top = <real>ACT_INFINITY
    for i in range(n):
        infinite += x[i] == top or x[i] == -top
    if infinite > 1 or row_has_nan(x, n):
        row_fill(out, n, <real>NAN)
        return
    for i in range(n):
        out[i] = <real>1 if x[i] == top else <real>-1 if x[i] == -top else <real>0


cdef Sum row_l2_normalize(const real* x, real* out, Py_ssize_t n, double eps, double p) noexcept nogil:
    """Writes the row and returns the reciprocal of what it was divided by, high 0 where that is infinite, and low NaN
    where it was eps and not the norm."""
    cdef double factor
    cdef Sum norm = row_lp_norm(x, n, p, &factor)
    cdef Sum inverse
    cdef bint short
    if not norm.high < ACT_INFINITY:
        row_of_infinite_length(x, out, n)
        inverse.high = 0 if norm.high == ACT_INFINITY else NAN
        inverse.low = 0
        return inverse
    if real is float or p != 2:
        if factor == 1 and not 1e-30 < norm.high < 1e30:
            factor = leveller(norm.high)
            norm.high *= factor
            norm.low *= factor
    short = norm.high < eps * factor
    if short:
        norm.high, norm.low = eps * factor, 0
    if norm.high == 0:
        row_fill(out, n, <real>0)
        inverse.high, inverse.low = 0, 0
        return inverse
    inverse = reciprocal(norm, <real>0)
    if factor == 1:
        block_scale(x, out, n, <real>inverse.high, <real>inverse.low)
    else:
        block_power_of_two(x, out, n, factor)
        block_scale(out, out, n, <real>inverse.high, <real>inverse.low)
    inverse.high *= factor
    inverse.low *= factor
    if short:
        inverse.low = NAN
    return inverse


cdef void l2_normalize_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                            const real* like) noexcept nogil:
    cdef const real* x = <const real*>arrays[0]
    cdef real* out = <real*>arrays[1]
    cdef Py_ssize_t i
    for i in range(rows if columns else 0):
        row_l2_normalize(x + i * columns, out + i * columns, columns, values[0], values[1])


cdef void l2_normalize_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                              const double* values, const real* like) noexcept nogil:
    cdef fold_t kernel = <fold_t>l2_normalize_rows[real]
    if values[1] == 2:
        normalised_beside(arrays, columns, width, steps, values, kernel, False, False, like)
    else:
        rows_instead(kernel, arrays, 2, 3, columns, 0, width, steps, values, like)


cdef void block_projected(const real* dy, const real* y, real* out, Py_ssize_t n, double dot, double high,
                          double low) noexcept nogil:
    """(dy - dot y) * (high + low)."""
    cdef Py_ssize_t i
    cdef double rest
    for i in range(n):
        rest = act_fma(-y[i], dot, dy[i])
        out[i] = <real>act_fma(rest, high, rest * low)


cdef inline void row_lp_projected(const real* dy, const real* x, real* out, Py_ssize_t n, double dot, Sum inverse,
                                  double p) noexcept nogil:
    """(dy - dot s) * inverse, s the gradient of the p-norm; `out` holds x * inverse, rounded."""
    cdef Py_ssize_t i, first = 0
    cdef double slope, size, product, factor = inverse.high + inverse.low
    # What rounding took from out is given back, but where the inverse itself is next to the ends of the range.
    cdef bint given_back = 1e-306 < factor < 1e306
    cdef double lift = 2.0**500 if factor > 1e150 else 2.0**-500 if factor < 1e-150 else 1
    cdef double high = inverse.high / lift, low = inverse.low / lift
    if p == INFINITY:
        for i in range(1, n):
            if absolute(x[i]) > absolute(x[first]):
                first = i
    for i in range(n):
        if p == INFINITY:
            slope = i == first
        elif p == 1:
            slope = x[i] != 0
        elif real is float:
            slope = pow(absolute(x[i]) * factor, p - 1)
        else:
            slope, size = absolute(out[i]), absolute(x[i]) * lift
            product = size * high
            product = (product - slope) + (act_product_error(size, high, product) + size * low)
            slope = power_and_rest(slope, product if given_back else 0, p - 1)
        product = act_fma(-copysign(slope, x[i]), dot, dy[i])
        out[i] = <real>act_fma(product, inverse.high, product * inverse.low)


cdef void row_l2_normalize_backward(const real* dy, const real* x, real* out, Py_ssize_t n, double eps,
                                    double p) noexcept nogil:
    cdef Sum inverse = row_l2_normalize(x, out, n, eps, p), dot
    if not inverse.high > 0:
        row_fill(out, n, <real>inverse.high if out[0] == out[0] else <real>NAN)
    elif inverse.low != inverse.low:
        block_projected(dy, dy, out, n, 0, inverse.high, 0)
    else:
        dot = row_products(dy, out, n)
        if p == 2:
            block_projected(dy, out, out, n, dot.high, inverse.high, inverse.low)
        else:
            row_lp_projected(dy, x, out, n, dot.high, inverse, p)


cdef void l2_normalize_backward_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                                     const real* like) noexcept nogil:
    cdef const real* dy = <const real*>arrays[0]
    cdef const real* x = <const real*>arrays[1]
    cdef real* out = <real*>arrays[2]
    cdef Moments sums
    cdef bint done
    cdef Py_ssize_t _
    for _ in range(rows if columns else 0):
        done = False
        if real is float and values[1] == 2:
            act_sum_moments(columns, x, dy, 0, &sums.squares, &sums.products, &sums.dy)
            done = 0 < sums.squares < ACT_INFINITY and sums.squares >= values[0] * values[0]
            if done:
                act_write_freed(dy, x, out, columns, 0, 0, sums.products / sums.squares, 1 / sqrt(sums.squares))
        if not done:
            row_l2_normalize_backward(dy, x, out, columns, values[0], values[1])
        dy += columns
        x += columns
        out += columns


cdef void l2_normalize_backward_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                                       const double* values, const real* like) noexcept nogil:
    cdef fold_t kernel = <fold_t>l2_normalize_backward_rows[real]
    if values[1] == 2:
        normalised_beside(arrays, columns, width, steps, values, kernel, False, True, like)
    else:
        rows_instead(kernel, arrays, 3, 7, columns, 0, width, steps, values, like)


# standardize: (x - mean) / sqrt(variance + eps), in two passes; the mean is carried as a sum of two numbers.

cdef void block_standardized(const real* x, real* out, Py_ssize_t n, double centre, double rest, double high,
                             double low) noexcept nogil:
    cdef Py_ssize_t i
    cdef double distance
    for i in range(n):
        distance = (x[i] - centre) - rest
        out[i] = <real>(fma(distance, high, distance * low))


cdef Sum row_standardize(const real* x, real* out, Py_ssize_t n, double eps) noexcept nogil:
    """Writes the row and returns the reciprocal of its standard deviation."""
    cdef Sum mean, deviation
    cdef double magnitude, factor = 1
    cdef real* source = <real*>x
    mean = row_total(x, n)
    if not -1e140 < mean.high < 1e140:
        magnitude = row_magnitude(x, n)
        if not magnitude < ACT_INFINITY:
            row_fill(out, n, <real>NAN)
            mean.high, mean.low = NAN, NAN
            return mean
        factor = leveller(magnitude)
        block_power_of_two(x, out, n, factor)
        source = out
        mean = row_total(source, n)
        eps *= factor * factor
    mean = quotient_of(mean, <double>n)
    deviation = row_distances(source, n, mean)
    if factor == 1 and not deviation.high < 1e300:
        # Large values whose sum is small.
        factor = leveller(row_magnitude(x, n))
        block_power_of_two(x, out, n, factor)
        source = out
        eps *= factor * factor
        mean = quotient_of(row_total(source, n), <double>n)
        deviation = row_distances(source, n, mean)
    deviation = quotient_of(deviation, <double>n)
    add(&deviation, eps)
    deviation = root_of(deviation)
    if deviation.high == 0:
        row_fill(out, n, <real>0)
        deviation.high, deviation.low = 0, 0
        return deviation
    deviation = reciprocal(deviation, <double>0)
    block_standardized(source, out, n, mean.high, mean.low, deviation.high, deviation.low)
    deviation.high *= factor
    deviation.low *= factor
    return deviation


cdef void standardize_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                           const real* like) noexcept nogil:
    cdef const real* x = <const real*>arrays[0]
    cdef real* out = <real*>arrays[1]
    cdef Py_ssize_t i
    for i in range(rows if columns else 0):
        row_standardize(x + i * columns, out + i * columns, columns, values[0])


cdef void standardize_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                             const double* values, const real* like) noexcept nogil:
    normalised_beside(arrays, columns, width, steps, values, <fold_t>standardize_rows[real], True, False, like)


cdef void block_standardize_backward(const real* dy, const real* y, real* out, Py_ssize_t n, double mean, double dot,
                                     double high, double low) noexcept nogil:
    cdef Py_ssize_t i
    cdef double rest
    for i in range(n):
        rest = act_fma(-y[i], dot, dy[i] - mean)
        out[i] = <real>act_fma(rest, high, rest * low)


cdef void row_standardize_backward(const real* dy, const real* x, real* out, Py_ssize_t n, double eps) noexcept nogil:
    cdef Sum inverse = row_standardize(x, out, n, eps), mean, dot
    if inverse.high != inverse.high:
        row_fill(out, n, <real>NAN)
        return
    mean = quotient_of(row_total(dy, n), <double>n)
    dot = quotient_of(row_products(dy, out, n), <double>n)
    block_standardize_backward(dy, out, out, n, mean.high, dot.high, inverse.high, inverse.low)


cdef void standardize_backward_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                                    const real* like) noexcept nogil:
    cdef const real* dy = <const real*>arrays[0]
    cdef const real* x = <const real*>arrays[1]
    cdef real* out = <real*>arrays[2]
    cdef Moments sums
    cdef double mean, variance
    cdef bint done
    cdef Py_ssize_t _
    for _ in range(rows if columns else 0):
        done = False
        if real is float:
            mean = row_total(x, columns).high / columns
            act_sum_moments(columns, x, dy, mean, &sums.squares, &sums.products, &sums.dy)
            variance = sums.squares / columns + values[0]
            done = 0 < variance < ACT_INFINITY
            if done:
                act_write_freed(dy, x, out, columns, sums.dy / columns, mean, sums.products / columns / variance,
                                1 / sqrt(variance))
        if not done:
            row_standardize_backward(dy, x, out, columns, values[0])
        dy += columns
        x += columns
        out += columns


cdef void standardize_backward_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                                      const double* values, const real* like) noexcept nogil:
    normalised_beside(arrays, columns, width, steps, values, <fold_t>standardize_backward_rows[real], True, True, like)


# The same with y, what the forward pass returned: the scale is that of two distances, of which no digits are lost since
# the two values of y have opposite signs.

cdef enum:
    TRIED = 64         # elements that are looked at for the second of the two


cdef inline double scale_told(const real* x, const real* y, Py_ssize_t n) noexcept nogil:
    """What distances of x are multiplied by to give those of y; 0 where no two elements tell it."""
    cdef double first = y[0], apart, told
    cdef Py_ssize_t k
    for k in range(1, min(n, <Py_ssize_t>TRIED)):
        apart = y[k] - first
        if first * y[k] < 0 and absolute(apart) >= 0.5:
            told = apart / (<double>x[k] - <double>x[0])
            return told if 1e-30 < told < 1e30 else 0
    return 0


cdef void block_standardize_given(const float* dy, const float* y, float* out, Py_ssize_t n, double mean, double dot,
                                  double scale) noexcept nogil:
    """block_standardize_backward in float, where factors are sums of two numbers."""
    cdef float mean_high = <float>mean, mean_low = <float>(mean - mean_high)
    cdef float dot_high = <float>-dot, dot_low = <float>(-dot - dot_high)
    cdef float high = <float>scale, low = <float>(scale - high), rest
    cdef Py_ssize_t i
    for i in range(n):
        rest = (dy[i] - mean_high) - mean_low
        rest = fma(y[i], dot_high, fma(y[i], dot_low, rest))
        out[i] = fma(rest, high, rest * low)


cdef void standardize_backward_with_output_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns,
                                                const double* values, const real* like) noexcept nogil:
    cdef const real* dy = <const real*>arrays[0]
    cdef const real* x = <const real*>arrays[1]
    cdef const real* y = <const real*>arrays[2]
    cdef real* out = <real*>arrays[3]
    cdef Moments sums
    cdef double scale
    cdef Py_ssize_t _
    for _ in range(rows if columns else 0):
        scale = scale_told(x, y, columns)
        if scale == 0:
            row_standardize_backward(dy, x, out, columns, values[0])
        elif real is float:
            act_sum_moments(columns, y, dy, 0, &sums.squares, &sums.products, &sums.dy)
            block_standardize_given(dy, y, out, columns, sums.dy / columns, sums.products / columns, scale)
        else:
            block_standardize_backward(dy, y, out, columns, row_total(dy, columns).high / columns,
                                       row_products(dy, y, columns).high / columns, scale, 0)
        dy += columns
        x += columns
        y += columns
        out += columns


# What ufuncs are made of: NumPy's signature, the type characters of the arrays (* is the kernel's own type), kernels, those
# for rows side by side, and the length below which it pays to bring rows side by side.

LOOPS = {
    ("l2_normalize", "forward"): ("(n)->(n)", "**", {
        "f": <uintptr_t><void*>l2_normalize_rows[float],
        "d": <uintptr_t><void*>l2_normalize_rows[double],
    }, {
        "f": <uintptr_t><void*>l2_normalize_beside[float],
        "d": <uintptr_t><void*>l2_normalize_beside[double],
    }, 16),
    ("l2_normalize", "backward"): ("(n),(n)->(n)", "***", {
        "f": <uintptr_t><void*>l2_normalize_backward_rows[float],
        "d": <uintptr_t><void*>l2_normalize_backward_rows[double],
    }, {
        "f": <uintptr_t><void*>l2_normalize_backward_beside[float],
        "d": <uintptr_t><void*>l2_normalize_backward_beside[double],
    }),
    ("standardize", "forward"): ("(n)->(n)", "**", {
        "f": <uintptr_t><void*>standardize_rows[float],
        "d": <uintptr_t><void*>standardize_rows[double],
    }, {
        "f": <uintptr_t><void*>standardize_beside[float],
        "d": <uintptr_t><void*>standardize_beside[double],
    }, 24),
    ("standardize", "backward"): ("(n),(n)->(n)", "***", {
        "f": <uintptr_t><void*>standardize_backward_rows[float],
        "d": <uintptr_t><void*>standardize_backward_rows[double],
    }, {
        "f": <uintptr_t><void*>standardize_backward_beside[float],
        "d": <uintptr_t><void*>standardize_backward_beside[double],
    }, 5),
    ("standardize", "backward_with_output"): ("(n),(n),(n)->(n)", "****", {
        "f": <uintptr_t><void*>standardize_backward_with_output_rows[float],
        "d": <uintptr_t><void*>standardize_backward_with_output_rows[double],
    }),
}
