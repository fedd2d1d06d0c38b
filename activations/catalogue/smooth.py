"""Smooth rectifiers: kinks rounded off."""

from dataclasses import replace
from math import inf, log, sqrt

from activations.catalogue.lines import bent_line
from activations.declaration import Declaration, Parameter, Properties

_RECTIFIER = Properties(
    monotonic=True,
    range=(0.0, inf),
    lipschitz=1.0,
    smoothness=inf,
    parity="",
    saturates=("left",),
    kinks=(),
)


def _softplus(beta: float, threshold: float | None) -> Properties:
    """With a threshold it jumps there, by less than a rounding where it is PyTorch's: of that nothing is said."""
    if threshold is None or threshold == inf:
        return replace(_RECTIFIER, at_zero=log(2) / beta)
    if threshold < 0:
        return Properties()
    return Properties(range=(0.0, inf), parity="", saturates=("left",), at_zero=log(2) / beta)


def _squareplus(b: float) -> Properties:
    return replace(_RECTIFIER, at_zero=sqrt(b) / 2) if b else bent_line(0.0)


DECLARATIONS = (
    Declaration(
        name="softplus",
        aliases=("soft_relu", "smooth_relu"),
        dotted={"torch.softplus": {"threshold": 20.0}, "neat.softplus": {"beta": 5.0}},
        kind="ridge",
        summary="A smooth ReLU whose derivative is the sigmoid; positive everywhere.",
        formula=r"f(x) = \begin{cases} \frac{1}{\beta} \log(1 + e^{\beta x}) & \beta x \le t \\ "
        r"x & \beta x > t \end{cases}",
        reference="C. Dugas, Y. Bengio, F. Bélisle, C. Nadeau, R. Garcia, Incorporating second-order functional "
        "knowledge for better option pricing, NIPS 2000.",
        parameters=(
            Parameter("beta", 1.0, low=0.0, open_low=True, open_high=True, meaning="sharpness of the bend"),
            Parameter(
                "threshold",
                None,
                none=float("inf"),
                meaning="t: where beta x exceeds it the function is the line x (PyTorch: 20); None never switches",
            ),
        ),
        scalars=("second_derivative",),
        gradients=("beta",),
        properties=_softplus,
        advice="A positive output, such as a variance or a rate, with a gradient everywhere. It is never zero, so "
        "nothing becomes sparse, and the usual log(1 + exp(x)) overflows.",
    ),
    Declaration(
        name="squareplus",
        dotted={"jax.squareplus": {"b": 4.0}, "keras.squareplus": {"b": 4.0}},
        kind="ridge",
        summary="A smooth ReLU of one square root, without an exponential.",
        formula=r"f(x) = \frac{x + \sqrt{x^2 + b}}{2}",
        reference="J. T. Barron, Squareplus: a softplus-like algebraic rectifier, arXiv:2112.11687, 2021.",
        parameters=(
            Parameter(
                "b", 4.0, low=0.0, open_high=True, meaning="width of the bend; f(0) is half its root, and 0 gives relu"
            ),
        ),
        scalars=("second_derivative",),
        near=dict.fromkeys(("forward", "derivative", "backward"), (1073741824.0, 1073741824.0)),
        near_parameters={"b": (1e-12, 1e30)},
        gradients=("b",),
        properties=_squareplus,
        advice="Where softplus is wanted and exponentials are dear. On the left it falls only like 1 / |x|, so that "
        "nothing ever becomes quite zero.",
    ),
    Declaration(
        name="logcosh",
        aliases=("log_cosh",),
        kind="ridge",
        summary="A smooth absolute value: a parabola around zero, two lines far from it.",
        formula=r"f(x) = \log \cosh x",
        reference="P. J. Huber, Robust estimation of a location parameter, 1964 (the idea); Convention.",
        scalars=("second_derivative",),
        properties=Properties(
            monotonic=False,
            range=(0.0, inf),
            lipschitz=1.0,
            smoothness=inf,
            parity="even",
            saturates=(),
            kinks=(),
            at_zero=0.0,
        ),
        advice="Errors that should count like squares when small and like absolute values when large. As a hidden "
        "activation it forgets the sign of its input.",
    ),
    Declaration(
        name="isrlu",
        kind="ridge",
        summary="The identity above zero, an inverse square root unit that saturates below.",
        formula=r"f(x) = \begin{cases} x & x \ge 0 \\ \dfrac{x}{\sqrt{1 + \alpha x^2}} & x < 0 \end{cases}",
        reference="B. Carlile, G. Delamarter, P. Kinney, A. Marti, B. Whitney, Improving deep learning by inverse "
        "square root linear units (ISRLUs), arXiv:1710.09967, 2017.",
        parameters=(
            Parameter(
                "alpha",
                1.0,
                low=0.0,
                open_low=True,
                open_high=True,
                meaning="the limit at minus infinity is -1 / sqrt(alpha)",
            ),
        ),
        scalars=("second_derivative",),
        near=dict.fromkeys(("forward", "derivative", "backward"), (1024.0, 1024.0)),
        near_parameters={"alpha": (0.0, 4.0)},
        gradients=("alpha",),
        properties=lambda alpha: Properties(
            monotonic=True,
            range=(-1 / sqrt(alpha), inf),
            lipschitz=1.0,
            smoothness=2,
            parity="",
            saturates=("left",),
            kinks=(0.0,),
            at_zero=0.0,
        ),
        advice="In place of elu: of the same shape, smoother at zero and without an exponential. Far below zero its "
        "gradient fades.",
    ),
    Declaration(
        name="bent_identity",
        kind="ridge",
        summary="A line of slope 1/2 that bends into one of slope 3/2.",
        formula=r"f(x) = \frac{\sqrt{x^2 + 1} - 1}{2} + x",
        reference="Convention.",
        scalars=("second_derivative",),
        properties=Properties(
            monotonic=True,
            range=(-inf, inf),
            lipschitz=1.5,
            smoothness=inf,
            parity="",
            saturates=(),
            kinks=(),
            at_zero=0.0,
        ),
        advice="Outputs without bounds where a little curvature is enough. So near to a line, it makes a deep stack "
        "little stronger than a shallow one.",
    ),
    Declaration(
        name="arcsinh",
        aliases=("asinh",),
        kind="ridge",
        summary="Linear around zero, logarithmic far from it: tames values of any size and either sign.",
        formula=r"f(x) = \operatorname{arsinh} x = \log\left(x + \sqrt{x^2 + 1}\right)",
        reference="N. L. Johnson, Systems of frequency curves generated by methods of translation, Biometrika 36, "
        "1949.",
        scalars=("second_derivative",),
        near=dict.fromkeys(("forward", "derivative", "backward"), (1073741824.0, 1152921504606846976.0)),
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
        advice="Inputs or targets that span orders of magnitude with both signs. Far from zero its slope falls like 1 "
        "/ |x|, so large errors hardly move the weights.",
    ),
    Declaration(
        name="log_symmetric",
        aliases=("symlog",),
        kind="ridge",
        summary="The logarithm of 1 + |x| with the sign of x: compresses large values of either sign.",
        formula=r"f(x) = \operatorname{sign}(x) \log(1 + |x|)",
        reference="J. B. W. Webber, A bi-symmetric log transformation for wide-range data, Measurement Science and "
        "Technology, 2013; D. Hafner, J. Pasukonis, J. Ba, T. Lillicrap, Mastering diverse domains through world "
        "models, 2023.",
        scalars=("second_derivative",),
        properties=Properties(
            monotonic=True,
            range=(-inf, inf),
            lipschitz=1.0,
            smoothness=1,
            parity="odd",
            saturates=(),
            kinks=(0.0,),
            at_zero=0.0,
        ),
        advice="Rewards, returns and other targets of very different size. Its second derivative jumps at zero, and "
        "large errors hardly move the weights.",
    ),
)
