"""What a true value is made of: the precision, and the records that the families' modules fill."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from mpmath import MPContext

__all__ = ["HALF", "ONE", "ZERO", "FoldingReference", "Reference", "mp", "show"]

mp = MPContext()
mp.prec = 220


def show(value, digits=12):
    """An `mpf` for a message, without the million digits of a far underflow."""
    if value and mp.isfinite(value) and abs(mp.mag(value)) > 10_000:
        return "-" * (value < 0) + ("next to 0" if abs(value) < 1 else "beyond any format")
    return mp.nstr(value, digits)


@dataclass(frozen=True)
class Reference:
    """The true values of an elementwise activation.

    Attributes
    ----------
    forward, derivative : callable
        ``forward(x, **parameters)`` and ``derivative(x, **parameters)``. At a kink the derivative is the one that
        the catalogue chose.
    terms : callable, optional
        Magnitude of the largest intermediate term of the derivative, where the derivative has roots between terms
        that cancel. Near such a root the error is counted in ulp of this term.
    forward_terms : callable, optional
        What `terms` is, for the function itself.
    from_output : callable, optional
        The derivative as a function of the output, for activations whose backward pass takes ``y=``.
    second_derivative : callable, optional
        For activations that have one.
    second_terms : callable, optional
        What `terms` is, for the second derivative.
    by : mapping of str to callable
        The derivative with respect to each parameter that has one, as a function of x and the parameters.
    by_terms : mapping of str to callable
        What `terms` is, for the derivatives with respect to parameters that have such roots.
    limits : mapping of (str, str) to (float, str) or (float, str, str)
        (dtype, pass) to the ulp that the pass may be off where the general limits (tests/limits.py) do not do, why, and
        what fewer cost, where that has been measured.
    looked_up : mapping of str to float
        By pass: the ulp that it may be off in float32 where AVX-512 computes it from tables (tests/tables.py).
    examples : sequence of mapping
        Parameters to test with besides the defaults; together they must set every parameter.
    kinks : callable
        ``kinks(**parameters)`` gives the abscissae that deserve samples close by.
    """

    forward: Callable
    derivative: Callable
    terms: Callable | None = None
    forward_terms: Callable | None = None
    from_output: Callable | None = None
    second_derivative: Callable | None = None
    second_terms: Callable | None = None
    by: Mapping[str, Callable] = field(default_factory=dict)
    by_terms: Mapping[str, Callable] = field(default_factory=dict)
    limits: Mapping[tuple[str, str], tuple] = field(default_factory=dict)
    looked_up: Mapping[str, float] = field(default_factory=dict)
    examples: Sequence[Mapping[str, object]] = ()
    kinks: Callable = lambda **parameters: (0.0,)


@dataclass(frozen=True)
class FoldingReference:
    """The true values of a folding activation over one axis.

    Attributes
    ----------
    forward : callable
        ``forward(row, **parameters)`` gives the list of outputs.
    backward : callable
        ``backward(dy, row, **parameters)`` gives the gradient and, for each of its elements, the magnitude of the
        largest intermediate term.
    terms : callable, optional
        ``terms(row, **parameters)`` gives, for each output, the magnitude of the largest term that it is a sum of,
        where such terms may cancel. Errors of the forward pass then count in ulp of it.
    limits : mapping
        As above.
    examples : sequence of mapping
        Parameters to test with besides the defaults.
    block : callable
        ``block(**parameters)`` gives the number of which the axis must be a multiple.
    exact : bool
        Whether the outputs are copies of inputs, so that not one bit may differ.
    """

    forward: Callable
    backward: Callable
    terms: Callable | None = None
    limits: Mapping[tuple[str, str], tuple] = field(default_factory=dict)
    examples: Sequence[Mapping[str, object]] = ()
    block: Callable = lambda **parameters: 1
    exact: bool = False


ZERO, ONE, HALF = mp.mpf(0), mp.mpf(1), mp.mpf(1) / 2
