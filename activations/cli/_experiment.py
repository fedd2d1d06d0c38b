"""The demo's experiment: one network on the same digits with each activation, and what is measured on it."""

import time
import warnings
from dataclasses import dataclass, field

import numpy as np

TRAIN = 1347
SPLIT_SEED = 20


@dataclass(frozen=True)
class Settings:
    """The hyper-parameters, the same for every activation."""

    depth: int = 4
    hidden: int = 64
    epochs: int = 50
    seed: int = 0
    rate: float = 0.2
    batch: int = 30  # 32 would leave a last batch of 3 images, and maxout a step too far


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


def network(activation, settings: Settings, **more):
    """The estimator, as yet unfitted: plain gradient descent on the mean cross-entropy.

    Weights start with variance 1 / inputs and biases at 0, whatever the activation. Where the layers have equal widths,
    every activation starts from the same weights and sees the same batches.
    """
    from activations.sklearn import MLPClassifier

    return MLPClassifier(
        (settings.hidden,) * settings.depth,
        activation,
        init="lecun",
        solver="sgd",
        momentum=0,
        alpha=0,
        batch_size=settings.batch,
        max_iter=settings.epochs,
        n_iter_no_change=settings.epochs,
        tol=0,
        random_state=settings.seed,
        **{"learning_rate_init": settings.rate, **more},
    )


def run(activation, data, settings: Settings, on_epoch) -> Result:
    """Train one network; `on_epoch` is called after every epoch."""
    from sklearn.exceptions import ConvergenceWarning

    x, labels, test_x, test_labels = data
    result = Result(repr(activation), [])

    def after_epoch(network, epoch):
        result.losses.append(epoch.loss)
        on_epoch()
        if not result.diverged:
            result.accuracies.append(accuracy(network.layers_, test_x, test_labels))
        return result.diverged

    trained = network(activation, settings, callback=after_epoch)
    # An activation that grows without bounds may overflow the matrix products; the table says so.
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        result.gradients = first_gradients(activation, data, settings)
        try:
            trained.fit(x, labels)
        except ValueError:  # weights that are not finite
            if not result.diverged:
                raise
        look_inside(trained.layers_[:-1], x, result)
        measure(trained.layers_[:-1], x[: settings.batch], result)
    return result


def accuracy(layers, x, labels) -> float:
    """The share of rows whose largest output stands at their label."""
    for layer in layers:
        _, x = layer.forward(x)
    return float(np.mean(x.argmax(axis=1) == labels))


def first_gradients(activation, data, settings: Settings) -> list[float]:
    """The norm of the loss's gradient at each hidden layer's weights before the first step."""
    x, labels, *_ = data
    # A step too small to move a float32 leaves the weights that training starts from.
    untrained = network(activation, settings, learning_rate_init=1e-40)
    try:
        untrained.partial_fit(x[: settings.batch], labels[: settings.batch], classes=np.arange(10))
    except ValueError:
        return [np.nan] * settings.depth
    layers, inputs, sums = untrained.layers_, [x], []
    for layer in layers:
        pre, y = layer.forward(inputs[-1])
        sums.append(pre)
        inputs.append(y)
    # Of the sums of the last layer: softmax's outputs less the labels.
    gradient = inputs.pop() / len(x)
    gradient[np.arange(len(x)), labels] -= 1 / len(x)
    norms = []
    for number in range(len(layers) - 2, -1, -1):
        gradient = layers[number].activation.backward(gradient @ layers[number + 1].weights.T, sums[number])
        norms.append(float(np.linalg.norm(inputs[number].T @ gradient)))
    return norms[::-1]


def look_inside(layers, x, result):
    """Note what the hidden layers do with the data."""
    zeros, means = [], []
    for layer in layers:
        pre, x = layer.forward(x)
        passed = layer.activation.backward(np.ones_like(x), pre)
        result.dead += int(np.sum(np.all(passed == 0, axis=0)))
        result.sums += pre.shape[1]
        zeros.append(np.mean(x == 0))
        means.append(np.mean(x, dtype=np.float64))
    result.sparsity, result.mean = float(np.mean(zeros)), float(np.mean(means))


def measure(layers, x, result, calls=60):
    """Note what the activation takes for a batch, an element of a layer's sums: the median call."""
    forward, backward = [], []
    for layer in layers:
        f, (pre, x) = layer.activation, layer.forward(x)
        gradient = np.ones_like(x)
        for _ in range(calls):
            start = time.perf_counter()
            f(pre)
            middle = time.perf_counter()
            f.backward(gradient, pre)
            forward.append((middle - start) / pre.size)
            backward.append((time.perf_counter() - middle) / pre.size)
    result.forward_ns, result.backward_ns = 1e9 * float(np.median(forward)), 1e9 * float(np.median(backward))
