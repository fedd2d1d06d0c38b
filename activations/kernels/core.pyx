"""Makes ufuncs out of kernels, and holds the settings and the threads that all drivers share."""

from libc.stdint cimport uintptr_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy

cimport numpy as cnp
from cpython.ref cimport Py_INCREF, PyObject

cnp.import_array()
cnp.import_ufunc()

cdef extern from "machine.h" nogil:
    int act_cpu_level()
    long act_stream_size()
    const char* ACT_COMPILER

cdef extern from * nogil:
    """
    #if defined(_MSC_VER)
    static __declspec(thread) int act_fresh;
    #else
    static _Thread_local int act_fresh;
    #endif
    """
    bint act_fresh

cdef extern from "pool.h" nogil:
    int act_at_hand(double expected)
    int act_helpers()
    int act_offered_threads()
    void act_prepare_pool()
    void act_share(int threads, Py_ssize_t chunks, task_t task, void* work, double expected)

settings.threads = 0
settings.quota = 0
settings.parallel_ns = 30000
settings.stream_bytes = act_stream_size()
settings.stream_ns = 0.02
act_prepare_pool()


INTERFACE = ACT_INTERFACE


def cpu_level():
    """0, 1 or 2: the best of baseline, v3, v4 that this processor and operating system run."""
    return act_cpu_level()


def compiler():
    """The compiler that built this module."""
    return ACT_COMPILER.decode()


def itemsize(str character):
    """Bytes of an element of the type with this character."""
    return cnp.dtype(character).itemsize


cdef int allowed_threads() noexcept nogil:
    """The most threads that a call from this thread may use now."""
    cdef int offered = act_offered_threads()
    cdef int asked = settings.threads if settings.threads else settings.quota
    return asked if 0 < asked < offered else offered


cdef bint helper_at_hand(double expected) noexcept nogil:
    """Whether a call of so many nanoseconds on one thread, too few to wait for a helper, has one at hand."""
    return act_at_hand(expected)


cdef void say_fresh(bint fresh) noexcept nogil:
    """Say whether this thread's next result is memory that nobody has touched: the operating system is about to write
    zeros there, so that it lies in the caches, and what goes past them takes longer."""
    global act_fresh
    act_fresh = fresh


cdef bint writes_fresh() noexcept nogil:
    return act_fresh


cdef void share(int threads, Py_ssize_t chunks, task_t task, void* work, double expected) noexcept nogil:
    """Call task(work, chunk) for each chunk from 0 on, in any order, on at most so many threads.

    `expected` is what all of it would take one thread, in nanoseconds.
    """
    act_share(threads, chunks, task, work, expected)


def threads_now():
    """The most threads that a call from this thread may use now."""
    return allowed_threads()


def helpers():
    """How many threads of this library's there are in this process."""
    return act_helpers()


def configure(threads=None, quota=None, parallel_ns=None, stream_bytes=None, stream_ns=None):
    """Set what is given; return the settings as a dict."""
    if quota is not None:
        settings.quota = quota
    if threads is not None:
        settings.threads = threads
    if parallel_ns is not None:
        settings.parallel_ns = parallel_ns
    if stream_bytes is not None:
        settings.stream_bytes = stream_bytes
    if stream_ns is not None:
        settings.stream_ns = stream_ns
    return dict(settings)


cdef class Ownership:
    """Keeps alive what a ufunc points at; the ufunc holds the only reference."""

    cdef void* memory
    cdef object texts
    cdef void* brain                                # the Loop that computes bfloat16, until NumPy knows of it
    cdef cnp.PyUFuncGenericFunction brain_loop

    def __dealloc__(self):
        free(self.memory)

    cdef char* reserve(self, size_t size) except NULL:
        self.memory = calloc(size, 1)
        if self.memory == NULL:
            raise MemoryError()
        return <char*>self.memory


cdef object owned(object ufunc, Ownership ownership):
    # The slot is the one that numpy.frompyfunc keeps its callable in: traversed and released with the ufunc.
    Py_INCREF(ownership)
    (<cnp.ufunc>ufunc).obj = <PyObject*>ownership
    return ufunc


def elementwise(str name, str doc, dict drivers, list loops, int operands, int results=1, object keeps=None):
    """A ufunc of `operands` inputs and `results` results over elementwise kernels.

    Parameters
    ----------
    name, doc : str
    drivers : dict
        Addresses of the drivers' loops: ``"same"`` and ``"half"``, over rows ``"same_rows"`` and ``"half_rows"``,
        over rows that a bias is added to ``"same_biased"`` and ``"half_biased"``, and ``"brain"`` for bfloat16, which
        a float32 loop stands ready for: see `take_bfloat16`.
    loops : list of (types, driver, itemsize, kernel address, values, address over tiles of float16, bfloat16's values)
        `types` are NumPy's type characters, one for each operand and result; `values` the bytes of the bound
        parameters in the kernel's own type; the kernel over tiles is 0 where there is none.
    operands, results : int
    keeps : object
        What has to live as long as the ufunc.
    """
    cdef Ownership ownership = Ownership()
    cdef int arrays = operands + results
    cdef Py_ssize_t n = len(loops), k, p, count = max(len(loop[4]) for loop in loops) // sizeof(double)
    cdef size_t per_loop = (
        sizeof(Loop) + sizeof(void*) + sizeof(cnp.PyUFuncGenericFunction) + (count + 1) * sizeof(double) + arrays
    )
    cdef bytes values, brains
    cdef char* memory = ownership.reserve(n * per_loop + sizeof(Loop) + (count + 1) * sizeof(double))
    cdef Loop* data = <Loop*>memory
    cdef double* numbers = <double*>(data + n + 1)
    cdef void** pointers = <void**>(numbers + (n + 1) * (count + 1))
    cdef cnp.PyUFuncGenericFunction* functions = <cnp.PyUFuncGenericFunction*>(pointers + n)
    cdef char* types = <char*>(functions + n)
    cdef bytes name_bytes = name.encode(), doc_bytes = doc.encode()
    ownership.texts = (name_bytes, doc_bytes, keeps)
    for k in range(n):
        kinds, driver, itemsize, kernel, values, halves, brains = loops[k]
        data[k].kernel = <kernel_t><uintptr_t>kernel
        data[k].halves = <kernel_t><uintptr_t>halves
        data[k].values = <const void*>(numbers + k * (count + 1))
        data[k].rows = <rows_t><uintptr_t>drivers[f"{driver}_rows"]
        data[k].biased = NULL
        if operands <= 2 and results == 1:
            data[k].biased = <rows_t><uintptr_t>drivers[f"{driver}_biased"]
        data[k].arrays = arrays
        data[k].inputs = operands
        data[k].itemsize = itemsize
        pointers[k] = <void*>(data + k)
        functions[k] = <cnp.PyUFuncGenericFunction><uintptr_t>drivers[driver]
        memcpy(<void*>data[k].values, <const char*>values, len(values))
        for p in range(arrays):
            types[k * arrays + p] = cnp.dtype(kinds[p]).num
        if kinds[0] == "f":
            ownership.brain = <void*>(data + n)
            ownership.brain_loop = <cnp.PyUFuncGenericFunction><uintptr_t>drivers["brain"]
            data[n] = data[k]
            data[n].values = <const void*>(numbers + n * (count + 1))
            memcpy(<void*>data[n].values, <const char*>brains, len(brains))
            data[n].rows = data[n].biased = NULL
    return owned(
        cnp.PyUFunc_FromFuncAndData(
            functions, pointers, types, <int>n, operands, results, -1, <char*>name_bytes, <char*>doc_bytes, 0
        ),
        ownership,
    )


def take_bfloat16(object ufunc, int number):
    """Whether a ufunc of `elementwise` computes bfloat16, the type that NumPy knows by this number, without a copy.

    It does from the first time on that it is asked, if it has a loop over float32.
    """
    cdef Ownership ownership = <Ownership>(<cnp.ufunc>ufunc).obj
    if ownership.brain == NULL:
        return ownership.brain_loop != NULL
    if cnp.PyUFunc_RegisterLoopForType(<cnp.ufunc>ufunc, number, ownership.brain_loop, NULL, ownership.brain) < 0:
        raise RuntimeError("NumPy takes no loop for bfloat16")
    ownership.brain = NULL
    return True


def folding(str name, str doc, dict drivers, list loops, str signature, tuple values, bint over=False):
    """A generalized ufunc over folding kernels.

    Parameters
    ----------
    name, doc : str
    drivers : dict
        Addresses of the driver's loops: ``"fold"``, and over tables one after another ``"tables"``.
    loops : list of (types, kernel address, address of the kernel for rows side by side, or 0, narrow, that for stacks)
        Rows of fewer than `narrow` elements are turned into columns and given to the second kernel. The last is 0 where
        there is none.
    signature : str
        NumPy's signature, with one core dimension: ``"(n),(n)->(n)"``.
    values : tuple of float
        Bound parameters, handed to the kernel as they are.
    over : bool
        Whether the kernel has read a row of its last operand before it writes one, so that a result may lie there.
    """
    cdef Ownership ownership = Ownership()
    cdef Py_ssize_t n = len(loops), k, p, count = len(values)
    inputs, outputs = (side.split(",") for side in signature.split("->"))
    operands = inputs + outputs
    cdef Py_ssize_t arrays = len(operands)
    cdef char* memory = ownership.reserve(
        count * sizeof(double) + n * (sizeof(Fold) + sizeof(void*) + sizeof(cnp.PyUFuncGenericFunction) + arrays)
    )
    cdef double* numbers = <double*>memory
    cdef Fold* data = <Fold*>(numbers + count)
    cdef void** pointers = <void**>(data + n)
    cdef cnp.PyUFuncGenericFunction* functions = <cnp.PyUFuncGenericFunction*>(pointers + n)
    cdef char* types = <char*>(functions + n)
    cdef bytes name_bytes = name.encode(), doc_bytes = doc.encode(), signature_bytes = signature.encode()
    ownership.texts = (name_bytes, doc_bytes, signature_bytes)
    for p in range(count):
        numbers[p] = values[p]
    for k in range(n):
        kinds, kernel, beside, narrow, stacked = loops[k]
        data[k].kernel = <fold_t><uintptr_t>kernel
        data[k].beside = <beside_t><uintptr_t>beside
        data[k].narrow = narrow
        data[k].stacked = <stack_t><uintptr_t>stacked
        data[k].tables = <tables_t><uintptr_t>drivers["tables"]
        data[k].values = numbers
        data[k].arrays = <int>arrays
        data[k].inputs = <int>len(inputs)
        data[k].over = over
        pointers[k] = <void*>(data + k)
        functions[k] = <cnp.PyUFuncGenericFunction><uintptr_t>drivers["fold"]
        for p in range(arrays):
            data[k].core[p] = operands[p] != "()"
            data[k].itemsize[p] = cnp.dtype(kinds[p]).itemsize
            data[k].half[p] = kinds[p] == "e"
            types[k * arrays + p] = cnp.dtype(kinds[p]).num
    return owned(
        cnp.PyUFunc_FromFuncAndDataAndSignature(
            functions, pointers, types, <int>n, <int>len(inputs), <int>len(outputs), -1, <char*>name_bytes,
            <char*>doc_bytes, 0, <char*>signature_bytes
        ),
        ownership,
    )
