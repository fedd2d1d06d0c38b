"""Formulas of the gated activations, of a gate and a value. Scalar mathematics and nothing else (see rectifiers.pxd).

A gate that underflows is brought back by a large value, or by a large dy. So of the power of two in a gate's
exponential what is below 1 / SCALE is kept apart: the rest, 1 but where the gate is nearly shut, multiplies last of all.
min(power, 1) and max(power, 1) of the power with SCALE part the two. A gate is 0 where the rest would underflow, below
2^-190 (2^-1150 in double).

The gradients take dy, so that its product comes before that end too.
"""

from activations.formulas.elementary cimport (
    expm1_curvature, expm1_in_two, expm1_near_zero, exponent_bias, half_square_exp, half_square_exp_in_two, ln2_low,
    normal_height_tail, normal_product, power_of_two, reduced, reduced_high, scaled_bias, unscale,
)
from activations.formulas.exponents cimport inverse_power
from activations.formulas.gates cimport bound_finite, swish, swish_by_beta, swish_derivative
from activations.formulas.logarithms cimport infinity, rough_reciprocal
from activations.formulas.normal cimport laplace_exp, normal_tail
from activations.formulas.rectifiers cimport relu, relu_derivative
from activations.kernels.real cimport (
    absolute, at_least, at_most, bound_saturated, bound_zero, fma, product_error, real, sum_error,
)

cdef extern from "machine.h" nogil:
    """
    ACT_BOUNDS(one, 1.0f, 1.0)
    ACT_BOUNDS(shut, -132.4f, -797.9)          /* e^x is 0 with SCALE too */
    ACT_BOUNDS(shut_right, 132.4f, 797.9)
    ACT_BOUNDS(geglu_open, 7.0f, 10.0)         /* Phi(x) is 1 */
    ACT_BOUNDS(geglu_shut, -16.28f, -39.95)    /* e^(-x^2 / 2) is 0 with SCALE too */
    """
    const float act_one_f
    const double act_one_d
    const float act_shut_f
    const double act_shut_d
    const float act_shut_right_f
    const double act_shut_right_d
    const float act_geglu_open_f
    const double act_geglu_open_d
    const float act_geglu_shut_f
    const double act_geglu_shut_d


cdef inline real bound_one(real like) noexcept nogil:
    return act_one_f if real is float else act_one_d


cdef inline real bound_shut(real like) noexcept nogil:
    return act_shut_f if real is float else act_shut_d


cdef inline real bound_shut_right(real like) noexcept nogil:
    return act_shut_right_f if real is float else act_shut_right_d


cdef inline real bound_geglu_open(real like) noexcept nogil:
    return act_geglu_open_f if real is float else act_geglu_open_d


cdef inline real bound_geglu_shut(real like) noexcept nogil:
    return act_geglu_shut_f if real is float else act_geglu_shut_d


cdef inline real unscaled_inverse(real power) noexcept nogil:
    """SCALE / power"""
    return inverse_power(power, scaled_bias(power) - exponent_bias(power))


# glu (Dauphin, Fan, Auli, Grangier 2017). Forward 1 + e^-x divides the value. 1 + 2^n is rounded first, and what that
# took joins the smaller term, p 2^n.

cdef inline real glu(real gate, real value) noexcept nogil:
    cdef real carrier, n, p, power, large, base, d
    cdef real held = at_least(at_most(gate, bound_saturated(gate)), bound_shut(gate))
    # -x = -n ln2 + r, with the carrier of e^x.
    p = -reduced_high(held, scaled_bias(gate), &carrier, &n)
    p = expm1_near_zero(fma(n, ln2_low(gate), p))
    power = power_of_two(carrier)
    large = unscaled_inverse(at_least(power, bound_one(gate)))
    base = <real>1 + large
    d = fma(p, large, <real>1 - (base - large)) + base
    return value * at_most(power, bound_one(gate)) / d


# Its two gradients need the logistic function and its slope at once: with E = e^-|x| and s = 1 / (1 + E) the slope is
# E s^2, and the function is s on the right and E s on the left, one exponential and one division for both. c gives back
# what the roundings of 1 + E and of its reciprocal took; on the left, the roundings of E and of the product E s too.

cdef inline real glu_slope(real x, real* open, real* rest, real* open_rest) noexcept nogil:
    """The derivative of the logistic function at x, to be multiplied by `rest`, and the function by `open_rest`."""
    cdef real carrier, power, p, e, e_low, d, s, c, square, top, q
    p = expm1_near_zero(reduced(-at_most(absolute(x), bound_shut_right(x)), scaled_bias(x), &carrier))
    power = power_of_two(carrier)
    rest[0] = at_most(power, bound_one(x))
    power = at_least(power, bound_one(x)) * unscale(x)
    e = fma(p, power, power)
    e_low = sum_error(p, power, power, e)
    d = <real>1 + e
    s = <real>1 / d
    c = fma((d - <real>1 - e) - e_low, s, -product_error(s, d, <real>1))
    square = fma(s, s, (s * s) * (c + c))
    top = e if x < 0 else <real>1
    q = top * s
    open[0] = q + fma(e_low if x < 0 else <real>0, s, fma(q, c, product_error(top, s, q)))
    open_rest[0] = rest[0] if x < 0 else <real>1
    return fma(p, square, square) * power


cdef inline real glu_by_gate(real dy, real gate, real value) noexcept nogil:
    cdef real open, rest, open_rest
    cdef real slope = glu_slope(gate, &open, &rest, &open_rest)
    return slope * (dy * value) * rest


cdef inline real glu_by_value(real dy, real gate, real value) noexcept nogil:
    cdef real open, rest, open_rest
    glu_slope(gate, &open, &rest, &open_rest)
    return value if value != value else open * dy * open_rest


# bilinear, reglu, geglu, swiglu (Shazeer 2020)

cdef inline real bilinear(real gate, real value) noexcept nogil:
    return gate * value


cdef inline real bilinear_by_gate(real dy, real gate, real value) noexcept nogil:
    return dy * (gate if gate != gate else value)


cdef inline real bilinear_by_value(real dy, real gate, real value) noexcept nogil:
    return dy * (value if value != value else gate)


cdef inline real reglu(real gate, real value) noexcept nogil:
    return relu(gate) * value


cdef inline real reglu_by_gate(real dy, real gate, real value) noexcept nogil:
    return dy * (relu_derivative(gate) * value)


cdef inline real reglu_by_value(real dy, real gate, real value) noexcept nogil:
    cdef real slope = relu(gate)
    return dy * (value if value != value else slope)


# geglu: the power of e^(-x^2 / 2) comes with SCALE by itself.

cdef inline real geglu_gate(real x) noexcept nogil:
    """|x|, held right of 0 where Phi(-x) no longer counts, and left of it where the power is 0."""
    return absolute(at_least(at_most(x, bound_geglu_open(x)), bound_geglu_shut(x)))


cdef inline real geglu(real gate, real value) noexcept nogil:
    cdef real power, kept, p, p_low, low, ratio, t, left
    cdef real a = geglu_gate(gate)
    if real is double:
        p = laplace_exp(a, <real>0, &power, &p_low)
        kept = at_least(power, bound_one(power))
        ratio = normal_tail(a, &t, &low)
        low = fma(p, ratio, fma(p_low, ratio, fma(p, low, low)))
        left = fma(ratio, a, low * a) * kept
    else:
        p = half_square_exp(a, &power)
        kept = at_least(power, bound_one(power))
        left = normal_product(a, p, kept)
    left = fma(left, <real>-0.25 * unscale(gate), at_least(gate, bound_zero(gate)))
    return left * value * at_most(power, bound_one(power))


cdef inline real geglu_slope(real x, real* open, real* rest) noexcept nogil:
    """gelu's derivative at x, and gelu itself, both to be multiplied by `rest`.

    The derivative is a multiple of R(a) - a / sqrt(2 pi), as `normal_slope` has it, from the R that gelu needs.
    """
    cdef real power, kept, p_low, low, t, slope, slope_low, part
    cdef real a = geglu_gate(x)
    cdef real p = half_square_exp_in_two(a, &power, &p_low)
    cdef real ratio = normal_tail(a, &t, &low)
    cdef real line = a * <real>1.5957691216057308
    kept = at_least(power, bound_one(power))
    slope = ratio - line
    part = slope - ratio
    slope_low = fma(-a, normal_height_tail(a), low - product_error(a, <real>1.5957691216057308, line))
    slope_low += (ratio - (slope - part)) - (line + part)
    slope = (slope + fma(p, slope, fma(p_low, slope, fma(p, slope_low, slope_low)))) * kept
    low = fma(p, ratio, fma(p_low, ratio, fma(p, low, low)))
    open[0] = fma(fma(ratio, a, low * a) * kept, <real>-0.25 * unscale(x), at_least(x, bound_zero(x)))
    rest[0] = at_most(power, bound_one(power))
    return fma(slope, (<real>0.25 if x < 0 else <real>-0.25) * unscale(x), <real>0 if x < 0 else <real>1)


cdef inline real geglu_by_gate(real dy, real gate, real value) noexcept nogil:
    cdef real open, rest
    cdef real slope = geglu_slope(gate, &open, &rest)
    return slope * (dy * value) * rest


cdef inline real geglu_by_value(real dy, real gate, real value) noexcept nogil:
    cdef real open, rest
    geglu_slope(gate, &open, &rest)
    return value if value != value else open * dy * rest


# swiglu's gate is swish: see gates.pxd. The gradients need it and its slope at once, as glu's do.

cdef inline real swiglu_argument(real x, real beta, real* tail) noexcept nogil:
    """beta x, held where the gate is shut or open, and what rounding took from it."""
    cdef real finite = at_least(at_most(x, bound_finite(x)), -bound_finite(x))
    cdef real v = beta * finite
    cdef real held = at_least(at_most(v, bound_saturated(x)), bound_shut(x))
    tail[0] = product_error(beta, finite, v) if held == v else <real>0
    return held


cdef inline real swiglu_open(real x, real beta, real* rest) noexcept nogil:
    """swish, to be multiplied by `rest`."""
    cdef real carrier, n, power, large, tail, high, low, r, p, base, little, d, y
    cdef real v = swiglu_argument(x, beta, &tail)
    cdef real opened = x if v > bound_shut(x) else <real>0
    high = -reduced_high(v, scaled_bias(x), &carrier, &n)
    low = fma(n, ln2_low(x), -tail)
    r = high + low
    p = high + fma(r * r, expm1_curvature(r), low)
    power = power_of_two(carrier)
    large = unscaled_inverse(at_least(power, bound_one(x)))
    base = <real>1 + large
    little = fma(p, large, <real>1 - (base - large))
    d = base + little
    y = opened / d
    rest[0] = at_most(power, bound_one(x))
    # An infinity has nothing to be given back.
    return y if absolute(y) == infinity(x) else fma(y * ((d - base) - little), rough_reciprocal(d), y)


cdef inline real swiglu_slope(real x, real beta, real* open, real* rest) noexcept nogil:
    """swish's derivative D or 1 - D, D = E (1 + E - a) / (1 + E)^2 (see `gate_slope`), and swish, both to be multiplied
    by `rest`."""
    cdef real power, tail, p, p_low, q, q_low, slope, top, top_low
    cdef real v = swiglu_argument(x, beta, &tail)
    cdef real a = absolute(v)
    tail = -tail if v < 0 else tail
    p = expm1_in_two(-a, -tail, scaled_bias(x), &power, &p_low)
    rest[0] = at_most(power, bound_one(x))
    power = at_least(power, bound_one(x)) * unscale(x)
    cdef real e = fma(p, power, power)
    cdef real e_low = fma(p_low, power, fma(p, power, power - e))
    cdef real sum = <real>1 + e
    cdef real s = <real>1 / sum
    cdef real c = fma((sum - <real>1 - e) - e_low, s, -product_error(s, sum, <real>1))
    cdef real line = <real>1 - a
    top = line + e
    top_low = ((line - top) + e) + (e_low - tail)
    q = top * s
    q_low = fma(q, c, fma(top_low, s, product_error(top, s, q)))
    slope = q * s
    q_low = fma(slope, c, fma(q_low, s, product_error(q, s, slope)))
    slope = slope + fma(p, slope, fma(p, q_low, fma(p_low, slope, q_low)))
    top = e if v < 0 else <real>1
    q = top * s
    q_low = fma(q, c, fma(e_low if v < 0 else <real>0, s, product_error(top, s, q)))
    open[0] = (x if v > bound_shut(x) else <real>0) * (q + q_low)
    return fma(slope, power if v < 0 else -power, <real>0 if v < 0 else <real>1)


cdef inline real swiglu(real gate, real value, real beta) noexcept nogil:
    cdef real rest
    cdef real opened = swiglu_open(gate, beta, &rest)
    return opened * value * rest


cdef inline real swiglu_by_gate(real dy, real gate, real value, real beta) noexcept nogil:
    cdef real open, rest
    cdef real slope = swiglu_slope(gate, beta, &open, &rest)
    return slope * (dy * value) * rest


cdef inline real swiglu_by_value(real dy, real gate, real value, real beta) noexcept nogil:
    cdef real open, rest
    swiglu_slope(gate, beta, &open, &rest)
    return value if value != value else open * dy * rest


cdef inline real swiglu_by_beta(real dy, real gate, real value, real beta) noexcept nogil:
    return dy * (swish_by_beta(gate, beta) * value)


# swiglu_oai (OpenAI, gpt-oss 2025): the gate is cut above, the value on both sides and moved by 1

cdef inline real swiglu_oai_value(real value, real limit) noexcept nogil:
    return at_least(at_most(value, limit), -limit) + <real>1


cdef inline real swiglu_oai(real gate, real value, real alpha, real limit) noexcept nogil:
    cdef real rest
    cdef real opened = swiglu_open(at_most(gate, limit), alpha, &rest)
    return opened * swiglu_oai_value(value, limit) * rest


cdef inline real swiglu_oai_by_gate(real dy, real gate, real value, real alpha, real limit) noexcept nogil:
    cdef real open, rest
    cdef real slope = swiglu_slope(at_most(gate, limit), alpha, &open, &rest)
    return dy * (<real>0 if gate > limit else slope * swiglu_oai_value(value, limit)) * rest


cdef inline real swiglu_oai_by_value(real dy, real gate, real value, real alpha, real limit) noexcept nogil:
    cdef real open, rest
    swiglu_slope(at_most(gate, limit), alpha, &open, &rest)
    open = <real>0 if value > limit else <real>0 if value < -limit else open
    return value if value != value else open * dy * rest


cdef inline real swiglu_oai_by_alpha(real dy, real gate, real value, real alpha, real limit) noexcept nogil:
    return dy * (swish_by_beta(at_most(gate, limit), alpha) * swiglu_oai_value(value, limit))


cdef inline real swiglu_oai_by_limit(real dy, real gate, real value, real alpha, real limit) noexcept nogil:
    cdef real held = at_most(gate, limit)
    cdef real opened = swish(held, alpha)
    cdef real slope = swish_derivative(held, alpha) * swiglu_oai_value(value, limit)
    slope = <real>0 if gate <= limit else slope
    slope += opened if value > limit else -opened if value < -limit else <real>0
    return dy * (value if value != value else slope)
