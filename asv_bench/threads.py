"""What threads gain and what they never cost: sizes, a busy core, thread pools, memory.

    python -m asv_bench.threads
    python -m asv_bench.threads --parts busy,pools --rounds 20
    python -m asv_bench.threads --json threads.json --picture threads.png

Everything is measured in turns, float32, results given (``out=``). `sizes` sets one thread against all, by function
and size; `busy` runs beside a process that holds a core; `pools` calls from a `ThreadPoolExecutor` and from Dask's
threaded scheduler; `memory` sets arrays larger than the last-level cache against a plain copy.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Any

from asv_bench._threads import PARTS
from asv_bench.peers import chosen, say, set_threads

SIZES = tuple(1 << k for k in range(10, 25, 2))


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m asv_bench.threads", description=__doc__.partition("\n")[0])
    add = parser.add_argument
    add("--parts", metavar="NAME,...", help=f"of {', '.join(PARTS)} (default: all)")
    add("--functions", metavar="NAME,...", help="only these, such as relu,sigmoid.backward")
    add("--sizes", metavar="N,...", help="elements (default: each part's own)")
    add("--threads", type=int, default=cores(), metavar="N", help="what `all` means (default: %(default)s)")
    add("--rounds", type=int, default=30, metavar="N", help="default: %(default)s")
    add("--json", type=Path, metavar="FILE", help="write everything measured to FILE")
    add("--from", type=Path, dest="source", metavar="FILE", help="measure nothing, take what was written to FILE")
    add("--picture", type=Path, metavar="FILE", help="draw it (png, svg, pdf)")
    options = parser.parse_args(arguments)
    for name in ("threads", "rounds"):
        if (value := getattr(options, name)) < 1:
            parser.error(f"--{name} is {value}; give at least 1")
    options.sizes_given = options.sizes is not None
    try:
        options.sizes = tuple(map(int, options.sizes.split(","))) if options.sizes_given else SIZES
    except ValueError:
        parser.error(f"--sizes is {options.sizes!r}; give numbers of elements, such as 65536,1048576")
    if wrong := [size for size in options.sizes if size < 64 or size % 64]:
        parser.error(f"--sizes holds {wrong[0]}; give multiples of 64")
    return options


def measured(options: argparse.Namespace, parts: tuple[str, ...]) -> dict[str, Any]:
    set_threads(options.threads)
    import numpy

    import activations
    from asv_bench._peers.report import cpu_name
    from asv_bench._threads import calls

    options.functions = chosen("--functions", options.functions, calls.CALLS)
    found = {"cpu": cpu_name(), "cores": cores(), "threads": options.threads, "rounds": options.rounds}
    found |= {"numpy": numpy.__version__, "activations": activations.__version__}
    for part in parts:
        say(f"{part} ...")
        found[part] = importlib.import_module(f"asv_bench._threads.{part}").measure(options)
    return found


def told(found: dict[str, Any]) -> str:
    texts = [importlib.import_module(f"asv_bench._threads.{part}").told(found[part]) for part in PARTS if part in found]
    texts.append("; ".join(f"{name} {value}" for name, value in found.items() if name not in PARTS))
    return "\n\n".join(texts)


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    parts = chosen("--parts", options.parts, PARTS)
    if options.picture and importlib.util.find_spec("matplotlib") is None:
        raise SystemExit('--picture needs matplotlib: pip install "numpy-activations[plot]"')
    found = json.loads(options.source.read_text()) if options.source else measured(options, parts)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n")
    print(told(found))
    if options.picture:
        from asv_bench._threads.picture import draw

        draw(found, options.picture)
    return 0


if __name__ == "__main__":
    sys.exit(main())
