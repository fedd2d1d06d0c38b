"""Exponentials of which several are multiplied: each comes with half of SCALE, so that a product of two has all of it.

SCALE (elementary.pxd) keeps what is about to underflow a normal number, but two numbers with SCALE overflow as one.
"""

from activations.formulas.elementary cimport (
    expm1_curvature, exponent_bias, ln2_low, power_of_two, reduced_high,
)
from activations.kernels.real cimport at_least, at_most, fma, product_error, real

cdef extern from "machine.h":
    """
    /* e^u with half of SCALE, and with half of it taken away, is still a normal number. */
    ACT_BOUNDS(halves_lowest, -108.0f, -751.0)
    ACT_BOUNDS(halves_highest, 108.0f, 751.0)
    /* 1 + e^u is 1 */
    ACT_BOUNDS(halves_open, 0x1p-30f, 0x1p-60)
    """
    const float act_halves_lowest_f
    const double act_halves_lowest_d
    const float act_halves_highest_f
    const double act_halves_highest_d
    const float act_halves_open_f
    const double act_halves_open_d


cdef inline real bound_halves_lowest(real like) noexcept nogil:
    return act_halves_lowest_f if real is float else act_halves_lowest_d


cdef inline real bound_halves_highest(real like) noexcept nogil:
    return act_halves_highest_f if real is float else act_halves_highest_d


cdef inline real bound_halves_open(real like) noexcept nogil:
    return act_halves_open_f if real is float else act_halves_open_d


cdef inline real half_scale(real like) noexcept nogil:
    """The square root of SCALE."""
    if real is float:
        return <float>4294967296.0
    else:
        return 18446744073709551616.0


cdef inline real half_unscale(real like) noexcept nogil:
    if real is float:
        return <float>2.3283064365386963e-10
    else:
        return 5.421010862427522e-20


cdef inline real half_exponent(real like) noexcept nogil:
    if real is float:
        return <float>32
    else:
        return <double>64


cdef inline real exp_shifted(real u, real tail, real lowest, real shift, real* power, real* rest) noexcept nogil:
    """e^r - 1 as a sum of two numbers, and the power of two with which e^(u + tail) 2^shift is power (1 + (e^r - 1)); 0
    below the lowest u."""
    cdef real carrier, n, low, r, p
    cdef real bounded = at_most(at_least(u, lowest), bound_halves_highest(u))
    cdef real high = reduced_high(bounded, exponent_bias(u), &carrier, &n)
    low = fma(n, -ln2_low(u), tail if bounded == u else <real>0)
    r = high + low
    p = power_of_two(carrier + shift)
    power[0] = <real>0 if u < lowest else p
    low = fma(r * r, expm1_curvature(r), low)
    p = high + low
    rest[0] = low - (p - high)
    return p


cdef inline real exp_half(real u, real tail, real* power, real* after, real* rest) noexcept nogil:
    """The same with half of SCALE, or divided by it where u is large, and what takes that back."""
    after[0] = half_scale(u) if u > 1 else half_unscale(u)
    return exp_shifted(u, tail, bound_halves_lowest(u), -half_exponent(u) if u > 1 else half_exponent(u), power, rest)


cdef inline real scaled_product(real a, real rate, real rate_low, real* tail) noexcept nogil:
    """(rate + rate_low) a as a sum of two numbers, the second without meaning where the first is not finite."""
    cdef real u = rate * a
    tail[0] = fma(rate_low, a, product_error(rate, a, u))
    return u
