"""How often the diagnostics sound an alarm: ``python examples/diagnostics_survey.py`` (a minute; extra ``sklearn``).

First the dead and almost dead units of relu networks as He initialises them, then the verdicts on networks that
scikit-learn trained on its own data sets, with standardised inputs and with raw ones.
"""

import warnings
from itertools import pairwise

import numpy as np
from sklearn import datasets
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from activations.diagnostics import diagnose

SETS = ("iris", "wine", "digits", "breast_cancer", "diabetes")
SHAPES = ((100,), (50, 50), (30,) * 4)


def silent_at_birth(depth, seeds=40):
    """The largest share of units that are dead or almost dead in any layer, and how many networks have a verdict."""
    silent, ill, count = 0.0, 0, 0
    for width in (32, 64, 128):
        for seed in range(seeds):
            rng = np.random.default_rng(seed)
            sizes = [20] + [width] * depth + [3]
            layers = [(rng.standard_normal((n, m)) * np.sqrt(2 / n), None, "relu") for n, m in pairwise(sizes)]
            report = diagnose(layers, rng.standard_normal((500, 20)))
            silent = max(silent, *((each.dead + each.almost_dead) / width for each in report.layers[:-1]))
            ill, count = ill + (not report.ok), count + 1
    return silent, ill, count


def networks(scaled):
    """Every data set, activation and shape: what it is, its score on the training data, and the report."""
    for name in SETS:
        x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
        cls = MLPRegressor if name == "diabetes" else MLPClassifier
        for activation in ("relu", "tanh", "logistic"):
            for shape in SHAPES:
                model = cls(hidden_layer_sizes=shape, activation=activation, max_iter=60, random_state=0)
                model = make_pipeline(StandardScaler(), model) if scaled else model
                model.fit(x, y)
                yield f"{name} {activation} {shape}", model.score(x, y), diagnose(model, x, y)


def main():
    for depth in (3, 5, 10, 20):
        silent, ill, count = silent_at_birth(depth)
        print(f"relu, He's weights, {depth} layers: at most {silent:.0%} of a layer silent, {ill} of {count} ill")
    warnings.simplefilter("ignore", ConvergenceWarning)
    for scaled in (True, False):
        found = list(networks(scaled))
        ill = [each for each in found if not each[2].ok]
        print(f"{'standardised' if scaled else 'raw'} inputs: {len(ill)} of {len(found)} networks have a verdict")
        for title, score, report in ill:
            print(f"  {title}, score {score:.2f}: {', '.join(sorted(report.kinds))}")


if __name__ == "__main__":
    main()
