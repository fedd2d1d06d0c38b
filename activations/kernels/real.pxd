"""The scalar type that all formulas are written over, and the operations that Cython has no word for."""

from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.math cimport fabs, fabsf

ctypedef fused real:
    float
    double

# For the functions that are closed over the integers.
ctypedef fused whole_or_real:
    int8_t
    uint8_t
    int16_t
    uint16_t
    int32_t
    uint32_t
    int64_t
    uint64_t
    float
    double

cdef extern from "machine.h" nogil:
    float act_float32(int32_t bits)
    int32_t act_bits32(float x)
    double act_float64(int64_t bits)
    int64_t act_bits64(double x)
    float act_fmaf(float a, float b, float c)
    double act_fma(double a, double b, double c)
    float act_product_errorf(float a, float b, float product)
    double act_product_error(double a, double b, double product)
    float act_sum_errorf(float a, float b, float c, float sum)
    double act_sum_error(double a, double b, double c, double sum)
    const float act_zero_f
    const double act_zero_d
    const float act_lowest_f
    const double act_lowest_d
    const float act_shallow_f
    const double act_shallow_d
    const float act_highest_f
    const double act_highest_d
    const float act_saturated_f
    const double act_saturated_d
    const float act_expm1_lowest_f
    const double act_expm1_lowest_d
    const float act_tanh_highest_f
    const double act_tanh_highest_d
    const float act_normal_f
    const double act_normal_d
    const float act_gelu_tanh_shallow_f
    const double act_gelu_tanh_shallow_d
    const float act_gelu_tanh_f
    const double act_gelu_tanh_d
    const float act_gelu_tanh_open_f
    const double act_gelu_tanh_open_d
    const float act_gaussian_f
    const double act_gaussian_d


cdef inline real fma(real a, real b, real c) noexcept nogil:
    """a * b + c, rounded once where the instruction set can (always for float)."""
    if real is float:
        return act_fmaf(a, b, c)
    else:
        return act_fma(a, b, c)


cdef inline real product_error(real a, real b, real product) noexcept nogil:
    """What rounding took from a * b: with `product`, exactly the product."""
    if real is float:
        return act_product_errorf(a, b, product)
    else:
        return act_product_error(a, b, product)


cdef inline real sum_error(real a, real b, real c, real sum) noexcept nogil:
    """What rounding took from sum = fma(a, b, c), where c - sum is exact."""
    if real is float:
        return act_sum_errorf(a, b, c, sum)
    else:
        return act_sum_error(a, b, c, sum)


cdef inline real absolute(real x) noexcept nogil:
    if real is float:
        return fabsf(x)
    else:
        return fabs(x)


cdef inline real at_least(real x, real low) noexcept nogil:
    """max(x, low) as the one instruction that lets NaN through."""
    return low if x < low else x


cdef inline real at_most(real x, real high) noexcept nogil:
    """min(x, high) as the one instruction that lets NaN through."""
    return high if x > high else x


# Bounds whose value the compiler is kept from knowing: see ACT_BOUND in machine.h.

cdef inline real bound_zero(real like) noexcept nogil:
    return act_zero_f if real is float else act_zero_d


cdef inline real bound_shallow(real like) noexcept nogil:
    return act_shallow_f if real is float else act_shallow_d


cdef inline real bound_lowest(real like) noexcept nogil:
    return act_lowest_f if real is float else act_lowest_d


cdef inline real bound_highest(real like) noexcept nogil:
    return act_highest_f if real is float else act_highest_d


cdef inline real bound_expm1_lowest(real like) noexcept nogil:
    return act_expm1_lowest_f if real is float else act_expm1_lowest_d


cdef inline real bound_tanh_highest(real like) noexcept nogil:
    return act_tanh_highest_f if real is float else act_tanh_highest_d


cdef inline real bound_normal(real like) noexcept nogil:
    return act_normal_f if real is float else act_normal_d


cdef inline real bound_gelu_tanh_shallow(real like) noexcept nogil:
    return act_gelu_tanh_shallow_f if real is float else act_gelu_tanh_shallow_d


cdef inline real bound_gelu_tanh(real like) noexcept nogil:
    return act_gelu_tanh_f if real is float else act_gelu_tanh_d


cdef inline real bound_gelu_tanh_open(real like) noexcept nogil:
    return act_gelu_tanh_open_f if real is float else act_gelu_tanh_open_d


cdef inline real bound_gaussian(real like) noexcept nogil:
    return act_gaussian_f if real is float else act_gaussian_d


cdef inline real bound_saturated(real like) noexcept nogil:
    return act_saturated_f if real is float else act_saturated_d
