"""Piecewise functions: clipped lines, shrinkage, steps and low powers."""

from math import inf

from activations.catalogue.lines import clipped_line, line
from activations.declaration import Declaration, Parameter, Properties

_SIXTH = {"slope": 1 / 6, "offset": 0.5}
_FIFTH = {"slope": 0.2, "offset": 0.5}


def _hard_silu(slope: float, offset: float) -> Properties:
    """Where the gate is half open somewhere and opens to the right."""
    if slope <= 0 or not 0 < offset < 1:
        return Properties()
    return Properties(
        monotonic=False,
        range=(-(offset**2) / (4 * slope), inf),
        lipschitz=2 - offset,
        smoothness=0,
        parity="",
        saturates=("left",),
        kinks=(-offset / slope, (1 - offset) / slope),
        at_zero=0.0,
    )


def _shrunken(lambd: float, bias: float) -> Properties:
    """Of what is 0 within lambd of 0 and moved by the bias elsewhere."""
    if bias == 0 and lambd <= 0:
        return line()
    jumps = bias != lambd
    return Properties(
        monotonic=bias <= lambd,
        range=(-inf, inf),
        lipschitz=inf if jumps else 1.0,
        smoothness=-1 if jumps else 0,
        parity="odd",
        saturates=(),
        kinks=(-lambd, lambd) if lambd else (0.0,),
        at_zero=0.0,
    )


DECLARATIONS = (
    Declaration(
        name="abs",
        aliases=("absolute_value", "modulus"),
        kind="ridge",
        summary="The distance from zero: what counts is how strong the input is, not its sign.",
        formula=r"f(x) = |x|",
        reference="K. Jarrett, K. Kavukcuoglu, M. Ranzato, Y. LeCun, What is the best multi-stage architecture for "
        "object recognition?, ICCV 2009.",
        scalars=("backward",),
        integers=True,
        properties=Properties(
            monotonic=False,
            range=(0.0, inf),
            lipschitz=1.0,
            smoothness=0,
            parity="even",
            saturates=(),
            kinks=(0.0,),
            at_zero=0.0,
        ),
        advice="Filters whose sign means nothing, such as edges from dark to light or from light to dark. The sign is "
        "lost for all layers that follow, and no unit is ever silent.",
    ),
    Declaration(
        name="sign",
        aliases=("signum", "bipolar_step"),
        kind="ridge",
        summary="-1, 0 or 1; its derivative is 0 wherever it exists, so nothing learns through it.",
        formula=r"f(x) = \begin{cases} -1 & x < 0 \\ 0 & x = 0 \\ 1 & x > 0 \end{cases}",
        reference="M. Courbariaux, I. Hubara, D. Soudry, R. El-Yaniv, Y. Bengio, Binarized neural networks, "
        "arXiv:1602.02830, 2016.",
        scalars=("backward",),
        integers=True,
        properties=Properties(
            monotonic=True,
            range=(-1.0, 1.0),
            lipschitz=inf,
            smoothness=-1,
            parity="odd",
            saturates=("left", "right"),
            kinks=(0.0,),
            at_zero=0.0,
        ),
        advice="Networks with binary activations, at inference. Its gradient is zero everywhere: training needs "
        "another function's gradient in its place, for instance that of hard_tanh.",
    ),
    Declaration(
        name="clip",
        aliases=("clamp", "clamped"),
        dotted={"onnx.clip": {"min_val": -inf, "max_val": inf}},
        kind="ridge",
        summary="Keeps the input between two bounds; at the bounds the gradient still passes.",
        formula=r"f(x) = \min(\max(x, a), b)",
        reference="ONNX operators, Clip, opset 1 (ONNX 1.0), 2017.",
        parameters=(
            Parameter("min_val", -1.0, meaning="lower bound a"),
            Parameter("max_val", 1.0, meaning="upper bound b, which wins where the two cross"),
        ),
        scalars=("backward",),
        gradients=("min_val", "max_val"),
        integers=True,
        properties=lambda min_val, max_val: clipped_line(1.0, 0.0, min_val, max_val),
        advice="Keeping values in a range that later steps can bear. Outside the bounds there is no gradient, so what "
        "has left them does not come back by itself.",
    ),
    Declaration(
        name="hard_tanh",
        aliases=("htanh",),
        kind="ridge",
        summary="The identity between two bounds, constant outside: tanh made of three lines.",
        formula=r"f(x) = \min(\max(x, a), b)",
        reference="R. Collobert, Large scale machine learning, PhD thesis, Universite Paris VI, 2004.",
        parameters=(
            Parameter("min_val", -1.0, meaning="lower bound a"),
            Parameter("max_val", 1.0, meaning="upper bound b, which wins where the two cross"),
        ),
        scalars=("backward", "backward_from_output"),
        gradients=("min_val", "max_val"),
        saves="either",
        output_bounds=("min_val", "max_val"),
        integers=True,
        properties=lambda min_val, max_val: clipped_line(1.0, 0.0, min_val, max_val),
        advice="A cheap tanh for recurrent networks and small processors. Outside the bounds the gradient is exactly "
        "zero, where that of tanh only fades.",
    ),
    Declaration(
        name="clipped_linear",
        kind="ridge",
        summary="A straight line between two bounds.",
        formula=r"f(x) = \min(\max(s x + c, a), b)",
        reference="Convention.",
        parameters=(
            Parameter("slope", 1.0, meaning="slope s of the line"),
            Parameter("offset", 0.0, meaning="value c of the line at 0"),
            Parameter("min_val", 0.0, meaning="lower bound a"),
            Parameter("max_val", 1.0, meaning="upper bound b, which wins where the two cross"),
        ),
        scalars=("backward",),
        gradients=("slope", "offset", "min_val", "max_val"),
        properties=clipped_line,
        advice="The common form of hard_sigmoid, hard_tanh and clipped_relu, where slope and bounds should be free. "
        "Outside the bounds there is no gradient, neither for the input nor for the line.",
    ),
    Declaration(
        name="hard_sigmoid",
        aliases=("hard_sigma",),
        dotted={
            "torch.hard_sigmoid": _SIXTH,
            "keras.hard_sigmoid": _SIXTH,
            "jax.hard_sigmoid": _SIXTH,
            "onnx.hard_sigmoid": _FIFTH,
            "thinc.hard_sigmoid": _FIFTH,
            "keras2.hard_sigmoid": _FIFTH,
            "hard_sigmoid_02": _FIFTH,
        },
        kind="ridge",
        summary="A line from 0 to 1, constant outside: a sigmoid without an exponential.",
        formula=r"f(x) = \min(\max(s x + c, 0), 1)",
        reference="M. Courbariaux, Y. Bengio, J.-P. David, BinaryConnect: training deep neural networks with binary "
        "weights during propagations, NIPS 2015, with the slope 1/2; A. Howard et al., Searching for MobileNetV3, ICCV "
        "2019, with 1/6.",
        parameters=(
            Parameter("slope", 1 / 6, meaning="slope s; 0.2 in ONNX, thinc and Keras before 3"),
            Parameter("offset", 0.5, meaning="value c at 0"),
        ),
        scalars=("backward", "backward_from_output"),
        gradients=("slope", "offset"),
        special="hard_sigmoid_of_sixths",
        saves="either",
        properties=lambda slope, offset: clipped_line(slope, offset, 0.0, 1.0),
        advice="Gates on processors for which an exponential is dear, and with 8-bit numbers. Two functions share the "
        "name: weights trained with slope 0.2 need slope=0.2 here.",
    ),
    Declaration(
        name="hard_silu",
        aliases=("hard_swish", "hard_swish_mobilenet"),
        dotted={
            "torch.hard_swish": _SIXTH,
            "onnx.hard_swish": _SIXTH,
            "thinc.hard_swish": _FIFTH,
            "thinc.hard_swish_mobilenet": _SIXTH,
        },
        kind="ridge",
        summary="x times hard_sigmoid: silu without an exponential.",
        formula=r"f(x) = x \min(\max(s x + c, 0), 1)",
        reference="A. Howard et al., Searching for MobileNetV3, ICCV 2019.",
        parameters=(
            Parameter("slope", 1 / 6, meaning="slope s of the gate; 0.2 in thinc's hard_swish"),
            Parameter("offset", 0.5, meaning="value c of the gate at 0"),
        ),
        gradients=("slope", "offset"),
        special="hard_silu_of_sixths",
        properties=_hard_silu,
        advice="In place of silu where an exponential is dear, as in MobileNetV3. Its slope jumps at both ends of the "
        "gate, and below the lower one the gradient is exactly zero.",
    ),
    Declaration(
        name="hard_mish",
        kind="ridge",
        summary="mish made of two lines and a parabola.",
        formula=r"f(x) = \frac{x}{2} \min(\max(x + 2, 0), 2)",
        reference="R. Wightman, PyTorch image models (timm), 2020, after notes of D. Misra (H-Mish).",
        properties=Properties(
            monotonic=False,
            range=(-0.5, inf),
            lipschitz=1.0,
            smoothness=0,
            parity="",
            saturates=("left",),
            kinks=(-2.0,),
            at_zero=0.0,
        ),
        advice="In place of mish where exponentials are dear. Below -2 it is exactly zero, with no gradient, where "
        "mish only fades.",
    ),
    Declaration(
        name="sparse_plus",
        kind="ridge",
        summary="softplus with an end: exactly 0 below -1, exactly the identity above 1, a parabola between.",
        formula=r"f(x) = \begin{cases} 0 & x \le -1 \\ \frac{(x + 1)^2}{4} & |x| < 1 \\ x & x \ge 1 \end{cases}",
        reference="M. Blondel, A. F. T. Martins, V. Niculae, Learning with Fenchel-Young losses, Journal of Machine "
        "Learning Research 21, 2020.",
        scalars=("second_derivative",),
        properties=Properties(
            monotonic=True,
            range=(0.0, inf),
            lipschitz=1.0,
            smoothness=1,
            parity="",
            saturates=("left",),
            kinks=(-1.0, 1.0),
            at_zero=0.25,
        ),
        advice="A smooth relu that still gives exact zeros; smelu has the width as a parameter. Below -1 there is no "
        "gradient, as with relu.",
    ),
    Declaration(
        name="sparse_sigmoid",
        kind="ridge",
        summary="The slope of sparse_plus: a line from 0 at -1 to 1 at 1.",
        formula=r"f(x) = \min\left(\max\left(\frac{x + 1}{2}, 0\right), 1\right)",
        reference="M. Blondel, A. F. T. Martins, V. Niculae, Learning with Fenchel-Young losses, Journal of Machine "
        "Learning Research 21, 2020.",
        scalars=("backward", "backward_from_output"),
        saves="either",
        properties=Properties(
            monotonic=True,
            range=(0.0, 1.0),
            lipschitz=0.5,
            smoothness=0,
            parity="",
            saturates=("left", "right"),
            kinks=(-1.0, 1.0),
            at_zero=0.5,
        ),
        advice="Gates and probabilities of two classes that should be exactly 0 or 1 when the network is sure. A "
        "unit that is sure gets no gradient, not even where it is wrong.",
    ),
    Declaration(
        name="hard_shrink",
        kind="ridge",
        summary="Sets small values to zero and leaves large ones as they are.",
        formula=r"f(x) = \begin{cases} x & |x| > \lambda \\ 0 & |x| \le \lambda \end{cases}",
        reference="D. L. Donoho, I. M. Johnstone, Ideal spatial adaptation by wavelet shrinkage, Biometrika 1994.",
        parameters=(Parameter("lambd", 0.5, meaning="what |x| must exceed; below 0 nothing is set to zero"),),
        scalars=("backward", "backward_from_output"),
        saves="either",
        output_tells={"lambd": 0.0},
        properties=lambda lambd: _shrunken(lambd, 0.0),
        advice="Denoising and sparse codes whose large coefficients should keep their size. It jumps at the "
        "threshold, which the gradient does not see: soft_shrink is continuous.",
    ),
    Declaration(
        name="soft_shrink",
        aliases=("soft_threshold", "prox_l1"),
        kind="ridge",
        summary="Moves every value towards zero by the same amount, and to zero what is nearer than that.",
        formula=r"f(x) = \operatorname{sign}(x) \max(|x| - \lambda, 0)",
        reference="D. L. Donoho, De-noising by soft-thresholding, IEEE Transactions on Information Theory 1995.",
        parameters=(Parameter("lambd", 0.5, low=0.0, meaning="the amount"),),
        scalars=("backward", "backward_from_output"),
        gradients=("lambd",),
        saves="either",
        properties=lambda lambd: _shrunken(lambd, lambd),
        advice="The step of iterative sparse coding, and denoising. Large values lose the amount too, which biases "
        "them: hard_shrink keeps them.",
    ),
    Declaration(
        name="shrink",
        kind="ridge",
        summary="Sets small values to zero and moves the others towards it by a bias of their own.",
        formula=r"f(x) = \begin{cases} x + b & x < -\lambda \\ 0 & |x| \le \lambda \\ "
        r"x - b & x > \lambda \end{cases}",
        reference="ONNX operators, Shrink, opset 9 (ONNX 1.4), 2019.",
        parameters=(
            Parameter("lambd", 0.5, low=0.0, meaning="what |x| must exceed"),
            Parameter("bias", 0.0, meaning="how far the others move towards zero"),
        ),
        scalars=("backward",),
        gradients=("bias",),
        properties=_shrunken,
        advice="Models from ONNX, and what lies between hard_shrink (bias 0) and soft_shrink (bias lambd). With "
        "another bias than lambd it jumps, which the gradient does not see.",
    ),
    Declaration(
        name="square",
        aliases=("quadratic", "quad"),
        kind="ridge",
        summary="The square of the input.",
        formula=r"f(x) = x^2",
        reference="R. Livni, S. Shalev-Shwartz, O. Shamir, On the computational efficiency of training neural "
        "networks, NeurIPS 2014.",
        scalars=("backward", "second_derivative"),
        integers=True,
        properties=Properties(
            monotonic=False,
            range=(0.0, inf),
            lipschitz=inf,
            smoothness=inf,
            parity="even",
            saturates=(),
            kinks=(),
            at_zero=0.0,
        ),
        advice="Networks under homomorphic encryption, which can only add and multiply, and theory. Values grow fast "
        "from layer to layer: inputs have to stay near zero, and integers wrap around.",
    ),
    Declaration(
        name="cube",
        kind="ridge",
        summary="The third power of the input.",
        formula=r"f(x) = x^3",
        reference="D. Chen, C. D. Manning, A fast and accurate dependency parser using neural networks, EMNLP 2014.",
        scalars=("backward", "second_derivative"),
        properties=Properties(
            monotonic=True,
            range=(-inf, inf),
            lipschitz=inf,
            smoothness=inf,
            parity="odd",
            saturates=(),
            kinks=(),
            at_zero=0.0,
        ),
        advice="One hidden layer whose products of three inputs mean something, as in dependency parsing. Deep stacks "
        "of it explode, and near zero the gradient vanishes.",
    ),
    Declaration(
        name="sqnl",
        aliases=("square_nonlinearity",),
        kind="ridge",
        summary="A tanh made of two parabolas.",
        formula=r"f(x) = \begin{cases} x - \frac{x |x|}{4} & |x| \le 2 \\ \operatorname{sign}(x) & |x| > 2 \end{cases}",
        reference="A. Wuraola, N. Patel, SQNL: a new computationally efficient activation function, IJCNN 2018.",
        scalars=("second_derivative",),
        properties=Properties(
            monotonic=True,
            range=(-1.0, 1.0),
            lipschitz=1.0,
            smoothness=1,
            parity="odd",
            saturates=("left", "right"),
            kinks=(-2.0, 0.0, 2.0),
            at_zero=0.0,
        ),
        advice="In place of tanh on processors without a fast exponential. Beyond 2 on either side the gradient is "
        "exactly zero, where that of tanh only fades.",
    ),
)
