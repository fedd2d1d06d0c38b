"""Formulas of the sigmoids: from one limit to another, or odd like the hyperbolic tangent (rules in rectifiers.pxd)."""

from activations.formulas.elementary cimport (
    exponent_bias, expm1_apart, expm1_in_two, expm1_near_zero, expm1_of, log1p_curvature_in_two,
    over_one_plus_exp, power_of_two, reduced, scale as scaling, scaled_bias, unscale, unscaled_bias,
)
from activations.formulas.logarithms cimport rough_reciprocal
from activations.formulas.roots cimport (
    guessed_reciprocal_root, line_lost, lorentz_derivative, near_reciprocal, product, quotient, root, signed,
)
from activations.formulas.soboleva cimport (
    smht, smht_backward, smht_by_a, smht_by_b, smht_by_c, smht_by_d, smht_derivative, smht_second_derivative,
)
from activations.formulas.tanh_shrink cimport float_tanh_shrink_derivative, tanh_shrink
from activations.kernels.real cimport (
    absolute, at_least, at_most, bound_expm1_lowest, bound_highest, bound_lowest, bound_saturated, bound_shallow,
    bound_tanh_highest, bound_zero, fma, product_error, real, sum_error,
)

cdef extern from "machine.h":
    """
    /* x / (1 + |x|) is 1, and 1 / (1 + |x|)^2 and 1 / (1 + x^2) are 0 */
    ACT_BOUNDS(softsign_open, 0x1p25f, 0x1p54)
    ACT_BOUNDS(softsign_flat, 0x1p76f, 0x1p540)
    /* arctan is pi / 2, and the reciprocal still a normal number */
    ACT_BOUNDS(arctan_flat, 0x1p100f, 0x1p1000)
    /* (1 + u^2)^(-3/2) is 0 */
    ACT_BOUNDS(isru_flat, 0x1p51f, 0x1p360)
    """
    const float act_softsign_open_f
    const double act_softsign_open_d
    const float act_softsign_flat_f
    const double act_softsign_flat_d
    const float act_arctan_flat_f
    const double act_arctan_flat_d
    const float act_isru_flat_f
    const double act_isru_flat_d


cdef inline real bound_softsign_open(real like) noexcept nogil:
    return act_softsign_open_f if real is float else act_softsign_open_d


cdef inline real bound_softsign_flat(real like) noexcept nogil:
    return act_softsign_flat_f if real is float else act_softsign_flat_d


cdef inline real bound_arctan_flat(real like) noexcept nogil:
    return act_arctan_flat_f if real is float else act_arctan_flat_d


cdef inline real bound_isru_flat(real like) noexcept nogil:
    return act_isru_flat_f if real is float else act_isru_flat_d


# sigmoid: 1 / (1 + e^-x) keeps its digits in both tails, as long as what 1 + e^-x loses is given back and it cannot
# overflow. The derivative is E / (1 + E)^2 with E = e^-|x|, and what rounding takes from 1 + E and its reciprocal is given
# back too.

cdef inline real logistic_held(real x) noexcept nogil:
    """x, held where the logistic function is neither 0 nor 1."""
    return at_least(at_most(x, bound_saturated(x)), bound_shallow(x))


cdef inline real sigmoid(real x) noexcept nogil:
    cdef real power
    cdef real p = expm1_of(-logistic_held(x), unscaled_bias(x), &power)
    return over_one_plus_exp(unscale(x), p, power)


cdef inline real logistic_slope(real a, real tail, real* low, real* ratio) noexcept nogil:
    """SCALE * E / (1 + E)^2 as a sum of two numbers, E = e^-(a + tail); and (1 - E) / (1 + E)."""
    cdef real power, p_low
    cdef real p = expm1_in_two(-a, -tail, scaled_bias(a), &power, &p_low)
    cdef real small = power * unscale(a)
    cdef real base = <real>1 + small
    cdef real d = fma(p, small, base)
    cdef real s = <real>1 / d
    # (1 + E)^-2 = s^2 (1 + 2 c)
    cdef real lost = sum_error(p, small, base, d) + fma(p_low, small, small - (base - <real>1))
    cdef real c = fma(-lost, s, -product_error(s, d, <real>1))
    cdef real square = s * s
    cdef real rest = fma(square, c + c, product_error(s, s, square))
    rest = fma(p, square, fma(p, rest, fma(p_low, square, rest)))
    ratio[0] = fma(-p, small, <real>1 - small) * s
    s = square + rest
    low[0] = ((square - s) + rest) * power
    return s * power


cdef inline real logistic_curve(real x, real a, real tail) noexcept nogil:
    """SCALE times the second derivative of the logistic function at a + tail with the sign of x, a = |x|."""
    cdef real low, ratio
    cdef real slope = logistic_slope(a, tail, &low, &ratio)
    return -signed(slope * ratio, x)


cdef inline real sigmoid_derivative(real x) noexcept nogil:
    cdef real low, ratio
    return logistic_slope(at_most(absolute(x), bound_highest(x)), <real>0, &low, &ratio) * unscale(x)


cdef inline real sigmoid_backward_from_output(real dy, real y) noexcept nogil:
    return dy * (y * (<real>1 - y))


cdef inline real sigmoid_second_derivative(real x) noexcept nogil:
    return logistic_curve(x, at_most(absolute(x), bound_highest(x)), <real>0) * unscale(x)


# log_sigmoid: -(max(-x, 0) + log1p(E)), E = e^-|x| = 2^n (1 + p). log1p(E) = 2^n L (1 + p) with L = log1p(E) / E, where
# 2^n L and the line -x are added last: one rounding counts. For x > 0 everything is scaled, since E underflows.

cdef inline real log1p_ratio_in_two(real e, real* low) noexcept nogil:
    """log(1 + e) / e for 0 <= e <= 1, the rest in `low`. In float the polynomial is in e - m: in e it would be rounded at
    its largest near 1. m is where the ratio is nearly a float, and so far left that small e lose little."""
    cdef real q, v, ratio
    if real is float:
        v = e - <float>0.22265625
        q = fma(<float>-0.003271549241617322, v, <float>0.01341625303030014)
        q = fma(q, v, <float>-0.027439530938863754)
        q = fma(q, v, <float>0.04181575030088425)
        q = fma(q, v, <float>-0.059424031525850296)
        q = fma(q, v, <float>0.0864010900259018)
        q = fma(q, v, <float>-0.13109666109085083)
        q = fma(q, v, <float>0.2115652710199356)
        q = fma(q, v, <float>-0.381579726934433)
        ratio = fma(q, v, <float>0.902852475643158)
        low[0] = fma(q, v, <float>0.902852475643158 - ratio)
    else:
        q = log1p_curvature_in_two(e, low)
        ratio = fma(q, e, <double>1)
        low[0] = sum_error(q, e, <double>1, ratio)
    return ratio


cdef inline real log1p_exp_in_two(real a, real tail, real* power, real* low, real* high, real* rest) noexcept nogil:
    """log1p(e^(a + tail)) = UNSCALE power (L + low) (1 + high + rest), a negative; L is returned."""
    cdef real p
    high[0] = expm1_apart(a, tail, scaled_bias(a), power, rest)
    p = high[0] + rest[0]
    return log1p_ratio_in_two(fma(p, power[0], power[0]) * unscale(a), low)


cdef inline real log_sigmoid(real x) noexcept nogil:
    cdef real held = at_least(at_most(x, bound_highest(x)), -bound_saturated(x))
    cdef real line = at_least(-x, bound_zero(x))
    cdef real power, low, high, rest, large, little, total
    cdef real ratio = log1p_exp_in_two(-absolute(held), <real>0, &power, &low, &high, &rest)
    power = power * (unscale(x) if x < 0 else <real>1)
    ratio *= power
    large = at_least(line, ratio)
    little = at_most(line, ratio)
    total = large + little
    low = fma(fma(low, high + rest, low), power, (large - total) + little)
    total = (total + fma(ratio, high, fma(ratio, rest, low))) * (<real>1 if x < 0 else unscale(x))
    return x if x < -bound_saturated(x) else -total


cdef inline real log_sigmoid_derivative(real x) noexcept nogil:
    return sigmoid(-x)


cdef inline real log_sigmoid_backward_from_output(real dy, real y) noexcept nogil:
    """dy (1 - e^y): no digit is lost where y is near 0."""
    cdef real carrier, power
    cdef real p = expm1_near_zero(reduced(at_least(y, bound_expm1_lowest(y)), exponent_bias(y), &carrier))
    power = power_of_two(carrier)
    return dy * fma(-p, power, <real>1 - power)


cdef inline real log_sigmoid_second_derivative(real x) noexcept nogil:
    return -sigmoid_derivative(x)


# tanh: |x| = n ln2 / 2 + r, t = tanh(r) a short polynomial, s = 2^n = e^(n ln2). In double the addition formula
# ((s - 1) + (s + 1) t) / ((s + 1) + (s - 1) t), exact around 0 where n = 0. In float that rounds too often: up to 0.5494,
# where tanh is 1/2, n = 0 and t is all, and beyond it 1 - (1 - t) / ((s + 1) / 2 + (s - 1) / 2 t), of which only the end
# is of the result's size. n is chosen a little low, so that 1 - t stays below 1.
# The derivative from x is 4 q (1 - q) with q = sigmoid(-2|x|): 1 - tanh^2 has no digit left beyond |x| = 10.

cdef inline real tanh(real x) noexcept nogil:
    cdef real bounded, carrier, n, r, square, t, s, top, bottom
    cdef bint near
    if real is float:
        bounded = at_most(absolute(x), bound_tanh_highest(x))
        near = bounded < <float>0.5494
        carrier = fma(bounded, <float>2.6, <float>(12582912 + 126))
        n = carrier - <float>(12582912 + 126)
        n = <float>0 if near else n
        r = fma(n, <float>-0.34657359027997264, bounded)
        square = r * r
        t = fma(<float>0.01644711382687092, square, <float>-0.05267680808901787)
        t = fma(t, square, <float>0.1332080215215683)
        t = fma(t, square, <float>-0.3333294987678528)
        t = fma(r * square, t, r)
        s = power_of_two(carrier)
        s = <float>1 / fma(s - <float>0.5, t, s + <float>0.5)
        s = fma(t - <float>1, s, <float>1)
        return signed(t if near else s, x)
    else:
        bounded = at_most(at_least(x, -bound_tanh_highest(x)), bound_tanh_highest(x))
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
        top = fma(s + <double>1, t, s - <double>1)
        bottom = fma(s - <double>1, t, s + <double>1)
        n = top / bottom
        # What the quotient lost, and what its denominator did.
        r = fma(n, sum_error(s - <double>1, t, s + <double>1, bottom), product_error(n, bottom, top))
        t = fma(-r, rough_reciprocal(bottom), n)
        return x if x == 0 else t


cdef inline real tanh_derivative(real x) noexcept nogil:
    cdef real low, ratio
    cdef real slope = logistic_slope(at_most(<real>2 * absolute(x), bound_highest(x)), <real>0, &low, &ratio)
    return slope * (<real>4 * unscale(x))


cdef inline real tanh_backward_from_output(real dy, real y) noexcept nogil:
    return dy * ((<real>1 - y) * (<real>1 + y))


cdef inline real tanh_second_derivative(real x) noexcept nogil:
    return logistic_curve(x, at_most(<real>2 * absolute(x), bound_highest(x)), <real>0) * (<real>8 * unscale(x))


cdef inline real tanh_parts(real a, real tail, real* low) noexcept nogil:
    """tanh(a + tail) for 0 <= a <= bound_tanh_highest as a sum of two numbers: (1 - E) / (1 + E), E = e^-2(a + tail)."""
    cdef real power, p_low
    cdef real p = expm1_in_two(<real>-2 * a, <real>-2 * tail, exponent_bias(a), &power, &p_low)
    cdef real above = <real>1 - power
    cdef real below = <real>1 + power
    cdef real top = fma(-power, p, above)
    cdef real d = fma(power, p, below)
    cdef real s = <real>1 / d
    cdef real t = top * s
    cdef real lost = power * p_low
    cdef real top_low = fma(-power, p, above - top) + ((<real>1 - above) - power) - lost
    cdef real d_low = fma(power, p, below - d) + (power - (below - <real>1)) + lost
    low[0] = (fma(-t, d_low, top_low) - product_error(t, d, top)) * s
    return t


# scaled_tanh (LeCun et al. 1998): scale tanh(u), u = slope x. Far out an error in u would count u times in the
# derivative, so u is carried as a sum of two numbers.

cdef inline real scaled_argument(real x, real slope, real factor, real bound, real* tail) noexcept nogil:
    """|factor slope x|, not above the bound, and what rounding took from it."""
    cdef real u = (factor * slope) * x
    cdef real a = absolute(u)
    cdef real rest = product_error(factor * slope, x, u)
    rest = -rest if u < 0 else rest
    tail[0] = <real>0 if a > bound else rest
    return at_most(a, bound)


cdef inline real scaled_tanh(real x, real scale, real slope) noexcept nogil:
    cdef real tail, low
    cdef real a = scaled_argument(x, slope, <real>1, bound_tanh_highest(x), &tail)
    cdef real t = tanh_parts(a, tail, &low)
    cdef real y = fma(scale, t, scale * low)
    cdef real factor = product(scale, slope, <real>0, &low)
    # Next to underflow slope x would round before it is a result's.
    cdef real tiny = <real>1e-33 if real is float else 1e-240
    low = scale * x if x == 0 else fma(factor, x, low * x)
    y = -y if x < 0 else y
    return low if a < tiny else y


cdef inline real scaled_tanh_derivative(real x, real scale, real slope) noexcept nogil:
    cdef real tail, ratio, low, y_low
    cdef real a = scaled_argument(x, slope, <real>2, bound_highest(x), &tail)
    cdef real factor = product(scale, slope, <real>0, &low)
    cdef real y = logistic_slope(a, tail, &y_low, &ratio)
    return fma(y, factor, fma(y_low, factor, y * low)) * (<real>4 * unscale(x))


cdef inline real scaled_tanh_second_derivative(real x, real scale, real slope) noexcept nogil:
    cdef real tail, low
    cdef real a = scaled_argument(x, slope, <real>2, bound_highest(x), &tail)
    cdef real factor = product(scale, slope, <real>0, &low)
    cdef real y = logistic_curve(x, a, tail)
    factor = product(slope, factor, low, &low)
    return fma(y, factor, y * low) * (<real>8 * unscale(x))


cdef inline real scaled_tanh_by_scale(real x, real scale, real slope) noexcept nogil:
    return scaled_tanh(x, <real>1, slope)


cdef inline real scaled_tanh_by_slope(real x, real scale, real slope) noexcept nogil:
    cdef real tail, low, ratio
    cdef real a = scaled_argument(x, slope, <real>2, bound_highest(x), &tail)
    cdef real held = <real>0 if a == bound_highest(x) else x
    return (logistic_slope(a, tail, &low, &ratio) * (scale * held)) * (<real>4 * unscale(x))


# tanh_shrink is in a file of its own; its slope in float64 is the hyperbolic tangent's square.

cdef inline real tanh_shrink_derivative(real x) noexcept nogil:
    cdef real low, t
    if real is float:
        return float_tanh_shrink_derivative(x)
    else:
        t = tanh_parts(at_most(absolute(x), bound_tanh_highest(x)), <real>0, &low)
        return fma(t, t, (t + t) * low)


cdef inline real tanh_shrink_second_derivative(real x) noexcept nogil:
    return -tanh_second_derivative(x)


# softsign: x / (1 + |x|). Slopes, and values in float, get back what rounding took from d = 1 + |x|.

cdef inline real one_plus(real a, real* lost) noexcept nogil:
    """1 + a, and what rounding took from it."""
    cdef real large = <real>1 if a < 1 else a
    cdef real little = a if a < 1 else <real>1
    cdef real d = large + little
    lost[0] = little - (d - large)
    return d


cdef inline real softsign(real x) noexcept nogil:
    cdef real a = at_most(absolute(x), bound_softsign_open(x))
    cdef real d = <real>1 + a
    return signed(quotient(a, d, a - (d - <real>1)), x)


cdef inline real softsign_slope(real x, real* s) noexcept nogil:
    """SCALE / (1 + |x|)^2, and sqrt(SCALE) / (1 + |x|)."""
    cdef real lost, c
    cdef real half_scale = <real>4294967296.0 if real is float else <real>18446744073709551616.0
    cdef real d = one_plus(at_most(absolute(x), bound_softsign_flat(x)), &lost)
    s[0] = half_scale / d
    c = fma(-lost, s[0], -product_error(s[0], d, half_scale)) * (<real>1 / half_scale)
    return fma(s[0], s[0], (s[0] * s[0]) * (c + c))


cdef inline real softsign_derivative(real x) noexcept nogil:
    cdef real s
    return softsign_slope(x, &s) * unscale(x)


cdef inline real softsign_backward_from_output(real dy, real y) noexcept nogil:
    cdef real rest = <real>1 - absolute(y)
    cdef real lost = (<real>1 - rest) - absolute(y)
    return dy * fma(rest, rest, (rest + rest) * lost)


cdef inline real softsign_second_derivative(real x) noexcept nogil:
    """-2 sign(x) / (1 + |x|)^3; 2 at the kink, as on the left."""
    cdef real s
    cdef real half_scale = <real>4294967296.0 if real is float else <real>18446744073709551616.0
    cdef real cube = softsign_slope(x, &s) * s
    return cube * ((<real>-2 if x > 0 else <real>2) / half_scale) * unscale(x)


# arctan: of x, or pi / 2 minus that of 1 / x; then t + t^3 P(t^2). pi / 2 and the reciprocal are carried as sums of two
# numbers.

cdef inline real arctan(real x) noexcept nogil:
    cdef real a = at_most(absolute(x), bound_arctan_flat(x))
    cdef real t = (<real>-1 if a > 1 else a) / (a if a > 1 else <real>1)
    cdef real u = t * t
    cdef real square, p, base, rest, first
    if real is float:
        # In terms of u - 3/4: in u it would be rounded at its largest near 1.
        square = u - <float>0.75
        p = fma(<float>-0.0017885095439851284, square, <float>0.00015862267173361033)
        p = fma(p, square, <float>-0.002125955419614911)
        p = fma(p, square, <float>0.0042099785059690475)
        p = fma(p, square, <float>-0.008321728557348251)
        p = fma(p, square, <float>0.017402077093720436)
        p = fma(p, square, <float>-0.03784555941820145)
        p = fma(p, square, <float>0.0880131945014)
        p = fma(p, square, <float>-0.2344827651977539)
        base = <float>1.5707963705062866 if a > 1 else <float>0
        rest = <float>-4.371139000186241e-08
    else:
        square = u * u
        p = fma(1.3225017251876287e-05, u, -0.0001521602717333937)
        p = fma(p, square, fma(0.000831319057616655, u, -0.002884910431827028))
        p = fma(p, square, fma(0.007196487408832359, u, -0.013900537635168827))
        p = fma(p, square, fma(0.02198482946550764, u, -0.029903839151365977))
        p = fma(p, square, fma(0.03664189887213481, u, -0.04219178377614862))
        p = fma(p, square, fma(0.047223220040613585, u, -0.05253518493718992))
        p = fma(p, square, fma(0.058805278025124016, u, -0.06666404055836797))
        p = fma(p, square, fma(0.0769227983913097, u, -0.0909090700298347))
        p = fma(p, square, fma(0.11111111007026145, u, -0.14285714282575127))
        p = fma(p, square, fma(0.19999999999951462, u, -0.3333333333333307))
        base = 1.5707963267948966 if a > 1 else <double>0
        rest = 6.123233995736766e-17
    # The remainder of the reciprocal, times the derivative 1 / (1 + u), for which a line is good enough here.
    rest = fma(product_error(t, a, <real>-1) * t, fma(u, <real>-0.5, <real>1), rest)
    first = base + t
    rest = (base - first) + t + (rest if a > 1 else <real>0)
    return signed(fma(t, u * p, rest) + first, x)


# Its derivative is 1 / (1 + x^2), over u^2 with a power of two u so small that nothing overflows before it is 0.

cdef inline real arctan_derivative(real x, bint near) noexcept nogil:
    cdef real unit = <real>1 if near else <real>6.103515625e-05 if real is float else 9.313225746154785e-10
    cdef real square = unit * unit
    cdef real h = x if near else at_most(absolute(x), bound_softsign_flat(x)) * unit
    cdef real s = fma(h, h, square)
    cdef real lost = sum_error(h, h, square, s) if near else line_lost(h, h, square, s)
    cdef real t = near_reciprocal(s)
    return fma(-fma(lost, t, product_error(s, t, <real>1)), t, t) * square


cdef inline real arctan_second_derivative(real x) noexcept nogil:
    return lorentz_derivative(x, <real>1)


# isru (Carlile et al. 2017): x (1 + alpha x^2)^(-1/2). x is held where nothing changes any more.

cdef inline real isru_parts(real x, real alpha, bint near, real* a, real* low) noexcept nogil:
    """(1 + alpha x^2)^(-1/2) as a sum of two numbers, and |x|."""
    cdef real rate, q, lost
    a[0] = absolute(x) if near else at_most(absolute(x), bound_isru_flat(x) / root(alpha))
    rate = alpha * a[0]
    q = fma(rate, a[0], <real>1)
    lost = sum_error(rate, a[0], <real>1, q) if near else line_lost(rate, a[0], <real>1, q)
    return guessed_reciprocal_root(q, fma(product_error(alpha, a[0], rate), a[0], lost), low)


cdef inline real isru(real x, real alpha, bint near) noexcept nogil:
    cdef real a, low
    cdef real s = isru_parts(x, alpha, near, &a, &low)
    return signed(fma(a, s, a * low), x)


cdef inline real isru_slope(real s, real low, real grown) noexcept nogil:
    """(s + low)^3 times a power of two."""
    cdef real square = s * s
    cdef real rest = fma(s + s, low, product_error(s, s, square))
    cdef real large = s * grown
    return fma(square, large, fma(square, low * grown, rest * large))


cdef inline real isru_derivative(real x, real alpha, bint near) noexcept nogil:
    cdef real a, low
    cdef real s = isru_parts(x, alpha, near, &a, &low)
    return isru_slope(s, low, <real>1) if near else isru_slope(s, low, scaling(s)) * unscale(x)


cdef inline real isru_second_derivative(real x, real alpha) noexcept nogil:
    """-3 alpha x (1 + alpha x^2)^(-5/2)"""
    cdef real a, s_low, low
    cdef real s = isru_parts(x, alpha, False, &a, &s_low)
    cdef real slope = isru_slope(s, s_low, scaling(s))
    cdef real y = product(a, s, s_low, &low)
    return -signed((((y + low) * (<real>3 * alpha)) * (s + s_low)) * slope * unscale(x), x)


cdef inline real isru_by_alpha(real x, real alpha) noexcept nogil:
    """-x^3 / 2 (1 + alpha x^2)^(-3/2)"""
    cdef real a, low
    cdef real s = isru_parts(x, alpha, False, &a, &low)
    cdef real y = product(a, s, low, &low)
    y += low
    return -signed(<real>0.5 * (y * y) * y, x)
