"""Running checks: which there are, what came of each, and what was expected to fail."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from activations.activation import Activation
from activations.testing.speed import speed

if TYPE_CHECKING:
    import pytest

__all__ = ["CHECKS", "Check", "Report", "Result", "check_activation", "parametrize_with_checks", "run"]


class NotApplicable(Exception):
    """A check has nothing to look at: an activation without a derivative, say."""


@dataclass(frozen=True)
class Check:
    """One check.

    Attributes
    ----------
    name : str
        As in reports and in ``expected_failures``.
    function : callable
        ``function(f)`` raises AssertionError with what is wrong, or `NotApplicable` with why there is nothing to see.
    """

    name: str
    function: Callable[[Activation], None]

    @property
    def summary(self) -> str:
        """What is demanded, in one sentence."""
        return (self.function.__doc__ or "").strip().split("\n")[0]

    def __call__(self, f: Activation) -> None:
        self.function(f)

    def __repr__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Result:
    """What came of one check: ``outcome`` is "passed", "failed", "skipped", "expected" (it failed as was said) or
    "unexpected" (it passed though it was said to fail)."""

    check: Check
    outcome: str
    message: str = ""


@dataclass(frozen=True)
class Report:
    """The results of all checks of one activation."""

    name: str
    results: tuple[Result, ...]

    def count(self, outcome: str) -> int:
        return sum(result.outcome == outcome for result in self.results)

    @property
    def ok(self) -> bool:
        """Whether nothing failed that was not expected to, and all passed that was."""
        return not self.count("failed") and not self.count("unexpected")

    def __str__(self) -> str:
        lines = [
            f"{result.outcome:10} {result.check.name}" + (f": {result.message}" if result.message else "")
            for result in self.results
            if result.outcome != "passed"
        ]
        counts = ", ".join(
            f"{self.count(outcome)} {word}"
            for outcome, word in (
                ("passed", "passed"),
                ("failed", "failed"),
                ("expected", "failed as expected"),
                ("unexpected", "passed unexpectedly"),
                ("skipped", "skipped"),
            )
            if self.count(outcome) or outcome in ("passed", "failed", "skipped")
        )
        return "\n".join((*lines, f"{self.name}: {len(self.results)} checks run, {counts}"))


CHECKS: dict[str, Check] = {}


def check(function: Callable[[Activation], None]) -> Callable[[Activation], None]:
    """Enrol a check under its function's name."""
    CHECKS[function.__name__] = Check(function.__name__, function)
    return function


def _known(expected_failures: Mapping[str, str] | None, checks: Iterable[Check]) -> Mapping[str, str]:
    expected = dict(expected_failures or {})
    names = [one.name for one in checks]
    unknown = sorted(expected.keys() - set(names))
    if unknown:
        raise ValueError(f"no check is called {', '.join(unknown)}; there are: {', '.join(names)}")
    for name, reason in expected.items():
        if not isinstance(reason, str) or not reason.strip():
            raise ValueError(f"say why {name} is expected to fail: expected_failures={{{name!r}: 'reason'}}")
    return expected


def _result(one: Check, f: Activation, expected: Mapping[str, str]) -> Result:
    reason = expected.get(one.name)
    try:
        one(f)
    except NotApplicable as why:
        return Result(one, "skipped", str(why))
    except Exception as error:
        if reason is not None:
            return Result(one, "expected", reason)
        message = str(error) if isinstance(error, AssertionError) else f"{type(error).__name__}: {error}"
        return Result(one, "failed", message.strip().replace("\n", "; "))
    return Result(one, "passed") if reason is None else Result(one, "unexpected", f"was to fail: {reason}")


def run(
    f: Activation, *, expected_failures: Mapping[str, str] | None = None, expression: Callable | None = None
) -> Report:
    """Run all checks on an activation.

    Parameters
    ----------
    f : Activation
    expected_failures : mapping of str to str, optional
        Checks that are known to fail, with the reason of each.
    expression : callable, optional
        ``expression(x)``, the same in plain NumPy: the activation must not take longer (check ``speed``).

    Returns
    -------
    Report
        Prints as a line for each check that did not pass, and the counts.

    Raises
    ------
    TypeError
        If `f` is no activation.
    ValueError
        If an expected failure names no check, or no reason.

    Examples
    --------
    >>> import activations
    >>> from activations.testing import run
    >>> print(run(activations.softplus))
    softplus: 26 checks run, 26 passed, 0 failed, 0 skipped
    """
    if not isinstance(f, Activation):
        raise TypeError(f"the checks are for an Activation, not a {type(f).__name__}: wrap it in Activation(name, ...)")
    checks = list(CHECKS.values())
    if expression is not None:
        checks.append(Check("speed", functools.partial(_speed, expression)))
    expected = _known(expected_failures, checks)
    return Report(repr(f), tuple(_result(one, f, expected) for one in checks))


def _speed(expression: Callable, f: Activation) -> None:
    ratio = speed(f, expression)
    if ratio > 1:
        raise AssertionError(f"it takes {ratio:.2f} times as long as its NumPy expression")


def check_activation(
    f: Activation, *, expected_failures: Mapping[str, str] | None = None, expression: Callable | None = None
) -> Report:
    """Hold an activation to all checks, and raise with every one that fails.

    Parameters
    ----------
    f : Activation
    expected_failures : mapping of str to str, optional
        Checks that are known to fail, with the reason of each. One that passes after all is an error too.
    expression : callable, optional
        ``expression(x)``, the same in plain NumPy: the activation must not take longer (check ``speed``).

    Returns
    -------
    Report

    Raises
    ------
    AssertionError
        If a check fails: the message is the report.

    Examples
    --------
    >>> import numpy as np
    >>> from activations import Activation
    >>> from activations.testing import check_activation
    >>> cube = Activation("cube_of_mine", lambda x: x**3, derivative=lambda x: 2 * x**2)
    >>> check_activation(cube)
    Traceback (most recent call last):
        ...
    AssertionError: ...
    failed     derivative_against_differences: ...
    """
    report = run(f, expected_failures=expected_failures, expression=expression)
    if not report.ok:
        raise AssertionError(str(report))
    return report


def parametrize_with_checks(
    functions: Iterable[Activation], *, expected_failures: Callable[[Activation], Mapping[str, str]] | None = None
) -> pytest.MarkDecorator:
    """A pytest decorator: one test for each activation and check.

    Parameters
    ----------
    functions : iterable of Activation
    expected_failures : callable, optional
        From an activation to its expected failures; those are marked ``xfail(strict=True)``.

    Returns
    -------
    decorator
        For a test function with the arguments ``activation`` and ``check``.
    """
    import pytest

    cases = []
    for f in functions:
        expected = _known(expected_failures(f) if expected_failures is not None else None, CHECKS.values())
        for one in CHECKS.values():
            marks = [pytest.mark.xfail(reason=expected[one.name], strict=True)] if one.name in expected else []
            one = Check(one.name, _skipping(one.function))
            cases.append(pytest.param(f, one, marks=marks, id=f"{f!r}-{one.name}"))
    return pytest.mark.parametrize(("activation", "check"), cases)


def _skipping(function: Callable[[Activation], None]) -> Callable[[Activation], None]:
    import pytest

    @functools.wraps(function)
    def wrapped(f: Activation) -> None:
        try:
            function(f)
        except NotApplicable as why:
            pytest.skip(str(why))

    return wrapped
