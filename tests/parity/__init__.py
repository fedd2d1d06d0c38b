"""Other libraries' functions under our names, for comparing values, gradients and accuracy with them.

A module per library, each with ``FUNCTIONS``: name to a list of (our parameters, their function of an array of theirs),
the default parameters first. The libraries are optional and imported when a function is called.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

__all__ = ["theirs"]


def theirs(path: str, *more, **fixed) -> Callable:
    """The function ``module:name`` of an array, with further arguments."""

    def function(x):
        module, _, name = path.partition(":")
        return getattr(import_module(module), name)(x, *more, **fixed)

    return function
