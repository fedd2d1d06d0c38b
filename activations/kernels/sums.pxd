"""Sums of rows that are right to the last digit of a double: the folding kernels that add.

float is added in double. double is added with the errors of the additions kept apart (Knuth's two-sum), so that terms
may cancel. Neither depends on where a row stands: lanes are filled in the row's own order.
"""

from libc.math cimport frexp, isfinite, ldexp, sqrt
from libc.string cimport memcpy

from activations.kernels.real cimport absolute, act_product_error, real
from activations.kernels.rows cimport ACT_INFINITY, WIDTH, row_fill

cdef extern from "wide.h" nogil:
    double act_sum_floats(Py_ssize_t n, const float* x)
    double act_sum_squares(Py_ssize_t n, const float* x)
    double act_sum_distances(Py_ssize_t n, const float* x, double centre, double rest)
    void act_add_floats(double* lane, Py_ssize_t groups, const float* x)

cdef enum:
    SPREAD = 32        # sums that run side by side, as many as wide.h has

# A number as a sum of two.
cdef struct Sum:
    double high
    double low


cdef inline void add(Sum* total, double value) noexcept nogil:
    cdef double sum = total.high + value
    cdef double back = sum - total.high
    total.low += (total.high - (sum - back)) + (value - back)
    total.high = sum


cdef inline void block_halve(const double* high, const double* low, double* sums, double* errors,
                             Py_ssize_t n) noexcept nogil:
    """n sums out of 2 n."""
    cdef Py_ssize_t j
    cdef double sum, back
    for j in range(n):
        sum = high[j] + high[n + j]
        back = sum - high[j]
        errors[j] = (low[j] + low[n + j]) + ((high[j] - (sum - back)) + (high[n + j] - back))
        sums[j] = sum


cdef inline Sum settled(const double* high, const double* low) noexcept nogil:
    """The lanes together, by halves. Where the sum is not finite its error means nothing."""
    cdef double sums[SPREAD]
    cdef double errors[SPREAD]
    cdef Sum total
    cdef double sum
    block_halve(high, low, sums, errors, 16)
    block_halve(sums, errors, sums, errors, 8)
    block_halve(sums, errors, sums, errors, 4)
    block_halve(sums, errors, sums, errors, 2)
    block_halve(sums, errors, sums, errors, 1)
    sum = sums[0] + errors[0]
    total.low = (sums[0] - sum) + errors[0] if isfinite(sum) else 0
    total.high = sum if isfinite(sum) else sums[0]
    return total


cdef inline Sum quotient_of(Sum total, double divisor) noexcept nogil:
    """total / divisor."""
    cdef Sum result
    cdef double product
    result.high = total.high / divisor
    product = result.high * divisor
    result.low = 0
    if isfinite(result.high) and isfinite(product):
        result.low = ((total.high - product) - act_product_error(result.high, divisor, product) + total.low) / divisor
    return result


cdef inline Sum root_of(Sum total) noexcept nogil:
    """The square root."""
    cdef Sum result
    cdef double square
    result.high = sqrt(total.high)
    result.low = 0
    if 0 < result.high < ACT_INFINITY:
        square = result.high * result.high
        result.low = (total.high - square) - act_product_error(result.high, result.high, square) + total.low
        result.low /= 2 * result.high
    return result


cdef inline Sum reciprocal(Sum value, real like) noexcept nogil:
    """1 / value as a number of the kernel's type and what rounding took."""
    cdef Sum result
    cdef double product
    if real is float:
        result.low = 1 / (value.high + value.low)
        result.high = <float>result.low
        result.low -= result.high
    else:
        result.high = 1 / value.high
        product = result.high * value.high
        result.low = ((1 - product) - act_product_error(result.high, value.high, product) - result.high * value.low)
        result.low /= value.high
    return result


cdef inline const real* spread(const real* x, Py_ssize_t n, real* block, real filling) noexcept nogil:
    """Whole groups of lanes that begin with the n values of x: x itself, or a copy filled up."""
    if n % SPREAD == 0:
        return x
    memcpy(block, x, n * sizeof(real))
    row_fill(block + n, SPREAD - n % SPREAD, filling)
    return block


# Blocks: n is rounded up to whole groups of lanes.

cdef inline void block_add(const double* x, double* high, double* low, Py_ssize_t n) noexcept nogil:
    cdef double sums[SPREAD]
    cdef double errors[SPREAD]
    cdef Py_ssize_t j, k
    cdef double sum, back
    memcpy(sums, high, sizeof(sums))
    memcpy(errors, low, sizeof(errors))
    for k in range((n + SPREAD - 1) // SPREAD):
        for j in range(SPREAD):
            sum = sums[j] + x[SPREAD * k + j]
            back = sum - sums[j]
            errors[j] += (sums[j] - (sum - back)) + (x[SPREAD * k + j] - back)
            sums[j] = sum
    memcpy(high, sums, sizeof(sums))
    memcpy(low, errors, sizeof(errors))


cdef inline void add_group(const real* x, double* high, double* low, Py_ssize_t n) noexcept nogil:
    """Add n values, rounded up to whole groups, to the lanes."""
    if real is float:
        act_add_floats(high, (n + SPREAD - 1) // SPREAD, x)
    else:
        block_add(x, high, low, n)


cdef inline void block_add_squares(const double* x, double* high, double* low, Py_ssize_t n, double centre,
                                   double rest, double factor) noexcept nogil:
    """Squares of factor * x - (centre + rest); the factor is a power of two."""
    cdef double sums[SPREAD]
    cdef double errors[SPREAD]
    cdef Py_ssize_t j, k
    cdef double sum, back, value, distance, lost, square
    memcpy(sums, high, sizeof(sums))
    memcpy(errors, low, sizeof(errors))
    for k in range((n + SPREAD - 1) // SPREAD):
        for j in range(SPREAD):
            value = factor * x[SPREAD * k + j]
            distance = value - centre
            back = distance - value
            lost = ((value - (distance - back)) - (centre + back)) - rest
            square = distance * distance
            lost = (2 * distance + lost) * lost + act_product_error(distance, distance, square)
            sum = sums[j] + square
            back = sum - sums[j]
            errors[j] += ((sums[j] - (sum - back)) + (square - back)) + lost
            sums[j] = sum
    memcpy(high, sums, sizeof(sums))
    memcpy(low, errors, sizeof(errors))


cdef inline void block_power_of_two(const real* x, real* out, Py_ssize_t n, double factor) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = <real>(x[i] * factor)


cdef inline void clear(double* high, double* low) noexcept nogil:
    cdef Py_ssize_t j
    for j in range(SPREAD):
        high[j] = 0
        low[j] = 0


# Rows

cdef inline Sum of_one(double high) noexcept nogil:
    """A sum of floats: its error in double is below what counts, and nothing is kept of it."""
    cdef Sum total
    total.high, total.low = high, 0
    return total


cdef inline Sum row_added(const real* x, Py_ssize_t n) noexcept nogil:
    """The sum of a row."""
    if real is float:
        return of_one(act_sum_floats(n, x))
    else:
        return row_added_kept(x, n)


cdef inline Sum row_added_kept(const double* x, Py_ssize_t n) noexcept nogil:
    cdef double high[SPREAD]
    cdef double low[SPREAD]
    cdef double block[WIDTH]
    cdef Py_ssize_t done = 0, m
    clear(high, low)
    while done < n:
        m = min(<Py_ssize_t>WIDTH, n - done)
        block_add(spread(x + done, m, block, <double>0), high, low, m)
        done += m
    return settled(high, low)


cdef inline Sum row_added_scaled(const double* x, Py_ssize_t n, double factor) noexcept nogil:
    """The sum of factor * x; the factor is a power of two."""
    cdef double high[SPREAD]
    cdef double low[SPREAD]
    cdef double block[WIDTH]
    cdef Py_ssize_t done = 0, m
    clear(high, low)
    while done < n:
        m = min(<Py_ssize_t>WIDTH, n - done)
        block_power_of_two(x + done, block, m, factor)
        block_add(spread(block, m, block, <double>0), high, low, m)
        done += m
    return settled(high, low)


cdef inline Sum row_squares(const real* x, Py_ssize_t n, double centre, double rest, double factor) noexcept nogil:
    """The sum of the squares of factor * x - (centre + rest); the factor is of double alone."""
    if real is float:
        if centre == 0 and rest == 0:
            return of_one(act_sum_squares(n, x))
        return of_one(act_sum_distances(n, x, centre, rest))
    else:
        return row_squares_kept(x, n, centre, rest, factor)


cdef inline Sum row_squares_kept(const double* x, Py_ssize_t n, double centre, double rest,
                                 double factor) noexcept nogil:
    cdef double high[SPREAD]
    cdef double low[SPREAD]
    cdef double block[WIDTH]
    cdef Py_ssize_t done = 0, m, group
    clear(high, low)
    while done < n:
        m = min(<Py_ssize_t>WIDTH, n - done)
        if m % SPREAD == 0 or centre == 0:
            block_add_squares(spread(x + done, m, block, <double>0), high, low, m, centre, rest, factor)
        else:
            # There is nothing to fill up with whose distance is 0: the last group goes into a lane for each value.
            group = m % SPREAD
            block_add_squares(x + done, high, low, m - group, centre, rest, factor)
            tail_squares(x + done + m - group, high, low, group, centre, rest, factor)
        done += m
    return settled(high, low)


cdef inline void tail_squares(const double* x, double* high, double* low, Py_ssize_t n, double centre, double rest,
                              double factor) noexcept nogil:
    """Fewer squares than there are lanes."""
    cdef double block[SPREAD]
    cdef double own_high[SPREAD]
    cdef double own_low[SPREAD]
    cdef Py_ssize_t j
    memcpy(own_high, high, sizeof(own_high))
    memcpy(own_low, low, sizeof(own_low))
    block_add_squares(spread(x, n, block, <double>0), own_high, own_low, n, centre, rest, factor)
    for j in range(n):
        high[j] = own_high[j]
        low[j] = own_low[j]


cdef inline double row_magnitude(const real* x, Py_ssize_t n) noexcept nogil:
    """The largest absolute value; NaN where there is one."""
    cdef Py_ssize_t i
    cdef double most = 0, value
    for i in range(n):
        value = absolute(x[i])
        most = value if value > most or value != value else most
        if most != most:
            return most
    return most


cdef inline double leveller(double magnitude) noexcept nogil:
    """The power of two that brings a number about 1; 1 for 0 and what is not finite."""
    cdef int exponent
    if not 0 < magnitude < ACT_INFINITY:
        return 1
    frexp(magnitude, &exponent)
    return ldexp(1, max(-1000, min(1000, -exponent)))


cdef inline bint norm_is_odd(double squares, const real* like) noexcept nogil:
    """Whether row_norm may have to level a row with this sum of squares. Squares of float32 keep well within double."""
    return real is double and not 1e-200 < squares < 1e300


cdef inline Sum row_norm(const real* x, Py_ssize_t n, double* factor) noexcept nogil:
    """The Euclidean norm of factor * x. The factor is 1 unless squares overflow or lose digits."""
    cdef Sum squares = row_squares(x, n, 0, 0, 1)
    factor[0] = 1
    if norm_is_odd(squares.high, x):
        factor[0] = leveller(row_magnitude(x, n))
        if factor[0] != 1:
            squares = row_squares(x, n, 0, 0, factor[0])
    return root_of(squares)
