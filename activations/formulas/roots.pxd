"""Sums of squares with their reciprocals and square roots, each carried as a sum of two numbers.

Division and square root keep one port of the processor busy for as long as two dozen other operations take, one after
the other where both are wanted. The second number of a sum holds whatever the first one is off, be it a rounding or the
hundred-thousandth part; so a guess from the bits and a polynomial of three terms is first number enough, where there is a
fused multiply-add. sqrt is an instruction at every level; it is no call.
"""

from libc.math cimport copysign, copysignf, sqrt, sqrtf
from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t

from activations.formulas.logarithms cimport rough_reciprocal
from activations.kernels.real cimport (
    absolute, act_bits32, act_bits64, act_float32, act_float64, at_least, at_most, fma, product_error, real, sum_error,
)

cdef extern from "machine.h":
    """
    /* Beyond `large` and below `small` lengths are scaled, by 2^80 in float and 2^650 in double, so that squares neither
     * overflow nor underflow; `longest` is larger than any scaled length but infinity. */
    ACT_BOUNDS(root_large, 16777216.0f, 0x1p200)
    ACT_BOUNDS(root_small, 0x1p-24f, 0x1p-200)
    ACT_BOUNDS(root_longest, 0x1p57f, 0x1p451)
    ACT_BOUNDS(root_least, 0x1p-120f, 0x1p-900)
    """
    enum: ACT_FMA
    enum: ACT_DIVIDES_HALVES
    const float act_root_large_f
    const double act_root_large_d
    const float act_root_small_f
    const double act_root_small_d
    const float act_root_longest_f
    const double act_root_longest_d
    const float act_root_least_f
    const double act_root_least_d


cdef inline real bound_large(real like) noexcept nogil:
    return act_root_large_f if real is float else act_root_large_d


cdef inline real bound_small(real like) noexcept nogil:
    return act_root_small_f if real is float else act_root_small_d


cdef inline real bound_longest(real like) noexcept nogil:
    return act_root_longest_f if real is float else act_root_longest_d


cdef inline real bound_least(real like) noexcept nogil:
    return act_root_least_f if real is float else act_root_least_d


cdef inline real root(real x) noexcept nogil:
    if real is float:
        return sqrtf(x)
    else:
        return sqrt(x)


cdef inline real signed(real magnitude, real x) noexcept nogil:
    """The magnitude with the sign of x, of a zero too."""
    if real is float:
        return copysignf(magnitude, x)
    else:
        return copysign(magnitude, x)


cdef inline real length_unit(real a, real b, real* inverse) noexcept nogil:
    """A power of two such that the larger of two lengths times it may be squared; and the inverse power."""
    cdef real m = a if a > b else b
    cdef real down, up
    if real is float:
        down, up = <float>8.271806125530277e-25, <float>1.2089258196146292e24
    else:
        down, up = 2.1404388173910186e-196, 4.671939192445128e195
    inverse[0] = up if m > bound_large(a) else down if m < bound_small(a) else <real>1
    return down if m > bound_large(a) else up if m < bound_small(a) else <real>1


cdef inline real square_sum(real a, real b, real* lost) noexcept nogil:
    """a^2 + b^2 for lengths in unit, at least `root_least`; `lost` is what rounding took from it."""
    cdef real large = b if a < b else a
    cdef real little = a if a < b else b
    cdef real square = large * large
    cdef real q = fma(little, little, square)
    # The difference of square and q is exact: q is at most twice as large.
    lost[0] = sum_error(little, little, square, q) + product_error(large, large, square)
    return at_least(q, bound_least(a))


cdef inline real guessed_reciprocal(real d) noexcept nogil:
    """1 / d to 2^-14 in float, to 2^-29 in double, of a positive d whose reciprocal is a normal number, four times over."""
    cdef real r = rough_reciprocal(d)
    cdef real e = fma(-d, r, <real>1)
    r *= fma(fma(<real>1.0019172627588429, e, <real>1.0019172768886764), e, <real>1)
    return r if real is float else fma(fma(-d, r, <real>1), r, r)


cdef inline real near_reciprocal(real d) noexcept nogil:
    """1 / d, by a guess where the instruction takes longer."""
    return guessed_reciprocal(d) if ACT_DIVIDES_HALVES else <real>1 / d


cdef inline real near_reciprocal_root(real q) noexcept nogil:
    """1 / sqrt(q) to as much, of such a q."""
    cdef real r, e
    if not ACT_FMA:
        return <real>1 / root(q)
    if real is float:
        r = act_float32(<int32_t>(<uint32_t>0x5f3759df - (<uint32_t>act_bits32(q) >> 1)))
    else:
        r = act_float64(<int64_t>(<uint64_t>0x5fe6eb50c7b537a9 - (<uint64_t>act_bits64(q) >> 1)))
    e = fma(-(q * r), r, <real>1)
    r *= fma(fma(<real>0.37553338713311946, e, <real>0.5010999269684114), e, <real>1.000000180511605)
    return r if real is float else fma(fma(-(q * r), r, <real>1), <real>0.5 * r, r)


cdef inline real quotient(real a, real d, real lost) noexcept nogil:
    """a / (d + lost) for such a d, to little more than half an ulp; in double, and without fused multiply-adds, a / d."""
    cdef real r, y, rest
    if not ACT_FMA:
        return a / d
    r = <real>1 / d if real is float and not ACT_DIVIDES_HALVES else guessed_reciprocal(d)
    y = a * r
    rest = fma(-y, d, a)
    return fma(fma(-y, lost, rest) if real is float else rest, r, y)


cdef inline real stepped_reciprocal(real d) noexcept nogil:
    """1 / d to within a rounding or two, by a guess where the instruction takes longer."""
    cdef real r = near_reciprocal(d)
    return fma(fma(-d, r, <real>1), r, r) if ACT_DIVIDES_HALVES else r


cdef inline real near_quotient(real a, real d, real lost, real r) noexcept nogil:
    """a / (d + lost) for a d which is only near the divisor, as `near_root` is near the root, and an r near 1 / d."""
    cdef real y = a * r
    return fma(fma(-y, lost, -product_error(y, d, a)), r, y)


cdef inline real reciprocal(real q, real lost, real* low) noexcept nogil:
    """1 / (q + lost) as a sum of two numbers."""
    cdef real s = <real>1 / q
    low[0] = -fma(lost, s, product_error(s, q, <real>1)) * s
    return s


cdef inline real stepped_root(real s, real q, real lost, real* low) noexcept nogil:
    """s near 1 / sqrt(q + lost), and by how much it is off."""
    cdef real t = s * s
    cdef real rest = fma(product_error(s, s, t), q, fma(t, lost, product_error(t, q, <real>1)))
    low[0] = <real>-0.5 * rest * s
    return s


cdef inline real reciprocal_root(real q, real lost, real* low) noexcept nogil:
    """1 / sqrt(q + lost) as a sum of two numbers: a step of Newton's method gives the second."""
    cdef real s = <real>1 / root(q)
    return stepped_root(s, q, lost, low)


cdef inline real guessed_reciprocal_root(real q, real lost, real* low) noexcept nogil:
    """The same without either instruction; the first number alone is a guess, and q holds for `near_reciprocal_root`."""
    return stepped_root(near_reciprocal_root(q), q, lost, low)


cdef inline real root_in_two(real square, real lost, real* tail) noexcept nogil:
    """The square root of square + lost: the second number is what the first one's residual says that rounding took."""
    cdef real r = root(square)
    tail[0] = (lost - product_error(r, r, square)) * (<real>0.5 * rough_reciprocal(r))
    return r


cdef inline real near_root(real q, real lost, real* tail) noexcept nogil:
    """The same without that instruction: a number near the square root, and by how much it is off."""
    cdef real s, r
    if not ACT_FMA:
        return root_in_two(q, lost, tail)
    s = near_reciprocal_root(q)
    r = q * s
    tail[0] = (fma(-r, r, q) + lost) * (<real>0.5 * s)
    return r


cdef inline real rounded_reciprocal_root(real q, real lost) noexcept nogil:
    """1 / sqrt(q + lost) to little more than half an ulp: in double where a float's errors would be found there, too."""
    cdef real s, r, rest
    if real is float and not ACT_FMA:
        return <float>(<double>1 / sqrt(<double>q + <double>lost))
    s = near_reciprocal_root(q)
    r = q * s
    rest = fma(-fma(lost, s, product_error(q, s, r)), s, fma(-r, s, <real>1))
    return fma(<real>0.5 * rest, s, s)


cdef inline real line_lost(real a, real b, real c, real q) noexcept nogil:
    """What rounding took from q = a b + c of positive numbers: c counts to the last digit, also where q is so large that
    their difference would be rounded."""
    cdef real most = c * (<real>8388608 if real is float else <real>4503599627370496)
    cdef real taken = c if q < most else <real>0
    return sum_error(a, b, taken, q) + (c - taken)


cdef inline real product(real a, real b, real b_low, real* low) noexcept nogil:
    """a (b + b_low) as a sum of two numbers."""
    cdef real y = a * b
    low[0] = fma(a, b_low, product_error(a, b, y))
    return y


# 1 / (1 + (x / a)^2) and its derivatives. The second derivative of arctan is the first of this with a = 1: hence here.

cdef inline real lorentz_parts(real x, real a, real* h, real* unit, real* b, real* low) noexcept nogil:
    """b / (h^2 + b^2), the distance h and the width b in a unit."""
    cdef real inverse, lost, s, s_low
    cdef real r = absolute(x)
    unit[0] = length_unit(r, a, &inverse)
    h[0] = at_most(r * unit[0], bound_longest(x))
    b[0] = a * unit[0]
    s = square_sum(h[0], b[0], &lost)
    s = reciprocal(s, lost, &s_low)
    return product(b[0], s, s_low, low)


cdef inline real lorentz(real x, real a) noexcept nogil:
    cdef real h, unit, b, low
    cdef real w = lorentz_parts(x, a, &h, &unit, &b, &low)
    return fma(w, b, low * b)


cdef inline real lorentz_derivative(real x, real a) noexcept nogil:
    cdef real h, unit, b, low
    cdef real w = lorentz_parts(x, a, &h, &unit, &b, &low)
    cdef real square = w * w
    cdef real rest = fma(w + w, low, product_error(w, w, square))
    square += square
    return -signed(fma(square, h, (rest + rest) * h) * unit, x)


cdef inline real lorentz_second_derivative(real x, real a) noexcept nogil:
    """2 / a^2 y^2 (3 - 4 y)."""
    cdef real h, unit, b, low
    cdef real w = lorentz_parts(x, a, &h, &unit, &b, &low)
    cdef real square = w * w
    cdef real y_low
    cdef real y = product(b, w, low, &y_low)
    square += fma(w + w, low, product_error(w, w, square))
    return ((<real>2 * square) * fma(<real>-4, y_low, fma(<real>-4, y, <real>3))) * unit * unit
