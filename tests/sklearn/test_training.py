"""Callbacks, trained parameters, random activations, first weights."""

import numpy as np
import pytest
from sklearn import neural_network
from sklearn.datasets import load_digits

import activations
from activations.sklearn import Epoch, MLPClassifier, MLPRegressor
from activations.sklearn.initialise import first_weights
from activations.sklearn.passes import Buffers
from activations.sklearn.solvers import minimise

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, DIGITS = load_digits(return_X_y=True)
X, DIGITS = X[:300] / 16, DIGITS[:300]


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_callbacks_see_every_epoch(solver):
    seen, outputs = [], []

    def watch(mlp, epoch):
        seen.append(epoch)
        outputs.append(mlp.predict_proba(X[:1]))

    mlp = MLPClassifier((8,), solver=solver, max_iter=6, random_state=0, callback=[watch, lambda mlp, epoch: None])
    mlp.fit(X, DIGITS)
    assert [epoch.number for epoch in seen] == [1, 2, 3, 4, 5, 6]
    assert seen[-1] == Epoch(6, mlp.loss_, None)
    assert [epoch.loss for epoch in seen] == getattr(mlp, "loss_curve_", [epoch.loss for epoch in seen])
    assert seen[-1].loss < seen[0].loss
    assert np.array_equal(outputs[-1], mlp.predict_proba(X[:1]))
    assert len(np.unique(np.concatenate(outputs), axis=0)) == 6


@pytest.mark.parametrize("settings", [{}, {"early_stopping": True}, {"solver": "lbfgs"}])
@pytest.mark.filterwarnings("error")
def test_a_callback_stops(settings):
    told = []

    def stop(mlp, epoch):
        told.append((epoch.number, epoch.validation_score))
        return epoch.number == 3

    mlp = MLPClassifier((8,), "tanh", random_state=0, callback=stop, **settings).fit(X, DIGITS)
    assert mlp.n_iter_ == 3
    assert [number for number, _ in told] == [1, 2, 3]
    assert [score for _, score in told] == (getattr(mlp, "validation_scores_", None) or [None] * 3)
    shorter = MLPClassifier((8,), "tanh", random_state=0, max_iter=3, **settings)
    with pytest.warns(match="."):
        shorter.fit(X, DIGITS)
    assert np.array_equal(mlp.coefs_[0], shorter.coefs_[0])


def test_epochs_are_counted_over_partial_fits():
    numbers = []
    mlp = MLPClassifier((8,), callback=lambda mlp, epoch: numbers.append(epoch.number))
    for _ in range(3):
        mlp.partial_fit(X, DIGITS, classes=range(10))
    assert numbers == [1, 2, 3]


def test_an_interrupt_keeps_what_is_learnt():
    def interrupt(mlp, epoch):
        if epoch.number == 2:
            raise KeyboardInterrupt

    mlp = MLPClassifier((8,), callback=interrupt)
    with pytest.warns(UserWarning, match="interrupted"):
        mlp.fit(X, DIGITS)
    assert mlp.n_iter_ == 2
    assert mlp.predict(X).shape == DIGITS.shape


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_a_slope_is_found(solver):
    """A single PReLU unit fits a line with a bend: its slope is the ratio of both sides', or its inverse."""
    x = np.linspace(-1, 1, 200).reshape(-1, 1)
    y = np.where(x > 0, 2 * x, 1.2 * x).ravel()
    settings = {"solver": solver, "max_iter": 1500, "tol": 1e-7, "random_state": 0, "alpha": 0.0}
    settings |= {"n_iter_no_change": 50, "hidden_layer_sizes": 1, "activation": "prelu", "learning_rate_init": 0.02}
    mlp = MLPRegressor(train_activation=True, **settings).fit(x, y)
    (slope,) = mlp.activation_parameters_[0]["weight"]
    assert min(slope, 1 / slope) == pytest.approx(0.6, abs=0.02)
    fixed = MLPRegressor(**settings).fit(x, y)
    assert fixed.activation_parameters_ == [{}]
    assert 1 - mlp.score(x, y) < 0.1 * (1 - fixed.score(x, y))


def test_no_penalty_pulls_at_trained_parameters():
    x = np.linspace(-1, 1, 50).reshape(-1, 1)
    settings = {"solver": "lbfgs", "max_iter": 1, "random_state": 0, "train_activation": True}
    mlp = MLPRegressor(hidden_layer_sizes=3, activation="prelu", alpha=0.0, **settings).fit(x, x.ravel())
    mlp._buffers = Buffers()
    free = [each.copy() for each in mlp._loss_and_gradients(x, x, None)[1]]
    mlp.alpha = 100.0
    pulled = mlp._loss_and_gradients(x, x, None)[1]
    assert not np.allclose(free[0], pulled[0])
    assert np.array_equal(free[-1], pulled[-1])


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_trained_parameters_keep_to_their_range(solver):
    settings = {"solver": solver, "random_state": 0, "learning_rate_init": 50.0, "train_activation": True}
    mlp = MLPClassifier((5,), "inverse_quadratic", **settings).partial_fit(X, DIGITS, classes=range(10))
    # They must be larger than 0, and are driven below.
    assert mlp.activation_parameters_[0]["a"] == pytest.approx(1e-3, rel=1e-12)


def test_lbfgs_keeps_to_the_range():
    free, kept, hinge = np.zeros(2), np.full(3, 2.0), np.ones(1)

    def loss():
        return ((free - 1) ** 2).sum() + ((kept + 3) ** 2).sum() + ((hinge - 9) ** 2).sum(), [
            2 * (free - 1),
            2 * (kept + 3),
            2 * (hinge - 9),
        ]

    limits = [(0.5, np.inf), (-np.inf, 4.0)]
    steps, least = minimise(
        loss, [free, kept, hinge], limits, lambda number, loss: False, tol=1e-6, max_iter=50, max_fun=100
    )
    assert free == pytest.approx(1)
    assert kept == pytest.approx(0.5)
    assert hinge == pytest.approx(4)
    assert least == pytest.approx(3 * 3.5**2 + 25)
    assert steps <= 50


@pytest.mark.parametrize("settings", [{}, {"solver": "sgd"}])
def test_training_of_parameters_goes_on(settings):
    options = {"random_state": 0, "train_activation": True, "shuffle": False, **settings}
    parts = MLPClassifier((8,), "swish", **options)
    for _ in range(4):
        parts.partial_fit(X, DIGITS, classes=range(10))
    whole = MLPClassifier((8,), "swish", max_iter=4, **options).fit(X, DIGITS)
    assert np.array_equal(parts.activation_parameters_[0]["beta"], whole.activation_parameters_[0]["beta"])
    assert not np.array_equal(parts.activation_parameters_[0]["beta"], np.ones(8))
    warm = MLPClassifier((8,), "swish", max_iter=4, warm_start=True, **options).fit(X, DIGITS)
    kept = warm.activation_parameters_[0]["beta"].copy()
    assert not np.array_equal(warm.fit(X, DIGITS).activation_parameters_[0]["beta"], kept)


def test_early_stopping_restores_the_best_parameters():
    kept = {}

    def keep(mlp, epoch):
        if epoch.validation_score == max(mlp.validation_scores_) and epoch.validation_score > kept.get("score", -1):
            kept.update(score=epoch.validation_score, beta=mlp.activation_parameters_[0]["beta"].copy())

    settings = {"early_stopping": True, "n_iter_no_change": 4, "learning_rate_init": 0.1, "random_state": 1}
    mlp = MLPClassifier((8,), "swish", train_activation=True, callback=keep, **settings).fit(X, DIGITS)
    assert mlp.validation_scores_[-1] < mlp.best_validation_score_
    assert np.array_equal(mlp.activation_parameters_[0]["beta"], kept["beta"])


@pytest.mark.parametrize("name", ["rrelu", "gumbel_softmax"])
def test_random_activations(name):
    first, again, other = (
        MLPClassifier((8,), name, max_iter=5, random_state=seed).fit(X, DIGITS) for seed in (0, 0, 1)
    )
    assert np.array_equal(first.coefs_[0], again.coefs_[0])
    assert not np.array_equal(first.coefs_[0], other.coefs_[0])
    assert np.array_equal(first.predict_proba(X), first.predict_proba(X))
    mean = {"rrelu": {"name": "leaky_relu", "negative_slope": (1 / 8 + 1 / 3) / 2}, "gumbel_softmax": "softmax"}[name]
    drawn, steady = (
        MLPClassifier((8,), each, max_iter=5, random_state=0, solver="lbfgs").fit(X, DIGITS) for each in (name, mean)
    )
    np.testing.assert_allclose(drawn.coefs_[0], steady.coefs_[0], rtol=1e-6, atol=1e-9)
    steady = MLPClassifier((8,), mean, max_iter=5, random_state=0).fit(X, DIGITS)
    assert not np.allclose(first.coefs_[0], steady.coefs_[0])


@pytest.mark.parametrize("name", ["rrelu", "gumbel_softmax"])
def test_numbers_are_drawn_anew_for_every_batch(name):
    settings = {"random_state": 0, "shuffle": False, "learning_rate_init": 1e-12}
    losses = []
    mlp = MLPClassifier((8,), name, callback=lambda mlp, epoch: losses.append(epoch.loss), **settings)
    for _ in range(4):
        mlp.partial_fit(X, DIGITS, classes=range(10))
    assert len(set(losses)) == 4
    assert np.ptp(losses) > 1e-6


def test_a_warm_start_begins_to_draw():
    settings = {"max_iter": 3, "random_state": 0, "warm_start": True, "shuffle": False}
    fits = []
    for name in ("rrelu", {"name": "leaky_relu", "negative_slope": (1 / 8 + 1 / 3) / 2}):
        mlp = MLPClassifier((8,), "relu", **settings).fit(X, DIGITS)
        fits.append(mlp.set_params(activation=name).fit(X, DIGITS).coefs_[0])
    assert not np.allclose(*fits)


def test_verbose_prints_each_epoch(capsys):
    for solver in ("adam", "lbfgs"):
        MLPClassifier((8,), solver=solver, max_iter=3, verbose=True).fit(X, DIGITS)
        lines = capsys.readouterr().out.splitlines()
        assert [line for line in lines if line.startswith("Iteration 3, loss = ")]


# First weights


def drawn(rule, name, fan_in=4000, units=200):
    f = activations.get(name)
    weights, bias = first_weights(rule, f, fan_in, units, units, np.random.RandomState(0), np.float32)
    assert weights.dtype == bias.dtype == np.float32
    return weights, bias


@pytest.mark.parametrize(
    ("rule", "name", "variance"),
    [
        ("he", "tanh", 2 / 4000),
        ("lecun", "tanh", 1 / 4000),
        ("glorot", "relu", 2 / 4200),
        ("auto", "relu", 2 / 4000),
        ("auto", "gelu", 2 / 4000),
        ("auto", "mish", 2 / 4000),
        ("auto", "softplus", 2 / 4000),
        ("auto", "relu6", 2 / 4000),
        ("auto", {"name": "leaky_relu", "negative_slope": 0.4}, 2 / (1 + 0.4**2) / 4000),
        ("auto", "selu", 1 / 4000),
        ("auto", "tanh", 2 / 4200),
        ("auto", "identity", 2 / 4200),
        ("auto", "sigmoid", 2 / 4200),
        ("auto", "gaussian", 2 / 4200),
        ("auto", "maxout", 2 / 4200),
    ],
)
def test_variance_of_first_weights(rule, name, variance):
    weights, bias = drawn(rule, name)
    assert weights.var() == pytest.approx(variance, rel=0.02)
    assert not bias.any()


@pytest.mark.parametrize("rule", ["he", "auto"])
def test_variance_by_each_units_own_slope(rule):
    slopes = np.repeat([0.0, 0.4], 100)
    weights, _ = drawn(rule, activations.get("prelu", weight=slopes))
    for slope in (0.0, 0.4):
        assert weights[:, slopes == slope].var() == pytest.approx(2 / (1 + slope**2) / 4000, rel=0.02)
    # One of them is no rectifier's: "auto" looks at the layer.
    weights, _ = drawn("auto", activations.get("prelu", weight=np.append(slopes[1:], 0.9)))
    assert weights.var() == pytest.approx(2 / 4200, rel=0.02)
    drawn(rule, activations.get("apl", a=np.full((3, 200), 0.1), b=np.zeros((3, 1))))


def test_scikit_learns_rule_per_layer():
    low, high = (np.sqrt(factor / 4200) for factor in (2, 6))
    for name, bound in (("sigmoid", low), ("relu", high), ("maxout", high)):
        weights, bias = drawn("sklearn", name)
        assert 0.99 * bound < abs(weights).max() <= bound
        assert 0.9 * bound < abs(bias).max() <= bound


def test_initialisation_reaches_the_network():
    deep = {"hidden_layer_sizes": (64,) * 12, "max_iter": 1, "learning_rate_init": 1e-9, "random_state": 0}
    spreads = {}
    for init in ("glorot", "he"):
        mlp = MLPClassifier(activation="relu", init=init, **deep).fit(X, DIGITS)
        x = X
        for layer in mlp.layers_[:-1]:
            _, x = layer.forward(x)
        spreads[init] = np.mean(x**2)
    # Each rectifier halves the second moment, and He's weights double it: 2^12.
    assert spreads["he"] > 300 * spreads["glorot"]
    mlp = MLPClassifier(activation="relu", init="auto", **deep).fit(X, DIGITS)
    assert mlp.intercepts_[0] == pytest.approx(0, abs=1e-6)
    theirs = neural_network.MLPClassifier(activation="relu", **deep).fit(X, DIGITS)
    assert not np.allclose(theirs.intercepts_[0], 0, atol=1e-3)
