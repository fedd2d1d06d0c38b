"""The field's names for its activations: each finds the one that the field means, ambiguous ones find none."""

import math
import re

import pytest

import activations
from activations import UnknownActivationError, catalogue, providers, registry

# Canonical name: further names in use, in their users' spelling. The spelling of a canonical name without underscores,
# or with capitals, needs no mention.
NAMES = {
    "abs": "absolute_value modulus",
    "affine": "eltwise_linear",
    "apl": "adaptive_piecewise_linear",
    "arcsinh": "asinh",
    "arctan": "atan",
    "bent_identity": "",
    "bilinear": "",
    "binary_step": "heaviside step hard_limit",
    "celu": "",
    "clip": "clamp clamped",
    "clipped_gelu": "gelu_10",
    "clipped_linear": "",
    "clipped_relu": "relu_k relu_n bounded_relu",
    "cos": "cosine",
    "crelu": "concatenated_relu",
    "cube": "",
    "dish": "",
    "elish": "",
    "elu": "",
    "entmax": "",
    "erf": "error_function",
    "exponential": "exp",
    "gaussian": "",
    "gaussian_rbf": "rbf",
    "gcu": "growing_cosine_unit",
    "geglu": "GeluAndMul",
    "gelu": "gelu_erf gelu_python",
    "gelu_tanh": "gelu_new gelu_pytorch_tanh gelu_python_tanh gelu_fast FastGelu gelu_accurate gelu_approx",
    "glu": "gated_linear_unit",
    "gumbel_softmax": "",
    "hard_elish": "",
    "hard_mish": "",
    "hard_shrink": "hardshrink",
    "hard_sigmoid": "hardsigmoid hard-sigma",
    "hard_silu": "hard_swish hardswish hard_swish_mobilenet",
    "hard_tanh": "hardtanh htanh",
    "hardmax": "one_hot_argmax argmax_one_hot",
    "identity": "linear noop none id",
    "inverse_multiquadric": "inverse_multiquadratics",
    "inverse_quadratic": "cauchy rational_quadratic",
    "isrlu": "",
    "isru": "inverse_square_root_unit",
    "l2_normalize": "normalize LpNormalization",
    "laplace": "mega_laplace",
    "leaky_relu": "lrelu leakyrelu",
    "lisht": "",
    "log1mexp": "",
    "log_sigmoid": "logsigmoid log_expit log_logistic",
    "log_softmax": "logsoftmax",
    "log_symmetric": "symlog",
    "logcosh": "log_cosh",
    "logmeanexp": "",
    "logsumexp": "smooth_max RealSoftMax reduce_logsumexp",
    "lp_norm_fold": "ReduceL2",
    "max_fold": "max reduce_max",
    "maxout": "",
    "mean_fold": "mean average average_fold reduce_mean",
    "min_fold": "min reduce_min",
    "mish": "",
    "multiquadric": "multiquadratics",
    "polyharmonic_spline": "",
    "prelu": "parametric_relu",
    "quick_gelu": "gelu_quick",
    "quiet_softmax": "softmax1 off-by-one",
    "reglu": "",
    "relu": "rectifier ramp rectify positive_part",
    "relu6": "",
    "rrelu": "randomized_leaky_relu",
    "scaled_tanh": "lecun_tanh",
    "selu": "",
    "serf": "",
    "shrink": "",
    "sigmoid": "logistic expit soft_step sigma",
    "sign": "bipolar_step signum",
    "silu": "swish-1 sil",
    "sin": "sinusoid sinusoidal",
    "sinc": "",
    "smelu": "",
    "smht": "soboleva_modified_tanh soboleva_modified_hyperbolic_tangent soboleva_tanh smhtaf",
    "snake": "",
    "soft_exponential": "",
    "soft_shrink": "softshrink soft_threshold prox_l1",
    "softmax": "softargmax normalized_exponential",
    "softmax2d": "",
    "softmin": "",
    "softplus": "soft_relu smooth_relu SmoothReLU",
    "softsign": "soft_sign elliot",
    "sparse_plus": "",
    "sparse_sigmoid": "",
    "sparsemax": "",
    "sqnl": "square_nonlinearity",
    "square": "quadratic quad",
    "squared_relu": "relu2 relu_squared ReLUSquared",
    "squareplus": "",
    "srelu": "s-shaped-relu",
    "standardize": "",
    "sum_fold": "sum reduce_sum",
    "swiglu": "silu_and_mul",
    "swiglu_oai": "swigluoai",
    "swish": "",
    "tanh": "",
    "tanh_shrink": "tanhshrink",
    "telu": "tanhexp",
    "thin_plate_spline": "tps",
    "threshold": "",
    "thresholded_relu": "trelu thresholdrelu",
    "wendland_c2": "",
    "xielu": "",
}

# What frameworks with other defaults mean, where a bare name would mean one thing here and another there.
READINGS = {
    "darknet.leaky": ("leaky_relu", {"negative_slope": 0.1}),
    "flux.gelu": ("gelu", {"approximate": "tanh"}),
    "flux.gelu_sigmoid": ("gelu_tanh", {}),
    "hard_sigmoid_02": ("hard_sigmoid", {"slope": 0.2, "offset": 0.5}),
    "hf.gelu_new": ("gelu_tanh", {}),
    "jax.gelu": ("gelu", {"approximate": "tanh"}),
    "jax.celu": ("celu", {"alpha": 1.0}),
    "jax.hard_sigmoid": ("hard_sigmoid", {"slope": 1 / 6, "offset": 0.5}),
    "jax.sinc": ("sinc", {"omega": math.pi}),
    "jax.squareplus": ("squareplus", {"b": 4.0}),
    "keras.celu": ("celu", {"alpha": 1.0}),
    "keras.elu": ("elu", {"alpha": 1.0}),
    "keras.gelu": ("gelu", {"approximate": "none"}),
    "keras.hard_sigmoid": ("hard_sigmoid", {"slope": 1 / 6, "offset": 0.5}),
    "keras.squareplus": ("squareplus", {"b": 4.0}),
    "keras.layers.leaky_relu": ("leaky_relu", {"negative_slope": 0.3}),
    "keras.layers.prelu": ("prelu", {"weight": 0.0}),
    "keras.leaky_relu": ("leaky_relu", {"negative_slope": 0.2}),
    "keras.ops.gelu": ("gelu_tanh", {}),
    "keras2.hard_sigmoid": ("hard_sigmoid", {"slope": 0.2, "offset": 0.5}),
    "lasagne.very_leaky_rectify": ("leaky_relu", {"negative_slope": 1 / 3}),
    "neat.gauss": ("gaussian", {"gamma": 5.0, "center": 0.0}),
    "neat.lelu": ("leaky_relu", {"negative_slope": 0.005}),
    "neat.sin": ("sin", {"omega": 5.0}),
    "neat.softplus": ("softplus", {"beta": 5.0, "threshold": None}),
    "neat.tanh": ("scaled_tanh", {"scale": 1.0, "slope": 2.5}),
    "nntrainer.gelu_sigmoid": ("quick_gelu", {}),
    "numpy.sinc": ("sinc", {"omega": 3.141592653589793}),
    "onnx.clip": ("clip", {"min_val": -math.inf, "max_val": math.inf}),
    "onnx.hard_swish": ("hard_silu", {"slope": 1 / 6, "offset": 0.5}),
    "onnx.swish": ("swish", {"beta": 1.0}),
    "onnx.hard_sigmoid": ("hard_sigmoid", {"slope": 0.2, "offset": 0.5}),
    "tf.leaky_relu": ("leaky_relu", {"negative_slope": 0.2}),
    "thinc.hard_sigmoid": ("hard_sigmoid", {"slope": 0.2, "offset": 0.5}),
    "thinc.hard_swish": ("hard_silu", {"slope": 0.2, "offset": 0.5}),
    "thinc.hard_swish_mobilenet": ("hard_silu", {"slope": 1 / 6, "offset": 0.5}),
    "thinc.swish": ("swish", {"beta": 1.0}),
    "torch.celu": ("celu", {"alpha": 1.0}),
    "torch.elu": ("elu", {"alpha": 1.0}),
    "torch.hard_swish": ("hard_silu", {"slope": 1 / 6, "offset": 0.5}),
    "torch.gelu": ("gelu", {"approximate": "none"}),
    "torch.hard_sigmoid": ("hard_sigmoid", {"slope": 1 / 6, "offset": 0.5}),
    "torch.leaky_relu": ("leaky_relu", {"negative_slope": 0.01}),
    "torch.prelu": ("prelu", {"weight": 0.25}),
    "torch.softplus": ("softplus", {"beta": 1.0, "threshold": 20.0}),
    "torch.sinc": ("sinc", {"omega": 3.141592653589793}),
}

# Bare names that frameworks disagree on; they have PyTorch's meaning where PyTorch has the function.
BARE = {
    "gelu": ("gelu", {"approximate": "none"}),
    "glu": ("glu", {"gate": "second"}),
    "hard_sigmoid": ("hard_sigmoid", {"slope": 1 / 6, "offset": 0.5}),
    "hard_swish": ("hard_silu", {"slope": 1 / 6, "offset": 0.5}),
    "leaky_relu": ("leaky_relu", {"negative_slope": 0.01}),
    "linear": ("identity", {}),
    "logistic": ("sigmoid", {}),
    "softplus": ("softplus", {"beta": 1.0, "threshold": None}),
    "swish": ("swish", {"beta": 1.0}),
    "threshold": ("threshold", {"threshold": 0.0, "value": 0.0}),
    "thresholded_relu": ("thresholded_relu", {"threshold": 1.0}),
}

# And these mean nothing: 1.702 or tanh; e^(-x^2) or e^(-5 x^2); 1 / sqrt(x^2 + a^2) or 1 / (x^2 + a^2); leaky_relu
# with a slope of 0.005; x sigmoid(b x) or b x sigmoid(x).
AMBIGUOUS = ("gelu_sigmoid", "gauss", "imq", "lelu", "eswish")


def test_there_are_no_others():
    assert set(catalogue.names()) == set(NAMES)
    plugins = {plugin.name for plugin in registry.plugins() if plugin.distribution != registry.OWN}
    assert set(activations.names()) - plugins == set(NAMES)


def test_there_are_no_other_aliases():
    def keys(spellings):
        return {registry.key(each) for each in spellings}

    further = {alias for each in NAMES.values() for alias in each.split()}
    # Some are canonical names without underscores.
    assert keys(catalogue.aliases()) - keys(NAMES) == keys({*further, *READINGS}) - keys(NAMES)
    assert keys(catalogue.aliases()) <= keys(activations.aliases())


@pytest.mark.parametrize("name", NAMES)
def test_every_name_finds_its_activation(name):
    f = activations.get(name)
    assert f.name == name
    assert [activations.get(alias).name for alias in NAMES[name].split()] == [name] * len(NAMES[name].split())


@pytest.mark.parametrize("spelling", [*READINGS, *BARE])
def test_readings(spelling):
    name, parameters = (READINGS | BARE)[spelling]
    f = activations.get(spelling)
    assert (f.name, f.parameters) == (name, parameters)


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_ambiguous_names_find_none(name):
    with pytest.raises(UnknownActivationError, match=name):
        activations.get(name)
    assert not [alias for alias in activations.aliases() if registry.key(alias) == registry.key(name)]


@pytest.mark.parametrize("name", [*AMBIGUOUS, "keras.relu", "keras.layers.relu", "neat.sigmoid", "onnx.selu"])
def test_what_to_write_instead_is_said(name):
    """The names that the message quotes are there, and nothing is left in the table that has come to be a name."""
    said = providers.MEANINGS[registry.key(name)]
    with pytest.raises(UnknownActivationError, match=f"is named '{re.escape(name)}'. {re.escape(said)}. activations"):
        activations.get(name)
    for each in re.findall("'(.+?)'", said):
        assert activations.get(each)


def test_no_other_meanings_are_told():
    told = {registry.key(name) for name in (*AMBIGUOUS, "keras.relu", "keras.layers.relu", "neat.sigmoid", "onnx.selu")}
    assert set(providers.MEANINGS) == told


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("torch.silu", "'silu' is, with PyTorch's defaults where PyTorch has the function. activations.names"),
        ("torch.nn.SiLU", "'SiLU' is, with PyTorch's defaults"),
        ("tf.gelu", ".*readings of it are 'flux.gelu', 'jax.gelu', 'keras.gelu', 'keras.ops.gelu', 'torch.gelu'."),
        ("onnx.Leaky-ReLU", "'Leaky-ReLU' is, .*'keras.leaky_relu', 'tf.leaky_relu', 'torch.leaky_relu'."),
        ("jax.logistic", "'logistic' is, with"),
        ("torch.signoid", "Did you mean"),
    ],
)
def test_frameworks_spellings_of_bare_names_are_told_them(name, said):
    """Looked up in their place they would promise that framework's defaults, which nobody has compared with ours."""
    with pytest.raises(UnknownActivationError, match=f"is named '{name}'. {said}"):
        activations.get(name)


def test_none_means_the_identity():
    assert activations.get(None) is activations.get("identity") is activations.get("None")
