"""Sines and cosines over the whole range of the type: the building blocks of the waves.

An argument is a product omega x, carried as its rounded value u and the *tail* that rounding took. It is brought down
to u + tail = n pi / 2 + r, |r| <= pi / 4, and r is carried as r + low: near a zero of the sine r itself is all that
counts, and it must have all its digits there.

Near 0 (`bound_turns`) the reduction is Cody and Waite's with three parts of pi / 2, branch-free. Each step is exact or
gives back what it rounds: u - n part1 is a multiple of the last bit of part1 and below 1, hence exact; it is also a
multiple of the last bit of n part2 as rounded, so that the difference of these two has an exact rounding error
(Dekker's fast two-sum), into which one fused multiply-add takes the error of the product as well.

Farther out 2 / pi needs more bits than any few parts hold. `far_turns` takes those that matter from a table of 2304
bits (turns.h) in whole numbers, one element at a time: the loops call the scalars with `far` true only for elements
beyond the bound (see `far` in declaration.py).
"""

from libc.stdint cimport int32_t, int64_t

from activations.kernels.real cimport (
    absolute, act_bits32, act_bits64, act_float32, act_float64, fma, product_error, real, sum_error,
)

cdef extern from "turns.h" nogil:
    double act_far_turns(double x, double omega, double* low, int* quarter)


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


cdef inline real far_turns(real x, real omega, real* low, real* carrier) noexcept nogil:
    """The same of omega x for any two finite numbers, one element at a time."""
    cdef int quarter
    cdef double high, rest, bits
    cdef double u = <double>omega * x
    cdef real r
    # A product of two floats is exact in double, and seldom far there.
    if real is float and absolute(u) <= bound_turns(u):
        high = near_turns(u, &rest, &bits)
        quarter = <int>(act_bits64(bits) & 3)
    else:
        high = act_far_turns(x, omega, &rest, &quarter)
    r = <real>high
    low[0] = <real>((high - r) + rest)
    if real is float:
        carrier[0] = act_float32(<int32_t>quarter)
    else:
        carrier[0] = act_float64(<int64_t>quarter)
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


cdef inline real turns_of_rounded(real u, real tail, real* low, real* carrier) noexcept nogil:
    """r and low of u + tail = n pi / 2 + r + low, |u| <= bound_turns, to the digits of u: for what never needs those of r
    itself near a zero."""
    cdef real n, first, r
    if real is float:
        carrier[0] = fma(u, <float>0.6366197466850281, <float>12582912)
        n = carrier[0] - <float>12582912
        first = sum_error(-n, <float>1.5707963705062866, u, <float>0)
        tail = fma(n, <float>4.371138828673793e-08, tail)
    else:
        carrier[0] = fma(u, 0.6366197723675814, 6755399441055744.0)
        n = carrier[0] - 6755399441055744.0
        first = sum_error(-n, 1.5707963267948966, u, <double>0)
        tail = fma(n, -6.123233995736766e-17, tail)
    r = first + tail
    low[0] = (first - r) + tail
    return r


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


cdef inline real sine_square_curvature(real z, real* low) noexcept nogil:
    """(sin(r)^2 - r^2) / r^4 for z = r^2, |r| <= pi / 4."""
    cdef real q, curvature
    if real is float:
        q = fma(<float>0.0001345654163742438, z, <float>-0.00317110656760633)
        q = fma(q, z, <float>0.04444370046257973)
        curvature = fma(q, z, <float>-0.333333283662796)
        low[0] = sum_error(q, z, <float>-0.333333283662796, curvature)
    else:
        q = fma(-1.5159167020314642e-09, z, 9.391792867731215e-08)
        q = fma(q, z, -4.275533532663777e-06)
        q = fma(q, z, 0.00014109346688163176)
        q = fma(q, z, -0.003174603173445092)
        q = fma(q, z, 0.04444444444436018)
        curvature = fma(q, z, -0.33333333333333126)
        low[0] = sum_error(q, z, -0.33333333333333126, curvature)
    return curvature


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


cdef inline real wave_of(real r, real low, real carrier, int quarters) noexcept nogil:
    """sin((n + quarters) pi / 2 + r + low), rounded once, where nothing else of r is asked for.

    Sine and cosine go through one polynomial, whose coefficients are chosen: 1 - z / 2 + ... or r - r z / 6 + ..., z = r^2.
    What rounding took from z counts for the cosine alone.
    """
    cdef real next = shifted(carrier, quarters)
    cdef real z = r * r
    cdef real lost = product_error(r, r, z)
    cdef real factor = r * z
    cdef real q
    if real is float:
        q = fma(
            <float>2.443142147967592e-05 if is_odd(next) else <float>0, z,
            <float>-0.0013887304812669754 if is_odd(next) else <float>-0.00019507882825564593
        )
        q = fma(q, z, <float>0.04166664555668831 if is_odd(next) else <float>0.008332106284797192)
        q = fma(q, z, <float>-0.5 if is_odd(next) else <float>-0.16666653752326965)
    else:
        q = fma(
            -1.1357336622292531e-11 if is_odd(next) else <double>0, z,
            2.0875678083162346e-09 if is_odd(next) else 1.5894821283649348e-10
        )
        q = fma(q, z, -2.755731401511332e-07 if is_odd(next) else -2.5050724780737116e-08)
        q = fma(q, z, 2.4801587288295373e-05 if is_odd(next) else 2.755731348488374e-06)
        q = fma(q, z, -0.0013888888888872186 if is_odd(next) else -0.000198412698292342)
        q = fma(q, z, 0.04166666666666659 if is_odd(next) else 0.008333333333321742)
        q = fma(q, z, <double>-0.5 if is_odd(next) else -0.1666666666666663)
    low *= -r if is_odd(next) else <real>1
    low = fma(<real>-0.5 if is_odd(next) else <real>0, lost, low)
    low = fma(z if is_odd(next) else factor, q, low)
    return flipped((<real>1 if is_odd(next) else r) + low, next, 0)


cdef inline real shifted(real carrier, int quarters) noexcept nogil:
    """The carrier of n + quarters, its two lowest bits at least."""
    if real is float:
        return act_float32(act_bits32(carrier) + quarters)
    else:
        return act_float64(act_bits64(carrier) + quarters)


cdef inline real sine_of(real r, real low, real carrier, real* sine_rest, real* cosine,
                         real* cosine_rest) noexcept nogil:
    """Sine and cosine of n pi / 2 + r + low, each as a sum of two numbers that nobody has rounded into one yet."""
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
