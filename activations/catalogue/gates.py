"""Gates: the input times a sigmoid of it."""

from math import inf

from activations.declaration import Declaration, Properties

DECLARATIONS = (
    Declaration(
        name="silu",
        aliases=("swish_1", "sil"),
        kind="ridge",
        summary="x times its own sigmoid: smooth, not monotonic, the default of many recent networks.",
        formula=r"f(x) = \frac{x}{1 + e^{-x}}",
        reference="S. Elfwing, E. Uchibe, K. Doya, Sigmoid-weighted linear units for neural network function "
        "approximation in reinforcement learning, Neural Networks 2018.",
        properties=Properties(
            monotonic=False,
            range=(-0.2784645427610738, inf),
            lipschitz=1.0998393201762512,
            smoothness=inf,
            parity="",
            saturates=("left",),
            kinks=(),
            at_zero=0.0,
        ),
        advice="A smooth stand-in for relu in deep convolutional networks. It dips below zero, so its output does "
        "not tell its input, and backward must keep x.",
    ),
)
