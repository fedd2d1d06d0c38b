"""Exponentials and logarithms as branch-free polynomials: the building blocks of the formulas.

exp: x = n ln2 + r with |r| <= ln2 / 2. Adding 1.5 * 2^(mantissa bits) rounds x / ln2 to the whole number n and leaves
n in the low bits of the sum (the *carrier*), from where a shift puts it into an exponent. e^r - 1 = r + r^2 q(r), q a
minimax polynomial (relative error of e^r - 1: 2^-26 in float, 2^-61 in double). ln2 is split in two so that n * high
part cancels against x without error.

A result may underflow although nothing before it does, so exponentials of negative arguments come multiplied by
SCALE = 2^64 (float) or 2^128 (double): every intermediate stays a normal number, no lane pays for subnormals, and the
one multiplication by UNSCALE at the end rounds a subnormal result correctly.
"""

from activations.kernels.real cimport act_bits32, act_bits64, act_float32, act_float64, fma, product_error, real


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


cdef inline real reduced_high(real x, int bias, real* carrier, real* n) noexcept nogil:
    """x - n times the high part of ln2, exactly; the carrier's low bits hold n + bias."""
    if real is float:
        carrier[0] = fma(x, <float>1.4426950408889634, <float>12582912 + bias)
        n[0] = carrier[0] - (<float>12582912 + bias)
        return fma(n[0], <float>-0.693145751953125, x)
    else:
        carrier[0] = fma(x, 1.4426950408889634074, 6755399441055744.0 + bias)
        n[0] = carrier[0] - (6755399441055744.0 + bias)
        return fma(n[0], -6.93147180369123816490e-01, x)


cdef inline real reduced(real x, int bias, real* carrier) noexcept nogil:
    """r = x - n ln2; the carrier's low bits hold n + bias."""
    cdef real n
    cdef real high = reduced_high(x, bias, carrier, &n)
    return fma(n, -ln2_low(x), high)


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


cdef inline real exp_reduced(real r, real carrier) noexcept nogil:
    """e^r * 2^n (and SCALE), with one rounding after those of e^r - 1."""
    cdef real power = power_of_two(carrier)
    return fma(expm1_near_zero(r), power, power)


cdef inline real exp_scaled(real x) noexcept nogil:
    """e^x * SCALE for bound_lowest <= x <= 0."""
    cdef real carrier
    cdef real r = reduced(x, scaled_bias(x), &carrier)
    return exp_reduced(r, carrier)


cdef inline real expm1_of_sum(real x, real tail, real* power) noexcept nogil:
    """e^r - 1 and SCALE 2^n of e^(x + tail), where tail is below the last bit of x.

    x - n times the high part of ln2 is exact; what is below it goes in after the polynomial, so that r is not rounded.
    """
    cdef real carrier, n, high, low, r
    high = reduced_high(x, scaled_bias(x), &carrier, &n)
    power[0] = power_of_two(carrier)
    low = fma(n, -ln2_low(x), tail)
    r = high + low
    return high + fma(r * r, expm1_curvature(r), low)


cdef inline real exp_scaled_sum(real x, real tail) noexcept nogil:
    """e^(x + tail) * SCALE."""
    cdef real power
    cdef real p = expm1_of_sum(x, tail, &power)
    return fma(p, power, power)


cdef inline real expm1_bounded(real x) noexcept nogil:
    """e^x - 1 for |x| <= 80 (float) or 700 (double)."""
    cdef real carrier, power
    cdef real r = reduced(x, exponent_bias(x), &carrier)
    power = power_of_two(carrier)
    return fma(expm1_near_zero(r), power, power - <real>1)


cdef inline real log1p_curvature(real e) noexcept nogil:
    """(log(1 + e) - e) / e^2 for 0 <= e <= 1."""
    cdef real q, s, w, inverse
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
        q = fma(q, e, <float>-0.4999999701976776)
        return q
    else:
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


# The normal tail: Phi(-a) = e^(-a^2 / 2) R(a), R falling from 1/2 like 1 / a.
#
# float: with t = 1 / (1 + 5 a / 16), R = t (1 + excess(t)) / 8, excess a polynomial that is small where the tail is far.
# double: a rational function, evaluated in 1 / a beyond 1 so that the leading coefficient decides and errors don't pile.

cdef inline float normal_excess(float t) noexcept nogil:
    cdef float square = t * t
    cdef float even = fma(<float>0.7080680727958679, square, <float>0.5197079181671143)
    cdef float odd = fma(<float>-0.14792907238006592, square, <float>-1.1532161235809326)
    even = fma(even, square, <float>0.4105479121208191)
    odd = fma(odd, square, <float>0.042212266474962234)
    even = fma(even, square, <float>0.8925512433052063)
    odd = fma(odd, square, <float>0.7324452996253967)
    even = fma(even, square, <float>-0.002692580921575427)
    odd = fma(odd, square, <float>0.9983050227165222)
    return fma(odd, t, even)


cdef inline real half_square_exp(real a, real* power) noexcept nogil:
    """e^r - 1 and SCALE 2^n of e^(-a^2 / 2). The square carries the error of its rounding into the exponential."""
    cdef real square = a * a
    cdef real carrier, n, r, r2, p
    if real is float:
        # In terms of a^2 = -2 x, so that nothing need be halved.
        carrier = fma(square, <float>-0.7213475204444817, <float>(12582912 + 127 + 64))
        n = carrier - <float>(12582912 + 127 + 64)
        r = fma(n, <float>1.38629150390625, square)
        r = r + fma(n, <float>2.857213530660374e-06, fma(a, a, -square))
        r2 = r * r
        p = fma(<float>2.166248123103287e-05, r, <float>-0.0002614615950733423)
        p = fma(p, r2, fma(<float>0.0026042195968329906, r, <float>-0.020833177492022514))
        p = fma(p, r2, fma(<float>0.1249999925494194, r, <float>-0.5))
        power[0] = power_of_two(carrier)
        return p * r
    else:
        return expm1_of_sum(-0.5 * square, -0.5 * product_error(a, a, square), power)


cdef inline real normal_product(real a, real p) noexcept nogil:
    """8 a R(a) (1 + p), rounded few times."""
    cdef real d, z, t, excess
    if real is float:
        d = fma(a, <float>0.3125, <float>1)
        z = a / d
        t = fma(z, <float>-0.3125, <float>1)
        excess = normal_excess(t)
        excess = fma(excess, p, excess + p)
        # What rounding took from d, relative to d: 1 / d is t.
        excess = fma(fma(a, <float>-0.3125, d - <float>1), t, excess)
        return fma(excess, z, z)
    else:
        z = <double>8 * normal_ratio(a, True)
        return fma(p, z, z)


cdef inline real normal_ratio(real a, bint times_a) noexcept nogil:
    """R(a), or a R(a), for 0 <= a <= bound_normal."""
    cdef real t, p, q, u
    cdef bint far
    if real is float:
        t = <float>1 / fma(a, <float>0.3125, <float>1)
        u = t * (a if times_a else <float>1) * <float>0.125
        return fma(normal_excess(t), u, u)
    else:
        far = a > 1
        u = <double>1 / a if far else a
        p = fma((0.5 if far else <double>2.2499849801526962e-07), u, (0.828224327229394 if far else <double>6.9980464625861e-06))
        p = fma(p, u, (0.6800734721679409 if far else <double>0.00010686476952702188))
        p = fma(p, u, (0.35770106679616526 if far else <double>0.0010421591910327245))
        p = fma(p, u, (0.13221968644678653 if far else <double>0.007137022836498864))
        p = fma(p, u, 0.03572637486268198)
        p = fma(p, u, (0.007137022836498864 if far else <double>0.13221968644678653))
        p = fma(p, u, (0.0010421591910327245 if far else <double>0.35770106679616526))
        p = fma(p, u, (0.00010686476952702188 if far else <double>0.6800734721679409))
        p = fma(p, u, (6.9980464625861e-06 if far else <double>0.828224327229394))
        p = fma(p, u, (2.2499849801526962e-07 if far else <double>0.5))
        q = fma((1.0 if far else <double>5.6398759687446e-07), u, (2.4543332152616535 if far else <double>1.754150113032829e-05))
        q = fma(q, u, (2.818421523858803 if far else <double>0.00026843424045218915))
        q = fma(q, u, (2.0029720659506594 if far else <double>0.0026298471962370486))
        q = fma(q, u, (0.9811272912790767 if far else <double>0.018156605507540502))
        q = fma(q, u, (0.34878536003428257 if far else <double>0.09212996435893503))
        q = fma(q, u, (0.09212996435893503 if far else <double>0.34878536003428257))
        q = fma(q, u, (0.018156605507540502 if far else <double>0.9811272912790767))
        q = fma(q, u, (0.0026298471962370486 if far else <double>2.0029720659506594))
        q = fma(q, u, (0.00026843424045218915 if far else <double>2.818421523858803))
        q = fma(q, u, (1.754150113032829e-05 if far else <double>2.4543332152616535))
        q = fma(q, u, (5.6398759687446e-07 if far else <double>1.0))
        # p / q is R below 1 and a R beyond.
        if times_a:
            return (p if far else p * a) / q
        else:
            return (p * u if far else p) / q
