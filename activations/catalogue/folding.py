"""Folding activations: they reduce or normalise a whole axis."""

from math import inf

from activations.declaration import Declaration, Parameter, Properties

DECLARATIONS = (
    Declaration(
        name="softmax",
        aliases=("softargmax", "normalized_exponential"),
        kind="folding",
        summary="Turns an axis into probabilities, the largest input getting the largest share.",
        formula=r"f(x)_i = \frac{e^{x_i}}{\sum_j e^{x_j}}",
        reference="J. S. Bridle, Probabilistic interpretation of feedforward classification network outputs, 1990.",
        kernels="softmax",
        saves="either",
        properties=Properties(monotonic=False, range=(0.0, 1.0)),
        advice="Class probabilities at the output, and attention weights. Large inputs make it one-hot and its "
        "gradient vanish: subtracting a constant changes nothing, dividing by a temperature does.",
    ),
    Declaration(
        name="log_softmax",
        aliases=("logsoftmax",),
        kind="folding",
        summary="The logarithm of softmax without ever forming a probability that could round to 0 or 1.",
        formula=r"f(x)_i = x_i - \log \sum_j e^{x_j}",
        reference="J. S. Bridle, Probabilistic interpretation of feedforward classification network outputs, 1990.",
        kernels="softmax",
        saves="either",
        properties=Properties(monotonic=False, range=(-inf, 0.0)),
        advice="Classification losses: the cross-entropy is a pick from its output. Taking the logarithm of softmax "
        "instead gives minus infinity for unlikely classes.",
    ),
    Declaration(
        name="maxout",
        kind="folding",
        summary="The largest of several pieces per unit: learns its own convex, piecewise linear activation.",
        formula=r"f(x)_j = \max_{0 \le k < p} x_{jp + k}",
        reference="I. J. Goodfellow, D. Warde-Farley, M. Mirza, A. Courville, Y. Bengio, Maxout networks, ICML 2013.",
        parameters=(Parameter("pieces", 2, low=1, integer=True, meaning="pieces p that each unit chooses from"),),
        kernels="maxout",
        integers=True,
        properties=Properties(monotonic=True, range=(-inf, inf)),
        advice="Where the network should learn its activation: any convex piecewise linear function of the input. It"
        " needs as many times the weights as there are pieces.",
    ),
)
