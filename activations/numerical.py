"""Derivatives and gradients by differences of the forward pass, for authors who ask for them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from activations.arrays import float_of, summed_to
from activations.values import parameters_alone

__all__ = ["Derivative", "Gradient", "by_parameters", "real_dtype"]

# The step that balances what the fourth-order formula leaves out with the rounding of double: its error is about 1e-12.
STEP = 2.0**-10


def real_dtype(x) -> np.dtype:
    """The type of a derivative at x: double for what is no float."""
    dtype = np.asarray(x).dtype
    return dtype if dtype.kind == "f" else np.dtype(np.float64)


def _exact(x) -> tuple[np.ndarray, np.dtype]:
    """x in double precision, and the dtype that a result is to have."""
    return np.asarray(x).astype(np.float64), real_dtype(x)


def _slope(near: np.ndarray, far: np.ndarray, step) -> np.ndarray:
    return (8 * near - far) / (12 * step)


class Derivative:
    """``f'(x)`` of an elementwise forward pass: fourth-order central differences in double precision.

    At a kink it is the mean of the slopes on both sides.
    """

    def __init__(self, forward: Callable):
        self.forward = forward

    # Two of the same function are the same, since each activation makes its own.

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.forward == other.forward

    def __hash__(self) -> int:
        return hash((type(self), self.forward))

    def __call__(self, x, **parameters):
        x, dtype = _exact(x)
        with np.errstate(all="ignore"):
            # A power of two no smaller than x's last digits, so that x + step is exact.
            step = np.ldexp(STEP, np.maximum(0, np.frexp(np.where(np.isfinite(x), x, 1))[1] - 20))
            near, far = (self._difference(x, k * step, parameters) for k in (1, 2))
            return _slope(near, far, step).astype(dtype)

    def by(self, name: str, dy, x, parameters) -> np.ndarray:
        """The sums of ``dy * df/dp``, in the shape of that parameter: the same differences along it.

        The step goes with the parameter's own size: one of 1e-5 is as a rule added to something (eps), and would be
        lost beside a step that is not small.
        """
        p = np.asarray(parameters[name], np.float64)
        with np.errstate(all="ignore"):
            step = np.ldexp(STEP, np.frexp(np.where(p == 0, 1.0, p))[1])
            near, far = (
                np.subtract(*(self._value(x, {**parameters, name: p + t * step}) for t in (k, -k)), dtype=np.float64)
                for k in (1, 2)
            )
            return summed_to(dy * _slope(near, far, step), p.shape)

    def _difference(self, x, step, parameters):
        return np.subtract(self._value(x + step, parameters), self._value(x - step, parameters), dtype=np.float64)

    def _value(self, x, parameters):
        if isinstance(self.forward, np.ufunc) or hasattr(self.forward, "ufunc"):
            return self.forward(x, *parameters.values())
        return self.forward(x, **parameters)


class Gradient(Derivative):
    """The vector-Jacobian product of a forward pass over the last axis: one difference for each of its elements."""

    def __call__(self, dy, x, **parameters):
        x, dtype = _exact(x)
        result = np.empty_like(x)
        with np.errstate(all="ignore"):
            for k in range(x.shape[-1]):
                way = np.zeros(x.shape[-1])
                way[k] = STEP
                near, far = (self._difference(x, times * way, parameters) for times in (1, 2))
                if near.shape != np.shape(dy):
                    raise ValueError(f"dy has shape {np.shape(dy)} and f(x) has shape {near.shape}; they must be equal")
                slope = np.asarray(_slope(near, far, STEP) * dy)
                result[..., k] = slope if slope.ndim < x.ndim else slope.sum(axis=-1)
        return result.astype(dtype)


def by_parameters(f, dy, x, parameters: dict) -> dict[str, np.ndarray] | None:
    """What `Activation.parameter_gradients` gives where the derivative is numerical; None where nothing is known.

    Parameters whose defaults are whole numbers are left out: a function may count by them.
    """
    differences = f._functions["derivative"]
    names = [p.name for p in f._declaration.parameters if isinstance(p.default, float)]
    if not isinstance(differences, Derivative) or not names:
        return None
    x = f._with_bias(x, parameters)
    values = parameters_alone(f, parameters)
    f._demand_same_shape(dy, x)
    dtype, (dy, _), (x, _) = float_of(np.asarray(dy), np.asarray(x)), _exact(dy), _exact(x)
    with np.errstate(all="ignore"):
        return {name: differences.by(name, dy, x, values).astype(dtype) for name in names}
