"""Functions that a line says: one declaration each, which every peer that computes formulas spells in its own way.

The text is Python's arithmetic of x (y and dy), `where(condition, a, b)`, `max`, `min`, `abs` and the functions of
`math`; names that it uses twice are assigned before, separated by ``;``. `spelling` makes statements of NumPy,
expressions of numexpr and functions for numba and JAX of it. Parameters are those that ours has by default.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["FORMULAS", "Formula"]


@dataclass(frozen=True)
class Formula:
    """One function.

    Attributes
    ----------
    forward, backward, from_y : tuple of str
        The ways to compute y from x, dx from dy and x, and dx from dy and y. A gated function is one of a row's
        halves a and b, and its `backward` is one way, of two texts: the gradients of a and of b.
    gated : bool
        Whether the rows have halves.
    """

    forward: tuple[str, ...]
    backward: tuple[str, ...]
    from_y: tuple[str, ...] = ()
    gated: bool = False

    def texts(self, backward: bool) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Each way in a direction, and the arrays that it reads; not a gated function's backward pass."""
        groups = (
            [(self.backward, ("dy", "x")), (self.from_y, ("dy", "y"))]
            if backward
            else [(self.forward, ("a", "b") if self.gated else ("x",))]
        )
        for texts, operands in groups:
            for text in texts:
                yield text, operands


def _formula(forward, backward, from_y=(), gated=False) -> Formula:
    return Formula(*((each,) if isinstance(each, str) else each for each in (forward, backward, from_y)), gated=gated)


_SELU = "1.0507009873554805", "(1.0507009873554805 * 1.6732632423543772)"
_E = "e = exp(x); n = e * (e + 2); "

FORMULAS = {
    "abs": _formula("abs(x)", ("where(x > 0, dy, -dy)", "sign(x) * dy")),
    "arcsinh": _formula("asinh(x)", "dy / sqrt(x * x + 1)"),
    "arctan": _formula("atan(x)", "dy / (x * x + 1)"),
    "bent_identity": _formula("(sqrt(x * x + 1) - 1) * 0.5 + x", "(x / sqrt(x * x + 1) * 0.5 + 1) * dy"),
    "binary_step": _formula("where(x >= 0, 1, 0)", "0"),
    "celu": _formula(
        ("max(x, 0) + expm1(min(x, 0))", "where(x > 0, x, expm1(x))"), "exp(min(x, 0)) * dy", "(min(y, 0) + 1) * dy"
    ),
    "clip": _formula("min(max(x, -1), 1)", "where(abs(x) < 1, dy, 0)"),
    "cos": _formula("cos(x)", "-sin(x) * dy"),
    "cube": _formula("x * x * x", "x * x * 3 * dy"),
    "erf": _formula("erf(x)", "exp(-(x * x)) * 1.1283791670955126 * dy"),
    "exponential": _formula("exp(x)", "exp(x) * dy", "dy * y"),
    "gaussian": _formula("exp(-(x * x))", "exp(-(x * x)) * x * -2 * dy"),
    "gcu": _formula("cos(x) * x", "(cos(x) - sin(x) * x) * dy"),
    "glu": _formula(
        "a / (exp(-b) + 1)", ("dy / (exp(-b) + 1)", "s = 1 / (exp(-b) + 1); (1 - s) * s * a * dy"), gated=True
    ),
    "hard_shrink": _formula("where(abs(x) > 0.5, x, 0)", "where(abs(x) > 0.5, dy, 0)"),
    "hard_sigmoid": _formula("min(max(x * (1 / 6) + 0.5, 0), 1)", "where(abs(x) < 3, dy * (1 / 6), 0)"),
    "hard_silu": _formula(
        "min(max(x * (1 / 6) + 0.5, 0), 1) * x", "where(x >= 3, dy, where(x > -3, (x * (1 / 3) + 0.5) * dy, 0))"
    ),
    "hard_tanh": _formula("min(max(x, -1), 1)", "where(abs(x) < 1, dy, 0)"),
    "identity": _formula("x", "dy"),
    "isru": _formula("x / sqrt(x * x + 1)", "r = 1 / (x * x + 1); sqrt(r) * r * dy"),
    "lisht": _formula("tanh(x) * x", "t = tanh(x); ((1 - t * t) * x + t) * dy"),
    "log_sigmoid": _formula("min(x, 0) - log1p(exp(-abs(x)))", "dy / (exp(x) + 1)", "dy - exp(y) * dy"),
    "logcosh": _formula("a = abs(x); log1p(exp(a * -2)) + a - 0.6931471805599453", "tanh(x) * dy"),
    "mish": _formula(
        (f"{_E}x * n / (n + 2)", "tanh(log1p(exp(x))) * x"),
        f"{_E}t = n / (n + 2); ((1 - t * t) * x * e / (e + 1) + t) * dy",
    ),
    "quick_gelu": _formula(
        "x / (exp(x * -1.702) + 1)", "s = 1 / (exp(x * -1.702) + 1); ((1 - s) * x * 1.702 + 1) * s * dy"
    ),
    "relu6": _formula("min(max(x, 0), 6)", "where((x > 0) & (x < 6), dy, 0)"),
    "selu": _formula(
        (
            f"max(x, 0) * {_SELU[0]} + expm1(min(x, 0)) * {_SELU[1]}",
            f"where(x > 0, x * {_SELU[0]}, expm1(x) * {_SELU[1]})",
        ),
        f"where(x > 0, dy * {_SELU[0]}, exp(x) * {_SELU[1]} * dy)",
        f"where(y > 0, dy * {_SELU[0]}, (y + {_SELU[1]}) * dy)",
    ),
    "sign": _formula("sign(x)", "0"),
    "sin": _formula("sin(x)", "cos(x) * dy"),
    "snake": _formula("s = sin(x); s * s + x", "(sin(x * 2) + 1) * dy"),
    "soft_shrink": _formula("x - max(min(x, 0.5), -0.5)", "where(abs(x) > 0.5, dy, 0)"),
    "softsign": _formula("x / (abs(x) + 1)", "d = abs(x) + 1; dy / (d * d)", "q = 1 - abs(y); q * q * dy"),
    "square": _formula("x * x", "x * 2 * dy"),
    "squared_relu": _formula("m = max(x, 0); m * m", "max(x, 0) * 2 * dy"),
    "squareplus": _formula("(sqrt(x * x + 4) + x) * 0.5", "(x / sqrt(x * x + 4) + 1) * 0.5 * dy"),
    "swiglu": _formula(
        "a / (exp(-a) + 1) * b",
        ("s = 1 / (exp(-a) + 1); ((1 - s) * a + 1) * s * b * dy", "a / (exp(-a) + 1) * dy"),
        gated=True,
    ),
    "swish": _formula("x / (exp(-x) + 1)", "s = 1 / (exp(-x) + 1); ((1 - s) * x + 1) * s * dy"),
    "tanh_shrink": _formula("x - tanh(x)", "t = tanh(x); t * t * dy"),
    "threshold": _formula(("where(x > 0, x, 0)", "max(x, 0)"), "where(x > 0, dy, 0)"),
    "thresholded_relu": _formula("where(x > 1, x, 0)", "where(x > 1, dy, 0)"),
}
