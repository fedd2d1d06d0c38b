"""What networks of thinc and spaCy gain from our backend, end to end: a prediction, and a step of training.

    python -m asv_bench.thinc_networks
    python -m asv_bench.thinc_networks --networks maxout,tok2vec --rounds 100 --markdown --json networks.json

Each network is built twice, with thinc's own ``NumpyOps`` and with ours, and gets the same random weights; predictions
and gradients are compared before anything is timed. The two take turns, and the minimum over all rounds counts: of
the processor's time with one thread, so that other processes matter little, else of the clock's. `share` is the part of
the time with ``NumpyOps`` that passes in the methods which ours replaces. Networks of spaCy need spaCy.
"""

from __future__ import annotations

import argparse
import gc
import importlib.metadata
import itertools
import json
import math
import random
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from asv_bench.peers import chosen, say, set_threads

NETWORKS = ("maxout", "relu", "gelu", "mish", "tok2vec", "tok2vec_wide", "tok2vec_mish", "pipeline")
GEMMS = ("blis", "numpy")
HEADINGS = ("network", "pass", "gemm", "ours, ms", "NumpyOps, ms", "ratio", "share")
TEXTS = 3
SHARES = 5


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m asv_bench.thinc_networks", description=__doc__.partition("\n")[0])
    add = parser.add_argument
    add("--networks", metavar="NAME,...", help=f"some of {', '.join(NETWORKS)} (default: all)")
    add("--gemm", metavar="NAME,...", help="whose matrix products: blis (thinc's default), numpy (default: both)")
    add("--rounds", type=int, default=60, metavar="N", help="rounds (default: %(default)s)")
    add("--threads", type=int, default=1, metavar="N", help="threads (default: %(default)s)")
    add("--json", type=Path, metavar="FILE", help="write everything measured to FILE")
    add("--markdown", action="store_true", help="print the table as Markdown")
    options = parser.parse_args(arguments)
    for name in ("rounds", "threads"):
        if getattr(options, name) < 1:
            parser.error(f"--{name} is {getattr(options, name)}; give at least 1")
    return options


def race(calls: dict[str, Any], rounds: int, clock: Callable[[], float]) -> dict[str, float]:
    """The shortest time of each call in milliseconds; they take turns, in an order shuffled anew."""
    best, rng = dict.fromkeys(calls, math.inf), random.Random(0)
    for call in calls.values():
        call()
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for name in rng.sample(list(calls), len(calls)):
                start = clock()
                calls[name]()
                best[name] = min(best[name], 1e3 * (clock() - start))
    finally:
        gc.enable()
    return best


def table(rows: list[dict[str, Any]], markdown: bool) -> str:
    """The rows as text."""
    cells = [list(HEADINGS)]
    for row in rows:
        times = [f"{row[name]:.2f}" for name in ("ours", "theirs", "ratio")]
        cells.append([row["network"], row["pass"], row["gemm"], *times, f"{100 * row['share']:.0f} %"])
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    padded = [
        [(str.ljust if k < TEXTS else str.rjust)(text, widths[k]) for k, text in enumerate(line)] for line in cells
    ]
    if not markdown:
        return "\n".join("  ".join(line).rstrip() for line in padded)
    rule = ["-" * width if k < TEXTS else "-" * (width - 1) + ":" for k, width in enumerate(widths)]
    return "\n".join("| " + " | ".join(line) + " |" for line in [padded[0], rule, *padded[1:]])


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    names = chosen("--networks", options.networks, NETWORKS)
    gemms = chosen("--gemm", options.gemm, GEMMS)
    set_threads(options.threads)
    try:
        from asv_bench._peers import report
        from asv_bench._thinc import networks
    except ImportError as error:
        raise SystemExit(str(error)) from None
    clock = process_time if options.threads == 1 else perf_counter
    rows, missing = [], {}
    for name, gemm in itertools.product(names, gemms):
        try:
            passes = networks.passes(name, use_blis=gemm == "blis")
        except ImportError as error:
            missing[name] = str(error)
            continue
        for direction, (calls, watch) in passes.items():
            best = race({label: calls[label] for label in ("ours", "theirs")}, options.rounds, clock)
            row = {"network": name, "pass": direction, "gemm": gemm, "ours": best["ours"], "theirs": best["theirs"]}
            row |= {"ratio": best["ours"] / best["theirs"], "share": watch.share(calls["watched"], SHARES, clock)}
            rows.append(row)
            say(table(rows, False).splitlines()[-1])
    versions = {name: _version(name) for name in ("numpy-activations", "thinc", "spacy", "blis", "numpy")}
    about = {"cpu": report.cpu_name(), "threads": options.threads, "rounds": options.rounds, "versions": versions}
    print(table(rows, options.markdown), end="\n\n")
    for name, reason in missing.items():
        print(f"missing: {name} ({reason})")
    print("; ".join(f"{key} {value}" for key, value in about.items() if key != "versions"))
    print(", ".join(f"{key} {value}" for key, value in versions.items() if value))
    if options.json:
        about |= {"unit": "milliseconds per call", "missing": missing, "results": rows}
        options.json.write_text(json.dumps(about, indent=1) + "\n")
    return 0


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


if __name__ == "__main__":
    sys.exit(main())
