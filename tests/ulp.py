"""Errors in ulp of the true value, vectorised.

A true value is held as ``(high + low) * 2**exponent`` with ``1 <= |high + low| < 2`` in two float64 numbers, enough
to tell a hundredth of a float64 ulp and free of under- and overflow, whatever the size of the value.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["FORMATS", "Format", "Truth", "is_narrow", "ulp_error", "ulp_exponent"]

_FAR = 100_000  # stands for any exponent beyond: every format calls it an underflow or an overflow


@dataclass(frozen=True)
class Format:
    """A binary floating-point format: digits, smallest and largest exponent of a normal number."""

    digits: int
    lowest: int
    highest: int


FORMATS = {
    "float16": Format(11, -14, 15),
    "bfloat16": Format(8, -126, 127),
    "float32": Format(24, -126, 127),
    "float64": Format(53, -1022, 1023),
}


def is_narrow(dtype):
    """Whether a type is computed in float32 and rounded once."""
    return FORMATS[np.dtype(dtype).name].digits < FORMATS["float32"].digits


@dataclass(frozen=True)
class Truth:
    """True values, exact to 106 bits."""

    high: np.ndarray
    low: np.ndarray
    exponent: np.ndarray

    def __getitem__(self, index):
        return Truth(self.high[index], self.low[index], self.exponent[index])

    @classmethod
    def of(cls, values):
        """From a sequence of `mpf`."""
        count = len(values)
        high, low, exponent = np.zeros(count), np.zeros(count), np.zeros(count, np.int64)
        for i, value in enumerate(values):
            sign, mantissa, power, bits = value._mpf_
            mantissa = int(mantissa)
            if not mantissa:  # zero, an infinity or NaN
                high[i] = float(value)
                exponent[i] = -_FAR if high[i] == 0 else 0
                continue
            cut = max(bits - 53, 0)
            top = mantissa >> cut
            length = bits - cut
            high[i] = (-top if sign else top) / (1 << (length - 1))
            rest = mantissa - (top << cut)
            low[i] = (-rest if sign else rest) / (1 << (bits - 1))
            exponent[i] = min(max(power + bits - 1, -_FAR), _FAR)
        return cls(high, low, exponent)

    @classmethod
    def of_doubles(cls, values):
        """From float64 numbers taken as exact."""
        values = np.asarray(values, np.float64)
        finite = np.isfinite(values)
        with np.errstate(invalid="ignore"):  # a signalling NaN stays one through astype
            fraction, power = np.frexp(values)
            fraction = 2 * fraction
        exponent = np.where(finite & (values != 0), power - 1, np.where(finite, -_FAR, 0)).astype(np.int64)
        return cls(np.where(finite, fraction, values), np.zeros_like(values), exponent)


def ulp_exponent(exponent, dtype):
    """Exponent of the ulp of numbers whose leading bit has the given exponent: never below the subnormal spacing."""
    form = FORMATS[np.dtype(dtype).name]
    return np.clip(exponent, form.lowest, form.highest) - form.digits + 1


def ulp_error(got, truth):
    """Distance of `got` from the true values, in ulp of the true value in the dtype of `got`.

    An infinity counts as the first power of two beyond the format, for results and for true values too large for
    it, so that rounding to infinity is right where IEEE 754 says so. A true value that is itself an infinity must be
    met exactly, and so must NaN.
    """
    form = FORMATS[got.dtype.name]
    scale = np.clip(truth.exponent, form.lowest - form.digits - 2, form.highest + 1)
    beyond = truth.exponent > form.highest
    with np.errstate(all="ignore"):
        sign = np.sign(truth.high)
        high = np.where(beyond, sign, np.ldexp(truth.high, np.maximum(truth.exponent - scale, -2000)))
        low = np.where(beyond, 0.0, np.ldexp(truth.low, np.maximum(truth.exponent - scale, -2000)))
        wide = got.astype(np.float64)
        result = np.where(
            np.isinf(wide), np.copysign(np.ldexp(1.0, form.highest + 1 - scale), wide), np.ldexp(wide, -scale)
        )
        error = np.abs((result - high) - low) / np.ldexp(1.0, ulp_exponent(scale, got.dtype) - scale)
        same = np.where(np.isnan(truth.high), np.isnan(wide), wide == truth.high)
    special = ~np.isfinite(truth.high)
    error = np.where(special, np.where(same, 0.0, np.inf), error)
    return np.where(np.isnan(error), np.inf, error)
