"""Formulas of the smooth rectifiers: kinks rounded off. Scalar mathematics and nothing else (see rectifiers.pxd)."""

from activations.formulas.elementary cimport (
    expm1_near_zero, expm1_of_sum, log1p_curvature, over_one_plus_exp,
    power_of_two, reduced, scaled_bias, unscale, unscaled_bias,
)
from activations.formulas.logarithms cimport log_in_two, log_of, sum_in_two
from activations.formulas.roots cimport (
    near_quotient, near_reciprocal, near_root, root_in_two, rounded_reciprocal_root, signed, stepped_reciprocal,
)
from activations.formulas.sigmoids cimport (
    isru, isru_by_alpha, isru_derivative, isru_second_derivative, log1p_exp_in_two, logistic_slope, tanh, tanh_derivative,
)
from activations.kernels.real cimport (
    absolute, at_least, at_most, bound_highest, bound_lowest,
    bound_saturated, bound_shallow, bound_zero, fma, product_error, real, sum_error,
)

cdef extern from "machine.h" nogil:
    """
    ACT_BOUNDS(smooth_last, 3.4028234663852886e38f, 1.7976931348623157e308)
    ACT_BOUNDS(smooth_one, 1.0f, 1.0)
    ACT_BOUNDS(smooth_wide, 1073741824.0f, 1152921504606846976.0)   /* 1 is nothing beside its square */
    """
    const float act_smooth_last_f
    const double act_smooth_last_d
    const float act_smooth_one_f
    const double act_smooth_one_d
    const float act_smooth_wide_f
    const double act_smooth_wide_d


cdef inline real bound_last(real like) noexcept nogil:
    return act_smooth_last_f if real is float else act_smooth_last_d


cdef inline real bound_one(real like) noexcept nogil:
    return act_smooth_one_f if real is float else act_smooth_one_d


cdef inline real bound_wide(real like) noexcept nogil:
    return act_smooth_wide_f if real is float else act_smooth_wide_d


# softplus (Dugas et al. 2001): max(x, 0) + log1p(exp(-|beta x|)) / beta. Past `threshold` it is the line, which only
# those who need PyTorch's bits ask for: every pass compares the rounded product, as PyTorch does, so that all switch at
# the same x.

cdef inline real softplus(real x, real beta, real threshold) noexcept nogil:
    cdef real u = beta * x
    cdef real tail = product_error(beta, x, u)
    # On the right the exponential ends earlier, as a normal number still, where the line is all there is.
    cdef real bounded = at_least(-absolute(u), -bound_saturated(x) if x > 0 else bound_lowest(x))
    cdef real power, low, high, rest, inverse, ratio, first, last, line, large, little, total
    tail = -tail if x > 0 else tail
    ratio = log1p_exp_in_two(bounded, tail if bounded == -absolute(u) else <real>0, &power, &low, &high, &rest)
    inverse = <real>1 / beta
    # Far left everything is scaled, since the exponential underflows.
    first = <real>4294967296.0 if u < -64 else <real>1
    last = <real>1 / <real>4294967296.0 if u < -64 else <real>1
    # 2^n / beta is exact; what the reciprocal of beta and the product lost goes into the rest.
    power *= inverse * (unscale(x) * first)
    line = at_least(x, bound_zero(x))
    total = ratio * power
    low = fma(low, power, product_error(ratio, power, total))
    low = fma(-product_error(beta, inverse, <real>1), total, low)
    low = fma(low, high + rest, low)
    ratio = total
    large = at_least(line, ratio)
    little = at_most(line, ratio)
    total = large + little
    low += (large - total) + little
    total = (total + fma(ratio, high, fma(ratio, rest, low))) * last
    return x if u > at_most(threshold, bound_saturated(x)) else total


cdef inline real softplus_parts(real x, real beta, real* power) noexcept nogil:
    """e^r - 1 and UNSCALE 2^n of e^-(beta x)."""
    cdef real u = beta * x
    cdef real bounded = at_least(at_most(u, bound_saturated(x)), bound_shallow(x))
    cdef real tail = product_error(beta, x, u) if bounded == u else <real>0
    return expm1_of_sum(-bounded, -tail, unscaled_bias(x), power)


cdef inline real softplus_derivative(real x, real beta, real threshold) noexcept nogil:
    cdef real power
    cdef real p = softplus_parts(x, beta, &power)
    return <real>1 if beta * x > threshold else over_one_plus_exp(unscale(x), p, power)


cdef inline real softplus_second_derivative(real x, real beta, real threshold) noexcept nogil:
    cdef real u = beta * x
    cdef real tail = product_error(beta, x, u)
    cdef real a = at_most(absolute(u), bound_highest(x))
    cdef real low, ratio, bend
    tail = tail if x > 0 else -tail
    tail = tail if a < bound_highest(x) else <real>0
    bend = logistic_slope(a, tail, &low, &ratio) * (beta * unscale(x))
    return <real>0 if u > threshold else bend


# By beta it varies with -(log1p(E) + a E / (1 + E)) / beta^2, a = |beta x| and E = e^-a: two terms of one sign.

cdef inline real softplus_by_beta(real x, real beta, real threshold) noexcept nogil:
    cdef real u = beta * x
    cdef real tail = product_error(beta, x, u)
    cdef real bounded = at_least(-absolute(u), bound_lowest(x))
    cdef real carrier, power, p, e, w
    tail = -tail if x > 0 else tail
    p = expm1_near_zero(reduced(bounded, scaled_bias(x), &carrier) + (tail if bounded > bound_lowest(x) else <real>0))
    power = power_of_two(carrier)
    e = fma(p, power, power) * unscale(x)
    w = fma(log1p_curvature(e), e, <real>1) - bounded / (<real>1 + e)
    w *= power
    w = fma(p, w, w) * unscale(x) / -(beta * beta)
    return <real>0 if u > threshold else w


# Square roots of sums come as two numbers.

cdef inline real root_of_squares(real a, real b, real* square, real* tail) noexcept nogil:
    """The square root of a^2 + b, where neither underflows nor overflows."""
    cdef real lost, product = a * a
    square[0] = sum_in_two(product, b, &lost)
    return root_in_two(square[0], lost + product_error(a, a, product), tail)


# squareplus (Barron 2021): (x + r) / 2, r = sqrt(x^2 + b), and below zero (b / 2) / (r - x), where x + r cancels. Squares
# of the very large and of the very small leave the range, so there both are scaled by a power of two and its square.

cdef inline real squareplus_scale(real a, real b) noexcept nogil:
    # One comparison each for |x| and the root of b together: GCC 12 fails to compile a conjunction at the baseline.
    cdef real large, small, t
    if real is float:
        large = at_least(a * <float>8.673617379884035e-19, b * <float>7.52316384526264e-37)
        small = at_least(a * <float>4398046511104, b * <float>1.9342813113834067e25)
        t = <float>1.2676506002282294e30 if small < 1 else <float>1
        return <float>5.421010862427522e-20 if large > 1 else t
    else:
        large = at_least(a * 3.054936363499605e-151, b * 9.332636185032189e-302)
        small = at_least(a * 2.2397447421778042e102, b * 5.016456510113119e204)
        t = 5.260135901548374e210 if small < 1 else <double>1
        return 7.458340731200207e-155 if large > 1 else t


cdef inline real squareplus_unscale(real t) noexcept nogil:
    """1 / t without a division."""
    if real is float:
        return <float>1 if t == 1 else <float>7.888609052210118e-31 if t > 1 else <float>1.8446744073709552e19
    else:
        return <double>1 if t == 1 else 1.9010915662951598e-211 if t > 1 else 1.3407807929942597e154


cdef inline real squareplus_root(real a, real b, real* square, real* lost, real* tail) noexcept nogil:
    """A number near the root of a^2 + b, and the sum with what rounding took from it."""
    cdef real product = a * a
    square[0] = sum_in_two(product, b, lost)
    lost[0] += product_error(a, a, product)
    return near_root(square[0], lost[0], tail)


cdef inline real squareplus(real x, real b, bint near) noexcept nogil:
    cdef real square, lost, root, tail, total, low, whole, above, below, limit
    cdef real a = absolute(x) if near else at_most(absolute(x), bound_last(x))
    cdef real t = <real>1 if near else squareplus_scale(a, b)
    a *= t
    root = squareplus_root(a, b * t * t, &square, &lost, &tail)
    total = a + root
    low = (a - (total - root)) + tail
    whole = total + low
    above = <real>0.5 * whole
    if not near:
        above *= squareplus_unscale(t)
        whole = <real>1 if whole == 0 else whole
    below = near_quotient(<real>0.5 * b * t, whole, (total - whole) + low, near_reciprocal(whole))
    limit = x if x > 0 else <real>0
    above = above if x >= 0 else below
    return limit if not near and absolute(x) > bound_last(x) else above


cdef inline real squareplus_derivative(real x, real b, bint near) noexcept nogil:
    """Below zero (b / 2) / (r^2 + |x| r); the slopes at x and -x are 1 together. For b = 0, which is relu, 0 at the kink."""
    cdef real root, tail, square, lost, shrunk, bottom, rest, slope
    cdef real a = absolute(x) if near else at_most(absolute(x), bound_last(x))
    cdef real t = <real>1 if near else squareplus_scale(a, b)
    a *= t
    root = squareplus_root(a, b * t * t, &square, &lost, &tail)
    shrunk = <real>1
    if not near:
        shrunk = unscale(x) if root > 1 else <real>1
        square = <real>1 if square == 0 else square * shrunk
        a *= shrunk
        lost *= shrunk
    bottom = fma(a, root, square)
    rest = fma(a, root, square - bottom) + fma(a, tail, lost)
    slope = near_quotient(<real>0.5 * b * t, bottom, rest, near_reciprocal(bottom))
    if not near:
        slope *= shrunk * t
        slope = <real>0 if absolute(x) > bound_last(x) else slope
    return <real>1 - slope if x > 0 else slope


cdef inline real squareplus_second_derivative(real x, real b) noexcept nogil:
    cdef real t, root, tail, square, bend, bottom, small, a = at_most(absolute(x), bound_last(x))
    t = squareplus_scale(a, b)
    root = root_of_squares(a * t, b * t * t, &square, &tail)
    small = unscale(x) if root > 1 else <real>1
    bottom = square * small * root
    bend = <real>0.5 * b * t / (<real>1 if bottom == 0 else bottom) * t * t * small
    return <real>0 if absolute(x) > bound_last(x) else bend if x == x else x


cdef inline real squareplus_by_b(real x, real b) noexcept nogil:
    cdef real t, root, tail, square, a = at_most(absolute(x), bound_last(x))
    t = squareplus_scale(a, b)
    root = root_of_squares(a * t, b * t * t, &square, &tail)
    return <real>0 if absolute(x) > bound_last(x) else <real>0.25 / root * t


# logcosh: |x| - ln2 + log1p(e^-2|x|), and around 0, where these cancel, x^2 / 2 + x^4 times a polynomial in x^2

cdef inline real logcosh_near(real w) noexcept nogil:
    """(log cosh x - w / 2) / w^2 for w = x^2 <= 1."""
    cdef real q
    if real is float:
        q = fma(<float>-2.6103161872015335e-05, w, <float>0.00017797817417886108)
        q = fma(q, w, <float>-0.0006820033304393291)
        q = fma(q, w, <float>0.0021632022690027952)
        q = fma(q, w, <float>-0.00674054492264986)
        q = fma(q, w, <float>0.022221611812710762)
        q = fma(q, w, <float>-0.08333331346511841)
    else:
        q = fma(7.251641134958842e-09, w, -7.346910057046518e-08)
        q = fma(q, w, 3.781781676670717e-07)
        q = fma(q, w, -1.3773239871183165e-06)
        q = fma(q, w, 4.1928495508629685e-06)
        q = fma(q, w, -1.1827945765225393e-05)
        q = fma(q, w, 3.27221679356399e-05)
        q = fma(q, w, -9.097120594449474e-05)
        q = fma(q, w, 0.00025657634239583776)
        q = fma(q, w, -0.000738602294041947)
        q = fma(q, w, 0.0021869487852776686)
        q = fma(q, w, -0.006746031741863693)
        q = fma(q, w, 0.022222222222093364)
        q = fma(q, w, -0.08333333333333194)
    return q


cdef inline real logcosh_far(real e) noexcept nogil:
    """(log(1 + e) - e) / e^2 for 0 <= e <= e^-2."""
    cdef real q
    if real is float:
        q = fma(<float>-0.12030600011348724, e, <float>0.19359883666038513)
        q = fma(q, e, <float>-0.2495839148759842)
        q = fma(q, e, <float>0.33332136273384094)
        q = fma(q, e, <float>-0.49999988079071045)
    else:
        q = fma(-0.04092259369604851, e, 0.07791661239241313)
        q = fma(q, e, -0.0975490820470556)
        q = fma(q, e, 0.11080965820610578)
        q = fma(q, e, -0.12497519992239449)
        q = fma(q, e, 0.1428557746286082)
        q = fma(q, e, -0.16666661695739024)
        q = fma(q, e, 0.19999999886046232)
        q = fma(q, e, -0.24999999998478586)
        q = fma(q, e, 0.33333333333323184)
        q = fma(q, e, -0.4999999999999998)
    return q


cdef inline real logcosh(real x) noexcept nogil:
    cdef real a = absolute(x), held = at_most(a, bound_saturated(x))
    cdef real w, near, far, e, carrier, power, p, lost
    near = at_most(a, bound_one(x))
    w = near * near
    near = fma(w * w, logcosh_near(w), <real>0.5 * product_error(near, near, w)) + <real>0.5 * w
    p = expm1_near_zero(reduced(<real>-2 * held, scaled_bias(x), &carrier))
    power = power_of_two(carrier) * unscale(x)
    e = fma(p, power, power)
    e = fma(e * e, logcosh_far(e), e)
    if real is float:
        far = held - <float>0.693145751953125
        lost = (held - far) - <float>0.693145751953125
        far += e + (lost - <float>1.428606765330187e-06)
        power = a - <float>0.6931471805599453
    else:
        far = held - 6.93147180369123816490e-01
        lost = (held - far) - 6.93147180369123816490e-01
        far += e + (lost - 1.9082149292705877e-10)
        power = a - 0.6931471805599453
    far = power if a > bound_saturated(x) else far
    return near if a < 1 else far


cdef inline real logcosh_derivative(real x) noexcept nogil:
    return tanh(x)


cdef inline real logcosh_second_derivative(real x) noexcept nogil:
    return tanh_derivative(x)


# isrlu (Carlile, Delamarter, Kinney, Marti, Whitney 2017): isru below zero

cdef inline real isrlu(real x, real alpha, bint near) noexcept nogil:
    cdef real y = isru(x, alpha, near)
    return x if x >= 0 else y


cdef inline real isrlu_derivative(real x, real alpha, bint near) noexcept nogil:
    cdef real slope = isru_derivative(x, alpha, near)
    return <real>1 if x >= 0 else slope


cdef inline real isrlu_second_derivative(real x, real alpha) noexcept nogil:
    cdef real bend = isru_second_derivative(x, alpha)
    return <real>0 if x >= 0 else bend


cdef inline real isrlu_by_alpha(real x, real alpha) noexcept nogil:
    cdef real y = isru_by_alpha(x, alpha)
    return <real>0 if x >= 0 else y


# bent_identity: x + (r - 1) / 2, r = sqrt(x^2 + 1), with r - 1 = x^2 / (r + 1)

cdef inline real bent_identity(real x) noexcept nogil:
    cdef real tail, bottom, ratio, held = at_most(at_least(x, -bound_wide(x)), bound_wide(x))
    cdef real square = fma(held, held, <real>1)
    cdef real root = near_root(square, fma(held, held, -square) + <real>1, &tail)
    bottom = root + <real>1
    tail += <real>1 - (bottom - root)
    ratio = near_quotient(<real>0.5 * held, bottom, tail, stepped_reciprocal(bottom))
    return signed(fma(at_least(x, -bound_last(x)), ratio, x), x)


cdef inline real bent_identity_derivative(real x) noexcept nogil:
    cdef real held = at_most(at_least(x, -bound_wide(x)), bound_wide(x))
    cdef real square = fma(held, held, <real>1)
    cdef real s = rounded_reciprocal_root(square, fma(held, held, -square) + <real>1)
    return fma(<real>0.5 * held, s, <real>1)


cdef inline real bent_identity_second_derivative(real x) noexcept nogil:
    cdef real square, tail, a = at_most(absolute(x), bound_last(x))
    cdef real root = root_of_squares(at_most(a, bound_wide(x)), <real>1, &square, &tail)
    root = a if a > bound_wide(x) else root
    square = a * unscale(x) * a if a > bound_wide(x) else square * unscale(x)
    return <real>0.5 / (square * root) * unscale(x)


# arcsinh: log(a + sqrt(a^2 + 1)), a = |x|, whose sum is carried in two numbers; x + x^3 times a polynomial around 0;
# log(2 a) where 1 is nothing beside a^2

cdef inline real arcsinh_near(real w) noexcept nogil:
    """(arcsinh(x) / x - 1) / w for w = x^2 <= 1 / 4."""
    cdef real q
    if real is float:
        q = fma(<float>-0.013237564824521542, w, <float>0.028169136494398117)
        q = fma(q, w, <float>-0.04438451677560806)
        q = fma(q, w, <float>0.0749865174293518)
        q = fma(q, w, <float>-0.1666664332151413)
    else:
        q = fma(0.0017180926887078885, w, -0.004747526402742086)
        q = fma(q, w, 0.007465608952137787)
        q = fma(q, w, -0.009534145696983284)
        q = fma(q, w, 0.011512984675547793)
        q = fma(q, w, -0.013960232314235146)
        q = fma(q, w, 0.01735238695692991)
        q = fma(q, w, -0.02237213835812583)
        q = fma(q, w, 0.030381943716381914)
        q = fma(q, w, -0.04464285712783122)
        q = fma(q, w, 0.07499999999984416)
        q = fma(q, w, -0.1666666666666661)
    return q


cdef inline real arcsinh(real x, bint near) noexcept nogil:
    cdef real square, root, tail, total, low, y, rest, a = absolute(x)
    cdef real held = a if near else at_most(a, bound_wide(x))
    square = fma(held, held, <real>1)
    root = root_in_two(square, sum_error(held, held, <real>1, square), &tail)
    total = held + root
    low = (held - (total - root)) + tail
    if near:
        y = log_in_two(total, low, <real>0, &rest)
        y += rest
    else:
        low = <real>0 if a > bound_wide(x) else <real>0.5 * low
        y = log_of(a if a > bound_wide(x) else <real>0.5 * total, low, <real>1)
    held *= held
    y = fma(a * held, arcsinh_near(held), a) if a < <real>0.5 else y
    return signed(y, x)


cdef inline real arcsinh_derivative(real x, bint near) noexcept nogil:
    """1 / sqrt(1 + x^2); where 1 is nothing beside x^2, and the square too large, of x in a unit."""
    cdef real unit, one, h, square, small = <real>1.3552527156068805e-20 if real is float else 2.913414348125081e-157
    unit = small if not near and absolute(x) > bound_wide(x) else <real>1
    one = <real>0 if not near and absolute(x) > bound_wide(x) else <real>1
    h = x if near else at_most(absolute(x), bound_last(x)) * unit
    square = fma(h, h, one)
    h = rounded_reciprocal_root(square, sum_error(h, h, one, square)) * unit
    return <real>0 if not near and absolute(x) > bound_last(x) else h


cdef inline real arcsinh_second_derivative(real x) noexcept nogil:
    cdef real square, tail, top, bend, a = absolute(x)
    cdef real root = root_of_squares(at_most(a, bound_wide(x)), <real>1, &square, &tail)
    top = <real>1 if a > bound_wide(x) else a
    bend = -top / (a * unscale(x) * a if a > bound_wide(x) else square * unscale(x) * root) * unscale(x)
    return -bend if x < 0 else bend


# log_symmetric: the sign of x times log(1 + |x|), with what rounding took from 1 + |x|

cdef inline real log_symmetric(real x) noexcept nogil:
    cdef real tail, a = absolute(x)
    cdef real u = sum_in_two(a, <real>1, &tail)
    cdef real y = log_of(u, tail if a < bound_last(x) else <real>0, <real>0)
    return x if x == 0 else -y if x < 0 else y


cdef inline real log_symmetric_derivative(real x) noexcept nogil:
    cdef real slope, tail, a = absolute(x)
    slope = <real>1 / sum_in_two(a, <real>1, &tail)
    return fma(slope, -tail * slope if a < bound_wide(x) else <real>0, slope)


cdef inline real log_symmetric_second_derivative(real x) noexcept nogil:
    """At the kink the value of the left, 1."""
    cdef real slope = log_symmetric_derivative(x)
    return -slope * slope if x > 0 else slope * slope
