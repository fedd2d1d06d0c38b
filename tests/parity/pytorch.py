"""PyTorch: functions of a tensor."""

import math

from . import theirs

__all__ = ["AXIS", "FUNCTIONS", "OTHERS"]

F = "torch.nn.functional:"


def _prelu(x, weight=0.25):
    import torch

    return torch.nn.functional.prelu(x, torch.tensor([weight], dtype=x.dtype))


def _step(name):
    """A function without a derivative, kept in the graph."""
    return lambda x: theirs(name)(x.detach()) + 0 * x


def _heaviside(h0):
    """The same of a step with a value of its own at 0."""

    def step(x):
        import torch

        return torch.heaviside(x.detach(), torch.tensor(h0, dtype=x.dtype)) + 0 * x

    return step


FUNCTIONS = {
    "abs": [({}, theirs("torch:abs"))],
    "arcsinh": [({}, theirs("torch:asinh"))],
    "arctan": [({}, theirs("torch:atan"))],
    "celu": [({}, theirs(F + "celu"))] + [({"alpha": a}, theirs(F + "celu", a)) for a in (0.5, 2.0)],
    "binary_step": [({}, _heaviside(1.0)), ({"h0": 0.5}, _heaviside(0.5))],
    "clip": [
        ({}, theirs("torch:clamp", -1.0, 1.0)),
        ({"min_val": -0.5, "max_val": 3.0}, theirs("torch:clamp", -0.5, 3.0)),
    ],
    "cos": [({}, theirs("torch:cos"))],
    "elu": [({}, theirs(F + "elu"))] + [({"alpha": a}, theirs(F + "elu", a)) for a in (0.5, 2.0)],
    "erf": [({}, theirs("torch:erf"))],
    "exponential": [({}, theirs("torch:exp"))],
    "gelu": [({}, theirs(F + "gelu")), ({"approximate": "tanh"}, theirs(F + "gelu", approximate="tanh"))],
    "gelu_tanh": [({}, theirs(F + "gelu", approximate="tanh"))],
    "hard_shrink": [({}, theirs(F + "hardshrink")), ({"lambd": 1.5}, theirs(F + "hardshrink", 1.5))],
    "hard_sigmoid": [({}, theirs(F + "hardsigmoid"))],
    "hard_silu": [({}, theirs(F + "hardswish"))],
    "hard_tanh": [
        ({}, theirs(F + "hardtanh")),
        ({"min_val": -2.0, "max_val": 0.5}, theirs(F + "hardtanh", -2.0, 0.5)),
    ],
    "identity": [({}, lambda x: x * 1)],
    "leaky_relu": [({}, theirs(F + "leaky_relu"))]
    + [({"negative_slope": s}, theirs(F + "leaky_relu", s)) for s in (0.2, 1.5, -0.4, 0.0)],
    "log_sigmoid": [({}, theirs(F + "logsigmoid"))],
    "mish": [({}, theirs(F + "mish"))],
    "prelu": [({}, _prelu), ({"weight": -0.7}, lambda x: _prelu(x, -0.7))],
    "relu": [({}, theirs(F + "relu"))],
    "relu6": [({}, theirs(F + "relu6"))],
    "rrelu": [({}, theirs(F + "rrelu")), ({"lower": 0.1, "upper": 0.5}, theirs(F + "rrelu", 0.1, 0.5))],
    "selu": [({}, theirs(F + "selu"))],
    "sigmoid": [({}, theirs("torch:sigmoid"))],
    "sign": [({}, _step("torch:sign"))],
    "silu": [({}, theirs(F + "silu"))],
    "sin": [({}, theirs("torch:sin"))],
    "sinc": [({"omega": math.pi}, theirs("torch:sinc"))],
    "snake": [(given, lambda x, a=a: x + (a * x).sin().square() / a) for given, a in (({}, 1.0), ({"a": -2.5}, -2.5))],
    "soft_shrink": [({}, theirs(F + "softshrink")), ({"lambd": 1.5}, theirs(F + "softshrink", 1.5))],
    "softplus": [
        ({}, theirs(F + "softplus")),  # a line from 20 on, where float32 cannot tell
        ({"beta": 3.0, "threshold": 4.0}, theirs(F + "softplus", 3.0, 4.0)),
        ({"beta": 0.5}, theirs(F + "softplus", 0.5, 1e9)),
    ],
    "softsign": [({}, theirs(F + "softsign"))],
    "square": [({}, theirs("torch:square"))],
    "swish": [({}, theirs(F + "silu"))],
    "tanh": [({}, theirs("torch:tanh"))],
    "tanh_shrink": [({}, theirs(F + "tanhshrink"))],
    "threshold": [
        ({}, theirs(F + "threshold", 0.0, 0.0)),
        ({"threshold": 0.5, "value": -2.0}, theirs(F + "threshold", 0.5, -2.0)),
    ],
}


def _standardize(x, axis, eps=1e-5):
    import torch

    variance, mean = torch.var_mean(x, axis, correction=0, keepdim=True)
    return (x - mean) / torch.sqrt(variance + eps)


def _extreme(name):
    return lambda x, axis: theirs(f"torch:{name}", axis)(x).values


# Functions of a tensor and an axis.
AXIS = {
    "glu": [({}, lambda x, axis: theirs(F + "glu", axis)(x))],
    "l2_normalize": [
        ({}, lambda x, axis: theirs(F + "normalize", dim=axis)(x)),
        ({"eps": 50.0}, lambda x, axis: theirs(F + "normalize", dim=axis, eps=50.0)(x)),
        *(
            ({"p": p, "eps": eps}, lambda x, axis, p=p, eps=eps: theirs(F + "normalize", p, axis, eps)(x))
            for p, eps in ((1.0, 1e-12), (1.0, 90.0), (3.0, 1e-12), (3.0, 20.0), (math.inf, 1e-12), (math.inf, 3.0))
        ),
    ],
    "log_softmax": [
        ({}, lambda x, axis: theirs("torch:log_softmax", axis)(x)),
        ({"temperature": 2.5}, lambda x, axis: theirs("torch:log_softmax", axis)(x / 2.5)),
    ],
    "logsumexp": [({}, lambda x, axis: theirs("torch:logsumexp", axis)(x))],
    "lp_norm_fold": [
        (given, lambda x, axis, p=p: theirs("torch.linalg:vector_norm", p, axis)(x))
        for given, p in (({}, 2.0), ({"p": 1.0}, 1.0), ({"p": 3.5}, 3.5))
    ],
    "max_fold": [({}, _extreme("max"))],
    "mean_fold": [({}, lambda x, axis: theirs("torch:mean", axis)(x))],
    "min_fold": [({}, _extreme("min"))],
    "softmax": [
        ({}, lambda x, axis: theirs("torch:softmax", axis)(x)),
        ({"temperature": 2.5}, lambda x, axis: theirs("torch:softmax", axis)(x / 2.5)),
    ],
    "softmin": [({}, lambda x, axis: theirs(F + "softmin", dim=axis)(x))],
    "standardize": [({}, _standardize), ({"eps": 30.0}, lambda x, axis: _standardize(x, axis, 30.0))],
    "sum_fold": [({}, lambda x, axis: theirs("torch:sum", axis)(x))],
}

# What else has one of our names: compared in a test of its own, or something else.
OTHERS = ("gumbel_softmax", "softmax2d", "bilinear")
