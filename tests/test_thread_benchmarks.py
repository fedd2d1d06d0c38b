"""What measures threads: every part runs, tells what it measured, and refuses what it cannot measure."""

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def run(*arguments):
    command = [sys.executable, "-m", "asv_bench.threads", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)


@pytest.fixture
def part(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    return lambda name: importlib.import_module(f"asv_bench._threads.{name}")


def test_whole_run(tmp_path):
    target, picture = tmp_path / "threads.json", tmp_path / "threads.png"
    options = ["--sizes", "4096", "--rounds", "1", "--threads", "2", "--functions", "relu,maxout,sigmoid.backward"]
    done = run(*options, "--json", str(target), "--picture", str(picture))
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(target.read_text())
    assert [row["function"] for row in found["sizes"]] == ["relu", "maxout", "sigmoid.backward"]
    for row in found["sizes"]:
        assert row["ratio"] == row["all"] / row["one"] > 0
    contenders = {row["contender"]: row for row in found["busy"]}
    assert list(contenders) == ["ours", "ours on one thread", "torch", "numba parallel"]
    for row in found["busy"]:
        if "missing" in row:
            assert f"missing: {row['missing']}" in done.stdout
            assert not row["contender"].startswith("ours")
        else:
            for state in ("quiet", "busy"):
                assert 0 < row[state]["median"] <= row[state]["p99"] <= row[state]["max"]
    assert [(row["way"], row["workers"]) for row in found["pools"]] == [
        (way, workers) for workers in (2, 4, 8) for way in ("pool", "dask")
    ]
    assert all(row["helpers"] <= 1 for row in found["pools"])
    assert [(row["function"], row["threads"]) for row in found["memory"]] == [
        (name, threads) for name in ("relu", "maxout", "sigmoid.backward") for threads in (1, 2)
    ]
    assert picture.stat().st_size > 10_000
    again = run("--from", str(target))
    assert again.stdout == done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--parts", "sizes,nap"], "--parts: unknown nap; choose from sizes, busy, pools, memory"),
        (["--functions", "rely"], "--functions: unknown rely; choose from relu"),
        (["--sizes", "100"], "--sizes holds 100; give multiples of 64"),
        (["--sizes", "many"], "--sizes is 'many'; give numbers of elements"),
        (["--rounds", "0"], "--rounds is 0; give at least 1"),
        (["--threads", "0"], "--threads is 0; give at least 1"),
    ],
)
def test_bad_options_are_named(arguments, message):
    done = run(*arguments)
    assert done.returncode != 0
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("title", ["relu", "maxout", "softmax", "relu.backward", "sigmoid.backward"])
def test_bytes_moved(part, title):
    """What a call reads and writes is what the copy beside it is given."""
    operands = {"relu": 2, "maxout": 1.5, "softmax": 2, "relu.backward": 3, "sigmoid.backward": 3}
    call, moved = part("calls").call(title, 4096)
    assert moved == operands[title] * 4096
    result = call()
    assert result.size == 4096 * (0.5 if title == "maxout" else 1)


def test_turns_are_taken(part):
    seen = []
    contenders = {name: lambda name=name: seen.append(name) or len(seen) for name in "abc"}
    found = part("calls").interleaved(contenders, 3)
    assert "".join(seen) == "abcbcacab"
    assert found == {"a": [1, 6, 8], "b": [2, 4, 9], "c": [3, 5, 7]}


def test_the_busy_process_is_busy_and_ends(part):
    with part("busy").busy_process() as child:
        assert child.poll() is None
        for _ in range(1000):
            before = os.times().elapsed
            while os.times().elapsed - before < 0.01:
                pass
            if os.path.exists(stat := f"/proc/{child.pid}/stat"):
                with open(stat) as file:
                    busy = int(file.read().split()[13]) > 2
            else:
                busy = True
            if busy:
                break
        assert busy
    assert child.poll() is not None


def test_a_contender_that_cannot_run_says_why(part):
    contender = part("busy").Contender("ours", "rely", 64, 1)
    assert contender.failed
    assert "Error" in contender.failed
    contender.close()
