"""entmax with powers that are no square: in place, and steep ones, whose outputs come of numbers next to 0, with
gradients beside such."""

import numpy as np
import pytest

import activations

from .reference import mp
from .ulp import Truth, ulp_error

ALPHAS = (1.3, 2.5, 4.0, 4.5, 6.0, 10.0, 20.0)


def steep(row, alpha):
    """True outputs, counted from the least element of the support."""
    x, scale = [mp.mpf(value) for value in row.tolist()], mp.mpf(alpha) - 1

    def outputs(least, v):
        return [
            mp.mpf(0) if t < least else v if t == least else (scale * (t - least) + v**scale) ** (1 / scale) for t in x
        ]

    least = max(x)
    for value in sorted({*x}, reverse=True):
        if mp.fsum(outputs(value, mp.mpf(0))) < 1:
            least = value
    low, high = mp.mpf(0), mp.mpf(1)
    for _ in range(160):
        v = (low + high) / 2
        low, high = (v, high) if mp.fsum(outputs(least, v)) < 1 else (low, v)
    return outputs(least, low)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("alpha", [each for each in ALPHAS if each >= 4])
def test_steep_powers(alpha, dtype):
    f, rng = activations.get("entmax", alpha=alpha), np.random.default_rng(int(10 * alpha))
    for length in (2, 3, 5, 17):
        for spread in (0.01, 0.1, 1 / (alpha - 1), 2):
            row = (spread * rng.standard_normal(length)).astype(dtype)
            row[-1] = row[0]
            y = f(row)
            # Where an output is small, alpha = 4 still knows the threshold to the digits of the largest one alone.
            allowed = 1.5 if alpha > 4 else 1e3
            assert (ulp_error(y, Truth.of(steep(row, alpha))) <= allowed).all()
            assert abs(y.sum(dtype=np.float64) - 1) < 4 * np.finfo(dtype).eps


def test_a_steep_power_of_odd_rows():
    f = activations.get("entmax", alpha=12.0)
    np.testing.assert_array_equal(f([[0.3, 0.3, -9.0], [5.0, 0.0, 0.0]]), [[f([0.3, 0.3])[0]] * 2 + [0], [1, 0, 0]])
    assert f([0.3, 0.3])[0] == 0.5
    assert np.isnan(f([1.0, np.nan])).all()
    np.testing.assert_array_equal(f([1.0, np.inf, -np.inf]), [0, 1, 0])


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("alpha", [*ALPHAS, 1.0, 1.5, 2.0])
def test_results_over_their_operands(alpha, dtype):
    f = activations.get("entmax", alpha=alpha)
    x, dy = np.random.default_rng(0).standard_normal((2, 300, 5)).astype(dtype)
    y, dx, nothing = f(x), f.backward(dy, x), np.zeros(5, dtype)
    over = x.copy()
    assert f(over, out=over) is over
    np.testing.assert_array_equal(over, y)
    over = x.copy()
    f.backward(dy, over, out=over)
    np.testing.assert_array_equal(over, dx)
    np.testing.assert_array_equal(f(x, bias=nothing), y)
    np.testing.assert_array_equal(f(x, bias=nothing, out=np.empty_like(x)), y)
    np.testing.assert_array_equal(f(x, where=np.ones(x.shape, bool), out=np.empty_like(x)), y)
    np.testing.assert_array_equal(f.backward(dy, x, bias=nothing), dx)


def test_large_arrays_with_a_bias():
    x = np.random.default_rng(0).standard_normal((40_000, 5))
    for alpha in (1.3, 3.0, 8.0):
        f = activations.get("entmax", alpha=alpha)
        np.testing.assert_array_equal(f(x, bias=np.zeros(5)), f(x))


@pytest.mark.parametrize("alpha", ALPHAS)
def test_no_flag_is_left_by_long_doubles(alpha):
    f = activations.get("entmax", alpha=alpha)
    rows = [[0.0, 1e308], [-1e300, 0.2, -0.6, -1.3], [0.0, -2000.0, 1e-300]]
    with np.errstate(all="raise"):
        for row in rows:
            f(row)
            f.backward(np.ones(len(row)), row)
            f.ufunc(np.array(row))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("alpha", [2.5, 6.0, 20.0, 100.0, 500.0])
@pytest.mark.parametrize("least", [1e-2, 1e-6, 1e-30])
def test_gradients_beside_a_tiny_output(least, alpha, dtype):
    """Its share is nearly all there is, and from 1e308 on more than double holds."""
    f = activations.get("entmax", alpha=alpha)
    y, dy = np.array([[0.0, 0.3, least, 0.7], [3.0, 1.0, -2.0, 0.5]], dtype)
    with mp.workprec(60_000):
        shares = [mp.mpf(v) ** (2 - mp.mpf(alpha)) if v else mp.mpf(0) for v in y.tolist()]
        mean = mp.fdot(shares, dy.tolist()) / mp.fsum(shares)
        true = [s * (d - mean) for s, d in zip(shares, dy.tolist(), strict=True)]
        found = f.backward(dy, y=y)
        assert (ulp_error(found, Truth.of(true)) <= 4).all()
        assert not f.backward(np.ones_like(y), y=y).any()


def test_a_gradient_too_large_for_double_is_no_nan():
    f = activations.get("entmax", alpha=1000.0)
    found = f.backward(np.array([1.0, 2.0, 3.0]), y=np.array([1e-6, 1e-6, 1.0]))
    assert found[0] < -1e300
    assert found[1] > 1e300
    assert abs(found[2]) < 10
    assert not np.isnan(f.backward(np.float32([1, 2, 3]), y=np.float32([1e-6, 1e-6, 1]))).any()


@pytest.mark.parametrize("alpha", [2.5, 6.0, 20.0, 100.0, 500.0])
def test_the_gradient_by_a_steep_alpha(alpha):
    """By implicit differentiation, in many digits, at the outputs that were found: some 0.3, 0.0001 and 0.6999."""
    f, scale = activations.get("entmax", alpha=alpha), alpha - 1
    x, dy = np.array([0.3, 0.0, 0.6999]) ** scale / scale, np.array([3.0, 1.0, -2.0])
    y = f(x)
    with mp.workprec(60_000):
        a, values = mp.mpf(scale), [mp.mpf(v) for v in y.tolist()]
        shares = [v ** (1 - a) for v in values]
        moved = [(v - s) / a**2 - v * mp.log(v) / a for v, s in zip(values, shares, strict=True)]
        total = mp.fsum(moved) / mp.fsum(shares)
        true = mp.fsum(d * (m - s * total) for d, m, s in zip(dy.tolist(), moved, shares, strict=True))
        assert f.parameter_gradients(dy, x)["alpha"] == pytest.approx(float(true), rel=1e-9)
