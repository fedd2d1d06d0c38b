"""quiet_softmax, and the logarithms of sums of exponentials: whole rows at a time, compiled once per ISA level."""

from libc.stdint cimport uintptr_t
from libc.stdlib cimport free
from libc.string cimport memcpy

from activations.formulas.elementary cimport exp_reduced, reduced_from
from activations.kernels.batches cimport SMALL_TABLE, batch_logarithms, in_batches, rows_together, short_enough
from activations.kernels.gradients cimport row_gradient, rows_gradient
from activations.kernels.lanes cimport larger, row_largest
from activations.kernels.lines cimport ABREAST, Room, last_of, repeat
from activations.kernels.near_rows cimport MOST, begins_near
from activations.kernels.real cimport at_least, fma, real
from activations.kernels.row_exponentials cimport (
    Shift, in_order, row_divided, row_exp, row_logarithm, row_shift, row_softmax, with_own,
)
from activations.kernels.rows cimport ACT_INFINITY, WIDTH, block_scale, finite, row_fill, row_has_nan
from activations.kernels.softmax_lines cimport PILED, portion, softmax_room, stretch, times_of
from activations.kernels.sums cimport Sum
from activations.kernels.softmax_tables cimport (
    gradient_table, lines_begin_near, logsumexp_table, softmax_backward_table, softmax_part, softmax_table,
)

# quiet_softmax is softmax with one more element, 0, that is left out afterwards.

cdef inline Sum row_quiet(const real* x, real* out, Py_ssize_t n, real top) noexcept nogil:
    """What quiet_softmax divides by its sum, which is returned; `top` is not below 0."""
    cdef real carrier, r
    cdef Shift shift
    cdef Sum total
    if not top < <real>ACT_INFINITY:
        return in_order(0, 0)
    shift = row_shift(top)
    r = reduced_from(at_least(-<real>shift.base, <real>shift.low), <real>shift.zero, &carrier)
    total = row_exp(x, out, n, &shift, False)
    return with_own(total.high, total.low, exp_reduced(r, carrier))


cdef void row_quiet_softmax(const real* x, real* out, Py_ssize_t n) noexcept nogil:
    cdef real top = larger(row_largest(x, n), <real>0)
    row_divided(x, out, n, top, row_quiet(x, out, n, top))


cdef void quiet_softmax_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                             const real* like) noexcept nogil:
    cdef const real* x = <const real*>arrays[0]
    cdef real* out = <real*>arrays[1]
    cdef Py_ssize_t i
    for i in range(rows):
        row_quiet_softmax(x + i * columns, out + i * columns, columns)


cdef void quiet_softmax_backward_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                                      const real* like) noexcept nogil:
    cdef const real* dy = <const real*>arrays[0]
    cdef const real* x = <const real*>arrays[1]
    cdef real* out = <real*>arrays[2]
    cdef Py_ssize_t _
    for _ in range(rows):
        row_quiet_softmax(x, out, columns)
        row_gradient(dy, out, out, columns)
        dy += columns
        x += columns
        out += columns


cdef void quiet_softmax_backward_from_output_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns,
                                                  const double* values, const real* like) noexcept nogil:
    rows_gradient(<const real*>arrays[0], <const real*>arrays[1], <real*>arrays[2], rows, columns, 1)


cdef real row_logsumexp(const real* x, Py_ssize_t n, real top, double logarithm) noexcept nogil:
    """The largest and its logarithm together; what a row without a finite maximum becomes."""
    if finite(top):
        return <real>(top + logarithm)
    return <real>(ACT_INFINITY - ACT_INFINITY) if row_has_nan(x, n) else top


cdef inline void rows_logarithms(char** arrays, Py_ssize_t rows, Py_ssize_t columns, double parts,
                                 const real* like) noexcept nogil:
    """log(sum of e^x / parts) of each row."""
    cdef const real* x = <const real*>arrays[0]
    cdef real* out = <real*>arrays[1]
    cdef real top[MOST]
    cdef double logarithm[MOST]
    cdef Py_ssize_t m, i
    cdef bint short = short_enough(columns), ahead = rows * columns * <Py_ssize_t>sizeof(real) <= SMALL_TABLE
    while rows > 0:
        m = min(rows, rows_together(columns, x)) if short else 1
        if short:
            batch_logarithms(x, x, m, columns, ahead, parts, top, logarithm)
        else:
            top[0] = row_largest(x, columns)
            logarithm[0] = row_logarithm(x, columns, top[0], parts)
        for i in range(m):
            out[i] = row_logsumexp(x + i * columns, columns, top[i], logarithm[i])
        x += m * columns
        out += m
        rows -= m


cdef void logsumexp_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                         const real* like) noexcept nogil:
    rows_logarithms(arrays, rows, columns, 1, like)


cdef void logmeanexp_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                          const real* like) noexcept nogil:
    if columns:
        rows_logarithms(arrays, rows, columns, <double>columns, like)
    else:
        row_fill(<real*>arrays[1], rows, <real>(ACT_INFINITY - ACT_INFINITY))


cdef void logsumexp_backward_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                                  const real* like) noexcept nogil:
    """softmax times dy."""
    cdef const real* dy = <const real*>arrays[0]
    cdef const real* x = <const real*>arrays[1]
    cdef real* out = <real*>arrays[2]
    cdef Py_ssize_t m, _
    cdef bint short = short_enough(columns), near = short and begins_near(x, columns, 1, False)
    while rows > 0:
        m = min(rows, rows_together(columns, x)) if short else 1
        if short:
            in_batches(x, out, m, columns, False, &near)
        else:
            row_softmax(x, out, columns)
        for _ in range(m):
            block_scale(out, out, columns, dy[0], 0)
            dy += 1
            out += columns
        x += m * columns
        rows -= m


# The same on rows that stand side by side.

cdef void quiet_softmax_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                               const double* values, const real* like) noexcept nogil:
    softmax_table(arrays, steps, columns, width, True, False, like)


cdef void quiet_softmax_backward_from_output_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width,
                                                    const Py_ssize_t* steps, const double* values,
                                                    const real* like) noexcept nogil:
    gradient_table(arrays, steps, columns, width, False, like)


cdef void quiet_softmax_backward_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                                        const double* values, const real* like) noexcept nogil:
    softmax_backward_table(arrays, steps, columns, width, True, False, like)


cdef void logsumexp_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                           const double* values, const real* like) noexcept nogil:
    logsumexp_table(arrays, steps, columns, width, 1, like)


cdef void logmeanexp_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                            const double* values, const real* like) noexcept nogil:
    logsumexp_table(arrays, steps, columns, width, <double>columns, like)


cdef void block_scale_twice_line(const real* x, real* out, Py_ssize_t n, const real* high, const real* low,
                                 const real* factor) noexcept nogil:
    """block_scale by a factor in two parts, then by another."""
    cdef Py_ssize_t j
    cdef real once
    for j in range(n):
        once = fma(x[j], high[j], x[j] * low[j])
        out[j] = fma(once, factor[j], once * 0)


cdef void logsumexp_backward_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                                    const double* values, const real* like) noexcept nogil:
    """softmax times dy."""
    cdef const real* dy = <const real*>arrays[0]
    cdef const real* x = <const real*>arrays[1]
    cdef real* out = <real*>arrays[2]
    cdef double few[PILED * ABREAST]
    cdef real high[WIDTH]
    cdef real low[WIDTH]
    cdef real factor[WIDTH]
    cdef Room room = softmax_room(few, columns, width, True, like)
    cdef Py_ssize_t done = 0, m, k, times, size = sizeof(real), x_step = steps[1] // size, step = steps[2] // size
    cdef bint near = lines_begin_near(x, x_step, columns, width, False)
    while done < width:
        m = portion(&room, width - done, like)
        softmax_part(x + done, x_step, out + done, step, columns, m, False, False, &near, &room, high, low)
        memcpy(factor, dy + done, m * sizeof(real))
        times = times_of(columns, m, step == m)
        repeat(high, m, times)
        repeat(low, m, times)
        repeat(factor, m, times)
        k = last_of(columns, times)
        while k >= 0:
            block_scale_twice_line(out + k * step + done, out + k * step + done, stretch(times, columns - k, m), high, low,
                                   factor)
            k -= times
        done += m
    free(room.memory)


# What ufuncs are made of: NumPy's signature, the type characters of the arrays (* is the kernel's own type), kernels, those
# for rows side by side, and the length below which it pays to bring rows side by side.

LOOPS = {
    ("quiet_softmax", "forward"): ("(n)->(n)", "**", {
        "f": <uintptr_t><void*>quiet_softmax_rows[float],
        "d": <uintptr_t><void*>quiet_softmax_rows[double],
    }, {
        "f": <uintptr_t><void*>quiet_softmax_beside[float],
        "d": <uintptr_t><void*>quiet_softmax_beside[double],
    }, 64),
    ("quiet_softmax", "backward"): ("(n),(n)->(n)", "***", {
        "f": <uintptr_t><void*>quiet_softmax_backward_rows[float],
        "d": <uintptr_t><void*>quiet_softmax_backward_rows[double],
    }, {
        "f": <uintptr_t><void*>quiet_softmax_backward_beside[float],
        "d": <uintptr_t><void*>quiet_softmax_backward_beside[double],
    }, 40),
    ("quiet_softmax", "backward_from_output"): ("(n),(n)->(n)", "***", {
        "f": <uintptr_t><void*>quiet_softmax_backward_from_output_rows[float],
        "d": <uintptr_t><void*>quiet_softmax_backward_from_output_rows[double],
    }, {
        "f": <uintptr_t><void*>quiet_softmax_backward_from_output_beside[float],
        "d": <uintptr_t><void*>quiet_softmax_backward_from_output_beside[double],
    }),
    ("logsumexp", "forward"): ("(n)->()", "**", {
        "f": <uintptr_t><void*>logsumexp_rows[float],
        "d": <uintptr_t><void*>logsumexp_rows[double],
    }, {
        "f": <uintptr_t><void*>logsumexp_beside[float],
        "d": <uintptr_t><void*>logsumexp_beside[double],
    }, 16),
    ("logsumexp", "backward"): ("(),(n)->(n)", "***", {
        "f": <uintptr_t><void*>logsumexp_backward_rows[float],
        "d": <uintptr_t><void*>logsumexp_backward_rows[double],
    }, {
        "f": <uintptr_t><void*>logsumexp_backward_beside[float],
        "d": <uintptr_t><void*>logsumexp_backward_beside[double],
    }, 16),
    ("logmeanexp", "forward"): ("(n)->()", "**", {
        "f": <uintptr_t><void*>logmeanexp_rows[float],
        "d": <uintptr_t><void*>logmeanexp_rows[double],
    }, {
        "f": <uintptr_t><void*>logmeanexp_beside[float],
        "d": <uintptr_t><void*>logmeanexp_beside[double],
    }, 16),
    ("logmeanexp", "backward"): ("(),(n)->(n)", "***", {
        "f": <uintptr_t><void*>logsumexp_backward_rows[float],
        "d": <uintptr_t><void*>logsumexp_backward_rows[double],
    }, {
        "f": <uintptr_t><void*>logsumexp_backward_beside[float],
        "d": <uintptr_t><void*>logsumexp_backward_beside[double],
    }, 16),
}
