"""The calls of an activation, as short as they can be: exact arrays go to a ufunc with nothing in between.

A call comes by the vectorcall protocol (PEP 590), which Cython gives to functions and methods but not to instances: with
a tuple and a dictionary for each call, one on 16 elements would take half as long again.
"""

cimport numpy as cnp

from cpython.object cimport PyTypeObject
from cpython.ref cimport PyObject
from libc.string cimport memset

from activations.kernels.direct cimport (
    both_gradients, each_biased, each_doubled, each_element, each_half, elsewhere, filled, fold_along, same_shape
)
from activations.kernels.words cimport Words, add_plain, folds, numbers_pieces, or_none, read_axis, sound

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
    const Py_ssize_t PY_SSIZE_T_MAX
    Py_ssize_t PyVectorcall_NARGS(size_t count)
    Py_ssize_t PyTuple_GET_SIZE(PyObject* names)
    PyObject* PyTuple_GET_ITEM(PyObject* names, Py_ssize_t k)
    PyObject** PySequence_Fast_ITEMS(PyObject* values)

cdef enum:
    FIRST_FOREIGN = 256       # from here on NumPy numbers the types that other packages register
    VARIANTS = 16             # activations with other parameters that are kept for calls to come
    # Elements of sums with a bias, of masked operands and of draws that are made at a time: they stay in the second-level
    # cache, and are enough for two threads.
    LARGE = 131072

PORTION = LARGE  # for blockwise.py

cdef object UNSAID = object()
cdef str OUT = "out", AXIS = "axis", PIECES = "pieces", KEEPDIMS = "keepdims", BIAS = "bias", WHERE = "where"
cdef object IDENTITY = None


cdef inline bint read_word(Words* words, PyObject* name, PyObject* value):
    """Whether it is one of them. Names in a program's text are one object each; a name that is not comes to the general
    way."""
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
    elif name == <PyObject*>WHERE:
        words.where = value
    else:
        return False
    return True


cdef inline PyObject* said(object value, str name, dict keywords):
    """A keyword of `Call.backward`, which the general way finds among the others."""
    if value is UNSAID:
        return NULL
    keywords[name] = value
    return <PyObject*>value


cdef dict given(dict keywords, object axis, object pieces, object keepdims, object which, object out):
    """All keywords of a call of `Call.backward`."""
    cdef dict every = dict(keywords, out=out)
    for name, value in ((AXIS, axis), (PIECES, pieces), (KEEPDIMS, keepdims), ("which", which)):
        said(value, name, every)
    return every


cdef object plus(object x, object bias, object out):
    """x + bias in one pass, which is the identity with a bias, in `out` if it is not None. None where NumPy's way is
    needed."""
    global IDENTITY
    if IDENTITY is None:
        from activations.ufuncs import BUILTINS
        IDENTITY = BUILTINS.elementwise("identity")
    return each_biased(IDENTITY, None, x, bias, out)


cdef inline object array_like(object x):
    cdef cnp.ndarray array = <cnp.ndarray>x
    return cnp.PyArray_EMPTY(cnp.PyArray_NDIM(array), cnp.PyArray_DIMS(array), cnp.PyArray_TYPE(array), 0)


cdef inline bint in_portions(object x):
    """Whether x is so large that what goes before a fold is done a portion at a time (blockwise.py)."""
    return cnp.PyArray_Check(x) and cnp.PyArray_SIZE(<cnp.ndarray>x) > LARGE


cdef inline bint foreign(object x):
    """Whether x is of a type that another package has registered, which a ufunc would compute in a wider one."""
    cdef object dtype
    if cnp.PyArray_Check(x):
        return cnp.PyArray_TYPE(<cnp.ndarray>x) >= FIRST_FOREIGN
    dtype = getattr(x, "dtype", None)  # scalars have one, and other libraries' arrays
    return isinstance(dtype, cnp.dtype) and (<cnp.dtype>dtype).type_num >= FIRST_FOREIGN


cdef class Call:
    """Base of `Activation`: ufuncs for the calls that need no parameter looked at.

    Attributes
    ----------
    fast : callable or None
        Called as ``fast(x)`` and ``fast(x, out)`` for ``f(x)`` and ``f(x, out=out)``.
    fast_backward, fast_from_output : callable or None
        The same for ``f.backward(dy, x)`` and ``f.backward(dy, y=y)`` where both arrays have one shape.
    fast_derivative, fast_second_derivative : callable or None
        The same for ``f.derivative(x)`` and ``f.second_derivative(x)``.
    straight : bool
        Whether these five are elementwise ufuncs of this package, whose loops may be called without NumPy.
    folded : numpy.ufunc or None
        For a folding kind: what `fold_along` calls for ``f(x, axis=..., out=...)``.
    folded_backward, folded_from_output, folded_with_output, folded_from_argmax : numpy.ufunc or None
        The same for ``f.backward`` with x, ``y=``, x and ``y=`` together, and ``which=``.
    pieces : int
        How many neighbours on the axis are folded together where the call does not say ``pieces=``; 0: all of them.
    removes : bool
        Whether the axis goes, unless the call says ``keepdims=True``.
    usual_axis : int
        The axis that is folded where the call names none.
    fewest, most : int
        How many dimensions an array may have that is folded along it; `fewest` is 0 where that does not matter.
    absent : int
        For a folding kind that takes ``where=``: the sign of the infinity that weighs nothing; else 0.
    logarithmic : bool
        Whether what weighs nothing comes out as minus infinity, not as 0.
    halved, halved_backward : numpy.ufunc or None
        For a gated kind: what `each_half` calls for ``f(x, axis=..., out=...)`` and ``f.backward(dy, x, axis=...)``.
    turned : bool
        Whether the second half is the gate.
    doubled : bool
        Whether it is crelu, which `each_doubled` computes.
    """

    cdef vectorcall_t called
    cdef dict variants
    cdef public object fast
    cdef public object fast_backward
    cdef public object fast_from_output
    cdef public object fast_derivative
    cdef public object fast_second_derivative
    cdef public bint straight
    cdef public object folded
    cdef public object folded_backward
    cdef public object folded_from_output
    cdef public object folded_with_output
    cdef public object folded_from_argmax
    cdef public Py_ssize_t pieces
    cdef public bint removes
    cdef public int usual_axis
    cdef public int fewest
    cdef public int most
    cdef public int absent
    cdef public bint logarithmic
    cdef public object halved
    cdef public object halved_backward
    cdef public bint turned
    cdef public bint doubled

    def __cinit__(self, *args, **kwargs):
        self.called = call
        self.usual_axis = -1

    cdef Call variant(self, dict parameters):
        """This activation with parameters that a call gives by keyword, kept for the next such call; None where some are no
        parameters, or arrays."""
        cdef list key = []
        cdef object found
        for name, value in parameters.items():
            if not add_plain(key, name, value):
                return None
        if self.variants is None:
            self.variants = {}
        found = self.variants.get(tuple(key))
        if found is None:
            found = self._variant(parameters)
            if found is None:
                return None
            if len(self.variants) >= VARIANTS:
                self.variants.clear()
            self.variants[tuple(key)] = found
        return found

    def __call__(self, *args, **kwargs):
        """The forward pass f(x). ``help(f)`` and ``inspect.signature(f)`` tell the keywords of one activation.

        Parameters
        ----------
        x : array_like
            Pre-activation; of gated kinds gate and value, as one array or as two.
        **keywords
            ``out``, ``bias``, the ``axis`` of folding and gated kinds, parameters in the place of the bound ones, and a
            ufunc's keywords (``where``, ``dtype`` ...).

        Returns
        -------
        ndarray or scalar
        """
        cdef tuple arguments = args + tuple(kwargs.values()), names = tuple(kwargs)
        return call(self, PySequence_Fast_ITEMS(<PyObject*>arguments), len(args), <PyObject*>names if kwargs else NULL)

    cdef object refuse(self):
        return TypeError(f"{self.name}() takes an array, its first argument, by position: {self.name}(x)")

    cdef object forward(self, object x, PyObject* second, Words* words, bint named):
        """f(x) or f(gate, value), `named` if any keyword was given; None where there is something to convert, check or
        say."""
        cdef object other, out, place
        if second != NULL and not named and (self.straight or self.folded is not None or self.doubled):
            # A second positional argument is the result's memory, as it is for NumPy's ufuncs of one input.
            words.out = NULL if second == <PyObject*>None else second
            second = NULL
        out = or_none(words.out)
        place = None
        if words.bias != NULL:
            if second != NULL or (words.where != NULL and not self.absent) or BIAS in self._values:
                return None
            if self.straight:
                if self.fast is None or folds(words):
                    return None
                return each_biased(self.fast, None, x, <object>words.bias, out)
            if self.folded is None and self.halved is None and not self.doubled:
                return None
        elif words.where != NULL and (not self.absent or second != NULL):
            return None
        if words.where != NULL and out is not None and not elsewhere(<object>words.where, out):
            return None
        if words.bias != NULL or words.where != NULL:
            if out is not None and self.keeps_shape() and elsewhere(x, out) and sound(x, words, self.usual_axis):
                place = out
            if in_portions(x):
                # Rows that do not lie one after another are as well made in the memory of the result, all at once.
                if not self.keeps_shape() or not self.across(x, words) or (place is None and out is not None):
                    return None
                place = out = array_like(x) if out is None else out
        if words.bias != NULL:
            x = place = plus(x, <object>words.bias, place)
            if x is None:
                return None
        if words.where != NULL:
            x = filled(x, <object>words.where, self.absent, place)
            other = None if x is None else self.fold(self.folded, x, None, None, out, words)
            return None if other is None else filled(other, <object>words.where, -self.logarithmic, other)
        if self.folded is not None:
            return self.fold(self.folded, x, None, None, out, words) if second == NULL else None
        if self.doubled:
            return self.halves(None, None, x, out, words) if second == NULL else None
        if self.halved is not None:
            if second == NULL:
                return self.halves(self.halved, None, x, out, words)
            other = <object>second
            if named or not same_shape(x, other):
                return None
            return each_element(self.halved, other, x, None) if self.turned else each_element(self.halved, x, other, None)
        return None if second != NULL or folds(words) else self.of_one(self.fast, x, out)

    cdef inline bint keeps_shape(self):
        """Whether it is a fold whose result has the shape of its operand."""
        return self.folded is not None and not self.removes and not self.pieces

    cdef bint across(self, object x, const Words* words):
        """Whether another axis than the last is folded."""
        cdef int axis = self.usual_axis
        return read_axis(words, &axis) and axis != -1 and axis != cnp.PyArray_NDIM(<cnp.ndarray>x) - 1

    cdef object of_one(self, object function, object x, object out):
        """A pass with one operand; None as above."""
        cdef object result, said
        if function is None or foreign(x):
            return None
        try:
            if self.straight:
                result = each_element(function, x, None, out)
                if result is not None:
                    return result
            if out is None:
                return function(x)
            return function(x, out) if cnp.PyArray_Check(out) else None
        except TypeError as error:
            said = self._explained(error, x)
            if said is not error or out is None:
                raise said from None
            return None  # the general way says better what is wrong with the result's memory
        except ValueError:
            return None

    cdef object fold(self, object function, object a, object b, object c, object out, const Words* words):
        """``f(x)`` or ``f.backward(dy, x)`` of a folding kind; None as above."""
        cdef object word
        cdef Py_ssize_t pieces = self.pieces
        cdef int axis = self.usual_axis
        cdef bint keepdims = False
        if not read_axis(words, &axis):
            return None
        if self.fewest and axis == self.usual_axis and not (
            cnp.PyArray_Check(a) and self.fewest <= cnp.PyArray_NDIM(<cnp.ndarray>a) <= self.most
        ):
            return None
        if words.pieces != NULL:
            word = <object>words.pieces
            if pieces == 0 or type(word) is not int or not 1 <= word <= PY_SSIZE_T_MAX:
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
        if self.doubled:
            return each_doubled(dy, x, out, axis)
        return each_half(function, dy, x, out, axis, self.turned)

    cdef object slope(self, bint second, object x, object out, dict keywords):
        """The derivative, or the `second` one."""
        cdef Call variant
        cdef object result
        if keywords:
            variant = self.variant(keywords)
            if variant is not None:
                return variant.slope(second, x, out, {})
        else:
            result = self.of_one(self.fast_second_derivative if second else self.fast_derivative, x, out)
            if result is not None:
                return result
        if out is not None:
            keywords["out"] = out
        return self._second_derivative(x, keywords) if second else self._derivative(x, keywords)

    def derivative(self, x, /, *, out=None, **keywords):
        """The derivative f'(x), element by element.

        Parameters
        ----------
        x : array_like
            Pre-activation.
        out : ndarray, optional
            Where the result goes; may be `x`.
        **keywords
            Parameters of the activation, and a ufunc's other keywords (``where``, ``dtype`` ...).

        Returns
        -------
        ndarray or scalar
            Of the shape and dtype of ``f(x)``.

        Raises
        ------
        TypeError
            If the activation is not elementwise or has no derivative.

        Examples
        --------
        >>> import numpy as np, activations
        >>> activations.relu.derivative(np.array([-1.0, 2.0]))
        array([0., 1.])
        """
        return self.slope(False, x, out, keywords)

    def second_derivative(self, x, /, *, out=None, **keywords):
        """The second derivative f''(x), element by element, of smooth elementwise activations.

        Parameters
        ----------
        x : array_like
            Pre-activation.
        out : ndarray, optional
            Where the result goes; may be `x`.
        **keywords
            Parameters of the activation, and a ufunc's other keywords.

        Returns
        -------
        ndarray or scalar
            Of the shape and dtype of ``f(x)``.

        Raises
        ------
        TypeError
            If none is known, as for functions made of straight lines.

        Examples
        --------
        >>> import numpy as np, activations
        >>> activations.square.second_derivative(np.array([-1.0, 2.0]))
        array([2., 2.])
        """
        return self.slope(True, x, out, keywords)

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
        cdef object function = self.fast_backward, operand, result = None
        cdef object mask = None
        cdef Words words
        cdef Call variant
        cdef bint others
        if keywords:
            variant = self.variant(keywords)
            if variant is not None:
                return variant.backward(dy, x, y, out=out, axis=axis, pieces=pieces, keepdims=keepdims, which=which)
            if BIAS in keywords and BIAS not in self._values:
                if self.straight and y is None and len(keywords) == 1 and axis is UNSAID:
                    if function is None:
                        self._remember("backward", self._values)
                        function = self.fast_backward
                    result = each_biased(function, dy, x, keywords[BIAS], out)
                    if result is not None:
                        return result
                if in_portions(x):
                    result = self._backward_in_blocks(dy, x, y, given(keywords, axis, pieces, keepdims, which, out))
                    if result is not None:
                        return result
                operand = plus(x, keywords[BIAS], None)
                if operand is None:
                    x = self._sum(x, keywords)
                else:
                    x = operand
                    del keywords[BIAS]
            if self.absent and len(keywords) == 1:
                mask = keywords.get(WHERE)
        operand = x
        others = len(keywords) > 0
        words.out = NULL
        words.axis = said(axis, "axis", keywords)
        words.pieces = said(pieces, "pieces", keywords)
        words.keepdims = said(keepdims, "keepdims", keywords)
        words.which = said(which, "which", keywords)
        if not others:
            if self.folded_backward is not None:
                result = self.fold_backward(dy, x, y, out, &words)
            elif self.halved_backward is not None and dy is not None:
                result = self.both_backward(dy, x, y, out, &words)
            elif self.doubled and dy is not None and x is not None:
                result = self.halves(None, dy, x, out, &words)
            if result is not None:
                return result
        elif mask is not None:
            result = self.masked_backward(dy, x, y, mask, out, &words)
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

    cdef object masked_backward(self, object dy, object x, object y, object mask, object out, const Words* words):
        """The gradient under a mask: what is masked out counts as in the forward pass, and its gradient as 0."""
        cdef object result
        if words.which != NULL or self.folded_with_output is not None or in_portions(dy):
            return None
        if out is not None and not elsewhere(mask, out):
            return None
        dy = filled(dy, mask, 0, None)
        if y is not None and self.folded_from_output is not None:
            x, y = None, filled(y, mask, -self.logarithmic, None)
        else:
            x, y = filled(x, mask, self.absent, None), None
        if dy is None or (x is None and y is None):
            return None
        result = self.fold_backward(dy, x, y, out, words)
        return None if result is None else filled(result, mask, 0, result)

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
    cdef Call f = <Call>self, variant
    cdef Words words
    cdef Py_ssize_t positional = PyVectorcall_NARGS(count), named = 0 if names == NULL else PyTuple_GET_SIZE(names), k
    cdef PyObject* name
    cdef object result = None
    cdef dict others = None, keywords = None
    memset(&words, 0, sizeof(words))
    for k in range(named):
        name = PyTuple_GET_ITEM(names, k)
        if not read_word(&words, name, arguments[positional + k]):
            others = {} if others is None else others
            others[<object>name] = <object>arguments[positional + k]
    if positional == 0:
        raise f.refuse()
    if others is not None:
        variant = f.variant(others)
        if variant is not None:
            f, named = variant, named - len(others)
    if positional < 3 and (others is None or f is not self):
        result = f.forward(<object>arguments[0], arguments[1] if positional == 2 else NULL, &words, named > 0)
        if result is not None:
            return result
    keywords = {<object>PyTuple_GET_ITEM(names, k): <object>arguments[positional + k]
                for k in range(0 if names == NULL else PyTuple_GET_SIZE(names))}
    if f is not self:
        for parameter in others:
            del keywords[parameter]
    # A name that a program made, or a file, is no object of a program's text: it equals "bias" and was not read as it.
    general = f._biased if BIAS in keywords else f._general
    return general(*[<object>arguments[k] for k in range(positional)], **keywords)


def follow(type cls):
    """Let a subclass that calls as `Call` does be called by the same protocol: Python 3.11 does not inherit it."""
    cdef Call no = None
    if act_same_call(<PyTypeObject*>cls, <PyTypeObject*>Call):
        act_set_vectorcall(<PyTypeObject*>cls, <char*>&no.called - <char*><PyObject*>no)


follow(Call)
