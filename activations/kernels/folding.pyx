"""Folding activations: whole rows at a time, compiled once per ISA level.

softmax subtracts the row's maximum without rounding. A float32 difference x - m rounds, and an error in it is an error
in the result times |x - m| (66 ulp in other libraries). Here x = n ln2 + r and m = k ln2 + s, so that e^(x - m) is
2^(n - k) e^r / e^s: an exact subtraction of whole numbers, and e^s is common to the row and cancels. Where |m| is so
large that the reduction would lose digits, x - m is exact for every x that counts.

Sums run over halves of halves (vectorisable, and their error grows with the logarithm of the length only), from a block
of sums on in double.
"""

from libc.math cimport exp, log1p
from libc.stdint cimport (
    int8_t, int16_t, int32_t, int64_t, intptr_t, uint8_t, uint16_t, uint32_t, uint64_t, uintptr_t,
)
from libc.string cimport memcpy

from activations.kernels.elementary cimport exp_reduced, lowest, reduced, scaled_bias
from activations.kernels.real cimport at_least, fma, real, whole_or_real

cdef enum:
    WIDTH = 1024       # elements of a row worked on at a time
    LANES = 16

cdef extern from *:
    """
    #define ACT_INFINITY __builtin_inf()
    """
    const double ACT_INFINITY


cdef inline Py_ssize_t padded(Py_ssize_t n) noexcept nogil:
    return (n + LANES - 1) & ~<Py_ssize_t>(LANES - 1)


cdef inline real larger(real a, real b) noexcept nogil:
    return a if a > b else b


# Blocks: n is a multiple of LANES and at most WIDTH.

cdef inline void block_larger(const real* a, const real* b, real* out, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = larger(a[i], b[i])


cdef inline void block_add(const real* a, const real* b, real* out, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = a[i] + b[i]


cdef inline void block_product(const real* a, const real* b, real* out, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = a[i] * b[i]


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


cdef void block_scale(const real* x, real* out, Py_ssize_t n, real factor) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = x[i] * factor


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


cdef inline real fold_larger(const real* x, Py_ssize_t n, real* work) noexcept nogil:
    """The largest of a block; `work` is overwritten."""
    cdef const real* source = x
    cdef Py_ssize_t half, k
    cdef real most
    while n > LANES:
        half = padded(n >> 1)
        block_larger(source, source + half, work, n - half)
        if source == x and 2 * half > n:
            memcpy(work + (n - half), source + (n - half), (2 * half - n) * sizeof(real))
        source = work
        n = half
    most = source[0]
    for k in range(1, LANES):
        most = larger(most, source[k])
    return most


cdef inline double fold_sum(real* work, Py_ssize_t n) noexcept nogil:
    """The sum of a block, which is overwritten."""
    cdef Py_ssize_t half, k
    cdef double total = 0
    while n > LANES:
        half = padded(n >> 1)
        block_add(work, work + half, work, n - half)
        n = half
    for k in range(LANES):
        total += work[k]
    return total


cdef inline Py_ssize_t load(const real* x, Py_ssize_t n, real* block, real filling) noexcept nogil:
    """Copy n elements and fill the last group of lanes up; returns the padded length."""
    cdef Py_ssize_t k, m = padded(n)
    memcpy(block, x, n * sizeof(real))
    for k in range(n, m):
        block[k] = filling
    return m


cdef inline real row_largest(const real* x, Py_ssize_t n) noexcept nogil:
    cdef real block[WIDTH]
    cdef real work[WIDTH]
    cdef real most = <real>-ACT_INFINITY
    cdef Py_ssize_t done = 0, m
    while done < n:
        m = min(<Py_ssize_t>WIDTH, n - done)
        if m % LANES:
            most = larger(fold_larger(block, load(x + done, m, block, <real>-ACT_INFINITY), work), most)
        else:
            most = larger(fold_larger(x + done, m, work), most)
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
    shift.base = 0 if -256 < top < 256 else top
    rest = top - <real>shift.base
    reduced(rest, 0, &carrier)
    if real is float:
        shift.bias = scaled_bias(top) - <int>(carrier - <float>12582912)
    else:
        shift.bias = scaled_bias(top) - <int>(carrier - 6755399441055744.0)
    shift.low = rest + lowest(top)
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


cdef void row_softmax(const real* x, real* out, Py_ssize_t n) noexcept nogil:
    cdef real block[WIDTH]
    cdef real top = row_largest(x, n)
    cdef double total = 0
    cdef Py_ssize_t done = 0, m, whole
    cdef Shift shift
    if top == <real>ACT_INFINITY:
        row_of_infinities(x, out, n, 0)
        return
    if not top > <real>-ACT_INFINITY:
        row_fill(out, n, <real>ACT_INFINITY - <real>ACT_INFINITY)
        return
    shift = row_shift(top)
    while done < n:
        m = min(<Py_ssize_t>WIDTH, n - done)
        whole = load(x + done, m, block, <real>-ACT_INFINITY)
        block_exp(block, block, whole, <real>shift.base, <real>shift.low, shift.bias)
        row_fill(block + m, whole - m, 0)
        memcpy(out + done, block, m * sizeof(real))
        total += fold_sum(block, whole)
        done += m
    block_scale(out, out, n, <real>(1 / total))


cdef void row_log_softmax(const real* x, real* out, Py_ssize_t n) noexcept nogil:
    cdef real block[WIDTH]
    cdef real carrier, high, top = row_largest(x, n)
    cdef double total = 0, own, low
    cdef Py_ssize_t done = 0, m, whole, tops = 0
    cdef Shift shift
    if top == <real>ACT_INFINITY:
        row_of_infinities(x, out, n, 1)
        return
    if not top > <real>-ACT_INFINITY:
        row_fill(out, n, <real>ACT_INFINITY - <real>ACT_INFINITY)
        return
    shift = row_shift(top)
    # log sum = m + log1p(others / own), the maximum's own term left out of the sum: a row that is all but decided has
    # a logarithm near 0, which 1 + others would round away.
    while done < n:
        m = min(<Py_ssize_t>WIDTH, n - done)
        whole = load(x + done, m, block, <real>-ACT_INFINITY)
        tops += block_count(block, whole, top)
        block_exp_others(block, block, whole, <real>shift.base, <real>shift.low, shift.bias, top)
        row_fill(block + m, whole - m, 0)
        total += fold_sum(block, whole)
        done += m
    own = reduced(top - <real>shift.base, shift.bias, &carrier)
    own = exp(own)
    if real is float:
        own *= 1.8446744073709551616e19
    else:
        own *= 3.402823669209384634634e38
    total = log1p((tops - 1) + total / own)
    high = <real>(top + total)
    low = (top - <double>high) + total if top * <double>top > total * total else (total - <double>high) + top
    block_subtract(x, out, n, high, <real>low)


cdef void row_softmax_backward(const real* dy, const real* y, real* out, Py_ssize_t n) noexcept nogil:
    cdef real block[WIDTH]
    cdef double dot = 0
    cdef Py_ssize_t done = 0, m, whole
    while done < n:
        m = min(<Py_ssize_t>WIDTH, n - done)
        whole = padded(m)
        block_product(dy + done, y + done, block, m)
        row_fill(block + m, whole - m, 0)
        dot += fold_sum(block, whole)
        done += m
    block_softmax_backward(dy, y, out, n, <real>dot)


cdef void row_log_softmax_backward(const real* dy, const real* y, real* out, Py_ssize_t n) noexcept nogil:
    """`y` holds the probabilities; it may be `out`."""
    cdef real block[WIDTH]
    cdef double total = 0
    cdef Py_ssize_t done = 0, m
    while done < n:
        m = min(<Py_ssize_t>WIDTH, n - done)
        total += fold_sum(block, load(dy + done, m, block, 0))
        done += m
    block_log_softmax_backward(dy, y, out, n, <real>total)


cdef void row_exp(const real* y, real* out, Py_ssize_t n) noexcept nogil:
    """e^y for y <= 0: probabilities from their logarithms."""
    cdef real block[WIDTH]
    cdef Py_ssize_t done = 0, m
    cdef double factor
    if real is float:
        factor = 5.421010862427522e-20
    else:
        factor = 2.938735877055718769922e-39
    while done < n:
        m = min(<Py_ssize_t>WIDTH, n - done)
        block_exp(block, block, load(y + done, m, block, 0), 0, lowest(y[0]), scaled_bias(y[0]))
        block_scale(block, out + done, m, <real>factor)
        done += m


# Kernels: arrays as the driver hands them over.

cdef void softmax_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const real* like) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(rows):
        row_softmax(<const real*>arrays[0] + i * columns, <real*>arrays[1] + i * columns, columns)


cdef void log_softmax_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const real* like) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(rows):
        row_log_softmax(<const real*>arrays[0] + i * columns, <real*>arrays[1] + i * columns, columns)


cdef void softmax_backward_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const real* like) noexcept nogil:
    cdef Py_ssize_t i
    cdef real* out
    for i in range(rows):
        out = <real*>arrays[2] + i * columns
        row_softmax(<const real*>arrays[1] + i * columns, out, columns)
        row_softmax_backward(<const real*>arrays[0] + i * columns, out, out, columns)


cdef void softmax_backward_from_output_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns,
                                            const real* like) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(rows):
        row_softmax_backward(<const real*>arrays[0] + i * columns, <const real*>arrays[1] + i * columns,
                             <real*>arrays[2] + i * columns, columns)


cdef void log_softmax_backward_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const real* like) noexcept nogil:
    cdef Py_ssize_t i
    cdef real* out
    for i in range(rows):
        out = <real*>arrays[2] + i * columns
        row_softmax(<const real*>arrays[1] + i * columns, out, columns)
        row_log_softmax_backward(<const real*>arrays[0] + i * columns, out, out, columns)


cdef void log_softmax_backward_from_output_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns,
                                                const real* like) noexcept nogil:
    cdef Py_ssize_t i
    cdef real* out
    for i in range(rows):
        out = <real*>arrays[2] + i * columns
        row_exp(<const real*>arrays[1] + i * columns, out, columns)
        row_log_softmax_backward(<const real*>arrays[0] + i * columns, out, out, columns)


# maxout. A number of pieces known to the compiler turns the strided loads into permutations of whole vectors, so the
# usual numbers get a loop each. NaN wins over every number, and the first NaN is the one that is found.

cdef inline whole_or_real winner(whole_or_real best, whole_or_real x) noexcept nogil:
    best = best if best >= x or best != best else x
    return best


cdef inline void block_maxout(const whole_or_real* x, whole_or_real* out, Py_ssize_t rows, Py_ssize_t pieces) noexcept nogil:
    cdef Py_ssize_t i, k
    cdef whole_or_real best
    for i in range(rows):
        best = x[i * pieces]
        for k in range(1, pieces):
            best = winner(best, x[i * pieces + k])
        out[i] = best


cdef inline void block_which(const whole_or_real* x, whole_or_real* out, intptr_t* which, Py_ssize_t rows,
                             Py_ssize_t pieces) noexcept nogil:
    cdef Py_ssize_t i, k
    cdef intptr_t at
    cdef whole_or_real best, next_best
    for i in range(rows):
        best = x[i * pieces]
        at = 0
        for k in range(1, pieces):
            next_best = winner(best, x[i * pieces + k])
            at = at if best >= x[i * pieces + k] or best != best else k
            best = next_best
        out[i] = best
        which[i] = at


cdef inline void block_maxout_backward(const real* dy, const real* x, real* out, Py_ssize_t rows, Py_ssize_t pieces) noexcept nogil:
    cdef Py_ssize_t i, k
    cdef real best, value
    cdef bint open
    for i in range(rows):
        best = x[i * pieces]
        for k in range(1, pieces):
            best = winner(best, x[i * pieces + k])
        open = True
        for k in range(pieces):
            value = x[i * pieces + k]
            if best != best:
                out[i * pieces + k] = best
            else:
                out[i * pieces + k] = dy[i] if open and value == best else <real>0
                open = open and value != best


cdef inline void block_scatter(const real* dy, const intptr_t* which, real* out, Py_ssize_t rows, Py_ssize_t pieces) noexcept nogil:
    cdef Py_ssize_t i, k
    for i in range(rows):
        for k in range(pieces):
            out[i * pieces + k] = dy[i] if which[i] == k else <real>0


cdef void maxout_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const whole_or_real* like) noexcept nogil:
    cdef const whole_or_real* x = <const whole_or_real*>arrays[0]
    cdef whole_or_real* out = <whole_or_real*>arrays[1]
    if columns == 2:
        block_maxout(x, out, rows, 2)
    elif columns == 3:
        block_maxout(x, out, rows, 3)
    elif columns == 4:
        block_maxout(x, out, rows, 4)
    elif columns == 5:
        block_maxout(x, out, rows, 5)
    elif columns == 8:
        block_maxout(x, out, rows, 8)
    else:
        block_maxout(x, out, rows, columns)


cdef void maxout_with_argmax_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const whole_or_real* like) noexcept nogil:
    cdef const whole_or_real* x = <const whole_or_real*>arrays[0]
    cdef whole_or_real* out = <whole_or_real*>arrays[1]
    cdef intptr_t* which = <intptr_t*>arrays[2]
    if columns == 2:
        block_which(x, out, which, rows, 2)
    elif columns == 3:
        block_which(x, out, which, rows, 3)
    elif columns == 4:
        block_which(x, out, which, rows, 4)
    else:
        block_which(x, out, which, rows, columns)


cdef void maxout_backward_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const real* like) noexcept nogil:
    cdef const real* dy = <const real*>arrays[0]
    cdef const real* x = <const real*>arrays[1]
    cdef real* out = <real*>arrays[2]
    if columns == 2:
        block_maxout_backward(dy, x, out, rows, 2)
    elif columns == 3:
        block_maxout_backward(dy, x, out, rows, 3)
    elif columns == 4:
        block_maxout_backward(dy, x, out, rows, 4)
    else:
        block_maxout_backward(dy, x, out, rows, columns)


cdef void maxout_scatter_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const real* like) noexcept nogil:
    cdef const real* dy = <const real*>arrays[0]
    cdef const intptr_t* which = <const intptr_t*>arrays[1]
    cdef real* out = <real*>arrays[2]
    if columns == 2:
        block_scatter(dy, which, out, rows, 2)
    elif columns == 3:
        block_scatter(dy, which, out, rows, 3)
    elif columns == 4:
        block_scatter(dy, which, out, rows, 4)
    else:
        block_scatter(dy, which, out, rows, columns)


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
    ("maxout", "backward"): ("(),(n)->(n)", "***", {
        "f": <uintptr_t><void*>maxout_backward_rows[float],
        "d": <uintptr_t><void*>maxout_backward_rows[double],
    }),
    ("maxout", "backward_from_argmax"): ("(),()->(n)", "*p*", {
        "f": <uintptr_t><void*>maxout_scatter_rows[float],
        "d": <uintptr_t><void*>maxout_scatter_rows[double],
    }),
    ("maxout", "forward"): ("(n)->()", "**", {
        "b": <uintptr_t><void*>maxout_rows[int8_t],
        "B": <uintptr_t><void*>maxout_rows[uint8_t],
        "h": <uintptr_t><void*>maxout_rows[int16_t],
        "H": <uintptr_t><void*>maxout_rows[uint16_t],
        "i": <uintptr_t><void*>maxout_rows[int32_t],
        "I": <uintptr_t><void*>maxout_rows[uint32_t],
        "q": <uintptr_t><void*>maxout_rows[int64_t],
        "Q": <uintptr_t><void*>maxout_rows[uint64_t],
        "f": <uintptr_t><void*>maxout_rows[float],
        "d": <uintptr_t><void*>maxout_rows[double],
    }),
    ("maxout", "with_argmax"): ("(n)->(),()", "**p", {
        "b": <uintptr_t><void*>maxout_with_argmax_rows[int8_t],
        "B": <uintptr_t><void*>maxout_with_argmax_rows[uint8_t],
        "h": <uintptr_t><void*>maxout_with_argmax_rows[int16_t],
        "H": <uintptr_t><void*>maxout_with_argmax_rows[uint16_t],
        "i": <uintptr_t><void*>maxout_with_argmax_rows[int32_t],
        "I": <uintptr_t><void*>maxout_with_argmax_rows[uint32_t],
        "q": <uintptr_t><void*>maxout_with_argmax_rows[int64_t],
        "Q": <uintptr_t><void*>maxout_with_argmax_rows[uint64_t],
        "f": <uintptr_t><void*>maxout_with_argmax_rows[float],
        "d": <uintptr_t><void*>maxout_with_argmax_rows[double],
    }),
}
