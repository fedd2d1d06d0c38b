"""
A network with no activation is a linear regression
===================================================

Layers without an activation between them are one layer, and what makes a network more is the activation.

A product of matrices is a matrix. However deep, such a network computes :math:`x W + b`, and trained on squared errors
it ends where a linear regression is from the start. A single layer with an activation can do more: with enough units
it comes near any continuous function [1]_ [2]_.
"""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
from sklearn.linear_model import LinearRegression

from activations import get

RATE, STEPS = 0.03, 2000

x = np.linspace(-1, 1, 200)[:, None]
target = np.abs(x) + 0.3 * x

# %%
# The same network of three hidden layers, from the same weights, trained by gradient descent on 200 points of
# :math:`|x| + 0.3 x`: once with nothing between its layers (``identity``), once with ReLU.


def train(name):
    """The outputs of the trained network, and the matrix and bias that its layers multiply out to."""
    f, rng = get(name), np.random.default_rng(3)
    sizes = (1, 16, 16, 16, 1)
    weights = [rng.standard_normal((n, m)) * np.sqrt(1 / n) for n, m in pairwise(sizes)]
    biases = [np.zeros(m) for m in sizes[1:]]
    for _ in range(STEPS):
        y, z = [x], []
        for w, b in zip(weights[:-1], biases[:-1], strict=True):
            z.append(y[-1] @ w + b)
            y.append(f(z[-1]))
        output = y[-1] @ weights[-1] + biases[-1]
        dz = (output - target) / len(x)
        for k in reversed(range(len(weights))):
            dy = dz @ weights[k].T
            weights[k] -= RATE * y[k].T @ dz
            biases[k] -= RATE * dz.sum(axis=0)
            if k:
                dz = f.backward(dy, z[k - 1])
    matrix, bias = np.eye(1), np.zeros(1)
    for w, b in zip(weights, biases, strict=True):
        matrix, bias = matrix @ w, bias @ w + b
    return {"outputs": output, "line": x @ matrix + bias}


def measure():
    """The outputs of both networks and of the regression."""
    return {name: train(name) for name in ("identity", "relu")} | {
        "regression": LinearRegression().fit(x, target).predict(x)
    }


def error(outputs):
    """The root mean square error."""
    return np.sqrt(np.mean((outputs - target) ** 2))


def claims(found):
    """What this page says, and whether the figures bear it out."""
    identity, relu = found["identity"], found["relu"]
    return {
        "without activation, the four layers are one matrix and one bias": (
            np.abs(identity["outputs"] - identity["line"]).max() < 0.01
        ),
        "and end where the linear regression is": np.abs(identity["outputs"] - found["regression"]).max() < 0.02,
        "with relu they are not": np.abs(relu["outputs"] - relu["line"]).max() > 0.1,
        "and leave less than a fifth of the regression's error": (
            error(relu["outputs"]) < 0.2 * error(found["regression"])
        ),
    }


figures = measure()
for claim, holds in claims(figures).items():
    assert holds, claim
    print(claim)

# %%
# What is linear in the network with ReLU is each piece: it is a straight line between places where a unit switches on
# or off, and it is the switching that bends it.

fig, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
ax.plot(x, target, color="0.8", linewidth=7, label="to be learnt")
ax.plot(x, figures["regression"], linewidth=4, label="linear regression")
ax.plot(x, figures["identity"]["outputs"], linestyle="--", label="4 layers, no activation")
ax.plot(x, figures["relu"]["outputs"], label="4 layers, relu")
ax.set(xlabel="x", title="the same network with and without activation")
ax.legend()
plt.show()

# %%
# References
# ----------
# .. [1] Multilayer feedforward networks are universal approximators. K. Hornik, M. Stinchcombe and H. White, Neural
#    Networks 2(5), 1989: for sigmoids.
# .. [2] Multilayer feedforward networks with a nonpolynomial activation function can approximate any function. M.
#    Leshno, V. Y. Lin, A. Pinkus and S. Schocken, Neural Networks 6(6), 1993: for nearly all others, with ReLU.
