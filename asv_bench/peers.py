"""Compare this library with the fastest of its peers, and with a plain copy of the same bytes.

    python -m asv_bench.peers
    python -m asv_bench.peers --functions relu,tanh --passes forward --size 4194304
    python -m asv_bench.peers --markdown --json peers.json
    python -m asv_bench.peers --all-functions --peers torch
    python -m asv_bench.peers --functions softmax,log_softmax --columns 64 --axis first

Peers that are not installed are reported as missing, and what is not raced with one that is, with the reason. The
table's times are nanoseconds per input element, minima over all rounds, with the output fresh or given, whichever
was faster; `median ratio` is the median of the ratios taken round by round; `+y` and `+which` mean that the saved
output or argmax was used. All cases take turns; where their arrays would take more than a quarter of the memory,
one case is raced after the other.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMEXPR_MAX_THREADS",
    "NUMBA_NUM_THREADS",
    "PJRT_NPROC",
    "NPROC",
)


def set_threads(threads: int) -> None:
    """Hold every library to `threads`; has to come before the first of them is imported."""
    if "numpy" in sys.modules:
        raise RuntimeError("NumPy is already imported, its threads are set; run `python -m asv_bench.peers`")
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, str(threads)))
    eigen = str(threads > 1).lower()
    os.environ["XLA_FLAGS"] = f"--xla_cpu_multi_thread_eigen={eigen} intra_op_parallelism_threads={threads}"
    os.environ.update(JAX_PLATFORMS="cpu", TF_CPP_MIN_LOG_LEVEL="3")


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def load_peers(peers: tuple[str, ...]) -> tuple[dict[str, Any], dict[str, str]]:
    """The adaptors that can be imported, and why the others can't."""
    found, missing = {}, {}
    for name in ("ours", *peers, "copy"):
        try:
            found[name] = importlib.import_module(f"asv_bench._peers.{name}")
        except Exception as error:  # ImportError, or whatever a peer built for another NumPy raises
            missing[name] = f"{type(error).__name__}: {error}"
    return found, missing


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m asv_bench.peers", description=__doc__.partition("\n")[0])
    add = parser.add_argument
    add("--functions", metavar="NAME,...", help="only these; maxout2 and maxout3 fold 2 and 3 pieces")
    add(
        "--all-functions",
        action="store_true",
        help="also those of few peers: all that PyTorch or a line of formulas has",
    )
    add("--peers", metavar="NAME,...", help="only these libraries")
    add("--passes", metavar="PASS,...", help="forward or backward (default: both)")
    add("--size", type=int, default=65_536, metavar="N", help="input elements (default: %(default)s)")
    add("--dtype", choices=("float16", "float32", "float64"), default="float32", help="default: %(default)s")
    add("--columns", type=int, default=1024, metavar="N", help="inputs that softmax and maxout fold (%(default)s)")
    add("--axis", choices=("last", "first", "middle"), default="last", help="which one they fold (%(default)s)")
    add("--layout", choices=("contiguous", "strided"), default="contiguous", help="every other element (%(default)s)")
    add("--output", choices=("best", "fresh", "out"), default="best", help="results made anew, given, or both (best)")
    add("--threads", type=int, default=1, metavar="N", help="threads for everybody (default: %(default)s)")
    add("--rounds", type=int, default=300, metavar="N", help="rounds of bursts (default: %(default)s)")
    add("--json", type=Path, metavar="FILE", help="write everything measured to FILE")
    add("--markdown", action="store_true", help="print the table as Markdown")
    options = parser.parse_args(arguments)
    for name, least in (("threads", 1), ("rounds", 1), ("size", 16), ("columns", 3)):
        if (value := getattr(options, name)) < least:
            parser.error(f"--{name} is {value}; give at least {least}")
    return options


def chosen(option: str, given: str | None, known: tuple[str, ...]) -> tuple[str, ...]:
    """The names of a comma-separated option, all known ones where it is not given."""
    names = known if given is None else tuple(given.split(","))
    if unknown := [name for name in names if name not in known]:
        raise SystemExit(f"{option}: unknown {', '.join(unknown)}; choose from {', '.join(known)}")
    return names


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    set_threads(options.threads)
    from asv_bench._peers import PEERS, cases, check, memory, race, report

    known = cases.ALL_FUNCTIONS if options.axis == "last" else cases.ALONG_ANY_AXIS
    functions = cases.ALL_FUNCTIONS if options.all_functions else cases.FUNCTIONS
    functions = tuple(name for name in functions if name in known)
    if options.functions is not None:
        functions = chosen("--functions", options.functions, known)
    peers = chosen("--peers", options.peers, PEERS)
    directions = chosen("--passes", options.passes, cases.DIRECTIONS)
    layout = cases.Layout(options.columns, options.axis, options.layout == "strided")
    data = cases.Data(options.size, options.dtype, layout=layout)
    started = time.perf_counter()

    def progress(text: str) -> None:
        say(f"{time.perf_counter() - started:4.0f} s  {text}")

    adaptors, missing = load_peers(peers)
    failed: list[check.Line] = []
    absent: list[check.Line] = []

    def enter(case: cases.Case) -> list[race.Racer]:
        racers, *lines = check.enter(case, adaptors, options.output)
        failed.extend(lines[0])
        absent.extend(lines[1])
        progress(f"{case.title}: {len(racers)} contenders checked")
        return racers

    def on_round(number: int) -> None:
        if (number + 1) % 50 == 0:
            progress(f"round {number + 1} of {options.rounds}")

    every = list(cases.cases(functions, directions, data, options.threads))
    together = memory.fits(every)
    if not together:
        progress("the arrays of all cases together would fill the memory: one case is raced after the other")
    rows = []
    # What the cases of a group hold is freed before the next group begins.
    for group in [every] if together else [[case] for case in every]:
        entered = {case: enter(case) for case in group}
        race.race(list(entered.values()), options.rounds, on_round)
        rows += [report.row(case, racers) for case, racers in entered.items()]
        entered.clear()
        for case in group:
            case.free()

    versions = {name: found.version for name, found in adaptors.items() if name != "copy"}
    about = {"cpu": report.cpu_name(), "size": options.size, "dtype": str(data.dtype)}
    about |= {"threads": options.threads, "rounds": options.rounds}
    about |= {"columns": options.columns, "axis": options.axis, "layout": options.layout}
    about |= {"output": options.output}
    about |= {"turns": "all cases" if together else "one case after the other"}
    notes = report.summary(rows, options.threads) + report.failures(failed) + report.absences(absent)
    notes += [f"missing: {name} ({reason})" for name, reason in missing.items()]
    notes.append("; ".join(f"{name} {value}" for name, value in about.items()))
    notes.append(", ".join(f"{name} {version}" for name, version in versions.items()))
    print(report.table(rows, options.markdown), end="\n\n")
    for line in notes:
        print(f"- {line}" if options.markdown else line)
    if options.json:
        about |= {
            "python": sys.version.split()[0],
            "versions": versions,
            "missing": missing,
            "failed": failed,
            "not raced": absent,
        }
        about |= {"unit": "nanoseconds per input element", "results": report.as_json(rows)}
        options.json.write_text(json.dumps(about, indent=1) + "\n")
    return int(any(e.wrong for row in rows for e in row.entries if e.contender.startswith("activations")))


if __name__ == "__main__":
    sys.exit(main())
