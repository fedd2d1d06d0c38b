"""Exponentials over the whole range, up to where they overflow, and those of which several are multiplied.

SCALE (elementary.pxd) keeps what is about to underflow a normal number, but two numbers with SCALE overflow as one. So
exponentials that are to be multiplied come with half of SCALE, and the product of two has all of it.
"""

from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t

from activations.formulas.elementary cimport (
    expm1_curvature, exponent_bias, ln2_low, power_of_two, reduced, reduced_high,
)
from activations.formulas.logarithms cimport sum_in_two
from activations.kernels.real cimport (
    act_bits32, act_bits64, act_float32, act_float64, at_least, at_most, bound_highest, bound_lowest, fma,
    product_error, real,
)

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


cdef inline real scale_exponent(real like) noexcept nogil:
    if real is float:
        return <float>64
    else:
        return <double>128


# e^x reaches both ends of the range, so its power of two is split in halves: the last multiplication alone may underflow
# or overflow.

cdef inline int twice_exponent_bias(real like) noexcept nogil:
    if real is float:
        return 254
    else:
        return 2046


cdef inline real power_in_halves(real carrier, real* other) noexcept nogil:
    """2^n as a product of two, from a carrier with twice the exponent bias."""
    if real is float:
        other[0] = act_float32((act_bits32(carrier) >> 1) << 23)
        return act_float32((act_bits32(carrier) - (act_bits32(carrier) >> 1)) << 23)
    else:
        other[0] = act_float64((act_bits64(carrier) >> 1) << 52)
        return act_float64((act_bits64(carrier) - (act_bits64(carrier) >> 1)) << 52)


cdef inline real inverse_power(real power, int exponent) noexcept nogil:
    """2^exponent / power, of a power of two, where both are normal numbers."""
    if real is float:
        return act_float32(<int32_t>(<uint32_t>(254 + exponent) << 23) - act_bits32(power))
    else:
        return act_float64(<int64_t>(<uint64_t>(2046 + exponent) << 52) - act_bits64(power))


cdef inline real exp_curvature(real r) noexcept nogil:
    """expm1_curvature for an e^r to which 1 is added: in float exacter below -1/4, where an ulp of e^r is half of what it is
    above 0, and less exact elsewhere."""
    cdef real square, middle
    if real is float:
        square = r * r
        middle = fma(<float>0.008366129361093044, r, <float>0.041668761521577835)
        middle = fma(<float>0.0013721410650759935, square, middle)
        return fma(middle, square, fma(<float>0.1666654646396637, r, <float>0.5))
    else:
        return expm1_curvature(r)


cdef inline real exp_rest(real r) noexcept nogil:
    """e^r - 1 for |r| <= ln2 / 2, to which 1 is added."""
    return fma(r * r, exp_curvature(r), r)


cdef inline real exp_of(real x) noexcept nogil:
    """e^x over the whole range."""
    cdef real carrier, other, power
    cdef real r = reduced(at_most(at_least(x, bound_lowest(x)), bound_highest(x)), twice_exponent_bias(x), &carrier)
    power = power_in_halves(carrier, &other)
    return fma(exp_rest(r), power, power) * other


cdef inline real exp_near(real x) noexcept nogil:
    """The same where e^x is a normal number: 2^n is one too, and nothing has to be held."""
    cdef real carrier
    cdef real r = reduced(x, exponent_bias(x), &carrier)
    cdef real power = power_of_two(carrier)
    return fma(exp_rest(r), power, power)


cdef inline real exp_wide_in_halves(real x, real tail, real* other) noexcept nogil:
    """e^(x + tail) over the whole range, where tail is below the last bit of x, but for a power of two."""
    cdef real carrier, n, low, r, p, power
    cdef real bounded = at_most(at_least(x, bound_lowest(x)), bound_highest(x))
    cdef real high = reduced_high(bounded, twice_exponent_bias(x), &carrier, &n)
    low = fma(n, -ln2_low(x), tail if bounded == x else <real>0)
    r = high + low
    p = high + fma(r * r, exp_curvature(r), low)
    power = power_in_halves(carrier, other)
    return fma(p, power, power)


cdef inline real exp_wide(real x, real tail) noexcept nogil:
    """The whole of it."""
    cdef real other
    cdef real half = exp_wide_in_halves(x, tail, &other)
    return half * other


cdef inline real without_gradient(real dy, real x, real product) noexcept nogil:
    """dy * slope where the slope may overflow: what has no gradient gets none."""
    cdef real nothing = dy if x == x else x
    return nothing if dy == 0 else product


cdef inline real exp_bend(real u) noexcept nogil:
    """(e^u (1 - u) - 1) / u^2 for -1 <= u <= 1/2."""
    cdef real q
    if real is float:
        q = fma(<float>-1.7526095689390786e-05, u, <float>-0.0001719403371680528)
        q = fma(q, u, <float>-0.00119207170791924)
        q = fma(q, u, <float>-0.006945418193936348)
        q = fma(q, u, <float>-0.033333200961351395)
        q = fma(q, u, <float>-0.12499988824129105)
        q = fma(q, u, <float>-0.3333333432674408)
        q = fma(q, u, <float>-0.5)
    else:
        q = fma(-8.446028567124003e-12, u, -1.4666173240793012e-10)
        q = fma(q, u, -1.9269977038698393e-09)
        q = fma(q, u, -2.296605560031998e-08)
        q = fma(q, u, -2.5052185715038123e-07)
        q = fma(q, u, -2.480158423889699e-06)
        q = fma(q, u, -2.2045855118685157e-05)
        q = fma(q, u, -0.00017361111112238956)
        q = fma(q, u, -0.0011904761905097141)
        q = fma(q, u, -0.006944444444446089)
        q = fma(q, u, -0.033333333333331605)
        q = fma(q, u, -0.1249999999999999)
        q = fma(q, u, -0.33333333333333337)
        q = fma(q, u, <double>-0.5)
    return q


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


# An exponential of an exponential multiplies the relative error of the inner one by the outer exponent. So that one is
# made in two numbers: the first three terms of the series are, the rest is small enough.

cdef inline real exp_in_two(real x, int bias, real* low, real* power) noexcept nogil:
    """e^r - 1 as a sum of two numbers, and the power of two of e^x, with the bias, for a modest x."""
    cdef real carrier, n, r, r_low, square, square_low, cube, cube_low, sixth, sixth_low, rest, total, lost
    cdef real high = reduced_high(x, bias, &carrier, &n)
    power[0] = power_of_two(carrier)
    low[0] = -n * ln2_low(x)
    r = high + low[0]
    r_low = (high - r) + low[0]
    square = r * r
    square_low = fma(r + r, r_low, product_error(r, r, square))
    cube = square * r
    cube_low = fma(square_low, r, fma(square, r_low, product_error(square, r, cube)))
    if real is float:
        sixth, sixth_low = <float>0.1666666716337204, <float>-4.967053879312289e-09
        rest = fma(<float>2.4801587642286904e-05, r, <float>0.00019841270113829523)
        rest = fma(rest, r, <float>0.0013888889225199819)
        rest = fma(rest, r, <float>0.008333333767950535)
        rest = fma(rest, r, <float>0.0416666679084301)
    else:
        sixth, sixth_low = 0.16666666666666666, 9.25185853854297e-18
        rest = fma(1.1470745597729725e-11, r, 1.6059043836821613e-10)
        rest = fma(rest, r, 2.08767569878681e-09)
        rest = fma(rest, r, 2.505210838544172e-08)
        rest = fma(rest, r, 2.755731922398589e-07)
        rest = fma(rest, r, 2.7557319223985893e-06)
        rest = fma(rest, r, 2.48015873015873e-05)
        rest = fma(rest, r, 0.0001984126984126984)
        rest = fma(rest, r, 0.001388888888888889)
        rest = fma(rest, r, 0.008333333333333333)
        rest = fma(rest, r, 0.041666666666666664)
    rest = (square * square) * rest
    total = cube * sixth
    rest += fma(cube, sixth_low, fma(cube_low, sixth, product_error(cube, sixth, total)))
    square = sum_in_two(<real>0.5 * square, total, &lost)
    rest += fma(<real>0.5, square_low, lost + r_low)
    total = sum_in_two(r, square, &lost)
    rest += lost
    square = total + rest
    low[0] = rest - (square - total)
    return square
