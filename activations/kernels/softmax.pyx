"""softmax, log_softmax and softmin: whole rows at a time, compiled once per ISA level."""

from libc.stdint cimport uintptr_t

from activations.kernels.batches cimport in_batches, rows_together, short_enough
from activations.kernels.gradients cimport (
    block_log_softmax_backward, block_turned, row_over, rows_gradient, rows_log_gradient,
)
from activations.kernels.lanes cimport LANES, row_largest, row_sum
from activations.kernels.near_rows cimport begins_near, rows_near
from activations.kernels.real cimport real
from activations.kernels.row_exponentials cimport (
    block_negative, row_divided, row_exponentials, row_log_softmax_over, row_logarithm, row_softmax_over, row_subtracted,
)
from activations.kernels.sums cimport Sum
from activations.kernels.softmax_tables cimport (
    gradient_table, log_gradient_table, log_softmax_backward_table, log_softmax_table, softmax_backward_table,
    softmax_table,
)

cdef enum:
    NARROW = 16        # elements of a row, which fewer do not make a group of lanes of

# Kernels: arrays as the driver hands them over. A reduction ends in a chain of dependent steps; while it lasts the
# processor works at the next row's first pass, which therefore stands before this row's last one.

cdef void rows_softmax(const real* x, real* out, Py_ssize_t rows, Py_ssize_t columns, double temperature,
                       bint* near) noexcept nogil:
    """softmax of rows one after another; `out` may be `x`. Without maxima while elements are `near` 0."""
    cdef real top, following
    cdef Sum total
    cdef Py_ssize_t i, done
    if temperature != 1:
        for i in range(rows):
            row_softmax_over(x + i * columns, out + i * columns, columns, temperature)
        return
    if short_enough(columns):
        in_batches(x, out, rows, columns, False, near)
        return
    if real is float:
        if near[0] and x != out and columns >= LANES:
            done = rows_near(x, out, rows, columns)
            near[0] = done == rows
            x += done * columns
            out += done * columns
            rows -= done
    if rows == 0:
        return
    following = row_largest(x, columns)
    for i in range(1, rows + 1):
        top = following
        total = row_exponentials(x, out, columns, top)
        if i < rows:
            following = row_largest(x + columns, columns)
        row_divided(x, out, columns, top, total)
        x += columns
        out += columns


cdef inline Py_ssize_t rows_at_once(Py_ssize_t rows, Py_ssize_t columns, const real* like) noexcept nogil:
    """How many rows to make probabilities of before their gradients: they stay in the first-level cache."""
    return min(rows, rows_together(columns, like)) if short_enough(columns) else 1


cdef inline void rows_probabilities(const real* x, real* out, Py_ssize_t rows, Py_ssize_t columns, double temperature,
                                    bint negative, bint* near) noexcept nogil:
    """softmax of rows, or of their negatives."""
    if negative:
        block_negative(x, out, rows * columns)
        x = out
    rows_softmax(x, out, rows, columns, temperature, near)


cdef inline void rows_backward(char** arrays, Py_ssize_t rows, Py_ssize_t columns, double temperature, bint negative,
                               bint saved, const real* like) noexcept nogil:
    """The gradient of softmax or softmin, from x or from the saved output."""
    cdef const real* dy = <const real*>arrays[0]
    cdef const real* given = <const real*>arrays[1]
    cdef real* out = <real*>arrays[2]
    cdef Py_ssize_t m
    cdef bint near = not saved and begins_near(given, columns, 1, negative)
    while rows > 0:
        m = rows_at_once(rows, columns, like)
        if not saved:
            rows_probabilities(given, out, m, columns, temperature, negative, &near)
        rows_gradient(dy, given if saved else out, out, m, columns, temperature)
        if negative:
            block_turned(out, m * columns)
        dy += m * columns
        given += m * columns
        out += m * columns
        rows -= m


cdef void softmax_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                       const real* like) noexcept nogil:
    cdef const real* x = <const real*>arrays[0]
    cdef bint near = begins_near(x, columns, 1, False)
    rows_softmax(x, <real*>arrays[1], rows, columns, values[0], &near)


cdef void log_softmax_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                           const real* like) noexcept nogil:
    cdef const real* x = <const real*>arrays[0]
    cdef real* out = <real*>arrays[1]
    cdef real top, following
    cdef double logarithm
    cdef Py_ssize_t i
    if values[0] != 1:
        for i in range(rows):
            row_log_softmax_over(x + i * columns, out + i * columns, columns, values[0])
        return
    if short_enough(columns):
        in_batches(x, out, rows, columns, True, NULL)
        return
    following = row_largest(x, columns)
    for i in range(1, rows + 1):
        top = following
        logarithm = row_logarithm(x, columns, top, 1)
        if i < rows:
            following = row_largest(x + columns, columns)
        row_subtracted(x, out, columns, top, logarithm)
        x += columns
        out += columns


cdef void softmax_backward_from_output_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                                            const real* like) noexcept nogil:
    rows_gradient(<const real*>arrays[0], <const real*>arrays[1], <real*>arrays[2], rows, columns, values[0])


cdef void softmax_backward_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                                const real* like) noexcept nogil:
    rows_backward(arrays, rows, columns, values[0], False, False, like)


cdef void log_softmax_backward_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                                    const real* like) noexcept nogil:
    cdef const real* dy = <const real*>arrays[0]
    cdef const real* x = <const real*>arrays[1]
    cdef real* out = <real*>arrays[2]
    cdef Py_ssize_t m, _
    cdef bint near = begins_near(x, columns, 1, False)
    while rows > 0:
        m = rows_at_once(rows, columns, like)
        rows_softmax(x, out, m, columns, values[0], &near)
        for _ in range(m):
            block_log_softmax_backward(dy, out, out, columns, <real>row_sum(dy, columns))
            row_over(out, columns, values[0])
            dy += columns
            out += columns
        x += m * columns
        rows -= m


cdef void log_softmax_backward_from_output_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns,
                                                const double* values, const real* like) noexcept nogil:
    rows_log_gradient(<const real*>arrays[0], <const real*>arrays[1], <real*>arrays[2], rows, columns, values[0])


cdef void softmin_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                       const real* like) noexcept nogil:
    cdef const real* x = <const real*>arrays[0]
    cdef real* out = <real*>arrays[1]
    cdef Py_ssize_t m
    cdef bint near = begins_near(x, columns, 1, True)
    while rows > 0:
        m = rows_at_once(rows, columns, like)
        rows_probabilities(x, out, m, columns, 1, True, &near)
        x += m * columns
        out += m * columns
        rows -= m


cdef void softmin_backward_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                                const real* like) noexcept nogil:
    rows_backward(arrays, rows, columns, 1, True, False, like)


cdef void softmin_backward_from_output_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                                            const real* like) noexcept nogil:
    rows_backward(arrays, rows, columns, 1, True, True, like)


# The same on rows that stand side by side, for the default temperature.

cdef void softmax_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                         const double* values, const real* like) noexcept nogil:
    softmax_table(arrays, steps, columns, width, False, False, like)


cdef void softmin_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                         const double* values, const real* like) noexcept nogil:
    softmax_table(arrays, steps, columns, width, False, True, like)


cdef void log_softmax_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                             const double* values, const real* like) noexcept nogil:
    log_softmax_table(arrays, steps, columns, width, like)


cdef void softmax_backward_from_output_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width,
                                              const Py_ssize_t* steps, const double* values,
                                              const real* like) noexcept nogil:
    gradient_table(arrays, steps, columns, width, False, like)


cdef void softmin_backward_from_output_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width,
                                              const Py_ssize_t* steps, const double* values,
                                              const real* like) noexcept nogil:
    gradient_table(arrays, steps, columns, width, True, like)


cdef void log_softmax_backward_from_output_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width,
                                                  const Py_ssize_t* steps, const double* values,
                                                  const real* like) noexcept nogil:
    log_gradient_table(arrays, steps, columns, width, like)


cdef void softmax_backward_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                                  const double* values, const real* like) noexcept nogil:
    softmax_backward_table(arrays, steps, columns, width, False, False, like)


cdef void softmin_backward_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                                  const double* values, const real* like) noexcept nogil:
    softmax_backward_table(arrays, steps, columns, width, False, True, like)


cdef void log_softmax_backward_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                                      const double* values, const real* like) noexcept nogil:
    log_softmax_backward_table(arrays, steps, columns, width, like)


# What ufuncs are made of: NumPy's signature, the type characters of the arrays (* is the kernel's own type), kernels,
# those for rows side by side, and the length below which it pays to bring rows side by side.

LOOPS = {
    ("softmax", "forward"): ("(n)->(n)", "**", {
        "f": <uintptr_t><void*>softmax_rows[float],
        "d": <uintptr_t><void*>softmax_rows[double],
    }, {
        "f": <uintptr_t><void*>softmax_beside[float],
        "d": <uintptr_t><void*>softmax_beside[double],
    }, NARROW),
    ("softmax", "backward"): ("(n),(n)->(n)", "***", {
        "f": <uintptr_t><void*>softmax_backward_rows[float],
        "d": <uintptr_t><void*>softmax_backward_rows[double],
    }, {
        "f": <uintptr_t><void*>softmax_backward_beside[float],
        "d": <uintptr_t><void*>softmax_backward_beside[double],
    }, NARROW),
    ("softmax", "backward_from_output"): ("(n),(n)->(n)", "***", {
        "f": <uintptr_t><void*>softmax_backward_from_output_rows[float],
        "d": <uintptr_t><void*>softmax_backward_from_output_rows[double],
    }, {
        "f": <uintptr_t><void*>softmax_backward_from_output_beside[float],
        "d": <uintptr_t><void*>softmax_backward_from_output_beside[double],
    }, NARROW),
    ("log_softmax", "forward"): ("(n)->(n)", "**", {
        "f": <uintptr_t><void*>log_softmax_rows[float],
        "d": <uintptr_t><void*>log_softmax_rows[double],
    }, {
        "f": <uintptr_t><void*>log_softmax_beside[float],
        "d": <uintptr_t><void*>log_softmax_beside[double],
    }, NARROW),
    ("log_softmax", "backward"): ("(n),(n)->(n)", "***", {
        "f": <uintptr_t><void*>log_softmax_backward_rows[float],
        "d": <uintptr_t><void*>log_softmax_backward_rows[double],
    }, {
        "f": <uintptr_t><void*>log_softmax_backward_beside[float],
        "d": <uintptr_t><void*>log_softmax_backward_beside[double],
    }, NARROW),
    ("log_softmax", "backward_from_output"): ("(n),(n)->(n)", "***", {
        "f": <uintptr_t><void*>log_softmax_backward_from_output_rows[float],
        "d": <uintptr_t><void*>log_softmax_backward_from_output_rows[double],
    }, {
        "f": <uintptr_t><void*>log_softmax_backward_from_output_beside[float],
        "d": <uintptr_t><void*>log_softmax_backward_from_output_beside[double],
    }, NARROW),
    ("softmin", "forward"): ("(n)->(n)", "**", {
        "f": <uintptr_t><void*>softmin_rows[float],
        "d": <uintptr_t><void*>softmin_rows[double],
    }, {
        "f": <uintptr_t><void*>softmin_beside[float],
        "d": <uintptr_t><void*>softmin_beside[double],
    }, NARROW),
    ("softmin", "backward"): ("(n),(n)->(n)", "***", {
        "f": <uintptr_t><void*>softmin_backward_rows[float],
        "d": <uintptr_t><void*>softmin_backward_rows[double],
    }, {
        "f": <uintptr_t><void*>softmin_backward_beside[float],
        "d": <uintptr_t><void*>softmin_backward_beside[double],
    }, NARROW),
    ("softmin", "backward_from_output"): ("(n),(n)->(n)", "***", {
        "f": <uintptr_t><void*>softmin_backward_from_output_rows[float],
        "d": <uintptr_t><void*>softmin_backward_from_output_rows[double],
    }, {
        "f": <uintptr_t><void*>softmin_backward_from_output_beside[float],
        "d": <uintptr_t><void*>softmin_backward_from_output_beside[double],
    }, NARROW),
    ("gumbel_softmax", "forward"): ("(n)->(n)", "**", {
        "f": <uintptr_t><void*>softmax_rows[float],
        "d": <uintptr_t><void*>softmax_rows[double],
    }, {
        "f": <uintptr_t><void*>softmax_beside[float],
        "d": <uintptr_t><void*>softmax_beside[double],
    }, NARROW),
    ("gumbel_softmax", "backward"): ("(n),(n)->(n)", "***", {
        "f": <uintptr_t><void*>softmax_backward_rows[float],
        "d": <uintptr_t><void*>softmax_backward_rows[double],
    }, {
        "f": <uintptr_t><void*>softmax_backward_beside[float],
        "d": <uintptr_t><void*>softmax_backward_beside[double],
    }, NARROW),
    ("gumbel_softmax", "backward_from_output"): ("(n),(n)->(n)", "***", {
        "f": <uintptr_t><void*>softmax_backward_from_output_rows[float],
        "d": <uintptr_t><void*>softmax_backward_from_output_rows[double],
    }, {
        "f": <uintptr_t><void*>softmax_backward_from_output_beside[float],
        "d": <uintptr_t><void*>softmax_backward_from_output_beside[double],
    }, NARROW),
}
