"""Sigmoids: from one limit to another, or odd like the hyperbolic tangent."""

from math import inf

from activations.declaration import Declaration, Properties

DECLARATIONS = (
    Declaration(
        name="sigmoid",
        aliases=("logistic", "expit", "soft_step", "sigma"),
        kind="ridge",
        summary="Squashes to (0, 1); its derivative never exceeds 1/4, so gradients vanish with depth.",
        formula=r"f(x) = \frac{1}{1 + e^{-x}}",
        reference="P.-F. Verhulst, 1838; D. E. Rumelhart, G. E. Hinton, R. J. Williams, Learning representations by "
        "back-propagating errors, 1986.",
        scalars=("backward_from_output",),
        saves="either",
        properties=Properties(
            monotonic=True,
            range=(0.0, 1.0),
            lipschitz=0.25,
            smoothness=inf,
            parity="",
            saturates=("left", "right"),
            kinks=(),
            at_zero=0.5,
        ),
        advice="Probabilities of yes or no at the output, and gates. In hidden layers its slope, a quarter at most, "
        "makes gradients vanish with depth.",
    ),
    Declaration(
        name="tanh",
        kind="ridge",
        summary="Squashes to (-1, 1) and is centred on zero; saturates on both sides.",
        formula=r"f(x) = \tanh x = \frac{e^x - e^{-x}}{e^x + e^{-x}}",
        reference="Y. LeCun, L. Bottou, G. B. Orr, K.-R. Müller, Efficient BackProp, 1998.",
        scalars=("backward_from_output",),
        saves="either",
        properties=Properties(
            monotonic=True,
            range=(-1.0, 1.0),
            lipschitz=1.0,
            smoothness=inf,
            parity="odd",
            saturates=("left", "right"),
            kinks=(),
            at_zero=0.0,
        ),
        advice="Bounded, zero-centred states, as in recurrent networks. Saturated on both sides, it lets gradients "
        "vanish in deep stacks.",
    ),
)
