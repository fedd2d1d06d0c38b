"""Formulas of the radial activations of one variable: scalar mathematics and nothing else (see rectifiers.pxd)."""

from activations.formulas.elementary cimport exp_scaled_sum, unscale
from activations.kernels.real cimport absolute, at_most, bound_gaussian, product_error, real


# gaussian: exp(-x^2). The square is carried as a sum of two numbers: its rounding error counts x^2 times.

cdef inline real negative_square_exp(real x) noexcept nogil:
    """exp(-x^2) * SCALE."""
    cdef real a = at_most(absolute(x), bound_gaussian(x))
    cdef real square = a * a
    return exp_scaled_sum(-square, -product_error(a, a, square))


cdef inline real gaussian(real x) noexcept nogil:
    return negative_square_exp(x) * unscale(x)


cdef inline real gaussian_derivative(real x) noexcept nogil:
    cdef real bounded = at_most(absolute(x), bound_gaussian(x))
    cdef real slope = (<real>-2 * bounded * negative_square_exp(x)) * unscale(x)
    return -slope if x < 0 else slope
