"""The gradients of softmax and its kin, from probabilities."""

from libc.string cimport memset

from activations.kernels.lanes cimport FOUR, LANES, add_four_products, add_products, row_dot, together
from activations.kernels.real cimport fma, real
from activations.kernels.row_exponentials cimport Inverse, inverse_of
from activations.kernels.rows cimport block_scale

cdef enum:
    ALIGNED = 128      # elements of a row that is worth aligning

cdef extern from "lanes.h" nogil:
    void act_gradient_of_floats(const float* dy, const float* y, float* out, float dot)
    void act_gradient_of_doubles(const double* dy, const double* y, double* out, double dot)


cdef inline void block_softmax_backward(const real* dy, const real* y, real* out, Py_ssize_t n,
                                        real dot) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = y[i] * (dy[i] - dot)


cdef inline void block_log_softmax_backward(const real* dy, const real* y, real* out, Py_ssize_t n,
                                            real total) noexcept nogil:
    """`y` holds the probabilities."""
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = fma(-total, y[i], dy[i])


cdef inline void lanes_softmax_backward(const real* dy, const real* y, real* out, real dot) noexcept nogil:
    if real is float:
        act_gradient_of_floats(dy, y, out, dot)
    else:
        act_gradient_of_doubles(dy, y, out, dot)


cdef inline Py_ssize_t before_line(const real* out, Py_ssize_t n) noexcept nogil:
    """How many elements of a long row lie before the first cache line that begins in it."""
    return 0 if n < ALIGNED else (-<Py_ssize_t>out & 63) // <Py_ssize_t>sizeof(real)


cdef inline void row_softmax_backward(const real* dy, const real* y, real* out, Py_ssize_t n,
                                      real dot) noexcept nogil:
    """y (dy - dot); `out` may be `y`."""
    cdef Py_ssize_t m = before_line(out, n)
    if m:
        block_softmax_backward(dy, y, out, m, dot)
    block_softmax_backward(dy + m, y + m, out + m, n - m, dot)


cdef inline void row_gradient(const real* dy, const real* y, real* out, Py_ssize_t n) noexcept nogil:
    row_softmax_backward(dy, y, out, n, <real>row_dot(dy, y, n))


cdef inline double gradient_beside_dot(const real* dy, const real* y, real* out, Py_ssize_t n, real dot,
                                       const real* next_dy, const real* next_y) noexcept nogil:
    """row_softmax_backward of one row while row_dot goes through the next: the one waits for stores, the other for what
    it loads."""
    cdef double lane[LANES]
    cdef Py_ssize_t first = before_line(out, n), fours = n // FOUR, both = (n - first) // FOUR, done = first, k, _
    memset(lane, 0, sizeof(lane))
    if first:
        block_softmax_backward(dy, y, out, first, dot)
    for k in range(both):
        add_four_products(lane, next_dy + k * FOUR, next_y + k * FOUR)
        for _ in range(FOUR // LANES):
            lanes_softmax_backward(dy + done, y + done, out + done, dot)
            done += LANES
    if both < fours:
        add_four_products(lane, next_dy + both * FOUR, next_y + both * FOUR)
    block_softmax_backward(dy + done, y + done, out + done, n - done, dot)
    add_products(lane, next_dy + fours * FOUR, next_y + fours * FOUR, n - fours * FOUR)
    return together(lane)


cdef inline void rows_gradient(const real* dy, const real* y, real* out, Py_ssize_t rows, Py_ssize_t columns,
                               double temperature) noexcept nogil:
    """The gradient of softmax of rows one after another, from its output; `out` may be `dy` or `y`."""
    cdef real dot, following = <real>row_dot(dy, y, columns)
    cdef Py_ssize_t i
    for i in range(1, rows + 1):
        dot = following
        if i < rows:
            following = <real>gradient_beside_dot(dy, y, out, columns, dot, dy + columns, y + columns)
        else:
            row_softmax_backward(dy, y, out, columns, dot)
        row_over(out, columns, temperature)
        dy += columns
        y += columns
        out += columns


cdef inline void row_over(real* out, Py_ssize_t n, double temperature) noexcept nogil:
    """A gradient that lacks its 1 / t gets it."""
    cdef Inverse inverse
    if temperature != 1:
        inverse = inverse_of(temperature, out[0])
        block_scale(out, out, n, <real>inverse.high, <real>inverse.low)
