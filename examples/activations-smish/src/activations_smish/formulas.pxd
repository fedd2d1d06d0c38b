"""Smish: x t with t = tanh(log(1 + s)) = u / (u + 2), where u = s (s + 2) and s = sigmoid(beta x)."""

from activations.plugin cimport real, sigmoid


cdef inline real rate(real x, real beta) noexcept nogil:
    """x times the derivative of t with respect to beta x; at infinity x is nothing beside what t decays by."""
    cdef real s = sigmoid(beta * x)
    cdef real bottom = s * (s + <real>2) + <real>2
    cdef real slope = <real>4 * (s + <real>1) * s * sigmoid(-beta * x) / (bottom * bottom)
    return <real>0 if slope == 0 else x * slope


cdef inline real smish(real x, real beta) noexcept nogil:
    cdef real s = sigmoid(beta * x)
    cdef real u = s * (s + <real>2)
    return <real>0 if u == 0 else x * (u / (u + <real>2))


cdef inline real smish_derivative(real x, real beta) noexcept nogil:
    cdef real s = sigmoid(beta * x)
    cdef real u = s * (s + <real>2)
    return u / (u + <real>2) + beta * rate(x, beta)


cdef inline real smish_by_beta(real x, real beta) noexcept nogil:
    cdef real slope = rate(x, beta)
    return <real>0 if slope == 0 else x * slope
