"""The calls of an activation, as short as they can be: exact arrays go to a ufunc with nothing in between."""

cimport numpy as cnp
from libc.string cimport memcmp

cnp.import_array()


cdef inline bint same_shape(object a, object b):
    """Whether both are exactly arrays (no subclass) of one shape."""
    if not cnp.PyArray_CheckExact(a) or not cnp.PyArray_CheckExact(b):
        return False
    cdef int n = cnp.PyArray_NDIM(<cnp.ndarray>a)
    if n != cnp.PyArray_NDIM(<cnp.ndarray>b):
        return False
    return n == 0 or memcmp(
        cnp.PyArray_DIMS(<cnp.ndarray>a), cnp.PyArray_DIMS(<cnp.ndarray>b), n * sizeof(cnp.npy_intp)
    ) == 0


def split_axis(object x, int axis, Py_ssize_t pieces):
    """A view in which an axis is two: units, pieces. None where `pieces` does not divide it, or the axis is not there."""
    cdef cnp.npy_intp lengths[64]
    cdef cnp.PyArray_Dims shape
    cdef int n = cnp.PyArray_NDIM(<cnp.ndarray?>x), k
    axis = axis + n if axis < 0 else axis
    if pieces < 1 or not 0 <= axis < n < 64 or cnp.PyArray_DIM(<cnp.ndarray>x, axis) % pieces:
        return None
    for k in range(n):
        lengths[k + (k > axis)] = cnp.PyArray_DIM(<cnp.ndarray>x, k)
    lengths[axis] = lengths[axis] // pieces
    lengths[axis + 1] = pieces
    shape.ptr = lengths
    shape.len = n + 1
    return cnp.PyArray_Newshape(<cnp.ndarray>x, &shape, cnp.NPY_CORDER)


cdef class Call:
    """Base of `Activation`: ufuncs for the calls that need no parameter looked at.

    Attributes
    ----------
    fast : callable or None
        Called as ``fast(x)`` and ``fast(x, out)`` for ``f(x)`` and ``f(x, out=out)``.
    fast_backward, fast_from_output : callable or None
        The same for ``f.backward(dy, x)`` and ``f.backward(dy, y=y)`` where both arrays have one shape.
    """

    cdef public object fast
    cdef public object fast_backward
    cdef public object fast_from_output

    def __call__(self, x, /, *args, **kwargs):
        if self.fast is not None and not args:
            try:
                if not kwargs:
                    return self.fast(x)
                out = kwargs.get("out")
                if out is not None and len(kwargs) == 1 and cnp.PyArray_Check(out):
                    return self.fast(x, out)
            except TypeError as error:
                raise self._explained(error, x) from None
            except ValueError:
                pass  # the general way says better what is wrong with the shape
        return self._general(x, *args, **kwargs)

    def backward(self, dy, x=None, /, y=None, *, out=None, **keywords):
        """The vector-Jacobian product dL/dx from dL/dy.

        Parameters
        ----------
        dy : array_like
            Gradient of the loss with respect to the output.
        x : array_like
            Pre-activation that the forward pass saw.
        y : array_like, optional
            The saved output, used where that is cheaper; then, for ``saves`` "y" or "either", `x` may be None.
        out : ndarray, optional
            Where the result goes; may be `dy` or `x`.
        **keywords
            Parameters of the activation, and a ufunc's other keywords; folding kinds take ``axis`` and ``where``.

        Returns
        -------
        ndarray or scalar
            Of the shape of `x`.

        Raises
        ------
        ValueError
            If the shapes of `dy` and `x` (or `y`) differ.
        TypeError
            If neither a backward pass nor a derivative is known, or `x` is needed and missing.
        """
        cdef object function = self.fast_backward, operand = x
        if y is not None and self.fast_from_output is not None:
            function, operand = self.fast_from_output, y
        if function is not None and same_shape(dy, operand):
            try:
                if not keywords:
                    if out is None:
                        return function(dy, operand)
                    if cnp.PyArray_Check(out):
                        return function(dy, operand, out)
            except TypeError as error:
                raise self._explained(error, dy) from None
            except ValueError:
                pass
        if out is not None:
            keywords["out"] = out
        return self._backward(dy, x, y, keywords)
