"""Gates: the input times a sigmoid of it."""

from dataclasses import replace
from math import inf

from activations.catalogue.lines import line
from activations.declaration import Declaration, Parameter, Properties

_SILU = Properties(
    monotonic=False,
    range=(-0.2784645427610738, inf),
    lipschitz=1.0998393201288669,
    smoothness=inf,
    parity="",
    saturates=("left",),
    kinks=(),
    at_zero=0.0,
)


def _swish(beta: float) -> Properties:
    """silu drawn together; the mirrored and turned silu where beta is negative."""
    if beta == 0:
        return line(0.5)
    dip = _SILU.range[0] / beta
    if beta < 0:
        return replace(_SILU, range=(-inf, dip), saturates=("right",))
    return replace(_SILU, range=(dip, inf))


DECLARATIONS = (
    Declaration(
        name="silu",
        aliases=("swish_1", "sil"),
        kind="ridge",
        summary="x times its own sigmoid: smooth, not monotonic, the default of many recent networks.",
        formula=r"f(x) = \frac{x}{1 + e^{-x}}",
        reference="S. Elfwing, E. Uchibe, K. Doya, Sigmoid-weighted linear units for neural network function "
        "approximation in reinforcement learning, Neural Networks 2018.",
        scalars=("backward", "second_derivative"),
        properties=_SILU,
        advice="A smooth stand-in for relu in deep convolutional networks. It dips below zero, so its output does "
        "not tell its input, and backward must keep x.",
    ),
    Declaration(
        name="swish",
        dotted={"onnx.swish": {"beta": 1.0}, "thinc.swish": {"beta": 1.0}},
        kind="ridge",
        summary="silu with a sharpness: from the line x / 2 at beta = 0 to relu for large beta.",
        formula=r"f(x) = \frac{x}{1 + e^{-\beta x}}",
        reference="P. Ramachandran, B. Zoph, Q. V. Le, Searching for activation functions, 2017.",
        parameters=(Parameter("beta", 1.0, meaning="sharpness of the gate; may be learned"),),
        scalars=("second_derivative",),
        gradients=("beta",),
        special="silu",
        properties=_swish,
        advice="Where the sharpness of the gate is to be chosen or learned. With beta = 1 it is silu, at silu's "
        "cost, and a negative beta mirrors the gate.",
    ),
    Declaration(
        name="quick_gelu",
        aliases=("gelu_quick",),
        dotted={"nntrainer.gelu_sigmoid": {}},
        kind="ridge",
        summary="The approximation of GELU through a sigmoid, off by at most 0.021: CLIP's activation.",
        formula=r"f(x) = \frac{x}{1 + e^{-1.702\,x}}",
        reference="D. Hendrycks, K. Gimpel, Gaussian error linear units (GELUs), 2016, section 2.",
        scalars=("second_derivative",),
        properties=Properties(
            monotonic=False,
            range=(-0.16361018963635358, inf),
            lipschitz=1.0998393201288669,
            smoothness=inf,
            parity="",
            saturates=("left",),
            kinks=(),
            at_zero=0.0,
        ),
        advice="For weights that were trained with it, such as CLIP's. It is cheaper than gelu, but differs from it by "
        "up to 0.021, so the two cannot be exchanged.",
    ),
    Declaration(
        name="mish",
        kind="ridge",
        summary="x times the tanh of its softplus: smooth, not monotonic, a little deeper below zero than silu.",
        formula=r"f(x) = x \tanh \log(1 + e^x)",
        reference="D. Misra, Mish: a self regularized non-monotonic activation function, BMVC 2020.",
        scalars=("second_derivative",),
        properties=Properties(
            monotonic=False,
            range=(-0.30884341301725041, inf),
            lipschitz=1.0884981612517279,
            smoothness=inf,
            parity="",
            saturates=("left",),
            kinks=(),
            at_zero=0.0,
        ),
        advice="In convolutional detectors such as YOLOv4, for which it was tuned. It costs more than silu for about "
        "the same effect, and the usual code has no digit left of -17.",
    ),
    Declaration(
        name="dish",
        kind="ridge",
        summary="x gated by an algebraic sigmoid: the shape of silu without an exponential, with a tail like 1 / x.",
        formula=r"f(x) = \frac{x}{2} \left(1 + \frac{x}{\sqrt{1 + x^2}}\right)",
        reference="D. de Kok, Dish, in thinc (explosion/thinc#719), 2022.",
        scalars=("second_derivative",),
        properties=Properties(
            monotonic=False,
            range=(-0.15014155300038880, inf),
            lipschitz=1.0443310539518174,
            smoothness=inf,
            parity="",
            saturates=("left",),
            kinks=(),
            at_zero=0.0,
        ),
        advice="Where a smooth gate should cost no exponential. It fades slowly, like -1 / (4 |x|) on the left, so "
        "more of the negative side passes than through silu.",
    ),
    Declaration(
        name="lisht",
        kind="ridge",
        summary="x times its tanh: even and never negative, a parabola around zero and |x| far out.",
        formula=r"f(x) = x \tanh x",
        reference="S. K. Roy, S. Manna, S. R. Dubey, B. B. Chaudhuri, LiSHT: non-parametric linearly scaled "
        "hyperbolic tangent activation function for neural networks, 2019.",
        scalars=("second_derivative",),
        tabled={"forward": "lisht", "derivative": "lisht_slope", "backward": "lisht_slope"},
        properties=Properties(
            monotonic=False,
            range=(0.0, inf),
            lipschitz=1.1996786402577338,
            smoothness=inf,
            parity="even",
            saturates=(),
            kinks=(),
            at_zero=0.0,
        ),
        advice="Where only the size of a pre-activation matters, and large negative values should not be lost. The "
        "sign is gone, so a unit cannot tell x from -x.",
    ),
    Declaration(
        name="telu",
        aliases=("tanhexp",),
        kind="ridge",
        summary="x times the tanh of its exponential: close to the identity already at 1, a deep dip below zero.",
        formula=r"f(x) = x \tanh e^x",
        reference="A. Fernandez, A. Mali, Stable and robust deep learning by hyperbolic tangent exponential linear "
        "unit (TeLU), 2024; as TanhExp: X. Liu, X. Di, TanhExp: a smooth activation function with high convergence "
        "speed for lightweight neural networks, IET Computer Vision 2021.",
        scalars=("second_derivative",),
        properties=Properties(
            monotonic=False,
            range=(-0.35328577784821127, inf),
            lipschitz=1.0619753087179159,
            smoothness=inf,
            parity="",
            saturates=("left",),
            kinks=(),
            at_zero=0.0,
        ),
        advice="Where active units should be nearly linear and the gradient should still reach the negative side. It "
        "needs two exponentials, and is not monotonic below -1.08.",
    ),
)
