"""Gradients of sparsemax and entmax from their output, of rows that stand side by side: sums over each row's support.

A row's sum is one chain of additions, here as in the kernels for one row after another (the bits are the same), but the
chains of neighbours run side by side in vectors.
"""

from libc.math cimport sqrt

from activations.kernels.real cimport act_product_error, real
from activations.kernels.rows cimport ACT_INFINITY
from activations.kernels.sums cimport Sum

cdef enum:
    SPAN = 256         # rows worked on at a time


cdef inline void block_add_support_line(const real* dy, const real* y, double* high, double* low, double* members,
                                        Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t j
    cdef double value, sum, back
    for j in range(n):
        value = dy[j] if y[j] > 0 else <real>0
        members[j] += 1 if y[j] > 0 else 0
        sum = high[j] + value
        back = sum - high[j]
        low[j] += (high[j] - (sum - back)) + (value - back)
        high[j] = sum


cdef inline void block_support_line(const real* dy, const real* y, real* out, Py_ssize_t n,
                                    const double* mean) noexcept nogil:
    """dy - mean on the support, 0 elsewhere; NaN at NaN."""
    cdef Py_ssize_t j
    cdef real value, rest, inside
    for j in range(n):
        value = y[j]
        rest = <real>(dy[j] - mean[j])
        inside = rest if value > 0 else <real>0
        out[j] = value if value != value else inside


cdef inline void block_add_roots_line(const real* dy, const real* y, double* high, double* low, double* weighted,
                                      double* errors, Py_ssize_t n) noexcept nogil:
    """Sums of s = sqrt(y), and of s dy."""
    cdef Py_ssize_t j
    cdef double s, product, lost, sum, back
    for j in range(n):
        s = sqrt(<double>(y[j] if y[j] > 0 else <real>0))
        product = s * dy[j]
        lost = act_product_error(s, dy[j], product)
        product = product if s > 0 else 0
        lost = lost if s > 0 else 0
        sum = high[j] + s
        back = sum - high[j]
        low[j] += (high[j] - (sum - back)) + (s - back)
        high[j] = sum
        sum = weighted[j] + product
        back = sum - weighted[j]
        errors[j] = (errors[j] + ((weighted[j] - (sum - back)) + (product - back))) + lost
        weighted[j] = sum


cdef inline void block_roots_line(const real* dy, const real* y, real* out, Py_ssize_t n, const double* mean) noexcept nogil:
    """s (dy - mean), 0 outside of the support; NaN at NaN."""
    cdef Py_ssize_t j
    cdef double s, product
    cdef real value, inside
    for j in range(n):
        value = y[j]
        s = sqrt(<double>(value if value > 0 else <real>0))
        product = s * (dy[j] - mean[j])
        inside = <real>(product if s > 0 else 0)
        out[j] = value if value != value else inside


cdef inline double support_mean(Sum total, double members) noexcept nogil:
    total.high = total.high if not -ACT_INFINITY < total.high < ACT_INFINITY else total.high + total.low
    return total.high / members if members else 0


cdef inline double roots_mean(Sum total, Sum weighted) noexcept nogil:
    cdef double mean = weighted.high if weighted.low != weighted.low else weighted.high + weighted.low
    return mean / (total.high + total.low) if total.high > 0 else 0


cdef inline void support_gradient(char** arrays, Py_ssize_t n, Py_ssize_t width, const Py_ssize_t* steps,
                                  const real* like) noexcept nogil:
    """sparsemax's, of arrays dy, y and the result."""
    cdef double high[SPAN]
    cdef double low[SPAN]
    cdef double members[SPAN]
    cdef double mean[SPAN]
    cdef Sum total
    cdef Py_ssize_t done = 0, m, j, k, size = sizeof(real)
    while done < width:
        m = min(<Py_ssize_t>SPAN, width - done)
        for j in range(m):
            high[j] = low[j] = members[j] = 0
        for k in range(n):
            block_add_support_line(<const real*>(arrays[0] + k * steps[0] + done * size),
                                   <const real*>(arrays[1] + k * steps[1] + done * size), high, low, members, m)
        for j in range(m):
            total.high, total.low = high[j], low[j]
            mean[j] = support_mean(total, members[j])
        for k in range(n):
            block_support_line(<const real*>(arrays[0] + k * steps[0] + done * size),
                               <const real*>(arrays[1] + k * steps[1] + done * size),
                               <real*>(arrays[2] + k * steps[2] + done * size), m, mean)
        done += m


cdef inline void roots_gradient(char** arrays, Py_ssize_t n, Py_ssize_t width, const Py_ssize_t* steps,
                                const real* like) noexcept nogil:
    """entmax's for alpha = 1.5, of arrays dy, y and the result."""
    cdef double high[SPAN]
    cdef double low[SPAN]
    cdef double weighted[SPAN]
    cdef double errors[SPAN]
    cdef double mean[SPAN]
    cdef Sum total, products
    cdef Py_ssize_t done = 0, m, j, k, size = sizeof(real)
    while done < width:
        m = min(<Py_ssize_t>SPAN, width - done)
        for j in range(m):
            high[j] = low[j] = weighted[j] = errors[j] = 0
        for k in range(n):
            block_add_roots_line(<const real*>(arrays[0] + k * steps[0] + done * size),
                                 <const real*>(arrays[1] + k * steps[1] + done * size), high, low, weighted, errors, m)
        for j in range(m):
            total.high, total.low = high[j], low[j]
            products.high, products.low = weighted[j], errors[j]
            mean[j] = roots_mean(total, products)
        for k in range(n):
            block_roots_line(<const real*>(arrays[0] + k * steps[0] + done * size),
                             <const real*>(arrays[1] + k * steps[1] + done * size),
                             <real*>(arrays[2] + k * steps[2] + done * size), m, mean)
        done += m
