"""What a call of an activation says by keyword."""

cimport numpy as cnp
from cpython.ref cimport PyObject
from libc.stdint cimport uint8_t
from libc.string cimport memset

from activations.kernels.direct cimport same_shape

cdef enum:
    BYTES = 128        # that are compared at a time

cdef struct Words:
    # What a call says by keyword, NULL where it says nothing.
    PyObject* out
    PyObject* axis
    PyObject* pieces
    PyObject* keepdims
    PyObject* which
    PyObject* bias
    PyObject* where


cdef inline bint folds(const Words* words):
    """Whether a call says anything of an axis."""
    return words.axis != NULL or words.pieces != NULL or words.keepdims != NULL


cdef inline bint read_axis(const Words* words, int* axis):
    """Whether what a call says of the axis, if anything, is a number that can be read."""
    cdef object word
    if words.axis != NULL:
        word = <object>words.axis
        if type(word) is not int or not -64 <= word < 64:
            return False
        axis[0] = word
    return True


cdef inline bint sound(object x, const Words* words, int usual_axis):
    """Whether what a call says of an axis and of a mask cannot turn out wrong later, when results have been written."""
    cdef int axis = usual_axis
    cdef object mask
    if words.pieces != NULL or words.keepdims != NULL or not cnp.PyArray_Check(x) or not read_axis(words, &axis):
        return False
    if not -cnp.PyArray_NDIM(<cnp.ndarray>x) <= axis < cnp.PyArray_NDIM(<cnp.ndarray>x):
        return False
    mask = or_none(words.where)
    return mask is None or (
        cnp.PyArray_Check(mask) and cnp.PyArray_TYPE(<cnp.ndarray>mask) == cnp.NPY_BOOL and same_shape(x, mask)
    )


cdef inline bint add_plain(list key, object name, object value):
    """Add a keyword to the key of a variant, if its value is a plain number or word: what equals it means the same then.

    Not so 0, since there are two of them.
    """
    if type(value) is not float and type(value) is not int and type(value) is not str or not value:
        return False
    key += (name, type(value), value)
    return True


cdef inline object or_none(PyObject* value):
    return None if value == NULL else <object>value


cdef inline uint8_t largest_byte(const uint8_t* x, Py_ssize_t n) noexcept nogil:
    """By several vectors at once: each waits for its last comparison, and a byte counts beside a gradient's eight."""
    cdef uint8_t lane[BYTES]
    cdef uint8_t most = 0
    cdef Py_ssize_t j, _
    memset(lane, 0, sizeof(lane))
    for _ in range(n // BYTES):
        for j in range(BYTES):
            lane[j] = x[j] if x[j] > lane[j] else lane[j]
        x += BYTES
    for j in range(n % BYTES):
        lane[j] = x[j] if x[j] > lane[j] else lane[j]
    for j in range(BYTES):
        most = lane[j] if lane[j] > most else most
    return most


cdef inline bint numbers_pieces(object which, Py_ssize_t pieces):
    """Whether they are the bytes of maxout's ``with_argmax``, none of them too large; the general way knows others.

    The kernel would give the gradient of a unit whose number is too large to no piece at all.
    """
    if not cnp.PyArray_CheckExact(which) or cnp.PyArray_TYPE(which) != cnp.NPY_UINT8:
        return False
    if not cnp.PyArray_IS_C_CONTIGUOUS(which):
        return False
    return largest_byte(<const uint8_t*>cnp.PyArray_DATA(which), cnp.PyArray_SIZE(which)) < pieces
