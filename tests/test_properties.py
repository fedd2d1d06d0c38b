"""Declared properties are true: each claim and its contrary, on a grid that reaches far into both tails."""

import re

import numpy as np
import pytest

import activations
from activations import catalogue

from .enrolment import ALL, ELEMENTWISE, ROWWISE

NEAR = np.linspace(-30, 30, 120_001)
FAR = np.concatenate([-np.geomspace(1e300, 30, 500), NEAR, np.geomspace(30, 1e300, 500)])


def declared(name):
    return catalogue.declarations()[name].properties


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_all_are_declared(name):
    missing = [key for key, value in vars(declared(name)).items() if value is None]
    assert not missing


@pytest.mark.parametrize("name", ALL)
def test_advice_is_two_sentences(name):
    advice = catalogue.declarations()[name].advice
    assert re.fullmatch(r"[^.]+(\.\S[^.]*)*\. [^.]+(\.\S[^.]*)*\.", advice)


@pytest.mark.parametrize("name", ALL)
def test_sources_have_a_year(name):
    # What nobody can be named for is a convention; operators of ONNX and PyTorch are their own source.
    reference = catalogue.declarations()[name].reference
    assert re.search(r"\b(1[89]|20)\d\d\b", reference) or re.match("Convention|ONNX operators|PyTorch, ", reference)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_monotonic(name):
    y = activations.get(name)(FAR)
    y = y[~np.isnan(y)]
    with np.errstate(invalid="ignore"):  # at infinities
        rising = ((np.diff(y) >= -4 * np.spacing(np.abs(y[1:]))) | (y[1:] >= y[:-1])).all()
    assert bool(rising) == declared(name).monotonic


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_range(name):
    low, high = declared(name).range
    y = activations.get(name)(np.concatenate([FAR, [-np.inf, np.inf]]))
    y = y[~np.isnan(y)]
    for bound, reached in ((low, y.min()), (high, y.max())):
        if np.isfinite(bound):
            assert reached == pytest.approx(bound, rel=1e-6, abs=1e-9)
        else:
            assert abs(reached) > 1e4
            assert np.sign(reached) == np.sign(bound)
    assert (y >= low - 1e-14 * abs(low)).all()
    assert (y <= high + 1e-14 * abs(high)).all()


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_lipschitz(name):
    largest = np.nanmax(np.abs(activations.get(name).derivative(FAR)))
    claimed = declared(name).lipschitz
    if np.isfinite(claimed):
        assert largest <= claimed * (1 + 1e-12)
        assert largest >= claimed * (1 - 1e-3)
    else:
        assert largest > 1e4 or declared(name).smoothness == -1


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_parity(name):
    f = activations.get(name)
    y, mirrored = f(NEAR), f(-NEAR)
    assert np.array_equal(mirrored, -y) == (declared(name).parity == "odd")
    assert np.array_equal(mirrored, y) == (declared(name).parity == "even")


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_saturates(name):
    f = activations.get(name)
    for side, sign in (("left", -1.0), ("right", 1.0)):
        slope = np.abs(f.derivative(sign * np.array([1e2, 1e4, 1e6])))
        fades = bool(slope[0] <= 0.02 and slope[-1] <= 1e-6 and np.isfinite(f(sign * np.inf)))
        assert fades == (side in declared(name).saturates), side


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_kinks_are_where_smoothness_ends(name):
    f, smoothness, step = activations.get(name), declared(name).smoothness, 1e-4
    assert (smoothness == np.inf) == (not declared(name).kinks)
    for kink in declared(name).kinks:
        for order in range(int(smoothness) + 2):
            left, right = (_derivative(f, kink + side * step, order, step) for side in (-1, 1))
            farther = _derivative(f, kink + 100 * step, order, step)
            grows = abs(right) > max(1, 2 * abs(farther))  # without bounds, as the logarithm
            jumps = abs(left - right) > 0.03
            assert (jumps or grows) == (order == smoothness + 1), (kink, order)


def _derivative(f, x, order, step):
    """The derivative of an order at x, by differences of the first one."""
    if order == 0:
        return float(f(x))
    points = x + (np.arange(order) - (order - 1) / 2) * step / 2
    return float(np.diff(f.derivative(points), n=order - 1)[0] / (step / 2) ** (order - 1))


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_value_at_zero(name):
    assert activations.get(name)(0.0) == declared(name).at_zero


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_smooth_functions_have_a_second_derivative(name):
    assert declared(name).smoothness < 1 or "second_derivative" in catalogue.declarations()[name].scalars


def long_rows():
    """Rows of many sizes and offsets, and long ones in which one element stands out."""
    rng = np.random.default_rng(0)
    for scale in (1e-3, 1.0, 10.0, 1e5):
        for offset in (-1.0, 0.0, 1.0):
            yield scale * (rng.normal(size=(50, 12)) + 3 * offset)
    yield from (side * 20.0 * (np.arange(40_000) == 7)[None] for side in (-1, 1))
    yield np.zeros((1, 2))


@pytest.mark.parametrize("name", ROWWISE)
def test_range_of_rows(name):
    f, (low, high) = activations.get(name), declared(name).range
    results = [f(x) for x in long_rows()]
    least, most = min(y.min() for y in results), max(y.max() for y in results)
    assert low - 1e-14 * abs(low) <= least < most <= high + 1e-14 * abs(high)
    for bound, reached in ((low, least), (high, most)):
        # The more values there are, the farther standardize goes.
        assert abs(reached - bound) < 1e-6 if np.isfinite(bound) else abs(reached) > 100, bound


@pytest.mark.parametrize("name", ROWWISE)
def test_monotonic_in_every_element(name):
    f, rising = activations.get(name), True
    for x in list(long_rows())[:12]:
        y = f(x)
        for k in range(x.shape[1]):
            more = x.copy()
            more[:, k] += 0.3 * np.abs(x).max()
            rising &= bool((f(more) >= y - 8 * np.spacing(np.abs(y))).all())
    assert rising == declared(name).monotonic


def test_names_are_filtered_by_properties():
    found = activations.names(monotonic=True, bounded=True)
    assert {"sigmoid", "tanh", "binary_step"} <= set(found)
    assert not {"relu", "gaussian"} & set(found)
    assert "tanh" in activations.names(zero_centred=True, bounded=True)
