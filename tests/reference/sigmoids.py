"""True values of the sigmoids."""

from .core import ZERO, Reference, mp
from .functions import sigmoid


def _logistic_curve(x):
    """The second derivative of the sigmoid."""
    return -sigmoid(x) * sigmoid(-x) * mp.tanh(x / 2)


def _tanh_shrink(x):
    # All digits, however many are lost in between; next to nothing, the first term of the series.
    if abs(x) < mp.mpf(2) ** -200:
        return x**3 / 3
    with mp.workprec(900):
        return x - mp.tanh(x)


def _root(x, alpha):
    return 1 / mp.sqrt(1 + alpha * x * x)


def _smht_parts(x, a, b, c, d):
    """With y = |x|: y, the rate of growth, N, D, and what N and D have besides 1 with its rate."""
    y, s, t = abs(x), a + b, c + d
    small, smaller = mp.exp(-s * y), mp.exp(-t * y)
    return y, (b - d if x < 0 else a - c), -mp.expm1(-s * y), 1 + smaller, s, small, t, smaller


def _opposed(terms):
    """The larger of what cancels: the sums of the positive and of the negative terms."""
    return max(mp.fsum(term for term in terms if term * side > 0) * side for side in (1, -1))


def _smht(x, **p):
    y, k, top, bottom, *_ = _smht_parts(x, **p)
    value = mp.exp(k * y) * top / bottom
    return -value if x < 0 else value


def _smht_slopes(x, **p):
    y, k, top, bottom, s, small, t, smaller = _smht_parts(x, **p)
    e = mp.exp(k * y)
    return e * k * top / bottom, e * s * small / bottom, e * t * smaller * top / bottom**2


def _smht_curves(x, **p):
    y, k, top, bottom, s, small, t, smaller = _smht_parts(x, **p)
    e, q = (-1 if x < 0 else 1) * mp.exp(k * y), top / bottom
    slope = (s * small + t * smaller * q) / bottom
    # The constant and what is left of it, each with its sign: -s + (2 t - s) T = 2 (t - s) - (2 t - s) (1 - T).
    rest = -mp.expm1(-t * y)
    return (
        e * k * k * q,
        2 * e * k * slope,
        2 * e * s * small * (t - s) / bottom**2,
        -e * s * small * (2 * t - s) * rest / bottom**2,
        -e * t * t * smaller * q * rest / bottom**2,
    )


def _smht_by(parameter):
    def by(x, a, b, c, d):
        y, k, top, bottom, s, _, t, _ = _smht_parts(x, a, b, c, d)
        if parameter in "ab":
            here = parameter == ("b" if x < 0 else "a")
            return x * mp.exp((k if here else k - s) * y) / bottom
        here = parameter == ("d" if x < 0 else "c")
        value = y * mp.exp((k if here else k - t) * y) * top / bottom**2
        return value if parameter == "d" else -value

    return by


REFERENCE = {
    "sigmoid": Reference(
        forward=sigmoid,
        derivative=lambda x: sigmoid(x) * sigmoid(-x),
        from_output=lambda y: y * (1 - y),
        second_derivative=_logistic_curve,
        limits={
            ("float32", "forward"): (1.15, "the polynomial of the exponential"),
        },
    ),
    "tanh": Reference(
        forward=mp.tanh,
        derivative=lambda x: mp.sech(x) ** 2,
        from_output=lambda y: (1 - y) * (1 + y),
        second_derivative=lambda x: 8 * _logistic_curve(2 * x),
        limits={
            ("float32", "forward"): (
                1.5,
                "beyond 0.55 a quotient rounds before it is taken from 1",
                "0.95 ulp take 1.25 times as long",
            ),
        },
        looked_up={"forward": 0.85},
    ),
    "log_sigmoid": Reference(
        forward=lambda x: min(x, ZERO) - mp.log1p(mp.exp(-abs(x))),
        derivative=lambda x: sigmoid(-x),
        from_output=lambda y: -mp.expm1(y),
        second_derivative=lambda x: -sigmoid(x) * sigmoid(-x),
        limits={
            ("float32", "forward"): (1.05, "the exponential, its product with the logarithm and the last sum"),
            ("float32", "derivative"): (1.15, "as the sigmoid"),
        },
    ),
    "scaled_tanh": Reference(
        forward=lambda x, scale, slope: scale * mp.tanh(slope * x),
        derivative=lambda x, scale, slope: scale * slope * mp.sech(slope * x) ** 2,
        second_derivative=lambda x, scale, slope: scale * slope**2 * 8 * _logistic_curve(2 * slope * x),
        by={
            "scale": lambda x, scale, slope: mp.tanh(slope * x),
            "slope": lambda x, scale, slope: scale * x * mp.sech(slope * x) ** 2,
        },
        examples=({"scale": -0.7, "slope": 1.3}, {"slope": 3e-5}),
        limits={
            ("float32", "forward"): (1.35, "the product with the scale, and the exponential's polynomial"),
        },
    ),
    "smht": Reference(
        forward=_smht,
        derivative=lambda x, **p: sum(_smht_slopes(x, **p)),
        terms=lambda x, **p: _opposed(_smht_slopes(x, **p)),
        second_derivative=lambda x, **p: sum(_smht_curves(x, **p)),
        second_terms=lambda x, **p: _opposed(_smht_curves(x, **p)),
        by={name: _smht_by(name) for name in "abcd"},
        examples=({"a": 0.7, "b": 1.3, "c": 1.1, "d": 0.9}, {"b": 2.0, "c": 3.0, "d": 2.0}),
        limits={
            ("float32", "derivative"): (1.1, "the quotient of sums, with exponents that differ"),
            ("float32", "forward"): (
                1.5,
                "the polynomials' own errors in three exponentials; 0.9 with equal parameters",
            ),
        },
    ),
    "softsign": Reference(
        forward=lambda x: x / (1 + abs(x)),
        derivative=lambda x: 1 / (1 + abs(x)) ** 2,
        from_output=lambda y: (1 - abs(y)) ** 2,
        second_derivative=lambda x: (-2 if x > 0 else 2) / (1 + abs(x)) ** 3,
        limits={
            ("float32", "forward"): (
                1.5,
                "without fused multiply-adds a sum and a quotient round; with them 1.0",
                "1.0 ulp took 1.6 times as long there",
            ),
        },
    ),
    "tanh_shrink": Reference(
        forward=_tanh_shrink,
        derivative=lambda x: mp.tanh(x) ** 2,
        second_derivative=lambda x: -8 * _logistic_curve(2 * x),
        kinks=lambda: (-1.5, -1.17, -1.05, 0.0, 1.05, 1.17, 1.5),
        limits={
            ("float32", "forward"): (1.25, "the polynomial rounds at its largest", "1.03 ulp take 1.4 times as long"),
            ("float32", "derivative"): (1.45, "the polynomials round at their largest, and so does e^-2a beside 1"),
        },
        looked_up={"forward": 0.85, "derivative": 0.95},
    ),
    "arctan": Reference(
        forward=mp.atan,
        derivative=lambda x: 1 / (1 + x * x),
        second_derivative=lambda x: -2 * x / (1 + x * x) ** 2,
        kinks=lambda: (-1.0, 0.0, 1.0),
    ),
    "isru": Reference(
        forward=lambda x, alpha: x * _root(x, alpha),
        derivative=lambda x, alpha: _root(x, alpha) ** 3,
        second_derivative=lambda x, alpha: -3 * alpha * x * _root(x, alpha) ** 5,
        by={"alpha": lambda x, alpha: -((x * _root(x, alpha)) ** 3) / 2},
        examples=({"alpha": 0.3}, {"alpha": 41.0}),
    ),
}
