"""How many ulp each pass may be off, and the few that may be off more, each with its reason."""

from __future__ import annotations

__all__ = ["EXCEPTIONS", "NEAR_ROOT", "limit"]

# float16 is computed through float32, so that its one rounding is nearly all there is.
FORWARD = {"float16": 0.51, "float32": 1.0, "float64": 2.0}
BACKWARD = {"float16": 0.51, "float32": 2.0, "float64": 2.0}
FOLDING = {"float16": 0.51, "float32": 2.0, "float64": 2.0}
# In ulp of the largest term, where an output's two ulp and the rounded sum over the row come together.
FOLDING_BACKWARD = {"float16": 0.52, "float32": 4.0, "float64": 4.0}

# Where a derivative nears a root between terms that cancel: in ulp of the largest term.
NEAR_ROOT = 2.0

# (name, dtype, pass) -> (ulp, why it is worth it). Nothing above 1.5 in float32.
EXCEPTIONS: dict[tuple[str, str, str], tuple[float, str]] = {}


def limit(name, dtype, pass_, folding=False):
    """Ulp allowed to one pass of one activation in one dtype."""
    if (name, dtype, pass_) in EXCEPTIONS:
        return EXCEPTIONS[name, dtype, pass_][0]
    if folding:
        return (FOLDING if pass_ == "forward" else FOLDING_BACKWARD)[dtype]
    return (FORWARD if pass_ in ("forward", "derivative") else BACKWARD)[dtype]
