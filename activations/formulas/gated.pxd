"""Formulas of the gated activations, of a gate and a value. Scalar mathematics and nothing else (see rectifiers.pxd)."""

from activations.formulas.elementary cimport (
    expm1_near_zero, power_of_two, reduced, scale as scaling, scaled_bias, unscale,
)
from activations.formulas.gates cimport swish, swish_by_beta, swish_derivative
from activations.formulas.normal cimport gelu, gelu_derivative
from activations.formulas.rectifiers cimport relu, relu_derivative
from activations.formulas.sigmoids cimport sigmoid
from activations.kernels.real cimport absolute, at_least, at_most, bound_highest, fma, product_error, real, sum_error


# glu (Dauphin, Fan, Auli, Grangier 2017). Its two gradients need the logistic function and its slope at once: with
# E = e^-|x| and s = 1 / (1 + E) the slope is E s^2, and the function is s on the right and E s on the left, one
# exponential and one division for both. c gives back what the roundings of 1 + E and of its reciprocal took; on the
# left, the roundings of E and of the product E s are given back as well.

cdef inline real glu_slope(real x, real* open) noexcept nogil:
    """The derivative of the logistic function at x, and the function itself."""
    cdef real a = at_most(absolute(x), bound_highest(x))
    cdef real carrier
    cdef real p = expm1_near_zero(reduced(-a, scaled_bias(x), &carrier))
    cdef real power = power_of_two(carrier)
    cdef real small = power * unscale(x)
    cdef real base = <real>1 + small
    cdef real d = fma(p, small, base)
    cdef real s = <real>1 / d
    cdef real lost = sum_error(p, small, base, d) + (small - (base - <real>1))
    cdef real c = fma(-lost, s, -product_error(s, d, <real>1))
    cdef real square = fma(s, s, (s * s) * (c + c))
    cdef real e = fma(p, power, power)
    cdef real top = e if x < 0 else scaling(x)
    cdef real top_low = sum_error(p, power, power, e)
    cdef real q = top * s
    cdef real rest = fma(q, c, product_error(top, s, q))
    top_low = top_low if x < 0 else <real>0
    open[0] = (q + fma(top_low, s, rest)) * unscale(x)
    return (fma(p, square, square) * power) * unscale(x)


cdef inline real glu(real gate, real value) noexcept nogil:
    return sigmoid(gate) * value


cdef inline real glu_by_gate(real gate, real value) noexcept nogil:
    cdef real open
    return glu_slope(gate, &open) * value


cdef inline real glu_by_value(real gate, real value) noexcept nogil:
    cdef real open
    glu_slope(gate, &open)
    return value if value != value else open


# bilinear, reglu, geglu, swiglu (Shazeer 2020)

cdef inline real bilinear(real gate, real value) noexcept nogil:
    return gate * value


cdef inline real bilinear_by_gate(real gate, real value) noexcept nogil:
    return gate if gate != gate else value


cdef inline real bilinear_by_value(real gate, real value) noexcept nogil:
    return value if value != value else gate


cdef inline real reglu(real gate, real value) noexcept nogil:
    return relu(gate) * value


cdef inline real reglu_by_gate(real gate, real value) noexcept nogil:
    return relu_derivative(gate) * value


cdef inline real reglu_by_value(real gate, real value) noexcept nogil:
    cdef real slope = relu(gate)
    return value if value != value else slope


cdef inline real geglu(real gate, real value) noexcept nogil:
    return gelu(gate) * value


cdef inline real geglu_by_gate(real gate, real value) noexcept nogil:
    return gelu_derivative(gate) * value


cdef inline real geglu_by_value(real gate, real value) noexcept nogil:
    cdef real slope = gelu(gate)
    return value if value != value else slope


cdef inline real swiglu(real gate, real value, real beta) noexcept nogil:
    return swish(gate, beta) * value


cdef inline real swiglu_by_gate(real gate, real value, real beta) noexcept nogil:
    return swish_derivative(gate, beta) * value


cdef inline real swiglu_by_value(real gate, real value, real beta) noexcept nogil:
    cdef real slope = swish(gate, beta)
    return value if value != value else slope


cdef inline real swiglu_by_beta(real gate, real value, real beta) noexcept nogil:
    return swish_by_beta(gate, beta) * value


# swiglu_oai (OpenAI, gpt-oss 2025): the gate is cut above, the value on both sides and moved by 1

cdef inline real swiglu_oai(real gate, real value, real alpha, real limit) noexcept nogil:
    return swish(at_most(gate, limit), alpha) * (at_least(at_most(value, limit), -limit) + <real>1)


cdef inline real swiglu_oai_by_gate(real gate, real value, real alpha, real limit) noexcept nogil:
    cdef real slope = swish_derivative(at_most(gate, limit), alpha)
    slope *= at_least(at_most(value, limit), -limit) + <real>1
    return <real>0 if gate > limit else slope


cdef inline real swiglu_oai_by_value(real gate, real value, real alpha, real limit) noexcept nogil:
    cdef real slope = swish(at_most(gate, limit), alpha)
    slope = <real>0 if value > limit else <real>0 if value < -limit else slope
    return value if value != value else slope


cdef inline real swiglu_oai_by_alpha(real gate, real value, real alpha, real limit) noexcept nogil:
    return swish_by_beta(at_most(gate, limit), alpha) * (at_least(at_most(value, limit), -limit) + <real>1)


cdef inline real swiglu_oai_by_limit(real gate, real value, real alpha, real limit) noexcept nogil:
    cdef real held = at_most(gate, limit)
    cdef real opened = swish(held, alpha)
    cdef real slope = swish_derivative(held, alpha) * (at_least(at_most(value, limit), -limit) + <real>1)
    slope = <real>0 if gate <= limit else slope
    slope += opened if value > limit else -opened if value < -limit else <real>0
    return value if value != value else slope
