"""Formulas of the functions made of the normal distribution. Scalar mathematics and nothing else (see rectifiers.pxd)."""

from activations.formulas.elementary cimport (
    exp_scaled_sum, exponent_bias, expm1_curvature, expm1_in_two, expm1_of_sum, half_square_exp,
    ln2_low, log1p_curvature_in_two, normal_bend, normal_excess_in_two, normal_height_tail, normal_product, normal_rate,
    normal_slope, power_of_two, reduced_high, scaled_bias, unscale, unscaled_bias,
)
from activations.formulas.gates cimport bound_linear, gate, gate_slope, gate_slope_from, squared_share
from activations.formulas.logarithms cimport sum_in_two
from activations.kernels.real cimport (
    absolute, at_least, at_most, bound_gaussian, bound_gelu_tanh, bound_gelu_tanh_open, bound_gelu_tanh_shallow,
    bound_lowest, bound_normal, bound_zero, fma, product_error, real, sum_error,
)

cdef extern from "machine.h" nogil:
    """
    ACT_BOUNDS(erf_one, 4.0f, 6.0)             /* erf is 1 */
    ACT_BOUNDS(laplace, 16.272f, 39.947)       /* e^(-x^2 / 2) is 0 with SCALE too: it may be divided by a small sigma */
    ACT_BOUNDS(serf_open, 4.8f, 6.4)           /* serf' is 1 */
    ACT_BOUNDS(serf_flat, 10.9f, 27.9)         /* serf'' is 0 */
    """
    const float act_erf_one_f
    const double act_erf_one_d
    const float act_laplace_f
    const double act_laplace_d
    const float act_serf_open_f
    const double act_serf_open_d
    const float act_serf_flat_f
    const double act_serf_flat_d


cdef inline real bound_erf_one(real like) noexcept nogil:
    return act_erf_one_f if real is float else act_erf_one_d


cdef inline real bound_laplace(real like) noexcept nogil:
    return act_laplace_f if real is float else act_laplace_d


cdef inline real bound_serf_open(real like) noexcept nogil:
    return act_serf_open_f if real is float else act_serf_open_d


cdef inline real bound_serf_flat(real like) noexcept nogil:
    return act_serf_flat_f if real is float else act_serf_flat_d


# gelu (Hendrycks, Gimpel 2016): x Phi(x) = max(x, 0) - a Phi(-a), a = |x|, and Phi(-a) = exp(-a^2 / 2) R(a): no digit is
# lost in the left tail, where 1 + erf(x / sqrt 2) has none.

cdef inline real normal_tail(real a, real* t, real* low) noexcept nogil:
    """4 R(a) as a sum of two numbers, and t = 1 / (1 + c a)."""
    cdef real excess_low
    cdef real d = fma(a, normal_bend(a), <real>1)
    cdef real lost = sum_error(a, normal_bend(a), <real>1, d)
    t[0] = <real>1 / d
    cdef real t_low = -fma(lost, t[0], product_error(d, t[0], <real>1)) * t[0]
    cdef real u = fma(t[0], <real>2, <real>-1)
    cdef real excess = normal_excess_in_two(u, &excess_low)
    cdef real ratio = fma(excess, t[0], t[0])
    # What 2 t - 1 loses where t is below 1/4, and the excess varies with t_low too: a few digits are enough.
    excess_low = fma(<real>0.42, fma(t[0], <real>2, -<real>1 - u), excess_low)
    low[0] = fma(normal_rate(u), t_low, fma(excess_low, t[0], fma(excess, t[0], t[0] - ratio)))
    return ratio


cdef inline real gelu_exactly(real x) noexcept nogil:
    """With what the roundings of R and of the exponential took, for which float32 has no time where it is raced."""
    cdef real power, p_low, low, t, a = at_most(absolute(x), bound_normal(x))
    cdef real p = laplace_exp(a, <real>0, &power, &p_low)
    cdef real ratio = normal_tail(a, &t, &low)
    cdef real mass = ratio * a
    low = fma(low, a, product_error(ratio, a, mass))
    low = fma(p_low, mass, fma(p, low, low))
    return fma((mass + fma(p, mass, low)) * power, <real>-0.25 * unscale(x), at_least(x, bound_zero(x)))


cdef inline real gelu(real x) noexcept nogil:
    cdef real power, p, a
    if real is double:
        return gelu_exactly(x)
    else:
        a = at_most(absolute(x), bound_normal(x))
        p = half_square_exp(a, &power)
        return fma(normal_product(a, p, power), <real>-0.25 * unscale(x), at_least(x, bound_zero(x)))


cdef inline real gelu_slope(real x, real a, real* mass) noexcept nogil:
    """The derivative at x, held at |x| = a, and gelu's mass, -0.25 a times which is its value left of 0, with SCALE."""
    cdef real power, p_low, low
    cdef real p = laplace_exp(a, <real>0, &power, &p_low)
    cdef real slope = normal_slope(a, &low)
    mass[0] = fma(a, <real>1.5957691216057308, slope)
    mass[0] = fma(p, mass[0], mass[0]) * power
    low = fma(p_low, slope, fma(p, low, low))
    slope = (slope + fma(p, slope, low)) * power
    return fma(slope, (<real>0.25 if x < 0 else <real>-0.25) * unscale(x), <real>0 if x < 0 else <real>1)


cdef inline real gelu_derivative(real x) noexcept nogil:
    cdef real mass
    return gelu_slope(x, at_most(absolute(x), bound_normal(x)), &mass)


cdef inline real gelu_second_derivative(real x) noexcept nogil:
    """The density times 2 - x^2."""
    cdef real power, a = at_most(absolute(x), bound_normal(x))
    cdef real p = half_square_exp(a, &power)
    cdef real bend = <real>0.3989422804014327 * fma(-a, a, <real>2)
    return (fma(p, bend, bend) * power) * unscale(x)


# clipped_gelu: its two kinks lie where gelu rounds to a bound, although gelu itself is below x there: such a point counts
# as just left of the kink.

cdef inline real clipped_gelu(real x, real min_val, real max_val) noexcept nogil:
    return at_most(at_least(gelu_exactly(x), min_val), max_val)


cdef inline real clipped_gelu_derivative(real x, real min_val, real max_val) noexcept nogil:
    cdef real mass, a = at_most(absolute(x), bound_normal(x))
    cdef real slope = gelu_slope(x, a, &mass)
    # gelu's value, for the comparisons alone, from the same R(a).
    cdef real y = fma(mass, <real>-0.25 * a * unscale(x), at_least(x, bound_zero(x)))
    slope = <real>0 if y <= min_val else slope
    return <real>0 if y > max_val else slope


cdef inline real clipped_gelu_by_min_val(real x, real min_val, real max_val) noexcept nogil:
    """1 where it decides; NaN where x is NaN."""
    cdef real y = gelu_exactly(x)
    cdef real decides = <real>1 if min_val <= max_val else <real>0
    decides = decides if y <= min_val else y
    return <real>0 if y > min_val else decides


cdef inline real clipped_gelu_by_max_val(real x, real min_val, real max_val) noexcept nogil:
    """1 where it decides; NaN where x is NaN."""
    cdef real y = at_least(gelu_exactly(x), min_val)
    cdef real decides = <real>0 if y <= max_val else y
    return <real>1 if y > max_val else decides


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
    cdef real bounded = at_least(x, -bound_gelu_tanh_shallow(x))
    v = gelu_tanh_argument(at_most(bounded, bound_gelu_tanh_open(x)), &tail)
    p = expm1_of_sum(-v, -tail, unscaled_bias(x), &power)
    return gate(x, bounded, p, power)


cdef inline real gelu_tanh_rate(real a, real* lost) noexcept nogil:
    """v', the derivative of the argument, with what its rounding lost."""
    cdef real square = a * a
    cdef real cubic = <real>0.21406444881780073 * square
    cdef real rest, rate = sum_in_two(cubic, <real>1.5957691216057308, &rest)
    rest += fma(
        <real>0.21406444881780073, product_error(a, a, square), product_error(<real>0.21406444881780073, square, cubic)
    )
    if real is float:
        lost[0] = rest + fma(<float>-2.540834209696641e-10, square, <float>-4.534068054340423e-08)
    else:
        lost[0] = rest + fma(1.2025242832367862e-17, square, -9.96930880911092e-17)
    return rate


cdef inline real gelu_tanh_growth(real a, real v, real tail, real* low) noexcept nogil:
    """a v' = 3 v - 2 sqrt(8 / pi) a, the rest in `low`. Of the coefficient as much goes into the difference as leaves
    little of 3 tail."""
    cdef real coefficient, more
    if real is float:
        coefficient, more = <float>3.185480833053589, <float>-0.006057410035282373
    else:
        coefficient, more = 3.1854808783942694, -0.006057364817192013
    cdef real line = coefficient * a
    cdef real thrice = <real>3 * v
    cdef real growth = thrice - line
    low[0] = fma(<real>3, tail, product_error(<real>3, v, thrice)) - product_error(coefficient, a, line)
    low[0] = fma(more, a, low[0]) + ((thrice - growth) - line)
    return growth


cdef inline real gelu_tanh_derivative(real x) noexcept nogil:
    cdef real tail, low, a = at_most(absolute(x), bound_gelu_tanh(x))
    cdef real v = gelu_tanh_argument(a, &tail)
    cdef real growth = gelu_tanh_growth(a, v, tail, &low)
    return gate_slope(x, v, tail, growth, low)


cdef inline real gelu_tanh_backward(real dy, real x) noexcept nogil:
    cdef real tail, low, power, a = at_most(absolute(x), bound_gelu_tanh(x))
    cdef real v = gelu_tanh_argument(a, &tail)
    cdef real p = expm1_of_sum(-v, -tail, scaled_bias(x), &power)
    cdef real growth = gelu_tanh_growth(a, v, tail, &low)
    return dy * gate_slope_from(x, growth, low, p, <real>0, power, True)


cdef inline real gelu_tanh_second_derivative(real x) noexcept nogil:
    """s (1 - s) (2 v' + a v'' - a v'^2 tanh(v / 2)), even in x."""
    cdef real power, tail, share, lost, a = at_most(absolute(x), bound_gelu_tanh(x))
    cdef real v = gelu_tanh_argument(a, &tail)
    cdef real p = expm1_of_sum(-v, -tail, scaled_bias(x), &power)
    cdef real e = fma(p, power, power) * unscale(x)
    cdef real rate = gelu_tanh_rate(a, &lost)
    cdef real bend = squared_share(e, &share)
    # a v'^2, what its factors lost in rounding with the first term.
    cdef real growth = a * rate
    cdef real whole = growth * rate
    lost = fma(<real>2 * a, lost, product_error(a, rate, growth))
    lost = fma(lost, rate, product_error(growth, rate, whole))
    lost -= fma(<real>0.8562577952712029, a * a, <real>3.1915382432114616)
    bend = bend * fma(<real>2 * e * share, whole, -(whole + lost))
    return (fma(p, bend, bend) * power) * unscale(x)


# erf: x times a polynomial in x^2 up to 0.7, beyond it 1 - exp(-a P(a)), a = |x|: neither 0 nor the tail costs a digit
# (the form is N. Juffa's).

cdef inline real two_by_root_pi(real like) noexcept nogil:
    """2 / sqrt(pi), the derivative of erf at 0, rounded; with the next the whole."""
    return <real>1.1283791670955126


cdef inline real two_by_root_pi_tail(real like) noexcept nogil:
    if real is float:
        return <float>-5.8635382771399236e-08
    else:
        return 1.533545961316588e-17


cdef inline real erf_curvature(real square) noexcept nogil:
    """(erf(a) / a - 2 / sqrt(pi)) / a^2 from a^2, for a up to 0.7."""
    cdef real q
    if real is float:
        q = fma(<float>-0.0006953729316592216, square, <float>0.005139367189258337)
        q = fma(q, square, <float>-0.026845356449484825)
        q = fma(q, square, <float>0.11283566057682037)
        q = fma(q, square, <float>-0.37612631916999817)
    else:
        q = fma(1.180728472738826e-08, square, -1.6024724981759018e-07)
        q = fma(q, square, 1.643977256447406e-06)
        q = fma(q, square, -1.4924735817564983e-05)
        q = fma(q, square, 0.00012055308896700794)
        q = fma(q, square, -0.0008548326616843639)
        q = fma(q, square, 0.0052239776211877795)
        q = fma(q, square, -0.026866170644875023)
        q = fma(q, square, 0.1128379167095436)
        q = fma(q, square, -0.3761263890318374)
    return q


cdef inline real erf_decay(real a) noexcept nogil:
    """(-log(1 - erf(a)) / a - c) / a for a from 0.69 to bound_erf_one, c = erf_decay_start."""
    cdef real q
    if real is float:
        q = fma(<float>1.0031036254076753e-05, a, <float>-0.00010440712503623217)
        q = fma(q, a, <float>0.00023366563254967332)
        q = fma(q, a, <float>0.002192959887906909)
        q = fma(q, a, <float>-0.02155360020697117)
        q = fma(q, a, <float>0.10426728427410126)
        q = fma(q, a, <float>0.6361042261123657)
    else:
        q = fma(8.475443902019034e-14, a, -3.435270192381365e-12)
        q = fma(q, a, 6.275558169076633e-11)
        q = fma(q, a, -6.683108481881773e-10)
        q = fma(q, a, 4.3510321542940094e-09)
        q = fma(q, a, -1.432654496621643e-08)
        q = fma(q, a, -2.7356513187747468e-08)
        q = fma(q, a, 6.554076026464548e-07)
        q = fma(q, a, -4.422509540266812e-06)
        q = fma(q, a, 1.8871615340147407e-05)
        q = fma(q, a, -5.501342118201461e-05)
        q = fma(q, a, 9.714870438927614e-05)
        q = fma(q, a, -7.682570143420524e-06)
        q = fma(q, a, -0.0005627678171529134)
        q = fma(q, a, 0.0016787311885291317)
        q = fma(q, a, -0.00020063745897825502)
        q = fma(q, a, -0.01913154586062206)
        q = fma(q, a, 0.10277338444887668)
        q = fma(q, a, 0.6366196501158499)
    return q


cdef inline real erf_decay_start(real like) noexcept nogil:
    if real is float:
        return <float>1.128455400466919
    else:
        return 1.1283791760312112


cdef inline real erf_far(real a) noexcept nogil:
    """erf(a) for a from 0.69 to bound_erf_one: 1 less 2^n is exact, or no digit of 2^n counts, so that the rest of the
    exponential rounds but once."""
    cdef real power
    cdef real rise = erf_decay(a)
    cdef real q = fma(rise, a, erf_decay_start(a))
    cdef real product = a * q
    cdef real lost = fma(a, sum_error(rise, a, erf_decay_start(a), q), product_error(a, q, product))
    cdef real p = expm1_of_sum(-product, -lost, exponent_bias(a), &power)
    return fma(-p, power, <real>1 - power)


cdef inline real erf_missing_in_two(real a, real tail, real* low) noexcept nogil:
    """1 - erf(a + tail) as a sum of two numbers; its logarithm falls by nearly 1 + 1.65 a times the tail."""
    cdef real power, p_low, q_low
    cdef real rise = erf_decay(a)
    cdef real product = rise * a
    cdef real q = sum_in_two(erf_decay_start(a), product, &q_low)
    q_low += product_error(rise, a, product)
    product = a * q
    q_low = fma(a, q_low, product_error(a, q, product))
    q_low = fma(tail, fma(<real>1.65, a, <real>1), q_low)
    cdef real p = expm1_in_two(-product, -q_low, exponent_bias(a), &power, &p_low)
    cdef real missing = fma(p, power, power)
    low[0] = fma(p_low, power, fma(p, power, power - missing))
    return missing


cdef inline real erf(real x) noexcept nogil:
    cdef real a = at_most(absolute(x), bound_erf_one(x))
    cdef real square = a * a
    cdef real near = x * fma(square, erf_curvature(square), two_by_root_pi_tail(x))
    cdef real far = erf_far(a)
    near = fma(x, two_by_root_pi(x), near)
    far = -far if x < 0 else far
    return near if a < <real>0.7 else far


cdef inline real erf_slope(real a) noexcept nogil:
    """SCALE times erf'(a). The factor is multiplied by each part of e^r before they are added, of which two round."""
    cdef real carrier, n, high, rest, r
    cdef real square = a * a
    high = reduced_high(-square, scaled_bias(a), &carrier, &n)
    rest = fma(n, -ln2_low(a), -product_error(a, a, square))
    r = high + rest
    rest = fma(r * r, expm1_curvature(r), rest)
    rest = fma(rest, two_by_root_pi(a), fma(r, two_by_root_pi_tail(a), two_by_root_pi_tail(a)))
    return (fma(high, two_by_root_pi(a), rest) + two_by_root_pi(a)) * power_of_two(carrier)


cdef inline real erf_derivative(real x) noexcept nogil:
    return erf_slope(at_most(absolute(x), bound_gaussian(x))) * unscale(x)


cdef inline real erf_second_derivative(real x) noexcept nogil:
    cdef real a = at_most(absolute(x), bound_gaussian(x))
    cdef real bend = (<real>-2 * a * erf_slope(a)) * unscale(x)
    return -bend if x < 0 else bend


# laplace (Ma et al. 2023): Phi(z), z = (x - mu) / sigma, through the tail Phi(-|z|) = exp(-z^2 / 2) R(|z|). An error in z
# counts z^2 times, so that x - mu and z are carried as sums of two numbers.

cdef inline real laplace_argument(real x, real mu, real sigma, real* tail, real* inside) noexcept nogil:
    """z where it is held within bound_laplace, with its tail; `inside` is 0 where it is not, otherwise 1."""
    cdef real inverse = <real>1 / sigma
    cdef real d = x - mu
    cdef real shift = d - x
    cdef real lost = (x - (d - shift)) - (mu + shift)
    cdef real z = d * inverse
    cdef real held = at_least(at_most(z, bound_laplace(x)), -bound_laplace(x))
    lost = (lost - product_error(z, sigma, d)) * inverse
    tail[0] = lost if held == z else <real>0
    inside[0] = <real>1 if held == z else <real>0
    return held


cdef inline real laplace_exp(real z, real tail, real* power, real* low) noexcept nogil:
    """e^r - 1 as a sum of two numbers and SCALE 2^n of exp(-(z + tail)^2 / 2)."""
    cdef real square = z * z
    return expm1_in_two(
        <real>-0.5 * square, fma(-z, tail, <real>-0.5 * product_error(z, z, square)), scaled_bias(z), power, low
    )


cdef inline real laplace(real x, real mu, real sigma) noexcept nogil:
    cdef real tail, inside, power, p_low
    cdef real z = laplace_argument(x, mu, sigma, &tail, &inside)
    cdef real p = laplace_exp(z, tail, &power, &p_low)
    cdef real a = absolute(z)
    cdef real t, lost
    cdef real ratio = normal_tail(a, &t, &lost)
    # R varies with the tail of z.
    lost -= (tail if z > 0 else -tail) * ratio * t * fma(<real>0.45, t, normal_bend(a))
    ratio = (ratio + fma(p, ratio, fma(p_low, ratio, fma(p, lost, lost)))) * power
    return ratio * (<real>0.25 * unscale(x)) if z < 0 else fma(ratio, <real>-0.25 * unscale(x), <real>1)


cdef inline real laplace_density(real x, real mu, real sigma, real* z) noexcept nogil:
    """SCALE times the density of z, divided by sigma."""
    cdef real tail, inside, power, low
    z[0] = laplace_argument(x, mu, sigma, &tail, &inside)
    cdef real p = laplace_exp(z[0], tail, &power, &low)
    # The height in two numbers, which cost nothing where sigma is one for all.
    cdef real height = <real>0.3989422804014327 / sigma
    cdef real rest = (normal_height_tail(x) * <real>0.25 - product_error(height, sigma, <real>0.3989422804014327)) / sigma
    rest = fma(low, height, fma(p, rest, rest))
    return (fma(p, height, rest) + height) * (power * inside)


cdef inline real laplace_derivative(real x, real mu, real sigma) noexcept nogil:
    cdef real z
    return laplace_density(x, mu, sigma, &z) * unscale(x)


cdef inline real laplace_second_derivative(real x, real mu, real sigma) noexcept nogil:
    cdef real z
    cdef real density = laplace_density(x, mu, sigma, &z)
    return (density * (-z / sigma)) * unscale(x)


cdef inline real laplace_by_mu(real x, real mu, real sigma) noexcept nogil:
    return -laplace_derivative(x, mu, sigma)


cdef inline real laplace_by_sigma(real x, real mu, real sigma) noexcept nogil:
    cdef real z
    cdef real density = laplace_density(x, mu, sigma, &z)
    return (density * -z) * unscale(x)


# serf (Nag, Bhattacharyya 2021): x erf(w), w = log(1 + e^x). With z = e^-|x| w is log1p(z) left of 0, where erf(w) is a
# polynomial, and x + log1p(z) right of it, where 1 - erf(w) is small. The derivative is erf(w) + x 2 / sqrt(pi)
# exp(-w^2) s, s = sigmoid(x); left of 0 2 / sqrt(pi) z is taken out of it, so that 1 + x stands apart from small terms.

cdef inline real serf_parts(real x, real* p, real* p_low, real* power, real* z, real* low) noexcept nogil:
    """w where log1p(e^-|x|) = UNSCALE power (1 + w), and e^-|x| = z = UNSCALE power (1 + p); w and p as sums of two."""
    cdef real curvature, bent, rest, product
    p[0] = expm1_in_two(-absolute(x), <real>0, scaled_bias(x), power, p_low)
    z[0] = fma(p[0], power[0], power[0]) * unscale(x)
    curvature = log1p_curvature_in_two(z[0], &rest)
    bent = fma(z[0], p[0], z[0])
    product = curvature * bent
    rest = fma(rest, bent, product_error(curvature, bent, product))
    rest = fma(curvature, fma(z[0], p[0], z[0] - bent), rest)
    product = sum_in_two(p[0], product, low)
    low[0] += rest + p_low[0]
    return product


cdef inline real serf(real x) noexcept nogil:
    cdef real p, p_low, power, z, w, low, whole, lost, narrow, left, right, missing
    cdef real bounded = at_least(at_most(x, bound_erf_one(x)), bound_lowest(x))
    w = serf_parts(bounded, &p, &p_low, &power, &z, &low)
    whole = fma(w, power, power)
    lost = fma(low, power, fma(w, power, power - whole))
    narrow = at_least(whole * unscale(x), bound_linear(x))
    # x 2^n is exact, and (1 + w) erf(narrow) / narrow = (1 + w) (1 + k) is 1 and what is smaller.
    right = fma(narrow * narrow, erf_curvature(narrow * narrow), two_by_root_pi_tail(x)) + (two_by_root_pi(x) - <real>1)
    left = sum_in_two(w, fma(right, w, right), &missing)
    low = fma(low, right, low) + missing
    right = <real>1 + left
    low += (<real>1 - right) + left
    left = power * bounded
    left = fma(left, right, left * low) * unscale(x)
    # x less x times what erf misses, at x + log1p(z)
    narrow = fma(whole, unscale(x), bounded)
    low = narrow - bounded
    low = (bounded - (narrow - low)) + fma(whole, unscale(x), -low)
    missing = erf_missing_in_two(narrow, fma(lost, unscale(x), low), &low)
    lost = bounded * missing
    right = bounded - lost
    right += ((bounded - right) - lost) - fma(bounded, low, product_error(bounded, missing, lost))
    right = left if x < 0 else right
    return x if x > bound_erf_one(x) else right


cdef inline real serf_height(real x, real z, real z_low, real w, real tail, real* height, real* low) noexcept nogil:
    """x (exp(-w^2) / (1 + z) - 1) as a sum of two numbers, at w + tail and z + z_low; and exp(-w^2)."""
    cdef real power, q_low, lost, rest, product
    cdef real square = w * w
    cdef real q = expm1_in_two(
        -square, -fma(w + w, tail, product_error(w, w, square)), exponent_bias(x), &power, &q_low
    )
    cdef real top = fma(q, power, power - <real>1)
    q_low = fma(q_low, power, sum_error(q, power, power - <real>1, top)) - z_low
    height[0] = fma(q, power, power)
    top = sum_in_two(top, -z, &lost)
    q_low += lost
    cdef real bottom = <real>1 + z
    cdef real share = <real>1 / bottom
    rest = top * share
    lost = fma(rest, (z - (bottom - <real>1)) + z_low, product_error(rest, bottom, top))
    q_low = (q_low - lost) * share
    product = x * rest
    low[0] = fma(x, q_low, product_error(x, rest, product))
    return product


cdef inline real serf_derivative(real x) noexcept nogil:
    cdef real p, p_low, power, z, z_low, w, w_low, low, lost, narrow, tail, height, line, rest, left, right, whole
    cdef real bounded = at_least(at_most(x, bound_serf_open(x)), bound_lowest(x))
    w = serf_parts(bounded, &p, &p_low, &power, &z, &w_low)
    z_low = fma(p, power, fma(p_low, power, power)) * unscale(x) - z
    whole = fma(w, power, power)
    tail = fma(w_low, power, fma(w, power, power - whole)) * unscale(x)
    w = whole * unscale(x)
    narrow = at_least(w, bound_linear(x))
    narrow = narrow if x < 0 else sum_in_two(bounded, w, &low)
    tail += <real>0 if x < 0 else low
    right = serf_height(bounded, z, z_low, narrow, tail, &height, &low)
    # w / z - 1 and erf(w) / w - 1 in units of its value at 0
    rest = log1p_curvature_in_two(z, &lost)
    left = z * rest
    low += fma(z, lost, product_error(z, rest, left)) + z_low * fma(z, fma(z, <real>-0.13, <real>0.25), rest)
    line = narrow * narrow
    rest = <real>0.886226925452758 * line * erf_curvature(line)
    right = sum_in_two(right, left * rest, &lost)
    low += lost
    left = sum_in_two(left, rest, &lost)
    low += lost
    rest = sum_in_two(left, right, &lost)
    low += lost
    line = <real>1 + bounded
    low += bounded - (line - <real>1)
    left = sum_in_two(line, rest, &lost)
    low += lost
    rest = fma(p, left, fma(p, low, fma(p_low, left, low)))
    line = left + rest
    low = (left - line) + rest
    left = fma(line, two_by_root_pi(x), fma(line, two_by_root_pi_tail(x), low * two_by_root_pi(x)))
    left = (left * power) * unscale(x)
    right = height / (<real>1 + z) * (two_by_root_pi(x) * bounded)
    rest = erf_missing_in_two(at_most(narrow, bound_erf_one(x)), tail, &low)
    line = <real>1 - rest
    right = line + (right + (((<real>1 - line) - rest) - low))
    return left if x < 0 else right


cdef inline real serf_second_derivative(real x) noexcept nogil:
    """2 / sqrt(pi) exp(-w^2) s (2 + x (1 - s - 2 w s)), w in two numbers right of 0."""
    cdef real p, p_low, power, z, w, low, narrow, square, height, share, rest, factor, bend
    cdef real bounded = at_least(at_most(x, bound_serf_flat(x)), bound_lowest(x))
    w = serf_parts(bounded, &p, &p_low, &power, &z, &low)
    w = fma(w, power, power) * unscale(x)
    low = w if x > 0 else at_least(w, bound_linear(x))
    narrow = low + (bounded if x > 0 else <real>0)
    low = low + ((bounded if x > 0 else <real>0) - narrow)
    square = narrow * narrow
    height = exp_scaled_sum(-square, -fma(narrow + narrow, low, product_error(narrow, narrow, square)))
    rest = <real>1 + z
    share = <real>1 / rest
    share = fma(-share, fma(z - (rest - <real>1), share, product_error(share, rest, <real>1)), share)
    rest = z * share
    # s is z / (1 + z) left of 0, and 1 / (1 + z) right of it; what may underflow comes with SCALE.
    bend = fma(<real>-2 * narrow, rest if x < 0 else share, share if x < 0 else rest)
    bend = fma(bounded, bend, <real>2) * share
    factor = fma(p, power, power) if x < 0 else height
    bend = fma(bend, two_by_root_pi(x), bend * two_by_root_pi_tail(x))
    return (bend * factor) * ((height * unscale(x) if x < 0 else <real>1) * unscale(x))
