"""p-norms of rows. A row is brought about 1 by a power of two where powers would overflow or lose digits."""

from libc.math cimport INFINITY, pow

from activations.kernels.real cimport absolute, real
from activations.kernels.rows cimport WIDTH
from activations.kernels.sums cimport (
    SPREAD, Sum, add, add_group, block_power_of_two, clear, leveller, row_magnitude, row_norm, settled, spread,
)


cdef inline void block_absolute(const real* x, real* out, Py_ssize_t n) noexcept nogil:
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
        add_group(spread(block, m, block, <real>0), high, low, m)
        done += m
    return settled(high, low)


cdef inline Sum row_lp_norm(const real* x, Py_ssize_t n, double p, double* factor) noexcept nogil:
    """The p-norm of factor * x."""
    cdef Sum total
    cdef double most, value, power
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
    # Of what is at most 1 and at least 1/2 no power underflows yet. Next to the ends of double's range no one factor
    # brings a row there.
    most = 1 if p <= 1000 and 0.5 <= most <= 1 else most
    total.high = 0
    for i in range(n):
        value = absolute(x[i]) * factor[0]
        add(&total, pow(value / most, p))
    # A step of Newton's method tells what the root's rounding, and that of 1 / p, took.
    value = pow(total.high + total.low, 1 / p)
    power = pow(value, p)
    total.low = most * (value * (((total.high - power) + total.low) / (power * p)))
    total.high = most * value
    return total


cdef inline double power_and_rest(double value, double rest, double p) noexcept nogil:
    """(value + rest)^p for a small rest; 0 for 0."""
    cdef double power = pow(value, p)
    return power + power * (p * (rest / value)) if value > 0 else <double>0
