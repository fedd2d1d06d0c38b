"""Ufuncs from C functions in PyCapsules: what `Activation.from_capsule` is made of."""

from __future__ import annotations

import numbers
import re

import numpy as np

from activations import ufuncs
from activations.kernels import capsule as kernels
from activations.kernels import core

__all__ = ["defaults_of", "ufuncs_of"]


def defaults_of(name: str, parameters, kind: str) -> dict[str, object]:
    """The parameters' defaults as the doubles, or arrays of doubles, that C functions take.

    Raises
    ------
    TypeError, ValueError
        If a default is no number, or the kind is one that a function of numbers cannot have.
    """
    if kind in ("folding", "gated"):
        raise ValueError(f"{name}: a function of numbers is of kind 'ridge' or 'radial', not {kind!r}")
    defaults = dict(parameters or {})
    for key, value in defaults.items():
        array = isinstance(value, np.ndarray) and value.dtype.kind in "fiu"
        if isinstance(value, bool) or not (array or isinstance(value, numbers.Real)):
            raise TypeError(f"{name}: the default {key}={value!r} is no number, which a C function needs")
        defaults[key] = value.astype(float) if array else float(value)
    return defaults


def ufuncs_of(name: str, parameters, forward, derivative, backward) -> dict[str, object]:
    """The functions of an activation, by pass: what is a capsule, or several, becomes a ufunc.

    None and words stay what they are. `parameters` follow x as further arguments, and backward has dy before it.

    Raises
    ------
    TypeError, ValueError
        If something is no capsule, or its signature does not fit.
    """
    count = 1 + len(parameters or {})
    functions = {"forward": (forward, count), "derivative": (derivative, count), "backward": (backward, count + 1)}
    return {
        label: given if given is None or isinstance(given, str) else _ufunc(name, label, given, arguments)
        for label, (given, arguments) in functions.items()
    }


def _ufunc(name: str, function: str, capsules, arguments: int) -> np.ufunc:
    """A ufunc over C functions, each of `arguments` numbers. It pickles where the activation is registered.

    Parameters
    ----------
    name, function : str
        The activation and what the functions compute of it: ``"swirl"``, ``"forward"``.
    capsules : PyCapsule or iterable of PyCapsule
        A function of doubles, and perhaps one of floats: each capsule's name is the C signature of its function. The
        one of doubles serves float32 too where there is none of floats.
    arguments : int
        How many there must be: x, or dy and x, and the parameters.

    Raises
    ------
    TypeError
        If something is no capsule.
    ValueError
        If a signature does not fit, or no function of doubles is given.
    """
    label = f"{function} of {name}"
    given = list(capsules) if isinstance(capsules, (list, tuple)) else [capsules]
    if arguments > kernels.MOST_ARGUMENTS:
        raise ValueError(f"{label} would take {arguments} numbers; at most {kernels.MOST_ARGUMENTS} are possible")
    functions = {}
    for each in given:
        try:
            text = kernels.signature(each)
        except UnicodeDecodeError:
            raise ValueError(f"{label}: the capsule's name is no signature such as 'double (double)'") from None
        except (TypeError, ValueError) as error:
            raise type(error)(f"{label}: {error}") from None
        kind, count = _read(text)
        if kind is None or count != arguments:
            wanted = " or ".join(f"'{kind} ({', '.join([kind] * arguments)})'" for kind in ("double", "float"))
            raise ValueError(f"{label} has the signature {text!r}; it must be {wanted}")
        if kind in functions:
            raise ValueError(f"{label}: there are two functions of {kind}s")
        functions[kind] = each
    if "double" not in functions:
        raise ValueError(f"{label}: give a function of doubles too, float64 needs one")
    loops = []
    for types, driver, element in (("e", "half", "float"), ("f", "same", "float"), ("d", "same", "double")):
        kind = element if element in functions else "double"
        size = 4 if element == "float" else 8
        values = kernels.packed(functions[kind], arguments)
        loops.append((types * (arguments + 1), driver, size, kernels.KERNELS[element, kind], values, 0, values))
    pickled = name if function == "forward" else f"{name}__{function}"
    return ufuncs.at_home(core.elementwise(pickled, label, ufuncs.drivers(), loops, arguments, keeps=tuple(given)))


def _read(text: str) -> tuple[str | None, int]:
    """The type and the number of the arguments of ``double (double, double)``; None where they are not all alike."""
    words = re.findall(r"\w+|[(),*]", text)
    kind = words[0] if words else ""
    count = words.count(kind) - 1
    wanted = [kind, "(", *[kind if k % 2 == 0 else "," for k in range(2 * count - 1)], ")"]
    return (kind, count) if kind in ("float", "double") and words == wanted else (None, 0)
