"""True values of the functions made of the normal distribution."""

from .core import HALF, ONE, ZERO, Reference, mp
from .functions import erfc, largest, normal_density, sigmoid

SQRT_HALF = mp.sqrt(HALF)
SQRT_2_PI = mp.sqrt(2 / mp.pi)


def _gelu_terms(x, approximate="none"):
    """The two terms of gelu's derivative."""
    if approximate == "tanh":
        cubic = mp.mpf("0.044715")
        u2 = 2 * SQRT_2_PI * (x + cubic * x**3)
        slope = 2 * SQRT_2_PI * (1 + 3 * cubic * x * x)
        return sigmoid(u2), x * sigmoid(u2) * sigmoid(-u2) * slope
    return erfc(-x * SQRT_HALF) / 2, x * normal_density(x)


def _gelu(x, approximate="none"):
    return x * _gelu_terms(x, approximate)[0]


def _gelu_second_terms(x, approximate="none"):
    if approximate == "tanh":
        cubic = mp.mpf("0.044715")
        u2 = 2 * SQRT_2_PI * (x + cubic * x**3)
        rate = 2 * SQRT_2_PI * (1 + 3 * cubic * x * x)
        slope = sigmoid(u2) * sigmoid(-u2)
        return 2 * SQRT_2_PI * (2 + 12 * cubic * x * x) * slope, -x * rate**2 * mp.tanh(u2 / 2) * slope
    return 2 * normal_density(x), -x * x * normal_density(x)


def _clipped_gelu(x, min_val, max_val):
    return min(max(_gelu(x), min_val), max_val)


def _clipped_gelu_derivative(x, min_val, max_val):
    return sum(_gelu_terms(x)) if min_val < _gelu(x) <= max_val else ZERO


def _erf_slope(x):
    return 2 / mp.sqrt(mp.pi) * mp.exp(-x * x)


def _laplace(x, mu, sigma):
    return erfc(-(x - mu) / sigma * SQRT_HALF) / 2


def _laplace_slope(x, mu, sigma):
    return normal_density((x - mu) / sigma) / sigma


def _serf_gate(x):
    """erf(w) and its derivative, w = softplus(x)."""
    w = max(x, ZERO) + mp.log1p(mp.exp(-abs(x)))
    return mp.erf(w) if w < 2**100 else ONE, _erf_slope(w) * sigmoid(x)


def _serf_terms(x):
    return _serf_gate(x)[0], x * _serf_gate(x)[1]


def _serf_second_terms(x):
    slope = _serf_gate(x)[1]
    w = max(x, ZERO) + mp.log1p(mp.exp(-abs(x)))
    return 2 * slope, x * slope * sigmoid(-x), -2 * x * slope * w * sigmoid(x)


REFERENCE = {
    "gelu": Reference(
        forward=_gelu,
        derivative=lambda x, approximate: sum(_gelu_terms(x, approximate)),
        terms=lambda x, approximate: largest(_gelu_terms(x, approximate)),
        second_derivative=lambda x, approximate: sum(_gelu_second_terms(x, approximate)),
        second_terms=lambda x, approximate: largest(_gelu_second_terms(x, approximate)),
        examples=({"approximate": "tanh"},),
        limits={
            ("float32", "forward"): (
                2.65,
                "the tail is rounded before it is taken from x",
                "1.0 ulp take 2.4 times as long, and 2.35 of them 1.12 times",
            ),
            ("float32", "derivative"): (1.3, "the table's last terms; 1.2 where there is none"),
            ("float32", "backward"): (2.25, "the product with dy, where the approximation by tanh is asked for"),
        },
        looked_up={"forward": 1.45, "derivative": 1.5},
    ),
    "gelu_tanh": Reference(
        forward=lambda x: _gelu(x, "tanh"),
        derivative=lambda x: sum(_gelu_terms(x, "tanh")),
        terms=lambda x: largest(_gelu_terms(x, "tanh")),
        second_derivative=lambda x: sum(_gelu_second_terms(x, "tanh")),
        second_terms=lambda x: largest(_gelu_second_terms(x, "tanh")),
        limits={
            ("float32", "forward"): (1.45, "what the division leaves is rounded where x is larger than it"),
            ("float32", "derivative"): (1.2, "where the sum crosses a power of two"),
            ("float32", "backward"): (
                2.4,
                "the product with dy; the slope alone 1.5",
                "2.2 ulp take 1.2 times as long",
            ),
        },
    ),
    "clipped_gelu": Reference(
        forward=_clipped_gelu,
        derivative=_clipped_gelu_derivative,
        terms=lambda x, min_val, max_val: (
            largest(_gelu_terms(x)) if _clipped_gelu_derivative(x, min_val, max_val) else ZERO
        ),
        by={
            "min_val": lambda x, min_val, max_val: ONE if _gelu(x) <= min_val <= max_val else ZERO,
            "max_val": lambda x, min_val, max_val: ONE if max(_gelu(x), min_val) > max_val else ZERO,
        },
        examples=({"min_val": 12.0, "max_val": 20.0}, {"min_val": 3.0, "max_val": 2.0}),
        kinks=lambda min_val, max_val: (0.0, float(min_val), float(max_val)),
        limits={
            ("float32", "forward"): (1.05, "the exponential, its product with R and the last sum"),
            ("float32", "derivative"): (1.1, "the exponential, its product with the slope and the last sum"),
        },
    ),
    "erf": Reference(
        forward=lambda x: mp.erf(x) if abs(x) < 2**100 else mp.sign(x),
        derivative=_erf_slope,
        second_derivative=lambda x: -2 * x * _erf_slope(x),
        looked_up={"forward": 1.05},
    ),
    "laplace": Reference(
        forward=_laplace,
        derivative=_laplace_slope,
        second_derivative=lambda x, mu, sigma: -(x - mu) / sigma**2 * _laplace_slope(x, mu, sigma),
        by={
            "mu": lambda x, mu, sigma: -_laplace_slope(x, mu, sigma),
            "sigma": lambda x, mu, sigma: -(x - mu) / sigma * _laplace_slope(x, mu, sigma),
        },
        examples=({"mu": -0.4}, {"sigma": 1.3}, {"mu": 3.3, "sigma": 0.01}),
        kinks=lambda mu, sigma: (0.0, float(mu)),
        limits={
            ("float32", "forward"): (1.15, "the exponential, its product with R and the last sum"),
        },
    ),
    "serf": Reference(
        forward=lambda x: x * _serf_gate(x)[0],
        derivative=lambda x: sum(_serf_terms(x)),
        terms=lambda x: largest(_serf_terms(x)),
        second_derivative=lambda x: sum(_serf_second_terms(x)),
        second_terms=lambda x: largest(_serf_second_terms(x)),
        limits={
            ("float32", "forward"): (1.55, "the polynomials of softplus and of erf"),
            ("float32", "derivative"): (1.6, "the same, where terms cancel by half on the way to the root"),
        },
    ),
}
