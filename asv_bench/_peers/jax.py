"""JAX: compiled forward functions and compiled vector-Jacobian products, results waited for."""

from __future__ import annotations

from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np

from .cases import SLOPE, Case
from .contender import Contender

version = jax.__version__
# The calling thread does the work itself: no hand-over to another thread to wait for.
jax.config.update("jax_cpu_enable_async_dispatch", False)

FUNCTIONS = {
    "relu": jax.nn.relu,
    "leaky_relu": lambda x: jax.nn.leaky_relu(x, SLOPE),
    "sigmoid": jax.nn.sigmoid,
    "tanh": jnp.tanh,
    "silu": jax.nn.silu,
    "gelu": lambda x: jax.nn.gelu(x, approximate=False),
    "gelu_tanh": lambda x: jax.nn.gelu(x, approximate=True),
    "softplus": jax.nn.softplus,
    "elu": jax.nn.elu,
    "softmax": jax.nn.softmax,
    "log_softmax": jax.nn.log_softmax,
    "maxout2": lambda x: jnp.maximum(x[..., 0::2], x[..., 1::2]),
    "maxout3": lambda x: jnp.maximum(jnp.maximum(x[..., 0::3], x[..., 1::3]), x[..., 2::3]),
}
FROM_OUTPUT = {
    "relu": lambda dy, y: jnp.where(y > 0, dy, 0),
    "leaky_relu": lambda dy, y: jnp.where(y > 0, dy, SLOPE * dy),
    "sigmoid": lambda dy, y: dy * y * (1 - y),
    "tanh": lambda dy, y: dy * (1 - y * y),
    "elu": lambda dy, y: jnp.where(y > 0, dy, dy * (y + 1)),
    "softmax": lambda dy, y: y * (dy - jnp.sum(dy * y, axis=-1, keepdims=True)),
    "log_softmax": lambda dy, y: dy - jnp.exp(y) * jnp.sum(dy, axis=-1, keepdims=True),
}


def _reshaped(pieces: int):
    return lambda x: jnp.max(x.reshape(*x.shape[:-1], -1, pieces), axis=-1)


def contenders(case: Case) -> Iterator[Contender]:
    jax.config.update("jax_enable_x64", case.data.dtype == np.float64)
    names = {name: jax.device_put(value.copy()) for name, value in case.names.items() if isinstance(value, np.ndarray)}
    forms = {"jit": FUNCTIONS[case.function]}
    if case.pieces > 1:
        forms["jit, reshaped"] = _reshaped(case.pieces)
    for label, function in forms.items():
        if not case.backward:
            yield Contender("jax", ("f(x).block_until_ready()",), names | {"f": jax.jit(function)}, label)
        else:
            product = jax.jit(lambda dy, x, function=function: jax.vjp(function, x)[1](dy)[0])
            yield Contender("jax", ("f(dy, x).block_until_ready()",), names | {"f": product}, f"{label} vjp")
    if case.backward and case.function in FROM_OUTPUT:
        yield Contender(
            "jax",
            ("f(dy, y).block_until_ready()",),
            names | {"f": jax.jit(FROM_OUTPUT[case.function])},
            "jit",
        )
