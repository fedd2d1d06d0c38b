"""Inputs for the checks, by kind."""

from __future__ import annotations

import numpy as np

from activations.activation import Activation

__all__ = ["DTYPES", "SHAPE", "gradient", "incoming", "is_elementwise", "passes", "points", "slope"]

SHAPE = (6, 8)
DTYPES = tuple(np.dtype(name) for name in ("float16", "float32", "float64"))


def points(f: Activation, dtype=np.float64, shape=SHAPE, seed: int = 0) -> np.ndarray:
    """Inputs of moderate size, no two alike. Where an elementwise function has no value, the other sign is taken."""
    x = 1.7 * np.random.default_rng(seed).standard_normal(shape)
    if is_elementwise(f):
        with np.errstate(all="ignore"):
            x = np.where(np.isnan(np.asarray(f(x))), -x, x)
    return x.astype(dtype)


def incoming(f: Activation, x: np.ndarray, seed: int = 1) -> np.ndarray:
    """A gradient of the loss with respect to f(x)."""
    y = np.asarray(f(x))
    return np.random.default_rng(seed).standard_normal(y.shape).astype(y.dtype)


def is_elementwise(f: Activation) -> bool:
    """Whether each element of the result depends on one element of the input."""
    return f.kind in ("ridge", "radial")


def gradient(f: Activation, dy: np.ndarray, x: np.ndarray, **keywords) -> np.ndarray | None:
    """backward(dy, x); None for an activation that has no backward pass."""
    try:
        return np.asarray(f.backward(dy, x, **keywords))
    except TypeError as error:
        if "has no backward pass" in str(error):
            return None
        raise


def slope(f: Activation, x: np.ndarray, **keywords) -> np.ndarray | None:
    """derivative(x); None for an activation that has none."""
    if not is_elementwise(f):
        return None
    try:
        return np.asarray(f.derivative(x, **keywords))
    except TypeError as error:
        if "has no derivative" in str(error):
            return None
        raise


def passes(f: Activation, x: np.ndarray, dy: np.ndarray, **keywords) -> dict[str, np.ndarray]:
    """What each pass that it has gives, by name."""
    found = {
        "f(x)": np.asarray(f(x, **keywords)),
        "derivative": slope(f, x, **keywords),
        "backward": gradient(f, dy, x, **keywords),
    }
    return {name: value for name, value in found.items() if value is not None}
