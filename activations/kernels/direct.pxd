"""Calls of this package's loops on contiguous arrays, without NumPy's preparation. None stands for: take NumPy's way."""

cimport numpy as cnp

cdef bint same_shape(object a, object b)
cdef object each_element(cnp.ufunc ufunc, object a, object b, object out)
cdef object each_half(cnp.ufunc ufunc, object dy, object x, object out, int axis, bint turned)
cdef object each_doubled(object dy, object x, object out, int axis)
cdef object both_gradients(cnp.ufunc ufunc, object dy, object gate, object value)
cdef object fold_along(cnp.ufunc ufunc, object a, object b, object c, object out, int axis, Py_ssize_t columns,
                       bint removes, bint keepdims)
cdef object each_biased(cnp.ufunc ufunc, object dy, object x, object bias, object out)
cpdef object filled(object x, object mask, int filling, object out)
cdef bint elsewhere(object x, object out)
