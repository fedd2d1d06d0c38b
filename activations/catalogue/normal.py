"""Functions made of the normal distribution."""

from dataclasses import replace
from math import erfc, inf, pi, sqrt

from activations.declaration import Declaration, Parameter, Properties

_GELU = Properties(
    monotonic=False,
    range=(-0.16997120747990369, inf),
    lipschitz=1.1289041451851548,
    smoothness=inf,
    parity="",
    saturates=("left",),
    kinks=(),
    at_zero=0.0,
)
_GELU_TANH_FORMULA = r"f(x) = x\,\sigma\left(\sqrt{8 / \pi}\,(x + 0.044715\,x^3)\right)"
_GELU_TANH = replace(_GELU, range=(-0.17004075231281246, inf), lipschitz=1.1289930686554811)


def _clipped_gelu(min_val: float, max_val: float) -> Properties:
    """Where the bounds leave gelu's dip alone, and lie where gelu has become the line x."""
    if min_val > _GELU.range[0] or max_val < 9 or max_val == inf:
        return Properties()
    return replace(
        _GELU,
        range=(_GELU.range[0], max_val),
        smoothness=0,
        saturates=("left", "right"),
        kinks=(max_val,),
    )


DECLARATIONS = (
    Declaration(
        name="gelu",
        aliases=("gelu_erf", "gelu_python"),
        dotted={
            "torch.gelu": {"approximate": "none"},
            "keras.gelu": {"approximate": "none"},
            "jax.gelu": {"approximate": "tanh"},
            "flux.gelu": {"approximate": "tanh"},
        },
        kind="ridge",
        summary="x times the normal distribution function: x weighted by how likely a normal variable lies below it.",
        formula=r"f(x) = x\,\Phi(x) = \frac{x}{2} \operatorname{erfc}\left(-\frac{x}{\sqrt 2}\right)",
        chosen_formulas={"tanh": _GELU_TANH_FORMULA},
        reference="D. Hendrycks, K. Gimpel, Gaussian error linear units (GELUs), 2016.",
        parameters=(
            Parameter(
                "approximate",
                "none",
                choices={"none": "gelu", "tanh": "gelu_tanh"},
                meaning="'none' is the exact function, 'tanh' the approximation through tanh",
            ),
        ),
        scalars=("second_derivative",),
        tabled={"forward": "gelu", "derivative": "gelu_slope", "backward": "gelu_slope"},
        properties=lambda approximate: _GELU if approximate == "none" else _GELU_TANH,
        advice="The activation of most transformers. The exact form needs the error function, and code that writes "
        "it as 1 + erf has no correct digit left of -6.",
    ),
    Declaration(
        name="gelu_tanh",
        aliases=(
            *("gelu_new", "gelu_pytorch_tanh", "gelu_python_tanh", "gelu_fast", "fast_gelu", "gelu_accurate"),
            "gelu_approx",
        ),
        dotted={"hf.gelu_new": {}, "keras.ops.gelu": {}, "flux.gelu_sigmoid": {}},
        kind="ridge",
        summary="The approximation of GELU through tanh, off by at most 5e-4: what GPT-2 and JAX call gelu.",
        formula=_GELU_TANH_FORMULA,
        reference="D. Hendrycks, K. Gimpel, Gaussian error linear units (GELUs), 2016, section 2.",
        scalars=("backward", "second_derivative"),
        properties=_GELU_TANH,
        advice="Where weights were trained with the approximation of GPT-2 or BERT's original code. It differs from "
        "the exact gelu by up to 0.0005, which matters for reproducing results, not for training.",
    ),
    Declaration(
        name="clipped_gelu",
        aliases=("gelu_10",),
        kind="ridge",
        summary="GELU held within bounds, so that its output can be quantised.",
        formula=r"f(x) = \min(\max(x\,\Phi(x), l), u)",
        reference="H. Wu, P. Judd, X. Zhang, M. Isaev, P. Micikevicius, Integer quantization for deep learning "
        "inference: principles and empirical evaluation, 2020.",
        parameters=(
            Parameter("min_val", -10.0, meaning="lower bound of the output"),
            Parameter("max_val", 10.0, meaning="upper bound of the output, which wins over the lower"),
        ),
        gradients=("min_val", "max_val"),
        properties=_clipped_gelu,
        advice="For networks that will run in 8-bit integers, where one large activation spoils the scale of all "
        "others. Beyond the upper bound the gradient is 0.",
    ),
    Declaration(
        name="erf",
        aliases=("error_function",),
        kind="ridge",
        summary="The error function: odd, from -1 to 1, flat much sooner than tanh.",
        formula=r"f(x) = \frac{2}{\sqrt\pi} \int_0^x e^{-t^2}\,dt",
        reference="J. W. L. Glaisher, On a class of definite integrals, Philosophical Magazine 1871.",
        scalars=("second_derivative",),
        tabled={"forward": "erf"},
        properties=Properties(
            monotonic=True,
            range=(-1.0, 1.0),
            lipschitz=1.1283791670955126,
            smoothness=inf,
            parity="odd",
            saturates=("left", "right"),
            kinks=(),
            at_zero=0.0,
        ),
        advice="A bounded, zero-centred unit whose averages over normal inputs have closed forms. Its gradient fades "
        "like exp(-x^2), faster than that of tanh.",
    ),
    Declaration(
        name="laplace",
        aliases=("mega_laplace",),
        kind="ridge",
        summary="The normal distribution function, shifted and scaled to come close to the square of relu: MEGA's "
        "attention function.",
        formula=r"f(x) = \frac{1}{2} \left(1 + \operatorname{erf} \frac{x - \mu}{\sigma \sqrt 2}\right)",
        reference="X. Ma et al., Mega: moving average equipped gated attention, ICLR 2023.",
        parameters=(
            Parameter("mu", 0.707107, meaning="where the value is 1/2"),
            Parameter("sigma", 0.282095, low=0.0, open_low=True, open_high=True, meaning="width of the step"),
        ),
        scalars=("second_derivative",),
        gradients=("mu", "sigma"),
        properties=lambda mu, sigma: Properties(
            monotonic=True,
            range=(0.0, 1.0),
            lipschitz=1 / (sigma * sqrt(2 * pi)),
            smoothness=inf,
            parity="",
            saturates=("left", "right"),
            kinks=(),
            at_zero=erfc(mu / (sigma * sqrt(2))) / 2,
        ),
        advice="In place of the softmax of attention, as in MEGA, where squared relu is unstable. It saturates on both "
        "sides within a few sigma, and so do its gradients.",
    ),
    Declaration(
        name="serf",
        kind="ridge",
        summary="x times the error function of its softplus: mish with a gate that opens sooner.",
        formula=r"f(x) = x \operatorname{erf}(\log(1 + e^x))",
        reference="S. Nag, M. Bhattacharyya, A. Mukherjee, R. Kundu, SERF: towards better training of deep neural "
        "networks using log-softplus ERror activation function, WACV 2023.",
        scalars=("second_derivative",),
        properties=Properties(
            monotonic=False,
            range=(-0.34843745875960642, inf),
            lipschitz=1.0861254441509972,
            smoothness=inf,
            parity="",
            saturates=("left",),
            kinks=(),
            at_zero=0.0,
        ),
        advice="Where mish works and a slightly deeper dip below zero is worth trying. It costs more than mish, and "
        "the usual code has no digit left where softplus rounds to 0.",
    ),
)
