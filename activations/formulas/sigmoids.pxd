"""Formulas of the sigmoids: from one limit to another, or odd like the hyperbolic tangent (rules in rectifiers.pxd)."""

from activations.formulas.elementary cimport (
    expm1_near_zero, expm1_of_sum, one_plus_exp, power_of_two, reduced, scaled_bias, unscale, unscaled_bias,
)
from activations.kernels.real cimport (
    absolute, at_least, at_most, bound_highest, bound_lowest, bound_saturated, bound_tanh_highest, fma,
    product_error, real, sum_error,
)


# sigmoid: 1 / (1 + e^-x) keeps its digits in both tails, as long as 1 + e^-x is rounded once and cannot overflow. The
# derivative is E / (1 + E)^2 with E = e^-|x|; what the roundings of 1 + E and of its reciprocal took is given back.

cdef inline real logistic_parts(real x, real* power) noexcept nogil:
    """e^r - 1 and UNSCALE 2^n of e^-x, x held where the logistic function is neither 0 nor 1."""
    cdef real held = at_least(at_most(x, bound_saturated(x)), bound_lowest(x))
    return expm1_of_sum(-held, <real>0, unscaled_bias(x), power)


cdef inline real sigmoid(real x) noexcept nogil:
    cdef real power
    cdef real p = logistic_parts(x, &power)
    return unscale(x) / one_plus_exp(p, power)


cdef inline real logistic_slope(real a) noexcept nogil:
    """SCALE * E / (1 + E)^2, E = e^-a."""
    cdef real carrier
    cdef real p = expm1_near_zero(reduced(-a, scaled_bias(a), &carrier))
    cdef real power = power_of_two(carrier)
    cdef real small = power * unscale(a)
    cdef real base = <real>1 + small
    cdef real d = fma(p, small, base)
    cdef real s = <real>1 / d
    # (1 + E)^-2 = s^2 (1 + 2 c)
    cdef real lost = sum_error(p, small, base, d) + (small - (base - <real>1))
    cdef real c = fma(-lost, s, -product_error(s, d, <real>1))
    cdef real square = fma(s, s, (s * s) * (c + c))
    return fma(p, square, square) * power


cdef inline real sigmoid_derivative(real x) noexcept nogil:
    return logistic_slope(at_most(absolute(x), bound_highest(x))) * unscale(x)


cdef inline real sigmoid_backward_from_output(real dy, real y) noexcept nogil:
    return dy * (y * (<real>1 - y))


# tanh: x = n ln2 / 2 + r, t = tanh(r) a short polynomial, s = 2^n = e^(n ln2), and the addition formula
# ((s - 1) + (s + 1) t) / ((s + 1) + (s - 1) t), exact around 0 where n = 0.
# The derivative from x is 4 q (1 - q) with q = sigmoid(-2|x|): 1 - tanh^2 has no digit left beyond |x| = 10.

cdef inline real tanh(real x) noexcept nogil:
    cdef real bounded = at_most(at_least(x, -bound_tanh_highest(x)), bound_tanh_highest(x))
    cdef real carrier, n, r, square, t, s
    if real is float:
        carrier = fma(bounded, <float>2.8853900817779268, <float>(12582912 + 127))
        n = carrier - <float>(12582912 + 127)
        r = fma(n, <float>-0.34657359027997264, bounded)
        square = r * r
        t = fma(<float>-0.05270935967564583, square, <float>0.13331128656864166)
        t = fma(t, square, <float>-0.33333322405815125)
    else:
        carrier = fma(bounded, 2.8853900817779268, 6755399441055744.0 + 1023)
        n = carrier - (6755399441055744.0 + 1023)
        r = fma(n, -0.34657359018456190825, bounded)
        r = fma(n, -9.54107464635293850e-11, r)
        square = r * r
        t = fma(-0.0013876990526592982, square, 0.003588900366111302)
        t = fma(t, square, -0.008863156677486776)
        t = fma(t, square, 0.021869487492438645)
        t = fma(t, square, -0.05396825396107593)
        t = fma(t, square, 0.1333333333333114)
        t = fma(t, square, -0.3333333333333333)
    t = fma(r * square, t, r)
    s = power_of_two(carrier)
    t = fma(s + <real>1, t, s - <real>1) / fma(s - <real>1, t, s + <real>1)
    return x if x == 0 else t


cdef inline real tanh_derivative(real x) noexcept nogil:
    return logistic_slope(at_most(<real>2 * absolute(x), bound_highest(x))) * (<real>4 * unscale(x))


cdef inline real tanh_backward_from_output(real dy, real y) noexcept nogil:
    return dy * ((<real>1 - y) * (<real>1 + y))
