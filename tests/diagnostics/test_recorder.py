"""Dead units over epochs."""

import copy
import json
import pickle
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib import pyplot
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

import activations
from activations.diagnostics import Recorder, Thresholds, dead_units
from tests.diagnostics.networks import data, dense


@pytest.fixture(autouse=True)
def close_figures():
    yield
    pyplot.close("all")


class Estimator:
    """Like this library's: `layers_`, and a callback after every epoch."""

    def __init__(self):
        self.layers_ = [
            SimpleNamespace(weights=w, bias=b, activation=f if callable(f) else activations.get(f), parameters={})
            for w, b, f in dense("relu", depth=2, width=8, gain=2)
        ]

    def fit(self, callback):
        for epoch in range(5):
            self.layers_[0].bias[:epoch] = -1000
            self.layers_[1].bias[:] = -1000 if epoch == 3 else 0
            callback(self, {"epoch": epoch, "loss": 0.0})
        return self


def test_dead_units_of_every_epoch():
    recorder = Recorder(data())
    assert Estimator().fit(recorder).layers_
    assert recorder.epochs == [0, 1, 2, 3, 4]
    assert recorder.dead.tolist() == [[0, 0], [1, 0], [2, 0], [3, 8], [4, 0]]
    assert recorder.dead_units(0) == [(), (0,), (0, 1), (0, 1, 2), (0, 1, 2, 3)]
    assert recorder.almost_dead.shape == (5, 2)
    assert [report.loss for report in recorder.reports] == [None] * 5
    assert all(layer.gradient is None for layer in recorder.reports[0].layers)


def test_counts_are_those_of_the_definition():
    """On a network that trains: scikit-learn's own, an epoch at a time."""
    x, y = data(200), np.random.default_rng(0).integers(0, 3, 200)
    model = MLPClassifier((30,), learning_rate_init=2, random_state=0, max_iter=1, warm_start=True)
    recorder, expected = Recorder(x), []
    for _ in range(4):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(x, y)
        recorder(model)
        expected.append([int(dead_units(x @ model.coefs_[0] + model.intercepts_[0], "relu").sum())])
    assert recorder.dead.tolist() == expected
    assert recorder.epochs == [1, 2, 3, 4]
    assert expected[-1][0] > 0


def test_epochs_are_numbered_by_what_the_callback_is_told():
    recorder = Recorder(data())
    for info in (None, {"epoch": 7}, SimpleNamespace(number=8, loss=0.1), {}):
        recorder(Estimator(), info)
    assert recorder.epochs == [1, 7, 8, 4]


def test_a_copy_starts_with_what_was_recorded_and_goes_its_own_way():
    """scikit-learn clones callbacks with their estimators, and pickles them."""
    recorder = Recorder(data())
    recorder(Estimator())
    for twin in (copy.deepcopy(recorder), pickle.loads(pickle.dumps(recorder))):
        twin(Estimator())
        assert len(twin.epochs) == 2
    assert len(recorder.epochs) == 1


def test_only_some_calls():
    recorder = Recorder(data(), every=2)
    Estimator().fit(recorder)
    assert recorder.epochs == [0, 2, 4]
    assert recorder.dead[:, 0].tolist() == [0, 2, 4]


def test_callback_says_nothing():
    assert Recorder(data())(Estimator(), {"epoch": 0}) is None


def test_batches_and_thresholds():
    small, large = Recorder(data(), batch_size=7), Recorder(data())
    Estimator().fit(small)
    Estimator().fit(large)
    assert np.array_equal(small.dead, large.dead)
    every = Recorder(data(), thresholds=Thresholds(almost_dead=1))
    Estimator().fit(every)
    assert np.all(every.almost_dead[0] == [8, 8])


def test_dict():
    recorder = Recorder(data())
    Estimator().fit(recorder)
    found = json.loads(json.dumps(recorder.to_dict(), allow_nan=False))
    assert (found["samples"], found["epochs"]) == (400, [0, 1, 2, 3, 4])
    assert [layer["index"] for layer in found["layers"]] == [0, 1]
    assert found["layers"][0]["dead"] == [0, 1, 2, 3, 4]
    assert found["layers"][0]["dead_units"][2] == [0, 1]
    assert found["layers"][1]["sparsity"][3] == 1
    assert Recorder(data()).to_dict()["layers"] == []


def test_picture():
    recorder = Recorder(data())
    Estimator().fit(recorder)
    ax = recorder.plot()
    first, second = ax.get_lines()
    assert first.get_xdata().tolist() == [0, 1, 2, 3, 4]
    assert first.get_ydata().tolist() == [0, 12.5, 25, 37.5, 50]
    assert second.get_ydata().tolist() == [0, 0, 0, 100, 0]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["layer 0 (relu)", "layer 1 (relu)"]
    given = pyplot.figure().subplots()
    assert recorder.plot(given) is given


def test_before_the_first_epoch():
    recorder = Recorder(data())
    assert recorder.dead.shape == recorder.almost_dead.shape == (0, 0)
    assert recorder.dead_units(0) == recorder.to_dict()["layers"] == []


def test_picture_of_a_single_epoch():
    recorder = Recorder(data())
    recorder([*dense("relu", depth=1)])
    ax = recorder.plot()
    assert [line.get_marker() for line in ax.get_lines()] == ["o"]
    low, high = ax.get_xlim()
    assert [at for at in ax.get_xticks() if low <= at <= high] == [1]


@pytest.mark.parametrize(("depth", "columns"), [(9, 1), (40, 3)])
def test_the_legend_of_many_layers_hides_none_of_them(depth, columns):
    recorder = Recorder(data())
    recorder([*dense("relu", depth=depth)])
    ax = recorder.plot()
    ax.figure.canvas.draw()
    legend = ax.get_legend()
    assert (len(legend.get_texts()), legend._ncols) == (depth, columns)
    box = legend.get_window_extent()
    assert not box.overlaps(ax.get_window_extent())
    assert box.y0 > 0
    assert box.x1 < ax.figure.bbox.width
    assert ax.get_window_extent().width > 500


def test_an_activation_without_a_derivative():
    recorder = Recorder(data())
    recorder([*dense(activations.Activation("mine", np.tanh), depth=1)])
    assert recorder.dead.tolist() == [[-1]]
    assert recorder.to_dict()["layers"][0]["dead"] == [None]
    recorder.plot()


def test_refusals():
    with pytest.raises(ValueError, match="at least one sample"):
        Recorder(data()[:0])
    for bad in (0, 1.5, True):
        with pytest.raises(ValueError, match=f"every={bad}"):
            Recorder(data(), every=bad)
    with pytest.raises(ValueError, match="batch_size=0"):
        Recorder(data(), batch_size=0)
    with pytest.raises(ValueError, match="nothing is recorded"):
        Recorder(data()).plot()
    recorder = Recorder(data())
    recorder(dense("relu", depth=1))
    with pytest.raises(ValueError, match="the network has 3 layers and had 2"):
        recorder(dense("relu", depth=2))
    with pytest.raises(ValueError, match="takes 20 inputs"):
        Recorder(data(inputs=3))(dense("relu"))
