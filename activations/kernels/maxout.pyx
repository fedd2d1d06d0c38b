"""maxout: the largest of the pieces of each unit, compiled once per ISA level.

A number of pieces known to the compiler turns the strided loads into permutations of whole vectors, so the usual
numbers get a loop each. NaN wins over every number, and the first NaN is the one that is found: `larger` keeps a NaN on
its right, so that only pieces which stand on a left need be looked at.
"""

from libc.stdint cimport (
    int8_t, int16_t, int32_t, int64_t, intptr_t, uint8_t, uint16_t, uint32_t, uint64_t, uintptr_t,
)

from activations.kernels.lanes cimport act_fetch
from activations.kernels.maxout_lines cimport (
    DENSE, best_of_3, best_of_4, best_of_lines, brought_together, given_to_lines, nothing, scattered_to_lines,
    tables_together, winner, won, won_of_lines,
)
from activations.kernels.real cimport real, whole_or_real
from activations.kernels.views cimport ask_for, is_far_off

cdef enum:
    STRIP = 256        # bytes of units for which the memory of results is asked for at a time

cdef extern from "scatter.h" nogil:
    Py_ssize_t act_scatter_2f(const float* dy, const uint8_t* which, float* out, Py_ssize_t n)
    Py_ssize_t act_scatter_2d(const double* dy, const uint8_t* which, double* out, Py_ssize_t n)
    Py_ssize_t act_scatter_3f(const float* dy, const uint8_t* which, float* out, Py_ssize_t n)
    Py_ssize_t act_scatter_3d(const double* dy, const uint8_t* which, double* out, Py_ssize_t n)

cdef void block_maxout_2(const whole_or_real* x, whole_or_real* out, Py_ssize_t rows) noexcept nogil:
    cdef Py_ssize_t i, _, m = STRIP // <Py_ssize_t>sizeof(whole_or_real)
    cdef bint far = is_far_off(rows * sizeof(whole_or_real))
    for _ in range(rows // m):
        if far:
            ask_for(out, m * sizeof(whole_or_real))
        for i in range(m):
            out[i] = winner(x[2 * i], x[2 * i + 1])
        x += 2 * m
        out += m
    for i in range(rows % m):
        out[i] = winner(x[2 * i], x[2 * i + 1])


cdef void block_maxout_3(const whole_or_real* x, whole_or_real* out, Py_ssize_t rows) noexcept nogil:
    cdef Py_ssize_t i, _, m = STRIP // <Py_ssize_t>sizeof(whole_or_real)
    cdef bint far = is_far_off(rows * sizeof(whole_or_real))
    for _ in range(rows // m):
        if far:
            ask_for(out, m * sizeof(whole_or_real))
        for i in range(m):
            out[i] = best_of_3(x[3 * i], x[3 * i + 1], x[3 * i + 2])
        x += 3 * m
        out += m
    for i in range(rows % m):
        out[i] = best_of_3(x[3 * i], x[3 * i + 1], x[3 * i + 2])


cdef void block_maxout_4(const whole_or_real* x, whole_or_real* out, Py_ssize_t rows) noexcept nogil:
    cdef Py_ssize_t i, _, m = STRIP // <Py_ssize_t>sizeof(whole_or_real)
    cdef bint far = is_far_off(rows * sizeof(whole_or_real))
    for _ in range(rows // m):
        if far:
            ask_for(out, m * sizeof(whole_or_real))
        for i in range(m):
            out[i] = best_of_4(x[4 * i], x[4 * i + 1], x[4 * i + 2], x[4 * i + 3])
        x += 4 * m
        out += m
    for i in range(rows % m):
        out[i] = best_of_4(x[4 * i], x[4 * i + 1], x[4 * i + 2], x[4 * i + 3])


cdef void any_maxout(const whole_or_real* x, whole_or_real* out, Py_ssize_t rows, Py_ssize_t pieces) noexcept nogil:
    cdef Py_ssize_t i, k
    cdef whole_or_real best
    for i in range(rows):
        best = x[i * pieces]
        for k in range(1, pieces):
            best = winner(best, x[i * pieces + k])
        out[i] = best


cdef void block_which_2(const whole_or_real* x, whole_or_real* out, uint8_t* which, Py_ssize_t rows) noexcept nogil:
    cdef Py_ssize_t i
    cdef whole_or_real best
    for i in range(rows):
        best = winner(x[2 * i], x[2 * i + 1])
        out[i] = best
        which[i] = won(best, x[2 * i], 0, 1)


cdef void block_which_3(const whole_or_real* x, whole_or_real* out, uint8_t* which, Py_ssize_t rows) noexcept nogil:
    cdef Py_ssize_t i
    cdef whole_or_real before, best
    for i in range(rows):
        before = winner(x[3 * i], x[3 * i + 1])
        best = winner(before, x[3 * i + 2])
        out[i] = best
        which[i] = won(best, before, won(before, x[3 * i], 0, 1), 2)


cdef void any_which(const whole_or_real* x, whole_or_real* out, uint8_t* narrow, intptr_t* wide, Py_ssize_t rows,
                    Py_ssize_t pieces) noexcept nogil:
    cdef Py_ssize_t i, k
    cdef intptr_t at
    cdef whole_or_real best, before
    for i in range(rows):
        best = x[i * pieces]
        at = 0
        for k in range(1, pieces):
            before = best
            best = winner(best, x[i * pieces + k])
            if before == before and best != before:
                at = k
        out[i] = best
        if narrow != NULL:
            narrow[i] = <uint8_t>at
        else:
            wide[i] = at


cdef inline void given_2(const real* dy, const real* x, real* out, Py_ssize_t i) noexcept nogil:
    cdef real a = x[2 * i], b = x[2 * i + 1]
    cdef real best = winner(a, b)
    cdef real none = nothing(best)
    cdef real rest = none if a == best else dy[i]
    out[2 * i] = dy[i] if a == best else none
    out[2 * i + 1] = rest if b == best else none


cdef void block_maxout_backward_2(const real* dy, const real* x, real* out, Py_ssize_t rows) noexcept nogil:
    cdef Py_ssize_t i, _, m = STRIP // <Py_ssize_t>sizeof(real)
    cdef bint far = is_far_off(2 * rows * sizeof(real))
    for _ in range(rows // m):
        if far:
            ask_for(out, 2 * m * sizeof(real))
        for i in range(m):
            given_2(dy, x, out, i)
        dy += m
        x += 2 * m
        out += 2 * m
    for i in range(rows % m):
        given_2(dy, x, out, i)


cdef inline void given_3(const real* dy, const real* x, real* out, Py_ssize_t i) noexcept nogil:
    cdef real a = x[3 * i], b = x[3 * i + 1], c = x[3 * i + 2]
    cdef real best = winner(winner(a, b), c)
    cdef real none = nothing(best)
    cdef real rest = none if a == best else dy[i]
    out[3 * i] = dy[i] if a == best else none
    out[3 * i + 1] = rest if b == best else none
    rest = none if b == best else rest
    out[3 * i + 2] = rest if c == best else none


cdef void block_maxout_backward_3(const real* dy, const real* x, real* out, Py_ssize_t rows) noexcept nogil:
    cdef Py_ssize_t i, _, m = STRIP // <Py_ssize_t>sizeof(real)
    cdef bint far = is_far_off(3 * rows * sizeof(real))
    for _ in range(rows // m):
        if far:
            ask_for(out, 3 * m * sizeof(real))
        for i in range(m):
            given_3(dy, x, out, i)
        dy += m
        x += 3 * m
        out += 3 * m
    for i in range(rows % m):
        given_3(dy, x, out, i)


cdef void any_maxout_backward(const real* dy, const real* x, real* out, Py_ssize_t rows,
                              Py_ssize_t pieces) noexcept nogil:
    cdef Py_ssize_t i, k
    cdef real best, none, rest
    cdef bint wins
    for i in range(rows):
        best = x[i * pieces]
        for k in range(1, pieces):
            best = winner(best, x[i * pieces + k])
        none = nothing(best)
        rest = dy[i]
        for k in range(pieces):
            wins = x[i * pieces + k] == best
            out[i * pieces + k] = rest if wins else none
            rest = none if wins else rest


cdef void block_scatter_2(const real* dy, const uint8_t* which, real* out, Py_ssize_t rows) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(rows):
        out[2 * i] = dy[i] if which[i] == 0 else <real>0
        out[2 * i + 1] = dy[i] if which[i] == 1 else <real>0


cdef void block_scatter_3(const real* dy, const uint8_t* which, real* out, Py_ssize_t rows) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(rows):
        out[3 * i] = dy[i] if which[i] == 0 else <real>0
        out[3 * i + 1] = dy[i] if which[i] == 1 else <real>0
        out[3 * i + 2] = dy[i] if which[i] == 2 else <real>0


cdef inline Py_ssize_t whole_scatter(const real* dy, const uint8_t* which, real* out, Py_ssize_t rows,
                                     Py_ssize_t pieces) noexcept nogil:
    """By instruction where there are such ones; how many rows it was that it did."""
    if real is float:
        return act_scatter_2f(dy, which, out, rows) if pieces == 2 else act_scatter_3f(dy, which, out, rows)
    else:
        return act_scatter_2d(dy, which, out, rows) if pieces == 2 else act_scatter_3d(dy, which, out, rows)


cdef void any_scatter(const real* dy, const uint8_t* narrow, const intptr_t* wide, real* out, Py_ssize_t rows,
                      Py_ssize_t pieces) noexcept nogil:
    cdef Py_ssize_t i, k, winner_at
    for i in range(rows):
        winner_at = narrow[i] if narrow != NULL else wide[i]
        for k in range(pieces):
            out[i * pieces + k] = dy[i] if winner_at == k else <real>0


cdef inline Py_ssize_t rows_to_line(const void* memory, Py_ssize_t row, Py_ssize_t rows) noexcept nogil:
    """After how many of many rows of so many bytes a cache line begins: loads across lines cost half of the speed.

    0 where none of the next 16 rows begins a line, or where too few are left for it to matter.
    """
    cdef Py_ssize_t skipped
    if rows >= 2048:
        for skipped in range(16):
            if (<Py_ssize_t>memory + skipped * row) & 63 == 0:
                return skipped
    return 0


cdef void maxout_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                      const whole_or_real* like) noexcept nogil:
    cdef const whole_or_real* x = <const whole_or_real*>arrays[0]
    cdef whole_or_real* out = <whole_or_real*>arrays[1]
    cdef Py_ssize_t head = rows_to_line(x, columns * sizeof(whole_or_real), rows)
    if columns == 2:
        block_maxout_2(x, out, head)
        block_maxout_2(x + 2 * head, out + head, rows - head)
    elif columns == 3:
        block_maxout_3(x, out, head)
        block_maxout_3(x + 3 * head, out + head, rows - head)
    elif columns == 4:
        block_maxout_4(x, out, head)
        block_maxout_4(x + 4 * head, out + head, rows - head)
    else:
        any_maxout(x, out, rows, columns)


cdef void maxout_with_argmax_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                                  const whole_or_real* like) noexcept nogil:
    cdef const whole_or_real* x = <const whole_or_real*>arrays[0]
    cdef whole_or_real* out = <whole_or_real*>arrays[1]
    cdef uint8_t* which = <uint8_t*>arrays[2]
    if columns == 2:
        block_which_2(x, out, which, rows)
    elif columns == 3:
        block_which_3(x, out, which, rows)
    else:
        any_which(x, out, which, NULL, rows, columns)


cdef void maxout_with_wide_argmax_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                                       const whole_or_real* like) noexcept nogil:
    any_which(<const whole_or_real*>arrays[0], <whole_or_real*>arrays[1], NULL, <intptr_t*>arrays[2], rows, columns)


cdef void maxout_backward_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                               const real* like) noexcept nogil:
    cdef const real* dy = <const real*>arrays[0]
    cdef const real* x = <const real*>arrays[1]
    cdef real* out = <real*>arrays[2]
    cdef Py_ssize_t head = rows_to_line(out, columns * sizeof(real), rows)
    if columns == 2:
        block_maxout_backward_2(dy, x, out, head)
        block_maxout_backward_2(dy + head, x + 2 * head, out + 2 * head, rows - head)
    elif columns == 3:
        block_maxout_backward_3(dy, x, out, head)
        block_maxout_backward_3(dy + head, x + 3 * head, out + 3 * head, rows - head)
    else:
        any_maxout_backward(dy, x, out, rows, columns)


cdef void maxout_scatter_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                              const real* like) noexcept nogil:
    cdef const real* dy = <const real*>arrays[0]
    cdef const uint8_t* which = <const uint8_t*>arrays[1]
    cdef real* out = <real*>arrays[2]
    cdef Py_ssize_t head = rows_to_line(out, columns * sizeof(real), rows)
    if columns == 2:
        block_scatter_2(dy, which, out, head)
        head += whole_scatter(dy + head, which + head, out + 2 * head, rows - head, 2)
        block_scatter_2(dy + head, which + head, out + 2 * head, rows - head)
    elif columns == 3:
        block_scatter_3(dy, which, out, head)
        head += whole_scatter(dy + head, which + head, out + 3 * head, rows - head, 3)
        block_scatter_3(dy + head, which + head, out + 3 * head, rows - head)
    else:
        any_scatter(dy, which, NULL, out, rows, columns)


cdef void maxout_scatter_wide_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                                   const real* like) noexcept nogil:
    any_scatter(<const real*>arrays[0], NULL, <const intptr_t*>arrays[1], <real*>arrays[2], rows, columns)


# The same along an axis that is not the last: once for a line and for lines of several tables.

cdef void line_of_best(const whole_or_real* x, Py_ssize_t step, Py_ssize_t columns, whole_or_real* out,
                       Py_ssize_t width) noexcept nogil:
    best_of_lines(x, step, columns, out, width)


cdef void line_of_winners(const whole_or_real* x, Py_ssize_t step, Py_ssize_t columns, whole_or_real* out, uint8_t* which,
                          Py_ssize_t width) noexcept nogil:
    won_of_lines(x, step, columns, out, which, width)


cdef void lines_given(const real* dy, const real* x, Py_ssize_t x_step, real* out, Py_ssize_t step, Py_ssize_t columns,
                      Py_ssize_t width) noexcept nogil:
    given_to_lines(dy, x, x_step, out, step, columns, width)


cdef void lines_scattered(const real* dy, const uint8_t* which, real* out, Py_ssize_t step, Py_ssize_t columns,
                          Py_ssize_t width) noexcept nogil:
    scattered_to_lines(dy, which, out, step, columns, width)


cdef void maxout_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                        const double* values, const whole_or_real* like) noexcept nogil:
    line_of_best(<const whole_or_real*>arrays[0], steps[0] // <Py_ssize_t>sizeof(whole_or_real), columns,
                 <whole_or_real*>arrays[1], width)


cdef void maxout_stack(char** arrays, Py_ssize_t tables, Py_ssize_t columns, Py_ssize_t width, const double* values,
                       const whole_or_real* like) noexcept nogil:
    cdef const whole_or_real* x = <const whole_or_real*>arrays[0]
    cdef whole_or_real* out = <whole_or_real*>arrays[1]
    cdef whole_or_real lines[DENSE]
    cdef Py_ssize_t m = tables_together(tables, columns, width, False, x)
    while tables > 0:
        m = min(m, tables)
        if m > 1:
            brought_together(lines, <whole_or_real*>x, m, columns, width, False)
            line_of_best(lines, m * width, columns, out, m * width)
        else:
            act_fetch(out + 2 * width, width * sizeof(whole_or_real))
            line_of_best(x, width, columns, out, width)
        x += m * columns * width
        out += m * width
        tables -= m


cdef void maxout_with_argmax_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                                    const double* values, const whole_or_real* like) noexcept nogil:
    line_of_winners(<const whole_or_real*>arrays[0], steps[0] // <Py_ssize_t>sizeof(whole_or_real), columns,
                    <whole_or_real*>arrays[1], <uint8_t*>arrays[2], width)


cdef void maxout_with_argmax_stack(char** arrays, Py_ssize_t tables, Py_ssize_t columns, Py_ssize_t width,
                                   const double* values, const whole_or_real* like) noexcept nogil:
    cdef const whole_or_real* x = <const whole_or_real*>arrays[0]
    cdef whole_or_real* out = <whole_or_real*>arrays[1]
    cdef uint8_t* which = <uint8_t*>arrays[2]
    cdef whole_or_real lines[DENSE]
    cdef Py_ssize_t m = tables_together(tables, columns, width, True, x)
    while tables > 0:
        m = min(m, tables)
        if m > 1:
            brought_together(lines, <whole_or_real*>x, m, columns, width, False)
            line_of_winners(lines, m * width, columns, out, which, m * width)
        else:
            line_of_winners(x, width, columns, out, which, width)
        x += m * columns * width
        out += m * width
        which += m * width
        tables -= m


cdef void maxout_backward_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                                 const double* values, const real* like) noexcept nogil:
    cdef Py_ssize_t size = sizeof(real)
    lines_given(<const real*>arrays[0], <const real*>arrays[1], steps[1] // size, <real*>arrays[2], steps[2] // size,
                columns, width)


cdef void maxout_backward_stack(char** arrays, Py_ssize_t tables, Py_ssize_t columns, Py_ssize_t width,
                                const double* values, const real* like) noexcept nogil:
    cdef const real* dy = <const real*>arrays[0]
    cdef const real* x = <const real*>arrays[1]
    cdef real* out = <real*>arrays[2]
    cdef real lines[DENSE]
    cdef Py_ssize_t m = tables_together(tables, columns, width, False, x)
    while tables > 0:
        m = min(m, tables)
        if m > 1:
            brought_together(lines, <real*>x, m, columns, width, False)
            lines_given(dy, lines, m * width, lines, m * width, columns, m * width)
            brought_together(lines, out, m, columns, width, True)
        else:
            lines_given(dy, x, width, out, width, columns, width)
        dy += m * width
        x += m * columns * width
        out += m * columns * width
        tables -= m


cdef void maxout_scatter_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                                const double* values, const real* like) noexcept nogil:
    lines_scattered(<const real*>arrays[0], <const uint8_t*>arrays[1], <real*>arrays[2],
                    steps[2] // <Py_ssize_t>sizeof(real), columns, width)


cdef void maxout_scatter_stack(char** arrays, Py_ssize_t tables, Py_ssize_t columns, Py_ssize_t width,
                               const double* values, const real* like) noexcept nogil:
    cdef const real* dy = <const real*>arrays[0]
    cdef const uint8_t* which = <const uint8_t*>arrays[1]
    cdef real* out = <real*>arrays[2]
    cdef real lines[DENSE]
    cdef Py_ssize_t m = tables_together(tables, columns, width, True, out)
    while tables > 0:
        m = min(m, tables)
        if m > 1:
            lines_scattered(dy, which, lines, m * width, columns, m * width)
            brought_together(lines, out, m, columns, width, True)
        else:
            lines_scattered(dy, which, out, width, columns, width)
        dy += m * width
        which += m * width
        out += m * columns * width
        tables -= m


# What ufuncs are made of: NumPy's signature, the type characters of the arrays (* is the kernel's own type), kernels.

LOOPS = {
    ("maxout", "backward"): ("(),(n)->(n)", "***", {
        "f": <uintptr_t><void*>maxout_backward_rows[float],
        "d": <uintptr_t><void*>maxout_backward_rows[double],
    }, {
        "f": <uintptr_t><void*>maxout_backward_beside[float],
        "d": <uintptr_t><void*>maxout_backward_beside[double],
    }, 0, {
        "f": <uintptr_t><void*>maxout_backward_stack[float],
        "d": <uintptr_t><void*>maxout_backward_stack[double],
    }),
    ("maxout", "backward_from_argmax"): ("(),()->(n)", "*B*", {
        "f": <uintptr_t><void*>maxout_scatter_rows[float],
        "d": <uintptr_t><void*>maxout_scatter_rows[double],
    }, {
        "f": <uintptr_t><void*>maxout_scatter_beside[float],
        "d": <uintptr_t><void*>maxout_scatter_beside[double],
    }, 0, {
        "f": <uintptr_t><void*>maxout_scatter_stack[float],
        "d": <uintptr_t><void*>maxout_scatter_stack[double],
    }),
    ("maxout", "backward_from_wide_argmax"): ("(),()->(n)", "*p*", {
        "f": <uintptr_t><void*>maxout_scatter_wide_rows[float],
        "d": <uintptr_t><void*>maxout_scatter_wide_rows[double],
    }),
    ("maxout", "forward"): ("(n)->()", "**", {
        "b": <uintptr_t><void*>maxout_rows[int8_t],
        "B": <uintptr_t><void*>maxout_rows[uint8_t],
        "h": <uintptr_t><void*>maxout_rows[int16_t],
        "H": <uintptr_t><void*>maxout_rows[uint16_t],
        "i": <uintptr_t><void*>maxout_rows[int32_t],
        "I": <uintptr_t><void*>maxout_rows[uint32_t],
        "q": <uintptr_t><void*>maxout_rows[int64_t],
        "Q": <uintptr_t><void*>maxout_rows[uint64_t],
        "f": <uintptr_t><void*>maxout_rows[float],
        "d": <uintptr_t><void*>maxout_rows[double],
    }, {
        "b": <uintptr_t><void*>maxout_beside[int8_t],
        "B": <uintptr_t><void*>maxout_beside[uint8_t],
        "h": <uintptr_t><void*>maxout_beside[int16_t],
        "H": <uintptr_t><void*>maxout_beside[uint16_t],
        "i": <uintptr_t><void*>maxout_beside[int32_t],
        "I": <uintptr_t><void*>maxout_beside[uint32_t],
        "q": <uintptr_t><void*>maxout_beside[int64_t],
        "Q": <uintptr_t><void*>maxout_beside[uint64_t],
        "f": <uintptr_t><void*>maxout_beside[float],
        "d": <uintptr_t><void*>maxout_beside[double],
    }, 0, {
        "b": <uintptr_t><void*>maxout_stack[int8_t],
        "B": <uintptr_t><void*>maxout_stack[uint8_t],
        "h": <uintptr_t><void*>maxout_stack[int16_t],
        "H": <uintptr_t><void*>maxout_stack[uint16_t],
        "i": <uintptr_t><void*>maxout_stack[int32_t],
        "I": <uintptr_t><void*>maxout_stack[uint32_t],
        "q": <uintptr_t><void*>maxout_stack[int64_t],
        "Q": <uintptr_t><void*>maxout_stack[uint64_t],
        "f": <uintptr_t><void*>maxout_stack[float],
        "d": <uintptr_t><void*>maxout_stack[double],
    }),
    ("maxout", "with_argmax"): ("(n)->(),()", "**B", {
        "b": <uintptr_t><void*>maxout_with_argmax_rows[int8_t],
        "B": <uintptr_t><void*>maxout_with_argmax_rows[uint8_t],
        "h": <uintptr_t><void*>maxout_with_argmax_rows[int16_t],
        "H": <uintptr_t><void*>maxout_with_argmax_rows[uint16_t],
        "i": <uintptr_t><void*>maxout_with_argmax_rows[int32_t],
        "I": <uintptr_t><void*>maxout_with_argmax_rows[uint32_t],
        "q": <uintptr_t><void*>maxout_with_argmax_rows[int64_t],
        "Q": <uintptr_t><void*>maxout_with_argmax_rows[uint64_t],
        "f": <uintptr_t><void*>maxout_with_argmax_rows[float],
        "d": <uintptr_t><void*>maxout_with_argmax_rows[double],
    }, {
        "b": <uintptr_t><void*>maxout_with_argmax_beside[int8_t],
        "B": <uintptr_t><void*>maxout_with_argmax_beside[uint8_t],
        "h": <uintptr_t><void*>maxout_with_argmax_beside[int16_t],
        "H": <uintptr_t><void*>maxout_with_argmax_beside[uint16_t],
        "i": <uintptr_t><void*>maxout_with_argmax_beside[int32_t],
        "I": <uintptr_t><void*>maxout_with_argmax_beside[uint32_t],
        "q": <uintptr_t><void*>maxout_with_argmax_beside[int64_t],
        "Q": <uintptr_t><void*>maxout_with_argmax_beside[uint64_t],
        "f": <uintptr_t><void*>maxout_with_argmax_beside[float],
        "d": <uintptr_t><void*>maxout_with_argmax_beside[double],
    }, 0, {
        "b": <uintptr_t><void*>maxout_with_argmax_stack[int8_t],
        "B": <uintptr_t><void*>maxout_with_argmax_stack[uint8_t],
        "h": <uintptr_t><void*>maxout_with_argmax_stack[int16_t],
        "H": <uintptr_t><void*>maxout_with_argmax_stack[uint16_t],
        "i": <uintptr_t><void*>maxout_with_argmax_stack[int32_t],
        "I": <uintptr_t><void*>maxout_with_argmax_stack[uint32_t],
        "q": <uintptr_t><void*>maxout_with_argmax_stack[int64_t],
        "Q": <uintptr_t><void*>maxout_with_argmax_stack[uint64_t],
        "f": <uintptr_t><void*>maxout_with_argmax_stack[float],
        "d": <uintptr_t><void*>maxout_with_argmax_stack[double],
    }),
    ("maxout", "with_wide_argmax"): ("(n)->(),()", "**p", {
        "b": <uintptr_t><void*>maxout_with_wide_argmax_rows[int8_t],
        "B": <uintptr_t><void*>maxout_with_wide_argmax_rows[uint8_t],
        "h": <uintptr_t><void*>maxout_with_wide_argmax_rows[int16_t],
        "H": <uintptr_t><void*>maxout_with_wide_argmax_rows[uint16_t],
        "i": <uintptr_t><void*>maxout_with_wide_argmax_rows[int32_t],
        "I": <uintptr_t><void*>maxout_with_wide_argmax_rows[uint32_t],
        "q": <uintptr_t><void*>maxout_with_wide_argmax_rows[int64_t],
        "Q": <uintptr_t><void*>maxout_with_wide_argmax_rows[uint64_t],
        "f": <uintptr_t><void*>maxout_with_wide_argmax_rows[float],
        "d": <uintptr_t><void*>maxout_with_wide_argmax_rows[double],
    }),
}
