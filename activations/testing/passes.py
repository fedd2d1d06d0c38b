"""Checks of the mathematics: gradients against differences and against each other, declared properties."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import numpy as np

from activations.activation import Activation
from activations.testing.arrays import alike
from activations.testing.kit import NotApplicable, check
from activations.testing.samples import gradient, incoming, is_elementwise, points, slope

STEP = 1e-5
CLOSE = 2e-6


def _derivative(f: Activation, x: np.ndarray) -> np.ndarray:
    if not is_elementwise(f):
        raise NotApplicable(f"of kind {f.kind}: it has no elementwise derivative")
    found = slope(f, x)
    if found is None:
        raise NotApplicable("it has no derivative")
    if found.shape != x.shape:
        raise AssertionError(f"derivative has shape {found.shape}, x has {x.shape}")
    return found


def _backward(f: Activation, dy: np.ndarray, x: np.ndarray) -> np.ndarray:
    dx = gradient(f, dy, x)
    if dx is None:
        raise NotApplicable("it has no backward pass")
    return dx


def _worst(found: np.ndarray, expected: np.ndarray, where: np.ndarray) -> str:
    off = np.where(np.isfinite(found) | np.isfinite(expected), np.abs(found - expected), 0)
    k = np.unravel_index(np.nanargmax(np.nan_to_num(off, nan=np.inf)), off.shape)
    return f"{found[k]:.9g} at x = {where[k]:.9g}, where differences of forward give {expected[k]:.9g}"


@check
def derivative_against_differences(f: Activation) -> None:
    """The derivative is the slope of forward, wherever the slopes on both sides agree."""
    tail = np.geomspace(6.1, 1e4, 60)
    x = np.concatenate([-tail, np.linspace(-6, 6, 241) + 0.0137, points(f).ravel(), tail])
    with np.errstate(all="ignore"):
        found = _derivative(f, x)
        left, here, right = (np.asarray(f(x + k * STEP), dtype=np.float64) for k in (-1, 0, 1))
        far = (np.asarray(f(x + 2 * STEP)) - np.asarray(f(x - 2 * STEP))) / (4 * STEP)
        near = (right - left) / (2 * STEP)
        expected = (4 * near - far) / 3
        smooth = np.abs((right - here) - (here - left)) <= 1e-3 * STEP * (1 + np.abs(near)) * 10
        scale = 1 + np.abs(expected) + np.abs(here)
        wrong = smooth & np.isfinite(expected) & ~(np.abs(found - expected) <= CLOSE * scale)
    if smooth.sum() < x.size // 2:
        raise NotApplicable("forward has no slope at most of the points that were tried")
    if wrong.any():
        raise AssertionError(_worst(found[wrong], expected[wrong], x[wrong]))


@check
def backward_against_differences(f: Activation) -> None:
    """backward(dy, x) is the gradient of sum(dy * f(x)), in several directions."""
    x = points(f)
    dy = incoming(f, x)
    dx = _backward(f, dy, x)
    f(x[::-1])
    alike(_backward(f, dy, x), dx, "backward(dy, x) after a call with another x")
    if dx.shape != x.shape:
        raise AssertionError(f"backward has shape {dx.shape}, x has {x.shape}")
    for seed in range(4):
        way = np.random.default_rng(10 + seed).standard_normal(x.shape)

        def loss(t, way=way):
            return float(np.sum(dy * np.asarray(f(x + t * way))))

        near, far = ((loss(k * STEP) - loss(-k * STEP)) / (2 * k * STEP) for k in (1, 2))
        expected, found = (4 * near - far) / 3, float(np.sum(dx * way))
        if not abs(found - expected) <= 10 * CLOSE * (1 + abs(expected) + float(np.sum(np.abs(dx * way)))):
            raise AssertionError(f"along a random direction backward gives {found:.9g}, differences {expected:.9g}")


@check
def second_derivative(f: Activation) -> None:
    """The second derivative is the slope of the derivative."""
    x = np.linspace(-6, 6, 241) + 0.0137
    with np.errstate(all="ignore"):
        try:
            found = np.asarray(f.second_derivative(x))
        except TypeError as error:
            if "has no second derivative" in str(error):
                raise NotApplicable("it has none") from None
            raise
        near, far = ((_derivative(f, x + k * STEP) - _derivative(f, x - k * STEP)) / (2 * k * STEP) for k in (1, 2))
    expected = (4 * near - far) / 3
    # Where the two differences disagree there is a kink between them.
    smooth = np.isfinite(expected) & (np.abs(near - far) <= 1e-4 * (1 + np.abs(near)))
    wrong = smooth & ~(np.abs(found - expected) <= 10 * CLOSE * (1 + np.abs(expected)))
    if wrong.any():
        text = _worst(found[wrong], expected[wrong], x[wrong])
        raise AssertionError(text.replace("of forward", "of the derivative"))


def _rise(loss: Callable[[float], float]) -> float:
    """The slope of a function at 0 from whole numbers about it; to one side where the other is not allowed."""
    with suppress(ValueError):
        return (8 * (loss(1) - loss(-1)) - (loss(2) - loss(-2))) / 12
    with suppress(ValueError):
        return (4 * loss(1) - loss(2) - 3 * loss(0)) / 2
    return (3 * loss(0) - 4 * loss(-1) + loss(-2)) / 2


@check
def parameter_gradients(f: Activation) -> None:
    """parameter_gradients(dy, x) are the slopes of sum(dy * f(x)) along each parameter that it names."""
    x = points(f)
    dy = incoming(f, x)
    try:
        found = f.parameter_gradients(dy, x)
    except TypeError as error:
        if "does not know how it varies" in str(error):
            raise NotApplicable("it does not know how it varies with its parameters") from None
        raise
    if not found:
        raise NotApplicable("it has no parameter with which it varies differentiably")
    for name, gradients in found.items():
        value = np.asarray(f.parameters[name], dtype=np.float64)

        def loss(t, name=name, value=value):
            return float(np.sum(dy * np.asarray(f(x, **{name: value + t * STEP}))))

        expected, total = _rise(loss) / STEP, float(np.sum(gradients))
        if not abs(total - expected) <= CLOSE * (1 + abs(expected) + float(np.sum(np.abs(dy)))):
            raise AssertionError(f"by {name} it is {total:.9g}, where differences of forward give {expected:.9g}")


@check
def backward_agrees_with_derivative(f: Activation) -> None:
    """backward(dy, x) is dy * derivative(x) for elementwise kinds, and is linear in dy for all."""
    x = points(f)
    dy = incoming(f, x)
    dx = _backward(f, dy, x)
    if is_elementwise(f):
        product = dy * _derivative(f, x)
        off = np.abs(dx - product) > 1e-12 * (np.abs(product) + np.abs(dy))
        if off.any():
            raise AssertionError(_worst(dx[off], product[off], x[off]).replace("differences of forward", "dy f'(x)"))
    doubled = _backward(f, 2 * dy, x)
    if not np.allclose(doubled, 2 * dx, rtol=1e-12, atol=1e-12):
        raise AssertionError("backward(2 * dy, x) is not twice backward(dy, x)")


@check
def backward_from_output(f: Activation) -> None:
    """Where saves says "y" or "either", backward(dy, y=f(x)) is backward(dy, x); where it says "x", it is an error."""
    x = points(f)
    dy = incoming(f, x)
    if f.saves == "x":
        try:
            f.backward(dy, y=np.asarray(f(x)))
        except TypeError:
            return
        raise AssertionError('saves is "x", but backward(dy, y=y) without x gives no TypeError')
    found, expected = f.backward(dy, y=np.asarray(f(x))), _backward(f, dy, x)
    off = np.abs(found - expected) > 1e-6 * (np.abs(expected) + np.abs(dy).max())
    if off.any():
        text = _worst(np.asarray(found)[off], expected[off], x[off])
        raise AssertionError(text.replace("differences of forward give", "backward(dy, x) is"))


@check
def declared_properties(f: Activation) -> None:
    """What it declares of itself is true: range, monotonicity, parity, f(0), Lipschitz constant, saturation."""
    declared = f.properties
    if not declared:
        raise NotApplicable("it declares none of these parameters")
    if not is_elementwise(f):
        raise NotApplicable(f"of kind {f.kind}")
    far = np.geomspace(30, 1e4, 100)
    x = np.unique(np.concatenate([-far, np.linspace(-30, 30, 6001), far]))
    with np.errstate(all="ignore"):
        y = np.asarray(f(x), dtype=np.float64)
        mirrored = np.asarray(f(-x), dtype=np.float64)
        slopes = np.abs(np.diff(y) / np.diff(x))
        ends = {side: sign * np.array([1e6, 1e7, 1e8, 1e150, 1e300]) for side, sign in (("left", -1.0), ("right", 1.0))}
        tails = {side: np.asarray(f(each), dtype=np.float64) for side, each in ends.items()}
        outermost = np.concatenate([y, *tails.values(), np.asarray(f(np.array([-np.inf, np.inf])))])
    finite = y[np.isfinite(y)]
    wrong = []
    if "range" in declared:
        low, high = declared["range"]
        slack = 1e-12 * max(1.0, *(abs(bound) for bound in (low, high) if np.isfinite(bound)), 1.0)
        if (finite < low - slack).any() or (finite > high + slack).any():
            wrong.append(f"range is [{low:g}, {high:g}], but values go from {finite.min():g} to {finite.max():g}")
        for bound, reached in ((low, np.nanmin(outermost)), (high, np.nanmax(outermost))):
            if not (np.isclose(reached, bound, rtol=1e-2, atol=1e-3) if np.isfinite(bound) else abs(reached) > 1e4):
                wrong.append(f"range is [{low:g}, {high:g}], but values end at {reached:g}")
    if "monotonic" in declared:
        falls = bool((np.diff(finite) < -8 * np.spacing(np.abs(finite[1:]))).any())
        if declared["monotonic"] and falls:
            wrong.append("it is declared monotonic, and decreases somewhere")
        if not declared["monotonic"] and not falls:
            wrong.append("it is declared not monotonic, and nowhere decreases")
    for parity, image in (("odd", -y), ("even", y)):
        if parity in declared:
            holds = bool(np.allclose(mirrored, image, rtol=1e-9, atol=1e-12, equal_nan=True))
            if holds != declared[parity]:
                wrong.append(f"{parity} is declared {declared[parity]}, and is {holds}")
    if "at_zero" in declared and not np.isclose(float(f(0.0)), declared["at_zero"], rtol=1e-12, atol=1e-15):
        wrong.append(f"at_zero is {declared['at_zero']:g}, but f(0) = {float(f(0.0)):g}")
    # A function that jumps has no steepest slope.
    if np.isfinite(declared.get("lipschitz", np.inf)) and declared.get("smoothness", 0) != -1:
        steepest = float(np.nanmax(slopes))
        if steepest > declared["lipschitz"] * (1 + 1e-6):
            wrong.append(f"lipschitz is {declared['lipschitz']:g}, but there is a slope of {steepest:g}")
        if steepest < 0.5 * declared["lipschitz"]:
            wrong.append(f"lipschitz is {declared['lipschitz']:g}, but the largest slope found is {steepest:g}")
    for side, far in tails.items() if "saturates" in declared else ():
        with np.errstate(all="ignore"):
            flat = (np.abs(_derivative(f, ends[side][:3])) <= 1e-4).all() and np.isclose(far[-2], far[-1], atol=1e-12)
        if flat != (side in declared["saturates"]):
            wrong.append(f"saturates is {declared['saturates']}, but on the {side} it does{' not' * (not flat)}")
    if wrong:
        raise AssertionError("; ".join(wrong))
