"""One thread against all, by function and size, in bursts of calls and by single calls after a pause."""

from __future__ import annotations

import argparse
import statistics
from time import perf_counter, sleep
from typing import Any

from . import calls

# Longer than any thread waits for more work before it sleeps, in seconds.
PAUSE = 2e-3


def after_a_pause(timed) -> float:
    sleep(PAUSE)
    start = perf_counter()
    timed()
    return perf_counter() - start


def measure(options: argparse.Namespace) -> list[dict[str, Any]]:
    rows = []
    for title in options.functions:
        for size in options.sizes:
            timed, _ = calls.call(title, size)
            for _ in range(8):  # a function's cost is learned in its first calls
                timed()
            contenders = {
                f"{how} {threads}": calls.on(threads, lambda way=way, timed=timed: way(timed))
                for how, way in (("burst", calls.burst), ("paused", after_a_pause))
                for threads in (1, options.threads)
            }
            found = calls.interleaved(contenders, options.rounds if size < 1 << 20 else max(3, options.rounds // 3))
            one, every = (min(found[f"burst {threads}"]) for threads in (1, options.threads))
            paused_one, paused = (statistics.median(found[f"paused {threads}"]) for threads in (1, options.threads))
            rows.append(
                {"function": title, "size": size, "one": one, "all": every, "ratio": every / one}
                | {"paused_one": paused_one, "paused_all": paused, "paused_ratio": paused / paused_one}
            )
    return rows


def told(rows: list[dict[str, Any]]) -> str:
    """Tables of ratios, a row for each function and a column for each size."""
    sizes = list(dict.fromkeys(row["size"] for row in rows))
    blocks = []
    for key, heading in (
        ("ratio", "time with all threads over that with one; least times of bursts"),
        ("paused_ratio", "the same of single calls after a pause of 2 ms; medians"),
    ):
        lines = [heading, f"{'':18}" + "".join(f"{size:>10}" for size in sizes)]
        for title in dict.fromkeys(row["function"] for row in rows):
            ratios = (row[key] for row in rows if row["function"] == title)
            lines.append(f"{title:18}" + "".join(f"{ratio:10.2f}" for ratio in ratios))
        blocks.append("\n".join(lines))
    slower = sorted((row["ratio"], row["function"], row["size"]) for row in rows if row["ratio"] > 1.05)
    blocks.append(f"slower with all threads by more than 5 %: {len(slower)} of {len(rows)} cells")
    blocks += [f"  {ratio:.2f}  {title} {size}" for ratio, title, size in reversed(slower)]
    return "\n\n".join(blocks[:2]) + "\n" + "\n".join(blocks[2:])
