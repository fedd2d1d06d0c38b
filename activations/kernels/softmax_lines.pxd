"""softmax and log_softmax of rows that stand side by side, in lines of contiguous elements.

The operations and their order are those on one row after another (row_exponentials.pxd, lanes.pxd): the bits are the same.
"""

from libc.string cimport memset

from activations.formulas.elementary cimport exp_reduced, reduced_from, scale
from activations.kernels.lanes cimport FOLDED, FOUR, LANES, larger
from activations.kernels.lines cimport (
    ABREAST, LARGE, MANY, WHOLE, Room, ask_for_line, joined_lines, last_of, repeat, room_for, rows_in,
)
from activations.kernels.real cimport at_least, fma, real
from activations.kernels.row_exponentials cimport (
    add_logarithm, block_own, block_shifts, block_taken_out, divide_sum, finely_added, logarithm_of, with_own,
)
from activations.kernels.rows cimport ACT_INFINITY, WIDTH, finite, row_fill, row_undecided
from activations.kernels.sums cimport Sum

cdef extern from "wide.h" nogil:
    void act_together_short(double* total, int n, const float* x, Py_ssize_t step, Py_ssize_t count)
    void act_add_line(double* lane, Py_ssize_t n, const float* x)

cdef enum:
    BESIDE = 64        # rows from which on lines are worked on one by one
    ROOM = 128         # elements of lines worked on as one
    PILES = 2 * LANES  # lanes that a row's sum takes
    PILED = PILES + 4  # and elements of as many lines

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
                                 Py_ssize_t n, bint scaled, bint folded) noexcept nogil:
    """Add four elements of each row to its sum, as sum_of (or add_scaled) does: `folded` first, or one after another."""
    cdef double grid = 3 * 32768 * scale(<double>0), ca, cb, cc, cd
    cdef Py_ssize_t j
    for j in range(n):
        if real is float or not scaled:
            if folded:
                high[j] += <double>(a[j] + b[j]) + <double>(c[j] + d[j])
            else:
                high[j] = (((high[j] + a[j]) + b[j]) + c[j]) + d[j]
        else:
            ca = (a[j] + grid) - grid
            cb = (b[j] + grid) - grid
            cc = (c[j] + grid) - grid
            cd = (d[j] + grid) - grid
            if folded:
                high[j] += (ca + cb) + (cc + cd)
                low[j] += ((a[j] - ca) + (b[j] - cb)) + ((c[j] - cc) + (d[j] - cd))
            else:
                high[j] = (((high[j] + ca) + cb) + cc) + cd
                low[j] = (((low[j] + (a[j] - ca)) + (b[j] - cb)) + (c[j] - cc)) + (d[j] - cd)


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


# Up to WIDTH rows, as many as there is room for; their elements of one column are a line, and lines are `step` elements
# apart. `times` lines of a table without gaps are worked on as one, a part of LANES. `lane` has room for PILED of each row.

cdef inline Py_ssize_t stretch(Py_ssize_t times, Py_ssize_t left, Py_ssize_t width) noexcept nogil:
    """The elements of so many lines, or of those that are left; a length that the compiler knows where times is 1."""
    return width if times == 1 else min(times, left) * width


cdef inline Py_ssize_t times_of(Py_ssize_t n, Py_ssize_t width, bint contiguous) noexcept nogil:
    return min(<Py_ssize_t>LANES, joined_lines(n, width, ROOM, contiguous))


cdef inline Room softmax_room(double* few, Py_ssize_t n, Py_ssize_t width, bint kept, const real* like) noexcept nogil:
    """Room for PILED lanes of rows of n elements. Whole lines are worth while for small tables too, where four elements come
    to a lane at a time; of fewer lines where they are long, and of double where exponentials are `kept`."""
    cdef Py_ssize_t size = sizeof(real), least = WHOLE if kept else LARGE // MANY
    cdef bint long = n >= MANY and width * size >= least and (kept or real is float)
    return room_for(few, width, PILED, WHOLE // size if n >= FOLDED or long else 0)


cdef inline Py_ssize_t portion(const Room* room, Py_ssize_t left, const real* like) noexcept nogil:
    """How many of the rows that are left to take at a time: at least a kilobyte of each line."""
    return rows_in(room, left, 1024, like)


cdef inline Py_ssize_t piled_rows(const Room* room, Py_ssize_t left, const real* like) noexcept nogil:
    """And how many of these to add up at a time."""
    return rows_in(room, left, BESIDE * <Py_ssize_t>sizeof(real), like)


cdef inline void lines_tops(const real* x, Py_ssize_t step, Py_ssize_t n, Py_ssize_t width, real* top,
                            bint negative) noexcept nogil:
    """row_largest of each row, or of its negative; `top` has WIDTH."""
    cdef Py_ssize_t times = times_of(n, width, step == width), j, k = 0
    row_fill(top, times * width, <real>-ACT_INFINITY)
    while k < n:
        ask_for_line(x + k * step, step, width)
        block_larger_line(x + k * step, top, stretch(times, n - k, width), negative)
        k += times
    for k in range(1, times):
        for j in range(width):
            top[j] = larger(top[k * width + j], top[j])


cdef inline void lines_exponentials(const real* x, Py_ssize_t x_step, real* e, Py_ssize_t step, Py_ssize_t n,
                                    Py_ssize_t width, const real* top, double* lane, double* total,
                                    double* errors, bint negative, bint fine) noexcept nogil:
    """row_exp of each row (or of its negative) into `e`, or nowhere if it is NULL; what has no finite top gets anything.
    What rounding took from the totals are the `errors`."""
    cdef real base[WIDTH]
    cdef real low[WIDTH]
    cdef real zero[WIDTH]
    cdef double sum
    cdef double* high = lane
    cdef double* rest = lane + LANES * width
    cdef real* four = <real*>(lane + PILES * width)
    cdef real* to[4]
    cdef Py_ssize_t times = times_of(n, width, x_step == width and (e == NULL or step == width))
    cdef Py_ssize_t j, k, q, m, part, far, fours, start, at, done = 0
    cdef bint folded
    block_shifts(top, base, low, zero, width)
    repeat(base, width, times)
    repeat(low, width, times)
    repeat(zero, width, times)
    memset(errors, 0, width * sizeof(double))
    if e != NULL and few_enough(n, x):
        while done < n:
            block_exp_line(x + done * x_step, e + done * step, stretch(times, n - done, width), base, low, zero, negative)
            done += times
        act_together_short(total, <int>width, <const float*>e, step, n)
        return
    memset(total, 0, width * sizeof(double))
    while done < n:
        m = min(<Py_ssize_t>WIDTH, n - done)
        memset(high, 0, LANES * width * sizeof(double))
        if real is double:
            memset(rest, 0, LANES * width * sizeof(double))
        folded = m >= FOLDED and not fine
        far = m // FOUR * LANES if folded else LANES
        part = times * width
        fours = m // (4 * far)
        for at in range(fours):
            start = done + at * 4 * far
            k = 0
            while k < far:
                for q in range(4):
                    to[q] = four + q * part if e == NULL else e + (start + q * far + k) * step
                    block_exp_line(x + (start + q * far + k) * x_step, to[q], part, base, low, zero, negative)
                if folded:
                    block_pile_four(to[0], to[1], to[2], to[3], high + k % LANES * width, rest + k % LANES * width, part,
                                    True, True)
                else:
                    block_pile_four(to[0], to[1], to[2], to[3], high + k * width, rest + k * width, part, True, False)
                k += times
        k = 4 * far * fours
        while k < m:
            to[0] = four if e == NULL else e + (done + k) * step
            part = stretch(times, m - k, width)
            block_exp_line(x + (done + k) * x_step, to[0], part, base, low, zero, negative)
            pile_one(to[0], high + k % LANES * width, rest + k % LANES * width, part, True)
            k += times
        block_together_line(high, total, width)
        if real is double:
            block_together_line(rest, errors, width)
        done += m
    for j in range(width if real is double else 0):
        sum = total[j] + errors[j]
        errors[j] -= sum - total[j]
        total[j] = sum


cdef inline Py_ssize_t block_odd(const real* top, Py_ssize_t n) noexcept nogil:
    """How many are not finite."""
    cdef Py_ssize_t j, odd = 0
    for j in range(n):
        odd += top[j] - top[j] != 0
    return odd


cdef inline void lines_scaled_in_place(real* e, Py_ssize_t step, Py_ssize_t n, Py_ssize_t width, real* high,
                                       real* low) noexcept nogil:
    """Each element times its row's factor in two parts, which have room to be repeated."""
    cdef Py_ssize_t times = times_of(n, width, step == width), k = last_of(n, times)
    repeat(high, width, times)
    repeat(low, width, times)
    while k >= 0:
        block_scale_line(e + k * step, e + k * step, stretch(times, n - k, width), high, low)
        k -= times


cdef inline void lines_softmax(const real* x, Py_ssize_t x_step, real* out, Py_ssize_t step, Py_ssize_t n,
                               Py_ssize_t width, bint quiet, bint negative, double* lane, real* high,
                               real* low) noexcept nogil:
    """The exponentials of softmax, quiet_softmax or softmin, and by what each row is to be multiplied: those by 1 that have
    no finite maximum, whose results are there already."""
    cdef real top[WIDTH]
    cdef double total[WIDTH]
    cdef double errors[WIDTH]
    cdef Sum whole
    cdef real base[WIDTH]
    cdef real least[WIDTH]
    cdef real zero[WIDTH]
    cdef real carrier, r
    cdef Py_ssize_t j, k
    lines_tops(x, x_step, n, width, top, negative)
    for j in range(width if quiet else 0):
        top[j] = larger(top[j], <real>0)
    lines_exponentials(x, x_step, out, step, n, width, top, lane, total, errors, negative, False)
    if quiet:
        block_shifts(top, base, least, zero, width)
        for j in range(width):
            r = reduced_from(at_least(-base[j], least[j]), zero[j], &carrier)
            whole = with_own(total[j], errors[j], exp_reduced(r, carrier))
            total[j], errors[j] = whole.high, whole.low
    for j in range(width):
        divide_sum(total[j], errors[j], &high[j], &low[j])
    for j in range(width if block_odd(top, width) else 0):
        if not finite(top[j]):
            high[j], low[j] = 1, 0
            for k in range(n if negative else 0):
                out[k * step + j] = -x[k * x_step + j]
            if negative:
                row_undecided(out + j, step, out + j, step, n, 0)
            else:
                row_undecided(x + j, x_step, out + j, step, n, 0)


cdef inline void block_without_line(const real* x, real* e, Py_ssize_t n, const real* top, real* tops) noexcept nogil:
    """Count the largest elements, and take them out of the exponentials."""
    cdef Py_ssize_t j
    for j in range(n):
        tops[j] += <real>1 if x[j] == top[j] else <real>0
        e[j] = <real>0 if x[j] == top[j] else e[j]


cdef inline void lines_others(const real* x, Py_ssize_t step, real* e, Py_ssize_t e_step, Py_ssize_t n, Py_ssize_t width,
                              const real* top, const double* own, double* lane, double* others) noexcept nogil:
    """row_others of up to ABREAST rows; from their exponentials, if they are not NULL."""
    cdef real base[ABREAST]
    cdef real low[ABREAST]
    cdef real zero[ABREAST]
    cdef real again[ABREAST]
    cdef real tops[ABREAST]
    cdef double errors[ABREAST]
    cdef double count[ABREAST]
    cdef double* high = lane
    cdef double* rest = lane + LANES * width
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
                block_without_line(x + k * step, e + k * e_step, width, top, tops)
            act_together_short(others, <int>width, <const float*>e, e_step, m)
        for j in range(width):
            count[j] += tops[j]
        x += m * step
        done += m
    for j in range(width):
        others[j] = (count[j] - 1) + (others[j] + errors[j]) / own[j]


cdef inline void logarithms_of_lines(const real* x, Py_ssize_t step, real* e, Py_ssize_t n, Py_ssize_t width,
                                     const real* top, double* lane, double* total, double parts) noexcept nogil:
    """row_logarithm from sums; from the exponentials, a line beside the other, if these are not NULL."""
    cdef double own[WIDTH]
    cdef double others[WIDTH]
    cdef double added[ABREAST]
    cdef Py_ssize_t done = 0, m, j
    cdef bint decided
    block_own(top, own, width)
    block_taken_out(total, top, own, others, width, finely_added(n, x))
    for j in range(width):
        total[j] /= own[j]
    while done < width:
        m = min(<Py_ssize_t>BESIDE, width - done)
        decided = False
        for j in range(done, done + m):
            decided |= not total[j] > 2 and not others[j] > 0
        if decided:
            lines_others(x + done, step, NULL if e == NULL else e + done, width, n, m, top + done, own + done, lane, added)
            for j in range(m):
                others[done + j] = others[done + j] if others[done + j] > 0 else added[j]
        done += m
    for j in range(width):
        total[j] = logarithm_of(total[j], others[j], parts)


cdef inline void lines_logarithms(const real* x, Py_ssize_t step, Py_ssize_t n, Py_ssize_t width, real* top, double* lane,
                                  double* total, double parts) noexcept nogil:
    """The largest of each row and its row_logarithm. Of few lines the exponentials are kept where others have lanes."""
    cdef real* e = <real*>lane if few_enough(n, x) else NULL
    cdef double errors[WIDTH]
    lines_tops(x, step, n, width, top, False)
    lines_exponentials(x, step, e, width, n, width, top, lane, total, errors, False, finely_added(n, x))
    logarithms_of_lines(x, step, e, n, width, top, lane, total, parts)


cdef inline void lines_subtracted(const real* x, Py_ssize_t x_step, real* out, Py_ssize_t step, Py_ssize_t n,
                                  Py_ssize_t width, const real* top, const double* logarithm) noexcept nogil:
    """row_subtracted of each row."""
    cdef real high[WIDTH]
    cdef real low[WIDTH]
    cdef Py_ssize_t j, times = times_of(n, width, x_step == step == width), k = last_of(n, times)
    for j in range(width):
        add_logarithm(top[j], logarithm[j], &high[j], &low[j])
    repeat(high, width, times)
    repeat(low, width, times)
    while k >= 0:
        block_subtract_line(x + k * x_step, out + k * step, stretch(times, n - k, width), high, low)
        k -= times
    for j in range(width if block_odd(top, width) else 0):
        if not finite(top[j]):
            row_undecided(x + j, x_step, out + j, step, n, 1)


cdef inline void logarithms_added(const real* x, Py_ssize_t step, real* out, Py_ssize_t n, Py_ssize_t width,
                                  const real* top, const double* logarithm) noexcept nogil:
    """The logarithm of each row's sum."""
    cdef Py_ssize_t j, k
    for j in range(width):
        if finite(top[j]):
            out[j] = <real>(top[j] + logarithm[j])
        else:
            out[j] = top[j]
            for k in range(n):
                out[j] = x[k * step + j] if x[k * step + j] != x[k * step + j] else out[j]
