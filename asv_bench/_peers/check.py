"""Nobody is timed before what they compute has been compared with the right answer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from .cases import Case
from .contender import Contender
from .race import Racer

# Case, contender and reason.
Line = tuple[str, str, str]
NOTHING = "nothing that computes it in one call or a few is written down for it"
NO_SUCH_OUTPUT = {
    "fresh": "it has no call that makes its result anew",
    "out": "it has no call that is given its result",
}
WRONG = 1e-3
ROUNDINGS = 8


@dataclass(frozen=True)
class Verdict:
    """The worst error in units in the last place, and relative to the largest value of the answer.

    The first shows what is lost in the tails, which peers may lose and still compete; whoever is off by
    more than `WRONG` of the largest value (or `ROUNDINGS` of a narrow type), or changes the type, is timed
    but can't be the best.
    """

    ulp: float = 0.0
    relative_error: float = 0.0
    wrong: bool = False


def verdict(value: np.ndarray, expected: np.ndarray, dtype: np.dtype) -> Verdict:
    """Compare a result with the answer in float64."""
    info = np.finfo(dtype)
    difference = np.abs(value.astype(np.float64).reshape(expected.shape) - expected)
    unit = np.exp2(np.floor(np.log2(np.maximum(np.abs(expected), float(info.tiny)))) - info.nmant)
    ulp, largest = float(np.max(difference / unit)), np.max(np.abs(expected)) or 1.0  # sign's gradient is 0
    relative = float(np.max(difference) / largest)
    if not math.isfinite(ulp):
        return Verdict(math.inf, math.inf, True)
    return Verdict(ulp, relative, relative > max(WRONG, ROUNDINGS * float(info.eps)) or value.dtype != dtype)


def _enter(case: Case, contender: Contender, answers: dict[tuple[str, ...], np.ndarray]) -> Racer:
    case.names["out"].fill(np.nan)
    value = contender.value()
    if contender.peer == "copy":
        return Racer(contender, Verdict())
    # What is right for a rounded saved output is not what is right for the input that it came from.
    for uses in ((), contender.uses):
        if uses not in answers:
            answers[uses] = case.expected(uses)
    verdicts = (verdict(value, answers[uses], case.data.dtype) for uses in ((), contender.uses))
    return Racer(contender, min(verdicts, key=lambda found: found.ulp))


def enter(case: Case, adaptors: dict[str, Any], output: str = "best") -> tuple[list[Racer], list[Line], list[Line]]:
    """The case's contenders, checked; and a line for each that failed, and for each peer that is absent."""
    racers, failed, absent = [], [], []
    answers: dict[tuple[str, ...], np.ndarray] = {}

    def fail(title: str, error: Exception) -> None:
        failed.append((case.title, title, f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"))

    # A peer's failure, whatever it is, becomes a line of the report and never the end of the run.
    for name, adaptor in adaptors.items():
        if reason := adaptor.unfit(case) if hasattr(adaptor, "unfit") else "":
            absent.append((case.title, name, reason))
            continue
        try:
            contenders = list(adaptor.contenders(case))
        except Exception as error:
            fail(name, error)
            continue
        fitting = [each for each in (contender.with_output(output) for contender in contenders) if each]
        if not fitting:
            absent.append((case.title, name, NO_SUCH_OUTPUT[output] if contenders else NOTHING))
        for contender in fitting:
            try:
                racers.append(_enter(case, contender, answers))
            except Exception as error:
                fail(contender.title, error)
    return racers, failed, absent
