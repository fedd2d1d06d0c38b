"""How many ulp each pass may be off, and the few that may be off more, each with its reason."""

from __future__ import annotations

from typing import NamedTuple

import activations

from .reference import REFERENCE

__all__ = ["EXCEPTIONS", "LOOKED_UP", "NEAR_ROOT", "Allowed", "limit", "near_root_limit"]

# Narrow types are computed through float32, so that its one rounding is nearly all there is.
FORWARD = {"float16": 0.51, "bfloat16": 0.51, "float32": 1.0, "float64": 2.0}
BACKWARD = FORWARD
FROM_OUTPUT = {"float16": 0.51, "float32": 2.0, "float64": 2.0}
FOLDING = FORWARD
# In ulp of the largest term.
FOLDING_BACKWARD = {"float16": 0.52, "bfloat16": 0.51, "float32": 2.0, "float64": 2.0}

# Where a derivative nears a root between terms that cancel, and where a further one does: in ulp of the largest term.
NEAR_ROOT = 2.0
FURTHER_NEAR_ROOT = 3.1

# Second derivatives and derivatives with respect to parameters, in ulp of their largest term.
FURTHER = {"float16": 0.6, "bfloat16": 0.6, "float32": 4.0, "float64": 4.0}


class Allowed(NamedTuple):
    """What an exception allows, why, and what fewer ulp cost where that has been measured."""

    ulp: float
    why: str
    cost: str = ""


# By name, dtype and pass: the worst that dense sweeps find at any level, rounded up. They stand with each function's
# true values; docs/accuracy.rst lists them with what tests/accuracy_table.py measured.
EXCEPTIONS: dict[tuple[str, str, str], Allowed] = {
    (name, *key): Allowed(*allowed)
    for name, reference in REFERENCE.items()
    for key, allowed in reference.limits.items()
}

# What is looked up in tables, where it is: by name, dtype and pass.
LOOKED_UP = {
    (name, "float32", pass_): ulp
    for name, reference in REFERENCE.items()
    for pass_, ulp in getattr(reference, "looked_up", {}).items()
}


def near_root_limit(pass_):
    """Ulp of the largest term allowed near a root."""
    return FURTHER_NEAR_ROOT if pass_ == "second_derivative" or pass_.startswith("by_") else NEAR_ROOT


def limit(name, dtype, pass_, folding=False, level=None):
    """Ulp allowed to one pass of one activation in one dtype, at the level in use if no other is named."""
    if (name, dtype, pass_) in LOOKED_UP and (level or activations.runtime_info()["isa"]) == "v4":
        return LOOKED_UP[name, dtype, pass_]
    if (name, dtype, pass_) in EXCEPTIONS:
        return EXCEPTIONS[name, dtype, pass_].ulp
    if pass_ == "second_derivative" or pass_.startswith("by_"):
        return FURTHER[dtype]
    if folding:
        return (FOLDING if pass_ == "forward" else FOLDING_BACKWARD)[dtype]
    return (FROM_OUTPUT if pass_ == "from_output" else BACKWARD if pass_ == "backward" else FORWARD)[dtype]
