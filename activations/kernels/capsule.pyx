"""Kernels over somebody's C function, which comes in a PyCapsule named by its signature. The drivers do all else."""

from libc.stdint cimport uintptr_t

from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.pycapsule cimport PyCapsule_CheckExact, PyCapsule_GetName, PyCapsule_GetPointer

from activations.kernels.real cimport real

cdef enum:
    MOST = 6                      # arguments of a function

MOST_ARGUMENTS = MOST

# What arrays hold; `real` is what a function computes in.
ctypedef fused element:
    float
    double

cdef struct Function:
    void* pointer
    Py_ssize_t arguments

ctypedef real (*call1)(real) noexcept nogil
ctypedef real (*call2)(real, real) noexcept nogil
ctypedef real (*call3)(real, real, real) noexcept nogil
ctypedef real (*call4)(real, real, real, real) noexcept nogil
ctypedef real (*call5)(real, real, real, real, real) noexcept nogil
ctypedef real (*call6)(real, real, real, real, real, real) noexcept nogil


cdef inline real called(const Function* f, const real* a) noexcept nogil:
    if f.arguments == 1:
        return (<call1>f.pointer)(a[0])
    if f.arguments == 2:
        return (<call2>f.pointer)(a[0], a[1])
    if f.arguments == 3:
        return (<call3>f.pointer)(a[0], a[1], a[2])
    if f.arguments == 4:
        return (<call4>f.pointer)(a[0], a[1], a[2], a[3])
    if f.arguments == 5:
        return (<call5>f.pointer)(a[0], a[1], a[2], a[3], a[4])
    return (<call6>f.pointer)(a[0], a[1], a[2], a[3], a[4], a[5])


cdef inline void each(char** arrays, Py_ssize_t n, const void* values, const element* like, const real* of) noexcept nogil:
    """Arrays of `like`, computed in `of`, rounded once."""
    cdef const Function* f = <const Function*>values
    cdef real given[MOST]
    cdef Py_ssize_t i, k
    for i in range(n):
        for k in range(f.arguments):
            given[k] = (<const element*>arrays[k])[i]
        (<element*>arrays[f.arguments])[i] = <element>called(f, <const real*>given)


cdef void float_kernel(char** arrays, Py_ssize_t n, const void* values) noexcept nogil:
    each(arrays, n, values, <const float*>NULL, <const float*>NULL)


cdef void double_kernel(char** arrays, Py_ssize_t n, const void* values) noexcept nogil:
    each(arrays, n, values, <const double*>NULL, <const double*>NULL)


cdef void through_double_kernel(char** arrays, Py_ssize_t n, const void* values) noexcept nogil:
    each(arrays, n, values, <const float*>NULL, <const double*>NULL)


KERNELS = {
    ("float", "float"): <uintptr_t><void*>float_kernel,
    ("double", "double"): <uintptr_t><void*>double_kernel,
    ("float", "double"): <uintptr_t><void*>through_double_kernel,
}


def signature(capsule):
    """The name of a capsule, which is the signature of what it holds.

    Raises
    ------
    TypeError
        If it is no capsule.
    ValueError
        If it has no name.
    """
    if not PyCapsule_CheckExact(capsule):
        raise TypeError(f"a PyCapsule is wanted, not a {type(capsule).__name__}")
    cdef const char* name = PyCapsule_GetName(capsule)
    if name == NULL:
        raise ValueError("the capsule has no name: name it by the signature of its function, such as 'double (double)'")
    return (<bytes>name).decode()


def packed(capsule, Py_ssize_t arguments):
    """The bytes that the kernels find a function by."""
    cdef Function function
    function.pointer = PyCapsule_GetPointer(capsule, PyCapsule_GetName(capsule))
    function.arguments = arguments
    return PyBytes_FromStringAndSize(<const char*>&function, sizeof(function))
