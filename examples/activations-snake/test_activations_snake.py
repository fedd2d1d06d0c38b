import math

import numpy as np
import pytest
from activations_snake import snake

import activations
from activations.testing import parametrize_with_checks


@parametrize_with_checks([snake, snake.bind(a=0.5)])
def test_checks(activation, check):
    check(activation)


def test_is_found_by_name():
    assert activations.get("snake") is snake


def test_values():
    x = np.linspace(-5, 5, 101)
    expected = [v + math.sin(3 * v) ** 2 / 3 for v in x]
    np.testing.assert_allclose(snake(x, a=3.0), expected, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("function", [snake, snake.derivative])
def test_keeps_the_dtype(function, dtype):
    x = np.array([-1.0, 0.0, 2.0], dtype)
    assert function(x).dtype == x.dtype
    assert function(x, a=np.array([0.5, 1.0, 2.0])).dtype == x.dtype


def test_integers_give_what_numpy_gives():
    assert snake(np.array([1, 2], np.int8)).dtype == np.sin(np.array([1, 2], np.int8)).dtype
    assert snake(np.array([1, 2])).dtype == np.float64


def test_hard_spots():
    with np.errstate(all="raise"):
        assert snake(np.array([-np.inf, np.inf])).tolist() == [-np.inf, np.inf]
        assert np.isnan(snake(np.nan))
        assert snake(5e-324) == 5e-324
