"""From the race to rows, and from rows to a table and JSON."""

from __future__ import annotations

import math
import platform
import statistics
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .cases import Case
from .race import Racer, fastest

LOOSE_ULP = 1000
SAME = 3


@dataclass(frozen=True)
class Entry:
    """What one contender reached in one case; times in nanoseconds per input element."""

    contender: str
    statements: tuple[str, ...]
    nanoseconds: float
    ulp: float
    relative_error: float
    wrong: bool
    rounds: int
    cores: float


@dataclass(frozen=True)
class Row:
    """One case: ours, the fastest peer that is right, the copy."""

    function: str
    direction: str
    ours: Entry | None
    peer: Entry | None
    copy: Entry | None
    ratio: float
    median_ratio: float
    ours_over_copy: float
    entries: list[Entry]

    @property
    def title(self) -> str:
        return f"{self.function} {self.direction}"


def _entry(case: Case, racer: Racer) -> Entry:
    contender, nanoseconds = racer.contender, racer.best * 1e9 / case.elements
    judged = asdict(racer.verdict)
    return Entry(
        contender.title,
        contender.statements,
        nanoseconds,
        **judged,
        rounds=len(racer.times),
        cores=racer.cores,
    )


def row(case: Case, racers: list[Racer]) -> Row:
    """Sum up a case."""
    best = [fastest(racers, kind) for kind in ("activations", "peer", "copy")]
    ours, peer, copy = best

    def over(other: Racer | None) -> float:
        return ours.best / other.best if ours and other else math.nan

    shared = ours.times.keys() & peer.times.keys() if ours and peer else ()
    median = statistics.median(ours.times[n] / peer.times[n] for n in shared) if shared else math.nan
    entries = [racer and _entry(case, racer) for racer in best]
    every = sorted((_entry(case, racer) for racer in racers), key=lambda entry: entry.nanoseconds)
    return Row(case.function, case.direction, *entries, over(peer), median, over(copy), every)


def _number(value: float, digits: int = 2) -> str:
    return "-" if math.isnan(value) else f"{value:.{digits}f}"


def _form(entry: Entry | None) -> str:
    """Which of `out=`, `y=` and `which=` the best of our calls was given."""
    if entry is None:
        return "-"
    given = [word for word in ("out=", "y=", "which=") if f", {word}" in entry.statements[-1]]
    return " ".join(given) or "-"


def _cells(row: Row) -> list[str]:
    ours, peer, copy = (_number(e.nanoseconds if e else math.nan, 4) for e in (row.ours, row.peer, row.copy))
    name = row.peer.contender if row.peer else "-"
    if row.peer and row.direction == "forward" and row.peer.ulp > LOOSE_ULP:
        name += f" [{row.peer.ulp:.0e} ulp]"
    ratios = (_number(value) for value in (row.ratio, row.median_ratio, row.ours_over_copy))
    ratio, median, over_copy = ratios
    share = "-" if over_copy == "-" else f"{100 / row.ours_over_copy:.0f} %"
    return [row.function, row.direction, ours, _form(row.ours), peer, name, ratio, median, copy, share]


# heading and whether the column is of numbers
COLUMNS = {
    "function": False,
    "pass": False,
    "ours": True,
    "given": False,
    "best peer": True,
    "which": False,
    "ratio": True,
    "median ratio": True,
    "copy": True,
    "of copy speed": True,
}


def table(rows: list[Row], markdown: bool) -> str:
    """The rows as text; times are nanoseconds per input element."""
    cells = [list(COLUMNS), *(_cells(row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    align = [str.rjust if numeric else str.ljust for numeric in COLUMNS.values()]
    lines = [[put(text, w) for put, text, w in zip(align, line, widths, strict=True)] for line in cells]
    if not markdown:
        return "\n".join("  ".join(line).rstrip() for line in lines)
    rule = ["-" * (w - 1) + (":" if numeric else "-") for w, numeric in zip(widths, COLUMNS.values(), strict=True)]
    return "\n".join(f"| {' | '.join(line)} |" for line in (lines[0], rule, *lines[1:]))


def summary(rows: list[Row], threads: int) -> list[str]:
    """Lines below the table: the mean, the lost cells, who was wrong, who used more threads than allowed."""
    lines = []
    ratios = [row.ratio for row in rows if not math.isnan(row.ratio)]
    if ratios:
        lost = ", ".join(f"{row.title} {row.ratio:.2f}" for row in rows if row.ratio > 1)
        lines.append(f"geometric mean of the ratios {statistics.geometric_mean(ratios):.2f}")
        lines.append(f"slower than the best peer: {lost or 'none'}")
    for row in rows:
        for entry in row.entries:
            name = f"{row.title}: {entry.contender}"
            if entry.wrong:
                lines.append(f"wrong: {name}: off by {entry.relative_error:.0e} of the largest value")
            if entry.cores > threads + 0.3:
                lines.append(f"more than {threads} thread(s): {name}: {entry.cores:.1f} processors busy")
    return lines


def failures(failed: list[tuple[str, str, str]]) -> list[str]:
    """A line for each case that a contender could not run, or for each reason that many have in common."""
    reasons: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for case, contender, reason in failed:
        reasons.setdefault((contender.partition(" ")[0], reason), []).append((case, contender))
    lines = []
    for (peer, reason), found in reasons.items():
        if len(found) > SAME:
            lines.append(f"failed: {peer}, {len(found)} times: {reason}")
        else:
            lines += [f"failed: {case}: {contender}: {reason}" for case, contender in found]
    return lines


def absences(absent: list[tuple[str, str, str]]) -> list[str]:
    """What was not raced, by reason and peer."""
    found: dict[tuple[str, str], list[str]] = {}
    for case, peer, reason in absent:
        found.setdefault((peer, reason), []).append(case)
    return [
        f"not raced here: {peer} in {', '.join(cases if len(cases) <= SAME else (*cases[:SAME], '...'))}"
        f" ({len(cases)} cells): {reason}"
        for (peer, reason), cases in found.items()
    ]


def cpu_name() -> str:
    """The processor's name as the system tells it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def as_json(rows: list[Row]) -> list[dict[str, Any]]:
    """Everything measured; infinities and NaN, which JSON has not, become null."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [plain(item) for item in value]
        return None if isinstance(value, float) and not math.isfinite(value) else value

    return [plain(asdict(row)) for row in rows]
