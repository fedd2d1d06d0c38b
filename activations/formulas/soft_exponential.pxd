"""soft_exponential (Godfrey, Gashler 2015), an exponential unit of two branches: from a logarithm to an exponential.

For alpha > 0 it is (e^(alpha x) - (1 - alpha^2)) / alpha, where 1 - alpha^2 in two numbers leaves every digit of the
exponential when alpha is 1, and of alpha^2 when x is near 0. For alpha < 0, with w = -alpha, it is log(1 + v) / w,
v = w (x - w), the logarithm taken of 1 and v in two numbers. Near alpha = 0 both tend to x + alpha: so they are computed
where alpha x or v is negligible against 1, and for small v with one term more. Where the logarithm has no value they are
NaN.
"""

from activations.formulas.elementary cimport scale, unscale
from activations.formulas.exponents cimport (
    bound_halves_highest, exp_bend, exp_half, exp_wide, half_scale, half_unscale, scale_exponent,
    scaled_product, without_gradient,
)
from activations.formulas.logarithms cimport infinity, log_in_two, not_a_number, sum_in_two
from activations.formulas.roots cimport reciprocal
from activations.kernels.real cimport absolute, at_least, at_most, bound_lowest, fma, product_error, real

cdef extern from "machine.h":
    """
    ACT_BOUNDS(soft_exponential_last, 3.4028234663852886e38f, 1.7976931348623157e308)
    """
    const float act_soft_exponential_last_f
    const double act_soft_exponential_last_d


cdef inline real bound_last(real like) noexcept nogil:
    return act_soft_exponential_last_f if real is float else act_soft_exponential_last_d


cdef inline real held_finite(real x) noexcept nogil:
    """An infinity made finite, so that 0 times it is 0."""
    return at_least(at_most(x, bound_last(x)), -bound_last(x))


cdef inline real negligible(real like) noexcept nogil:
    """1 and half of it is 1."""
    if real is float:
        return <float>2.9802322387695312e-08
    else:
        return 5.551115123125783e-17


cdef inline real rising(real x, real alpha) noexcept nogil:
    """(e^(alpha x) + (alpha^2 - 1)) / alpha for alpha > 0"""
    cdef real tail, power, after, last, one, square, base, base_low, sum, sum_low, lost, inverse, q
    cdef real u = scaled_product(held_finite(x), alpha, <real>0, &tail)
    cdef real p = exp_half(u, tail, &power, &after, &last)
    one = half_unscale(x) if u > 1 else half_scale(x)
    square = alpha * alpha
    base = sum_in_two(square, <real>-1, &base_low)
    base_low += product_error(alpha, alpha, square)
    sum = sum_in_two(power, base * one, &sum_low)
    sum = sum_in_two(sum, power * p, &lost)
    sum_low += lost + fma(power, last, base_low * one)
    inverse = <real>1 / alpha
    q = (sum + sum_low) * inverse
    lost = (sum - (sum + sum_low)) + sum_low
    lost = fma(lost - product_error(q, alpha, sum + sum_low), inverse, q)
    q = (lost if absolute(q) <= bound_last(x) else q) * after
    return x + alpha if absolute(u) < negligible(x) else q


cdef inline real small(real like) noexcept nogil:
    """The square of it, over 3, is negligible."""
    if real is float:
        return <float>0.0001220703125
    else:
        return 7.450580596923828e-09


cdef inline real argument(real x, real alpha, real* low, real* v, real* z, real* z_low, real* unit) noexcept nogil:
    """1 + v and z = x - w as sums of two numbers, and v, in a unit in which nothing overflows."""
    cdef real v_low, u, lost
    unit[0] = unscale(x) if x > scale(x) else <real>1
    z[0] = sum_in_two(held_finite(x) * unit[0], alpha * unit[0], z_low)
    v[0] = scaled_product(z[0], -alpha, <real>0, &v_low)
    v_low = fma(-alpha, z_low[0], v_low)
    u = sum_in_two(unit[0], v[0], &lost)
    lost += v_low
    low[0] = (u - (u + lost)) + lost
    return u + lost


cdef inline real falling(real x, real alpha) noexcept nogil:
    """log(1 + w (x - w)) / w for alpha < 0"""
    cdef real low, v, z, z_low, unit, y, y_low, inverse, q
    cdef real u = argument(x, alpha, &low, &v, &z, &z_low, &unit)
    y = log_in_two(u, low, scale_exponent(x) if x > scale(x) else <real>0, &y_low)
    inverse = <real>-1 / alpha
    q = y * inverse
    q = fma(y_low - product_error(q, -alpha, y), inverse, q)
    z = fma(<real>-0.5 * z, v if x <= scale(x) else v * scale(x), z_low) + z
    z *= <real>1 if x <= scale(x) else scale(x)
    q = z if absolute(v) < small(x) * unit else q
    q = -infinity(x) if u == 0 else not_a_number(x) if u < 0 else q
    return q if x <= bound_last(x) else x


cdef inline real soft_exponential(real x, real alpha) noexcept nogil:
    cdef real above = rising(x, alpha)
    cdef real below = falling(x, alpha)
    return below if alpha < 0 else above


cdef inline real falling_slope(real x, real alpha) noexcept nogil:
    """1 / (1 + w (x - w))"""
    cdef real low, v, z, z_low, unit, s, s_low
    cdef real u = argument(x, alpha, &low, &v, &z, &z_low, &unit)
    s = reciprocal(u, low, &s_low)
    s = (s + s_low) * unit
    s = infinity(x) if u == 0 else not_a_number(x) if u < 0 else s
    return <real>0 if x > bound_last(x) else s


cdef inline real soft_exponential_derivative(real x, real alpha) noexcept nogil:
    cdef real tail
    cdef real u = scaled_product(held_finite(x), alpha, <real>0, &tail)
    cdef real above = exp_wide(u, tail)
    cdef real below = falling_slope(x, alpha)
    return below if alpha < 0 else above


cdef inline real soft_exponential_backward(real dy, real x, real alpha) noexcept nogil:
    """What has no gradient gets none where the slope overflows, but NaN where there is no slope."""
    cdef real slope = soft_exponential_derivative(x, alpha)
    return without_gradient(dy, slope, dy * slope)


cdef inline real soft_exponential_second_derivative(real x, real alpha) noexcept nogil:
    cdef real tail, power, after, last
    cdef real u = scaled_product(held_finite(x), alpha, <real>0, &tail)
    cdef real p = exp_half(u, tail, &power, &after, &last)
    cdef real above = alpha * fma(p, power, power) * after
    cdef real below = falling_slope(x, alpha)
    below *= alpha * below
    return below if alpha < 0 else above


# By alpha it varies with 1 + (e^u (u - 1) + 1) / alpha^2, u = alpha x, or with
# 1 / (1 + v) + (log(1 + v) - v / (1 + v)) / w^2: terms of one sign, the second x^2 / 2 around alpha = 0. There a polynomial
# takes the place of the difference.

cdef inline real rising_by_alpha(real x, real alpha) noexcept nogil:
    cdef real tail, power, after, last, e, e_low, m, m_low, near, far, one
    cdef real u = scaled_product(held_finite(x), alpha, <real>0, &tail)
    cdef real p = exp_half(u, tail, &power, &after, &last)
    cdef real held = at_most(at_least(u, bound_lowest(x)), bound_halves_highest(x))
    one = half_unscale(x) if u > 1 else half_scale(x)
    e = fma(p, power, power)
    e_low = fma(last, power, fma(p, power, power - e))
    m = sum_in_two(held, <real>-1, &m_low)
    far = fma(e, m, one) + fma(e_low, m, e * (m_low + (tail if held == u else <real>0)))
    far *= after / (alpha * alpha)
    near = (-exp_bend(held) * x) * x
    return <real>1 + (near if (held > <real>-1) & (held < <real>0.5) else far)


cdef inline real log_bend(real v, real u, real low) noexcept nogil:
    """(log(1 + v) - v / (1 + v)) / v^2 for 1 + v = u + low between the roots of 1/2 and 2."""
    cdef real d = <real>2 + v
    cdef real r = <real>1 / d
    cdef real s = v * r
    cdef real square = s * s
    cdef real product = d * u
    cdef real lost = fma(d, low, fma(v - (d - <real>2), u, product_error(d, u, product)))
    cdef real w, first
    # log(1 + v) = 2 s + 2 s^3 w(s^2), s = v / (2 + v)
    if real is float:
        w = fma(<float>0.14935773611068726, square, <float>0.19988776743412018)
        w = fma(w, square, <float>0.3333338797092438)
    else:
        w = fma(0.07398077951871052, square, 0.0765701724733733)
        w = fma(w, square, 0.0909178238441307)
        w = fma(w, square, 0.11111099284184837)
        w = fma(w, square, 0.1428571437119846)
        w = fma(w, square, 0.19999999999707407)
        w = fma(w, square, 0.3333333333333367)
    first = reciprocal(product, lost, &lost)
    return fma((<real>2 * s) * (r * r), w, lost) + first


cdef inline real falling_by_alpha(real x, real alpha) noexcept nogil:
    cdef real low, v, z, z_low, unit, y, y_low, inverse, inverse_low, lost, near, far
    cdef real u = argument(x, alpha, &low, &v, &z, &z_low, &unit)
    y = log_in_two(u, low, scale_exponent(x) if x > scale(x) else <real>0, &y_low)
    inverse = reciprocal(u, low, &inverse_low)
    # log(1 + v) + 1 / (1 + v) - 1
    far = sum_in_two(y, inverse * unit, &lost)
    y_low += fma(inverse_low, unit, lost)
    far = sum_in_two(far, <real>-1, &lost)
    far = (far + (lost + y_low)) / (alpha * alpha)
    inverse += inverse_low
    near = log_bend(v, u, low) * z
    near = fma(near, z, <real>2 * near * z_low)
    near = (near if (u > <real>0.7072) & (u < <real>1.4142) & (x <= scale(x)) else far) + inverse * unit
    near = infinity(x) if u == 0 else not_a_number(x) if u < 0 else near
    return near if x <= bound_last(x) else x


cdef inline real soft_exponential_by_alpha(real x, real alpha) noexcept nogil:
    cdef real above = rising_by_alpha(x, alpha)
    cdef real below = falling_by_alpha(x, alpha)
    return below if alpha < 0 else above
