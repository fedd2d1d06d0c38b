"""The cases: input data, saved arrays, and what the right answer is, in double precision."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from . import spelling, torch_functions
from .formulas import FORMULAS, Formula

COLUMNS = 1024
INNER = 64
AXES = {"last": -1, "first": 0, "middle": 1}
# Larger inputs repeat so many elements: the right answer of exact functions takes a microsecond an element.
PERIOD = 64 * COLUMNS
SLOPE = 0.01
DIRECTIONS = ("forward", "backward")
_erfc = np.vectorize(math.erfc, otypes=[np.float64])
_GELU_TANH = (math.sqrt(2 / math.pi), 0.044715)


@dataclass(frozen=True)
class Reference:
    """A function in float64: y(x), dx(dy, x), and dx from the saved output where peers use that."""

    forward: Callable[..., np.ndarray]
    backward: Callable[..., np.ndarray]
    backward_from_y: Callable[..., np.ndarray] | None = None


def _sigmoid(x):
    return np.where(x < 0, np.exp(np.minimum(x, 0)), 1) / (1 + np.exp(-np.abs(x)))


def _elementwise(forward, derivative, derivative_from_y=None):
    from_y = derivative_from_y and (lambda dy, y: dy * derivative_from_y(y))
    return Reference(forward, lambda dy, x: dy * derivative(x), from_y)


def _gelu_derivative(x):
    return 0.5 * _erfc(-x / math.sqrt(2)) + x * np.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def _gelu_tanh(x):
    scale, cubic = _GELU_TANH
    return x * _sigmoid(2 * scale * (x + cubic * x**3))


def _gelu_tanh_derivative(x):
    scale, cubic = _GELU_TANH
    s, t = (_sigmoid(sign * 2 * scale * (x + cubic * x**3)) for sign in (1, -1))
    return s + x * s * t * 2 * scale * (1 + 3 * cubic * x * x)


def _softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _softmax_from_y(dy, y):
    return y * (dy - (dy * y).sum(axis=-1, keepdims=True))


def _log_softmax(x):
    shifted = x - x.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def _log_softmax_from_y(dy, y):
    return dy - np.exp(y) * dy.sum(axis=-1, keepdims=True)


def _maxout(pieces):
    def forward(x):
        return x.reshape(*x.shape[:-1], -1, pieces).max(axis=-1)

    def backward(dy, x):
        x = x.reshape(*x.shape[:-1], -1, pieces)
        chosen = np.arange(pieces) == x.argmax(axis=-1)[..., None]
        return (chosen * dy[..., None]).reshape(*x.shape[:-2], -1)

    return Reference(forward, backward)


def _of_formula(formula: Formula) -> Reference:
    """What is right where PyTorch has no such function: the first of the ways in double precision."""
    if formula.gated:

        def halves(x):
            return tuple(zip("ab", np.split(x, 2, axis=-1), strict=True))

        def backward(dy, x):
            return np.concatenate([spelling.true(text, ("dy", dy), *halves(x)) for text in formula.backward], axis=-1)

        return Reference(lambda x: spelling.true(formula.forward[0], *halves(x)), backward)
    from_y = formula.from_y and (lambda dy, y: spelling.true(formula.from_y[0], ("dy", dy), ("y", y)))
    return Reference(
        lambda x: spelling.true(formula.forward[0], ("x", x)),
        lambda dy, x: spelling.true(formula.backward[0], ("dy", dy), ("x", x)),
        from_y or None,
    )


REFERENCES = {
    "relu": _elementwise(lambda x: np.maximum(x, 0), lambda x: x > 0, lambda y: y > 0),
    "leaky_relu": _elementwise(
        lambda x: np.where(x > 0, x, SLOPE * x),
        lambda x: np.where(x > 0, 1, SLOPE),
        lambda y: np.where(y > 0, 1, SLOPE),
    ),
    "sigmoid": _elementwise(_sigmoid, lambda x: _sigmoid(x) * _sigmoid(-x), lambda y: y * (1 - y)),
    "tanh": _elementwise(np.tanh, lambda x: np.cosh(x) ** -2, lambda y: 1 - y * y),
    "silu": _elementwise(lambda x: x * _sigmoid(x), lambda x: _sigmoid(x) * (1 + x * _sigmoid(-x))),
    "gelu": _elementwise(lambda x: 0.5 * x * _erfc(-x / math.sqrt(2)), _gelu_derivative),
    "gelu_tanh": _elementwise(_gelu_tanh, _gelu_tanh_derivative),
    "softplus": _elementwise(
        lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))), _sigmoid, lambda y: -np.expm1(-y)
    ),
    "elu": _elementwise(
        lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
        lambda x: np.exp(np.minimum(x, 0)),
        lambda y: np.where(y > 0, 1, y + 1),
    ),
    "softmax": Reference(_softmax, lambda dy, x: _softmax_from_y(dy, _softmax(x)), _softmax_from_y),
    "log_softmax": Reference(_log_softmax, lambda dy, x: _log_softmax_from_y(dy, _log_softmax(x)), _log_softmax_from_y),
    "maxout2": _maxout(2),
    "maxout3": _maxout(3),
}
FUNCTIONS = tuple(REFERENCES)
# All others that a peer has.
REFERENCES |= {name: _of_formula(each) for name, each in FORMULAS.items()}
REFERENCES |= {name: Reference(each.value, each.gradient) for name, each in torch_functions.FUNCTIONS.items()}
ALL_FUNCTIONS = tuple(REFERENCES)
ALONG_ANY_AXIS = ("softmax", "log_softmax", "maxout2", "maxout3")


def aligned_empty(shape: tuple[int, ...] | int, dtype: Any) -> np.ndarray:
    """An uninitialised array that starts on a cache line: where it starts must not decide who wins."""
    dtype = np.dtype(dtype)
    size = math.prod(np.atleast_1d(shape).tolist()) * dtype.itemsize
    raw = np.empty(size + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + size].view(dtype).reshape(shape)


@dataclass(frozen=True)
class Layout:
    """How the input lies: how long rows are, which axis is folded (one of `AXES`), and whether input and incoming
    gradient are every other element of longer arrays."""

    columns: int = COLUMNS
    axis: str = "last"
    strided: bool = False


class Data:
    """Input, incoming gradient and output, shared by all contenders of all cases."""

    def __init__(self, size: int, dtype: Any = np.float32, seed: int = 0, layout: Layout | None = None):
        rng = np.random.default_rng(seed)
        self.size, self.dtype, self.layout = size, np.dtype(dtype), layout or Layout()
        self.x, self.dy = (aligned_empty(size * (2 if self.layout.strided else 1), dtype) for _ in range(2))
        self.out, self.tmp = (aligned_empty(size, dtype) for _ in range(2))
        period = min(size, PERIOD)
        self.x[:] = np.resize(np.clip(rng.normal(scale=3, size=period), -10, 10), self.x.size)
        self.dy[:] = np.resize(rng.normal(size=period), self.dy.size)


@dataclass(frozen=True, eq=False)
class Case:
    """One function in one direction."""

    function: str
    direction: str
    data: Data = field(repr=False)
    threads: int = 1

    @property
    def name(self) -> str:
        """What `activations.get` calls the function."""
        return self.function.rstrip("23")

    @property
    def pieces(self) -> int:
        """Values folded into one: 1 but for maxout."""
        return int(self.function[-1]) if self.name == "maxout" else 1

    @property
    def title(self) -> str:
        return f"{self.function} {self.direction}"

    @property
    def backward(self) -> bool:
        return self.direction == "backward"

    @property
    def formula(self) -> Formula | None:
        """What a line says of it, if one does."""
        return FORMULAS.get(self.function)

    @property
    def folds(self) -> int | None:
        """How many inputs of a row become one output, 0 for all of them; None where there are no rows."""
        if self.function in torch_functions.FUNCTIONS:
            return torch_functions.FUNCTIONS[self.function].folds
        if self.formula is not None:
            return 2 if self.formula.gated else None
        return self.pieces if self.name in ("softmax", "log_softmax", "maxout") else None

    @property
    def by_row(self) -> bool:
        return self.folds is not None

    @property
    def axis(self) -> int:
        """The one that is folded."""
        return AXES[self.data.layout.axis]

    @property
    def at(self) -> int:
        """The axis of the pieces where `split` has made one of them."""
        return self.axis + 1 if self.axis >= 0 else -1

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Of the input: flat, or for the folding functions rows, of at most so many columns as the layout says."""
        if not self.by_row:
            return (self.data.size,)
        most = min(self.data.layout.columns, self.data.size)
        rows, columns = self.data.size // most, most // self.pieces * self.pieces
        inner = min(INNER, rows)
        return {"last": (rows, columns), "first": (columns, rows), "middle": (rows // inner, columns, inner)}[
            self.data.layout.axis
        ]

    @property
    def folded_shape(self) -> tuple[int, ...]:
        if self.folds == 0:
            return self.shape[:-1]
        shape = list(self.shape)
        shape[self.axis] //= self.folds or 1
        return tuple(shape)

    def split(self, array: Any) -> Any:
        """An array of the input's shape with an axis of its own for the pieces of a unit."""
        at = self.axis % len(self.shape)
        return array.reshape(*self.shape[:at], self.folded_shape[at], self.pieces, *self.shape[at + 1 :])

    @property
    def elements(self) -> int:
        """Of the input; times are given per input element."""
        return math.prod(self.shape)

    @property
    def traffic(self) -> tuple[int, int]:
        """Elements read and written, saved output or argmax apart."""
        n, folded = self.elements, math.prod(self.folded_shape)
        return (n + folded, n) if self.backward else (n, folded)

    def _view(self, array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        return array[: math.prod(shape)].reshape(shape)

    def _apart(self, array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """The same of the input's arrays, which the layout may have strided."""
        if not self.data.layout.strided:
            return self._view(array, shape)
        return self._view(array, (*shape[:-1], 2 * shape[-1]))[..., ::2]

    @cached_property
    def names(self) -> dict[str, Any]:
        """The arrays under the names that every contender's statements use."""
        x = self._apart(self.data.x, self.shape)
        names = {
            "np": np,
            "axis": self.axis,
            "at": self.at,
            "x": x,
            "out": self._view(self.data.out, self.shape if self.backward else self.folded_shape),
            "tmp": self._view(self.data.tmp, self.shape),
        }
        gated = self.formula is not None and self.formula.gated
        if gated:
            names["a"], names["b"] = np.split(x, 2, axis=-1)
        if self.backward:
            names["dy"] = self._apart(self.data.dy, self.folded_shape)
            if gated:
                names["da"], names["db"] = np.split(names["out"], 2, axis=-1)
            names["y"] = aligned_empty(self.folded_shape, x.dtype)
            names["y"][...] = self._answer(REFERENCES[self.function].forward, self.folded_shape, x)
        return names

    def free(self) -> None:
        """Let go of the arrays that belong to this case alone."""
        self.__dict__.pop("names", None)

    def expected(self, uses: tuple[str, ...] = ()) -> np.ndarray:
        """The right answer in float64, from the saved output for those who use that."""
        reference, x = REFERENCES[self.function], self.names["x"]
        if not self.backward:
            return self._answer(reference.forward, self.folded_shape, x)
        if "y" in uses and reference.backward_from_y:
            return self._answer(reference.backward_from_y, self.shape, self.names["dy"], self.names["y"])
        return self._answer(reference.backward, self.shape, self.names["dy"], x)

    def _answer(self, function: Callable[..., np.ndarray], shape: tuple[int, ...], *arrays: np.ndarray) -> np.ndarray:
        """A function of the arrays in float64, computed on what repeats: rows may not, with what they fold to."""
        if not self.by_row:
            return np.resize(function(*(array[:PERIOD].astype(np.float64) for array in arrays)), shape)
        rows = (np.moveaxis(array, self.axis, -1) for array in arrays)
        return np.moveaxis(function(*(row.astype(np.float64) for row in rows)), -1, self.axis).reshape(shape)


def cases(functions: tuple[str, ...], directions: tuple[str, ...], data: Data, threads: int) -> Iterator[Case]:
    """Every function in every direction."""
    for function in functions:
        for direction in directions:
            yield Case(function, direction, data, threads)
