"""True values: every built-in written a second time, for `mpmath`, at 66 digits and safe in the tails.

A registered built-in without an entry here fails a test. An entry holds functions of an `mpf` (of a list of them for
the folding kinds) and of the parameters by name; nothing here knows about dtypes or about the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from mpmath import MPContext

__all__ = ["REFERENCE", "FoldingReference", "Reference", "mp", "show"]

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
    from_output : callable, optional
        The derivative as a function of the output, for activations whose backward pass takes ``y=``.
    examples : sequence of mapping
        Parameters to test with besides the defaults; together they must set every parameter.
    kinks : callable
        ``kinks(**parameters)`` gives the abscissae that deserve samples close by.
    """

    forward: Callable
    derivative: Callable
    terms: Callable | None = None
    from_output: Callable | None = None
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
    examples : sequence of mapping
        Parameters to test with besides the defaults.
    block : callable
        ``block(**parameters)`` gives the number of which the axis must be a multiple.
    exact : bool
        Whether the outputs are copies of inputs, so that not one bit may differ.
    """

    forward: Callable
    backward: Callable
    examples: Sequence[Mapping[str, object]] = ()
    block: Callable = lambda **parameters: 1
    exact: bool = False


ZERO, ONE, HALF = mp.mpf(0), mp.mpf(1), mp.mpf(1) / 2
SQRT_HALF = mp.sqrt(HALF)
SQRT_2_PI = mp.sqrt(2 / mp.pi)


def _sigmoid(x):
    return 1 / (1 + mp.exp(-x))


def _erfc(x):
    if abs(x) < 2**100:
        return mp.erfc(x)
    return mp.exp(-x * x) / (x * mp.sqrt(mp.pi)) if x > 0 else mp.mpf(2)  # 60 digits, and mpmath would overflow


def _normal_density(x):
    return mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi)


def _gelu_terms(x, approximate="none"):
    """The two terms of gelu's derivative."""
    if approximate == "tanh":
        cubic = mp.mpf("0.044715")
        u2 = 2 * SQRT_2_PI * (x + cubic * x**3)
        slope = 2 * SQRT_2_PI * (1 + 3 * cubic * x * x)
        return _sigmoid(u2), x * _sigmoid(u2) * _sigmoid(-u2) * slope
    return _erfc(-x * SQRT_HALF) / 2, x * _normal_density(x)


def _gelu(x, approximate="none"):
    return x * _gelu_terms(x, approximate)[0]


def _silu_terms(x):
    return _sigmoid(x), x * _sigmoid(x) * _sigmoid(-x)


def _largest(terms):
    return max(abs(term) for term in terms)


def _softplus(x, beta, threshold):
    z = beta * x
    if threshold is not None and z > threshold:
        return x
    return (max(z, ZERO) + mp.log1p(mp.exp(-abs(z)))) / beta


def _softplus_derivative(x, beta, threshold):
    z = beta * x
    return ONE if threshold is not None and z > threshold else _sigmoid(z)


def _softplus_kinks(beta, threshold):
    return (0.0,) if threshold is None else (0.0, float(threshold) / float(beta))


def _softmax(row):
    top = max(row)
    powers = [mp.exp(x - top) for x in row]
    total = mp.fsum(powers)
    return [power / total for power in powers]


def _softmax_backward(dy, row):
    y = _softmax(row)
    inner = mp.fdot(dy, y)
    size = mp.fsum(abs(d) * p for d, p in zip(dy, y, strict=True))
    return (
        [p * (d - inner) for d, p in zip(dy, y, strict=True)],
        [p * max(abs(d), size) for d, p in zip(dy, y, strict=True)],
    )


def _log_softmax(row):
    # Without the dominant element the rest is summed apart, so that its logarithm keeps every digit.
    top = max(range(len(row)), key=row.__getitem__)
    rest = mp.fsum(mp.exp(x - row[top]) for i, x in enumerate(row) if i != top)
    return [x - row[top] - mp.log1p(rest) for x in row]


def _log_softmax_backward(dy, row):
    y = _softmax(row)
    total = mp.fsum(dy)
    size = mp.fsum(abs(d) for d in dy)
    return (
        [d - p * total for d, p in zip(dy, y, strict=True)],
        [max(abs(d), p * size) for d, p in zip(dy, y, strict=True)],
    )


def _pieces(row, pieces):
    return [row[start : start + pieces] for start in range(0, len(row), pieces)]


def _maxout_backward(dy, row, pieces):
    gradient = []
    for d, piece in zip(dy, _pieces(row, pieces), strict=True):
        first = piece.index(max(piece))
        gradient += [d if i == first else ZERO for i in range(pieces)]
    return gradient, [abs(g) for g in gradient]


REFERENCE: dict[str, Reference | FoldingReference] = {
    "identity": Reference(
        forward=lambda x: x,
        derivative=lambda x: ONE,
    ),
    "binary_step": Reference(
        forward=lambda x: ONE if x >= 0 else ZERO,
        derivative=lambda x: ZERO,
    ),
    "relu": Reference(
        forward=lambda x: max(x, ZERO),
        derivative=lambda x: ONE if x > 0 else ZERO,
        from_output=lambda y: ONE if y > 0 else ZERO,
    ),
    "leaky_relu": Reference(
        forward=lambda x, negative_slope: x if x > 0 else negative_slope * x,
        derivative=lambda x, negative_slope: ONE if x > 0 else negative_slope,
        from_output=lambda y, negative_slope: ONE if y > 0 else negative_slope,
        examples=({"negative_slope": 0.2}, {"negative_slope": 1.7}, {"negative_slope": -0.3}),
    ),
    "prelu": Reference(
        forward=lambda x, weight: x if x > 0 else weight * x,
        derivative=lambda x, weight: ONE if x > 0 else weight,
        from_output=lambda y, weight: ONE if y > 0 else weight,
        examples=({"weight": -0.3},),
    ),
    "elu": Reference(
        forward=lambda x, alpha: x if x > 0 else alpha * mp.expm1(x),
        derivative=lambda x, alpha: ONE if x > 0 else alpha * mp.exp(x),
        from_output=lambda y, alpha: ONE if y > 0 else y + alpha,
        examples=({"alpha": 0.3}, {"alpha": 1.7}, {"alpha": -0.6}),
    ),
    "sigmoid": Reference(
        forward=_sigmoid,
        derivative=lambda x: _sigmoid(x) * _sigmoid(-x),
        from_output=lambda y: y * (1 - y),
    ),
    "tanh": Reference(
        forward=mp.tanh,
        derivative=lambda x: mp.sech(x) ** 2,
        from_output=lambda y: (1 - y) * (1 + y),
    ),
    "silu": Reference(
        forward=lambda x: x * _sigmoid(x),
        derivative=lambda x: sum(_silu_terms(x)),
        terms=lambda x: _largest(_silu_terms(x)),
    ),
    "gelu": Reference(
        forward=_gelu,
        derivative=lambda x, approximate: sum(_gelu_terms(x, approximate)),
        terms=lambda x, approximate: _largest(_gelu_terms(x, approximate)),
        examples=({"approximate": "tanh"},),
    ),
    "gelu_tanh": Reference(
        forward=lambda x: _gelu(x, "tanh"),
        derivative=lambda x: sum(_gelu_terms(x, "tanh")),
        terms=lambda x: _largest(_gelu_terms(x, "tanh")),
    ),
    "softplus": Reference(
        forward=_softplus,
        derivative=_softplus_derivative,
        examples=({"beta": 2.3}, {"beta": 0.7, "threshold": 20.0}),
        kinks=_softplus_kinks,
    ),
    "gaussian": Reference(
        forward=lambda x: mp.exp(-x * x),
        derivative=lambda x: -2 * x * mp.exp(-x * x),
    ),
    "softmax": FoldingReference(forward=_softmax, backward=_softmax_backward),
    "log_softmax": FoldingReference(forward=_log_softmax, backward=_log_softmax_backward),
    "maxout": FoldingReference(
        forward=lambda row, pieces: [max(piece) for piece in _pieces(row, pieces)],
        backward=_maxout_backward,
        examples=({"pieces": 3}, {"pieces": 5}),
        block=lambda pieces: pieces,
        exact=True,
    ),
}
