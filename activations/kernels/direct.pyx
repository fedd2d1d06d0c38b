"""Calls of this package's loops on contiguous arrays of the right types, without NumPy's preparation of a call.

Each of them looks at its arguments first, and gives None where NumPy's way is needed: other types, layouts or shapes,
memory that overlaps, or something to say about what is wrong.
"""

import numpy

cimport numpy as cnp
from cpython.exc cimport PyErr_Occurred
from cpython.object cimport PyTypeObject, Py_TYPE
from cpython.ref cimport PyObject
from libc.stdint cimport int16_t, int32_t, int64_t, uint16_t, uintptr_t
from libc.string cimport memcmp

from activations.kernels.bits cimport double_rows, fill, halve_rows
from activations.kernels.core cimport Fold, Loop, say_fresh
from activations.kernels.threads cimport act_flags_restore, act_flags_save

cnp.import_array()

cdef extern from "numpy/arrayobject.h":
    enum:
        NPY_HALF
    object PyArray_Scalar(void* data, cnp.dtype dtype, object base)

cdef extern from "numpy/arrayscalars.h":
    ctypedef struct PyHalfScalarObject:
        uint16_t obval
    ctypedef struct PyFloatScalarObject:
        float obval
    ctypedef struct PyDoubleScalarObject:
        double obval

cdef type HALF = numpy.float16, FLOAT = numpy.float32, DOUBLE = numpy.float64

# A ufunc's inner loop; ours need no GIL.
ctypedef void (*loop_t)(char** arrays, cnp.npy_intp* dimensions, cnp.npy_intp* steps, void* data) noexcept nogil


cdef enum:
    # Elements from which on other Python threads may run meanwhile. To let them costs 80 ns, two thirds of a call on 16
    # elements and a fiftieth of the cheapest on 65,536; so many take 5 to 150 microseconds.
    WORTH_RELEASING = 131072
    # Bytes from which on memory comes from the operating system at each allocation, untouched. (malloc's own bound moves
    # up to here as arrays of a size are freed.)
    UNTOUCHED = 33554432
    # Rows and elements up to which a fold's kernel is called without its driver, which would do no more.
    FEW = 32
    SMALL = 2048


cdef inline bint has_shape(cnp.ndarray array, int n, const cnp.npy_intp* shape):
    return cnp.PyArray_NDIM(array) == n and (
        n == 0 or memcmp(cnp.PyArray_DIMS(array), shape, n * sizeof(cnp.npy_intp)) == 0
    )


cdef bint same_shape(object a, object b):
    """Whether both are exactly arrays (no subclass) of one shape."""
    if not cnp.PyArray_CheckExact(a) or not cnp.PyArray_CheckExact(b):
        return False
    return has_shape(<cnp.ndarray>a, cnp.PyArray_NDIM(<cnp.ndarray>b), cnp.PyArray_DIMS(<cnp.ndarray>b))


cdef inline bint readable(object x):
    return cnp.PyArray_CheckExact(x) and cnp.PyArray_ISCARRAY_RO(<cnp.ndarray>x)


cdef inline int type_read(object x, double* memory):
    """The type of an array that a loop can read, or of a scalar of NumPy's, which is laid into `memory`; -1 for others.

    A fold of a single row gives such a scalar, and the gradient gets one back.
    """
    cdef PyTypeObject* cls
    if cnp.PyArray_CheckExact(x):
        return cnp.PyArray_TYPE(<cnp.ndarray>x) if cnp.PyArray_ISCARRAY_RO(<cnp.ndarray>x) else -1
    cls = Py_TYPE(x)
    if cls == <PyTypeObject*>FLOAT:
        (<float*>memory)[0] = (<PyFloatScalarObject*><PyObject*>x).obval
        return cnp.NPY_FLOAT
    if cls == <PyTypeObject*>DOUBLE:
        memory[0] = (<PyDoubleScalarObject*><PyObject*>x).obval
        return cnp.NPY_DOUBLE
    if cls == <PyTypeObject*>HALF:
        (<uint16_t*>memory)[0] = (<PyHalfScalarObject*><PyObject*>x).obval
        return NPY_HALF
    return -1


cdef int loop_for(cnp.ufunc ufunc, int kind):
    """The number of a ufunc's loop whose first operand is of this type; -1 where there is none."""
    cdef int loop
    for loop in range(ufunc.ntypes):
        if ufunc.types[loop * (ufunc.nin + ufunc.nout)] == kind:
            return loop
    return -1


cdef int refuse_pending() except -1:
    """Raise what a loop without the GIL has left behind (a MemoryError)."""
    return -1 if PyErr_Occurred() else 0


cdef inline bint overlap(cnp.ndarray a, cnp.ndarray b):
    cdef uintptr_t first = <uintptr_t>cnp.PyArray_DATA(a), second = <uintptr_t>cnp.PyArray_DATA(b)
    return first < second + cnp.PyArray_NBYTES(b) and second < first + cnp.PyArray_NBYTES(a)


cdef inline bint apart(cnp.ndarray a, cnp.ndarray b):
    """Whether no byte belongs to both, or every byte to both."""
    if cnp.PyArray_DATA(a) == cnp.PyArray_DATA(b):
        return cnp.PyArray_NBYTES(a) == cnp.PyArray_NBYTES(b)
    return not overlap(a, b)


cdef inline bint takes(object out, int n, const cnp.npy_intp* shape, int kind, object a, object b):
    """Whether `out` can be a result of this shape and type beside the operands a and b (which may be None)."""
    return (
        cnp.PyArray_CheckExact(out)
        and cnp.PyArray_ISCARRAY(<cnp.ndarray>out)
        and cnp.PyArray_TYPE(<cnp.ndarray>out) == kind
        and has_shape(<cnp.ndarray>out, n, shape)
        and apart(<cnp.ndarray>a, <cnp.ndarray>out)
        and (b is None or apart(<cnp.ndarray>b, <cnp.ndarray>out))
    )


cdef bint elsewhere(object x, object out):
    """Whether both are arrays that share no memory, so that `out` may be written before all of x has been read."""
    return cnp.PyArray_CheckExact(x) and cnp.PyArray_CheckExact(out) and not overlap(<cnp.ndarray>x, <cnp.ndarray>out)


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
    cdef bint fresh = False
    if not readable(a) or ufunc.nin != inputs:
        return None
    n = cnp.PyArray_NDIM(<cnp.ndarray>a)
    kind = cnp.PyArray_TYPE(<cnp.ndarray>a)
    if n == 0:
        return None
    loop = loop_for(ufunc, kind)
    if loop < 0 or (b is not None and (cnp.PyArray_TYPE(<cnp.ndarray>b) != kind or not readable(b))):
        return None
    if out is None:
        out = cnp.PyArray_EMPTY(n, cnp.PyArray_DIMS(<cnp.ndarray>a), kind, 0)
        fresh = cnp.PyArray_NBYTES(<cnp.ndarray>out) > UNTOUCHED
    elif not takes(out, n, cnp.PyArray_DIMS(<cnp.ndarray>a), kind, a, b):
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
            say_fresh(fresh)
            function(pointers, &size, steps, data)
            say_fresh(False)
    else:
        function(pointers, &size, steps, data)
    return out


cdef object each_biased(cnp.ufunc ufunc, object dy, object x, object bias, object out):
    """An elementwise ufunc on x + bias, in one pass; dy is None where it has one operand. None where NumPy's way is needed.

    x is contiguous and its last axis as long as the bias.
    """
    cdef char* pointers[4]
    cdef cnp.npy_intp size, columns
    cdef const Loop* data
    cdef int loop, kind, n, inputs = 1 if dy is None else 2
    cdef bint fresh = False
    if not readable(x) or not readable(bias) or ufunc.nin != inputs or ufunc.nout != 1:
        return None
    n = cnp.PyArray_NDIM(<cnp.ndarray>x)
    kind = cnp.PyArray_TYPE(<cnp.ndarray>x)
    if n == 0 or not cnp.PyTypeNum_ISFLOAT(kind):
        return None
    columns = cnp.PyArray_DIM(<cnp.ndarray>x, n - 1)
    loop = loop_for(ufunc, kind)
    if loop < 0 or not has_shape(<cnp.ndarray>bias, 1, &columns) or cnp.PyArray_TYPE(<cnp.ndarray>bias) != kind:
        return None
    if dy is not None and not (readable(dy) and same_shape(dy, x) and cnp.PyArray_TYPE(<cnp.ndarray>dy) == kind):
        return None
    if out is None:
        out = cnp.PyArray_EMPTY(n, cnp.PyArray_DIMS(<cnp.ndarray>x), kind, 0)
        fresh = cnp.PyArray_NBYTES(<cnp.ndarray>out) > UNTOUCHED
    elif not takes(out, n, cnp.PyArray_DIMS(<cnp.ndarray>x), kind, x, dy) or overlap(<cnp.ndarray>bias, <cnp.ndarray>out):
        return None
    if dy is not None:
        pointers[0] = <char*>cnp.PyArray_DATA(<cnp.ndarray>dy)
    pointers[inputs - 1] = <char*>cnp.PyArray_DATA(<cnp.ndarray>x)
    pointers[inputs] = <char*>cnp.PyArray_DATA(<cnp.ndarray>bias)
    pointers[inputs + 1] = <char*>cnp.PyArray_DATA(<cnp.ndarray>out)
    size = cnp.PyArray_SIZE(<cnp.ndarray>x)
    data = <const Loop*>ufunc.data[loop]
    if size > WORTH_RELEASING:
        with nogil:
            say_fresh(fresh)
            data.biased(pointers, size // columns, columns, NULL, data)
            say_fresh(False)
    elif size:
        data.biased(pointers, size // columns, columns, NULL, data)
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
    if not readable(x):
        return None
    if ufunc.nin != inputs or ufunc.nout != results:
        return None
    n = cnp.PyArray_NDIM(<cnp.ndarray>x)
    kind = cnp.PyArray_TYPE(<cnp.ndarray>x)
    axis = axis + n if axis < 0 else axis
    if not 0 <= axis < n < 64 or cnp.PyArray_DIM(<cnp.ndarray>x, axis) % 2:
        return None
    loop = loop_for(ufunc, kind)
    if loop < 0:
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
        not readable(dy)
        or cnp.PyArray_TYPE(<cnp.ndarray>dy) != kind
        or not has_shape(<cnp.ndarray>dy, n, shape)
    ):
        return None
    if dy is not None:
        shape[axis] = 2 * shape[axis]
    if out is None:
        out = cnp.PyArray_EMPTY(n, shape, kind, 0)
    elif not takes(out, n, shape, kind, x, dy):
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
    loop = loop_for(ufunc, kind)
    if loop < 0:
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


cdef object each_doubled(object dy, object x, object out, int axis):
    """crelu along an axis, or with dy (else None) its gradient. None where NumPy's way is needed, and for large arrays,
    which threads share there."""
    cdef cnp.npy_intp doubled[64]
    cdef cnp.npy_intp* shape
    cdef Py_ssize_t rows = 1, columns = 1
    cdef int k, kind, n
    cdef void* data
    cdef void* from_
    cdef void* to
    if not readable(x) or cnp.PyArray_SIZE(<cnp.ndarray>x) > WORTH_RELEASING:
        return None
    n = cnp.PyArray_NDIM(<cnp.ndarray>x)
    kind = cnp.PyArray_TYPE(<cnp.ndarray>x)
    axis = axis + n if axis < 0 else axis
    if not 0 <= axis < n < 64 or kind not in (NPY_HALF, cnp.NPY_FLOAT, cnp.NPY_DOUBLE):
        return None
    for k in range(n):
        doubled[k] = cnp.PyArray_DIM(<cnp.ndarray>x, k)
        if k < axis:
            rows *= doubled[k]
        else:
            columns *= doubled[k]
    doubled[axis] *= 2
    if dy is None:
        shape = &doubled[0]
    else:
        shape = cnp.PyArray_DIMS(<cnp.ndarray>x)
        if not readable(dy) or cnp.PyArray_TYPE(<cnp.ndarray>dy) != kind or not has_shape(<cnp.ndarray>dy, n, doubled):
            return None
    if out is None:
        out = cnp.PyArray_EMPTY(n, shape, kind, 0)
    elif not takes(out, n, shape, kind, x, dy):
        return None
    data = NULL if dy is None else cnp.PyArray_DATA(<cnp.ndarray>dy)
    from_ = cnp.PyArray_DATA(<cnp.ndarray>x)
    to = cnp.PyArray_DATA(<cnp.ndarray>out)
    if kind == NPY_HALF and dy is None:
        double_rows(<int16_t*>from_, <int16_t*>to, rows, columns, <int16_t>0x7c00)
    elif kind == NPY_HALF:
        halve_rows(<int16_t*>data, <int16_t*>from_, <int16_t*>to, rows, columns, <int16_t>0x7c00)
    elif kind == cnp.NPY_FLOAT and dy is None:
        double_rows(<int32_t*>from_, <int32_t*>to, rows, columns, <int32_t>0x7f800000)
    elif kind == cnp.NPY_FLOAT:
        halve_rows(<int32_t*>data, <int32_t*>from_, <int32_t*>to, rows, columns, <int32_t>0x7f800000)
    elif dy is None:
        double_rows(<int64_t*>from_, <int64_t*>to, rows, columns, <int64_t>0x7ff0000000000000)
    else:
        halve_rows(<int64_t*>data, <int64_t*>from_, <int64_t*>to, rows, columns, <int64_t>0x7ff0000000000000)
    return out


cpdef object filled(object x, object mask, int filling, object out):
    """x where a mask of its shape is set; elsewhere 0, or the infinity of the sign of `filling`. It goes to `out`, which may
    be x, if that is not None. None where NumPy's way is needed."""
    cdef const char* set_
    cdef void* from_
    cdef void* to
    cdef int kind, itemsize
    cdef cnp.npy_intp n
    if not readable(x) or not readable(mask) or not same_shape(x, mask):
        return None
    if cnp.PyArray_TYPE(<cnp.ndarray>mask) != cnp.NPY_BOOL:
        return None
    kind = cnp.PyArray_TYPE(<cnp.ndarray>x)
    n = cnp.PyArray_SIZE(<cnp.ndarray>x)
    if kind not in (NPY_HALF, cnp.NPY_FLOAT, cnp.NPY_DOUBLE):
        return None
    if out is None:
        out = cnp.PyArray_EMPTY(cnp.PyArray_NDIM(<cnp.ndarray>x), cnp.PyArray_DIMS(<cnp.ndarray>x), kind, 0)
    elif not elsewhere(mask, out) or (out is not x and not takes(
        out, cnp.PyArray_NDIM(<cnp.ndarray>x), cnp.PyArray_DIMS(<cnp.ndarray>x), kind, x, None
    )):
        return None
    itemsize = cnp.PyArray_ITEMSIZE(<cnp.ndarray>x)
    set_ = <const char*>cnp.PyArray_DATA(<cnp.ndarray>mask)
    from_ = cnp.PyArray_DATA(<cnp.ndarray>x)
    to = cnp.PyArray_DATA(<cnp.ndarray>out)
    if n > WORTH_RELEASING:
        with nogil:
            fill(from_, set_, to, n, itemsize, filling)
    else:
        fill(from_, set_, to, n, itemsize, filling)
    return out


cdef inline bint fold_few(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const Fold* fold) noexcept nogil:
    """A fold of few contiguous rows, if nothing has to be converted or kept apart: short calls wait for every division of
    the driver's."""
    cdef unsigned int flags
    cdef int k
    if rows > FEW or rows * columns > SMALL:
        return False
    for k in range(fold.arrays):
        if fold.half[k] or (k < fold.inputs and fold.inputs > 1 and arrays[k] == arrays[fold.inputs]):
            return False
    flags = act_flags_save()
    fold.kernel(arrays, rows, columns, fold.values, NULL)
    act_flags_restore(flags)
    return True


cdef object fold_along(cnp.ufunc ufunc, object a, object b, object c, object out, int axis, Py_ssize_t columns,
                       bint removes, bint keepdims):
    """A folding ufunc with one result, along any axis; b is None where there is one operand, c where there are two. Three
    are folded along the last axis alone.

    Groups of `columns` neighbours on the axis are folded together, or with 0 all of it. Where a group's value has no
    element on the axis of its own, the activation `removes` it, unless `keepdims`; where no axis is left, and no `out` is
    given, the result is a scalar.
    """
    cdef char* pointers[4]
    cdef double scalars[4]          # the memory of operands and results that are scalars
    cdef cnp.npy_intp dimensions[2]
    cdef cnp.npy_intp steps[8]
    cdef cnp.npy_intp large[64]     # the shape of arrays with all elements of the axis
    cdef cnp.npy_intp small[64]     # of those with one for each group
    cdef cnp.npy_intp without[64]   # the same without the axis
    cdef cnp.npy_intp groups = 1, width = 1
    cdef loop_t function
    cdef const Fold* fold
    cdef void* data
    cdef cnp.ndarray array
    cdef cnp.npy_intp* shape
    cdef int inputs = 1 if b is None else 2 if c is None else 3, whole = 0 if b is None else 1
    cdef int k, loop, cores = 0, n, kind
    cdef bint released, scalar, fresh = False
    if ufunc.nin != inputs or ufunc.nout != 1 or not cnp.PyArray_CheckExact(a if b is None else b):
        return None
    loop = loop_for(ufunc, type_read(a, &scalars[0]))
    if loop < 0:
        return None
    for k in range(1, inputs):
        operand = b if k == 1 else c
        if ufunc.types[loop * (inputs + 1) + k] != type_read(operand, &scalars[k]):
            return None
    data = ufunc.data[loop]
    fold = <const Fold*>data
    array = <cnp.ndarray>(a if b is None else b)
    n = cnp.PyArray_NDIM(array)
    axis = axis + n if axis < 0 else axis
    if not 0 <= axis < n < 64 or (c is not None and axis < n - 1):
        return None
    if columns == 0:
        columns = cnp.PyArray_DIM(array, axis)
    if columns < 1 or (fold.core[whole] and cnp.PyArray_DIM(array, axis) % columns):
        return None
    for k in range(n):
        large[k] = small[k] = cnp.PyArray_DIM(array, k)
        if k == axis:
            if fold.core[whole]:
                small[k] = small[k] // columns
            else:
                large[k] = large[k] * columns
        else:
            without[k - (k > axis)] = small[k]
        if k <= axis:
            groups *= small[k]
        else:
            width *= small[k]
    for k in range(inputs):
        operand = a if k == 0 else b if k == 1 else c
        if not cnp.PyArray_CheckExact(operand):
            if not removes or n > 1 or fold.core[k]:
                return None
        elif k != whole and not has_shape(<cnp.ndarray>operand, n, &large[0] if fold.core[k] else &small[0]) and not (
            removes and not fold.core[k] and has_shape(<cnp.ndarray>operand, n - 1, without)
        ):
            return None
    kind = ufunc.types[loop * (inputs + 1) + inputs]
    if fold.core[inputs]:
        shape = &large[0]
    elif removes and not keepdims:
        n -= 1
        shape = &without[0]
    else:
        shape = &small[0]
    scalar = n == 0 and out is None
    if out is None and not scalar:
        out = cnp.PyArray_EMPTY(n, shape, kind, 0)
        fresh = cnp.PyArray_NBYTES(<cnp.ndarray>out) > UNTOUCHED
    elif not scalar:
        if not takes(out, n, shape, kind, array, a if cnp.PyArray_CheckExact(a) else None):
            return None
        if c is not None and cnp.PyArray_CheckExact(c) and overlap(<cnp.ndarray>c, <cnp.ndarray>out):
            return None
    for k in range(inputs + 1):
        operand = out if k == inputs else a if k == 0 else b if k == 1 else c
        if k == inputs and scalar or k < inputs and not cnp.PyArray_CheckExact(operand):
            pointers[k] = <char*>&scalars[k]
        else:
            pointers[k] = <char*>cnp.PyArray_DATA(<cnp.ndarray>operand)
        steps[k] = fold.itemsize[k] * (columns if fold.core[k] else 1)
        if fold.core[k]:
            steps[inputs + 1 + cores] = fold.itemsize[k]
            cores += 1
    dimensions[0], dimensions[1] = groups, columns
    function = <loop_t><void*>ufunc.functions[loop]
    released = groups * width * columns > WORTH_RELEASING
    if width == 1 and released:
        with nogil:
            say_fresh(fresh)
            function(pointers, dimensions, steps, data)
            say_fresh(False)
    elif width == 1 and not (groups and fold_few(pointers, groups, columns, fold)):
        function(pointers, dimensions, steps, data)
    elif width > 1 and groups and released:
        with nogil:
            fold.tables(pointers, groups, columns, width, data)
    elif width > 1 and groups:
        fold.tables(pointers, groups, columns, width, data)
    refuse_pending()
    return PyArray_Scalar(&scalars[inputs], cnp.PyArray_DescrFromType(kind), None) if scalar else out


def winners_along(cnp.ufunc ufunc, object x, int axis, Py_ssize_t columns):
    """A folding ufunc of one operand and two results that lose the axis, on groups of `columns` neighbours along any.

    None where NumPy's way is needed.
    """
    cdef char* pointers[3]
    cdef cnp.npy_intp small[64]
    cdef cnp.npy_intp groups = 1, width = 1
    cdef const Fold* fold
    cdef int k, loop, n
    if not readable(x):
        return None
    loop = loop_for(ufunc, cnp.PyArray_TYPE(<cnp.ndarray>x))
    n = cnp.PyArray_NDIM(<cnp.ndarray>x)
    axis = axis + n if axis < 0 else axis
    if loop < 0 or not 0 <= axis < n < 64 or columns < 1 or cnp.PyArray_DIM(<cnp.ndarray>x, axis) % columns:
        return None
    for k in range(n):
        small[k] = cnp.PyArray_DIM(<cnp.ndarray>x, k) // (columns if k == axis else 1)
        if k <= axis:
            groups *= small[k]
        else:
            width *= small[k]
    if width < 2 or groups < 1:
        return None
    results = [cnp.PyArray_EMPTY(n, small, ufunc.types[loop * 3 + k], 0) for k in range(1, 3)]
    pointers[0] = <char*>cnp.PyArray_DATA(<cnp.ndarray>x)
    for k in range(2):
        pointers[1 + k] = <char*>cnp.PyArray_DATA(<cnp.ndarray>results[k])
    fold = <const Fold*>ufunc.data[loop]
    with nogil:
        fold.tables(pointers, groups, columns, width, <void*>fold)
    refuse_pending()
    return tuple(results)
