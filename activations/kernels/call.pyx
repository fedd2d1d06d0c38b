"""The calls of an activation, as short as they can be: exact arrays go to a ufunc with nothing in between.

A call comes by the vectorcall protocol (PEP 590), which Cython gives to functions and methods but not to instances: with
a tuple and a dictionary for each call, one on 16 elements would take half as long again.
"""

cimport numpy as cnp

from cpython.object cimport PyTypeObject
from cpython.ref cimport PyObject
from libc.stdint cimport uint8_t
from libc.string cimport memset

from activations.kernels.direct cimport both_gradients, each_biased, each_element, each_half, fold_along, same_shape

cnp.import_array()

ctypedef object (*vectorcall_t)(object self, PyObject** arguments, size_t count, PyObject* names)

cdef extern from "Python.h":
    """
    #define act_set_vectorcall(type, offset) \\
        ((type)->tp_vectorcall_offset = (offset), (type)->tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL, PyType_Modified(type))
    #define act_same_call(a, b) ((a)->tp_call == (b)->tp_call)
    """
    void act_set_vectorcall(PyTypeObject* type, Py_ssize_t offset)
    bint act_same_call(PyTypeObject* a, PyTypeObject* b)
    Py_ssize_t PyVectorcall_NARGS(size_t count)
    Py_ssize_t PyTuple_GET_SIZE(PyObject* names)
    PyObject* PyTuple_GET_ITEM(PyObject* names, Py_ssize_t k)

cdef enum:
    FIRST_FOREIGN = 256       # from here on NumPy numbers the types that other packages register

cdef struct Words:
    # What a call says by keyword, NULL where it says nothing.
    PyObject* out
    PyObject* axis
    PyObject* pieces
    PyObject* keepdims
    PyObject* which
    PyObject* bias
    bint others               # whether it says anything else

cdef object UNSAID = object()
cdef str OUT = "out", AXIS = "axis", PIECES = "pieces", KEEPDIMS = "keepdims", BIAS = "bias"


cdef inline void read_word(Words* words, PyObject* name, PyObject* value):
    """Names in a program's text are one object each; a name that is not comes to the general way."""
    if name == <PyObject*>OUT:
        words.out = NULL if value == <PyObject*>None else value
    elif name == <PyObject*>AXIS:
        words.axis = value
    elif name == <PyObject*>PIECES:
        words.pieces = value
    elif name == <PyObject*>KEEPDIMS:
        words.keepdims = value
    elif name == <PyObject*>BIAS:
        words.bias = value
    else:
        words.others = True


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


cdef inline PyObject* said(object value, str name, dict keywords):
    """A keyword of `Call.backward`, which the general way finds among the others."""
    if value is UNSAID:
        return NULL
    keywords[name] = value
    return <PyObject*>value


cdef inline object or_none(PyObject* value):
    return None if value == NULL else <object>value


cdef bint numbers_pieces(object which, Py_ssize_t pieces):
    """Whether they are the bytes of maxout's ``with_argmax``, none of them too large; the general way knows others.

    The kernel would give the gradient of a unit whose number is too large to no piece at all.
    """
    cdef const uint8_t* numbers
    cdef uint8_t largest = 0
    cdef Py_ssize_t n, i
    if not cnp.PyArray_CheckExact(which) or cnp.PyArray_TYPE(which) != cnp.NPY_UINT8:
        return False
    if not cnp.PyArray_IS_C_CONTIGUOUS(which):
        return False
    numbers = <const uint8_t*>cnp.PyArray_DATA(which)
    n = cnp.PyArray_SIZE(which)
    for i in range(n):
        largest = numbers[i] if numbers[i] > largest else largest
    return largest < pieces


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
    folded_backward, folded_from_output, folded_with_output, folded_from_argmax : numpy.ufunc or None
        The same for ``f.backward`` with x, ``y=``, x and ``y=`` together, and ``which=``.
    pieces : int
        How many neighbours on the axis are folded together where the call does not say ``pieces=``; 0: all of them.
    removes : bool
        Whether the axis goes, unless the call says ``keepdims=True``.
    halved, halved_backward : numpy.ufunc or None
        For a gated kind: what `each_half` calls for ``f(x, axis=..., out=...)`` and ``f.backward(dy, x, axis=...)``.
    turned : bool
        Whether the second half is the gate.
    """

    cdef vectorcall_t called
    cdef public object fast
    cdef public object fast_backward
    cdef public object fast_from_output
    cdef public bint straight
    cdef public object folded
    cdef public object folded_backward
    cdef public object folded_from_output
    cdef public object folded_with_output
    cdef public object folded_from_argmax
    cdef public Py_ssize_t pieces
    cdef public bint removes
    cdef public object halved
    cdef public object halved_backward
    cdef public bint turned

    def __cinit__(self, *args, **kwargs):
        self.called = call

    def __call__(self, *args, **kwargs):
        cdef Words words
        memset(&words, 0, sizeof(words))
        for name, value in kwargs.items():
            read_word(&words, <PyObject*>name, <PyObject*>value)
        result = None
        if 0 < len(args) < 3 and not words.others:
            result = self.forward(args[0], <PyObject*>args[1] if len(args) == 2 else NULL, &words, bool(kwargs))
        if not args:
            raise self.refuse()
        if result is not None:
            return result
        return self._general(*args, **kwargs) if words.bias == NULL else self._biased(*args, **kwargs)

    cdef object refuse(self):
        return TypeError(f"{self.name}() takes an array, its first argument, by position: {self.name}(x)")

    cdef object forward(self, object x, PyObject* second, Words* words, bint named):
        """f(x) or f(gate, value), `named` if any keyword was given; None where there is something to convert, check or
        say."""
        cdef object result = None, other, out
        if second != NULL and not named and (self.straight or self.folded is not None):
            # A second positional argument is the result's memory, as it is for NumPy's ufuncs of one input.
            words.out = NULL if second == <PyObject*>None else second
            second = NULL
        out = or_none(words.out)
        if words.bias != NULL:
            if not self.straight or self.fast is None or second != NULL or folds(words) or BIAS in self._values:
                return None
            return each_biased(self.fast, x, <object>words.bias, out)
        if self.folded is not None:
            return self.fold(self.folded, x, None, None, out, words) if second == NULL else None
        if self.halved is not None:
            if second == NULL:
                return self.halves(self.halved, None, x, out, words)
            other = <object>second
            if named or not same_shape(x, other):
                return None
            return each_element(self.halved, other, x, None) if self.turned else each_element(self.halved, x, other, None)
        if self.fast is None or second != NULL or folds(words) or foreign(x):
            return None
        try:
            if self.straight:
                result = each_element(self.fast, x, None, out)
                if result is not None:
                    return result
            if out is None:
                return self.fast(x)
            return self.fast(x, out) if cnp.PyArray_Check(out) else None
        except TypeError as error:
            raise self._explained(error, x) from None
        except ValueError:
            return None  # the general way says better what is wrong with the shape

    cdef object fold(self, object function, object a, object b, object c, object out, const Words* words):
        """``f(x)`` or ``f.backward(dy, x)`` of a folding kind; None as above."""
        cdef object word
        cdef Py_ssize_t pieces = self.pieces
        cdef int axis = -1
        cdef bint keepdims = False
        if not read_axis(words, &axis):
            return None
        if words.pieces != NULL:
            word = <object>words.pieces
            if pieces == 0 or type(word) is not int or word < 1:
                return None
            pieces = word
        if words.keepdims != NULL:
            word = <object>words.keepdims
            if not self.removes or type(word) is not bool:
                return None
            keepdims = word
        if words.which != NULL and not numbers_pieces(b, pieces):
            return None
        return fold_along(function, a, b, c, out, axis, pieces, self.removes, keepdims)

    cdef object halves(self, object function, object dy, object x, object out, const Words* words):
        """``f(x)`` or ``f.backward(dy, x)`` of a gated kind; None as above."""
        cdef int axis = -1
        if words.pieces != NULL or words.keepdims != NULL or words.which != NULL:
            return None
        if not read_axis(words, &axis):
            return None
        return each_half(function, dy, x, out, axis, self.turned)

    def backward(self, dy, x=None, /, y=None, *, out=None, axis=UNSAID, pieces=UNSAID, keepdims=UNSAID, which=UNSAID,
                 **keywords):
        """The vector-Jacobian product dL/dx from dL/dy.

        Parameters
        ----------
        dy : array_like
            Gradient of the loss with respect to the output.
        x : array_like
            Pre-activation that the forward pass saw.
        y : array_like, optional
            The saved output, used where that is cheaper: in the place of `x`, which may then be None, for ``saves`` "y"
            or "either"; beside `x` for maxima, minima, sums, means, norms and standardize along the last axis.
        out : ndarray, optional
            Where the result goes; may be `dy` or `x`.
        **keywords
            Parameters of the activation, and a ufunc's other keywords; folding kinds take ``axis`` and ``where``
            (maxout ``axis`` and ``which``, what its ``with_argmax`` returned, in the place of `x`). With ``bias``, the
            gradient is that of ``f(x + bias)``.

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
        cdef object function = self.fast_backward, operand = x, result = None
        cdef Words words
        words.others = len(keywords) > 0
        words.out = NULL
        words.axis = said(axis, "axis", keywords)
        words.pieces = said(pieces, "pieces", keywords)
        words.keepdims = said(keepdims, "keepdims", keywords)
        words.which = said(which, "which", keywords)
        if not words.others:
            if self.folded_backward is not None:
                result = self.fold_backward(dy, x, y, out, &words)
            elif self.halved_backward is not None and dy is not None:
                result = self.both_backward(dy, x, y, out, &words)
            if result is not None:
                return result
        if y is not None and self.fast_from_output is not None:
            function, operand = self.fast_from_output, y
        if function is not None and not keywords and same_shape(dy, operand) and not foreign(dy) and not foreign(operand):
            try:
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
        if BIAS in keywords:
            x = self._sum(x, keywords)
        return self._backward(dy, x, y, keywords)

    cdef object fold_backward(self, object dy, object x, object y, object out, const Words* words):
        if words.which != NULL:
            return self.fold(self.folded_from_argmax, dy, <object>words.which, None, out, words) if self.pieces else None
        if y is not None and self.folded_from_output is not None:
            return self.fold(self.folded_from_output, dy, y, None, out, words)
        if x is None:
            return None
        if y is not None and self.folded_with_output is not None:
            return self.fold(self.folded_with_output, dy, x, y, out, words)
        return self.fold(self.folded_backward, dy, x, None, out, words)

    cdef object both_backward(self, object dy, object x, object y, object out, const Words* words):
        """The gradient of a gated kind, of one array of halves or of gate and value."""
        cdef object result
        if y is None:
            return self.halves(self.halved_backward, dy, x, out, words)
        if out is not None or folds(words) or words.which != NULL or not same_shape(dy, x) or not same_shape(dy, y):
            return None
        if not self.turned:
            return both_gradients(self.halved_backward, dy, x, y)
        result = both_gradients(self.halved_backward, dy, y, x)
        return None if result is None else (result[1], result[0])


cdef object call(object self, PyObject** arguments, size_t count, PyObject* names):
    """An instance's call, by PEP 590: positional arguments, then the values of the keywords named."""
    cdef Call f = <Call>self
    cdef Words words
    cdef Py_ssize_t positional = PyVectorcall_NARGS(count), named = 0 if names == NULL else PyTuple_GET_SIZE(names), k
    cdef object result = None
    memset(&words, 0, sizeof(words))
    for k in range(named):
        read_word(&words, PyTuple_GET_ITEM(names, k), arguments[positional + k])
    if 0 < positional < 3 and not words.others:
        result = f.forward(<object>arguments[0], arguments[1] if positional == 2 else NULL, &words, named > 0)
        if result is not None:
            return result
    if positional == 0:
        raise f.refuse()
    keywords = {<object>PyTuple_GET_ITEM(names, k): <object>arguments[positional + k] for k in range(named)}
    general = f._general if words.bias == NULL else f._biased
    return general(*[<object>arguments[k] for k in range(positional)], **keywords)


def follow(type cls):
    """Let a subclass that calls as `Call` does be called by the same protocol: Python 3.11 does not inherit it."""
    cdef Call no = None
    if act_same_call(<PyTypeObject*>cls, <PyTypeObject*>Call):
        act_set_vectorcall(<PyTypeObject*>cls, <char*>&no.called - <char*><PyObject*>no)


follow(Call)
