"""Networks for the tests of the diagnostics, healthy and ill."""

import numpy as np

from activations import get


def dense(activation, *, depth=10, width=32, inputs=20, outputs=3, gain=1.0, last="identity", seed=0, dtype=float):
    """Layers of weights with variance gain / inputs, biases 0; as many sums as `width` units of the activation need."""
    rng = np.random.default_rng(seed)
    f = get(activation)
    pieces = {"folding": f.parameters.get("pieces", 1), "gated": 2}.get(f.kind, 1)
    layers = []
    for n in [inputs] + [width] * (depth - 1):
        weights = rng.standard_normal((n, width * pieces)) * np.sqrt(gain / n)
        layers.append((weights.astype(dtype), np.zeros(width * pieces, dtype), f))
    weights = rng.standard_normal((width, outputs)) * np.sqrt(1 / width)
    return [*layers, (weights.astype(dtype), np.zeros(outputs, dtype), last)]


def data(samples=400, inputs=20, seed=1):
    return np.random.default_rng(seed).standard_normal((samples, inputs))
