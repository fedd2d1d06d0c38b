"""The calls of an activation, as short as they can be: exact arrays go to a ufunc with nothing in between."""

cimport numpy as cnp
from cpython.exc cimport PyErr_Occurred
from libc.stdint cimport uintptr_t
from libc.string cimport memcmp

from activations.kernels.core cimport Fold, Loop

cnp.import_array()

# A ufunc's inner loop; ours need no GIL.
ctypedef void (*loop_t)(char** arrays, cnp.npy_intp* dimensions, cnp.npy_intp* steps, void* data) noexcept nogil


cdef enum:
    WORTH_RELEASING = 500     # elements from which on other Python threads may run meanwhile; NumPy's own figure
    FIRST_FOREIGN = 256       # from here on NumPy numbers the types that other packages register


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


cdef inline bint foreign(object x):
    """Whether x is of a type that another package has registered, which a ufunc would compute in a wider one."""
    return cnp.PyArray_Check(x) and cnp.PyArray_TYPE(<cnp.ndarray>x) >= FIRST_FOREIGN


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


cdef int refuse_pending() except -1:
    """Raise what a loop without the GIL has left behind (a MemoryError)."""
    return -1 if PyErr_Occurred() else 0


cdef inline bint apart(cnp.ndarray a, cnp.ndarray b):
    """Whether no byte belongs to both, or every byte to both."""
    cdef uintptr_t first = <uintptr_t>cnp.PyArray_DATA(a), second = <uintptr_t>cnp.PyArray_DATA(b)
    if first == second:
        return cnp.PyArray_NBYTES(a) == cnp.PyArray_NBYTES(b)
    return first + cnp.PyArray_NBYTES(a) <= second or second + cnp.PyArray_NBYTES(b) <= first


cdef object each_element(cnp.ufunc ufunc, object a, object b, object out):
    """One of this package's elementwise ufuncs on contiguous arrays of one type and shape, without NumPy's preparation.

    b is None where there is one operand. None where NumPy's way is needed: other types or layouts, memory that overlaps.
    """
    cdef char* pointers[3]
    cdef cnp.npy_intp steps[3]
    cdef cnp.npy_intp size
    cdef loop_t function
    cdef void* data
    cdef int inputs = 1 if b is None else 2, k, loop, kind, n
    if not cnp.PyArray_CheckExact(a) or not cnp.PyArray_ISCARRAY_RO(<cnp.ndarray>a) or ufunc.nin != inputs:
        return None
    n = cnp.PyArray_NDIM(<cnp.ndarray>a)
    kind = cnp.PyArray_TYPE(<cnp.ndarray>a)
    if n == 0:
        return None
    for loop in range(ufunc.ntypes):
        if ufunc.types[loop * (inputs + 1)] == kind:
            break
    else:
        return None
    if b is not None and (cnp.PyArray_TYPE(<cnp.ndarray>b) != kind or not cnp.PyArray_ISCARRAY_RO(<cnp.ndarray>b)):
        return None
    if out is None:
        out = cnp.PyArray_EMPTY(n, cnp.PyArray_DIMS(<cnp.ndarray>a), kind, 0)
    elif (
        not same_shape(a, out)
        or not cnp.PyArray_ISCARRAY(<cnp.ndarray>out)
        or cnp.PyArray_TYPE(<cnp.ndarray>out) != kind
        or not apart(<cnp.ndarray>a, <cnp.ndarray>out)
        or (b is not None and not apart(<cnp.ndarray>b, <cnp.ndarray>out))
    ):
        return None
    pointers[0] = <char*>cnp.PyArray_DATA(<cnp.ndarray>a)
    if b is not None:
        pointers[1] = <char*>cnp.PyArray_DATA(<cnp.ndarray>b)
    pointers[inputs] = <char*>cnp.PyArray_DATA(<cnp.ndarray>out)
    for k in range(inputs + 1):
        steps[k] = cnp.PyArray_ITEMSIZE(<cnp.ndarray>a)
    size = cnp.PyArray_SIZE(<cnp.ndarray>a)
    function = <loop_t><void*>ufunc.functions[loop]
    data = ufunc.data[loop]
    if size > WORTH_RELEASING:
        with nogil:
            function(pointers, &size, steps, data)
    else:
        function(pointers, &size, steps, data)
    return out


cdef object each_half(cnp.ufunc ufunc, object dy, object x, object out, int axis, bint turned):
    """A gated ufunc on the halves of an axis of a contiguous array, whose rows are contiguous, without NumPy's preparation.

    dy is None for the forward pass. Gate and value change places where `turned`. None where NumPy's way is needed: other
    types or layouts, memory that overlaps, or something to say about the shape.
    """
    cdef char* pointers[5]
    cdef Py_ssize_t steps[5]
    cdef cnp.npy_intp shape[64]
    cdef Py_ssize_t rows = 1, columns = 1, width
    cdef const Loop* data
    cdef int inputs = 2 if dy is None else 3, results = inputs - 1, k, loop, kind, n
    if not cnp.PyArray_CheckExact(x) or not cnp.PyArray_ISCARRAY_RO(<cnp.ndarray>x):
        return None
    if ufunc.nin != inputs or ufunc.nout != results:
        return None
    n = cnp.PyArray_NDIM(<cnp.ndarray>x)
    kind = cnp.PyArray_TYPE(<cnp.ndarray>x)
    axis = axis + n if axis < 0 else axis
    if not 0 <= axis < n < 64 or cnp.PyArray_DIM(<cnp.ndarray>x, axis) % 2:
        return None
    for loop in range(ufunc.ntypes):
        if ufunc.types[loop * (inputs + results)] == kind:
            break
    else:
        return None
    for k in range(n):
        shape[k] = cnp.PyArray_DIM(<cnp.ndarray>x, k)
        if k == axis:
            shape[k] = shape[k] // 2
        if k < axis:
            rows *= shape[k]
        else:
            columns *= shape[k]
    if dy is not None and (
        not cnp.PyArray_CheckExact(dy)
        or not cnp.PyArray_ISCARRAY_RO(<cnp.ndarray>dy)
        or cnp.PyArray_TYPE(<cnp.ndarray>dy) != kind
        or cnp.PyArray_NDIM(<cnp.ndarray>dy) != n
        or memcmp(cnp.PyArray_DIMS(<cnp.ndarray>dy), shape, n * sizeof(cnp.npy_intp)) != 0
    ):
        return None
    if dy is not None:
        shape[axis] = 2 * shape[axis]
    if out is None:
        out = cnp.PyArray_EMPTY(n, shape, kind, 0)
    elif (
        not cnp.PyArray_CheckExact(out)
        or not cnp.PyArray_ISCARRAY(<cnp.ndarray>out)
        or cnp.PyArray_TYPE(<cnp.ndarray>out) != kind
        or cnp.PyArray_NDIM(<cnp.ndarray>out) != n
        or memcmp(cnp.PyArray_DIMS(<cnp.ndarray>out), shape, n * sizeof(cnp.npy_intp)) != 0
        or not apart(<cnp.ndarray>x, <cnp.ndarray>out)
        or (dy is not None and not apart(<cnp.ndarray>dy, <cnp.ndarray>out))
    ):
        return None
    width = columns * cnp.PyArray_ITEMSIZE(<cnp.ndarray>x)
    k = inputs - 2
    if k:
        pointers[0] = <char*>cnp.PyArray_DATA(<cnp.ndarray>dy)
        steps[0] = width
    pointers[k] = <char*>cnp.PyArray_DATA(<cnp.ndarray>x) + (width if turned else 0)
    pointers[k + 1] = <char*>cnp.PyArray_DATA(<cnp.ndarray>x) + (0 if turned else width)
    steps[k] = steps[k + 1] = 2 * width
    pointers[inputs] = <char*>cnp.PyArray_DATA(<cnp.ndarray>out)
    steps[inputs] = width
    if k:
        pointers[4] = pointers[3] + (0 if turned else width)
        pointers[3] += width if turned else 0
        steps[3] = steps[4] = 2 * width
    data = <const Loop*>ufunc.data[loop]
    if rows * columns > WORTH_RELEASING:
        with nogil:
            data.rows(pointers, rows, columns, steps, data)
    else:
        data.rows(pointers, rows, columns, steps, data)
    return out


cdef object both_gradients(cnp.ufunc ufunc, object dy, object gate, object value):
    """A gated kind's ufunc of two results, on contiguous arrays of one type. Their shapes must have been compared before.

    None where NumPy's way is needed.
    """
    cdef char* pointers[5]
    cdef Py_ssize_t steps[5]
    cdef Py_ssize_t size
    cdef const Loop* data
    cdef int k, loop, kind, n
    cdef list arrays = [dy, gate, value]
    if ufunc.nin != 3 or ufunc.nout != 2:
        return None
    n = cnp.PyArray_NDIM(<cnp.ndarray>dy)
    kind = cnp.PyArray_TYPE(<cnp.ndarray>dy)
    if n == 0:
        return None
    for loop in range(ufunc.ntypes):
        if ufunc.types[loop * 5] == kind:
            break
    else:
        return None
    for operand in arrays:
        if cnp.PyArray_TYPE(<cnp.ndarray>operand) != kind or not cnp.PyArray_ISCARRAY_RO(<cnp.ndarray>operand):
            return None
    arrays += [cnp.PyArray_EMPTY(n, cnp.PyArray_DIMS(<cnp.ndarray>dy), kind, 0) for _ in range(2)]
    for k in range(5):
        pointers[k] = <char*>cnp.PyArray_DATA(<cnp.ndarray>arrays[k])
        steps[k] = 0
    size = cnp.PyArray_SIZE(<cnp.ndarray>dy)
    data = <const Loop*>ufunc.data[loop]
    if size > WORTH_RELEASING:
        with nogil:
            data.rows(pointers, 1, size, steps, data)
    else:
        data.rows(pointers, 1, size, steps, data)
    return arrays[3], arrays[4]


def fold_rows(cnp.ufunc ufunc, object a, object b, object out, Py_ssize_t columns, bint reduced=False):
    """A folding ufunc along the last axis of contiguous arrays, without NumPy's preparation of a call.

    Parameters
    ----------
    ufunc : numpy.ufunc
        Made by `core.folding`, with one result.
    a, b : ndarray
        The operands; b is None where there is one. The shapes must have been compared before.
    out : ndarray or None
    columns : int
        Elements that are folded together.
    reduced : bool
        Whether they are the whole last axis of the one operand, and that axis goes.

    Returns
    -------
    ndarray or None
        None where NumPy's way is needed: other types, layouts or shapes, or memory that overlaps.
    """
    cdef char* pointers[3]
    cdef cnp.npy_intp dimensions[2]
    cdef cnp.npy_intp steps[6]
    cdef cnp.npy_intp shape[64]
    cdef loop_t function
    cdef const Fold* fold
    cdef void* data
    cdef int inputs = 1 if b is None else 2, k, loop, cores = 0, n
    cdef cnp.npy_intp rows = -1, count
    if ufunc.nin != inputs or ufunc.nout != 1 or columns < 1:
        return None
    for k in range(inputs):
        operand = b if k else a
        if not cnp.PyArray_CheckExact(operand) or not cnp.PyArray_ISCARRAY_RO(<cnp.ndarray>operand):
            return None
    for loop in range(ufunc.ntypes):
        if ufunc.types[loop * (inputs + 1)] == cnp.PyArray_TYPE(<cnp.ndarray>a) and (
            b is None or ufunc.types[loop * 3 + 1] == cnp.PyArray_TYPE(<cnp.ndarray>b)
        ):
            break
    else:
        return None
    fold = <const Fold*>ufunc.data[loop]
    for k in range(inputs):
        count = cnp.PyArray_SIZE(<cnp.ndarray>b if k else <cnp.ndarray>a)
        if fold.core[k]:
            if count % columns:
                return None
            count = count // columns
        if rows != count and rows >= 0:
            return None
        rows = count
    n = cnp.PyArray_NDIM(<cnp.ndarray>a)
    if not 0 < n < 64:
        return None
    for k in range(n):
        shape[k] = cnp.PyArray_DIM(<cnp.ndarray>a, k)
    if reduced:
        n -= 1
        if n == 0:
            return None  # a scalar, which NumPy knows how to make
    elif fold.core[0]:
        if shape[n - 1] % columns:
            return None
        shape[n - 1] = shape[n - 1] // columns
    if fold.core[inputs]:
        shape[n - 1] = shape[n - 1] * columns
    if out is None:
        out = cnp.PyArray_EMPTY(n, shape, ufunc.types[loop * (inputs + 1) + inputs], 0)
    elif (
        not cnp.PyArray_CheckExact(out)
        or not cnp.PyArray_ISCARRAY(<cnp.ndarray>out)
        or cnp.PyArray_TYPE(<cnp.ndarray>out) != ufunc.types[loop * (inputs + 1) + inputs]
        or cnp.PyArray_NDIM(<cnp.ndarray>out) != n
        or memcmp(cnp.PyArray_DIMS(<cnp.ndarray>out), shape, n * sizeof(cnp.npy_intp)) != 0
        or not apart(<cnp.ndarray>a, <cnp.ndarray>out)
        or (b is not None and not apart(<cnp.ndarray>b, <cnp.ndarray>out))
    ):
        return None
    for k in range(inputs + 1):
        operand = out if k == inputs else b if k else a
        pointers[k] = <char*>cnp.PyArray_DATA(<cnp.ndarray>operand)
        steps[k] = fold.itemsize[k]
        if fold.core[k]:
            steps[k] = columns * fold.itemsize[k]
            steps[inputs + 1 + cores] = fold.itemsize[k]
            cores += 1
    dimensions[0] = rows
    dimensions[1] = columns
    function = <loop_t><void*>ufunc.functions[loop]
    data = ufunc.data[loop]
    if rows * columns > WORTH_RELEASING:
        with nogil:
            function(pointers, dimensions, steps, data)
    else:
        function(pointers, dimensions, steps, data)
    refuse_pending()
    return out


cdef class Rows:
    """A folding ufunc whose result has the shape of its operands, called along their last axis.

    Attributes
    ----------
    ufunc : numpy.ufunc
        Called where arrays are not contiguous or of several types.
    """

    cdef readonly object ufunc

    def __init__(self, cnp.ufunc ufunc not None):
        self.ufunc = ufunc

    def __call__(self, *arrays):
        cdef Py_ssize_t inputs = (<cnp.ufunc>self.ufunc).nin, given = len(arrays)
        cdef int n
        if inputs <= given <= inputs + 1 and cnp.PyArray_CheckExact(arrays[0]):
            n = cnp.PyArray_NDIM(<cnp.ndarray>arrays[0])
            if n and (inputs == 1 or same_shape(arrays[0], arrays[1])):
                result = fold_rows(
                    self.ufunc,
                    arrays[0],
                    arrays[1] if inputs == 2 else None,
                    arrays[inputs] if given > inputs else None,
                    cnp.PyArray_DIM(<cnp.ndarray>arrays[0], n - 1),
                )
                if result is not None:
                    return result
        return self.ufunc(*arrays)


cdef class Reduced:
    """A folding ufunc of one operand whose result lacks the folded axis, called along the last axis.

    Attributes
    ----------
    ufunc : numpy.ufunc
        Called where arrays are not contiguous.
    needs_elements : bool
        Whether nothing but arrays with elements on that axis are taken; all else is a ValueError here.
    """

    cdef readonly object ufunc
    cdef readonly bint needs_elements

    def __init__(self, cnp.ufunc ufunc not None, bint needs_elements=False):
        self.ufunc = ufunc
        self.needs_elements = needs_elements

    def __call__(self, x, out=None):
        cdef Py_ssize_t columns = 0
        if cnp.PyArray_CheckExact(x) and cnp.PyArray_NDIM(<cnp.ndarray>x):
            columns = cnp.PyArray_DIM(<cnp.ndarray>x, cnp.PyArray_NDIM(<cnp.ndarray>x) - 1)
            result = fold_rows(self.ufunc, x, None, out, columns, True)
            if result is not None:
                return result
        if self.needs_elements and columns == 0:
            raise ValueError("not an array with elements on its last axis")
        return self.ufunc(x) if out is None else self.ufunc(x, out)


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
    grouped : numpy.ufunc or None
        For a kind that folds groups of neighbours: what `fold_rows` calls for ``f(x, pieces=..., out=...)``.
    grouped_backward, grouped_from_argmax : numpy.ufunc or None
        The same for ``f.backward(dy, x, pieces=...)`` and ``f.backward(dy, which=..., pieces=...)``.
    pieces : int
        The group's length where the call gives none.
    halved, halved_backward : numpy.ufunc or None
        For a gated kind: what `each_half` calls for ``f(x, axis=..., out=...)`` and ``f.backward(dy, x, axis=...)``.
    turned : bool
        Whether the second half is the gate.
    """

    cdef public object fast
    cdef public object fast_backward
    cdef public object fast_from_output
    cdef public bint straight
    cdef public object grouped
    cdef public object grouped_backward
    cdef public object grouped_from_argmax
    cdef public Py_ssize_t pieces
    cdef public object halved
    cdef public object halved_backward
    cdef public bint turned

    def __call__(self, x, /, *args, **kwargs):
        if len(args) == 1 and not kwargs and self.out_follows():
            args, kwargs = (), {"out": args[0]}
        if self.grouped is not None and not args:
            result = self.group(x, kwargs)
            if result is not None:
                return result
        if self.halved is not None:
            result = None
            if not args:
                result = self.halves(self.halved, None, x, kwargs.get("out") if kwargs else None, kwargs)
            elif len(args) == 1 and not kwargs and same_shape(x, args[0]):
                first, second = (args[0], x) if self.turned else (x, args[0])
                result = each_element(self.halved, first, second, None)
            if result is not None:
                return result
        if self.fast is not None and not args and not foreign(x):
            try:
                out = kwargs.get("out") if kwargs else None
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
        return self.straight or self.grouped is not None or isinstance(self.fast, (Rows, Reduced))

    cdef object group(self, object x, dict keywords):
        """``f(x)`` with at most ``pieces`` and ``out``; None where there is something to convert, check or say."""
        cdef object out = None, pieces = None
        cdef Py_ssize_t known = 0
        if keywords:
            pieces, out = keywords.get("pieces"), keywords.get("out")
            known = (pieces is not None) + (out is not None)
        if len(keywords) != known or (pieces is not None and type(pieces) is not int):
            return None
        return fold_rows(self.grouped, x, None, out, self.pieces if pieces is None else pieces)

    cdef object group_backward(self, object dy, object x, object out, dict keywords):
        """``f.backward`` with at most ``which`` and ``pieces``; None as above."""
        cdef object which = keywords.get("which"), pieces = keywords.get("pieces"), saved = x if which is None else which
        cdef Py_ssize_t known = (pieces is not None) + (which is not None), columns
        cdef int n, k
        if len(keywords) != known or (pieces is not None and type(pieces) is not int):
            return None
        if not cnp.PyArray_CheckExact(dy) or not cnp.PyArray_CheckExact(saved):
            return None
        columns = self.pieces if pieces is None else pieces
        n = cnp.PyArray_NDIM(<cnp.ndarray>dy)
        if n == 0 or n != cnp.PyArray_NDIM(<cnp.ndarray>saved):
            return None
        for k in range(n):
            if cnp.PyArray_DIM(<cnp.ndarray>saved, k) != cnp.PyArray_DIM(<cnp.ndarray>dy, k) * (
                columns if which is None and k == n - 1 else 1
            ):
                return None
        return fold_rows(
            self.grouped_backward if which is None else self.grouped_from_argmax, dy, saved, out, columns
        )

    cdef object halves(self, object function, object dy, object x, object out, dict keywords):
        """``f(x)`` or ``f.backward(dy, x)`` with at most ``axis`` and ``out``; None as above."""
        cdef object axis = keywords.get("axis") if keywords else None
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
        if self.grouped is not None:
            result = self.group_backward(dy, x, out, keywords)
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
