"""Reports as text, tables, pictures and dicts."""

import json
import subprocess
import sys

import numpy as np
import pytest
from matplotlib import pyplot
from rich.console import Console

from activations.diagnostics import Observed, diagnose
from tests.diagnostics.networks import data, dense


@pytest.fixture(autouse=True)
def close_figures():
    yield
    pyplot.close("all")


def ill():
    """Three problems: dead units, saturation, a gradient that shrinks."""
    layers = dense("sigmoid", last="softmax")
    layers[3] = (200 * layers[3][0], layers[3][1], "tanh")
    layers[5] = (layers[5][0], np.where(np.arange(32) < 20, -1000.0, 1.0), "relu")
    return diagnose(layers, data(), np.random.default_rng(0).integers(0, 3, 400))


def rendered(report, width):
    console = Console(width=width, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    with console.file:
        console.print(report)
    return console.export_text()


def test_dict_is_all_of_it():
    report = ill()
    found = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert report.kinds == {"dying", "saturated", "vanishing"}
    assert (found["samples"], found["loss"], found["ok"]) == (400, "log_loss", False)
    assert found["rate"] == report.rate
    assert [problem["kind"] for problem in found["problems"]] == [problem.kind for problem in report.problems]
    for problem, same in zip(report.problems, found["problems"], strict=True):
        assert same == {
            "layer": problem.layer,
            "kind": problem.kind,
            "evidence": dict(problem.evidence),
            "verdict": problem.verdict,
            "cure": problem.cure,
        }
    for layer, same in zip(report.layers, found["layers"], strict=True):
        for key, value in same.items():
            assert value == (list(own) if isinstance(own := getattr(layer, key), tuple) else own)
    assert found["thresholds"]["dying"] == 0.4


def test_numbers_that_json_lacks_become_null():
    layers = [(1e300 * np.ones((4, 4)), None, "identity")] * 3
    found = diagnose(layers, data(5, 4)).to_dict()
    assert json.loads(json.dumps(found, allow_nan=False))["layers"][2]["mean"] is None


def test_text():
    report = ill()
    lines = str(report).splitlines()
    assert lines[0].split()[:6] == ["layer", "activation", "units", "dead", "almost", "zeros"]
    assert lines[6].split()[:5] == ["5", "relu", "32", "20", "0"]
    assert len({len(line) for line in lines[2:11]}) == 1
    for problem in report.problems:
        assert f"{problem.kind}: {problem.verdict}" in lines
        assert f"  {problem.cure}" in lines
    assert repr(report) == str(report)


def test_a_cure_that_serves_many_layers_is_told_once():
    report = diagnose(dense("tanh", depth=5, gain=4000), data())
    assert len(report.problems) == 5
    assert str(report).count(report.problems[0].cure) == 1


def test_columns_of_which_nothing_is_known_are_left_out():
    header = str(diagnose([data()])).splitlines()[0].split()
    assert "saturated" not in header
    assert "gradient" not in header
    assert "dormant" in header
    mixed = diagnose([data(), Observed(pre=data(), activation="relu", output=True)])
    assert str(mixed).splitlines()[1].split().count("-") == 1


@pytest.mark.parametrize("width", [60, 80, 200])
def test_table_shows_what_the_text_shows(width):
    report = ill()
    text = rendered(report, width)
    for line in str(report).splitlines()[1:12]:
        words = line.split()
        shown = [row.split() for row in text.splitlines() if row.split()[:1] == words[:1]]
        together = [word for row in shown for word in row]
        if width >= 80:
            assert set(words) <= set(together)
    flat = " ".join(text.split())
    for problem in report.problems:
        assert problem.verdict in flat
        assert problem.cure in flat
    assert all(len(row) <= width for row in text.splitlines())
    table = report.table()
    assert table.row_count == 11
    assert [row.style for row in table.rows] == [
        "bold" if index in {problem.layer for problem in report.problems} else None for index in range(11)
    ]


def test_healthy_network():
    report = diagnose(dense("relu", depth=2, gain=2), data())
    assert str(report).endswith("\n\nno problem found")
    assert report.ok
    assert report.kinds == frozenset()


def heights(ax, label):
    (bars,) = [container for container in ax.containers if container.get_label() == label]
    return [bar.get_height() for bar in bars]


def test_picture_shows_the_figures():
    report = ill()
    figure = report.plot()
    silent, flat, outputs, gradients = figure.axes
    layers = report.layers
    assert heights(silent, "dead") == [100 * layer.dead / layer.units for layer in layers]
    assert heights(flat, "outputs exactly zero") == [100 * layer.sparsity for layer in layers]
    saturated = heights(flat, "pre-activations saturated")
    assert np.allclose(saturated[:-1], [100 * layer.saturated for layer in layers[:-1]])
    assert np.isnan(saturated[-1])
    (norms,) = [line for line in gradients.get_lines() if line.get_label() == "at the pre-activations"]
    assert np.allclose(norms.get_ydata(), [layer.gradient for layer in layers])
    assert gradients.get_yscale() == "log"
    assert outputs.lines[1].get_ydata().tolist() == [layer.mean for layer in layers]
    assert figure.get_suptitle() == "problems found: dying, saturated, vanishing"


def test_almost_dead_stand_on_dead():
    layers = [(np.eye(4), np.array([-1000.0, -1000, -3, 0]), "relu"), (np.eye(4), None, "identity")]
    x = data(300, 4)
    x[:, 2] = np.where(np.arange(300) < 2, 5, 0)
    ax = diagnose(layers, x).plot().axes[0]
    (dead,), (almost,) = (
        [bars[0] for bars in ax.containers if bars.get_label() == name] for name in ("dead", "almost dead")
    )
    assert (dead.get_height(), almost.get_height(), almost.get_y()) == (50, 25, 50)


@pytest.mark.parametrize("depth", [1, 40])
def test_picture_of_what_is_hardly_known(depth):
    x = data(50)
    figure = diagnose([x] * depth).plot()
    assert "not known" in [text.get_text() for text in figure.axes[3].texts]
    figure.canvas.draw()


def test_picture_of_overflow():
    figure = diagnose([(1e300 * np.ones((4, 4)), None, "identity")] * 3, data(5, 4)).plot()
    figure.canvas.draw()


WITHOUT = """
import sys
for name in ("rich", "matplotlib", "sklearn", "scipy"):
    sys.modules[name] = None
import numpy as np
from activations.diagnostics import diagnose
layers = [(np.eye(3), None, "relu"), (np.eye(3), None, "identity")]
report = diagnose(layers, np.random.default_rng(0).standard_normal((50, 3)))
print(report)
for call in (report.table, report.plot, lambda: diagnose(layers, np.ones((5, 3)), progress=True)):
    try:
        call()
    except ImportError as error:
        print(error)
"""


def test_numpy_is_enough():
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "no problem found" in lines
    assert 'pip install "numpy-activations[cli]"' in lines[-3]
    assert 'pip install "numpy-activations[plot]"' in lines[-2]
    assert 'pip install "numpy-activations[cli]"' in lines[-1]


def test_progress_bar(capsys):
    report = diagnose(dense("relu", depth=1, gain=2), data(), progress=True)
    assert report.samples == 400


def test_import_is_lazy():
    code = "import sys, activations.diagnostics; print({'rich', 'matplotlib', 'sklearn'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "set()"
