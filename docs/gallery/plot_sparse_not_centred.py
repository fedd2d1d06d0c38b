"""
ReLU's outputs: sparse, not centred, and what each is worth
===========================================================

Zeros alone save no time, and a mean that is not zero costs steps of gradient descent.

About half of a ReLU layer's outputs are exactly zero. That sparsity is counted among its virtues [1]_, also as a saving
of computation. The outputs that are not zero are positive, so that their mean is not zero, which is known to slow
gradient descent down [2]_ [3]_. Measured on two layers with random weights that look at handwritten digits:

- zeros alone save nothing: a dense matrix product takes as long with half of its operand zero, and a sparse one pays
  only where far more is zero;
- the mean costs dear: gradient descent on the next layer takes several times as many steps, and subtracting the
  mean of each output gives them back;
- sigmoid is in this respect much worse than ReLU; ELU, made to have a mean nearer to zero [3]_, is better.
"""

from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np
from scipy import sparse
from sklearn.datasets import load_digits

from activations import get

NAMES = ("tanh", "elu", "relu", "sigmoid")
UNITS, SEEDS, MOST_STEPS = 64, 3, 3000
SHARES = (0.5, 0.75, 0.9, 0.95, 0.99)

x, labels = load_digits(return_X_y=True)
x = (x - x.mean(axis=0)) / x.std()
targets = np.eye(10)[labels] - 0.1


def outputs(name, seed):
    """The outputs of the second of two random layers for all images."""
    f, rng, y = get(name), np.random.default_rng(seed), x
    for _ in range(2):
        y = f(y @ rng.standard_normal((y.shape[1], UNITS)) * np.sqrt(2 / y.shape[1]))
    return y


# %%
# The next layer learns the digits from these outputs by least squares. Gradient descent with its best fixed step is run
# until nine tenths of what can be learnt is learnt. How long that takes depends on the eigenvalues of the matrix of
# second moments, of which the largest is no less than the number of units times the square of the mean output [2]_.


def steps(y):
    """Steps of gradient descent until nine tenths of the possible decrease of the loss is had."""
    moments, sides = y.T @ y / len(y), y.T @ targets / len(y)
    decrease = np.sum(np.linalg.lstsq(moments, sides, rcond=None)[0] * sides)  # by the exact solution
    rate, w = 1 / np.linalg.eigvalsh(moments)[-1], np.zeros_like(sides)
    for step in range(MOST_STEPS):
        if np.sum(w * (2 * sides - moments @ w)) > 0.9 * decrease:
            return step
        w += rate * (sides - moments @ w)
    return MOST_STEPS


def product_times():
    """The time of a product of outputs and weights at several shares of zeros, relative to that without zeros."""
    rng = np.random.default_rng(0)
    weights = rng.standard_normal((512, 256), dtype=np.float32)
    calls = {"no zeros": (rng.standard_normal((256, 512), dtype=np.float32), weights)}
    for share in SHARES:
        y = np.where(rng.random((256, 512)) < share, np.float32(0), calls["no zeros"][0])
        calls |= {("dense", share): (y, weights), ("sparse", share): (sparse.csr_array(y), weights)}
    fastest = dict.fromkeys(calls, np.inf)
    for _ in range(30):
        for what, (left, right) in calls.items():
            start = perf_counter()
            left @ right
            fastest[what] = min(fastest[what], perf_counter() - start)
    return {what: seconds / fastest["no zeros"] for what, seconds in fastest.items()}


def measure():
    """Share of zeros, size of the means, steps as they are and centred; and the times of products."""
    found = {}
    for name in NAMES:
        layers = [outputs(name, seed) for seed in range(SEEDS)]
        found[name] = {
            "zeros": np.mean([y == 0 for y in layers]),
            "mean": np.mean([np.abs(y.mean(axis=0)).mean() / np.sqrt(np.mean(y**2)) for y in layers]),
            "steps": np.mean([steps(y) for y in layers]),
            "centred": np.mean([steps(y - y.mean(axis=0)) for y in layers]),
        }
    return found | {"products": product_times()}


def claims(found):
    """What this page says, and whether the figures bear it out."""
    relu, tanh, elu, sigmoid = (found[name] for name in ("relu", "tanh", "elu", "sigmoid"))
    return {
        "about half of relu's outputs are zero": 0.3 < relu["zeros"] < 0.7,
        "none of the others' are": max(tanh["zeros"], elu["zeros"], sigmoid["zeros"]) == 0,
        "relu's outputs are not centred, tanh's are": relu["mean"] > 0.4 > 0.1 > tanh["mean"],
        "half zeros make a dense product no faster": found["products"]["dense", 0.5] > 0.8,
        "and a sparse one saves less than a third": found["products"]["sparse", 0.5] > 0.67,
        "the mean costs relu more than three times the steps": relu["steps"] > 3 * relu["centred"],
        "and sigmoid more than ten times": sigmoid["steps"] > 10 * sigmoid["centred"],
        "tanh has nothing to gain": tanh["steps"] < 1.5 * tanh["centred"],
        "elu needs fewer steps than relu and more than tanh": tanh["steps"] < elu["steps"] < 0.7 * relu["steps"],
    }


figures = measure()
for claim, holds in claims(figures).items():
    assert holds, claim
    print(claim)

# %%
# Centred, ReLU takes the fewest steps of all: it pays for its mean, not for its shape. Batch normalisation in its usual
# place, in front of the activation [4]_, centres what goes into the activation and not what comes out.

fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
places = np.arange(len(NAMES))
for shift, key, text in ((-0.2, "steps", "as they are"), (0.2, "centred", "mean subtracted")):
    bars = left.bar(places + shift, [figures[name][key] for name in NAMES], width=0.38, label=text)
    values = [f"> {MOST_STEPS}" if value == MOST_STEPS else f"{value:.0f}" for value in bars.datavalues]
    left.bar_label(bars, values, fontsize="small")
left.set_yscale("log")
left.set_ylim(1, 4 * MOST_STEPS)
left.set_xticks(
    places, [f"{name}\nmean {figures[name]['mean']:.2f}\nzeros {figures[name]['zeros']:.0%}" for name in NAMES]
)
left.set_title("steps of gradient descent of the next layer")
left.legend(loc="upper left")
for kind, marker in (("dense", "o"), ("sparse", "s")):
    right.plot(SHARES, [figures["products"][kind, share] for share in SHARES], marker=marker, label=kind)
right.axvline(figures["relu"]["zeros"], color="0.4", linestyle="--", linewidth=1)
right.annotate("relu", (figures["relu"]["zeros"], 0.1), xytext=(5, 0), textcoords="offset points")
right.set(title="time of the matrix product", xlabel="share of zeros", ylabel="relative to no zeros", ylim=(0, None))
right.legend(loc="upper right")
plt.show()

# %%
# References
# ----------
# .. [1] Deep sparse rectifier neural networks. X. Glorot, A. Bordes and Y. Bengio, AISTATS 2011.
# .. [2] Eigenvalues of covariance matrices: application to neural-network learning. Y. LeCun, I. Kanter and S. A.
#    Solla, Physical Review Letters 66(18), 1991.
# .. [3] Fast and accurate deep network learning by exponential linear units (ELUs). D.-A. Clevert, T. Unterthiner and
#    S. Hochreiter, ICLR 2016.
# .. [4] Batch normalization: accelerating deep network training by reducing internal covariate shift. S. Ioffe and C.
#    Szegedy, ICML 2015.
