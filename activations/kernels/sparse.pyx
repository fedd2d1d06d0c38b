"""Rows most of which become 0: hardmax and sparsemax, compiled once per ISA level. The sums are in sums.pxd."""

from libc.stdint cimport uintptr_t

from activations.kernels.extreme_lines cimport first_beside, lines_extreme, lines_of_nothing
from activations.kernels.extremes cimport row_of_one, row_top
from activations.kernels.real cimport real
from activations.kernels.rows cimport ACT_INFINITY, WIDTH, finite, row_fill, row_undecided
from activations.kernels.sums cimport SPREAD, Sum, add, clear, quotient_of, settled
from activations.kernels.support_lines cimport support_gradient, support_mean

# hardmax: 1 at the first of the largest, as argmax finds it; NaN everywhere in a row with NaN.

cdef void hardmax_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                       const real* like) noexcept nogil:
    cdef const real* x = <const real*>arrays[0]
    cdef real* out = <real*>arrays[1]
    cdef Py_ssize_t _
    for _ in range(rows):
        row_of_one(x, out, columns, row_top(x, columns), 1)
        x += columns
        out += columns


cdef void hardmax_backward_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                                const real* like) noexcept nogil:
    cdef const real* x = <const real*>arrays[1]
    cdef real* out = <real*>arrays[2]
    cdef real top
    cdef Py_ssize_t i
    for i in range(rows):
        top = row_top(x + i * columns, columns)
        row_fill(out + i * columns, columns, top if top != top else <real>0)


cdef void hardmax_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                         const double* values, const real* like) noexcept nogil:
    first_beside(arrays[0], steps[0], arrays[1], steps[1], columns, width, <const real*>NULL, False, like)


cdef void hardmax_backward_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                                  const double* values, const real* like) noexcept nogil:
    cdef real best[WIDTH]
    cdef Py_ssize_t done = 0, m, size = sizeof(real)
    while done < width:
        m = min(<Py_ssize_t>WIDTH, width - done)
        lines_extreme(arrays[1] + done * size, steps[1], columns, m, best, False)
        lines_of_nothing(arrays[2] + done * size, steps[2], columns, m, best)
        done += m


# sparsemax: max(x - tau, 0), where tau makes the row sum to 1. From below, tau is that of a set of elements that holds
# the support; those that are not above it leave the set, until none does (Michelot 1986). Sums are of x - top, whose
# error is kept, and tau comes out as a sum of two numbers: x - tau loses nothing near the edge of the support.

cdef void block_add_above(const real* x, double* high, double* low, double* count, Py_ssize_t groups, double top,
                          double bound) noexcept nogil:
    """Sum and number of the x - top that are above a bound."""
    cdef double sums[SPREAD]
    cdef double errors[SPREAD]
    cdef double counts[SPREAD]
    cdef double value, distance, back, lost, sum
    cdef Py_ssize_t j, k
    for j in range(SPREAD):
        sums[j] = high[j]
        errors[j] = low[j]
        counts[j] = count[j]
    for k in range(groups):
        for j in range(SPREAD):
            value = x[SPREAD * k + j]
            distance = value - top
            back = distance - value
            lost = (value - (distance - back)) - (top + back)
            lost = lost if distance > bound else 0
            counts[j] += 1 if distance > bound else 0
            distance = distance if distance > bound else 0
            sum = sums[j] + distance
            back = sum - sums[j]
            errors[j] += ((sums[j] - (sum - back)) + (distance - back)) + lost
            sums[j] = sum
    for j in range(SPREAD):
        high[j] = sums[j]
        low[j] = errors[j]
        count[j] = counts[j]


cdef void block_rectified(const real* x, real* out, Py_ssize_t n, real high, real low) noexcept nogil:
    """What of x - (high + low) is above 0."""
    cdef Py_ssize_t i
    cdef real rest
    for i in range(n):
        rest = (x[i] - high) - low
        out[i] = rest if rest > 0 else <real>0


cdef void row_sparsemax(const real* x, real* out, Py_ssize_t n) noexcept nogil:
    cdef double high[SPREAD]
    cdef double low[SPREAD]
    cdef double count[SPREAD]
    cdef real tail[SPREAD]
    cdef real top = row_top(x, n), first
    cdef double bound = -1, members, before = n + 1.0
    cdef Py_ssize_t j, groups = n // SPREAD
    cdef Sum tau
    if not finite(top):
        row_undecided(x, 1, out, 1, n, 0)
        return
    for j in range(SPREAD):
        tail[j] = x[SPREAD * groups + j] if SPREAD * groups + j < n else <real>-ACT_INFINITY
    while True:
        clear(high, low)
        clear(count, count)
        block_add_above(x, high, low, count, groups, top, bound)
        block_add_above(tail, high, low, count, 1, top, bound)
        members = 0
        for j in range(SPREAD):
            members += count[j]
        tau = settled(high, low)
        add(&tau, -1)
        tau = quotient_of(tau, members)
        if members >= before or members == 1:
            break
        before = members
        bound = tau.high
    add(&tau, top)
    first = <real>(tau.high + tau.low)
    block_rectified(x, out, n, first, <real>((tau.high - <double>first) + tau.low))


cdef void sparsemax_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                         const real* like) noexcept nogil:
    cdef const real* x = <const real*>arrays[0]
    cdef real* out = <real*>arrays[1]
    cdef Py_ssize_t i
    for i in range(rows if columns else 0):
        row_sparsemax(x + i * columns, out + i * columns, columns)


cdef void block_shared(const real* dy, const real* y, real* out, Py_ssize_t n, double mean) noexcept nogil:
    """dy - mean on the support, 0 elsewhere; NaN at NaN."""
    cdef Py_ssize_t i
    cdef real rest, inside
    for i in range(n):
        rest = <real>(dy[i] - mean)
        inside = rest if y[i] > 0 else <real>0
        out[i] = y[i] if y[i] != y[i] else inside


cdef void row_sparsemax_backward(const real* dy, const real* y, real* out, Py_ssize_t n) noexcept nogil:
    cdef Sum total
    cdef double members = 0
    cdef Py_ssize_t i
    total.high, total.low = 0, 0
    for i in range(n):
        if y[i] > 0:
            add(&total, dy[i])
            members += 1
    block_shared(dy, y, out, n, support_mean(total, members))


cdef void sparsemax_backward_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                                  const real* like) noexcept nogil:
    cdef const real* dy = <const real*>arrays[0]
    cdef const real* x = <const real*>arrays[1]
    cdef real* out = <real*>arrays[2]
    cdef Py_ssize_t i
    for i in range(rows if columns else 0):
        row_sparsemax(x + i * columns, out + i * columns, columns)
        row_sparsemax_backward(dy + i * columns, out + i * columns, out + i * columns, columns)


cdef void sparsemax_backward_from_output_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                                              const real* like) noexcept nogil:
    cdef const real* dy = <const real*>arrays[0]
    cdef const real* y = <const real*>arrays[1]
    cdef real* out = <real*>arrays[2]
    cdef Py_ssize_t i
    for i in range(rows):
        row_sparsemax_backward(dy + i * columns, y + i * columns, out + i * columns, columns)


cdef void sparsemax_backward_from_output_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width,
                                                const Py_ssize_t* steps, const double* values,
                                                const real* like) noexcept nogil:
    support_gradient(arrays, columns, width, steps, like)


# What ufuncs are made of: NumPy's signature, the type characters of the arrays (* is the kernel's own type), kernels.

LOOPS = {
    ("hardmax", "forward"): ("(n)->(n)", "**", {
        "f": <uintptr_t><void*>hardmax_rows[float],
        "d": <uintptr_t><void*>hardmax_rows[double],
    }, {
        "f": <uintptr_t><void*>hardmax_beside[float],
        "d": <uintptr_t><void*>hardmax_beside[double],
    }, 16),
    ("hardmax", "backward"): ("(n),(n)->(n)", "***", {
        "f": <uintptr_t><void*>hardmax_backward_rows[float],
        "d": <uintptr_t><void*>hardmax_backward_rows[double],
    }, {
        "f": <uintptr_t><void*>hardmax_backward_beside[float],
        "d": <uintptr_t><void*>hardmax_backward_beside[double],
    }, 16),
    ("sparsemax", "forward"): ("(n)->(n)", "**", {
        "f": <uintptr_t><void*>sparsemax_rows[float],
        "d": <uintptr_t><void*>sparsemax_rows[double],
    }),
    ("sparsemax", "backward"): ("(n),(n)->(n)", "***", {
        "f": <uintptr_t><void*>sparsemax_backward_rows[float],
        "d": <uintptr_t><void*>sparsemax_backward_rows[double],
    }),
    ("sparsemax", "backward_from_output"): ("(n),(n)->(n)", "***", {
        "f": <uintptr_t><void*>sparsemax_backward_from_output_rows[float],
        "d": <uintptr_t><void*>sparsemax_backward_from_output_rows[double],
    }, {
        "f": <uintptr_t><void*>sparsemax_backward_from_output_beside[float],
        "d": <uintptr_t><void*>sparsemax_backward_from_output_beside[double],
    }),
}
