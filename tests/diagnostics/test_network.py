"""Networks of every make are read alike, and what can't be read is refused in plain words."""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import activations
from activations.diagnostics import Observed, diagnose
from tests.diagnostics.networks import data, dense

LABELS = np.array(["red", "green", "blue"])


def fitted(model, x, y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(x, y)


def problem(kind):
    """Data, targets, and the loss's gradient at the output layer from what the model itself predicts."""
    x, rng = data(120, 5), np.random.default_rng(7)
    if kind == "classes":
        y = LABELS[rng.integers(0, 3, 120)]
        return MLPClassifier, x, y, lambda model: model.predict_proba(x) - (y[:, None] == np.sort(LABELS))
    if kind == "two classes":
        y = LABELS[rng.integers(0, 2, 120)]
        return MLPClassifier, x, y, lambda model: model.predict_proba(x)[:, 1:] - (y == "red")[:, None]
    if kind == "labels":
        y = rng.integers(0, 2, (120, 4))
        return MLPClassifier, x, y, lambda model: model.predict_proba(x) - y
    if kind == "number":
        y = rng.standard_normal(120)
        return MLPRegressor, x, y, lambda model: (model.predict(x) - y)[:, None]
    y = rng.standard_normal((120, 2))
    return MLPRegressor, x, y, lambda model: model.predict(x) - y


@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic", "identity"])
@pytest.mark.parametrize("kind", ["classes", "two classes", "labels", "number", "numbers"])
def test_stock_estimators(kind, activation):
    cls, x, y, gradient = problem(kind)
    model = fitted(cls(hidden_layer_sizes=(8, 6), activation=activation, max_iter=5, random_state=0), x, y)
    report = diagnose(model, x, y)
    assert report.loss == ("log_loss" if cls is MLPClassifier else "squared_error")
    assert [layer.units for layer in report.layers] == [8, 6, model.n_outputs_]
    assert [layer.output for layer in report.layers] == [False, False, True]
    delta = gradient(model)
    assert np.isclose(report.layers[-1].gradient, np.sqrt(np.mean(np.sum(delta**2, axis=1))), rtol=1e-6)
    by_hand = activations.get(activation)(x @ model.coefs_[0] + model.intercepts_[0])
    assert np.isclose(report.layers[0].variance, by_hand.var())
    before = activations.get(activation)(by_hand @ model.coefs_[1] + model.intercepts_[1])
    assert np.isclose(report.layers[-1].weight_gradient, np.linalg.norm(before.T @ delta / 120), rtol=1e-6)


def test_a_column_of_labels_is_labels():
    cls, x, y, _ = problem("classes")
    model = fitted(cls((8,), max_iter=3, random_state=0), x, y)
    assert diagnose(model, x, y[:, None]) == diagnose(model, x, y)


@pytest.mark.parametrize("make", [sparse.csr_matrix, sparse.csr_array, sparse.csc_array, sparse.coo_array])
def test_sparse_data(make):
    cls, x, y, _ = problem("classes")
    x[x < 0.5] = 0
    model = fitted(cls((8,), max_iter=3, random_state=0), x, y)
    whole, thin = diagnose(model, x, y), diagnose(model, make(x), y, batch_size=50)
    for one, other in zip(whole.layers, thin.layers, strict=True):
        assert one.dead_units == other.dead_units
        for figure in ("mean", "variance", "gradient", "weight_gradient"):
            assert np.isclose(getattr(one, figure), getattr(other, figure))
    x[3, 0] = np.nan
    with pytest.raises(ValueError, match="X holds NaN or infinity among rows 0 to 119"):
        diagnose(model, make(x), y)


def test_pipelines_and_searches():
    cls, x, y, _ = problem("classes")
    x = 100 * x + 5
    pipeline = fitted(make_pipeline(StandardScaler(), cls((8,), max_iter=3, random_state=0)), x, y)
    inner = diagnose(pipeline[-1], pipeline[:-1].transform(x), y)
    assert diagnose(pipeline, x, y) == inner
    search = fitted(GridSearchCV(pipeline, {"mlpclassifier__alpha": [0.1]}, cv=2), x, y)
    assert diagnose(search, x, y) == diagnose(search.best_estimator_[-1], search.best_estimator_[:-1].transform(x), y)


def test_pandas():
    import pandas as pd

    cls, x, y, _ = problem("classes")
    frame = pd.DataFrame(x, columns=list("abcde"), index=np.linspace(0, 10, 120))
    pipeline = fitted(make_pipeline(StandardScaler(), cls((8,), max_iter=3, random_state=0)), frame, y)
    named = diagnose(pipeline, frame, pd.Series(y), batch_size=50)
    assert np.isclose(
        named.layers[0].gradient, diagnose(pipeline[-1], pipeline[0].transform(frame), y).layers[0].gradient
    )


def test_memory_mapped_data(tmp_path):
    np.save(tmp_path / "x.npy", data())
    layers = dense("relu", depth=2)
    assert diagnose(layers, np.load(tmp_path / "x.npy", mmap_mode="r"), batch_size=64).layers[0].samples == 400


class OwnLayer:
    """A layer as this library's estimators keep them."""

    def __init__(self, weights, bias, activation, parameters=None):
        self.weights, self.bias, self.activation = weights, bias, activations.get(activation)
        self.parameters = parameters or {}
        self.calls = 0

    def forward(self, x):
        self.calls += 1
        pre = x @ self.weights + self.bias
        return pre, self.activation(pre, **self.parameters)


def test_estimators_with_layers():
    """`layers_` goes before coefs_, a layer's own forward is used, and trained parameters of each unit too."""
    (w0, b0, _), (w1, b1, _) = dense("prelu", depth=1, width=6)
    slopes = np.array([0.0, 0.1, 0.2, 0.3, 0.4, 0.5])
    first, last = OwnLayer(w0, b0, "prelu", {"weight": slopes}), OwnLayer(w1, b1, "softmax")
    model = SimpleNamespace(layers_=[first, last], coefs_=None, loss="log_loss", classes_=LABELS[[2, 1, 0]])
    x, y = data(), LABELS[np.random.default_rng(0).integers(0, 3, 400)]
    x[:, 0] = np.where(np.arange(400) % 2, x[:, 0], -abs(x[:, 0]))
    b0[0] = -1000
    report = diagnose(model, x, y, batch_size=100)
    assert first.calls == 4
    assert report.layers[0].dead_units == (0,)
    assert report.layers[0].activation == "prelu"
    bound = activations.get("prelu", weight=slopes)
    same = diagnose([(w0, b0, bound), (w1, b1, "softmax")], x, np.searchsorted(model.classes_, y))
    gradients = [[layer.gradient for layer in each.layers] for each in (report, same)]
    assert np.allclose(*gradients, rtol=1e-12)


def test_maxout_and_gated_layers_have_fewer_units_than_sums():
    rng = np.random.default_rng(0)
    bias = np.zeros(12)
    bias[4], bias[5] = -1000, -1000
    layers = [
        (rng.standard_normal((20, 12)), bias, {"name": "maxout", "pieces": 3}),
        (rng.standard_normal((4, 6)), None, "reglu"),
        (rng.standard_normal((3, 4)), None, "crelu"),
        (rng.standard_normal((8, 3)), None, "softmax"),
    ]
    report = diagnose(layers, data())
    assert [layer.units for layer in report.layers] == [4, 3, 4, 3]
    assert [layer.unused_pieces for layer in report.layers] == [2, 0, None, None]
    assert report.layers[0].dead == 0


def test_recorded_arrays():
    x = np.random.default_rng(0).standard_normal((40, 6))
    x[:, 1] = -2
    outputs = activations.relu(x)
    for layers in (
        [outputs],
        [(x, "relu")],
        [Observed(outputs=outputs)],
        [Observed(pre=x, activation="relu")],
        (outputs,),
    ):
        (layer,) = diagnose(layers).layers
        assert layer.dead_units == (1,)
        assert layer.sparsity == np.mean(outputs == 0)
    outputs_only, with_pre = diagnose([outputs]), diagnose([(x, "relu")])
    assert outputs_only.layers[0].saturated is None
    assert outputs_only.layers[0].activation == "unknown"
    assert outputs_only.layers[0].gradient is None
    assert outputs_only.loss is None
    assert outputs_only.rate is None
    assert with_pre.layers[0].saturated == np.mean(x <= 0)
    tanh = diagnose([Observed(outputs=np.tanh(x), activation="tanh")]).layers[0]
    assert tanh.dead is None
    assert tanh.saturated is None


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda x: diagnose(MLPClassifier(), x), ValueError, "MLPClassifier is not fitted"),
        (lambda x: diagnose(LinearRegression(), x), TypeError, "not LinearRegression"),
        (lambda x: diagnose([], x), ValueError, "no layers"),
        (lambda x: diagnose([1, 2], x), TypeError, "layer 0 is of type int"),
        (lambda x: diagnose([(np.ones(3), None, "relu")], x), ValueError, "weights of layer 0"),
        (lambda x: diagnose([(np.ones((20, 0)), None, "relu")], x), ValueError, "at least one of both"),
        (lambda x: diagnose([(np.ones((20, 3)), np.ones(2), "relu")], x), ValueError, "bias of layer 0"),
        (lambda x: diagnose([(np.ones((20, 3)), None, "rulo")], x), LookupError, "rulo"),
        (
            lambda x: diagnose([(np.ones((20, 3)), None, "relu"), (np.ones((4, 2)), None, "relu")], x),
            ValueError,
            "layer 1 takes 4 inputs, and layer 0 puts out 3",
        ),
        (lambda x: diagnose([(np.ones((20, 3)), None, "maxout")], x), ValueError, "pieces=2 does not divide"),
        (lambda x: diagnose(dense("relu")), ValueError, "needs data"),
        (lambda x: diagnose(dense("relu"), x[:, :5]), ValueError, "takes 20 inputs"),
        (lambda x: diagnose(dense("relu"), x[:0]), ValueError, "at least one sample"),
        (lambda x: diagnose(dense("relu"), x[0]), ValueError, "must be"),
        (lambda x: diagnose(dense("relu"), np.ma.masked_less(x, 0)), TypeError, "X has masked elements"),
        (lambda x: diagnose(dense("relu"), x, np.ma.masked_less(x, 0)), TypeError, "y has masked elements"),
        (lambda x: diagnose(dense("relu"), x.astype(str)), TypeError, "X holds <U"),
        (lambda x: diagnose(dense("relu"), np.full((5, 20), np.nan)), ValueError, "NaN or infinity among rows 0 to 4"),
        (lambda x: diagnose(dense("relu"), x, np.ones(3)), ValueError, "X has 400 samples and y has 3"),
        (lambda x: diagnose(dense("relu"), x, np.ones(400)), ValueError, "y has 1 columns and the output layer 3"),
        (lambda x: diagnose(dense("relu"), x, np.full(400, "a")), TypeError, "y holds <U1"),
        (
            lambda x: diagnose(dense("relu", last="softmax"), x, np.full(400, 3)),
            ValueError,
            r"y holds 3, .* classes \[0, 1, 2\]$",
        ),
        (lambda x: diagnose(dense("relu"), x, np.ones((400, 3)), loss="log_loss"), ValueError, "output layer of"),
        (lambda x: diagnose(dense("relu"), x, np.ones((400, 3)), loss="mse"), ValueError, "squared_error, log_loss"),
        (lambda x: diagnose(dense("relu"), x, loss="log_loss"), ValueError, "give y"),
        (lambda x: diagnose(dense("relu"), x, batch_size=0), ValueError, "batch_size=0"),
        (lambda x: diagnose(dense("relu"), x, thresholds=0.5), TypeError, "Thresholds"),
        (lambda x: diagnose([x], x), ValueError, "leave X and y out"),
        (lambda x: diagnose([x[:0]]), ValueError, "no samples"),
        (lambda x: Observed(), ValueError, "outputs or its pre-activations"),
        (lambda x: Observed(pre=x), ValueError, "without the activation"),
        (lambda x: Observed(outputs=x, gradient=x[:3]), ValueError, "gradient has shape"),
        (lambda x: Observed(outputs=x[0]), ValueError, "samples and units"),
        (lambda x: Observed(outputs=np.ma.masked_less(x, 0)), TypeError, "outputs has masked elements"),
        (lambda x: Observed(outputs=x, axis=0), ValueError, "axis=0 counts the units .* first axis .* outputs.T"),
        (lambda x: Observed(pre=x, activation="relu", axis=-2), ValueError, "axis=-2 counts the units of pre"),
        (lambda x: Observed(outputs=x[:3], pre=x, activation="relu"), ValueError, "400 samples"),
        (
            lambda x: Observed(outputs=x, pre=x, activation="maxout"),
            ValueError,
            "maxout makes 10 of 20",
        ),
        (lambda x: diagnose([(x, "logsumexp")]), ValueError, "no units"),
    ],
)
def test_refusals(call, error, words):
    with pytest.raises(error, match=words):
        call(data())
