"""softmax and log_softmax: whole rows at a time, compiled once per ISA level.

softmax subtracts the row's maximum without rounding. A float32 difference x - m rounds, and an error in it is an error
in the result times |x - m| (66 ulp in other libraries). Here x = n ln2 + r and m = k ln2 + s, so that e^(x - m) is
2^(n - k) e^r / e^s: an exact subtraction of whole numbers, and e^s is common to the row and cancels. Where |m| is so
large that the reduction would lose digits, x - m is exact for every x that counts.

Sums run over quarters of quarters (vectorisable, and their error grows with the logarithm of the length only), the last
few elements in double.
"""

from libc.math cimport log, log1p
from libc.stdint cimport uintptr_t
from libc.string cimport memcpy

from activations.formulas.elementary cimport exp_reduced, expm1_near_zero, reduced, scale, scaled_bias, unscale
from activations.kernels.real cimport act_fma, at_least, bound_lowest, fma, real

cdef enum:
    WIDTH = 1024       # elements of a row worked on at a time
    QUARTER = 256
    LANES = 16

cdef extern from *:
    """
    #define ACT_INFINITY __builtin_inf()
    """
    const double ACT_INFINITY


cdef inline real larger(real a, real b) noexcept nogil:
    return a if a > b else b


# Blocks: n is a multiple of LANES and at most WIDTH.

cdef void block_largest_of_four(const real* x, real* out, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = larger(larger(x[i], x[n + i]), larger(x[2 * n + i], x[3 * n + i]))


cdef void block_sum_of_four(const real* x, real* out, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = (x[i] + x[n + i]) + (x[2 * n + i] + x[3 * n + i])


cdef inline void block_product(const real* a, const real* b, real* out, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = a[i] * b[i]


cdef void block_dot_of_four(const real* x, const real* y, real* out, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    cdef real left, right
    for i in range(n):
        left = fma(x[i], y[i], x[n + i] * y[n + i])
        right = fma(x[2 * n + i], y[2 * n + i], x[3 * n + i] * y[3 * n + i])
        out[i] = left + right


cdef void block_exp(const real* x, real* out, Py_ssize_t n, real base, real low, int bias) noexcept nogil:
    """e^(x - base) times the row's power of two, for x - base not below `low`."""
    cdef Py_ssize_t i
    cdef real carrier, r
    for i in range(n):
        r = reduced(at_least(x[i] - base, low), bias, &carrier)
        out[i] = exp_reduced(r, carrier)


cdef void block_exp_others(const real* x, real* out, Py_ssize_t n, real base, real low, int bias, real top) noexcept nogil:
    """The same, and 0 where x is the row's maximum."""
    cdef Py_ssize_t i
    cdef real carrier, r, e
    for i in range(n):
        r = reduced(at_least(x[i] - base, low), bias, &carrier)
        e = exp_reduced(r, carrier)
        out[i] = <real>0 if x[i] == top else e


cdef void block_scale(const real* x, real* out, Py_ssize_t n, real high, real low) noexcept nogil:
    """x times a factor given in two parts."""
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = fma(x[i], high, x[i] * low)


cdef void block_subtract(const real* x, real* out, Py_ssize_t n, real high, real low) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = (x[i] - high) - low


cdef void block_softmax_backward(const real* dy, const real* y, real* out, Py_ssize_t n, real dot) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = y[i] * (dy[i] - dot)


cdef void block_log_softmax_backward(const real* dy, const real* y, real* out, Py_ssize_t n, real total) noexcept nogil:
    """`y` holds the probabilities."""
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = fma(-total, y[i], dy[i])


cdef Py_ssize_t block_count(const real* x, Py_ssize_t n, real value) noexcept nogil:
    cdef Py_ssize_t i, count = 0
    for i in range(n):
        count += x[i] == value
    return count


cdef inline real largest_of(const real* x, Py_ssize_t n) noexcept nogil:
    """The largest of a block: by quarters of quarters, then lane by lane, then by halves."""
    cdef real work[QUARTER]
    cdef real lane[LANES]
    cdef Py_ssize_t j, k
    while n % (4 * LANES) == 0:
        n = n >> 2
        block_largest_of_four(x, work, n)
        x = work
    for j in range(LANES):
        lane[j] = x[j]
    for k in range(1, n // LANES):
        for j in range(LANES):
            lane[j] = larger(lane[j], x[LANES * k + j])
    # Not in loops: what a loop stores, the next one has to wait for.
    return larger(
        larger(
            larger(larger(lane[0], lane[8]), larger(lane[4], lane[12])),
            larger(larger(lane[2], lane[10]), larger(lane[6], lane[14])),
        ),
        larger(
            larger(larger(lane[1], lane[9]), larger(lane[5], lane[13])),
            larger(larger(lane[3], lane[11]), larger(lane[7], lane[15])),
        ),
    )


cdef inline double sum_of(const real* x, Py_ssize_t n) noexcept nogil:
    """The sum of a block, in the same order; the last few additions in double."""
    cdef real work[QUARTER]
    cdef double lane[LANES]
    cdef Py_ssize_t j, k
    while n % (4 * LANES) == 0:
        n = n >> 2
        block_sum_of_four(x, work, n)
        x = work
    for j in range(LANES):
        lane[j] = x[j]
    for k in range(1, n // LANES):
        for j in range(LANES):
            lane[j] += x[LANES * k + j]
    return (
        (((lane[0] + lane[8]) + (lane[4] + lane[12])) + ((lane[2] + lane[10]) + (lane[6] + lane[14])))
        + (((lane[1] + lane[9]) + (lane[5] + lane[13])) + ((lane[3] + lane[11]) + (lane[7] + lane[15])))
    )


cdef inline const real* filled(const real* x, Py_ssize_t n, Py_ssize_t whole, real* block, real filling) noexcept nogil:
    """`whole` elements that begin with the n of x: x itself, or a copy filled up."""
    cdef Py_ssize_t k
    if n == whole:
        return x
    memcpy(block, x, n * sizeof(real))
    for k in range(n, whole):
        block[k] = filling
    return block


cdef inline Py_ssize_t padded(Py_ssize_t n) noexcept nogil:
    """Whole groups of lanes; from four groups on whole fours of them, which fold fastest."""
    if n <= 4 * LANES:
        return (n + LANES - 1) & ~<Py_ssize_t>(LANES - 1)
    return (n + 4 * LANES - 1) & ~<Py_ssize_t>(4 * LANES - 1)


cdef inline real row_largest(const real* x, Py_ssize_t n) noexcept nogil:
    cdef real block[WIDTH]
    cdef real most = <real>-ACT_INFINITY
    cdef Py_ssize_t done = 0, m, whole
    while done < n:
        m = min(<Py_ssize_t>WIDTH, n - done)
        whole = padded(m)
        most = larger(largest_of(filled(x + done, m, whole, block, <real>-ACT_INFINITY), whole), most)
        done += m
    return most


cdef struct Shift:
    double base       # subtracted from every element, exactly
    double low        # clamp for what is left: far below it only underflow
    int bias          # of the carrier: the row's power of two and the scale


cdef inline Shift row_shift(real top) noexcept nogil:
    """How to bring a row with this (finite) maximum under one power of two."""
    cdef Shift shift
    cdef real carrier, rest
    # From twice the range of the exponential on, every x that does not vanish against the top lies within a factor
    # of 2 of it: the difference is exact.
    cdef real limit = <real>-2.7 * bound_lowest(top)
    shift.base = 0 if -limit < top < limit else top
    rest = top - <real>shift.base
    reduced(rest, 0, &carrier)
    if real is float:
        shift.bias = scaled_bias(top) - <int>(carrier - <float>12582912)
    else:
        shift.bias = scaled_bias(top) - <int>(carrier - 6755399441055744.0)
    shift.low = rest + bound_lowest(top)
    return shift


cdef inline void row_fill(real* out, Py_ssize_t n, real value) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = value


cdef void row_of_infinities(const real* x, real* out, Py_ssize_t n, int logarithm) noexcept nogil:
    """A row whose maximum is +inf: the one-hot limit where one element is, NaN where several are or one is NaN."""
    cdef Py_ssize_t i, infinite = 0
    cdef real top = <real>ACT_INFINITY, nothing = -top if logarithm else <real>0
    cdef bint undefined = False
    for i in range(n):
        infinite += x[i] == top
        undefined |= x[i] != x[i]
    if undefined or infinite > 1:
        row_fill(out, n, top - top)
        return
    for i in range(n):
        out[i] = (<real>0 if logarithm else <real>1) if x[i] == top else nothing


cdef inline double row_exp(const real* x, real* out, Py_ssize_t n, const Shift* shift) noexcept nogil:
    """e^(x - top), up to a power of two and e^s, into `out`; returns the sum."""
    cdef real block[WIDTH]
    cdef double total = 0
    cdef Py_ssize_t done = 0, m, whole
    cdef real* to
    while done < n:
        m = min(<Py_ssize_t>WIDTH, n - done)
        whole = padded(m)
        to = out + done if m == whole else block
        block_exp(filled(x + done, m, whole, block, <real>-ACT_INFINITY), to, whole, <real>shift.base, <real>shift.low,
                  shift.bias)
        if m < whole:
            row_fill(block + m, whole - m, 0)
            memcpy(out + done, block, m * sizeof(real))
        total += sum_of(to, whole)
        done += m
    return total


cdef inline double row_exponentials(const real* x, real* out, Py_ssize_t n, real top) noexcept nogil:
    """What softmax divides by its sum, which is returned; nothing where the maximum is not finite."""
    cdef Shift shift
    if not <real>-ACT_INFINITY < top < <real>ACT_INFINITY:
        return 0
    shift = row_shift(top)
    return row_exp(x, out, n, &shift)


cdef inline void row_divided(const real* x, real* out, Py_ssize_t n, real top, double total) noexcept nogil:
    """softmax from its numerators in `out`; what a row without a finite maximum becomes."""
    cdef real high
    cdef double low
    if top == <real>ACT_INFINITY:
        row_of_infinities(x, out, n, 0)
    elif not top > <real>-ACT_INFINITY:
        row_fill(out, n, <real>ACT_INFINITY - <real>ACT_INFINITY)
    else:
        high = <real>(1 / total)
        # 1 / total - high, through the exact remainder of the division.
        low = (-act_fma(<double>high, total, -1)) / total
        block_scale(out, out, n, high, <real>low)


cdef void row_softmax(const real* x, real* out, Py_ssize_t n) noexcept nogil:
    cdef real top = row_largest(x, n)
    row_divided(x, out, n, top, row_exponentials(x, out, n, top))


cdef inline double own_term(real top, const Shift* shift) noexcept nogil:
    """What the largest element adds to such a sum."""
    cdef real carrier
    cdef double rest = reduced(top - <real>shift.base, shift.bias, &carrier)
    return (1 + expm1_near_zero(rest)) * scale(top)


cdef inline double row_total(const real* x, Py_ssize_t n, const Shift* shift) noexcept nogil:
    """The sum of e^(x - top), up to a power of two and e^s."""
    cdef real block[WIDTH]
    cdef double total = 0
    cdef Py_ssize_t done = 0, m, whole
    while done < n:
        m = min(<Py_ssize_t>WIDTH, n - done)
        whole = padded(m)
        block_exp(filled(x + done, m, whole, block, <real>-ACT_INFINITY), block, whole, <real>shift.base,
                  <real>shift.low, shift.bias)
        if m < whole:
            row_fill(block + m, whole - m, 0)
        total += sum_of(block, whole)
        done += m
    return total


cdef inline double row_others(const real* x, Py_ssize_t n, const Shift* shift, real top) noexcept nogil:
    """The sum of e^(x - top), up to the same factors, without one element that is the largest itself."""
    cdef real block[WIDTH]
    cdef double total = 0
    cdef Py_ssize_t done = 0, m, whole, tops = 0
    cdef const real* source
    while done < n:
        m = min(<Py_ssize_t>WIDTH, n - done)
        whole = padded(m)
        source = filled(x + done, m, whole, block, <real>-ACT_INFINITY)
        tops += block_count(source, whole, top)
        block_exp_others(source, block, whole, <real>shift.base, <real>shift.low, shift.bias, top)
        row_fill(block + m, whole - m, 0)
        total += sum_of(block, whole)
        done += m
    return (tops - 1) + total / own_term(top, shift)


cdef inline double row_logarithm(const real* x, Py_ssize_t n, real top) noexcept nogil:
    """log(sum of e^(x - top)); nothing where the maximum is not finite. A row that is all but decided has a logarithm
    near 0, which its sum, 1 + others, would round away: there the largest element's own term is left out of the sum,
    and log1p puts it back."""
    cdef double own, total
    cdef Shift shift
    if not <real>-ACT_INFINITY < top < <real>ACT_INFINITY:
        return 0
    shift = row_shift(top)
    own = own_term(top, &shift)
    total = row_total(x, n, &shift) / own
    return log(total) if total > 2 else log1p(row_others(x, n, &shift, top))


cdef inline void row_subtracted(const real* x, real* out, Py_ssize_t n, real top, double logarithm) noexcept nogil:
    """x - (top + logarithm), the sum in two parts; what a row without a finite maximum becomes."""
    cdef real high
    cdef double low
    if top == <real>ACT_INFINITY:
        row_of_infinities(x, out, n, 1)
    elif not top > <real>-ACT_INFINITY:
        row_fill(out, n, <real>ACT_INFINITY - <real>ACT_INFINITY)
    else:
        high = <real>(top + logarithm)
        if top * <double>top > logarithm * logarithm:
            low = (top - <double>high) + logarithm
        else:
            low = (logarithm - <double>high) + top
        block_subtract(x, out, n, high, <real>low)


cdef inline double row_dot(const real* dy, const real* y, Py_ssize_t n) noexcept nogil:
    cdef real lane[4 * LANES]
    cdef double dot = 0
    cdef Py_ssize_t done = 0, m, i, j
    while done < n:
        m = min(<Py_ssize_t>WIDTH, n - done)
        for j in range(4 * LANES):
            lane[j] = 0
        for i in range(m // (4 * LANES)):
            for j in range(4 * LANES):
                lane[j] = fma(dy[done + 4 * LANES * i + j], y[done + 4 * LANES * i + j], lane[j])
        for j in range(m % (4 * LANES)):
            lane[j] = fma(dy[done + m - m % (4 * LANES) + j], y[done + m - m % (4 * LANES) + j], lane[j])
        dot += sum_of(lane, 4 * LANES)
        done += m
    return dot


cdef inline double row_sum(const real* x, Py_ssize_t n) noexcept nogil:
    cdef real block[WIDTH]
    cdef double total = 0
    cdef Py_ssize_t done = 0, m, whole
    while done < n:
        m = min(<Py_ssize_t>WIDTH, n - done)
        whole = padded(m)
        total += sum_of(filled(x + done, m, whole, block, <real>0), whole)
        done += m
    return total


cdef void row_probabilities(const real* y, real* out, Py_ssize_t n) noexcept nogil:
    """e^y for y <= 0: probabilities from their logarithms."""
    cdef Shift shift
    shift.base, shift.low, shift.bias = 0, bound_lowest(y[0]), scaled_bias(y[0])
    row_exp(y, out, n, &shift)
    block_scale(out, out, n, unscale(y[0]), 0)


# Kernels: arrays as the driver hands them over. A reduction ends in a chain of dependent steps; while it lasts the
# processor works at the next row's first pass, which therefore stands before this row's last one.

cdef void softmax_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const real* like) noexcept nogil:
    cdef const real* x = <const real*>arrays[0]
    cdef real* out = <real*>arrays[1]
    cdef real top, following = row_largest(x, columns)
    cdef double total
    cdef Py_ssize_t i
    for i in range(1, rows + 1):
        top = following
        total = row_exponentials(x, out, columns, top)
        if i < rows:
            following = row_largest(x + columns, columns)
        row_divided(x, out, columns, top, total)
        x += columns
        out += columns


cdef void log_softmax_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const real* like) noexcept nogil:
    cdef const real* x = <const real*>arrays[0]
    cdef real* out = <real*>arrays[1]
    cdef real top, following = row_largest(x, columns)
    cdef double logarithm
    cdef Py_ssize_t i
    for i in range(1, rows + 1):
        top = following
        logarithm = row_logarithm(x, columns, top)
        if i < rows:
            following = row_largest(x + columns, columns)
        row_subtracted(x, out, columns, top, logarithm)
        x += columns
        out += columns


cdef void softmax_backward_from_output_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns,
                                            const real* like) noexcept nogil:
    cdef const real* dy = <const real*>arrays[0]
    cdef const real* y = <const real*>arrays[1]
    cdef real* out = <real*>arrays[2]
    cdef Py_ssize_t _
    for _ in range(rows):
        block_softmax_backward(dy, y, out, columns, <real>row_dot(dy, y, columns))
        dy += columns
        y += columns
        out += columns


cdef void softmax_backward_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const real* like) noexcept nogil:
    cdef const real* dy = <const real*>arrays[0]
    cdef const real* x = <const real*>arrays[1]
    cdef real* out = <real*>arrays[2]
    cdef Py_ssize_t _
    for _ in range(rows):
        row_softmax(x, out, columns)
        block_softmax_backward(dy, out, out, columns, <real>row_dot(dy, out, columns))
        dy += columns
        x += columns
        out += columns


cdef void log_softmax_backward_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const real* like) noexcept nogil:
    cdef const real* dy = <const real*>arrays[0]
    cdef const real* x = <const real*>arrays[1]
    cdef real* out = <real*>arrays[2]
    cdef double total
    cdef Py_ssize_t _
    for _ in range(rows):
        total = row_sum(dy, columns)
        row_softmax(x, out, columns)
        block_log_softmax_backward(dy, out, out, columns, <real>total)
        dy += columns
        x += columns
        out += columns


cdef void log_softmax_backward_from_output_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns,
                                                const real* like) noexcept nogil:
    cdef const real* dy = <const real*>arrays[0]
    cdef const real* y = <const real*>arrays[1]
    cdef real* out = <real*>arrays[2]
    cdef double total
    cdef Py_ssize_t _
    for _ in range(rows):
        total = row_sum(dy, columns)
        row_probabilities(y, out, columns)
        block_log_softmax_backward(dy, out, out, columns, <real>total)
        dy += columns
        y += columns
        out += columns


# What ufuncs are made of: NumPy's signature, the type characters of the arrays (* is the kernel's own type), kernels.

LOOPS = {
    ("softmax", "forward"): ("(n)->(n)", "**", {
        "f": <uintptr_t><void*>softmax_rows[float],
        "d": <uintptr_t><void*>softmax_rows[double],
    }),
    ("softmax", "backward"): ("(n),(n)->(n)", "***", {
        "f": <uintptr_t><void*>softmax_backward_rows[float],
        "d": <uintptr_t><void*>softmax_backward_rows[double],
    }),
    ("softmax", "backward_from_output"): ("(n),(n)->(n)", "***", {
        "f": <uintptr_t><void*>softmax_backward_from_output_rows[float],
        "d": <uintptr_t><void*>softmax_backward_from_output_rows[double],
    }),
    ("log_softmax", "forward"): ("(n)->(n)", "**", {
        "f": <uintptr_t><void*>log_softmax_rows[float],
        "d": <uintptr_t><void*>log_softmax_rows[double],
    }),
    ("log_softmax", "backward"): ("(n),(n)->(n)", "***", {
        "f": <uintptr_t><void*>log_softmax_backward_rows[float],
        "d": <uintptr_t><void*>log_softmax_backward_rows[double],
    }),
    ("log_softmax", "backward_from_output"): ("(n),(n)->(n)", "***", {
        "f": <uintptr_t><void*>log_softmax_backward_from_output_rows[float],
        "d": <uintptr_t><void*>log_softmax_backward_from_output_rows[double],
    }),
}
