"""
Dead ReLU units, and what revives them
======================================

A large negative bias or learning rate kills ReLU units; leaky ReLU lives on, and ELU is not as safe as is said.

A ReLU unit whose pre-activation is below zero on every example passes no gradient, so that its weights never change
again: it is dead [1]_. A large negative bias does that, and so does one step at too high a learning rate, which throws
the bias there. Leaky ReLU [1]_, PReLU [2]_, ELU [3]_ and maxout [4]_ are said to be safe from it. Here is what each
makes of it, on handwritten digits.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

from activations import get, softmax

NAMES = ("relu", "leaky_relu", "prelu", "elu", "maxout")
BIASES = (0, -5, -20)
RATE, HIGH_RATE = 0.1, 2.0
UNITS, EPOCHS, SEEDS = 64, 20, 2

x, labels = load_digits(return_X_y=True)
x = ((x - x.mean()) / x.std()).astype(np.float32)
targets = np.eye(10, dtype=np.float32)[labels]

# %%
# One hidden layer, trained by plain stochastic gradient descent. A unit counts as alive if on some image at least a
# thousandth of the gradient at its output comes through to a pre-activation. A maxout unit has two of these, and the
# bias is added to one: were it added to both, it would only shift the output. PReLU learns a slope for each unit.


def train(name, bias, rate, seed):
    """The share of units alive and the accuracy on the training images, before training and after each epoch."""
    rng = np.random.default_rng(seed)
    f = get(name)
    pieces = f.parameters.get("pieces", 1)
    w = (rng.standard_normal((64, UNITS * pieces)) * np.sqrt(2 / 64)).astype(np.float32)
    b = np.zeros(UNITS * pieces, np.float32)
    b[::pieces] = bias
    v = (rng.standard_normal((UNITS, 10)) * np.sqrt(1 / UNITS)).astype(np.float32)
    slopes = {"weight": np.full(UNITS, 0.25, np.float32)} if name == "prelu" else {}

    def look():
        z = x @ w + b
        y = f(z, **slopes)
        through = np.abs(f.backward(np.ones_like(y), z, **slopes)).max(axis=0) > 1e-3
        return through.reshape(UNITS, pieces).any(axis=1).mean(), np.mean((y @ v).argmax(axis=1) == labels)

    seen = [look()]
    for _ in range(EPOCHS):
        for rows in np.array_split(rng.permutation(len(x)), 28):
            z = x[rows] @ w + b
            y = f(z, **slopes)
            dlogits = (softmax(y @ v) - targets[rows]) / len(rows)
            dy = dlogits @ v.T
            dz = f.backward(dy, z, **slopes)
            if not np.isfinite(dz).all():
                return np.full((EPOCHS + 1, 2), np.nan)  # diverged
            if slopes:
                slopes["weight"] -= rate * f.parameter_gradients(dy, z, **slopes)["weight"]
            v -= rate * y.T @ dlogits
            w -= rate * x[rows].T @ dz
            b -= rate * dz.sum(axis=0)
        seen.append(look())
    return np.array(seen)


def measure():
    """Share alive and accuracy by epoch, means over the seeds, for each bias, and for the high learning rate."""
    cases = [(name, bias, RATE) for name in NAMES for bias in BIASES] + [(name, 0, HIGH_RATE) for name in NAMES]
    with np.errstate(all="ignore"):  # at the high rate some diverge
        return {case: np.mean([train(*case, seed) for seed in range(SEEDS)], axis=0) for case in cases}


def claims(seen):
    """What this page says, and whether the figures bear it out."""
    alive = {case: by_epoch[:, 0] for case, by_epoch in seen.items()}
    accuracy = {case: by_epoch[-1, 1] for case, by_epoch in seen.items()}
    said = {
        "without the bias, relu learns": accuracy["relu", 0, RATE] > 0.9,
        "a bias of -20 kills every relu unit": alive["relu", -20, RATE][0] == 0,
        "training revives none of them, and the network only guesses": (
            alive["relu", -20, RATE][-1] == 0 and accuracy["relu", -20, RATE] < 0.2
        ),
        "leaky_relu units live, and recover slowly": (
            alive["leaky_relu", -20, RATE].min() == 1 and 0.2 < accuracy["leaky_relu", -20, RATE] < 0.8
        ),
        "elu recovers from a bias of -5": accuracy["elu", -5, RATE] > 0.8,
        "elu is as dead as relu from a bias of -20": (
            alive["elu", -20, RATE].max() == 0 and accuracy["elu", -20, RATE] < 0.2
        ),
        "a high learning rate kills most relu units": alive["relu", 0, HIGH_RATE][-1] < 0.5,
        "and most elu units": alive["elu", 0, HIGH_RATE][-1] < 0.5,
        "leaky_relu keeps all and learns": (
            alive["leaky_relu", 0, HIGH_RATE].min() == 1 and accuracy["leaky_relu", 0, HIGH_RATE] > 0.7
        ),
    }
    for name in ("prelu", "maxout"):
        said |= {
            f"{name} recovers from a bias of -20": accuracy[name, -20, RATE] > 0.8,
            f"{name} does not die of a high learning rate, it diverges": np.isnan(accuracy[name, 0, HIGH_RATE]),
        }
    return said


figures = measure()
for claim, holds in claims(figures).items():
    assert holds, claim
    print(claim)

# %%
# ELU's slope at :math:`z` is :math:`e^z`: 0.007 at -5, and 0.000000002 at -20. It has a way back from near zero only.
# Leaky ReLU's is 0.01 everywhere, which is a way back at a hundredth of the pace. At a learning rate high enough to
# kill ReLU units, what does not die may diverge: PReLU and maxout are missing in the panels on the right. The cure for
# a high learning rate is a lower one.

fig, axes = plt.subplots(2, 3, figsize=(9, 5.2), layout="constrained", sharex=True, sharey=True)
cases = ((-5, RATE, "bias -5"), (-20, RATE, "bias -20"), (0, HIGH_RATE, f"learning rate {HIGH_RATE:g}"))
for (above, below), (bias, rate, title) in zip(axes.T, cases, strict=True):
    for k, name in enumerate(NAMES):
        alive, accuracy = figures[name, bias, rate].T
        look = {"linewidth": 4.5 - 0.8 * k, "label": name}  # lines that coincide stay visible
        above.plot(alive, **look)
        below.plot(accuracy, **look)
    above.set_title(title)
    below.set_xlabel("epoch")
axes[0, 0].set_ylabel("share of units alive")
axes[1, 0].set_ylabel("accuracy")
fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=len(NAMES))
plt.show()

# %%
# References
# ----------
# .. [1] Rectifier nonlinearities improve neural network acoustic models. A. L. Maas, A. Y. Hannun and A. Y. Ng, ICML
#    2013.
# .. [2] Delving deep into rectifiers: surpassing human-level performance on ImageNet classification. K. He, X. Zhang,
#    S. Ren and J. Sun, ICCV 2015.
# .. [3] Fast and accurate deep network learning by exponential linear units (ELUs). D.-A. Clevert, T. Unterthiner and
#    S. Hochreiter, ICLR 2016.
# .. [4] Maxout networks. I. J. Goodfellow, D. Warde-Farley, M. Mirza, A. Courville and Y. Bengio, ICML 2013.
