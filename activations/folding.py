"""The built-in folding activations: generalized ufuncs over an axis, and the axis handling that NumPy leaves to us."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from activations.arrays import (
    NARROW_PIECES,
    as_array,
    filled_outside,
    flattened,
    float_for,
    float_of,
    laid_out_like,
    outside,
    placed,
    same_shape,
)
from activations.blockwise import blocks, place_for
from activations.fold_parameters import GRADIENTS
from activations.kernels.direct import split_axis, winners_along
from activations.lazy import apart, by_blocks, is_lazy, refuse_unknown
from activations.narrow import needs_float32, through_float32
from activations.randomized import demand_generator
from activations.rowwise import Rowwise, rows_of

__all__ = ["Channels", "Entmax", "Gumbel", "Maxout", "Normaliser", "Reduction"]


class Folding(Rowwise):
    """What every built-in folding activation shares."""

    __slots__ = ()

    def _prepare(self) -> None:
        super()._prepare()
        self.folded = self._ufunc("forward")
        self.folded_backward = self._ufunc("backward")
        if "backward_with_output" in self._declaration.scalars:
            self.folded_with_output = self._ufunc("backward_with_output")

    @property
    def ufunc(self) -> np.ufunc:
        """The generalized `numpy.ufunc` behind it."""
        return self._ufunc("forward")

    def _ufunc(self, name: str, values: Mapping[str, object] | None = None) -> np.ufunc:
        """The ufunc of a pass with some parameters, or with the bound ones."""
        values = self._values if values is None else values
        return self._library.folding(self.name, name, tuple(values[p.name] for p in self._declaration.operands))

    def _checked(self, key: str, value: object) -> object:
        value = super()._checked(key, value)
        if np.ndim(value):
            raise TypeError(f"{self.name}: {key} is one number for all rows, not an array of shape {np.shape(value)}")
        return value

    def parameter_gradients(self, dy, x, /, *, where=None, **keywords) -> dict[str, np.ndarray]:
        """The gradient of the loss with respect to each real parameter.

        Parameters
        ----------
        dy : array_like
            Gradient of the loss with respect to the output, of the output's shape.
        x : array_like
            Pre-activation.
        where : array_like of bool, optional
            For those whose call takes it.
        **keywords
            ``axis`` and ``bias``, as in the call; parameters of the activation, in the place of the bound ones.

        Returns
        -------
        dict of str to ndarray
            One number for each parameter, summed in double over all rows. It is empty for those without a real one.

        Raises
        ------
        ValueError
            If the shapes of `dy` and `x` do not fit.
        TypeError
            For a keyword that is no parameter, and where `backward` raises one.

        Examples
        --------
        >>> import numpy as np, activations
        >>> activations.gaussian_rbf.parameter_gradients(np.ones(1), np.array([[0.0, 2.0]]), sigma=2.0)
        {'center': array(0.30326533), 'sigma': array(0.30326533)}
        """
        axis = keywords.pop("axis", self._declaration.axis)
        x = self._with_bias(x, keywords)
        f = self.bind(**keywords)
        if not self._declaration.gradients:
            return {}
        self._refuse_masked(where, dy, x)
        gradients = f._by(np.asarray(dy), np.asarray(x), axis, where)
        return dict(zip(self._declaration.gradients, gradients, strict=True))

    def _by(self, dy, x, axis, where) -> list[np.ndarray]:
        """The gradient of each parameter: the gradient of x tells most of it, and refuses what does not fit."""
        self._demand_real((dy, x))
        dtype = float_of(dy, x)
        dy, x = dy.astype(np.float64), x.astype(np.float64)
        dx = self.backward(dy, x, axis=axis, **({} if where is None else {"where": where}))
        axes = self._axes(axis, x.ndim)
        rows = flattened(x, axes)
        dy = dy.reshape(rows.shape[:-1]) if self._declaration.reduces else flattened(dy, axes)
        with np.errstate(all="ignore"):
            return [
                np.asarray(GRADIENTS[self.name, name](self, dy, rows, flattened(dx, axes)).sum(), dtype)
                for name in self._declaration.gradients
            ]

    def _taken(self, keywords: dict) -> tuple[Mapping[str, object], dict]:
        if "where" in keywords:
            raise TypeError(f"{self.name} takes no where=")
        return self._split(keywords)

    def _axes(self, axis, ndim: int) -> tuple[int, ...]:
        try:
            axes = normalize_axis_tuple(range(ndim) if axis is None else axis, ndim)
        except TypeError:
            given = type(axis).__name__ if not isinstance(axis, (tuple, list)) else axis
            raise TypeError(
                f"{self.name}: axis is a whole number, several of them or None for all, not {given!r}"
            ) from None
        if not axes:
            raise np.exceptions.AxisError(f"{self.name} folds at least one axis, and axis={axis!r} names none")
        return axes

    def _cut(self, shape: tuple[int, ...], keywords: dict) -> tuple[tuple, tuple, tuple, dict]:
        axes = self._axes(keywords.get("axis", self._declaration.axis), len(shape))
        return axes, shape, (), {}

    def _call(self, name: str, operands: tuple, keywords: dict, values: Mapping[str, object] | None = None):
        ufunc = self._ufunc(name, values)
        if needs_float32(operands[: ufunc.nin], keywords):
            return through_float32(ufunc, operands, ufunc.nin, keywords)
        try:
            return ufunc(*operands, **keywords)
        except TypeError as error:
            raise self._explained(error, operands[-1]) from None


class Normaliser(Folding):
    """softmax and its kin: the axis keeps its length. Several axes at once count as one; ``where`` masks elements."""

    __slots__ = ()

    def _prepare(self) -> None:
        super()._prepare()
        self.folded_from_output = self._ufunc("backward_from_output") if self.saves != "x" else None
        self.absent = int(math.copysign(1, self._declaration.absent)) if self._declaration.absent is not None else 0
        self.logarithmic = self.name.startswith("log")

    def _forward(self, x, /, out=None, *, axis=-1, where=None, **keywords):
        """Forward along `axis` (an int, a tuple, or None for all); `where` is a mask of the elements that take part."""
        values, rest = self._split(keywords)
        return self._fold("forward", (x,), axis, where, out, rest, values)

    def _gradient(self, dy, x, y, keywords: dict):
        axis, where, out = (
            keywords.pop(key, default) for key, default in (("axis", -1), ("where", None), ("out", None))
        )
        x = self._saved(x, y, self.saves)
        values, rest = self._split(keywords)
        name, operands = "backward", (dy, x)
        if y is not None and self.saves != "x":
            name, operands = "backward_from_output", (dy, y)
        elif y is not None and self.folded_with_output is not None and axis in (-1, np.ndim(x) - 1):
            self._demand_same_shape(y, x, "y")
            name, operands = "backward_with_output", (dy, x, y)
        self._demand_same_shape(dy, operands[1], second="y" if name == "backward_from_output" else "x")
        return self._fold(name, operands, axis, where, out, rest, values)

    def _fold(self, name: str, operands: tuple, axis, where, out, rest: dict, values: Mapping[str, object]):
        if is_lazy(*operands, where):
            return self._lazily(name, operands, axis, where, out, rest, values)
        if needs_float32(operands, rest):
            # Here, and not in front of the kernel alone: float8 may hold no infinity to mask with.
            def wide(*operands, out=None, **rest):
                return self._fold(name, operands, axis, where, out, rest, values)

            return through_float32(wide, operands, len(operands), rest if out is None else {**rest, "out": out})
        if where is not None:
            return self._masked(name, operands, axis, where, out, rest, values)
        if isinstance(axis, (int, np.integer)):
            if out is not None:
                rest["out"] = out
            operands = tuple(as_array(x) for x in operands)
            self._one_axis(axis, operands[-1].ndim)
            if axis != -1:
                rest["axis"] = axis
                laid_out_like(operands, rest)
            return self._call(name, operands, rest, values)
        operands = tuple(np.asarray(x) for x in operands)
        axes = self._axes(axis, operands[-1].ndim)
        last = tuple(range(-len(axes), 0))
        shape = np.moveaxis(operands[-1], axes, last).shape
        flat = [flattened(x, axes) for x in operands]
        result = np.moveaxis(self._call(name, tuple(flat), rest, values).reshape(shape), last, axes)
        return placed(result, out)

    def _lazily(self, name: str, operands: tuple, axis, where, out, rest: dict, values: Mapping[str, object]):
        axes, every = self._axes(axis, operands[-1].ndim), tuple(range(operands[-1].ndim))
        arguments = {"name": name, "axis": axes[0] if len(axes) == 1 else axes, "rest": rest}
        pairs = [(x, every) for x in operands]
        if where is not None:
            pairs.append((mask := self._over(self._mask(where), operands[-1].shape), every[len(every) - mask.ndim :]))
        return by_blocks(self.bind(**values), "_fold_block", arguments, pairs, every, axes, out)

    def _fold_block(self, *blocks, name: str, axis, rest: dict):
        """One block of a lazy pass; what follows the pass's operands is a mask."""
        count = self._ufunc(name).nin
        where = blocks[count] if len(blocks) > count else None
        return self._fold(name, blocks[:count], axis, where, None, dict(rest), self._values)

    def _mask(self, where):
        """Which elements take part, as booleans."""
        if self._declaration.absent is None:
            raise TypeError(f"{self.name} takes no where=")
        mask = where if is_lazy(where) else np.asarray(where)
        if mask.dtype.kind not in "biuf":
            raise TypeError(f"{self.name}: where= is a mask of booleans, not of {mask.dtype}")
        return mask.astype(bool, copy=False)

    def _over(self, mask, shape: tuple[int, ...]):
        """The mask in the shape of x, where that is known: else it is held against each block."""
        try:
            return mask if any(n != n for n in shape) else np.broadcast_to(mask, shape)
        except ValueError:
            raise ValueError(
                f"{self.name}: a mask where= of shape {mask.shape} does not broadcast to x, which has shape {shape}"
            ) from None

    def _masked(self, name: str, operands: tuple, axis, where, out, rest: dict, values: Mapping[str, object]):
        """Elements masked out weigh nothing: softmax gives them 0, log_softmax -inf, and both the gradient 0.

        As inputs they become what weighs nothing (-inf), as saved probabilities 0, as gradients 0, so that they drop
        out of every sum.
        """
        operands = tuple(np.asarray(x) for x in operands)
        mask = self._over(np.asarray(self._mask(where)), operands[-1].shape)
        logarithm = self.name.startswith("log")
        absent = self._declaration.absent
        if name == "backward_from_output":
            absent = -np.inf if logarithm else 0.0
        operands = [filled_outside(x, mask, 0.0) for x in operands[:-1]] + [filled_outside(operands[-1], mask, absent)]
        result = np.asarray(self._fold(name, tuple(operands), axis, None, None, rest, values))
        result = filled_outside(result, mask, -np.inf if logarithm and name == "forward" else 0.0)
        return placed(result, out)


class Channels(Normaliser):
    """softmax2d: a normaliser of images' channels. It takes nothing but images, unless the call names an axis."""

    __slots__ = ()

    def _prepare(self) -> None:
        super()._prepare()
        self.usual_axis, self.fewest, self.most = self.axis, min(self.dimensions), max(self.dimensions)

    @property
    def axis(self) -> int:
        """The axis that is folded where the call names none."""
        return self._declaration.axis

    @property
    def dimensions(self) -> tuple[int, ...]:
        """How many dimensions the input may have where the call names no axis."""
        return self._declaration.dimensions

    def _forward(self, x, /, out=None, *, axis=-3, where=None, **keywords):
        """Forward of an image (C, H, W), of several (N, C, H, W), or, with `axis`, of any array."""
        x = as_array(x)
        return super()._forward(x, out, axis=self._channels(x, axis), where=where, **keywords)

    def _gradient(self, dy, x, y, keywords: dict):
        dy = as_array(dy)
        axis = self._channels(dy, keywords.pop("axis", self.axis))
        return super()._gradient(dy, x, y, {**keywords, "axis": axis})

    def _channels(self, x, axis):
        """The axis, if x is an image or the axis is another than that of channels."""
        if axis == self.axis and x.ndim not in self.dimensions:
            raise ValueError(
                f"{self.name} takes images, of {' or '.join(map(str, self.dimensions))} dimensions, whose channels are "
                f"axis {self.axis}, not an array of shape {x.shape}; {self._declaration.formulas} takes any"
            )
        return axis


class Entmax(Normaliser):
    """entmax: with alpha = 1 the kernels are those of softmax, with alpha = 2 those of sparsemax."""

    __slots__ = ()

    def _ufunc(self, name: str, values: Mapping[str, object] | None = None) -> np.ufunc:
        alpha = (self._values if values is None else values)["alpha"]
        if alpha == 1:
            return self._library.folding("softmax", name)
        return self._library.folding("sparsemax", name) if alpha == 2 else super()._ufunc(name, values)


class Gumbel(Normaliser):
    """gumbel_softmax: with ``rng`` (a `numpy.random.Generator`) a draw, without it softmax."""

    __slots__ = ()

    def _cut(self, shape: tuple[int, ...], keywords: dict) -> tuple[tuple, tuple, tuple, dict]:
        if "rng" in keywords:
            raise TypeError("numbers are drawn in the order of all elements, which that of rows is not")
        return super()._cut(shape, keywords)

    def _forward(self, x, /, out=None, *, axis=-1, where=None, rng=None, hard=False, **keywords):
        """Forward; `hard` gives 1 to the class that is drawn and 0 to the others."""
        if rng is not None or hard:
            from activations.builtins import hardmax

            self._split(dict(keywords))
        if rng is not None:
            # All that may be wrong is looked at before a number is drawn or written.
            demand_generator(self.name, rng)
            self._axes(axis, np.ndim(x))
            if where is not None:
                self._over(self._mask(where), np.shape(x))
        if rng is not None and (place := place_for(x, out, where, keywords)) is not None:
            for index in blocks(x.shape):
                self._noisy(x[index], rng, place[index])
            # In place, for which nothing may be said that keeps a call from the short way.
            said = {"axis": axis} | ({} if where is None else {"where": where})
            if not hard:
                return self(place, out=place, **said, **keywords)
            return hardmax(place, out=place, **said)
        if rng is not None and needs_float32((x,), keywords):

            def wide(x, out=None, **keywords):
                return self._forward(x, out, axis=axis, where=where, rng=rng, hard=hard, **keywords)

            return through_float32(wide, (x,), 1, keywords if out is None else {**keywords, "out": out})
        if rng is not None:
            x = self._noisy(np.asarray(x), rng)
        if not hard:
            return super()._forward(x, out, axis=axis, where=where, **keywords)
        return hardmax(x, out=out, axis=axis, where=where)

    def _noisy(self, x: np.ndarray, rng, out: np.ndarray | None = None) -> np.ndarray:
        with np.errstate(all="ignore"):  # noise near 0 is subnormal in float16
            dtype = float_for(x.dtype).newbyteorder("=")
            return np.add(x, rng.gumbel(size=x.shape), out=out, dtype=dtype, casting="same_kind")

    def _gradient(self, dy, x, y, keywords: dict):
        """The gradient of the soft draw, for a hard one too (straight through): from `x` with its noise, or `y`."""
        keywords.pop("hard", None)
        if "rng" in keywords:
            raise TypeError(f"{self.name}.backward draws no noise: give y=, what the soft draw returned, not rng=")
        return super()._gradient(dy, x, y, keywords)


class Reduction(Folding):
    """logsumexp and its kin: the axis goes, or keeps length 1 with ``keepdims=True``. Several axes count as one."""

    __slots__ = ()

    if TYPE_CHECKING:  # of a single row the result is a scalar

        def __call__(self, x: Any, /, *args: Any, **kwargs: Any) -> Any: ...

    def _prepare(self) -> None:
        super()._prepare()
        self.removes = True

    def _cut(self, shape: tuple[int, ...], keywords: dict) -> tuple[tuple, tuple, tuple, dict]:
        axes, *_ = super()._cut(shape, keywords)
        if keywords.get("keepdims"):
            return axes, tuple(1 if axis in axes else n for axis, n in enumerate(shape)), (), {}
        return axes, tuple(n for axis, n in enumerate(shape) if axis not in axes), axes, {}

    def _forward(self, x, /, out=None, *, axis=-1, keepdims=False, **keywords):
        """Forward along `axis` (an int, a tuple, or None for all)."""
        values, rest = self._taken(keywords)
        x = as_array(x)
        axes = self._axes(axis, x.ndim)
        if self._declaration.needs_elements and not all(x.shape[a] for a in axes):
            raise ValueError(f"{self.name} of nothing: axis {axis} of an array of shape {x.shape} holds no elements")
        if is_lazy(x):
            result = self._lazily("_forward", (x,), axes, out, rest, values)
            return result[tuple(None if a in axes else slice(None) for a in range(x.ndim))] if keepdims else result
        if len(axes) == 1:
            if out is not None:
                rest["out"] = out
            if keepdims:
                rest["keepdims"] = True
            if axes[0] != x.ndim - 1:
                rest["axis"] = axes[0]
            return self._call("forward", (x,), rest, values)
        result = self._call("forward", (flattened(np.asarray(x), axes),), rest, values)
        if keepdims:
            result = np.expand_dims(result, axes)
        return result if out is None else placed(np.asarray(result), out)

    def _gradient(self, dy, x, y, keywords: dict):
        """The gradient of x; `dy` has the shape of the result, with ``keepdims`` or without."""
        axis, out = keywords.pop("axis", -1), keywords.pop("out", None)
        keywords.pop("keepdims", None)
        x = as_array(self._saved(x, y, self.saves))
        dy = as_array(dy)
        values, rest = self._taken(keywords)
        axes = self._axes(axis, x.ndim)
        left = tuple(n for a, n in enumerate(x.shape) if a not in axes)
        dy = self._without_axes("dy", dy, x, axes, left)
        if is_lazy(dy, x):
            return self._lazily("_gradient_block", (dy, x), axes, out, rest, values)
        if y is not None and self.folded_with_output is not None and axes == (x.ndim - 1,):
            y = self._without_axes("y", as_array(y), x, axes, left)
            return self._call("backward_with_output", (dy, x, y), rest if out is None else {**rest, "out": out}, values)
        if len(axes) == 1:
            if out is not None:
                rest["out"] = out
            if axes[0] != x.ndim - 1:
                rest["axis"] = axes[0]
                laid_out_like((dy, x), rest)
            return self._call("backward", (dy, x), rest, values)
        last = tuple(range(-len(axes), 0))
        result = self._call("backward", (dy, flattened(x, axes)), rest, values)
        result = np.moveaxis(result.reshape(*left, *(x.shape[a] for a in axes)), last, axes)
        return placed(result, out)

    def _lazily(self, method: str, operands: tuple, axes: tuple[int, ...], out, rest: dict, values):
        every = tuple(range(operands[-1].ndim))
        left = tuple(a for a in every if a not in axes)
        pairs = list(zip(operands, (left, every)[-len(operands) :], strict=True))
        result = left if method == "_forward" else every
        arguments = {**rest, "axis": axes[0] if len(axes) == 1 else axes}
        return by_blocks(self.bind(**values), method, arguments, pairs, result, axes, out)

    def _gradient_block(self, dy, x, **keywords):
        """One block of a lazy pass."""
        return self._gradient(dy, x, None, keywords)

    def _without_axes(self, name: str, array, x, axes: tuple[int, ...], left: tuple[int, ...]):
        """What has the shape of the result, or has it with ``keepdims``, without the folded axes."""
        if same_shape(array.shape, tuple(1 if a in axes else n for a, n in enumerate(x.shape))):
            array = array[(*(0 if a in axes else slice(None) for a in range(x.ndim)), ...)]
        if not same_shape(array.shape, left):
            raise ValueError(
                f"{self.name}.backward: {name} has shape {array.shape} and x has shape {x.shape}; along axis "
                f"{axes[0] if len(axes) == 1 else axes}, {name} must have shape {left}"
            )
        return array


class Maxout(Folding):
    """maxout: an axis of m * pieces values becomes one of m, each the largest of its pieces."""

    __slots__ = ()

    def _prepare(self) -> None:
        super()._prepare()
        self.folded_from_argmax = self._ufunc("backward_from_argmax")
        self.pieces = self._values["pieces"]

    def _cut(self, shape: tuple[int, ...], keywords: dict) -> tuple[tuple, tuple, tuple, dict]:
        axis = self._one_axis(keywords.get("axis", -1), len(shape))
        pieces = self._pieces(keywords.get("pieces"))
        return (axis,), (*shape[:axis], shape[axis] // pieces, *shape[axis + 1 :]), (), {}

    def _forward(self, x, /, out=None, *, axis=-1, pieces=None, **rest):
        """Forward: unit j folds the values ``j * pieces`` to ``j * pieces + pieces - 1`` of `axis`."""
        x = as_array(x)
        view = self._split_axis(x, axis, self._pieces(pieces))
        if not rest and (axis == -1 or axis == x.ndim - 1):
            return self._call("forward", (view,) if out is None else (view, out), {})
        keywords = self._core(rest, axis, x.ndim, 1)
        return self._call("forward", (view,), keywords if out is None else {**keywords, "out": out})

    def with_argmax(self, x, /, out=None, *, axis=-1, pieces=None, **rest) -> tuple[Any, Any]:
        """Forward, and which piece won.

        Parameters
        ----------
        x : array_like
            Pre-activation; `axis` holds m * pieces values.
        out : tuple of two ndarrays, optional
        axis, pieces, **rest
            As in the call, ``bias`` among them.

        Returns
        -------
        y, which : ndarray
            The largest piece of each unit, and its number. Ties go to the first; the first NaN wins. The numbers are
            kept in uint8, or in intp where there are more than 256 pieces: backward reads them at memory speed.

        Raises
        ------
        ValueError
            If `pieces` does not divide the axis.
        """
        self._refuse_masked(None, x)
        pieces = self._pieces(pieces)
        x = as_array(rows_of(self._with_bias(x, rest)))
        keywords = self._core(rest, axis, x.ndim, 2)
        name = "with_argmax" if pieces <= NARROW_PIECES else "with_wide_argmax"
        if out is not None:
            keywords = {**keywords, "out": out}
        elif not rest and (found := winners_along(self._ufunc(name), x, axis, pieces)) is not None:
            return found
        return self._call(name, (self._split_axis(x, axis, pieces),), keywords)

    def _gradient(self, dy, x, y, keywords: dict):
        """Each unit's gradient goes to the piece that won, the first one at a tie."""
        rest = dict(keywords)
        which, axis, pieces, out = (
            rest.pop(key, default) for key, default in (("which", None), ("axis", -1), ("pieces", None), ("out", None))
        )
        pieces = self._pieces(pieces)
        dy = as_array(dy)
        at = self._one_axis(axis, dy.ndim)
        shape = dy.shape
        expected = (*shape[:at], shape[at] * pieces, *shape[at + 1 :])
        if which is not None:
            operand = which if is_lazy(which) else np.asarray(which)
            if operand.dtype.kind not in "iu":
                raise TypeError(
                    f"{self.name}.backward: which holds the numbers of pieces, integers; its dtype is {operand.dtype}"
                )
            if not same_shape(operand.shape, shape):
                raise ValueError(
                    f"{self.name}.backward: dy has shape {shape} and which has shape {operand.shape}; "
                    "they must be equal"
                )
            if is_lazy(dy, operand):
                return self._lazily(dy, operand, at, pieces, True, out, rest)
            if wrong := outside(operand, pieces):
                raise ValueError(f"{self.name}.backward: {wrong}")
            narrow = pieces <= NARROW_PIECES
            name = "backward_from_argmax" if narrow else "backward_from_wide_argmax"
            operand = operand.astype(np.uint8 if narrow else np.intp, copy=False)
            core = ()
        else:
            x = as_array(self._saved(x, None, self.saves))
            name, operand, core = "backward", self._split_axis(x, axis, pieces), (at + 1,)
            if not same_shape(x.shape, expected):
                raise ValueError(
                    f"{self.name}.backward: dy has shape {shape} and x has shape {x.shape}; with pieces={pieces} along "
                    f"axis {axis}, x must have shape {expected}"
                )
            if is_lazy(dy, x):
                return self._lazily(dy, x, at, pieces, False, out, rest)
        if out is None:
            dtype = rest.get("dtype") or (float_of(dy, x) if which is None else float_of(dy))
            out = np.empty_like(x, dtype) if which is None and type(x) is np.ndarray else np.empty(expected, dtype)
        elif out.shape != expected:
            raise ValueError(f"out has shape {out.shape} and the result has shape {expected}; they must be equal")
        keywords = rest if at == dy.ndim - 1 else {**rest, "axes": [(), core, (at + 1,)]}
        self._taken(rest)
        self._call(name, (dy, operand, self._split_axis(out, axis, pieces)), keywords)
        return out

    def _lazily(self, dy, operand, at: int, pieces: int, by_which: bool, out, rest: dict):
        """The gradient from x, which has an axis `at` of another length than that of dy, or from the winners."""
        every = tuple(range(dy.ndim))
        units = every if by_which else (*every[:at], dy.ndim, *every[at + 1 :])
        arguments = {"by_which": by_which, "axis": at, **rest}
        pairs, whole = [(dy, units), (operand, every)], (at, units[at])
        f, more = self.bind(pieces=pieces), {"grows" if by_which else "lengths": {at: pieces}}
        return by_blocks(f, "_gradient_block", arguments, pairs, every, whole, out, **more)

    def _gradient_block(self, dy, operand, *, by_which: bool, **keywords):
        """One block of a lazy pass."""
        return self._gradient(dy, operand, None, {**keywords, "which": operand if by_which else None})

    def _pieces(self, pieces) -> int:
        return self._values["pieces"] if pieces is None else self._checked("pieces", pieces)

    def _split_axis(self, x, axis: int, pieces: int):
        """A view in which the folded axis is two: units, pieces."""
        axis = self._one_axis(axis, x.ndim)
        if isinstance(x, np.ndarray):
            view = split_axis(x, axis, pieces)
            if view is not None:
                return view
        refuse_unknown(self.name, axis, length := x.shape[axis])
        if length % pieces:
            raise ValueError(f"{self.name}: pieces={pieces} does not divide the {length} values of axis {axis}")
        if is_lazy(x):
            return apart(x, axis, pieces)
        return x.reshape((*x.shape[:axis], length // pieces, pieces, *x.shape[axis + 1 :]))

    def _core(self, rest: dict, axis: int, ndim: int, outputs: int) -> dict:
        self._taken(rest)
        axis = self._one_axis(axis, ndim)
        return rest if axis == ndim - 1 else {**rest, "axes": [(axis + 1,), *[()] * outputs]}
