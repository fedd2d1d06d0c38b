"""Formulas of the functions made of the normal distribution. Scalar mathematics and nothing else (see rectifiers.pxd)."""

from activations.formulas.elementary cimport (
    expm1_of_sum, half_square_exp, normal_product, normal_slope, scaled_bias, unscale, unscaled_bias,
)
from activations.formulas.gates cimport gate, gate_slope
from activations.kernels.real cimport (
    absolute, at_least, at_most, bound_gelu_tanh, bound_gelu_tanh_open, bound_normal, bound_zero, fma,
    product_error, real, sum_error,
)


# gelu (Hendrycks, Gimpel 2016): x Phi(x) = max(x, 0) - a Phi(-a), a = |x|, and Phi(-a) = exp(-a^2 / 2) R(a): no digit is
# lost in the left tail, where 1 + erf(x / sqrt 2) has none.

cdef inline real gelu(real x) noexcept nogil:
    cdef real power, a = at_most(absolute(x), bound_normal(x))
    cdef real p = half_square_exp(a, &power)
    return fma(normal_product(a, p) * power, <real>-0.25 * unscale(x), at_least(x, bound_zero(x)))


cdef inline real gelu_derivative(real x) noexcept nogil:
    cdef real power, a = at_most(absolute(x), bound_normal(x))
    cdef real p = half_square_exp(a, &power)
    cdef real slope = normal_slope(a)
    slope = fma(p, slope, slope) * power
    return slope * unscale(x) if x < 0 else fma(-slope, unscale(x), <real>1)


# gelu_tanh: v = sqrt(8 / pi) (x + 0.044715 x^3). An error in v is an error in the result times |v|, so v is carried as a
# sum of two numbers. The linear coefficient's high part has so few digits that subtracting it again is exact.

cdef inline real gelu_tanh_argument(real a, real* tail) noexcept nogil:
    cdef real cubic, cubic_tail, linear_tail
    if real is float:
        cubic, cubic_tail, linear_tail = <float>0.07135481387376785, <float>2.3988325e-09, <float>0.0020191215
    else:
        cubic, cubic_tail, linear_tail = 0.07135481627260025, -6.175149918155315e-19, 0.0020191216057307117
    cdef real product = cubic * a
    cdef real lost = fma(cubic_tail, a, product_error(cubic, a, product))
    cdef real factor = fma(product, a, <real>1.59375)
    cdef real v = a * factor
    lost = fma(lost, a, sum_error(product, a, <real>1.59375, factor) + linear_tail)
    tail[0] = fma(a, lost, product_error(a, factor, v))
    return v


cdef inline real gelu_tanh(real x) noexcept nogil:
    cdef real power, tail, p, v
    cdef real bounded = at_least(x, -bound_gelu_tanh(x))
    v = gelu_tanh_argument(at_most(bounded, bound_gelu_tanh_open(x)), &tail)
    p = expm1_of_sum(-v, -tail, unscaled_bias(x), &power)
    return gate(x, bounded, p, power)


cdef inline real gelu_tanh_derivative(real x) noexcept nogil:
    cdef real power, a = at_most(absolute(x), bound_gelu_tanh(x))
    cdef real tail
    cdef real v = gelu_tanh_argument(a, &tail)
    cdef real p = expm1_of_sum(-v, -tail, scaled_bias(x), &power)
    cdef real square = a * a
    cdef real cubic = <real>0.21406444881780073 * square
    cdef real rate = cubic + <real>1.5957691216057308
    cdef real lost = (<real>1.5957691216057308 - rate) + cubic
    if real is float:
        lost += fma(<float>-2.540834209696641e-10, square, <float>-4.534068054340423e-08)
    else:
        lost += fma(1.2025242832367862e-17, square, -9.96930880911092e-17)
    cdef real growth = a * rate
    return gate_slope(x, growth, fma(a, lost, product_error(a, rate, growth)), p, power)
