"""Formulas of the smooth rectifiers: kinks rounded off. Scalar mathematics and nothing else (see rectifiers.pxd)."""

from activations.formulas.elementary cimport (
    expm1_near_zero, expm1_of_sum, log1p_curvature, one_plus_exp, power_of_two, reduced, scaled_bias, unscale,
    unscaled_bias,
)
from activations.kernels.real cimport (
    absolute, at_least, at_most, bound_lowest, bound_saturated, bound_zero, fma, product_error, real,
)


# softplus (Dugas et al. 2001): max(x, 0) + log1p(exp(-|beta x|)) / beta. Past `threshold` it is the line, which only
# those who need PyTorch's bits ask for.

cdef inline real softplus(real x, real beta, real threshold) noexcept nogil:
    cdef real u = beta * x
    cdef real tail = product_error(beta, x, u)
    cdef real bounded = at_least(-absolute(u), bound_lowest(x))
    cdef real carrier, power, p, e, w, inverse, rest, line
    tail = -tail if x > 0 else tail
    p = expm1_near_zero(reduced(bounded, scaled_bias(x), &carrier) + (tail if bounded > bound_lowest(x) else <real>0))
    power = power_of_two(carrier)
    e = fma(p, power, power) * unscale(x)
    # e + e^2 q = 2^n (1 + p) (1 + e q) = 2^n (1 + w): one rounding at the end instead of three on the way.
    w = fma(log1p_curvature(e), fma(e, p, e), p)
    w = fma(w, power, power)
    # Divided by beta through a reciprocal in two parts, and added to the line at once.
    inverse = <real>1 / beta
    rest = fma(-beta, inverse, <real>1) * inverse
    line = fma(w, rest * unscale(x), at_least(x, bound_zero(x)))
    w = fma(w, inverse * unscale(x), line)
    return x if u > threshold else w


cdef inline real softplus_derivative(real x, real beta, real threshold) noexcept nogil:
    cdef real u = beta * x
    cdef real bounded = at_least(at_most(u, bound_saturated(x)), bound_lowest(x))
    cdef real tail = product_error(beta, x, u) if bounded == u else <real>0
    cdef real power
    cdef real p = expm1_of_sum(-bounded, -tail, unscaled_bias(x), &power)
    return <real>1 if u > threshold else unscale(x) / one_plus_exp(p, power)
