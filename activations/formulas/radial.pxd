"""Formulas of the radial activations of one variable: scalar mathematics and nothing else (see rectifiers.pxd)."""

from libc.math cimport INFINITY
from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t

from activations.formulas.elementary cimport (
    exp_scaled_sum, exponent_bias, expm1_in_two, ln2_low, power_of_two, scaled_bias, unscale,
)
from activations.formulas.exponents cimport without_gradient
from activations.formulas.logarithms cimport sum_in_two
from activations.formulas.rectifiers cimport sum_lost
from activations.formulas.roots cimport (
    bound_longest, length_unit, lorentz, lorentz_derivative, lorentz_parts, lorentz_second_derivative, product,
    reciprocal_root, root, signed, square_sum,
)
from activations.kernels.real cimport (
    absolute, act_bits32, act_bits64, act_float32, act_float64, at_least, at_most, bound_gaussian, fma, product_error,
    real,
)

cdef extern from "machine.h":
    """
    /* The square is still finite, and the square times the logarithm infinite. */
    ACT_BOUNDS(spline_highest, 1.8e19f, 1.3e154)
    ACT_BOUNDS(finite, 0x1.fffffep127f, 0x1.fffffffffffffp1023)
    ACT_BOUNDS(one, 1.0f, 1.0)
    ACT_BOUNDS(spline_two, 2.0f, 2.0)
    /* 2^n overflows and underflows, and half of n is still an exponent. */
    ACT_BOUNDS(spline_power, 200.0f, 2000.0)
    """
    const float act_spline_highest_f
    const double act_spline_highest_d
    const float act_finite_f
    const double act_finite_d
    const float act_one_f
    const double act_one_d
    const float act_spline_two_f
    const double act_spline_two_d
    const float act_spline_power_f
    const double act_spline_power_d


cdef inline real bound_spline_highest(real like) noexcept nogil:
    return act_spline_highest_f if real is float else act_spline_highest_d


cdef inline real bound_finite(real like) noexcept nogil:
    return act_finite_f if real is float else act_finite_d


cdef inline real bound_one(real like) noexcept nogil:
    return act_one_f if real is float else act_one_d


cdef inline real bound_two(real like) noexcept nogil:
    return act_spline_two_f if real is float else act_spline_two_d


cdef inline real bound_spline_power(real like) noexcept nogil:
    return act_spline_power_f if real is float else act_spline_power_d


# gaussian: exp(-gamma (x - c)^2). gamma |x - c| and the exponent are carried as sums of two numbers: an error in the
# exponent is one in the result. That x - c is such a sum too costs a quarter, so that c = 0 has formulas of its own.

cdef inline real bump(real a, real rate, real rate_low) noexcept nogil:
    """SCALE exp(-(rate + rate_low) a)"""
    cdef real square = rate * a
    return exp_scaled_sum(-square, -fma(rate_low, a, product_error(rate, a, square)))


cdef inline real held_distance(real x, real gamma, real* rate, real* rate_low) noexcept nogil:
    """|x| = a, not above where the bump has long become 0, and gamma a."""
    cdef real a = at_most(absolute(x), bound_gaussian(x) / root(gamma))
    rate[0] = gamma * a
    rate_low[0] = product_error(gamma, a, rate[0])
    return a


cdef inline real gaussian_at_zero(real x, real gamma) noexcept nogil:
    cdef real rate, rate_low
    cdef real a = held_distance(x, gamma, &rate, &rate_low)
    return bump(a, rate, rate_low) * unscale(x)


cdef inline real bump_slope(real a, real rate, real rate_low, real square, real rest) noexcept nogil:
    """2 (rate + rate_low) exp(-(square + rest))"""
    cdef real p_low, power
    cdef real p = expm1_in_two(-square, -rest, scaled_bias(a), &power, &p_low)
    cdef real slope = rate + fma(p, rate, fma(p_low, rate, fma(p, rate_low, rate_low)))
    return (slope * power) * (<real>2 * unscale(a))


cdef inline real gaussian_at_zero_derivative(real x, real gamma) noexcept nogil:
    cdef real rate, rate_low, square
    cdef real a = held_distance(x, gamma, &rate, &rate_low)
    square = rate * a
    return -signed(bump_slope(a, rate, rate_low, square, fma(rate_low, a, product_error(rate, a, square))), x)


cdef inline real gaussian_at_zero_second_derivative(real x, real gamma) noexcept nogil:
    """2 gamma f (2 gamma x^2 - 1)"""
    cdef real rate, rate_low
    cdef real a = held_distance(x, gamma, &rate, &rate_low)
    cdef real y = bump(a, rate, rate_low)
    return ((gamma * y) * fma(<real>2 * rate, a, <real>-1)) * (<real>2 * unscale(x))


cdef inline real from_center(real x, real gamma, real center, real* low, real* d, real* rate, real* rate_low,
                             real* square) noexcept nogil:
    """|x - c| = a + low, as above, gamma times it, and its product with that, square and what is returned."""
    cdef real a, reach = bound_gaussian(x) / root(gamma)
    d[0] = x - center
    low[0] = sum_lost(x, -center, d[0])
    low[0] = -low[0] if d[0] < 0 else low[0]
    a = absolute(d[0])
    low[0] = <real>0 if a >= reach else low[0]
    a = at_most(a, reach)
    rate[0] = gamma * a
    rate_low[0] = fma(gamma, low[0], product_error(gamma, a, rate[0]))
    square[0] = rate[0] * a
    return fma(rate_low[0], a, fma(rate[0], low[0], product_error(rate[0], a, square[0])))


cdef inline real gaussian(real x, real gamma, real center) noexcept nogil:
    cdef real low, d, rate, rate_low, square
    cdef real rest = from_center(x, gamma, center, &low, &d, &rate, &rate_low, &square)
    return exp_scaled_sum(-square, -rest) * unscale(x)


cdef inline real gaussian_derivative(real x, real gamma, real center) noexcept nogil:
    cdef real low, d, rate, rate_low, square
    cdef real rest = from_center(x, gamma, center, &low, &d, &rate, &rate_low, &square)
    return -signed(bump_slope(x, rate, rate_low, square, rest), d)


cdef inline real gaussian_second_derivative(real x, real gamma, real center) noexcept nogil:
    """2 gamma f (2 gamma (x - c)^2 - 1)"""
    cdef real low, d, rate, rate_low, square
    cdef real rest = from_center(x, gamma, center, &low, &d, &rate, &rate_low, &square)
    cdef real y = exp_scaled_sum(-square, -rest)
    return ((gamma * y) * (fma(<real>2, square, <real>-1) + (rest + rest))) * (<real>2 * unscale(x))


cdef inline real gaussian_by_gamma(real x, real gamma, real center) noexcept nogil:
    cdef real low, d, rate, rate_low, square
    cdef real rest = from_center(x, gamma, center, &low, &d, &rate, &rate_low, &square)
    cdef real a = at_most(absolute(d), bound_gaussian(x) / root(gamma))
    cdef real y = exp_scaled_sum(-square, -rest) * a
    return -fma(y, low + low, y * a) * unscale(x)


cdef inline real gaussian_by_center(real x, real gamma, real center) noexcept nogil:
    return -gaussian_derivative(x, gamma, center)


# multiquadric (Hardy 1971): sqrt(x^2 + a^2), in a unit where the squares neither overflow nor underflow

cdef inline real root_parts(real x, real a, real* h, real* b, real* unit, real* inverse, real* low) noexcept nogil:
    """1 / sqrt(h^2 + b^2) as a sum of two numbers, the distance h and the width b in a unit."""
    cdef real lost, q
    cdef real r = absolute(x)
    unit[0] = length_unit(r, a, inverse)
    h[0] = at_most(r * unit[0], bound_longest(x))
    b[0] = a * unit[0]
    q = square_sum(h[0], b[0], &lost)
    return reciprocal_root(q, lost, low)


cdef inline real multiquadric(real x, real a) noexcept nogil:
    cdef real inverse, lost, q, y
    cdef real r = absolute(x)
    cdef real unit = length_unit(r, a, &inverse)
    cdef real h = at_most(r * unit, bound_longest(x))
    q = square_sum(h, a * unit, &lost)
    y = root(q) * inverse
    # The least sum of squares stands for 0, so that nothing is divided by it.
    return a if r == 0 else y


cdef inline real multiquadric_derivative(real x, real a) noexcept nogil:
    cdef real h, b, unit, inverse, low
    cdef real s = root_parts(x, a, &h, &b, &unit, &inverse, &low)
    cdef real y = product(h, s, low, &low)
    return signed(y + low, x)


cdef inline real multiquadric_second_derivative(real x, real a) noexcept nogil:
    """a^2 (x^2 + a^2)^(-3/2)"""
    cdef real h, b, unit, inverse, low
    cdef real s = root_parts(x, a, &h, &b, &unit, &inverse, &low)
    cdef real y = product(b, s, low, &low)
    y += low
    return ((y * y) * s) * unit


cdef inline real multiquadric_by_a(real x, real a) noexcept nogil:
    cdef real h, b, unit, inverse, low
    cdef real s = root_parts(x, a, &h, &b, &unit, &inverse, &low)
    cdef real y = product(b, s, low, &low)
    return <real>0 if absolute(x) > bound_finite(x) else y + low


# inverse_multiquadric: 1 / sqrt(x^2 + a^2) = s, derivative -x s^3

cdef inline real inverse_multiquadric(real x, real a) noexcept nogil:
    cdef real h, b, unit, inverse, low
    cdef real y = root_parts(x, a, &h, &b, &unit, &inverse, &low) + low
    return <real>0 if absolute(x) > bound_finite(x) else y * unit


cdef inline real cubed(real s, real low, real unit, real* rest) noexcept nogil:
    """(s + low)^3 unit^2 as a sum of two numbers, in an order in which nothing overflows."""
    cdef real square = s * s
    cdef real square_low = fma(s + s, low, product_error(s, s, square)) * unit
    cdef real cube
    square *= unit
    s *= unit
    cube = square * s
    rest[0] = fma(square, low * unit, fma(square_low, s, product_error(square, s, cube)))
    return cube


cdef inline real inverse_multiquadric_derivative(real x, real a) noexcept nogil:
    cdef real h, b, unit, inverse, low, rest
    cdef real s = root_parts(x, a, &h, &b, &unit, &inverse, &low)
    cdef real cube = cubed(s, low, unit, &rest)
    return -signed(fma(h, cube, h * rest), x)


cdef inline real inverse_multiquadric_second_derivative(real x, real a) noexcept nogil:
    """s^3 (3 x^2 s^2 - 1)"""
    cdef real h, b, unit, inverse, low, rest
    cdef real s = root_parts(x, a, &h, &b, &unit, &inverse, &low)
    cdef real cube = cubed(s, low, unit, &rest)
    cdef real y = product(h, s, low, &low)
    return (fma(<real>6 * y, low, fma(<real>3 * y, y, <real>-1)) * (cube + rest)) * unit


cdef inline real inverse_multiquadric_by_a(real x, real a) noexcept nogil:
    cdef real h, b, unit, inverse, low, rest
    cdef real s = root_parts(x, a, &h, &b, &unit, &inverse, &low)
    cdef real cube = cubed(s, low, unit, &rest)
    return -fma(b, cube, b * rest)


# inverse_quadratic: 1 / (1 + (x / a)^2), as b^2 / (h^2 + b^2) in a unit (roots.pxd)

cdef inline real inverse_quadratic(real x, real a) noexcept nogil:
    return lorentz(x, a)


cdef inline real inverse_quadratic_derivative(real x, real a) noexcept nogil:
    return lorentz_derivative(x, a)


cdef inline real inverse_quadratic_second_derivative(real x, real a) noexcept nogil:
    return lorentz_second_derivative(x, a)


cdef inline real inverse_quadratic_by_a(real x, real a) noexcept nogil:
    """2 x^2 a (x^2 + a^2)^(-2) = 2 (h w)^2 / b in the unit, w = b / (h^2 + b^2)"""
    cdef real h, unit, b, low
    cdef real w = lorentz_parts(x, a, &h, &unit, &b, &low)
    cdef real y = product(h, w, low, &low)
    y += low
    return (<real>2 * (y / b) * y) * unit


# thin_plate_spline (Duchon 1977): r^2 ln r, r = |x|. ln r = k ln2 + ln m, m from sqrt(1/2) to sqrt 2, and with f = m - 1
# and s = f / (2 + f), ln m = f - s (f - 2 s^2 w(s^2)), w the series of the inverse hyperbolic tangent. Below 1 the
# distance is scaled, since the square may underflow.

cdef inline real spline_unit(real like) noexcept nogil:
    """The square root of SCALE."""
    if real is float:
        return <float>4294967296.0
    else:
        return 18446744073709551616.0


cdef inline real past_one(real r, real power, real* k) noexcept nogil:
    """f from sqrt(1/2) - 1 to sqrt(2) - 1 in r 2^-power = 2^k (1 + f), r a normal number."""
    cdef uint32_t bits
    cdef uint64_t wide
    cdef real f
    if real is float:
        # sqrt(1/2) has the bits 0x3f3504f3; from there on an exponent counts as the next.
        bits = <uint32_t>act_bits32(r) + <uint32_t>(0x3f800000 - 0x3f3504f3)
        k[0] = act_float32(<int32_t>((bits >> 23) + <uint32_t>0x4b000000)) - (<float>8388608 + <float>127)
        f = act_float32(<int32_t>((bits & <uint32_t>0x7fffff) + <uint32_t>0x3f3504f3)) - <float>1
    else:
        wide = <uint64_t>act_bits64(r) + <uint64_t>(0x3ff0000000000000 - 0x3fe6a09e667f3bcd)
        k[0] = act_float64(<int64_t>((wide >> 52) + <uint64_t>0x4330000000000000)) - (4503599627370496.0 + 1023)
        f = act_float64(<int64_t>((wide & <uint64_t>0xfffffffffffff) + <uint64_t>0x3fe6a09e667f3bcd)) - <double>1
    k[0] -= power
    return f


cdef inline real logarithm(real r, real power, real* low) noexcept nogil:
    """ln(r 2^-power) as a sum of two numbers, r a normal number."""
    cdef real k, s, u, w, high, whole
    cdef real f = past_one(r, power, &k)
    s = f / (<real>2 + f)
    u = s * s
    if real is float:
        w = fma(<float>0.14935773611068726, u, <float>0.19988776743412018)
        w = fma(w, u, <float>0.3333338797092438)
        whole = k * <float>0.693145751953125
    else:
        w = fma(0.07398077951871052, u, 0.0765701724733733)
        w = fma(w, u, 0.0909178238441307)
        w = fma(w, u, 0.11111099284184837)
        w = fma(w, u, 0.1428571437119846)
        w = fma(w, u, 0.19999999999707407)
        w = fma(w, u, 0.3333333333333367)
        whole = k * 6.93147180369123816490e-01
    high = whole + f
    low[0] = ((whole - high) + f) - fma(s, fma(<real>-2 * u, w, f), -k * ln2_low(r))
    # The second number is made small against the first, so that what is near the largest number does not overflow early.
    whole = high + low[0]
    low[0] += high - whole
    return whole


cdef inline real thin_plate_spline(real x) noexcept nogil:
    cdef real low
    cdef real r = at_most(absolute(x), bound_spline_highest(x))
    cdef real a = r * (spline_unit(x) if r < 1 else <real>1)
    cdef real high = logarithm(a, (<real>32 if real is float else <real>64) if r < 1 else <real>0, &low)
    cdef real square = a * a
    cdef real y = fma(square, high, fma(square, low, product_error(a, a, square) * high))
    return y * (unscale(x) if r < 1 else <real>1) if r > 0 else r


cdef inline real thin_plate_spline_derivative(real x) noexcept nogil:
    """r (2 ln r + 1) with the sign of x"""
    cdef real low, large, little, factor
    cdef real r = at_most(absolute(x), bound_finite(x))
    cdef real a = r * (spline_unit(x) if r < 1 else <real>1)
    cdef real high = logarithm(a, (<real>32 if real is float else <real>64) if r < 1 else <real>0, &low)
    high += high
    large = high if absolute(high) > 1 else <real>1
    little = <real>1 if absolute(high) > 1 else high
    factor = large + little
    low = fma(<real>2, low, little - (factor - large))
    high = fma(a, factor, a * low) * (<real>1 / spline_unit(x) if r < 1 else <real>1)
    return (-high if x < 0 else high) if r > 0 else x


cdef inline real thin_plate_spline_backward(real dy, real x) noexcept nogil:
    """No gradient stays none where the slope overflows."""
    cdef real slope = thin_plate_spline_derivative(x)
    cdef real held = at_least(at_most(slope, bound_finite(x)), -bound_finite(x))
    return dy * (held if dy == 0 else slope)


cdef inline real thin_plate_spline_second_derivative(real x) noexcept nogil:
    """2 ln r + 3, minus infinity at 0"""
    cdef real low, y
    cdef real r = absolute(x)
    cdef real a = r * (spline_unit(x) if r < 1 else <real>1)
    cdef real high = logarithm(a, (<real>32 if real is float else <real>64) if r < 1 else <real>0, &low)
    y = fma(<real>2, low, fma(<real>2, high, <real>3))
    y = y if r > 0 else <real>-INFINITY
    return y if r - r == 0 else r


# polyharmonic_spline (Duchon 1977): r^k for odd k, r^k ln r for even k. The power is that of the number next to 1 in
# r = 2^e m, in two numbers, by its bits of k; 2^(ek) goes in at the end, in two steps, so that nothing before the result
# overflows or underflows.

cdef inline real spline_log(real x, real* low, real* m, real* e) noexcept nogil:
    """ln r in two numbers, and r = 2^e m."""
    cdef real r = absolute(x)
    cdef real a = r * (spline_unit(x) if r < 1 else <real>1)
    cdef real power = (<real>32 if real is float else <real>64) if r < 1 else <real>0
    m[0] = past_one(a, power, e) + <real>1
    return logarithm(a, power, low)


cdef inline real evenness(real k) noexcept nogil:
    """1 for even k, 0 for odd k: a factor, because a choice by what is the same for all lanes does not vectorise."""
    cdef real half = <real>0.5 * k
    cdef real magic = <real>12582912 if real is float else <real>6755399441055744.0
    return <real>1 - <real>2 * absolute(half - ((half + magic) - magic))


cdef inline real whole_power(real m, real j, real* low) noexcept nogil:
    """m^j in two numbers, j a whole number from 0 to 7."""
    cdef real first = <real>1 - evenness(j)
    cdef real half = <real>0.5 * (j - first)
    cdef real second = <real>1 - evenness(half)
    cdef real third = <real>0.5 * (half - second)
    cdef real square_low, fourth_low, y, y_low
    cdef real square = product(m, m, <real>0, &square_low)
    cdef real fourth = product(square, square, square_low + square_low, &fourth_low)
    fourth = fma(third, fourth, <real>1 - third)
    square = fma(second, square, <real>1 - second)
    y = product(fma(first, m, <real>1 - first), square, second * square_low, &y_low)
    square = product(y, fourth, third * fourth_low, low)
    low[0] = fma(y_low, fourth, low[0])
    return square


cdef inline real times_power(real y, real n) noexcept nogil:
    """y 2^n for a whole number n of any size; a result below the normal numbers is rounded in the second step alone."""
    cdef real carrier, first, held = at_least(at_most(n, bound_spline_power(y)), -bound_spline_power(y))
    cdef real magic = <real>12582912 if real is float else <real>6755399441055744.0
    magic += exponent_bias(y)
    carrier = fma(held, <real>0.5, magic)
    first = carrier - magic
    return (y * power_of_two(carrier)) * power_of_two((held - first) + magic)


cdef inline real spline_term(real m, real e, real j, real factor, real factor_low) noexcept nogil:
    """r^j (factor + factor_low), r = 2^e m."""
    cdef real low
    cdef real y = whole_power(m, j, &low)
    return times_power(fma(y, factor, fma(y, factor_low, low * factor)), e * j)


cdef inline real polyharmonic_spline(real x, real k) noexcept nogil:
    cdef real low, m, e, y
    cdef real r = absolute(x)
    cdef real high = spline_log(x, &low, &m, &e)
    cdef real even = evenness(k)
    y = spline_term(m, e, k, fma(even, high, <real>1 - even), even * low)
    return y if r > 0 else r


cdef inline real polyharmonic_spline_derivative(real x, real k) noexcept nogil:
    """k r^(k - 1) or r^(k - 1) (k ln r + 1), with the sign of x"""
    cdef real low, m, e, y, factor, lost
    cdef real even = evenness(k)
    cdef real r = absolute(x)
    cdef real high = spline_log(x, &low, &m, &e)
    factor = product(k, high, low, &low)
    factor = sum_in_two(factor, <real>1, &lost)
    factor = fma(even, factor, (<real>1 - even) * k)
    y = spline_term(m, e, k - <real>1, factor, even * (low + lost))
    return (-y if x < 0 else y) if r > 0 else x


cdef inline real polyharmonic_spline_backward(real dy, real x, real k) noexcept nogil:
    return without_gradient(dy, x, dy * polyharmonic_spline_derivative(x, k))


cdef inline real polyharmonic_spline_second_derivative(real x, real k) noexcept nogil:
    """k (k - 1) r^(k - 2) or r^(k - 2) (k (k - 1) ln r + 2 k - 1)"""
    cdef real low, m, e, y, factor, lost, at_zero
    cdef real even = evenness(k)
    cdef real r = absolute(x)
    cdef real high = spline_log(x, &low, &m, &e)
    factor = product(k * (k - <real>1), high, low, &low)
    factor = sum_in_two(factor, <real>2 * k - <real>1, &lost)
    factor = fma(even, factor, ((<real>1 - even) * k) * (k - <real>1))
    y = spline_term(m, e, at_least(k, bound_two(k)) - <real>2, factor, even * (low + lost))
    y = r if (r > bound_finite(r)) & (k > 1) else y
    at_zero = <real>-INFINITY if k == 2 else <real>0
    return y if r > 0 else at_zero if r == 0 else r


# wendland_c2 (Wendland 1995): (1 - r)^4 (4 r + 1) up to r = 1, then 0. What rounding takes from 1 - r would count four
# times.

cdef inline real wendland_square(real r, real* u, real* u_low, real* low) noexcept nogil:
    """(1 - r)^2 and 1 - r as sums of two numbers."""
    cdef real square
    u[0] = <real>1 - r
    u_low[0] = (<real>1 - u[0]) - r
    square = u[0] * u[0]
    low[0] = fma(u[0] + u[0], u_low[0], product_error(u[0], u[0], square))
    return square


cdef inline real wendland_c2(real x) noexcept nogil:
    cdef real u, u_low, low, fourth, rest, factor
    cdef real r = at_most(absolute(x), bound_one(x))
    cdef real square = wendland_square(r, &u, &u_low, &low)
    fourth = square * square
    rest = fma(square + square, low, product_error(square, square, fourth))
    factor = fma(<real>4, r, <real>1)
    return fma(fourth, factor, fma(fourth, fma(<real>4, r, <real>1 - factor), rest * factor))


cdef inline real wendland_c2_derivative(real x) noexcept nogil:
    """-20 x (1 - r)^3"""
    cdef real u, u_low, low, cube, rest, factor
    cdef real r = at_most(absolute(x), bound_one(x))
    cdef real square = wendland_square(r, &u, &u_low, &low)
    cube = square * u
    rest = fma(square, u_low, fma(low, u, product_error(square, u, cube)))
    factor = <real>20 * r
    return -signed(fma(cube, factor, fma(cube, product_error(<real>20, r, factor), rest * factor)), x)


cdef inline real wendland_c2_second_derivative(real x) noexcept nogil:
    """20 (1 - r)^2 (4 r - 1)"""
    cdef real u, u_low, low
    cdef real r = at_most(absolute(x), bound_one(x))
    cdef real square = wendland_square(r, &u, &u_low, &low)
    return fma(<real>4, r, <real>-1) * (<real>20 * (square + low))
