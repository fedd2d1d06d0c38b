"""Gated activations: one half of an axis opens and closes the other."""

from math import exp, inf

from activations.declaration import Declaration, Parameter, Properties, always

SHAZEER = "N. Shazeer, GLU variants improve transformer, 2020."


def _gate(stem: str, default: str) -> Parameter:
    """Which half is the gate: both spellings stand for one formula."""
    return Parameter(
        "gate",
        default,
        choices={"first": stem, "second": stem},
        meaning="which half of the axis, or which of two arrays, is the gate",
    )


def _swiglu_oai(alpha: float, limit: float, gate: str) -> Properties:
    """Where the gate is not turned round, and the limit lets the value change its sign."""
    if not (alpha > 0 and 1 <= limit < inf):
        return Properties()
    lowest, highest = -0.2784645427610738 / alpha, limit / (1 + exp(-alpha * limit))
    least, most = 1 - limit, 1 + limit
    ends = [g * v for g in (lowest, highest) for v in (least, most)]
    return Properties(monotonic=False, range=(min(ends), max(ends)))


DECLARATIONS = (
    Declaration(
        name="glu",
        aliases=("gated_linear_unit",),
        kind="gated",
        summary="A linear layer whose other half decides, through a sigmoid, how much of it passes.",
        formula=r"f(a, b) = a \, \sigma(b)",
        chosen_formulas={"first": r"f(a, b) = \sigma(a) \, b"},
        reference="Y. N. Dauphin, A. Fan, M. Auli, D. Grangier, Language modeling with gated convolutional networks, "
        "ICML 2017.",
        parameters=(_gate("glu", "second"),),
        properties=always(monotonic=False, range=(-inf, inf)),
        advice="Convolutional and recurrent models of sequences, where it keeps a linear path for gradients. It needs "
        "twice the weights for the same width, and frameworks disagree on which half is the gate.",
    ),
    Declaration(
        name="bilinear",
        kind="gated",
        summary="The product of the two halves: a gate without an activation.",
        formula=r"f(a, b) = a b",
        reference=SHAZEER,
        parameters=(_gate("bilinear", "first"),),
        properties=always(monotonic=False, range=(-inf, inf)),
        advice="The baseline that other gates are measured against. Nothing bounds it, so large inputs meet large "
        "gradients.",
    ),
    Declaration(
        name="reglu",
        kind="gated",
        summary="A gate that is relu: units switch off entirely.",
        formula=r"f(a, b) = \max(a, 0) \, b",
        chosen_formulas={"second": r"f(a, b) = a \, \max(b, 0)"},
        reference=SHAZEER,
        parameters=(_gate("reglu", "first"),),
        properties=always(monotonic=False, range=(-inf, inf)),
        advice="Feed-forward layers of transformers where sparse gates are wanted. A gate below zero stops the "
        "gradient of both halves.",
    ),
    Declaration(
        name="geglu",
        aliases=("gelu_and_mul",),
        kind="gated",
        summary="A gate that is gelu.",
        formula=r"f(a, b) = a \Phi(a) \, b",
        chosen_formulas={"second": r"f(a, b) = a \, b \Phi(b)"},
        reference=SHAZEER,
        parameters=(_gate("geglu", "first"),),
        properties=always(monotonic=False, range=(-inf, inf)),
        advice="Feed-forward layers of transformers. Implementations differ in the order of the halves and in the form "
        "of gelu, which a set of trained weights does not forgive.",
    ),
    Declaration(
        name="swiglu",
        aliases=("silu_and_mul",),
        kind="gated",
        summary="A gate that is silu, or swish with another beta.",
        formula=r"f(a, b) = a \, \sigma(\beta a) \, b",
        chosen_formulas={"second": r"f(a, b) = a \, b \, \sigma(\beta b)"},
        reference=SHAZEER,
        parameters=(Parameter("beta", 1.0, meaning="steepness of the gate's sigmoid"), _gate("swiglu", "first")),
        gradients=("beta",),
        properties=always(monotonic=False, range=(-inf, inf)),
        advice="The feed-forward layer of most large language models. Three matrices take the place of two, so that "
        "the hidden width is usually cut by a third.",
    ),
    Declaration(
        name="swiglu_oai",
        aliases=("swigluoai",),
        kind="gated",
        summary="swiglu with a steeper gate, both halves cut at a limit, and the value moved by one.",
        formula=r"f(a, b) = \min(a, l) \, \sigma(\alpha \min(a, l)) \, (\operatorname{clip}(b, -l, l) + 1)",
        chosen_formulas={
            "second": r"f(a, b) = (\operatorname{clip}(a, -l, l) + 1) \, \min(b, l) \, \sigma(\alpha \min(b, l))"
        },
        reference="OpenAI, gpt-oss-120b & gpt-oss-20b model card, arXiv:2508.10925, 2025.",
        parameters=(
            Parameter("alpha", 1.702, meaning="steepness of the gate's sigmoid"),
            Parameter("limit", 7.0, low=0.0, meaning="largest gate, and largest magnitude of the value"),
            _gate("swiglu_oai", "first"),
        ),
        gradients=("alpha", "limit"),
        properties=_swiglu_oai,
        advice="Weights of models that were trained with it, such as gpt-oss. Its own code interleaves gates and "
        "values, so split them there into two arrays, ``x[..., ::2]`` and ``x[..., 1::2]``.",
    ),
    Declaration(
        name="crelu",
        aliases=("concatenated_relu",),
        kind="gated",
        summary="relu of the input and of its negative side by side: the axis doubles, and no sign is lost.",
        formula=r"f(x) = (\max(x, 0), \max(-x, 0))",
        reference="W. Shang, K. Sohn, D. Almeida, H. Lee, Understanding and improving convolutional neural networks "
        "via concatenated rectified linear units, ICML 2016.",
        formulas="relu",
        properties=Properties(monotonic=False, range=(0.0, inf)),
        advice="First layers of convolutional networks, whose filters come in pairs of opposite sign anyway. The next "
        "layer gets twice the inputs.",
    ),
)
