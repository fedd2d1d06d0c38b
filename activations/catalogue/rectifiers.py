"""Rectifiers: lines that meet at kinks."""

from math import inf

from activations.catalogue.lines import bent_line, clipped_line, line
from activations.declaration import Declaration, Parameter, Properties


def _thresholded(threshold: float, value: float) -> Properties:
    """Of x above the threshold and a value elsewhere."""
    jumps = value != threshold
    return Properties(
        monotonic=value <= threshold,
        range=(min(value, threshold), inf),
        lipschitz=inf if jumps else 1.0,
        smoothness=-1 if jumps else 0,
        parity="",
        saturates=("left",),
        kinks=(threshold,),
        at_zero=value if threshold >= 0 else 0.0,
    )


def _s_shaped(left_threshold: float, left_slope: float, right_threshold: float, right_slope: float) -> Properties:
    """Of srelu where its thresholds are in order, on either side of 0, and its lines rise."""
    if not left_threshold <= 0 <= right_threshold or left_threshold == right_threshold:
        return Properties()
    if left_slope <= 0 or right_slope <= 0:
        return Properties()
    ends = ((left_threshold, left_slope), (right_threshold, right_slope))
    kinks = tuple(threshold for threshold, slope in ends if slope != 1)
    same = left_slope == right_slope and left_threshold == -right_threshold
    return Properties(
        monotonic=True,
        range=(-inf, inf),
        lipschitz=max(1.0, left_slope, right_slope),
        smoothness=0 if kinks else inf,
        parity="odd" if same or not kinks else "",
        saturates=(),
        kinks=kinks,
        at_zero=0.0,
    )


DECLARATIONS = (
    Declaration(
        name="identity",
        aliases=("linear", "noop", "none", "id"),
        kind="ridge",
        summary="Returns its input: a layer without an activation.",
        formula=r"f(x) = x",
        reference="B. Widrow, M. E. Hoff, Adaptive switching circuits, IRE WESCON Convention Record, 1960.",
        scalars=("backward", "second_derivative"),
        integers=True,
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
        advice="The output of a regression, or a layer whose activation is switched off. A stack of layers with "
        "nothing else stays one linear map.",
    ),
    Declaration(
        name="affine",
        aliases=("eltwise_linear",),
        kind="ridge",
        summary="A straight line: the input scaled and shifted.",
        formula=r"f(x) = w x + b",
        reference="S. Ioffe, C. Szegedy, Batch normalization: accelerating deep network training by reducing internal "
        "covariate shift, ICML 2015.",
        parameters=(
            Parameter("weight", 1.0, meaning="slope w of the line"),
            Parameter("bias", 0.0, meaning="value b at 0"),
        ),
        scalars=("second_derivative",),
        gradients=("weight", "bias"),
        properties=line,
        advice="A learnt scale and shift for each channel, or the last step of a normalisation. It is linear, so "
        "between two linear layers it adds nothing that they cannot do.",
    ),
    Declaration(
        name="binary_step",
        aliases=("heaviside", "step", "hard_limit"),
        kind="ridge",
        summary="1 from zero on, 0 below; its derivative is 0 wherever it exists, so nothing learns through it.",
        formula=r"f(x) = \begin{cases} 0 & x < 0 \\ h_0 & x = 0 \\ 1 & x > 0 \end{cases}",
        reference="W. S. McCulloch, W. Pitts, A logical calculus of the ideas immanent in nervous activity, 1943.",
        parameters=(Parameter("h0", 1.0, meaning="the value at 0; NumPy's and PyTorch's heaviside ask for it"),),
        scalars=("backward",),
        gradients=("h0",),
        properties=lambda h0: Properties(
            monotonic=0 <= h0 <= 1,
            range=(min(0.0, h0), max(1.0, h0)),
            lipschitz=inf,
            smoothness=-1,
            parity="",
            saturates=("left", "right"),
            kinks=(0.0,),
            at_zero=h0,
        ),
        advice="A unit that fires or does not, and a baseline to show what a derivative is for. Its gradient is zero"
        " everywhere, so nothing before it can be trained by descent.",
    ),
    Declaration(
        name="relu",
        aliases=("rectifier", "ramp", "rectify", "positive_part"),
        kind="ridge",
        summary="Keeps what is positive: cheap, sparse, and no vanishing gradient where it is active.",
        formula=r"f(x) = \max(x, 0)",
        reference="K. Fukushima, Cognitron: a self-organizing multilayered neural network, 1975; "
        "V. Nair, G. E. Hinton, Rectified linear units improve restricted Boltzmann machines, ICML 2010.",
        scalars=("backward", "backward_from_output"),
        saves="either",
        integers=True,
        properties=Properties(
            monotonic=True,
            range=(0.0, inf),
            lipschitz=1.0,
            smoothness=0,
            parity="",
            saturates=("left",),
            kinks=(0.0,),
            at_zero=0.0,
        ),
        advice="The default of hidden layers: cheap, sparse, and its gradient does not fade with depth. A unit "
        "pushed below zero on all of the data has no gradient left and stays dead.",
    ),
    Declaration(
        name="squared_relu",
        aliases=("relu2", "relu_squared"),
        kind="ridge",
        summary="The square of ReLU: no kink in the function, and large activations count more.",
        formula=r"f(x) = \max(x, 0)^2",
        reference="D. R. So, W. Manke, H. Liu, Z. Dai, N. Shazeer, Q. V. Le, Primer: searching for efficient "
        "transformers for language modeling, NeurIPS 2021.",
        scalars=("backward", "second_derivative"),
        properties=Properties(
            monotonic=True,
            range=(0.0, inf),
            lipschitz=inf,
            smoothness=1,
            parity="",
            saturates=("left",),
            kinks=(0.0,),
            at_zero=0.0,
        ),
        advice="The feed-forward layers of transformers, where it trained faster than gelu. Values and gradients grow "
        "without bound: in float16 it overflows from 256 on.",
    ),
    Declaration(
        name="relu6",
        kind="ridge",
        summary="ReLU that stops at 6, so that few bits are enough for its values.",
        formula=r"f(x) = \min(\max(x, 0), 6)",
        reference="A. Krizhevsky, Convolutional deep belief networks on CIFAR-10, 2010.",
        scalars=("backward", "backward_from_output"),
        saves="either",
        integers=True,
        properties=Properties(
            monotonic=True,
            range=(0.0, 6.0),
            lipschitz=1.0,
            smoothness=0,
            parity="",
            saturates=("left", "right"),
            kinks=(0.0, 6.0),
            at_zero=0.0,
        ),
        advice="Small networks that are to run with 8-bit numbers, as MobileNet does. Above 6 as below 0 there is no "
        "gradient, so a unit can die on either side.",
    ),
    Declaration(
        name="clipped_relu",
        aliases=("relu_k", "relu_n", "bounded_relu"),
        kind="ridge",
        summary="ReLU with a ceiling.",
        formula=r"f(x) = \min(\max(x, 0), m)",
        reference="A. Hannun et al., Deep Speech: scaling up end-to-end speech recognition, 2014.",
        parameters=(Parameter("max_value", 6.0, low=0.0, meaning="the ceiling m"),),
        scalars=("backward", "backward_from_output"),
        gradients=("max_value",),
        saves="either",
        output_bounds=("max_value",),
        integers=True,
        properties=lambda max_value: clipped_line(1.0, 0.0, 0.0, max_value),
        advice="Recurrent networks and low precision, where relu's values would grow too large. Above the ceiling as "
        "below 0 there is no gradient, so the ceiling must lie above most of the data.",
    ),
    Declaration(
        name="threshold",
        formulas="thresholded",
        kind="ridge",
        summary="Keeps what is above a threshold and puts one value in place of the rest.",
        formula=r"f(x) = \begin{cases} x & x > t \\ v & x \le t \end{cases}",
        reference="PyTorch, torch.nn.Threshold; A. Paszke et al., PyTorch: an imperative style, high-performance deep "
        "learning library, NeurIPS 2019.",
        parameters=(
            Parameter("threshold", 0.0, meaning="what x must exceed, t"),
            Parameter("value", 0.0, meaning="the value v for x <= t"),
        ),
        scalars=("backward",),
        gradients=("value",),
        properties=_thresholded,
        advice="Where small values are noise and a fixed value should stand for them. Unless the value equals the "
        "threshold the function jumps there, which the gradient does not see.",
    ),
    Declaration(
        name="thresholded_relu",
        aliases=("trelu", "threshold_relu"),
        kind="ridge",
        summary="Zero up to a threshold and the identity beyond: what is kept is kept whole.",
        formula=r"f(x) = \begin{cases} x & x > \theta \\ 0 & x \le \theta \end{cases}",
        reference="K. Konda, R. Memisevic, D. Krueger, Zero-bias autoencoders and the benefits of co-adapting "
        "features, ICLR 2015.",
        parameters=(Parameter("threshold", 1.0, meaning="what x must exceed, theta"),),
        scalars=("backward", "backward_from_output"),
        saves="either",
        output_tells={"threshold": 0.0},
        properties=lambda threshold: _thresholded(threshold, 0.0),
        advice="Autoencoders without biases, and sparse codes. It jumps at the threshold, so small changes of the "
        "input can change the output much, and a unit below it gets no gradient.",
    ),
    Declaration(
        name="leaky_relu",
        aliases=("lrelu",),
        dotted={
            "torch.leaky_relu": {"negative_slope": 0.01},
            "keras.leaky_relu": {"negative_slope": 0.2},
            "tf.leaky_relu": {"negative_slope": 0.2},
            "darknet.leaky": {"negative_slope": 0.1},
            "keras.layers.leaky_relu": {"negative_slope": 0.3},
            "lasagne.very_leaky_rectify": {"negative_slope": 1 / 3},
            "neat.lelu": {"negative_slope": 0.005},
        },
        kind="ridge",
        summary="ReLU with a small slope below zero, so that no unit dies.",
        formula=r"f(x) = \begin{cases} x & x > 0 \\ a x & x \le 0 \end{cases}",
        reference="A. L. Maas, A. Y. Hannun, A. Y. Ng, Rectifier nonlinearities improve neural network acoustic "
        "models, ICML 2013.",
        parameters=(
            Parameter(
                "negative_slope",
                0.01,
                meaning="slope a for x <= 0: PyTorch's, 0.2 in Keras; an array makes it PReLU; with 0 the value at "
                "minus infinity is NaN, as PyTorch's, and relu's is 0",
            ),
        ),
        scalars=("backward", "backward_from_output"),
        gradients=("negative_slope",),
        saves="either",
        output_tells={"negative_slope": 0.0},
        properties=lambda negative_slope: bent_line(negative_slope),
        advice="Where relu loses units: the slope below zero keeps every one of them trainable. Outputs are no "
        "longer sparse, and the slope is one more number to choose.",
    ),
    Declaration(
        name="prelu",
        aliases=("parametric_relu",),
        dotted={"torch.prelu": {"weight": 0.25}, "keras.layers.prelu": {"weight": 0.0}},
        kind="ridge",
        summary="Leaky ReLU whose slopes are learnt, one for all or one per channel.",
        formula=r"f(x) = \begin{cases} x & x > 0 \\ w x & x \le 0 \end{cases}",
        reference="K. He, X. Zhang, S. Ren, J. Sun, Delving deep into rectifiers: surpassing human-level performance "
        "on ImageNet classification, ICCV 2015.",
        parameters=(
            Parameter(
                "weight",
                0.25,
                meaning="slope w for x <= 0; an array broadcasts against x from the last axis: slopes of the channels "
                "of images (N, C, H, W) are w[:, None, None]",
            ),
        ),
        scalars=("backward", "backward_from_output"),
        gradients=("weight",),
        saves="either",
        output_tells={"weight": 0.0},
        properties=lambda weight: bent_line(weight),
        advice="Where there is enough data to learn the slope below zero, one for all or one per channel. On small "
        "data the extra freedom overfits, and weight decay on the slope pulls it back to relu.",
    ),
    Declaration(
        name="rrelu",
        aliases=("randomized_leaky_relu",),
        kind="ridge",
        summary="Leaky ReLU whose slope is drawn at random while training, with rng=; without, the mean slope.",
        formula=r"f(x) = \begin{cases} x & x > 0 \\ \frac{l + u}{2} x & x \le 0 \end{cases}",
        reference="B. Xu, N. Wang, T. Chen, M. Li, Empirical evaluation of rectified activations in convolutional "
        "network, 2015.",
        parameters=(
            Parameter("lower", 1 / 8, meaning="the smallest slope l for x <= 0"),
            Parameter("upper", 1 / 3, meaning="the largest slope u for x <= 0"),
        ),
        scalars=("backward", "backward_from_output"),
        gradients=("lower", "upper"),
        saves="either",
        output_tells={"lower": 0.0, "upper": 0.0},
        properties=lambda lower, upper: bent_line((lower + upper) / 2),
        advice="Small data sets, where drawing the slope keeps the network from learning them by heart. With the mean "
        "slope it is leaky_relu with a steep slope, which is how a trained network is used.",
    ),
    Declaration(
        name="srelu",
        aliases=("s_shaped_relu",),
        kind="ridge",
        summary="Three lines that meet at two learnt thresholds: the identity between them, learnt slopes outside.",
        formula=r"f(x) = \begin{cases} t_r + a_r (x - t_r) & x \ge t_r \\ x & t_l < x < t_r \\ "
        r"t_l + a_l (x - t_l) & x \le t_l \end{cases}",
        reference="X. Jin, C. Xu, J. Feng, Y. Wei, J. Xiong, S. Yan, Deep learning with S-shaped rectified linear "
        "activation units, AAAI 2016.",
        parameters=(
            Parameter("left_threshold", 0.0, open_high=True, meaning="where the left line begins, t_l"),
            Parameter("left_slope", 0.2, open_low=True, open_high=True, meaning="slope a_l for x <= t_l"),
            Parameter("right_threshold", 1.0, open_low=True, meaning="where the right line begins, t_r"),
            Parameter("right_slope", 1.0, open_low=True, open_high=True, meaning="slope a_r for x >= t_r"),
        ),
        gradients=("left_threshold", "left_slope", "right_threshold", "right_slope"),
        properties=_s_shaped,
        advice="Where the network should learn a shape that may bend both ways; it starts as a leaky relu. Four "
        "parameters per channel overfit on small data, and thresholds that cross make it jump.",
    ),
    Declaration(
        name="apl",
        aliases=("adaptive_piecewise_linear",),
        kind="ridge",
        summary="A relu and a sum of hinges with learnt weights and places: any piecewise linear shape, given enough.",
        formula=r"f(x) = \max(0, x) + \sum_{s=1}^{S} a_s \max(0, -x + b_s)",
        reference="F. Agostinelli, M. Hoffman, P. Sadowski, P. Baldi, Learning activation functions to improve deep "
        "neural networks, ICLR 2015 workshop.",
        parameters=(
            Parameter(
                "a",
                -0.25,
                open_low=True,
                open_high=True,
                meaning="the hinges' weights: a number, or an array whose first axis counts hinges",
            ),
            Parameter("b", 0.0, meaning="where the hinges end: a number or array as a"),
        ),
        scalars=("backward", "added"),
        gradients=("a", "b"),
        properties=lambda a, b: bent_line(-a) if b == 0 else Properties(),
        advice="Where each unit should learn its own activation, not convex ones alone as maxout's; one hinge of "
        "weight -0.25 at 0 is prelu as it starts. Every hinge costs a pass and two parameters, which the paper keeps "
        "small by weight decay.",
    ),
    Declaration(
        name="smelu",
        kind="ridge",
        summary="ReLU with the kink rounded off by a parabola.",
        formula=r"f(x) = \begin{cases} 0 & x \le -\beta \\ \frac{(x + \beta)^2}{4 \beta} & |x| < \beta \\ "
        r"x & x \ge \beta \end{cases}",
        reference="G. I. Shamir, D. Lin, Real world large scale recommendation systems reproducibility and smooth "
        "activations, 2022.",
        parameters=(
            Parameter("beta", 1.5, low=0.0, open_low=True, open_high=True, meaning="half the width of the parabola"),
        ),
        scalars=("second_derivative",),
        gradients=("beta",),
        properties=lambda beta: Properties(
            monotonic=True,
            range=(0.0, inf),
            lipschitz=1.0,
            smoothness=1,
            parity="",
            saturates=("left",),
            kinks=(-beta, beta),
            at_zero=beta / 4,
        ),
        advice="Where two trainings of one network should end with the same predictions: a smooth function changes "
        "less than relu. A wide parabola gives up sparsity, a narrow one is relu again.",
    ),
)
