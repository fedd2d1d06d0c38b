"""maxout of pieces that are lines of contiguous values, one for each unit: an axis that is not the last.

NaN wins over every number, and the first NaN is the one that is found: `larger` keeps a NaN on its right, so that only
pieces which stand on a left need be looked at. Lines too narrow for vectors of their own are brought together.
"""

from libc.stdint cimport uint8_t
from libc.string cimport memcpy, memset

from activations.kernels.real cimport real, whole_or_real

cdef extern from "machine.h" nogil:
    bint act_unordered(double a, double b)

cdef enum:
    LINE = 512         # gradients worked on at a time
    GROUP = 64         # gradients stored at a time
    VECTOR = 64        # bytes of a line from which on it fills vectors of its own
    NARROW = 16        # elements from which on its winners' numbers do
    DENSE = 4096       # elements of narrow lines that are brought together


cdef inline whole_or_real larger(whole_or_real a, whole_or_real b) noexcept nogil:
    """One max instruction: the larger, and b where either is NaN."""
    return a if a > b else b


cdef inline whole_or_real unless_nan(whole_or_real a, whole_or_real b, whole_or_real best) noexcept nogil:
    """`best`, or NaN where a or b is."""
    if whole_or_real is float or whole_or_real is double:
        return a + b if act_unordered(a, b) else best
    else:
        return best


cdef inline whole_or_real winner(whole_or_real a, whole_or_real b) noexcept nogil:
    """The larger; NaN where one is."""
    cdef whole_or_real most = larger(a, b)
    return a if a != a else most


cdef inline uint8_t won(whole_or_real best, whole_or_real before, uint8_t at, uint8_t k) noexcept nogil:
    """The number of the piece that is `best`, where `before` was the best of the pieces before k."""
    cdef uint8_t now = at if best == before else k
    return at if before != before else now


cdef inline real nothing(real best) noexcept nogil:
    """What a piece gets that did not win: 0, or NaN where the winner is NaN and no piece equals it."""
    return best if best != best else <real>0


cdef inline whole_or_real best_of_3(whole_or_real a, whole_or_real b, whole_or_real c) noexcept nogil:
    return unless_nan(a, c, larger(c, larger(a, b)))


cdef inline whole_or_real best_of_4(whole_or_real a, whole_or_real b, whole_or_real c, whole_or_real d) noexcept nogil:
    return unless_nan(a, c, unless_nan(d, d, larger(d, larger(c, larger(a, b)))))


# Lines of n elements.

cdef inline void block_best_of_2(const whole_or_real* a, const whole_or_real* b, whole_or_real* out,
                                 Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t j
    for j in range(n):
        out[j] = winner(a[j], b[j])


cdef inline void block_best_of_3(const whole_or_real* a, const whole_or_real* b, const whole_or_real* c,
                                 whole_or_real* out, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t j
    for j in range(n):
        out[j] = best_of_3(a[j], b[j], c[j])


cdef inline void block_best_of_4(const whole_or_real* x, Py_ssize_t step, whole_or_real* out, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t j
    for j in range(n):
        out[j] = best_of_4(x[j], x[step + j], x[2 * step + j], x[3 * step + j])


cdef inline void runs(char* to, Py_ssize_t to_step, const char* source, Py_ssize_t step, Py_ssize_t count,
                      Py_ssize_t size) noexcept nogil:
    """Copy runs of so many bytes. Those of the usual lengths are a move or two."""
    cdef Py_ssize_t i
    if size == 8:
        for i in range(count):
            memcpy(to + i * to_step, source + i * step, 8)
    elif size == 16:
        for i in range(count):
            memcpy(to + i * to_step, source + i * step, 16)
    elif size == 32:
        for i in range(count):
            memcpy(to + i * to_step, source + i * step, 32)
    elif size == 64:
        for i in range(count):
            memcpy(to + i * to_step, source + i * step, 64)
    else:
        for i in range(count):
            memcpy(to + i * to_step, source + i * step, size)


cdef inline void brought_together(whole_or_real* lines, whole_or_real* tables, Py_ssize_t count, Py_ssize_t columns,
                                  Py_ssize_t width, bint back) noexcept nogil:
    """Tables of narrow lines one after another as one table of long lines, or `back`."""
    cdef Py_ssize_t k, size = width * <Py_ssize_t>sizeof(whole_or_real)
    for k in range(columns):
        if back:
            runs(<char*>(tables + k * width), columns * size, <char*>(lines + k * count * width), size, count, size)
        else:
            runs(<char*>(lines + k * count * width), size, <char*>(tables + k * width), columns * size, count, size)


cdef inline Py_ssize_t tables_together(Py_ssize_t tables, Py_ssize_t columns, Py_ssize_t width, bint numbered,
                                       const whole_or_real* like) noexcept nogil:
    """How many tables' lines are brought together: 1 where they are long enough, with winners' numbers or without."""
    cdef bint narrow = width < NARROW if numbered else width * <Py_ssize_t>sizeof(whole_or_real) < VECTOR
    return min(tables, DENSE // (columns * width)) if narrow and 2 * columns * width <= DENSE else 1


cdef inline void best_of_lines(const whole_or_real* x, Py_ssize_t step, Py_ssize_t columns, whole_or_real* out,
                               Py_ssize_t width) noexcept nogil:
    """The largest of the pieces of `width` units, whose lines are `step` elements apart."""
    cdef Py_ssize_t done = 0, m, k
    if columns == 2:
        block_best_of_2(x, x + step, out, width)
    elif columns == 3:
        block_best_of_3(x, x + step, x + 2 * step, out, width)
    elif columns == 4:
        block_best_of_4(x, step, out, width)
    else:
        while done < width:
            m = min(<Py_ssize_t>LINE, width - done)
            memcpy(out + done, x + done, m * sizeof(whole_or_real))
            for k in range(1, columns):
                block_best_of_2(out + done, x + k * step + done, out + done, m)
            done += m


cdef inline void block_won_of_2(const whole_or_real* a, const whole_or_real* b, whole_or_real* out, uint8_t* at,
                                Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t j
    cdef whole_or_real best
    for j in range(n):
        best = winner(a[j], b[j])
        at[j] = won(best, a[j], 0, 1)
        out[j] = best


cdef inline void block_won(const whole_or_real* x, whole_or_real* best, uint8_t* at, uint8_t k,
                           Py_ssize_t n) noexcept nogil:
    """Piece k against the best of those before it."""
    cdef Py_ssize_t j
    cdef whole_or_real before
    for j in range(n):
        before = best[j]
        best[j] = winner(before, x[j])
        at[j] = won(best[j], before, at[j], k)


cdef inline void won_of_lines(const whole_or_real* x, Py_ssize_t step, Py_ssize_t columns, whole_or_real* out,
                              uint8_t* which, Py_ssize_t width) noexcept nogil:
    """The same, and which piece it is."""
    cdef Py_ssize_t done = 0, m, k
    if columns == 1:
        memcpy(out, x, width * sizeof(whole_or_real))
        memset(which, 0, width)
        return
    while done < width:
        m = min(<Py_ssize_t>LINE, width - done)
        block_won_of_2(x + done, x + step + done, out + done, which + done, m)
        for k in range(2, columns):
            block_won(x + k * step + done, out + done, which + done, <uint8_t>k, m)
        done += m


cdef inline void given_to_2(real dy, real first, real second, real* to_first, real* to_second) noexcept nogil:
    cdef real best = winner(first, second)
    cdef real none = nothing(best)
    cdef real rest = none if first == best else dy
    to_first[0] = dy if first == best else none
    to_second[0] = rest if second == best else none


cdef inline void block_given_to_2(const real* dy, const real* a, const real* b, real* to_a, real* to_b,
                                  Py_ssize_t n) noexcept nogil:
    """Each gradient to the better one of two pieces; memory of results may be that of operands. A group is computed before
    it is stored: stores to two lines by turns, across cache lines, took half as long again."""
    cdef Py_ssize_t j, _
    cdef real first[GROUP]
    cdef real second[GROUP]
    for _ in range(n // GROUP):
        for j in range(GROUP):
            given_to_2(dy[j], a[j], b[j], first + j, second + j)
        for j in range(GROUP):
            to_a[j] = first[j]
        for j in range(GROUP):
            to_b[j] = second[j]
        dy += GROUP
        a += GROUP
        b += GROUP
        to_a += GROUP
        to_b += GROUP
    for j in range(n % GROUP):
        given_to_2(dy[j], a[j], b[j], to_a + j, to_b + j)


cdef inline void block_given(const real* x, const real* best, real* left, real* out, Py_ssize_t n) noexcept nogil:
    """The gradient that is left goes to a piece that is the best."""
    cdef Py_ssize_t j
    cdef real value, top, rest, none
    for j in range(n):
        value = x[j]
        top = best[j]
        rest = left[j]
        none = nothing(top)
        out[j] = rest if value == top else none
        left[j] = none if value == top else rest


cdef inline Py_ssize_t to_cache_line(const real* line, Py_ssize_t width) noexcept nogil:
    """After how many elements of a long line a cache line begins: stores across two cost half of the speed."""
    return (-<Py_ssize_t>line & 63) // <Py_ssize_t>sizeof(real) if width >= 2 * GROUP else 0


cdef inline void given_to_lines(const real* dy, const real* x, Py_ssize_t x_step, real* out, Py_ssize_t step,
                                Py_ssize_t columns, Py_ssize_t width) noexcept nogil:
    cdef real best[LINE]
    cdef real left[LINE]
    cdef Py_ssize_t done = to_cache_line(out, width), m, k
    if columns == 2:
        block_given_to_2(dy, x, x + x_step, out, out + step, done)
        block_given_to_2(dy + done, x + done, x + x_step + done, out + done, out + step + done, width - done)
        return
    done = 0
    while done < width:
        m = min(<Py_ssize_t>LINE, width - done)
        best_of_lines(x + done, x_step, columns, best, m)
        memcpy(left, dy + done, m * sizeof(real))
        for k in range(columns):
            block_given(x + k * x_step + done, best, left, out + k * step + done, m)
        done += m


cdef inline void block_scattered(const real* dy, const uint8_t* which, real* out, uint8_t k, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t j
    for j in range(n):
        out[j] = dy[j] if which[j] == k else <real>0


cdef inline void block_scattered_to_2(const real* dy, const uint8_t* which, real* first, real* second,
                                      Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t j
    for j in range(n):
        first[j] = dy[j] if which[j] == 0 else <real>0
        second[j] = dy[j] if which[j] == 1 else <real>0


cdef inline void scattered_to_lines(const real* dy, const uint8_t* which, real* out, Py_ssize_t step, Py_ssize_t columns,
                                    Py_ssize_t width) noexcept nogil:
    cdef Py_ssize_t k, head = to_cache_line(out, width)
    if columns == 2:
        block_scattered_to_2(dy, which, out, out + step, head)
        block_scattered_to_2(dy + head, which + head, out + head, out + step + head, width - head)
        return
    for k in range(columns):
        block_scattered(dy, which, out + k * step, <uint8_t>k, width)
