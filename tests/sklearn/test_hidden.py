"""Every activation as a hidden layer: gradients against differences, widths, what is refused."""

import warnings

import numpy as np
import pytest

import activations
from activations.sklearn import MLPClassifier, MLPRegressor
from activations.sklearn.hidden import FromOutput, plan
from activations.sklearn.passes import Buffers

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

# Their values, or all their gradients, are nowhere finite on such sums; and softmax2d is for images.
LEFT_OUT = {"log1mexp": "NaN for positive numbers", "softmax2d": "takes images alone"}
RNG = np.random.default_rng(5)
X, Y = RNG.standard_normal((15, 4)), RNG.standard_normal((15, 1))


def network(activation, *, train=False, units=(6, 4), x=X, **settings):
    """A regressor just before its second step, and everything that is trained of it."""
    settings = {"alpha": 0.5, "max_iter": 1, "random_state": 3, "solver": "lbfgs"} | settings
    mlp = MLPRegressor(hidden_layer_sizes=units, activation=activation, train_activation=train, **settings)
    mlp.fit(x, Y.ravel())
    mlp._buffers = Buffers()
    trained, bounds = mlp._trained()
    rng = np.random.default_rng(8)
    arrays = [*mlp.coefs_, *mlp.intercepts_, *trained]
    for array in arrays:
        array += 0.05 * rng.standard_normal(array.shape).astype(array.dtype)
    for array, (low, high) in zip(trained, bounds, strict=True):
        np.clip(array, low + 0.01, high - 0.01, out=array)
    return mlp, arrays


def assert_gradients_are_those_of_differences(mlp, arrays):
    rng, step = np.random.default_rng(9), 1e-6
    gradients = [each.copy() for each in mlp._loss_and_gradients(X, Y, None)[1]]
    for array, gradient in zip(arrays, gradients, strict=True):
        assert gradient.shape == array.shape
        way = rng.standard_normal(array.shape)
        losses = []
        for side in (1, -1):
            array += side * step * way
            losses.append(mlp._loss_and_gradients(X, Y, None)[0])
            array -= side * step * way
        measured = (losses[0] - losses[1]) / (2 * step)
        assert np.sum(gradient * way) == pytest.approx(measured, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("name", [name for name in activations.names() if name not in LEFT_OUT])
def test_gradients(name):
    assert_gradients_are_those_of_differences(*network(name))


def trainable():
    return [name for name in activations.names() if name not in LEFT_OUT and plan(name, [4], True)[0].trainable(float)]


def test_which_can_be_trained():
    found = set(trainable())
    assert {"prelu", "swish", "leaky_relu", "elu", "apl", "swiglu", "softplus", "xielu", "affine", "shrink"} <= found
    assert not {"relu", "softmax", "gelu", "maxout", "rrelu"} & found


# What somebody's own function looks like that does not know how it varies with its parameters.
AB = {"a": 1.0, "b": 0.0}
OWN = activations.Activation("own", lambda x, a, b: a * x + b, derivative=lambda x, a, b: a + 0 * x, parameters=AB)


@pytest.mark.parametrize(("activation", "unknown"), [(OWN, "a, b"), ("hard_shrink", "lambd")])
def test_what_cannot_be_trained_is_said(activation, unknown):
    with pytest.warns(UserWarning, match=rf"\w is not trained: its gradient with respect to {unknown} is not known"):
        network([activation, "prelu"], train=True)


@pytest.mark.parametrize(
    ("activation", "train"), [("relu", True), ("maxout", True), ("softplus", True), ("softmax", True), (OWN, False)]
)
def test_nothing_is_said_where_nothing_is_missed(activation, train):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        network(activation, train=train)
    assert not [each for each in caught if "not trained" in str(each.message)]


@pytest.mark.parametrize("name", trainable())
def test_gradients_of_trained_parameters(name):
    mlp, arrays = network(name, train=True)
    assert len(arrays) > 6
    assert_gradients_are_those_of_differences(mlp, arrays)


@pytest.mark.parametrize(("name", "shapes"), [("prelu", [(6,)]), ("swiglu", [(6,)]), ("apl", [(1, 6), (1, 6)])])
def test_each_unit_has_its_own(name, shapes):
    mlp, _ = network(name, train=True, units=(6,))
    assert [each.shape for each in mlp._trained()[0]] == shapes
    for each in mlp._trained()[0]:
        others = mlp.layers_[0].forward(X)[1]
        each[..., 2] += 1
        changed = (mlp.layers_[0].forward(X)[1] != others).any(axis=0)
        assert changed.tolist() == [False, False, True, False, False, False]


@pytest.mark.parametrize("train", [False, True])
def test_gradients_where_parameters_are_arrays(train):
    hinges = activations.get("apl", a=np.array([-0.25, 0.5]), b=np.array([0.0, 1.0]))
    slopes = activations.get("prelu", weight=np.array([0.1, 0.2, 0.3, -0.4]))
    mlp, arrays = network([hinges, slopes], train=train)
    assert [a.shape for a in arrays[6:]] == ([(2,), (2,), (4,)] if train else [])
    assert_gradients_are_those_of_differences(mlp, arrays)


def test_gradients_of_functions_of_ones_own():
    cube = activations.Activation("cubic", lambda x: x**3, derivative=lambda x: 3 * x**2)
    pairs = activations.Activation(
        "products",
        lambda x: x[..., ::2] * x[..., 1::2],
        backward=lambda dy, x: np.stack([dy * x[..., 1::2], dy * x[..., ::2]], axis=-1).reshape(x.shape),
        kind="gated",
    )
    mlp, arrays = network([cube, pairs])
    assert [each.shape for each in mlp.coefs_] == [(4, 6), (6, 8), (4, 1)]
    assert_gradients_are_those_of_differences(mlp, arrays)


@pytest.mark.parametrize("name", [name for name in activations.names() if name not in LEFT_OUT])
def test_predictions_are_those_of_the_layers(name):
    mlp, _ = network(name)
    x = X
    for layer in mlp.layers_:
        pre, y = layer.forward(x)
        assert np.array_equal(pre, x @ layer.weights + layer.bias)
        reduces = pre.shape != y.shape and activations.get(name).kind == "folding" and name != "maxout"
        if not reduces:
            np.testing.assert_allclose(y, layer.activation(pre), rtol=1e-13, atol=1e-15)
        x = y
    assert np.array_equal(x.ravel(), mlp.predict(X))


@pytest.mark.parametrize(
    ("spec", "units", "sums"),
    [
        ("relu", 5, 5),
        ("gaussian", 5, 5),
        ("softmax", 5, 5),
        ("maxout", 5, 10),
        ({"name": "maxout", "pieces": 3}, 5, 15),
        ("swiglu", 5, 10),
        ("crelu", 6, 3),
        ("logsumexp", 5, 10),
        ({"name": "lp_norm_fold", "pieces": 4}, 5, 20),
        ({"name": "max_fold", "pieces": 4}, 1, 4),
    ],
)
def test_widths(spec, units, sums):
    (hidden,) = plan(spec, [units], False)
    assert (hidden.units, hidden.sums) == (units, sums)
    mlp = MLPClassifier((units,), spec, max_iter=1).fit(X, Y.ravel() > 0)
    assert [each.shape for each in mlp.coefs_] == [(4, sums), (units, 1)]


def test_a_fold_to_one_number_folds_neighbours():
    mlp, _ = network({"name": "max_fold", "pieces": 3})
    same, _ = network({"name": "maxout", "pieces": 3})
    assert np.array_equal(mlp.predict(X), same.predict(X))


@pytest.mark.parametrize("name", ["max_fold", "maxout", "softmax", "swiglu"])
def test_layers_take_no_rows_and_a_single_one(name):
    mlp, _ = network(name)
    layer = mlp.layers_[0]
    assert [each.shape for each in layer.forward(X[:0])] == [(0, layer.weights.shape[1]), (0, 6)]
    assert np.array_equal(layer.forward(X[0])[1], layer.forward(X[:1])[1][0])


def test_outputs_take_the_place_of_sums_where_they_tell_the_derivative():
    assert {name for name in ("relu", "sigmoid", "elu", "gelu", "mish") if _in_place(name)} == {
        "relu",
        "sigmoid",
        "elu",
    }
    assert not _in_place({"name": "leaky_relu", "negative_slope": -0.5})
    mlp, _ = network(["sigmoid", "mish"])
    mlp._loss_and_gradients(X, Y, None)
    assert ("outputs", 1) in mlp._buffers
    assert ("outputs", 0) not in mlp._buffers


def _in_place(spec):
    return isinstance(plan(spec, [3], False)[0], FromOutput)


@pytest.mark.parametrize(
    ("spec", "units", "error", "words"),
    [
        ("rleu", 5, activations.UnknownActivationError, ["'relu'"]),
        (["relu"], (5, 5), ValueError, ["1 functions", "2 hidden layers"]),
        (["relu", "tanh"], (), ValueError, ["2 functions", "0 hidden layers"]),
        ("crelu", 5, ValueError, ["crelu", "5 units"]),
        ("softmax2d", 5, ValueError, ["softmax2d", "images"]),
        ({"name": "maxout", "pieces": 0}, 5, ValueError, ["pieces", ">= 1"]),
        ({"name": "max_fold", "pieces": 1.5}, 5, ValueError, ["pieces=1.5", ">= 1"]),
        ({"name": "relu", "pieces": 2}, 5, TypeError, ["relu", "pieces"]),
        (None, 5, TypeError, ["None", "identity"]),
        (np.tanh, 5, TypeError, ["Activation("]),
        (3, 5, TypeError, ["int"]),
        ("relu", (5, 0), ValueError, ["> 0", "[5, 0]"]),
        ({"name": "prelu", "weight": [0.1, 0.2]}, 5, ValueError, ["prelu with weight of shape (2,)", "5 units"]),
        (
            {"name": "apl", "a": np.ones((2, 5)), "b": np.ones((2, 4))},
            5,
            ValueError,
            ["a of shape (2, 5) and b", "5 units"],
        ),
        ({"name": "prelu", "weight": np.ones((15, 1))}, 5, ValueError, ["(15, 1)", "5 units"]),
    ],
)
def test_refusals(spec, units, error, words):
    mlp = MLPClassifier(units, spec)
    with pytest.raises(error) as caught:
        mlp.fit(X, Y.ravel() > 0)
    assert not [word for word in words if word not in str(caught.value)], caught.value
    assert not hasattr(mlp, "coefs_")
