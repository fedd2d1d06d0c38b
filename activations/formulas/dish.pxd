"""dish (thinc 2022), one of the gates, whose gate is algebraic. Scalar mathematics and nothing else (see rectifiers.pxd).

It is x / 2 (1 + x / q), q = sqrt(1 + x^2), which cancels left of 0. There it is -a / (2 q (q + a)), a = |x|, with
q (q + a) = 1 + a^2 + a q; past bound_dish_far that is -1 / (4 a). The derivative there is
(1 - a q) / (2 q^2 q (q + a)), or -1 / (4 a^2) afar, and right of 0 it is 1 minus that; the second derivative is
(1 - x^2 / 2) / q^5.
"""

from activations.formulas.logarithms cimport rough_reciprocal, sum_in_two
from activations.formulas.roots cimport root
from activations.kernels.real cimport absolute, at_least, at_most, fma, product_error, real, sum_error

cdef extern from "machine.h" nogil:
    """
    ACT_BOUNDS(dish_far, 16384.0f, 268435456.0)  /* 1 + x^2 is x^2 */
    ACT_BOUNDS(dish_flat, 0x1p76f, 0x1p540)      /* the derivative is 0 or 1 */
    ACT_BOUNDS(dish_one, 1.0f, 1.0)
    """
    const float act_dish_far_f
    const double act_dish_far_d
    const float act_dish_flat_f
    const double act_dish_flat_d
    const float act_dish_one_f
    const double act_dish_one_d


cdef inline real bound_dish_far(real like) noexcept nogil:
    return act_dish_far_f if real is float else act_dish_far_d


cdef inline real bound_dish_flat(real like) noexcept nogil:
    return act_dish_flat_f if real is float else act_dish_flat_d


cdef inline real bound_one(real like) noexcept nogil:
    return act_dish_one_f if real is float else act_dish_one_d


cdef inline real dish_root(real a, real* square, real* lost) noexcept nogil:
    """q, with 1 + a^2 as a sum of two numbers."""
    square[0] = fma(a, a, <real>1)
    cdef real q = root(square[0])
    # The last term is what 1 - square, within sum_error, loses itself.
    lost[0] = sum_error(a, a, <real>1, square[0]) + (((square[0] - <real>1) - square[0]) + <real>1)
    return q


cdef inline real dish_product(real a, real q, real square, real lost, real* low) noexcept nogil:
    """a sqrt(1 + a^2) as a sum of two numbers, q the root; a / q is near 0.53 a + 0.18 where q's rounding counts, or 1."""
    cdef real share = at_most(fma(<real>0.53, a, <real>0.18), bound_one(a))
    cdef real product = a * q
    low[0] = fma(<real>0.5 * share, lost - product_error(q, q, square), product_error(a, q, product))
    return product


cdef inline real dish(real x) noexcept nogil:
    cdef real square, lost, low, y, a = absolute(x)
    cdef real held = at_most(a, bound_dish_far(x))
    cdef real q = dish_root(held, &square, &lost)
    cdef real half = <real>0.5 * x
    cdef bint near = a == held
    cdef real product = dish_product(held, q, square, lost, &low)
    cdef real sum = square + product
    cdef real under = q if x > 0 else (sum if near else a)
    cdef real ratio = (held if x > 0 or near else <real>0.5) / under
    # What rounding took from the root, or from the sum left of 0, and from the quotient is given back.
    low = ((square - sum) + product) + (lost + low)
    lost = (<real>0.5 * rough_reciprocal(q)) * (lost - product_error(q, q, square))
    low = fma(ratio, lost if x > 0 else low, product_error(ratio, under, held))
    low = -low * rough_reciprocal(under) if near else <real>0
    y = fma(half, ratio, half)
    lost = fma(half, low, fma(half, ratio, half - y)) if near else <real>0
    return y + lost if x > 0 else <real>-0.5 * (ratio + low)


cdef inline real dish_derivative(real x) noexcept nogil:
    """With top / (2 under): 1 - a q over q^2 (q^2 + a q), or -1 / (2 a) over a afar, each as a sum of two numbers."""
    cdef real square, lost, low, top_low, a = at_most(absolute(x), bound_dish_flat(x))
    cdef real held = at_most(a, bound_dish_far(x))
    cdef real q = dish_root(held, &square, &lost)
    cdef bint near = a == held
    cdef real product = dish_product(held, q, square, lost, &low)
    cdef real sum = square + product
    cdef real sum_low = ((square - sum) + product) + (lost + low)
    cdef real under = square * sum
    lost = fma(square, sum_low, fma(lost, sum, product_error(square, sum, under)))
    under = under if near else a
    cdef real share = <real>0.5 / under
    cdef real top = sum_in_two(<real>1, -product, &top_low)
    top_low -= low
    low = product_error(share, under, <real>0.5)
    top = top if near else -share
    top_low = top_low if near else <real>2 * share * low
    lost = lost if near else <real>0
    cdef real slope = top * share
    low = fma(<real>0.5, top_low, -fma(slope, lost, product_error(slope, under, <real>0.5 * top)))
    slope = fma(low + low, share, slope)
    return slope if x < 0 else <real>1 - slope


cdef inline real dish_second_derivative(real x) noexcept nogil:
    cdef real square, lost, a = absolute(x)
    cdef real held = at_most(a, bound_dish_far(x))
    cdef bint near = a == held
    dish_root(held, &square, &lost)
    cdef real share = <real>1 / (square if near else a)
    cdef real inverse = root(share) if near else share
    # (1 + x^2)^-5/2 to first order in what 1 + x^2 and its reciprocal lost in rounding.
    cdef real bend = fma(<real>-0.5 * held, held, <real>1)
    lost = fma(lost, share, product_error(share, square, <real>1))
    bend = fma(bend, <real>-2.5 * lost, bend) * share
    return (bend if near else <real>-0.5) * share * inverse * (<real>1 if near else share)
