"""Formulas of the exponential units: a line, and an exponential that saturates (rules in rectifiers.pxd)."""

from activations.formulas.elementary cimport (
    expm1_curvature, exponent_bias, expm1_in_two, ln2_low, power_of_two, reduced, reduced_high,
    scale, scaled_bias, unscale,
)
from activations.formulas.exponents cimport (
    exp_bend, exp_curvature, exp_near, exp_of, exp_rest, exp_wide, exp_wide_in_halves, inverse_power, power_in_halves,
    scale_exponent, twice_exponent_bias, without_gradient,
)
from activations.formulas.logarithms cimport infinity, log_of, not_a_number, rough_reciprocal, sum_in_two
from activations.formulas.soft_exponential cimport (
    soft_exponential, soft_exponential_backward, soft_exponential_by_alpha, soft_exponential_derivative,
    soft_exponential_second_derivative,
)
from activations.kernels.real cimport (
    absolute, at_least, at_most, bound_expm1_lowest, bound_highest, bound_lowest, bound_saturated, bound_zero, fma,
    product_error, real, sum_error,
)


cdef extern from "machine.h" nogil:
    """
    ACT_BOUNDS(exponentials_one, 1.0f, 1.0)
    ACT_BOUNDS(celu, 176.3f, 1418.4)    /* the smallest alpha times e^u is infinite */
    ACT_BOUNDS(exponentials_last, 3.4028234663852886e38f, 1.7976931348623157e308)
    """
    const float act_exponentials_one_f
    const double act_exponentials_one_d
    const float act_celu_f
    const double act_celu_d
    const float act_exponentials_last_f
    const double act_exponentials_last_d


cdef inline real bound_one(real like) noexcept nogil:
    return act_exponentials_one_f if real is float else act_exponentials_one_d


cdef inline real bound_celu(real like) noexcept nogil:
    return act_celu_f if real is float else act_celu_d


cdef inline real bound_last(real like) noexcept nogil:
    return act_exponentials_last_f if real is float else act_exponentials_last_d


# exponential, over the whole range (exponents.pxd)

cdef inline real exponential(real x, bint near) noexcept nogil:
    return exp_near(x) if near else exp_of(x)


cdef inline real exponential_derivative(real x, bint near) noexcept nogil:
    return exponential(x, near)


cdef inline real exponential_second_derivative(real x, bint near) noexcept nogil:
    return exponential(x, near)


cdef inline real exponential_backward(real dy, real x, bint near) noexcept nogil:
    return without_gradient(dy, x, dy * exponential(x, near))


cdef inline real exponential_backward_from_output(real dy, real y) noexcept nogil:
    return without_gradient(dy, y, dy * y)


# e^x - 1 for x <= 0 as 2^n - 1 + 2^n r + 2^n (r^2 q): the first two terms are added with what their rounding took.

cdef inline real expm1_bend(real r) noexcept nogil:
    """expm1_curvature, in float with a term more: what that is off by is a quarter of an ulp of e^r - 1."""
    cdef real square, high, middle
    if real is float:
        square = r * r
        high = fma(<float>0.00019857815641444176, r, <float>0.0013933642767369747)
        middle = fma(<float>0.008333360776305199, r, <float>0.04166646674275398)
        return fma(fma(high, square, middle), square, fma(<float>0.1666666716337204, r, <float>0.5))
    else:
        return expm1_curvature(r)


cdef inline real expm1_end(real r, real low) noexcept nogil:
    """low + r^2 q: in float half of r^2 is taken in two numbers, so that hardly more than the last sum rounds."""
    cdef real square, cubic
    if real is float:
        square = r * r
        cubic = fma(<float>0.008333360776305199, r, <float>0.04166646674275398)
        cubic = fma(fma(<float>0.00019857815641444176, r, <float>0.0013933642767369747), square, cubic)
        cubic = fma(cubic, r, <float>0.1666666716337204)
        low = fma(<float>0.5, product_error(r, r, square), low)
        return fma(<float>0.5, square, fma(r * square, cubic, low))
    else:
        return fma(r * r, expm1_curvature(r), low)


cdef inline real expm1_from(real x, bint bent, real* rest) noexcept nogil:
    """e^min(x, 0) - 1 as the sum of two numbers; `bent`, a constant, where something is to be taken from it that leaves
    little more than r^2 q."""
    cdef real carrier, n, low, r, power, first
    cdef real bounded = at_least(at_most(x, bound_zero(x)), bound_expm1_lowest(x))
    cdef real high = reduced_high(bounded, exponent_bias(x), &carrier, &n)
    low = n * -ln2_low(x)
    r = high + low
    low = expm1_end(r, low) if bent else fma(r * r, expm1_bend(r), low)
    power = power_of_two(carrier)
    first = fma(power, high, power - <real>1)
    rest[0] = fma(power, low, sum_error(power, high, power - <real>1, first))
    return first


cdef inline real expm1_below(real x, real* rest) noexcept nogil:
    """e^min(x, 0) - 1 as the sum of two numbers."""
    return expm1_from(x, False, rest)


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
    first += fma(power * (r * r), expm1_bend(r), lost)
    return x if x > 0 else alpha * x if x == 0 else first


cdef inline real elu_derivative(real x, real alpha) noexcept nogil:
    cdef real carrier
    cdef real p = exp_rest(reduced(at_least(at_most(x, bound_zero(x)), bound_lowest(x)), scaled_bias(x), &carrier))
    cdef real power = alpha * power_of_two(carrier)
    return <real>1 if x > 0 else fma(p, power, power) * unscale(x)


cdef inline real elu_second_derivative(real x, real alpha) noexcept nogil:
    """At the kink the value of the left, alpha."""
    return <real>0 if x > 0 else elu_derivative(x, alpha)


cdef inline real elu_by_alpha(real x, real alpha) noexcept nogil:
    cdef real rest, first = expm1_below(x, &rest)
    return <real>0 if x > 0 else x if x == 0 else first + rest


cdef inline real elu_backward_from_output(real dy, real y, real alpha) noexcept nogil:
    cdef real below = dy * (y + alpha)
    return dy if y > 0 else below


# alpha = 1, where elu and celu are one function: no product with alpha, and celu's quotient is x itself.

cdef inline real unit_elu(real x) noexcept nogil:
    return elu(x, <real>1)


cdef inline real unit_elu_derivative(real x) noexcept nogil:
    return elu_derivative(x, <real>1)


cdef inline real unit_elu_second_derivative(real x) noexcept nogil:
    return elu_second_derivative(x, <real>1)


cdef inline real unit_elu_backward_from_output(real dy, real y) noexcept nogil:
    return elu_backward_from_output(dy, y, <real>1)


# celu (Barron 2017): elu in x / alpha, whose quotient carries its own rounding. Below zero a negative alpha grows instead
# of saturating, so half of 2^n is left for the end there. alpha = 0, which only an array can hold, gives the limit from
# above: relu.

cdef inline real celu_argument(real x, real alpha, real* tail) noexcept nogil:
    """x / alpha, and what rounding took from it."""
    cdef real inverse = <real>1 / alpha
    cdef real u = x * inverse
    tail[0] = sum_error(-u, alpha, x, <real>0) * inverse
    return u


cdef inline real negligible(real like) noexcept nogil:
    """e^u - 1 is u when u is smaller."""
    if real is float:
        return <float>1.4901161193847656e-08
    else:
        return 2.7755575615628914e-17


cdef inline real celu(real x, real alpha) noexcept nogil:
    cdef real tail, carrier, n, low, power, one, last, whole, first, lost
    cdef real u = celu_argument(x, alpha, &tail)
    cdef real bounded = at_most(at_least(u, bound_expm1_lowest(x)), bound_celu(x))
    cdef real high = reduced_high(bounded, twice_exponent_bias(x), &carrier, &n)
    low = fma(n, -ln2_low(x), tail if bounded == u else <real>0)
    low = expm1_end(high + low, low)
    power = power_in_halves(carrier, &last)
    power *= last if u < 0 else <real>1
    last = <real>1 if u < 0 else last
    one = inverse_power(last, 0)
    whole = alpha * (power - one)
    lost = product_error(alpha, power - one, whole)
    power = alpha * power
    first = power * high
    lost += product_error(power, high, first)
    first = sum_in_two(whole, first, &whole)
    first += fma(power, low, lost + whole)
    # With a negative alpha the sum leaves the range before e^u does; infinities of both signs have met in it then.
    first = -infinity(x) if (u > 0) & (first != first) else first * last
    # NaN is x too: bits of its own may have made an infinity of the power.
    return first if (x < 0) & (not absolute(u) < negligible(x)) else x


cdef inline real celu_derivative(real x, real alpha) noexcept nogil:
    cdef real tail
    cdef real u = celu_argument(x, alpha, &tail)
    cdef real slope = exp_wide(u, tail)
    return <real>1 if x >= 0 else slope


cdef inline real celu_backward(real dy, real x, real alpha) noexcept nogil:
    return without_gradient(dy, x, dy * celu_derivative(x, alpha))


cdef inline real celu_second_derivative(real x, real alpha) noexcept nogil:
    """At the kink the value of the left, 1 / alpha."""
    cdef real tail
    cdef real u = celu_argument(x, alpha, &tail)
    cdef real half = exp_wide_in_halves(u, tail, &tail)
    return <real>0 if x > 0 else half / alpha * tail


cdef inline real celu_backward_from_output(real dy, real y, real alpha) noexcept nogil:
    cdef real below = dy * ((y + alpha) / alpha)
    return dy if y > 0 else below


# By alpha it varies with e^u (1 - u) - 1, u = x / alpha, which cancels down to -u^2 / 2 around 0: a polynomial there.

cdef inline real celu_by_alpha(real x, real alpha) noexcept nogil:
    cdef real tail, e, near, far, held
    cdef real u = celu_argument(x, alpha, &tail)
    e = exp_wide(u, tail)
    held = at_least(u, bound_lowest(x))
    tail = tail if absolute(u) < bound_celu(x) else <real>0
    far = fma(e, (<real>1 - held) - tail, -<real>1)
    near = fma(-held * e, tail, exp_bend(held) * held * held)
    near = near if (held > <real>-1) & (held < <real>0.5) else far
    return <real>0 if x >= 0 else near


# selu (Klambauer, Unterthiner, Mayr, Hochreiter 2017): elu with two constants, each carried as a sum of two numbers

cdef inline real selu_scale(real like, real* tail) noexcept nogil:
    if real is float:
        tail[0] = <float>8.441664078873146e-08
        return <float>1.0507009029388428
    else:
        tail[0] = 3.9874847667154144e-17
        return 1.0507009873554805


cdef inline real selu_below(real like, real* tail) noexcept nogil:
    """The scale times alpha."""
    if real is float:
        tail[0] = <float>2.3296717444054593e-08
        return <float>1.7580993175506592
    else:
        tail[0] = 1.41535193800845e-17
        return 1.7580993408473768


cdef inline real selu(real x) noexcept nogil:
    cdef real rest, tail, low, line
    cdef real first = expm1_below(x, &rest)
    cdef real factor = selu_below(x, &low)
    first = fma(factor, first, fma(factor, rest, low * first))
    line = selu_scale(x, &tail)
    line = fma(line, x, tail * x)
    return line if x > 0 else factor * x if x == 0 else first


cdef inline real selu_derivative(real x) noexcept nogil:
    cdef real carrier, tail, low, n, r, rest, power, slope
    cdef real factor = selu_below(x, &low)
    # The high part of r times the factor is added last, so that r and e^r - 1 are not rounded.
    cdef real high = reduced_high(at_least(at_most(x, bound_zero(x)), bound_lowest(x)), scaled_bias(x), &carrier, &n)
    rest = n * -ln2_low(x)
    r = high + rest
    power = power_of_two(carrier)
    slope = factor * power
    rest = fma(r * r, exp_curvature(r), rest)
    slope += fma(high, slope, fma(rest, slope, low * power))
    return selu_scale(x, &tail) if x > 0 else slope * unscale(x)


cdef inline real selu_second_derivative(real x) noexcept nogil:
    """At the kink the value of the left, scale * alpha."""
    return <real>0 if x > 0 else selu_derivative(x)


cdef inline real selu_backward_from_output(real dy, real y) noexcept nogil:
    cdef real tail, low
    cdef real factor = selu_below(y, &low)
    cdef real below = dy * ((y + factor) + low)
    return dy * selu_scale(y, &tail) if y > 0 else below


# elish and hard_elish (Basirat, Roth 2018): with E = e^-|x|, elish is x / (1 + E) above zero and -E (1 - E) / (1 + E)
# below, where 1 - E is expm1. Its derivatives are fractions of polynomials in E over powers of 1 + E.

cdef inline real elish_parts(real a, real* p, real* p_low, real* d, real* m) noexcept nogil:
    """SCALE 2^n, e^r - 1 as a sum of two numbers, 1 + E and 1 - E of a >= 0, where E = 2^n e^r."""
    cdef real power, small
    p[0] = expm1_in_two(-a, <real>0, scaled_bias(a), &power, p_low)
    small = power * unscale(a)
    d[0] = fma(p[0], small, <real>1 + small)
    m[0] = fma(-p[0], small, <real>1 - small)
    return power


cdef inline real little_share(real like) noexcept nogil:
    """Powers of two that are not larger are lost beside 1, those below three quarters of it from 1 - 2^n too."""
    if real is float:
        return <float>5.9604644775390625e-08
    else:
        return 1.1102230246251565e-16


cdef inline real elish(real x) noexcept nogil:
    cdef real p, p_low, d, m, y, top, lost, small
    cdef real a = at_most(absolute(x), bound_highest(x))
    cdef real power = elish_parts(a, &p, &p_low, &d, &m)
    small = power * unscale(x)
    # What the roundings of 1 - E and of its product with E took, and of 1 + E and the quotient
    lost = power * fma(-p_low, small, sum_error(-p, small, <real>1 - small, m))
    m *= -power
    top = fma(p, m, m)
    lost = fma(p_low, m, fma(p, m, m - top)) - fma(p, lost, lost)
    lost = lost if x < 0 else <real>0
    top = top if x < 0 else a * scale(x)
    y = top / d
    lost = product_error(y, d, top) - lost
    # Where 2^n is lost beside 1, in 1 + E or in 1 - E too, it counts more than p_low.
    p_low = p_low if small > little_share(x) else <real>1 if small > <real>0.75 * little_share(x) else <real>2
    lost = fma(y, fma(p_low, small, sum_error(p, small, <real>1 + small, d)), lost)
    y = fma(-lost, rough_reciprocal(d), y) * unscale(x)
    return x if (x > bound_saturated(x)) | (x == 0) else y


cdef inline real elish_slope(real top, real bottom, real times, real p, real small, real d) noexcept nogil:
    """UNSCALE top / bottom, where bottom is a power of d = 1 + E: with what rounding took from d."""
    cdef real y = top / bottom
    cdef real lost = times * sum_error(p, small, <real>1 + small, d)
    return fma(y, -lost * rough_reciprocal(d), y) * unscale(y)


cdef inline real elish_derivative(real x) noexcept nogil:
    """Below zero E (w - 2) / w, w = (1 + E)^2; w - 2 cancels, so that there what E lost in rounding counts as well."""
    cdef real p_low, power, wide, e, lost, line, line_low, below, low, bottom, share, slope, rest
    cdef real a = at_most(absolute(x), bound_highest(x))
    cdef real p = expm1_in_two(-a, <real>0, scaled_bias(x), &power, &p_low)
    wide = fma(p, power, power)
    e = wide * unscale(x)
    lost = fma(p_low, power, sum_error(p, power, power, wide)) * unscale(x)
    line = fma(<real>2, e, -<real>1)
    below = fma(e, e, line)
    low = fma(lost + lost, <real>1 + e, sum_error(e, e, line, below)) + fma(<real>2, e, -<real>1 - line)
    bottom = <real>2 + below
    rest = (<real>2 - bottom) + below + low
    share = <real>1 / bottom
    # 1 + E (1 + a), which is what stands above the line from zero on.
    line = <real>1 + a
    line_low = a - (line - <real>1)
    slope = fma(e, line, <real>1)
    line_low = fma(lost, line, fma(e, line_low, sum_error(e, line, <real>1, slope)))
    below = slope if x >= 0 else below
    low = line_low if x >= 0 else low
    slope = below * share
    rest = fma(-slope, rest, low - product_error(slope, bottom, below)) * share
    below = slope + fma(p, slope, fma(p, rest, fma(p_low, slope, rest)))
    return slope + rest if x >= 0 else (below * power) * unscale(x)


cdef inline real elish_second_derivative(real x) noexcept nogil:
    """At the kink the value of the left, 1."""
    cdef real p, p_low, d, m, e, bend
    cdef real a = at_most(absolute(x), bound_highest(x))
    cdef real power = elish_parts(a, &p, &p_low, &d, &m)
    e = fma(p, power, power) * unscale(x)
    bend = fma(e, fma(e, e + <real>3, <real>5), -<real>1)
    bend = power * (fma(-a, m, <real>2 * d) if x > 0 else bend)
    return elish_slope(fma(p, bend, bend), d * d * d, <real>3, p, power * unscale(x), d)


cdef inline real hard_elish(real x) noexcept nogil:
    cdef real rest, lost, held = at_most(at_least(x, -bound_one(x)), bound_one(x))
    cdef real first = expm1_below(x, &rest)
    cdef real gate = fma(<real>0.5, held, <real>0.5)
    lost = fma(<real>0.5, held, <real>0.5 - gate)
    first = first if x < 0 else held
    rest = rest if x < 0 else <real>0
    first = fma(first, gate, fma(rest, gate, first * lost))
    return x if (x > 1) | (x == 0) else first


cdef inline real hard_elish_derivative(real x) noexcept nogil:
    """At the kinks -1 and 1 the values of the outside, 0 and 1."""
    cdef real rest, lost, half, inside, held = at_most(at_least(x, -bound_one(x)), bound_one(x))
    cdef real first = expm1_from(held, True, &rest)
    cdef real gate = fma(<real>0.5, held, <real>0.5)
    # h + (e^x - 1) (h + 1 / 2), the large terms added first
    lost = fma(<real>0.5, held, <real>0.5 - gate)
    lost = fma(rest, gate + <real>0.5, fma(lost, first, lost))
    half = sum_in_two(gate, <real>0.5 * first, &rest)
    inside = fma(first, gate, half)
    inside += lost + rest + sum_error(first, gate, half, inside)
    inside = held + <real>0.5 if held > 0 else inside
    inside = <real>1 if x >= 1 else inside
    return <real>0 if x <= -1 else inside


# log1mexp (Maechler 2012): log(1 - e^-x) of expm1 in two numbers, which together keep the digits of e^-x until 1 - e^-x is
# 1. The derivative is E / (1 - E), the second -d (1 + d) with d the first.

cdef inline real log1mexp_far(real like) noexcept nogil:
    """From where log(1 - E) is -E - E^2 / 2."""
    if real is float:
        return <float>16.9
    else:
        return <double>37


cdef inline real log1mexp_parts(real x, real* whole, real* rest, real* e) noexcept nogil:
    """1 - E as a sum of two numbers, and E with what rounding took from it, with SCALE where x > 1; E = e^-x, x >= 0."""
    cdef real carrier, n, low, r, p, power, small, first
    cdef real a = at_most(at_least(x, bound_zero(x)), bound_highest(x))
    cdef real high = reduced_high(-a, scaled_bias(x), &carrier, &n)
    low = n * -ln2_low(x)
    r = high + low
    low = fma(r * r, expm1_bend(r), low)
    power = power_of_two(carrier)
    small = at_least(power, bound_one(x)) * unscale(x)
    first = fma(-small, high, <real>1 - small)
    rest[0] = fma(-small, low, sum_error(-small, high, <real>1 - small, first))
    whole[0] = first + rest[0]
    rest[0] = (first - whole[0]) + rest[0]
    p = high + low
    low = low - (p - high)
    power *= <real>1 if x > 1 else unscale(x)
    e[0] = fma(p, power, power)
    return fma(low, power, sum_error(p, power, power, e[0]))


cdef inline real log1mexp(real x) noexcept nogil:
    cdef real whole, rest, e, up, y
    cdef real e_low = log1mexp_parts(x, &whole, &rest, &e)
    up = scale(x) if x < unscale(x) else <real>1
    y = log_of(whole * up, rest * up, -scale_exponent(x) if x < unscale(x) else <real>0)
    e = (e + fma(<real>0.5 * e, e * unscale(x), e_low)) * unscale(x)
    y = -e if x > log1mexp_far(x) else y
    y = -infinity(x) if x == 0 else y
    return not_a_number(x) if x < 0 else y


cdef inline real log1mexp_derivative(real x) noexcept nogil:
    cdef real whole, rest, e, lost
    cdef real e_low = log1mexp_parts(x, &whole, &rest, &e)
    cdef real d = e / whole
    # What the roundings of e^-x, 1 - e^-x and their quotient took
    lost = fma(d, rest, product_error(d, whole, e)) - e_low
    lost = fma(-lost, rough_reciprocal(whole), d) * (unscale(x) if x > 1 else <real>1)
    d = lost if whole > unscale(x) else d
    return not_a_number(x) if x < 0 else d


cdef inline real log1mexp_second_derivative(real x) noexcept nogil:
    cdef real d = log1mexp_derivative(x)
    return -d * (<real>1 + d)


# xielu (Huang, Schlag 2024), as Hugging Face computes it: for x in (eps, 0] the exponential stays at e^eps. Above zero
# x (alpha_p x + beta), below alpha_n (e^x - 1 - x) + beta x, each sum with what its roundings took; far below a line.

cdef inline real xielu_bend(real x, real eps, real* lost) noexcept nogil:
    """e^min(x, eps) - 1 - x as the sum of two numbers."""
    cdef real rest, first = expm1_below(at_most(x, eps), &rest)
    cdef real bend = first - x
    lost[0] = (first - (bend + x)) + rest
    return bend


cdef inline real xielu(real x, real alpha_p, real alpha_n, real beta, real eps) noexcept nogil:
    cdef real bend, lost, product, line, above, below, total, slope, held
    product = alpha_p * x
    total = sum_in_two(product, beta, &lost)
    lost = (lost + product_error(alpha_p, x, product)) * x if x < scale(x) else <real>0
    above = fma(x, total, lost)
    held = at_least(x, bound_expm1_lowest(x))
    bend = xielu_bend(held, eps, &lost)
    product = alpha_n * bend
    line = beta * held
    total = sum_in_two(product, line, &below)
    below += product_error(alpha_n, bend, product) + product_error(beta, held, line)
    below = total + fma(alpha_n, lost, below)
    slope = sum_in_two(beta, -alpha_n, &lost)
    held = at_least(x, -bound_last(x))
    line = fma(slope, held if slope == 0 else x, fma(lost, held, -alpha_n))
    return above if x > 0 else line if x < bound_expm1_lowest(x) else below


cdef inline real xielu_derivative(real x, real alpha_p, real alpha_n, real beta, real eps) noexcept nogil:
    cdef real above, below, rest, first = expm1_below(x, &rest)
    above = fma(<real>2 * alpha_p, x, beta)
    first = -<real>1 if x > eps else first
    rest = <real>0 if x > eps else rest
    below = fma(alpha_n, rest, fma(alpha_n, first, beta))
    return above if x > 0 else below


cdef inline real xielu_backward(real dy, real x, real alpha_p, real alpha_n, real beta, real eps) noexcept nogil:
    return without_gradient(dy, x, dy * xielu_derivative(x, alpha_p, alpha_n, beta, eps))


cdef inline real xielu_second_derivative(real x, real alpha_p, real alpha_n, real beta, real eps) noexcept nogil:
    """At 0 and at eps the value of the left."""
    cdef real below = elu_derivative(at_most(x, bound_zero(x)), alpha_n)
    below = <real>0 if x > eps else below
    return <real>2 * alpha_p if x > 0 else below


cdef inline real xielu_by_alpha_p(real x, real alpha_p, real alpha_n, real beta, real eps) noexcept nogil:
    return <real>0 if x <= 0 else x * x


cdef inline real xielu_by_alpha_n(real x, real alpha_p, real alpha_n, real beta, real eps) noexcept nogil:
    cdef real lost, bend = xielu_bend(x, eps, &lost)
    bend = -<real>1 - x if x < bound_expm1_lowest(x) else bend + lost
    return <real>0 if x > 0 else bend


cdef inline real xielu_by_beta(real x, real alpha_p, real alpha_n, real beta, real eps) noexcept nogil:
    return x


cdef inline real xielu_by_eps(real x, real alpha_p, real alpha_n, real beta, real eps) noexcept nogil:
    cdef real inside = elu_derivative(eps, alpha_n)
    inside = inside if (x > eps) & (x <= 0) else <real>0
    return x if x != x else inside
