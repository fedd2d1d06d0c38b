"""A pytest plugin that runs thinc's own tests of its backend with one of two classes, and writes down how each ended.

    THINC_SUITE=activations THINC_SUITE_OUTCOMES=ours.json \
        python -m pytest -p tests.thinc_suite --pyargs thinc.tests.backends.test_ops

With ``THINC_SUITE=thinc`` it is thinc's `NumpyOps` as it stands. Hypothesis draws the same examples every time, so that
two runs can be compared test by test.
"""

import json
import os
from pathlib import Path

import hypothesis
import thinc.api
import thinc.backends
from hypothesis import Phase, settings

BACKEND = os.environ["THINC_SUITE"]
OUTCOMES = {}


def put_ours_in_place():
    """Give thinc's tests, which name the class, ours under the name that the registry has for theirs."""
    from activations.thinc import ActivationsOps

    class NumpyOps(ActivationsOps):
        name = "numpy"

    thinc.backends.NumpyOps = thinc.api.NumpyOps = NumpyOps
    thinc.registry.ops.register("NumpyOps", func=NumpyOps)


def pytest_pycollect_makemodule():
    """Between thinc's conftest, which asks for a profile of its own, and the tests, which take the one they find.

    The same examples in every run, nothing kept on disk, and no search for a smaller example of a failure.
    """
    chosen = {"derandomize": True, "database": None, "deadline": None, "phases": (Phase.explicit, Phase.generate)}
    settings.register_profile("compared", suppress_health_check=list(hypothesis.HealthCheck), **chosen)
    settings.load_profile("compared")


def pytest_collection_modifyitems(items):
    """Leave out what tests thinc's backend in pure Python.

    With ours, `float` makes a number of an array of one element: thinc's tests ask for it, and NumPy 2.4 refuses.
    """
    given = [item.callspec.params.values() if hasattr(item, "callspec") else () for item in items]
    items[:] = [item for item, values in zip(items, given, strict=True) if thinc.api.Ops not in map(type, values)]
    if BACKEND == "activations":
        for module in {item.module for item in items}:
            module.float = lambda value: float(value.item() if hasattr(value, "item") else value)


def pytest_runtest_logreport(report):
    if report.when == "call" or report.outcome != "passed":
        reason = report.longrepr.reprcrash.message if report.failed else ""
        OUTCOMES[report.nodeid.partition("::")[2]] = [report.outcome, reason]


def pytest_sessionfinish():
    Path(os.environ["THINC_SUITE_OUTCOMES"]).write_text(json.dumps(OUTCOMES, indent=1))


if BACKEND == "activations":
    put_ours_in_place()
