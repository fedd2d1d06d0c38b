"""
ReLU looks linear, and bends
============================

ReLU is made of two straight lines; the sum of many follows any curve.

From the lines it is sometimes concluded that a network of ReLU units is nearly linear. It is *piecewise* linear: each
unit adds one kink where its pre-activation crosses zero. One hidden layer of ``n`` units with one input has at most
``n`` kinks; deeper networks can have many more [1]_.

Here 2, 8 and 64 units learn one period of a sine.
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy.optimize import minimize

from activations import get

UNITS = (2, 8, 64)
STARTS = 5
ACTIVATION = "relu"

x = np.linspace(-np.pi, np.pi, 201)
target = np.sin(x)

# %%
# The network is a sum of units, ``v @ f(w * x + b) + c``. Its squared error and gradient go to a stock optimiser
# (L-BFGS from SciPy); of several starts the best is kept.


def unpack(parameters):
    """The parameters w, b, v of the units, and the constant c."""
    return (*np.split(parameters[:-1], 3), parameters[-1])


def output(f, parameters, x):
    """The network at the points x."""
    w, b, v, c = unpack(parameters)
    return f(np.multiply.outer(x, w) + b) @ v + c


def loss(parameters, f):
    """Half the mean squared error, and its gradient."""
    w, b, v, c = unpack(parameters)
    z = np.multiply.outer(x, w) + b
    y = f(z)
    error = y @ v + c - target
    dz = f.backward(np.multiply.outer(error, v), z) / len(x)
    gradient = np.concatenate([x @ dz, dz.sum(axis=0), error @ y / len(x), [error.mean()]])
    return np.mean(error**2) / 2, gradient


def fit(units, seed):
    """The parameters that the optimiser finds from one start, with the kinks spread over the range."""
    rng = np.random.default_rng(seed)
    w = rng.choice([-1.0, 1.0], units)
    start = np.concatenate([w, -w * rng.uniform(-3, 3, units), 0.1 * rng.standard_normal(units + 1)])
    found = minimize(loss, start, args=(get(ACTIVATION),), jac=True, method="L-BFGS-B", options={"maxiter": 1000})
    return found.x, np.sqrt(2 * found.fun)


def measure():
    """For each number of units the best parameters, the root mean square error and the number of kinks."""
    measured = {}
    for units in UNITS:
        parameters, error = min((fit(units, seed) for seed in range(STARTS)), key=lambda found: found[1])
        fine = np.linspace(x[0], x[-1], 20_001)
        bend = np.abs(np.diff(output(get(ACTIVATION), parameters, fine), n=2)) > 1e-9
        kinks = np.sum(bend[1:] & ~bend[:-1])  # a kink between two samples bends two neighbouring differences
        measured[units] = {"parameters": parameters, "error": error, "kinks": kinks, "straight": 1 - bend.mean()}
    return measured


def claims(measured):
    """What this page says, and whether the figures bear it out."""
    said = {
        "2 units miss the sine by more than a tenth": measured[2]["error"] > 0.1,
        "8 units follow it within 0.03": measured[8]["error"] < 0.03,
        "64 units follow it within 0.01, and better than 8": measured[64]["error"] < min(0.01, measured[8]["error"]),
    }
    for units in UNITS:
        said |= {
            f"{units} units bend, and have no more than {units} kinks": 1 <= measured[units]["kinks"] <= units,
            f"between the kinks of {units} units everything is straight": measured[units]["straight"] > 0.98,
        }
    return said


figures = measure()
for claim, holds in claims(figures).items():
    assert holds, claim
    print(claim)

# %%
# The dots are the kinks.

fig, panels = plt.subplots(1, 3, figsize=(9, 3.2), layout="constrained", sharey=True)
for ax, units in zip(panels, UNITS, strict=True):
    f, parameters = get(ACTIVATION), figures[units]["parameters"]
    w, b, _, _ = unpack(parameters)
    places = -b / w
    places = places[np.abs(places) < np.pi]
    ax.plot(x, target, color="0.8", linewidth=6, label="sine")
    ax.plot(x, output(f, parameters, x), label="network")
    ax.plot(places, output(f, parameters, places), "o", markersize=4, color="C1", label="kinks")
    ax.set(title=f"{units} units: error {figures[units]['error']:.4f}", xlabel="x")
panels[0].legend(loc="upper left")
plt.show()

# %%
# References
# ----------
# .. [1] On the number of linear regions of deep neural networks. G. Montúfar, R. Pascanu, K. Cho and Y. Bengio, NIPS
#    2014.
