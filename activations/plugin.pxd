"""What the formulas of a plugin are written with: ``from activations.plugin cimport exp, real``.

Scalar functions for loops that the compiler vectorises: no branch, no call of libm, no floating-point warning, NaN in,
NaN out. Each takes float or double, which `real` stands for, and is good to three ulp. Names and signatures are frozen:
whoever changes one raises ACT_INTERFACE (machine.h), and every plugin has to be compiled again.
"""

from activations.formulas.exponents cimport exp_wide as _exp
from activations.formulas.logarithms cimport infinity, log_of as _log, not_a_number
from activations.formulas.normal cimport erf
from activations.formulas.roots cimport root as _root, signed
from activations.formulas.sigmoids cimport sigmoid, tanh
from activations.formulas.smooth cimport softplus as _softplus
from activations.kernels.real cimport absolute, at_least, at_most, bound_highest, bound_lowest, fma, real


cdef inline real exp(real x) noexcept nogil:
    return _exp(x, <real>0)


cdef inline real log(real x) noexcept nogil:
    """-infinity at 0, NaN below."""
    cdef real least = <real>1.1754943508222875e-38 if real is float else <real>2.2250738585072014e-308
    cdef bint small = x < least
    cdef real u = x * <real>18446744073709551616.0 if small else x
    cdef real y = _log(u if u >= least else least, <real>0, <real>-64 if small else <real>0)
    y = -infinity(x) if x == 0 else y
    return y if x >= 0 else not_a_number(x)


cdef inline real sqrt(real x) noexcept nogil:
    """NaN below 0."""
    return _root(x)


cdef inline real softplus(real x) noexcept nogil:
    """log(1 + e^x)"""
    return _softplus(x, <real>1, infinity(x))
