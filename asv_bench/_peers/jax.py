"""JAX: compiled forward functions and compiled vector-Jacobian products, results waited for."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial, reduce

import jax
import jax.numpy as jnp
import numpy as np

from . import spelling
from .cases import SLOPE, Case
from .contender import Contender

version = jax.__version__
# The calling thread does the work itself: no hand-over to another thread to wait for.
jax.config.update("jax_cpu_enable_async_dispatch", False)


# What the texts of `formulas` call.
_NAMES = {
    name: getattr(jnp, name) for name in ("exp", "expm1", "log1p", "sqrt", "sin", "cos", "tanh", "sign", "where", "abs")
}
_NAMES |= {
    "max": jnp.maximum,
    "min": jnp.minimum,
    "asinh": jnp.arcsinh,
    "atan": jnp.arctan,
    "erf": jax.scipy.special.erf,
}


def _pieces(x, pieces: int, axis: int):
    return [jax.lax.slice_in_dim(x, i, None, stride=pieces, axis=axis) for i in range(pieces)]


# Of x and the axis that is folded.
FUNCTIONS = {
    "relu": lambda x, axis: jax.nn.relu(x),
    "leaky_relu": lambda x, axis: jax.nn.leaky_relu(x, SLOPE),
    "sigmoid": lambda x, axis: jax.nn.sigmoid(x),
    "tanh": lambda x, axis: jnp.tanh(x),
    "silu": lambda x, axis: jax.nn.silu(x),
    "gelu": lambda x, axis: jax.nn.gelu(x, approximate=False),
    "gelu_tanh": lambda x, axis: jax.nn.gelu(x, approximate=True),
    "softplus": lambda x, axis: jax.nn.softplus(x),
    "elu": lambda x, axis: jax.nn.elu(x),
    "softmax": jax.nn.softmax,
    "log_softmax": jax.nn.log_softmax,
    "maxout2": lambda x, axis: jnp.maximum(*_pieces(x, 2, axis)),
    "maxout3": lambda x, axis: reduce(jnp.maximum, _pieces(x, 3, axis)),
}
FROM_OUTPUT = {
    "relu": lambda dy, y, axis: jnp.where(y > 0, dy, 0),
    "leaky_relu": lambda dy, y, axis: jnp.where(y > 0, dy, SLOPE * dy),
    "sigmoid": lambda dy, y, axis: dy * y * (1 - y),
    "tanh": lambda dy, y, axis: dy * (1 - y * y),
    "elu": lambda dy, y, axis: jnp.where(y > 0, dy, dy * (y + 1)),
    "softmax": lambda dy, y, axis: y * (dy - jnp.sum(dy * y, axis=axis, keepdims=True)),
    "log_softmax": lambda dy, y, axis: dy - jnp.exp(y) * jnp.sum(dy, axis=axis, keepdims=True),
}


def _reshaped(case: Case):
    return lambda x, axis: jnp.max(case.split(x), axis=case.at)


def unfit(case: Case) -> str:
    """Why it is not raced in the case, if so."""
    return "its arrays have no strides" if case.data.layout.strided else ""


def _spelt(case: Case):
    """The function of x that a line says."""
    formula = case.formula
    text = formula.forward[0]
    if not formula.gated:
        return lambda x, axis: spelling.function(text, ("x",), _NAMES)(x)
    return lambda x, axis: spelling.function(text, ("a", "b"), _NAMES)(*jnp.split(x, 2, axis=-1))


def _spread(function):
    """The same as an array where the text is a number alone."""
    return lambda dy, saved: jnp.broadcast_to(function(dy, saved), dy.shape).astype(dy.dtype)


def contenders(case: Case) -> Iterator[Contender]:
    jax.config.update("jax_enable_x64", case.data.dtype == np.float64)
    names = {name: jax.device_put(case.names[name].copy()) for name in ("x", "dy", "y") if name in case.names}
    if case.function not in FUNCTIONS and case.formula is None:
        return
    forms = {"jit": FUNCTIONS.get(case.function) or _spelt(case)}
    if case.pieces > 1:
        forms["jit, reshaped"] = _reshaped(case)
    for label, form in forms.items():
        function = partial(form, axis=case.axis)
        if not case.backward:
            yield Contender("jax", ("f(x).block_until_ready()",), names | {"f": jax.jit(function)}, label)
        else:
            product = jax.jit(lambda dy, x, function=function: jax.vjp(function, x)[1](dy)[0])
            yield Contender("jax", ("f(dy, x).block_until_ready()",), names | {"f": product}, f"{label} vjp")
    if case.backward and case.formula and not case.formula.gated:
        for text, (dy, saved) in case.formula.texts(backward=True):
            product = jax.jit(_spread(spelling.function(text, (dy, saved), _NAMES)))
            yield Contender("jax", (f"f(dy, {saved}).block_until_ready()",), names | {"f": product}, "jit")
    if case.backward and case.function in FROM_OUTPUT:
        yield Contender(
            "jax",
            ("f(dy, y).block_until_ready()",),
            names | {"f": jax.jit(partial(FROM_OUTPUT[case.function], axis=case.axis))},
            "jit",
        )
