"""Makes the ufuncs behind the built-ins, once each, and finds them again by name.

A ufunc pickles as the name of an attribute of a module. Every ufunc made here is such an attribute of this module:
``leaky_relu`` (forward, default parameters), ``leaky_relu__backward``, ``leaky_relu__forward__operands`` (parameters as
arrays), ``leaky_relu__forward__3fc999999999999a`` (bound parameters, as the hexadecimal bits of doubles).
"""

from __future__ import annotations

import contextlib
import math
import struct
import sys
import threading
from array import array
from functools import cache
from importlib import import_module

from activations import catalogue, runtime
from activations.kernels import core

_LIMIT = 4096
_made: dict[str, object] = {}
_lock = threading.Lock()


def elementwise(stem: str, name: str = "forward", values: tuple[float, ...] | None = ()):
    """The ufunc of one pass of an activation that scalar functions stand behind.

    Parameters
    ----------
    stem : str
        Name of the scalar function: the activation's, or that of one of its formulas.
    name : str
        The pass: "forward", "derivative", "second_derivative", "backward", "backward_from_output", "by_alpha" ...
    values : tuple of float or None
        The bound parameters; None for a ufunc that takes them as further operands.

    Returns
    -------
    numpy.ufunc
    """
    declared = _declared(stem)
    label = _label(stem, name, "operands" if values is None and declared.operands else _bits(stem, values))
    return _made.get(label) or _keep(label, lambda: _elementwise(label, stem, name, values))


def folding(stem: str, name: str = "forward", values: tuple[float, ...] | None = None):
    """The generalized ufunc of one pass of a folding activation, with bound parameters or (None) the defaults."""
    values = _defaults(stem) if values is None else values
    label = _label(stem, name, _bits(stem, values))
    return _made.get(label) or _keep(label, lambda: _folding(label, stem, name, values))


def _label(stem: str, name: str, suffix: str) -> str:
    return "__".join(filter(None, (stem, name if suffix or name != "forward" else "", suffix)))


def _bits(stem: str, values: tuple[float, ...]) -> str:
    """Bound parameters as the end of a name: nothing for the defaults."""
    return "" if values == _defaults(stem) else "_".join(struct.pack(">d", v).hex() for v in values)


def has(stem: str, name: str) -> bool:
    """Whether an activation has kernels for a pass."""
    return (stem, name) in _loops(_module(stem))


def _keep(label: str, make):
    with _lock:
        if label not in _made:
            if len(_made) >= _LIMIT:
                _forget()
            ufunc = make()
            # NumPy before 2.2 has no such attribute: there pickle finds the module by searching for the object.
            with contextlib.suppress(AttributeError):
                ufunc.__module__ = __name__
            _made[label] = ufunc
        return _made[label]


def _forget() -> None:
    """Drop the ufuncs with bound parameters that nobody else holds: one in use must stay, or it would not pickle."""
    for label in list(_made):
        # This table, getrefcount's own argument.
        if label.count("__") == 2 and sys.getrefcount(_made[label]) <= 2:
            del _made[label]


@cache
def _module(stem: str) -> str:
    return _declared(stem).kernels or catalogue.family_of(_declared(stem).name)


@cache
def _declared(stem: str):
    declared = catalogue.declarations()
    return declared.get(stem) or next(d for d in declared.values() if stem in d.stems)


@cache
def _defaults(stem: str) -> tuple[float, ...]:
    return tuple(p.none if p.default is None else p.default for p in _declared(stem).operands)


@cache
def _loops(module: str) -> dict:
    return import_module(f"activations.kernels.{module}_{runtime.LEVEL}").LOOPS


@cache
def drivers() -> dict:
    """The addresses of the drivers' loops at this level, by name."""
    names = ("driver", "bias_driver", "fold_driver")
    modules = (import_module(f"activations.kernels.{name}_{runtime.LEVEL}") for name in names)
    return {name: address for module in modules for name, address in module.LOOPS.items()}


def _elementwise(label: str, stem: str, name: str, values):
    operands, results, kernels = _loops(_module(stem))[stem, name]
    varying = values is None
    if varying:
        operands += len(_defaults(stem))
    loops = []
    for character in sorted(kernels, key="bBhHiIqQfd".index):
        kernel, packed = kernels[character][varying], b""
        if values:
            packed = _packed(values, character)
            if packed is None:
                continue
        if character == "f":
            loops.append(("e" * (operands + results), "half", 4, kernel, packed))
        for spelled in _SAME.get(character, character):
            itemsize = core.itemsize(spelled)
            loops.append((spelled * (operands + results), "same", itemsize, kernel, packed))
    doc = f"{_declared(stem).summary}\n\nOne pass of an activation: see ``activations.get({_declared(stem).name!r})``."
    return core.elementwise(label, doc, drivers(), loops, operands, results)


def _packed(values: tuple[float, ...], character: str) -> bytes | None:
    """Bound parameters in a kernel's own type.

    For integers a bound beyond the range becomes the end of the range, which bounds no less; None where one is not
    whole, so that NumPy finds no integer loop and takes the float one.
    """
    if character in "fd":
        return array(character, values).tobytes()
    if not all(math.isinf(v) or float(v).is_integer() for v in values):
        return None
    bits = 8 * core.itemsize(character)
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if character.islower() else (0, (1 << bits) - 1)
    return array(character, [low if v <= low else high if v >= high else int(v) for v in values]).tobytes()


# NumPy has two types of the same size among int, long and long long; a loop of one serves the other.
_SAME = {"q": "lq", "Q": "LQ", "i": "i", "I": "I"} if struct.calcsize("l") == 8 else {"i": "il", "I": "IL"}


def _folding(label: str, stem: str, name: str, values: tuple[float, ...]):
    signature, pattern, kernels, *second = _loops(_module(stem))[_declared(stem).formulas or stem, name]
    beside, narrow = (*second, 0)[:2] if second and values == _defaults(stem) else ({}, 0)
    loops = []
    for character in sorted(kernels, key="bBhHiIqQfd".index):
        if character == "f":
            loops.append((pattern.replace("*", "e"), kernels[character], beside.get(character, 0), narrow))
        loops += [
            (pattern.replace("*", spelled), kernels[character], beside.get(character, 0), narrow)
            for spelled in _SAME.get(character, character)
        ]
    return core.folding(label, _declared(stem).summary, drivers(), loops, signature, values)


def __getattr__(label: str):
    if label in _made:
        return _made[label]
    stem, *rest = label.split("__")
    name = rest[0] if rest else "forward"
    try:
        declared = _declared(stem)
        make = elementwise if declared.has_formulas else folding
        if len(rest) < 2:
            return make(stem, name, _defaults(stem))
        if rest[1] == "operands" and declared.has_formulas:
            return elementwise(stem, name, None)
        return make(stem, name, tuple(struct.unpack(">d", bytes.fromhex(v))[0] for v in rest[1].split("_")))
    except (StopIteration, KeyError, ValueError, struct.error):
        raise AttributeError(f"module {__name__!r} has no attribute {label!r}") from None
