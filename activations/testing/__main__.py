"""``python -m activations.testing NAME`` or ``module:object``: all checks, a line for each that did not pass."""

from __future__ import annotations

import argparse
import importlib
import sys

import activations
from activations import _plugins
from activations.activation import Activation
from activations.testing import CHECKS, run


def found(text: str) -> Activation:
    """An activation by registered name, qualified or not, or an object of a module."""
    module, colon, attribute = text.partition(":")
    if not colon or not attribute.isidentifier():
        return activations.get(text)
    try:
        value = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        if _plugins.offers(module):
            return activations.get(text)
        missing = isinstance(error, AttributeError)
        raise LookupError(f"{module} has no {attribute}" if missing else f"cannot import {module}: {error}") from None
    if not isinstance(value, Activation):
        raise TypeError(f"{text} is no Activation but a {type(value).__name__}")
    return value


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m activations.testing", description="Check activations.")
    parser.add_argument("activation", nargs="*", help="a registered name, or module:object")
    parser.add_argument("--list", action="store_true", help="say what is checked, and end")
    parser.add_argument("--verbose", action="store_true", help="a line for each check that passed, too")
    options = parser.parse_args(arguments)
    if options.list:
        print("\n".join(f"{one.name:32} {one.summary}" for one in CHECKS.values()))
        return 0
    if not options.activation:
        parser.error("name an activation, or --list")
    good = True
    for text in options.activation:
        try:
            f = found(text)
        except (ImportError, LookupError, TypeError, ValueError) as error:
            print(f"{text}: {error}", file=sys.stderr)
            return 2
        report = run(f)
        if options.verbose:
            print("\n".join(f"passed     {r.check.name}" for r in report.results if r.outcome == "passed"))
        print(report)
        good &= report.ok
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
