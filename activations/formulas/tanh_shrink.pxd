"""Formulas of tanh_shrink (rules in rectifiers.pxd): x - tanh x, whose plain difference has no digit around 0.

With a = |x| and E = e^-2a, tanh a is 1 - 2 E / (1 + E), so that far out nothing is left but a - 1, or 1, and what is small
beside it. Near 0 a power of a is multiplied by a polynomial in u = a^2, of which a constant is kept apart: that much
less of it is rounded before the product is. In double such polynomials would be twice as long. There the difference is
a^3 / g(u): g is nearly a line, since the nearest point where x = tanh x lies at 4.5 on the imaginary axis.
"""

from activations.formulas.elementary cimport (
    carrier_of, expm1_near_zero, exponent_bias, power_of_two, reduced, scale, scaled_bias, unscale,
)
from activations.formulas.roots cimport signed
from activations.kernels.real cimport absolute, at_most, bound_tanh_highest, fma, product_error, real, sum_error

cdef extern from "machine.h":
    """
    /* up to here tanh_shrink is a cube times a polynomial in float, in double a cube over one; its slope in float */
    ACT_BOUNDS(tanh_shrink_near, 1.17f, 1.5)
    ACT_BOUND(float, act_tanh_shrink_slope_near_f, 1.05f)
    """
    const float act_tanh_shrink_near_f
    const double act_tanh_shrink_near_d
    const float act_tanh_shrink_slope_near_f


cdef inline float decay(float a) noexcept nogil:
    """E = e^-2a from 1 on, with a = r - n ln2 / 2: to the digits that count beside 1."""
    cdef float b = at_most(a, bound_tanh_highest(a))
    cdef float zero = carrier_of(exponent_bias(a), a)
    cdef float carrier = fma(b, <float>-2.8853900817779268, zero)
    cdef float n = carrier - zero
    cdef float r = fma(n, <float>0.34657359027997264, b)
    cdef float p = fma(<float>0.08846768736839294, r, <float>-0.2678088843822479)
    p = fma(p, r, <float>0.6666919589042664)
    p = fma(p, r, <float>-1.333321452140808)
    p = fma(p, r, <float>1.999999761581421)
    p = fma(p, r, <float>-2)
    return fma(p, r, <float>1) * power_of_two(carrier)


cdef inline float product_of_sums(float a, float a_low, float b, float b_rest) noexcept nogil:
    """(a + a_low) (b + b_rest), of which b is the larger and exact."""
    return fma(a, b, fma(a, b_rest, a_low * (b_rest + b)))


cdef inline float float_tanh_shrink(float x) noexcept nogil:
    cdef float a = absolute(x)
    cdef float u = a * a
    cdef float scaled = a * scale(a)
    cdef float cube = u * scaled
    cdef float lost = fma(product_error(a, a, u), scaled, product_error(u, scaled, cube))
    cdef float e = decay(a)
    cdef float p, s, near
    p = fma(<float>2.0475768906180747e-05, u, <float>-0.0002051540941465646)
    p = fma(p, u, <float>0.000983897247351706)
    p = fma(p, u, <float>-0.0032130698673427105)
    p = fma(p, u, <float>0.008673472329974174)
    p = fma(p, u, <float>-0.021814266219735146)
    p = fma(p, u, <float>0.053960010409355164)
    p = fma(p, u, <float>-0.13333284854888916)
    p = fma(p, u, <float>0.09833332896232605)
    near = product_of_sums(cube, lost, <float>0.235, p)
    s = fma(<float>1.4993034601211548, e, <float>-1.946999192237854)
    s = fma(s, e, <float>1.9973268508911133)
    s = fma(s, e, <float>-1.9999388456344604)
    s = fma(s, e, <float>1.9999995231628418)
    return signed(near * unscale(a) if a < act_tanh_shrink_near_f else fma(e, s, a - <float>1), x)


cdef inline float float_tanh_shrink_derivative(float x) noexcept nogil:
    cdef float a = absolute(x)
    cdef float u = a * a
    cdef float lost = product_error(a, a, u)
    cdef float e = decay(a)
    cdef float p, s, near
    p = fma(<float>0.0006728005828335881, u, <float>-0.004787292797118425)
    p = fma(p, u, <float>0.01715049333870411)
    p = fma(p, u, <float>-0.044027380645275116)
    p = fma(p, u, <float>0.09656307846307755)
    p = fma(p, u, <float>-0.19663940370082855)
    p = fma(p, u, <float>0.3777593970298767)
    p = fma(p, u, <float>-0.6666660308837891)
    p = fma(p, u, <float>0.3799999952316284)
    near = product_of_sums(u, lost, <float>0.62, p)
    s = fma(<float>13.146742820739746, e, <float>-15.141294479370117)
    s = fma(s, e, <float>11.948677062988281)
    s = fma(s, e, <float>-7.998627185821533)
    s = fma(s, e, <float>3.999987840652466)
    return near if a < act_tanh_shrink_slope_near_f else fma(-s, e, <float>1)


cdef inline double double_tanh_shrink(double x) noexcept nogil:
    cdef double a = absolute(x)
    cdef double c = at_most(a, act_tanh_shrink_near_d)
    cdef double u = c * c
    cdef double u_low = product_error(c, c, u)
    cdef double h, g, g_low, cube, cube_low, carrier, p, power, top, bottom, y, rest
    h = fma(4.673804097072312e-15, u, -1.565067419356758e-13)
    h = fma(h, u, 3.5206731141658912e-12)
    h = fma(h, u, -7.229151802245658e-11)
    h = fma(h, u, 1.4626307006101335e-09)
    h = fma(h, u, -2.9564964825661478e-08)
    h = fma(h, u, 5.987662171910614e-07)
    h = fma(h, u, -1.2203669310953093e-05)
    h = fma(h, u, 0.00025396825396060757)
    h = fma(h, u, -0.005714285714284899)
    h = fma(h, u, <double>1.2)
    g = fma(u, h, <double>3)
    g_low = fma(u_low, h, sum_error(u, h, <double>3, g))
    u *= scale(x)
    cube = u * c
    cube_low = fma(u_low * scale(x), c, product_error(u, c, cube))
    p = expm1_near_zero(reduced(<double>-2 * at_most(a, bound_tanh_highest(x)), scaled_bias(x), &carrier))
    power = power_of_two(carrier)
    top = fma(p, power, power)
    bottom = fma(top, unscale(x), <double>1)
    top = cube if a <= c else top + top
    bottom = g if a <= c else bottom
    y = top / bottom
    # What is left of the division by g, over g, for which a line is good enough here.
    rest = (fma(-y, g_low, cube_low) - product_error(y, g, cube)) * fma(u, <double>-0.0757 * unscale(x), <double>0.333)
    y += rest if a <= c else <double>0
    return signed(fma(y, unscale(x), <double>0 if a <= c else a - <double>1), x)


cdef inline real tanh_shrink(real x) noexcept nogil:
    return float_tanh_shrink(x) if real is float else double_tanh_shrink(x)
