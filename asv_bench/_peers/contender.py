"""One way of computing one case, as statements that can be timed and checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from timeit import Timer
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .cases import Case


# The result, its pieces or halves, and what a session was told to write to.
_GIVEN = {"out", "q", "outp", "da", "db", "binding"}


@dataclass(frozen=True)
class Contender:
    """Expressions evaluated one after the other in a loop; the value of the last one is the result.

    Text and not a callable, so that the loop holds exactly what a user would write: a
    wrapping function costs 30 ns, a hundredth of the cheapest call here.
    `result` is the expression to read where the last statement's value is not the result.
    """

    peer: str
    statements: tuple[str, ...]
    names: Mapping[str, Any] = field(repr=False)
    label: str = ""
    result: str = ""

    @property
    def uses(self) -> tuple[str, ...]:
        """Those of the saved arrays that the statements read."""
        return tuple(name for name in ("y", "which") if name in self._names_read)

    @property
    def kind(self) -> str:
        """Ours, the copy, or one of the peers."""
        return self.peer if self.peer in ("activations", "copy") else "peer"

    @property
    def title(self) -> str:
        """Peer, label and what was saved, as the table prints it."""
        return " ".join([self.peer, *([f"({self.label})"] if self.label else []), *(f"+{name}" for name in self.uses)])

    @property
    def given(self) -> bool:
        """Whether the result's memory is there before the call."""
        return bool(self._names_read & _GIVEN)

    def with_output(self, which: str) -> Contender | None:
        """Itself, or what comes nearest to it where results are all made anew or all given; None where nothing does.

        Ours is never rewritten: a fresh result is what its call without ``out=`` makes. A peer that only writes
        into memory that is there is handed memory of its own at each call.
        """
        if which == "best" or self.given == (which == "out"):
            return self
        if which == "out" or self.peer == "activations" or self._names_read & _GIVEN != {"out"}:
            return None
        empty = "torch.empty_like" if self.peer == "torch" else "np.empty_like"
        names = {"np": np, **self.names, "like_out": self.names["out"]}
        return replace(self, statements=(f"(out := {empty}(like_out))", *self.statements), names=names)

    @property
    def _names_read(self) -> set[str]:
        return {name for text in self.statements for name in compile(text, self.peer, "eval").co_names}

    def value(self) -> np.ndarray:
        """Run once; the result, copied, as a NumPy array."""
        scope = dict(self.names)
        for text in self.statements:
            value = eval(text, scope)
        return np.array(eval(self.result, scope) if self.result else value)

    def timer(self) -> Timer:
        """Times the statements alone."""
        return Timer("; ".join(self.statements), globals=dict(self.names))


def from_tables(
    peer: str, case: Case, *tables: Mapping[tuple[str, str], list[str]], **names: Any
) -> Iterator[Contender]:
    """A contender for each entry that the tables have for the case; its statements are split at `;`."""
    for table in tables:
        for text in table.get((case.function, case.direction), ()):
            yield Contender(peer, tuple(part.strip() for part in text.split(";")), {**case.names, **names})
