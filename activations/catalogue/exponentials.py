"""Exponential units: a line, and an exponential that saturates."""

from math import inf

from activations.catalogue.lines import line
from activations.declaration import Declaration, Parameter, Properties


def _soft_exponential(alpha: float) -> Properties:
    """Of the exponential and the line; the logarithm is not defined everywhere."""
    if alpha <= 0:
        return Properties() if alpha else line()
    return Properties(
        monotonic=True,
        range=(alpha - 1 / alpha, inf),
        lipschitz=inf,
        smoothness=inf,
        parity="",
        saturates=("left",),
        kinks=(),
        at_zero=alpha,
    )


DECLARATIONS = (
    Declaration(
        name="elu",
        dotted={"torch.elu": {"alpha": 1.0}, "keras.elu": {"alpha": 1.0}},
        kind="ridge",
        summary="Identity above zero, an exponential that saturates at -alpha below: mean activations nearer to zero.",
        formula=r"f(x) = \begin{cases} x & x > 0 \\ \alpha (e^x - 1) & x \le 0 \end{cases}",
        reference="D.-A. Clevert, T. Unterthiner, S. Hochreiter, Fast and accurate deep network learning by "
        "exponential linear units (ELUs), ICLR 2016.",
        parameters=(
            Parameter(
                "alpha",
                1.0,
                open_low=True,
                open_high=True,
                meaning="minus the limit at minus infinity; also the derivative at 0",
            ),
        ),
        scalars=("backward_from_output", "second_derivative"),
        gradients=("alpha",),
        saves="either",
        output_tells={"alpha": 0.0},
        special="unit_elu",
        properties=lambda alpha: Properties(
            monotonic=alpha >= 0,
            range=(min(-alpha, 0.0), inf),
            lipschitz=max(1.0, abs(alpha)),
            smoothness=1 if alpha == 1 else 0,
            parity="",
            saturates=("left",),
            kinks=(0.0,),
            at_zero=0.0,
        ),
        advice="Where outputs should have a mean near zero without normalisation layers. The exponential costs "
        "several times relu, and far below zero the gradient fades.",
    ),
    Declaration(
        name="celu",
        dotted={"torch.celu": {"alpha": 1.0}, "jax.celu": {"alpha": 1.0}, "keras.celu": {"alpha": 1.0}},
        kind="ridge",
        summary="elu stretched so that its derivative is continuous for every alpha.",
        formula=r"f(x) = \begin{cases} x & x > 0 \\ \alpha (e^{x / \alpha} - 1) & x \le 0 \end{cases}",
        reference="J. T. Barron, Continuously differentiable exponential linear units, arXiv:1704.07483, 2017.",
        parameters=(
            Parameter(
                "alpha",
                1.0,
                open_low=True,
                open_high=True,
                nonzero=True,
                meaning="minus the limit at minus infinity; below 0 it grows there",
            ),
        ),
        scalars=("backward", "backward_from_output", "second_derivative"),
        gradients=("alpha",),
        saves="either",
        output_tells={"alpha": 0.0},
        special="unit_elu",
        properties=lambda alpha: Properties(
            monotonic=True,
            range=(-alpha if alpha > 0 else -inf, inf),
            lipschitz=1.0 if alpha > 0 else inf,
            smoothness=1,
            parity="",
            saturates=("left",) if alpha > 0 else (),
            kinks=(0.0,),
            at_zero=0.0,
        ),
        advice="In place of elu where alpha is not 1 or is learnt: the slope has no jump at zero. Far below zero its "
        "gradient fades just as elu's.",
    ),
    Declaration(
        name="selu",
        kind="ridge",
        summary="elu scaled so that activations keep mean 0 and variance 1 from layer to layer.",
        formula=r"f(x) = \lambda \begin{cases} x & x > 0 \\ \alpha (e^x - 1) & x \le 0 \end{cases}, \quad "
        r"\lambda = 1.05070098735548, \ \alpha = 1.67326324235438",
        reference="G. Klambauer, T. Unterthiner, A. Mayr, S. Hochreiter, Self-normalizing neural networks, NIPS 2017.",
        scalars=("backward_from_output", "second_derivative"),
        saves="either",
        properties=Properties(
            monotonic=True,
            range=(-1.7580993408473768, inf),
            lipschitz=1.7580993408473768,
            smoothness=0,
            parity="",
            saturates=("left",),
            kinks=(0.0,),
            at_zero=0.0,
        ),
        advice="Deep stacks of dense layers without normalisation, with LeCun's initialisation and alpha dropout. "
        "With any other initialisation, dropout or skip connections, what it is tuned for no longer holds.",
    ),
    Declaration(
        name="exponential",
        aliases=("exp",),
        kind="ridge",
        summary="The exponential function: positive, and its own derivative.",
        formula=r"f(x) = e^x",
        reference="L. Euler, Introductio in analysin infinitorum, 1748.",
        scalars=("backward", "backward_from_output", "second_derivative"),
        near=dict.fromkeys(("forward", "derivative", "backward", "second_derivative"), (87.0, 708.0)),
        saves="either",
        properties=Properties(
            monotonic=True,
            range=(0.0, inf),
            lipschitz=inf,
            smoothness=inf,
            parity="",
            saturates=("left",),
            kinks=(),
            at_zero=1.0,
        ),
        advice="A rate or a scale at the output, whose logarithm the network predicts. It overflows at 88.7 in "
        "float32, and one large input outweighs all the other gradients.",
    ),
    Declaration(
        name="soft_exponential",
        kind="ridge",
        summary="From a logarithm through the identity to an exponential, as alpha goes from -1 through 0 to 1.",
        formula=r"f(x) = \begin{cases} \frac{e^{\alpha x} - 1}{\alpha} + \alpha & \alpha > 0 \\ x & \alpha = 0 \\ "
        r"-\frac{\log(1 - \alpha (x + \alpha))}{\alpha} & \alpha < 0 \end{cases}",
        reference="L. B. Godfrey, M. S. Gashler, A continuum among logarithmic, linear, and exponential functions, and "
        "its potential to improve generalization in neural networks, KDIR 2015.",
        parameters=(
            Parameter("alpha", 1.0, open_low=True, open_high=True, meaning="-1 the logarithm, 0 the identity, 1 exp"),
        ),
        scalars=("backward", "second_derivative"),
        gradients=("alpha",),
        properties=_soft_exponential,
        advice="Layers that learn, with alpha, whether to add or to multiply: a logarithm, a sum and an exponential "
        "make a product. With a negative alpha it is NaN where x is not above -alpha + 1 / alpha, as the logarithm is.",
    ),
    Declaration(
        name="elish",
        kind="ridge",
        summary="silu above zero, elu times the sigmoid below: it dips and returns to zero.",
        formula=r"f(x) = \begin{cases} x \, \sigma(x) & x \ge 0 \\ (e^x - 1) \, \sigma(x) & x < 0 \end{cases}",
        reference="M. Basirat, P. M. Roth, The quest for the golden activation function, arXiv:1808.00783, 2018.",
        scalars=("second_derivative",),
        properties=Properties(
            monotonic=False,
            range=(-0.1715728752538099, inf),
            lipschitz=1.099839320128867,
            smoothness=1,
            parity="",
            saturates=("left",),
            kinks=(0.0,),
            at_zero=0.0,
        ),
        advice="An alternative to silu to try on image classifiers. Its gain over silu is small, and far below zero "
        "the gradient fades.",
    ),
    Declaration(
        name="hard_elish",
        kind="ridge",
        summary="elish with a piecewise linear gate: exactly 0 below -1, the identity above 1.",
        formula=r"f(x) = \begin{cases} x \, h(x) & x \ge 0 \\ (e^x - 1) \, h(x) & x < 0 \end{cases}, \quad "
        r"h(x) = \max\left(0, \min\left(1, \frac{x + 1}{2}\right)\right)",
        reference="M. Basirat, P. M. Roth, The quest for the golden activation function, arXiv:1808.00783, 2018.",
        properties=Properties(
            monotonic=False,
            range=(-0.09967315152874262, inf),
            lipschitz=1.5,
            smoothness=0,
            parity="",
            saturates=("left",),
            kinks=(-1.0, 1.0),
            at_zero=0.0,
        ),
        advice="elish where exact zeros below -1 are welcome. A unit pushed below -1 on all of the data has no "
        "gradient left and stays dead.",
    ),
    Declaration(
        name="log1mexp",
        kind="ridge",
        summary="The logarithm of 1 - e^-x for positive x: of a probability whose complement's logarithm is -x.",
        formula=r"f(x) = \log(1 - e^{-x}), \quad x \ge 0",
        reference="M. Mächler, Accurately computing log(1 - exp(-|a|)), vignette of the R package Rmpfr, 2012.",
        scalars=("second_derivative",),
        properties=Properties(
            monotonic=True,
            range=(-inf, 0.0),
            lipschitz=inf,
            smoothness=inf,
            parity="",
            saturates=("right",),
            kinks=(),
            at_zero=-inf,
        ),
        advice="Between the logarithm of a probability and that of its complement, without losing digits on either "
        "side. It is -inf at 0 and not a number below, so it cannot stand after a layer whose output has any sign.",
    ),
    Declaration(
        name="xielu",
        kind="ridge",
        summary="A parabola above zero, the integral of an elu below: its gradient grows on one side only.",
        formula=r"f(x) = \begin{cases} \alpha_p x^2 + \beta x & x > 0 \\ "
        r"\alpha_n (e^{\min(x, \epsilon)} - 1 - x) + \beta x & x \le 0 \end{cases}",
        reference="A. H. Huang, I. Schlag, Deriving activation functions using integration, arXiv:2411.13010, 2024.",
        parameters=(
            Parameter(
                "alpha_p",
                0.8,
                open_low=True,
                open_high=True,
                meaning="half the second derivative above zero; Hugging Face's after softplus",
            ),
            Parameter(
                "alpha_n",
                0.8,
                open_low=True,
                open_high=True,
                meaning="weight of the exponential; Hugging Face's beta plus a softplus",
            ),
            Parameter("beta", 0.5, open_low=True, open_high=True, meaning="the derivative at zero"),
            Parameter(
                "eps", -1e-6, high=0.0, meaning="where the exponential stops; the jump at 0 is about alpha_n times it"
            ),
        ),
        scalars=("backward", "second_derivative"),
        gradients=("alpha_p", "alpha_n", "beta", "eps"),
        properties=Properties(
            monotonic=False,
            range=(-0.2057512240964821, inf),
            lipschitz=inf,
            smoothness=-1,
            parity="",
            saturates=(),
            kinks=(0.0,),
            at_zero=-7.999996000001333e-07,
        ),
        advice="Feed-forward layers of large language models, with its parameters learnt. It grows like a square, "
        "which half precision feels, and eps leaves a step of a millionth at zero.",
    ),
)
