"""
Softmax, sigmoid and ReLU in the output layer
=============================================

Softmax belongs in the output layer of a classifier with several classes [1]_, "and ReLU can only be used in hidden
layers". Measured:

- **softmax** gives probabilities that sum to 1;
- **sigmoid**, one yes or no for each class, finds the right class as often. Its outputs do not sum to 1, which is
  right where an example may belong to several classes or to none;
- **ReLU** is a bad output for classes: outputs that start below zero for every example never learn. Yet it is a good
  one for a quantity that cannot be negative and often is zero, such as rainfall: there it beats the linear output.
  What is true of the saying is the risk: start its bias below zero and it is dead.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from activations import get

SOFTMAX, SIGMOID, RELU = "softmax", "sigmoid", "relu"
UNITS, SEEDS = 64, 3

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


def train(data, name, *, rate, seed, bias=0, epochs=20):
    """The outputs for the test data after training."""
    x, x_test, targets, _ = data
    hidden, f, rng = get("tanh"), get(name), np.random.default_rng(seed)
    w = rng.standard_normal((x.shape[1], UNITS)) / np.sqrt(x.shape[1])
    v = rng.standard_normal((UNITS, targets.shape[1])) / np.sqrt(UNITS)
    b, c = np.zeros(UNITS), np.full(targets.shape[1], float(bias))
    for _ in range(epochs):
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


def measure():
    """Accuracy and sums of the outputs on the digits; error and lowest output on the rain."""
    digits, rain = {}, {}
    for name in (SOFTMAX, SIGMOID, RELU):
        outputs = np.array([train(DIGITS, name, rate=0.2, seed=seed) for seed in range(SEEDS)])
        digits[name] = {
            "accuracy": np.mean(outputs.argmax(axis=-1) == DIGITS[3].argmax(axis=-1)),
            "sums": outputs.sum(axis=-1),
            "never": np.mean(outputs.max(axis=1) == 0),
        }
    for name, bias in ((RELU, 0), ("identity", 0), (RELU, -5)):
        outputs = np.array([train(RAIN, name, rate=0.05, bias=bias, seed=seed) for seed in range(SEEDS)])
        rain[name, bias] = {
            "error": np.sqrt(np.mean((outputs - RAIN[3]) ** 2)),
            "lowest": outputs.min(),
            "outputs": outputs[0],
        }
    return {"digits": digits, "rain": rain}
