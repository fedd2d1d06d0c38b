"""True values of the exponentials."""

from .core import HALF, ONE, ZERO, Reference, mp
from .functions import largest, sigmoid

SELU_SCALE = mp.mpf("1.0507009873554804934193349852946")
SELU_BELOW = SELU_SCALE * mp.mpf("1.6732632423543772848170429916717")


def _elish_terms(x):
    """The two terms of elish's derivative."""
    e = mp.exp(-abs(x))
    if x >= 0:
        return 1 / (1 + e), x * e / (1 + e) ** 2
    return e * e * (e + 2) / (1 + e) ** 2, -e / (1 + e) ** 2


def _elish_second_terms(x):
    e = mp.exp(-abs(x))
    if x > 0:
        return 2 * e / (1 + e) ** 2, -x * e * (1 - e) / (1 + e) ** 3
    return e * e * (e * e + 3 * e + 5) / (1 + e) ** 3, -e / (1 + e) ** 3


def _hard_gate(x):
    return max(ZERO, min(ONE, (x + 1) / 2))


def _hard_elish_terms(x):
    if x <= -1:
        return ZERO, ZERO
    if x >= 0:
        return (_hard_gate(x), x / 2) if x < 1 else (ONE, ZERO)
    return mp.exp(x) * _hard_gate(x), mp.expm1(x) / 2


def _celu_by_alpha(x, alpha):
    if x >= 0:
        return ZERO
    u = x / alpha
    if abs(u) < 1e-20:
        return -u * u * (HALF + u / 3)
    return mp.expm1(u) - u * mp.exp(u) if u > -1e9 else -ONE


def _log1mexp(x):
    if x <= 0:
        return mp.nan if x < 0 else -mp.inf
    return mp.log(-mp.expm1(-x)) if x < 1 else mp.log1p(-mp.exp(-x))


def _log1mexp_derivative(x):
    if x <= 0:
        return mp.nan if x < 0 else mp.inf
    return mp.exp(-x) / -mp.expm1(-x)


def _log1mexp_second_derivative(x):
    d = _log1mexp_derivative(x)
    return -d * (1 + d)


def _bend(x, eps):
    """e^min(x, eps) - 1 - x."""
    z = min(x, eps)
    if z == x and abs(x) < 1e-20:
        return x * x * (HALF + x / 6)
    return mp.expm1(z) - x


def _bend_term(x, eps, **parameters):
    """Between eps and 0 the exponential, which stays, and x cancel."""
    return max(abs(mp.expm1(eps)), abs(x)) if eps < x <= 0 else abs(_bend(x, eps))


def _xielu_terms(x, alpha_p, alpha_n, beta, eps):
    return (alpha_p * x * x if x > 0 else alpha_n * _bend(x, eps)), beta * x


def _xielu_slopes(x, alpha_p, alpha_n, beta, eps):
    return (2 * alpha_p * x if x > 0 else alpha_n * (mp.expm1(x) if x <= eps else -ONE)), beta


def _xielu_second_derivative(x, alpha_p, alpha_n, beta, eps):
    return 2 * alpha_p if x > 0 else alpha_n * mp.exp(x) if x <= eps else ZERO


def _soft_exponential(x, alpha):
    if not alpha:
        return x
    if alpha > 0:
        # Far left alpha - 1 / alpha, of which nothing is left where alpha is 1.
        u = alpha * x
        return mp.exp(u) / alpha + (alpha - 1 / alpha) if u < -1 else mp.expm1(u) / alpha + alpha
    inside = 1 - alpha * (x + alpha)
    return mp.nan if inside < 0 else -mp.log1p(-alpha * (x + alpha)) / alpha if inside else -mp.inf


def _soft_exponential_slope(x, alpha):
    if alpha >= 0:
        return mp.exp(alpha * x)
    inside = 1 - alpha * (x + alpha)
    return mp.nan if inside < 0 else 1 / inside if inside else mp.inf


def _soft_exponential_curve(x, alpha):
    slope = _soft_exponential_slope(x, alpha)
    return alpha * slope if alpha >= 0 else alpha * slope * slope


def _soft_exponential_by_alpha(x, alpha):
    if alpha > 0:
        u = alpha * x
        if abs(u) < 1e-20:
            return 1 + x * x * (HALF + u / 3)
        # Far left an exponent of 10^5000 digits would take its time.
        return 1 + (mp.exp(u) * (u - 1) + 1 if u > -1e6 else ONE) / alpha**2
    if not alpha:
        return 1 + x * x / 2
    v = -alpha * (x + alpha)
    if v <= -1:
        return mp.nan if v < -1 else mp.inf
    if abs(v) < 1e-20:
        return 1 / (1 + v) + (x + alpha) ** 2 * (HALF - 2 * v / 3)
    return 1 / (1 + v) + (mp.log1p(v) - v / (1 + v)) / alpha**2


REFERENCE = {
    "elu": Reference(
        forward=lambda x, alpha: x if x > 0 else alpha * mp.expm1(x),
        derivative=lambda x, alpha: ONE if x > 0 else alpha * mp.exp(x),
        from_output=lambda y, alpha: ONE if y > 0 else y + alpha,
        second_derivative=lambda x, alpha: ZERO if x > 0 else alpha * mp.exp(x),
        by={"alpha": lambda x, alpha: ZERO if x > 0 else mp.expm1(x)},
        examples=({"alpha": 0.3}, {"alpha": 1.7}, {"alpha": -0.6}),
        limits={
            ("float32", "forward"): (1.05, "the last sum rounds what its terms have rounded"),
            ("float32", "derivative"): (1.05, "the exponential's last two roundings"),
        },
    ),
    "celu": Reference(
        forward=lambda x, alpha: x if x > 0 else alpha * mp.expm1(x / alpha),
        derivative=lambda x, alpha: ONE if x > 0 else mp.exp(x / alpha),
        from_output=lambda y, alpha: ONE if y > 0 else (y + alpha) / alpha,
        second_derivative=lambda x, alpha: ZERO if x > 0 else mp.exp(x / alpha) / alpha,
        by={"alpha": _celu_by_alpha},
        examples=({"alpha": 0.3}, {"alpha": 1.7}, {"alpha": -0.6}, {"alpha": -9.0}),
        limits={
            ("float32", "derivative"): (1.05, "the exponential's last two roundings"),
            ("float32", "forward"): (
                1.25,
                "the last two sums and 2^n - 1, where a negative alpha makes it grow",
                "1.1 ulp take 1.25 times as long",
            ),
        },
    ),
    "selu": Reference(
        forward=lambda x: SELU_SCALE * x if x > 0 else SELU_BELOW * mp.expm1(x),
        derivative=lambda x: SELU_SCALE if x > 0 else SELU_BELOW * mp.exp(x),
        from_output=lambda y: SELU_SCALE if y > 0 else y + SELU_BELOW,
        second_derivative=lambda x: ZERO if x > 0 else SELU_BELOW * mp.exp(x),
    ),
    "exponential": Reference(
        forward=mp.exp,
        derivative=mp.exp,
        second_derivative=mp.exp,
        from_output=lambda y: y,
        limits={
            ("float32", "forward"): (1.05, "its power of two in halves, and the last product"),
            ("float32", "derivative"): (1.05, "its power of two in halves, and the last product"),
        },
    ),
    "soft_exponential": Reference(
        forward=_soft_exponential,
        forward_terms=lambda x, alpha: (
            max(mp.exp(alpha * x) / alpha, abs(alpha - 1 / alpha)) if alpha > 0 else abs(_soft_exponential(x, alpha))
        ),
        derivative=_soft_exponential_slope,
        second_derivative=_soft_exponential_curve,
        by={"alpha": _soft_exponential_by_alpha},
        examples=({"alpha": 0.3}, {"alpha": 1e-5}, {"alpha": 0.0}, {"alpha": -1e-5}, {"alpha": -0.7}, {"alpha": -1.5}),
        limits={("float32", "forward"): (1.1, "the logarithm times 1 / alpha")},
    ),
    "elish": Reference(
        forward=lambda x: (x if x >= 0 else mp.expm1(x)) * sigmoid(x),
        derivative=lambda x: sum(_elish_terms(x)),
        terms=lambda x: largest(_elish_terms(x)),
        second_derivative=lambda x: sum(_elish_second_terms(x)),
        second_terms=lambda x: largest(_elish_second_terms(x)),
        limits={
            ("float32", "derivative"): (1.3, "next to the root, the sum that is taken from 1"),
        },
    ),
    "hard_elish": Reference(
        forward=lambda x: (x if x >= 0 else mp.expm1(x)) * _hard_gate(x),
        derivative=lambda x: sum(_hard_elish_terms(x)),
        terms=lambda x: largest(_hard_elish_terms(x)),
        kinks=lambda: (-1.0, 0.0, 1.0),
    ),
    "log1mexp": Reference(
        forward=_log1mexp,
        derivative=_log1mexp_derivative,
        second_derivative=_log1mexp_second_derivative,
    ),
    "xielu": Reference(
        forward=lambda x, **p: sum(_xielu_terms(x, **p)),
        forward_terms=lambda x, **p: largest(_xielu_terms(x, **p)),
        derivative=lambda x, **p: sum(_xielu_slopes(x, **p)),
        terms=lambda x, **p: largest(_xielu_slopes(x, **p)),
        second_derivative=_xielu_second_derivative,
        by={
            "alpha_p": lambda x, **p: x * x if x > 0 else ZERO,
            "alpha_n": lambda x, eps, **p: ZERO if x > 0 else _bend(x, eps),
            "beta": lambda x, **p: x,
            "eps": lambda x, alpha_n, eps, **p: alpha_n * mp.exp(eps) if eps < x <= 0 else ZERO,
        },
        by_terms={"alpha_n": _bend_term},
        limits={
            ("float32", "forward"): (1.3, "between eps and 0 the exponential's remainder is rounded by itself"),
            ("float32", "derivative"): (1.15, "the product with alpha_n and the last sum round"),
        },
        examples=({"alpha_p": 0.3, "alpha_n": 1.1, "beta": 0.7, "eps": -0.01}, {"alpha_p": 1.7, "eps": 0.0}),
        kinks=lambda eps, **p: (0.0, float(eps)),
    ),
}
