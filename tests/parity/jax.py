"""JAX: functions of an array, in the precision of the array."""

from . import theirs

__all__ = ["FUNCTIONS"]

N = "jax.nn:"
J = "jax.numpy:"

FUNCTIONS = {
    "abs": [({}, theirs(J + "abs"))],
    "arcsinh": [({}, theirs(J + "arcsinh"))],
    "arctan": [({}, theirs(J + "arctan"))],
    "celu": [({}, theirs(N + "celu")), ({"alpha": 0.5}, theirs(N + "celu", 0.5))],
    "cos": [({}, theirs(J + "cos"))],
    "elu": [({}, theirs(N + "elu")), ({"alpha": 0.5}, theirs(N + "elu", 0.5))],
    "erf": [({}, theirs("jax.scipy.special:erf"))],
    "exponential": [({}, theirs(J + "exp"))],
    "gelu": [({}, theirs(N + "gelu", approximate=False)), ({"approximate": "tanh"}, theirs(N + "gelu"))],
    "gelu_tanh": [({}, theirs(N + "gelu"))],
    "hard_sigmoid": [({}, theirs(N + "hard_sigmoid"))],
    "hard_silu": [({}, theirs(N + "hard_silu"))],
    "hard_tanh": [({}, theirs(N + "hard_tanh"))],
    "leaky_relu": [({}, theirs(N + "leaky_relu")), ({"negative_slope": 0.3}, theirs(N + "leaky_relu", 0.3))],
    "log_sigmoid": [({}, theirs(N + "log_sigmoid"))],
    "mish": [({}, theirs(N + "mish"))],
    "relu": [({}, theirs(N + "relu"))],
    "relu6": [({}, theirs(N + "relu6"))],
    "selu": [({}, theirs(N + "selu"))],
    "sigmoid": [({}, theirs(N + "sigmoid"))],
    "silu": [({}, theirs(N + "silu"))],
    "sin": [({}, theirs(J + "sin"))],
    "softplus": [({}, theirs(N + "softplus"))],
    "softsign": [({}, theirs(N + "soft_sign"))],
    "sparse_plus": [({}, theirs(N + "sparse_plus"))],
    "sparse_sigmoid": [({}, theirs(N + "sparse_sigmoid"))],
    "squareplus": [({}, theirs(N + "squareplus")), ({"b": 1.0}, theirs(N + "squareplus", 1.0))],
    "tanh": [({}, theirs(N + "tanh"))],
}
