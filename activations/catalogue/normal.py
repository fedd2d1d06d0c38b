"""Functions made of the normal distribution."""

from math import inf

from activations.declaration import Declaration, Parameter, Properties

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
        reference="D. Hendrycks, K. Gimpel, Gaussian error linear units (GELUs), 2016.",
        parameters=(
            Parameter(
                "approximate",
                "none",
                choices={"none": "gelu", "tanh": "gelu_tanh"},
                meaning="'none' is the exact function, 'tanh' the approximation through tanh",
            ),
        ),
        properties=Properties(
            monotonic=False,
            range=(-0.16997120747990369, inf),
            lipschitz=1.1289042200533513,
            smoothness=inf,
            parity="",
            saturates=("left",),
            kinks=(),
            at_zero=0.0,
        ),
        advice="The activation of most transformers. The exact form needs the error function, and code that writes "
        "it as 1 + erf has no correct digit left of -6.",
    ),
    Declaration(
        name="gelu_tanh",
        aliases=("gelu_new", "gelu_pytorch_tanh", "gelu_python_tanh", "gelu_fast", "gelu_accurate", "gelu_approx"),
        dotted={"hf.gelu_new": {}, "keras.ops.gelu": {}},
        kind="ridge",
        summary="The approximation of GELU through tanh, off by at most 5e-4: what GPT-2 and JAX call gelu.",
        formula=r"f(x) = x\,\sigma\left(\sqrt{8 / \pi}\,(x + 0.044715\,x^3)\right)",
        reference="D. Hendrycks, K. Gimpel, Gaussian error linear units (GELUs), 2016, section 2.",
        properties=Properties(
            monotonic=False,
            range=(-0.17004075231281246, inf),
            lipschitz=1.1289930686554811,
            smoothness=inf,
            parity="",
            saturates=("left",),
            kinks=(),
            at_zero=0.0,
        ),
        advice="Where weights were trained with the approximation of GPT-2 or BERT's original code. It differs from "
        "the exact gelu by up to 0.0005, which matters for reproducing results, not for training.",
    ),
)
