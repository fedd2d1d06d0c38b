"""The exponentials of a row, their sum and its logarithm: what softmax and its kin are made of.

softmax subtracts the row's maximum without rounding. A float32 difference x - m rounds, and an error in it is an error
in the result times |x - m| (66 ulp in other libraries). Here x = n ln2 + r and m = k ln2 + s, so that e^(x - m) is
2^(n - k) e^r / e^s: an exact subtraction of whole numbers, and e^s is common to the row and cancels. Where |m| is so
large that the reduction would lose digits, x - m is exact for every x that counts.

With a temperature the quotient (x - m) / t rounds: it is carried as a sum of two numbers, the second of which goes into
the exponential after the first.
"""

from libc.string cimport memcpy

from activations.formulas.elementary cimport (
    carrier_of, exp_reduced, exp_scaled_sum, expm1_near_zero, reduced_from, scale, scaled_bias,
)
from activations.formulas.logarithms cimport log_of
from activations.kernels.lanes cimport (
    LANES, act_sixteen, add_scaled, block_subtract, filled, first_of_lanes, larger, padded, row_largest, row_sum,
)
from activations.kernels.real cimport absolute, act_fma, act_product_error, at_least, bound_shallow, fma, product_error, real
from activations.kernels.rows cimport ACT_INFINITY, WIDTH, block_scale, finite, row_fill, row_undecided
from activations.kernels.sums cimport Sum

cdef enum:
    BATCHED = 384     # elements of rows that are worked on in batches, and finely added for a logarithm

# How a row is brought under one power of two.
cdef struct Shift:
    double base       # subtracted from every element, exactly
    double low        # clamp for what is left: far below it only underflow
    double zero       # the carrier of 0: the row's power of two and the scale


# Blocks: n is a multiple of LANES and at most WIDTH.

cdef inline void block_exp(const real* x, real* out, Py_ssize_t n, real low, real zero) noexcept nogil:
    """e^x times the row's power of two, for x not below `low`."""
    cdef Py_ssize_t i
    cdef real carrier, r
    for i in range(n):
        r = reduced_from(at_least(x[i], low), zero, &carrier)
        out[i] = exp_reduced(r, carrier)


cdef inline void exp_from_base(const real* x, real* out, Py_ssize_t n, real base, real low, real zero) noexcept nogil:
    """e^(x - base). A row whose base is not 0 is rare, and all others are spared a subtraction."""
    cdef real block[WIDTH]
    if base != 0:
        block_subtract(x, block, n, base, <real>0)
        x = block
    block_exp(x, out, n, low, zero)


cdef inline Py_ssize_t block_count(const real* x, Py_ssize_t n, real value) noexcept nogil:
    cdef Py_ssize_t i, count = 0
    for i in range(n):
        count += x[i] == value
    return count


cdef inline real over(real x, real top, real high, real low, real* tail) noexcept nogil:
    """(x - top) / t as a sum of two numbers, 1 / t being high + low; past the exponential's range the first alone."""
    cdef real difference = x - top
    cdef real back = difference - x
    cdef real lost = (x - (difference - back)) - (top + back)
    cdef real quotient = difference * high
    cdef real bounded = at_least(quotient, bound_shallow(x))
    cdef real rest = fma(difference, low, fma(lost, high, product_error(difference, high, quotient)))
    tail[0] = rest if bounded == quotient else <real>0
    return quotient


cdef inline void block_exp_over(const real* x, real* out, Py_ssize_t n, real top, real high, real low) noexcept nogil:
    """e^((x - top) / t) * SCALE."""
    cdef Py_ssize_t i
    cdef real tail, quotient
    for i in range(n):
        quotient = over(x[i], top, high, low, &tail)
        out[i] = exp_scaled_sum(at_least(quotient, bound_shallow(top)), tail)


cdef inline void block_exp_over_others(const real* x, real* out, Py_ssize_t n, real top, real high,
                                       real low) noexcept nogil:
    """The same, and 0 where x is the row's maximum."""
    cdef Py_ssize_t i
    cdef real tail, quotient, e
    for i in range(n):
        quotient = over(x[i], top, high, low, &tail)
        e = exp_scaled_sum(at_least(quotient, bound_shallow(top)), tail)
        out[i] = <real>0 if x[i] == top else e


cdef inline void block_over_minus(const real* x, real* out, Py_ssize_t n, real top, real high, real low, real logarithm,
                                  real rest) noexcept nogil:
    """(x - top) / t - (logarithm + rest)."""
    cdef Py_ssize_t i
    cdef real tail, quotient
    for i in range(n):
        quotient = over(x[i], top, high, low, &tail)
        out[i] = (quotient - logarithm) + (tail - rest)


cdef inline void block_negative(const real* x, real* out, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = -x[i]


cdef inline real finite_or_zero(real top) noexcept nogil:
    return top if top - top == 0 else <real>0


cdef inline real base_of(real top) noexcept nogil:
    """What is subtracted from a row with this (finite) maximum: from twice the range of the exponential on, every x that
    does not vanish against the top lies within a factor of 2 of it, and the difference is exact."""
    return <real>0 if absolute(top) < <real>-2.7 * bound_shallow(top) else top


cdef inline real zero_of(real rest) noexcept nogil:
    """The carrier of 0 that gives e^rest the scale for its power of two."""
    cdef real carrier
    reduced_from(rest, carrier_of(0, rest), &carrier)
    return carrier_of(scaled_bias(rest), rest) - (carrier - carrier_of(0, rest))


cdef inline Shift row_shift(real top) noexcept nogil:
    """How a row with this (finite) maximum is shifted."""
    cdef Shift shift
    cdef real base = base_of(top)
    shift.base, shift.low, shift.zero = base, (top - base) + bound_shallow(top), zero_of(top - base)
    return shift


cdef inline void block_shifts(const real* top, real* base, real* low, real* zero, Py_ssize_t n) noexcept nogil:
    """The shifts of n rows: as if the largest were 0 where it is not finite."""
    cdef Py_ssize_t i
    cdef real first
    for i in range(n):
        first = finite_or_zero(top[i])
        base[i] = base_of(first)
        low[i] = (first - base[i]) + bound_shallow(first)
        zero[i] = zero_of(first - base[i])


cdef inline void part_exp(const real* x, real* out, Py_ssize_t n, const Shift* shift) noexcept nogil:
    """e^(x - top), up to a power of two and e^s, of at most WIDTH elements."""
    cdef real last[LANES]
    cdef real base = <real>shift.base, low = <real>shift.low, zero = <real>shift.zero
    cdef Py_ssize_t whole = n & ~<Py_ssize_t>(LANES - 1)
    exp_from_base(x, out, whole, base, low, zero)
    if whole < n:
        first_of_lanes(x + whole, n - whole, last, <real>-ACT_INFINITY)
        exp_from_base(last, last, act_sixteen(), base, low, zero)
        memcpy(out + whole, last, (n - whole) * sizeof(real))


cdef inline Sum in_order(double high, double low) noexcept nogil:
    """high + low, of which the first is the larger, as a rounded sum and what rounding took."""
    cdef Sum total
    total.high = high + low
    total.low = low - (total.high - high)
    return total


cdef inline Sum with_own(double high, double low, double own) noexcept nogil:
    """The same of high + low and quiet_softmax's own term, whichever is larger."""
    cdef double sum = high + own, back = sum - high
    return in_order(sum, ((high - (sum - back)) + (own - back)) + low)


cdef inline Sum row_exp(const real* x, real* out, Py_ssize_t n, const Shift* shift, bint fine) noexcept nogil:
    """The same of a row, into `out` (or nowhere, if NULL); returns the sum, of floats in double from the first addition on
    if it is to be `fine`."""
    cdef real block[WIDTH]
    cdef Sum total
    cdef Py_ssize_t done = 0, m
    cdef real* to
    total.high, total.low = 0, 0
    while done < n:
        m = min(<Py_ssize_t>WIDTH, n - done)
        to = out + done if out != NULL else block
        part_exp(x + done, to, m, shift)
        add_scaled(&total, to, m, m, fine)
        done += m
    return in_order(total.high, total.low)


cdef inline Sum row_exponentials(const real* x, real* out, Py_ssize_t n, real top) noexcept nogil:
    """What softmax divides by its sum, which is returned; nothing where the maximum is not finite."""
    cdef Shift shift
    if not finite(top):
        return in_order(0, 0)
    shift = row_shift(top)
    return row_exp(x, out, n, &shift, False)


cdef inline void divide_sum(double total, double rest, real* high, real* low) noexcept nogil:
    """1 / (total + rest) in two parts, the second through the remainder of the division: the exact one only where products
    with it are fused too, or else what is decided would become 1 less an ulp. Sums of floats have no rest that counts."""
    cdef double left
    high[0] = <real>(1 / total)
    left = act_fma(<double>high[0], total, -1)
    if real is double:
        left += high[0] * rest
    low[0] = <real>(-left * high[0])


cdef inline void row_divided(const real* x, real* out, Py_ssize_t n, real top, Sum total) noexcept nogil:
    """softmax from its numerators in `out`; what a row without a finite maximum becomes."""
    cdef real high, low
    if not finite(top):
        row_undecided(x, 1, out, 1, n, 0)
    else:
        divide_sum(total.high, total.low, &high, &low)
        block_scale(out, out, n, high, low)


cdef inline void row_softmax(const real* x, real* out, Py_ssize_t n) noexcept nogil:
    cdef real top = row_largest(x, n)
    row_divided(x, out, n, top, row_exponentials(x, out, n, top))


cdef inline double own_term(real top) noexcept nogil:
    """What a (finite) largest element adds to such a sum."""
    cdef real carrier
    cdef real rest = top - base_of(top)
    cdef double r = reduced_from(rest, zero_of(rest), &carrier)
    return (1 + expm1_near_zero(r)) * scale(top)


cdef inline void block_own(const real* top, double* own, Py_ssize_t n) noexcept nogil:
    """The same of n rows, as if the largest were 0 where it is not finite."""
    cdef Py_ssize_t i
    for i in range(n):
        own[i] = own_term(finite_or_zero(top[i]))


cdef inline double taken_out(double total, real top, double own, bint fine) noexcept nogil:
    """The other terms in units of the largest, from the sum of all and from the largest as it was added; -1 where so little
    is left that the sum's own roundings would count, as they always do unless it is `fine`: of floats in double."""
    cdef real carrier
    cdef real rest = top - base_of(top)
    cdef real r = reduced_from(rest, zero_of(rest), &carrier)
    cdef double others = (total - exp_reduced(r, carrier)) / own
    return others if fine and others > 1e-6 else <double>-1


cdef inline void block_taken_out(const double* total, const real* top, const double* own, double* others, Py_ssize_t n,
                                 bint fine) noexcept nogil:
    """The same of n rows; of those whose largest is not finite, anything."""
    cdef Py_ssize_t i
    for i in range(n):
        others[i] = taken_out(total[i], finite_or_zero(top[i]), own[i], fine)


cdef inline bint finely_added(Py_ssize_t n, const real* like) noexcept nogil:
    """Whether a row's exponentials are added in double from the first addition on where their logarithm is wanted."""
    return real is float and n <= BATCHED


cdef inline Py_ssize_t block_without(const real* x, real* e, Py_ssize_t n, real top) noexcept nogil:
    """Count the largest elements, and take them out of the exponentials."""
    cdef Py_ssize_t i, tops = 0
    for i in range(n):
        tops += x[i] == top
        e[i] = <real>0 if x[i] == top else e[i]
    return tops


cdef inline Py_ssize_t add_others(Sum* total, const real* x, real* e, Py_ssize_t n, real top) noexcept nogil:
    """Add the exponentials of what lies below the top, for at most WIDTH elements; returns how many do not."""
    cdef Py_ssize_t tops = block_without(x, e, n, top)
    add_scaled(total, e, n, n, True)
    return tops


cdef inline double others_of(const real* x, real* e, Py_ssize_t n, real top, double own) noexcept nogil:
    """The sum of e^(x - top), in units of the largest, without one element that is the largest itself, from exponentials
    that are there already."""
    cdef Sum total
    cdef Py_ssize_t tops
    total.high, total.low = 0, 0
    tops = add_others(&total, x, e, n, top)
    return (tops - 1) + (total.high + total.low) / own


cdef inline double row_others(const real* x, Py_ssize_t n, const Shift* shift, real top, double own) noexcept nogil:
    """The same of a row whose exponentials are computed again."""
    cdef real e[WIDTH]
    cdef Sum total
    cdef Py_ssize_t done = 0, m, tops = 0
    total.high, total.low = 0, 0
    while done < n:
        m = min(<Py_ssize_t>WIDTH, n - done)
        part_exp(x + done, e, m, shift)
        tops += add_others(&total, x + done, e, m, top)
        done += m
    return (tops - 1) + (total.high + total.low) / own


cdef inline double log_one_more(double others) noexcept nogil:
    """log(1 + others)."""
    cdef double total = 1 + others
    return log_of(total, (1 - total) + others if others < 1 else (others - total) + 1, <double>0)


cdef inline double logarithm_of(double total, double others, double parts) noexcept nogil:
    """row_logarithm from the sum in units of the largest term and, where that is at most 2, from that of the other terms."""
    if total > 2:
        return log_of(total / parts, <double>0, <double>0)
    return log_one_more(others) - (log_of(parts, <double>0, <double>0) if parts != 1 else 0)


cdef inline double row_logarithm(const real* x, Py_ssize_t n, real top, double parts) noexcept nogil:
    """log(sum of e^(x - top) / parts); nothing where the maximum is not finite. A row all but decided has a logarithm
    near 0, which its sum, 1 + others, would round away: there the largest element's own term is taken out of the sum, or
    left out of another one, and put back by log(1 + others)."""
    cdef real e[WIDTH]
    cdef double total, own, others = 0
    cdef Shift shift
    if not finite(top):
        return 0
    shift = row_shift(top)
    total = row_exp(x, &e[0] if n <= WIDTH else <real*>NULL, n, &shift, finely_added(n, x)).high
    own = own_term(top)
    if not total / own > 2:
        others = taken_out(total, top, own, finely_added(n, x))
        if others < 0:
            others = others_of(x, &e[0], n, top, own) if n <= WIDTH else row_others(x, n, &shift, top, own)
    return logarithm_of(total / own, others, parts)


cdef inline void add_logarithm(real top, double logarithm, real* high, real* low) noexcept nogil:
    """top + logarithm in two parts."""
    high[0] = <real>(top + logarithm)
    if top * <double>top > logarithm * logarithm:
        low[0] = <real>((top - <double>high[0]) + logarithm)
    else:
        low[0] = <real>((logarithm - <double>high[0]) + top)


cdef inline void row_subtracted(const real* x, real* out, Py_ssize_t n, real top, double logarithm) noexcept nogil:
    """x - (top + logarithm), the sum in two parts; what a row without a finite maximum becomes."""
    cdef real high, low
    if not finite(top):
        row_undecided(x, 1, out, 1, n, 1)
    else:
        add_logarithm(top, logarithm, &high, &low)
        block_subtract(x, out, n, high, low)


# The same with a temperature.

cdef struct Inverse:
    double high        # 1 / t, rounded to the kernel's type
    double low         # what rounding took


cdef inline Inverse inverse_of(double temperature, real like) noexcept nogil:
    """1 / t in two parts. What is so far from 1 that it would leave the kernel's range acts as its end."""
    cdef Inverse inverse
    cdef double product
    temperature = max(temperature, 1e-30 if real is float else 1e-300)
    temperature = min(temperature, 1e30 if real is float else 1e300)
    inverse.high = <real>(1 / temperature)
    product = inverse.high * temperature
    inverse.low = ((1 - product) - act_product_error(inverse.high, temperature, product)) / temperature
    return inverse


cdef inline Sum row_exp_over(const real* x, real* out, Py_ssize_t n, real top, const Inverse* inverse,
                             bint others) noexcept nogil:
    """e^((x - top) / t) * SCALE into `out` (or nowhere, if NULL); returns the sum (of `others`, those below the top)."""
    cdef real block[WIDTH]
    cdef Sum total
    cdef Py_ssize_t done = 0, m, whole
    cdef const real* source
    total.high, total.low = 0, 0
    while done < n:
        m = min(<Py_ssize_t>WIDTH, n - done)
        whole = padded(m)
        source = filled(x + done, m, whole, block, <real>-ACT_INFINITY)
        if others:
            block_exp_over_others(source, block, whole, top, <real>inverse.high, <real>inverse.low)
        else:
            block_exp_over(source, block, whole, top, <real>inverse.high, <real>inverse.low)
        add_scaled(&total, block, m, m, others)
        if out != NULL:
            memcpy(out + done, block, m * sizeof(real))
        done += m
    return in_order(total.high, total.low)


cdef inline void row_softmax_over(const real* x, real* out, Py_ssize_t n, double temperature) noexcept nogil:
    cdef real top
    cdef Sum total = in_order(0, 0)
    cdef Inverse inverse
    if temperature == 1:
        row_softmax(x, out, n)
        return
    top = row_largest(x, n)
    if finite(top):
        inverse = inverse_of(temperature, top)
        total = row_exp_over(x, out, n, top, &inverse, False)
    row_divided(x, out, n, top, total)


cdef inline void row_log_softmax_over(const real* x, real* out, Py_ssize_t n, double temperature) noexcept nogil:
    cdef real top = row_largest(x, n)
    cdef double logarithm
    cdef Inverse inverse
    if finite(top):
        inverse = inverse_of(temperature, top)
        logarithm = row_exp_over(x, <real*>NULL, n, top, &inverse, True).high / scale(top)
        logarithm = log_one_more((block_count(x, n, top) - 1) + logarithm)
        block_over_minus(x, out, n, top, <real>inverse.high, <real>inverse.low, <real>logarithm,
                         <real>(logarithm - <double><real>logarithm))
    else:
        row_subtracted(x, out, n, top, 0)
