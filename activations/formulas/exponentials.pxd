"""Formulas of the exponential units: a line, and an exponential that saturates (rules in rectifiers.pxd)."""

from activations.formulas.elementary cimport (
    expm1_curvature, exponent_bias, expm1_near_zero, power_of_two, reduced, scaled_bias, unscale,
)
from activations.kernels.real cimport (
    at_least, at_most, bound_expm1_lowest, bound_lowest, bound_zero, fma, product_error, real,
)


# elu (Clevert, Unterthiner, Hochreiter 2016): exp(x) - 1 loses everything near 0-, expm1 does not

cdef inline real elu(real x, real alpha) noexcept nogil:
    cdef real carrier, power, whole, first, lost
    cdef real bounded = at_least(at_most(x, bound_zero(x)), bound_expm1_lowest(x))
    cdef real r = reduced(bounded, exponent_bias(x), &carrier)
    # alpha (2^n (1 + r + r^2 q) - 1) as a sum that is rounded once: what rounding took from alpha (2^n - 1) + alpha 2^n r
    # goes in with the smallest term.
    power = power_of_two(carrier)
    whole = alpha * (power - <real>1)
    lost = product_error(alpha, power - <real>1, whole)
    power = alpha * power
    first = fma(power, r, whole)
    lost += fma(power, r, whole - first)
    first += fma(power * (r * r), expm1_curvature(r), lost)
    return x if x > 0 else alpha * x if x == 0 else first


cdef inline real elu_derivative(real x, real alpha) noexcept nogil:
    cdef real carrier
    cdef real p = expm1_near_zero(reduced(at_least(at_most(x, bound_zero(x)), bound_lowest(x)), scaled_bias(x), &carrier))
    cdef real power = alpha * power_of_two(carrier)
    return <real>1 if x > 0 else fma(p, power, power) * unscale(x)


cdef inline real elu_backward_from_output(real dy, real y, real alpha) noexcept nogil:
    cdef real below = dy * (y + alpha)
    return dy if y > 0 else below
