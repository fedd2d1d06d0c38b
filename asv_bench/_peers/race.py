"""Timing by interleaved short bursts, which is what stands up to a noisy machine.

In every round each contender of each case runs for about a millisecond, in an order shuffled anew, so
that whatever slows the machine down slows all of them; the minimum over many rounds is what is left when
nothing disturbs. After a quarter of the rounds those far behind the best of their kind are taken out.
"""

from __future__ import annotations

import gc
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter, process_time
from typing import TYPE_CHECKING

from .contender import Contender

if TYPE_CHECKING:
    from .check import Verdict

BURST = 1e-3
CHUNK = 1.5e-4
FAR_BEHIND = 1.5


@dataclass
class Racer:
    """A contender in the race, with the best time per call of each round it ran in."""

    contender: Contender
    verdict: Verdict
    times: dict[int, float] = field(default_factory=dict)
    wall: float = 0.0
    cpu: float = 0.0
    running: bool = True
    _timed: Callable[[int], float] = field(init=False, repr=False)
    _calls: int = field(init=False, default=1)

    def __post_init__(self) -> None:
        self._timed = self.contender.timer().timeit
        self._timed(1)
        while (elapsed := self._timed(self._calls)) < CHUNK / 2:
            self._calls = max(2 * self._calls, int(self._calls * CHUNK / max(elapsed, 1e-9)))

    @property
    def best(self) -> float:
        return min(self.times.values())

    @property
    def cores(self) -> float:
        """Processors kept busy on average: more than one tells of hidden threads."""
        return self.cpu / self.wall

    def burst(self, number: int) -> None:
        """Run once to bring the memory into cache, then in chunks, the fastest of which counts."""
        self._timed(1)
        cpu, start, chunks = process_time(), perf_counter(), 0
        fastest = float("inf")
        while chunks < 2 or perf_counter() - start < BURST:
            fastest = min(fastest, self._timed(self._calls))
            chunks += 1
        self.wall += perf_counter() - start
        self.cpu += process_time() - cpu
        self.times[number] = fastest / self._calls


def fastest(racers: list[Racer], kind: str) -> Racer | None:
    """The best of its kind among those that are right."""
    right = (racer for racer in racers if racer.contender.kind == kind and not racer.verdict.wrong)
    return min(right, key=lambda racer: racer.best, default=None)


def _retire(racers: list[Racer]) -> None:
    for racer in racers:
        best = fastest(racers, racer.contender.kind)
        racer.running = best is None or racer.best <= FAR_BEHIND * best.best


def race(cases: list[list[Racer]], rounds: int, on_round: Callable[[int], None], seed: int = 0) -> None:
    """Run all rounds; the times are left in the racers."""
    rng = random.Random(seed)
    heats = max(rounds // 4, 1)
    gc.collect()
    gc.disable()
    try:
        for number in range(rounds):
            if number == heats:
                for racers in cases:
                    _retire(racers)
            for racers in rng.sample(cases, len(cases)):
                running = [racer for racer in racers if racer.running]
                for racer in rng.sample(running, len(running)):
                    racer.burst(number)
            on_round(number)
    finally:
        gc.enable()
