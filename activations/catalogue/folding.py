"""Folding activations: they reduce or normalise a whole axis."""

from dataclasses import replace
from math import exp, inf, sqrt

from activations.declaration import Declaration, Parameter, Properties, always

TEMPERATURE = Parameter(
    "temperature",
    1.0,
    low=0.0,
    open_low=True,
    open_high=True,
    meaning="divides the inputs, T: below 1 the largest gets more, above 1 less",
)

# Lipschitz constants, by the largest singular value of the Jacobian. That of probabilities p is diag(p) - p p', whose
# quadratic form at v is the variance of v under p: at most (max v - min v)^2 / 4 <= |v|^2 / 2, reached by two equal
# inputs. A gradient that is a probability, as a maximum's and logsumexp's, has a norm of at most 1. Of entmax it is
# diag(s) - s s' / sum(s) with s = p^(2 - alpha): below diag(s), and near its largest entry where sum(s) is large, which
# takes long rows; with alpha above 2 two small p make it as large as one likes. Those of log_softmax (sqrt(n) |p|) and
# of sums (sqrt(n)) grow with the length n: they have none.


def _probabilities(temperature):
    return Properties(monotonic=False, range=(0.0, 1.0), parity="", lipschitz=0.5 / temperature)


def _entmax(alpha):
    steepest = 0.5 if alpha == 1 else 1.0 if alpha <= 2 else inf
    return Properties(monotonic=False, range=(0.0, 1.0), parity="", lipschitz=steepest)


def _normalised(eps, p):
    """x / eps inside of the ball of radius eps, and outside (I - u u') / |x|, if p is 2."""
    steepest = inf if eps == 0 else 1 / eps if p == 2 else None
    return Properties(monotonic=False, range=(-1.0, 1.0), parity="odd", lipschitz=steepest)


PYTORCH = "A. Paszke et al., PyTorch: an imperative style, high-performance deep learning library, NeurIPS 2019."

DECLARATIONS = (
    Declaration(
        name="softmax",
        aliases=("softargmax", "normalized_exponential"),
        kind="folding",
        summary="Turns an axis into probabilities, the largest input getting the largest share.",
        formula=r"f(x)_i = \frac{e^{x_i / T}}{\sum_j e^{x_j / T}}",
        reference="J. S. Bridle, Probabilistic interpretation of feedforward classification network outputs, 1990.",
        parameters=(TEMPERATURE,),
        gradients=("temperature",),
        kernels="softmax",
        saves="either",
        absent=-inf,
        properties=_probabilities,
        advice="Class probabilities at the output, and attention weights. Large inputs make it one-hot and its "
        "gradient vanish: subtracting a constant changes nothing, dividing by a temperature does.",
    ),
    Declaration(
        name="softmax2d",
        kind="folding",
        summary="softmax over the channels of images (C, H, W) or (N, C, H, W), at each place by itself.",
        formula=r"f(x)_{chw} = \frac{e^{x_{chw} / T}}{\sum_k e^{x_{khw} / T}}",
        reference=f"PyTorch, torch.nn.Softmax2d; {PYTORCH}",
        parameters=(TEMPERATURE,),
        gradients=("temperature",),
        formulas="softmax",
        kernels="softmax",
        axis=-3,
        dimensions=(3, 4),
        saves="either",
        absent=-inf,
        properties=_probabilities,
        advice="Which class each pixel belongs to, in segmentation. It is softmax with axis=-3, and refuses what is no "
        "image: softmax takes any array.",
    ),
    Declaration(
        name="log_softmax",
        aliases=("logsoftmax",),
        kind="folding",
        summary="The logarithm of softmax without ever forming a probability that could round to 0 or 1.",
        formula=r"f(x)_i = \frac{x_i}{T} - \log \sum_j e^{x_j / T}",
        reference="J. S. Bridle, Probabilistic interpretation of feedforward classification network outputs, 1990.",
        parameters=(TEMPERATURE,),
        gradients=("temperature",),
        kernels="softmax",
        saves="either",
        absent=-inf,
        properties=always(monotonic=False, range=(-inf, 0.0), parity=""),
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
        properties=always(monotonic=True, range=(-inf, inf), parity="", lipschitz=1.0),
        advice="Where the network should learn its activation: any convex piecewise linear function of the input. It "
        "needs as many times the weights as there are pieces.",
    ),
    Declaration(
        name="softmin",
        kind="folding",
        summary="Turns an axis into probabilities, the smallest input getting the largest share.",
        formula=r"f(x)_i = \frac{e^{-x_i}}{\sum_j e^{-x_j}}",
        reference=f"PyTorch, torch.nn.Softmin; {PYTORCH}",
        kernels="softmax",
        saves="either",
        absent=inf,
        properties=_probabilities(1.0),
        advice="Weights out of distances or costs, where small is good. It saturates like softmax: divide the "
        "distances by a typical one first.",
    ),
    Declaration(
        name="quiet_softmax",
        aliases=("softmax1", "off_by_one"),
        kind="folding",
        summary="softmax that may answer nothing: a further element 0 takes its share and is left out.",
        formula=r"f(x)_i = \frac{e^{x_i}}{1 + \sum_j e^{x_j}}",
        reference="E. Miller, Attention is off by one, 2023.",
        kernels="logsumexp",
        saves="either",
        absent=-inf,
        properties=_probabilities(1.0),
        advice="Attention heads that should be able to attend to nothing: the weights of a row of very negative "
        "inputs vanish. They do not sum to 1, and adding a constant to a row changes them.",
    ),
    Declaration(
        name="logsumexp",
        aliases=("realsoftmax", "smooth_max", "reduce_logsumexp"),
        kind="folding",
        summary="The logarithm of the sum of exponentials: a smooth maximum.",
        formula=r"f(x) = \log \sum_j e^{x_j}",
        reference="S. Boyd, L. Vandenberghe, Convex optimization, Cambridge University Press 2004, section 3.1.5.",
        kernels="logsumexp",
        reduces=True,
        properties=Properties(monotonic=True, range=(-inf, inf), parity="", lipschitz=1.0),
        advice="Sums of probabilities that are kept as logarithms, and a maximum with a gradient for every input. It "
        "lies above the maximum by up to the logarithm of the number of inputs.",
    ),
    Declaration(
        name="logmeanexp",
        kind="folding",
        summary="The logarithm of the mean of exponentials: a smooth maximum that n equal values leave as they are.",
        formula=r"f(x) = \log \Bigl(\frac{1}{n} \sum_j e^{x_j}\Bigr)",
        reference="P. O. Pinheiro, R. Collobert, From image-level to pixel-level labeling with convolutional networks, "
        "CVPR 2015.",
        kernels="logsumexp",
        reduces=True,
        properties=Properties(monotonic=True, range=(-inf, inf), parity="", lipschitz=1.0),
        advice="Averages of probabilities that are kept as logarithms, as in ensembles and importance sampling. A "
        "single large input decides it, as with any maximum.",
    ),
    Declaration(
        name="max_fold",
        aliases=("max", "reduce_max"),
        kind="folding",
        summary="The largest value of an axis.",
        formula=r"f(x) = \max_j x_j",
        reference="M. Riesenhuber, T. Poggio, Hierarchical models of object recognition in cortex, Nature "
        "Neuroscience 2, 1999.",
        scalars=("backward_with_output",),
        kernels="folds",
        integers=True,
        reduces=True,
        needs_elements=True,
        properties=Properties(monotonic=True, range=(-inf, inf), parity="", lipschitz=1.0),
        advice="Pooling where one strong answer should count. Only the first of the largest inputs gets a gradient, "
        "so the others learn nothing from that example.",
    ),
    Declaration(
        name="min_fold",
        aliases=("min", "reduce_min"),
        kind="folding",
        summary="The smallest value of an axis.",
        formula=r"f(x) = \min_j x_j",
        reference="ONNX operators, ReduceMin, opset 1 (ONNX 1.0), 2017.",
        scalars=("backward_with_output",),
        kernels="folds",
        integers=True,
        reduces=True,
        needs_elements=True,
        properties=Properties(monotonic=True, range=(-inf, inf), parity="", lipschitz=1.0),
        advice="Pooling where the weakest answer should count. Only the first of the smallest inputs gets a gradient, "
        "so the others learn nothing from that example.",
    ),
    Declaration(
        name="sum_fold",
        aliases=("sum", "reduce_sum"),
        kind="folding",
        summary="The sum of an axis, right to the last digit even where its terms cancel.",
        formula=r"f(x) = \sum_j x_j",
        reference="Convention; D. E. Knuth, The art of computer programming 2, section 4.2.2, 1969, for the errors of "
        "sums.",
        scalars=("backward_with_output",),
        kernels="folds",
        reduces=True,
        properties=Properties(monotonic=True, range=(-inf, inf), parity="odd"),
        advice="Pooling where the number of inputs carries meaning, as in sets and graphs. Its size grows with that "
        "number: mean_fold does not.",
    ),
    Declaration(
        name="mean_fold",
        aliases=("mean", "average", "reduce_mean", "average_fold"),
        kind="folding",
        summary="The mean of an axis, right to the last digit even where its terms cancel.",
        formula=r"f(x) = \frac{1}{n} \sum_j x_j",
        reference="M. Lin, Q. Chen, S. Yan, Network in network, ICLR 2014.",
        scalars=("backward_with_output",),
        kernels="folds",
        reduces=True,
        properties=Properties(monotonic=True, range=(-inf, inf), parity="odd", lipschitz=1.0),
        advice="Pooling that treats every input alike, whatever their number. A single strong answer drowns among "
        "many: max_fold and logmeanexp keep it.",
    ),
    Declaration(
        name="lp_norm_fold",
        aliases=("reduce_l2",),
        kind="folding",
        summary="The p-norm of an axis.",
        formula=r"f(x) = \Bigl(\sum_j |x_j|^p\Bigr)^{1/p}",
        reference="C. Gulcehre, K. Cho, R. Pascanu, Y. Bengio, Learned-norm pooling for deep feedforward and "
        "recurrent neural networks, ECML PKDD 2014.",
        parameters=(
            Parameter("p", 2.0, low=1.0, meaning="order of the norm; infinity gives the largest absolute value"),
        ),
        scalars=("backward_with_output",),
        gradients=("p",),
        kernels="norms",
        reduces=True,
        properties=lambda p: Properties(
            monotonic=False, range=(0.0, inf), parity="even", lipschitz=1.0 if p >= 2 else None
        ),
        advice="Pooling by strength whatever the sign, between the sum (p = 1) and the maximum (p large). Orders "
        "other than 1, 2 and infinity take a power for each element, which is slow.",
    ),
    Declaration(
        name="gaussian_rbf",
        aliases=("rbf",),
        kind="folding",
        summary="A Gaussian of the distance from a centre.",
        formula=r"f(x) = \exp\Bigl(-\frac{\sum_j (x_j - c)^2}{2 \sigma^2}\Bigr)",
        reference="D. S. Broomhead, D. Lowe, Multivariable functional interpolation and adaptive networks, Complex "
        "Systems 2, 1988.",
        parameters=(
            Parameter(
                "center", 0.0, meaning="every coordinate of the centre c; for one of each, subtract it from the input"
            ),
            Parameter("sigma", 1.0, low=0.0, open_low=True, open_high=True, meaning="the width"),
        ),
        gradients=("center", "sigma"),
        kernels="norms",
        any_parameters=True,
        reduces=True,
        properties=lambda center, sigma: Properties(
            monotonic=False, range=(0.0, 1.0), parity="" if center else "even", lipschitz=exp(-0.5) / sigma
        ),
        advice="Networks of radial basis functions, where each unit answers in one region only. In many dimensions "
        "nothing is near: the width has to grow with the root of their number.",
    ),
    Declaration(
        name="l2_normalize",
        aliases=("normalize", "lp_normalization"),
        kind="folding",
        summary="Divides an axis by its norm, the Euclidean one unless p is another: only the direction is left.",
        formula=r"f(x)_i = \frac{x_i}{\max(\lVert x \rVert_p, \varepsilon)}",
        reference="F. Schroff, D. Kalenichenko, J. Philbin, FaceNet: a unified embedding for face recognition and "
        "clustering, CVPR 2015; ONNX operators, LpNormalization, opset 1 (ONNX 1.0), 2017, for p.",
        parameters=(
            Parameter("eps", 1e-12, low=0.0, open_high=True, meaning="the least number that is divided by"),
            Parameter(
                "p",
                2.0,
                low=1.0,
                meaning="order of the norm: 2 is the Euclidean one of the name, 1 the sum of the absolute values, "
                "infinity the largest",
            ),
        ),
        gradients=("eps", "p"),
        kernels="normalise",
        any_parameters=True,
        properties=_normalised,
        advice="Embeddings that are compared by their angle. The gradient grows as the norm shrinks, so short vectors "
        "are thrown about: a larger eps calms them.",
    ),
    Declaration(
        name="standardize",
        kind="folding",
        summary="Gives an axis mean 0 and variance 1: layer normalisation without its weights.",
        formula=r"f(x)_i = \frac{x_i - \mu}{\sqrt{\frac{1}{n} \sum_j (x_j - \mu)^2 + \varepsilon}}",
        reference="J. L. Ba, J. R. Kiros, G. E. Hinton, Layer normalization, arXiv:1607.06450, 2016.",
        parameters=(Parameter("eps", 1e-5, low=0.0, open_high=True, meaning="added to the variance"),),
        scalars=("backward_with_output",),
        gradients=("eps",),
        kernels="normalise",
        any_parameters=True,
        properties=lambda eps: Properties(
            monotonic=False, range=(-inf, inf), parity="odd", lipschitz=1 / sqrt(eps) if eps else inf
        ),
        advice="Keeps activations in range in deep networks, whatever the batch. It removes the mean and the scale of "
        "each row, also where they carry meaning.",
    ),
    Declaration(
        name="hardmax",
        aliases=("one_hot_argmax", "argmax_one_hot"),
        kind="folding",
        summary="1 at the largest input (the first of equals), 0 elsewhere.",
        formula=r"f(x)_i = \begin{cases} 1 & i = \min \arg\max_j x_j \\ 0 & \text{else} \end{cases}",
        reference="ONNX operators, Hardmax, opset 13 (ONNX 1.8), 2020.",
        kernels="sparse",
        absent=-inf,
        properties=Properties(monotonic=False, range=(0.0, 1.0), parity="", lipschitz=inf),
        advice="Decisions at the end of inference. Its gradient is 0 everywhere: train with softmax or sparsemax.",
    ),
    Declaration(
        name="sparsemax",
        kind="folding",
        summary="The probabilities nearest to the inputs: small inputs get exactly 0.",
        formula=r"f(x) = \arg\min_{p \ge 0,\ \sum_j p_j = 1} \lVert p - x \rVert_2",
        reference="A. F. T. Martins, R. F. Astudillo, From softmax to sparsemax: a sparse model of attention and "
        "multi-label classification, ICML 2016.",
        kernels="sparse",
        saves="either",
        absent=-inf,
        properties=Properties(monotonic=False, range=(0.0, 1.0), parity="", lipschitz=1.0),
        advice="Attention and outputs in which most weights should be exactly 0. An input outside of the support gets "
        "no gradient, so a class once far behind learns nothing.",
    ),
    Declaration(
        name="entmax",
        kind="folding",
        summary="Probabilities between softmax and sparsemax: small inputs get exactly 0, later than with sparsemax.",
        formula=r"f(x)_i = \max((\alpha - 1) x_i - \tau, 0)^{1 / (\alpha - 1)}, \quad \sum_i f(x)_i = 1",
        reference="B. Peters, V. Niculae, A. F. T. Martins, Sparse sequence-to-sequence models, ACL 2019.",
        parameters=(
            Parameter(
                "alpha",
                1.5,
                low=1.0,
                open_high=True,
                meaning="1 is softmax, 2 sparsemax; others than these and 1.5 are slow",
            ),
        ),
        gradients=("alpha",),
        kernels="entmax",
        saves="either",
        absent=-inf,
        properties=_entmax,
        advice="Attention that may leave out what does not matter, with a gradient that fades towards the edge "
        "where sparsemax's jumps. An alpha other than 1, 1.5 and 2 takes powers in every step of a search.",
    ),
    Declaration(
        name="gumbel_softmax",
        kind="folding",
        summary="softmax of the inputs with Gumbel noise: a differentiable draw of one of several classes.",
        formula=r"f(x)_i = \frac{e^{(x_i + g_i) / \tau}}{\sum_j e^{(x_j + g_j) / \tau}}",
        reference="E. Jang, S. Gu, B. Poole, Categorical reparameterization with Gumbel-softmax, ICLR 2017.",
        parameters=(
            replace(
                TEMPERATURE,
                name="tau",
                meaning="divides the inputs: below 1 the largest gets more, above 1 less",
            ),
        ),
        gradients=("tau",),
        kernels="softmax",
        saves="either",
        absent=-inf,
        properties=lambda tau: _probabilities(tau),
        advice="Discrete choices inside a network that is trained by gradients; without rng= there is no noise. A low "
        "temperature tau makes draws discrete and their gradients wild, so it is usually lowered slowly.",
    ),
)
