"""True values of the rectifiers."""

from .core import ONE, ZERO, Reference

REFERENCE = {
    "identity": Reference(
        forward=lambda x: x,
        derivative=lambda x: ONE,
    ),
    "binary_step": Reference(
        forward=lambda x: ONE if x >= 0 else ZERO,
        derivative=lambda x: ZERO,
    ),
    "relu": Reference(
        forward=lambda x: max(x, ZERO),
        derivative=lambda x: ONE if x > 0 else ZERO,
        from_output=lambda y: ONE if y > 0 else ZERO,
    ),
    "leaky_relu": Reference(
        forward=lambda x, negative_slope: x if x > 0 else negative_slope * x,
        derivative=lambda x, negative_slope: ONE if x > 0 else negative_slope,
        from_output=lambda y, negative_slope: ONE if y > 0 else negative_slope,
        examples=({"negative_slope": 0.2}, {"negative_slope": 1.7}, {"negative_slope": -0.3}),
    ),
    "prelu": Reference(
        forward=lambda x, weight: x if x > 0 else weight * x,
        derivative=lambda x, weight: ONE if x > 0 else weight,
        from_output=lambda y, weight: ONE if y > 0 else weight,
        examples=({"weight": -0.3},),
    ),
}
