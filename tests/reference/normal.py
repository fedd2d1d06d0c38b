"""True values of the functions made of the normal distribution."""

from .core import HALF, Reference, mp
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


REFERENCE = {
    "gelu": Reference(
        forward=_gelu,
        derivative=lambda x, approximate: sum(_gelu_terms(x, approximate)),
        terms=lambda x, approximate: largest(_gelu_terms(x, approximate)),
        examples=({"approximate": "tanh"},),
        limits={
            ("float32", "forward"): (3.4, "giving back what 1 + c a lost makes it slower than PyTorch"),
            ("float32", "derivative"): (4.8, "R(a) and a / sqrt(2 pi) nearly cancel long before the root"),
            ("float64", "forward"): (2.9, "as in float32"),
            ("float64", "derivative"): (4.8, "as in float32"),
        },
    ),
    "gelu_tanh": Reference(
        forward=lambda x: _gelu(x, "tanh"),
        derivative=lambda x: sum(_gelu_terms(x, "tanh")),
        terms=lambda x: largest(_gelu_terms(x, "tanh")),
        limits={
            ("float32", "forward"): (
                1.5,
                "giving back the roundings of 1 + e and of the quotient takes six more operations of 25",
            ),
            ("float32", "derivative"): (
                4.4,
                "1 - v sigmoid amplifies roundings of sigmoid(|v|) on the way to the root",
            ),
            ("float64", "derivative"): (
                3.9,
                "1 - v sigmoid amplifies roundings of sigmoid(|v|) on the way to the root",
            ),
        },
    ),
}
