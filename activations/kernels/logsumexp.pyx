"""quiet_softmax, and the logarithms of sums of exponentials: whole rows at a time, compiled once per ISA level."""

from libc.stdint cimport uintptr_t

from activations.formulas.elementary cimport exp_reduced, reduced_from
from activations.kernels.core cimport beside_t
from activations.kernels.gradient_lines cimport lines_gradient
from activations.kernels.gradients cimport row_gradient, rows_gradient
from activations.kernels.lanes cimport larger, row_largest
from activations.kernels.lines cimport repeat
from activations.kernels.real cimport at_least, fma, real
from activations.kernels.row_exponentials cimport (
    Shift, divide_sum, row_divided, row_exp, row_logarithm, row_shift, row_softmax,
)
from activations.kernels.rows cimport ACT_INFINITY, WIDTH, block_scale, finite, row_has_nan, row_undecided
from activations.kernels.softmax_lines cimport lines_logsumexp, lines_summed, lines_tops, stretch, taken, times_of
from activations.kernels.softmax_tables cimport softmax_backward_table, softmax_table

# quiet_softmax is softmax with one more element, 0, that is left out afterwards.

cdef inline double row_quiet(const real* x, real* out, Py_ssize_t n, real top) noexcept nogil:
    """What quiet_softmax divides by its sum, which is returned; `top` is not below 0."""
    cdef real carrier, r
    cdef Shift shift
    if not top < <real>ACT_INFINITY:
        return 0
    shift = row_shift(top)
    r = reduced_from(at_least(-<real>shift.base, <real>shift.low), <real>shift.zero, &carrier)
    return row_exp(x, out, n, &shift, False) + exp_reduced(r, carrier)


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


cdef real row_logsumexp(const real* x, Py_ssize_t n, double parts) noexcept nogil:
    """log(sum of e^x / parts)."""
    cdef real top = row_largest(x, n)
    if -ACT_INFINITY < <double>top < ACT_INFINITY:
        return <real>(top + row_logarithm(x, n, top, parts))
    return <real>(ACT_INFINITY - ACT_INFINITY) if row_has_nan(x, n) else top


cdef void logsumexp_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                         const real* like) noexcept nogil:
    cdef const real* x = <const real*>arrays[0]
    cdef real* out = <real*>arrays[1]
    cdef Py_ssize_t i
    for i in range(rows):
        out[i] = row_logsumexp(x + i * columns, columns, 1)


cdef void logmeanexp_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                          const real* like) noexcept nogil:
    cdef const real* x = <const real*>arrays[0]
    cdef real* out = <real*>arrays[1]
    cdef Py_ssize_t i
    for i in range(rows):
        out[i] = row_logsumexp(x + i * columns, columns, <double>columns)
        if columns == 0:
            out[i] = <real>(ACT_INFINITY - ACT_INFINITY)


cdef void logsumexp_backward_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                                  const real* like) noexcept nogil:
    cdef const real* dy = <const real*>arrays[0]
    cdef const real* x = <const real*>arrays[1]
    cdef real* out = <real*>arrays[2]
    cdef Py_ssize_t i
    for i in range(rows):
        row_softmax(x + i * columns, out + i * columns, columns)
        block_scale(out + i * columns, out + i * columns, columns, dy[i], 0)


# The same on rows that stand side by side.

cdef void quiet_softmax_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                               const double* values, const real* like) noexcept nogil:
    softmax_table(arrays, steps, columns, width, True, False, like)


cdef void quiet_softmax_backward_from_output_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width,
                                                    const Py_ssize_t* steps, const double* values,
                                                    const real* like) noexcept nogil:
    lines_gradient(arrays, steps, columns, width, False, like)


cdef void quiet_softmax_backward_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                                        const double* values, const real* like) noexcept nogil:
    softmax_backward_table(arrays, steps, columns, width, values,
                           <beside_t>quiet_softmax_backward_from_output_beside[real], True, False, like)


cdef void logsumexp_lines(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps, double parts,
                          const real* like) noexcept nogil:
    cdef Py_ssize_t done = 0, m, size = sizeof(real)
    while done < width:
        m = taken(columns, width - done)
        lines_logsumexp(<const real*>arrays[0] + done, steps[0] // size, <real*>arrays[1] + done, columns, m, parts)
        done += m


cdef void logsumexp_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                           const double* values, const real* like) noexcept nogil:
    logsumexp_lines(arrays, columns, width, steps, 1, like)


cdef void logmeanexp_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                            const double* values, const real* like) noexcept nogil:
    logsumexp_lines(arrays, columns, width, steps, <double>columns, like)


cdef void block_scale_twice_line(const real* x, real* out, Py_ssize_t n, const real* high, const real* low,
                                 const real* factor) noexcept nogil:
    """block_scale by a factor in two parts, then by another."""
    cdef Py_ssize_t j
    cdef real once
    for j in range(n):
        once = fma(x[j], high[j], x[j] * low[j])
        out[j] = fma(once, factor[j], once * 0)


cdef inline void lines_weighted(const real* dy, const real* x, Py_ssize_t x_step, real* out, Py_ssize_t step,
                                Py_ssize_t n, Py_ssize_t width) noexcept nogil:
    """softmax times dy, of as many rows as are `taken`."""
    cdef real top[WIDTH]
    cdef real high[WIDTH]
    cdef real low[WIDTH]
    cdef real factor[WIDTH]
    cdef double total[WIDTH]
    cdef Py_ssize_t times = times_of(n, width, step == width), j, k = 0
    lines_tops(x, x_step, n, width, top, False)
    lines_summed(x, x_step, out, step, n, width, top, total, False, False)
    for j in range(width):
        divide_sum(total[j], &high[j], &low[j])
        factor[j] = dy[j]
    repeat(high, width, times)
    repeat(low, width, times)
    repeat(factor, width, times)
    while k < n:
        block_scale_twice_line(out + k * step, out + k * step, stretch(times, n - k, width), high, low, factor)
        k += times
    for j in range(width):
        if not finite(top[j]):
            row_undecided(x + j, x_step, out + j, step, n, 0)
            for k in range(n):
                out[k * step + j] = fma(out[k * step + j], factor[j], out[k * step + j] * 0)


cdef void logsumexp_backward_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                                    const double* values, const real* like) noexcept nogil:
    cdef Py_ssize_t done = 0, m, size = sizeof(real)
    while done < width:
        m = taken(columns, width - done)
        lines_weighted(<const real*>arrays[0] + done, <const real*>arrays[1] + done, steps[1] // size,
                       <real*>arrays[2] + done, steps[2] // size, columns, m)
        done += m


# What ufuncs are made of: NumPy's signature, the type characters of the arrays (* is the kernel's own type), kernels.

LOOPS = {
    ("quiet_softmax", "forward"): ("(n)->(n)", "**", {
        "f": <uintptr_t><void*>quiet_softmax_rows[float],
        "d": <uintptr_t><void*>quiet_softmax_rows[double],
    }, {
        "f": <uintptr_t><void*>quiet_softmax_beside[float],
        "d": <uintptr_t><void*>quiet_softmax_beside[double],
    }),
    ("quiet_softmax", "backward"): ("(n),(n)->(n)", "***", {
        "f": <uintptr_t><void*>quiet_softmax_backward_rows[float],
        "d": <uintptr_t><void*>quiet_softmax_backward_rows[double],
    }, {
        "f": <uintptr_t><void*>quiet_softmax_backward_beside[float],
        "d": <uintptr_t><void*>quiet_softmax_backward_beside[double],
    }),
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
    }),
    ("logsumexp", "backward"): ("(),(n)->(n)", "***", {
        "f": <uintptr_t><void*>logsumexp_backward_rows[float],
        "d": <uintptr_t><void*>logsumexp_backward_rows[double],
    }, {
        "f": <uintptr_t><void*>logsumexp_backward_beside[float],
        "d": <uintptr_t><void*>logsumexp_backward_beside[double],
    }),
    ("logmeanexp", "forward"): ("(n)->()", "**", {
        "f": <uintptr_t><void*>logmeanexp_rows[float],
        "d": <uintptr_t><void*>logmeanexp_rows[double],
    }, {
        "f": <uintptr_t><void*>logmeanexp_beside[float],
        "d": <uintptr_t><void*>logmeanexp_beside[double],
    }),
    ("logmeanexp", "backward"): ("(),(n)->(n)", "***", {
        "f": <uintptr_t><void*>logsumexp_backward_rows[float],
        "d": <uintptr_t><void*>logsumexp_backward_rows[double],
    }, {
        "f": <uintptr_t><void*>logsumexp_backward_beside[float],
        "d": <uintptr_t><void*>logsumexp_backward_beside[double],
    }),
}
