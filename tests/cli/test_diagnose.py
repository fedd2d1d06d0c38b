"""activations diagnose: weights and data from files."""

import json
import pickle

import numpy as np
import pytest

from activations.diagnostics import diagnose
from tests.cli.running import assert_refused, invoke
from tests.diagnostics.networks import data, dense


def saved(folder, layers, x=None, **more):
    arrays = {f"W{number}": layer[0] for number, layer in enumerate(layers)}
    arrays |= {f"b{number}": layer[1] for number, layer in enumerate(layers)}
    np.savez(folder / "weights.npz", **arrays | more)
    np.save(folder / "data.npy", data() if x is None else x)
    return folder / "weights.npz", folder / "data.npy"


def test_report_is_that_of_the_library(tmp_path):
    layers = dense("sigmoid", last="softmax")
    files = saved(tmp_path, layers)
    y = np.random.default_rng(0).integers(0, 3, 400)
    np.save(tmp_path / "y.npy", y)
    result = invoke("diagnose", *files, "--activation", "sigmoid,softmax", "--targets", tmp_path / "y.npy", "--json")
    report = diagnose(layers, data(), y)
    assert json.loads(result.stdout) == json.loads(json.dumps(report.to_dict()))
    text = invoke("diagnose", *files, "--activation", ",".join(["sigmoid"] * 10 + ["softmax"])).stdout
    for problem in diagnose(layers, data()).problems:
        assert problem.verdict in " ".join(text.split())
    assert "gradient" in text


def test_parameters_and_missing_biases(tmp_path):
    (weights, _, f), (last, *_) = dense({"name": "maxout", "pieces": 3}, depth=1)
    np.savez(tmp_path / "weights.npz", W0=weights, W1=last)
    np.save(tmp_path / "data.npy", data())
    options = "--activation", "maxout,identity", "--param", "pieces=3", "--json"
    found = json.loads(invoke("diagnose", tmp_path / "weights.npz", tmp_path / "data.npy", *options).stdout)
    assert found["layers"][0]["units"] == 32
    assert found["layers"][0]["activation"] == repr(f)
    assert found["loss"] == "random"


def test_picture(tmp_path):
    files = saved(tmp_path, dense("relu", depth=2))
    invoke("diagnose", *files, "--activation", "relu,identity", "-o", tmp_path / "picture.png")
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")


class Trap:
    """Unpickling it leaves a trace."""

    def __reduce__(self):
        return exec, ("raise SystemExit('unpickled')",)


def test_nothing_is_unpickled(tmp_path):
    weights, x = saved(tmp_path, dense("relu", depth=1))
    trap = tmp_path / "trap.npy"
    np.save(trap, np.array([[Trap()]], dtype=object), allow_pickle=True)
    assert_refused(invoke("diagnose", weights, trap, "--activation", "relu,identity"), "trap.npy", "pickled")
    trap.write_bytes(pickle.dumps(Trap()))
    assert_refused(invoke("diagnose", weights, trap, "--activation", "relu,identity"), "trap.npy", "pickled")
    assert_refused(invoke("diagnose", trap, x, "--activation", "relu"), "trap.npy", "pickled")
    np.savez(tmp_path / "trap.npz", W0=np.array([[Trap()]], dtype=object), allow_pickle=True)
    assert_refused(invoke("diagnose", tmp_path / "trap.npz", x, "--activation", "relu"), "trap.npz", "pickled")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--activation", "relu"], ["holds 3 layers", "names 1"]),
        (["--activation", "rulo,identity"], ["rulo"]),
        (["--activation", "relu,identity", "--param", "alpha=1"], ["alpha"]),
        (["--activation", "relu,identity", "--loss", "mse", "--targets", "data.npy"], ["mse"]),
        (["--activation", "relu,identity", "--loss", "log_loss"], ["give y"]),
        (["--activation", "relu,identity", "-o", "picture.gif"], [".png"]),
        (["--activation", "relu,identity", "--targets", "none.npy"], ["no such file"]),
        (["--activation", "relu,identity", "--targets", "weights.npz"], ["weights.npz is no .npy file"]),
        ([], ["--activation"]),
    ],
)
def test_refusals(tmp_path, monkeypatch, options, words):
    saved(tmp_path, dense("relu", depth=2))
    monkeypatch.chdir(tmp_path)
    assert_refused(invoke("diagnose", "weights.npz", "data.npy", *options), *words)


def test_wrong_files(tmp_path):
    weights, x = saved(tmp_path, dense("relu", depth=1), more=np.ones(3))
    assert_refused(invoke("diagnose", weights, x, "--activation", "relu,identity"), "more", "W0")
    weights, x = saved(tmp_path, dense("relu", depth=1), data(inputs=7))
    assert_refused(invoke("diagnose", weights, x, "--activation", "relu,identity"), "takes 20 inputs")
    assert_refused(invoke("diagnose", x, x, "--activation", "relu"), "one array", "savez")
    assert_refused(invoke("diagnose", tmp_path, x, "--activation", "relu"), "not a regular file")
    whole = weights.read_bytes()
    weights.write_bytes(whole[: len(whole) // 2])
    assert_refused(invoke("diagnose", weights, x, "--activation", "relu,identity"), "weights.npz")
