"""softmax and log_softmax of rows that stand side by side, in lines of contiguous elements.

The operations and their order are those on one row after another (row_exponentials.pxd, lanes.pxd): the bits are the same.
"""

from libc.string cimport memset

from activations.formulas.elementary cimport exp_reduced, reduced_from, scale
from activations.kernels.lanes cimport FOLDED, FOUR, LANES, larger
from activations.kernels.lines cimport ask_for, joined_lines, repeat
from activations.kernels.real cimport at_least, fma, real
from activations.kernels.row_exponentials cimport (
    add_logarithm, block_own, block_shifts, block_taken_out, divide_sum, finely_added, logarithm_of,
)
from activations.kernels.rows cimport ACT_INFINITY, WIDTH, finite, row_fill, row_undecided

cdef extern from "wide.h" nogil:
    void act_together_short(double* total, int n, const float* x, Py_ssize_t step, Py_ssize_t count)
    void act_add_line(double* lane, Py_ssize_t n, const float* x)

cdef enum:
    BESIDE = 64        # rows worked on at a time: GCC unrolls loops of 16 before it can vectorise them
    MOST = 96          # and at most, when few would be left
    ROOM = 128         # elements of lines worked on as one
    SHORT = 256        # rows up to this length are worked on in a buffer

# Lines of n elements.

cdef inline real signed(real x, bint negative) noexcept nogil:
    return -x if negative else x


cdef inline void block_larger_line(const real* x, real* top, Py_ssize_t n, bint negative) noexcept nogil:
    cdef Py_ssize_t j
    for j in range(n):
        top[j] = larger(signed(x[j], negative), top[j])


cdef inline void block_exp_line(const real* x, real* out, Py_ssize_t n, const real* base, const real* low,
                                const real* zero, bint negative) noexcept nogil:
    """block_exp of x, or of its negative; `zero` is the carrier of 2^0 with each row's bias."""
    cdef Py_ssize_t j
    cdef real carrier, r
    for j in range(n):
        r = reduced_from(at_least(signed(x[j], negative) - base[j], low[j]), zero[j], &carrier)
        out[j] = exp_reduced(r, carrier)


cdef inline void block_pile_four(const real* a, const real* b, const real* c, const real* d, double* high, double* low,
                                 Py_ssize_t n, bint scaled) noexcept nogil:
    """Add four elements of each row to its sum, as sum_of (or add_scaled) does."""
    cdef double grid = 3 * 32768 * scale(<double>0), ca, cb, cc, cd
    cdef Py_ssize_t j
    for j in range(n):
        if real is float or not scaled:
            high[j] += (a[j] + b[j]) + (c[j] + d[j])
        else:
            ca = (a[j] + grid) - grid
            cb = (b[j] + grid) - grid
            cc = (c[j] + grid) - grid
            cd = (d[j] + grid) - grid
            high[j] += (ca + cb) + (cc + cd)
            low[j] += ((a[j] - ca) + (b[j] - cb)) + ((c[j] - cc) + (d[j] - cd))


cdef inline void block_pile_one(const double* a, double* high, double* low, Py_ssize_t n, bint scaled) noexcept nogil:
    cdef double grid = 3 * 32768 * scale(<double>0), cut
    cdef Py_ssize_t j
    for j in range(n):
        if not scaled:
            high[j] += a[j]
        else:
            cut = (a[j] + grid) - grid
            high[j] += cut
            low[j] += a[j] - cut


cdef inline void pile_one(const real* a, double* high, double* low, Py_ssize_t n, bint scaled) noexcept nogil:
    if real is float:
        act_add_line(high, n, a)
    else:
        block_pile_one(a, high, low, n, scaled)


cdef inline void block_together_line(const double* lane, double* total, Py_ssize_t n) noexcept nogil:
    """Add each row's lanes to its total; lane k of row j stands at n * k + j."""
    cdef Py_ssize_t j
    cdef const double* b = lane + 8 * n
    for j in range(n):
        total[j] += (
            (((lane[j] + b[j]) + (lane[4 * n + j] + b[4 * n + j]))
             + ((lane[2 * n + j] + b[2 * n + j]) + (lane[6 * n + j] + b[6 * n + j])))
            + (((lane[n + j] + b[n + j]) + (lane[5 * n + j] + b[5 * n + j]))
               + ((lane[3 * n + j] + b[3 * n + j]) + (lane[7 * n + j] + b[7 * n + j])))
        )


cdef inline void block_scale_line(const real* x, real* out, Py_ssize_t n, const real* high,
                                  const real* low) noexcept nogil:
    cdef Py_ssize_t j
    for j in range(n):
        out[j] = fma(x[j], high[j], x[j] * low[j])


cdef inline void block_subtract_line(const real* x, real* out, Py_ssize_t n, const real* high,
                                     const real* low) noexcept nogil:
    cdef Py_ssize_t j
    for j in range(n):
        out[j] = (x[j] - high[j]) - low[j]


cdef inline bint few_enough(Py_ssize_t n, const real* like) noexcept nogil:
    """Whether each element of a row of floats is a lane of its sum."""
    return real is float and n <= LANES


# Up to MOST rows; their elements of one column are a line, and lines are `step` elements apart. `times` lines of a table
# without gaps are worked on as one, a part of LANES.

cdef inline Py_ssize_t stretch(Py_ssize_t times, Py_ssize_t left, Py_ssize_t width) noexcept nogil:
    """The elements of so many lines, or of those that are left; a length that the compiler knows where times is 1."""
    return width if times == 1 else min(times, left) * width


cdef inline Py_ssize_t times_of(Py_ssize_t n, Py_ssize_t width, bint contiguous) noexcept nogil:
    return min(<Py_ssize_t>LANES, joined_lines(n, width, ROOM, contiguous))


cdef inline Py_ssize_t beside(Py_ssize_t left) noexcept nogil:
    """How many of the rows that are left to take at a time."""
    return left if left <= MOST else BESIDE


cdef inline void lines_tops(const real* x, Py_ssize_t step, Py_ssize_t n, Py_ssize_t width, real* top,
                            bint negative) noexcept nogil:
    """row_largest of each row, or of its negative; `top` has WIDTH."""
    cdef Py_ssize_t times = times_of(n, width, step == width), j, k = 0
    row_fill(top, times * width, <real>-ACT_INFINITY)
    while k < n:
        ask_for(x + k * step, step, width)
        block_larger_line(x + k * step, top, stretch(times, n - k, width), negative)
        k += times
    for k in range(1, times):
        for j in range(width):
            top[j] = larger(top[k * width + j], top[j])


cdef inline void lines_exponentials(const real* x, Py_ssize_t x_step, real* e, Py_ssize_t step, Py_ssize_t n,
                                    Py_ssize_t width, const real* top, double* total, bint negative,
                                    bint fine) noexcept nogil:
    """row_exp of each row (or of its negative) into `e`, or nowhere if it is NULL; what has no finite top gets anything."""
    cdef real base[ROOM]
    cdef real low[ROOM]
    cdef real zero[ROOM]
    cdef real four[4 * ROOM]
    cdef real* to[4]
    cdef double high[LANES * MOST]
    cdef double rest[LANES * MOST]
    cdef double errors[MOST]
    cdef Py_ssize_t times = times_of(n, width, x_step == width and (e == NULL or step == width))
    cdef Py_ssize_t j, k, q, m, part, quarter, done = 0
    block_shifts(top, base, low, zero, width)
    repeat(base, width, times)
    repeat(low, width, times)
    repeat(zero, width, times)
    if e != NULL and few_enough(n, x):
        while done < n:
            block_exp_line(x + done * x_step, e + done * step, stretch(times, n - done, width), base, low, zero, negative)
            done += times
        act_together_short(total, <int>width, <const float*>e, step, n)
        return
    memset(errors, 0, sizeof(errors))
    memset(total, 0, width * sizeof(double))
    while done < n:
        m = min(<Py_ssize_t>WIDTH, n - done)
        memset(high, 0, LANES * width * sizeof(double))
        if real is double:
            memset(rest, 0, LANES * width * sizeof(double))
        quarter = m // FOUR * LANES if m >= FOLDED and not fine else 0
        part = times * width
        k = 0
        while k < quarter:
            for q in range(4):
                to[q] = &four[q * ROOM] if e == NULL else e + (done + q * quarter + k) * step
                block_exp_line(x + (done + q * quarter + k) * x_step, to[q], part, base, low, zero, negative)
            block_pile_four(to[0], to[1], to[2], to[3], high + k % LANES * width, rest + k % LANES * width, part, True)
            k += times
        k = 4 * quarter
        while k < m:
            to[0] = &four[0] if e == NULL else e + (done + k) * step
            part = stretch(times, m - k, width)
            block_exp_line(x + (done + k) * x_step, to[0], part, base, low, zero, negative)
            pile_one(to[0], high + k % LANES * width, rest + k % LANES * width, part, True)
            k += times
        block_together_line(high, total, width)
        if real is double:
            block_together_line(rest, errors, width)
        done += m
    for j in range(width):
        total[j] += errors[j]


cdef inline Py_ssize_t block_odd(const real* top, Py_ssize_t n) noexcept nogil:
    """How many are not finite."""
    cdef Py_ssize_t j, odd = 0
    for j in range(n):
        odd += top[j] - top[j] != 0
    return odd


cdef inline void lines_divided(const real* x, Py_ssize_t x_step, const real* e, Py_ssize_t e_step, real* out,
                               Py_ssize_t step, Py_ssize_t n, Py_ssize_t width, const double* total, const real* top,
                               bint negative) noexcept nogil:
    """row_divided of each row."""
    cdef real high[WIDTH]
    cdef real low[WIDTH]
    cdef Py_ssize_t times = times_of(n, width, e_step == width and step == width), j, k = 0
    for j in range(width):
        divide_sum(total[j], &high[j], &low[j])
    repeat(high, width, times)
    repeat(low, width, times)
    while k < n:
        block_scale_line(e + k * e_step, out + k * step, stretch(times, n - k, width), high, low)
        k += times
    for j in range(width if block_odd(top, width) else 0):
        if not finite(top[j]):
            for k in range(n if negative else 0):
                out[k * step + j] = -x[k * x_step + j]
            if negative:
                row_undecided(out + j, step, out + j, step, n, 0)
            else:
                row_undecided(x + j, x_step, out + j, step, n, 0)


cdef inline Py_ssize_t taken(Py_ssize_t n, Py_ssize_t left) noexcept nogil:
    """How many of the rows that are left to take at a time: a wide stretch of each line, unless rows are short enough for
    the lines of a few to stay near."""
    return min(<Py_ssize_t>WIDTH, left) if n > SHORT else beside(left)


cdef inline void lines_summed(const real* x, Py_ssize_t x_step, real* e, Py_ssize_t step, Py_ssize_t n,
                              Py_ssize_t width, const real* top, double* total, bint negative,
                              bint fine) noexcept nogil:
    """lines_exponentials of any number of rows; whole groups have loops with a length that the compiler knows."""
    cdef Py_ssize_t done = 0, m
    while done < width:
        m = beside(width - done)
        if m == BESIDE:
            lines_exponentials(x + done, x_step, NULL if e == NULL else e + done, step, n, BESIDE, top + done,
                               total + done, negative, fine)
        else:
            lines_exponentials(x + done, x_step, NULL if e == NULL else e + done, step, n, m, top + done, total + done,
                               negative, fine)
        done += m


cdef inline void lines_softmax(const real* x, Py_ssize_t x_step, real* out, Py_ssize_t step, Py_ssize_t n,
                               Py_ssize_t width, bint quiet, bint negative) noexcept nogil:
    """softmax, quiet_softmax or softmin of as many rows as are `taken`. Short ones are worked on in a buffer: lines far
    apart fight for one place in the cache."""
    cdef real work[SHORT * BESIDE]
    cdef real top[WIDTH]
    cdef double total[WIDTH]
    cdef real base[WIDTH]
    cdef real low[WIDTH]
    cdef real zero[WIDTH]
    cdef real carrier, r
    cdef Py_ssize_t j, e_step = step
    cdef real* e = out
    if n <= SHORT and width <= BESIDE and step != width:
        e, e_step = &work[0], width
    lines_tops(x, x_step, n, width, top, negative)
    for j in range(width if quiet else 0):
        top[j] = larger(top[j], <real>0)
    lines_summed(x, x_step, e, e_step, n, width, top, total, negative, False)
    if quiet:
        block_shifts(top, base, low, zero, width)
        for j in range(width):
            r = reduced_from(at_least(-base[j], low[j]), zero[j], &carrier)
            total[j] += exp_reduced(r, carrier)
    lines_divided(x, x_step, e, e_step, out, step, n, width, total, top, negative)


cdef inline void block_without_line(const real* x, real* e, Py_ssize_t n, const real* top, real* tops) noexcept nogil:
    """Count the largest elements, and take them out of the exponentials."""
    cdef Py_ssize_t j
    for j in range(n):
        tops[j] += <real>1 if x[j] == top[j] else <real>0
        e[j] = <real>0 if x[j] == top[j] else e[j]


cdef inline void lines_others(const real* x, Py_ssize_t step, real* e, Py_ssize_t n, Py_ssize_t width, const real* top,
                              const double* own, double* others) noexcept nogil:
    """row_others of up to MOST rows; from their exponentials, a line beside the other, if they are not NULL."""
    cdef real base[MOST]
    cdef real low[MOST]
    cdef real zero[MOST]
    cdef real again[MOST]
    cdef real tops[MOST]
    cdef double high[LANES * MOST]
    cdef double rest[LANES * MOST]
    cdef double errors[MOST]
    cdef double count[MOST]
    cdef Py_ssize_t done = 0, m, j, k
    block_shifts(top, base, low, zero, width)
    for j in range(width):
        count[j] = errors[j] = others[j] = 0
    while done < n:
        m = min(<Py_ssize_t>WIDTH, n - done)
        row_fill(tops, width, <real>0)
        if e == NULL:
            memset(high, 0, LANES * width * sizeof(double))
            memset(rest, 0, LANES * width * sizeof(double))
            for k in range(m):
                block_exp_line(x + k * step, again, width, base, low, zero, False)
                block_without_line(x + k * step, again, width, top, tops)
                pile_one(again, high + k % LANES * width, rest + k % LANES * width, width, True)
            block_together_line(high, others, width)
            block_together_line(rest, errors, width)
        else:
            for k in range(m):
                block_without_line(x + k * step, e + k * width, width, top, tops)
            act_together_short(others, <int>width, <const float*>e, width, m)
        for j in range(width):
            count[j] += tops[j]
        x += m * step
        done += m
    for j in range(width):
        others[j] = (count[j] - 1) + (others[j] + errors[j]) / own[j]


cdef inline void logarithms_of_lines(const real* x, Py_ssize_t step, real* e, Py_ssize_t n, Py_ssize_t width,
                                     const real* top, double* total, double parts) noexcept nogil:
    """row_logarithm of as many rows as are `taken`, from their sums; from their exponentials, a line beside the other, if
    these are not NULL."""
    cdef double own[MOST]
    cdef double others[MOST]
    cdef double added[MOST]
    cdef Py_ssize_t done = 0, m, j
    cdef bint decided
    while done < width:
        m = beside(width - done)
        decided = False
        block_own(top + done, own, m)
        block_taken_out(total + done, top + done, own, others, m, finely_added(n, x))
        for j in range(m):
            total[done + j] /= own[j]
            decided |= not total[done + j] > 2 and not others[j] > 0
        if decided:
            lines_others(x + done, step, e, n, m, top + done, own, added)
            for j in range(m):
                others[j] = others[j] if others[j] > 0 else added[j]
        for j in range(m):
            total[done + j] = logarithm_of(total[done + j], others[j], parts)
        done += m


cdef inline void lines_logarithms(const real* x, Py_ssize_t step, Py_ssize_t n, Py_ssize_t width, real* top,
                                  double* total, double parts) noexcept nogil:
    """The largest of each row and its row_logarithm, of as many rows as are `taken`."""
    cdef real few[LANES * MOST]
    cdef real* e = &few[0] if few_enough(n, x) else NULL
    lines_tops(x, step, n, width, top, False)
    lines_summed(x, step, e, width, n, width, top, total, False, finely_added(n, x))
    logarithms_of_lines(x, step, e, n, width, top, total, parts)


cdef inline void lines_log_softmax(const real* x, Py_ssize_t x_step, real* out, Py_ssize_t step, Py_ssize_t n,
                                   Py_ssize_t width) noexcept nogil:
    cdef real top[WIDTH]
    cdef real high[WIDTH]
    cdef real low[WIDTH]
    cdef double total[WIDTH]
    cdef Py_ssize_t j, k = 0, times = times_of(n, width, x_step == step == width)
    lines_logarithms(x, x_step, n, width, top, total, 1)
    for j in range(width):
        add_logarithm(top[j], total[j], &high[j], &low[j])
    repeat(high, width, times)
    repeat(low, width, times)
    while k < n:
        block_subtract_line(x + k * x_step, out + k * step, stretch(times, n - k, width), high, low)
        k += times
    for j in range(width if block_odd(top, width) else 0):
        if not finite(top[j]):
            row_undecided(x + j, x_step, out + j, step, n, 1)


cdef inline void lines_logsumexp(const real* x, Py_ssize_t step, real* out, Py_ssize_t n, Py_ssize_t width,
                                 double parts) noexcept nogil:
    """log(sum of e^x / parts) of each row."""
    cdef real top[WIDTH]
    cdef double total[WIDTH]
    cdef Py_ssize_t j, k
    lines_logarithms(x, step, n, width, top, total, parts)
    for j in range(width):
        if finite(top[j]):
            out[j] = <real>(top[j] + total[j])
        else:
            out[j] = top[j]
            for k in range(n):
                out[j] = x[k * step + j] if x[k * step + j] != x[k * step + j] else out[j]
