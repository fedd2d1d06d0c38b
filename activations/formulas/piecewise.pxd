"""Formulas of the piecewise functions: clipped lines, shrinkage, steps, parabolas and powers. Scalar mathematics and
nothing else (see rectifiers.pxd)."""

from libc.math cimport copysign, copysignf
from libc.stdint cimport uint64_t

from activations.formulas.rectifiers cimport (
    line, smelu, smelu_second_derivative, sum_lost, within,
)
from activations.kernels.real cimport (
    absolute, at_least, at_most, bound_zero, fma, product_error, real, whole_or_real,
)

cdef extern from "machine.h":
    """
    ACT_BOUNDS(piecewise_one, 1.0f, 1.0)
    ACT_BOUNDS(piecewise_two, 2.0f, 2.0)
    ACT_BOUNDS(piecewise_three, 3.0f, 3.0)
    ACT_BOUNDS(square_overflows, 1e20f, 1e155)
    ACT_BOUNDS(cube_overflows, 1e15f, 1e104)
    """
    const float act_piecewise_one_f
    const double act_piecewise_one_d
    const float act_piecewise_two_f
    const double act_piecewise_two_d
    const float act_piecewise_three_f
    const double act_piecewise_three_d
    const float act_square_overflows_f
    const double act_square_overflows_d
    const float act_cube_overflows_f
    const double act_cube_overflows_d


cdef inline real bound_one(real like) noexcept nogil:
    return act_piecewise_one_f if real is float else act_piecewise_one_d


cdef inline real bound_two(real like) noexcept nogil:
    return act_piecewise_two_f if real is float else act_piecewise_two_d


cdef inline real bound_three(real like) noexcept nogil:
    return act_piecewise_three_f if real is float else act_piecewise_three_d


cdef inline real bound_square_overflows(real like) noexcept nogil:
    return act_square_overflows_f if real is float else act_square_overflows_d


cdef inline real bound_cube_overflows(real like) noexcept nogil:
    return act_cube_overflows_f if real is float else act_cube_overflows_d


cdef inline real signed_zero(real x) noexcept nogil:
    """The zero with the sign of x."""
    if real is float:
        return copysignf(<float>0, x)
    else:
        return copysign(<double>0, x)


# abs, sign: the slope is 0 at 0. Integers go through unsigned arithmetic, which wraps where C says nothing.

cdef inline whole_or_real abs(whole_or_real x) noexcept nogil:
    if whole_or_real in real:
        return absolute(x)
    else:
        return <whole_or_real>(<uint64_t>0 - <uint64_t>x) if x < 0 else x


cdef inline real abs_derivative(real x) noexcept nogil:
    cdef real slope = <real>-1 if x < 0 else x
    return <real>1 if x > 0 else slope


cdef inline real abs_backward(real dy, real x) noexcept nogil:
    cdef real turned = -dy if x < 0 else x
    return dy if x > 0 else turned


cdef inline whole_or_real sign(whole_or_real x) noexcept nogil:
    cdef whole_or_real below = <whole_or_real>-1 if x < 0 else x
    return <whole_or_real>1 if x > 0 else below


cdef inline real sign_derivative(real x) noexcept nogil:
    return x if x != x else <real>0


cdef inline real sign_backward(real dy, real x) noexcept nogil:
    return x if x != x else <real>0


# clip and hard_tanh: min(max(x, min_val), max_val), so that max_val wins where the bounds cross. They differ at the
# bounds alone, as PyTorch's clamp and hardtanh do: there clip passes the gradient on, hard_tanh gives it to the bound.

cdef inline whole_or_real clip(whole_or_real x, whole_or_real min_val, whole_or_real max_val) noexcept nogil:
    cdef whole_or_real raised = min_val if x < min_val else x
    return max_val if raised > max_val else raised


cdef inline real clip_derivative(real x, real min_val, real max_val) noexcept nogil:
    return clip_backward(<real>1, x, min_val, max_val)


cdef inline real clip_backward(real dy, real x, real min_val, real max_val) noexcept nogil:
    cdef real kept = <real>0 if x < min_val else dy
    kept = <real>0 if x > max_val else kept
    return x if x != x else kept


cdef inline real clip_by_min_val(real x, real min_val, real max_val) noexcept nogil:
    cdef real held = <real>1 if x < min_val else <real>0
    held = held if min_val < max_val else <real>0
    return x if x != x else held


cdef inline real clip_by_max_val(real x, real min_val, real max_val) noexcept nogil:
    cdef real held = <real>1 if at_least(x, min_val) > max_val else <real>0
    return x if x != x else held


cdef inline whole_or_real hard_tanh(whole_or_real x, whole_or_real min_val, whole_or_real max_val) noexcept nogil:
    return clip(x, min_val, max_val)


cdef inline real hard_tanh_derivative(real x, real min_val, real max_val) noexcept nogil:
    return within(<real>1, x, min_val, max_val)


cdef inline real hard_tanh_backward(real dy, real x, real min_val, real max_val) noexcept nogil:
    return within(dy, x, min_val, max_val)


cdef inline real hard_tanh_backward_from_output(real dy, real y, real min_val, real max_val) noexcept nogil:
    return within(dy, y, min_val, max_val)


cdef inline real hard_tanh_by_min_val(real x, real min_val, real max_val) noexcept nogil:
    cdef real held = <real>1 if x <= min_val else <real>0
    held = held if min_val < max_val else <real>0
    return x if x != x else held


cdef inline real hard_tanh_by_max_val(real x, real min_val, real max_val) noexcept nogil:
    cdef real held = <real>1 if at_least(x, min_val) >= max_val else <real>0
    return x if x != x else held


# clipped_linear, hard_sigmoid (Courbariaux, Bengio, David 2015): a clipped line. Near a kink the rounded line may equal
# the bound before the true one does, so slopes come from the sign of slope x + (offset - bound), the difference in two
# parts.

cdef inline real past(real x, real slope, real offset, real bound) noexcept nogil:
    """A number with the sign of slope x + offset - bound."""
    cdef real gap = offset - bound
    cdef real lost = sum_lost(offset, -bound, gap)
    return line(slope, x, gap) + (lost if lost == lost else <real>0)


cdef inline real between(real value, real x, real slope, real offset, real low, real high) noexcept nogil:
    """value where low < slope x + offset < high, 0 elsewhere, NaN at NaN."""
    cdef real kept = <real>0 if past(x, slope, offset, low) <= 0 else value
    kept = <real>0 if past(x, slope, offset, high) >= 0 else kept
    return x if x != x else kept


cdef inline real clipped_linear(real x, real slope, real offset, real min_val, real max_val) noexcept nogil:
    return at_most(at_least(line(slope, x, offset), min_val), max_val)


cdef inline real clipped_linear_derivative(
    real x, real slope, real offset, real min_val, real max_val
) noexcept nogil:
    return between(slope, x, slope, offset, min_val, max_val)


cdef inline real clipped_linear_backward(
    real dy, real x, real slope, real offset, real min_val, real max_val
) noexcept nogil:
    return between(dy * slope, x, slope, offset, min_val, max_val)


cdef inline real clipped_linear_by_slope(real x, real slope, real offset, real min_val, real max_val) noexcept nogil:
    return between(x, x, slope, offset, min_val, max_val)


cdef inline real clipped_linear_by_offset(real x, real slope, real offset, real min_val, real max_val) noexcept nogil:
    return between(<real>1, x, slope, offset, min_val, max_val)


cdef inline real clipped_linear_by_min_val(
    real x, real slope, real offset, real min_val, real max_val
) noexcept nogil:
    cdef real held = <real>1 if past(x, slope, offset, min_val) <= 0 else <real>0
    held = held if min_val < max_val else <real>0
    return x if x != x else held


cdef inline real clipped_linear_by_max_val(
    real x, real slope, real offset, real min_val, real max_val
) noexcept nogil:
    cdef real held = <real>1 if past(x, slope, offset, max_val) >= 0 else <real>0
    held = held if min_val < max_val else <real>1
    return x if x != x else held


cdef inline real hard_sigmoid(real x, real slope, real offset) noexcept nogil:
    return clipped_linear(x, slope, offset, bound_zero(x), bound_one(x))


cdef inline real hard_sigmoid_derivative(real x, real slope, real offset) noexcept nogil:
    return between(slope, x, slope, offset, <real>0, <real>1)


cdef inline real hard_sigmoid_backward(real dy, real x, real slope, real offset) noexcept nogil:
    return between(dy * slope, x, slope, offset, <real>0, <real>1)


cdef inline real hard_sigmoid_backward_from_output(real dy, real y, real slope, real offset) noexcept nogil:
    return within(dy * slope, y, <real>0, <real>1)


cdef inline real hard_sigmoid_by_slope(real x, real slope, real offset) noexcept nogil:
    return between(x, x, slope, offset, <real>0, <real>1)


cdef inline real hard_sigmoid_by_offset(real x, real slope, real offset) noexcept nogil:
    return between(<real>1, x, slope, offset, <real>0, <real>1)


# With the slope 1/6 its kinks are -3 and 3. No format holds 1/6: in double the line would reach 0 a little left of -3,
# and the slopes at -3 and 3 be those of the line. So 1/6 is a sum of two numbers, both rounded such that the line is not
# above 0 at -3, nor below 1 at 3; both positive, so that infinities stay what they are.

cdef inline real sixth(real like) noexcept nogil:
    return <real>0.16666666666666666


cdef inline real hard_sigmoid_of_sixths(real x) noexcept nogil:
    cdef real high = <float>0.1666666567325592 if real is float else <double>0.16666666666666666
    cdef real low = <float>9.93410776e-09 if real is float else <double>9.251858538542972e-18
    cdef real y = fma(x, low, line(high, x, <real>0.5))
    return at_most(at_least(y, bound_zero(x)), bound_one(x))


cdef inline real hard_sigmoid_of_sixths_derivative(real x) noexcept nogil:
    return within(sixth(x), x, <real>-3, <real>3)


cdef inline real hard_sigmoid_of_sixths_backward(real dy, real x) noexcept nogil:
    return within(dy * sixth(x), x, <real>-3, <real>3)


cdef inline real hard_sigmoid_of_sixths_backward_from_output(real dy, real y) noexcept nogil:
    return within(dy * sixth(y), y, <real>0, <real>1)


# hard_silu (Howard et al. 2019): x times hard_sigmoid, 0 at -inf. PyTorch's slopes at the kinks: 0 and 1.

cdef inline real hard_silu(real x, real slope, real offset) noexcept nogil:
    cdef real gate = hard_sigmoid(x, slope, offset)
    cdef real y = x * gate
    return <real>0 if gate == 0 else y


cdef inline real hard_silu_derivative(real x, real slope, real offset) noexcept nogil:
    cdef real value = line(<real>2 * slope, x, offset)
    value = <real>0 if past(x, slope, offset, <real>0) <= 0 else value
    return <real>1 if past(x, slope, offset, <real>1) >= 0 else value


cdef inline real hard_silu_by_slope(real x, real slope, real offset) noexcept nogil:
    return between(x * x, x, slope, offset, <real>0, <real>1)


cdef inline real hard_silu_by_offset(real x, real slope, real offset) noexcept nogil:
    return between(x, x, slope, offset, <real>0, <real>1)


cdef inline real hard_silu_of_sixths(real x) noexcept nogil:
    return at_least(x, -bound_three(x)) * hard_sigmoid_of_sixths(x)


cdef inline real hard_silu_of_sixths_derivative(real x) noexcept nogil:
    cdef real value = line(<real>2 * sixth(x), x, <real>0.5)
    value = <real>0 if x <= -3 else value
    return <real>1 if x >= 3 else value


# hard_mish (Wightman 2020, after Misra): x (x + 2) / 2 between -2 and 0, where x + 2 keeps what
# rounding takes from it. The slope jumps at -2, to 0 there as hard_silu's.

cdef inline real hard_mish(real x) noexcept nogil:
    cdef real bounded = at_most(at_least(x, -bound_two(x)), bound_zero(x))
    cdef real t = bounded + <real>2
    cdef real lost = bounded - (t - <real>2)
    cdef real y = <real>0.5 * fma(bounded, t, bounded * lost)
    return x if x > 0 else y


cdef inline real hard_mish_derivative(real x) noexcept nogil:
    cdef real slope = at_most(x, bound_zero(x)) + <real>1
    return <real>0 if x <= -2 else slope


# sparse_plus, sparse_sigmoid (Martins, Astudillo 2016): smelu with beta = 1 and its slope

cdef inline real sparse_plus(real x) noexcept nogil:
    return smelu(x, bound_one(x))


cdef inline real sparse_plus_derivative(real x) noexcept nogil:
    return sparse_sigmoid(x)


cdef inline real sparse_plus_second_derivative(real x) noexcept nogil:
    return smelu_second_derivative(x, <real>1)


cdef inline real sparse_sigmoid(real x) noexcept nogil:
    return fma(at_most(at_least(x, -bound_one(x)), bound_one(x)), <real>0.5, <real>0.5)


cdef inline real sparse_sigmoid_derivative(real x) noexcept nogil:
    return within(<real>0.5, x, <real>-1, <real>1)


cdef inline real sparse_sigmoid_backward(real dy, real x) noexcept nogil:
    return within(<real>0.5 * dy, x, <real>-1, <real>1)


cdef inline real sparse_sigmoid_backward_from_output(real dy, real y) noexcept nogil:
    return within(<real>0.5 * dy, y, <real>0, <real>1)


# shrink (ONNX), hard_shrink (Donoho, Johnstone 1994), soft_shrink: `|x| <= lambd`, so that NaN is returned; the zero
# between keeps the sign of x, as an odd function's has to.

cdef inline real shrink(real x, real lambd, real bias) noexcept nogil:
    cdef real moved = x + bias if x < 0 else x - bias
    return signed_zero(x) if absolute(x) <= lambd else moved


cdef inline real shrink_derivative(real x, real lambd, real bias) noexcept nogil:
    return shrink_backward(<real>1, x, lambd, bias)


cdef inline real shrink_backward(real dy, real x, real lambd, real bias) noexcept nogil:
    cdef real kept = <real>0 if absolute(x) <= lambd else dy
    return x if x != x else kept


cdef inline real shrink_by_bias(real x, real lambd, real bias) noexcept nogil:
    cdef real side = <real>1 if x < 0 else <real>-1
    return shrink_backward(side, x, lambd, bias)


cdef inline real hard_shrink(real x, real lambd) noexcept nogil:
    return signed_zero(x) if absolute(x) <= lambd else x


cdef inline real hard_shrink_derivative(real x, real lambd) noexcept nogil:
    return shrink_backward(<real>1, x, lambd, <real>0)


cdef inline real hard_shrink_backward(real dy, real x, real lambd) noexcept nogil:
    return shrink_backward(dy, x, lambd, <real>0)


cdef inline real hard_shrink_backward_from_output(real dy, real y, real lambd) noexcept nogil:
    return shrink_backward(dy, y, <real>0, <real>0)


cdef inline real soft_shrink(real x, real lambd) noexcept nogil:
    return shrink(x, lambd, lambd)


cdef inline real soft_shrink_derivative(real x, real lambd) noexcept nogil:
    return shrink_backward(<real>1, x, lambd, <real>0)


cdef inline real soft_shrink_backward(real dy, real x, real lambd) noexcept nogil:
    return shrink_backward(dy, x, lambd, <real>0)


cdef inline real soft_shrink_backward_from_output(real dy, real y, real lambd) noexcept nogil:
    return shrink_backward(dy, y, <real>0, <real>0)


cdef inline real soft_shrink_by_lambd(real x, real lambd) noexcept nogil:
    return shrink_by_bias(x, lambd, lambd)


# square: backward doubles last, since 2 x may overflow where dy 2 x does not

cdef inline whole_or_real square(whole_or_real x) noexcept nogil:
    if whole_or_real in real:
        return x * x
    else:
        return <whole_or_real>(<uint64_t>x * <uint64_t>x)


cdef inline real square_derivative(real x) noexcept nogil:
    return <real>2 * x


cdef inline real square_backward(real dy, real x) noexcept nogil:
    return dy * x * <real>2


cdef inline real square_second_derivative(real x) noexcept nogil:
    return x if x != x else <real>2


# cube: what rounding takes from the square, or from 3 x, goes in at the end, for one rounding instead of two. Arguments
# beyond the overflow are clamped to where what was lost is still finite. The slope overflows long before dy f' has to;
# there backward multiplies one factor after the other.

cdef inline real cube(real x) noexcept nogil:
    cdef real bounded = at_least(at_most(x, bound_cube_overflows(x)), -bound_cube_overflows(x))
    cdef real square = bounded * bounded
    return fma(square, bounded, product_error(bounded, bounded, square) * bounded)


cdef inline real cube_derivative(real x) noexcept nogil:
    cdef real a = at_most(absolute(x), bound_square_overflows(x))
    cdef real threefold = <real>3 * a
    return fma(a, threefold, a * product_error(a, <real>3, threefold))


cdef inline real cube_backward(real dy, real x) noexcept nogil:
    cdef real slope = cube_derivative(x)
    cdef real factors = dy * x * x * <real>3
    return dy * slope if slope - slope == 0 else factors


cdef inline real cube_second_derivative(real x) noexcept nogil:
    return <real>6 * x


# sqnl (Wuraola, Patel 2018): x - x |x| / 4 between -2 and 2. The second derivative jumps at -2, 0 and 2 and is 0 there.

cdef inline real sqnl(real x) noexcept nogil:
    cdef real bounded = at_least(at_most(x, bound_two(x)), -bound_two(x))
    cdef real y = fma(<real>-0.25 * bounded, absolute(bounded), bounded)
    return x if x == 0 else y


cdef inline real sqnl_derivative(real x) noexcept nogil:
    return fma(at_most(absolute(x), bound_two(x)), <real>-0.5, <real>1)


cdef inline real sqnl_second_derivative(real x) noexcept nogil:
    cdef real curvature = <real>0.5 if x < 0 else <real>-0.5
    curvature = curvature if absolute(x) < 2 else <real>0
    return curvature if absolute(x) > 0 else x
