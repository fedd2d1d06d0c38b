"""Rectifiers: lines that meet at kinks."""

from math import inf

from activations.declaration import Declaration, Parameter, Properties

DECLARATIONS = (
    Declaration(
        name="identity",
        aliases=("linear", "noop", "none", "id"),
        kind="ridge",
        summary="Returns its input: a layer without an activation.",
        formula=r"f(x) = x",
        reference="Convention.",
        scalars=("backward",),
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
        name="binary_step",
        aliases=("heaviside", "step", "hard_limit"),
        kind="ridge",
        summary="1 from zero on, 0 below; its derivative is 0 wherever it exists, so nothing learns through it.",
        formula=r"f(x) = \begin{cases} 0 & x < 0 \\ 1 & x \ge 0 \end{cases}",
        reference="W. S. McCulloch, W. Pitts, A logical calculus of the ideas immanent in nervous activity, 1943.",
        scalars=("backward",),
        properties=Properties(
            monotonic=True,
            range=(0.0, 1.0),
            lipschitz=inf,
            smoothness=-1,
            parity="",
            saturates=("left", "right"),
            kinks=(0.0,),
            at_zero=1.0,
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
        name="leaky_relu",
        aliases=("lrelu",),
        dotted={
            "torch.leaky_relu": {"negative_slope": 0.01},
            "keras.leaky_relu": {"negative_slope": 0.2},
            "tf.leaky_relu": {"negative_slope": 0.2},
            "darknet.leaky": {"negative_slope": 0.1},
        },
        kind="ridge",
        summary="ReLU with a small slope below zero, so that no unit dies.",
        formula=r"f(x) = \begin{cases} x & x > 0 \\ a x & x \le 0 \end{cases}",
        reference="A. L. Maas, A. Y. Hannun, A. Y. Ng, Rectifier nonlinearities improve neural network acoustic "
        "models, ICML 2013.",
        parameters=(Parameter("negative_slope", 0.01, meaning="slope a for x <= 0; an array makes it PReLU"),),
        scalars=("backward", "backward_from_output"),
        saves="either",
        output_tells={"negative_slope": 0.0},
        properties=Properties(
            monotonic=True,
            range=(-inf, inf),
            lipschitz=1.0,
            smoothness=0,
            parity="",
            saturates=(),
            kinks=(0.0,),
            at_zero=0.0,
        ),
        advice="Where relu loses units: the slope below zero keeps every one of them trainable. Outputs are no "
        "longer sparse, and the slope is one more number to choose.",
    ),
    Declaration(
        name="prelu",
        formulas="leaky_relu",
        aliases=("parametric_relu",),
        kind="ridge",
        summary="Leaky ReLU whose slopes are learnt, one for all or one per channel.",
        formula=r"f(x) = \begin{cases} x & x > 0 \\ w x & x \le 0 \end{cases}",
        reference="K. He, X. Zhang, S. Ren, J. Sun, Delving deep into rectifiers: surpassing human-level performance "
        "on ImageNet classification, ICCV 2015.",
        parameters=(Parameter("weight", 0.25, meaning="slope w for x <= 0; an array broadcasts against x"),),
        scalars=("backward", "backward_from_output"),
        saves="either",
        output_tells={"weight": 0.0},
        properties=Properties(
            monotonic=True,
            range=(-inf, inf),
            lipschitz=1.0,
            smoothness=0,
            parity="",
            saturates=(),
            kinks=(0.0,),
            at_zero=0.0,
        ),
        advice="Where there is enough data to learn the slope below zero, one for all or one per channel. On small "
        "data the extra freedom overfits, and weight decay on the slope pulls it back to relu.",
    ),
)
