"""Smooth rectifiers: kinks rounded off."""

from math import inf

from activations.declaration import Declaration, Parameter, Properties

DECLARATIONS = (
    Declaration(
        name="softplus",
        aliases=("soft_relu", "smooth_relu"),
        kind="ridge",
        summary="A smooth ReLU whose derivative is the sigmoid; positive everywhere.",
        formula=r"f(x) = \frac{1}{\beta} \log(1 + e^{\beta x})",
        reference="C. Dugas, Y. Bengio, F. Bélisle, C. Nadeau, R. Garcia, Incorporating second-order functional "
        "knowledge for better option pricing, NIPS 2000.",
        parameters=(
            Parameter("beta", 1.0, low=0.0, open_low=True, meaning="sharpness of the bend"),
            Parameter(
                "threshold",
                None,
                none=float("inf"),
                meaning="where beta x exceeds it the function is the line x (PyTorch: 20); None never switches",
            ),
        ),
        properties=Properties(
            monotonic=True,
            range=(0.0, inf),
            lipschitz=1.0,
            smoothness=inf,
            parity="",
            saturates=("left",),
            kinks=(),
            at_zero=0.6931471805599453,
        ),
        advice="A positive output, such as a variance or a rate, with a gradient everywhere. It is never zero, so "
        "nothing becomes sparse, and the usual log(1 + exp(x)) overflows.",
    ),
)
