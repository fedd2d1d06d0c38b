"""True values of the gates."""

from .core import ONE, ZERO, Reference, mp
from .functions import largest, sigmoid

QUICK = mp.mpf("1.702")
QUOTIENT = "the exponential's last rounding, and what the division leaves, given back to an eighth"
PRODUCT = "the product with dy; the slope alone 1.15"


def _silu_terms(x):
    return sigmoid(x), x * sigmoid(x) * sigmoid(-x)


def _silu_second_terms(x):
    slope = sigmoid(x) * sigmoid(-x)
    return 2 * slope, -x * mp.tanh(x / 2) * slope


def _swish_by_beta(x, beta):
    return x * x * sigmoid(beta * x) * sigmoid(-beta * x)


def _mish_gate(x):
    """tanh(softplus(x)) with its first and second derivative; e = e^-|x| stays small."""
    e = mp.exp(-abs(x))
    if x < 0:
        m = e * (e + 2) + 2
        return e * (e + 2) / m, 4 * e * (1 + e) / m**2, 4 * e * (2 + 2 * e - 3 * e**2 - 2 * e**3) / m**3
    m = 1 + 2 * e + 2 * e * e
    return (1 + 2 * e) / m, 4 * e * e * (1 + e) / m**2, 4 * e * e * (2 * e**3 + 2 * e**2 - 3 * e - 2) / m**3


def _mish_terms(x):
    return _mish_gate(x)[0], x * _mish_gate(x)[1]


def _mish_second_terms(x):
    return 2 * _mish_gate(x)[1], x * _mish_gate(x)[2]


def _dish(x):
    a = abs(x)
    q = mp.sqrt(1 + x * x)
    return max(x, ZERO) - a / (2 * q * (q + a))


def _dish_terms(x):
    """Those of the derivative; that of -x is 1 minus that of x, and 1 - a^2 - a^4 is what a difference becomes."""
    a = abs(x)
    q = mp.sqrt(1 + x * x)
    d = 2 * q**3 * (q**3 + a * (a * a + 2))
    return (1 / d, -a * a * (1 + a * a) / d) if x < 0 else (ONE, -1 / d, a * a * (1 + a * a) / d)


def _dish_second_terms(x):
    q = mp.sqrt(1 + x * x)
    return 1 / q**5, -x * x / 2 / q**5


def _telu_gate(x):
    """tanh(w) and its derivative, w = e^x."""
    if x > 40:  # e^-2w has more than 10^17 digits
        return ONE, ZERO
    w = mp.exp(x)
    u = mp.exp(-2 * w)
    slope = 4 * u / (1 + u) ** 2
    return -mp.expm1(-2 * w) / (1 + u), w * slope


def _telu_terms(x):
    return _telu_gate(x)[0], x * _telu_gate(x)[1]


def _telu_second_terms(x):
    gate, slope = _telu_gate(x)
    return 2 * slope, x * slope, (-2 * x * slope * mp.exp(x) * gate if slope else ZERO)


REFERENCE = {
    "silu": Reference(
        forward=lambda x: x * sigmoid(x),
        derivative=lambda x: sum(_silu_terms(x)),
        terms=lambda x: largest(_silu_terms(x)),
        second_derivative=lambda x: sum(_silu_second_terms(x)),
        second_terms=lambda x: largest(_silu_second_terms(x)),
        limits={
            ("float32", "forward"): (1.35, QUOTIENT, "1.1 ulp take 1.2 times as long"),
            ("float32", "backward"): (2.4, PRODUCT, "2.1 ulp take 1.06 times as long"),
        },
    ),
    "swish": Reference(
        forward=lambda x, beta: x * sigmoid(beta * x),
        derivative=lambda x, beta: sum(_silu_terms(beta * x)),
        terms=lambda x, beta: largest(_silu_terms(beta * x)),
        second_derivative=lambda x, beta: beta * sum(_silu_second_terms(beta * x)),
        second_terms=lambda x, beta: abs(beta) * largest(_silu_second_terms(beta * x)),
        by={"beta": _swish_by_beta},
        examples=({"beta": 0.3}, {"beta": 2.7}, {"beta": -1.3}),
        limits={
            ("float32", "forward"): (1.45, QUOTIENT, "1.1 ulp take 1.2 times as long"),
            ("float32", "backward"): (2.4, "silu's with beta = 1"),
        },
    ),
    "quick_gelu": Reference(
        forward=lambda x: x * sigmoid(QUICK * x),
        derivative=lambda x: sum(_silu_terms(QUICK * x)),
        terms=lambda x: largest(_silu_terms(QUICK * x)),
        second_derivative=lambda x: QUICK * sum(_silu_second_terms(QUICK * x)),
        second_terms=lambda x: QUICK * largest(_silu_second_terms(QUICK * x)),
        limits={("float32", "forward"): (1.35, QUOTIENT, "1.1 ulp take 1.2 times as long")},
    ),
    "mish": Reference(
        forward=lambda x: x * _mish_gate(x)[0],
        derivative=lambda x: sum(_mish_terms(x)),
        terms=lambda x: largest(_mish_terms(x)),
        second_derivative=lambda x: sum(_mish_second_terms(x)),
        second_terms=lambda x: largest(_mish_second_terms(x)),
        limits={
            ("float32", "forward"): (1.25, "the smaller quotient and the product under the sum round"),
            ("float32", "derivative"): (1.2, "the exponential's product and the last sum"),
        },
    ),
    "dish": Reference(
        forward=_dish,
        derivative=lambda x: sum(_dish_terms(x)),
        terms=lambda x: largest(_dish_terms(x)),
        second_derivative=lambda x: sum(_dish_second_terms(x)),
        second_terms=lambda x: largest(_dish_second_terms(x)),
        limits={
            ("float32", "derivative"): (1.1, "around 0, where it is 1/2, the rest of the last quotient"),
        },
    ),
    "lisht": Reference(
        forward=lambda x: x * mp.tanh(x),
        derivative=lambda x: mp.tanh(x) + x * mp.sech(x) ** 2,
        second_derivative=lambda x: 4 * sum(_silu_second_terms(2 * x)),
        second_terms=lambda x: 4 * largest(_silu_second_terms(2 * x)),
        limits={
            ("float32", "forward"): (1.4, "beyond 0.8 the exponential's own error under 1 - tanh"),
            ("float32", "derivative"): (1.1, "as forward"),
        },
        looked_up={"forward": 0.95, "derivative": 0.95},
    ),
    "telu": Reference(
        forward=lambda x: x * _telu_gate(x)[0],
        derivative=lambda x: sum(_telu_terms(x)),
        terms=lambda x: largest(_telu_terms(x)),
        second_derivative=lambda x: sum(_telu_second_terms(x)),
        second_terms=lambda x: largest(_telu_second_terms(x)),
        limits={
            ("float32", "forward"): (1.5, "two exponentials round one after the other"),
            ("float32", "derivative"): (1.5, "the polynomial of tanh, where its terms cancel by half"),
        },
    ),
}
