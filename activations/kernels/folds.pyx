"""Reductions: maximum, minimum, sum and mean, compiled once per ISA level.

The sums are in sums.pxd. NaN wins over every number.
"""

from libc.math cimport NAN, isfinite
from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t, uintptr_t
from libc.stdlib cimport free

from activations.kernels.extreme_lines cimport extreme_beside, first_beside
from activations.kernels.extremes cimport row_best, row_extreme, row_of_one
from activations.kernels.lines cimport (
    ABREAST, SUMS, Room, joined_lines, lines_added, repeat, room_for, rows_in, side_by_side, whole_lines,
)
from activations.kernels.real cimport real, whole_or_real
from activations.kernels.rows cimport WIDTH, row_fill
from activations.kernels.sums cimport Sum, quotient_of, row_added, row_added_scaled, row_magnitude


cdef void max_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                     const double* values, const whole_or_real* like) noexcept nogil:
    extreme_beside(arrays, columns, width, steps, False, like)


cdef void min_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                     const double* values, const whole_or_real* like) noexcept nogil:
    extreme_beside(arrays, columns, width, steps, True, like)


cdef inline void extreme_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, bint least,
                              const whole_or_real* like) noexcept nogil:
    cdef const whole_or_real* x = <const whole_or_real*>arrays[0]
    cdef whole_or_real* out = <whole_or_real*>arrays[1]
    cdef Py_ssize_t i
    for i in range(rows):
        out[i] = row_extreme(x + i * columns, columns, least) if columns else <whole_or_real>0


# The gradient passes exist twice: with y, what the forward pass returned, `given`, nothing is folded again.

cdef inline void extreme_backward_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, bint least, bint given,
                                       const real* like) noexcept nogil:
    cdef const real* dy = <const real*>arrays[0]
    cdef const real* x = <const real*>arrays[1]
    cdef const real* y = <const real*>arrays[2]
    cdef real* out = <real*>arrays[3 if given else 2]
    cdef Py_ssize_t _
    for _ in range(rows if columns else 0):
        if not given or not row_of_one(x, out, columns, y[0], dy[0]):
            row_of_one(x, out, columns, row_best(x, columns, least), dy[0])
        dy += 1
        x += columns
        y += 1
        out += columns


cdef void max_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                   const whole_or_real* like) noexcept nogil:
    extreme_rows(arrays, rows, columns, False, like)


cdef void min_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                   const whole_or_real* like) noexcept nogil:
    extreme_rows(arrays, rows, columns, True, like)


cdef void max_backward_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                            const real* like) noexcept nogil:
    extreme_backward_rows(arrays, rows, columns, False, False, like)


cdef void max_backward_with_output_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                                        const real* like) noexcept nogil:
    extreme_backward_rows(arrays, rows, columns, False, True, like)


cdef void min_backward_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                            const real* like) noexcept nogil:
    extreme_backward_rows(arrays, rows, columns, True, False, like)


cdef void min_backward_with_output_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                                        const real* like) noexcept nogil:
    extreme_backward_rows(arrays, rows, columns, True, True, like)


cdef void max_backward_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                              const double* values, const real* like) noexcept nogil:
    first_beside(arrays[1], steps[1], arrays[2], steps[2], columns, width, <const real*>arrays[0], False, like)


cdef void min_backward_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                              const double* values, const real* like) noexcept nogil:
    first_beside(arrays[1], steps[1], arrays[2], steps[2], columns, width, <const real*>arrays[0], True, like)


# Sum and mean. A sum of finite numbers that leaves the range of double on its way is taken again at a smaller scale:
# its end may lie in the range, and the mean always does.

cdef real row_summed(const real* x, Py_ssize_t n, double divisor) noexcept nogil:
    cdef Sum total = row_added(x, n)
    if real is double:
        if not isfinite(total.high) and isfinite(row_magnitude(x, n)):
            total = quotient_of(row_added_scaled(x, n, 2.0**-100), divisor)
            return <real>((total.high + total.low) * 2.0**100)
    if divisor == 1:
        return <real>(total.high + total.low)
    total = quotient_of(total, divisor)
    return <real>(total.high + total.low)


cdef void sum_beside_divided(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                             double divisor, const real* like) noexcept nogil:
    cdef real* out = <real*>arrays[1]
    cdef const real* x = <const real*>arrays[0]
    cdef Py_ssize_t done = 0, m, j, step = steps[0] // <Py_ssize_t>sizeof(real)
    cdef double few[SUMS * ABREAST]
    cdef Sum totals[WIDTH]
    cdef Sum smaller_totals[WIDTH]
    cdef Room room = room_for(few, width, SUMS, whole_lines(columns, width, x))
    cdef bint overflow
    while done < width:
        m = rows_in(&room, width - done, 256, x)
        lines_added(x + done, columns, step, m, 1, False, room.lanes, totals)
        overflow = False
        for j in range(m):
            overflow |= not isfinite(totals[j].high)
        if real is double and overflow:
            lines_added(x + done, columns, step, m, 2.0**-100, False, room.lanes, smaller_totals)
        for j in range(m):
            if real is double:
                if not isfinite(totals[j].high) and isfinite(smaller_totals[j].high):
                    totals[j] = quotient_of(smaller_totals[j], divisor)
                    out[done + j] = (totals[j].high + totals[j].low) * 2.0**100
                    continue
            if divisor != 1:
                totals[j] = quotient_of(totals[j], divisor)
            out[done + j] = <real>(totals[j].high + totals[j].low)
        done += m
    free(room.memory)


cdef void sum_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                     const double* values, const real* like) noexcept nogil:
    sum_beside_divided(arrays, columns, width, steps, 1, like)


cdef void mean_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                      const double* values, const real* like) noexcept nogil:
    sum_beside_divided(arrays, columns, width, steps, <double>columns, like)


cdef void sum_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                   const real* like) noexcept nogil:
    cdef const real* x = <const real*>arrays[0]
    cdef real* out = <real*>arrays[1]
    cdef Py_ssize_t i
    for i in range(rows):
        out[i] = row_summed(x + i * columns, columns, 1)


cdef void mean_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                    const real* like) noexcept nogil:
    cdef const real* x = <const real*>arrays[0]
    cdef real* out = <real*>arrays[1]
    cdef Py_ssize_t i
    for i in range(rows):
        out[i] = row_summed(x + i * columns, columns, <double>columns) if columns else <real>NAN


cdef void spread_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, double divisor, bint given,
                      const real* like) noexcept nogil:
    """Each element's gradient is the row's, divided; NaN at NaN, which no row holds whose sum is a number."""
    cdef const real* dy = <const real*>arrays[0]
    cdef const real* x = <const real*>arrays[1]
    cdef const real* y = <const real*>arrays[2]
    cdef real* out = <real*>arrays[3 if given else 2]
    cdef Py_ssize_t i
    for i in range(rows):
        if given and y[i] == y[i]:
            row_fill(out + i * columns, columns, <real>(dy[i] / divisor))
        else:
            block_share(x + i * columns, out + i * columns, columns, <real>(dy[i] / divisor))


cdef void block_share(const real* x, real* out, Py_ssize_t n, real value) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = x[i] if x[i] != x[i] else value


cdef void block_shared(const real* x, const real* dy, real* out, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = x[i] if x[i] != x[i] else dy[i]


cdef void spread_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                        double divisor, const real* like) noexcept nogil:
    cdef const real* dy = <const real*>arrays[0]
    cdef real share[WIDTH]
    cdef Py_ssize_t done = 0, m, j, k, times
    while done < width:
        m = min(<Py_ssize_t>WIDTH, width - done)
        times = joined_lines(columns, m, WIDTH, steps[1] == steps[2] and side_by_side(steps[1], m, dy))
        for j in range(m):
            share[j] = <real>(dy[done + j] / divisor)
        repeat(share, m, times)
        k = 0
        while k < columns:
            block_shared(<const real*>(arrays[1] + k * steps[1]) + done, share,
                         <real*>(arrays[2] + k * steps[2]) + done, min(times, columns - k) * m)
            k += times
        done += m


cdef void sum_backward_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                              const double* values, const real* like) noexcept nogil:
    spread_beside(arrays, columns, width, steps, 1, like)


cdef void mean_backward_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                               const double* values, const real* like) noexcept nogil:
    spread_beside(arrays, columns, width, steps, <double>columns, like)


cdef void sum_backward_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                            const real* like) noexcept nogil:
    spread_rows(arrays, rows, columns, 1, False, like)


cdef void sum_backward_with_output_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                                        const real* like) noexcept nogil:
    spread_rows(arrays, rows, columns, 1, True, like)


cdef void mean_backward_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                             const real* like) noexcept nogil:
    spread_rows(arrays, rows, columns, <double>columns, False, like)


cdef void mean_backward_with_output_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                                         const real* like) noexcept nogil:
    spread_rows(arrays, rows, columns, <double>columns, True, like)


# What ufuncs are made of: NumPy's signature, the type characters of the arrays (* is the kernel's own type), kernels, those
# for rows side by side, and the length below which it pays to bring rows side by side.

LOOPS = {
    ("max_fold", "forward"): ("(n)->()", "**", {
        "b": <uintptr_t><void*>max_rows[int8_t],
        "B": <uintptr_t><void*>max_rows[uint8_t],
        "h": <uintptr_t><void*>max_rows[int16_t],
        "H": <uintptr_t><void*>max_rows[uint16_t],
        "i": <uintptr_t><void*>max_rows[int32_t],
        "I": <uintptr_t><void*>max_rows[uint32_t],
        "q": <uintptr_t><void*>max_rows[int64_t],
        "Q": <uintptr_t><void*>max_rows[uint64_t],
        "f": <uintptr_t><void*>max_rows[float],
        "d": <uintptr_t><void*>max_rows[double],
    }, {
        "b": <uintptr_t><void*>max_beside[int8_t],
        "B": <uintptr_t><void*>max_beside[uint8_t],
        "h": <uintptr_t><void*>max_beside[int16_t],
        "H": <uintptr_t><void*>max_beside[uint16_t],
        "i": <uintptr_t><void*>max_beside[int32_t],
        "I": <uintptr_t><void*>max_beside[uint32_t],
        "q": <uintptr_t><void*>max_beside[int64_t],
        "Q": <uintptr_t><void*>max_beside[uint64_t],
        "f": <uintptr_t><void*>max_beside[float],
        "d": <uintptr_t><void*>max_beside[double],
    }, 16),
    ("max_fold", "backward"): ("(),(n)->(n)", "***", {
        "f": <uintptr_t><void*>max_backward_rows[float],
        "d": <uintptr_t><void*>max_backward_rows[double],
    }, {
        "f": <uintptr_t><void*>max_backward_beside[float],
        "d": <uintptr_t><void*>max_backward_beside[double],
    }, 16),
    ("max_fold", "backward_with_output"): ("(),(n),()->(n)", "****", {
        "f": <uintptr_t><void*>max_backward_with_output_rows[float],
        "d": <uintptr_t><void*>max_backward_with_output_rows[double],
    }),
    ("min_fold", "forward"): ("(n)->()", "**", {
        "b": <uintptr_t><void*>min_rows[int8_t],
        "B": <uintptr_t><void*>min_rows[uint8_t],
        "h": <uintptr_t><void*>min_rows[int16_t],
        "H": <uintptr_t><void*>min_rows[uint16_t],
        "i": <uintptr_t><void*>min_rows[int32_t],
        "I": <uintptr_t><void*>min_rows[uint32_t],
        "q": <uintptr_t><void*>min_rows[int64_t],
        "Q": <uintptr_t><void*>min_rows[uint64_t],
        "f": <uintptr_t><void*>min_rows[float],
        "d": <uintptr_t><void*>min_rows[double],
    }, {
        "b": <uintptr_t><void*>min_beside[int8_t],
        "B": <uintptr_t><void*>min_beside[uint8_t],
        "h": <uintptr_t><void*>min_beside[int16_t],
        "H": <uintptr_t><void*>min_beside[uint16_t],
        "i": <uintptr_t><void*>min_beside[int32_t],
        "I": <uintptr_t><void*>min_beside[uint32_t],
        "q": <uintptr_t><void*>min_beside[int64_t],
        "Q": <uintptr_t><void*>min_beside[uint64_t],
        "f": <uintptr_t><void*>min_beside[float],
        "d": <uintptr_t><void*>min_beside[double],
    }, 16),
    ("min_fold", "backward"): ("(),(n)->(n)", "***", {
        "f": <uintptr_t><void*>min_backward_rows[float],
        "d": <uintptr_t><void*>min_backward_rows[double],
    }, {
        "f": <uintptr_t><void*>min_backward_beside[float],
        "d": <uintptr_t><void*>min_backward_beside[double],
    }, 16),
    ("min_fold", "backward_with_output"): ("(),(n),()->(n)", "****", {
        "f": <uintptr_t><void*>min_backward_with_output_rows[float],
        "d": <uintptr_t><void*>min_backward_with_output_rows[double],
    }),
    ("sum_fold", "forward"): ("(n)->()", "**", {
        "f": <uintptr_t><void*>sum_rows[float],
        "d": <uintptr_t><void*>sum_rows[double],
    }, {
        "f": <uintptr_t><void*>sum_beside[float],
        "d": <uintptr_t><void*>sum_beside[double],
    }, 9),
    ("sum_fold", "backward"): ("(),(n)->(n)", "***", {
        "f": <uintptr_t><void*>sum_backward_rows[float],
        "d": <uintptr_t><void*>sum_backward_rows[double],
    }, {
        "f": <uintptr_t><void*>sum_backward_beside[float],
        "d": <uintptr_t><void*>sum_backward_beside[double],
    }),
    ("sum_fold", "backward_with_output"): ("(),(n),()->(n)", "****", {
        "f": <uintptr_t><void*>sum_backward_with_output_rows[float],
        "d": <uintptr_t><void*>sum_backward_with_output_rows[double],
    }),
    ("mean_fold", "forward"): ("(n)->()", "**", {
        "f": <uintptr_t><void*>mean_rows[float],
        "d": <uintptr_t><void*>mean_rows[double],
    }, {
        "f": <uintptr_t><void*>mean_beside[float],
        "d": <uintptr_t><void*>mean_beside[double],
    }, 9),
    ("mean_fold", "backward"): ("(),(n)->(n)", "***", {
        "f": <uintptr_t><void*>mean_backward_rows[float],
        "d": <uintptr_t><void*>mean_backward_rows[double],
    }, {
        "f": <uintptr_t><void*>mean_backward_beside[float],
        "d": <uintptr_t><void*>mean_backward_beside[double],
    }),
    ("mean_fold", "backward_with_output"): ("(),(n),()->(n)", "****", {
        "f": <uintptr_t><void*>mean_backward_with_output_rows[float],
        "d": <uintptr_t><void*>mean_backward_with_output_rows[double],
    }),
}
