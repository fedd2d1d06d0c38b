"""Functions that several references are made of."""

from .core import mp

__all__ = ["erfc", "largest", "normal_density", "sigmoid"]


def sigmoid(x):
    return 1 / (1 + mp.exp(-x))


def erfc(x):
    if abs(x) < 2**100:
        return mp.erfc(x)
    return mp.exp(-x * x) / (x * mp.sqrt(mp.pi)) if x > 0 else mp.mpf(2)  # 60 digits, and mpmath would overflow


def normal_density(x):
    return mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi)


def largest(terms):
    return max(abs(term) for term in terms)
