"""Formulas of the gates: the input times a sigmoid of it. Scalar mathematics and nothing else (see rectifiers.pxd)."""

from activations.formulas.elementary cimport expm1_near_zero, one_plus_exp, power_of_two, reduced, scaled_bias, unscale
from activations.formulas.sigmoids cimport logistic_parts
from activations.kernels.real cimport absolute, at_least, at_most, bound_lowest, bound_saturated, fma, real


# Gates: x sigmoid(v) with v odd and rising in x is x / (1 + e^-v). The derivative is D for x < 0 and 1 - D from 0 on,
# D = sigmoid(-|v|) (1 - a v' sigmoid(|v|)), a = |x|.

cdef inline real gate(real x, real bounded, real p, real power) noexcept nogil:
    """x sigmoid(v) from e^-v = SCALE power (1 + p), x bounded on the left where the gate is shut."""
    cdef real y = (bounded / one_plus_exp(p, power)) * unscale(x)
    return x if x > bound_saturated(x) else y


cdef inline real gate_slope(real x, real growth, real tail, real p, real power) noexcept nogil:
    """The derivative of the gate at x, from growth + tail = a v'."""
    cdef real e = fma(p, power, power) * unscale(x)
    cdef real complement = fma(-e, <real>1 / (<real>1 + e), <real>1)
    cdef real slope = complement * fma(-tail, complement, fma(-growth, complement, <real>1))
    slope = fma(p, slope, slope) * power
    return slope * unscale(x) if x < 0 else fma(-slope, unscale(x), <real>1)


# silu (Elfwing, Uchibe, Doya 2018; Hendrycks, Gimpel 2016): v = x

cdef inline real silu(real x) noexcept nogil:
    cdef real power
    cdef real p = logistic_parts(x, &power)
    return gate(x, at_least(x, bound_lowest(x)), p, power)


cdef inline real silu_derivative(real x) noexcept nogil:
    cdef real carrier, a = absolute(at_least(at_most(x, bound_saturated(x)), bound_lowest(x)))
    cdef real p = expm1_near_zero(reduced(-a, scaled_bias(x), &carrier))
    return gate_slope(x, a, <real>0, p, power_of_two(carrier))
