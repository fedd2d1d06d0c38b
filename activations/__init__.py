"""Activation functions for NumPy: exact derivatives, fused backward passes, by name from a registry.

Each is called like a `numpy.ufunc` and backed by one (``f.ufunc``; a generalized one where it folds an axis).
Every registered activation, plugins' too, is an attribute of this module: ``from activations import relu``.

get(name, **parameters)
    An activation by name or config.
names(), aliases()
    What there is.
register(activation), unregister(name), refresh()
    Change what there is at run time.
Activation
    The class of them all; makes one from functions of your own.
num_threads(), runtime_info()
    Threads, instruction set, compiler.

Nothing is scanned and no plugin is imported when this module is.
"""

import os as _os

from activations.errors import PluginError, UnknownActivationError
from activations.registry import aliases, get, names, plugins, refresh, register, unregister

__version__ = "0.1.0"

_LAZY = {"Activation": "activation", "num_threads": "runtime", "runtime_info": "runtime"}

__all__ = [
    "Activation",
    "PluginError",
    "UnknownActivationError",
    "aliases",
    "get",
    "names",
    "num_threads",
    "plugins",
    "refresh",
    "register",
    "runtime_info",
    "unregister",
]


def __getattr__(name):
    from importlib import import_module

    if name in _LAZY:
        value = getattr(import_module(f"activations.{_LAZY[name]}"), name)
        globals()[name] = value
        return value
    value = import_module("activations.registry").__getattr__(name)
    if name in import_module("activations.catalogue").declarations():
        # Built-ins can't be replaced, so the second look-up may find them without asking.
        globals()[name] = value
    return value


def __dir__():
    from activations import registry

    return sorted({*globals(), *__all__, *registry.__dir__()})


# A level that this machine cannot run is an error at once, not at the first call.
if _os.environ.get("ACTIVATIONS_ISA"):
    __getattr__("runtime_info")
