"""Formulas of the rectifiers: lines that meet at kinks. Scalar mathematics and nothing else.

Each is branch-free (a condition becomes a select), so that the loop around it vectorises; every literal has the type
`real`. `f_derivative` takes the pre-activation. NaN passes through: comparisons are written so that NaN takes the
branch that returns it. Sources and hard points stand at each formula.
"""

from activations.kernels.real cimport real, whole_or_real


# identity

cdef inline whole_or_real identity(whole_or_real x) noexcept nogil:
    return x


cdef inline real identity_derivative(real x) noexcept nogil:
    return x if x != x else <real>1


cdef inline real identity_backward(real dy, real x) noexcept nogil:
    return x if x != x else dy


# binary_step: 1 from 0 on; the derivative is 0 wherever it exists

cdef inline real binary_step(real x) noexcept nogil:
    cdef real step = <real>0 if x < 0 else <real>1
    return x if x != x else step


cdef inline real binary_step_derivative(real x) noexcept nogil:
    return x if x != x else <real>0


cdef inline real binary_step_backward(real dy, real x) noexcept nogil:
    return x if x != x else <real>0


# relu (Fukushima 1975): one max instruction; relu'(0) = 0

cdef inline whole_or_real relu(whole_or_real x) noexcept nogil:
    return <whole_or_real>0 if x < 0 else x


cdef inline real relu_derivative(real x) noexcept nogil:
    cdef real slope = <real>1 if x > 0 else <real>0
    return x if x != x else slope


cdef inline real relu_backward(real dy, real x) noexcept nogil:
    cdef real kept = <real>0 if x <= 0 else dy
    return x if x != x else kept


cdef inline real relu_backward_from_output(real dy, real y) noexcept nogil:
    return relu_backward(dy, y)


# leaky_relu (Maas, Hannun, Ng 2013), prelu (He et al. 2015): any slope, so no max(x, slope x)

cdef inline real leaky_relu(real x, real negative_slope) noexcept nogil:
    return x if x > 0 else negative_slope * x


cdef inline real leaky_relu_derivative(real x, real negative_slope) noexcept nogil:
    cdef real slope = <real>1 if x > 0 else negative_slope
    return x if x != x else slope


cdef inline real leaky_relu_backward(real dy, real x, real negative_slope) noexcept nogil:
    cdef real kept = dy if x > 0 else negative_slope * dy
    return x if x != x else kept


cdef inline real leaky_relu_backward_from_output(real dy, real y, real negative_slope) noexcept nogil:
    return leaky_relu_backward(dy, y, negative_slope)
