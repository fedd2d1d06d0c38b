"""What the folding kernels share."""

from activations.kernels.real cimport fma, real

cdef enum:
    WIDTH = 1024       # elements of a row worked on at a time
    SEARCHED = 128     # elements looked through at a time

cdef extern from *:
    """
    #define ACT_INFINITY __builtin_inf()
    """
    const double ACT_INFINITY


cdef inline void block_scale(const real* x, real* out, Py_ssize_t n, real high, real low) noexcept nogil:
    """x times a factor given in two parts."""
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = fma(x[i], high, x[i] * low)


cdef inline void row_fill(real* out, Py_ssize_t n, real value) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = value


cdef inline void row_of_infinities(const real* x, real* out, Py_ssize_t n, int logarithm) noexcept nogil:
    """A row whose maximum is +inf: the one-hot limit where one element is, NaN where several are or one is NaN."""
    cdef Py_ssize_t i, infinite = 0
    cdef real top = <real>ACT_INFINITY, nothing = -top if logarithm else <real>0
    cdef bint undefined = False
    for i in range(n):
        infinite += x[i] == top
        undefined |= x[i] != x[i]
    if undefined or infinite > 1:
        row_fill(out, n, top - top)
        return
    for i in range(n):
        out[i] = (<real>0 if logarithm else <real>1) if x[i] == top else nothing


cdef inline bint row_has_nan(const real* x, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    cdef bint found = False
    for i in range(n):
        found |= x[i] != x[i]
    return found


cdef inline bint block_holds(const real* x, Py_ssize_t n, real value) noexcept nogil:
    cdef Py_ssize_t i
    cdef bint found = False
    for i in range(n):
        found |= x[i] == value
    return found


cdef inline Py_ssize_t first_of(const real* x, Py_ssize_t n, real value) noexcept nogil:
    """Where the first element of this value stands; n if nowhere."""
    cdef Py_ssize_t i = 0
    while i + SEARCHED <= n and not block_holds(x + i, SEARCHED, value):
        i += SEARCHED
    while i < n and x[i] != value:
        i += 1
    return i
