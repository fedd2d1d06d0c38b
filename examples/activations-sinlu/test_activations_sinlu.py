import math

import numpy as np
import pytest
from activations_sinlu import sinlu

import activations
from activations.testing import parametrize_with_checks


@parametrize_with_checks([sinlu, sinlu.bind(a=0.5, b=2.0)])
def test_checks(activation, check):
    check(activation)


def test_is_found_by_name():
    assert activations.get("SinLU") is sinlu


def test_values():
    x = np.linspace(-5, 5, 101)
    expected = [(v + 0.5 * math.sin(3 * v)) / (1 + math.exp(-v)) for v in x]
    np.testing.assert_allclose(sinlu(x, a=0.5, b=3.0), expected, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("function", [sinlu, sinlu.derivative])
def test_keeps_the_dtype(function, dtype):
    x = np.array([-1.0, 0.0, 2.0], dtype)
    assert function(x).dtype == x.dtype
    assert function(x, a=np.array([0.5, 1.0, 2.0])).dtype == x.dtype


def test_integers_give_what_numpy_gives():
    assert sinlu(np.array([1, 2], np.int8)).dtype == np.sin(np.array([1, 2], np.int8)).dtype
    assert sinlu(np.array([1, 2])).dtype == np.float64


def test_hard_spots():
    with np.errstate(all="raise"):
        assert sinlu(np.array([-np.inf, -1e300, np.inf])).tolist() == [0, 0, np.inf]
        assert np.isnan(sinlu(np.nan))
        assert sinlu.derivative(np.array([-np.inf, -1e300])).tolist() == [0, 0]
