"""smht (Soboleva, Beskorovainyi 2008): (e^ax - e^-bx) / (e^cx + e^-dx), one of the sigmoids, which is longer than others.

With y = |x| and the larger exponentials of numerator and denominator taken out, it is sign(x) e^(ky) N / D, where
N = 1 - e^-(a+b)y, D = 1 + e^-(c+d)y, and k is a - c right of 0 and b - d left of it. Nothing overflows before the result
does, and N is an expm1, so that no digit is lost around the root. The three exponents are sums of two numbers, and so
is q = N / D. With S and T for the exponentials in N and D, s = a + b and t = c + d, the slopes of q are
q' = (s S + t T q) / D and q'' = (s S (2 (t - s) - (2 t - s) (1 - T)) - t^2 T q (1 - T)) / D^2, in which nothing cancels
that does not cancel in the true value.
"""

from activations.formulas.elementary cimport scale, unscale
from activations.formulas.exponents cimport (
    bound_halves_open, exp_half, exp_shifted, half_exponent, half_scale, half_unscale, scaled_product,
    without_gradient,
)
from activations.formulas.logarithms cimport sum_in_two
from activations.formulas.roots cimport product, signed
from activations.kernels.real cimport absolute, at_least, at_most, bound_lowest, fma, product_error, real

cdef extern from "machine.h":
    """
    /* an infinity made finite, so that 0 times it is 0 */
    ACT_BOUNDS(smht_farthest, 3e38f, 1.7e308)
    """
    const float act_smht_farthest_f
    const double act_smht_farthest_d


cdef inline real bound_smht_farthest(real like) noexcept nogil:
    return act_smht_farthest_f if real is float else act_smht_farthest_d


cdef inline real smht_rate(real x, real a, real b, real c, real d, real* low) noexcept nogil:
    """k, as a sum of two numbers."""
    return sum_in_two(b if x < 0 else a, -d if x < 0 else -c, low)


cdef inline real double_product(real a, real a_low, real b, real b_low, real* low) noexcept nogil:
    """(a + a_low) (b + b_low) as a sum of two numbers."""
    cdef real y = product(a, b, b_low, low)
    low[0] = fma(a_low, b, low[0])
    return y


cdef inline real smht_decay(
    real y, real rate, real rate_low, real* e, real* e_low, real* part, real* part_low, real* held
) noexcept nogil:
    """e^-(rate y) with half of SCALE as a sum of two numbers; and e^r - 1 with its power of two, held where the product
    is far too small to be added to 1."""
    cdef real tail, power, after
    cdef real u = scaled_product(y, rate, rate_low, &tail)
    part[0] = exp_half(-u, -tail, &power, &after, part_low)
    e[0] = fma(part[0], power, power)
    e_low[0] = fma(part[0], power, power - e[0]) + part_low[0] * power
    held[0] = at_least(power * half_unscale(y), bound_halves_open(y))
    return e[0]


cdef inline real smht_top(real y, real a, real b, real* low, real* slope, real* slope_low) noexcept nogil:
    """N as a sum of two numbers, and half of SCALE times its derivative s S."""
    cdef real rate_low, e, e_low, p, p_low, held, above, top
    cdef real rate = sum_in_two(a, b, &rate_low)
    smht_decay(y, rate, rate_low, &e, &e_low, &p, &p_low, &held)
    slope[0] = double_product(rate, rate_low, e, e_low, slope_low)
    above = <real>1 - held
    top = fma(-held, p, above)
    low[0] = fma(-held, p, above - top) + fma(-held, p_low, (<real>1 - above) - held)
    return top


cdef inline real smht_bottom(
    real y, real c, real d, real* low, real* slope, real* slope_low, real* rest, real* rest_low
) noexcept nogil:
    """D as a sum of two numbers, and so half of SCALE times -D' = t T, and 1 - T."""
    cdef real rate_low, e, e_low, p, p_low, held, above, below, bottom
    cdef real rate = sum_in_two(c, d, &rate_low)
    smht_decay(y, rate, rate_low, &e, &e_low, &p, &p_low, &held)
    slope[0] = double_product(rate, rate_low, e, e_low, slope_low)
    below = <real>1 + held
    bottom = fma(held, p, below)
    low[0] = fma(held, p, below - bottom) + fma(held, p_low, held - (below - <real>1))
    above = <real>1 - held
    rest[0] = fma(-held, p, above)
    rest_low[0] = fma(-held, p, above - rest[0]) + fma(-held, p_low, (<real>1 - above) - held)
    return bottom


cdef inline real smht_quotient(real top, real top_low, real bottom, real bottom_low, real* low) noexcept nogil:
    cdef real inverse = <real>1 / bottom
    cdef real q = top * inverse
    low[0] = (fma(-q, bottom_low, top_low) - product_error(q, bottom, top)) * inverse
    return q


cdef inline real smht_inverse(real bottom, real bottom_low, real* low) noexcept nogil:
    cdef real inverse = <real>1 / bottom
    low[0] = -(product_error(inverse, bottom, <real>1) + inverse * bottom_low) * inverse
    return inverse


cdef inline real double_sum(real a, real a_low, real b, real b_low, real* low) noexcept nogil:
    cdef real lost
    cdef real total = sum_in_two(a, b, &lost)
    low[0] = lost + (a_low + b_low)
    return total


cdef inline real smht(real x, real a, real b, real c, real d) noexcept nogil:
    cdef real rate_low, tail, power, after, last, top_low, bottom_low, slope, slope_low, rest, rest_low, low, u, p, q
    cdef real y = at_most(absolute(x), bound_smht_farthest(x))
    cdef real rate = smht_rate(x, a, b, c, d, &rate_low)
    cdef real top = smht_top(y, a, b, &top_low, &slope, &slope_low)
    cdef real bottom = smht_bottom(y, c, d, &bottom_low, &slope, &slope_low, &rest, &rest_low)
    q = smht_quotient(top, top_low, bottom, bottom_low, &low)
    u = scaled_product(y, rate, rate_low, &tail)
    p = exp_half(u, tail, &power, &after, &last)
    return signed((q + fma(q, p, fma(q, last, fma(low, p, low)))) * power * after, x)


cdef inline real smht_slope(
    real q, real q_low, real decay, real decay_low, real other, real other_low, real inverse, real inverse_low, real* low
) noexcept nogil:
    """Half of SCALE times q'."""
    cdef real part_low
    cdef real part = double_product(other, other_low, q, q_low, &part_low)
    part = double_sum(decay, decay_low, part, part_low, &part_low)
    return double_product(part, part_low, inverse, inverse_low, low)


cdef inline real smht_derivative(real x, real a, real b, real c, real d) noexcept nogil:
    cdef real rate_low, tail, power, after, last, top_low, bottom_low, decay, decay_low, other, other_low, rest, rest_low
    cdef real q, q_low, inverse, inverse_low, u, p, slope, low, part, part_low
    cdef real y = at_most(absolute(x), bound_smht_farthest(x))
    cdef real rate = smht_rate(x, a, b, c, d, &rate_low)
    cdef real top = smht_top(y, a, b, &top_low, &decay, &decay_low)
    cdef real bottom = smht_bottom(y, c, d, &bottom_low, &other, &other_low, &rest, &rest_low)
    q = smht_quotient(top, top_low, bottom, bottom_low, &q_low)
    inverse = smht_inverse(bottom, bottom_low, &inverse_low)
    slope = smht_slope(q, q_low, decay, decay_low, other, other_low, inverse, inverse_low, &low)
    part = double_product(rate * half_scale(x), rate_low * half_scale(x), q, q_low, &part_low)
    slope = double_sum(slope, low, part, part_low, &low)
    u = scaled_product(y, rate, rate_low, &tail)
    p = exp_half(u, tail, &power, &after, &last)
    return (slope + fma(slope, p, fma(slope, last, fma(low, p, low)))) * power * (after * half_unscale(x))


cdef inline real smht_backward(real dy, real x, real a, real b, real c, real d) noexcept nogil:
    return without_gradient(dy, x, dy * smht_derivative(x, a, b, c, d))


cdef inline real smht_bend(
    real fast, real fast_low, real slow, real slow_low, real q, real q_low, real decay, real decay_low, real other,
    real other_low, real rest, real rest_low, real* low
) noexcept nogil:
    """Half of SCALE times D^2 q''."""
    cdef real bend, bend_low, part, part_low
    part = double_sum(fast, fast_low, <real>-2 * slow, <real>-2 * slow_low, &part_low)
    part = double_product(part, part_low, rest, rest_low, &part_low)
    bend = double_sum(<real>2 * slow, <real>2 * slow_low, <real>-2 * fast, <real>-2 * fast_low, &bend_low)
    bend = double_sum(bend, bend_low, part, part_low, &bend_low)
    bend = double_product(bend, bend_low, decay, decay_low, &bend_low)
    part = double_product(q, q_low, rest, rest_low, &part_low)
    part = double_product(part, part_low, other, other_low, &part_low)
    part = double_product(part, part_low, slow, slow_low, &part_low)
    return double_sum(bend, bend_low, -part, -part_low, low)


cdef inline real smht_second_derivative(real x, real a, real b, real c, real d) noexcept nogil:
    cdef real rate_low, tail, power, after, last, top_low, bottom_low, decay, decay_low, other, other_low, rest, rest_low
    cdef real q, q_low, inverse, inverse_low, u, p, slope, low, bend, bend_low, fast, fast_low, slow, slow_low
    cdef real y = at_most(absolute(x), bound_smht_farthest(x))
    cdef real rate = smht_rate(x, a, b, c, d, &rate_low)
    cdef real top = smht_top(y, a, b, &top_low, &decay, &decay_low)
    cdef real bottom = smht_bottom(y, c, d, &bottom_low, &other, &other_low, &rest, &rest_low)
    q = smht_quotient(top, top_low, bottom, bottom_low, &q_low)
    inverse = smht_inverse(bottom, bottom_low, &inverse_low)
    slope = smht_slope(q, q_low, decay, decay_low, other, other_low, inverse, inverse_low, &low)
    fast = sum_in_two(a, b, &fast_low)
    slow = sum_in_two(c, d, &slow_low)
    bend = smht_bend(
        fast, fast_low, slow, slow_low, q, q_low, decay, decay_low, other, other_low, rest, rest_low, &bend_low
    )
    bend = double_product(bend, bend_low, inverse, inverse_low, &bend_low)
    bend = double_product(bend, bend_low, inverse, inverse_low, &bend_low)
    # q'' + k (2 q' + k q)
    q = double_product(q * half_scale(x), q_low * half_scale(x), rate, rate_low, &q_low)
    slope = double_sum(<real>2 * slope, <real>2 * low, q, q_low, &low)
    slope = double_product(slope, low, rate, rate_low, &low)
    bend = double_sum(bend, bend_low, slope, low, &bend_low)
    u = scaled_product(y, rate, rate_low, &tail)
    p = exp_half(u, tail, &power, &after, &last)
    bend = (bend + fma(bend, p, fma(bend, last, fma(bend_low, p, bend_low)))) * power * (after * half_unscale(x))
    return -bend if x < 0 else bend


# By a and b smht varies with x e^(ry) / D, by c and d with y e^(ry) N / D^2; the rate r is that of the term besides the
# denominator's larger one. Where the exponential is 0 so is the product, of infinity too.

cdef inline real smht_reach(real x, real one, real two, real three, real factor, real factor_low) noexcept nogil:
    """|x| e^((one + two + three) |x|) (factor + factor_low)"""
    cdef real low, rest, tail, power, after, last, shift, u, p
    cdef real y = at_most(absolute(x), bound_smht_farthest(x))
    cdef real rate = sum_in_two(one, two, &low)
    rate = sum_in_two(rate, three, &rest)
    u = scaled_product(y, rate, low + rest, &tail)
    shift = <real>2 * half_exponent(x)
    shift = -shift if u > 1 else shift if u < -1 else <real>0
    after = scale(x) if u > 1 else unscale(x) if u < -1 else <real>1
    p = exp_shifted(u, tail, bound_lowest(x), shift, &power, &last)
    p = (factor + fma(factor, p, factor_low)) * power
    return (p * (y if p == 0 else absolute(x))) * after


cdef inline real smht_whole(real x, real one, real two, real c, real d) noexcept nogil:
    """x e^((one + two) |x|) / D"""
    cdef real low, slope, slope_low, rest, rest_low, inverse, inverse_low
    cdef real y = at_most(absolute(x), bound_smht_farthest(x))
    cdef real bottom = smht_bottom(y, c, d, &low, &slope, &slope_low, &rest, &rest_low)
    inverse = smht_inverse(bottom, low, &inverse_low)
    return signed(smht_reach(x, one, two, <real>0, inverse, inverse_low), x)


cdef inline real smht_share(real x, real one, real two, real a, real b, real c, real d) noexcept nogil:
    """|x| e^((one + two + (b or a)) |x|) N / D^2"""
    cdef real top_low, low, slope, slope_low, rest, rest_low, q, q_low, inverse, inverse_low
    cdef real y = at_most(absolute(x), bound_smht_farthest(x))
    cdef real top = smht_top(y, a, b, &top_low, &slope, &slope_low)
    cdef real bottom = smht_bottom(y, c, d, &low, &slope, &slope_low, &rest, &rest_low)
    q = smht_quotient(top, top_low, bottom, low, &q_low)
    inverse = smht_inverse(bottom, low, &inverse_low)
    q = double_product(q, q_low, inverse, inverse_low, &q_low)
    return smht_reach(x, b if x < 0 else a, one, two, q, q_low)


cdef inline real smht_by_a(real x, real a, real b, real c, real d) noexcept nogil:
    return smht_whole(x, -a if x < 0 else a, -d if x < 0 else -c, c, d)


cdef inline real smht_by_b(real x, real a, real b, real c, real d) noexcept nogil:
    return smht_whole(x, b if x < 0 else -b, -d if x < 0 else -c, c, d)


cdef inline real smht_by_c(real x, real a, real b, real c, real d) noexcept nogil:
    return -smht_share(x, <real>-2 * d if x < 0 else -c, -c if x < 0 else <real>0, a, b, c, d)


cdef inline real smht_by_d(real x, real a, real b, real c, real d) noexcept nogil:
    return smht_share(x, -d if x < 0 else <real>-2 * c, <real>0 if x < 0 else -d, a, b, c, d)
