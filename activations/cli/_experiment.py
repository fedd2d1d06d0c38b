"""The demo's experiment: one network on the same digits with each activation, and what is measured on it."""

from dataclasses import dataclass, field

import numpy as np

from activations.cli._network import Network

TRAIN = 1347
SPLIT_SEED = 20


@dataclass(frozen=True)
class Settings:
    """The hyper-parameters, the same for every activation."""

    depth: int = 4
    hidden: int = 64
    epochs: int = 60
    seed: int = 0
    rate: float = 0.2
    batch: int = 32


@dataclass
class Result:
    """What one training run showed.

    ``dead`` counts the sums before the activation through which no gradient passes on any training image: for
    an elementwise activation the units whose derivative is 0 on all of them, for maxout the pieces that never
    win. ``sparsity`` (the share of exact zeros) and ``mean`` are those of the hidden outputs on the training
    images. ``gradients`` holds the norms of the loss's gradient at each hidden layer's weights, before the
    first step.
    """

    name: str
    gradients: list[float]
    losses: list[float] = field(default_factory=list)
    accuracies: list[float] = field(default_factory=list)
    dead: int = 0
    sums: int = 0
    sparsity: float = 0.0
    mean: float = 0.0
    forward_ns: float = 0.0
    backward_ns: float = 0.0

    @property
    def diverged(self) -> bool:
        return bool(self.losses) and not np.isfinite(self.losses[-1])


def digits():
    """The handwritten digits as (train x, train labels, test x, test labels), standardised, float32."""
    from sklearn.datasets import load_digits

    x, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(SPLIT_SEED).permutation(len(x))
    x, labels = x[order], labels[order]
    mean, deviation = x[:TRAIN].mean(axis=0), x[:TRAIN].std(axis=0)
    x = ((x - mean) / np.where(deviation == 0, 1, deviation)).astype(np.float32)
    return x[:TRAIN], labels[:TRAIN], x[TRAIN:], labels[TRAIN:]


def suitable(activation) -> bool:
    """Whether a dense layer can use it: elementwise, or with pieces to choose from."""
    return activation.kind in ("ridge", "radial") or activation.name == "maxout"


def run(activation, data, settings: Settings, on_epoch) -> Result:
    """Train one network; `on_epoch` is called after every epoch."""
    x, labels, test_x, test_labels = data
    # One generator for the weights and one for the order of the batches: where the layers have equal widths
    # every activation starts from the same weights, and all see the same batches.
    weights, order = np.random.default_rng(settings.seed).spawn(2)
    network = Network([x.shape[1], *[settings.hidden] * settings.depth, 10], activation, weights)
    # An activation that grows without bounds may overflow the matrix products; the table says so.
    with np.errstate(all="ignore"):
        _, dweights, _ = network.gradients(x, labels)
        result = Result(repr(activation), [float(np.linalg.norm(slope)) for slope in dweights[:-1]])
        network.seconds = {"forward": [], "backward": []}
        for _ in range(settings.epochs):
            loss = network.train_epoch(x, labels, order, batch=settings.batch, rate=settings.rate)
            result.losses.append(loss)
            on_epoch()
            if result.diverged:
                break
            result.accuracies.append(network.accuracy(test_x, test_labels))
        result.forward_ns, result.backward_ns = (1e9 * float(np.median(s)) for s in network.seconds.values())
        network.forward(x)
        look_inside(network, result)
    return result


def look_inside(network, result):
    """Note what the hidden layers did with the batch that last went forward."""
    outputs = network.inputs[1:]
    for layer_outputs, sums in zip(outputs, network.sums, strict=True):
        passed = network.activation.backward(np.ones_like(layer_outputs), sums)
        result.dead += int(np.sum(np.all(passed == 0, axis=0)))
        result.sums += sums.shape[1]
    result.sparsity = float(np.mean([np.mean(y == 0) for y in outputs]))
    result.mean = float(np.mean([np.mean(y, dtype=np.float64) for y in outputs]))
