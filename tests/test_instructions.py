"""The gate on instructions per element: what it lets through, and that every kernel has its record."""

import importlib
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
RECORDED = {"compiler": "gcc 12.2", "isa": "v3", "relu forward float32": 0.6, "gelu forward float32": 5.2}


@pytest.fixture
def instructions(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    return importlib.import_module("asv_bench.benchmarks.counting")


def test_every_kernel_is_recorded_and_none_besides(instructions):
    recorded = json.loads((ROOT / "asv_bench" / "instructions.json").read_text())
    assert sorted(recorded) == sorted(["compiler", "isa", *instructions.names_of_kernels()])
    assert all(0.05 < count < 1000 for name, count in recorded.items() if name not in ("compiler", "isa"))


@pytest.mark.parametrize(
    ("counted", "wrong", "better"),
    [(5.2, 0, 0), (5.44, 0, 0), (5.5, 1, 0), (4.9, 0, 1), (5.0, 0, 0)],
    ids=["same", "within 5 %", "more", "less", "a little less"],
)
def test_more_than_five_per_cent_fails_by_name(instructions, counted, wrong, better):
    found = instructions.compare(RECORDED | {"gelu forward float32": counted}, RECORDED)
    assert tuple(map(len, found)) == (wrong, better)
    assert all("gelu forward float32" in each for group in found for each in group)


def test_a_kernel_without_record_fails(instructions):
    wrong, _ = instructions.compare(RECORDED | {"new forward float32": 1.0}, RECORDED)
    assert len(wrong) == 1
    assert "new forward float32" in wrong[0]
    assert "--write" in wrong[0]


def test_an_unknown_name_is_refused_before_anything_is_counted(instructions, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["asv_bench.instructions", "relu", "rleu"])
    monkeypatch.setattr(instructions, "measure", lambda names: pytest.fail("it counts"))
    with pytest.raises(SystemExit):
        instructions.main()
    assert "no rleu" in capsys.readouterr().err


def test_other_compilers_are_not_compared(instructions):
    wrong, said = instructions.compare(RECORDED | {"compiler": "gcc 14.1", "gelu forward float32": 99.0}, RECORDED)
    assert not wrong
    assert "gcc 14.1" in said[0]


def test_results_lie_alike_wherever_memory_comes_from(instructions):
    import numpy as np

    x = np.arange(7.0, dtype=np.float32)
    held = [instructions.placed(x, 1408) for _ in range(5)]
    assert all(each.ctypes.data % instructions.PAGE == 1408 for each in held)
    assert all((each == x).all() and each.dtype == x.dtype for each in held)
