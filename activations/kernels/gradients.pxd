"""The gradients of softmax and its kin, from probabilities, and of log_softmax from its output."""

from libc.string cimport memcpy, memset

from activations.formulas.elementary cimport exp_reduced, reduced, scaled_bias, unscale
from activations.kernels.batches cimport SMALL_TABLE
from activations.kernels.lanes cimport (
    FOUR, LANES, act_fetch, act_fetch_early, act_sixteen, act_together, act_together_rows, act_weighted, add_four_products,
    dot_lanes, row_dot, row_sum,
)
from activations.kernels.real cimport at_least, bound_lowest, fma, real
from activations.kernels.row_exponentials cimport Inverse, inverse_of
from activations.kernels.rows cimport block_scale
from activations.kernels.views cimport ask_for, is_far_off

cdef extern from "machine.h" nogil:
    enum: ACT_FMA

cdef enum:
    SMALL_ROW = 4096          # bytes: two such rows of each of three arrays fit the first-level cache
    ALIGNED = 128             # elements of a row that is worth aligning
    GROUP = 128               # elements that are computed before they are stored, as in the loops of activations.build
    SEVERAL = 16              # short rows whose dot products are made before any of them is finished: see batches.pxd
    SHORT_ROW = 512           # elements


cdef inline real weighted(real y, real dy, real dot) noexcept nogil:
    """y (dy - dot). Of floats the products are subtracted where that takes as many operations: neither of them rounds what
    is larger than the larger term. Of doubles the sum of products has larger errors than would be spared."""
    if real is float and ACT_FMA:
        return fma(y, dy, -(y * dot))
    else:
        return y * (dy - dot)


cdef inline real turned(real value) noexcept nogil:
    """The negative, of zeros too the positive one: a compiler may put a sign into a fused multiply-add, which turns them."""
    return <real>0 - value


cdef inline void block_turned(real* out, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = turned(out[i])


cdef inline void block_softmax_backward(const real* dy, const real* y, real* out, Py_ssize_t n,
                                        real dot) noexcept nogil:
    cdef real block[GROUP]
    cdef Py_ssize_t i, _
    for _ in range(n // GROUP):
        for i in range(GROUP):
            block[i] = weighted(y[i], dy[i], dot)
        for i in range(GROUP):
            out[i] = block[i]
        dy += GROUP
        y += GROUP
        out += GROUP
    for i in range(n % GROUP):
        out[i] = weighted(y[i], dy[i], dot)


cdef inline void block_log_softmax_backward(const real* dy, const real* y, real* out, Py_ssize_t n,
                                            real total) noexcept nogil:
    """`y` holds the probabilities."""
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = fma(-total, y[i], dy[i])


cdef inline Py_ssize_t before_line(const real* out, Py_ssize_t n) noexcept nogil:
    """How many elements of a long row lie before the first cache line that begins in it."""
    return 0 if n < ALIGNED else (-<Py_ssize_t>out & 63) // <Py_ssize_t>sizeof(real)


cdef inline void row_softmax_backward(const real* dy, const real* y, real* out, Py_ssize_t n, real dot,
                                      bint ahead) noexcept nogil:
    """y (dy - dot); `out` may be `y`. With `ahead` the next row is brought near meanwhile, for its dot product: this pass
    waits for stores, that one for what it loads."""
    cdef Py_ssize_t m = before_line(out, n), left = n
    if m:
        block_softmax_backward(dy, y, out, m, dot)
    while ahead and left - m >= GROUP:
        dy += m
        y += m
        out += m
        left -= m
        m = GROUP
        act_fetch(dy + n, GROUP * sizeof(real))
        act_fetch(y + n, GROUP * sizeof(real))
        block_softmax_backward(dy, y, out, GROUP, dot)
    block_softmax_backward(dy + m, y + m, out + m, left - m, dot)


cdef inline void row_gradient(const real* dy, const real* y, real* out, Py_ssize_t n) noexcept nogil:
    row_softmax_backward(dy, y, out, n, <real>row_dot(dy, y, n), False)


cdef inline void short_softmax_backward(const real* dy, const real* y, real* out, Py_ssize_t n, real dot) noexcept nogil:
    """The same of at least LANES elements, what whole groups leave by a mask; or else with some of its neighbours, and
    first, since `out` may be `dy` or `y`."""
    cdef real last[LANES]
    cdef Py_ssize_t whole = n & ~<Py_ssize_t>(LANES - 1)
    if real is float and act_weighted(<const float*>dy, <const float*>y, <float*>out, n, <float>dot):
        return
    if whole < n:
        block_softmax_backward(dy + n - LANES, y + n - LANES, last, act_sixteen(), dot)
    block_softmax_backward(dy, y, out, whole, dot)
    if whole < n:
        memcpy(out + n - LANES, last, sizeof(last))


cdef inline void block_weighted_and_next(const real* dy, const real* y, real* out, Py_ssize_t n, real dot,
                                         const real* dy_next, const real* y_next, double* lane) noexcept nogil:
    """y (dy - dot) of whole groups, and beside it the lanes of the next row's dot product: what waits for stores and what
    waits for loads take turns."""
    cdef real block[FOUR]
    cdef double lanes[LANES]
    cdef Py_ssize_t i, _
    memset(lanes, 0, sizeof(lanes))
    for _ in range(n // FOUR):
        ask_for(out, FOUR * sizeof(real))
        add_four_products(lanes, dy_next, y_next)
        for i in range(FOUR):
            block[i] = weighted(y[i], dy[i], dot)
        for i in range(FOUR):
            out[i] = block[i]
        dy += FOUR
        y += FOUR
        out += FOUR
        dy_next += FOUR
        y_next += FOUR
    memcpy(lane, lanes, sizeof(lanes))


cdef inline void rows_in_step(const real* dy, const real* y, real* out, Py_ssize_t rows, Py_ssize_t columns,
                              double temperature) noexcept nogil:
    cdef double lane[LANES]
    cdef real dot = <real>row_dot(dy, y, columns)
    cdef Py_ssize_t next, head, whole
    while rows > 0:
        # The last row is its own next one. Stores begin with a cache line; dot products have the groups of their row.
        next = columns if rows > 1 else 0
        head = before_line(out, columns)
        whole = columns - FOUR if head else columns
        block_softmax_backward(dy, y, out, head, dot)
        block_weighted_and_next(dy + head, y + head, out + head, whole, dot, dy + next, y + next, lane)
        if head:
            add_four_products(lane, dy + next + whole, y + next + whole)
            whole += head
            block_softmax_backward(dy + whole, y + whole, out + whole, columns - whole, dot)
        row_over(out, columns, temperature)
        dot = <real>act_together(lane)
        dy += columns
        y += columns
        out += columns
        rows -= 1


cdef inline void rows_gradient(const real* dy, const real* y, real* out, Py_ssize_t rows, Py_ssize_t columns,
                               double temperature) noexcept nogil:
    """The gradient of softmax of rows one after another, from its output; `out` may be `dy` or `y`."""
    cdef Py_ssize_t size = columns * <Py_ssize_t>sizeof(real), i, m
    cdef bint ahead = size <= SMALL_ROW and rows * size <= SMALL_TABLE
    cdef bint odd = LANES < columns <= SHORT_ROW and columns % LANES
    cdef double lanes[SEVERAL * LANES]
    cdef double total[SEVERAL]
    cdef real dot[SEVERAL]
    if ahead and out != y and is_far_off(rows * size) and columns > GROUP and columns % FOUR == 0:
        rows_in_step(dy, y, out, rows, columns, temperature)
        return
    while columns > GROUP and rows > 0:
        dot[0] = <real>row_dot(dy, y, columns)
        finished(dy, y, out, columns, dot[0], odd, ahead, temperature)
        dy += columns
        y += columns
        out += columns
        rows -= 1
    while rows > 0:
        m = min(rows, <Py_ssize_t>SEVERAL)
        if columns % FOUR == 0:
            # Lanes that are in registers already.
            for i in range(m):
                dot[i] = <real>row_dot(dy + i * columns, y + i * columns, columns)
        else:
            for i in range(m):
                dot_lanes(dy + i * columns, y + i * columns, columns, lanes + i * LANES)
            act_together_rows(lanes, m, total)
            for i in range(m):
                dot[i] = <real>total[i]
        for i in range(m):
            finished(dy, y, out, columns, dot[i], odd, False, temperature)
            dy += columns
            y += columns
            out += columns
        rows -= m


cdef inline void finished(const real* dy, const real* y, real* out, Py_ssize_t n, real dot, bint odd, bint ahead,
                          double temperature) noexcept nogil:
    if odd:
        short_softmax_backward(dy, y, out, n, dot)
    else:
        row_softmax_backward(dy, y, out, n, dot, ahead)
    row_over(out, n, temperature)


cdef inline void block_log_gradient(const real* dy, const real* y, real* out, Py_ssize_t n, real total, real low,
                                    int bias, Py_ssize_t ahead) noexcept nogil:
    """dy - total e^y, for y <= 0. What lies so many elements `ahead` is asked for meanwhile."""
    cdef real block[GROUP]
    cdef real carrier, r
    cdef Py_ssize_t i, _
    for _ in range(n // GROUP):
        if ahead:
            act_fetch_early(dy + ahead, GROUP * sizeof(real))
            act_fetch_early(y + ahead, GROUP * sizeof(real))
            ask_for(out, GROUP * sizeof(real))
        for i in range(GROUP):
            r = reduced(at_least(y[i], low), bias, &carrier)
            block[i] = fma(-total, exp_reduced(r, carrier) * unscale(total), dy[i])
        for i in range(GROUP):
            out[i] = block[i]
        dy += GROUP
        y += GROUP
        out += GROUP
    for i in range(n % GROUP):
        r = reduced(at_least(y[i], low), bias, &carrier)
        out[i] = fma(-total, exp_reduced(r, carrier) * unscale(total), dy[i])


cdef inline void rows_log_gradient(const real* dy, const real* y, real* out, Py_ssize_t rows, Py_ssize_t columns,
                                   double temperature) noexcept nogil:
    """The same of log_softmax."""
    cdef real last[LANES]
    cdef real total[SEVERAL]
    cdef real low = bound_lowest(<real>0)
    cdef int bias = scaled_bias(<real>0)
    cdef Py_ssize_t i, m, whole = columns & ~<Py_ssize_t>(LANES - 1)
    # As far as the next row's sum, and further: the processor's own foresight ends with each page, of which a row has few.
    cdef Py_ssize_t ahead = columns + 1024 if rows * columns * <Py_ssize_t>sizeof(real) > SMALL_TABLE else 0
    if columns < LANES:
        whole = columns
    while rows > 0:
        m = min(rows, <Py_ssize_t>SEVERAL) if columns <= SHORT_ROW else 1
        for i in range(m):
            total[i] = <real>row_sum(dy + i * columns, columns)
        for i in range(m):
            if whole < columns:
                block_log_gradient(dy + columns - LANES, y + columns - LANES, last, act_sixteen(), total[i], low, bias, 0)
            block_log_gradient(dy, y, out, whole, total[i], low, bias, ahead)
            if whole < columns:
                memcpy(out + columns - LANES, last, sizeof(last))
            row_over(out, columns, temperature)
            dy += columns
            y += columns
            out += columns
        rows -= m


cdef inline void row_over(real* out, Py_ssize_t n, double temperature) noexcept nogil:
    """A gradient that lacks its 1 / t gets it."""
    cdef Inverse inverse
    if temperature != 1:
        inverse = inverse_of(temperature, out[0])
        block_scale(out, out, n, <real>inverse.high, <real>inverse.low)
