"""The ruler itself: errors in ulp of values whose distance is known."""

import numpy as np
import pytest

from .enrolment import DTYPES
from .reference import mp
from .ulp import FORMATS, Truth, ulp_error


def error(got, true, dtype):
    return ulp_error(np.array([got], dtype), Truth.of([mp.mpf(true)]))[0]


@pytest.mark.parametrize("dtype", DTYPES)
def test_neighbours_are_one_ulp_apart(dtype):
    kind = np.dtype(dtype).type
    info = np.finfo(dtype)
    for value in (kind(1.3), kind(-7e-5), info.smallest_subnormal * 5, -info.smallest_normal, info.max):
        towards_zero = np.nextafter(value, kind(0))
        assert error(value, float(value), dtype) == 0
        assert error(towards_zero, float(value), dtype) == 1
        assert error(value, (mp.mpf(float(value)) + mp.mpf(float(towards_zero))) / 2, dtype) == 0.5


@pytest.mark.parametrize("dtype", DTYPES)
def test_subnormal_spacing_is_the_floor(dtype):
    tiny = mp.mpf(float(np.finfo(dtype).smallest_subnormal))
    assert error(0.0, tiny / 4, dtype) == 0.25
    assert error(0.0, 0, dtype) == 0
    assert error(np.finfo(dtype).smallest_subnormal, 0, dtype) == 1
    assert error(0.0, mp.mpf(10) ** -5000, dtype) < 1e-9
    assert error(1.0, mp.mpf(10) ** -5000, dtype) > 1e7


@pytest.mark.parametrize("dtype", DTYPES)
def test_overflow(dtype):
    form = FORMATS[dtype]
    ulp = mp.mpf(2) ** (form.highest - form.digits + 1)
    limit = mp.mpf(2) ** (form.highest + 1)
    largest = np.finfo(dtype).max
    assert error(np.inf, limit - ulp / 4, dtype) == 0.25
    assert error(largest, limit - ulp / 4, dtype) == 0.75
    assert error(np.inf, mp.mpf(10) ** 5000, dtype) == 0
    assert error(-np.inf, -(mp.mpf(10) ** 400), dtype) == 0
    assert error(-np.inf, mp.mpf(10) ** 5000, dtype) > 1e3
    assert error(np.inf, mp.inf, dtype) == 0
    assert error(largest, mp.inf, dtype) == np.inf


@pytest.mark.parametrize("dtype", DTYPES)
def test_nan(dtype):
    assert error(np.nan, mp.nan, dtype) == 0
    assert error(np.nan, 1, dtype) == np.inf
    assert error(1.0, mp.nan, dtype) == np.inf


def test_truth_keeps_106_bits():
    third = mp.mpf(1) / 3
    truth = Truth.of([third])
    held = (mp.mpf(truth.high[0]) + mp.mpf(truth.low[0])) * mp.mpf(2) ** int(truth.exponent[0])
    assert abs(held / third - 1) < mp.mpf(2) ** -105
    assert error(1 / 3, third, "float64") == pytest.approx(float(abs(mp.mpf(1 / 3) - third) * mp.mpf(2) ** 54), 1e-12)


def test_doubles_taken_as_exact():
    values = np.array([0.0, -0.0, 1.5, -3e-320, 1e300, np.inf, -np.inf, np.nan])
    assert not ulp_error(values, Truth.of_doubles(values)).any()
    assert not ulp_error(values, Truth.of([mp.mpf(v) for v in values.tolist()])).any()
