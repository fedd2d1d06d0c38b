"""True values of the gates."""

from .core import Reference
from .functions import largest, sigmoid


def _silu_terms(x):
    return sigmoid(x), x * sigmoid(x) * sigmoid(-x)


REFERENCE = {
    "silu": Reference(
        forward=lambda x: x * sigmoid(x),
        derivative=lambda x: sum(_silu_terms(x)),
        terms=lambda x: largest(_silu_terms(x)),
        limits={
            ("float32", "forward"): (
                1.5,
                "giving back the roundings of 1 + e and of the quotient takes six more operations of 25",
            ),
            ("float32", "derivative"): (
                3.0,
                "1 - v sigmoid amplifies roundings of sigmoid(|v|) on the way to the root",
            ),
            ("float64", "derivative"): (
                4.0,
                "1 - v sigmoid amplifies roundings of sigmoid(|v|) on the way to the root",
            ),
        },
    ),
}
