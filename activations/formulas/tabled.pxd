"""Formulas of float32 for AVX-512 from polynomials that are looked up by where |x| lies (of what: tests/tables.py).

A permutation of thirty-two coefficients takes as long there as an addition, so that a polynomial for each of as many
intervals is shorter than an exponential and its quotient. `place` finds the interval, and holds |x| within the table;
`f_looked_up(x, held, head, steep, d)` is the value, where the table's is head + steep d.
"""

from activations.formulas.elementary cimport (
    carrier_of, expm1_curvature, ln2_low, power_of_two, scale, scaled_bias, unscale,
)
from activations.formulas.roots cimport signed
from activations.kernels.real cimport absolute, at_least, at_most, bound_zero, fma, product_error

cdef extern from "look_up.h" nogil:
    enum: ACT_TABLES
    void look_up "act_look_up" (const float* table, int degree, const float* place, const float* held, float* head,
                                float* steep, float* distance, int n)

cdef extern from "tables.h" nogil:
    # Of each: where it ends, the step from interval to interval, the degree, and the rows.
    const float gelu_end "act_gelu_end", gelu_step "ACT_GELU_STEP"
    int gelu_degree "ACT_GELU_DEGREE"
    const float* gelu_table "act_gelu_table"
    const float gelu_slope_end "act_gelu_slope_end", gelu_slope_step "ACT_GELU_SLOPE_STEP"
    int gelu_slope_degree "ACT_GELU_SLOPE_DEGREE"
    const float* gelu_slope_table "act_gelu_slope_table"
    const float erf_end "act_erf_end", erf_step "ACT_ERF_STEP"
    int erf_degree "ACT_ERF_DEGREE"
    const float* erf_table "act_erf_table"
    const float tanh_end "act_tanh_end", tanh_step "ACT_TANH_STEP"
    int tanh_degree "ACT_TANH_DEGREE"
    const float* tanh_table "act_tanh_table"
    const float lisht_end "act_tanh_end", lisht_step "ACT_TANH_STEP"
    int lisht_degree "ACT_TANH_DEGREE"
    const float* lisht_table "act_tanh_table"
    const float lisht_slope_end "act_lisht_slope_end", lisht_slope_step "ACT_LISHT_SLOPE_STEP"
    int lisht_slope_degree "ACT_LISHT_SLOPE_DEGREE"
    const float* lisht_slope_table "act_lisht_slope_table"
    const float tanh_shrink_end "act_tanh_shrink_end", tanh_shrink_step "ACT_TANH_SHRINK_STEP"
    int tanh_shrink_degree "ACT_TANH_SHRINK_DEGREE"
    const float* tanh_shrink_table "act_tanh_shrink_table"
    const float tanh_shrink_slope_end "act_tanh_shrink_slope_end", tanh_shrink_slope_step "ACT_TANH_SHRINK_SLOPE_STEP"
    int tanh_shrink_slope_degree "ACT_TANH_SHRINK_SLOPE_DEGREE"
    const float* tanh_shrink_slope_table "act_tanh_shrink_slope_table"


cdef inline float place(float x, float end, float step, float* held) noexcept nogil:
    """A number in whose lowest bits the interval is."""
    held[0] = at_most(absolute(x), end)
    return fma(held[0], <float>1 / step, <float>12582912)


cdef inline float product(float held, float head, float steep, float d) noexcept nogil:
    """held (head + steep d), rounded once but for what is small."""
    return fma(held, head, held * d * steep)


cdef inline float square_product(float held, float head, float steep, float d) noexcept nogil:
    """held^2 (head + steep d)."""
    cdef float square = held * held
    return fma(square, head, fma(square * d, steep, product_error(held, held, square) * head))


# e^x as SCALE 2^n (1 + p), x = n ln2 + r. The sum of what is large, in few digits, with n times the high part of ln2 is
# exact.

cdef inline float whole_turns(float x, float* carrier) noexcept nogil:
    """n."""
    cdef float zero = carrier_of(scaled_bias(x), x)
    carrier[0] = fma(x, <float>1.4426950408889634, zero)
    return carrier[0] - zero


cdef inline float ln2_taken(float n, float large) noexcept nogil:
    return fma(n, <float>-0.693145751953125, large)


cdef inline float ln2_rest_taken(float n) noexcept nogil:
    return -ln2_low(n) * n


cdef inline float expm1_rest(float r, float low) noexcept nogil:
    """low + e^r - 1 - r."""
    return fma(r * r, expm1_curvature(r), low)


cdef inline float scaled_product(float head, float steep, float d, float high, float low, float carrier) noexcept nogil:
    """(head + steep d) e^(high + low) 2^n with SCALE, of exponents whose sum is little more than the high one."""
    cdef float whole = fma(steep, d, head)
    cdef float rest = fma(steep, d, head - whole)
    rest = fma(high, whole, fma(expm1_rest(high + low, low), whole, rest))
    return (whole + rest) * power_of_two(carrier)


# gelu: Phi(-a) = e^(v - a^2 / 2) / 2, v what was looked up. Its slope at -a is e^(-a^2 / 2) (R(a) - a / sqrt(2 pi)).

cdef inline float gelu_looked_up(float x, float a, float head, float steep, float d) noexcept nogil:
    cdef float carrier, mass, half = <float>0.5 * a
    cdef float n = whole_turns(fma(steep, d, fma(-half, a, head)), &carrier)
    cdef float r = fma(-half, a, ln2_taken(n, head)) + fma(steep, d, ln2_rest_taken(n))
    cdef float p = expm1_rest(r, r)
    mass = a * power_of_two(carrier)
    return fma(fma(p, mass, mass), <float>-0.5 * unscale(x), at_least(x, bound_zero(x)))


cdef inline float gelu_slope_looked_up(float x, float a, float head, float steep, float d) noexcept nogil:
    cdef float carrier, half = <float>0.5 * a
    cdef float n = whole_turns(-half * a, &carrier)
    cdef float high = fma(-half, a, ln2_taken(n, <float>0))
    cdef float left = scaled_product(head, steep, d, high, ln2_rest_taken(n), carrier)
    # The slopes at x and -x are 1 together.
    return fma(left, unscale(x) if x < 0 else -unscale(x), <float>0 if x < 0 else <float>1)


cdef inline float erf_looked_up(float x, float a, float head, float steep, float d) noexcept nogil:
    return signed(product(a, head, steep, d), x)


cdef inline float tanh_looked_up(float x, float a, float head, float steep, float d) noexcept nogil:
    return signed(product(a, head, steep, d), x)


cdef inline float lisht_looked_up(float x, float a, float head, float steep, float d) noexcept nogil:
    cdef float y = square_product(a, head, steep, d)
    return y if absolute(x) < lisht_end else absolute(x)


cdef inline float lisht_slope_looked_up(float x, float a, float head, float steep, float d) noexcept nogil:
    return signed(product(a, head, steep, d), x)


cdef inline float tanh_shrink_looked_up(float x, float a, float head, float steep, float d) noexcept nogil:
    cdef float square = a * a
    cdef float scaled = a * scale(a)
    cdef float cube = square * scaled
    cdef float low = fma(product_error(a, a, square), scaled, product_error(square, scaled, cube))
    cdef float y = fma(cube, head, fma(cube * d, steep, low * head)) * unscale(a)
    return signed(y if absolute(x) < tanh_shrink_end else absolute(x) - <float>1, x)


cdef inline float tanh_shrink_slope_looked_up(float x, float a, float head, float steep, float d) noexcept nogil:
    return square_product(a, head, steep, d)
