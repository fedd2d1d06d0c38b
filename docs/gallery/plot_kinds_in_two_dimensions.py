"""
Ridge, radial and folding functions of two inputs
=================================================

Most activation functions are of one of three kinds, which look alike on one input and different on two.

- A **ridge** function sees one number, a weighted sum of the inputs: :math:`f(w \\cdot x + b)`. It is constant along
  every line at right angles to ``w``.
- A **radial** function sees the distance from a centre: :math:`f(\\lVert x - c \\rVert)`. It is constant on every
  circle about ``c`` [1]_.
- A **folding** function sees several numbers at once, and takes the largest, or normalises them by their sum: maxout
  [2]_, softmax [3]_. It is constant on neither.
"""

import matplotlib.pyplot as plt
import numpy as np

from activations import get

RIDGE = ("relu", "tanh", "sin")
RADIAL = ("gaussian", "multiquadric", "thin_plate_spline")
FOLDING = ("maxout", "softmax", "logsumexp")
WEIGHTS, CENTRE = np.array([2.0, 1.0]), np.array([0.5, -0.5])
PIECES = np.array([[1.0, -1.0, 0.0], [0.5, 0.5, -1.0]])
AXIS = np.linspace(-3, 3, 121)
T = np.linspace(-np.pi, np.pi, 201)
LINE = np.array([0.4, -0.1]) + np.multiply.outer(T, [-WEIGHTS[1], WEIGHTS[0]]) / 3
CIRCLE = CENTRE + 1.2 * np.stack([np.cos(T), np.sin(T)], axis=-1)

# %%
# All see the same points of the plane, in the last axis of ``x``. A folding function needs several numbers, here three
# weighted sums of the two inputs; of softmax the first output is shown. (Softmax of two numbers would be a sigmoid of
# their difference, which is a ridge function.)


def ridge(name, x):
    return get(name)(x @ WEIGHTS)


def radial(name, x):
    return get(name)(np.linalg.norm(x - CENTRE, axis=-1))


def folding(name, x):
    sums = x @ PIECES
    if name == "maxout":
        return get(name, pieces=3)(sums)[..., 0]
    return get(name)(sums)[..., 0] if name == "softmax" else get(name)(sums)


KINDS = {"ridge": (ridge, RIDGE), "radial": (radial, RADIAL), "folding": (folding, FOLDING)}


def variation(function, name, points):
    """How much the function varies along the points, relative to how much it varies in the square."""
    square = np.stack(np.meshgrid(AXIS, AXIS), axis=-1)
    return np.ptp(function(name, points)) / np.ptp(function(name, square))


def measure():
    """The variation of every function along a line at right angles to the weights, and on a circle."""
    return {
        name: {
            "kind": kind,
            "line": variation(function, name, LINE),
            "circle": variation(function, name, CIRCLE),
        }
        for kind, (function, names) in KINDS.items()
        for name in names
    }


def claims(measured):
    """What this page says, and whether the figures bear it out."""
    said = {}
    for name, m in measured.items():
        for place, constant in (("line", m["kind"] == "ridge"), ("circle", m["kind"] == "radial")):
            holds = m[place] < 1e-12 if constant else m[place] > 0.05
            said[f"{name} ({m['kind']}) {'is constant' if constant else 'varies'} on the {place}"] = holds
    return said


figures = measure()
for claim, holds in claims(figures).items():
    assert holds, claim
    print(claim)

# %%
# Left to right: straight stripes, circles, and neither. Black lines join points of equal value; the white line and
# circle are those of the claims.

fig, axes = plt.subplots(3, 3, figsize=(8, 7.6), layout="constrained", sharex=True, sharey=True)
square = np.stack(np.meshgrid(AXIS, AXIS), axis=-1)
for column, (kind, (function, names)) in zip(axes.T, KINDS.items(), strict=True):
    for ax, name in zip(column, names, strict=False):
        values = function(name, square)
        ax.pcolormesh(AXIS, AXIS, values, cmap="cividis", shading="gouraud")
        ax.contour(AXIS, AXIS, values, levels=10, colors="black", linewidths=0.6)
        ax.plot(*np.transpose(LINE), color="white", linewidth=2)
        ax.plot(*np.transpose(CIRCLE), color="white", linewidth=2)
        ax.set(title=f"{kind}: {name}", aspect="equal")
        ax.grid(False)
    for ax in column[len(names) :]:
        ax.axis("off")
plt.show()

# %%
# References
# ----------
# .. [1] Multivariable functional interpolation and adaptive networks. D. S. Broomhead and D. Lowe, Complex Systems 2,
#    1988.
# .. [2] Maxout networks. I. J. Goodfellow, D. Warde-Farley, M. Mirza, A. Courville and Y. Bengio, ICML 2013.
# .. [3] Probabilistic interpretation of feedforward classification network outputs, with relationships to statistical
#    pattern recognition. J. S. Bridle, in Neurocomputing, Springer 1990.
