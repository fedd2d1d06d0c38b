"""True values of the sigmoids."""

from .core import Reference, mp
from .functions import sigmoid

REFERENCE = {
    "sigmoid": Reference(
        forward=sigmoid,
        derivative=lambda x: sigmoid(x) * sigmoid(-x),
        from_output=lambda y: y * (1 - y),
        limits={
            ("float32", "forward"): (
                1.7,
                "giving back the roundings of 1 + e and of the quotient takes six more operations of 25",
            ),
            ("float32", "derivative"): (1.5, "reciprocal, square and products round"),
            ("float64", "derivative"): (2.4, "without fused multiply-adds; 2 and less with them"),
        },
    ),
    "tanh": Reference(
        forward=mp.tanh,
        derivative=lambda x: mp.sech(x) ** 2,
        from_output=lambda y: (1 - y) * (1 + y),
        limits={
            ("float32", "forward"): (2.5, "numerator, denominator and quotient round once each"),
            ("float32", "derivative"): (1.5, "as sigmoid's"),
            ("float64", "forward"): (2.4, "as in float32"),
            ("float64", "derivative"): (2.4, "without fused multiply-adds; 2 and less with them"),
        },
    ),
}
