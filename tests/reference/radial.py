"""True values of the radial."""

from .core import Reference, mp

REFERENCE = {
    "gaussian": Reference(
        forward=lambda x: mp.exp(-x * x),
        derivative=lambda x: -2 * x * mp.exp(-x * x),
        limits={
            ("float32", "derivative"): (1.7, "the product with x rounds once more"),
        },
    ),
}
