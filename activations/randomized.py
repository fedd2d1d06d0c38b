"""rrelu: with a generator it draws a slope for every element, without one it is elementwise like others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from activations.arrays import as_array, float_for, float_of, placed
from activations.blockwise import is_large, overlap, through
from activations.elementwise import Elementwise
from activations.narrow import needs_float32, through_float32
from activations.rowwise import relabelled, unlabelled

__all__ = ["Randomized", "demand_generator"]


def demand_generator(name: str, rng: object) -> None:
    """Refuse what draws nothing."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"{name}: rng is a numpy.random.Generator, such as numpy.random.default_rng(0), not {type(rng).__name__!r}"
        )


class Randomized(Elementwise):
    """rrelu: ``f(x)`` has the mean slope, ``f(x, rng=generator)`` one drawn for each element, as in training.

    The backward pass needs the same slopes: `with_slopes` returns them, ``backward(dy, slopes=slopes)`` takes them.
    """

    __slots__ = ()

    def _prepare(self) -> None:
        super()._prepare()
        self._demand_ordered(self._values)

    def _demand_ordered(self, values: Mapping[str, object]) -> None:
        if np.any(np.asarray(values["lower"]) > values["upper"]):
            raise ValueError(f"{self.name}: lower={values['lower']} is larger than upper={values['upper']}")

    def _cut(self, shape: tuple[int, ...], keywords: dict) -> tuple[tuple, tuple, tuple, dict]:
        # Portions follow each other in the order in which slopes are drawn.
        return super()._cut(shape, {key: value for key, value in keywords.items() if key != "rng"})

    def _general(self, x, /, *args, rng=None, **keywords):
        if rng is None:
            return super()._general(x, *args, **keywords)
        if (result := self._in_blocks(x, args, {**keywords, "rng": rng})) is not None:
            return result
        if args:
            (keywords["out"],) = args
        out = keywords.pop("out", None)
        out = out[0] if isinstance(out, tuple) else out
        return self.with_slopes(x, (out, None), rng=rng, **keywords)[0]

    def with_slopes(self, x, /, out=None, *, rng: np.random.Generator, **keywords) -> tuple[Any, Any]:
        """Forward with drawn slopes, and these.

        Parameters
        ----------
        x : array_like
            Pre-activation.
        out : tuple of two ndarrays, optional
            Where the results go; either may be None.
        rng : numpy.random.Generator
            It moves on by one number for each element of `x`, whatever their signs: by a float32 each for float16 and
            float32, by a float64 else.
        **keywords
            Parameters of the activation, ``bias``, as in the call, and a ufunc's keywords.

        Returns
        -------
        y, slopes : ndarray
            The output, and the derivative of each element: 1 where it is positive, the drawn slope elsewhere, NaN at
            NaN. Both are of the shape and dtype of ``f(x)``.

        Raises
        ------
        TypeError
            If `rng` is no generator.
        ValueError
            If ``lower`` is larger than ``upper``.

        Examples
        --------
        >>> import numpy as np, activations
        >>> x = np.array([-2.0, 3.0])
        >>> y, slopes = activations.rrelu.with_slopes(x, rng=np.random.default_rng(0))
        >>> y == slopes * x
        array([ True,  True])
        >>> activations.rrelu.backward(np.ones(2), slopes=slopes) == slopes
        array([ True,  True])
        """
        demand_generator(self.name, rng)
        values, rest = self._split({key: value for key, value in keywords.items() if key != "bias"})
        self._demand_ordered(values)
        first, second = (None, None) if out is None else out
        if isinstance(x, np.ma.MaskedArray):
            results = self.with_slopes(x.data, out, rng=rng, **keywords)
            return tuple(
                np.ma.array(each, mask=x.mask) if given is None else each
                for each, given in zip(results, (first, second), strict=True)
            )
        if (results := self._drawn_in_blocks(x, first, second, rng, keywords)) is not None:
            return results
        x = self._with_bias(x, keywords)

        def drawn(x, out=None, **keywords):
            return self._drawn(x, rng, values, keywords, out and out[0])

        array = unlabelled(x)
        if needs_float32((array,), rest):
            y, slopes = through_float32(drawn, (array,), 1, {**rest, "out": (first, None)})
        else:
            y, slopes = drawn(array, (first, None), **rest)
        y = relabelled(y, x) if first is None else y
        return y, relabelled(slopes, x) if second is None else placed(slopes, second)

    def _drawn_in_blocks(self, x, first, second, rng, keywords: dict):
        """`with_slopes` of a large array, in the order of its elements; None for a call that is seen as a whole."""
        given = [out for out in (first, second) if out is not None]
        if not is_large(x) or any(type(out) is not np.ndarray or out.shape != x.shape for out in given):
            return None
        asked = self._asked(x.shape, {**keywords, "out": first})
        if asked is None:
            return None
        _, beside, rest, *_ = asked
        # Slopes are written while portions of these are still to be read; `through` looks at the first result alone.
        if second is not None and (
            overlap(second, x) or any(np.may_share_memory(second, each) for each in (first, *beside.values()))
        ):
            return None
        slopes = np.empty_like(x) if second is None else second

        def call(x, slopes, out, **keywords):
            self.with_slopes(x, (out, slopes), rng=rng, **keywords, **rest)

        out = (x.shape, x.dtype) if first is None else first
        y = through(call, x, (), [(x, ()), (slopes, ())], (out, ()), beside)
        return None if y is None else (y, slopes)

    def _drawn(self, x, rng, values: Mapping[str, object], rest: dict, out=None):
        x = np.asarray(x)
        if x.dtype.kind not in "fiub":
            raise self._explained(TypeError(), x)
        x = x.astype(float_for(x.dtype), copy=False)
        slopes = np.asarray(rng.random(x.shape, np.float32 if x.dtype.itemsize <= 4 else np.float64))
        with np.errstate(all="ignore"):  # a slope may be too large for float16
            slopes = (values["lower"] + np.subtract(values["upper"], values["lower"]) * slopes).astype(x.dtype)
        # Before y is written, for which x itself may be the place.
        taken = np.where(x > 0, x.dtype.type(1), np.where(np.isnan(x), x, slopes))
        return self._library.elementwise("leaky_relu", "forward", None)(x, slopes, **rest, out=out), taken

    def _backward(self, dy, x, y, keywords: dict):
        if "rng" in keywords:
            raise TypeError(f"{self.name}.backward draws nothing: give slopes=, what with_slopes returned, not rng=")
        slopes = keywords.pop("slopes", None)
        if slopes is None:
            return super()._backward(dy, x, y, keywords)
        _, rest = self._split(keywords)
        if np.shape(dy) != np.shape(slopes):
            raise ValueError(
                f"{self.name}.backward: dy has shape {np.shape(dy)} and slopes have shape {np.shape(slopes)}; "
                "they must be equal"
            )
        dy, slopes = as_array(dy), as_array(slopes)
        typed = [each for each in (dy, slopes) if hasattr(each, "dtype")]  # pandas' tables have several types
        self._demand_real(typed)
        if "dtype" not in rest and len(typed) == 2 and all(each.dtype.kind in "iub" for each in typed):
            rest = {**rest, "dtype": float_of(dy, slopes)}
        with np.errstate(all="ignore"):
            return np.multiply(dy, slopes, **rest)
