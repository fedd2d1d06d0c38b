"""
What makes gradients explode, and what stops it
===============================================

Large weights do, not ReLU. Weights of the right size stop it, and so does clipping.

"Gradients accumulate and explode because of ReLU", it is said. They are not accumulated but multiplied on their way
back, and ReLU's factor is 0 or 1: it can make no gradient larger. What can are the weights. With the same weights a
network *without* any activation explodes worse, and ReLU holds the gradient back by :math:`\\sqrt 2` a layer.

The right size of the weights is known [1]_, and clipping shortens a gradient that is too long [2]_. Both are shown on a
network of ten layers for handwritten digits.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

from activations import get, softmax

NAMES = ("identity", "relu", "tanh", "sigmoid")
DEPTH, WIDTH = 10, 64
GAINS = 1.0, np.sqrt(2), 2.0, 3.0  # times 1 / sqrt(inputs): the standard deviation of the weights
HE, LARGE = GAINS[1:3]
CLIP = 1.0
RATE, EPOCHS, SEEDS = 0.05, 12, 4

x, labels = load_digits(return_X_y=True)
x = ((x - x.mean()) / x.std()).astype(np.float32)
targets = np.eye(10, dtype=np.float32)[labels]


# %%
# The backward pass is written out: one product with the weights and one call of ``backward`` for each layer.


def draw(gain, rng):
    """The weights of all layers; the last has a standard deviation of 1 / sqrt(inputs)."""
    gains = [gain] * DEPTH + [1.0]
    widths = [x.shape[1]] + [WIDTH] * DEPTH + [10]
    return [
        (rng.standard_normal((n, m)) * g / np.sqrt(n)).astype(np.float32)
        for n, m, g in zip(widths, widths[1:], gains, strict=False)
    ]


def gradients(f, weights, x, targets):
    """The gradients of the weights, the gradient norm at each layer's pre-activations, and the logits."""
    y, z = [x], []
    for w in weights[:-1]:
        z.append(y[-1] @ w)
        y.append(f(z[-1]))
    logits = y[-1] @ weights[-1]
    dz = (softmax(logits) - targets) / len(x)
    slopes, norms = [], []
    for k in reversed(range(len(weights))):
        slopes.append(y[k].T @ dz)
        if k:
            dz = f.backward(dz @ weights[k].T, z[k - 1])
            norms.append(np.linalg.norm(dz))
    return slopes[::-1], norms[::-1], logits


def growth(name, gain):
    """The factor by which the gradient norm grows per layer on its way back, before training."""
    runs = []
    for seed in range(SEEDS):
        norms = gradients(get(name), draw(gain, np.random.default_rng(seed)), x[:200], targets[:200])[1]
        runs.append(np.log(norms[0] / norms[-1]) / (DEPTH - 1))
    return np.exp(np.mean(runs))


def train(gain, clip):
    """The accuracy of a relu network after each epoch, 0 once it has diverged."""
    rng = np.random.default_rng(0)
    weights, accuracy = draw(gain, rng), np.zeros(EPOCHS)
    for epoch in range(EPOCHS):
        for rows in np.array_split(rng.permutation(len(x)), 28):
            slopes = gradients(get("relu"), weights, x[rows], targets[rows])[0]
            norm = np.sqrt(sum(np.sum(s**2) for s in slopes))
            if not np.isfinite(norm):
                return accuracy
            for w, s in zip(weights, slopes, strict=True):
                w -= RATE * min(1, clip / norm) * s
        accuracy[epoch] = np.mean(gradients(get("relu"), weights, x, targets)[2].argmax(axis=1) == labels)
    return accuracy


def measure():
    """The growth per layer for each activation and gain, and the accuracy of three trainings."""
    trainings = {"large weights": (LARGE, np.inf), "large weights, clipped": (LARGE, CLIP), "He": (HE, np.inf)}
    with np.errstate(all="ignore"):  # one of them overflows
        return {
            "growth": {name: np.array([growth(name, gain) for gain in GAINS]) for name in NAMES},
            "accuracy": {how: train(*settings) for how, settings in trainings.items()},
        }


def claims(found):
    """What this page says, and whether the figures bear it out."""
    growth = {name: dict(zip(GAINS, factors, strict=True)) for name, factors in found["growth"].items()}
    accuracy = {how: by_epoch[-3:].mean() for how, by_epoch in found["accuracy"].items()}
    return {
        "large weights explode the gradients of relu": growth["relu"][LARGE] > 1.2,
        "and those of a network without activation more": growth["identity"][LARGE] > 1.2 * growth["relu"][LARGE],
        "and those of tanh, once they are larger": growth["tanh"][GAINS[-1]] > 1.2,
        "with He's weights, relu's gradients neither grow nor fade": 0.9 < growth["relu"][HE] < 1.1,
        "large weights make the training diverge": accuracy["large weights"] == 0,
        "with clipping the same weights learn": accuracy["large weights, clipped"] > 0.6,
        "with He's weights it learns without clipping": accuracy["He"] > 0.8,
    }


figures = measure()
for claim, holds in claims(figures).items():
    assert holds, claim
    print(claim)

# %%
# Above the dashed line gradients grow on their way back, below it they fade. Ten layers of relu at a gain of 2 make
# them :math:`\sqrt 2^{10} = 32` times as long, and the logits too, which is enough to diverge at the first steps. That
# network learns once its gradients are clipped to a norm of 1, though more slowly than one that started well.

fig, (grows, learns) = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
for name in NAMES:
    grows.plot(GAINS, figures["growth"][name], marker="o", label=name)
grows.axhline(1, color="0.4", linestyle="--", linewidth=1)
grows.set_xticks(GAINS, ["1", r"$\sqrt{2}$ (He)", "2", "3"])
grows.set(
    title="growth of the gradient norm per layer", xlabel=r"gain: standard deviation of the weights $\times \sqrt{n}$"
)
grows.legend()
for how, accuracy in figures["accuracy"].items():
    learns.plot(range(1, EPOCHS + 1), accuracy, marker="o", label=how)
learns.annotate("diverged", (EPOCHS / 2, 0.03), ha="center")
learns.set(title="accuracy of relu networks", xlabel="epoch", ylim=(-0.05, 1.05))
learns.legend(loc="center right", bbox_to_anchor=(1, 0.3))
plt.show()

# %%
# References
# ----------
# .. [1] Delving deep into rectifiers: surpassing human-level performance on ImageNet classification. K. He, X. Zhang,
#    S. Ren and J. Sun, ICCV 2015.
# .. [2] On the difficulty of training recurrent neural networks. R. Pascanu, T. Mikolov and Y. Bengio, ICML 2013.
