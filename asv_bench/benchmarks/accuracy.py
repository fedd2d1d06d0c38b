"""Worst error of each pass in ulp against mpmath: a track that does not swing, since samples are always the same.

The true values, the samples and the judge are those of the tests, taken from the working tree and not from the commit.
``python -m tests.accuracy`` looks closer, and the tests hold every function to its limit.
"""

from __future__ import annotations

import importlib.util
import math
import os
import sys
from types import ModuleType
from typing import Any

import numpy as np

from .common import DTYPES, PASSES, ROOT, enrolled, get, get_elementwise

SAMPLES = int(os.environ.get("ACTIVATIONS_BENCH_SAMPLES", "2000"))
LENGTHS = (1, 7, 33, 130)


def _measuring() -> ModuleType | None:
    """The tests' module that measures; under a name of its own, since any distribution may bring its ``tests``."""
    if importlib.util.find_spec("mpmath") is None:
        return None
    folder = ROOT / "tests"
    name = "activations_tests"
    spec = importlib.util.spec_from_file_location(
        name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    sys.modules[name] = importlib.util.module_from_spec(spec)
    return importlib.import_module(f"{name}.measuring")


# At once: asv forks a process for each case, and all of them would import it again.
measuring = _measuring()


class Ulp:
    """The larger of the worst error and, near a root of a derivative, the worst in ulp of the largest term.

    ``ACTIVATIONS_BENCH_SAMPLES`` is about how many arguments an elementwise function is tried with (2,000); folding and
    gated ones are tried with rows of 1 to 130 elements.
    """

    params = (enrolled(), PASSES, DTYPES)
    param_names = ("function", "pass", "dtype")
    unit = "ulp"
    timeout = 300

    def setup(self, function: str, which: str, dtype: str) -> None:
        self.f = (get_elementwise if which == "derivative" else get)(function)
        if measuring is None:
            raise NotImplementedError("true values need mpmath: pip install mpmath")
        self.rows = not hasattr(measuring.REFERENCE[function], "derivative")
        try:
            if not self.rows:
                measuring.Curve(self.f, dtype, which)(measuring.mp.mpf(1))
        except TypeError as error:
            raise NotImplementedError(f"{function} has other parameters in this commit") from error

    def track_worst_error(self, function: str, which: str, dtype: str) -> float:
        if not self.rows:
            return finite(measuring.measure(self.f, dtype, which, SAMPLES))
        worst = measuring.Worst()
        for sample in measuring.RowSample.all(self.f, dtype, which, lengths=LENGTHS):
            # A gate that is closed for ever has a limit, which the formulas of the true values do not take.
            if self.f.kind != "gated" or np.isfinite(sample.row).all():
                worst.include(sample.judge(measuring.run(self.f, which, sample.row, sample.dy)))
        return finite(worst)


def finite(worst: Any) -> float:
    """Four digits, or an AssertionError where a result is wrong altogether, which no axis could show."""
    error = max(worst.error, worst.near_root)
    if not math.isfinite(error):
        raise AssertionError(f"wrong altogether: {worst}")
    return float(f"{error:.4g}")
