"""The built-in elementwise activations: every pass is a ufunc over compiled loops."""

from __future__ import annotations

from collections.abc import Container, Mapping

import numpy as np

from activations.activation import Activation, Builtin
from activations.narrow import is_foreign, through_float32

__all__ = ["Elementwise"]


class Elementwise(Builtin):
    """A built-in whose output elements depend on one input element each.

    Parameters that are single numbers are bound into a ufunc of the inputs alone, made once for each combination of
    values. Arrays become operands of a ufunc that broadcasts them.
    """

    __slots__ = ()

    def _prepare(self) -> None:
        self.fast_backward = self.fast_from_output = None
        single = not any(_is_array(value) for value in self._values.values())
        self.fast = self._ufunc("forward", self._values) if single else None
        self.straight = True

    @property
    def ufunc(self) -> np.ufunc:
        """The `numpy.ufunc` behind it: of x alone, or, where an array is bound, of x and the parameters."""
        return self.fast or self._library.elementwise(self._stem(self._values), "forward", None)

    def derivative(self, x, /, **keywords):
        values, rest = self._split(keywords)
        return self._apply("derivative", (x,), values, rest)

    derivative.__doc__ = Activation.derivative.__doc__

    def second_derivative(self, x, /, **keywords):
        if "second_derivative" not in self._declaration.scalars:
            raise TypeError(f"{self.name} has no second derivative: it is not smooth enough")
        values, rest = self._split(keywords)
        return self._apply("second_derivative", (x,), values, rest)

    second_derivative.__doc__ = Activation.second_derivative.__doc__

    def parameter_gradients(self, dy, x, /, **parameters) -> dict[str, np.ndarray]:
        values, rest = self._split(parameters)
        if rest:
            raise TypeError(f"{self.name}.parameter_gradients takes parameters alone, not {', '.join(rest)}")
        self._demand_same_shape(dy, x)
        dy, x = np.asarray(dy), np.asarray(x)
        return {name: self._summed(name, (dy, x), values) for name in self._declaration.gradients}

    parameter_gradients.__doc__ = Activation.parameter_gradients.__doc__

    def _summed(self, name: str, arrays: tuple, values: Mapping[str, object]) -> np.ndarray:
        """dy * df/dp, summed in double to the shape of the parameter."""
        single = not any(_is_array(value) for value in values.values())
        if single and arrays[0].size > _BLOCK and all(each.flags.c_contiguous for each in arrays):
            # Block by block, so that no product as large as the input is ever held.
            flat = [each.reshape(-1) for each in arrays]
            blocks = (slice(start, start + _BLOCK) for start in range(0, flat[0].size, _BLOCK))
            products = (self._apply(f"by_{name}", tuple(each[b] for each in flat), values, {}) for b in blocks)
            sums = [(product.sum(dtype=np.float64), product.dtype) for product in products]
            return np.asarray(sum(each for each, _ in sums), dtype=sums[0][1])
        product = np.asarray(self._apply(f"by_{name}", arrays, values, {}))
        shape = np.shape(values[name])
        lost = product.ndim - len(shape)
        kept = tuple(k + lost for k, length in enumerate(shape) if length == 1 and product.shape[k + lost] != 1)
        total = product.sum(axis=(*range(lost), *kept), dtype=np.float64, keepdims=True)
        return total.reshape(shape).astype(product.dtype)

    def _backward(self, dy, x, y, keywords: dict):
        values, rest = self._split(keywords)
        saves = self._saves(values)
        x = self._saved(x, y, saves)
        name = "backward"
        if y is not None and saves != "x":
            name, x = "backward_from_output", y
        self._demand_same_shape(dy, x)
        if values is self._values and self.fast is not None:
            # From the second call on the base class finds the ufunc at once.
            setattr(self, "fast_backward" if name == "backward" else "fast_from_output", self._ufunc(name, values))
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
        if any(is_foreign(x) for x in operands[:count]):
            return through_float32(lambda *x, **k: self._apply(name, x, values, k), operands, count, rest)
        try:
            if not any(_is_array(value) for value in values.values()):
                return self._ufunc(name, values)(*operands, **rest)
            given, out = operands[:count], operands[count:]
            numbers = _like(given, self._numbers(values))
            return self._library.elementwise(self._stem(values), name, None)(*given, *numbers, *out, **rest)
        except TypeError as error:
            raise self._explained(error, operands[0]) from None


# Elements of a product that is summed at once.
_BLOCK = 1 << 16


def _is_array(value: object) -> bool:
    return not isinstance(value, (int, float, str)) and value is not None


def _like(operands: tuple, numbers: list) -> list:
    """Array parameters in the dtype that the operands have alone: a parameter never decides it."""
    dtype = np.result_type(*(x if hasattr(x, "dtype") else np.asarray(x) for x in operands))
    if dtype.kind != "f":
        return numbers
    # A parameter may be too small or too large for float16: it rounds to 0 or infinity without a warning.
    with np.errstate(all="ignore"):
        return [value.astype(dtype) if _is_array(value) and value.dtype != dtype else value for value in numbers]
