"""What the benchmarks share: who is enrolled, the data, and the guard that a timed call is right."""

from __future__ import annotations

import math
import os
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import activations

for _each in ("relu", "softmax"):
    activations.get(_each)  # what look-up imports is imported before asv forks a process for each case

ROOT = Path(__file__).resolve().parents[2]
SIZES = tuple(int(size) for size in os.environ.get("ACTIVATIONS_BENCH_SIZES", "16,65536,4194304").split(","))
DTYPES = ("float32", "float64")
# Where threads begin to be worth their start, up to the largest.
THREADED = (1 << 16, 1 << 18, 1 << 20, SIZES[-1]) if max(SIZES) > 1 << 20 else SIZES[-1:]
PASSES = ("forward", "derivative", "backward")
COLUMNS = 1024
SAMPLE = 48


def is_elementwise(f: Any) -> bool:
    """Whether the function has a derivative; those of other kinds refuse with a TypeError."""
    try:
        f.derivative(np.zeros(1))
    except TypeError:
        return False
    return True


def enrolled() -> list[str]:
    """Every function of this working tree but softmax2d, which is softmax for images alone; or those that are named."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = project["entry-points"]["activations"].keys() - {"softmax2d"}
    named = {name for name in os.environ.get("ACTIVATIONS_BENCH_FUNCTIONS", "").split(",") if name}
    if unknown := ", ".join(sorted(named - names)):
        raise ValueError(f"ACTIVATIONS_BENCH_FUNCTIONS: there is no {unknown}; names are separated by commas alone")
    return sorted(named or names)


def get(name: str) -> Any:
    """The activation, or NotImplementedError from a library that does not have it yet."""
    try:
        return activations.get(name)
    except activations.UnknownActivationError as error:
        raise NotImplementedError(f"there is no {name} in this commit") from error


def get_elementwise(name: str) -> Any:
    """The activation with a derivative, or NotImplementedError."""
    f = get(name)
    if not is_elementwise(f):
        raise NotImplementedError(f"{name} has no derivative")
    return f


def get_folding(name: str) -> Any:
    """The activation that folds an axis, or NotImplementedError."""
    f = get(name)
    if f.kind != "folding":
        raise NotImplementedError(f"{name} folds no axis")
    return f


def get_saving(name: str) -> Any:
    """The activation whose backward pass makes use of the output, alone or beside x, or NotImplementedError."""
    f = get(name)
    if getattr(f, "saves", "x") == "x" and f.kind != "folding":
        raise NotImplementedError(f"{name} has no use for its output")
    x = np.ones((1, 2))
    try:
        f.backward(f(x), x, y=f(x))
    except TypeError as error:
        raise NotImplementedError(f"{name} takes no output in this commit") from error
    return f


def arrays(f: Any, size: int, dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """Input and incoming gradient: flat for an elementwise function, else rows of at most 1,024."""
    rng = np.random.default_rng(size)
    columns = min(size, COLUMNS)
    shape = size if is_elementwise(f) else (size // columns, columns)
    x = rng.normal(scale=3, size=shape).astype(dtype)
    return x, rng.normal(size=np.shape(f(x))).astype(dtype)


def ratio(
    one: Callable[[], object],
    other: Callable[[], object],
    rounds: int,
    *,
    before: Callable[[], object] = lambda: None,
    enough: float = 0,
) -> float:
    """What one call takes in times of the other, on one thread: in turns, and the least of the rounds of each counts.

    `before` goes before each call and is not timed. A ratio of `enough` or less ends it after five rounds.
    """
    taken = {one: math.inf, other: math.inf}
    with activations.num_threads(1):
        for done in range(rounds):
            for call in taken:
                before()
                start = time.perf_counter()
                call()
                taken[call] = min(taken[call], time.perf_counter() - start)
            if done >= 4 and taken[one] <= enough * taken[other]:
                break
    return taken[one] / taken[other]


def _require(close: bool, f: Any, what: str) -> None:
    if not close:
        raise AssertionError(f"{f!r}: {what}; nothing is timed before this holds")


def guard_value(f: Any, value: np.ndarray, exact: np.ndarray, dtype: str, what: str) -> None:
    """The result has the type asked for, and the value that double precision gives."""
    _require(value.dtype == dtype, f, f"{what} is {value.dtype}, not {dtype}")
    _require(value.shape == exact.shape, f, f"{what} has shape {value.shape}, not {exact.shape}")
    close = np.allclose(value, exact, rtol=64 * np.finfo(dtype).eps, atol=64 * np.finfo(dtype).eps, equal_nan=True)
    _require(close, f, f"{what} in {dtype} differs from float64's")


def guard_gradient(f: Any) -> None:
    """The backward pass is the transpose of the forward pass's slope, which differences measure.

    The sample is spaced so that no step crosses a kink or changes which of a row's elements is the largest.
    """
    rng = np.random.default_rng(0)
    step, x = 1e-6, rng.permutation(np.linspace(-4, 4, SAMPLE) + 0.01)
    x = np.abs(x) if np.isnan(f(x)).any() else x  # log1mexp has no values below 0
    direction, dy = rng.normal(size=SAMPLE), rng.normal(size=np.shape(f(x)))
    slope = (f(x + step * direction) - f(x - step * direction)) / (2 * step)
    measured, told = float(np.sum(dy * slope)), float(np.sum(f.backward(dy, x) * direction))
    _require(math.isclose(measured, told, rel_tol=1e-6, abs_tol=1e-6), f, "backward is not the gradient")
    if is_elementwise(f):
        same = np.allclose(dy * f.derivative(x), f.backward(dy, x), rtol=1e-12, atol=1e-12)
        _require(same, f, "derivative and backward disagree")
