"""Sums of squares with their reciprocals and square roots, each carried as a sum of two numbers.

Division and square root keep one port of the processor busy for so long that the few operations which give back what
rounding took cost next to nothing beside them. sqrt is an instruction at every level; it is no call.
"""

from libc.math cimport copysign, copysignf, sqrt, sqrtf

from activations.kernels.real cimport absolute, at_least, at_most, fma, product_error, real, sum_error

cdef extern from "machine.h":
    """
    /* Beyond `large` and below `small` lengths are scaled, by 2^80 in float and 2^650 in double, so that squares neither
     * overflow nor underflow; `longest` is larger than any scaled length but infinity. */
    ACT_BOUNDS(root_large, 16777216.0f, 0x1p200)
    ACT_BOUNDS(root_small, 0x1p-24f, 0x1p-200)
    ACT_BOUNDS(root_longest, 0x1p57f, 0x1p451)
    ACT_BOUNDS(root_least, 0x1p-120f, 0x1p-900)
    """
    const float act_root_large_f
    const double act_root_large_d
    const float act_root_small_f
    const double act_root_small_d
    const float act_root_longest_f
    const double act_root_longest_d
    const float act_root_least_f
    const double act_root_least_d


cdef inline real bound_large(real like) noexcept nogil:
    return act_root_large_f if real is float else act_root_large_d


cdef inline real bound_small(real like) noexcept nogil:
    return act_root_small_f if real is float else act_root_small_d


cdef inline real bound_longest(real like) noexcept nogil:
    return act_root_longest_f if real is float else act_root_longest_d


cdef inline real bound_least(real like) noexcept nogil:
    return act_root_least_f if real is float else act_root_least_d


cdef inline real root(real x) noexcept nogil:
    if real is float:
        return sqrtf(x)
    else:
        return sqrt(x)


cdef inline real signed(real magnitude, real x) noexcept nogil:
    """The magnitude with the sign of x, of a zero too."""
    if real is float:
        return copysignf(magnitude, x)
    else:
        return copysign(magnitude, x)


cdef inline real length_unit(real a, real b, real* inverse) noexcept nogil:
    """A power of two such that the larger of two lengths times it may be squared; and the inverse power."""
    cdef real m = a if a > b else b
    cdef real down, up
    if real is float:
        down, up = <float>8.271806125530277e-25, <float>1.2089258196146292e24
    else:
        down, up = 2.1404388173910186e-196, 4.671939192445128e195
    inverse[0] = up if m > bound_large(a) else down if m < bound_small(a) else <real>1
    return down if m > bound_large(a) else up if m < bound_small(a) else <real>1


cdef inline real square_sum(real a, real b, real* lost) noexcept nogil:
    """a^2 + b^2 for lengths in unit, at least `root_least`; `lost` is what rounding took from it."""
    cdef real large = b if a < b else a
    cdef real little = a if a < b else b
    cdef real square = large * large
    cdef real q = fma(little, little, square)
    # The difference of square and q is exact: q is at most twice as large.
    lost[0] = sum_error(little, little, square, q) + product_error(large, large, square)
    return at_least(q, bound_least(a))


cdef inline real reciprocal(real q, real lost, real* low) noexcept nogil:
    """1 / (q + lost) as a sum of two numbers."""
    cdef real s = <real>1 / q
    low[0] = -fma(lost, s, product_error(s, q, <real>1)) * s
    return s


cdef inline real reciprocal_root(real q, real lost, real* low) noexcept nogil:
    """1 / sqrt(q + lost) as a sum of two numbers: a step of Newton's method gives the second."""
    cdef real s = <real>1 / root(q)
    cdef real t = s * s
    cdef real rest = fma(product_error(s, s, t), q, fma(t, lost, product_error(t, q, <real>1)))
    low[0] = <real>-0.5 * rest * s
    return s


cdef inline real product(real a, real b, real b_low, real* low) noexcept nogil:
    """a (b + b_low) as a sum of two numbers."""
    cdef real y = a * b
    low[0] = fma(a, b_low, product_error(a, b, y))
    return y


# 1 / (1 + (x / a)^2) and its derivatives. The second derivative of arctan is the first of this with a = 1: hence here.

cdef inline real lorentz_parts(real x, real a, real* h, real* unit, real* b, real* low) noexcept nogil:
    """b / (h^2 + b^2), the distance h and the width b in a unit."""
    cdef real inverse, lost, s, s_low
    cdef real r = absolute(x)
    unit[0] = length_unit(r, a, &inverse)
    h[0] = at_most(r * unit[0], bound_longest(x))
    b[0] = a * unit[0]
    s = square_sum(h[0], b[0], &lost)
    s = reciprocal(s, lost, &s_low)
    return product(b[0], s, s_low, low)


cdef inline real lorentz(real x, real a) noexcept nogil:
    cdef real h, unit, b, low
    cdef real w = lorentz_parts(x, a, &h, &unit, &b, &low)
    return fma(w, b, low * b)


cdef inline real lorentz_derivative(real x, real a) noexcept nogil:
    cdef real h, unit, b, low
    cdef real w = lorentz_parts(x, a, &h, &unit, &b, &low)
    cdef real square = w * w
    cdef real rest = fma(w + w, low, product_error(w, w, square))
    square += square
    return -signed(fma(square, h, (rest + rest) * h) * unit, x)


cdef inline real lorentz_second_derivative(real x, real a) noexcept nogil:
    """2 / a^2 y^2 (3 - 4 y)."""
    cdef real h, unit, b, low
    cdef real w = lorentz_parts(x, a, &h, &unit, &b, &low)
    cdef real square = w * w
    cdef real y_low
    cdef real y = product(b, w, low, &y_low)
    square += fma(w + w, low, product_error(w, w, square))
    return ((<real>2 * square) * fma(<real>-4, y_low, fma(<real>-4, y, <real>3))) * unit * unit
