"""
Which activations lose the gradient with depth
==============================================

Sigmoid loses it. Tanh and ReLU lose it or keep it, as their weights are initialised.

On its way back through the layers the gradient is multiplied, layer by layer, by the slope of the activation and by
the weights. Sigmoid's slope is at most 1/4: whatever sensible weights it gets, the gradient is gone after a few layers
[1]_. Tanh's slope is 1 at zero and less elsewhere. ReLU's is exactly 1 wherever the unit is active.

So it is said that sigmoid and tanh lose the gradient and ReLU does not. Measured, that is half true, and the missing
half is the initialisation. With weights as small as were usual until 2010, tanh loses the gradient, **and so does ReLU,
faster**; with weights drawn to suit it [2]_ [3]_ tanh keeps a good part of it, and ReLU all. Sigmoid loses it with
either.
"""

import matplotlib.pyplot as plt
import numpy as np

from activations import get

DEPTH, WIDTH, BATCH, NETWORKS = 30, 100, 50, 8
# Times 1 / inputs, the variance of the weights: Glorot's, and He's for rectifiers; and that of uniform weights between
# -1 / sqrt(inputs) and 1 / sqrt(inputs). All are drawn from normal distributions.
SUITED = {"sigmoid": 1, "tanh": 1, "relu": 2}
USUAL = dict.fromkeys(SUITED, 1 / 3)

# %%
# The norm of the gradient by layer, in networks of 30 layers whose random gradient comes in at the top; the geometric
# mean over eight networks, relative to the last layer.


def gradient_norms(f, variance, rng):
    """The norm of the gradient at the pre-activations of each layer, first to last."""
    weights = rng.standard_normal((DEPTH, WIDTH, WIDTH)) * np.sqrt(variance / WIDTH)
    y, z = rng.standard_normal((BATCH, WIDTH)), []
    for w in weights:
        z.append(y @ w)
        y = f(z[-1])
    dy, norms = rng.standard_normal(y.shape), []
    for k in reversed(range(DEPTH)):
        dz = f.backward(dy, z[k])
        norms.append(np.linalg.norm(dz))
        dy = dz @ weights[k].T
    return norms[::-1]


def measure():
    """Relative gradient norms by layer, for each initialisation and activation."""
    found = {}
    for how, variances in (("suited", SUITED), ("usual", USUAL)):
        for name, variance in variances.items():
            runs = [gradient_norms(get(name), variance, np.random.default_rng(seed)) for seed in range(NETWORKS)]
            mean = np.exp(np.mean(np.log(runs), axis=0))
            found[how, name] = mean / mean[-1]
    return found


def claims(norms):
    """What this page says, and whether the figures bear it out."""
    suited, usual = ({name: norms[how, name][0] for name in SUITED} for how in ("suited", "usual"))
    return {
        "with suited weights, sigmoid leaves less than a billionth of the gradient": suited["sigmoid"] < 1e-9,
        "with the usual weights, sigmoid leaves less still": usual["sigmoid"] < 1e-3 * suited["sigmoid"],
        "with the usual weights, tanh leaves less than a thousandth": usual["tanh"] < 1e-3,
        "with suited weights, tanh leaves more than a fiftieth": suited["tanh"] > 0.02,
        "with suited weights, relu leaves more than a third, and adds nothing": 0.33 < suited["relu"] < 3,
        "with the usual weights, relu leaves less than tanh does": usual["relu"] < 0.1 * usual["tanh"],
    }


figures = measure()
for claim, holds in claims(figures).items():
    assert holds, claim
    print(claim)

# %%
# ReLU lets half of the units pass, which halves the square of the gradient's norm in every layer: weights of twice the
# variance make up for it exactly, and that is He's initialisation [3]_.

fig, panels = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained", sharey=True)
for ax, how, title in zip(
    panels,
    ("suited", "usual"),
    ("weights suited to each (Glorot, Glorot, He)", r"small weights, variance $1 / 3n$"),
    strict=True,
):
    for name in SUITED:
        ax.semilogy(range(1, DEPTH + 1), figures[how, name], label=name)
    ax.set(title=title, xlabel="layer")
panels[0].set_ylabel("gradient norm, relative to the last layer")
panels[1].legend()
plt.show()

# %%
# References
# ----------
# .. [1] The vanishing gradient problem during learning recurrent neural nets and problem solutions. S. Hochreiter,
#    International Journal of Uncertainty, Fuzziness and Knowledge-Based Systems 6(2), 1998.
# .. [2] Understanding the difficulty of training deep feedforward neural networks. X. Glorot and Y. Bengio, AISTATS
#    2010. Equation 1 gives the usual weights.
# .. [3] Delving deep into rectifiers: surpassing human-level performance on ImageNet classification. K. He, X. Zhang,
#    S. Ren and J. Sun, ICCV 2015.
