"""True values of the smooth."""

from .core import ONE, ZERO, Reference, mp
from .functions import sigmoid


def _softplus(x, beta, threshold):
    z = beta * x
    if threshold is not None and z > threshold:
        return x
    return (max(z, ZERO) + mp.log1p(mp.exp(-abs(z)))) / beta


def _softplus_derivative(x, beta, threshold):
    z = beta * x
    return ONE if threshold is not None and z > threshold else sigmoid(z)


def _softplus_kinks(beta, threshold):
    return (0.0,) if threshold is None else (0.0, float(threshold) / float(beta))


REFERENCE = {
    "softplus": Reference(
        forward=_softplus,
        derivative=_softplus_derivative,
        examples=({"beta": 2.3}, {"beta": 0.7, "threshold": 20.0}),
        kinks=_softplus_kinks,
        limits={
            ("float32", "forward"): (2.5, "log1p and the line are added after both have been rounded"),
            ("float32", "derivative"): (
                1.7,
                "giving back the roundings of 1 + e and of the quotient takes six more operations of 25",
            ),
            ("float64", "forward"): (2.9, "without fused multiply-adds; 2 and less with them"),
        },
    ),
}
