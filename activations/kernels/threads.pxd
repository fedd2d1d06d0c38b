"""How many threads a call gets, and the floating-point flags that it leaves as it found them."""

from activations.kernels.core cimport settings

cdef extern from "machine.h" nogil:
    unsigned int act_flags_save()
    void act_flags_restore(unsigned int saved)
    long act_process()

cdef extern from * nogil:
    """
    #ifdef _OPENMP
    #include <omp.h>
    #else
    #define omp_get_max_threads() 1
    #define omp_in_parallel() 0
    #endif
    """
    int omp_get_max_threads()
    int omp_in_parallel()

cdef enum:
    CHUNK = 64 * 1024        # bytes of result that a thread takes at a time


cdef inline int team(Py_ssize_t size) noexcept nogil:
    """How many threads to use for operands and results of so many bytes."""
    cdef int most
    if size < settings.parallel_bytes or settings.threads == 1 or omp_in_parallel():
        return 1
    if act_process() != settings.process:
        return 1
    most = omp_get_max_threads()
    return most if settings.threads == 0 or settings.threads > most else settings.threads
