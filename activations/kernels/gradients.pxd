"""The gradients of softmax and its kin, from probabilities."""

from activations.kernels.lanes cimport row_dot
from activations.kernels.real cimport fma, real
from activations.kernels.row_exponentials cimport Inverse, inverse_of
from activations.kernels.rows cimport block_scale

cdef extern from "lanes.h" nogil:
    void act_fetch(const void* memory, int bytes)

cdef enum:
    SMALL_ROW = 4096          # bytes: two such rows of each of three arrays fit the first-level cache
    SMALL_TABLE = 2097152     # bytes: what comes from memory is better left to the processor's own foresight
    ALIGNED = 128             # elements of a row that is worth aligning
    GROUP = 128               # elements that are computed before they are stored, as in the loops of activations.build


cdef inline void block_softmax_backward(const real* dy, const real* y, real* out, Py_ssize_t n,
                                        real dot) noexcept nogil:
    cdef real block[GROUP]
    cdef Py_ssize_t i, _
    for _ in range(n // GROUP):
        for i in range(GROUP):
            block[i] = y[i] * (dy[i] - dot)
        for i in range(GROUP):
            out[i] = block[i]
        dy += GROUP
        y += GROUP
        out += GROUP
    for i in range(n % GROUP):
        out[i] = y[i] * (dy[i] - dot)


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


cdef inline void rows_gradient(const real* dy, const real* y, real* out, Py_ssize_t rows, Py_ssize_t columns,
                               double temperature) noexcept nogil:
    """The gradient of softmax of rows one after another, from its output; `out` may be `dy` or `y`."""
    cdef Py_ssize_t size = columns * <Py_ssize_t>sizeof(real), _
    cdef bint ahead = size <= SMALL_ROW and rows * size <= SMALL_TABLE
    for _ in range(rows):
        row_softmax_backward(dy, y, out, columns, <real>row_dot(dy, y, columns), ahead)
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
