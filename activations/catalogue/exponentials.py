"""Exponential units: a line, and an exponential that saturates."""

from math import inf

from activations.declaration import Declaration, Parameter, Properties

DECLARATIONS = (
    Declaration(
        name="elu",
        dotted={"torch.elu": {"alpha": 1.0}, "keras.elu": {"alpha": 1.0}},
        kind="ridge",
        summary="Identity above zero, an exponential that saturates at -alpha below: mean activations nearer to zero.",
        formula=r"f(x) = \begin{cases} x & x > 0 \\ \alpha (e^x - 1) & x \le 0 \end{cases}",
        reference="D.-A. Clevert, T. Unterthiner, S. Hochreiter, Fast and accurate deep network learning by "
        "exponential linear units (ELUs), ICLR 2016.",
        parameters=(Parameter("alpha", 1.0, meaning="minus the limit at minus infinity; also the derivative at 0"),),
        scalars=("backward_from_output",),
        saves="either",
        output_tells={"alpha": 0.0},
        properties=Properties(
            monotonic=True,
            range=(-1.0, inf),
            lipschitz=1.0,
            smoothness=1,
            parity="",
            saturates=("left",),
            kinks=(0.0,),
            at_zero=0.0,
        ),
        advice="Where outputs should have a mean near zero without normalisation layers. The exponential costs "
        "several times relu, and far below zero the gradient fades.",
    ),
)
