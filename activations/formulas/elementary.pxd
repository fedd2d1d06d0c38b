"""Exponentials and logarithms as branch-free polynomials: the building blocks of the formulas.

exp: x = n ln2 + r with |r| <= ln2 / 2. Adding 1.5 * 2^(mantissa bits) rounds x / ln2 to the whole number n and leaves
n in the low bits of the sum (the *carrier*), from where a shift puts it into an exponent. e^r - 1 = r + r^2 q(r), q a
minimax polynomial (relative error of e^r - 1: 2^-26 in float, 2^-61 in double). ln2 is split in two so that n * high
part cancels against x without error.

A result may underflow although nothing before it does, so exponentials of negative arguments come multiplied by
SCALE = 2^64 (float) or 2^128 (double): every intermediate stays a normal number, no lane pays for subnormals, and the
one multiplication by UNSCALE at the end rounds a subnormal result correctly.
"""

from activations.formulas.logarithms cimport rough_reciprocal, sum_in_two
from activations.kernels.real cimport (
    absolute, act_bits32, act_bits64, act_float32, act_float64, fma, product_error, real, sum_error,
)


cdef inline real scale(real like) noexcept nogil:
    if real is float:
        return <float>1.8446744073709551616e19
    else:
        return 3.402823669209384634634e38


cdef inline real unscale(real like) noexcept nogil:
    if real is float:
        return <float>5.421010862427522e-20
    else:
        return 2.938735877055718769922e-39


cdef inline real ln2_low(real like) noexcept nogil:
    if real is float:
        return <float>1.428606765330187e-06
    else:
        return 1.9082149292705877e-10


cdef inline real carrier_of(int n, real like) noexcept nogil:
    """The sum that holds n in its low bits."""
    if real is float:
        return <float>12582912 + n
    else:
        return 6755399441055744.0 + n


cdef inline real reduced_high_from(real x, real zero, real* carrier, real* n) noexcept nogil:
    """x - n times the high part of ln2, exactly; the carrier is `zero` + n."""
    if real is float:
        carrier[0] = fma(x, <float>1.4426950408889634, zero)
        n[0] = carrier[0] - zero
        return fma(n[0], <float>-0.693145751953125, x)
    else:
        carrier[0] = fma(x, 1.4426950408889634074, zero)
        n[0] = carrier[0] - zero
        return fma(n[0], -6.93147180369123816490e-01, x)


cdef inline real reduced_from(real x, real zero, real* carrier) noexcept nogil:
    """r = x - n ln2; the carrier is `zero` + n."""
    cdef real n
    cdef real high = reduced_high_from(x, zero, carrier, &n)
    return fma(n, -ln2_low(x), high)


cdef inline real reduced_high(real x, int bias, real* carrier, real* n) noexcept nogil:
    """x - n times the high part of ln2, exactly; the carrier's low bits hold n + bias."""
    return reduced_high_from(x, carrier_of(bias, x), carrier, n)


cdef inline real reduced(real x, int bias, real* carrier) noexcept nogil:
    """r = x - n ln2; the carrier's low bits hold n + bias."""
    return reduced_from(x, carrier_of(bias, x), carrier)


cdef inline real expm1_curvature(real r) noexcept nogil:
    """q(r) = (e^r - 1 - r) / r^2 for |r| <= ln2 / 2, by Estrin's scheme: the chain of dependent operations counts."""
    cdef real square = r * r
    cdef real low, middle, high
    if real is float:
        low = fma(<float>0.16666540503501892, r, <float>0.5)
        middle = fma(<float>0.00836691539734602, r, <float>0.04166647419333458)
        middle = fma(<float>0.0013934193411841989, square, middle)
        return fma(middle, square, low)
    else:
        high = fma(2.0922460710136298e-09, square, fma(2.5109503171120264e-08, r, 2.7557249956929946e-07))
        high = fma(high, square, fma(2.755724302111004e-06, r, 2.4801587350814214e-05))
        middle = fma(0.00019841269887135358, r, 0.001388888888887284)
        low = fma(0.008333333333321313, r, 0.041666666666666685)
        low = fma(middle, square, low)
        low = fma(high, square * square, low)
        return fma(low, square, fma(0.16666666666666677, r, <double>0.5))


cdef inline real expm1_near_zero(real r) noexcept nogil:
    """e^r - 1 for |r| <= ln2 / 2."""
    return fma(r * r, expm1_curvature(r), r)


cdef inline real power_of_two(real carrier) noexcept nogil:
    """2^n, from a carrier whose bias is the exponent bias of the type (SCALE 2^n, where it is scaled_bias).

    Multiplying by it, instead of adding n to the bits of an exponent, keeps NaN a NaN whatever its payload.
    """
    if real is float:
        return act_float32(act_bits32(carrier) << 23)
    else:
        return act_float64(act_bits64(carrier) << 52)


cdef inline int exponent_bias(real like) noexcept nogil:
    if real is float:
        return 127
    else:
        return 1023


cdef inline int scaled_bias(real like) noexcept nogil:
    """The exponent bias and SCALE's exponent."""
    if real is float:
        return 127 + 64
    else:
        return 1023 + 128


cdef inline int unscaled_bias(real like) noexcept nogil:
    """The exponent bias and UNSCALE's exponent."""
    if real is float:
        return 127 - 64
    else:
        return 1023 - 128


cdef inline real exp_reduced(real r, real carrier) noexcept nogil:
    """e^r * 2^n (and SCALE), with one rounding after those of e^r - 1."""
    cdef real power = power_of_two(carrier)
    return fma(expm1_near_zero(r), power, power)


cdef inline real expm1_apart(real x, real tail, int bias, real* power, real* rest) noexcept nogil:
    """e^r - 1 as two numbers that have not been added, and 2^n (scaled as the bias says) of e^(x + tail), where tail is
    below the last bit of x.

    x - n times the high part of ln2 is exact; what is below it goes in after the polynomial, so that r is not rounded.
    """
    cdef real carrier, n, low, r
    cdef real high = reduced_high(x, bias, &carrier, &n)
    power[0] = power_of_two(carrier)
    low = fma(n, -ln2_low(x), tail)
    r = high + low
    rest[0] = fma(r * r, expm1_curvature(r), low)
    return high


cdef inline real expm1_of_sum(real x, real tail, int bias, real* power) noexcept nogil:
    """The same as their sum."""
    cdef real rest
    cdef real high = expm1_apart(x, tail, bias, power, &rest)
    return high + rest


cdef inline real expm1_of(real x, int bias, real* power) noexcept nogil:
    """The same of x alone, with r rounded: a twentieth of an ulp of e^x."""
    cdef real carrier
    cdef real r = reduced(x, bias, &carrier)
    power[0] = power_of_two(carrier)
    return expm1_near_zero(r)


cdef inline real expm1_in_two(real x, real tail, int bias, real* power, real* low) noexcept nogil:
    """The same with what the last rounding of e^r - 1 took from it, in `low`."""
    cdef real carrier, n, high, rest, r, q, p
    high = reduced_high(x, bias, &carrier, &n)
    power[0] = power_of_two(carrier)
    rest = fma(n, -ln2_low(x), tail)
    r = high + rest
    q = expm1_curvature(r)
    p = high + fma(r * r, q, rest)
    low[0] = fma(r * r, q, rest - (p - high))
    return p


cdef inline real exp_scaled_sum(real x, real tail) noexcept nogil:
    """e^(x + tail) * SCALE."""
    cdef real power
    cdef real p = expm1_of_sum(x, tail, scaled_bias(x), &power)
    return fma(p, power, power)


cdef inline real crossover(real like) noexcept nogil:
    """From which power of two on 1 is added to the rest of e^v, and not to the power."""
    if real is float:
        return <float>2048
    else:
        return <double>1048576


cdef inline real over_one_plus_exp(real x, real p, real power) noexcept nogil:
    """x / (UNSCALE (1 + 2^n (1 + p))), power is UNSCALE 2^n: by the rounded sum, and then by how much that is off.

    x is first taken from the power's share, which may be nearly all of it: that is exact. And -0 stays -0.
    """
    cdef real part = p * power
    cdef real d = (power + unscale(x)) + part
    cdef real y = x / d
    cdef real over = fma(y, part, fma(y, unscale(x), fma(y, power, -x)))
    return fma(over, -rough_reciprocal(d), y)


cdef inline real log1p_curvature_in_two(real e, real* low) noexcept nogil:
    """(log(1 + e) - e) / e^2 for 0 <= e <= 1; in float what the last rounding took comes apart, in `low`."""
    cdef real q, s, w, inverse, curvature
    if real is float:
        q = fma(<float>-0.001260743592865765, e, <float>0.00897385273128748)
        q = fma(q, e, <float>-0.029924752190709114)
        q = fma(q, e, <float>0.06368735432624817)
        q = fma(q, e, <float>-0.10099074244499207)
        q = fma(q, e, <float>0.1341409981250763)
        q = fma(q, e, <float>-0.16449172794818878)
        q = fma(q, e, <float>0.19964711368083954)
        q = fma(q, e, <float>-0.2499658465385437)
        q = fma(q, e, <float>0.3333316445350647)
        curvature = fma(q, e, <float>-0.4999999701976776)
        low[0] = fma(q, e, <float>-0.4999999701976776 - curvature)
        return curvature
    else:
        low[0] = 0
        # 2 atanh(s) with s = e / (2 + e): 2 s + 2 s^3 w(s^2), and 2 s = e - s e.
        inverse = <double>1 / (<double>2 + e)
        s = e * inverse
        q = s * s
        w = fma(0.08508091882099462, q, 0.041707347523692165)
        w = fma(w, q, 0.060528760544688254)
        w = fma(w, q, 0.06650509518582114)
        w = fma(w, q, 0.07693278079901743)
        w = fma(w, q, 0.09090872059769994)
        w = fma(w, q, 0.11111111981767015)
        w = fma(w, q, 0.14285714273984382)
        w = fma(w, q, 0.20000000000078075)
        w = fma(w, q, 0.33333333333333154)
        # (log1p(e) - e) / e^2 = (2 s^3 w - s e) / e^2, and s / e = 1 / (2 + e).
        return fma(<double>2 * s * w, inverse, -<double>1) * inverse


cdef inline real log1p_curvature(real e) noexcept nogil:
    cdef real low
    return log1p_curvature_in_two(e, &low)


# The normal tail: Phi(-a) = e^(-a^2 / 2) R(a), R falling from 1/2 like 1 / a. R = (1 + excess(t)) / (4 (1 + c a)) with
# excess a polynomial in t = (1 - c a) / (1 + c a), whose coefficients fall so fast that evaluating it loses nothing
# (after Shepherd and Laframboise 1981).

cdef inline real normal_bend(real like) noexcept nogil:
    """The constant c, chosen for the shortest polynomial."""
    if real is float:
        return <float>0.345703125
    else:
        return 0.3125


cdef inline real normal_excess_bend(real t) noexcept nogil:
    """All but the last two coefficients of the excess."""
    cdef real excess, odd, square
    if real is float:
        excess = fma(<float>7.529957656515762e-05, t, <float>-0.00010456886957399547)
        excess = fma(excess, t, <float>-0.0005104425363242626)
        excess = fma(excess, t, <float>0.0010904842056334019)
        excess = fma(excess, t, <float>0.0024842307902872562)
        excess = fma(excess, t, <float>-0.007724226452410221)
        excess = fma(excess, t, <float>-0.019018275663256645)
        excess = fma(excess, t, <float>0.04648474231362343)
        excess = fma(excess, t, <float>0.2902766168117523)
    else:
        # Odd and even powers apart: one chain of so many steps would be waited for.
        square = t * t
        odd = fma(-8.694686097211091e-10, square, 4.962342501280091e-10)
        odd = fma(odd, square, 2.8029813615054486e-08)
        odd = fma(odd, square, -1.6347638051373335e-07)
        odd = fma(odd, square, 4.339974284340175e-07)
        odd = fma(odd, square, -2.3809267307394962e-09)
        odd = fma(odd, square, -6.637498945758592e-06)
        odd = fma(odd, square, 4.6294056282957205e-05)
        odd = fma(odd, square, -0.0002514106238011249)
        odd = fma(odd, square, 0.0014317928381978782)
        odd = fma(odd, square, -0.01035728614493338)
        odd = fma(odd, square, 0.09254277419498524)
        excess = fma(3.30623787740891e-09, square, -2.031379975367472e-08)
        excess = fma(excess, square, 3.960555513552721e-08)
        excess = fma(excess, square, 1.1134950679481962e-07)
        excess = fma(excess, square, -1.1261023570625215e-06)
        excess = fma(excess, square, 4.719949011935348e-06)
        excess = fma(excess, square, -1.256513602770938e-05)
        excess = fma(excess, square, 1.2394108946368791e-05)
        excess = fma(excess, square, 0.00011052617202380993)
        excess = fma(excess, square, -0.0009103075101466866)
        excess = fma(excess, square, -0.002025393033146561)
        excess = fma(excess, square, 0.33230069628127346)
        excess = fma(odd, t, excess)
    return excess


cdef inline real normal_excess_slope(real like) noexcept nogil:
    if real is float:
        return <float>0.684425413608551
    else:
        return 0.667255252129782


cdef inline real normal_excess_middle(real like) noexcept nogil:
    if real is float:
        return <float>0.0025207314174622297
    else:
        return -0.08014015342534585


cdef inline real normal_excess(real t) noexcept nogil:
    """The same in a single number; in float by two coefficients less, since the error of their leaving is a tenth of all."""
    cdef real excess
    if real is float:
        excess = fma(<float>-0.00044621896813623607, t, <float>0.0009744260460138321)
        excess = fma(excess, t, <float>0.002467019483447075)
        excess = fma(excess, t, <float>-0.007680236827582121)
        excess = fma(excess, t, <float>-0.019016357138752937)
        excess = fma(excess, t, <float>0.04647846892476082)
        excess = fma(excess, t, <float>0.2902764678001404)
        excess = fma(excess, t, <float>0.6844256520271301)
        return fma(excess, t, <float>0.0025207356084138155)
    else:
        return fma(fma(normal_excess_bend(t), t, normal_excess_slope(t)), t, normal_excess_middle(t))


cdef inline real normal_excess_in_two(real t, real* low) noexcept nogil:
    """The same with what the last two sums took from it, in `low`: where the last term is not the smaller one, nothing
    of it counts."""
    cdef real bend = normal_excess_bend(t)
    cdef real rise = fma(bend, t, normal_excess_slope(t))
    cdef real product = rise * t
    cdef real excess = product + normal_excess_middle(t)
    low[0] = fma(sum_error(bend, t, normal_excess_slope(t), rise), t, product_error(rise, t, product))
    low[0] += (product - excess) + normal_excess_middle(t)
    return excess


cdef inline real normal_height_tail(real like) noexcept nogil:
    """4 / sqrt(2 pi) less what it is rounded to."""
    if real is float:
        return <float>-4.534068054340423e-08
    else:
        return -9.96930880911092e-17


cdef inline real normal_rate(real u) noexcept nogil:
    """How 4 R varies with 1 / (1 + c a) = (1 + u) / 2: to a few digits, enough for what rounding took from that."""
    return fma(fma(<real>1.07, u, <real>1.9), u, <real>1.67)


cdef inline real half_square_exp_in_two(real a, real* power, real* low) noexcept nogil:
    """e^r - 1 and SCALE 2^n of e^(-a^2 / 2). The square carries the error of its rounding into the exponential.

    What the last two roundings took from e^r - 1 is in `low`.
    """
    cdef real square = a * a
    cdef real carrier, n, r, p, q
    if real is float:
        # In terms of a^2 = -2 x, so that nothing need be halved.
        carrier = fma(square, <float>-0.7213475204444817, <float>(12582912 + 127 + 64))
        n = carrier - <float>(12582912 + 127 + 64)
        # n times the high part of 2 ln2 is exact, so that one rounding takes in the square's own.
        r = fma(a, a, n * <float>1.38629150390625)
        r = fma(n, <float>2.857213530660374e-06, r)
        p = fma(<float>2.166248123103287e-05, r, <float>-0.0002614615950733423)
        p = fma(p, r, <float>0.0026042195968329906)
        p = fma(p, r, <float>-0.020833177492022514)
        p = fma(p, r, <float>0.1249999925494194)
        q = fma(p, r, <float>-0.5)
        power[0] = power_of_two(carrier)
        low[0] = fma(sum_error(p, r, <float>-0.5, q), r, product_error(q, r, q * r))
        return q * r
    else:
        return expm1_in_two(-0.5 * square, -0.5 * product_error(a, a, square), scaled_bias(a), power, low)


cdef inline real half_square_exp(real a, real* power) noexcept nogil:
    cdef real low
    return half_square_exp_in_two(a, power, &low)


cdef inline real normal_product(real a, real p, real power) noexcept nogil:
    """4 a R(a) (1 + p) power for 0 <= a <= bound_normal, rounded few times; power is one of two.

    z = a / (1 + c a) is taken once more from itself, z = a - (c a) z, which leaves of the roundings of 1 + c a and of the
    quotient as much as c a, less than 1 where z counts.
    """
    cdef real bend = normal_bend(a)
    cdef real bent = a * bend
    cdef real z = fma(-bent, a / (<real>1 + bent), a)
    cdef real excess = normal_excess(fma(z, <real>-2 * bend, <real>1))
    # (1 + excess) (1 + p) - 1, where little is left to do when the excess is known, for which all else has long waited.
    excess = fma(excess, <real>1 + p, p)
    z *= power
    return fma(excess, z, z)


cdef inline real normal_slope(real a, real* low) noexcept nogil:
    """4 (R(a) - a / sqrt(2 pi)) as a sum of two numbers, since two near equals cancel; powers of two cost nothing."""
    cdef real bent = a * normal_bend(a)
    cdef real t = <real>1 / (<real>1 + bent)
    cdef real t_low = -sum_error(bent, t, t - <real>1, <real>0) * t
    cdef real u = fma(t, <real>2, <real>-1)
    cdef real excess_low
    cdef real excess = normal_excess_in_two(u, &excess_low)
    cdef real ratio = fma(excess, t, t)
    cdef real line = a * <real>1.5957691216057308
    cdef real slope = ratio - line
    cdef real back = slope - ratio
    low[0] = fma(t_low, normal_rate(u), fma(excess_low, t, fma(excess, t, t - ratio)))
    low[0] -= product_error(a, <real>1.5957691216057308, line)
    low[0] = fma(-a, normal_height_tail(a), low[0])
    low[0] += (ratio - (slope - back)) - (line + back)
    return slope
