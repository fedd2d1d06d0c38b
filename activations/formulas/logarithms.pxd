"""The logarithm as a branch-free polynomial, and sums and quotients in two numbers: what several families share.

log(u + tail) = n ln2 + log(1 + f), where 2^n is taken out so that 1 + f lies between the roots of 1/2 and 2. n comes
from the exponent's bits after those of sqrt(1/2) are subtracted. Near u = 1, where n = 0, f is u - 1 + tail: as exact
as the tail, so that log1p is log_of with what rounding took from 1 + x.
"""

from libc.stdint cimport int32_t, int64_t, uint64_t

from activations.kernels.real cimport act_bits32, act_bits64, act_float32, act_float64, fma, real


cdef inline real infinity(real like) noexcept nogil:
    if real is float:
        return act_float32(0x7f800000)
    else:
        return act_float64(<int64_t>0x7ff0000000000000)


cdef inline real not_a_number(real like) noexcept nogil:
    if real is float:
        return act_float32(0x7fc00000)
    else:
        return act_float64(<int64_t>0x7ff8000000000000)


cdef inline real rough_reciprocal(real x) noexcept nogil:
    """1 / x to an eighth, from the bits of a positive x: enough for a correction in the last place."""
    if real is float:
        return act_float32(0x7ef311c3 - act_bits32(x))
    else:
        return act_float64(<int64_t>0x7fde623822fc16e6 - act_bits64(x))


cdef inline real sum_in_two(real a, real b, real* lost) noexcept nogil:
    """a + b, and what rounding took from it, whichever is larger."""
    cdef real total = a + b
    cdef real part = total - a
    lost[0] = (a - (total - part)) + (b - part)
    return total


cdef inline real log_reduced(real f, real whole, real small, real* low) noexcept nogil:
    """whole + log(1 + f) + small, as a sum of two numbers, for 1 + f between the roots of 1/2 and 2; whole is 0 or larger
    than f."""
    cdef real total = whole + f
    cdef real lost = (whole - total) + f
    cdef real square, q, s, half
    if real is float:
        q = fma(<float>0.06746813654899597, f, <float>-0.11675857752561569)
        q = fma(q, f, <float>0.11888206750154495)
        q = fma(q, f, <float>-0.12405560165643692)
        q = fma(q, f, <float>0.14219540357589722)
        q = fma(q, f, <float>-0.1666799634695053)
        q = fma(q, f, <float>0.2000211924314499)
        q = fma(q, f, <float>-0.25000008940696716)
        q = fma(q, f, <float>0.3333331346511841)
        q = fma(q, f, <float>-0.5)
        low[0] = lost + fma(f * f, q, small)
    else:
        # 2 atanh(s) = 2 s + s R(s^2), s = f / (2 + f), and 2 s = f - f^2 / 2 + s f^2 / 2.
        s = f / (<double>2 + f)
        square = s * s
        q = fma(0.14795968992562175, square, 0.15314049031737864)
        q = fma(q, square, 0.18183564365471735)
        q = fma(q, square, 0.22222198572914076)
        q = fma(q, square, 0.28571428742384253)
        q = fma(q, square, 0.3999999999941473)
        q = fma(q, square, 0.6666666666666734)
        half = <double>0.5 * f * f
        low[0] = lost + (fma(s, fma(q, square, half), small) - half)
    return total


cdef inline real log_in_two(real u, real tail, real shift, real* low) noexcept nogil:
    """log(2^shift (u + tail)) as a sum of two numbers, for a positive normal u and a tail below its last bit."""
    cdef real n, m, power, f, lost
    cdef int32_t k, short
    cdef uint64_t count
    if real is float:
        short = act_bits32(u)
        k = (short - 0x3f3504f3) >> 23
        m = act_float32(short - (k << 23))
        n = <float>k
        power = act_float32((127 - k if k < 127 else 0) << 23)
    else:
        # The exponent is counted from its bias on, because AVX2 has no arithmetic shift of 64 bits and no conversion.
        count = (<uint64_t>(act_bits64(u) - <int64_t>0x3fe6a09e667f3bcd) + (<uint64_t>1023 << 52)) >> 52
        m = act_float64(act_bits64(u) - <int64_t>((count - 1023) << 52))
        n = act_float64(<int64_t>(count | <uint64_t>0x4330000000000000)) - <double>4503599627371519
        power = act_float64(<int64_t>((2046 - count if count < 2046 else 0) << 52))
    tail *= power
    f = (m - <real>1) + tail
    lost = tail - (f - (m - <real>1))
    lost = fma(-lost, f, lost)
    n += shift
    if real is float:
        return log_reduced(f, n * <float>0.693145751953125, fma(n, <float>1.428606765330187e-06, lost), low)
    else:
        return log_reduced(f, n * 6.93147180369123816490e-01, fma(n, 1.9082149292705877e-10, lost), low)


cdef inline real log_of(real u, real tail, real shift) noexcept nogil:
    """The same as one number; infinity and NaN return themselves."""
    cdef real low
    cdef real y = log_in_two(u, tail, shift, &low)
    cdef real last
    if real is float:
        last = act_float32(0x7f7fffff)
    else:
        last = act_float64(<int64_t>0x7fefffffffffffff)
    y += low
    return y if u <= last else u
