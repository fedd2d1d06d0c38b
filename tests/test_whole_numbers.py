"""Long arrays of whole numbers, wherever they begin: what lies before the first cache line is computed apart."""

import numpy as np
import pytest

import activations
from activations import catalogue

from .enrolment import make

TYPES = [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)] + ["bool"]
CLOSED = sorted(name for name, each in catalogue.declarations().items() if each.integers and each.elementwise)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", CLOSED)
def test_long_arrays_that_begin_anywhere(name, dtype):
    f, rng = make(name, {}), np.random.default_rng(0)
    for n in (2047, 2048, 5000, 70_001):
        x = rng.integers(0, 100, n).astype(dtype)
        expected = np.concatenate([f(part) for part in np.array_split(x, n // 1000)])
        memory = np.empty(n + 128, expected.dtype)
        for offset in range(0, 64 // expected.itemsize + 1, 3):
            out = memory[offset : offset + n]
            out.fill(1)
            assert f(x, out=out) is out
            np.testing.assert_array_equal(out, expected)
        np.testing.assert_array_equal(f(x), expected)


def test_as_numpy_computes_them():
    x = np.random.default_rng(1).integers(-128, 128, 100_003).astype(np.int8)
    for shift in range(17):
        part = x[shift:]
        np.testing.assert_array_equal(activations.relu(part), np.maximum(part, 0))
        np.testing.assert_array_equal(activations.clip(part, min_val=-5, max_val=90), np.clip(part, -5, 90))
        np.testing.assert_array_equal(activations.square(part), np.square(part))
