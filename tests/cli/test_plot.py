"""``activations plot``."""

import sys

import pytest

import activations
from tests.cli.running import assert_refused, invoke, process

SIGNATURES = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF", "PNG": b"\x89PNG"}


@pytest.mark.parametrize("suffix", SIGNATURES)
def test_writes_the_format_that_the_name_asks_for(suffix, tmp_path):
    file = tmp_path / f"curves.{suffix}"
    result = invoke("plot", "relu", "tanh", "--derivative", "--range", "-3", "3", "-o", file)
    assert result.exit_code == 0, result.stderr
    assert file.read_bytes().startswith(SIGNATURES[suffix])


@pytest.fixture
def drawn(monkeypatch):
    """What `activations.plotting.plot` was asked to draw."""
    from activations import plotting

    calls, original = [], plotting.plot

    def record(*bound, **options):
        calls.append((bound, options))
        return original(*bound, **options)

    monkeypatch.setattr(plotting, "plot", record)
    return calls


def test_a_parameter_goes_to_those_that_have_it(drawn, tmp_path):
    result = invoke("plot", "relu", "leaky_relu", "--param", "negative_slope=0.2", "-o", tmp_path / "x.svg")
    assert result.exit_code == 0, result.stderr
    bound, options = drawn[0]
    assert bound == (activations.get("relu"), activations.get("leaky_relu", negative_slope=0.2))
    assert options["range"] == (-10, 10)


def test_each_of_several_values_is_a_curve(drawn, tmp_path):
    values = ["--param", "alpha=0.5", "--param", "alpha=2"]
    assert invoke("plot", "elu", *values, "-o", tmp_path / "x.svg").exit_code == 0
    assert drawn[0][0] == (activations.get("elu", alpha=0.5), activations.get("elu", alpha=2))


def test_a_parameter_that_nobody_has_is_refused(tmp_path):
    result = invoke("plot", "relu", "tanh", "--param", "alpha=1", "-o", tmp_path / "x.svg")
    assert_refused(result, "relu, tanh", "alpha")


def test_missing_matplotlib_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = invoke("plot", "relu", "-o", tmp_path / "x.png")
    assert_refused(result, 'pip install "numpy-activations[plot]"')


def test_activation_that_raises_leaves_no_picture(tmp_path):
    def explode(x):
        raise RuntimeError("boom")

    activations.register(activations.Activation("explosive", explode))
    try:
        result = invoke("plot", "explosive", "-o", tmp_path / "x.png")
    finally:
        activations.unregister("explosive")
    assert_refused(result, "explosive", "RuntimeError", "boom")
    assert list(tmp_path.iterdir()) == []


def test_needs_no_window_system(tmp_path):
    result = process("plot", "relu", "-o", tmp_path / "x.png", MPLBACKEND="module://no_such_backend")
    assert result.returncode == 0, result.stderr
    assert tmp_path.joinpath("x.png").stat().st_size > 1000
