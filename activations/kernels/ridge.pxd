"""Formulas of the ridge activations: scalar mathematics and nothing else.

Each is branch-free (a condition becomes a select), so that the loop around it vectorises; every literal has the type
`real`. `f_derivative` takes the pre-activation. NaN passes through: comparisons are written so that NaN takes the
branch that returns it. Sources and hard points stand at each formula.
"""

from activations.kernels.elementary cimport (
    expm1_curvature, exponent_bias, expm1_near_zero, expm1_of_sum, half_square_exp, log1p_curvature, normal_product,
    normal_slope, one_plus_exp, power_of_two, reduced, scaled_bias, unscale, unscaled_bias,
)
from activations.kernels.real cimport (
    absolute, at_least, at_most, bound_expm1_lowest, bound_gelu_tanh, bound_gelu_tanh_open, bound_highest, bound_lowest,
    bound_normal, bound_saturated, bound_tanh_highest, bound_zero, fma, product_error, real, sum_error, whole_or_real,
)


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
