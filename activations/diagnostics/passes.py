"""Data through a network: one pass forward and one backward, batch by batch, counted by layer."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from activations.diagnostics import functions
from activations.diagnostics.network import Network, Observed
from activations.diagnostics.tally import Tally
from activations.diagnostics.units import rows

__all__ = ["observe", "run"]


def run(
    network: Network,
    x,
    *,
    batch_size: int,
    slope: float,
    targets: Callable | None = None,
    seed: int = 0,
    tell: Callable[[int], None] = lambda done: None,
    gradients: bool = True,
) -> list[Tally]:
    """One pass forward and one backward over the data, batch by batch.

    `targets` makes the targets of the rows of a slice; without it each sample's gradient at the output layer's
    pre-activations is a random direction of length 1.
    """
    layers = network.layers
    tallies = [Tally(layer.activation, layer.parameters, slope) for layer in layers]
    rng = np.random.default_rng(seed)
    count = x.shape[0]
    # What overflows or has no limit is counted, and no warning of NumPy's tells more.
    with np.errstate(all="ignore"):
        for start in range(0, count, batch_size):
            part = slice(start, min(start + batch_size, count))
            inputs, pres, outputs = [_batch(network, x, part)], [], []
            for layer, tally in zip(layers, tallies, strict=True):
                pre, y = layer.forward(inputs[-1])
                pres.append(pre)
                outputs.append(y)
                inputs.append(y)
                tally.add(pre, y)
                tally.rows += len(y)
            # Of an output layer without a derivative nothing can go back, unless its loss knows how.
            if gradients and (targets is None or network.canonical or tallies[-1].differentiable):
                if targets is None:
                    gradient = rng.standard_normal(pres[-1].shape)
                    gradient /= np.linalg.norm(gradient, axis=1, keepdims=True)
                else:
                    gradient = network.loss_gradient(pres[-1], outputs[-1], targets(part, outputs[-1].shape[1]))
                _backward(layers, tallies, inputs, pres, gradient, weights=targets is not None)
            tell(part.stop)
    return tallies


def _batch(network: Network, x, part: slice):
    batch = x.iloc[part] if hasattr(x, "iloc") else x[part]
    if network.prepare is not None:
        batch = network.prepare(batch)
    sparse = hasattr(batch, "tocsr")
    batch = batch.tocsr() if sparse else np.asarray(batch)
    values = batch.data if sparse else batch
    if values.dtype.kind not in "fiub":
        raise TypeError(f"X holds {values.dtype}, not real numbers: encode it first, as for fit")
    if batch.ndim != 2 or batch.shape[1] != network.inputs:
        raise ValueError(
            f"X has shape {batch.shape}, and the network takes {network.inputs} inputs: give (samples, inputs)"
        )
    if not np.isfinite(values).all():
        raise ValueError(
            f"X holds NaN or infinity among rows {part.start} to {part.stop - 1}: impute or leave them out"
        )
    return batch.astype(network.layers[0].weights.dtype)


def _backward(layers, tallies, inputs, pres, gradient, weights: bool) -> None:
    gradient = gradient.astype(pres[-1].dtype, copy=False)
    after = None
    for number in reversed(range(len(layers))):
        layer, tally = layers[number], tallies[number]
        if after is not None:
            if not tally.differentiable:
                return  # from here on nothing is known
            gradient = np.asarray(functions.backward(layer.activation, after, pres[number], layer.parameters))
        tally.add_gradient(gradient, after)
        if weights:
            tally.add_weight_gradient(inputs[number], gradient)
        if number:
            after = gradient @ layer.weights.T


def observe(layers: list[Observed], batch_size: int, slope: float, tell: Callable[[int], None]) -> list[Tally]:
    """The same of recorded layers: what they do not hold stays unknown."""
    tallies, done = [], 0
    with np.errstate(all="ignore"):
        for layer in layers:
            tally = Tally(layer.activation, None, slope)
            for start in range(0, len(layer.first), batch_size):
                part = slice(start, min(start + batch_size, len(layer.first)))
                pre = None if layer.pre is None else rows(layer.pre[part], layer.axis)
                if layer.outputs is not None:
                    y = rows(layer.outputs[part], layer.axis)
                else:
                    y = functions.apply(layer.activation, pre, {})
                tally.add(pre, y)
                if layer.gradient is not None:
                    tally.add_gradient(rows(layer.gradient[part], layer.axis))
                tell(done + part.stop)
            tally.rows = len(layer.first)
            done += tally.rows
            tallies.append(tally)
    return tallies
