"""Rows that stand side by side, in lines of contiguous elements: what the kernels for an axis that is not the last share.

A line holds one element of each row, and lines are `step` elements apart. Every row's operations and their order are
those of the kernels for one row after another (sums.pxd): the bits are the same. Lines with nothing between them are
worked on as one long stretch, so that a few rows fill whole vectors.
"""

from libc.math cimport isfinite
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset

from cpython.exc cimport PyErr_NoMemory

from activations.kernels.blocks cimport gather
from activations.kernels.core cimport fold_t
from activations.kernels.real cimport act_product_error, fma, real
from activations.kernels.rows cimport WIDTH
from activations.kernels.sums cimport SPREAD, Sum

cdef extern from "lanes.h" nogil:
    void act_fetch(const void* memory, int bytes)

cdef extern from "wide.h" nogil:
    void act_add_line(double* lane, Py_ssize_t n, const float* x)
    void act_add_squares_line(double* lane, Py_ssize_t n, const float* x)
    void act_add_lines(double* lane, Py_ssize_t n, const float* x, Py_ssize_t far, int lines)
    void act_add_squares_lines(double* lane, Py_ssize_t n, const float* x, Py_ssize_t far, int lines)

cdef enum:
    ABREAST = 96       # the most rows that are worked on at a time
    TILED = 524288     # bytes of lines that are copied before they are worked on
    GATHERED = 65536   # bytes of rows that are taken out of their lines at a time
    AHEAD = 8          # lines that lie apart are asked for so long before they are needed


cdef inline Py_ssize_t abreast(Py_ssize_t left, Py_ssize_t bytes, const real* like) noexcept nogil:
    """How many of the rows that are left to take at a time: so many bytes of a line, and half as much again at the end."""
    cdef Py_ssize_t usual = bytes // <Py_ssize_t>sizeof(real)
    return left if 2 * left <= 3 * usual else usual


cdef inline Py_ssize_t tile_line(Py_ssize_t n) noexcept nogil:
    """How many bytes to copy of each of n lines at a time; 0 where they would be too few for memory to come in a stream."""
    cdef Py_ssize_t line = 1024
    while line >= 256 and n * line > TILED:
        line = line // 2
    return line if line >= 256 else 0


cdef inline void* tile_for(Py_ssize_t n, Py_ssize_t width, Py_ssize_t size) noexcept nogil:
    """Memory for so much of n lines; NULL where nothing is to be copied."""
    cdef Py_ssize_t line = tile_line(n)
    return malloc(min(width * size, 3 * line // 2) * n) if line else NULL


cdef inline bint side_by_side(Py_ssize_t step, Py_ssize_t width, const real* like) noexcept nogil:
    """Whether lines of this width, so many bytes apart, have nothing between them."""
    return step == width * <Py_ssize_t>sizeof(real)


# What differs from row to row is held in a line of its own. Where the lines of the table have nothing between them, it is
# repeated, and several lines are one.

cdef inline Py_ssize_t joined_lines(Py_ssize_t n, Py_ssize_t width, Py_ssize_t most, bint contiguous) noexcept nogil:
    """How many of n lines are worked on as one, of at most so many elements: a power of two, as the number of lanes is."""
    cdef Py_ssize_t times = 1
    while contiguous and 2 * times * width <= most and 2 * times <= min(n, <Py_ssize_t>SPREAD):
        times = 2 * times
    return times


cdef inline void repeat(real* line, Py_ssize_t width, Py_ssize_t times) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(1, times):
        memcpy(line + k * width, line, width * sizeof(real))


cdef inline void rows_instead(fold_t kernel, char** arrays, int count, int cores, Py_ssize_t columns, Py_ssize_t first,
                              Py_ssize_t rows, const Py_ssize_t* steps, const double* values,
                              const real* like) noexcept nogil:
    """Some of the rows by the kernel for one row after another, which knows about overflow, infinities and NaN.

    Bit k of `cores` says whether array k has the folded axis; the last of the arrays is the result.
    """
    cdef char* at[4]
    cdef char* memory
    cdef Py_ssize_t size = sizeof(real), done = 0, m, part = max(<Py_ssize_t>1, GATHERED // (columns * size)), n
    cdef int k
    part = min(part, rows)
    memory = <char*>malloc(count * part * columns * size)
    if memory == NULL:
        with gil:
            PyErr_NoMemory()
        return
    while done < rows:
        m = min(part, rows - done)
        for k in range(count):
            n = columns if cores >> k & 1 else 1
            at[k] = memory + k * part * columns * size
            if k < count - 1:
                gather(at[k], arrays[k] + (first + done) * size, m, n, size, steps[k], <int>size, 0)
        kernel(at, m, columns, values, NULL)
        n = columns if cores >> (count - 1) & 1 else 1
        gather(at[count - 1], arrays[count - 1] + (first + done) * size, m, n, size, steps[count - 1], <int>size, 1)
        done += m
    free(memory)


cdef inline void odd_rows_instead(const bint* odd, Py_ssize_t width, fold_t kernel, char** arrays, int count, int cores,
                                  Py_ssize_t columns, Py_ssize_t first, const Py_ssize_t* steps, const double* values,
                                  const real* like) noexcept nogil:
    """The same for those of `width` rows that are marked, neighbours together."""
    cdef Py_ssize_t j = 0, start
    while j < width:
        start = j
        while j < width and odd[j]:
            j += 1
        if j > start:
            rows_instead(kernel, arrays, count, cores, columns, first + start, j - start, steps, values, like)
        else:
            j += 1


cdef inline void block_scaled(const real* x, real* out, Py_ssize_t n, const real* high, const real* low) noexcept nogil:
    """Each element times its row's factor in two parts."""
    cdef Py_ssize_t j
    for j in range(n):
        out[j] = fma(x[j], high[j], x[j] * low[j])


cdef inline void lines_scaled(char** arrays, const Py_ssize_t* steps, Py_ssize_t n, Py_ssize_t first, Py_ssize_t width,
                              real* high, real* low) noexcept nogil:
    """The same for `width` rows, at most WIDTH, of a table arrays[0] to another, arrays[1]."""
    cdef Py_ssize_t k = 0
    cdef Py_ssize_t times = joined_lines(n, width, WIDTH, steps[0] == steps[1] and side_by_side(steps[0], width, high))
    repeat(high, width, times)
    repeat(low, width, times)
    while k < n:
        block_scaled(<const real*>(arrays[0] + k * steps[0]) + first, <real*>(arrays[1] + k * steps[1]) + first,
                     min(times, n - k) * width, high, low)
        k += times


# Sums in the lanes of sums.pxd: lane k of row j stands at k * width + j.

cdef inline void block_add_line(const double* x, double* high, double* low, Py_ssize_t n, double factor) noexcept nogil:
    cdef Py_ssize_t j
    cdef double value, sum, back
    for j in range(n):
        value = factor * x[j]
        sum = high[j] + value
        back = sum - high[j]
        low[j] += (high[j] - (sum - back)) + (value - back)
        high[j] = sum


cdef inline void add_line(const real* x, double* high, double* low, Py_ssize_t n, double factor) noexcept nogil:
    if real is float:
        act_add_line(high, n, x)
    else:
        block_add_line(x, high, low, n, factor)


cdef inline void block_add_squares_line(const double* x, double* high, double* low, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t j
    cdef double square, sum, back
    for j in range(n):
        square = x[j] * x[j]
        sum = high[j] + square
        back = sum - high[j]
        low[j] += ((high[j] - (sum - back)) + (square - back)) + act_product_error(x[j], x[j], square)
        high[j] = sum


cdef inline void add_squares_line(const real* x, double* high, double* low, Py_ssize_t n) noexcept nogil:
    if real is float:
        act_add_squares_line(high, n, x)
    else:
        block_add_squares_line(x, high, low, n)


cdef inline void block_join(double* high, double* low, Py_ssize_t n, const real* like) noexcept nogil:
    """Put the second half of the lanes onto the first."""
    cdef Py_ssize_t j
    cdef double sum, back
    for j in range(n):
        sum = high[j] + high[n + j]
        if real is double:
            back = sum - high[j]
            low[j] = (low[j] + low[n + j]) + ((high[j] - (sum - back)) + (high[n + j] - back))
        high[j] = sum


cdef inline void ask_for(const real* x, Py_ssize_t step, Py_ssize_t width) noexcept nogil:
    """Bring the line nearer that comes some lines after this one, where lines lie apart and no prefetcher follows."""
    if step != width:
        act_fetch(x + AHEAD * step, <int>(width * sizeof(real)))


cdef inline Py_ssize_t lanes_cleared(double* high, double* low, Py_ssize_t n, Py_ssize_t width,
                                     const real* like) noexcept nogil:
    """Sums of 0 for rows of n elements; how many lanes there are, no more than are needed."""
    cdef Py_ssize_t lanes = SPREAD
    while lanes >= 2 * n and lanes > 1:
        lanes = lanes >> 1
    memset(high, 0, lanes * width * sizeof(double))
    if real is double:
        memset(low, 0, lanes * width * sizeof(double))
    return lanes


cdef inline void lanes_settled(double* high, double* low, Py_ssize_t lanes, Py_ssize_t width, Sum* totals,
                               const real* like) noexcept nogil:
    """Each row's lanes together, by halves. Where the sum is not finite its error means nothing."""
    cdef Py_ssize_t j
    cdef double sum
    while lanes > 1:
        lanes = lanes >> 1
        block_join(high, low, lanes * width, like)
    for j in range(width):
        totals[j].high, totals[j].low = high[j], 0
        if real is double:
            sum = high[j] + low[j]
            if isfinite(sum):
                totals[j].high, totals[j].low = sum, (high[j] - sum) + low[j]


cdef inline Py_ssize_t floats_added(const float* x, Py_ssize_t n, Py_ssize_t step, Py_ssize_t width, double* lane,
                                    int together, bint squares) noexcept nogil:
    """Add as many lines, or their squares, as there are whole groups of; those of a group that share lanes are taken
    together, in their order. Returns how many lines."""
    cdef Py_ssize_t k = 0, at, times = SPREAD if step == width else 1, group = together * SPREAD
    while k + group <= n:
        for at in range(SPREAD // times):
            ask_for(x + at * times * step, step, width)
            if squares:
                act_add_squares_lines(lane + at * times * width, times * width, x + at * times * step, SPREAD * step,
                                      together)
            else:
                act_add_lines(lane + at * times * width, times * width, x + at * times * step, SPREAD * step, together)
        x += group * step
        k += group
    return k


cdef inline Py_ssize_t groups_added(const real* x, Py_ssize_t n, Py_ssize_t step, Py_ssize_t width, double* lane,
                                    bint squares) noexcept nogil:
    """The same by fours and by twos; of double none."""
    cdef Py_ssize_t k = 0
    if real is float:
        k = floats_added(x, n, step, width, lane, 4, squares)
        k += floats_added(x + k * step, n - k, step, width, lane, 2, squares)
    return k


cdef inline void lines_added(const real* x, Py_ssize_t n, Py_ssize_t step, Py_ssize_t width, double factor,
                             Sum* totals) noexcept nogil:
    """row_added for each row; the factor, of double alone, is a power of two."""
    cdef double high[SPREAD * ABREAST]
    cdef double low[SPREAD * ABREAST]
    cdef Py_ssize_t lanes = lanes_cleared(high, low, n, width, x), k = groups_added(x, n, step, width, high, False)
    if step == width:
        while k < n:
            add_line(x + k * step, high, low, min(<Py_ssize_t>SPREAD, n - k) * width, factor)
            k += SPREAD
    else:
        for k in range(k, n):
            ask_for(x + k * step, step, width)
            add_line(x + k * step, high + k % SPREAD * width, low + k % SPREAD * width, width, factor)
    lanes_settled(high, low, lanes, width, totals, x)


cdef inline void lines_squares(const real* x, Py_ssize_t n, Py_ssize_t step, Py_ssize_t width, Sum* totals) noexcept nogil:
    """row_squares for each row, around 0."""
    cdef double high[SPREAD * ABREAST]
    cdef double low[SPREAD * ABREAST]
    cdef Py_ssize_t lanes = lanes_cleared(high, low, n, width, x), k = groups_added(x, n, step, width, high, True)
    if step == width:
        while k < n:
            add_squares_line(x + k * step, high, low, min(<Py_ssize_t>SPREAD, n - k) * width)
            k += SPREAD
    else:
        for k in range(k, n):
            ask_for(x + k * step, step, width)
            add_squares_line(x + k * step, high + k % SPREAD * width, low + k % SPREAD * width, width)
    lanes_settled(high, low, lanes, width, totals, x)


# Sums of float32 about a centre for each row, whose errors in double do not count; those of double keep them.

cdef inline void block_add_distances_line(const real* x, double* high, double* low, Py_ssize_t n, const double* centre,
                                          const double* rest) noexcept nogil:
    cdef Py_ssize_t j
    cdef double value, distance, back, lost, square, sum
    for j in range(n):
        value = x[j]
        if real is float:
            distance = (value - centre[j]) - rest[j]
            high[j] += distance * distance
        else:
            distance = value - centre[j]
            back = distance - value
            lost = ((value - (distance - back)) - (centre[j] + back)) - rest[j]
            square = distance * distance
            lost = (2 * distance + lost) * lost + act_product_error(distance, distance, square)
            sum = high[j] + square
            back = sum - high[j]
            low[j] += ((high[j] - (sum - back)) + (square - back)) + lost
            high[j] = sum


cdef inline void lines_distances(const real* x, Py_ssize_t n, Py_ssize_t step, Py_ssize_t width, double* centre,
                                 double* rest, Sum* totals) noexcept nogil:
    """row_squares for each row, around centre + rest; both lines have room to be repeated."""
    cdef double high[SPREAD * ABREAST]
    cdef double low[SPREAD * ABREAST]
    cdef Py_ssize_t k = 0, lanes = lanes_cleared(high, low, n, width, x)
    cdef Py_ssize_t times = joined_lines(n, width, ABREAST, step == width)
    repeat(centre, width, times)
    repeat(rest, width, times)
    while k < n:
        ask_for(x + k * step, step, width)
        block_add_distances_line(x + k * step, high + k % SPREAD * width, low + k % SPREAD * width,
                                 min(times, n - k) * width, centre, rest)
        k += times
    lanes_settled(high, low, lanes, width, totals, x)
