"""How calls fare while another process holds a core: medians and the slowest.

Every contender lives in a process of its own, so that none is disturbed by another one's threads, and they take turns:
while one runs a burst the others wait for a line. The busy process is stopped for every other round.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter, sleep
from typing import Any

import numpy as np

CONTENDERS = ("ours", "ours on one thread", "torch", "numba parallel")
# Who has which of the calls that this part knows.
SIZES = (200_000, 1_000_000, 4_000_000)
FUNCTIONS = ("relu", "gelu")
# How long a contender's turn is, longer than what the system gives a process at a time; and the rest before it.
TURN, REST = 0.04, 0.01
SPIN = "while True: pass"


@contextmanager
def busy_process() -> Iterator[subprocess.Popen]:
    """A process that does nothing, as fast as it can."""
    child = subprocess.Popen([sys.executable, "-S", "-c", SPIN])
    try:
        yield child
    finally:
        child.kill()
        child.wait()


def prepared(contender: str, function: str, size: int):
    """The contender's call. Each imports its library itself: the process is its own."""
    from . import calls

    x, out = calls.arrays(size, 2)
    if contender.startswith("ours"):
        return calls.call(function, size)[0]
    if contender == "torch":
        import torch

        given, result = torch.from_numpy(x), torch.from_numpy(out)
        f = {"relu": torch.ops.aten.relu.out, "gelu": torch.ops.aten.gelu.out}[function]
        return lambda: f(given, out=result)
    from asv_bench._peers import numba as peer

    scalar = peer.scalars(np.float32)[function, "forward"]
    loop = peer.njit(parallel=True, fastmath=True)(peer._loops(peer.njit(fastmath=True)(scalar), 1))
    return lambda: loop(x, out)


def serve(contender: str, function: str, size: int) -> None:
    """The life of a contender's process: for every line a turn of calls, whose times are a line of JSON."""
    call = prepared(contender, function, size)
    for _ in range(8):
        call()
    print("ready", flush=True)
    for _ in sys.stdin:
        times, begun = [], perf_counter()
        while not times or perf_counter() - begun < TURN:
            start = perf_counter()
            call()
            times.append(perf_counter() - start)
        print(json.dumps(times), flush=True)


class Contender:
    """A contender's process. `failed` tells why there is none."""

    def __init__(self, name: str, function: str, size: int, threads: int):
        count = "1" if name == "ours on one thread" else str(threads)
        environment = dict(os.environ, OMP_NUM_THREADS=count, NUMBA_NUM_THREADS=count, MKL_NUM_THREADS=count)
        code = f"from asv_bench._threads.busy import serve; serve({name!r}, {function!r}, {size})"
        self.child = subprocess.Popen(
            [sys.executable, "-c", code],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.failed = ""
        if self.child.stdout.readline() != "ready\n":
            self.failed = (self.child.communicate()[1].strip().splitlines() or ["it ended"])[-1]

    def turn(self) -> list[float]:
        self.child.stdin.write("\n")
        self.child.stdin.flush()
        return json.loads(self.child.stdout.readline())

    def close(self) -> None:
        if not self.failed:
            self.child.communicate()


def summary(times: list[float]) -> dict[str, float]:
    quantiles = np.quantile(times, [0.5, 0.99, 1])
    return dict(zip(("median", "p99", "max"), map(float, quantiles), strict=True)) | {
        "mean": float(np.mean(times)),
        "calls": len(times),
    }


def race(function: str, size: int, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    contenders = {name: Contender(name, function, size, options.threads) for name in CONTENDERS}
    times = {(name, state): [] for name in contenders for state in ("quiet", "busy")}
    try:
        with busy_process() as child:
            for _ in range(options.rounds):
                for state, send in (("quiet", signal.SIGSTOP), ("busy", signal.SIGCONT)):
                    child.send_signal(send)
                    for name, contender in contenders.items():
                        if not contender.failed:
                            sleep(REST)
                            times[name, state] += contender.turn()
    finally:
        for contender in contenders.values():
            contender.close()
    for name, contender in contenders.items():
        row = {"function": function, "size": size, "contender": name}
        if contender.failed:
            yield row | {"missing": contender.failed}
        else:
            yield row | {state: summary(times[name, state]) for state in ("quiet", "busy")}


def measure(options: argparse.Namespace) -> list[dict[str, Any]]:
    functions = [name for name in FUNCTIONS if name in options.functions]
    sizes = options.sizes if options.sizes_given else SIZES
    return [row for name in functions for size in sizes for row in race(name, size, options)]


def told(rows: list[dict[str, Any]]) -> str:
    heading = "a core held by another process: microseconds of a call, quiet and busy"
    columns = "".join(f"{name:>9}" for name in ("median", "p99", "max", "mean") * 2)
    lines = [heading, f"{'':38}{columns}"]
    for row in rows:
        title = f"{row['function']} {row['size']}  {row['contender']}"
        if "missing" in row:
            lines.append(f"{title:38}  missing: {row['missing']}")
            continue
        figures = (row[state][key] * 1e6 for state in ("quiet", "busy") for key in ("median", "p99", "max", "mean"))
        lines.append(f"{title:38}" + "".join(f"{figure:9.0f}" for figure in figures))
    return "\n".join(lines)
