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
from activations.kernels.real cimport fma, real
from activations.kernels.rows cimport WIDTH
from activations.kernels.sums cimport SPREAD, Sum

cdef extern from "lanes.h" nogil:
    void act_fetch(const void* memory, int bytes)

cdef extern from "wide.h" nogil:
    void act_add_distances_lines(double* lane, Py_ssize_t n, const float* x, Py_ssize_t far, int lines,
                                 const double* centre, const double* rest)
    void act_keep_lines(double* high, double* low, Py_ssize_t n, const double* x, Py_ssize_t far, int lines, double factor)
    void act_keep_squares_lines(double* high, double* low, Py_ssize_t n, const double* x, Py_ssize_t far, int lines,
                                double factor)
    void act_keep_distances_lines(double* high, double* low, Py_ssize_t n, const double* x, Py_ssize_t far, int lines,
                                  const double* centre, const double* rest)
    void act_add_lines(double* lane, Py_ssize_t n, const float* x, Py_ssize_t far, int lines)
    void act_add_squares_lines(double* lane, Py_ssize_t n, const float* x, Py_ssize_t far, int lines)

cdef enum:
    ABREAST = 96       # the most rows that are worked on at a time where their sums are to stay in the first-level cache
    WHOLE = 4096       # bytes of a line that are taken at a time where lines are many and the table is large
    MANY = 64          # lines are many
    SUMS = 2 * SPREAD  # lanes that a row's sum takes
    LARGE = 1048576    # bytes of a table from which on that is worth while for its sums
    GATHERED = 65536   # bytes of rows that are taken out of their lines at a time
    AHEAD = 8          # lines that lie apart are asked for so long before they are needed


cdef inline Py_ssize_t abreast(Py_ssize_t left, Py_ssize_t bytes, const real* like) noexcept nogil:
    """How many of the rows that are left to take at a time: so many bytes of a line, and half as much again at the end."""
    cdef Py_ssize_t usual = bytes // <Py_ssize_t>sizeof(real)
    return left if 2 * left <= 3 * usual else usual


# Memory for the lanes of sums. A line of a large table is read as it lies, as much of it at a time as a page holds: the
# processor's own prefetching ends with each page. Sums are in the second-level cache then.

cdef struct Room:
    double* lanes
    Py_ssize_t rows    # for so many rows at a time
    void* memory       # to be freed


cdef inline Py_ssize_t whole_lines(Py_ssize_t n, Py_ssize_t width, const real* like) noexcept nogil:
    """How many rows of a large table to take at a time; of others 0."""
    cdef Py_ssize_t size = sizeof(real)
    return WHOLE // size if n >= MANY and n * width * size >= LARGE else 0


cdef inline Room room_for(double* few, Py_ssize_t width, Py_ssize_t lanes, Py_ssize_t most) noexcept nogil:
    """Room for so many lanes of each of `width` rows: all of them, or portions of about the same size, of at most so many.
    That of the caller, for ABREAST rows, where `most` is less or there is no memory."""
    cdef Room room
    cdef Py_ssize_t parts = (width + most - 1) // most if most > ABREAST else 1
    cdef Py_ssize_t rows = ((width + parts - 1) // parts + 15) & ~<Py_ssize_t>15
    room.memory = malloc(lanes * rows * sizeof(double)) if width > ABREAST < most else NULL
    room.lanes = few if room.memory == NULL else <double*>room.memory
    room.rows = ABREAST if room.memory == NULL else rows
    return room


cdef inline Py_ssize_t rows_in(const Room* room, Py_ssize_t left, Py_ssize_t bytes, const real* like) noexcept nogil:
    """How many of the rows that are left to take at a time: so many bytes of a line, where there is not more room."""
    return abreast(left, bytes, like) if room.memory == NULL else min(room.rows, left)


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


cdef inline Py_ssize_t last_of(Py_ssize_t n, Py_ssize_t times) noexcept nogil:
    """The last of n lines, of which so many are worked on as one. What comes after sums goes from there to the first line:
    of a large table it is the last lines that are near."""
    return (n - 1) // times * times


cdef inline bint by_lanes(Py_ssize_t n, Py_ssize_t width, Py_ssize_t step) noexcept nogil:
    """Whether sums take the lines of one lane before those of the next: not where all lines are one stretch of memory."""
    return n >= MANY and width > ABREAST and step != width


cdef inline Py_ssize_t lane_of(Py_ssize_t turn, bint back) noexcept nogil:
    """Which lane's turn it is: 0, 16, 8, 24 and so on, or from there `back` to 0, so that halves meet early. Lane 0's turn
    is the first, lane 16's the second: this is its own inverse."""
    cdef Py_ssize_t lane = (turn & 1) << 4 | (turn & 2) << 2 | turn & 4 | (turn & 8) >> 2 | (turn & 16) >> 4
    return SPREAD - 1 - lane if back else lane


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
    """The same for `width` rows, at most WIDTH, of a table arrays[0] to another, arrays[1]; after sums by lanes from the
    last lane on, whose lines are near."""
    cdef Py_ssize_t k, turn, lane
    cdef Py_ssize_t times = joined_lines(n, width, WIDTH, steps[0] == steps[1] and side_by_side(steps[0], width, high))
    cdef Py_ssize_t turns = SPREAD if by_lanes(n, width, steps[0] // <Py_ssize_t>sizeof(real)) else 1
    cdef Py_ssize_t apart = max(turns, times)
    repeat(high, width, times)
    repeat(low, width, times)
    for turn in range(turns):
        lane = lane_of(turn, True) if turns > 1 else 0
        k = lane + last_of(n - lane, apart)
        while k >= 0:
            block_scaled(<const real*>(arrays[0] + k * steps[0]) + first, <real*>(arrays[1] + k * steps[1]) + first,
                         min(times, n - k) * width, high, low)
            k -= apart


# Sums in the lanes of sums.pxd: lane k of row j stands at k * width + j.

cdef inline void add_lines(const real* x, Py_ssize_t far, int lines, double* high, double* low, Py_ssize_t n,
                           double factor, bint squares) noexcept nogil:
    """Add some lines, or their squares, to the same lanes, which are read and written once."""
    if real is float:
        if squares:
            act_add_squares_lines(high, n, x, far, lines)
        else:
            act_add_lines(high, n, x, far, lines)
    elif squares:
        act_keep_squares_lines(high, low, n, x, far, lines, factor)
    else:
        act_keep_lines(high, low, n, x, far, lines, factor)


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


cdef inline void ask_for_line(const real* x, Py_ssize_t step, Py_ssize_t width) noexcept nogil:
    """Bring the line nearer that comes some lines after this one, where short pieces lie apart and no prefetcher follows."""
    if step != width <= ABREAST:
        act_fetch(x + AHEAD * step, <int>(width * sizeof(real)))


cdef inline void line_cleared(double* high, double* low, Py_ssize_t n, const real* like) noexcept nogil:
    memset(high, 0, n * sizeof(double))
    if real is double:
        memset(low, 0, n * sizeof(double))


cdef inline Py_ssize_t lanes_cleared(double* high, double* low, Py_ssize_t n, Py_ssize_t width,
                                     const real* like) noexcept nogil:
    """Sums of 0 for rows of n elements; how many lanes there are, no more than are needed."""
    cdef Py_ssize_t lanes = SPREAD
    while lanes >= 2 * n and lanes > 1:
        lanes = lanes >> 1
    line_cleared(high, low, lanes * width, like)
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


cdef inline int sharing(Py_ssize_t left) noexcept nogil:
    """How many lines that share lanes to take together, of those that are left."""
    return 4 if left >= 4 * SPREAD else 2 if left >= 2 * SPREAD else 1


# One lane after another, where lines are many and wide, each in the line of memory `at` until it meets another: only so many
# lines of sums are alive at a time, which the first-level cache holds. The additions are the same.

cdef inline int sharing_lane(Py_ssize_t left) noexcept nogil:
    """How many of a lane's lines to take together."""
    return sharing(left + SPREAD - 1)


cdef inline Py_ssize_t lane_met(double* high, double* low, Py_ssize_t at, Py_ssize_t turn, Py_ssize_t width,
                                const real* like) noexcept nogil:
    """After a lane's turn put it together with those that it meets; where the next one goes."""
    while turn & 1:
        at -= 1
        block_join(high + at * width, low + at * width, width, like)
        turn = turn >> 1
    return at + 1


cdef inline void lanes_added(const real* x, Py_ssize_t n, Py_ssize_t step, Py_ssize_t width, double factor, bint squares,
                             double* lane, double* low) noexcept nogil:
    cdef double* sums
    cdef double* errors
    cdef Py_ssize_t turn, k, at = 0
    cdef int lines
    for turn in range(SPREAD):
        sums, errors = lane + at * width, low + at * width
        line_cleared(sums, errors, width, x)
        k = lane_of(turn, False)
        while k < n:
            lines = sharing_lane(n - k)
            if lines == 4:
                add_lines(x + k * step, SPREAD * step, 4, sums, errors, width, factor, squares)
            elif lines == 2:
                add_lines(x + k * step, SPREAD * step, 2, sums, errors, width, factor, squares)
            else:
                add_lines(x + k * step, 0, 1, sums, errors, width, factor, squares)
            k += lines * SPREAD
        at = lane_met(lane, low, at, turn, width, x)


cdef inline void add_distances(const real* x, Py_ssize_t far, int lines, double* high, double* low, Py_ssize_t n,
                               const double* centre, const double* rest) noexcept nogil:
    """The same of squared distances from each row's centre + rest. float's errors in double do not count."""
    if real is float:
        if lines == 4:
            act_add_distances_lines(high, n, x, far, 4, centre, rest)
        elif lines == 2:
            act_add_distances_lines(high, n, x, far, 2, centre, rest)
        else:
            act_add_distances_lines(high, n, x, far, 1, centre, rest)
    elif lines == 4:
        act_keep_distances_lines(high, low, n, x, far, 4, centre, rest)
    elif lines == 2:
        act_keep_distances_lines(high, low, n, x, far, 2, centre, rest)
    else:
        act_keep_distances_lines(high, low, n, x, far, 1, centre, rest)


cdef inline Py_ssize_t groups_added(const real* x, Py_ssize_t n, Py_ssize_t step, Py_ssize_t width, double* high,
                                    double* low, int lines, double factor, bint squares) noexcept nogil:
    """Add what there is of whole groups of lines, or their squares, and return how many lines; those that share lanes are
    taken together, in their order."""
    cdef Py_ssize_t k = 0, at, times = SPREAD if step == width else 1, group = lines * SPREAD
    while k + group <= n:
        for at in range(SPREAD // times):
            ask_for_line(x + at * times * step, step, width)
            add_lines(x + at * times * step, SPREAD * step, lines, high + at * times * width, low + at * times * width,
                      times * width, factor, squares)
        x += group * step
        k += group
    return k


cdef inline void lines_added(const real* x, Py_ssize_t n, Py_ssize_t step, Py_ssize_t width, double factor, bint squares,
                             double* lane, Sum* totals) noexcept nogil:
    """row_added for each row, or row_squares around 0, with memory for SUMS lanes of each; the factor, of double alone, is a
    power of two."""
    cdef double* low = lane + (SPREAD * width if real is double else 0)
    cdef Py_ssize_t lanes, at, k, times = SPREAD if step == width else 1
    if by_lanes(n, width, step):
        lanes_added(x, n, step, width, factor, squares, lane, low)
        lanes_settled(lane, low, 1, width, totals, x)
        return
    lanes = lanes_cleared(lane, low, n, width, x)
    k = groups_added(x, n, step, width, lane, low, 4, factor, squares)
    k += groups_added(x + k * step, n - k, step, width, lane, low, 2, factor, squares)
    while k < n:
        at = k % SPREAD * width
        ask_for_line(x + k * step, step, width)
        add_lines(x + k * step, 0, 1, lane + at, low + at, min(times, n - k) * width, factor, squares)
        k += times
    lanes_settled(lane, low, lanes, width, totals, x)


cdef inline void lanes_distances(const real* x, Py_ssize_t n, Py_ssize_t step, Py_ssize_t width, const double* centre,
                                 const double* rest, double* lane, double* low) noexcept nogil:
    """One lane after another, from the last one back."""
    cdef Py_ssize_t turn, k, at = 0
    cdef int lines
    for turn in range(SPREAD):
        line_cleared(lane + at * width, low + at * width, width, x)
        k = lane_of(turn, True)
        while k < n:
            lines = sharing_lane(n - k)
            add_distances(x + k * step, SPREAD * step, lines, lane + at * width, low + at * width, width, centre, rest)
            k += lines * SPREAD
        at = lane_met(lane, low, at, turn, width, x)


cdef inline void lines_distances(const real* x, Py_ssize_t n, Py_ssize_t step, Py_ssize_t width, double* centre,
                                 double* rest, double* lane, Sum* totals) noexcept nogil:
    """row_squares for each row, around centre + rest, with memory for SUMS lanes of each; both lines have room to be
    repeated."""
    cdef double* low = lane + (SPREAD * width if real is double else 0)
    cdef Py_ssize_t k = 0, at, m, lanes, times = joined_lines(n, width, ABREAST, step == width)
    cdef int together
    if by_lanes(n, width, step):
        lanes_distances(x, n, step, width, centre, rest, lane, low)
        lanes_settled(lane, low, 1, width, totals, x)
        return
    lanes = lanes_cleared(lane, low, n, width, x)
    repeat(centre, width, times)
    repeat(rest, width, times)
    while k < n:
        together = sharing(n - k)
        at = 0
        while at < min(<Py_ssize_t>SPREAD, n - k):
            m = min(times, n - k - at) * width
            ask_for_line(x + at * step, step, width)
            add_distances(x + at * step, SPREAD * step, together, lane + at * width, low + at * width, m, centre, rest)
            at += times
        x += together * SPREAD * step
        k += together * SPREAD
    lanes_settled(lane, low, lanes, width, totals, x)
