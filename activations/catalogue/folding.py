"""Folding activations: they reduce or normalise a whole axis."""

from math import inf

from activations.declaration import Declaration, Parameter, Properties

TEMPERATURE = Parameter(
    "temperature",
    1.0,
    low=0.0,
    open_low=True,
    open_high=True,
    meaning="divides the inputs: below 1 the largest gets more, above 1 less",
)

DECLARATIONS = (
    Declaration(
        name="softmax",
        aliases=("softargmax", "normalized_exponential"),
        kind="folding",
        summary="Turns an axis into probabilities, the largest input getting the largest share.",
        formula=r"f(x)_i = \frac{e^{x_i}}{\sum_j e^{x_j}}",
        reference="J. S. Bridle, Probabilistic interpretation of feedforward classification network outputs, 1990.",
        parameters=(TEMPERATURE,),
        kernels="softmax",
        saves="either",
        absent=-inf,
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
        parameters=(TEMPERATURE,),
        kernels="softmax",
        saves="either",
        absent=-inf,
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
    Declaration(
        name="softmin",
        kind="folding",
        summary="Turns an axis into probabilities, the smallest input getting the largest share.",
        formula=r"f(x)_i = \frac{e^{-x_i}}{\sum_j e^{-x_j}}",
        reference="Convention: softmax of the negated input.",
        kernels="softmax",
        saves="either",
        absent=inf,
        properties=Properties(monotonic=False, range=(0.0, 1.0)),
        advice="Weights out of distances or costs, where small is good. It saturates like softmax: divide the distances "
        "by a typical one first.",
    ),
    Declaration(
        name="quiet_softmax",
        aliases=("softmax1",),
        kind="folding",
        summary="softmax that may answer nothing: a further element 0 takes its share and is left out.",
        formula=r"f(x)_i = \frac{e^{x_i}}{1 + \sum_j e^{x_j}}",
        reference="E. Miller, Attention is off by one, 2023.",
        kernels="softmax",
        saves="either",
        absent=-inf,
        properties=Properties(monotonic=False, range=(0.0, 1.0)),
        advice="Attention heads that should be able to attend to nothing: the weights of a row of very negative inputs "
        "vanish. They do not sum to 1, and adding a constant to a row changes them.",
    ),
    Declaration(
        name="logsumexp",
        aliases=("realsoftmax",),
        kind="folding",
        summary="The logarithm of the sum of exponentials: a smooth maximum.",
        formula=r"f(x) = \log \sum_j e^{x_j}",
        reference="Convention.",
        kernels="softmax",
        reduces=True,
        properties=Properties(monotonic=True, range=(-inf, inf)),
        advice="Sums of probabilities that are kept as logarithms, and a maximum with a gradient for every input. It "
        "lies above the maximum by up to the logarithm of the number of inputs.",
    ),
    Declaration(
        name="logmeanexp",
        kind="folding",
        summary="The logarithm of the mean of exponentials: a smooth maximum that n equal values leave as they are.",
        formula=r"f(x) = \log \Bigl(\frac{1}{n} \sum_j e^{x_j}\Bigr)",
        reference="Convention.",
        kernels="softmax",
        reduces=True,
        properties=Properties(monotonic=True, range=(-inf, inf)),
        advice="Averages of probabilities that are kept as logarithms, as in ensembles and importance sampling. A single "
        "large input decides it, as with any maximum.",
    ),
    Declaration(
        name="max_fold",
        aliases=("reduce_max",),
        kind="folding",
        summary="The largest value of an axis.",
        formula=r"f(x) = \max_j x_j",
        reference="Convention.",
        kernels="folds",
        integers=True,
        reduces=True,
        needs_elements=True,
        properties=Properties(monotonic=True, range=(-inf, inf)),
        advice="Pooling where one strong answer should count. Only the first of the largest inputs gets a gradient, so the "
        "others learn nothing from that example.",
    ),
    Declaration(
        name="min_fold",
        aliases=("reduce_min",),
        kind="folding",
        summary="The smallest value of an axis.",
        formula=r"f(x) = \min_j x_j",
        reference="Convention.",
        kernels="folds",
        integers=True,
        reduces=True,
        needs_elements=True,
        properties=Properties(monotonic=True, range=(-inf, inf)),
        advice="Pooling where the weakest answer should count. Only the first of the smallest inputs gets a gradient, so "
        "the others learn nothing from that example.",
    ),
    Declaration(
        name="sum_fold",
        aliases=("reduce_sum",),
        kind="folding",
        summary="The sum of an axis, right to the last digit even where its terms cancel.",
        formula=r"f(x) = \sum_j x_j",
        reference="Convention; D. E. Knuth, The art of computer programming 2, section 4.2.2, 1969, for the errors of sums.",
        kernels="folds",
        reduces=True,
        properties=Properties(monotonic=True, range=(-inf, inf)),
        advice="Pooling where the number of inputs carries meaning, as in sets and graphs. Its size grows with that number: "
        "mean_fold does not.",
    ),
    Declaration(
        name="mean_fold",
        aliases=("reduce_mean", "average_fold"),
        kind="folding",
        summary="The mean of an axis, right to the last digit even where its terms cancel.",
        formula=r"f(x) = \frac{1}{n} \sum_j x_j",
        reference="Convention.",
        kernels="folds",
        reduces=True,
        properties=Properties(monotonic=True, range=(-inf, inf)),
        advice="Pooling that treats every input alike, whatever their number. A single strong answer drowns among many: "
        "max_fold and logmeanexp keep it.",
    ),
    Declaration(
        name="lp_norm_fold",
        kind="folding",
        summary="The p-norm of an axis.",
        formula=r"f(x) = \Bigl(\sum_j |x_j|^p\Bigr)^{1/p}",
        reference="C. Gulcehre, K. Cho, R. Pascanu, Y. Bengio, Learned-norm pooling for deep feedforward and recurrent "
        "neural networks, ECML PKDD 2014.",
        parameters=(Parameter("p", 2.0, low=1.0, meaning="order of the norm; infinity gives the largest absolute value"),),
        kernels="folds",
        reduces=True,
        properties=Properties(monotonic=False, range=(0.0, inf)),
        advice="Pooling by strength whatever the sign, between the sum (p = 1) and the maximum (p large). Orders other than "
        "1, 2 and infinity take a power for each element, which is slow.",
    ),
    Declaration(
        name="gaussian_rbf",
        aliases=("rbf",),
        kind="folding",
        summary="A Gaussian of the distance from a centre.",
        formula=r"f(x) = \exp\Bigl(-\frac{\sum_j (x_j - c)^2}{2 \sigma^2}\Bigr)",
        reference="D. S. Broomhead, D. Lowe, Multivariable functional interpolation and adaptive networks, Complex Systems "
        "2, 1988.",
        parameters=(
            Parameter("center", 0.0, meaning="every coordinate of the centre c"),
            Parameter("sigma", 1.0, low=0.0, open_low=True, meaning="the width"),
        ),
        kernels="folds",
        reduces=True,
        properties=Properties(monotonic=False, range=(0.0, 1.0)),
        advice="Networks of radial basis functions, where each unit answers in one region only. In many dimensions nothing "
        "is near: the width has to grow with the root of their number. For a centre of its own in each coordinate subtract "
        "it from the input.",
    ),
)
