"""Formulas of the waves: periodic functions and what is made of them. Scalar mathematics and nothing else (see
rectifiers.pxd).

Every scalar has `far` as its last argument, a constant where it is called: whether the argument lies beyond
`f_is_far`, so that its reduction takes the long way (trigonometry.pxd). Infinities are far, and have no sine: NaN.
"""

from libc.float cimport DBL_MAX, FLT_MAX

from activations.formulas.elementary cimport unscale
from activations.formulas.trigonometry cimport bound_turns, sine_of, sum_rest, turns, turns_of_product
from activations.kernels.real cimport absolute, fma, product_error, real, sum_error


# sin (Sitzmann et al. 2020): omega x is not rounded before the reduction.

cdef inline bint sin_is_far(real x, real omega) noexcept nogil:
    return absolute(omega * x) > bound_turns(x)


cdef inline real sin_pair(real x, real omega, bint far, real* rest, real* cosine, real* cosine_rest) noexcept nogil:
    cdef real low, carrier
    cdef real r = turns_of_product(x, omega, far, &low, &carrier)
    return sine_of(r, low, carrier, rest, cosine, cosine_rest)


cdef inline real sin(real x, real omega, bint far) noexcept nogil:
    cdef real rest, c, d
    cdef real s = sin_pair(x, omega, far, &rest, &c, &d)
    return omega * x if x == 0 else s + rest


cdef inline real sin_derivative(real x, real omega, bint far) noexcept nogil:
    cdef real rest, c, d
    sin_pair(x, omega, far, &rest, &c, &d)
    return product_of_pair(omega, c, d)


cdef inline real sin_second_derivative(real x, real omega, bint far) noexcept nogil:
    return -omega * (omega * sin(x, omega, far))


cdef inline real sin_by_omega(real x, real omega, bint far) noexcept nogil:
    cdef real rest, c, d
    sin_pair(x, omega, far, &rest, &c, &d)
    return product_of_pair(x, c, d)


cdef inline real product_of_pair(real a, real head, real rest) noexcept nogil:
    """a (head + rest), rounded once."""
    cdef real product = a * head
    return product + fma(a, rest, product_error(a, head, product))


# cos

cdef inline bint cos_is_far(real x) noexcept nogil:
    return absolute(x) > bound_turns(x)


cdef inline real cos_pair(real x, bint far, real* rest, real* sine, real* sine_rest) noexcept nogil:
    cdef real low, carrier, c
    cdef real r = turns(x, far, &low, &carrier)
    sine[0] = sine_of(r, low, carrier, sine_rest, &c, rest)
    return c


cdef inline real cos(real x, bint far) noexcept nogil:
    cdef real rest, s, t
    return cos_pair(x, far, &rest, &s, &t) + rest


cdef inline real cos_derivative(real x, bint far) noexcept nogil:
    cdef real rest, s, t
    cos_pair(x, far, &rest, &s, &t)
    return -(s + t)


cdef inline real cos_second_derivative(real x, bint far) noexcept nogil:
    return -cos(x, far)


# gcu (Noel et al. 2021): x cos x. In the derivative cos x and x sin x cancel, so both stay sums of two numbers.

cdef inline bint gcu_is_far(real x) noexcept nogil:
    return absolute(x) > bound_turns(x)


cdef inline real gcu(real x, bint far) noexcept nogil:
    cdef real rest, s, t
    cdef real c = cos_pair(x, far, &rest, &s, &t)
    return product_of_pair(x, c, rest)


cdef inline real gcu_derivative(real x, bint far) noexcept nogil:
    cdef real rest, s, t
    cdef real c = cos_pair(x, far, &rest, &s, &t)
    cdef real product = -x * s
    cdef real slope = c + product
    rest += fma(-x, t, product_error(-x, s, product))
    return slope + (rest + sum_rest(c, product, slope))


cdef inline real gcu_second_derivative(real x, bint far) noexcept nogil:
    cdef real rest, s, t
    cdef real c = cos_pair(x, far, &rest, &s, &t)
    return -fma(x, c + rest, <real>2 * (s + t))


# sinc: sin(u) / u with u = omega x. The derivatives are differences of near equals around 0: there they are series in
# u^2, whose first coefficient, -1/3, is carried in two parts. Farther out (cos u - sin(u) / u) / u cancels only at its roots.

cdef inline bint sinc_is_far(real x, real omega) noexcept nogil:
    return absolute(omega * x) > bound_turns(x)


cdef inline bint is_infinite(real x) noexcept nogil:
    if real is float:
        return absolute(x) > FLT_MAX
    else:
        return absolute(x) > DBL_MAX


cdef inline real sinc_series_end(real like) noexcept nogil:
    return <real>1.5


cdef inline real sinc_tiny(real like) noexcept nogil:
    """sinc is 1 from here to 0."""
    if real is float:
        return <float>1e-5
    else:
        return <double>1e-9


cdef inline real sinc_pair(real x, real omega, bint far, real* rest, real* cosine, real* cosine_rest) noexcept nogil:
    """sinc of omega x as a sum of two numbers, and the cosine. Far out u is scaled: it may overflow, 1 / u underflow."""
    cdef real t
    cdef real s = sin_pair(x, omega, far, &t, cosine, cosine_rest)
    cdef real shrink = unscale(x) if far and absolute(x) > 1 else <real>1
    cdef real u = omega * (x * shrink)
    cdef real tail = product_error(omega, x * shrink, u)
    cdef real inverse = <real>1 / (<real>1 if absolute(u) < sinc_tiny(x) and not far else u)
    cdef real quotient = s * inverse
    t = fma(-quotient, tail, t + sum_error(-quotient, u, s, <real>0)) * inverse
    rest[0] = <real>0 if absolute(u) < sinc_tiny(x) and not far else t * shrink
    return <real>1 if absolute(u) < sinc_tiny(x) and not far else quotient * shrink


cdef inline real sinc(real x, real omega, bint far) noexcept nogil:
    cdef real rest, c, d
    cdef real q = sinc_pair(x, omega, far, &rest, &c, &d)
    return <real>0 if far and is_infinite(x) else q + rest


cdef inline real sinc_decline(real x, real omega, bint far, real* sinc_value) noexcept nogil:
    """cos(u) - sinc(u)."""
    cdef real t, c, d, decline
    cdef real q = sinc_pair(x, omega, far, &t, &c, &d)
    sinc_value[0] = q + t
    decline = c - q
    return decline + ((d - t) + sum_rest(c, -q, decline))


cdef inline real sinc_slope_near(real u, real tail, real factor) noexcept nogil:
    """factor sinc'(u + tail) for |u| <= 1.5: with k = factor u, -k / 3 + k u^2 / 30 - ..., rounded once."""
    cdef real z = u * u
    cdef real k = factor * u
    cdef real lost = fma(factor, tail, product_error(factor, u, k))
    cdef real q
    if real is float:
        q = fma(<float>2.753845596004112e-09, z, <float>-2.553514093506237e-07)
        q = fma(q, z, <float>2.205530836363323e-05)
        q = fma(q, z, <float>-0.0011904834536835551)
        q = fma(q, z, <float>0.03333333507180214)
        q = fma(q, z, <float>9.934107462565104e-09)
        q = fma(k, q, <float>-0.3333333432674408 * lost)
        return fma(k, <float>-0.3333333432674408, q)
    else:
        q = fma(-2.612712646154628e-19, z, -1.412800130444585e-16)
        q = fma(q, z, 4.495461880817104e-14)
        q = fma(q, z, -1.0705962902602084e-11)
        q = fma(q, z, 1.9270851713512215e-09)
        q = fma(q, z, -2.505210837845875e-07)
        q = fma(q, z, 2.204585537915836e-05)
        q = fma(q, z, -0.001190476190476184)
        q = fma(q, z, 0.03333333333333333)
        q = fma(q, z, -1.850371707708594e-17)
        q = fma(k, q, -0.3333333333333333 * lost)
        return fma(k, -0.3333333333333333, q)


cdef inline real sinc_bend_near(real u) noexcept nogil:
    """sinc''(u) for |u| <= 1.5."""
    cdef real z = u * u
    cdef real q
    if real is float:
        q = fma(<float>-8.820608132786845e-10, z, <float>2.6364990191041215e-08)
        q = fma(q, z, <float>-2.2681379050482064e-06)
        q = fma(q, z, <float>0.00015433704538736492)
        q = fma(q, z, <float>-0.005952389445155859)
        q = fma(q, z, <float>0.10000000149011612)
        return fma(q, z, <float>-0.3333333432674408)
    else:
        q = fma(-9.836872834674583e-18, z, 1.2039373763635713e-16)
        q = fma(q, z, -3.068254530965636e-15)
        q = fma(q, z, 6.762482502000626e-13)
        q = fma(q, z, -1.3918083549463049e-10)
        q = fma(q, z, 2.119794035297591e-08)
        q = fma(q, z, -2.254689756219822e-06)
        q = fma(q, z, 0.00015432098765485628)
        q = fma(q, z, -0.005952380952381045)
        q = fma(q, z, <double>0.1)
        return fma(q, z, -0.3333333333333333)


cdef inline real sinc_derivative(real x, real omega, bint far) noexcept nogil:
    cdef real value
    cdef real u = omega * x
    cdef real decline = sinc_decline(x, omega, far, &value)
    cdef real near = sinc_slope_near(u, product_error(omega, x, u), omega)
    decline = decline / (<real>1 if absolute(u) <= sinc_series_end(x) else x)
    if far:
        return <real>0 if is_infinite(x) else decline
    return near if absolute(u) <= sinc_series_end(x) else decline


cdef inline real sinc_second_derivative(real x, real omega, bint far) noexcept nogil:
    cdef real value
    cdef real u = omega * x
    cdef real decline = sinc_decline(x, omega, far, &value)
    cdef real inverse = <real>1 / (<real>1 if absolute(u) <= sinc_series_end(x) else u)
    cdef real bend = -fma(<real>2 * decline * inverse, inverse, value)
    if far:
        bend = <real>0 if is_infinite(x) else bend
    else:
        bend = sinc_bend_near(u) if absolute(u) <= sinc_series_end(x) else bend
    return omega * (omega * bend)


cdef inline real sinc_by_omega(real x, real omega, bint far) noexcept nogil:
    cdef real value
    cdef real u = omega * x
    cdef real decline = sinc_decline(x, omega, far, &value)
    cdef real near = sinc_slope_near(u, product_error(omega, x, u), x)
    decline = decline / (<real>1 if absolute(u) <= sinc_series_end(x) else omega)
    if far:
        return decline
    return near if absolute(u) <= sinc_series_end(x) else decline
