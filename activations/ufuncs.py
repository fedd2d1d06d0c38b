"""Makes the ufuncs behind compiled activations, once each, and finds them again by name.

A ufunc pickles as the name of an attribute of a module. Every ufunc made here is such an attribute of this module:
``leaky_relu`` (forward, default parameters), ``leaky_relu__backward``, ``leaky_relu__forward__operands`` (parameters as
arrays), ``leaky_relu__forward__3fc999999999999a`` (bound parameters, as the hexadecimal bits of doubles),
``celu:unit_elu`` (a formula of another name than its activation). The ufuncs of a plugin's activation are found through
its registered name.
"""

from __future__ import annotations

import contextlib
import math
import struct
import sys
from array import array
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module

import numpy as np

from activations import catalogue, runtime
from activations._locks import Guard
from activations.declaration import Declaration
from activations.kernels import core

_LIMIT = 4096


class Library:
    """The ufuncs over one package's loops: those of the built-ins, or those of a plugin.

    Parameters
    ----------
    declarations : callable
        ``declarations()`` gives the declarations by name.
    loops : callable
        ``loops(declaration)`` gives the loops of its module, as `activations.build` writes them.
    """

    def __init__(self, declarations: Callable[[], Mapping[str, Declaration]], loops: Callable[[Declaration], dict]):
        self._declarations = declarations
        self._loops = loops
        self._known: dict[str, tuple[Declaration, tuple[float, ...]]] = {}
        self._made: dict[str, object] = {}
        self._guard = Guard()

    def elementwise(self, stem: str, name: str = "forward", values: tuple[float, ...] | None = ()):
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
        declared, defaults = self._find(stem)
        suffix = "operands" if values is None and defaults else _bits(values, defaults)
        label = _label(declared, stem, name, suffix)
        return self._made.get(label) or self._keep(label, lambda: self._elementwise(label, stem, name, values))

    def folding(self, stem: str, name: str = "forward", values: tuple[float, ...] | None = None):
        """The generalized ufunc of one pass of a folding activation, with bound parameters or (None) the defaults."""
        declared, defaults = self._find(stem)
        values = defaults if values is None else values
        label = _label(declared, stem, name, _bits(values, defaults))
        return self._made.get(label) or self._keep(label, lambda: self._folding(label, stem, name, values))

    def labelled(self, label: str):
        """The ufunc of a label.

        Raises
        ------
        StopIteration, KeyError, ValueError, struct.error
            If there is none.
        """
        if label in self._made:
            return self._made[label]
        names, *rest = label.split("__")
        owner, _, stem = names.rpartition(":")
        declared, defaults = self._find(stem)
        make = self.elementwise if declared.has_formulas else self.folding
        name = rest[0] if rest else "forward"
        values = defaults
        if rest[1:] == ["operands"] and declared.has_formulas and defaults:
            values = None
        elif len(rest) > 1:
            values = tuple(struct.unpack(">d", bytes.fromhex(v))[0] for v in rest[1].split("_"))
        # A loop would read parameters that are not there.
        known = len(rest) < 3 and "" not in rest and (values is None or len(values) == len(defaults))
        if not known or not (owner in ("", declared.name) or stem in self._declarations()[owner].stems):
            raise ValueError(f"{label!r} names no ufunc")
        return make(stem, name, values)

    def _keep(self, label: str, make):
        with self._guard.lock:
            if label not in self._made:
                if len(self._made) >= _LIMIT:
                    self._forget()
                # A signal's handler may have made it meanwhile: the first one stays, or it would not pickle.
                return self._made.setdefault(label, at_home(make()))
            return self._made[label]

    def _forget(self) -> None:
        """Drop ufuncs with bound parameters that nobody else holds: one in use must stay, or it would not pickle."""
        for label in list(self._made):
            # This table, getrefcount's own argument.
            if label.count("__") == 2 and sys.getrefcount(self._made[label]) <= 2:
                del self._made[label]

    def _find(self, stem: str) -> tuple[Declaration, tuple[float, ...]]:
        """The declaration of a scalar function, and the defaults of the parameters that it computes with."""
        if stem not in self._known:
            every = self._declarations()
            declared = every.get(stem) or next(d for d in every.values() if stem in (*d.stems, d.special))
            defaults = tuple(p.none if p.default is None else p.default for p in declared.operands_of(stem))
            self._known[stem] = declared, defaults
        return self._known[stem]

    def _elementwise(self, label: str, stem: str, name: str, values):
        declared, defaults = self._find(stem)
        operands, results, kernels = self._loops(declared)[stem, name]
        varying = values is None
        if varying:
            operands += len(defaults)
        loops = []
        for character in sorted(kernels, key="bBhHiIqQfd".index):
            kernel, packed = kernels[character][varying], b""
            if values:
                packed = _packed(values, character)
                if packed is None:
                    continue
            brains = packed
            if character == "f":
                halves = 0 if varying else next(iter(kernels[character][2:]), 0)
                narrow = packed
                if values and name == "backward_from_output" and declared.output_bounds:
                    # An output was rounded where it was held, and is held where it is what the bound was rounded to.
                    held = [p.name in declared.output_bounds for p in declared.operands_of(stem)]
                    narrow, brains = (
                        _packed(tuple(to(v) if h else v for v, h in zip(values, held, strict=True)), character)
                        for to in (_float16, _bfloat16)
                    )
                loops.append(("e" * (operands + results), "half", 4, kernel, narrow, halves, narrow))
            for spelled in _SAME.get(character, character):
                itemsize = core.itemsize(spelled)
                loops.append((spelled * (operands + results), "same", itemsize, kernel, packed, 0, brains))
        doc = f"{declared.summary}\n\nOne pass of an activation: see ``activations.get({declared.name!r})``."
        return core.elementwise(label, doc, drivers(), loops, operands, results)

    def _folding(self, label: str, stem: str, name: str, values: tuple[float, ...]):
        declared, defaults = self._find(stem)
        signature, pattern, kernels, *second = self._loops(declared)[declared.formulas or stem, name]
        if values != defaults and not declared.any_parameters:
            second = []
        beside, narrow, stacked = (*second, *({}, 0, {})[len(second) :])
        loops = []
        for character in sorted(kernels, key="bBhHiIqQfd".index):
            chosen = kernels[character], beside.get(character, 0), narrow, stacked.get(character, 0)
            if character == "f":
                loops.append((pattern.replace("*", "e"), *chosen))
            loops += [(pattern.replace("*", spelled), *chosen) for spelled in _SAME.get(character, character)]
        over = name == "backward" and values == defaults and (declared.formulas or stem) in _OVER
        return core.folding(label, declared.summary, drivers(), loops, signature, values, over)


# Folds whose gradient's kernel has read a row before it writes one, with the default parameters: so it may lie over x.
_OVER = {
    "gaussian_rbf",
    "gumbel_softmax",
    "hardmax",
    "l2_normalize",
    "log_softmax",
    "logmeanexp",
    "logsumexp",
    "lp_norm_fold",
    "max_fold",
    "maxout",
    "mean_fold",
    "min_fold",
    "quiet_softmax",
    "softmax",
    "softmin",
    "standardize",
    "sum_fold",
}


def _label(declared: Declaration, stem: str, name: str, suffix: str) -> str:
    stem = stem if stem == declared.name else f"{declared.name}:{stem}"
    return "__".join(filter(None, (stem, name if suffix or name != "forward" else "", suffix)))


def _bits(values: tuple[float, ...], defaults: tuple[float, ...]) -> str:
    """Bound parameters as the end of a name: nothing for the defaults."""
    return "" if values == defaults else "_".join(struct.pack(">d", v).hex() for v in values)


def at_home(ufunc):
    """A ufunc that pickle looks for in this module."""
    # NumPy before 2.2 has no such attribute: there pickle finds the module by searching for the object.
    with contextlib.suppress(AttributeError):
        ufunc.__module__ = __name__
    return ufunc


@cache
def drivers() -> dict:
    """The addresses of the drivers' loops at this level, by name."""
    names = ("driver", "bias_driver", "fold_driver")
    modules = (import_module(f"activations.kernels.{name}_{runtime.LEVEL}") for name in names)
    return {name: address for module in modules for name, address in module.LOOPS.items()}


def _float16(value: float) -> float:
    with np.errstate(over="ignore"):
        return float(np.float16(value))


def _bfloat16(value: float) -> float:
    with np.errstate(over="ignore"):
        bits = int(np.float32(value).view(np.uint32))
    return float(np.uint32(bits + 0x7FFF + (bits >> 16 & 1) & 0xFFFF0000).view(np.float32))


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


def _of_family(declared: Declaration) -> dict:
    family = declared.kernels or catalogue.family_of(declared.name)
    return import_module(f"activations.kernels.{family}_{runtime.LEVEL}").LOOPS


BUILTINS = Library(catalogue.declarations, _of_family)


def __getattr__(label: str):
    """The ufunc that a pickle names: what comes before a colon or a double underscore is an activation's name."""
    name = label.partition("__")[0].partition(":")[0]
    missing = AttributeError(f"module {__name__!r} has no attribute {label!r}")
    if not name:
        raise missing
    try:
        if name in catalogue.declarations():
            return BUILTINS.labelled(label)
        return _of_registered(name, label)
    except (StopIteration, LookupError, ImportError, ValueError, struct.error):
        raise missing from None


def _of_registered(name: str, label: str):
    """The ufunc of an activation that is registered, or comes from a plugin."""
    from activations.registry import get

    found = get(name)
    if found._library is not None:
        return found._library.labelled(label)
    made = found._functions[label.partition("__")[2] or "forward"]
    if not isinstance(made, np.ufunc):
        raise LookupError(label)
    return made
