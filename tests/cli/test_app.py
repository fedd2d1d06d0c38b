"""The command as a whole: how it starts, and how it refuses."""

import os
import subprocess
import sys

import numpy as np
import pytest

from tests.cli.running import assert_refused, invoke, process


def test_bare_command_prints_help():
    result = invoke()
    assert result.exit_code == 0
    for command in ("list", "show", "plot", "apply", "demo"):
        assert f"\n  {command} " in result.stdout


def test_module_and_function_run_the_same_command():
    as_module = process("list", "--kind", "radial")
    as_function = process("list", "--kind", "radial", code="import activations.cli as c; c.main()")
    assert as_module.returncode == as_function.returncode == 0
    assert "gaussian" in as_module.stdout
    assert as_module.stdout == as_function.stdout


@pytest.mark.parametrize("missing", ["click", "rich"])
def test_missing_extra_is_one_line(missing):
    code = f"import sys; sys.modules[{missing!r}] = None; from activations.cli import main; sys.exit(main())"
    result = process("list", code=code)
    assert_refused(result, missing, 'pip install "numpy-activations[cli]"')


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["frobnicate"], ["frobnicate"]),
        (["show"], ["NAME"]),
        (["show", "relux"], ["relux", "relu"]),
        (["show", "leaky_relu", "--param", "negative_slope"], ["negative_slope", "NAME=VALUE"]),
        (["show", "leaky_relu", "--param", "slope=1"], ["slope"]),
        (["show", "maxout", "--param", "pieces=0"], ["pieces"]),
        (["show", "elu", "--param", "alpha=1", "--param", "alpha=2"], ["alpha", "2 times"]),
        (["list", "--kind", "square"], ["square", "ridge"]),
        (["plot", "relu"], ["--output"]),
        (["plot", "relu", "-o", "relu.gif"], ["relu.gif", ".png"]),
        (["plot", "relu", "--range", "3", "-3", "-o", "x.png"], ["range", "3 and -3"]),
        (["plot", "relu", "--range", "a", "3", "-o", "x.png"], ["'a'"]),
        (["plot", "relu", "-o", "no/such/directory/x.png"], ["no/such/directory/x.png"]),
        (["demo", "--epochs", "0"], ["--epochs"]),
        (["demo", "softmax"], ["softmax", "maxout"]),
        (["demo", "--only"], ["--only"]),
        (["demo", "-o", "demo.txt"], ["demo.txt", ".png"]),
    ],
)
def test_refusals(arguments, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert_refused(invoke(*arguments), *words)
    assert list(tmp_path.iterdir()) == []


def test_refusal_has_no_traceback_in_a_process_of_its_own():
    assert_refused(process("show", "relux"), "relux")


def test_reader_that_leaves_early_sees_no_traceback():
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-m", "activations", "list"], **pipes) as running:
        running.stdout.close()
        assert running.stderr.read() == ""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux has a disk that is always full")
@pytest.mark.parametrize("arguments", [["list"], ["--help"], ["show", "relu"]])
def test_full_disk_behind_stdout_is_one_line(arguments):
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "activations", *arguments]
        result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=300)
    assert result.returncode == 2
    assert result.stderr == "activations: cannot write to standard output: No space left on device\n"


@pytest.mark.parametrize(
    "arguments",
    [["apply", "relu", "LONG", "out.npy"], ["apply", "relu", "in.npy", "LONG"], ["new-plugin", "swirl", "LONG"],
     ["diagnose", "LONG", "in.npy", "--activation", "relu"], ["plot", "relu", "-o", "LONG.png"]],
)  # fmt: skip
def test_names_that_cannot_be_looked_up(arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("in.npy", np.zeros(3))
    long = 300 * "x"
    assert_refused(invoke(*(each.replace("LONG", long) for each in arguments)), long, "File name too long")
    assert os.listdir() == ["in.npy"]


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_stream_that_is_closed_is_written_nothing(stream, tmp_path):
    np.save(tmp_path / "in.npy", np.arange(-2.0, 3.0))
    start = f"import sys; sys.{stream} = None; from activations.cli import main; sys.exit(main())"
    shown = process("show", "relu", code=start)
    applied = process("apply", "relu", tmp_path / "in.npy", tmp_path / "out.npy", code=start)
    assert shown.returncode == applied.returncode == 0, shown.stderr + applied.stderr
    assert ("max(x, 0)" in shown.stdout) == (stream == "stderr")
    assert ("out.npy" in applied.stderr) == (stream == "stdout")
    assert shown.stderr == applied.stdout == ""
    np.testing.assert_array_equal(np.load(tmp_path / "out.npy"), [0, 0, 0, 1, 2])


@pytest.mark.parametrize("errors", ["strict", "surrogateescape"])
def test_letters_that_the_terminal_lacks_are_escaped(errors):
    # tanh's source names K.-R. Müller.
    result = process("show", "tanh", PYTHONIOENCODING=f"ascii:{errors}")
    assert result.returncode == 0, result.stderr
    assert r"K.-R. M\xfcller" in result.stdout


def test_names_of_files_need_not_be_text(tmp_path):
    directory = os.fsencode(tmp_path) + b"/\xff"
    command = [sys.executable, "-m", "activations", "new-plugin", "swirl", directory]
    result = subprocess.run(command, capture_output=True, timeout=300, env=os.environ | {"PYTHONIOENCODING": "utf-8"})
    assert result.returncode == 0, result.stderr
    assert os.path.isdir(directory)
