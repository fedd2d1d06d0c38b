"""Calls from a thread pool's workers, and Dask's threaded scheduler, against a loop on all threads.

Each worker calls the function on blocks of its own. With more threads at work than there are cores, a pool whose calls
have threads of their own would be slower than one whose calls have a single thread.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import Any

import activations
from activations.kernels import core

from . import calls

FUNCTIONS = ("relu", "gelu")
SIZES = (200_000, 1_000_000)
WORKERS = (2, 4, 8)
BLOCKS = 16


def once(timed: Callable[[], object]) -> float:
    timed()
    start = perf_counter()
    timed()
    return perf_counter() - start


def dask_call(function: str, xs: list, workers: int) -> Callable[[], object] | None:
    """The function mapped over a Dask array of these blocks by its threaded scheduler; None where there is no Dask."""
    try:
        import dask
        import dask.array
    except ImportError:
        return None
    lazy = activations.get(function)(dask.array.concatenate([dask.array.from_array(x, chunks=-1) for x in xs]))
    blocks = list(lazy.to_delayed().ravel())
    return lambda: dask.compute(*blocks, scheduler="threads", num_workers=workers)


def race(function: str, size: int, workers: int, options: argparse.Namespace) -> list[dict[str, Any]]:
    f = activations.get(function)
    xs = calls.arrays(size, BLOCKS)
    outs = calls.arrays(size, BLOCKS)

    def one(k: int) -> None:
        f(xs[k], out=outs[k])

    def loop() -> None:
        for k in range(BLOCKS):
            one(k)

    rows = []
    with ThreadPoolExecutor(workers) as pool:
        ways = {"pool": lambda: list(pool.map(one, range(BLOCKS))), "dask": dask_call(function, xs, workers)}
        for way, pooled in ways.items():
            if pooled is None:
                rows.append({"function": function, "size": size, "way": way, "workers": workers, "missing": "no Dask"})
                continue
            alone = loop if way == "pool" else dask_call(function, xs, 1)
            contenders = {
                "all": calls.on(options.threads, lambda pooled=pooled: once(pooled)),
                "one": calls.on(1, lambda pooled=pooled: once(pooled)),
                "loop": calls.on(options.threads, lambda alone=alone: once(alone)),
            }
            found = calls.interleaved(contenders, options.rounds)
            row = {"function": function, "size": size, "way": way, "workers": workers}
            row |= {name: statistics.median(times) for name, times in found.items()}
            for other in ("one", "loop"):
                row[f"over_{other}"] = statistics.median(a / b for a, b in zip(found["all"], found[other], strict=True))
                row[f"least_over_{other}"] = min(found["all"]) / min(found[other])
            row["helpers"] = core.helpers()
            rows.append(row)
    return rows


def measure(options: argparse.Namespace) -> list[dict[str, Any]]:
    functions = [name for name in FUNCTIONS if name in options.functions]
    sizes = options.sizes if options.sizes_given else SIZES
    return [
        row for name in functions for size in sizes for workers in WORKERS for row in race(name, size, workers, options)
    ]


def told(rows: list[dict[str, Any]]) -> str:
    lines = [
        f"{BLOCKS} blocks by a pool's workers, milliseconds (medians): calls on all threads, on one, without a pool;",
        "the first over each of the others, median of rounds and (least times); threads of this library's",
        f"{'':34}{'all':>8}{'one':>8}{'no pool':>9}{'all/one':>15}{'all/no pool':>15}{'helpers':>9}",
    ]
    for row in rows:
        title = f"{row['function']} {row['size']}  {row['way']} of {row['workers']}"
        if "missing" in row:
            lines.append(f"{title:34}  missing: {row['missing']}")
            continue
        times = "".join(f"{row[key] * 1e3:{width}.2f}" for key, width in (("all", 8), ("one", 8), ("loop", 9)))
        ratios = "".join(f"{row[f'over_{key}']:8.2f} ({row[f'least_over_{key}']:.2f})" for key in ("one", "loop"))
        lines.append(f"{title:34}{times}{ratios}{row['helpers']:9}")
    return "\n".join(lines)
