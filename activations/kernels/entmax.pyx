"""entmax (Peters, Niculae, Martins 2019): between softmax (alpha = 1) and sparsemax (alpha = 2), which have kernels of
their own; compiled once per ISA level.

Each output is t^(1 / (alpha - 1)), t = max((alpha - 1) x - tau, 0), where tau makes the row sum to 1. Up to alpha = 2 that
sum is convex in tau, so that Newton's method from below never passes the root; beyond, each step of it that is not a
small one is followed by a bisection. Up to alpha = 4 tau is counted from the row's largest element, whose output is never
below 1 / n.
"""

from libc.math cimport exp, expl, fabs, ldexp, log1p, log1pl, logl, pow, sqrt
from libc.stdint cimport uintptr_t
from libc.string cimport memcpy

from activations.kernels.extremes cimport row_top
from activations.kernels.real cimport act_product_error, real
from activations.kernels.rows cimport ACT_INFINITY, finite, row_undecided
from activations.kernels.sums cimport SPREAD, Sum, add, clear, settled
from activations.kernels.support_lines cimport roots_gradient, roots_mean

cdef extern from "<fenv.h>" nogil:
    ctypedef struct fenv_t:
        pass
    int feholdexcept(fenv_t* environment)
    int fesetenv(const fenv_t* environment)

cdef enum:
    STEPS = 200        # far more than any row takes
    STEEP = 4          # the alpha from which on a power is steep


# alpha = 1.5: squares of t = (x - top) / 2 - tau. t is carried as a sum of two numbers, and the last step of Newton's
# method is the low part of tau, so that an output at the edge of the support keeps its digits.

cdef inline double halved(double value, double top, double tau, double* low) noexcept nogil:
    """(value - top) / 2 - tau and what rounding took from it."""
    cdef double distance = value - top
    cdef double back = distance - value
    cdef double lost = (value - (distance - back)) - (top + back)
    cdef double t
    distance *= 0.5
    t = distance - tau
    back = t - distance
    low[0] = ((distance - (t - back)) - (tau + back)) + 0.5 * lost
    return t


cdef void block_add_roots(const real* x, double* squares, double* errors, double* roots, Py_ssize_t groups, double top,
                          double tau) noexcept nogil:
    """The sum of t^2, and that of t, over positive t."""
    cdef double sums[SPREAD]
    cdef double lows[SPREAD]
    cdef double firsts[SPREAD]
    cdef double t, low, square, lost, sum, back
    cdef Py_ssize_t j, k
    memcpy(sums, squares, sizeof(sums))
    memcpy(lows, errors, sizeof(lows))
    memcpy(firsts, roots, sizeof(firsts))
    for k in range(groups):
        for j in range(SPREAD):
            t = halved(x[SPREAD * k + j], top, tau, &low)
            low = low if t > 0 else 0
            t = t if t > 0 else 0
            firsts[j] += t
            square = t * t
            lost = act_product_error(t, t, square) + 2 * t * low
            sum = sums[j] + square
            back = sum - sums[j]
            lows[j] += ((sums[j] - (sum - back)) + (square - back)) + lost
            sums[j] = sum
    memcpy(squares, sums, sizeof(sums))
    memcpy(errors, lows, sizeof(lows))
    memcpy(roots, firsts, sizeof(firsts))


cdef void block_squared(const real* x, real* out, Py_ssize_t n, double top, double tau, double step) noexcept nogil:
    cdef Py_ssize_t i
    cdef double t, low
    for i in range(n):
        t = halved(x[i], top, tau, &low)
        low -= step
        low = low if low == low else 0
        t = t if t + low > 0 else 0
        low = low if t > 0 else 0
        out[i] = <real>(t * t + (2 * t * low + low * low))


cdef void row_of_squares(const real* x, real* out, Py_ssize_t n, double top) noexcept nogil:
    cdef double squares[SPREAD]
    cdef double errors[SPREAD]
    cdef double roots[SPREAD]
    cdef real tail[SPREAD]
    cdef double tau = -1, step, slope
    cdef Py_ssize_t j, groups = n // SPREAD, _
    cdef Sum total
    for j in range(SPREAD):
        tail[j] = x[SPREAD * groups + j] if SPREAD * groups + j < n else <real>-ACT_INFINITY
    for _ in range(STEPS):
        clear(squares, errors)
        clear(roots, roots)
        block_add_roots(x, squares, errors, roots, groups, top, tau)
        block_add_roots(tail, squares, errors, roots, 1, top, tau)
        slope = 0
        for j in range(SPREAD):
            slope += roots[j]
        total = settled(squares, errors)
        add(&total, -1)
        step = (total.high + total.low) / (2 * slope)
        if fabs(step) < 1e-10:
            break
        tau += step
    block_squared(x, out, n, top, tau, step)


# Any other alpha. Up to 2 the unknown is s = 1 + tau, of which t = 1 + (z - s), z = (alpha - 1) (x - top), is taken by a
# logarithm, since near alpha = 1 t is next to 1 and its power large. Beyond 2 it is t of the largest element, which may be
# next to 0.
#
# In float64 the last step and the outputs are taken in long double, which has eleven bits more where the processor has
# such a type: a power magnifies what t, its logarithm and the rate have lost. Its status word is put back with the other.

cdef inline double power_of(double z, double unknown, double rate, bint flat) noexcept nogil:
    """t^rate, 0 where t is not positive."""
    cdef double t
    if flat:
        t = z - unknown
        return exp(rate * log1p(t)) if t > -1 else 0
    t = z + unknown
    return pow(t, rate) if t > 0 else 0


cdef double row_excess(const real* x, Py_ssize_t n, double top, double scale, double unknown, double rate, bint flat,
                       double* slope) noexcept nogil:
    """The sum of t^rate, less 1; `slope` is its derivative by t."""
    cdef Sum total
    cdef Py_ssize_t i
    cdef double z, t, p
    total.high, total.low = -1, 0
    slope[0] = 0
    for i in range(n):
        z = scale * (x[i] - top)
        p = power_of(z, unknown, rate, flat)
        if p > 0:
            t = 1 + (z - unknown) if flat else z + unknown
            add(&total, p)
            slope[0] += rate * (p / t)
    return total.high + total.low


cdef inline long double long_t(double x, double top, long double scale, long double unknown, bint flat) noexcept nogil:
    """t, or t - 1 where it is to go into a logarithm of 1 + that."""
    cdef long double z = (<long double>x - <long double>top) * scale
    return z - unknown if flat else z + unknown


cdef inline long double long_power(long double t, long double rate, bint flat) noexcept nogil:
    if flat:
        return expl(rate * log1pl(t)) if t > -1 else 0
    return expl(rate * logl(t)) if t > 0 else 0


cdef void row_of_long_powers(const double* x, double* out, Py_ssize_t n, double top, double alpha,
                             double unknown) noexcept nogil:
    """The outputs for an unknown that is right to the digits of a double, and what one more step of Newton's method makes
    of them: a small share of each, but where t is next to 0. Where `out` is `x` the first ones are computed twice."""
    cdef long double scale = <long double>alpha - 1, rate = 1 / scale
    cdef long double slope = 0, step, share, t, p
    cdef bint flat = alpha < 2, again = out == x
    cdef double y
    cdef Py_ssize_t i
    cdef Sum total
    total.high, total.low = -1, 0
    for i in range(n):
        t = long_t(x[i], top, scale, unknown, flat)
        p = long_power(t, rate, flat)
        y = <double>p
        if not again:
            out[i] = y
        if p > 0:
            slope += rate * (p / (1 + t if flat else t))
            add(&total, y)
            total.low += <double>(p - y)
    step = -(total.high + <long double>total.low) / slope
    for i in range(n):
        t = long_t(x[i], top, scale, unknown, flat)
        share = rate * step / (1 + t if flat else t)
        if -1e-9 < share < 1e-9:
            y = <double>long_power(t, rate, flat) if again else out[i]
            out[i] = y + y * <double>share
        else:
            out[i] = <double>long_power(t + step, rate, flat)


cdef void row_of_powers(const real* x, real* out, Py_ssize_t n, double top, double alpha) noexcept nogil:
    cdef double scale = alpha - 1, rate = 1 / (alpha - 1)
    cdef double unknown, low = 0, high = 1, excess, slope, next_one
    cdef bint flat = alpha < 2, bisect = False
    cdef Py_ssize_t i, _
    unknown = 0 if flat else pow(<double>n, -scale)
    low = unknown
    for _ in range(STEPS):
        excess = row_excess(x, n, top, scale, unknown, rate, flat, &slope)
        if flat:
            next_one = unknown + excess / slope
        else:
            low = unknown if excess < 0 else low
            high = unknown if excess > 0 else high
            next_one = unknown - excess / slope
            bisect = not bisect and fabs(next_one - unknown) > 1e-3 * unknown
            if not low < next_one < high or bisect:
                next_one = sqrt(low * high) if low > 0 else 0.5 * high
        if fabs(next_one - unknown) <= 1e-16 * unknown or next_one == unknown:
            break
        if flat and next_one < unknown:
            # Past the root by no more than the sum's rounding.
            unknown = next_one
            break
        unknown = next_one
    if real is float:
        for i in range(n):
            out[i] = <real>power_of(scale * (x[i] - top), unknown, rate, flat)
    else:
        row_of_long_powers(x, out, n, top, alpha, unknown)


# A steep power, alpha beyond 4: an output y comes of t = y^(alpha - 1), which is next to 0 for all but the largest and
# would vanish beside them. All is counted from the least element of the support then, and the unknown is its output, v: the
# others are ((alpha - 1) (x - least) + v^(alpha - 1))^(1 / (alpha - 1)). Their sum grows with v, at a rate of 1 and more.

cdef double row_steep(const real* x, Py_ssize_t n, double least, double scale, double v, double* slope) noexcept nogil:
    """The sum of the outputs of what is not below `least`, less 1; `slope` is its derivative by v."""
    cdef double below = pow(v, scale), rate = 1 / scale, t, y
    cdef double per_t = below / v if v > 0 else 0
    cdef Sum total
    cdef Py_ssize_t i
    total.high, total.low = -1, 0
    slope[0] = 0
    for i in range(n):
        if x[i] < least:
            continue
        t = scale * (x[i] - least) + below
        y = v if x[i] == least else pow(t, rate)
        add(&total, y)
        slope[0] += 1 if x[i] == least else per_t * (y / t)
    return total.high + total.low


cdef long double row_steep_exactly(const double* x, Py_ssize_t n, double least, double alpha, double v) noexcept nogil:
    """The same sum in long double: what powers lose in double is large beside a small v."""
    cdef long double scale = <long double>alpha - 1, total = -1
    cdef long double below = expl(scale * logl(v)) if v > 0 else 0
    cdef Py_ssize_t i
    for i in range(n):
        if x[i] == least:
            total += v
        elif x[i] > least:
            total += expl(logl(scale * (<long double>x[i] - <long double>least) + below) / scale)
    return total


cdef double next_above(const real* x, Py_ssize_t n, double low, double high, double at) noexcept nogil:
    """The element between `low` and `high` (neither of them) that is nearest to `at`; `high` if there is none."""
    cdef double found = high, distance = ACT_INFINITY
    cdef Py_ssize_t i
    for i in range(n):
        if low < x[i] < high and fabs(x[i] - at) < distance:
            found, distance = x[i], fabs(x[i] - at)
    return found


cdef void row_of_steep_powers(const real* x, real* out, Py_ssize_t n, double top, double alpha) noexcept nogil:
    cdef double scale = alpha - 1, rate = 1 / scale, outside, least = top, candidate, slope, excess
    cdef double v = 0, low = 0, high = 1, next_one, below
    cdef Py_ssize_t i, _
    # The support: its least element is the smallest whose own output can be 0 and the sum still be short of 1. What lies
    # 1 / (alpha - 1) below the largest never belongs to it.
    outside = top - 1 / scale
    while True:
        candidate = next_above(x, n, outside, least, 0.5 * (outside + least))
        if candidate == least:
            break
        if row_steep(x, n, candidate, scale, 0, &slope) < 0:
            least = candidate
        else:
            outside = candidate
    for _ in range(STEPS):
        excess = row_steep(x, n, least, scale, v, &slope)
        low = v if excess < 0 else low
        high = v if excess > 0 else high
        next_one = v - excess / slope
        if not low < next_one < high:
            next_one = 0.5 * (low + high)
        if fabs(next_one - v) <= 1e-16 * v:
            break
        v = next_one
    if real is double:
        v -= <double>(row_steep_exactly(x, n, least, alpha, v) / slope)
    below = pow(v, scale)
    for i in range(n):
        if x[i] <= least:
            out[i] = <real>(v if x[i] == least else 0)
        else:
            out[i] = <real>pow(scale * (x[i] - least) + below, rate)


cdef void row_entmax(const real* x, real* out, Py_ssize_t n, double alpha) noexcept nogil:
    cdef real top = row_top(x, n)
    if not finite(top):
        row_undecided(x, 1, out, 1, n, 0)
    elif alpha == 1.5:
        row_of_squares(x, out, n, top)
    elif alpha > STEEP:
        row_of_steep_powers(x, out, n, top, alpha)
    else:
        row_of_powers(x, out, n, top, alpha)


cdef void entmax_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                      const real* like) noexcept nogil:
    cdef const real* x = <const real*>arrays[0]
    cdef real* out = <real*>arrays[1]
    cdef Py_ssize_t i
    cdef fenv_t before
    cdef bint extended = real is double and values[0] != 1.5
    if extended:
        feholdexcept(&before)
    for i in range(rows if columns else 0):
        row_entmax(x + i * columns, out + i * columns, columns, values[0])
    if extended:
        fesetenv(&before)


# Backward: s (dy - sum of s dy / sum of s), s = y^(2 - alpha) on the support. Sums keep the errors of their additions.
#
# Beyond alpha = 2 the smallest y has the largest s, which may be more than double holds, and beside which those of the
# others vanish: there dy is counted from its own, or nothing would be left of what it gets but the mean's rounding times s.

cdef enum:
    LARGEST = 1000     # the power of two that no s is beyond: sums of them stay finite

cdef inline double share(double y, double alpha) noexcept nogil:
    if not y > 0:
        return 0
    return sqrt(y) if alpha == 1.5 else pow(y, 2 - alpha)


cdef inline double steep_share(double y, double alpha) noexcept nogil:
    cdef double s = share(y, alpha), bound = ldexp(1, LARGEST)
    return s if s < bound else bound


cdef void row_steep_backward(const real* dy, const real* y, real* out, Py_ssize_t n, double alpha) noexcept nogil:
    """`out` may be `y`."""
    cdef Sum rest, weighted
    cdef Py_ssize_t i, first = -1
    cdef double s, distance, product, mean, sum
    for i in range(n):
        if y[i] > 0 and (first < 0 or y[i] < y[first]):
            first = i
    rest.high, rest.low, weighted.high, weighted.low = 0, 0, 0, 0
    for i in range(n):
        if i != first and y[i] > 0:
            s = steep_share(y[i], alpha)
            distance = <double>dy[i] - dy[first]
            product = s * distance
            add(&rest, s)
            add(&weighted, product)
            weighted.low += act_product_error(s, distance, product)
    # With a dy of infinity the error of a sum is none.
    sum = weighted.high if weighted.low != weighted.low else weighted.high + weighted.low
    s = steep_share(y[first], alpha) if first >= 0 else 1
    mean = sum / (s + (rest.high + rest.low))
    sum = 0 - sum / (1 + (rest.high + rest.low) / s)
    for i in range(n):
        if i == first:
            out[i] = <real>sum
        elif y[i] > 0:
            s = steep_share(y[i], alpha)
            out[i] = <real>(s * (<double>dy[i] - dy[first] - mean))
        else:
            out[i] = y[i] if y[i] != y[i] else <real>0


cdef void row_entmax_backward(const real* dy, const real* y, real* out, Py_ssize_t n, double alpha) noexcept nogil:
    """`out` may be `y`."""
    cdef Sum total, weighted
    cdef Py_ssize_t i
    cdef double s, product, mean
    if alpha > 2:
        row_steep_backward(dy, y, out, n, alpha)
        return
    total.high, total.low, weighted.high, weighted.low = 0, 0, 0, 0
    for i in range(n):
        s = share(y[i], alpha)
        if s > 0:
            product = s * dy[i]
            add(&total, s)
            add(&weighted, product)
            weighted.low += act_product_error(s, dy[i], product)
    mean = roots_mean(total, weighted)
    for i in range(n):
        s = share(y[i], alpha)
        out[i] = y[i] if y[i] != y[i] else <real>(s * (dy[i] - mean)) if s > 0 else <real>0


cdef void entmax_backward_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                               const real* like) noexcept nogil:
    cdef const real* dy = <const real*>arrays[0]
    cdef const real* x = <const real*>arrays[1]
    cdef real* out = <real*>arrays[2]
    cdef Py_ssize_t i
    cdef fenv_t before
    cdef bint extended = real is double and values[0] != 1.5
    if extended:
        feholdexcept(&before)
    for i in range(rows if columns else 0):
        row_entmax(x + i * columns, out + i * columns, columns, values[0])
        row_entmax_backward(dy + i * columns, out + i * columns, out + i * columns, columns, values[0])
    if extended:
        fesetenv(&before)


cdef void entmax_backward_from_output_rows(char** arrays, Py_ssize_t rows, Py_ssize_t columns, const double* values,
                                           const real* like) noexcept nogil:
    cdef const real* dy = <const real*>arrays[0]
    cdef const real* y = <const real*>arrays[1]
    cdef real* out = <real*>arrays[2]
    cdef Py_ssize_t i
    for i in range(rows):
        row_entmax_backward(dy + i * columns, y + i * columns, out + i * columns, columns, values[0])


cdef void entmax_backward_from_output_beside(char** arrays, Py_ssize_t columns, Py_ssize_t width, const Py_ssize_t* steps,
                                             const double* values, const real* like) noexcept nogil:
    """For the default alpha, 1.5."""
    roots_gradient(arrays, columns, width, steps, like)


# What ufuncs are made of: NumPy's signature, the type characters of the arrays (* is the kernel's own type), kernels.

LOOPS = {
    ("entmax", "forward"): ("(n)->(n)", "**", {
        "f": <uintptr_t><void*>entmax_rows[float],
        "d": <uintptr_t><void*>entmax_rows[double],
    }),
    ("entmax", "backward"): ("(n),(n)->(n)", "***", {
        "f": <uintptr_t><void*>entmax_backward_rows[float],
        "d": <uintptr_t><void*>entmax_backward_rows[double],
    }),
    ("entmax", "backward_from_output"): ("(n),(n)->(n)", "***", {
        "f": <uintptr_t><void*>entmax_backward_from_output_rows[float],
        "d": <uintptr_t><void*>entmax_backward_from_output_rows[double],
    }, {
        "f": <uintptr_t><void*>entmax_backward_from_output_beside[float],
        "d": <uintptr_t><void*>entmax_backward_from_output_beside[double],
    }),
}
