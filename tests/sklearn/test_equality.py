"""Weights fitted with scikit-learn's own four functions are scikit-learn's, to the last bit."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn import neural_network
from sklearn.datasets import load_digits

import activations.sklearn

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

NAMES = ("identity", "logistic", "tanh", "relu")
SOLVERS = {
    "adam": {"solver": "adam"},
    "adam, early": {"solver": "adam", "early_stopping": True, "n_iter_no_change": 2, "tol": 0.02},
    "adam, in order": {"solver": "adam", "shuffle": False, "batch_size": 33},
    "sgd": {"solver": "sgd", "learning_rate_init": 0.01},
    "sgd, adaptive": {"solver": "sgd", "learning_rate": "adaptive", "tol": 1.0, "n_iter_no_change": 1},
    "sgd, plain": {"solver": "sgd", "nesterovs_momentum": False, "learning_rate": "invscaling", "momentum": 0.5},
    "lbfgs": {"solver": "lbfgs"},
}


def problems():
    x, digits = load_digits(return_X_y=True)
    x, digits = x[:300] / 16, digits[:300]
    several = np.stack([digits % 2 == 0, digits > 4], axis=1).astype(int)
    return {
        "classes": ("MLPClassifier", x, digits),
        "two classes, sparse": ("MLPClassifier", csr_matrix(x), digits % 2),
        "labels": ("MLPClassifier", x, several),
        "numbers": ("MLPRegressor", x[:, 1:], digits / 9),
        "two numbers": ("MLPRegressor", np.asfortranarray(x), np.stack([digits / 9, x[:, 10]], axis=1)),
    }


def fitted(module, kind, x, y, weight=None, **settings):
    mlp = getattr(module, kind)(hidden_layer_sizes=(15, 10), random_state=0, max_iter=12, **settings)
    return mlp.fit(x, y) if weight is None else mlp.fit(x, y, sample_weight=weight)


def assert_equal(ours, theirs, x):
    for a, b in zip(ours.coefs_ + ours.intercepts_, theirs.coefs_ + theirs.intercepts_, strict=True):
        assert a.dtype == b.dtype
        assert np.array_equal(a, b)
    assert (ours.n_iter_, ours.t_, ours.loss_) == (theirs.n_iter_, theirs.t_, theirs.loss_)
    for name in ("loss_curve_", "validation_scores_", "best_loss_", "best_validation_score_"):
        assert getattr(ours, name, None) == getattr(theirs, name, None)
    assert np.array_equal(ours.predict(x), theirs.predict(x))


@pytest.mark.parametrize("problem", list(problems()))
@pytest.mark.parametrize("solver", list(SOLVERS))
@pytest.mark.parametrize("name", NAMES)
def test_weights_are_equal(name, solver, problem):
    kind, x, y = problems()[problem]
    ours, theirs = (
        fitted(module, kind, x, y, activation=name, **SOLVERS[solver])
        for module in (activations.sklearn, neural_network)
    )
    assert_equal(ours, theirs, x)


@pytest.mark.parametrize("name", NAMES)
def test_partial_fit_and_warm_start_go_on_alike(name):
    _, x, y = problems()["classes"]
    pairs = []
    for module in (activations.sklearn, neural_network):
        mlp = module.MLPClassifier((15,), activation=name, random_state=0)
        for _ in range(3):
            mlp.partial_fit(x, y, classes=range(10))
        warm = fitted(module, "MLPClassifier", x, y, activation=name, warm_start=True)
        pairs.append((mlp, warm.fit(x, y)))
    for ours, theirs in zip(*pairs, strict=True):
        assert_equal(ours, theirs, x)


@pytest.mark.parametrize("name", NAMES)
def test_without_hidden_layers(name):
    kind, x, y = problems()["classes"]
    ours, theirs = (
        getattr(module, kind)((), activation=name, max_iter=3, random_state=0).fit(x, y)
        for module in (activations.sklearn, neural_network)
    )
    assert_equal(ours, theirs, x)


def takes_weights():
    from inspect import signature

    return "sample_weight" in signature(neural_network.MLPClassifier.fit).parameters


@pytest.mark.skipif(not takes_weights(), reason="scikit-learn has sample weights from 1.7 on")
@pytest.mark.parametrize("solver", ["adam", "adam, early", "sgd", "lbfgs"])
@pytest.mark.parametrize("problem", ["classes", "numbers"])
def test_sample_weights(solver, problem):
    kind, x, y = problems()[problem]
    weight = np.linspace(0.1, 3, len(y))
    ours, theirs = (
        fitted(module, kind, x, y, weight, activation="tanh", **SOLVERS[solver])
        for module in (activations.sklearn, neural_network)
    )
    assert_equal(ours, theirs, x)
    assert not np.array_equal(ours.coefs_[0], fitted(activations.sklearn, kind, x, y, **SOLVERS[solver]).coefs_[0])


@pytest.mark.skipif(not takes_weights(), reason="scikit-learn has the Poisson loss from 1.7 on")
def test_poisson_loss():
    _, x, y = problems()["classes"]
    ours, theirs = (
        fitted(module, "MLPRegressor", x, y, activation="relu", loss="poisson")
        for module in (activations.sklearn, neural_network)
    )
    assert_equal(ours, theirs, x)
    assert ours.layers_[-1].activation.name == "exponential"


@pytest.mark.parametrize("name", ["logistic", "tanh"])
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_our_own_functions_agree_to_rounding(name, solver):
    """They differ by one unit in the last place; over these steps the difference was seen to stay below 1e-14."""
    _, x, y = problems()["classes"]
    ours = fitted(activations.sklearn, "MLPClassifier", x, y, activation=activations.get(name), **SOLVERS[solver])
    theirs = fitted(neural_network, "MLPClassifier", x, y, activation=name, **SOLVERS[solver])
    for a, b in zip(ours.coefs_, theirs.coefs_, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.parametrize("problem", ["classes", "labels", "numbers"])
def test_float32_stays(solver, problem):
    """To rounding alone: scikit-learn goes over to float64 in Adam's steps, in lbfgs, and with targets in float64."""
    kind, x, y = problems()[problem]
    x = x.astype(np.float32)
    settings = {"activation": "relu", **SOLVERS[solver]}
    seen = set()

    def watch(mlp, epoch):
        seen.update(each.dtype for each in [*mlp.coefs_, *mlp.intercepts_, *mlp._buffers.values()])

    ours = fitted(activations.sklearn, kind, x, y, callback=watch, **settings)
    assert seen == {np.dtype(np.float32)}
    assert {each.dtype for each in ours.coefs_ + ours.intercepts_} == seen
    theirs = fitted(neural_network, kind, x, y, **settings)
    assert abs(ours.score(x, y) - theirs.score(x, y)) < 0.02
    if solver != "lbfgs":  # a line search makes much of a last bit
        np.testing.assert_allclose(ours.coefs_[0], theirs.coefs_[0], atol=1e-4)
