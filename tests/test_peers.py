"""The comparison with other libraries, on whichever of them are installed."""

import importlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import activations

from .parity import pytorch

ROOT = Path(__file__).resolve().parents[1]


def run(*arguments):
    command = [sys.executable, "-m", "asv_bench.peers", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)


@pytest.fixture
def peers(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    return lambda name: importlib.import_module(f"asv_bench._peers.{name}")


def test_whole_run(tmp_path):
    target = tmp_path / "peers.json"
    done = run("--functions", "relu,softmax,maxout3", "--size", "4096", "--rounds", "2", "--json", str(target))
    assert done.returncode == 0, done.stdout + done.stderr
    content = json.loads(target.read_text())
    assert not content["failed"]
    assert {"activations", "numpy"} <= {e["contender"].split()[0] for e in content["results"][0]["entries"]}
    assert set(content["versions"]) | set(content["missing"]) >= {"numpy", "numba", "torch", "jax", "thinc"}
    assert [(row["function"], row["direction"]) for row in content["results"]] == [
        (function, direction) for function in ("relu", "softmax", "maxout3") for direction in ("forward", "backward")
    ]
    for row in content["results"]:
        assert row["ratio"] == pytest.approx(row["ours"]["nanoseconds"] / row["peer"]["nanoseconds"])
        assert row["ours_over_copy"] == pytest.approx(row["ours"]["nanoseconds"] / row["copy"]["nanoseconds"])
        assert not any(entry["wrong"] for entry in row["entries"])
        assert f"{row['function']:<8}  {row['direction']}" in done.stdout
    for name in content["missing"]:
        assert f"missing: {name}" in done.stdout


@pytest.mark.parametrize("size", [16, 17])
@pytest.mark.parametrize("axis", ["last", "first", "middle"])
def test_smallest_size(tmp_path, size, axis):
    target = tmp_path / "peers.json"
    options = ["--functions", "softmax,maxout2,maxout3", "--axis", axis, "--size", str(size), "--peers", "numpy"]
    done = run(*options, "--rounds", "1", "--json", str(target))
    assert done.returncode == 0, done.stdout + done.stderr
    content = json.loads(target.read_text())
    assert not content["failed"]
    assert all(row["ratio"] > 0 for row in content["results"])


def test_cases_that_would_fill_the_memory_are_raced_by_themselves(peers, tmp_path):
    cases, memory = peers("cases"), peers("memory")
    data = cases.Data(4096, np.float32)
    every = list(cases.cases(("relu", "tanh"), cases.DIRECTIONS, data, 1))
    needed = 2 * (5 + 8) * 4096 * 4
    assert memory.fits(every, free=4 * needed)
    assert not memory.fits(every, free=4 * needed - 1)
    assert memory.fits(every[:1], free=1), "a case by itself is raced, whatever it takes"
    meminfo = tmp_path / "meminfo"
    assert memory.available(meminfo) is None
    meminfo.write_text("MemTotal: 9 kB\nMemAvailable:       7 kB\n")
    assert memory.available(meminfo) == 7 * 1024


def test_one_case_after_the_other_gives_the_same_rows_and_frees(peers, tmp_path, monkeypatch):
    main = importlib.import_module("asv_bench.peers")
    monkeypatch.setattr(main, "set_threads", lambda threads: None)
    monkeypatch.setattr(peers("memory"), "available", lambda: 1)
    seen = []
    free = peers("cases").Case.free
    monkeypatch.setattr(peers("cases").Case, "free", lambda case: seen.append(case) or free(case))
    target = tmp_path / "peers.json"
    options = ["--functions", "relu,tanh", "--size", "64", "--rounds", "2", "--peers", "numpy", "--json", str(target)]
    assert main.main(options) == 0
    content = json.loads(target.read_text())
    assert content["turns"] == "one case after the other"
    assert [f"{row['function']} {row['direction']}" for row in content["results"]] == [case.title for case in seen]
    assert not any("names" in vars(case) for case in seen)


def test_grid(tmp_path):
    target, picture = tmp_path / "grid.json", tmp_path / "grid.png"
    command = [sys.executable, "-m", "asv_bench.grid", "--sizes", "64,4096", "--dtypes", "float16,float32"]
    command += ["--threads", "1", "--rounds", "2", "--functions", "relu,softmax", "--peers", "numpy"]
    command += ["--json", str(target), "--picture", str(picture)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    runs = json.loads(target.read_text())
    assert [(run["dtype"], run["size"]) for run in runs] == [
        (dtype, size) for dtype in ("float16", "float32") for size in (64, 4096)
    ]
    assert picture.stat().st_size > 10_000
    slower = [row for run in runs for row in run["results"] if row["ratio"] > 1]
    assert f"slower than the best peer: {len(slower)} cells" in done.stdout
    again = subprocess.run([*command[:3], "--from", str(target)], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert again.stdout == done.stdout


def test_grid_hands_on_what_peers_are_asked(tmp_path):
    target = tmp_path / "grid.json"
    command = [sys.executable, "-m", "asv_bench.grid", "--sizes", "256", "--dtypes", "float32", "--threads", "1"]
    command += ["--rounds", "1", "--functions", "maxout2", "--peers", "numpy", "--json", str(target)]
    command += ["--passes", "backward", "--axis", "first", "--columns", "8", "--layout", "strided", "--output", "out"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    (content,) = json.loads(target.read_text())
    assert [(row["function"], row["direction"]) for row in content["results"]] == [("maxout2", "backward")]
    assert "float32 256 1t layout=strided axis=first columns=8 output=out" in done.stdout


def test_grid_takes_one_thread_and_all(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    grid = importlib.import_module("asv_bench.grid")
    monkeypatch.setattr(grid, "cores", lambda: 6)
    assert grid.parse([]).threads == (1, 6)
    monkeypatch.setattr(grid, "cores", lambda: 1)
    assert grid.parse([]).threads == (1,)


@pytest.mark.parametrize("output", ["fresh", "out"])
def test_results_are_all_fresh_or_all_given(tmp_path, output):
    target = tmp_path / "peers.json"
    options = ["--functions", "relu,softmax,maxout3", "--size", "4096", "--rounds", "1", "--output", output]
    done = run(*options, "--peers", "numpy,scipy", "--json", str(target))
    assert done.returncode == 0, done.stdout + done.stderr
    content = json.loads(target.read_text())
    assert content["output"] == output
    assert not content["failed"]
    for row in content["results"]:
        for entry in row["entries"]:
            text = "; ".join(entry["statements"])
            assert ("out := " in text) <= (output == "fresh")
            if output == "out" or entry["contender"].startswith("activations"):
                assert ("out" in text) == (output == "out"), text
            elif "out" in text:
                assert text.startswith("(out := np.empty_like(like_out)); ")
    absent = {(case, peer): reason for case, peer, reason in content["not raced"]}
    # maxout's gradient is written by pieces of a given result, SciPy's softmax has no out=.
    if output == "fresh":
        assert "makes its result anew" in absent["maxout3 backward", "numpy"]
    else:
        assert "is given its result" in absent["softmax forward", "scipy"]


def test_grid_beside_a_busy_process(tmp_path):
    target = tmp_path / "grid.json"
    command = [
        sys.executable,
        "-m",
        "asv_bench.grid",
        "--busy",
        "--sizes",
        "64",
        "--dtypes",
        "float32",
        "--threads",
        "1",
    ]
    command += ["--rounds", "1", "--functions", "relu", "--peers", "numpy", "--json", str(target)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [run["busy"] for run in json.loads(target.read_text())] == [True]
    assert "float32 64 1t busy" in done.stdout


def test_grid_tells_what_failed():
    command = [sys.executable, "-m", "asv_bench.grid", "--sizes", "1", "--dtypes", "float32", "--threads", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "give at least 16" in done.stderr


@pytest.mark.peer
def test_every_peer_in_every_case(tmp_path):
    target = tmp_path / "peers.json"
    done = run("--size", "4096", "--rounds", "1", "--json", str(target))
    assert done.returncode == 0, done.stdout + done.stderr
    content = json.loads(target.read_text())
    assert content["missing"] == {}
    assert content["failed"] == []
    assert len(content["results"]) == 26
    assert not [e["contender"] for row in content["results"] for e in row["entries"] if e["wrong"]]


@pytest.mark.peer
def test_all_that_pytorch_has(tmp_path, peers):
    target = tmp_path / "peers.json"
    done = run("--all-functions", "--peers", "torch", "--size", "4096", "--rounds", "1", "--json", str(target))
    assert done.returncode == 0, done.stdout + done.stderr
    content = json.loads(target.read_text())
    assert content["missing"] == {}
    assert content["failed"] == []
    cases = peers("cases")
    assert len(content["results"]) == 2 * len(cases.ALL_FUNCTIONS)
    alone = {case.rpartition(" ")[0] for case, _, _ in content["not raced"]}
    assert alone == {*peers("formulas").FORMULAS} - {*peers("torch_functions").FUNCTIONS, "swiglu"}
    for row in content["results"]:
        found = {entry["contender"].split()[0] for entry in row["entries"]}
        assert found >= {"activations", "torch"} if row["function"] not in alone else {"activations"}
        assert not [entry["statements"] for entry in row["entries"] if entry["wrong"]], row["function"]
    raced = {activations.get(case.name).name for case in cases.cases(cases.ALL_FUNCTIONS, ("forward",), None, 1)}
    assert raced >= {*pytorch.FUNCTIONS, *pytorch.AXIS}


@pytest.mark.peer
def test_formulas_in_the_words_of_every_peer(tmp_path, peers):
    target = tmp_path / "peers.json"
    functions = ("softsign", "mish", "selu", "hard_silu", "relu6", "sign", "log_sigmoid", "glu", "swiglu", "gcu")
    options = ["--functions", ",".join(functions), "--size", "4096", "--rounds", "1", "--json", str(target)]
    done = run(*options)
    assert done.returncode == 0, done.stdout + done.stderr
    content = json.loads(target.read_text())
    assert content["failed"] == []
    for row in content["results"]:
        found = {entry["contender"].split()[0] for entry in row["entries"]}
        assert found >= {"activations", "numpy", "numba", "jax"}, row["function"]
        assert not [entry["statements"] for entry in row["entries"] if entry["wrong"]], row["function"]
    absent = {(case, peer): reason for case, peer, reason in content["not raced"]}
    assert absent["mish backward", "onnxruntime"] == "it computes no gradients"
    assert ("mish forward", "onnxruntime") not in absent
    assert "not raced here: onnxruntime in softsign backward" in done.stdout


@pytest.mark.peer
@pytest.mark.parametrize(
    "options", [["--axis", "first"], ["--axis", "middle", "--columns", "64"], ["--layout", "strided"]]
)
def test_numba_folds_any_axis_and_strided_rows(tmp_path, options):
    target = tmp_path / "peers.json"
    functions = "softmax,log_softmax,maxout2,maxout3"
    done = run(*options, "--functions", functions, "--size", "20000", "--rounds", "1", "--json", str(target))
    assert done.returncode == 0, done.stdout + done.stderr
    content = json.loads(target.read_text())
    assert content["failed"] == []
    for row in content["results"]:
        assert "numba" in {entry["contender"].split()[0] for entry in row["entries"]}, row["function"]
        assert not [entry["statements"] for entry in row["entries"] if entry["wrong"]], row["function"]
    assert "thinc" in {peer for _, peer, _ in content["not raced"]}
    assert "not raced here: thinc in softmax forward" in done.stdout


def test_formulas_are_right(peers, monkeypatch):
    """Ours and NumPy's statements against the formula's own value in double precision."""
    cases, check, formulas = peers("cases"), peers("check"), peers("formulas").FORMULAS
    monkeypatch.setattr(cases, "REFERENCES", {name: cases._of_formula(formula) for name, formula in formulas.items()})
    adaptors = {"ours": peers("ours"), "numpy": peers("numpy")}
    for case in cases.cases(tuple(formulas), cases.DIRECTIONS, cases.Data(4096, np.float64), 1):
        racers, failed, absent = check.enter(case, adaptors)
        assert not failed
        assert [line[:2] for line in absent] == [("erf forward", "numpy")] * (case.title == "erf forward")
        worst = max(racer.verdict.relative_error for racer in racers)
        assert worst < 1e-12, case.title


@pytest.mark.parametrize("text", ["log2(x)", "x if x > 0 else y"])
def test_a_formula_that_numpy_cannot_say_is_refused(peers, text):
    with pytest.raises((LookupError, AttributeError)):
        peers("spelling").numpy_statements(text)


def test_scratch_is_used_again(peers):
    lines, numbers, scratch = peers("spelling").numpy_statements("where(x > 2, x * x, (x + 1) * (x - 1))")
    assert numbers == {"c0": 2.0, "c1": 1.0}
    assert scratch == {"r": 1, "m": 1}
    x = np.linspace(-4, 4, 33)
    scope = {"np": np, "x": x, "out": np.empty(33), "r0": np.empty(33), "m0": np.empty(33, bool)} | numbers
    for line in lines:
        eval(line, scope)
    np.testing.assert_allclose(scope["out"], np.where(x > 2, x * x, (x + 1) * (x - 1)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--functions", "relu,rely"], "--functions: unknown rely; choose from relu"),
        (["--peers", "torch,tensor"], "--peers: unknown tensor; choose from numpy, scipy"),
        (["--passes", "sideways"], "--passes: unknown sideways; choose from forward, backward"),
        (["--size", "15"], "--size is 15; give at least 16"),
        (["--columns", "2"], "--columns is 2; give at least 3"),
        (["--threads", "0"], "--threads is 0; give at least 1"),
        (["--output", "stale"], "invalid choice: 'stale'"),
    ],
)
def test_bad_options_are_named(arguments, message):
    done = run(*arguments)
    assert done.returncode != 0
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_verdict(peers):
    verdict, dtype = peers("check").verdict, np.dtype("float32")
    exact = np.array([1.0, 1e-20])
    assert not verdict(exact.astype(dtype), exact, dtype).wrong
    tail = verdict(np.array([1, 0], dtype), exact, dtype)
    assert tail.ulp > 1e6
    assert not tail.wrong
    assert verdict(np.array([1.01, 1e-20], dtype), exact, dtype).wrong
    assert verdict(np.array([1, np.nan], dtype), exact, dtype).wrong
    assert verdict(exact, exact, dtype).wrong


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_references_agree_with_each_other(peers, direction):
    """A peer that reads the saved output is held against a second formula: both must tell the same."""
    cases = peers("cases")
    data = cases.Data(4096, np.float64)
    for case in cases.cases(cases.FUNCTIONS, (direction,), data, 1):
        np.testing.assert_allclose(case.expected(), case.expected(("y",)), rtol=1e-9, atol=1e-11, err_msg=case.title)
        if case.backward:
            reference, x, dy = cases.REFERENCES[case.function], case.names["x"], case.names["dy"]
            step = 1e-6 * np.random.default_rng(0).normal(size=x.shape)
            measured = np.sum(dy * (reference.forward(x + step) - reference.forward(x - step)) / 2)
            assert np.sum(case.expected() * step) == pytest.approx(measured, rel=1e-4, abs=1e-8), case.title


def test_only_the_far_behind_retire(peers):
    race = peers("race")

    class Racer:
        def __init__(self, kind, best, wrong=False):
            self.contender = type("C", (), {"kind": kind})
            self.verdict = type("V", (), {"wrong": wrong})
            self.best = best

    racers = [Racer("peer", 1.0), Racer("peer", 1.4), Racer("peer", 1.6), Racer("copy", 9.0)]
    racers.append(Racer("peer", 0.1, wrong=True))
    race._retire(racers)
    assert [racer.running for racer in racers] == [True, True, False, True, True]
