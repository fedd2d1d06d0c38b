"""What smish is called, and what is known of it. The build reads this, so that nothing compiled is imported here."""

import math

from activations.plugin import Declaration, Parameter, Properties

SMISH = Declaration(
    name="smish",
    kind="ridge",
    summary="A smooth rectifier like mish, with a slope of 3/5 on the right.",
    formula=r"f(x) = x \tanh(\log(1 + \sigma(\beta x)))",
    reference="Xueliang Wang, Honge Ren, Achuan Wang, Smish: A Novel Activation Function for Deep Learning Methods, "
    "Electronics 11(4), 2022",
    parameters=(Parameter("beta", 1.0, low=0.0, open_low=True, meaning="steepness of the gate"),),
    gradients=("beta",),
    properties=Properties(monotonic=False, smoothness=math.inf, saturates=("left",), kinks=(), at_zero=0.0),
)
DECLARATIONS = (SMISH,)
