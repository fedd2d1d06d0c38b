"""
Functions, derivatives, and the kink at zero
============================================

Twenty-four functions from -10 to 10 with their derivatives, and what a derivative is where the slope jumps.

ReLU, leaky ReLU, PReLU and SELU have a kink at zero, where the slope jumps and no derivative exists. A program has to
return something there; where the function is convex, any number between the slope on the left and the slope on the
right is a subgradient [1]_. This library returns the slope on the left for ReLU and its kin, as PyTorch does. In
float64 a pre-activation is hardly ever exactly zero and it makes no difference; at lower precisions some are, and what
is returned there shows in the gradients [2]_.

ELU is sometimes counted among the kinked: with its default ``alpha=1`` its slope is 1 on both sides.
"""

import matplotlib.pyplot as plt
import numpy as np

from activations import get

NAMES = (
    *("identity", "binary_step", "sigmoid", "tanh", "arctan", "smht", "softsign", "sin"),
    *("relu", "leaky_relu", "prelu", "selu", "elu", "elish", "softplus", "gelu", "silu", "mish"),
    *("gaussian", "multiquadric", "inverse_multiquadric", "thin_plate_spline", "maxout", "softmax"),
)
ONE_NUMBER = NAMES[:-2]  # the last two fold several numbers
KINKED = ("relu", "leaky_relu", "prelu", "selu")
SMOOTH = tuple(name for name in ONE_NUMBER if name not in ("binary_step", *KINKED))
STEP = 1e-6

# %%
# The slopes on both sides of zero come from differences, and so does the derivative everywhere else: it is compared
# with what ``derivative`` says.


def measure():
    """For each function the slopes left and right of 0, the derivative at 0, and its largest error elsewhere."""
    x = np.linspace(-10, 10, 2000)  # zero is not among them
    found = {}
    for name in ONE_NUMBER:
        f = get(name)
        differences = (f(x + STEP) - f(x - STEP)) / (2 * STEP)
        found[name] = {
            "left": (f(0.0) - f(-STEP)) / STEP,
            "right": (f(STEP) - f(0.0)) / STEP,
            "at 0": f.derivative(0.0),
            "error": np.abs(f.derivative(x) - differences).max(),
        }
    return found


def claims(found):
    """What this page says, and whether the figures bear it out."""
    said = {f"{name}: derivative() is the slope": found[name]["error"] < 1e-7 for name in ONE_NUMBER}
    for name in SMOOTH:
        slopes = found[name]["left"], found[name]["right"], found[name]["at 0"]
        said[f"{name} has no kink at 0"] = np.ptp(slopes) < 1e-4
    for name in KINKED:
        slopes = found[name]
        said[f"{name} has one"] = abs(slopes["right"] - slopes["left"]) > 0.1
        said[f"{name}: derivative(0) is the slope on the left"] = abs(slopes["at 0"] - slopes["left"]) < 1e-4
    return said


figures = measure()
for claim, holds in claims(figures).items():
    assert holds, claim

print(f"{'':21}left of 0  right of 0  derivative(0)")
for name in SMOOTH + KINKED:
    left, right, middle = (round(figures[name][where], 2) + 0.0 for where in ("left", "right", "at 0"))
    print(f"{name:21}{left:9.2f}{right:12.2f}{middle:15.2f}")

# %%
# Solid the function, dashed its derivative; a filled dot is the value at a jump. Softmax is drawn as a function of the
# first of two numbers, the other being 0, and maxout as the larger of two straight lines (dotted). ``f.plot()`` draws
# any activation like this.

fig, axes = plt.subplots(6, 4, figsize=(10, 11.5), layout="constrained", sharex=True)
for ax, name in zip(axes.flat, NAMES, strict=True):
    get(name).plot(range=(-10, 10), derivative=True, ax=ax)
    ax.set(title=name, xlabel="", xticks=(-10, -5, 0, 5, 10))
    if ax.get_legend():
        ax.get_legend().remove()
plt.show()

# %%
# References
# ----------
# .. [1] Convex analysis. R. T. Rockafellar, Princeton University Press 1970.
# .. [2] Numerical influence of ReLU'(0) on backpropagation. D. Bertoin, J. Bolte, S. Gerchinovitz and E. Pauwels,
#    NeurIPS 2021.
