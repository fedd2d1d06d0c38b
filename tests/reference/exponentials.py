"""True values of the exponentials."""

from .core import ONE, Reference, mp

REFERENCE = {
    "elu": Reference(
        forward=lambda x, alpha: x if x > 0 else alpha * mp.expm1(x),
        derivative=lambda x, alpha: ONE if x > 0 else alpha * mp.exp(x),
        from_output=lambda y, alpha: ONE if y > 0 else y + alpha,
        examples=({"alpha": 0.3}, {"alpha": 1.7}, {"alpha": -0.6}),
        limits={
            ("float32", "forward"): (1.1, "the last sum rounds what its terms have rounded"),
            ("float32", "derivative"): (1.1, "the product with alpha"),
        },
    ),
}
