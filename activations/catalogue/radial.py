"""Radial activations: what counts is the distance from a centre."""

from activations.declaration import Declaration

DECLARATIONS = (
    Declaration(
        name="gaussian",
        aliases=("gauss",),
        kind="radial",
        summary="A bump around zero: answers to a neighbourhood instead of a half-space.",
        formula=r"f(x) = e^{-x^2}",
        reference="D. S. Broomhead, D. Lowe, Multivariable functional interpolation and adaptive networks, 1988.",
        properties={"monotonic": False, "bounded": True, "even": True, "at_zero": 1.0, "kinks": ()},
    ),
)
