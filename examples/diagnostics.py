"""Draws the pictures of the page on diagnostics: ``python examples/diagnostics.py FOLDER``.

Needs the extras ``plot`` and ``sklearn``. It trains scikit-learn's own classifier on the digits that come with it, with
a good learning rate and with one that kills units of relu, and looks at it after every epoch.
"""

import sys
from pathlib import Path

import matplotlib

matplotlib.use("agg")

from matplotlib import pyplot
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from activations.diagnostics import Recorder, diagnose

EPOCHS = 20


def train(x, y, rate):
    """A network of four layers, and what a recorder saw after each epoch."""
    model, recorder = MLPClassifier((64,) * 4, learning_rate_init=rate, random_state=0), Recorder(x)
    for _ in range(EPOCHS):
        recorder(model.partial_fit(x, y, classes=range(10)))
    return model, recorder


def main(folder):
    x, y = load_digits(return_X_y=True)
    x = StandardScaler().fit_transform(x)
    epochs = pyplot.figure(figsize=(10, 3.8), layout="constrained")
    for ax, rate in zip(epochs.subplots(1, 2), (0.001, 0.1), strict=True):
        model, recorder = train(x, y, rate)
        recorder.plot(ax).set_title(f"dead units, % of each layer, learning rate {rate:g}", fontsize="medium")
        report = diagnose(model, x, y)
        print(f"learning rate {rate:g}, accuracy on the training data {model.score(x, y):.3f}\n{report}\n")
    report.plot().savefig(folder / "diagnostics.png", dpi=110)
    epochs.savefig(folder / "diagnostics_epochs.png", dpi=110)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
