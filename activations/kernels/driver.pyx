"""Brings arrays of any layout to kernels that see contiguous ones: compiled once per ISA level, knows no activation.

Contiguous operands go straight to the kernel. Strided, broadcast and float16 ones are gathered block by block into
buffers that stay in the first-level cache. A kernel always gets a multiple of LANES elements, the last few of an array
through a padded buffer, so that an element's bits never depend on where it stands. Large inputs are cut into chunks
that OpenMP threads take one after another, and large results are written past the caches.
"""

from libc.stdint cimport int32_t, uint16_t, uint32_t, uint64_t, uintptr_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

cimport numpy as cnp
from cpython.exc cimport PyErr_NoMemory
from cython.parallel cimport prange

from activations.kernels.core cimport BLOCK, LANES, MOST_ARRAYS, MOST_RESULTS, Fold, Loop, settings
from activations.kernels.real cimport act_bits32, act_float32

cdef extern from "machine.h" nogil:
    unsigned int act_flags_save()
    void act_flags_restore(unsigned int saved)
    void act_stream(void* to, const void* source, size_t size)
    void act_stream_done()
    long act_process()

cdef extern from "transpose.h" nogil:
    void act_transpose(char* to, Py_ssize_t to_step, const char* source, Py_ssize_t step, Py_ssize_t rows,
                       Py_ssize_t columns, int itemsize)

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
    TILE = 128 * 1024        # bytes of gathered rows worked on at a time
    LONG = 2048              # elements of a stretch that is worth aligning
    SHORT = 128              # elements of a row that is worth copying, to fill whole groups of lanes


cdef inline int team(Py_ssize_t size) noexcept nogil:
    """How many threads to use for operands and results of so many bytes."""
    cdef int most
    if size < settings.parallel_bytes or settings.threads == 1 or omp_in_parallel():
        return 1
    if act_process() != settings.process:
        return 1
    most = omp_get_max_threads()
    return most if settings.threads == 0 or settings.threads > most else settings.threads


# float16. GCC does not vectorise its own conversions: shift exponent and mantissa into float32's places, multiply by
# 2^112 to mend the bias (exact, subnormals too), and patch infinity and NaN.

cdef inline float half_to_float(uint16_t half) noexcept nogil:
    cdef int32_t magnitude = (half & 0x7fff) << 13
    cdef int32_t sign = (half & 0x8000) << 16
    cdef float value = act_float32(magnitude) * <float>5.192296858534828e33
    cdef int32_t bits = act_bits32(value)
    bits = (magnitude | 0x7f800000) if magnitude >= 0x0f800000 else bits
    return act_float32(bits | sign)


cdef inline uint16_t float_to_half(float value) noexcept nogil:
    """Round to nearest, ties to even; overflow gives infinity, NaN stays a quiet NaN."""
    cdef uint32_t bits = <uint32_t>act_bits32(value)
    cdef uint32_t sign = (bits >> 16) & 0x8000
    cdef uint32_t magnitude = bits & 0x7fffffff
    # Below 2^-14 the addition of 0.5 lines the mantissa up with float16's subnormals and rounds it.
    cdef float bounded = act_float32(<int32_t>(magnitude if magnitude < 0x38800000 else 0))
    cdef uint32_t small = <uint32_t>act_bits32(bounded + <float>0.5) - 0x3f000000
    cdef uint32_t normal = (magnitude + <uint32_t>0xc8000fff + ((magnitude >> 13) & 1)) >> 13
    cdef uint32_t special = <uint32_t>0x7e00 if magnitude > 0x7f800000 else <uint32_t>0x7c00
    cdef uint32_t half = small if magnitude < 0x38800000 else normal
    half = special if magnitude >= 0x477ff000 else half
    return <uint16_t>(half | sign)


cdef void block_half_to_float(const uint16_t* source, float* to, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        to[i] = half_to_float(source[i])


cdef void block_float_to_half(const float* source, uint16_t* to, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        to[i] = float_to_half(source[i])


ctypedef fused word:
    unsigned char
    uint16_t
    uint32_t
    uint64_t


cdef inline void copy_words(word* to, Py_ssize_t to_step, const word* source, Py_ssize_t step, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    cdef char* t = <char*>to
    cdef const char* s = <const char*>source
    for i in range(n):
        (<word*>(t + i * to_step))[0] = (<const word*>(s + i * step))[0]


cdef void copy_strided(char* to, Py_ssize_t to_step, const char* source, Py_ssize_t step, Py_ssize_t n,
                       int itemsize) noexcept nogil:
    if step == itemsize and to_step == itemsize:
        memcpy(to, source, n * itemsize)
    elif itemsize == 4:
        copy_words(<uint32_t*>to, to_step, <const uint32_t*>source, step, n)
    elif itemsize == 8:
        copy_words(<uint64_t*>to, to_step, <const uint64_t*>source, step, n)
    elif itemsize == 2:
        copy_words(<uint16_t*>to, to_step, <const uint16_t*>source, step, n)
    else:
        copy_words(<unsigned char*>to, to_step, <const unsigned char*>source, step, n)


cdef inline Py_ssize_t line_starts(const void* memory, int itemsize) noexcept nogil:
    """How many elements lie before the next cache line: 0 where the memory begins with one."""
    return (-<Py_ssize_t>memory & 63) // itemsize


cdef inline Py_ssize_t padded(Py_ssize_t n) noexcept nogil:
    return (n + LANES - 1) & ~<Py_ssize_t>(LANES - 1)


cdef void pad(char* block, Py_ssize_t n, int itemsize) noexcept nogil:
    """Fill a block of n > 0 elements up with its first one: a value that is no harder than the others."""
    cdef Py_ssize_t i
    for i in range(n, padded(n)):
        memcpy(block + i * itemsize, block, itemsize)


# Elementwise loops

cdef void fringe(char** arrays, Py_ssize_t start, Py_ssize_t n, const Loop* loop) noexcept nogil:
    """Fewer elements than a group of lanes, through padded buffers."""
    cdef double buffers[MOST_ARRAYS][LANES]
    cdef char* at[MOST_ARRAYS]
    cdef int k
    for k in range(loop.arrays):
        at[k] = <char*>buffers[k]
        if k < loop.inputs:
            memcpy(at[k], arrays[k] + start * loop.itemsize, n * loop.itemsize)
            pad(at[k], n, loop.itemsize)
    loop.kernel(at, LANES, loop.values)
    for k in range(loop.inputs, loop.arrays):
        memcpy(arrays[k] + start * loop.itemsize, at[k], n * loop.itemsize)


cdef void span(char** arrays, Py_ssize_t n, const Loop* loop) noexcept nogil:
    """A contiguous stretch: whole groups of lanes in place, the rest through padded buffers.

    Stores that straddle cache lines cost a tenth of the time where only memory counts (and NumPy's arrays begin at 16
    bytes into a line), so a long stretch gets a fringe in front as well, up to where the first result's next line begins.
    """
    cdef char* at[MOST_ARRAYS]
    cdef Py_ssize_t start = 0, whole
    cdef int k
    if n >= LONG:
        start = line_starts(arrays[loop.inputs], loop.itemsize)
        if start:
            fringe(arrays, 0, start, loop)
    whole = (n - start) & ~<Py_ssize_t>(LANES - 1)
    if whole:
        for k in range(loop.arrays):
            at[k] = arrays[k] + start * loop.itemsize
        loop.kernel(at, whole, loop.values)
    if n > start + whole:
        fringe(arrays, start + whole, n - start - whole, loop)


cdef void stream_span(char** arrays, Py_ssize_t n, const Loop* loop) noexcept nogil:
    """A contiguous stretch whose results go through buffers past the caches."""
    cdef double buffers[MOST_RESULTS][BLOCK]
    cdef char* at[MOST_ARRAYS]
    cdef Py_ssize_t done = 0, m
    cdef int k
    while done < n:
        m = min(<Py_ssize_t>BLOCK, n - done)
        for k in range(loop.inputs):
            at[k] = arrays[k] + done * loop.itemsize
        for k in range(loop.inputs, loop.arrays):
            at[k] = <char*>buffers[k - loop.inputs]
        span(at, m, loop)
        for k in range(loop.inputs, loop.arrays):
            act_stream(arrays[k] + done * loop.itemsize, at[k], m * loop.itemsize)
        done += m
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


cdef void half_span(char** arrays, const cnp.npy_intp* steps, Py_ssize_t n, const Loop* loop) noexcept nogil:
    """float16 operands and results of any layout, computed in float32, rounded once."""
    cdef float buffers[MOST_ARRAYS][BLOCK]
    cdef uint16_t halves[BLOCK]
    cdef char* at[MOST_ARRAYS]
    cdef Py_ssize_t done = 0, m
    cdef int k
    while done < n:
        m = min(<Py_ssize_t>BLOCK, n - done)
        for k in range(loop.arrays):
            at[k] = <char*>buffers[k]
        for k in range(loop.inputs):
            if steps[k] == 2:
                block_half_to_float(<const uint16_t*>(arrays[k] + done * 2), buffers[k], m)
            else:
                copy_strided(<char*>halves, 2, arrays[k] + done * steps[k], steps[k], m, 2)
                block_half_to_float(halves, buffers[k], m)
            pad(at[k], m, 4)
        loop.kernel(at, padded(m), loop.values)
        for k in range(loop.inputs, loop.arrays):
            if steps[k] == 2:
                block_float_to_half(buffers[k], <uint16_t*>(arrays[k] + done * 2), m)
            else:
                block_float_to_half(buffers[k], halves, m)
                copy_strided(arrays[k] + done * steps[k], steps[k], <char*>halves, 2, m, 2)
        done += m


cdef void piece(char** arrays, const cnp.npy_intp* steps, Py_ssize_t start, Py_ssize_t n, const Loop* loop,
                int layout) noexcept nogil:
    cdef char* at[MOST_ARRAYS]
    cdef int k
    for k in range(loop.arrays):
        at[k] = arrays[k] + start * steps[k]
    if layout == 0:
        span(at, n, loop)
    elif layout == 1:
        stream_span(at, n, loop)
    elif layout == 2:
        strided_span(at, steps, n, loop)
    else:
        half_span(at, steps, n, loop)


cdef void run(char** arrays, Py_ssize_t n, const cnp.npy_intp* steps, const Loop* loop, int half) noexcept nogil:
    cdef unsigned int flags = act_flags_save()
    cdef int k, layout = 0, threads, itemsize = 2 if half else loop.itemsize
    cdef Py_ssize_t chunk, chunks, c
    for k in range(loop.arrays):
        if steps[k] != itemsize:
            layout = 2
    if half:
        layout = 3
    elif layout == 0 and n * itemsize >= settings.stream_bytes:
        layout = 1
        for k in range(loop.inputs):
            for c in range(loop.inputs, loop.arrays):
                if arrays[k] == arrays[c]:
                    layout = 0
    threads = team(n * itemsize * loop.arrays)
    if threads == 1:
        piece(arrays, steps, 0, n, loop, layout)
    else:
        chunk = CHUNK // itemsize
        chunks = (n + chunk - 1) // chunk
        for c in prange(chunks, schedule="dynamic", num_threads=threads):
            piece(arrays, steps, c * chunk, min(chunk, n - c * chunk), loop, layout)
    act_flags_restore(flags)


cdef void same_loop(char** arrays, cnp.npy_intp* dimensions, cnp.npy_intp* steps, void* data) noexcept nogil:
    if dimensions[0] > 0:
        run(arrays, dimensions[0], steps, <const Loop*>data, 0)


cdef void half_loop(char** arrays, cnp.npy_intp* dimensions, cnp.npy_intp* steps, void* data) noexcept nogil:
    if dimensions[0] > 0:
        run(arrays, dimensions[0], steps, <const Loop*>data, 1)


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
        inner[k] = 2 if layout == 3 else loop.itemsize
    if layout == 0 and n <= SHORT and n % LANES:
        short_rows(at, steps, rows, n, loop)
        return
    for _ in range(rows):
        piece(at, inner, 0, n, loop, layout)
        for k in range(loop.arrays):
            at[k] += steps[k]


cdef void run_rows(char** arrays, Py_ssize_t rows, Py_ssize_t n, const Py_ssize_t* steps, const Loop* loop,
                   int half) noexcept nogil:
    """As `run`, of `rows` rows of n elements. A few long rows are taken one by one, for threads to share each."""
    cdef unsigned int flags = act_flags_save()
    cdef Py_ssize_t itemsize = 2 if half else loop.itemsize, chunk = CHUNK // (n * itemsize), chunks, c, r
    cdef char* at[MOST_ARRAYS]
    cdef cnp.npy_intp inner[MOST_ARRAYS]
    cdef int k, threads = 1
    if chunk == 0 or rows == 1:
        for r in range(rows):
            for k in range(loop.arrays):
                at[k] = arrays[k] + r * steps[k]
                inner[k] = itemsize
            run(at, n, inner, loop, half)
        return
    threads = team(rows * n * itemsize * loop.arrays)
    if threads == 1:
        several_rows(arrays, steps, 0, rows, n, loop, 3 if half else 0)
    else:
        chunks = (rows + chunk - 1) // chunk
        for c in prange(chunks, schedule="dynamic", num_threads=threads):
            several_rows(arrays, steps, c * chunk, min(chunk, rows - c * chunk), n, loop, 3 if half else 0)
    act_flags_restore(flags)


cdef void same_rows(char** arrays, Py_ssize_t rows, Py_ssize_t n, const Py_ssize_t* steps,
                    const void* loop) noexcept nogil:
    if rows > 0 and n > 0:
        run_rows(arrays, rows, n, steps, <const Loop*>loop, 0)


cdef void half_rows(char** arrays, Py_ssize_t rows, Py_ssize_t n, const Py_ssize_t* steps,
                    const void* loop) noexcept nogil:
    if rows > 0 and n > 0:
        run_rows(arrays, rows, n, steps, <const Loop*>loop, 1)


# Folding loops

cdef struct Layout:
    Py_ssize_t row_step[MOST_ARRAYS]
    Py_ssize_t core_step[MOST_ARRAYS]
    Py_ssize_t bytes[MOST_ARRAYS]      # of one row in the kernel's type
    int direct[MOST_ARRAYS]            # the caller's memory is what the kernel wants
    Py_ssize_t columns
    Py_ssize_t tile                    # rows worked on at a time
    Py_ssize_t line                    # the same where they stand side by side; else 0


cdef void gather(char* to, const char* source, Py_ssize_t rows, Py_ssize_t columns, Py_ssize_t row_step,
                 Py_ssize_t core_step, int itemsize, int scatter) noexcept nogil:
    """A tile of rows to (or, to scatter, from) contiguous memory, along whichever side has the smaller step."""
    cdef Py_ssize_t i, inner = columns, outer = rows, inner_step = core_step, outer_step = row_step
    cdef Py_ssize_t inner_to = itemsize, outer_to = columns * itemsize
    if row_step == itemsize and core_step != itemsize:
        if scatter:
            act_transpose(<char*>source, core_step, to, columns * itemsize, rows, columns, itemsize)
        else:
            act_transpose(to, columns * itemsize, source, core_step, columns, rows, itemsize)
        return
    if columns == 1 or (row_step if row_step > 0 else -row_step) < (core_step if core_step > 0 else -core_step):
        inner, outer, inner_step, outer_step = rows, columns, row_step, core_step
        inner_to, outer_to = outer_to, inner_to
    for i in range(outer):
        if scatter:
            copy_strided(<char*>source + i * outer_step, inner_step, to + i * outer_to, inner_to, inner, itemsize)
        else:
            copy_strided(to + i * outer_to, inner_to, source + i * outer_step, inner_step, inner, itemsize)


cdef void fold_rows(char** arrays, Py_ssize_t start, Py_ssize_t rows, const Fold* fold, const Layout* layout) noexcept nogil:
    """Some rows, tile by tile, with buffers of this thread's own."""
    cdef char* at[MOST_ARRAYS]
    cdef char* buffers[MOST_ARRAYS]
    cdef char* memory = NULL
    cdef char* halves = NULL
    cdef Py_ssize_t done = 0, m, need = 0, largest = 0, columns
    cdef int k
    for k in range(fold.arrays):
        if not layout.direct[k]:
            need += (layout.tile * layout.bytes[k] + 63) & ~<Py_ssize_t>63
            largest = max(largest, layout.tile * layout.bytes[k])
    if need:
        memory = <char*>malloc(need + largest)
        if memory == NULL:
            with gil:
                PyErr_NoMemory()
            return
        halves = memory + need
        need = 0
        for k in range(fold.arrays):
            if not layout.direct[k]:
                buffers[k] = memory + need
                need += (layout.tile * layout.bytes[k] + 63) & ~<Py_ssize_t>63
    while done < rows:
        m = min(layout.tile, rows - done)
        for k in range(fold.arrays):
            at[k] = arrays[k] + (start + done) * layout.row_step[k]
            if not layout.direct[k]:
                columns = layout.columns if fold.core[k] else 1
                if k < fold.inputs:
                    if fold.half[k]:
                        gather(halves, at[k], m, columns, layout.row_step[k], layout.core_step[k], 2, 0)
                        block_half_to_float(<const uint16_t*>halves, <float*>buffers[k], m * columns)
                    else:
                        gather(buffers[k], at[k], m, columns, layout.row_step[k], layout.core_step[k], fold.itemsize[k], 0)
                at[k] = buffers[k]
        fold.kernel(at, m, layout.columns, fold.values, NULL)
        for k in range(fold.inputs, fold.arrays):
            if not layout.direct[k]:
                columns = layout.columns if fold.core[k] else 1
                at[k] = arrays[k] + (start + done) * layout.row_step[k]
                if fold.half[k]:
                    block_float_to_half(<const float*>buffers[k], <uint16_t*>halves, m * columns)
                    gather(halves, at[k], m, columns, layout.row_step[k], layout.core_step[k], 2, 1)
                else:
                    gather(buffers[k], at[k], m, columns, layout.row_step[k], layout.core_step[k], fold.itemsize[k], 1)
        done += m
    free(memory)


cdef void fold_lines(char** arrays, Py_ssize_t start, Py_ssize_t rows, const Fold* fold,
                     const Layout* layout) noexcept nogil:
    """Some rows that stand side by side: whole lines of them go to the kernel, float16 through buffers."""
    cdef char* at[MOST_ARRAYS]
    cdef char* buffers[MOST_ARRAYS]
    cdef Py_ssize_t steps[MOST_ARRAYS]
    cdef char* memory = NULL
    cdef Py_ssize_t done = 0, m, c, need = 0, lines, part
    cdef int k
    for k in range(fold.arrays):
        if not layout.direct[k]:
            need += layout.line * layout.bytes[k]
    if need:
        memory = <char*>malloc(need)
        if memory == NULL:
            with gil:
                PyErr_NoMemory()
            return
        need = 0
        for k in range(fold.arrays):
            if not layout.direct[k]:
                buffers[k] = memory + need
                need += layout.line * layout.bytes[k]
    # Parts of about the same size: a few rows left over would cost as much as many.
    part = (rows + layout.line - 1) // layout.line
    part = (((rows + part - 1) // part) + LANES - 1) & ~<Py_ssize_t>(LANES - 1)
    while done < rows:
        m = min(part, rows - done)
        for k in range(fold.arrays):
            at[k] = arrays[k] + (start + done) * layout.row_step[k]
            steps[k] = layout.core_step[k]
            if not layout.direct[k]:
                lines = layout.columns if fold.core[k] else 1
                steps[k] = m * (4 if fold.half[k] else fold.itemsize[k])
                for c in range(lines if k < fold.inputs else 0):
                    if fold.half[k]:
                        block_half_to_float(<const uint16_t*>(at[k] + c * layout.core_step[k]),
                                            <float*>(buffers[k] + c * steps[k]), m)
                    else:
                        memcpy(buffers[k] + c * steps[k], at[k] + c * layout.core_step[k], steps[k])
                at[k] = buffers[k]
        fold.beside(at, layout.columns, m, steps, fold.values, NULL)
        for k in range(fold.inputs, fold.arrays):
            if not layout.direct[k]:
                at[k] = arrays[k] + (start + done) * layout.row_step[k]
                for c in range(layout.columns if fold.core[k] else 1):
                    if fold.half[k]:
                        block_float_to_half(<const float*>(buffers[k] + c * steps[k]),
                                            <uint16_t*>(at[k] + c * layout.core_step[k]), m)
                    else:
                        memcpy(at[k] + c * layout.core_step[k], buffers[k] + c * steps[k], steps[k])
        done += m
    free(memory)


cdef inline void fold_part(char** arrays, Py_ssize_t start, Py_ssize_t rows, const Fold* fold,
                           const Layout* layout) noexcept nogil:
    if layout.line:
        fold_lines(arrays, start, rows, fold, layout)
    else:
        fold_rows(arrays, start, rows, fold, layout)


cdef void fold_loop(char** arrays, cnp.npy_intp* dimensions, cnp.npy_intp* steps, void* data) noexcept nogil:
    cdef const Fold* fold = <const Fold*>data
    cdef Layout layout
    cdef unsigned int flags = act_flags_save()
    cdef Py_ssize_t rows = dimensions[0], chunk, chunks, c, widest = 1, total = 0
    cdef int k, cores = 0, threads
    cdef bint beside = fold.beside != NULL and rows > 1 and dimensions[1] > 1, apart = False
    layout.columns = dimensions[1]
    if rows <= 0:
        return
    for k in range(fold.arrays):
        layout.row_step[k] = steps[k]
        layout.core_step[k] = fold.itemsize[k]
        layout.bytes[k] = 4 if fold.half[k] else fold.itemsize[k]
        if fold.core[k]:
            layout.core_step[k] = steps[fold.arrays + cores]
            cores += 1
            layout.bytes[k] *= layout.columns
        layout.direct[k] = (
            not fold.half[k]
            and (not fold.core[k] or layout.core_step[k] == fold.itemsize[k] or layout.columns == 1)
            and (steps[k] == layout.bytes[k] or rows == 1)
        )
        beside = beside and steps[k] == fold.itemsize[k]
        apart = apart or (fold.core[k] and layout.core_step[k] != fold.itemsize[k])
        # A kernel of several inputs may write before it has read them all.
        if k >= fold.inputs > 1:
            for c in range(fold.inputs):
                if arrays[c] == arrays[k]:
                    layout.direct[k] = 0
        widest = max(widest, layout.bytes[k])
        total += layout.bytes[k] * rows
    layout.tile = max(<Py_ssize_t>1, TILE // widest)
    layout.line = 0
    chunk = max(<Py_ssize_t>1, CHUNK // widest)
    if beside and apart:
        layout.line = max(<Py_ssize_t>128, layout.tile & ~<Py_ssize_t>63)
        chunk = max(layout.line, chunk & ~<Py_ssize_t>63)
        for k in range(fold.arrays):
            # Here what the caller's memory must be like is known already, but for the type and for what overlaps:
            # these kernels read their input again after they have begun to write.
            layout.direct[k] = not fold.half[k]
            for c in range(fold.inputs if k >= fold.inputs else 0):
                if arrays[c] == arrays[k]:
                    layout.direct[k] = 0
    threads = team(total)
    if threads == 1:
        fold_part(arrays, 0, rows, fold, &layout)
    else:
        chunks = (rows + chunk - 1) // chunk
        for c in prange(chunks, schedule="dynamic", num_threads=threads):
            fold_part(arrays, c * chunk, min(chunk, rows - c * chunk), fold, &layout)
    act_flags_restore(flags)


LOOPS = {
    "same": <uintptr_t><void*>same_loop,
    "half": <uintptr_t><void*>half_loop,
    "same_rows": <uintptr_t><void*>same_rows,
    "half_rows": <uintptr_t><void*>half_rows,
    "fold": <uintptr_t><void*>fold_loop,
}


def offered_threads():
    """How many threads OpenMP offers to this thread now (1 without OpenMP)."""
    return omp_get_max_threads()
