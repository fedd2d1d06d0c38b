"""
Softmax, sigmoid and ReLU in the output layer
=============================================

Softmax is for probabilities more than for accuracy, and ReLU has its place at the output too.

Softmax belongs in the output layer of a classifier with several classes [1]_, it is said, and "ReLU can only be used in
hidden layers". Measured, each output at the best of three learning rates:

- **Softmax** gives probabilities that sum to 1. It is not needed to find the right class: **sigmoid**, which answers
  yes or no for each class, and plain linear outputs find it as often. Sigmoid's do not sum to 1, which is as it should
  be where an example may belong to several classes or to none.
- **ReLU** is a bad output for classes: one that is below zero on every example never learns. Yet it does well for
  a quantity that cannot be negative and often is zero, such as rainfall: as near as a linear output, and it never
  predicts a negative amount, as the linear one does. What is true in the saying is the risk: with its bias started
  below zero, the whole network is dead.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from activations import get

CLASSIFIERS = ("softmax", "sigmoid", "identity", "relu")
RAINFALL = {"relu": ("relu", 0), "linear": ("identity", 0), "relu, bias -5": ("relu", -5)}
UNITS, EPOCHS, SEEDS = 64, 20, 2
RATES = (0.05, 0.1, 0.2)

pixels, labels = load_digits(return_X_y=True)
pixels = (pixels - pixels.mean()) / pixels.std()
DIGITS = train_test_split(pixels, np.eye(10)[labels], random_state=0)

rng = np.random.default_rng(0)
weather = rng.standard_normal((2000, 5))
rain = np.maximum(0, weather @ [1.0, -0.5, 0.5, 0.3, 0.1] - 0.5 + 0.2 * rng.standard_normal(2000))[:, None]
RAIN = train_test_split(weather, rain, random_state=0)

# %%
# One hidden layer of tanh units. With softmax and sigmoid the loss is the cross-entropy, whose gradient at the
# pre-activations is plainly output minus target; otherwise it is the squared error.


def train(data, name, rate, seed, bias=0):
    """The outputs for the test data after training."""
    x, x_test, targets, _ = data
    hidden, f, rng = get("tanh"), get(name), np.random.default_rng(seed)
    w = rng.standard_normal((x.shape[1], UNITS)) / np.sqrt(x.shape[1])
    v = rng.standard_normal((UNITS, targets.shape[1])) / np.sqrt(UNITS)
    b, c = np.zeros(UNITS), np.full(targets.shape[1], float(bias))
    for _ in range(EPOCHS):
        for rows in np.array_split(rng.permutation(len(x)), len(x) // 50):
            sums = x[rows] @ w + b
            y = hidden(sums)
            z = y @ v + c
            dz = (f(z) - targets[rows]) / len(rows)
            if name not in ("softmax", "sigmoid"):
                dz = f.backward(dz, z)
            dsums = hidden.backward(dz @ v.T, sums)
            v -= rate * y.T @ dz
            c -= rate * dz.sum(axis=0)
            w -= rate * x[rows].T @ dsums
            b -= rate * dsums.sum(axis=0)
    return f(hidden(x_test @ w + b) @ v + c)


def runs(data, name, bias=0):
    """The outputs of the networks of all seeds, for each learning rate."""
    with np.errstate(all="ignore"):  # linear outputs diverge at the highest
        return [np.array([train(data, name, rate, seed, bias) for seed in range(SEEDS)]) for rate in RATES]


def measure():
    """Accuracy and sums of the outputs on the digits; error and share of negative outputs on the rain."""
    found = {}
    for name in CLASSIFIERS:
        right = DIGITS[3].argmax(axis=-1)
        best = max(runs(DIGITS, name), key=lambda outputs: np.mean(outputs.argmax(axis=-1) == right))
        found[name] = {"accuracy": np.mean(best.argmax(axis=-1) == right), "sums": best.sum(axis=-1).ravel()}
    for case, (name, bias) in RAINFALL.items():
        errors = {np.mean((outputs - RAIN[3]) ** 2): outputs for outputs in runs(RAIN, name, bias)}
        best = errors[np.nanmin(list(errors))]
        found["rain", case] = {
            "error": np.sqrt(np.mean((best - RAIN[3]) ** 2)),
            "negative": np.mean(best < 0),
            "zero": np.mean(best == 0),
            "outputs": best[0],
        }
    return found


def claims(found):
    """What this page says, and whether the figures bear it out."""
    accuracy = {name: found[name]["accuracy"] for name in CLASSIFIERS}
    rain = {case: found["rain", case] for case in RAINFALL}
    return {
        "softmax's outputs sum to 1": np.ptp(found["softmax"]["sums"]) < 1e-9,
        "sigmoid's do not": np.std(found["sigmoid"]["sums"]) > 0.03,
        "softmax finds the class": accuracy["softmax"] > 0.9,
        "sigmoid finds it as often": abs(accuracy["sigmoid"] - accuracy["softmax"]) < 0.03,
        "and so do linear outputs": abs(accuracy["identity"] - accuracy["softmax"]) < 0.03,
        "relu misses it more often": accuracy["relu"] < accuracy["softmax"] - 0.03,
        "for rain, relu's error is at most a quarter larger than that of linear outputs": (
            rain["relu"]["error"] < 1.25 * rain["linear"]["error"]
        ),
        "linear outputs predict negative rain, relu does not": (
            rain["linear"]["negative"] > 0.05 > rain["relu"]["negative"] == 0
        ),
        "started below zero, relu is dead and predicts no rain at all": rain["relu, bias -5"]["zero"] == 1,
    }


figures = measure()
for claim, holds in claims(figures).items():
    assert holds, claim
    print(claim)

# %%
# Left, what the outputs for one digit sum to: one line for each kind of output, of all test images in order. Right,
# what the networks predict where it rains and where it does not.

fig, (sums, rainfall) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
for name in CLASSIFIERS:
    y = np.sort(figures[name]["sums"])
    label = f"{'linear' if name == 'identity' else name}, {figures[name]['accuracy']:.1%} right"
    sums.plot(np.linspace(0, 1, len(y)), y, label=label)
sums.set(title="sum of the ten outputs for a digit", xlabel="share of the test images", ylabel="sum")
sums.legend(loc="upper left")
for k, case in enumerate(RAINFALL):
    outputs = figures["rain", case]["outputs"]
    label = f"{case}: error {figures['rain', case]['error']:.2f}"
    rainfall.plot(RAIN[3], outputs, "o", markersize=3 + k, alpha=0.5, zorder=3 - k, label=label)
rainfall.axline((0, 0), slope=1, color="0.4", linewidth=1)
rainfall.set(title="predicted rainfall", xlabel="true", ylabel="predicted")
rainfall.legend(loc="upper left")
plt.show()

# %%
# References
# ----------
# .. [1] Probabilistic interpretation of feedforward classification network outputs, with relationships to statistical
#    pattern recognition. J. S. Bridle, in Neurocomputing, Springer 1990.
