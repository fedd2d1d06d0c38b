"""Sines and cosines over the whole range of the type: the building blocks of the waves.

An argument is a product omega x, carried as its rounded value u and the *tail* that rounding took. It is brought down
to u + tail = n pi / 2 + r, |r| <= pi / 4, and r is carried as r + low: near a zero of the sine r itself is all that
counts, and it must have all its digits there.

Near 0 (`bound_turns`) the reduction is Cody and Waite's with three parts of pi / 2, branch-free. Each step is exact or
gives back what it rounds: u - n part1 is a multiple of the last bit of part1 and below 1, hence exact; it is also a
multiple of the last bit of n part2 as rounded, so that the difference of these two has an exact rounding error
(Dekker's fast two-sum), into which one fused multiply-add takes the error of the product as well.

Farther out 2 / pi needs more bits than any few parts hold. `far_turns` takes the digits that matter from a table of
2304 bits (Payne and Hanek 1983) in whole numbers, for one element at a time: the loops call the scalars with `far`
true only for elements beyond the bound (see `far` in declaration.py).
"""

from libc.math cimport frexp, ldexp
from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t

from activations.kernels.real cimport (
    absolute, act_bits32, act_bits64, act_float32, act_float64, act_product_error, fma, product_error, real, sum_error,
)

cdef extern from * nogil:
    """
    /* 2 / pi = 0.a2f9836e 4e441529 ... in hexadecimal. */
    #define ACT_PI_WORDS 72
    static const uint32_t act_two_over_pi[ACT_PI_WORDS] = {
        0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0, 0xdb629599, 0x3c439041, 0xfe5163ab, 0xdebbc561,
        0xb7246e3a, 0x424dd2e0, 0x06492eea, 0x09d1921c, 0xfe1deb1c, 0xb129a73e, 0xe88235f5, 0x2ebb4484,
        0xe99c7026, 0xb45f7e41, 0x3991d639, 0x835339f4, 0x9c845f8b, 0xbdf9283b, 0x1ff897ff, 0xde05980f,
        0xef2f118b, 0x5a0a6d1f, 0x6d367ecf, 0x27cb09b7, 0x4f463f66, 0x9e5fea2d, 0x7527bac7, 0xebe5f17b,
        0x3d0739f7, 0x8a5292ea, 0x6bfb5fb1, 0x1f8d5d08, 0x56033046, 0xfc7b6bab, 0xf0cfbc20, 0x9af4361d,
        0xa9e39161, 0x5ee61b08, 0x6599855f, 0x14a06840, 0x8dffd880, 0x4d732731, 0x06061556, 0xca73a8c9,
        0x60e27bc0, 0x8c6b47c4, 0x19c367cd, 0xdce8092a, 0x8359c476, 0x8b961ca6, 0xddaf44d1, 0x5719053e,
        0xa5ff0705, 0x3f7e33e8, 0x32c2de4f, 0x98327dbb, 0xc33d26ef, 0x6b1e5ef8, 0x9f3a1f35, 0xcaf27f1d,
        0x87f12190, 0x7c7c246a, 0xfa6ed577, 0x2d30433b, 0x15c614b5, 0x9d19c3c2, 0xc4ad414d, 0x2c5d000c,
    };
    """
    const uint32_t act_two_over_pi[72]
    enum: ACT_PI_WORDS

cdef enum:
    WORDS = 10      # of 2 / pi taken into account: 106 + 31 bits lie before those that count, some 180 remain


cdef inline real bound_turns(real like) noexcept nogil:
    """Up to here three parts of pi / 2 do; float16's largest number is below."""
    if real is float:
        return <float>100000
    else:
        return <double>1073741824


cdef inline real near_turns(real u, real* low, real* carrier) noexcept nogil:
    """r and low of u = n pi / 2 + r + low for |u| <= bound_turns; the carrier's two lowest bits are those of n."""
    cdef real n, first, product, r
    if real is float:
        carrier[0] = fma(u, <float>0.6366197466850281, <float>12582912)
        n = carrier[0] - <float>12582912
        first = sum_error(-n, <float>1.5707963705062866, u, <float>0)
        product = fma(n, <float>-4.371138828673793e-08, <float>0)  # never one operation with the next
        r = first - product
        low[0] = sum_error(-n, <float>-4.371138828673793e-08, first, r)
        low[0] = fma(n, <float>1.7151245100058819e-15, low[0])
    else:
        carrier[0] = fma(u, 0.6366197723675814, 6755399441055744.0)
        n = carrier[0] - 6755399441055744.0
        first = sum_error(-n, 1.5707963267948966, u, <double>0)
        product = fma(n, 6.123233995736766e-17, <double>0)
        r = first - product
        low[0] = sum_error(-n, 6.123233995736766e-17, first, r)
        low[0] = fma(n, 1.4973849048591698e-33, low[0])
    return r


cdef inline double far_turns_exact(double x, double omega, double* low, int64_t* quarter) noexcept nogil:
    """r and low of omega x = n pi / 2 + r + low for any finite product, overflowing or not, in whole numbers."""
    cdef uint32_t factor[4]
    cdef uint32_t digits[WORDS + 1]
    cdef uint64_t a, b, mask = 0xffffffff, sum, carry
    cdef int e, f, skipped, slack, i, k, lead
    cdef uint32_t flip
    cdef double first, second, rest, high, scale
    if x - x != 0 or omega - omega != 0:
        quarter[0] = 0
        low[0] = 0
        return (x - x) + (omega - omega)
    # |omega x| = factor 2^e, factor a product of two whole numbers of 53 bits.
    a = <uint64_t>ldexp(frexp(absolute(x), &e), 53)
    b = <uint64_t>ldexp(frexp(absolute(omega), &f), 53)
    e += f - 106
    sum = (a & mask) * (b & mask)
    factor[3] = <uint32_t>sum
    carry = (sum >> 32) + (a >> 32) * (b & mask)
    sum = (carry & mask) + (a & mask) * (b >> 32)
    factor[2] = <uint32_t>sum
    sum = (sum >> 32) + (carry >> 32) + (a >> 32) * (b >> 32)
    factor[1] = <uint32_t>sum
    factor[0] = <uint32_t>(sum >> 32)
    # Whole words of 2 / pi that only make multiples of four quarter turns are skipped.
    skipped = (e - 2) >> 5
    slack = (e - 2) & 31
    for i in range(WORDS + 1):
        digits[i] = 0
    for k in range(4):
        carry = 0
        for i in range(WORDS - 1, -1, -1):
            # digits += factor[3 - k] * words, k words to the left, without what leaves the left end
            if i - k < 0:
                break
            f = skipped + i
            sum = digits[i - k] + carry
            if 0 <= f < ACT_PI_WORDS:
                sum += <uint64_t>factor[3 - k] * act_two_over_pi[f]
            digits[i - k] = <uint32_t>sum
            carry = sum >> 32
    # Now a fraction of 2^(slack + 2) quarter turns. The two bits after the slack are n's, rounded to nearest.
    for k in range(2):
        f = slack if k == 0 else 2
        for i in range(WORDS):
            digits[i] = <uint32_t>((((<uint64_t>digits[i] << 32) | digits[i + 1]) << f) >> 32)
        if k == 0:
            quarter[0] = digits[0] >> 30
    flip = <uint32_t>0 - (digits[0] >> 31)
    quarter[0] += flip & 1
    for i in range(WORDS):
        digits[i] ^= flip
    lead = 0
    while lead < WORDS - 4 and digits[lead] == 0:
        lead += 1
    scale = ldexp(1.0, -32 * (lead + 1))
    first = digits[lead] * scale
    second = digits[lead + 1] * scale * ldexp(1.0, -32)
    rest = digits[lead + 2] * scale * ldexp(1.0, -64) + digits[lead + 3] * scale * ldexp(1.0, -96)
    high = first + second
    rest += second - (high - first)
    first = high * 1.5707963267948966
    rest = act_product_error(high, 1.5707963267948966, first) + (high * 6.123233995736766e-17 + rest * 1.5707963267948966)
    if (x < 0) != (omega < 0):
        flip = ~flip
        quarter[0] = -quarter[0]
    high = first + rest
    rest -= high - first
    low[0] = -rest if flip else rest
    return -high if flip else high


cdef inline real far_turns(real x, real omega, real* low, real* carrier) noexcept nogil:
    """The same in the type of x."""
    cdef int64_t quarter
    cdef double rest
    cdef double high = far_turns_exact(x, omega, &rest, &quarter)
    cdef real r = <real>high
    low[0] = <real>((high - r) + rest)
    if real is float:
        carrier[0] = act_float32(<int32_t>(quarter & 3))
    else:
        carrier[0] = act_float64(quarter & 3)
    return r


cdef inline real turns(real x, bint far, real* low, real* carrier) noexcept nogil:
    """r and low of x = n pi / 2 + r + low."""
    return far_turns(x, <real>1, low, carrier) if far else near_turns(x, low, carrier)


cdef inline real turns_of_product(real x, real omega, bint far, real* low, real* carrier) noexcept nogil:
    """r and low of omega x = n pi / 2 + r + low."""
    cdef real u, tail, r, sum
    if far:
        return far_turns(x, omega, low, carrier)
    u = omega * x
    tail = product_error(omega, x, u)
    r = near_turns(u, low, carrier)
    sum = r + tail
    low[0] += sum_rest(r, tail, sum)
    return sum


cdef inline real sum_rest(real a, real b, real sum) noexcept nogil:
    """What rounding took from sum = a + b, whichever is larger (Knuth's two-sum)."""
    cdef real part = sum - a
    return (a - (sum - part)) + (b - part)


cdef inline real sine_curvature(real z) noexcept nogil:
    """(sin(r) - r) / r^3 for z = r^2, |r| <= pi / 4."""
    cdef real q
    if real is float:
        q = fma(<float>-0.00019507882825564593, z, <float>0.008332106284797192)
        return fma(q, z, <float>-0.16666653752326965)
    else:
        q = fma(1.5894821283649348e-10, z, -2.5050724780737116e-08)
        q = fma(q, z, 2.755731348488374e-06)
        q = fma(q, z, -0.000198412698292342)
        q = fma(q, z, 0.008333333333321742)
        return fma(q, z, -0.1666666666666663)


cdef inline real cosine_curvature(real z) noexcept nogil:
    """(cos(r) - 1 + r^2 / 2) / r^4 for z = r^2, |r| <= pi / 4."""
    cdef real q
    if real is float:
        q = fma(<float>2.443142147967592e-05, z, <float>-0.0013887304812669754)
        return fma(q, z, <float>0.04166664555668831)
    else:
        q = fma(-1.1357336622292531e-11, z, 2.0875678083162346e-09)
        q = fma(q, z, -2.755731401511332e-07)
        q = fma(q, z, 2.4801587288295373e-05)
        q = fma(q, z, -0.0013888888888872186)
        return fma(q, z, 0.04166666666666659)


cdef inline bint is_odd(real carrier) noexcept nogil:
    if real is float:
        return act_bits32(carrier) & 1
    else:
        return act_bits64(carrier) & 1


cdef inline real flipped(real value, real carrier, int shift) noexcept nogil:
    """-value if n + shift is in the second half of a turn."""
    if real is float:
        return act_float32(act_bits32(value) ^ (((act_bits32(carrier) + shift) & 2) << 30))
    else:
        return act_float64(act_bits64(value) ^ (((act_bits64(carrier) + shift) & 2) << 62))


cdef inline real sine_of(real r, real low, real carrier, real* sine_rest, real* cosine, real* cosine_rest) noexcept nogil:
    """Sine and cosine of n pi / 2 + r + low, each as a sum of two numbers, the second not yet rounded into the first."""
    cdef real z = r * r
    cdef real half = <real>0.5 * r
    cdef real s = fma(r * z, sine_curvature(z), low)
    cdef real c = fma(-half, r, <real>1)
    # 1 - r^2 / 2 and what its rounding took, then r^4 / 24 ... and low's part.
    cdef real d = sum_error(-half, r, <real>1, c)
    d = fma(-r, low, d)
    d = fma(z * z, cosine_curvature(z), d)
    s = fma(-half * r, low, s)
    sine_rest[0] = flipped(d if is_odd(carrier) else s, carrier, 0)
    cosine[0] = flipped(r if is_odd(carrier) else c, carrier, 1)
    cosine_rest[0] = flipped(s if is_odd(carrier) else d, carrier, 1)
    return flipped(c if is_odd(carrier) else r, carrier, 0)
