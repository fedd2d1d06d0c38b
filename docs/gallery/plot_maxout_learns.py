"""
Maxout learns its activation
============================

A maxout unit can become ReLU, the absolute value or a polygon about a parabola, but nothing that is not convex.

Its output is the largest of several weighted sums. With one input these are straight lines, and their maximum can be
ReLU, the absolute value, or a polygon about a parabola: the paper that introduced it shows these three [1]_. A maximum
of straight lines is always convex; a difference of two can come near any continuous function [1]_. Here a unit learns
each of the three, and fails at the absolute value turned upside down, which a difference of two then learns.
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy.optimize import minimize

from activations import get

STARTS = 12

x = np.linspace(-1, 1, 201)[:, None]
TARGETS = {
    "relu": np.maximum(x, 0),
    "absolute value": np.abs(x),
    "quadratic": x**2,
    "upside down": -np.abs(x),
}
CASES = (  # what to learn, with how many pieces, and how many units
    ("relu", 2, 1),
    ("absolute value", 2, 1),
    ("quadratic", 2, 1),
    ("quadratic", 5, 1),
    ("upside down", 2, 1),
    ("upside down", 2, 2),
)

# %%
# The slopes and offsets of all lines go to a stock optimiser (L-BFGS from SciPy), which needs the squared error and its
# gradient. ``with_argmax`` also tells which line is the largest, and to that one ``backward`` hands the gradient.


def lines(parameters):
    """The values of all lines at the points x, those of a unit side by side."""
    slopes, offsets = parameters.reshape(2, -1)
    return x @ slopes[None] + offsets


def signs(units):
    """The first unit is added, the second subtracted."""
    return np.array([[1.0], [-1.0]])[:units]


def loss(parameters, f, units, target):
    """Half the mean squared error, and its gradient."""
    y, which = f.with_argmax(lines(parameters))
    error = (y @ signs(units) - target) / len(x)
    dz = f.backward(error @ signs(units).T, None, which=which)
    return np.sum(error**2) * len(x) / 2, np.concatenate([x[:, 0] @ dz, dz.sum(axis=0)])


def measure():
    """For each case the best of several fits: its parameters and its root mean square error."""
    found = {}
    for what, pieces, units in CASES:
        f = get("maxout", pieces=pieces)
        fits = []
        for seed in range(STARTS):
            start = np.random.default_rng(seed).standard_normal(2 * pieces * units)
            fits.append(minimize(loss, start, args=(f, units, TARGETS[what]), jac=True, method="L-BFGS-B"))
        best = min(fits, key=lambda fit: fit.fun)
        found[what, pieces, units] = {"parameters": best.x, "error": np.sqrt(2 * best.fun)}
    return found


def claims(found):
    """What this page says, and whether the figures bear it out."""
    error = {case: fit["error"] for case, fit in found.items()}
    polygon = {pieces: (2 / pieces) ** 2 / np.sqrt(180) for pieces in (2, 5)}  # the best that many lines can do
    constant = np.std(TARGETS["upside down"])
    return {
        "two pieces learn relu": error["relu", 2, 1] < 1e-3,
        "two pieces learn the absolute value": error["absolute value", 2, 1] < 1e-3,
        "two pieces come as near to the quadratic as two lines can": (
            0.99 < error["quadratic", 2, 1] / polygon[2] < 1.05
        ),
        "five pieces come nearer, but no nearer than five lines can": (
            0.99 * polygon[5] < error["quadratic", 5, 1] < 0.5 * polygon[2]
        ),
        "upside down, one unit learns nothing better than a constant": error["upside down", 2, 1] > 0.99 * constant,
        "the difference of two units learns it": error["upside down", 2, 2] < 1e-3,
    }


figures = measure()
for claim, holds in claims(figures).items():
    assert holds, claim
    print(claim)

# %%
# A line that is nowhere the largest gets no gradient and stays where it is: maxout units do not die, their pieces do.
# That is why five pieces may do no better than four.

used = np.unique(lines(figures["quadratic", 5, 1]["parameters"]).argmax(axis=1)).size
print(f"lines in use on the quadratic: {used} of 5")

fig, axes = plt.subplots(2, 3, figsize=(9, 5.6), layout="constrained", sharex=True)
for ax, case in zip(axes.flat, CASES, strict=True):
    what, pieces, units = case
    z = lines(figures[case]["parameters"])
    learnt = get("maxout", pieces=pieces)(z) @ signs(units)
    ax.plot(x, TARGETS[what], color="0.8", linewidth=7, label="to be learnt")
    ax.plot(x, z[:, :pieces], color="C1", linestyle=":", linewidth=1.2, label=["its lines"] + [None] * (pieces - 1))
    ax.plot(x, z[:, pieces:], color="C2", linestyle=":", linewidth=1.2)
    ax.plot(x, learnt, label="maxout")
    title = f"{what}, {pieces} pieces" if units == 1 else f"{what}, a difference of two"
    ax.set(title=f"{title}\nerror {figures[case]['error']:.1g}", ylim=(-1.3, 1.3))
fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
plt.show()

# %%
# References
# ----------
# .. [1] Maxout networks. I. J. Goodfellow, D. Warde-Farley, M. Mirza, A. Courville and Y. Bengio, ICML 2013: figure 1
#    and theorem 4.3.
