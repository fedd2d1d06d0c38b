"""softmax and its kin, and the logarithms of their sums: whole rows at a time, compiled once per ISA level.

softmax subtracts the row's maximum without rounding. A float32 difference x - m rounds, and an error in it is an error
in the result times |x - m| (66 ulp in other libraries). Here x = n ln2 + r and m = k ln2 + s, so that e^(x - m) is
2^(n - k) e^r / e^s: an exact subtraction of whole numbers, and e^s is common to the row and cancels. Where |m| is so
large that the reduction would lose digits, x - m is exact for every x that counts.

With a temperature the quotient (x - m) / t rounds: it is carried as a sum of two numbers, the second of which goes into
the exponential after the first.
"""

from libc.math cimport log, log1p
from libc.stdint cimport uintptr_t
from libc.string cimport memcpy

from activations.formulas.elementary cimport (
    exp_reduced, exp_scaled_sum, expm1_near_zero, reduced, scale, scaled_bias, unscale,
)
from activations.kernels.lanes cimport (
    add_scaled, block_subtract, filled, larger, padded, row_dot, row_largest, row_sum,
)
from activations.kernels.real cimport act_fma, act_product_error, at_least, bound_lowest, fma, product_error, real
from activations.kernels.rows cimport ACT_INFINITY, WIDTH, block_scale, row_fill, row_has_nan, row_of_infinities
from activations.kernels.sums cimport Sum, add, row_added

# Blocks: n is a multiple of LANES and at most WIDTH.

cdef void block_exp(const real* x, real* out, Py_ssize_t n, real base, real low, int bias) noexcept nogil:
    """e^(x - base) times the row's power of two, for x - base not below `low`."""
    cdef Py_ssize_t i
    cdef real carrier, r
    for i in range(n):
        r = reduced(at_least(x[i] - base, low), bias, &carrier)
        out[i] = exp_reduced(r, carrier)


cdef void block_exp_others(const real* x, real* out, Py_ssize_t n, real base, real low, int bias, real top) noexcept nogil:
    """The same, and 0 where x is the row's maximum."""
    cdef Py_ssize_t i
    cdef real carrier, r, e
    for i in range(n):
        r = reduced(at_least(x[i] - base, low), bias, &carrier)
        e = exp_reduced(r, carrier)
        out[i] = <real>0 if x[i] == top else e


cdef void block_softmax_backward(const real* dy, const real* y, real* out, Py_ssize_t n, real dot) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = y[i] * (dy[i] - dot)


cdef inline void row_gradient(const real* dy, const real* y, real* out, Py_ssize_t n) noexcept nogil:
    """y (dy - sum of dy y); `out` may be `y`."""
    block_softmax_backward(dy, y, out, n, <real>row_dot(dy, y, n))


cdef void block_log_softmax_backward(const real* dy, const real* y, real* out, Py_ssize_t n, real total) noexcept nogil:
    """`y` holds the probabilities."""
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = fma(-total, y[i], dy[i])


cdef Py_ssize_t block_count(const real* x, Py_ssize_t n, real value) noexcept nogil:
    cdef Py_ssize_t i, count = 0
    for i in range(n):
        count += x[i] == value
    return count


cdef inline real over(real x, real top, real high, real low, real* tail) noexcept nogil:
    """(x - top) / t as a sum of two numbers, 1 / t being high + low; past the exponential's range the first alone."""
    cdef real difference = x - top
    cdef real back = difference - x
    cdef real lost = (x - (difference - back)) - (top + back)
    cdef real quotient = difference * high
    cdef real bounded = at_least(quotient, bound_lowest(x))
    cdef real rest = fma(difference, low, fma(lost, high, product_error(difference, high, quotient)))
    tail[0] = rest if bounded == quotient else <real>0
    return quotient


cdef void block_exp_over(const real* x, real* out, Py_ssize_t n, real top, real high, real low) noexcept nogil:
    """e^((x - top) / t) * SCALE."""
    cdef Py_ssize_t i
    cdef real tail, quotient
    for i in range(n):
        quotient = over(x[i], top, high, low, &tail)
        out[i] = exp_scaled_sum(at_least(quotient, bound_lowest(top)), tail)


cdef void block_exp_over_others(const real* x, real* out, Py_ssize_t n, real top, real high, real low) noexcept nogil:
    """The same, and 0 where x is the row's maximum."""
    cdef Py_ssize_t i
    cdef real tail, quotient, e
    for i in range(n):
        quotient = over(x[i], top, high, low, &tail)
        e = exp_scaled_sum(at_least(quotient, bound_lowest(top)), tail)
        out[i] = <real>0 if x[i] == top else e


cdef void block_over_minus(const real* x, real* out, Py_ssize_t n, real top, real high, real low, real logarithm,
                           real rest) noexcept nogil:
    """(x - top) / t - (logarithm + rest)."""
    cdef Py_ssize_t i
    cdef real tail, quotient
    for i in range(n):
        quotient = over(x[i], top, high, low, &tail)
        out[i] = (quotient - logarithm) + (tail - rest)


cdef void block_negative(const real* x, real* out, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = -x[i]


cdef struct Shift:
    double base       # subtracted from every element, exactly
    double low        # clamp for what is left: far below it only underflow
    int bias          # of the carrier: the row's power of two and the scale


cdef inline Shift row_shift(real top) noexcept nogil:
    """How to bring a row with this (finite) maximum under one power of two."""
    cdef Shift shift
    cdef real carrier, rest
    # From twice the range of the exponential on, every x that does not vanish against the top lies within a factor
    # of 2 of it: the difference is exact.
    cdef real limit = <real>-2.7 * bound_lowest(top)
    shift.base = 0 if -limit < top < limit else top
    rest = top - <real>shift.base
    reduced(rest, 0, &carrier)
    if real is float:
        shift.bias = scaled_bias(top) - <int>(carrier - <float>12582912)
    else:
        shift.bias = scaled_bias(top) - <int>(carrier - 6755399441055744.0)
    shift.low = rest + bound_lowest(top)
    return shift


cdef inline double row_exp(const real* x, real* out, Py_ssize_t n, const Shift* shift) noexcept nogil:
    """e^(x - top), up to a power of two and e^s, into `out` (or nowhere, if NULL); returns the sum."""
    cdef real block[WIDTH]
    cdef Sum total
    cdef Py_ssize_t done = 0, m, whole
    cdef real* to
    total.high, total.low = 0, 0
    while done < n:
        m = min(<Py_ssize_t>WIDTH, n - done)
        whole = padded(m)
        to = out + done if out != NULL and m == whole else block
        block_exp(filled(x + done, m, whole, block, <real>-ACT_INFINITY), to, whole, <real>shift.base, <real>shift.low,
                  shift.bias)
        if m < whole:
            row_fill(block + m, whole - m, 0)
            if out != NULL:
                memcpy(out + done, block, m * sizeof(real))
        add_scaled(&total, to, whole)
        done += m
    return total.high + total.low


cdef inline double row_exponentials(const real* x, real* out, Py_ssize_t n, real top) noexcept nogil:
    """What softmax divides by its sum, which is returned; nothing where the maximum is not finite."""
    cdef Shift shift
    if not <real>-ACT_INFINITY < top < <real>ACT_INFINITY:
        return 0
    shift = row_shift(top)
    return row_exp(x, out, n, &shift)


cdef inline void row_divided(const real* x, real* out, Py_ssize_t n, real top, double total) noexcept nogil:
    """softmax from its numerators in `out`; what a row without a finite maximum becomes."""
    cdef real high
    cdef double low
    if top == <real>ACT_INFINITY:
        row_of_infinities(x, out, n, 0)
    elif not top > <real>-ACT_INFINITY:
        row_fill(out, n, <real>ACT_INFINITY - <real>ACT_INFINITY)
    else:
        high = <real>(1 / total)
        # 1 / total - high, through the exact remainder of the division.
        low = (-act_fma(<double>high, total, -1)) / total
        block_scale(out, out, n, high, <real>low)


cdef void row_softmax(const real* x, real* out, Py_ssize_t n) noexcept nogil:
    cdef real top = row_largest(x, n)
    row_divided(x, out, n, top, row_exponentials(x, out, n, top))


cdef inline double own_term(real top, const Shift* shift) noexcept nogil:
    """What the largest element adds to such a sum."""
    cdef real carrier
    cdef double rest = reduced(top - <real>shift.base, shift.bias, &carrier)
    return (1 + expm1_near_zero(rest)) * scale(top)


cdef inline void add_row(Sum* total, const real* x, Py_ssize_t n) noexcept nogil:
    cdef Sum more = row_added(x, n, 1)
    add(total, more.high)
    total.low += more.low


cdef inline double row_others(const real* x, Py_ssize_t n, const Shift* shift, real top) noexcept nogil:
    """The sum of e^(x - top), up to the same factors, without one element that is the largest itself."""
    cdef real block[WIDTH]
    cdef Sum total
    cdef Py_ssize_t done = 0, m, whole, tops = 0
    cdef const real* source
    total.high, total.low = 0, 0
    while done < n:
        m = min(<Py_ssize_t>WIDTH, n - done)
        whole = padded(m)
        source = filled(x + done, m, whole, block, <real>-ACT_INFINITY)
        tops += block_count(source, whole, top)
        block_exp_others(source, block, whole, <real>shift.base, <real>shift.low, shift.bias, top)
        add_row(&total, block, m)
        done += m
    return (tops - 1) + (total.high + total.low) / own_term(top, shift)


cdef inline double row_logarithm(const real* x, Py_ssize_t n, real top, double parts) noexcept nogil:
    """log(sum of e^(x - top) / parts); nothing where the maximum is not finite. A row all but decided has a logarithm
    near 0, which its sum, 1 + others, would round away: there the largest element's own term is left out of the sum,
    and log1p puts it back."""
    cdef double own, total
    cdef Shift shift
    if not <real>-ACT_INFINITY < top < <real>ACT_INFINITY:
        return 0
    shift = row_shift(top)
    own = own_term(top, &shift)
    total = row_exp(x, <real*>NULL, n, &shift) / own
    return log(total / parts) if total > 2 else log1p(row_others(x, n, &shift, top)) - log(parts)


cdef inline void row_subtracted(const real* x, real* out, Py_ssize_t n, real top, double logarithm) noexcept nogil:
    """x - (top + logarithm), the sum in two parts; what a row without a finite maximum becomes."""
    cdef real high
    cdef double low
    if top == <real>ACT_INFINITY:
        row_of_infinities(x, out, n, 1)
    elif not top > <real>-ACT_INFINITY:
        row_fill(out, n, <real>ACT_INFINITY - <real>ACT_INFINITY)
    else:
        high = <real>(top + logarithm)
        if top * <double>top > logarithm * logarithm:
            low = (top - <double>high) + logarithm
        else:
            low = (logarithm - <double>high) + top
        block_subtract(x, out, n, high, <real>low)


cdef void row_probabilities(const real* y, real* out, Py_ssize_t n) noexcept nogil:
    """e^y for y <= 0: probabilities from their logarithms."""
    cdef Shift shift
    shift.base, shift.low, shift.bias = 0, bound_lowest(y[0]), scaled_bias(y[0])
    row_exp(y, out, n, &shift)
    block_scale(out, out, n, unscale(y[0]), 0)


# The same with a temperature.

cdef struct Inverse:
    double high        # 1 / t, rounded to the kernel's type
    double low         # what rounding took


cdef inline Inverse inverse_of(double temperature, real like) noexcept nogil:
    """1 / t in two parts. What is so far from 1 that it would leave the kernel's range acts as its end."""
    cdef Inverse inverse
    cdef double product
    temperature = max(temperature, 1e-30 if real is float else 1e-300)
    temperature = min(temperature, 1e30 if real is float else 1e300)
    inverse.high = <real>(1 / temperature)
    product = inverse.high * temperature
    inverse.low = ((1 - product) - act_product_error(inverse.high, temperature, product)) / temperature
    return inverse


cdef double row_exp_over(const real* x, real* out, Py_ssize_t n, real top, const Inverse* inverse,
                         bint others) noexcept nogil:
    """e^((x - top) / t) * SCALE into `out` (or nowhere, if NULL); returns the sum, or that of what lies below the top."""
    cdef real block[WIDTH]
    cdef Sum total
    cdef Py_ssize_t done = 0, m, whole
    cdef const real* source
    total.high, total.low = 0, 0
    while done < n:
        m = min(<Py_ssize_t>WIDTH, n - done)
        whole = padded(m)
        source = filled(x + done, m, whole, block, <real>-ACT_INFINITY)
        if others:
            block_exp_over_others(source, block, whole, top, <real>inverse.high, <real>inverse.low)
            add_row(&total, block, m)
        else:
            block_exp_over(source, block, whole, top, <real>inverse.high, <real>inverse.low)
            row_fill(block + m, whole - m, 0)
            add_scaled(&total, block, whole)
        if out != NULL:
            memcpy(out + done, block, m * sizeof(real))
        done += m
    return total.high + total.low


cdef void row_softmax_over(const real* x, real* out, Py_ssize_t n, double temperature) noexcept nogil:
    cdef real top
    cdef double total = 0
    cdef Inverse inverse
    if temperature == 1:
        row_softmax(x, out, n)
        return
    top = row_largest(x, n)
    if <real>-ACT_INFINITY < top < <real>ACT_INFINITY:
        inverse = inverse_of(temperature, top)
        total = row_exp_over(x, out, n, top, &inverse, False)
    row_divided(x, out, n, top, total)


cdef void row_log_softmax_over(const real* x, real* out, Py_ssize_t n, double temperature) noexcept nogil:
    cdef real top = row_largest(x, n)
    cdef double logarithm
    cdef Inverse inverse
    if <real>-ACT_INFINITY < top < <real>ACT_INFINITY:
        inverse = inverse_of(temperature, top)
        logarithm = row_exp_over(x, <real*>NULL, n, top, &inverse, True) / scale(top)
        logarithm = log1p((block_count(x, n, top) - 1) + logarithm)
        block_over_minus(x, out, n, top, <real>inverse.high, <real>inverse.low, <real>logarithm,
                         <real>(logarithm - <double><real>logarithm))
    else:
        row_subtracted(x, out, n, top, 0)


cdef inline void row_over(real* out, Py_ssize_t n, double temperature) noexcept nogil:
    """A gradient that lacks its 1 / t gets it."""
    cdef Inverse inverse
    if temperature != 1:
        inverse = inverse_of(temperature, out[0])
        block_scale(out, out, n, <real>inverse.high, <real>inverse.low)


# quiet_softmax is softmax with one more element, 0, that is left out afterwards.

cdef inline double row_quiet(const real* x, real* out, Py_ssize_t n, real top) noexcept nogil:
    """What quiet_softmax divides by its sum, which is returned; `top` is not below 0."""
    cdef real carrier, r
    cdef Shift shift
    if not top < <real>ACT_INFINITY:
        return 0
    shift = row_shift(top)
    r = reduced(at_least(-<real>shift.base, <real>shift.low), shift.bias, &carrier)
    return row_exp(x, out, n, &shift) + exp_reduced(r, carrier)


cdef void row_quiet_softmax(const real* x, real* out, Py_ssize_t n) noexcept nogil:
    cdef real top = larger(row_largest(x, n), <real>0)
    row_divided(x, out, n, top, row_quiet(x, out, n, top))


# Kernels: arrays as the driver hands them over. A reduction ends in a chain of dependent steps; while it lasts the
# processor works at the next row's first pass, which therefore stands before this row's last one.

cdef void softmax_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                       const real* like) noexcept nogil:
    cdef const real* x = <const real*>arrays[0]
    cdef real* out = <real*>arrays[1]
    cdef real top, following
    cdef double total
    cdef Py_ssize_t i
    if values[0] != 1:
        for i in range(rows):
            row_softmax_over(x + i * columns, out + i * columns, columns, values[0])
        return
    following = row_largest(x, columns)
    for i in range(1, rows + 1):
        top = following
        total = row_exponentials(x, out, columns, top)
        if i < rows:
            following = row_largest(x + columns, columns)
        row_divided(x, out, columns, top, total)
        x += columns
        out += columns


cdef void log_softmax_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                           const real* like) noexcept nogil:
    cdef const real* x = <const real*>arrays[0]
    cdef real* out = <real*>arrays[1]
    cdef real top, following
    cdef double logarithm
    cdef Py_ssize_t i
    if values[0] != 1:
        for i in range(rows):
            row_log_softmax_over(x + i * columns, out + i * columns, columns, values[0])
        return
    following = row_largest(x, columns)
    for i in range(1, rows + 1):
        top = following
        logarithm = row_logarithm(x, columns, top, 1)
        if i < rows:
            following = row_largest(x + columns, columns)
        row_subtracted(x, out, columns, top, logarithm)
        x += columns
        out += columns


cdef void softmax_backward_from_output_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                                            const real* like) noexcept nogil:
    cdef const real* dy = <const real*>arrays[0]
    cdef const real* y = <const real*>arrays[1]
    cdef real* out = <real*>arrays[2]
    cdef Py_ssize_t _
    for _ in range(rows):
        row_gradient(dy, y, out, columns)
        row_over(out, columns, values[0])
        dy += columns
        y += columns
        out += columns


cdef void softmax_backward_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                                const real* like) noexcept nogil:
    cdef const real* dy = <const real*>arrays[0]
    cdef const real* x = <const real*>arrays[1]
    cdef real* out = <real*>arrays[2]
    cdef Py_ssize_t _
    for _ in range(rows):
        row_softmax_over(x, out, columns, values[0])
        row_gradient(dy, out, out, columns)
        row_over(out, columns, values[0])
        dy += columns
        x += columns
        out += columns


cdef void log_softmax_backward_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                                    const real* like) noexcept nogil:
    cdef const real* dy = <const real*>arrays[0]
    cdef const real* x = <const real*>arrays[1]
    cdef real* out = <real*>arrays[2]
    cdef double total
    cdef Py_ssize_t _
    for _ in range(rows):
        total = row_sum(dy, columns)
        row_softmax_over(x, out, columns, values[0])
        block_log_softmax_backward(dy, out, out, columns, <real>total)
        row_over(out, columns, values[0])
        dy += columns
        x += columns
        out += columns


cdef void log_softmax_backward_from_output_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                                                const real* like) noexcept nogil:
    cdef const real* dy = <const real*>arrays[0]
    cdef const real* y = <const real*>arrays[1]
    cdef real* out = <real*>arrays[2]
    cdef double total
    cdef Py_ssize_t _
    for _ in range(rows):
        total = row_sum(dy, columns)
        row_probabilities(y, out, columns)
        block_log_softmax_backward(dy, out, out, columns, <real>total)
        row_over(out, columns, values[0])
        dy += columns
        y += columns
        out += columns


cdef void softmin_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                       const real* like) noexcept nogil:
    cdef const real* x = <const real*>arrays[0]
    cdef real* out = <real*>arrays[1]
    cdef Py_ssize_t i
    for i in range(rows):
        block_negative(x + i * columns, out + i * columns, columns)
        row_softmax(out + i * columns, out + i * columns, columns)


cdef void softmin_backward_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                                const real* like) noexcept nogil:
    cdef const real* dy = <const real*>arrays[0]
    cdef const real* x = <const real*>arrays[1]
    cdef real* out = <real*>arrays[2]
    cdef Py_ssize_t _
    for _ in range(rows):
        block_negative(x, out, columns)
        row_softmax(out, out, columns)
        row_gradient(dy, out, out, columns)
        block_negative(out, out, columns)
        dy += columns
        x += columns
        out += columns


cdef void softmin_backward_from_output_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                                            const real* like) noexcept nogil:
    cdef const real* dy = <const real*>arrays[0]
    cdef const real* y = <const real*>arrays[1]
    cdef real* out = <real*>arrays[2]
    cdef Py_ssize_t _
    for _ in range(rows):
        row_gradient(dy, y, out, columns)
        block_negative(out, out, columns)
        dy += columns
        y += columns
        out += columns


cdef void quiet_softmax_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                             const real* like) noexcept nogil:
    cdef const real* x = <const real*>arrays[0]
    cdef real* out = <real*>arrays[1]
    cdef Py_ssize_t i
    for i in range(rows):
        row_quiet_softmax(x + i * columns, out + i * columns, columns)


cdef void quiet_softmax_backward_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                                      const real* like) noexcept nogil:
    cdef const real* dy = <const real*>arrays[0]
    cdef const real* x = <const real*>arrays[1]
    cdef real* out = <real*>arrays[2]
    cdef Py_ssize_t _
    for _ in range(rows):
        row_quiet_softmax(x, out, columns)
        row_gradient(dy, out, out, columns)
        dy += columns
        x += columns
        out += columns


cdef void quiet_softmax_backward_from_output_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns,
                                                  const double* values, const real* like) noexcept nogil:
    cdef const real* dy = <const real*>arrays[0]
    cdef const real* y = <const real*>arrays[1]
    cdef real* out = <real*>arrays[2]
    cdef Py_ssize_t _
    for _ in range(rows):
        row_gradient(dy, y, out, columns)
        dy += columns
        y += columns
        out += columns


cdef inline real row_logsumexp(const real* x, Py_ssize_t n, double parts) noexcept nogil:
    """log(sum of e^x / parts)."""
    cdef real top = row_largest(x, n)
    if -ACT_INFINITY < <double>top < ACT_INFINITY:
        return <real>(top + row_logarithm(x, n, top, parts))
    return <real>(ACT_INFINITY - ACT_INFINITY) if row_has_nan(x, n) else top


cdef void logsumexp_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                         const real* like) noexcept nogil:
    cdef const real* x = <const real*>arrays[0]
    cdef real* out = <real*>arrays[1]
    cdef Py_ssize_t i
    for i in range(rows):
        out[i] = row_logsumexp(x + i * columns, columns, 1)


cdef void logmeanexp_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                          const real* like) noexcept nogil:
    cdef const real* x = <const real*>arrays[0]
    cdef real* out = <real*>arrays[1]
    cdef Py_ssize_t i
    for i in range(rows):
        out[i] = row_logsumexp(x + i * columns, columns, <double>columns)
        if columns == 0:
            out[i] = <real>(ACT_INFINITY - ACT_INFINITY)


cdef void logsumexp_backward_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                                  const real* like) noexcept nogil:
    cdef const real* dy = <const real*>arrays[0]
    cdef const real* x = <const real*>arrays[1]
    cdef real* out = <real*>arrays[2]
    cdef Py_ssize_t i
    for i in range(rows):
        row_softmax(x + i * columns, out + i * columns, columns)
        block_scale(out + i * columns, out + i * columns, columns, dy[i], 0)


# What ufuncs are made of: NumPy's signature, the type characters of the arrays (* is the kernel's own type), kernels.

LOOPS = {
    ("softmax", "forward"): ("(n)->(n)", "**", {
        "f": <uintptr_t><void*>softmax_rows[float],
        "d": <uintptr_t><void*>softmax_rows[double],
    }),
    ("softmax", "backward"): ("(n),(n)->(n)", "***", {
        "f": <uintptr_t><void*>softmax_backward_rows[float],
        "d": <uintptr_t><void*>softmax_backward_rows[double],
    }),
    ("softmax", "backward_from_output"): ("(n),(n)->(n)", "***", {
        "f": <uintptr_t><void*>softmax_backward_from_output_rows[float],
        "d": <uintptr_t><void*>softmax_backward_from_output_rows[double],
    }),
    ("log_softmax", "forward"): ("(n)->(n)", "**", {
        "f": <uintptr_t><void*>log_softmax_rows[float],
        "d": <uintptr_t><void*>log_softmax_rows[double],
    }),
    ("log_softmax", "backward"): ("(n),(n)->(n)", "***", {
        "f": <uintptr_t><void*>log_softmax_backward_rows[float],
        "d": <uintptr_t><void*>log_softmax_backward_rows[double],
    }),
    ("log_softmax", "backward_from_output"): ("(n),(n)->(n)", "***", {
        "f": <uintptr_t><void*>log_softmax_backward_from_output_rows[float],
        "d": <uintptr_t><void*>log_softmax_backward_from_output_rows[double],
    }),
    ("softmin", "forward"): ("(n)->(n)", "**", {
        "f": <uintptr_t><void*>softmin_rows[float],
        "d": <uintptr_t><void*>softmin_rows[double],
    }),
    ("softmin", "backward"): ("(n),(n)->(n)", "***", {
        "f": <uintptr_t><void*>softmin_backward_rows[float],
        "d": <uintptr_t><void*>softmin_backward_rows[double],
    }),
    ("softmin", "backward_from_output"): ("(n),(n)->(n)", "***", {
        "f": <uintptr_t><void*>softmin_backward_from_output_rows[float],
        "d": <uintptr_t><void*>softmin_backward_from_output_rows[double],
    }),
    ("quiet_softmax", "forward"): ("(n)->(n)", "**", {
        "f": <uintptr_t><void*>quiet_softmax_rows[float],
        "d": <uintptr_t><void*>quiet_softmax_rows[double],
    }),
    ("quiet_softmax", "backward"): ("(n),(n)->(n)", "***", {
        "f": <uintptr_t><void*>quiet_softmax_backward_rows[float],
        "d": <uintptr_t><void*>quiet_softmax_backward_rows[double],
    }),
    ("quiet_softmax", "backward_from_output"): ("(n),(n)->(n)", "***", {
        "f": <uintptr_t><void*>quiet_softmax_backward_from_output_rows[float],
        "d": <uintptr_t><void*>quiet_softmax_backward_from_output_rows[double],
    }),
    ("logsumexp", "forward"): ("(n)->()", "**", {
        "f": <uintptr_t><void*>logsumexp_rows[float],
        "d": <uintptr_t><void*>logsumexp_rows[double],
    }),
    ("logsumexp", "backward"): ("(),(n)->(n)", "***", {
        "f": <uintptr_t><void*>logsumexp_backward_rows[float],
        "d": <uintptr_t><void*>logsumexp_backward_rows[double],
    }),
    ("logmeanexp", "forward"): ("(n)->()", "**", {
        "f": <uintptr_t><void*>logmeanexp_rows[float],
        "d": <uintptr_t><void*>logmeanexp_rows[double],
    }),
    ("logmeanexp", "backward"): ("(),(n)->(n)", "***", {
        "f": <uintptr_t><void*>logsumexp_backward_rows[float],
        "d": <uintptr_t><void*>logsumexp_backward_rows[double],
    }),
    ("gumbel_softmax", "forward"): ("(n)->(n)", "**", {
        "f": <uintptr_t><void*>softmax_rows[float],
        "d": <uintptr_t><void*>softmax_rows[double],
    }),
    ("gumbel_softmax", "backward"): ("(n),(n)->(n)", "***", {
        "f": <uintptr_t><void*>softmax_backward_rows[float],
        "d": <uintptr_t><void*>softmax_backward_rows[double],
    }),
    ("gumbel_softmax", "backward_from_output"): ("(n),(n)->(n)", "***", {
        "f": <uintptr_t><void*>softmax_backward_from_output_rows[float],
        "d": <uintptr_t><void*>softmax_backward_from_output_rows[double],
    }),
}
