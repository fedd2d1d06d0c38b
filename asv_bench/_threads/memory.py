"""Beyond the last-level cache: cheap functions against a copy that moves as many bytes, on one thread and on all."""

from __future__ import annotations

import argparse
from typing import Any

from . import calls

FUNCTIONS = ("relu", "leaky_relu", "maxout", "relu.backward", "sigmoid.backward")
SIZES = (1 << 24, 1 << 26)


def measure(options: argparse.Namespace) -> list[dict[str, Any]]:
    rows = []
    for title in (name for name in FUNCTIONS if name in options.functions):
        for size in options.sizes if options.sizes_given else SIZES:
            timed, moved = calls.call(title, size)
            contenders = {}
            for threads in dict.fromkeys((1, options.threads)):
                copy = calls.copy(moved, threads)
                contenders[f"ours {threads}"] = calls.on(threads, lambda timed=timed: calls.burst(timed))
                contenders[f"copy {threads}"] = lambda copy=copy: calls.burst(copy)
            found = calls.interleaved(contenders, max(3, options.rounds // 3))
            for threads in dict.fromkeys((1, options.threads)):
                ours, copy = (min(found[f"{who} {threads}"]) for who in ("ours", "copy"))
                rows.append(
                    {"function": title, "size": size, "threads": threads, "ours": ours, "copy": copy}
                    | {"ratio": ours / copy, "gigabytes_per_second": 4e-9 * moved / ours}
                )
    return rows


def told(rows: list[dict[str, Any]]) -> str:
    lines = [
        "time over that of numpy.copyto moving as many bytes, in as many threads; least times",
        f"{'':18}{'elements':>10}{'threads':>8}{'ours ms':>9}{'copy ms':>9}{'ratio':>7}{'GB/s':>7}",
    ]
    for row in rows:
        head = f"{row['function']:18}{row['size']:10}{row['threads']:8}"
        rest = f"{row['ratio']:7.2f}{row['gigabytes_per_second']:7.1f}"
        lines.append(f"{head}{row['ours'] * 1e3:9.2f}{row['copy'] * 1e3:9.2f}{rest}")
    return "\n".join(lines)
