"""The calls of an activation, as short as they can be: exact arrays go to a ufunc with nothing in between."""

cimport numpy as cnp

from cpython.dict cimport PyDict_GetItem
from cpython.ref cimport PyObject

from activations.kernels.direct cimport both_gradients, each_element, each_half, fold_along, same_shape

cnp.import_array()

cdef enum:
    FIRST_FOREIGN = 256       # from here on NumPy numbers the types that other packages register


cdef inline object given(dict keywords, str name):
    """What a call says for a keyword, or None: a method's call would take twice the time."""
    cdef PyObject* value = PyDict_GetItem(keywords, name)
    return None if value == NULL else <object>value


cdef inline bint foreign(object x):
    """Whether x is of a type that another package has registered, which a ufunc would compute in a wider one."""
    return cnp.PyArray_Check(x) and cnp.PyArray_TYPE(<cnp.ndarray>x) >= FIRST_FOREIGN


cdef class Call:
    """Base of `Activation`: ufuncs for the calls that need no parameter looked at.

    Attributes
    ----------
    fast : callable or None
        Called as ``fast(x)`` and ``fast(x, out)`` for ``f(x)`` and ``f(x, out=out)``.
    fast_backward, fast_from_output : callable or None
        The same for ``f.backward(dy, x)`` and ``f.backward(dy, y=y)`` where both arrays have one shape.
    straight : bool
        Whether these three are elementwise ufuncs of this package, whose loops may be called without NumPy.
    folded : numpy.ufunc or None
        For a folding kind: what `fold_along` calls for ``f(x, axis=..., out=...)``.
    folded_backward, folded_from_output, folded_from_argmax : numpy.ufunc or None
        The same for ``f.backward`` with x, ``y=`` and ``which=``.
    pieces : int
        How many neighbours on the axis are folded together where the call does not say ``pieces=``; 0: all of them.
    removes : bool
        Whether the axis goes, unless the call says ``keepdims=True``.
    halved, halved_backward : numpy.ufunc or None
        For a gated kind: what `each_half` calls for ``f(x, axis=..., out=...)`` and ``f.backward(dy, x, axis=...)``.
    turned : bool
        Whether the second half is the gate.
    """

    cdef public object fast
    cdef public object fast_backward
    cdef public object fast_from_output
    cdef public bint straight
    cdef public object folded
    cdef public object folded_backward
    cdef public object folded_from_output
    cdef public object folded_from_argmax
    cdef public Py_ssize_t pieces
    cdef public bint removes
    cdef public object halved
    cdef public object halved_backward
    cdef public bint turned

    def __call__(self, x, /, *args, **kwargs):
        if len(args) == 1 and not kwargs and self.out_follows():
            args, kwargs = (), {"out": args[0]}
        if self.folded is not None and not args:
            out = given(kwargs, "out") if kwargs else None
            result = self.fold(self.folded, x, None, out, kwargs, out is not None)
            if result is not None:
                return result
        if self.halved is not None:
            result = None
            if not args:
                result = self.halves(self.halved, None, x, given(kwargs, "out") if kwargs else None, kwargs)
            elif len(args) == 1 and not kwargs and same_shape(x, args[0]):
                first, second = (args[0], x) if self.turned else (x, args[0])
                result = each_element(self.halved, first, second, None)
            if result is not None:
                return result
        if self.fast is not None and not args and not foreign(x):
            try:
                out = given(kwargs, "out") if kwargs else None
                if len(kwargs) == (out is not None):
                    if self.straight:
                        result = each_element(self.fast, x, None, out)
                        if result is not None:
                            return result
                    if out is None:
                        return self.fast(x)
                    if cnp.PyArray_Check(out):
                        return self.fast(x, out)
            except TypeError as error:
                raise self._explained(error, x) from None
            except ValueError:
                pass  # the general way says better what is wrong with the shape
        return self._general(x, *args, **kwargs)

    cdef bint out_follows(self):
        """Whether a second positional argument is the result's memory, as it is for NumPy's ufuncs of one input."""
        return self.straight or self.folded is not None

    cdef object fold(self, object function, object a, object b, object out, dict keywords, Py_ssize_t known):
        """``f(x)`` or ``f.backward(dy, x)`` with at most ``axis``, ``pieces`` and ``keepdims`` besides `known` keywords;
        None where there is something to convert, check or say."""
        cdef object axis = None, pieces = None, keepdims = None
        if len(keywords) != known:
            axis = given(keywords, "axis")
            if axis is not None and (type(axis) is not int or not -64 <= axis < 64):
                return None
            if self.pieces:
                pieces = given(keywords, "pieces")
                if pieces is not None and (type(pieces) is not int or pieces < 1):
                    return None
            if self.removes:
                keepdims = given(keywords, "keepdims")
                if keepdims is not None and type(keepdims) is not bool:
                    return None
            if len(keywords) != known + (axis is not None) + (pieces is not None) + (keepdims is not None):
                return None
        return fold_along(
            function, a, b, out, -1 if axis is None else axis, self.pieces if pieces is None else pieces, self.removes,
            keepdims is True,
        )

    cdef object fold_backward(self, object dy, object x, object y, object out, dict keywords):
        cdef object which = given(keywords, "which") if self.pieces else None
        if which is not None:
            return self.fold(self.folded_from_argmax, dy, which, out, keywords, 1)
        if y is not None and self.folded_from_output is not None:
            return self.fold(self.folded_from_output, dy, y, out, keywords, 0)
        return None if x is None else self.fold(self.folded_backward, dy, x, out, keywords, 0)

    cdef object halves(self, object function, object dy, object x, object out, dict keywords):
        """``f(x)`` or ``f.backward(dy, x)`` with at most ``axis`` and ``out``; None as above."""
        cdef object axis = given(keywords, "axis") if keywords else None
        cdef Py_ssize_t known = (axis is not None) + (dy is None and out is not None)
        if len(keywords) != known or (axis is not None and (type(axis) is not int or not -64 <= axis < 64)):
            return None
        return each_half(function, dy, x, out, -1 if axis is None else axis, self.turned)

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
            Parameters of the activation, and a ufunc's other keywords; folding kinds take ``axis`` and ``where``
            (maxout ``axis`` and ``which``, what its ``with_argmax`` returned, in the place of `x`).

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
        if self.folded_backward is not None:
            result = self.fold_backward(dy, x, y, out, keywords)
            if result is not None:
                return result
        if self.halved_backward is not None and dy is not None:
            result = None
            if y is None:
                result = self.halves(self.halved_backward, dy, x, out, keywords)
            elif out is None and not keywords and same_shape(dy, x) and same_shape(dy, y):
                if not self.turned:
                    result = both_gradients(self.halved_backward, dy, x, y)
                else:
                    result = both_gradients(self.halved_backward, dy, y, x)
                    result = None if result is None else (result[1], result[0])
            if result is not None:
                return result
        if y is not None and self.fast_from_output is not None:
            function, operand = self.fast_from_output, y
        if function is not None and same_shape(dy, operand) and not foreign(dy) and not foreign(operand):
            try:
                if not keywords:
                    if self.straight:
                        result = each_element(function, dy, operand, out)
                        if result is not None:
                            return result
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
