import numpy as np
from activations_penalized_tanh import penalized_tanh

import activations
from activations.testing import parametrize_with_checks


def failing(f):
    return {
        "dtype_preserved": "numba has no float16: such arrays are computed, and returned, in float32",
        "no_floating_point_warning": "comparing NaN with 0 raises a flag that numba's loops leave for NumPy to report",
    }


@parametrize_with_checks([penalized_tanh], expected_failures=failing)
def test_checks(activation, check):
    check(activation)


def test_is_found_by_name():
    assert activations.get("penalized-tanh") is penalized_tanh


def test_values():
    x = np.linspace(-5, 5, 101)
    expected = np.where(x > 0, 1, 0.1) * np.tanh(x)
    np.testing.assert_allclose(penalized_tanh(x, a=0.1), expected, rtol=1e-14)
