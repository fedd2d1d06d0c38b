"""f(x + bias), and its gradient, in one pass over memory, for any elementwise kernel: compiled once per ISA level, knows no
activation.

The sum is made block by block in a buffer of the first-level cache, from where the kernel reads it. Rows shorter than
a block are taken several at a time, beside a bias that is repeated as often.
"""

from libc.stdint cimport uint16_t, uintptr_t
from libc.string cimport memcpy

from activations.kernels.blocks cimport floats_to_halves, halves_to_floats
from activations.kernels.core cimport BLOCK, LANES, STREAMED, Loop, share
from activations.kernels.real cimport real
from activations.kernels.spans cimport line_starts, pad, padded
from activations.kernels.threads cimport CHUNK, act_flags_restore, act_flags_save, bypasses, expected, team

cdef extern from "machine.h" nogil:
    void act_fetch_after(const void* source, size_t size)
    void act_stream(void* to, const void* source, size_t size)
    void act_stream_done()

cdef struct Work:
    const char* dy                # NULL in the forward pass
    const char* x
    const char* bias
    char* out
    Py_ssize_t columns
    const Loop* loop
    int itemsize                  # of dy, x, bias and out
    bint stream                   # whether results go past the caches
    Py_ssize_t size               # elements of x
    Py_ssize_t chunk              # those that a thread takes at a time


cdef void block_sum(const real* x, const real* bias, real* out, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = x[i] + bias[i]


cdef inline void widen_or_copy(const char* source, char* to, Py_ssize_t n, const Work* work) noexcept nogil:
    """n elements in the kernel's own type."""
    if work.itemsize == 2:
        halves_to_floats(<const uint16_t*>source, <float*>to, n)
    else:
        memcpy(to, source, n * work.itemsize)


cdef void block(const Work* work, Py_ssize_t start, const char* bias, Py_ssize_t n) noexcept nogil:
    """Elements `start` to `start + n` of x, at most BLOCK, beside as much of a bias in the kernel's own type."""
    cdef double sums[BLOCK]
    cdef double gradients[BLOCK]
    cdef double results[BLOCK]
    cdef char* arrays[3]
    cdef const char* x = work.x + start * work.itemsize
    cdef const char* dy
    cdef char* out = work.out + start * work.itemsize
    cdef bint half = work.itemsize == 2, whole = not half and n % LANES == 0, straight = whole and not work.stream
    cdef int k = 0
    if work.dy != NULL:
        dy = work.dy + start * work.itemsize
        if work.stream:
            act_fetch_after(dy, n * work.itemsize)
        if not whole:
            widen_or_copy(dy, <char*>gradients, n, work)
            pad(<char*>gradients, n, work.loop.itemsize)
            dy = <const char*>gradients
        arrays[0] = <char*>dy
        k = 1
    if half:
        halves_to_floats(<const uint16_t*>x, <float*>sums, n)
        x = <const char*>sums
    if work.stream:
        act_fetch_after(x, n * work.itemsize)
    if work.loop.itemsize == 4:
        block_sum(<const float*>x, <const float*>bias, <float*>sums, n)
    else:
        block_sum(<const double*>x, <const double*>bias, <double*>sums, n)
    pad(<char*>sums, n, work.loop.itemsize)
    arrays[k] = <char*>sums
    arrays[k + 1] = out if straight else <char*>results
    work.loop.kernel(arrays, padded(n), work.loop.values)
    if half:
        floats_to_halves(<const float*>results, <uint16_t*>out, n)
    elif work.stream:
        act_stream(out, results, n * work.itemsize)
    elif not straight:
        memcpy(out, results, n * work.itemsize)


cdef void stretch(const Work* work, Py_ssize_t start, Py_ssize_t stop) noexcept nogil:
    """Elements of x from the first of a row, or anywhere in rows that are longer than a block."""
    cdef double biases[BLOCK]
    cdef const char* bias
    cdef Py_ssize_t n, at, k, itemsize = work.loop.itemsize, together = BLOCK // work.columns
    for k in range(together):
        widen_or_copy(work.bias, <char*>biases + k * work.columns * itemsize, work.columns, work)
    while start < stop:
        # A stretch begins with a row, where as many biases as there are stand together.
        at = start % work.columns
        n = min(together * work.columns if together else min(at + BLOCK, work.columns), at + stop - start) - at
        if work.stream:
            n = min(n, line_starts(work.out + start * itemsize, itemsize) or STREAMED // itemsize)
        if together:
            bias = <const char*>biases + at * itemsize
        else:
            bias = work.bias + at * work.itemsize
            if work.itemsize == 2:
                halves_to_floats(<const uint16_t*>bias, <float*>biases, n)
                bias = <const char*>biases
        block(work, start, bias, n)
        start += n
    if work.stream:
        act_stream_done()


cdef void shared_stretch(void* data, Py_ssize_t c) noexcept nogil:
    cdef const Work* work = <const Work*>data
    stretch(work, c * work.chunk, min((c + 1) * work.chunk, work.size))


cdef void run(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const Loop* loop, int itemsize) noexcept nogil:
    cdef unsigned int flags = act_flags_save()
    cdef Py_ssize_t size = rows * columns, chunk = CHUNK // itemsize, total = size * itemsize * loop.arrays
    cdef int threads = team(&loop.cost, total), k = loop.inputs - 1
    cdef Work work
    work.dy = arrays[0] if k else NULL
    work.x, work.bias, work.out = arrays[k], arrays[k + 1], arrays[k + 2]
    work.columns, work.loop, work.itemsize = columns, loop, itemsize
    work.stream = itemsize > 2 and bypasses(&loop.cost, total) and work.x != work.out and work.dy != work.out
    if threads == 1:
        stretch(&work, 0, size)
    else:
        if columns <= BLOCK:
            chunk -= chunk % columns
        work.size, work.chunk = size, chunk
        share(threads, (size + chunk - 1) // chunk, shared_stretch, &work, expected(&loop.cost, total))
    act_flags_restore(flags)


cdef void same_biased(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const Py_ssize_t* steps,
                      const void* loop) noexcept nogil:
    if rows > 0 and columns > 0:
        run(arrays, rows, columns, <const Loop*>loop, (<const Loop*>loop).itemsize)


cdef void half_biased(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const Py_ssize_t* steps,
                      const void* loop) noexcept nogil:
    if rows > 0 and columns > 0:
        run(arrays, rows, columns, <const Loop*>loop, 2)


LOOPS = {
    "same_biased": <uintptr_t><void*>same_biased,
    "half_biased": <uintptr_t><void*>half_biased,
}
