"""
ReLU's outputs: sparse, not centred, and what each is worth
===========================================================

About half of a ReLU layer's outputs are exactly zero. That sparsity is counted among its virtues [1]_, also as a saving
of computation. The outputs that are not zero are positive, so that their mean is not zero, which is known to slow
gradient descent down [2]_ [3]_. Measured on two layers with random weights that look at handwritten digits:

- zeros alone save nothing: a dense matrix product takes as long with half of its operand zero, and a sparse one pays
  only where far more than half is zero;
- the mean costs dear: gradient descent on the next layer takes several times as many steps, and subtracting the
  mean of each output gives them back;
- sigmoid is in this respect much worse than ReLU, and ELU lies between ReLU and tanh [3]_.
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
x = (x - x.mean()) / x.std()
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
# second moments, of which the largest is about the square of the mean, times the number of units [2]_.


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
    """Share of zeros, mean, steps as they are and centred (means over the seeds), and the times of products."""
    found = {}
    for name in NAMES:
        layers = [outputs(name, seed) for seed in range(SEEDS)]
        found[name] = {
            "zeros": np.mean([y == 0 for y in layers]),
            "mean": np.mean(layers) / np.sqrt(np.mean(np.square(layers))),  # of outputs of size 1
            "steps": np.mean([steps(y) for y in layers]),
            "centred": np.mean([steps(y - y.mean(axis=0)) for y in layers]),
        }
    return found | {"products": product_times()}
