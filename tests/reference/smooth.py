"""True values of the smooth."""

from .core import HALF, ONE, ZERO, Reference, mp
from .functions import sigmoid


def _past(x, beta, threshold):
    """Whether x is where softplus is a line: by the product as the loops round it, in the type of beta."""
    if threshold is None:
        return False
    with mp.workprec(24 if mp.mpf(beta).man.bit_length() <= 24 else 53):
        return beta * x > threshold


def _softplus(x, beta, threshold):
    if _past(x, beta, threshold):
        return x
    z = beta * x
    return (max(z, ZERO) + mp.log1p(mp.exp(-abs(z)))) / beta


def _softplus_derivative(x, beta, threshold):
    return ONE if _past(x, beta, threshold) else sigmoid(beta * x)


def _softplus_second_derivative(x, beta, threshold):
    z = beta * x
    return ZERO if _past(x, beta, threshold) else beta * sigmoid(z) * sigmoid(-z)


def _softplus_by_beta(x, beta, threshold):
    if _past(x, beta, threshold):
        return ZERO
    z = abs(beta * x)
    return -(mp.log1p(mp.exp(-z)) + z * sigmoid(-z)) / beta**2


def _root(x, b=ONE):
    """sqrt(x^2 + b)."""
    return mp.sqrt(x * x + b)


def _squareplus(x, b):
    return (x + _root(x, b)) / 2 if x >= 0 else b / 2 / (_root(x, b) - x)


def _squareplus_derivative(x, b):
    return ZERO if b == 0 and x == 0 else _squareplus(x, b) / _root(x, b)


def _squareplus_second_derivative(x, b):
    return ZERO if b == 0 else b / 2 / _root(x, b) ** 3


def _squareplus_by_b(x, b):
    return mp.inf if b == 0 and x == 0 else 1 / (4 * _root(x, b))


def _logcosh(x):
    a = abs(x)
    if a < 1e-15:
        return a * a / 2 - a**4 / 12
    return mp.log(mp.cosh(x)) if a < 1 else a + mp.log1p(mp.exp(-2 * a)) - mp.ln2


def _isrlu_root(x, alpha):
    return mp.sqrt(1 + alpha * x * x)


def _arcsinh(x):
    a = abs(x)
    y = a - a**3 / 6 + 3 * a**5 / 40 if a < 1e-10 else mp.log1p(a + a * a / (1 + _root(a)))
    return mp.sign(x) * y


def _softplus_kinks(beta, threshold):
    return (0.0,) if threshold is None else (0.0, float(threshold) / float(beta))


REFERENCE = {
    "softplus": Reference(
        forward=_softplus,
        derivative=_softplus_derivative,
        second_derivative=_softplus_second_derivative,
        by={"beta": _softplus_by_beta},
        examples=({"beta": 2.3}, {"beta": 0.7, "threshold": 20.0}),
        kinks=_softplus_kinks,
        limits={
            ("float32", "forward"): (1.2, "a beta other than 1; 1 leaves 1.05"),
            ("float32", "derivative"): (1.15, "as the sigmoid"),
        },
    ),
    "squareplus": Reference(
        forward=_squareplus,
        derivative=_squareplus_derivative,
        second_derivative=_squareplus_second_derivative,
        by={"b": _squareplus_by_b},
        examples=({"b": 0.0}, {"b": 0.37}, {"b": 5.3}, {"b": 1e-30}),
    ),
    "logcosh": Reference(
        forward=_logcosh,
        derivative=mp.tanh,
        second_derivative=lambda x: mp.sech(x) ** 2,
        kinks=lambda: (0.0, 1.0),
        limits={
            ("float32", "forward"): (1.1, "the logarithm, and the line it is added to"),
            ("float32", "derivative"): (1.5, "it is tanh"),
        },
    ),
    "isrlu": Reference(
        forward=lambda x, alpha: x if x >= 0 else x / _isrlu_root(x, alpha),
        derivative=lambda x, alpha: ONE if x >= 0 else 1 / _isrlu_root(x, alpha) ** 3,
        second_derivative=lambda x, alpha: ZERO if x >= 0 else -3 * alpha * x / _isrlu_root(x, alpha) ** 5,
        by={"alpha": lambda x, alpha: ZERO if x >= 0 else -HALF * (x / _isrlu_root(x, alpha)) ** 3},
        examples=({"alpha": 0.3}, {"alpha": 3.7}),
    ),
    "bent_identity": Reference(
        forward=lambda x: x + x * x / (2 * (1 + _root(x))),
        derivative=lambda x: 1 + x / (2 * _root(x)),
        second_derivative=lambda x: HALF / _root(x) ** 3,
        limits={("float32", "derivative"): (1.05, "the reciprocal root and the sum round")},
    ),
    "arcsinh": Reference(
        forward=_arcsinh,
        derivative=lambda x: 1 / _root(x),
        second_derivative=lambda x: -x / _root(x) ** 3,
        kinks=lambda: (0.0, 0.5, -0.5),
        limits={("float32", "derivative"): (1.05, "1 beside the square, past 4,096")},
    ),
    "log_symmetric": Reference(
        forward=lambda x: mp.sign(x) * mp.log1p(abs(x)),
        derivative=lambda x: 1 / (1 + abs(x)),
        second_derivative=lambda x: (-1 if x > 0 else 1) / (1 + abs(x)) ** 2,
    ),
}
