"""The built-in elementwise activations: every pass is a ufunc over compiled loops."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping

import numpy as np

from activations.activation import Activation, Builtin
from activations.arrays import float_for, float_of, refuse_masked, summed_to
from activations.blockwise import Blockwise
from activations.narrow import WIDE, is_in_place, needs_float32, through_float32
from activations.values import in_type, is_array, parameters_alone

__all__ = ["Elementwise"]


class Elementwise(Blockwise, Builtin):
    """A built-in whose output elements depend on one input element each.

    Parameters that are single numbers are bound into a ufunc of the inputs alone, made once for each combination of
    values. Arrays become operands of a ufunc that broadcasts them.
    """

    __slots__ = ()

    def _prepare(self) -> None:
        self.fast_backward = self.fast_from_output = self.fast_derivative = self.fast_second_derivative = None
        self.straight = not any(map(is_array, self._values.values()))
        self.fast = self._bound("forward")

    @property
    def ufunc(self) -> np.ufunc:
        """The `numpy.ufunc` behind it: of x alone, or, where an array is bound, of x and the parameters."""
        return self.fast if self.straight else self._library.elementwise(self._stem(self._values), "forward", None)

    def _cut(self, shape: tuple[int, ...], keywords: dict) -> tuple[tuple, tuple, tuple, dict]:
        values, _ = self._split(keywords)
        return (), shape, (), {key: value for key, value in values.items() if is_array(value)}

    def _derivative(self, x, keywords: dict):
        return self._of_one("derivative", x, keywords)

    def _second_derivative(self, x, keywords: dict):
        if "second_derivative" not in self._declaration.scalars:
            raise TypeError(f"{self.name} has no second derivative: {self._without_second()}")
        return self._of_one("second_derivative", x, keywords)

    def _without_second(self) -> str:
        smoothness = self._declaration.known().smoothness
        if smoothness is not None and smoothness < 1:
            return "its slope is not continuous"
        stem = self._declaration.stems[0]
        return f"none is declared; {stem}_second_derivative among the formulas, named in scalars, declares one"

    def _of_one(self, name: str, x, keywords: dict):
        x = self._with_bias(x, keywords)
        values, rest = self._split(keywords)
        self._remember(name, values)
        return self._apply(name, (x,), values, rest)

    def _remember(self, name: str, values: Mapping[str, object]) -> None:
        """From the second call on the base class finds what this pass calls at once.

        Whoever has called the gradient from x is ready to be called with the output, too: the base class would go on
        from x otherwise, which may take several times as long.
        """
        place = f"fast_{name.removeprefix('backward_')}"
        if values is self._values and getattr(self, place) is None:
            if name == "backward" and self.saves != "x":
                self._remember("backward_from_output", values)
            setattr(self, place, self._bound(name))

    def _bound(self, name: str) -> Callable:
        """What a pass calls with the bound parameters."""
        if self.straight:
            return self._ufunc(name, self._values)
        ufunc = self._library.elementwise(self._stem(self._values), name, None)
        return _Beside(ufunc, self._inputs(name), self._numbers(self._values))

    def parameter_gradients(self, dy, x, /, **parameters) -> dict[str, np.ndarray]:
        x = self._with_bias(x, parameters)
        values = parameters_alone(self, parameters)
        self._demand_same_shape(dy, x)
        self._refuse_masked_sums(dy, x)
        return self._gradients_of((np.asarray(dy), np.asarray(x)), values)

    parameter_gradients.__doc__ = Activation.parameter_gradients.__doc__

    def _refuse_masked_sums(self, *arrays) -> None:
        refuse_masked(f"{self.name}.parameter_gradients", arrays, "let dy be 0 there, and x any number")

    def _gradients_of(self, arrays: tuple, values: Mapping[str, object]) -> dict[str, np.ndarray]:
        """Of each parameter, rounded once: neither products nor sums are ever narrower than float32."""
        if not self._declaration.gradients:
            return {}
        self._demand_real(arrays)
        dtype = float_of(*arrays)
        sums = {name: self._summed(name, arrays, values) for name in self._declaration.gradients}
        with np.errstate(all="ignore"):
            return {name: each.astype(dtype) for name, each in sums.items()}

    def _products(self, name: str, arrays: tuple, values: Mapping[str, object]) -> np.ndarray:
        """dy * df/dp of each element, in float32 at least."""
        wide = [x.astype(WIDE) if x.dtype.itemsize < WIDE.itemsize else x for x in arrays]
        return np.asarray(self._apply(f"by_{name}", tuple(wide), values, {}))

    @np.errstate(all="ignore")  # a sum may be too large for float16, or of infinities of both signs
    def _summed(self, name: str, arrays: tuple, values: Mapping[str, object]) -> np.ndarray:
        """dy * df/dp, summed in double to the shape of the parameter."""
        single = not any(map(is_array, values.values()))
        if single and arrays[0].size > _BLOCK and all(each.flags.c_contiguous for each in arrays):
            # Block by block, so that no product as large as the input is ever held.
            flat = [each.reshape(-1) for each in arrays]
            blocks = (slice(start, start + _BLOCK) for start in range(0, flat[0].size, _BLOCK))
            products = (self._products(name, tuple(each[b] for each in flat), values) for b in blocks)
            return np.asarray(sum(product.sum(dtype=np.float64) for product in products))
        return summed_to(self._products(name, arrays, values), np.shape(values[name]))

    def _backward(self, dy, x, y, keywords: dict):
        values, rest = self._split(keywords)
        name = "backward"
        if y is not None or x is None:
            saves = self._saves(values)
            x = self._saved(x, y, saves)
            if y is not None and saves != "x":
                name, x = "backward_from_output", y
        self._demand_same_shape(dy, x, second="y" if name == "backward_from_output" else "x")
        self._remember(name, values)
        return self._apply(name, (dy, x), values, rest)

    def _inputs(self, name: str) -> int:
        """How many arrays a pass takes before the parameters."""
        return 1 if name in ("forward", "derivative", "second_derivative") else 2

    def _stem(self, values: Mapping[str, object]) -> str:
        for p in self._declaration.parameters:
            if p.choices is not None:
                return p.choices[values[p.name]]
        return self._declaration.stems[0]

    def _numbers(self, values: Mapping[str, object], without: Container[str] = ()) -> list:
        operands = self._declaration.operands
        return [p.none if values[p.name] is None else values[p.name] for p in operands if p.name not in without]

    def _ufunc(self, name: str, values: Mapping[str, object]) -> np.ufunc:
        special, fixed = self._declaration.special, self._declaration.fixed
        if special and not name.startswith("by_") and all(values[key] == fixed[key] for key in fixed):
            return self._library.elementwise(special, name, tuple(self._numbers(values, fixed)))
        return self._library.elementwise(self._stem(values), name, tuple(self._numbers(values)))

    def _apply(self, name: str, operands: tuple, values: Mapping[str, object], rest: dict):
        count = self._inputs(name)
        single = not any(map(is_array, values.values()))
        if needs_float32(operands[:count], rest):
            if single and is_in_place(ufunc := self._ufunc(name, values), operands, rest):
                return ufunc(*operands, **rest)
            return through_float32(lambda *x, **k: self._apply(name, x, values, k), operands, count, rest)
        try:
            if single:
                return self._ufunc(name, values)(*operands, **rest)
            ufunc = self._library.elementwise(self._stem(values), name, None)
            return _with_arrays(ufunc, operands, count, self._numbers(values), rest)
        except TypeError as error:
            raise self._explained(error, operands[0]) from None


class _Beside:
    """A pass with arrays among its parameters, called with its operands and, behind them, the memory of the result."""

    __slots__ = ("dtype", "inputs", "numbers", "ufunc")

    def __init__(self, ufunc: np.ufunc, inputs: int, numbers: list):
        self.ufunc, self.inputs, self.numbers = ufunc, inputs, numbers
        dtypes = {value.dtype for value in numbers if is_array(value)}
        self.dtype = dtypes.pop() if len(dtypes) == 1 else _UNLIKE
        if self.dtype == _HALF and _too_fine(numbers):
            self.dtype = _UNLIKE

    def __call__(self, *operands):
        inputs, dtype = self.inputs, self.dtype
        # Types that are one object are the same type, and most are.
        if getattr(operands[0], "dtype", None) is dtype and getattr(operands[inputs - 1], "dtype", None) is dtype:
            return self.ufunc(*operands[:inputs], *self.numbers, *operands[inputs:])
        return _with_arrays(self.ufunc, operands, inputs, self.numbers, {})


# No operand's type.
_UNLIKE = object()

_HALF = np.dtype(np.float16)


# Elements of a product that is summed at once.
_BLOCK = 1 << 16


def _with_arrays(ufunc: np.ufunc, operands: tuple, inputs: int, numbers: list, rest: dict):
    """A pass of operands, and behind the inputs the memory of the result, with arrays among the parameters.

    Loops take numbers in the type of all else. A number that float16 does not hold is as exact beside an array for
    another parameter as alone: in float32.
    """
    given, out = operands[:inputs], operands[inputs:]
    numbers = _like(given, numbers)
    if "dtype" not in rest and any(is_array(v) and v.dtype == _HALF for v in numbers) and _too_fine(numbers):
        types = [v.dtype for v in numbers if is_array(v)]
        if float_for(np.result_type(*map(_dtype_of, given), *types)) == _HALF:
            wide = [v.astype(WIDE) if is_array(v) else v for v in numbers]
            return through_float32(lambda *x, **k: ufunc(*x, *wide, **k), operands, inputs, rest, _HALF)
    return ufunc(*given, *numbers, *out, **rest)


def _dtype_of(x: object) -> object:
    """What x says to NumPy's promotion: a type, or a Python number that has none."""
    if isinstance(dtype := getattr(x, "dtype", None), np.dtype) or (dtype is None and isinstance(x, (int, float))):
        return x if dtype is None else dtype
    # Another library's array may have a type of its own making (PyTorch's), and becomes one of NumPy's anyway.
    return np.asarray(x).dtype


def _too_fine(numbers: list) -> bool:
    """Whether a number among parameters is none of float16's."""
    with np.errstate(all="ignore"):
        return any(not is_array(v) and float(np.float16(v)) != v and v == v for v in numbers)


def _like(operands: tuple, numbers: list) -> list:
    """Array parameters in the dtype that the operands have alone: a parameter never decides it."""
    dtype = getattr(operands[0], "dtype", None)
    if not isinstance(dtype, np.dtype) or any(getattr(x, "dtype", None) != dtype for x in operands[1:]):
        dtype = np.result_type(*(np.asarray(x) if isinstance(x, (int, float)) else _dtype_of(x) for x in operands))
    return in_type(numbers, dtype) if dtype.kind == "f" else numbers
