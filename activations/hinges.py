"""apl: an elementwise activation that is a sum of hinges, whose parameters have one entry for each hinge."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from activations.arrays import float_for
from activations.elementwise import Elementwise
from activations.narrow import needs_float32, through_float32
from activations.rowwise import relabelled, unlabelled

__all__ = ["Hinged"]


class Hinged(Elementwise):
    """apl: ``a`` and ``b`` are numbers, for one hinge, or arrays whose first axis counts hinges.

    What follows the first axis broadcasts against x: with S hinges a shape of (S,) is one function for all units,
    (S, M) one for each of M units on the last axis, (S, C, 1, 1) one for each channel of images. A number, and an
    array of one entry, is shared by all hinges. Each hinge takes one pass over x.
    """

    __slots__ = ()

    def _hinges(self, values: Mapping[str, object], shape: tuple[int, ...]) -> list[tuple]:
        """The values of a and b for each hinge; they have to broadcast to the shape of x."""
        arrays = [np.asarray(values[name]) for name in ("a", "b")]
        counts = {len(each) for each in arrays if each.ndim} - {1} or {1}
        if len(counts) > 1 or counts == {0}:
            raise ValueError(
                f"{self.name}: a has shape {arrays[0].shape} and b has shape {arrays[1].shape}; their first axis "
                "counts hinges, of which there is at least one, and as many in both"
            )
        for name, each in zip("ab", arrays, strict=True):
            inner = each.shape[1:]
            if len(inner) > len(shape) or any(n not in (1, m) for n, m in zip(inner[::-1], shape[::-1], strict=False)):
                raise ValueError(
                    f"{self.name}: {name} has shape {each.shape}, of which {inner} does not broadcast to the shape "
                    f"{shape} of x"
                )
        (count,) = counts
        return [tuple(each[min(s, len(each) - 1)] if each.ndim else each for each in arrays) for s in range(count)]

    def _cut(self, shape: tuple[int, ...], keywords: dict) -> tuple[tuple, tuple, tuple, dict]:
        whole, result, lacking, arrays = super()._cut(shape, keywords)
        if arrays:
            raise TypeError("the first axis of these arrays counts hinges")
        return whole, result, lacking, arrays

    def _bound(self, name: str) -> Callable | None:
        return super()._bound(name) if self.straight else None

    def _apply(self, name: str, operands: tuple, values: Mapping[str, object], rest: dict):
        if not any(np.ndim(value) for value in values.values()) or name.startswith("by_"):
            return super()._apply(name, operands, values, rest)
        count = self._inputs(name)
        if needs_float32(operands[:count], rest):
            return through_float32(lambda *x, **k: self._apply(name, x, values, k), operands, count, rest)
        rest = dict(rest)
        out = operands[count] if len(operands) > count else rest.pop("out", None)
        out = out[0] if isinstance(out, tuple) else out
        where, dtype = rest.pop("where", True), rest.pop("dtype", None)
        if rest:
            raise TypeError(f"{self.name} with arrays of hinges takes no {', '.join(rest)}")
        given = [np.asarray(unlabelled(x)) for x in operands[:count]]
        self._demand_real(given)
        dtype = np.dtype(dtype) if dtype is not None else float_for(np.result_type(*given))
        # float16 is rounded once, at the end, and not by every hinge.
        wide = np.result_type(dtype, np.float32)
        given = [x.astype(wide, copy=False) for x in given]
        hinges = self._hinges(values, given[-1].shape)
        direct = (
            out is not None
            and where is True
            and out.dtype == wide
            and out.shape == given[-1].shape
            and not any(np.may_share_memory(out, x) for x in (*given, *values.values()))
        )
        y = out if direct else np.empty(given[-1].shape, wide)
        self._added(name, given, hinges, y)
        if direct:
            return out
        if out is not None and out.shape != y.shape:
            raise ValueError(f"out has shape {out.shape} and the result has shape {y.shape}; they must be equal")
        with np.errstate(all="ignore"):  # what float16 cannot hold becomes infinity, as in every other pass
            if out is None and where is True:
                return relabelled(y.astype(dtype, copy=False)[()], *operands[count - 1 :: -1])
            out = np.empty(y.shape, dtype) if out is None else out
            np.copyto(out, y, where=where, casting="same_kind")
        return out

    def _added(self, name: str, given: list, hinges: list[tuple], y: np.ndarray) -> None:
        """One pass for each hinge; that of backward gathers the slope, and multiplies it in the last one."""
        *before, last = hinges
        x, run = given[-1], self._run
        if not before:
            run(name, *given, *last, out=y)
            return
        gathered = "derivative" if name == "backward" else name
        run(gathered, x, *before[0], out=y)
        for hinge in before[1:]:
            run(f"{gathered}_added", y, x, *hinge, out=y)
        run(f"{name}_added", *given[:-1], y, x, *last, out=y)

    def _run(self, name: str, *operands, out: np.ndarray) -> None:
        operands = [np.asarray(each, out.dtype) for each in operands]
        self._library.elementwise(self.name, name, None)(*operands, out=out)

    @np.errstate(all="ignore")  # a sum may be too large for float16, or of infinities of both signs
    def _summed(self, name: str, arrays: tuple, values: Mapping[str, object]) -> np.ndarray:
        """dy * df/dp of each hinge, summed to the shape of its entry, or over all hinges that share it."""
        if not any(np.ndim(value) for value in values.values()):
            return super()._summed(name, arrays, values)
        own = np.asarray(values[name])
        hinges = self._hinges(values, arrays[-1].shape)
        sums = [super(Hinged, self)._summed(name, arrays, _lifted(hinge)) for hinge in hinges]
        total = np.stack(sums).reshape(len(hinges), *own.shape[1:])
        return total if own.ndim and len(own) == len(hinges) else total.sum(axis=0).reshape(own.shape)


def _lifted(hinge: tuple) -> dict[str, object]:
    """One hinge's numbers, arrays where they are arrays, as an elementwise activation's parameters."""
    return {name: value if np.ndim(value) else float(value) for name, value in zip("ab", hinge, strict=True)}
