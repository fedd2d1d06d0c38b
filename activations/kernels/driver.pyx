"""Brings arrays of any layout to kernels that see contiguous ones: compiled once per ISA level, knows no activation.

Contiguous operands go straight to the kernel. Strided, broadcast and float16 ones are gathered block by block into
buffers that stay in the first-level cache. A kernel always gets a multiple of LANES elements, the last few of an array
through a padded buffer, so that an element's bits never depend on where it stands. Large inputs are cut into chunks
that threads take one after another, and large results are written past the caches.
"""

from libc.stdint cimport uint16_t, uintptr_t

cimport numpy as cnp

from activations.kernels.blocks cimport (
    brains_to_floats, copy_strided, floats_to_brains, floats_to_halves, gather, halves_to_floats,
)
from activations.kernels.core cimport (
    BLOCK, LANES, MOST_ARRAYS, MOST_RESULTS, STREAMED, Cost, Loop, settings, share,
)
from activations.kernels.spans cimport fringe, line_starts, pad, padded, span
from activations.kernels.threads cimport (
    CHUNK, ENOUGH, TIMED, act_flags_restore, act_flags_save, begin, bypasses, end, expected, team,
)

cdef extern from "machine.h" nogil:
    void act_fetch_after(const void* source, size_t size)
    void act_stream(void* to, const void* source, size_t size)
    void act_stream_done()

cdef extern from "halves.h":
    enum: ACT_TILE

# How the arrays of a stretch lie: contiguous, so and written past the caches, strided; or they are of two bytes.
cdef enum:
    WHOLE = 0
    PAST_CACHES = 1
    STRIDED = 2
    HALVES = 3               # float16
    BRAINS = 4               # bfloat16

cdef enum:
    SHORT = 128              # elements of a row that is worth copying, to fill whole groups of lanes


cdef void stream_span(char** arrays, Py_ssize_t n, const Loop* loop) noexcept nogil:
    """A contiguous stretch whose results go through buffers past the caches: few whole lines at a time, so that one block
    is computed while the last one is still on its way to memory."""
    cdef double buffers[MOST_RESULTS][BLOCK]
    cdef char* at[MOST_ARRAYS]
    cdef Py_ssize_t m = STREAMED // loop.itemsize, done = min(line_starts(arrays[loop.inputs], loop.itemsize), n)
    cdef int k
    if done:
        fringe(arrays, 0, done, loop)
    while done + m <= n:
        for k in range(loop.inputs):
            at[k] = arrays[k] + done * loop.itemsize
            act_fetch_after(at[k], STREAMED)
        for k in range(loop.inputs, loop.arrays):
            at[k] = <char*>buffers[k - loop.inputs]
        loop.kernel(at, m, loop.values)
        for k in range(loop.inputs, loop.arrays):
            act_stream(arrays[k] + done * loop.itemsize, at[k], STREAMED)
        done += m
    for k in range(loop.arrays):
        at[k] = arrays[k] + done * loop.itemsize
    span(at, n - done, loop)
    act_stream_done()


cdef void strided_span(char** arrays, const cnp.npy_intp* steps, Py_ssize_t n, const Loop* loop) noexcept nogil:
    """Any layout: what is not contiguous is gathered into buffers, and a strided result scattered from one."""
    cdef double buffers[MOST_ARRAYS][BLOCK]
    cdef char* at[MOST_ARRAYS]
    cdef Py_ssize_t done = 0, m
    cdef int k
    for k in range(loop.inputs):
        if steps[k] == 0:
            copy_strided(<char*>buffers[k], loop.itemsize, arrays[k], 0, min(<Py_ssize_t>BLOCK, padded(n)), loop.itemsize)
    while done < n:
        m = min(<Py_ssize_t>BLOCK, n - done)
        for k in range(loop.arrays):
            if steps[k] == loop.itemsize:
                at[k] = arrays[k] + done * loop.itemsize
            else:
                at[k] = <char*>buffers[k]
                if k < loop.inputs and steps[k] != 0:
                    copy_strided(at[k], loop.itemsize, arrays[k] + done * steps[k], steps[k], m, loop.itemsize)
        span(at, m, loop)
        for k in range(loop.inputs, loop.arrays):
            if steps[k] != loop.itemsize:
                copy_strided(arrays[k] + done * steps[k], steps[k], at[k], loop.itemsize, m, loop.itemsize)
        done += m


cdef inline void widen(const uint16_t* source, float* to, Py_ssize_t n, int layout) noexcept nogil:
    if layout == HALVES:
        halves_to_floats(source, to, n)
    else:
        brains_to_floats(source, to, n)


cdef inline void shorten(const float* source, uint16_t* to, Py_ssize_t n, int layout) noexcept nogil:
    if layout == HALVES:
        floats_to_halves(source, to, n)
    else:
        floats_to_brains(source, to, n)


cdef void buffered(char** arrays, const cnp.npy_intp* steps, Py_ssize_t done, Py_ssize_t n, const Loop* loop,
                   int layout) noexcept nogil:
    """Elements from `done` to n of float16 or bfloat16 arrays however strided, computed in float32, rounded once."""
    cdef float memory[MOST_ARRAYS * BLOCK + LANES]
    cdef float* buffers = memory + line_starts(memory, 4)
    cdef uint16_t narrows[BLOCK]
    cdef char* at[MOST_ARRAYS]
    cdef Py_ssize_t m
    cdef int k
    while done < n:
        m = min(<Py_ssize_t>BLOCK, n - done)
        for k in range(loop.arrays):
            at[k] = <char*>(buffers + k * BLOCK)
        for k in range(loop.inputs):
            if steps[k] == 2:
                widen(<const uint16_t*>(arrays[k] + done * 2), buffers + k * BLOCK, m, layout)
            else:
                copy_strided(<char*>narrows, 2, arrays[k] + done * steps[k], steps[k], m, 2)
                widen(narrows, buffers + k * BLOCK, m, layout)
            pad(at[k], m, 4)
        loop.kernel(at, padded(m), loop.values)
        for k in range(loop.inputs, loop.arrays):
            if steps[k] == 2:
                shorten(buffers + k * BLOCK, <uint16_t*>(arrays[k] + done * 2), m, layout)
            else:
                shorten(buffers + k * BLOCK, narrows, m, layout)
                copy_strided(arrays[k] + done * steps[k], steps[k], <char*>narrows, 2, m, 2)
        done += m


cdef void half_span(char** arrays, const cnp.npy_intp* steps, Py_ssize_t n, const Loop* loop) noexcept nogil:
    """float16: contiguous arrays tile by tile where the kernel has a loop for that, others through buffers."""
    cdef char* at[MOST_ARRAYS]
    cdef Py_ssize_t start, whole = 0
    cdef int k
    if loop.halves != NULL and n >= 2 * ACT_TILE:
        for k in range(loop.arrays):
            if steps[k] != 2:
                buffered(arrays, steps, 0, n, loop, HALVES)
                return
        start = line_starts(arrays[loop.inputs], 2)
        whole = (n - start) & ~<Py_ssize_t>(ACT_TILE - 1)
        buffered(arrays, steps, 0, start, loop, HALVES)
        for k in range(loop.arrays):
            at[k] = arrays[k] + start * 2
        loop.halves(at, whole, loop.values)
        whole += start
    buffered(arrays, steps, whole, n, loop, HALVES)


cdef void piece(char** arrays, const cnp.npy_intp* steps, Py_ssize_t start, Py_ssize_t n, const Loop* loop,
                int layout) noexcept nogil:
    cdef char* at[MOST_ARRAYS]
    cdef int k
    for k in range(loop.arrays):
        at[k] = arrays[k] + start * steps[k]
    if layout == WHOLE:
        span(at, n, loop)
    elif layout == PAST_CACHES:
        stream_span(at, n, loop)
    elif layout == STRIDED:
        strided_span(at, steps, n, loop)
    elif layout == HALVES:
        half_span(at, steps, n, loop)
    else:
        buffered(at, steps, 0, n, loop, BRAINS)


cdef struct Work:
    char** arrays
    const cnp.npy_intp* steps
    Py_ssize_t total              # elements, or rows
    Py_ssize_t chunk              # those that a thread takes at a time
    Py_ssize_t n                  # elements of a row
    const Loop* loop
    int layout


cdef void shared_piece(void* data, Py_ssize_t c) noexcept nogil:
    cdef const Work* work = <const Work*>data
    cdef Py_ssize_t start = c * work.chunk
    piece(work.arrays, work.steps, start, min(work.chunk, work.total - start), work.loop, work.layout)


cdef bint shifted(char** arrays, const cnp.npy_intp* steps, Py_ssize_t n, int itemsize, const Loop* loop) noexcept nogil:
    """Whether a result lies where an operand does, but not element for element. NumPy lets through what is right if
    elements are taken in their order."""
    cdef Py_ssize_t distance, before, behind
    cdef int k, c
    for k in range(loop.inputs):
        for c in range(loop.inputs, loop.arrays):
            distance = arrays[k] - arrays[c]
            before = min(<Py_ssize_t>0, (n - 1) * steps[k]) - max(<Py_ssize_t>0, (n - 1) * steps[c])
            behind = max(<Py_ssize_t>0, (n - 1) * steps[k]) - min(<Py_ssize_t>0, (n - 1) * steps[c])
            if (distance != 0 or steps[k] != steps[c]) and distance + before < itemsize and distance + behind > -itemsize:
                return True
    return False


cdef bint in_place(char** arrays, const Loop* loop) noexcept nogil:
    cdef int k, c
    for k in range(loop.inputs):
        for c in range(loop.inputs, loop.arrays):
            if arrays[k] == arrays[c]:
                return True
    return False


cdef void time_first(char** arrays, const cnp.npy_intp* steps, Py_ssize_t n, const Loop* loop) noexcept nogil:
    """Time a loop that has only been called on long arrays: on the first elements, which are near from the second time on,
    and whose results are the same each time."""
    cdef Py_ssize_t itemsize = loop.itemsize * loop.arrays, first = min(n, TIMED // itemsize + LANES)
    cdef double start
    cdef int _
    for _ in range(ENOUGH):
        start = begin(&loop.cost, first * itemsize)
        if start == 0:
            return
        piece(arrays, steps, 0, first, loop, WHOLE)
        end(<Cost*>&loop.cost, first * itemsize, start)


cdef void run(char** arrays, Py_ssize_t n, const cnp.npy_intp* steps, const Loop* loop, int narrow) noexcept nogil:
    """`narrow` is HALVES, BRAINS, or 0 where elements are of the kernel's own type."""
    cdef unsigned int flags = act_flags_save()
    cdef int k, layout = WHOLE, threads, itemsize = 2 if narrow else loop.itemsize
    cdef Py_ssize_t chunk, size = n * itemsize * loop.arrays
    cdef Work work
    cdef double start
    for k in range(loop.arrays):
        if steps[k] != itemsize:
            layout = STRIDED
    if narrow:
        layout = narrow
    elif layout == WHOLE and size >= settings.stream_bytes and not in_place(arrays, loop):
        if not shifted(arrays, steps, n, itemsize, loop):
            time_first(arrays, steps, n, loop)
        layout = PAST_CACHES if bypasses(&loop.cost, size) else WHOLE
    threads = team(&loop.cost, size)
    if threads > 1 and shifted(arrays, steps, n, itemsize, loop):
        threads = 1
    if threads == 1:
        start = begin(&loop.cost, size)
        piece(arrays, steps, 0, n, loop, layout)
        end(<Cost*>&loop.cost, size, start)
    else:
        chunk = CHUNK // itemsize
        work = Work(arrays, steps, n, chunk, 0, loop, layout)
        share(threads, (n + chunk - 1) // chunk, shared_piece, &work, expected(&loop.cost, size))
    act_flags_restore(flags)


cdef void same_loop(char** arrays, cnp.npy_intp* dimensions, cnp.npy_intp* steps, void* data) noexcept nogil:
    if dimensions[0] > 0:
        run(arrays, dimensions[0], steps, <const Loop*>data, 0)


cdef void half_loop(char** arrays, cnp.npy_intp* dimensions, cnp.npy_intp* steps, void* data) noexcept nogil:
    if dimensions[0] > 0:
        run(arrays, dimensions[0], steps, <const Loop*>data, HALVES)


cdef void brain_loop(char** arrays, cnp.npy_intp* dimensions, cnp.npy_intp* steps, void* data) noexcept nogil:
    if dimensions[0] > 0:
        run(arrays, dimensions[0], steps, <const Loop*>data, BRAINS)


# Rows that are contiguous while the whole is not: the halves of an axis. NumPy would call a loop once for each of them.

cdef void short_rows(char** arrays, const Py_ssize_t* steps, Py_ssize_t rows, Py_ssize_t n,
                     const Loop* loop) noexcept nogil:
    """Rows that are no whole groups of lanes, side by side in buffers: one padded end for many of them."""
    cdef double buffers[MOST_ARRAYS][BLOCK]
    cdef char* at[MOST_ARRAYS]
    cdef Py_ssize_t done = 0, m
    cdef int k
    for k in range(loop.arrays):
        at[k] = <char*>buffers[k]
    while done < rows:
        m = min(BLOCK // n, rows - done)
        for k in range(loop.inputs):
            gather(at[k], arrays[k] + done * steps[k], m, n, steps[k], loop.itemsize, loop.itemsize, 0)
            pad(at[k], m * n, loop.itemsize)
        loop.kernel(at, padded(m * n), loop.values)
        for k in range(loop.inputs, loop.arrays):
            gather(at[k], arrays[k] + done * steps[k], m, n, steps[k], loop.itemsize, loop.itemsize, 1)
        done += m


cdef void several_rows(char** arrays, const Py_ssize_t* steps, Py_ssize_t start, Py_ssize_t rows, Py_ssize_t n,
                       const Loop* loop, int layout) noexcept nogil:
    cdef char* at[MOST_ARRAYS]
    cdef cnp.npy_intp inner[MOST_ARRAYS]
    cdef Py_ssize_t _
    cdef int k
    for k in range(loop.arrays):
        at[k] = arrays[k] + start * steps[k]
        inner[k] = 2 if layout == HALVES else loop.itemsize
    if layout == WHOLE and n <= SHORT and n % LANES:
        short_rows(at, steps, rows, n, loop)
        return
    for _ in range(rows):
        piece(at, inner, 0, n, loop, layout)
        for k in range(loop.arrays):
            at[k] += steps[k]


cdef void shared_rows(void* data, Py_ssize_t c) noexcept nogil:
    cdef const Work* work = <const Work*>data
    cdef Py_ssize_t start = c * work.chunk
    cdef Py_ssize_t rows = min(work.chunk, work.total - start)
    several_rows(work.arrays, <const Py_ssize_t*>work.steps, start, rows, work.n, work.loop, work.layout)


cdef void run_rows(char** arrays, Py_ssize_t rows, Py_ssize_t n, const Py_ssize_t* steps, const Loop* loop,
                   int narrow) noexcept nogil:
    """As `run`, of `rows` rows of n elements. A few long rows are taken one by one, for threads to share each."""
    cdef unsigned int flags = act_flags_save()
    cdef Py_ssize_t itemsize = 2 if narrow else loop.itemsize, chunk = CHUNK // (n * itemsize), size, r
    cdef char* at[MOST_ARRAYS]
    cdef cnp.npy_intp inner[MOST_ARRAYS]
    cdef int k, threads, layout = narrow if narrow else WHOLE
    cdef Work work
    if chunk == 0 or rows == 1:
        for r in range(rows):
            for k in range(loop.arrays):
                at[k] = arrays[k] + r * steps[k]
                inner[k] = itemsize
            run(at, n, inner, loop, narrow)
        return
    size = rows * n * itemsize * loop.arrays
    threads = team(&loop.cost, size)
    if threads == 1:
        several_rows(arrays, steps, 0, rows, n, loop, layout)
    else:
        work = Work(arrays, <const cnp.npy_intp*>steps, rows, chunk, n, loop, layout)
        share(threads, (rows + chunk - 1) // chunk, shared_rows, &work, expected(&loop.cost, size))
    act_flags_restore(flags)


cdef void same_rows(char** arrays, Py_ssize_t rows, Py_ssize_t n, const Py_ssize_t* steps,
                    const void* loop) noexcept nogil:
    if rows > 0 and n > 0:
        run_rows(arrays, rows, n, steps, <const Loop*>loop, 0)


cdef void half_rows(char** arrays, Py_ssize_t rows, Py_ssize_t n, const Py_ssize_t* steps,
                    const void* loop) noexcept nogil:
    if rows > 0 and n > 0:
        run_rows(arrays, rows, n, steps, <const Loop*>loop, HALVES)


LOOPS = {
    "same": <uintptr_t><void*>same_loop,
    "half": <uintptr_t><void*>half_loop,
    "brain": <uintptr_t><void*>brain_loop,
    "same_rows": <uintptr_t><void*>same_rows,
    "half_rows": <uintptr_t><void*>half_rows,
}
