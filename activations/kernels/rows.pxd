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


cdef inline bint finite(real x) noexcept nogil:
    return <real>-ACT_INFINITY < x < <real>ACT_INFINITY


cdef inline void row_undecided(const real* x, Py_ssize_t x_step, real* out, Py_ssize_t step, Py_ssize_t n,
                               int logarithm) noexcept nogil:
    """What softmax makes of a row whose maximum is not finite: the one-hot limit where one element is +inf and none is
    NaN, else NaN. Elements are `step` apart."""
    cdef Py_ssize_t k, infinite = 0
    cdef real top = <real>ACT_INFINITY, nothing = -top if logarithm else <real>0
    for k in range(n):
        infinite += 1 if x[k * x_step] == top else 2 if x[k * x_step] != x[k * x_step] else 0
    for k in range(n):
        if infinite != 1:
            out[k * step] = top - top
        elif x[k * x_step] == top:
            out[k * step] = <real>0 if logarithm else <real>1
        else:
            out[k * step] = nothing


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


cdef inline int block_place(const real* x, real value) noexcept nogil:
    """The first place of a value that is among SEARCHED elements."""
    cdef int j, here, place = SEARCHED
    for j in range(SEARCHED):
        here = j if x[j] == value else <int>SEARCHED
        place = here if here < place else place
    return place


cdef inline Py_ssize_t first_of(const real* x, Py_ssize_t n, real value) noexcept nogil:
    """Where the first element of this value stands; n if nowhere."""
    cdef Py_ssize_t i = 0
    while i + SEARCHED <= n and not block_holds(x + i, SEARCHED, value):
        i += SEARCHED
    if i + SEARCHED <= n:
        return i + block_place(x + i, value)
    while i < n and x[i] != value:
        i += 1
    return i
