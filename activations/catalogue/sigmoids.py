"""Sigmoids: from one limit to another, or odd like the hyperbolic tangent."""

from math import inf, sqrt

from activations.declaration import Declaration, Parameter, Properties


def _scaled_tanh(scale: float, slope: float) -> Properties:
    if scale == 0:
        return Properties()
    return Properties(
        monotonic=scale > 0,
        range=(-abs(scale), abs(scale)),
        lipschitz=abs(scale) * slope,
        smoothness=inf,
        parity="odd",
        saturates=("left", "right"),
        kinks=(),
        at_zero=0.0,
    )


def _smht(a: float, b: float, c: float, d: float) -> Properties:
    """With one number four times it is tanh; else its extremes have no formula."""
    if a == b == c == d:
        return _scaled_tanh(1.0, a)
    return Properties(
        smoothness=inf,
        parity="odd" if a == b and c == d else "",
        saturates=("left",) * (b <= d) + ("right",) * (a <= c),
        kinks=(),
        at_zero=0.0,
    )


DECLARATIONS = (
    Declaration(
        name="sigmoid",
        aliases=("logistic", "expit", "soft_step", "sigma"),
        kind="ridge",
        summary="Squashes to (0, 1); its derivative never exceeds 1/4, so gradients vanish with depth.",
        formula=r"f(x) = \frac{1}{1 + e^{-x}}",
        reference="P.-F. Verhulst, Notice sur la loi que la population suit dans son accroissement, 1838; D. E. "
        "Rumelhart, G. E. Hinton, R. J. Williams, Learning representations by back-propagating errors, 1986.",
        scalars=("backward_from_output", "second_derivative"),
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
        scalars=("backward_from_output", "second_derivative"),
        tabled={"forward": "tanh"},
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
    Declaration(
        name="log_sigmoid",
        aliases=("logsigmoid", "log_expit", "log_logistic"),
        kind="ridge",
        summary="The logarithm of the sigmoid: minus softplus of -x, never positive.",
        formula=r"f(x) = \log \frac{1}{1 + e^{-x}} = \min(x, 0) - \log(1 + e^{-|x|})",
        reference="D. R. Cox, The regression analysis of binary sequences, Journal of the Royal Statistical Society B "
        "20, 1958.",
        scalars=("backward_from_output", "second_derivative"),
        saves="either",
        properties=Properties(
            monotonic=True,
            range=(-inf, 0.0),
            lipschitz=1.0,
            smoothness=inf,
            parity="",
            saturates=("right",),
            kinks=(),
            at_zero=-0.6931471805599453,
        ),
        advice="Log-probabilities of yes or no, so that a loss is a plain sum. Taken as the logarithm of a sigmoid it "
        "is minus infinity far to the left and has no digit right of 17 in float32.",
    ),
    Declaration(
        name="scaled_tanh",
        aliases=("lecun_tanh",),
        dotted={"neat.tanh": {"scale": 1.0, "slope": 2.5}},
        kind="ridge",
        summary="A hyperbolic tangent with f(1) = 1 and f(-1) = -1, steepest curvature there.",
        formula=r"f(x) = A \tanh(B x)",
        reference="Y. LeCun, L. Bottou, G. B. Orr, K.-R. Müller, Efficient BackProp, 1998.",
        parameters=(
            Parameter("scale", 1.7159, open_low=True, open_high=True, meaning="the limit at infinity, A"),
            Parameter("slope", 2 / 3, low=0.0, open_low=True, open_high=True, meaning="factor of the argument, B"),
        ),
        scalars=("second_derivative",),
        gradients=("scale", "slope"),
        properties=_scaled_tanh,
        advice="Networks with inputs and targets of variance 1, whose units then work where the slope is large. It "
        "costs what tanh costs and saturates like it.",
    ),
    Declaration(
        name="smht",
        aliases=("soboleva_tanh", "soboleva_modified_tanh", "soboleva_modified_hyperbolic_tangent", "smhtaf"),
        kind="ridge",
        summary="A hyperbolic tangent whose four exponents may differ, so that its sides rise and saturate apart.",
        formula=r"f(x) = \frac{e^{ax} - e^{-bx}}{e^{cx} + e^{-dx}}",
        reference="E. V. Soboleva, V. V. Beskorovainyi, The utility function in problems of structural optimization of "
        "distributed objects (in Russian), 4th scientific conference of Kharkiv University of Air Force, 2008.",
        parameters=tuple(
            Parameter(name, 1.0, low=0.0, open_low=True, open_high=True, meaning=meaning)
            for name, meaning in (
                ("a", "growth of the numerator to the right; below c the function returns to zero there"),
                ("b", "growth of the numerator to the left; below d it returns to zero there"),
                ("c", "growth of the denominator to the right"),
                ("d", "growth of the denominator to the left"),
            )
        ),
        scalars=("backward", "second_derivative"),
        gradients=("a", "b", "c", "d"),
        properties=_smht,
        advice="Where the two sides should saturate differently, or the four exponents be learnt. It costs three "
        "exponentials, and with a larger than c, or b larger than d, it grows without bounds.",
    ),
    Declaration(
        name="softsign",
        aliases=("elliot",),
        kind="ridge",
        summary="Squashes to (-1, 1) without an exponential and saturates slowly, like 1 / x.",
        formula=r"f(x) = \frac{x}{1 + |x|}",
        reference="D. L. Elliott, A better activation function for artificial neural networks, Institute for Systems "
        "Research, University of Maryland, Technical Report 93-8, 1993.",
        scalars=("backward_from_output", "second_derivative"),
        saves="either",
        properties=Properties(
            monotonic=True,
            range=(-1.0, 1.0),
            lipschitz=1.0,
            smoothness=1,
            parity="odd",
            saturates=("left", "right"),
            kinks=(0.0,),
            at_zero=0.0,
        ),
        advice="A bounded, zero-centred output whose tails still pass some gradient. It approaches its limits so "
        "slowly that it hardly ever reaches them, and its second derivative jumps at 0.",
    ),
    Declaration(
        name="tanh_shrink",
        kind="ridge",
        summary="What tanh leaves of x: a cubic around zero, a line far out.",
        formula=r"f(x) = x - \tanh x",
        reference="PyTorch, torch.nn.Tanhshrink; K. Kavukcuoglu, M. Ranzato, Y. LeCun, Fast inference in sparse coding "
        "algorithms with applications to object recognition, 2008.",
        scalars=("second_derivative",),
        tabled={"forward": "tanh_shrink", "derivative": "tanh_shrink_slope", "backward": "tanh_shrink_slope"},
        properties=Properties(
            monotonic=True,
            range=(-inf, inf),
            lipschitz=1.0,
            smoothness=inf,
            parity="odd",
            saturates=(),
            kinks=(),
            at_zero=0.0,
        ),
        advice="Sparse coding, where small values should nearly vanish without a kink. Around zero its slope is zero "
        "too, so small inputs learn nothing, and the plain difference has no digit there.",
    ),
    Declaration(
        name="arctan",
        aliases=("atan",),
        kind="ridge",
        summary="The inverse tangent: squashes to (-pi/2, pi/2), with tails like 1 / x.",
        formula=r"f(x) = \arctan x",
        reference="J. Kamruzzaman, S. M. Aziz, A note on activation function in multilayer feedforward learning, "
        "IJCNN 2002.",
        scalars=("second_derivative",),
        near=dict.fromkeys(("derivative", "backward"), (2048.0, 33554432.0)),
        properties=Properties(
            monotonic=True,
            range=(-1.5707963267948966, 1.5707963267948966),
            lipschitz=1.0,
            smoothness=inf,
            parity="odd",
            saturates=("left", "right"),
            kinks=(),
            at_zero=0.0,
        ),
        advice="A bounded, zero-centred output that saturates more slowly than tanh. The limits are not 1 but pi / 2, "
        "which initial weights have to take into account.",
    ),
    Declaration(
        name="isru",
        aliases=("inverse_square_root_unit",),
        kind="ridge",
        summary="Shaped like tanh with a square root instead of exponentials; limits at plus and minus alpha^(-1/2).",
        formula=r"f(x) = \frac{x}{\sqrt{1 + \alpha x^2}}",
        reference="B. Carlile, G. Delamarter, P. Kinney, A. Marti, B. Whitney, Improving deep learning by inverse "
        "square root linear units (ISRLUs), arXiv:1710.09967, 2017.",
        parameters=(
            Parameter(
                "alpha",
                1.0,
                low=0.0,
                open_low=True,
                open_high=True,
                meaning="the limit at infinity is its root's reciprocal",
            ),
        ),
        scalars=("second_derivative",),
        near=dict.fromkeys(("forward", "derivative", "backward"), (1024.0, 1024.0)),
        near_parameters={"alpha": (0.0, 4.0)},
        gradients=("alpha",),
        properties=lambda alpha: Properties(
            monotonic=True,
            range=(-1 / sqrt(alpha), 1 / sqrt(alpha)),
            lipschitz=1.0,
            smoothness=inf,
            parity="odd",
            saturates=("left", "right"),
            kinks=(),
            at_zero=0.0,
        ),
        advice="In place of tanh in recurrent networks where exponentials are dear. Its gradient fades like the cube "
        "of 1 / x.",
    ),
)
