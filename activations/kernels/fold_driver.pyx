"""Brings tables of any layout to folding kernels, which see contiguous rows or lines of neighbouring rows: compiled once
per ISA level, knows no activation.

What is not as a kernel wants it is gathered, a tile at a time, into buffers that stay in the cache. Long inputs are cut
into chunks of rows that threads take one after another.
"""

from libc.stdint cimport uint16_t, uintptr_t
from libc.stdlib cimport free, malloc

cimport numpy as cnp
from cpython.exc cimport PyErr_NoMemory

from activations.kernels.blocks cimport floats_to_halves, halves_to_floats, gather
from activations.kernels.core cimport LANES, MOST_ARRAYS, STREAMED, Cost, Fold, share
from activations.kernels.threads cimport CHUNK, act_flags_restore, act_flags_save, begin, bypasses, end, expected, team

cdef extern from "machine.h" nogil:
    void act_fetch_after(const void* source, size_t size)
    void act_stream(void* to, const void* source, size_t size)
    void act_stream_done()

cdef enum:
    TILE = 128 * 1024        # bytes of gathered rows worked on at a time
    TURNED = 32 * 1024       # the same of rows that are turned into columns
    WIDENED = 8 * 1024       # the same of float16 rows that are converted as they lie
    MOST_GATHERED = 2048 * 1024    # bytes that tiles of long rows may take in all
    MANY = 64                # rows from which on that pays
    BROAD = 1024             # rows side by side that a thread takes at a time, where there are so many for each
    MOST_COLUMNS = 0x7fffffff    # lines that the kernels for rows side by side can number
    MOST_STREAMED = 3        # columns of rows whose results go past the caches, if they are large


cdef struct Layout:
    Py_ssize_t row_step[MOST_ARRAYS]
    Py_ssize_t core_step[MOST_ARRAYS]
    Py_ssize_t elements[MOST_ARRAYS]   # of one row
    Py_ssize_t bytes[MOST_ARRAYS]      # of one row in the kernel's type
    int direct[MOST_ARRAYS]            # the caller's memory is what the kernel wants
    Py_ssize_t columns
    Py_ssize_t part                    # rows worked on at a time
    Py_ssize_t chunk                   # rows that a thread takes at a time
    bint all_direct
    bint beside                        # the kernel gets lines of neighbouring rows
    bint stream                        # the result goes past the caches


cdef void copied(char* tile, char* memory, Py_ssize_t rows, int k, const Fold* fold, const Layout* layout, char* halves,
                 bint back) noexcept nogil:
    """Some rows of an array from the caller's memory to a tile in the kernel's type and order, or `back`."""
    cdef Py_ssize_t outer = rows, inner = layout.elements[k]
    cdef Py_ssize_t outer_step = layout.row_step[k], inner_step = layout.core_step[k]
    cdef char* unconverted = halves if fold.half[k] else tile
    if layout.beside:
        outer, inner, outer_step, inner_step = inner, outer, inner_step, outer_step
    if fold.half[k] and inner_step == fold.itemsize[k] and outer_step == inner * inner_step:
        unconverted = memory
    if back:
        if fold.half[k]:
            floats_to_halves(<const float*>tile, <uint16_t*>unconverted, outer * inner)
        if unconverted != memory:
            gather(unconverted, memory, outer, inner, outer_step, inner_step, fold.itemsize[k], 1)
    else:
        if unconverted != memory:
            gather(unconverted, memory, outer, inner, outer_step, inner_step, fold.itemsize[k], 0)
        if fold.half[k]:
            halves_to_floats(<const uint16_t*>unconverted, <float*>tile, outer * inner)


cdef void streamed(char** arrays, Py_ssize_t rows, const Fold* fold, const Layout* layout) noexcept nogil:
    """Short rows that lie as the kernel wants them, whose one result goes past the caches: few whole lines at a time."""
    cdef double buffer[4 * LANES]         # STREAMED bytes, or LANES rows of MOST_STREAMED doubles, which are fewer
    cdef char* at[MOST_ARRAYS]
    cdef int k, result = fold.inputs
    cdef Py_ssize_t row = layout.bytes[result], done = 0, whole = max(<Py_ssize_t>1, STREAMED // (row * LANES)) * LANES, m
    while (<Py_ssize_t>arrays[result] + done * row) & 63 and done < LANES:
        done += 1
    m = min(done, rows)
    done = 0
    # First the rows before a line begins, and in the end those that are too few for whole lines.
    while done < rows:
        for k in range(fold.inputs):
            at[k] = arrays[k] + done * layout.bytes[k]
        if m == whole:
            for k in range(fold.inputs):
                act_fetch_after(at[k], m * layout.bytes[k])
            at[result] = <char*>buffer
            fold.kernel(at, m, layout.columns, fold.values, NULL)
            act_stream(arrays[result] + done * row, buffer, m * row)
        elif m > 0:
            at[result] = arrays[result] + done * row
            fold.kernel(at, m, layout.columns, fold.values, NULL)
        done += m
        m = min(whole, rows - done)
    act_stream_done()


cdef bint fold_part(char** arrays, Py_ssize_t start, Py_ssize_t rows, const Fold* fold, const Layout* layout) noexcept nogil:
    """Some rows, tile by tile, with buffers of this thread's own; False where there is no memory for them."""
    cdef char* at[MOST_ARRAYS]
    cdef char* buffers[MOST_ARRAYS]
    cdef Py_ssize_t steps[MOST_ARRAYS]
    cdef char* memory = NULL
    cdef char* halves
    cdef Py_ssize_t done = 0, m, part = layout.part, need = 0, largest = 0
    cdef int k
    if layout.stream:
        for k in range(fold.arrays):
            at[k] = arrays[k] + start * layout.row_step[k]
        streamed(at, rows, fold, layout)
        return True
    if layout.beside:
        # Parts of about the same size: a few rows left over would cost as much as many.
        part = (rows + part - 1) // part
        part = (((rows + part - 1) // part) + LANES - 1) & ~<Py_ssize_t>(LANES - 1)
    for k in range(fold.arrays):
        buffers[k] = <char*>need
        if not layout.direct[k]:
            need += (part * layout.bytes[k] + 63) & ~<Py_ssize_t>63
            largest = max(largest, part * layout.bytes[k])
    if need:
        memory = <char*>malloc(need + largest)
        if memory == NULL:
            return False
    halves = memory + need
    for k in range(fold.arrays):
        buffers[k] = memory + <Py_ssize_t>buffers[k]
    while done < rows:
        m = min(part, rows - done)
        for k in range(fold.arrays):
            at[k] = arrays[k] + (start + done) * layout.row_step[k]
            steps[k] = layout.core_step[k]
            if not layout.direct[k]:
                if k < fold.inputs:
                    copied(buffers[k], at[k], m, k, fold, layout, halves, False)
                at[k] = buffers[k]
                steps[k] = m * (4 if fold.half[k] else fold.itemsize[k])
        if layout.beside:
            fold.beside(at, layout.columns, m, steps, fold.values, NULL)
        else:
            fold.kernel(at, m, layout.columns, fold.values, NULL)
        for k in range(fold.inputs, fold.arrays):
            if not layout.direct[k]:
                copied(buffers[k], arrays[k] + (start + done) * layout.row_step[k], m, k, fold, layout, halves, True)
        done += m
    free(memory)
    return True


cdef struct Work:
    char** arrays
    const Fold* fold
    const Layout* layout
    Py_ssize_t rows                # of a table
    Py_ssize_t chunk               # rows that a thread takes at a time
    Py_ssize_t tables
    Py_ssize_t together            # tables that a thread takes at a time; 0 where it takes some rows of one
    bint failed


cdef void shared_part(void* data, Py_ssize_t c) noexcept nogil:
    cdef Work* work = <Work*>data
    cdef Py_ssize_t start = c * work.chunk
    if not fold_part(work.arrays, start, min(work.chunk, work.rows - start), work.fold, work.layout):
        work.failed = True


cdef bint overlaps(char** arrays, int k, const Fold* fold) noexcept nogil:
    """Whether a result lies where an operand does."""
    cdef int c
    for c in range(fold.inputs if k >= fold.inputs else 0):
        if arrays[c] == arrays[k]:
            return True
    return False


cdef bint lies_over(char** arrays, int k, const cnp.npy_intp* steps, const Fold* fold, const Layout* layout) noexcept nogil:
    """Whether a result lies over the last operand, element for element, and over nothing else, and may."""
    cdef int c, last = fold.inputs - 1
    for c in range(last):
        if arrays[c] == arrays[k]:
            return False
    return fold.over and steps[last] == steps[k] and layout.core_step[last] == layout.core_step[k]


cdef Py_ssize_t laid_out(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const cnp.npy_intp* steps,
                         const Fold* fold, Layout* layout) noexcept nogil:
    """How the kernel gets a table; the bytes of its operands and results."""
    cdef Py_ssize_t widest = 1, total = 0
    cdef int k, cores = 0
    cdef bint several = fold.beside != NULL and rows > 1 and 1 < columns < MOST_COLUMNS
    cdef bint half = False, side_by_side = several, apart = False
    cdef bint turned = several and columns < fold.narrow and rows >= MANY
    layout.columns = columns
    for k in range(fold.arrays):
        layout.row_step[k] = steps[k]
        layout.core_step[k] = fold.itemsize[k]
        layout.bytes[k] = 4 if fold.half[k] else fold.itemsize[k]
        layout.elements[k] = 1
        if fold.core[k]:
            layout.core_step[k] = steps[fold.arrays + cores]
            cores += 1
            layout.bytes[k] *= columns
            layout.elements[k] = columns
        side_by_side = side_by_side and steps[k] == fold.itemsize[k]
        apart = apart or (fold.core[k] and layout.core_step[k] != fold.itemsize[k])
        half = half or fold.half[k]
        widest = max(widest, layout.bytes[k])
        total += layout.bytes[k] * rows
    side_by_side = side_by_side and apart
    layout.beside = side_by_side or (turned and not apart)
    layout.part = max(<Py_ssize_t>1, (WIDENED if half and not apart else TILE) // widest)
    if apart and layout.part < LANES:
        # Of lines that lie apart a cache line is fetched for each element: it had better serve several rows.
        layout.part = max(layout.part, min(<Py_ssize_t>LANES, MOST_GATHERED // (fold.arrays * widest)))
    layout.chunk = max(<Py_ssize_t>1, CHUNK // widest)
    if layout.beside:
        layout.part = max(<Py_ssize_t>128, (TILE if side_by_side else TURNED) // widest & ~<Py_ssize_t>63)
        layout.chunk = max(layout.part, layout.chunk & ~<Py_ssize_t>63)
    layout.all_direct = True
    for k in range(fold.arrays):
        if layout.beside:
            # These kernels read their operands again after they have begun to write.
            layout.direct[k] = side_by_side and not fold.half[k] and not overlaps(arrays, k, fold)
        else:
            # A kernel of several operands may write before it has read them all.
            layout.direct[k] = (
                not fold.half[k]
                and (layout.core_step[k] == fold.itemsize[k] or layout.elements[k] == 1)
                and (steps[k] == layout.bytes[k] or rows == 1)
                and not (fold.inputs > 1 and overlaps(arrays, k, fold) and not lies_over(arrays, k, steps, fold, layout))
            )
        layout.all_direct = layout.all_direct and layout.direct[k]
    layout.stream = False
    if layout.all_direct:
        layout.part = rows
        layout.stream = (
            not layout.beside
            and columns <= MOST_STREAMED
            and fold.arrays == fold.inputs + 1
            and bypasses(&fold.cost, 2 * rows * layout.bytes[fold.inputs])
            and not overlaps(arrays, fold.inputs, fold)
        )
    return total


cdef inline Py_ssize_t shared_rows(const Layout* layout, Py_ssize_t rows, int threads) noexcept nogil:
    """How many rows a thread takes at a time: whole lines are read faster than pieces of them."""
    if not (layout.beside and layout.all_direct):
        return layout.chunk
    return max(layout.chunk, min(<Py_ssize_t>BROAD, rows // threads & ~<Py_ssize_t>63))


cdef void fold_loop(char** arrays, cnp.npy_intp* dimensions, cnp.npy_intp* steps, void* data) noexcept nogil:
    cdef const Fold* fold = <const Fold*>data
    cdef Layout layout
    cdef Work work
    cdef unsigned int flags = act_flags_save()
    cdef Py_ssize_t rows = dimensions[0], total
    cdef int threads
    cdef double start
    if rows <= 0:
        return
    total = laid_out(arrays, rows, dimensions[1], steps, fold, &layout)
    threads = team(&fold.cost, total)
    if threads == 1:
        start = begin(&fold.cost, total)
        work.failed = not fold_part(arrays, 0, rows, fold, &layout)
        end(<Cost*>&fold.cost, total, start)
    else:
        layout.chunk = shared_rows(&layout, rows, threads)
        work = Work(arrays, fold, &layout, rows, layout.chunk, 1, 0, False)
        share(threads, (rows + layout.chunk - 1) // layout.chunk, shared_part, &work, expected(&fold.cost, total))
    act_flags_restore(flags)
    if work.failed:
        with gil:
            PyErr_NoMemory()


cdef bint some_tables(char** arrays, Py_ssize_t first, Py_ssize_t tables, Py_ssize_t start, Py_ssize_t rows,
                      Py_ssize_t width, const Fold* fold, const Layout* layout) noexcept nogil:
    """Some of the tables, or some rows of one; False where there is no memory for buffers."""
    cdef char* at[MOST_ARRAYS]
    cdef Py_ssize_t table
    cdef int k
    cdef bint stacked = fold.stacked != NULL and layout.beside and layout.all_direct and rows == width
    for table in range(first, first + (1 if stacked else tables)):
        for k in range(fold.arrays):
            at[k] = arrays[k] + table * width * layout.elements[k] * fold.itemsize[k]
        if stacked:
            fold.stacked(at, tables, layout.columns, width, fold.values, NULL)
        elif not fold_part(at, start, rows, fold, layout):
            return False
    return True


cdef void shared_tables(void* data, Py_ssize_t c) noexcept nogil:
    cdef Work* work = <Work*>data
    cdef Py_ssize_t parts, start
    cdef bint done
    if work.together:
        start = c * work.together
        done = some_tables(work.arrays, start, min(work.together, work.tables - start), 0, work.rows, work.rows, work.fold,
                           work.layout)
    else:
        parts = (work.rows + work.chunk - 1) // work.chunk
        start = c % parts * work.chunk
        done = some_tables(work.arrays, c // parts, 1, start, min(work.chunk, work.rows - start), work.rows, work.fold,
                           work.layout)
    if not done:
        work.failed = True


cdef void fold_tables(char** arrays, Py_ssize_t tables, Py_ssize_t columns, Py_ssize_t width, void* data) noexcept nogil:
    """Tables of `width` rows side by side, without gaps and one after another."""
    cdef const Fold* fold = <const Fold*>data
    cdef Layout layout
    cdef cnp.npy_intp steps[2 * MOST_ARRAYS]
    cdef unsigned int flags = act_flags_save()
    cdef Py_ssize_t total, units
    cdef int k, cores = 0, threads
    cdef Work work
    cdef double start
    for k in range(fold.arrays):
        steps[k] = fold.itemsize[k]
        if fold.core[k]:
            steps[fold.arrays + cores] = width * fold.itemsize[k]
            cores += 1
    total = laid_out(arrays, width, columns, steps, fold, &layout) * tables
    threads = team(&fold.cost, total)
    if threads == 1:
        start = begin(&fold.cost, total)
        work.failed = not some_tables(arrays, 0, tables, 0, width, width, fold, &layout)
        end(<Cost*>&fold.cost, total, start)
    else:
        layout.chunk = shared_rows(&layout, width, threads)
        work = Work(arrays, fold, &layout, width, layout.chunk, tables, layout.chunk // width, False)
        if work.together:
            units = (tables + work.together - 1) // work.together
        else:
            units = tables * ((width + layout.chunk - 1) // layout.chunk)
        share(threads, units, shared_tables, &work, expected(&fold.cost, total))
    act_flags_restore(flags)
    if work.failed:
        with gil:
            PyErr_NoMemory()


LOOPS = {"fold": <uintptr_t><void*>fold_loop, "tables": <uintptr_t><void*>fold_tables}
