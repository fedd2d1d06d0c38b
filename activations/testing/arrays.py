"""Checks of what arrays are given and what comes back."""

from __future__ import annotations

import warnings

import numpy as np

from activations.activation import Activation
from activations.testing.kit import NotApplicable, check
from activations.testing.samples import DTYPES, gradient, incoming, is_elementwise, passes, points


def alike(found, expected, what: str, exactly: bool = True, apart: float = 0.0) -> None:
    """Raise where results differ: at all, by a few ulp, or by more than `apart` of the largest."""
    found, expected = np.asarray(found), np.asarray(expected)
    if found.shape != expected.shape:
        raise AssertionError(f"{what}: shape {found.shape}, expected {expected.shape}")
    if found.dtype != expected.dtype:
        raise AssertionError(f"{what}: dtype {found.dtype}, expected {expected.dtype}")
    same = (found == expected) | (np.isnan(found) & np.isnan(expected))
    if not exactly:
        least = apart * np.abs(expected[np.isfinite(expected)]).max(initial=0.0)
        same |= np.isclose(found, expected, rtol=8 * np.finfo(found.dtype).eps, atol=least, equal_nan=True)
    if not same.all():
        k = np.unravel_index(np.argmin(same), same.shape)
        raise AssertionError(f"{what}: element {tuple(map(int, k))} is {found[k]!r}, expected {expected[k]!r}")


@check
def dtype_preserved(f: Activation) -> None:
    """float16, float32 and float64 in, the same out, of every pass."""
    for dtype in DTYPES:
        x = points(f, dtype)
        for name, found in passes(f, x, incoming(f, x).astype(dtype)).items():
            if found.dtype != dtype:
                raise AssertionError(f"{name.removesuffix('(x)')} of {dtype} is {found.dtype}")


@check
def precision_follows_dtype(f: Activation) -> None:
    """float16 and float32 agree with float64 to most of their digits, in every pass."""
    for dtype, most in ((np.float16, 1e-2), (np.float32, 1e-5)):
        x = points(f, dtype)
        dy = incoming(f, x).astype(dtype)
        exact = passes(f, x.astype(np.float64), dy.astype(np.float64))
        for name, found in passes(f, x, dy).items():
            off = np.abs(found.astype(np.float64) - exact[name]) > most * (1 + np.abs(exact[name]))
            if off.any():
                where = f" at x = {x[off].ravel()[0]!r}" if is_elementwise(f) else ""
                raise AssertionError(f"{name} in {np.dtype(dtype)} is off by more than {most:g}{where}")


@check
def whole_numbers(f: Activation) -> None:
    """Integers give what the same numbers give as floats, in every pass."""
    x = np.arange(-24, 24).reshape(6, 8) // 4
    dy = incoming(f, x.astype(np.float64))
    exact = passes(f, x.astype(np.float64), dy)
    for name, found in passes(f, x, dy).items():
        alike(found.astype(np.float64), exact[name], f"{name} of integers", exactly=False, apart=1e-12)


@check
def array_parameters(f: Activation) -> None:
    """A real parameter may be an array: the same values, of the type of x, in every pass."""
    real = {name: value for name, value in f.parameters.items() if isinstance(value, float)}
    if not is_elementwise(f) or not real:
        raise NotApplicable("it has no real parameters" if is_elementwise(f) else f"of kind {f.kind}")
    if "added" in f._declaration.scalars:
        raise NotApplicable("an array is as many terms of its sum")
    for dtype in DTYPES:
        x = points(f, dtype)
        dy = incoming(f, x).astype(dtype)
        # Arrays are in the type of x, which rounds them.
        rounded = {name: float(dtype.type(value)) for name, value in real.items()}
        expected = passes(f, x, dy, **rounded)
        for name, value in rounded.items():
            array = np.full(x.shape[1:], value)
            kept = array.copy()
            for each, found in passes(f, x, dy, **rounded | {name: array}).items():
                what = f"{each} with an array for {name}"
                alike(found, expected[each], what, exactly=False, apart=8 * np.finfo(dtype).eps)
            alike(array, kept, f"{name} after the call")


@check
def nan_and_infinities(f: Activation) -> None:
    """NaN in, NaN out, forward and backward, and none from numbers; an infinity is no error."""
    for dtype in DTYPES:
        x = points(f, dtype)
        x[1, 2] = np.nan
        dy = incoming(f, points(f, dtype)).astype(dtype)
        with np.errstate(all="ignore"):
            for name, found in passes(f, x, dy).items():
                if is_elementwise(f):
                    if not np.isnan(found[1, 2]) or np.isnan(np.delete(found.ravel(), 10)).any():
                        raise AssertionError(f"NaN in {dtype} is not NaN, and nothing else, in {name}")
                # The gradient of a sum, say, does not depend on x.
                elif np.isnan(found[0]).any() or (name == "f(x)" and not np.isnan(found[1]).any()):
                    raise AssertionError(f"a row with a NaN in {dtype} has none in {name}, or another row has one")
            x[1, 2] = np.inf
            f(x)
            x[1, 2] = -np.inf
            f(x)
            if is_elementwise(f):
                # Where it is a number nearer by, it is one at the usual hard spots too.
                near = ~np.isnan(f(np.array([-6.0, -6.0, -1e-3, 6.0, 6.0])) + f(np.array([-6.0, -6.0, 1e-3, 6.0, 6.0])))
                x = np.array([-1000.0, -30.0, 0.0, 30.0, 1000.0], dtype)
                for name, found in passes(f, x, np.ones_like(x)).items():
                    if (bad := np.isnan(found) & near).any():
                        raise AssertionError(f"{name} in {dtype} is NaN at x = {x[bad][0]:g}")


@check
def strides(f: Activation) -> None:
    """The same values from any layout: steps, reversed, Fortran order, transposed, broadcast."""
    # NumPy adds the numbers of another layout in another order, which shows where their sum cancels; differences of the
    # forward pass magnify it.
    added = 0.0 if is_elementwise(f) or f._library is not None else 1e-13
    apart = 1e-9 if f.numerical else added
    x = points(f, np.float64, (12, 16))
    for name, view in (
        ("every other column", x[:, ::2]),
        ("every other row", x[::2]),
        ("reversed", x[::-1, ::-1]),
        ("Fortran order", np.asfortranarray(x)),
        ("transposed", points(f, np.float64, (16, 12)).T),
        ("broadcast", np.broadcast_to(x[:1], (5, 16))),
    ):
        copy = np.ascontiguousarray(view)
        alike(f(view), f(copy), name, exactly=False, apart=added)
        expected = gradient(f, incoming(f, copy), copy)
        if expected is not None:
            dy = incoming(f, copy)
            spaced = np.repeat(dy, 2, axis=-1)[..., ::2]
            alike(gradient(f, dy, view), expected, f"backward, {name}", exactly=False, apart=apart)
            for name, strided in (("dy in Fortran order", np.asfortranarray(dy)), ("every other dy", spaced)):
                alike(gradient(f, strided, copy), expected, f"backward, {name}", exactly=False, apart=apart)


@check
def dimensions(f: Activation) -> None:
    """A row gives the same alone, in a table and in a stack of tables, and along the first axis where f takes axis=."""
    x = points(f, np.float64, (3, 6, 8))
    dy = incoming(f, x)
    whole = passes(f, x, dy)
    for name, part in (("a table", (0,)), ("a row", (1, 2))):
        for each, found in passes(f, x[part], dy[part]).items():
            alike(found, whole[each][part], f"{each} of {name} out of a stack", exactly=False, apart=1e-9)
    table, expected = np.ascontiguousarray(x[0].T), whole["f(x)"][0]
    try:
        found = np.asarray(f(table, axis=0)) if not is_elementwise(f) else None
    except TypeError:
        return
    if found is not None:
        alike(found, expected.T, "f(x, axis=0)", exactly=False, apart=1e-9)


@check
def byte_order(f: Activation) -> None:
    """Arrays in the other byte order give the same values."""
    x = points(f)
    swapped = x.astype(x.dtype.newbyteorder())
    alike(np.asarray(f(swapped)).astype(np.float64), f(x), "swapped bytes", exactly=False)


@check
def out(f: Activation) -> None:
    """f(x, out=array) fills the array and returns it; an array of the wrong shape is an error."""
    x = points(f)
    expected = np.asarray(f(x))
    result = np.full_like(expected, np.nan)
    returned = f(x, out=result)
    if returned is not result:
        raise AssertionError("f(x, out=array) does not return the array")
    alike(result, expected, "out", exactly=False)
    try:
        f(x, out=np.empty((3, 3, 3)))
    except (ValueError, TypeError):
        return
    raise AssertionError("out of a wrong shape is not refused")


@check
def in_place(f: Activation) -> None:
    """f(x, out=x) and backward(dy, x, out=dy) give what they give elsewhere."""
    x = points(f)
    expected = np.asarray(f(x))
    if expected.shape != x.shape:
        raise NotApplicable("the result has another shape")
    inside = x.copy()
    alike(f(inside, out=inside), expected, "in place", exactly=False)
    dy = incoming(f, x)
    expected = gradient(f, dy, x)
    for name in ("dy", "x") if expected is not None else ():
        arrays = {"dy": dy.copy(), "x": x.copy()}
        alike(gradient(f, **arrays, out=arrays[name]), expected, f"backward, out={name}", exactly=False)


@check
def overlap(f: Activation) -> None:
    """A result that overlaps the input by a part of it is right, as with NumPy's own functions."""
    memory = np.concatenate([points(f).ravel(), np.zeros(8)])
    x, shifted = memory[:48].reshape(6, 8), memory[8:56].reshape(6, 8)
    expected = np.asarray(f(x.copy()))
    if expected.shape != x.shape:
        raise NotApplicable("the result has another shape")
    alike(f(x, out=shifted), expected, "shifted by a row", exactly=False)


@check
def empty(f: Activation) -> None:
    """No elements in, none out."""
    for shape in ((0,), (0, 4)) if is_elementwise(f) else ((0, 4),):
        y = np.asarray(f(np.empty(shape)))
        if y.size:
            raise AssertionError(f"f of an array of shape {shape} has {y.size} elements")


@check
def zero_dimensional(f: Activation) -> None:
    """A single number gives a single number, the one that an array gives."""
    if not is_elementwise(f):
        raise NotApplicable(f"of kind {f.kind}: it needs an axis")
    for x in (0.75, np.float32(0.75), np.array(0.75)):
        y = f(x)
        if np.ndim(y) != 0:
            raise AssertionError(f"f({x!r}) has {np.ndim(y)} dimensions")
        alike(y, np.asarray(f(np.atleast_1d(np.asarray(x))))[0], f"f({x!r})", exactly=False)


@check
def inputs_unchanged(f: Activation) -> None:
    """No call writes into what it reads, returns it or writes into what it returned, and read-only arrays do."""
    for dtype in DTYPES:
        x = points(f, dtype)
        dy = incoming(f, x).astype(dtype)
        kept = x.copy(), dy.copy()
        x.setflags(write=False)
        dy.setflags(write=False)
        for name, found in passes(f, x, dy).items():
            if any(np.shares_memory(found, given) for given in (x, dy)):
                raise AssertionError(f"{name} is the memory of what it was given: who writes there changes the input")
        alike(x, kept[0], "x after the call")
        alike(dy, kept[1], "dy after the call")
        first = passes(f, x, dy)
        again = {name: found.copy() for name, found in first.items()}
        passes(f, x[::-1], dy[::-1])
        for name, found in first.items():
            alike(found, again[name], f"{name} after another call")


@check
def no_floating_point_warning(f: Activation) -> None:
    """No warning and no FloatingPointError in any pass, tails and infinities included; of rows, large numbers.

    Underflow, of which NumPy does not warn unless it is told to, counts for f(x) of numbers or of moderate rows alone.
    """
    sizes = np.array([0.0, 1e-300, 1e-30, 1.0, 20.0, 800.0, 1e30, 1e300, np.inf])
    everywhere = np.concatenate([-sizes, sizes, [np.nan]])
    for dtype in DTYPES:
        with np.errstate(all="ignore"):
            x = everywhere.astype(dtype) if is_elementwise(f) else points(f, dtype)
        with np.errstate(all="raise"), warnings.catch_warnings():
            warnings.simplefilter("error")
            y, handling = np.asarray(f(x)), set(np.geterr().values())
            if handling != {"raise"}:
                raise AssertionError("f(x) changes how NumPy handles errors: use `with np.errstate(...)` in it")
            with np.errstate(under="ignore"):
                passes(f, x, np.ones_like(y))
                # float16 ends before much that a fold has to do with such numbers, a sum of squares say.
                if not is_elementwise(f) and dtype != np.float16:
                    passes(f, 1000 * x, np.ones_like(y))
