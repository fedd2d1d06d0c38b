"""The largest and the smallest of rows that stand side by side, and where each stands.

Which of several equal elements is the first is seen to only where there are several: a second pass over those lines.
"""

from libc.stdint cimport int32_t, int64_t
from libc.string cimport memcpy

from activations.kernels.extremes cimport block_chosen, is_zero, zero_among
from activations.kernels.lines cimport joined_lines, repeat, side_by_side
from activations.kernels.real cimport real, whole_or_real
from activations.kernels.rows cimport WIDTH


cdef inline void lines_extreme(const char* x, Py_ssize_t step, Py_ssize_t n, Py_ssize_t width, whole_or_real* best,
                               bint least) noexcept nogil:
    """row_extreme of each of `width` rows, at most WIDTH, but for the sign of 0; `best` has room for WIDTH."""
    cdef Py_ssize_t k, times = joined_lines(n, width, WIDTH, step == width * <Py_ssize_t>sizeof(whole_or_real))
    memcpy(best, x, times * width * sizeof(whole_or_real))
    k = times
    while k < n:
        block_chosen(<const whole_or_real*>(x + k * step), best, min(times, n - k) * width, least)
        k += times
    while times > 1:
        times = times >> 1
        block_chosen(best + times * width, best, times * width, least)


cdef inline void extreme_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                                bint least, const whole_or_real* like) noexcept nogil:
    cdef whole_or_real best[WIDTH]
    cdef const whole_or_real* x = <const whole_or_real*>arrays[0]
    cdef whole_or_real* out = <whole_or_real*>arrays[1]
    cdef Py_ssize_t done = 0, m, j
    while done < width:
        m = min(<Py_ssize_t>WIDTH, width - done)
        lines_extreme(<const char*>(x + done), steps[0], columns, m, best, least)
        for j in range(m):
            if is_zero(best[j]):
                best[j] = zero_among(x + done + j, columns, steps[0] // <Py_ssize_t>sizeof(whole_or_real), least)
        memcpy(out + done, best, m * sizeof(whole_or_real))
        done += m


cdef inline real nothing(real best) noexcept nogil:
    """What those get that are not the best: 0, or NaN for NaN."""
    return best if best != best else <real>0


cdef inline Py_ssize_t block_given_line(const real* x, real* out, Py_ssize_t n, const real* best,
                                        const real* value) noexcept nogil:
    """`value` at those that are the best of their rows; how many they are."""
    cdef Py_ssize_t j
    cdef int32_t count = 0
    cdef int64_t counted = 0
    for j in range(n):
        out[j] = value[j] if x[j] == best[j] else nothing(best[j])
        if real is float:
            count += x[j] == best[j]
        else:
            counted += x[j] == best[j]
    return counted + count


cdef inline void block_given_first_line(const real* x, real* out, Py_ssize_t n, const real* best,
                                        real* value) noexcept nogil:
    """The same, and nothing is left of the value for those that come after."""
    cdef Py_ssize_t j
    cdef real left
    for j in range(n):
        left = value[j]
        out[j] = left if x[j] == best[j] else nothing(best[j])
        value[j] = nothing(best[j]) if x[j] == best[j] else left


cdef inline void lines_given(const char* x, Py_ssize_t x_step, char* out, Py_ssize_t step, Py_ssize_t n,
                             Py_ssize_t width, real* best, real* value) noexcept nogil:
    """`value` where a row has its first `best`, 0 elsewhere; NaN everywhere for NaN. Both lines have room for WIDTH."""
    cdef Py_ssize_t expected = 0, found = 0, j, k = 0
    cdef Py_ssize_t times = joined_lines(n, width, WIDTH, x_step == step and side_by_side(step, width, best))
    for j in range(width):
        expected += best[j] == best[j]
    repeat(best, width, times)
    repeat(value, width, times)
    while k < n:
        found += block_given_line(<const real*>(x + k * x_step), <real*>(out + k * step), min(times, n - k) * width, best,
                                  value)
        k += times
    for k in range(n if found > expected else 0):
        block_given_first_line(<const real*>(x + k * x_step), <real*>(out + k * step), width, best, value)


cdef inline void extreme_backward_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                                         bint least, const real* like) noexcept nogil:
    cdef const real* dy = <const real*>arrays[0]
    cdef real best[WIDTH]
    cdef real value[WIDTH]
    cdef Py_ssize_t done = 0, m, size = sizeof(real)
    while done < width:
        m = min(<Py_ssize_t>WIDTH, width - done)
        lines_extreme(arrays[1] + done * size, steps[1], columns, m, best, least)
        memcpy(value, dy + done, m * size)
        lines_given(arrays[1] + done * size, steps[1], arrays[2] + done * size, steps[2], columns, m, best, value)
        done += m
