"""``activations demo``, in short configurations."""

import sys

import numpy as np
import pytest

import activations
from activations.cli import _experiment, demo
from activations.cli.demo import DEFAULTS
from tests.cli.running import assert_refused, invoke, process

SHORT = ("--epochs", "2", "--depth", "2", "--hidden", "16")


@pytest.fixture(scope="module")
def data():
    return _experiment.digits()


def figures(output):
    """The table without its times: everything that a second run must repeat."""
    lines = [line.split() for line in output.partition("\ndead ")[0].splitlines()[1:]]
    return {line[0]: line[1:6] for line in lines if len(line) == 8 and line[2].partition("/")[2].isdigit()}


def test_prints_the_table_draws_the_picture_and_repeats_itself(tmp_path):
    found = []
    for number in range(2):
        file = tmp_path / f"{number}.png"
        result = process("demo", "silu", *SHORT, "-o", file)
        assert result.returncode == 0, result.stderr
        assert result.stderr == ""
        assert file.read_bytes().startswith(b"\x89PNG")
        found.append(figures(result.stdout))
    assert found[0] == found[1]
    assert list(found[0]) == [*DEFAULTS, "silu"]
    assert len(set(map(tuple, found[0].values()))) == 7


def test_another_seed_gives_other_figures(tmp_path):
    options = ("demo", "tanh", "--only", *SHORT, "-o", tmp_path / "x.svg")
    first, second, again = (figures(invoke(*options, "--seed", seed).stdout) for seed in (0, 1, 0))
    assert list(first) == ["tanh"]
    assert first == again
    assert first != second


def test_same_name_with_other_parameters_is_told_apart(tmp_path):
    result = invoke("demo", "leaky_relu", "keras.leaky_relu", "relu", "--only", *SHORT, "-o", tmp_path / "x.svg")
    assert list(figures(result.stdout)) == ["leaky_relu", "leaky_relu(negative_slope=0.2)", "relu"]


def test_a_name_given_twice_is_trained_once(tmp_path):
    result = invoke("demo", "ReLU", "rectifier", "--only", *SHORT, "-o", tmp_path / "x.svg")
    assert [line.split()[0] for line in result.stdout.splitlines() if "/32 " in line] == ["relu"]


def ticks(axis):
    """The labels that are seen."""
    low, high = axis.get_view_interval()
    both = [(axis.get_ticklocs(minor=each), axis.get_ticklabels(minor=each)) for each in (False, True)]
    seen = [text.get_text() for places in both for at, text in zip(*places, strict=True) if low <= at <= high]
    return [text for text in seen if text]


@pytest.mark.parametrize("epochs", [1, 2])
def test_the_picture_of_a_small_network_shows_its_figures(epochs):
    result = _experiment.Result("relu", [0.4], [2.2, 2.1][:epochs], [0.175, 0.21][:epochs], sums=1)
    figure = demo.draw([activations.relu], [result])
    figure.draw_without_rendering()
    gradients, losses, errors = figure.axes[2:5]
    assert ticks(gradients.xaxis) == ["1"]
    assert ticks(losses.xaxis) == ticks(errors.xaxis) == ["1", "2"][:epochs]
    assert set("".join(ticks(errors.yaxis))) <= set("0123456789.%")
    low, high = errors.get_ylim()
    assert low < 0.825 < high
    # A point has no line to be seen by.
    assert [ax.get_lines()[0].get_marker() for ax in (losses, errors)] == (["o"] * 2 if epochs == 1 else ["None"] * 2)


def test_long_names_are_whole_in_the_picture():
    drawn = [activations.get("leaky_relu", negative_slope=k / 7) for k in range(1, 9)]
    results = [_experiment.Result(repr(f), [0.4, 0.5], [2.2, 2.1], [0.175, 0.21], sums=1) for f in drawn]
    figure = demo.draw(drawn, results)
    figure.draw_without_rendering()
    box = figure.legends[0].get_window_extent()
    assert min(box.x0, box.y0) >= 0
    assert box.x1 <= figure.bbox.width


def test_titles_are_whole_where_names_are_long():
    drawn = [activations.get(name) for name in (*DEFAULTS, "keras.leaky_relu", "neat.lelu")]
    results = [_experiment.Result(repr(f), [0.4, 0.5], [2.2, 2.1], [0.175, 0.21], sums=1) for f in drawn]
    figure = demo.draw(drawn, results)
    figure.draw_without_rendering()
    ends = [ax.title.get_window_extent().x1 for ax in figure.axes]
    assert max(ends) <= figure.bbox.width


def test_the_split_is_fixed_and_standardised(data):
    x, labels, test_x, test_labels = data
    assert x.dtype == test_x.dtype == np.float32
    assert (x.shape, test_x.shape) == ((1347, 64), (450, 64))
    assert np.allclose(x.mean(axis=0), 0, atol=1e-4)
    assert set(np.round(x.std(axis=0), 3)) <= {0.0, 1.0}
    assert set(labels) == set(test_labels) == set(range(10))
    both = np.concatenate([x, test_x])
    assert len(np.unique(both, axis=0)) == len(both) == 1797
    assert all(np.array_equal(a, b) for a, b in zip(data, _experiment.digits(), strict=True))


def trained(activation, data, **settings):
    chosen = _experiment.Settings(**{"depth": 2, "hidden": 16, "epochs": 2} | settings)
    return _experiment.run(activation, data, chosen, lambda: None)


def test_dead_units_are_counted(data):
    def half_dead(x):
        return np.where(np.arange(x.shape[-1]) % 2, np.tanh(x), 0)

    def half_dead_slope(x):
        return np.where(np.arange(x.shape[-1]) % 2, 1 - np.tanh(x) ** 2, 0)

    result = trained(activations.Activation("half_dead", half_dead, derivative=half_dead_slope), data)
    assert (result.dead, result.sums) == (16, 32)
    assert result.sparsity == 0.5
    step = trained(activations.get("binary_step"), data)
    assert (step.dead, step.sums) == (32, 32)
    assert step.mean == pytest.approx(1 - step.sparsity, abs=1e-6)
    maxout = trained(activations.get("maxout", pieces=3), data, epochs=1)
    assert maxout.sums == 96
    assert maxout.dead < 20


def test_a_unit_active_on_a_single_image_is_not_dead(data):
    network = _experiment.network(activations.get("relu"), _experiment.Settings(depth=1, hidden=16), callback=stop)
    layer, _ = network.fit(data[0], data[1]).layers_
    highest = np.sort(layer.forward(data[0])[0], axis=0)
    layer.bias[:3] -= highest[-1, :3] + 1  # dead: below zero on all images
    layer.bias[3] -= (highest[-1, 3] + highest[-2, 3]) / 2  # above zero on one
    result = _experiment.Result("relu", [])
    _experiment.look_inside([layer], data[0], result)
    assert (result.dead, result.sums) == (3, 16)


def stop(network, epoch):
    return True


@pytest.mark.parametrize("name", ["tanh", "maxout"])
def test_first_gradients_are_those_of_the_first_step(data, name):
    """One step of plain descent on all the data moves the weights by the rate times the gradient."""
    settings = _experiment.Settings(depth=3, hidden=16, epochs=1, rate=1e-2, batch=len(data[0]))
    f = activations.get(name)
    norms = _experiment.first_gradients(f, data, settings)
    before, after = (
        _experiment.network(f, settings, learning_rate_init=rate, callback=stop).fit(data[0], data[1]).coefs_
        for rate in (1e-40, settings.rate)
    )
    moved = [np.linalg.norm(b - a) / settings.rate for a, b in zip(before, after, strict=True)]
    np.testing.assert_allclose(norms, moved[:-1], rtol=1e-3)


def test_sigmoid_loses_the_gradient_with_depth_and_relu_does_not(data):
    def ratio(name, depth):
        gradients = trained(activations.get(name), data, depth=depth, hidden=64, epochs=1).gradients
        assert len(gradients) == depth
        return gradients[0] / gradients[-1]

    assert ratio("sigmoid", 6) < 0.1 * ratio("sigmoid", 2)
    assert ratio("sigmoid", 6) < 0.01
    assert ratio("relu", 6) > 0.2
    assert ratio("tanh", 6) > 0.2


def test_it_learns(data):
    result = trained(activations.get("relu"), data, hidden=64, epochs=5)
    assert result.accuracies[-1] > 0.9
    assert result.losses[-1] < 0.5 * result.losses[0]
    assert len(result.losses) == len(result.accuracies) == 5
    assert 0 < result.forward_ns < 1e4


def test_divergence_is_reported_not_hidden(tmp_path):
    activations.register(activations.Activation("explosive", lambda x: 50 * x**3, derivative=lambda x: 150 * x**2))
    try:
        result = invoke("demo", "explosive", "--only", *SHORT, "-o", tmp_path / "x.svg")
    finally:
        activations.unregister("explosive")
    assert result.exit_code == 0, result.stderr
    assert figures(result.stdout)["explosive"][0] == "diverged"


def test_training_stops_where_it_diverges(data):
    cube = activations.Activation("cube_of_50", lambda x: 50 * x**3, derivative=lambda x: 150 * x**2)
    result = trained(cube, data, epochs=20)
    assert result.diverged
    assert len(result.losses) == len(result.accuracies) + 1 < 20


def test_failing_activation_leaves_no_picture(tmp_path):
    def fail(x):
        raise RuntimeError("boom")

    activations.register(activations.Activation("failing", fail, derivative=fail))
    try:
        result = invoke("demo", "failing", *SHORT, "-o", tmp_path / "x.png")
    finally:
        activations.unregister("failing")
    assert_refused(result, "failing", "boom")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("module", "extra"), [("matplotlib", "plot"), ("sklearn.datasets", "sklearn")])
def test_missing_extra_is_named_before_the_training(module, extra, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setattr(_experiment, "run", lambda *arguments: pytest.fail("trained before it looked"))
    assert_refused(invoke("demo", "-o", tmp_path / "x.png"), f'pip install "numpy-activations[{extra}]"')
    assert list(tmp_path.iterdir()) == []


def test_progress_is_shown_on_stderr(tmp_path):
    result = process("demo", "relu", "--only", *SHORT, "-o", tmp_path / "x.png", FORCE_COLOR="1", TERM="xterm")
    assert result.returncode == 0, result.stderr
    assert "training relu" in result.stderr
    assert "training relu" not in result.stdout
