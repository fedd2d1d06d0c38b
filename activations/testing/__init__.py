"""What an activation is held to: named checks for authors of plugins, and for the built-ins too.

In a test module of your own::

    from activations.testing import parametrize_with_checks

    @parametrize_with_checks([activation])
    def test_checks(activation, check):
        check(activation)

or in one call, which raises at the first fault, `check_activation`; or in a terminal,
``python -m activations.testing NAME`` (or ``module:object``).
"""

from __future__ import annotations

from activations.testing import arrays, objects, passes  # noqa: F401  (they enrol their checks)
from activations.testing.kit import CHECKS, Check, Report, Result, check_activation, parametrize_with_checks, run
from activations.testing.speed import speed

__all__ = ["CHECKS", "Check", "Report", "Result", "check_activation", "parametrize_with_checks", "run", "speed"]
