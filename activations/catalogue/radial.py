"""Radial activations: what counts is the distance from a centre."""

from math import inf

from activations.declaration import Declaration, Properties

DECLARATIONS = (
    Declaration(
        name="gaussian",
        aliases=("gauss",),
        kind="radial",
        summary="A bump around zero: answers to a neighbourhood instead of a half-space.",
        formula=r"f(x) = e^{-x^2}",
        reference="D. S. Broomhead, D. Lowe, Multivariable functional interpolation and adaptive networks, 1988.",
        properties=Properties(
            monotonic=False,
            range=(0.0, 1.0),
            lipschitz=0.8577638849607068,
            smoothness=inf,
            parity="even",
            saturates=("left", "right"),
            kinks=(),
            at_zero=1.0,
        ),
        advice="Units that answer near a point, as in radial-basis networks. Far from the centre there is no "
        "gradient, so centres have to start among the data.",
    ),
)
