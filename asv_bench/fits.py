"""Fit times of `activations.sklearn` against scikit-learn's own estimators, interleaved: ``python -m asv_bench.fits``.

Processor times, with OMP_NUM_THREADS=1 and OPENBLAS_NUM_THREADS=1 in the environment; the least of all rounds counts.
"""

import argparse
import time
import warnings

import numpy as np
from sklearn import neural_network
from sklearn.datasets import load_digits, make_classification
from sklearn.exceptions import ConvergenceWarning

import activations
from activations.sklearn import MLPClassifier

# scikit-learn's function, and ours in its place.
PAIRS = {'"relu"': ("relu", "relu"), '"tanh"': ("tanh", "tanh"), "activations.tanh": ("tanh", activations.get("tanh"))}


def problems():
    """Name, data, hidden layers, epochs."""
    x, y = load_digits(return_X_y=True)
    yield "digits", x / 16, y, (100,), 20
    x, y = make_classification(10_000, 100, n_informative=40, n_classes=5, random_state=0)
    yield "synthetic", x, y, (256, 128), 3


def ratio(x, y, pair, rounds, settings) -> float:
    """Our least fit time over scikit-learn's."""
    theirs = neural_network.MLPClassifier(activation=pair[0], **settings)
    ours = MLPClassifier(activation=pair[1], **settings)
    least = {theirs: np.inf, ours: np.inf}
    for _ in range(rounds):
        for estimator in least:
            start = time.process_time()
            estimator.fit(x, y)
            least[estimator] = min(least[estimator], time.process_time() - start)
    return least[ours] / least[theirs]


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args(arguments).rounds
    warnings.simplefilter("ignore", ConvergenceWarning)
    for name, data, y, hidden, epochs in problems():
        for dtype in (np.float64, np.float32):
            for solver in ("adam", "sgd", "lbfgs"):
                settings = {
                    "hidden_layer_sizes": hidden,
                    "max_iter": epochs,
                    "solver": solver,
                    "tol": 0,
                    "random_state": 0,
                }
                x = data.astype(dtype)
                ratios = [f"{label} {ratio(x, y, pair, rounds, settings):.2f}" for label, pair in PAIRS.items()]
                print(f"{name}, {np.dtype(dtype)}, {solver}:", ", ".join(ratios), flush=True)


if __name__ == "__main__":
    main()
