"""Formulas of the ridge activations: scalar mathematics and nothing else.

Each is branch-free (a condition becomes a select), so that the loop around it vectorises; every literal has the type
`real`. `f_derivative` takes the pre-activation. NaN passes through: comparisons are written so that NaN takes the
branch that returns it. Sources and hard points stand at each formula.
"""

from activations.kernels.elementary cimport (
    exp_scaled, exp_scaled_sum, expm1_bounded, expm1_near_zero, log1p_unit, lowest, normal_bound, normal_ratio,
    power_of_two, reduced, scale, scaled_bias, unscale,
)
from activations.kernels.real cimport absolute, at_least, at_most, fma, product_error, real, whole_or_real


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


# elu (Clevert, Unterthiner, Hochreiter 2016): exp(x) - 1 loses everything near 0-, expm1 does not

cdef inline real elu(real x, real alpha) noexcept nogil:
    cdef real below = alpha * expm1_bounded(at_least(at_most(x, <real>0), <real>-60))
    return x if x > 0 else below


cdef inline real elu_derivative(real x, real alpha) noexcept nogil:
    cdef real below = (alpha * exp_scaled(at_least(at_most(x, <real>0), lowest(x)))) * unscale(x)
    return <real>1 if x > 0 else below


# sigmoid: 1 / (1 + e) for x >= 0 and e / (1 + e) below, e = exp(-|x|), so that the left tail keeps its digits.
# What rounding takes from 1 + e is given back to the quotient.

cdef inline real sigmoid(real x) noexcept nogil:
    cdef real e = exp_scaled(at_least(-absolute(x), lowest(x)))
    cdef real d = fma(e, unscale(x), <real>1)
    cdef real n = e if x < 0 else scale(x)
    return (n / d) * unscale(x)


cdef inline real sigmoid_derivative(real x) noexcept nogil:
    cdef real e = exp_scaled(at_least(-absolute(x), lowest(x)))
    cdef real d = fma(e, unscale(x), <real>1)
    return (e / (d * d)) * unscale(x)


cdef inline real sigmoid_backward_from_output(real dy, real y) noexcept nogil:
    return dy * (y * (<real>1 - y))


# tanh: (e^2x - 1) / (e^2x + 1) with both built from expm1, exact near 0 and saturating without overflow.
# The derivative from x is 4 e / (1 + e)^2, e = exp(-2|x|): 1 - tanh^2 has no digit left beyond |x| = 10.

cdef inline real tanh(real x) noexcept nogil:
    cdef real m = expm1_bounded(<real>2 * at_least(at_most(x, <real>20), <real>-20))
    cdef real y = m / (m + <real>2)
    return y


cdef inline real tanh_derivative(real x) noexcept nogil:
    cdef real e = exp_scaled(at_least(<real>-2 * absolute(x), lowest(x)))
    cdef real d = fma(e, unscale(x), <real>1)
    return (<real>4 * e / (d * d)) * unscale(x)


cdef inline real tanh_backward_from_output(real dy, real y) noexcept nogil:
    return dy * fma(-y, y, <real>1)


# silu (Elfwing, Uchibe, Doya 2018; Hendrycks, Gimpel 2016): x sigmoid(x), with x e / (1 + e) on the left

cdef inline real silu(real x) noexcept nogil:
    cdef real e = exp_scaled(at_least(-absolute(x), lowest(x)))
    cdef real d = fma(e, unscale(x), <real>1)
    cdef real n = at_least(x, lowest(x)) * e if x < 0 else x
    cdef real factor = unscale(x) if x < 0 else <real>1
    return (n / d) * factor


cdef inline real silu_derivative(real x) noexcept nogil:
    cdef real bounded = at_most(at_least(x, lowest(x)), -lowest(x))
    cdef real e = exp_scaled(-absolute(bounded))
    cdef real small = e * unscale(x)
    cdef real d = <real>1 + small
    cdef real s = e if x < 0 else <real>1
    cdef real complement = (<real>1 if x < 0 else small) / d
    cdef real factor = unscale(x) if x < 0 else <real>1
    s = s / d
    return fma(bounded * complement, s, s) * factor


# gelu (Hendrycks, Gimpel 2016): x Phi(x) = max(x, 0) - a Phi(-a), a = |x|, and Phi(-a) = exp(-a^2 / 2) R(a) with R a
# rational function: no digit is lost in the left tail, where 1 + erf(x / sqrt 2) has none. The square carries the
# error of its rounding into the exponential.

cdef inline real half_square_exp(real a) noexcept nogil:
    """exp(-a^2 / 2) * SCALE."""
    cdef real square = a * a
    return exp_scaled_sum(<real>-0.5 * square, <real>-0.5 * product_error(a, a, square))


cdef inline real gelu(real x) noexcept nogil:
    cdef real a = at_most(absolute(x), normal_bound(x))
    cdef real h = (a * normal_ratio(a)) * half_square_exp(a)
    cdef real positive = <real>0 if x < 0 else x
    return fma(-h, unscale(x), positive)


cdef inline real gelu_derivative(real x) noexcept nogil:
    cdef real a = at_most(absolute(x), normal_bound(x))
    cdef real slope = fma(-a, <real>0.3989422804014326779, normal_ratio(a)) * half_square_exp(a)
    return slope * unscale(x) if x < 0 else fma(-slope, unscale(x), <real>1)


# gelu_tanh: x sigmoid(v), v = sqrt(8 / pi) (x + 0.044715 x^3). An error in v is an error in the result times |v|, so v
# is carried as a sum of two numbers.

cdef inline real gelu_tanh_argument(real x, real* tail) noexcept nogil:
    cdef real linear, linear_tail, cubic, cubic_tail
    if real is float:
        linear, linear_tail = <float>1.5957691669464111, <float>-4.534068054340423e-08
        cubic, cubic_tail = <float>0.07135481387376785, <float>2.3988324659995897e-09
    else:
        linear, linear_tail = 1.5957691216057308, -9.96930880911092e-17
        cubic, cubic_tail = 0.07135481627260025, -6.175149918155315e-19
    cdef real square = x * x
    cdef real square_tail = product_error(x, x, square)
    cdef real factor = fma(cubic, square, linear)
    cdef real factor_tail = fma(cubic, square, linear - factor)
    cdef real v = x * factor
    factor_tail = factor_tail + fma(cubic, square_tail, fma(cubic_tail, square, linear_tail))
    tail[0] = fma(x, factor_tail, product_error(x, factor, v))
    return v


cdef inline real gelu_tanh(real x) noexcept nogil:
    cdef real tail
    cdef real a = at_most(absolute(x), normal_bound(x))
    cdef real v = gelu_tanh_argument(a, &tail)
    cdef real clipped = at_least(-v, lowest(x))
    cdef real e = exp_scaled_sum(clipped, <real>0 if clipped > -v else -tail)
    cdef real d = fma(e, unscale(x), <real>1)
    cdef real n = -a * e if x < 0 else x
    cdef real factor = unscale(x) if x < 0 else <real>1
    return (n / d) * factor


cdef inline real gelu_tanh_derivative(real x) noexcept nogil:
    cdef real tail, cubic = <real>0.2140644488178007
    cdef real a = at_most(absolute(x), normal_bound(x))
    cdef real v = gelu_tanh_argument(a, &tail)
    cdef real clipped = at_least(-v, lowest(x))
    cdef real e = exp_scaled_sum(clipped, <real>0 if clipped > -v else -tail)
    cdef real small = e * unscale(x)
    cdef real d = <real>1 + small
    cdef real growth = a * fma(cubic, a * a, <real>1.5957691216057308)
    cdef real s = (e if x < 0 else <real>1) / d
    cdef real complement = (<real>1 if x < 0 else small) / d
    cdef real signed_growth = -growth if x < 0 else growth
    cdef real factor = unscale(x) if x < 0 else <real>1
    return fma(signed_growth * complement, s, s) * factor


# softplus (Dugas et al. 2001): max(x, 0) + log1p(exp(-|beta x|)) / beta. Past `threshold` it is the line, which only
# those who need PyTorch's bits ask for.

cdef inline real softplus(real x, real beta, real threshold) noexcept nogil:
    cdef real u = beta * x
    cdef real tail = product_error(beta, x, u)
    cdef real bounded = at_least(-absolute(u), lowest(x))
    cdef real carrier, power, p, e, w
    tail = -tail if x > 0 else tail
    p = expm1_near_zero(reduced(bounded, scaled_bias(x), &carrier) + (tail if bounded > lowest(x) else <real>0))
    power = power_of_two(carrier)
    e = fma(p, power, power) * unscale(x)
    # e (1 + w) = 2^n (1 + p) (1 + w): one rounding at the end instead of three on the way.
    w = log1p_unit(e)
    w = fma(fma(p, w, p + w), power, power)
    w = fma(w / beta, unscale(x), <real>0 if x < 0 else x)
    return x if u > threshold else w


cdef inline real softplus_derivative(real x, real beta, real threshold) noexcept nogil:
    cdef real u = beta * x
    cdef real tail = product_error(beta, x, u)
    cdef real bounded = at_least(-absolute(u), lowest(x))
    cdef real e, d, n
    tail = -tail if x > 0 else tail
    e = exp_scaled_sum(bounded, tail if bounded > lowest(x) else <real>0)
    d = fma(e, unscale(x), <real>1)
    n = e if x < 0 else scale(x)
    return <real>1 if u > threshold else (n / d) * unscale(x)
