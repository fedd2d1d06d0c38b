"""Formulas of the waves: periodic functions and what is made of them. Scalar mathematics and nothing else (see
rectifiers.pxd).

Every scalar has `far` as its last argument, a constant where it is called: whether the argument lies beyond
`f_is_far`, so that its reduction takes the long way (trigonometry.pxd). Infinities are far, and have no sine: NaN.
"""

from libc.float cimport DBL_MAX, FLT_MAX

from activations.formulas.elementary cimport scale, unscale
from activations.formulas.trigonometry cimport (
    bound_turns, is_odd, sine_of, sine_square_curvature, sum_rest, turns, turns_of_product, turns_of_rounded, wave_of,
)
from activations.kernels.real cimport absolute, at_least, at_most, fma, product_error, real, sum_error


cdef inline real tiny_angle(real like) noexcept nogil:
    """From here to 0 sin(u) is u and sinc(u) is 1."""
    if real is float:
        return <float>1e-5
    else:
        return <double>1e-9


# sin (Sitzmann et al. 2020): omega x is not rounded before the reduction.

cdef inline bint sin_is_far(real x, real omega) noexcept nogil:
    return absolute(omega * x) > bound_turns(x)


cdef inline real sin_pair(real x, real omega, bint far, real* rest, real* cosine, real* cosine_rest) noexcept nogil:
    cdef real low, carrier
    cdef real r = turns_of_product(x, omega, far, &low, &carrier)
    return sine_of(r, low, carrier, rest, cosine, cosine_rest)


cdef inline real sin(real x, real omega, bint far) noexcept nogil:
    cdef real low, carrier
    cdef real r = turns_of_product(x, omega, far, &low, &carrier)
    r = wave_of(r, low, carrier, 0)
    return omega * x if x == 0 else r


cdef inline real sin_derivative(real x, real omega, bint far) noexcept nogil:
    cdef real rest, c, d
    sin_pair(x, omega, far, &rest, &c, &d)
    return product_of_pair(omega, c, d)


cdef inline real sin_second_derivative(real x, real omega, bint far) noexcept nogil:
    # Around 0 not through omega x, which may be subnormal and have few digits.
    cdef real near = omega * omega * omega * x
    return -(near if absolute(omega * x) < tiny_angle(x) else omega * omega * sin(x, omega, far))


cdef inline real sin_by_omega(real x, real omega, bint far) noexcept nogil:
    cdef real rest, c, d
    sin_pair(x, omega, far, &rest, &c, &d)
    return product_of_pair(x, c, d)


# The same where omega is 1: there is no product to keep the digits of.

cdef inline bint sin_of_x_is_far(real x) noexcept nogil:
    return absolute(x) > bound_turns(x)


cdef inline real sin_of_x(real x, bint far) noexcept nogil:
    cdef real low, carrier
    cdef real r = turns(x, far, &low, &carrier)
    r = wave_of(r, low, carrier, 0)
    return x if x == 0 else r


cdef inline real sin_of_x_derivative(real x, bint far) noexcept nogil:
    return cos(x, far)


cdef inline real sin_of_x_second_derivative(real x, bint far) noexcept nogil:
    return -sin_of_x(x, far)


cdef inline real product_of_pair(real a, real head, real rest) noexcept nogil:
    """a (head + rest), rounded once."""
    cdef real product = a * head
    return product + fma(a, rest, product_error(a, head, product))


cdef inline bint is_infinite(real x) noexcept nogil:
    if real is float:
        return absolute(x) > FLT_MAX
    else:
        return absolute(x) > DBL_MAX


cdef inline real quotient_of_pair(real head, real rest, real divisor, real divisor_rest,
                                  real* quotient_rest) noexcept nogil:
    """(head + rest) / (divisor + divisor_rest) as a sum of two numbers."""
    cdef real inverse = <real>1 / divisor
    cdef real quotient = head * inverse
    rest += sum_error(-quotient, divisor, head, <real>0)
    quotient_rest[0] = fma(-quotient, divisor_rest, rest) * inverse
    return quotient


# cos

cdef inline bint cos_is_far(real x) noexcept nogil:
    return absolute(x) > bound_turns(x)


cdef inline real cos_pair(real x, bint far, real* rest, real* sine, real* sine_rest) noexcept nogil:
    cdef real low, carrier, c
    cdef real r = turns(x, far, &low, &carrier)
    sine[0] = sine_of(r, low, carrier, sine_rest, &c, rest)
    return c


cdef inline real cos(real x, bint far) noexcept nogil:
    cdef real low, carrier
    cdef real r = turns(x, far, &low, &carrier)
    return wave_of(r, low, carrier, 1)


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
    return x if x == 0 else product_of_pair(x, c, rest)


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


# snake (Ziyin et al. 2020): x + sin(u)^2 / a with u = a x. In every second quarter of a turn the square is 1 - sin(r)^2, r
# being what is left of u, so that one polynomial does for all of them, and no sign is asked for. For negative u the sum
# cancels by a factor of four at most: r, its square and 1 / a are sums of two numbers. What is far takes the square as
# (1 - cos(2 u)) / 2, which has all its digits in the pairs of 2 u. The derivative is 1 + sin(2 u), which has double roots,
# where the pair of the sine has all digits just so. With a = 0 it is x. An `a` with which u may underflow though x^2 does
# not, or whose reciprocal may, counts as far; so do NaN and, with a = 0 too, infinities.

cdef inline real snake_least(real like) noexcept nogil:
    if real is float:
        return <float>1e-16
    else:
        return <double>1e-150


cdef inline real least_turn(real like) noexcept nogil:
    """Nearer to 0 u is nothing beside 1."""
    if real is float:
        return <float>1e-8
    else:
        return <double>2e-17


cdef inline bint snake_is_far(real x, real a) noexcept nogil:
    cdef real size = absolute(a)
    cdef real bound = <real>0.5 * bound_turns(x)
    bound = <real>-1 if size > <real>1 / snake_least(x) else bound
    bound = <real>-1 if (size < snake_least(x)) & (size > 0) else bound
    return not absolute(a * x) <= bound


cdef inline real double_angle_pair(real x, real a, bint far, real* rest, real* cosine,
                                   real* cosine_rest) noexcept nogil:
    """Sine and cosine of 2 a x, each as a sum of two numbers."""
    cdef real s, c
    if not far or not is_infinite(a + a):
        return sin_pair(x, a + a, far, rest, cosine, cosine_rest)
    if not is_infinite(x + x):
        return sin_pair(x + x, a, far, rest, cosine, cosine_rest)
    s = sin_pair(x, a, far, rest, &c, cosine_rest)
    s += rest[0]
    c += cosine_rest[0]
    rest[0] = cosine_rest[0] = 0
    cosine[0] = (c - s) * (c + s)
    return <real>2 * s * c


cdef inline real snake_quotient(real head, real rest, real a, bint far, real* quotient_rest) noexcept nogil:
    """(head + rest) / a as a sum of two numbers; with a = 0 it means nothing."""
    cdef real lift, quotient
    if not far:
        return quotient_of_pair(head, rest, <real>1 if a == 0 else a, <real>0, quotient_rest)
    lift = scale(a) if absolute(a) < 1 else unscale(a)
    quotient = quotient_of_pair(head, rest, a * lift, <real>0, quotient_rest)
    quotient_rest[0] *= lift
    return quotient * lift


cdef inline real near_snake(real x, real a) noexcept nogil:
    """(u + sin(u)^2) / a. What rounding takes from a sum below is exact, because what may be the smaller of its terms
    there has no finer last bit than the other."""
    cdef real u = a * x
    cdef real tail = product_error(a, x, u)
    cdef real carrier, low
    cdef real r = turns_of_rounded(u, tail, &low, &carrier)
    cdef real z = r * r
    # What z lacks of the square of r counts sin(2 r) / (2 r) times, for which a line is good enough.
    cdef real lost = fma(r + r, low, product_error(r, r, z)) * fma(z, <real>-0.589, <real>1)
    cdef real bend_low
    cdef real bend = sine_square_curvature(z, &bend_low)
    cdef real square = z * z
    cdef real rest = fma(square, bend, fma(square, bend_low, fma(product_error(z, z, square), bend, lost)))
    cdef real crest = <real>1 if is_odd(carrier) else <real>0
    cdef real sign = fma(crest, <real>-2, <real>1)
    cdef real large = at_least(u, crest)
    cdef real base = u + crest
    cdef real sum = fma(sign, z, base)
    cdef real inverse = <real>1 / (<real>1 if a == 0 else a)
    cdef real inverse_low, total, y
    tail += at_most(u, crest) - (base - large)
    rest = fma(sign, rest, fma(sign, z, base - sum) + tail)
    total = sum + rest
    rest += sum - total
    y = total * inverse
    inverse_low = sum_error(-inverse, a, <real>1, <real>0) * inverse
    rest = fma(rest, inverse, fma(total, inverse_low, product_error(total, inverse, y)))
    return y + rest if absolute(u) >= least_turn(x) else x


cdef inline real snake(real x, real a, bint far) noexcept nogil:
    cdef real rest, s, c, d, y
    if not far:
        return near_snake(x, a)
    s = double_angle_pair(x, a, far, &rest, &c, &d)
    s = <real>1 - c
    rest = ((<real>1 - s) - c) - d
    s = snake_quotient(<real>0.5 * s, <real>0.5 * rest, a, far, &rest)
    y = x + s
    if absolute(a * x) <= tiny_angle(x):
        return x if x == 0 else fma(a * x, x, x)
    if is_infinite(y):
        return y
    if is_infinite(x):
        return x
    return y + ((s - (y - x)) + rest)


cdef inline real snake_derivative(real x, real a, bint far) noexcept nogil:
    cdef real rest, c, d
    cdef real s = double_angle_pair(x, a, far, &rest, &c, &d)
    cdef real slope = <real>1 + s
    if far and a == 0 and is_infinite(x):
        return <real>1
    return slope + ((s - (slope - <real>1)) + rest)


cdef inline real product_or_infinity(real a, real head, real rest) noexcept nogil:
    """product_of_pair for what may overflow."""
    cdef real product = a * head
    cdef real more = fma(a, rest, product_error(a, head, product))
    return a * (head + rest) if is_infinite(product) else product + more


cdef inline real snake_second_derivative(real x, real a, bint far) noexcept nogil:
    cdef real rest, c, d
    double_angle_pair(x, a, far, &rest, &c, &d)
    if far and a == 0 and is_infinite(x):
        return <real>0
    return product_or_infinity(a, c + c, d + d)


# By a: (u sin(2 u) - sin(u)^2) / a^2 = 2 w (x cos(u) - w / 2).

cdef inline real snake_by_a(real x, real a, bint far) noexcept nogil:
    cdef real rest, c, d, w, product, slope
    cdef real s = sin_pair(x, a, far, &rest, &c, &d)
    if far and (a == 0 or absolute(a * x) <= tiny_angle(x)):
        return x * x
    w = s + rest
    w = snake_quotient(w, rest - (w - s), a, far, &s)
    product = x * c
    slope = product - <real>0.5 * w
    rest = fma(x, d, product_error(x, c, product)) - <real>0.5 * s
    slope += rest + sum_rest(product, <real>-0.5 * w, slope)
    slope = product_or_infinity(slope, w + w, s + s)
    return x * x if a == 0 else slope


# sinc: sin(u) / u with u = omega x. The derivatives are differences of near equals around 0: there they are series in
# u^2, whose first coefficient, -1/3, is carried in two parts. Farther out (cos u - sin(u) / u) / u cancels only at its
# roots.

cdef inline bint sinc_is_far(real x, real omega) noexcept nogil:
    return absolute(omega * x) > bound_turns(x)


cdef inline real sinc_pair(real x, real omega, bint far, real* rest, real* shrink, real* cosine,
                           real* cosine_rest) noexcept nogil:
    """sinc of omega x over `shrink` as a sum of two numbers, and the cosine.

    Very far out u is scaled, for it may overflow and 1 / u underflow.
    """
    cdef real u = omega * x
    cdef real t
    cdef real s = sin_pair(x, omega, far, &t, cosine, cosine_rest)
    shrink[0] = <real>1
    if far and absolute(u) * unscale(x) > 1:
        shrink[0] = unscale(x)
        if absolute(x) > 1:
            x *= shrink[0]
        else:
            omega *= shrink[0]
        u = omega * x
        if is_infinite(u):
            rest[0] = s - s
            return rest[0]
    # 1 / 1 where u is tiny.
    t = <real>0 if absolute(u) <= tiny_angle(x) else t
    s = <real>1 if absolute(u) <= tiny_angle(x) else s
    return quotient_of_pair(s, t, <real>1 if absolute(u) <= tiny_angle(x) else u, product_error(omega, x, u), rest)


cdef inline real sinc(real x, real omega, bint far) noexcept nogil:
    cdef real rest, shrink, c, d
    cdef real q = sinc_pair(x, omega, far, &rest, &shrink, &c, &d)
    return <real>0 if far and is_infinite(x) else (q + rest) * shrink


cdef inline real sinc_decline(real x, real omega, bint far, real* rest) noexcept nogil:
    """cos(u) - sinc(u) as a sum of two numbers."""
    cdef real t, shrink, c, d, decline
    cdef real q = sinc_pair(x, omega, far, &t, &shrink, &c, &d)
    q *= shrink
    decline = c - q
    rest[0] = (d - t * shrink) + sum_rest(c, -q, decline)
    return decline


cdef inline real sinc_slope_near(real x, real omega, real factor) noexcept nogil:
    """factor sinc'(u) for |u| <= 1.5: with k = factor u, -k / 3 + k u^2 / 30 - ..., rounded once.

    Small x are scaled, so that what k loses is no subnormal.
    """
    cdef real z = (omega * x) * (omega * x)
    cdef real lift = scale(x) if absolute(x) < tiny_angle(x) else <real>1
    cdef real drop = unscale(x) if absolute(x) < tiny_angle(x) else <real>1
    cdef real u = omega * (x * lift)
    cdef real k = factor * u
    cdef real lost = fma(factor, product_error(omega, x * lift, u), product_error(factor, u, k))
    cdef real q
    if real is float:
        q = fma(<float>2.753845596004112e-09, z, <float>-2.553514093506237e-07)
        q = fma(q, z, <float>2.205530836363323e-05)
        q = fma(q, z, <float>-0.0011904834536835551)
        q = fma(q, z, <float>0.03333333507180214)
        q = fma(q, z, <float>9.934107462565104e-09)
        q = fma(k, q, <float>-0.3333333432674408 * lost)
        return fma(k, <float>-0.3333333432674408, q) * drop
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
        return fma(k, -0.3333333333333333, q) * drop


cdef inline real sinc_bend_near(real u, real tail, real* rest) noexcept nogil:
    """sinc''(u + tail) for |u| <= 1.5, -1/3 + u^2 / 10 - ..., as a sum of two numbers."""
    cdef real z = u * u
    cdef real lost = fma(<real>2 * u, tail, product_error(u, u, z))
    cdef real q, third, product, bend
    if real is float:
        q = fma(<float>-8.820608132786845e-10, z, <float>2.6364990191041215e-08)
        q = fma(q, z, <float>-2.2681379050482064e-06)
        q = fma(q, z, <float>0.00015433704538736492)
        q = fma(q, z, <float>-0.005952389445155859)
        q = fma(q, z, <float>0.10000000149011612)
        third = <float>-0.3333333432674408
        lost = fma(q, lost, <float>9.934107462565104e-09)
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
        third = <double>-0.3333333333333333
        lost = fma(q, lost, -1.850371707708594e-17)
    product = q * z
    bend = third + product
    rest[0] = (lost + product_error(q, z, product)) + sum_rest(third, product, bend)
    return bend


cdef inline bint sinc_is_near(real u) noexcept nogil:
    """Where the derivatives are series."""
    return absolute(u) <= <real>1.5


cdef inline real sinc_derivative(real x, real omega, bint far) noexcept nogil:
    cdef real rest
    cdef real u = omega * x
    cdef real decline = sinc_decline(x, omega, far, &rest)
    cdef real slope = quotient_of_pair(decline, rest, <real>1 if sinc_is_near(u) else x, <real>0, &rest)
    if far:
        return <real>0 if is_infinite(x) else slope + rest
    slope += rest
    rest = sinc_slope_near(x, omega, omega)
    return rest if sinc_is_near(u) else slope


cdef inline real sinc_by_omega(real x, real omega, bint far) noexcept nogil:
    cdef real rest
    cdef real u = omega * x
    cdef real decline = sinc_decline(x, omega, far, &rest)
    cdef real slope = quotient_of_pair(decline, rest, <real>1 if sinc_is_near(u) else omega, <real>0, &rest)
    slope += rest
    if far:
        return slope
    rest = sinc_slope_near(x, omega, x)
    return rest if sinc_is_near(u) else slope


# The second derivative is -omega^2 sinc(u) - 2 (cos u - sinc u) / x^2: two near equals for small u, so that products
# and sums give back what they round.

cdef inline real sinc_second_derivative(real x, real omega, bint far) noexcept nogil:
    cdef real rest, shrink, c, d, decline, bend, near
    cdef real u = omega * x
    cdef real square = omega * omega
    cdef real square_rest = product_error(omega, omega, square)
    cdef real q = sinc_pair(x, omega, far, &rest, &shrink, &c, &d)
    cdef real product = square * q
    if far and shrink != 1:
        return <real>0 if is_infinite(x) else -(square * (q + rest)) * shrink
    decline = (c - q) + (d - rest)
    decline = <real>2 * (decline / (<real>1 if sinc_is_near(u) else x))
    decline = decline / (<real>1 if sinc_is_near(u) else x)
    rest = fma(square, rest, product_error(square, q, product)) + square_rest * q
    bend = product + decline
    bend = -(bend + (rest + sum_rest(product, decline, bend)))
    if far:
        return bend
    near = sinc_bend_near(u, product_error(omega, x, u), &rest)
    product = square * near
    rest = fma(square, rest, product_error(square, near, product)) + square_rest * near
    return product + rest if sinc_is_near(u) else bend
