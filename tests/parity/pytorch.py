"""PyTorch: functions of a tensor."""

from . import theirs

__all__ = ["AXIS", "FUNCTIONS"]

F = "torch.nn.functional:"


def _prelu(x, weight=0.25):
    import torch

    return torch.nn.functional.prelu(x, torch.tensor([weight], dtype=x.dtype))


def _step(name):
    """A function without a derivative, kept in the graph."""
    return lambda x: theirs(name)(x.detach()) + 0 * x


FUNCTIONS = {
    "abs": [({}, theirs("torch:abs"))],
    "arcsinh": [({}, theirs("torch:asinh"))],
    "arctan": [({}, theirs("torch:atan"))],
    "celu": [({}, theirs(F + "celu"))] + [({"alpha": a}, theirs(F + "celu", a)) for a in (0.5, 2.0)],
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

# Functions of a tensor and an axis.
AXIS = {
    "glu": lambda x, axis: theirs(F + "glu", axis)(x),
    "l2_normalize": lambda x, axis: theirs(F + "normalize", dim=axis)(x),
    "log_softmax": lambda x, axis: theirs("torch:log_softmax", axis)(x),
    "logsumexp": lambda x, axis: theirs("torch:logsumexp", axis)(x),
    "softmax": lambda x, axis: theirs("torch:softmax", axis)(x),
    "softmin": lambda x, axis: theirs(F + "softmin", dim=axis)(x),
}
