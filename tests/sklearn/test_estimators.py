"""The estimators among scikit-learn's other tools."""

import copy
import inspect
import pickle

import numpy as np
import pytest
from sklearn import neural_network
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import activations
from activations.sklearn import ActivationTransformer, MLPClassifier, MLPRegressor
from tests.cli.running import process

X, Y = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
QUIET = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

CHECKED = [
    MLPClassifier(max_iter=100),
    MLPRegressor(max_iter=100),
    MLPClassifier((20,), "prelu", max_iter=60, learning_rate_init=0.01, train_activation=True, init="auto"),
    MLPRegressor(hidden_layer_sizes=20, activation="maxout", max_iter=60, learning_rate_init=0.01),
    ActivationTransformer(),
    ActivationTransformer("softmax"),
]


@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks(CHECKED)
def test_checks_of_scikit_learn(estimator, check):
    """scikit-learn's own perceptrons pass them all too: nothing is expected to fail."""
    check(estimator)


@pytest.mark.parametrize("kind", ["MLPClassifier", "MLPRegressor"])
def test_parameters_are_theirs_and_ours(kind):
    ours, theirs = getattr(activations.sklearn, kind), getattr(neural_network, kind)
    assert issubclass(ours, theirs)
    expected = theirs().get_params() | {"init": "sklearn", "train_activation": False, "callback": None}
    assert ours().get_params() == expected
    assert [*inspect.signature(ours).parameters] == [*inspect.signature(theirs).parameters, *ours_alone()]


def ours_alone():
    return ("init", "train_activation", "callback")


@QUIET
def test_names_are_searched():
    plugin = activations.Activation("sqrt_of_mine", lambda x: np.sign(x) * np.sqrt(np.abs(x)), derivative="numerical")
    activations.register(plugin)
    try:
        steps = make_pipeline(
            StandardScaler(), MLPClassifier((8,), max_iter=60, learning_rate_init=0.02, random_state=0)
        )
        names = [
            "mish",
            "maxout",
            "logistic",
            "Sqrt-of-mine",
            {"name": "leaky_relu", "negative_slope": 0.2},
            ["swiglu"],
        ]
        grid = GridSearchCV(steps, {"mlpclassifier__activation": names}, cv=3, error_score="raise").fit(X, Y)
    finally:
        activations.unregister("sqrt_of_mine")
    scores = grid.cv_results_["mean_test_score"]
    assert min(scores) > 0.6
    assert len(set(scores)) > 2


@QUIET
@pytest.mark.parametrize("train", [False, True])
def test_clone_and_pickle(train):
    settings = {"max_iter": 5, "random_state": 0, "train_activation": train}
    mlp = MLPClassifier((6, 4), ["prelu", activations.get("rrelu")], **settings).fit(X, Y)
    twin = clone(mlp)
    assert twin.get_params() == mlp.get_params()
    assert not hasattr(twin, "layers_")
    back = pickle.loads(pickle.dumps(mlp))
    assert np.array_equal(back.predict_proba(X), mlp.predict_proba(X))
    # What has been pickled goes on as what has not.
    for each in (mlp, back):
        each.partial_fit(X, Y)
    assert np.array_equal(back.predict_proba(X), mlp.predict_proba(X))
    assert np.array_equal(twin.fit(X, Y).partial_fit(X, Y).coefs_[0], mlp.coefs_[0])


@QUIET
def test_layers_share_memory_and_are_the_network():
    mlp = MLPClassifier((6, 4), ["swiglu", "prelu"], train_activation=True, max_iter=3, random_state=0).fit(X, Y)
    for layer, weights, bias in zip(mlp.layers_, mlp.coefs_, mlp.intercepts_, strict=True):
        assert layer.weights is weights
        assert layer.bias is bias
    assert [layer.activation.name for layer in mlp.layers_] == ["swiglu", "prelu", "softmax"]
    assert [sorted(layer.parameters) for layer in mlp.layers_] == [["beta"], ["weight"], []]
    slopes = mlp.layers_[1].parameters["weight"]
    assert slopes is mlp.activation_parameters_[1]["weight"]
    assert np.array_equal(mlp.layers_[1].activation.parameters["weight"], slopes)
    x = X
    for layer in mlp.layers_:
        _, x = layer.forward(x)
    assert np.array_equal(x, mlp.predict_proba(X))
    two = MLPClassifier((3,), max_iter=1).fit(X, Y > 1)
    assert two.layers_[-1].activation.name == "sigmoid"
    with pytest.raises(AttributeError):
        _ = MLPClassifier().layers_


def test_nothing_is_left_of_a_fit_that_fails():
    mlp = MLPClassifier(activation="relu", callback="loud")
    with pytest.raises(ValueError, match="callback"):
        mlp.fit(X, Y)
    mlp.set_params(callback=[print, "loud"])
    with pytest.raises(TypeError, match=r"loud.*\(estimator, epoch\)"):
        mlp.fit(X, Y)
    assert not hasattr(mlp, "coefs_")


@QUIET
@pytest.mark.parametrize("changes", [{"activation": "mish"}, {"hidden_layer_sizes": (6, 4)}, {"activation": "maxout"}])
@pytest.mark.parametrize("wrong", [{"X": X * np.nan}, {"y": Y[1:]}])
def test_a_fit_that_fails_leaves_the_last_one(changes, wrong):
    mlp = MLPClassifier((6,), "relu", max_iter=2, random_state=0).fit(X, Y)
    before = mlp.predict_proba(X)
    with pytest.raises(ValueError, match=r"NaN|inconsistent"):
        mlp.set_params(**changes).fit(**{"X": X, "y": Y} | wrong)
    assert np.array_equal(mlp.predict_proba(X), before)
    assert [repr(layer.activation) for layer in mlp.layers_] == ["relu", "softmax"]


@QUIET
@pytest.mark.parametrize("settings", [{}, {"solver": "lbfgs"}])
def test_callbacks_keep_copies(settings):
    """Pickles and copies of a fit that is under way hold no more than those of one that has ended."""
    sizes, copies = [], []

    def keep(mlp, epoch):
        callback, mlp.callback = mlp.callback, None
        sizes.append(len(pickle.dumps(mlp)))
        copies.append(copy.deepcopy(mlp))
        mlp.callback = callback

    mlp = MLPClassifier((100,), "mish", max_iter=3, random_state=0, callback=keep, **settings).fit(X, Y)
    scores = [each.predict_proba(X) for each in copies]
    mlp.callback = None
    assert np.array_equal(scores[-1], mlp.predict_proba(X))
    assert not np.array_equal(scores[0], scores[-1])
    assert max(sizes) < 1.1 * len(pickle.dumps(mlp))
    assert copies[0].set_params(warm_start=True).fit(X, Y).loss_ < copies[1].loss_


@pytest.mark.parametrize(("name", "value"), [("init", "best"), ("train_activation", "yes"), ("alpha", -1.0)])
def test_wrong_parameters_are_named(name, value):
    with pytest.raises(ValueError, match=name):
        MLPRegressor(**{name: value}).fit(X, Y)


@pytest.mark.parametrize(
    "changes",
    [
        {"activation": "maxout"},
        {"hidden_layer_sizes": (5,)},
        {"hidden_layer_sizes": (6, 6)},
        {"train_activation": True},
    ],
)
@QUIET
def test_changed_layers_are_refused(changes):
    mlp = MLPClassifier((6,), "prelu", warm_start=True, max_iter=2, random_state=0).fit(X, Y)
    before = mlp.predict_proba(X)
    mlp.set_params(**changes)
    with pytest.raises(ValueError, match="changed since the last fit"):
        mlp.fit(X, Y)
    assert np.array_equal(mlp.predict_proba(X), before)
    mlp.set_params(warm_start=False).fit(X, Y)


def test_missing_extra_is_one_line():
    code = "import sys; sys.modules['sklearn'] = None\nimport activations.sklearn"
    result = process(code=code)
    assert result.returncode == 1
    assert 'pip install "numpy-activations[sklearn]"' in result.stderr.splitlines()[-1]
