"""
ReLU is cheaper than sigmoid and tanh
=====================================

True of the forward pass, half true of the backward pass, and hardly felt in a whole layer.

ReLU takes one comparison where sigmoid and tanh take an exponential and a division. So it is said to be the cheap one,
forward and backward [1]_. Forward that is true. Backward it is half true: the slopes of sigmoid and tanh follow from
their outputs, as :math:`y (1 - y)` and :math:`1 - y^2`, and a network that has kept its outputs pays hardly more for
them than for ReLU. And in a dense layer the matrix products take most of the time, whatever the activation.

The times are measured while this page is built: float32, one thread, all calls in turn, and of each the fastest, so
that other programs on the machine count as little as possible.
"""

from functools import partial
from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np

from activations import get, num_threads

NAMES = ("relu", "sigmoid", "tanh")
PASSES = ("forward", "backward from x", "backward from y")
BATCH, INPUTS, UNITS = 64, 1024, 256
ROUNDS = 2000

# %%
# A layer of 256 units with 1024 inputs works on a batch of 64. Besides the activation there are three matrix products:
# one forward, and backward one for the gradient of the weights and one for that of the inputs.


def fastest(calls, rounds):
    """The shortest time of each call, in nanoseconds per pre-activation."""
    seconds = dict.fromkeys(calls, np.inf)
    for _ in range(rounds):
        for what, call in calls.items():
            start = perf_counter()
            call()
            seconds[what] = min(seconds[what], perf_counter() - start)
    return {what: 1e9 * s / (BATCH * UNITS) for what, s in seconds.items()}


def measure():
    """The times of every pass of every activation, and of the matrix products."""
    rng = np.random.default_rng(0)
    shapes = (BATCH, INPUTS), (INPUTS, UNITS), (BATCH, UNITS), (BATCH, UNITS)
    inputs, weights, z, dy = (rng.standard_normal(shape, dtype=np.float32) for shape in shapes)
    calls, out = {}, np.empty_like(z)
    for name in NAMES:
        f = get(name)
        calls[name, "forward"] = partial(f, z, out=out)
        calls[name, "backward from x"] = partial(f.backward, dy, z, out=out)
        calls[name, "backward from y"] = partial(f.backward, dy, None, y=f(z), out=out)
    products = {"matrix products": lambda: (inputs @ weights, inputs.T @ dy, dy @ weights.T)}
    with num_threads(1):
        return fastest(calls, ROUNDS) | fastest(products, ROUNDS // 20)


def layer(ns, name):
    """The time of the whole layer, forward and backward, with the output kept."""
    return ns["matrix products"] + ns[name, "forward"] + ns[name, "backward from y"]


def claims(ns):
    """What this page says, and whether the figures bear it out."""
    said = {}
    for other in ("sigmoid", "tanh"):
        ratio = {what: ns["relu", what] / ns[other, what] for what in PASSES}
        said |= {
            f"forward, relu takes less than 0.8 of {other}'s time": ratio["forward"] < 0.8,
            f"backward from the input, relu takes less than 0.8 of {other}'s time": ratio["backward from x"] < 0.8,
            f"backward from the output, relu takes more than half of {other}'s time": ratio["backward from y"] > 0.5,
            f"the whole layer takes with relu more than 0.8 of its time with {other}": (
                layer(ns, "relu") > 0.8 * layer(ns, other)
            ),
        }
    return said


figures = measure()
for claim, holds in claims(figures).items():
    assert holds, claim
    print(claim)

# %%
# Left, the activations alone; right, the whole layer. The choice of ReLU saves the difference between the bars on the
# right. (Where a library computes sigmoid's slope from the input, or with a slow exponential, it saves more.)

fig, (alone, whole) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
places = np.arange(len(PASSES))
for k, name in enumerate(NAMES):
    bars = alone.bar(places + 0.27 * (k - 1), [figures[name, what] for what in PASSES], width=0.25, label=name)
    alone.bar_label(bars, fmt="%.2f", fontsize="small")
alone.set_xticks(places, [what.replace(" from", "\nfrom") for what in PASSES])
alone.set(title="the activation alone", ylabel="ns per pre-activation")
alone.legend()
products = [figures["matrix products"]] * len(NAMES)
own = [layer(figures, name) - figures["matrix products"] for name in NAMES]
bars = whole.barh(NAMES, products, color="0.8")
whole.bar_label(bars, ["matrix products"] * len(NAMES), label_type="center")
bars = whole.barh(NAMES, own, left=products, color=["C0", "C1", "C2"])
whole.bar_label(bars, [f" {t / (t + products[0]):.1%}" for t in own])
whole.set(title="the layer, forward and backward", xlabel="ns per pre-activation", xlim=(0, 1.15 * products[0]))
whole.invert_yaxis()
plt.show()

# %%
# References
# ----------
# .. [1] Deep sparse rectifier neural networks. X. Glorot, A. Bordes and Y. Bengio, AISTATS 2011: there is no
#    exponential to compute.
