"""Formulas of the gates: the input times a sigmoid of it. Scalar mathematics and nothing else (see rectifiers.pxd)."""

from activations.formulas.dish cimport dish, dish_derivative, dish_second_derivative
from activations.formulas.elementary cimport (
    crossover, exp_scaled_sum, exponent_bias, expm1_in_two, expm1_near_zero, expm1_of, expm1_of_sum, power_of_two,
    reduced, scaled_bias, unscale, unscaled_bias,
)
from activations.formulas.exponents cimport exp_in_two
from activations.formulas.logarithms cimport infinity, rough_reciprocal, sum_in_two
from activations.formulas.sigmoids cimport logistic_held
from activations.kernels.real cimport (
    absolute, at_least, at_most, bound_highest, bound_lowest, bound_saturated, bound_shallow, fma, product_error, real,
    sum_error,
)

cdef extern from "machine.h" nogil:
    """
    ACT_BOUNDS(finite, 3e38f, 1.7e308)         /* an infinity made finite */
    ACT_BOUNDS(quick_gelu, 70.5f, 458.0)       /* e^1.702x has long become 0 */
    ACT_BOUNDS(quick_gelu_open, 23.5f, 47.0)   /* 1 + e^-1.702x is 1 */
    ACT_BOUNDS(mish_open, 11.0f, 22.0)         /* mish' is 1 */
    ACT_BOUNDS(mish_flat, 60.0f, 385.0)        /* mish'' is 0 */
    ACT_BOUNDS(lisht_open, 12.0f, 22.0)        /* lisht' is 1 */
    ACT_BOUNDS(linear, 3.0517578125e-05f, 9.313225746154785e-10)  /* tanh(w) is w below it */
    ACT_BOUNDS(telu_open, 2.5f, 3.1)           /* telu' is 1 */
    ACT_BOUNDS(telu_flat, 4.08f, 5.97)         /* telu'' is 0 */
    """
    const float act_finite_f
    const double act_finite_d
    const float act_quick_gelu_f
    const double act_quick_gelu_d
    const float act_quick_gelu_open_f
    const double act_quick_gelu_open_d
    const float act_mish_open_f
    const double act_mish_open_d
    const float act_mish_flat_f
    const double act_mish_flat_d
    const float act_lisht_open_f
    const double act_lisht_open_d
    const float act_linear_f
    const double act_linear_d
    const float act_telu_open_f
    const double act_telu_open_d
    const float act_telu_flat_f
    const double act_telu_flat_d


cdef inline real bound_finite(real like) noexcept nogil:
    return act_finite_f if real is float else act_finite_d


cdef inline real bound_quick_gelu(real like) noexcept nogil:
    return act_quick_gelu_f if real is float else act_quick_gelu_d


cdef inline real bound_quick_gelu_open(real like) noexcept nogil:
    return act_quick_gelu_open_f if real is float else act_quick_gelu_open_d


cdef inline real bound_mish_open(real like) noexcept nogil:
    return act_mish_open_f if real is float else act_mish_open_d


cdef inline real bound_mish_flat(real like) noexcept nogil:
    return act_mish_flat_f if real is float else act_mish_flat_d


cdef inline real bound_lisht_open(real like) noexcept nogil:
    return act_lisht_open_f if real is float else act_lisht_open_d


cdef inline real bound_linear(real like) noexcept nogil:
    return act_linear_f if real is float else act_linear_d


cdef inline real bound_telu_open(real like) noexcept nogil:
    return act_telu_open_f if real is float else act_telu_open_d


cdef inline real bound_telu_flat(real like) noexcept nogil:
    return act_telu_flat_f if real is float else act_telu_flat_d


# Gates: x sigmoid(v) with v odd and rising in x is x / (1 + e^-v). The derivative is D for x < 0 and 1 - D from 0 on,
# D = sigmoid(-|v|) (1 - a v' sigmoid(|v|)) = E (1 + E - a v') / (1 + E)^2, a = |x|, E = e^-|v|. Written so, the terms that
# cancel have hardly been rounded: a v' - 1 is exact, and from 1 on E is small.

cdef inline real over_whole(real x, real p, real power) noexcept nogil:
    """x / (UNSCALE (1 + 2^n (1 + p))), power is UNSCALE 2^n: by a rounded sum, and then by how much that is off.

    x is first taken from the share of 1 + 2^n, which is most of it. What that lost in rounding, where one of the two is
    all but nothing, goes with the other share. And -0 stays -0.
    """
    cdef real base = power + unscale(x)
    cdef real part = fma(p, power, (power - base) + unscale(x))
    cdef real d = base + part
    cdef real y = x / d
    cdef real over = fma(y, part, fma(y, base, -x))
    return fma(over, -rough_reciprocal(d), y)


cdef inline real gate(real x, real bounded, real p, real power) noexcept nogil:
    """x sigmoid(v) from e^-v = SCALE power (1 + p), x bounded on the left where the gate is shut, and on the right, if one
    likes, where it is open."""
    cdef real y = over_whole(bounded, p, power)
    return x if x > bound_saturated(x) else y * unscale(x)


cdef inline real gate_slope_from(
    real x, real growth, real tail, real p, real p_low, real power, bint quickly
) noexcept nogil:
    """The derivative of the gate at x from e^-|v| = UNSCALE power (1 + p + p_low) and a v' = growth + tail.

    What E, the terms of the numerator and the denominator lost in rounding is given back where all of it comes together;
    `quickly` leaves what E and the last product lost, for which backward passes that are raced have no time.
    """
    cdef real small = power * unscale(x)
    cdef real e = fma(p, small, small)
    cdef real e_low = <real>0 if quickly else fma(p, small, fma(p_low, small, small - e))
    cdef real rest = <real>1 - growth
    cdef real top = rest + e
    cdef real top_low = ((rest - top) + e) + (-tail if quickly else e_low - tail)
    cdef real sum = <real>1 + e
    cdef real sum_low = e - (sum - <real>1)
    sum_low = sum_low if quickly else sum_low + e_low
    cdef real bottom = sum * sum
    cdef real share = <real>1 / bottom
    cdef real slope = top * share
    cdef real bottom_low = fma(sum + sum, sum_low, product_error(sum, sum, bottom))
    top_low = (top_low - fma(slope, bottom_low, product_error(slope, bottom, top))) * share
    top_low = fma(p, top_low, top_low if quickly else fma(p_low, slope, top_low))
    if quickly:
        slope = (slope + fma(p, slope, top_low)) * power
    else:
        sum = fma(p, slope, slope)
        slope = (sum + (fma(p, slope, slope - sum) + top_low)) * power
    return fma(slope, unscale(x) if x < 0 else -unscale(x), <real>0 if x < 0 else <real>1)


cdef inline real gate_slope(real x, real v, real v_tail, real growth, real tail) noexcept nogil:
    """The same from |v| = v + v_tail."""
    cdef real power, p_low
    cdef real p = expm1_in_two(-v, -v_tail, scaled_bias(x), &power, &p_low)
    return gate_slope_from(x, growth, tail, p, p_low, power, False)


cdef inline real squared_share(real e, real* share) noexcept nogil:
    """(1 + e)^-2, given back what 1 + e and its reciprocal lost in rounding; `share` is the reciprocal."""
    cdef real whole = <real>1 + e
    share[0] = <real>1 / whole
    cdef real c = fma(whole - <real>1 - e, share[0], -product_error(share[0], whole, <real>1))
    return fma(share[0], share[0], (share[0] * share[0]) * (c + c))


cdef inline real gate_bend(real a, real p, real power) noexcept nogil:
    """SCALE times silu's second derivative E / (1 + E)^2 (2 - a + 2 a E / (1 + E)), E = e^-a = UNSCALE power (1 + p)."""
    cdef real share, e = fma(p, power, power) * unscale(a)
    cdef real bend = squared_share(e, &share)
    bend = bend * fma(<real>2 * a * e, share, <real>2 - a)
    return fma(p, bend, bend) * power


# silu (Elfwing, Uchibe, Doya 2018; Hendrycks, Gimpel 2016): v = x

cdef inline real silu(real x) noexcept nogil:
    cdef real power
    cdef real held = logistic_held(x)
    cdef real p = expm1_of_sum(-held, <real>0, unscaled_bias(x), &power)
    return gate(x, held, p, power)


cdef inline real silu_derivative(real x) noexcept nogil:
    cdef real a = at_most(absolute(x), bound_highest(x))
    return gate_slope(x, a, <real>0, a, <real>0)


cdef inline real silu_backward(real dy, real x) noexcept nogil:
    cdef real power, a = at_most(absolute(x), bound_highest(x))
    cdef real p = expm1_of(-a, scaled_bias(x), &power)
    return dy * gate_slope_from(x, a, <real>0, p, <real>0, power, True)


cdef inline real silu_second_derivative(real x) noexcept nogil:
    cdef real power, a = at_most(absolute(x), bound_highest(x))
    cdef real p = expm1_of(-a, scaled_bias(x), &power)
    return gate_bend(a, p, power) * unscale(x)


# swish (Ramachandran, Zoph, Le 2017): v = beta x, carried as a sum of two numbers, since an error in v counts |v| times.
# With a small beta x may be larger than SCALE while the gate is half open, so that it is scaled first and not last.

cdef inline real swish_argument(real x, real beta, real low, real high, real* tail) noexcept nogil:
    """beta x, held between `low` and `high`."""
    cdef real finite = at_least(at_most(x, bound_finite(x)), -bound_finite(x))
    cdef real v = beta * finite
    cdef real held = at_least(at_most(v, high), low)
    tail[0] = product_error(beta, finite, v) if held == v else <real>0
    return held


cdef inline real swish(real x, real beta) noexcept nogil:
    cdef real power, tail
    cdef real v = swish_argument(x, beta, bound_shallow(x), bound_saturated(x), &tail)
    cdef real p = expm1_of_sum(-v, -tail, unscaled_bias(x), &power)
    cdef real opened = x if v > bound_shallow(x) else <real>0
    cdef bint far = absolute(x) > <real>1e9
    cdef real first = unscale(x) if far else <real>1
    cdef real last = <real>1 if far else unscale(x)
    cdef real y = over_whole(opened * first, p, power) * last
    return opened if absolute(x) == infinity(x) else y


cdef inline real swish_magnitude(real x, real beta, real high, real* v, real* tail) noexcept nogil:
    """|v| as a sum of two numbers, and beta x = v."""
    cdef real lost
    v[0] = swish_argument(x, beta, bound_lowest(x), high, &lost)
    tail[0] = -lost if v[0] < 0 else lost
    return absolute(v[0])


cdef inline real swish_parts(real x, real beta, real high, real* v, real* a, real* tail, real* power) noexcept nogil:
    """beta x = v, |v| = a + tail, and e^-a = UNSCALE power (1 + p); returns p."""
    a[0] = swish_magnitude(x, beta, high, v, tail)
    return expm1_of_sum(-a[0], -tail[0], scaled_bias(x), power)


cdef inline real swish_derivative(real x, real beta) noexcept nogil:
    cdef real v, tail
    cdef real a = swish_magnitude(x, beta, bound_saturated(x), &v, &tail)
    return gate_slope(v, a, tail, a, tail)


cdef inline real swish_second_derivative(real x, real beta) noexcept nogil:
    cdef real v, a, tail, power
    cdef real p = swish_parts(x, beta, bound_highest(x), &v, &a, &tail, &power)
    return beta * (gate_bend(a, p, power) * unscale(x))


cdef inline real swish_by_beta(real x, real beta) noexcept nogil:
    """x^2 s (1 - s): one factor x is taken before UNSCALE, the other after it."""
    cdef real v, a, tail, power, share
    cdef real p = swish_parts(x, beta, bound_highest(x), &v, &a, &tail, &power)
    cdef real opened = x if a < bound_highest(x) else <real>0
    share = squared_share(fma(p, power, power) * unscale(x), &tail)
    return (fma(p, share, share) * power * opened) * (opened * unscale(x))


# quick_gelu (Hendrycks, Gimpel 2016): v = 1.702 x, in two numbers too; the constant is a sum of two.

cdef inline real quick_rate(real like) noexcept nogil:
    return <real>1.702


cdef inline real quick_rate_tail(real like) noexcept nogil:
    if real is float:
        return <float>-2.193450927734375e-08
    else:
        return 4.263256414560601e-17


cdef inline real quick_argument(real x, real* tail) noexcept nogil:
    cdef real v = quick_rate(x) * x
    tail[0] = fma(quick_rate_tail(x), x, product_error(quick_rate(x), x, v))
    return v


cdef inline real quick_gelu(real x) noexcept nogil:
    cdef real power, tail, p, v
    cdef real bounded = at_least(x, -bound_quick_gelu(x))
    v = quick_argument(at_most(bounded, bound_quick_gelu_open(x)), &tail)
    p = expm1_of_sum(-v, -tail, unscaled_bias(x), &power)
    return gate(x, bounded, p, power)


cdef inline real quick_gelu_derivative(real x) noexcept nogil:
    cdef real tail
    cdef real v = quick_argument(at_most(absolute(x), bound_quick_gelu(x)), &tail)
    return gate_slope(x, v, tail, v, tail)


cdef inline real quick_gelu_second_derivative(real x) noexcept nogil:
    cdef real power, tail
    cdef real v = quick_argument(at_most(absolute(x), bound_quick_gelu(x)), &tail)
    cdef real p = expm1_of_sum(-v, -tail, scaled_bias(x), &power)
    return (quick_rate(x) * gate_bend(v, p, power)) * unscale(x)


# mish (Misra 2019): tanh(log(1 + e^x)) is rational in e^x, and x divided by D = 1 + 2 E^2 / (1 + 2 E), E = e^-x. As
# 1 + E - E / (1 + 2 E) D is rounded hardly more than once, and neither end of it overflows (UNSCALE E stands for E).
# The derivative with e = e^x and m = e (e + 2) + 2 is e ((e + 2) m + 4 x (1 + e)) / m^2 = 1 + (4 x e (1 + e) - 2 m) / m^2.

cdef inline real mish(real x) noexcept nogil:
    cdef real power, p_low
    cdef real held = at_least(at_most(x, bound_saturated(x)), bound_shallow(x))
    cdef real p = expm1_in_two(-held, <real>0, unscaled_bias(x), &power, &p_low)
    cdef real e = fma(p, power, power)
    cdef real part = e / fma(<real>2, e, unscale(x))
    cdef real large = power if power > crossover(x) * unscale(x) else <real>0
    cdef real first = (power - large) + unscale(x)
    cdef real rest = fma(p, power, -part * unscale(x))
    cdef real sum = first + rest
    cdef real d = sum + large
    cdef real lost = fma(p_low, power, ((first - sum) + rest) + ((large - d) + sum if large > 0 else <real>0))
    cdef real bounded = at_least(x, bound_shallow(x))
    cdef real y = bounded / d
    y = fma(-fma(y, lost, product_error(y, d, bounded)), rough_reciprocal(d), y) * unscale(x)
    return x if x > bound_saturated(x) else y


cdef inline real mish_derivative(real x) noexcept nogil:
    cdef real power, p_low, e, e_low, k, k_low, line, m, lost, share, ratio, top, wide
    cdef real bounded = at_least(at_most(x, bound_mish_open(x)), bound_lowest(x))
    cdef real p = expm1_in_two(bounded, <real>0, scaled_bias(x), &power, &p_low)
    wide = fma(p, power, power)
    e = wide * unscale(x)
    e_low = fma(p_low, power, fma(p, power, power - wide)) * unscale(x)
    k = e + <real>2
    m = fma(e, k, <real>2)
    share = <real>1 / m
    lost = fma(e, k, <real>2 - m) + fma(e_low, k + e, e * ((<real>2 - k) + e))
    lost = -fma(lost, share, product_error(share, m, <real>1)) * share
    # 4 (1 + e) / m = 2 - 2 e^2 / m: left of 0 the cancelling terms are then exact or small.
    line = fma(<real>2, bounded, <real>2)
    k = line + e
    k_low = fma(<real>2, bounded, <real>2 - line) + ((line - k) + e) + e_low if x < 0 else <real>0
    k = k if x < 0 else <real>-2
    ratio = e * bounded * (<real>-2 * e if x < 0 else fma(<real>4, e, <real>4))
    top = fma(ratio, share, k)
    k_low += sum_error(ratio, share, k, top)
    ratio = top * share
    lost = fma(top, lost, fma(k_low, share, product_error(top, share, ratio)))
    k = ratio + fma(p, ratio, fma(p, lost, fma(p_low, ratio, lost)))
    return k * power * unscale(x) if x < 0 else <real>1 + (ratio + lost)


cdef inline real mish_second_derivative(real x) noexcept nogil:
    """4 z (2 (1 + z) + x c) / m^2 with z = e^-|x|; right of 0, where 1 / z stands for e, the factor is 4 z^2.

    c is 1 - z^2 (4 + 2 z) / m on the left and -2 + z (1 + 6 z + 2 z^2) / m on the right.
    """
    cdef real power, z, k, m, w, lost, share, bend
    cdef real bounded = at_least(at_most(x, bound_mish_flat(x)), bound_lowest(x))
    cdef real p = expm1_of_sum(-absolute(bounded), <real>0, scaled_bias(x), &power)
    z = fma(p, power, power) * unscale(x)
    k = <real>2 + (z if x < 0 else z + z)
    m = fma(z, k, <real>2 if x < 0 else <real>1)
    w = -z * fma(z, <real>2, <real>4) if x < 0 else fma(z, fma(z, <real>2, <real>6), <real>1)
    share = <real>1 / m
    bend = fma(z, <real>2, <real>2 + (bounded if x < 0 else <real>-2 * bounded))
    bend = fma(bounded * z * w, share, bend)
    # 1 / m = share + lost
    lost = fma(z, k, (<real>2 if x < 0 else <real>1) - m)
    lost = -fma(lost, share, product_error(share, m, <real>1)) * share
    bend = bend * fma(share, share, <real>2 * share * lost)
    # Right of 0 (1 + p)^2 = 1 + p (2 + p).
    bend = fma(p if x < 0 else fma(p, p, p + p), bend, bend)
    bend = bend if x < 0 else bend * (power * unscale(x))
    return <real>4 * bend * power * unscale(x)


# lisht (Roy et al. 2019): x tanh x; the derivative is tanh + x (1 - tanh^2), odd, and the second four times silu'' at 2 x.
# tanh w is a polynomial up to 0.8, and beyond it 1 - r, r = 2 / (1 + e^2w), 1 - tanh^2 = r (2 - r).

cdef inline real tanh_curvature(real square) noexcept nogil:
    """(tanh(w) / w - 1) / w^2 from w^2, for w up to 0.8."""
    cdef real q
    if real is float:
        q = fma(<float>0.0015663375379517674, square, <float>-0.007377356290817261)
        q = fma(q, square, <float>0.02128220722079277)
        q = fma(q, square, <float>-0.05384629964828491)
        q = fma(q, square, <float>0.13332144916057587)
        q = fma(q, square, <float>-0.33333295583724976)
    else:
        q = fma(-1.2049802024066348e-06, square, 8.434179440031447e-06)
        q = fma(q, square, -3.1853058223474674e-05)
        q = fma(q, square, 9.173211417694058e-05)
        q = fma(q, square, -0.00023655113312764643)
        q = fma(q, square, 0.0005891094518280722)
        q = fma(q, square, -0.001455601513828195)
        q = fma(q, square, 0.0035920866330064454)
        q = fma(q, square, -0.00886323052660059)
        q = fma(q, square, 0.021869488145855893)
        q = fma(q, square, -0.053968253950230416)
        q = fma(q, square, 0.13333333333291286)
        q = fma(q, square, -0.3333333333333299)
    return q


cdef inline real tanh_missing(real w, real tail, real* low) noexcept nogil:
    """1 - tanh(w + tail) = 2 / (1 + e^2w) for w from 0 to 60 as a sum of two numbers."""
    cdef real power
    cdef real p = expm1_of_sum(<real>2 * w, <real>2 * tail, exponent_bias(w), &power)
    cdef real base = power + <real>1
    cdef real d = fma(p, power, base)
    cdef real r = <real>2 / d
    low[0] = (<real>-0.5 * r) * fma(r, sum_error(p, power, base, d), product_error(r, d, <real>2))
    return r


cdef inline real lisht(real x) noexcept nogil:
    cdef real low, a = at_most(absolute(x), bound_lisht_open(x))
    cdef real square = a * a
    cdef real near = square + fma(square * square, tanh_curvature(square), product_error(a, a, square))
    cdef real r = tanh_missing(a, <real>0, &low)
    cdef real product = a * r
    cdef real y = a - product
    low = ((a - y) - product) - fma(a, low, product_error(a, r, product))
    y = near if a < <real>0.8 else y + low
    return absolute(x) if a == bound_lisht_open(x) else y


cdef inline real lisht_derivative(real x) noexcept nogil:
    """tanh + x (1 - tanh^2), which is 1 - r + x r (2 - r) with r = 1 - tanh."""
    cdef real low, lost, a = at_most(absolute(x), bound_lisht_open(x))
    cdef real square = a * a
    cdef real q = tanh_curvature(square)
    cdef real t = fma(a * square, q, a)
    cdef real r = tanh_missing(a, <real>0, &low)
    cdef real rest = fma(-t, t, square * q)
    cdef real slope = <real>2 + rest
    lost = (<real>2 - slope) + rest
    slope = fma(a, slope, a * lost)
    rest = <real>1 - r
    lost = fma(low, fma(a + a, rest, <real>-1), (<real>1 - rest) - r)
    slope = slope if a < <real>0.8 else rest + fma(a * r, <real>2 - r, lost)
    return -slope if x < 0 else slope


cdef inline real lisht_second_derivative(real x) noexcept nogil:
    cdef real carrier, a = at_most(<real>2 * absolute(x), bound_highest(x))
    cdef real p = expm1_near_zero(reduced(-a, scaled_bias(x), &carrier))
    return <real>4 * gate_bend(a, p, power_of_two(carrier)) * unscale(x)


# telu (Fernandez, Mali 2024): x tanh(w), w = e^x. Far left tanh(w) is w to the last digit, and taken with SCALE.

cdef inline real telu(real x) noexcept nogil:
    cdef real carrier, w, lost, narrow, square, rest, left, right, low
    cdef real bounded = at_least(at_most(x, bound_telu_open(x)), bound_lowest(x))
    cdef real p = expm1_near_zero(reduced(bounded, scaled_bias(x), &carrier))
    cdef real power = power_of_two(carrier)
    w = fma(p, power, power)
    lost = fma(p, power, power - w) * unscale(x)
    narrow = w * unscale(x)
    square = at_least(narrow, bound_linear(x))
    square = square * square
    # x 2^n is exact: (1 + p) (1 + rest) is 1 and what is smaller.
    rest = square * tanh_curvature(square)
    left = bounded * power
    left = fma(left, p + fma(rest, p, rest), left) * unscale(x)
    rest = tanh_missing(narrow, lost, &low)
    right = fma(-bounded, rest, bounded)
    right = left if narrow < <real>0.8 else right
    return x if x > bound_telu_open(x) else right


cdef inline real telu_derivative(real x) noexcept nogil:
    """tanh(w) + x w (1 - tanh(w)^2): on the left w times 1 + x and what is small beside it."""
    cdef real p_low, power, w, square, w_low, low, lost, q, t, r, line, rest, left, right
    cdef real bounded = at_least(at_most(x, bound_telu_open(x)), bound_lowest(x))
    cdef real p = expm1_in_two(bounded, <real>0, scaled_bias(x), &power, &p_low)
    w = fma(p, power, power)
    w_low = fma(p_low, power, fma(p, power, power - w)) * unscale(x)
    w *= unscale(x)
    t = at_least(w, bound_linear(x))
    square = t * t
    q = tanh_curvature(square)
    # With r = tanh(w) / w - 1 the small terms are r - m (1 + r)^2, m = x w^2; what w lost in rounding moves them by
    # -(t + w q) and -2 x t (1 - t^2), t = tanh(w).
    lost = product_error(t, t, square)
    r = square * q
    rest = fma(t, r, t)
    low = w_low * fma(<real>-2 * bounded * rest, fma(-rest, rest, <real>1), -fma(rest, r + <real>1, t * q))
    low = fma(lost, q - bounded, low) + product_error(square, q, r)
    line = bounded * square
    low -= product_error(bounded, square, line)
    rest = sum_in_two(r, -line, &lost)
    left = fma(-line, fma(r, r, r + r), rest)
    low += lost + sum_error(-line, fma(r, r, r + r), rest, left)
    rest = left
    line = <real>1 + bounded
    left = line + rest
    rest = ((line - left) + rest) + ((bounded - (line - <real>1)) + low)
    left = left + fma(p, left, fma(p, rest, fma(p_low, left, rest)))
    left = (left * power) * unscale(x)
    # 1 - r + x w r (2 - r) with r = 1 - tanh(w)
    r = tanh_missing(w, w_low, &low)
    line = bounded * w
    rest = <real>1 - r
    low = fma(low, fma(line + line, rest, <real>-1), (<real>1 - rest) - r)
    right = rest + fma(line * r, <real>2 - r, low)
    return left if w < <real>0.8 else right


cdef inline real telu_second_derivative(real x) noexcept nogil:
    """w S (2 + x (1 - 2 w tanh(w))), where S = 4 E / (1 + E)^2 is the slope of tanh, E = e^-2w."""
    cdef real low, power, w, e, narrow, share, square, bend
    cdef real bounded = at_least(at_most(x, bound_telu_flat(x)), bound_lowest(x))
    cdef real p = exp_in_two(bounded, scaled_bias(x), &low, &power)
    w = fma(p, power, power)
    low = fma(low, power, fma(p, power, power - w))
    narrow = at_least(w * unscale(x), bound_linear(x))
    e = exp_scaled_sum(<real>-2 * narrow, <real>-2 * (low * unscale(x)))
    square = squared_share(e * unscale(x), &share)
    bend = fma(<real>-2 * narrow, fma(<real>-2 * (e * unscale(x)), share, <real>1), <real>1)
    bend = fma(bounded, bend, <real>2) * square
    # Right of 0 E may underflow, left of it w.
    bend *= <real>4 * (e if x > 0 else w)
    low = low * unscale(x) if x > 0 else <real>0
    return fma(bend, narrow if x > 0 else e * unscale(x), bend * low) * unscale(x)
