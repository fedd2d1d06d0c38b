"""The largest and the smallest of rows that stand side by side, and where they stand.

A gradient is all but nothing: it is filled without a look at the operand, and then one element of each row is set.
"""

from libc.stdint cimport int32_t, int64_t
from libc.string cimport memcpy, memset

from activations.kernels.extremes cimport block_chosen, block_zeros, chosen
from activations.kernels.lines cimport joined_lines, repeat, side_by_side
from activations.kernels.real cimport real, whole_or_real
from activations.kernels.rows cimport WIDTH


cdef inline void block_chosen_of_four(const whole_or_real* x, Py_ssize_t far, whole_or_real* best, Py_ssize_t n,
                                      bint least) noexcept nogil:
    """block_chosen for four lines, `far` elements apart: what is best is read and written once."""
    cdef Py_ssize_t j
    cdef whole_or_real first, second
    for j in range(n):
        first = chosen(best[j], x[j], least)
        second = chosen(x[far + j], x[2 * far + j], least)
        best[j] = chosen(chosen(first, x[3 * far + j], least), second, least)


cdef inline void lines_extreme(const char* x, Py_ssize_t step, Py_ssize_t n, Py_ssize_t width, whole_or_real* best,
                               bint least) noexcept nogil:
    """row_extreme of each of `width` rows, at most WIDTH, but for the sign of 0; `best` has room for WIDTH."""
    cdef Py_ssize_t k, times = joined_lines(n, width, WIDTH, step == width * <Py_ssize_t>sizeof(whole_or_real))
    memcpy(best, x, times * width * sizeof(whole_or_real))
    k = times
    while k + 4 * times <= n:
        block_chosen_of_four(<const whole_or_real*>(x + k * step), times * step // <Py_ssize_t>sizeof(whole_or_real), best,
                             times * width, least)
        k += 4 * times
    while k < n:
        block_chosen(<const whole_or_real*>(x + k * step), best, min(times, n - k) * width, least)
        k += times
    while times > 1:
        times = times >> 1
        block_chosen(best + times * width, best, times * width, least)


cdef inline void lines_zeros(const real* x, Py_ssize_t step, Py_ssize_t n, Py_ssize_t width, real* best,
                             bint least) noexcept nogil:
    """Give each best that is 0 the sign that row_extreme gives it."""
    cdef real zero[WIDTH]
    cdef Py_ssize_t j, k = 0, times = joined_lines(n, width, WIDTH, step == width)
    cdef bint some = False
    for j in range(width):
        some |= best[j] == 0
    if not some:
        return
    for j in range(times * width):
        zero[j] = <real>-0.0
    while k < n:
        block_zeros(x + k * step, zero, min(times, n - k) * width, least)
        k += times
    for j in range(width, times * width):
        zero[j % width] += zero[j]
    for j in range(width):
        if best[j] == 0:
            best[j] = -zero[j] if least else zero[j]


cdef inline void extreme_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                                bint least, const whole_or_real* like) noexcept nogil:
    cdef whole_or_real best[WIDTH]
    cdef const whole_or_real* x = <const whole_or_real*>arrays[0]
    cdef whole_or_real* out = <whole_or_real*>arrays[1]
    cdef Py_ssize_t done = 0, m
    while done < width:
        m = min(<Py_ssize_t>WIDTH, width - done)
        lines_extreme(<const char*>(x + done), steps[0], columns, m, best, least)
        if whole_or_real is float or whole_or_real is double:
            lines_zeros(x + done, steps[0] // <Py_ssize_t>sizeof(whole_or_real), columns, m, best, least)
        memcpy(out + done, best, m * sizeof(whole_or_real))
        done += m


# Where a row's first extreme stands: numbers as wide as the elements, so that both fill the same vectors.

cdef inline void block_first(const real* x, real* best, int64_t* at, Py_ssize_t k, Py_ssize_t n, bint least) noexcept nogil:
    """The better one of each x and best, and k at those that are better than all before them."""
    cdef int32_t* narrow = <int32_t*>at
    cdef int32_t number = <int32_t>k
    cdef real value, before
    cdef Py_ssize_t j
    for j in range(n):
        value = x[j]
        before = best[j]
        if real is float:
            narrow[j] = number if is_better(value, before, least) else narrow[j]
        else:
            at[j] = k if is_better(value, before, least) else at[j]
        best[j] = value if is_better(value, before, least) else before


cdef inline bint is_better(real value, real before, bint least) noexcept nogil:
    """NaN is better than any number."""
    return (value < before if least else value > before) | (value != value)


cdef inline Py_ssize_t number_at(const int64_t* at, Py_ssize_t j, const real* like) noexcept nogil:
    return (<const int32_t*>at)[j] if real is float else at[j]


cdef inline void lines_first(const char* x, Py_ssize_t step, Py_ssize_t n, Py_ssize_t width, real* best, int64_t* at,
                             bint least) noexcept nogil:
    """The extreme of each of `width` rows and where it stands first; `best` has room for WIDTH. For NaN anywhere."""
    cdef Py_ssize_t j, k, t, times = joined_lines(n, width, WIDTH, side_by_side(step, width, best))
    cdef int64_t work[WIDTH]
    cdef Py_ssize_t found, other
    memcpy(best, x, times * width * sizeof(real))
    memset(work, 0, times * width * sizeof(real))
    k = times
    while k < n:
        block_first(<const real*>(x + k * step), best, work, k, min(times, n - k) * width, least)
        k += times
    for j in range(width):
        found = number_at(work, j, best)
        for t in range(1, times):
            other = number_at(work, t * width + j, best) + t
            if is_better(best[t * width + j], best[j], least) or (best[t * width + j] == best[j] and other < found):
                best[j], found = best[t * width + j], other
        at[j] = found


cdef inline void lines_of_nothing(char* out, Py_ssize_t step, Py_ssize_t n, Py_ssize_t width,
                                  const real* best) noexcept nogil:
    """0, or NaN in rows whose best is NaN."""
    cdef real none[WIDTH]
    cdef Py_ssize_t j, k = 0, times = joined_lines(n, width, WIDTH, side_by_side(step, width, best))
    for j in range(width):
        none[j] = best[j] if best[j] != best[j] else <real>0
    repeat(none, width, times)
    while k < n:
        memcpy(out + k * step, none, min(times, n - k) * width * sizeof(real))
        k += times


cdef inline void first_beside(const char* x, Py_ssize_t x_step, char* out, Py_ssize_t step, Py_ssize_t n,
                              Py_ssize_t width, const real* value, bint least, const real* like) noexcept nogil:
    """Each row's value (1, if NULL) where it has its first extreme, 0 elsewhere; NaN everywhere for NaN."""
    cdef real best[WIDTH]
    cdef int64_t at[WIDTH]
    cdef Py_ssize_t done = 0, m, j, size = sizeof(real)
    while done < width:
        m = min(<Py_ssize_t>WIDTH, width - done)
        lines_first(x + done * size, x_step, n, m, best, at, least)
        lines_of_nothing(out + done * size, step, n, m, best)
        for j in range(m):
            if best[j] == best[j]:
                (<real*>(out + at[j] * step))[done + j] = value[done + j] if value != NULL else <real>1
        done += m
