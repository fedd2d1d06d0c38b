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
# 2 is the design's; gelu's in float64 at the baseline, without fused multiply-adds, needs the rest.
NEAR_ROOT = 3.1

# (name, dtype, pass) -> (ulp, why): the worst that dense sweeps find at any level, rounded up. Those of float32 above
# 1.5 and of float64 above 2 are shortfalls against the design; docs/accuracy.rst names them.
_DIVISION = "the rounding of 1 + e and of the quotient; giving both back takes six more operations of 25"
_BASELINE = "without fused multiply-adds; 2 and less with them"
_SLOPE = "1 - v' sigmoid amplifies the roundings of sigmoid(|v|) on the way to the root"
EXCEPTIONS: dict[tuple[str, str, str], tuple[float, str]] = {
    ("elu", "float32", "forward"): (1.1, "the last sum rounds what its terms have rounded"),
    ("elu", "float32", "derivative"): (1.1, "the product with alpha"),
    ("gaussian", "float32", "derivative"): (1.7, "the product with x rounds once more"),
    ("gelu", "float32", "forward"): (3.4, "giving back what 1 + c a lost makes it slower than PyTorch"),
    ("gelu", "float32", "derivative"): (4.8, "R(a) and a / sqrt(2 pi) nearly cancel long before the root"),
    ("gelu", "float64", "forward"): (2.9, "as in float32"),
    ("gelu", "float64", "derivative"): (4.8, "as in float32"),
    ("gelu_tanh", "float32", "forward"): (1.5, _DIVISION),
    ("gelu_tanh", "float32", "derivative"): (4.4, _SLOPE),
    ("gelu_tanh", "float64", "derivative"): (3.9, _SLOPE),
    ("sigmoid", "float32", "forward"): (1.7, _DIVISION),
    ("sigmoid", "float32", "derivative"): (1.5, "reciprocal, square and products round"),
    ("sigmoid", "float64", "derivative"): (2.4, _BASELINE),
    ("silu", "float32", "forward"): (1.5, _DIVISION),
    ("silu", "float32", "derivative"): (3.0, _SLOPE),
    ("silu", "float64", "derivative"): (4.0, _SLOPE),
    ("softplus", "float32", "forward"): (2.5, "log1p and the line are added after both have been rounded"),
    ("softplus", "float32", "derivative"): (1.7, _DIVISION),
    ("softplus", "float64", "forward"): (2.9, _BASELINE),
    ("tanh", "float32", "forward"): (2.5, "numerator, denominator and quotient round once each"),
    ("tanh", "float32", "derivative"): (1.5, "as sigmoid's"),
    ("tanh", "float64", "forward"): (2.4, "as in float32"),
    ("tanh", "float64", "derivative"): (2.4, _BASELINE),
    ("softmax", "float64", "forward"): (2.7, "exponential, sum and scaling round in the result's precision"),
    ("softmax", "float64", "backward"): (5.4, "as its forward pass, on terms that cancel"),
}


def limit(name, dtype, pass_, folding=False):
    """Ulp allowed to one pass of one activation in one dtype."""
    if (name, dtype, pass_) in EXCEPTIONS:
        return EXCEPTIONS[name, dtype, pass_][0]
    if folding:
        return (FOLDING if pass_ == "forward" else FOLDING_BACKWARD)[dtype]
    return (FORWARD if pass_ in ("forward", "derivative") else BACKWARD)[dtype]
