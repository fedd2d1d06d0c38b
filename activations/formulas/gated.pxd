"""Formulas of the gated activations, of a gate and a value. Scalar mathematics and nothing else (see rectifiers.pxd)."""

from activations.formulas.gates cimport swish, swish_by_beta, swish_derivative
from activations.formulas.normal cimport gelu, gelu_derivative
from activations.formulas.rectifiers cimport relu, relu_derivative
from activations.formulas.sigmoids cimport sigmoid, sigmoid_derivative
from activations.kernels.real cimport at_least, at_most, real


# glu (Dauphin, Fan, Auli, Grangier 2017)

cdef inline real glu(real gate, real value) noexcept nogil:
    return sigmoid(gate) * value


cdef inline real glu_by_gate(real gate, real value) noexcept nogil:
    return sigmoid_derivative(gate) * value


cdef inline real glu_by_value(real gate, real value) noexcept nogil:
    cdef real slope = sigmoid(gate)
    return value if value != value else slope


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
