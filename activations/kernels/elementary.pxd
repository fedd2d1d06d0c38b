"""Exponentials and logarithms as branch-free polynomials: the building blocks of the formulas.

exp: x = n ln2 + r with |r| <= ln2 / 2. Adding 1.5 * 2^(mantissa bits) rounds x / ln2 to the whole number n and leaves
n in the low bits of the sum (the *carrier*), from where a shift puts it into an exponent. e^r - 1 = r + r^2 q(r), q a
minimax polynomial (relative error of e^r - 1: 2^-26 in float, 2^-61 in double). ln2 is split in two so that n * high
part cancels against x without error.

A result may underflow although nothing before it does, so exponentials of negative arguments come multiplied by
SCALE = 2^64 (float) or 2^128 (double): every intermediate stays a normal number, no lane pays for subnormals, and the
one multiplication by UNSCALE at the end rounds a subnormal result correctly.
"""

from activations.kernels.real cimport act_bits32, act_bits64, act_float32, act_float64, fma, real


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


cdef inline real reduced(real x, int bias, real* carrier) noexcept nogil:
    """r = x - n ln2; the carrier's low bits hold n + bias."""
    cdef real n
    if real is float:
        carrier[0] = fma(x, <float>1.4426950408889634, <float>12582912 + bias)
        n = carrier[0] - (<float>12582912 + bias)
        return fma(n, <float>-1.428606765330187e-06, fma(n, <float>-0.693145751953125, x))
    else:
        carrier[0] = fma(x, 1.4426950408889634074, 6755399441055744.0 + bias)
        n = carrier[0] - (6755399441055744.0 + bias)
        return fma(n, -1.9082149292705877e-10, fma(n, -6.93147180369123816490e-01, x))


cdef inline real expm1_near_zero(real r) noexcept nogil:
    """e^r - 1 for |r| <= ln2 / 2."""
    cdef real q
    if real is float:
        q = fma(<float>0.0013934193411841989, r, <float>0.00836691539734602)
        q = fma(q, r, <float>0.04166647419333458)
        q = fma(q, r, <float>0.16666540503501892)
        q = fma(q, r, <float>0.5)
    else:
        q = fma(2.0922460710136298e-09, r, 2.5109503171120264e-08)
        q = fma(q, r, 2.7557249956929946e-07)
        q = fma(q, r, 2.755724302111004e-06)
        q = fma(q, r, 2.4801587350814214e-05)
        q = fma(q, r, 0.00019841269887135358)
        q = fma(q, r, 0.001388888888887284)
        q = fma(q, r, 0.008333333333321313)
        q = fma(q, r, 0.041666666666666685)
        q = fma(q, r, 0.16666666666666677)
        q = fma(q, r, <double>0.5)
    return fma(r * r, q, r)


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


cdef inline real lowest(real like) noexcept nogil:
    """Where e^x has long become 0, while e^x * SCALE is still a normal number."""
    if real is float:
        return <float>-120
    else:
        return -780.0


cdef inline real exp_reduced(real r, real carrier) noexcept nogil:
    """e^r * 2^n (and SCALE), with one rounding after those of e^r - 1."""
    cdef real power = power_of_two(carrier)
    return fma(expm1_near_zero(r), power, power)


cdef inline real exp_scaled(real x) noexcept nogil:
    """e^x * SCALE for lowest <= x <= 0."""
    cdef real carrier
    cdef real r = reduced(x, scaled_bias(x), &carrier)
    return exp_reduced(r, carrier)


cdef inline real exp_scaled_sum(real x, real tail) noexcept nogil:
    """e^(x + tail) * SCALE, where tail is below the last bit of x."""
    cdef real carrier
    cdef real r = reduced(x, scaled_bias(x), &carrier) + tail
    return exp_reduced(r, carrier)


cdef inline real expm1_bounded(real x) noexcept nogil:
    """e^x - 1 for |x| <= 80 (float) or 700 (double)."""
    cdef real carrier, power
    cdef real r = reduced(x, exponent_bias(x), &carrier)
    power = power_of_two(carrier)
    return fma(expm1_near_zero(r), power, power - <real>1)


cdef inline real log1p_unit(real e) noexcept nogil:
    """(log(1 + e) - e) / e for 0 <= e <= 1, so that log1p(e) = e + e * log1p_unit(e)."""
    cdef real q, s, w
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
        return q * e
    else:
        # 2 atanh(s) with s = e / (2 + e): 2 s + 2 s^3 w(s^2), and 2 s = e - s e.
        s = e / (<double>2 + e)
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
        # log1p(e) / e - 1 = -s + (2 s / e) s^2 w, and 2 s / e = 1 - s.
        return fma((<double>1 - s) * q, w, -s)


cdef inline real normal_bound(real like) noexcept nogil:
    """Beyond this many standard deviations the normal tail underflows."""
    if real is float:
        return <float>14.8
    else:
        return 39.0


cdef inline real normal_ratio(real a) noexcept nogil:
    """exp(a^2 / 2) Phi(-a) for 0 <= a <= normal_bound, a rational minimax approximation."""
    cdef real p, q
    if real is float:
        p = fma(<float>0.004138161752792703, a, <float>0.040781357857147926)
        p = fma(p, a, <float>0.18367567537569696)
        p = fma(p, a, <float>0.4388911850560081)
        p = fma(p, a, <float>0.5)
        q = fma(<float>0.010372718595950608, a, <float>0.10222994465696462)
        q = fma(q, a, <float>0.47063319232620027)
        q = fma(q, a, <float>1.204335587037229)
        q = fma(q, a, <float>1.6756673537815776)
        q = fma(q, a, <float>1)
        return p / q
    else:
        p = fma(2.2499849801526962e-07, a, 6.9980464625861e-06)
        p = fma(p, a, 0.00010686476952702188)
        p = fma(p, a, 0.0010421591910327245)
        p = fma(p, a, 0.007137022836498864)
        p = fma(p, a, 0.03572637486268198)
        p = fma(p, a, 0.13221968644678653)
        p = fma(p, a, 0.35770106679616526)
        p = fma(p, a, 0.6800734721679409)
        p = fma(p, a, 0.828224327229394)
        p = fma(p, a, <double>0.5)
        q = fma(5.6398759687446e-07, a, 1.754150113032829e-05)
        q = fma(q, a, 0.00026843424045218915)
        q = fma(q, a, 0.0026298471962370486)
        q = fma(q, a, 0.018156605507540502)
        q = fma(q, a, 0.09212996435893503)
        q = fma(q, a, 0.34878536003428257)
        q = fma(q, a, 0.9811272912790767)
        q = fma(q, a, 2.0029720659506594)
        q = fma(q, a, 2.818421523858803)
        q = fma(q, a, 2.4543332152616535)
        q = fma(q, a, <double>1.0)
        return p / q
