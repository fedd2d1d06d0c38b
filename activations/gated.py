"""The built-in gated activations: one half of an axis opens and closes the other; and crelu, which doubles an axis."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from activations.activation import Activation
from activations.arrays import as_array, float_for, float_of, same_shape
from activations.blockwise import overlap
from activations.elementwise import Elementwise
from activations.lazy import refuse_unknown, side_by_side
from activations.narrow import is_foreign
from activations.rowwise import Rowwise, unlabelled
from activations.values import parameters_alone

__all__ = ["Concatenated", "Gated"]


class Gated(Rowwise, Elementwise):
    """glu and its kin: ``f(x, axis=-1)`` of an axis whose halves are gate and value, or ``f(a, b)`` of two arrays.

    The parameter ``gate`` says which half, or which of the two arrays, is the gate.
    """

    __slots__ = ()
    positional = 3

    def _prepare(self) -> None:
        self.fast = None
        numbers = self._numbers_or_none()
        if numbers is None:
            return
        stem = self._stem(self._values)
        self.halved = self._library.elementwise(stem, "forward", numbers)
        self.halved_backward = self._library.elementwise(stem, "backward", numbers)
        self.turned = self._values["gate"] == "second"

    # What Elementwise has instead is for one input.
    _derivative = Activation._derivative
    _second_derivative = Activation._second_derivative

    @property
    def ufunc(self) -> np.ufunc:
        """The `numpy.ufunc` of gate and value behind it."""
        return self._library.elementwise(self._stem(self._values), "forward", self._numbers_or_none())

    def _in_blocks(self, x, args: tuple, keywords: dict):
        return None if args else super()._in_blocks(x, args, keywords)

    def _backward_in_blocks(self, dy, x, y, keywords: dict):
        return None if y is not None else super()._backward_in_blocks(dy, x, y, keywords)

    def _cut(self, shape: tuple[int, ...], keywords: dict) -> tuple[tuple, tuple, tuple, dict]:
        rest = dict(keywords)
        axis = self._one_axis(rest.pop("axis", -1), len(shape))
        if Elementwise._cut(self, shape, rest)[3]:
            raise TypeError("these arrays broadcast to the halves")
        return (axis,), (*shape[:axis], shape[axis] // 2, *shape[axis + 1 :]), (), {}

    def _general(self, a, b=None, /, *args, **keywords):
        # Gate and value are elementwise: of labelled objects they are aligned as by any such ufunc.
        if b is not None:
            if isinstance(b, (int, np.integer)) and np.ndim(a):
                raise TypeError(
                    f"{self.name}: the second argument is the other of two arrays, not the number {b}; give an axis by "
                    f"name: {self.name}(x, axis={b})"
                )
            self._demand_few(2 + len(args))
            return self._forward(a, b, *args, **keywords)
        return super()._general(a, *((None, *args) if args else ()), **keywords)

    def _backward(self, dy, x, y, keywords: dict):
        return super()._backward(dy, x, y, keywords) if y is None else self._gradient(dy, x, y, keywords)

    def _forward(self, a, b=None, /, out=None, *, axis=-1, **keywords):
        """Forward of one array with both halves along `axis`, or of two arrays."""
        values, rest = self._split(keywords)
        if out is not None:
            rest["out"] = out
        first, second = self._halves(a, axis) if b is None else (as_array(a), as_array(b))
        return self._apply("forward", self._ordered(first, second, values), values, rest)

    def _gradient(self, dy, x, y, keywords: dict):
        """``backward(dy, x, axis=-1)`` gives dx; ``backward(dy, a, b)`` gives the pair of gradients."""
        axis, out = (keywords.pop(key, default) for key, default in (("axis", -1), ("out", None)))
        values, rest = self._split(keywords)
        if x is None:
            raise TypeError(f"{self.name}.backward needs the pre-activation x, or both arrays")
        dy = as_array(dy)
        if y is not None:
            first, second = as_array(x), as_array(y)
            self._demand_same_shape(dy, first)
            self._demand_same_shape(dy, second)
            outs = (None, None) if out is None else out
            return self._gradients(dy, first, second, values, rest, outs)
        x = as_array(x)
        first, second = self._halves(x, axis)
        if not same_shape(dy.shape, first.shape):
            raise ValueError(
                f"{self.name}.backward: dy has shape {dy.shape} and x has shape {x.shape}; with halves along axis "
                f"{axis}, dy must have shape {first.shape}"
            )
        axis = self._one_axis(axis, x.ndim)
        if not isinstance(x, np.ndarray) or not isinstance(dy, np.ndarray):
            return side_by_side(self._gradients(dy, first, second, values, rest, (None, None)), axis=axis)
        if out is None:
            out = np.empty(x.shape, rest.get("dtype") or float_of(dy, x))
        elif out.shape != x.shape:
            raise ValueError(f"out has shape {out.shape} and the result has shape {x.shape}; they must be equal")
        if np.may_share_memory(out, x) or np.may_share_memory(out, dy):
            halves = self._gradients(dy, first, second, values, rest, (None, None))
            for half, gradient in zip(self._halves(out, axis), halves, strict=True):
                np.copyto(half, gradient, casting="same_kind")
        else:
            self._gradients(dy, first, second, values, rest, self._halves(out, axis))
        return out

    def parameter_gradients(self, dy, x, b=None, /, *, axis=-1, **parameters) -> dict[str, np.ndarray]:
        x = self._with_bias(x, parameters)
        values = parameters_alone(self, parameters)
        self._refuse_masked_sums(dy, x, b)
        first, second = self._halves(unlabelled(x), axis) if b is None else (np.asarray(x), np.asarray(b))
        dy = np.asarray(dy)
        self._demand_same_shape(dy, first)
        return self._gradients_of((dy, *self._ordered(first, second, values)), values)

    parameter_gradients.__doc__ = Activation.parameter_gradients.__doc__

    def _gradients(self, dy, first, second, values: Mapping[str, object], rest: dict, outs) -> tuple:
        """The gradients of the first and of the second half."""
        operands = (dy, *self._ordered(first, second, values))
        outs = self._ordered(*outs, values)
        if all(isinstance(each, np.ndarray) for each in (dy, first, second)):
            gradients = self._apply("backward", operands, values, {**rest, "out": outs})
        else:
            # Other libraries' arrays (Dask's) take a ufunc of theirs where there are two results.
            keywords = [rest if out is None else {**rest, "out": out} for out in outs]
            names = ("by_gate", "by_value")
            gradients = [self._apply(n, operands, values, each) for n, each in zip(names, keywords, strict=True)]
        return self._ordered(*gradients, values)

    def _ordered(self, first, second, values: Mapping[str, object]) -> tuple:
        """Gate and value from the first and second; it is its own inverse."""
        return (first, second) if values["gate"] == "first" else (second, first)

    def _halves(self, x, axis: int) -> tuple:
        x = as_array(x)
        axis = self._one_axis(axis, x.ndim)
        refuse_unknown(self.name, axis, length := x.shape[axis])
        if length % 2:
            raise ValueError(
                f"{self.name}: axis {axis} holds {length} values, which have no halves; give an even number, "
                "or gate and value as two arrays"
            )
        return _halves(x, axis)

    def _inputs(self, name: str) -> int:
        return 2 if name == "forward" else 3

    def _numbers_or_none(self):
        numbers = self._numbers(self._values)
        return tuple(numbers) if all(isinstance(value, (int, float)) for value in numbers) else None


class Concatenated(Rowwise):
    """crelu: relu of x and of -x side by side, so that the axis doubles."""

    __slots__ = ()

    def _prepare(self) -> None:
        super()._prepare()
        self.doubled = True

    def _cut(self, shape: tuple[int, ...], keywords: dict) -> tuple[tuple, tuple, tuple, dict]:
        axis = self._one_axis(keywords.get("axis", -1), len(shape))
        return (axis,), (*shape[:axis], 2 * shape[axis], *shape[axis + 1 :]), (), {}

    @property
    def ufunc(self) -> np.ufunc:
        """The `numpy.ufunc` that works on either half."""
        return self._library.elementwise("relu")

    def _forward(self, x, /, out=None, *, axis=-1, **keywords):
        _, rest = self._split(keywords)
        x = self._real(x)
        axis = self._one_axis(axis, x.ndim)
        if (where := rest.pop("where", None)) is not None:
            whole = self._forward(x, axis=axis, **rest)
            out = np.empty_like(whole) if out is None else out
            np.copyto(out, whole, where=where, casting="same_kind")
            return out
        from activations.builtins import relu

        if out is not None and out.shape != _doubled(x, axis):
            raise ValueError(
                f"out has shape {out.shape} and the result has shape {_doubled(x, axis)}; they must be equal"
            )
        ours = type(x) is np.ndarray and not is_foreign(x) and x.dtype.isnative
        if rest or not ours or not _fits(out, _doubled(x, axis), x):
            # Dask's concatenate knows no out=.
            given = {} if out is None else {"out": out}
            return side_by_side([relu(x, **rest), relu(np.negative(x), **rest)], axis, **given)
        out = np.empty(_doubled(x, axis), x.dtype) if out is None else out
        first, second = _halves(out, axis)
        relu(x, out=first)
        np.negative(x, out=second)
        relu(second, out=second)
        return out

    def _gradient(self, dy, x, y, keywords: dict):
        axis, out = (keywords.pop(key, default) for key, default in (("axis", -1), ("out", None)))
        _, rest = self._split(keywords)
        dy, x = self._real(dy), self._real(self._saved(x, y, "x"))
        axis = self._one_axis(axis, x.ndim)
        refuse_unknown(self.name, axis, x.shape[axis])
        if not same_shape(dy.shape, _doubled(x, axis)):
            raise ValueError(
                f"{self.name}.backward: dy has shape {dy.shape} and x has shape {x.shape}; "
                f"dy must have shape {_doubled(x, axis)}"
            )
        from activations.builtins import relu

        where = rest.pop("where", True)

        def gradient(rising, falling, x, out):
            first, second = relu.backward(rising, x, **rest), relu.backward(falling, np.negative(x), **rest)
            with np.errstate(all="ignore"):  # of a signalling NaN
                return np.subtract(first, second, out=out, where=where)

        first, second = _halves(dy, axis)
        if (
            rest
            or where is not True
            or type(x) is not np.ndarray
            or type(dy) is not np.ndarray
            or not _fits(out, x.shape, x, dy)
        ):
            return gradient(first, second, x, out)
        # Slice by slice, so that no product as large as the input is ever held. A result over x is written where it was
        # read, and no other slice reads there.
        out = np.empty(x.shape, float_of(dy, x)) if out is None else out
        longest = int(np.argmax(x.shape))
        step = max(1, _SLICE * x.shape[longest] // max(1, x.size))
        for start in range(0, x.shape[longest], step):
            part = (*(slice(None),) * longest, slice(start, start + step))
            gradient(first[part], second[part], x[part], out[part])
        return out

    def _real(self, x):
        """An array of floating-point numbers, or an error that says what is allowed."""
        x = as_array(x)
        if x.dtype.kind in "biu":
            return x.astype(float_for(x.dtype))
        if x.dtype.kind not in "fV":
            raise self._explained(TypeError(), x)
        return x


# Elements of a slice.
_SLICE = 1 << 15


def _doubled(x: np.ndarray, axis: int) -> tuple[int, ...]:
    return (*x.shape[:axis], 2 * x.shape[axis], *x.shape[axis + 1 :])


def _halves(array, axis: int) -> tuple:
    length = array.shape[axis] // 2
    before = (slice(None),) * axis
    return array[(*before, slice(length))], array[(*before, slice(length, None))]


def _fits(out, shape: tuple[int, ...], *operands: np.ndarray) -> bool:
    """Whether results can be written where they belong before all operands are read, element over element perhaps."""
    if out is None:
        return True
    plain = type(out) is np.ndarray and out.shape == shape and out.dtype == operands[0].dtype
    return plain and not any(overlap(out, each) for each in operands)
