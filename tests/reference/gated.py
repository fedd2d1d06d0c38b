"""True values of the gated activations, over rows whose halves are gate and value."""

from .core import ONE, ZERO, FoldingReference
from .functions import sigmoid
from .gates import REFERENCE as GATES
from .normal import REFERENCE as NORMAL

swish, swish_derivative = GATES["swish"].forward, GATES["swish"].derivative


def _gelu(x):
    return NORMAL["gelu"].forward(x, "none")


def _gelu_derivative(x):
    return NORMAL["gelu"].derivative(x, "none")


def _gelu_terms(x):
    return NORMAL["gelu"].terms(x, "none")


def _swish_terms(x, beta):
    return max(sigmoid(beta * x), abs(beta * x) * sigmoid(beta * x) * sigmoid(-beta * x))


def _clip(x, limit):
    return max(min(x, limit), -limit)


def _halves(row, gate):
    half = len(row) // 2
    first, second = row[:half], row[half:]
    return (first, second) if gate == "first" else (second, first)


def _joined(gates, values, gate):
    return gates + values if gate == "first" else values + gates


def over_halves(function, slope, terms=None, value=lambda b, **parameters: b, value_slope=None, **more):
    """function(gate) * value(b), from the gate's function, its slope, and the magnitude of the slope's largest term."""

    def forward(row, gate, **parameters):
        pairs = zip(*_halves(row, gate), strict=True)
        return [function(a, **parameters) * value(b, **parameters) for a, b in pairs]

    def backward(dy, row, gate, **parameters):
        gates, values, gate_terms, value_terms = [], [], [], []
        for d, a, b in zip(dy, *_halves(row, gate), strict=True):
            outer = d * value(b, **parameters)
            inner = d * function(a, **parameters) * (value_slope(b, **parameters) if value_slope else ONE)
            gates.append(outer * slope(a, **parameters))
            gate_terms.append(abs(outer * (terms or slope)(a, **parameters)))
            values.append(inner)
            value_terms.append(abs(inner))
        return _joined(gates, values, gate), _joined(gate_terms, value_terms, gate)

    return FoldingReference(forward=forward, backward=backward, block=lambda **parameters: 2, **more)


FIRST, SECOND = {"gate": "first"}, {"gate": "second"}

REFERENCE = {
    "glu": over_halves(sigmoid, lambda a: sigmoid(a) * sigmoid(-a), examples=(FIRST,)),
    "bilinear": over_halves(lambda a: a, lambda a: ONE, examples=(SECOND,)),
    "reglu": over_halves(lambda a: max(a, ZERO), lambda a: ONE if a > 0 else ZERO, examples=(SECOND,)),
    "geglu": over_halves(_gelu, _gelu_derivative, _gelu_terms, examples=(SECOND,)),
    "swiglu": over_halves(
        swish,
        swish_derivative,
        _swish_terms,
        examples=(SECOND, {"beta": 0.6}, {"beta": 1.7}),
    ),
    "swiglu_oai": over_halves(
        lambda a, alpha, limit: swish(min(a, limit), alpha),
        lambda a, alpha, limit: ZERO if a > limit else swish_derivative(a, alpha),
        lambda a, alpha, limit: ZERO if a > limit else _swish_terms(a, alpha),
        value=lambda b, alpha, limit: _clip(b, limit) + 1,
        value_slope=lambda b, alpha, limit: ONE if abs(b) <= limit else ZERO,
        examples=(SECOND, {"alpha": 1.0}, {"limit": 2.5}),
    ),
    "crelu": FoldingReference(
        forward=lambda row: [max(x, ZERO) for x in row] + [max(-x, ZERO) for x in row],
        backward=lambda dy, row: _crelu_backward(dy, row),
        exact=True,
    ),
}


def _crelu_backward(dy, row):
    n = len(row)
    gradient = [dy[i] if x > 0 else -dy[n + i] if x < 0 else ZERO for i, x in enumerate(row)]
    return gradient, [abs(g) for g in gradient]
