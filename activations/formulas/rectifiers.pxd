"""Formulas of the rectifiers: lines that meet at kinks. Scalar mathematics and nothing else.

Each is branch-free (a condition becomes a select), so that the loop around it vectorises; every literal has the type
`real`. `f_derivative` takes the pre-activation. NaN passes through: comparisons are written so that NaN takes the
branch that returns it. Sources and hard points stand at each formula.
"""

from activations.kernels.real cimport absolute, at_least, at_most, bound_zero, fma, product_error, real, whole_or_real

cdef extern from "machine.h" nogil:
    enum: ACT_FMA


# What several formulas share.

cdef inline real sum_lost(real a, real b, real total) noexcept nogil:
    """What rounding took from total = a + b (Knuth): exact, unless something overflowed."""
    cdef real part = total - a
    return (a - (total - part)) + (b - part)


cdef inline real line(real slope, real x, real offset) noexcept nogil:
    """slope x + offset as if rounded once, where an instruction set has no fused multiply-add too.

    Next to the root of the line, two roundings would leave no correct digit. What was lost is NaN where the line
    overflows, and is left out there.
    """
    cdef real product, total, lost
    if real is float:
        return fma(slope, x, offset)
    elif ACT_FMA:
        return fma(slope, x, offset)
    else:
        product = slope * x
        total = product + offset
        lost = sum_lost(product, offset, total) + product_error(slope, x, product)
        return total + (lost if lost == lost else <real>0)


cdef inline real within(real dy, real x, real low, real high) noexcept nogil:
    """dy where low < x < high, 0 outside and at the ends, NaN at NaN."""
    cdef real kept = <real>0 if x <= low else dy
    kept = <real>0 if x >= high else kept
    return x if x != x else kept


# identity

cdef inline whole_or_real identity(whole_or_real x) noexcept nogil:
    return x


cdef inline real identity_derivative(real x) noexcept nogil:
    return x if x != x else <real>1


cdef inline real identity_backward(real dy, real x) noexcept nogil:
    return x if x != x else dy


cdef inline real identity_second_derivative(real x) noexcept nogil:
    return x if x != x else <real>0


# affine: rounded once, and so is its root

cdef inline real affine(real x, real weight, real bias) noexcept nogil:
    return line(weight, x, bias)


cdef inline real affine_derivative(real x, real weight, real bias) noexcept nogil:
    return x if x != x else weight


cdef inline real affine_second_derivative(real x, real weight, real bias) noexcept nogil:
    return x if x != x else <real>0


cdef inline real affine_by_weight(real x, real weight, real bias) noexcept nogil:
    return x


cdef inline real affine_by_bias(real x, real weight, real bias) noexcept nogil:
    return x if x != x else <real>1


# binary_step: 1 above 0, and at 0 what one wants; the derivative is 0 wherever it exists

cdef inline real binary_step(real x, real h0) noexcept nogil:
    cdef real step = <real>0 if x < 0 else <real>1
    step = h0 if x == 0 else step
    return x if x != x else step


cdef inline real binary_step_derivative(real x, real h0) noexcept nogil:
    return x if x != x else <real>0


cdef inline real binary_step_backward(real dy, real x, real h0) noexcept nogil:
    return x if x != x else <real>0


cdef inline real binary_step_by_h0(real x, real h0) noexcept nogil:
    cdef real there = <real>1 if x == 0 else <real>0
    return x if x != x else there


# relu (Fukushima 1975): one max instruction; relu'(0) = 0

cdef inline whole_or_real relu(whole_or_real x) noexcept nogil:
    return <whole_or_real>0 if x < 0 else x


cdef inline real relu_derivative(real x) noexcept nogil:
    cdef real slope = <real>1 if x > 0 else <real>0
    return x if x != x else slope


cdef inline real relu_backward(real dy, real x) noexcept nogil:
    cdef real kept = <real>0 if x <= 0 else dy
    return x if x != x else kept


cdef inline real relu_backward_from_output(real dy, real y) noexcept nogil:
    return relu_backward(dy, y)


# squared_relu (So et al. 2021): the slope 2 max(x, 0) may overflow where dy f' does not, so backward doubles last. The
# second derivative jumps at 0 and has its left value there.

cdef inline real squared_relu(real x) noexcept nogil:
    cdef real positive = at_least(x, bound_zero(x))
    return positive * positive


cdef inline real squared_relu_derivative(real x) noexcept nogil:
    return <real>2 * at_least(x, bound_zero(x))


cdef inline real squared_relu_backward(real dy, real x) noexcept nogil:
    return dy * at_least(x, bound_zero(x)) * <real>2


cdef inline real squared_relu_second_derivative(real x) noexcept nogil:
    cdef real curvature = <real>2 if x > 0 else <real>0
    return x if x != x else curvature


# relu6 (Krizhevsky 2010) and clipped_relu: the slope is 0 at both kinks, so that the output tells it

cdef inline whole_or_real relu6(whole_or_real x) noexcept nogil:
    cdef whole_or_real positive = <whole_or_real>0 if x < 0 else x
    return <whole_or_real>6 if positive > 6 else positive


cdef inline real relu6_derivative(real x) noexcept nogil:
    return within(<real>1, x, <real>0, <real>6)


cdef inline real relu6_backward(real dy, real x) noexcept nogil:
    return within(dy, x, <real>0, <real>6)


cdef inline real relu6_backward_from_output(real dy, real y) noexcept nogil:
    return within(dy, y, <real>0, <real>6)


cdef inline whole_or_real clipped_relu(whole_or_real x, whole_or_real max_value) noexcept nogil:
    cdef whole_or_real positive = <whole_or_real>0 if x < 0 else x
    return max_value if positive > max_value else positive


cdef inline real clipped_relu_derivative(real x, real max_value) noexcept nogil:
    return within(<real>1, x, <real>0, max_value)


cdef inline real clipped_relu_backward(real dy, real x, real max_value) noexcept nogil:
    return within(dy, x, <real>0, max_value)


cdef inline real clipped_relu_backward_from_output(real dy, real y, real max_value) noexcept nogil:
    return within(dy, y, <real>0, max_value)


cdef inline real clipped_relu_by_max_value(real x, real max_value) noexcept nogil:
    cdef real held = <real>1 if x >= max_value else <real>0
    return x if x != x else held


# threshold, thresholded_relu (Konda, Memisevic, Krueger 2015): x above the threshold; `x <= threshold`, so that NaN is
# returned. Only the value below varies smoothly: the threshold moves a jump.

cdef inline real thresholded(real x, real threshold, real value) noexcept nogil:
    return value if x <= threshold else x


cdef inline real thresholded_derivative(real x, real threshold, real value) noexcept nogil:
    cdef real slope = <real>0 if x <= threshold else <real>1
    return x if x != x else slope


cdef inline real thresholded_backward(real dy, real x, real threshold, real value) noexcept nogil:
    cdef real kept = <real>0 if x <= threshold else dy
    return x if x != x else kept


cdef inline real thresholded_by_value(real x, real threshold, real value) noexcept nogil:
    cdef real held = <real>1 if x <= threshold else <real>0
    return x if x != x else held


cdef inline real thresholded_relu(real x, real threshold) noexcept nogil:
    return thresholded(x, threshold, <real>0)


cdef inline real thresholded_relu_derivative(real x, real threshold) noexcept nogil:
    return thresholded_derivative(x, threshold, <real>0)


cdef inline real thresholded_relu_backward(real dy, real x, real threshold) noexcept nogil:
    return thresholded_backward(dy, x, threshold, <real>0)


cdef inline real thresholded_relu_backward_from_output(real dy, real y, real threshold) noexcept nogil:
    return thresholded_backward(dy, y, threshold, <real>0)


# leaky_relu (Maas, Hannun, Ng 2013), prelu (He et al. 2015): any slope, so no max(x, slope x)

cdef inline real leaky_relu(real x, real negative_slope) noexcept nogil:
    return x if x > 0 else negative_slope * x


cdef inline real leaky_relu_derivative(real x, real negative_slope) noexcept nogil:
    cdef real slope = <real>1 if x > 0 else negative_slope
    return x if x != x else slope


cdef inline real leaky_relu_backward(real dy, real x, real negative_slope) noexcept nogil:
    cdef real kept = dy if x > 0 else negative_slope * dy
    return x if x != x else kept


cdef inline real leaky_relu_backward_from_output(real dy, real y, real negative_slope) noexcept nogil:
    return leaky_relu_backward(dy, y, negative_slope)


cdef inline real leaky_relu_by_negative_slope(real x, real negative_slope) noexcept nogil:
    return <real>0 if x > 0 else x


cdef inline real prelu(real x, real weight) noexcept nogil:
    return leaky_relu(x, weight)


cdef inline real prelu_derivative(real x, real weight) noexcept nogil:
    return leaky_relu_derivative(x, weight)


cdef inline real prelu_backward(real dy, real x, real weight) noexcept nogil:
    return leaky_relu_backward(dy, x, weight)


cdef inline real prelu_backward_from_output(real dy, real y, real weight) noexcept nogil:
    return leaky_relu_backward(dy, y, weight)


cdef inline real prelu_by_weight(real x, real weight) noexcept nogil:
    return leaky_relu_by_negative_slope(x, weight)


# rrelu (Xu et al. 2015) with its mean slope, as where nothing is drawn

cdef inline real rrelu(real x, real lower, real upper) noexcept nogil:
    return leaky_relu(x, <real>0.5 * (lower + upper))


cdef inline real rrelu_derivative(real x, real lower, real upper) noexcept nogil:
    return leaky_relu_derivative(x, <real>0.5 * (lower + upper))


cdef inline real rrelu_backward(real dy, real x, real lower, real upper) noexcept nogil:
    return leaky_relu_backward(dy, x, <real>0.5 * (lower + upper))


cdef inline real rrelu_backward_from_output(real dy, real y, real lower, real upper) noexcept nogil:
    return leaky_relu_backward(dy, y, <real>0.5 * (lower + upper))


cdef inline real rrelu_by_lower(real x, real lower, real upper) noexcept nogil:
    return <real>0 if x > 0 else <real>0.5 * x


cdef inline real rrelu_by_upper(real x, real lower, real upper) noexcept nogil:
    return <real>0 if x > 0 else <real>0.5 * x


# srelu (Jin et al. 2016): t + a (x - t) on either side, t and a chosen before, so that there is one line. Where it has a
# root t and a (x - t) cancel, so the rounding of x - t goes in as well. A slope of 0 makes the side constant, up to
# infinity. Where the thresholds overlap the right side wins.

cdef inline real srelu(
    real x, real left_threshold, real left_slope, real right_threshold, real right_slope
) noexcept nogil:
    cdef real t = right_threshold if x >= right_threshold else left_threshold
    cdef real a = right_slope if x >= right_threshold else left_slope
    cdef real d = x - t
    cdef real lost = sum_lost(x, -t, d)
    cdef real y = fma(a, lost if lost == lost else <real>0, line(a, <real>0 if a == 0 else d, t))
    cdef real rest = y if x <= left_threshold else x
    return y if x >= right_threshold else rest


cdef inline real srelu_derivative(
    real x, real left_threshold, real left_slope, real right_threshold, real right_slope
) noexcept nogil:
    cdef real slope = left_slope if x <= left_threshold else <real>1
    slope = right_slope if x >= right_threshold else slope
    return x if x != x else slope


cdef inline real srelu_by_left_threshold(
    real x, real left_threshold, real left_slope, real right_threshold, real right_slope
) noexcept nogil:
    cdef real moved = <real>1 - left_slope if x <= left_threshold else <real>0
    moved = <real>0 if x >= right_threshold else moved
    return x if x != x else moved


cdef inline real srelu_by_left_slope(
    real x, real left_threshold, real left_slope, real right_threshold, real right_slope
) noexcept nogil:
    cdef real distance = <real>0 if x > left_threshold else x - left_threshold
    return <real>0 if x >= right_threshold else distance


cdef inline real srelu_by_right_threshold(
    real x, real left_threshold, real left_slope, real right_threshold, real right_slope
) noexcept nogil:
    cdef real moved = <real>1 - right_slope if x >= right_threshold else <real>0
    return x if x != x else moved


cdef inline real srelu_by_right_slope(
    real x, real left_threshold, real left_slope, real right_threshold, real right_slope
) noexcept nogil:
    return <real>0 if x < right_threshold else x - right_threshold


# smelu (Shamir, Lin 2022): (x + beta)^2 / (4 beta) between -beta and beta. x + beta keeps what rounding takes from it
# (exact there by Dekker), its square too, and the division is by a reciprocal in two parts: one rounding for four. The
# second derivative jumps at both ends and is 0 there.

cdef inline real reciprocal(real d, real* rest) noexcept nogil:
    """1 / d, and what is missing from it."""
    cdef real inverse = <real>1 / d
    cdef real one = d * inverse
    rest[0] = ((<real>1 - one) - product_error(d, inverse, one)) * inverse
    return inverse


cdef inline real smelu(real x, real beta) noexcept nogil:
    cdef real bounded = at_most(at_least(x, -beta), beta)
    cdef real t = bounded + beta
    cdef real lost = bounded - (t - beta)
    cdef real square = t * t
    cdef real rest
    cdef real inverse = reciprocal(<real>4 * beta, &rest)
    cdef real tail = fma(<real>2 * t, lost, product_error(t, t, square))
    cdef real y = fma(square, inverse, fma(square, rest, tail * inverse))
    return x if x > beta else y


cdef inline real smelu_derivative(real x, real beta) noexcept nogil:
    cdef real bounded = at_most(at_least(x, -beta), beta)
    cdef real t = bounded + beta
    cdef real lost = bounded - (t - beta)
    cdef real rest
    cdef real inverse = reciprocal(<real>2 * beta, &rest)
    return fma(t, inverse, fma(t, rest, lost * inverse))


cdef inline real smelu_second_derivative(real x, real beta) noexcept nogil:
    cdef real curvature = <real>0.5 / beta
    curvature = curvature if absolute(x) < beta else <real>0
    return x if x != x else curvature


cdef inline real smelu_by_beta(real x, real beta) noexcept nogil:
    cdef real bounded = at_most(at_least(x, -beta), beta)
    cdef real inverse = <real>0.5 / beta
    return ((beta + bounded) * inverse) * ((beta - bounded) * inverse)


# apl (Agostinelli, Hoffman, Sadowski, Baldi 2015), with one hinge a max(0, b - x); each further one is added to what there
# is, to the output or the slope, in one pass. Right of 0 a negative hinge cancels against x, so the sum keeps what its
# roundings took. At the kinks the slopes are those of the right below b, of the left at 0: a hinge at b gives 0, as relu.

cdef inline real apl_added(real y, real x, real a, real b) noexcept nogil:
    """y + a max(0, b - x)"""
    cdef real h = b - x
    cdef real lost = sum_lost(b, -x, h)
    cdef real product, total
    lost = <real>0 if h <= 0 else lost
    h = <real>0 if (h <= 0) | (a == 0) else h
    product = a * h
    total = y + product
    lost = fma(a, lost, sum_lost(y, product, total) + product_error(a, h, product))
    return total + (lost if lost == lost else <real>0)


cdef inline real apl(real x, real a, real b) noexcept nogil:
    cdef real y = apl_added(at_least(x, bound_zero(x)), x, a, b)
    return x if x != x else y


cdef inline real apl_derivative_added(real slope, real x, real a, real b) noexcept nogil:
    return slope - (a if x < b else <real>0)


cdef inline real apl_derivative(real x, real a, real b) noexcept nogil:
    cdef real slope = apl_derivative_added(<real>1 if x > 0 else <real>0, x, a, b)
    return x if x != x else slope


cdef inline real apl_backward_added(real dy, real slope, real x, real a, real b) noexcept nogil:
    """dy times the slope with one hinge more; what has no slope gets nothing."""
    cdef real whole = apl_derivative_added(slope, x, a, b)
    cdef real product = dy * whole
    return <real>0 if whole == 0 else product


cdef inline real apl_backward(real dy, real x, real a, real b) noexcept nogil:
    cdef real kept = apl_backward_added(dy, <real>1 if x > 0 else <real>0, x, a, b)
    return x if x != x else kept


cdef inline real apl_by_a(real x, real a, real b) noexcept nogil:
    cdef real h = b - x
    return <real>0 if h <= 0 else h


cdef inline real apl_by_b(real x, real a, real b) noexcept nogil:
    cdef real slope = a if x < b else <real>0
    return x if x != x else slope
