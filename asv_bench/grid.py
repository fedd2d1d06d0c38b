"""The comparison with peers over sizes, types and threads: worst cells first, as JSON, and as a picture.

    python -m asv_bench.grid
    python -m asv_bench.grid --sizes 16384,4194304 --dtypes float32,float64 --threads 1,2 --rounds 40
    python -m asv_bench.grid --busy --threads 2
    python -m asv_bench.grid --all-functions --output fresh
    python -m asv_bench.grid --functions softmax,maxout2 --axis first --columns 64
    python -m asv_bench.grid --from grid.json --picture grid.png

Each combination is a run of ``asv_bench.peers`` in a process of its own, since every library takes its number of
threads when it is imported. The picture needs matplotlib (extra ``plot``).
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import math
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from asv_bench._threads.busy import busy_process
from asv_bench.threads import cores

SIZES = (1024, 65_536, 4_194_304)
DTYPES = ("float16", "float32", "float64")
# Handed on to asv_bench.peers as they are; the last of them have no value.
HANDED_ON = ("functions", "peers", "passes", "layout", "axis", "columns", "output")
FLAGS = ("all-functions",)
# What is said of a run if it is another one.
USUAL = {"layout": "contiguous", "axis": "last", "columns": 1024, "output": "best"}
# From so many elements on a call takes longer than a burst of calls should.
LARGE = 1 << 20
BEST, WORST = 1 / 4, 4.0


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m asv_bench.grid", description=__doc__.partition("\n")[0])
    add = parser.add_argument
    add("--sizes", type=_list(int), default=SIZES, metavar="N,...", help="input elements")
    add("--dtypes", type=_list(str), default=DTYPES, metavar="TYPE,...")
    add("--threads", type=_list(int), default=tuple(sorted({1, cores()})), metavar="N,...", help="default: 1 and all")
    add("--busy", action="store_true", help="beside another process that holds a core")
    add("--rounds", type=int, default=60, metavar="N", help="of arrays below a million elements; above, a fifth of it")
    for option in HANDED_ON:
        add(f"--{option}", metavar=option.upper(), help="as for asv_bench.peers")
    for option in FLAGS:
        add(f"--{option}", action="store_true", help="as for asv_bench.peers")
    add("--json", type=Path, metavar="FILE", help="write all runs to FILE")
    add("--from", type=Path, dest="source", metavar="FILE", help="measure nothing, take the runs from FILE")
    add("--picture", type=Path, metavar="FILE", help="draw the ratios (png, svg, pdf)")
    return parser.parse_args(arguments)


def _list(kind: type):
    return lambda text: tuple(kind(part) for part in text.split(","))


def measured(options: argparse.Namespace) -> list[dict[str, Any]]:
    """What `asv_bench.peers` wrote for each combination."""
    with busy_process() if options.busy else contextlib.nullcontext():
        return [run | {"busy": options.busy} for run in _runs(options)]


def _runs(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    for dtype, size, threads in itertools.product(options.dtypes, options.sizes, options.threads):
        rounds = options.rounds if size < LARGE else max(1, options.rounds // 5)
        print(f"{dtype}, {size} elements, {threads} thread(s), {rounds} rounds", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder, "peers.json")
            command = [sys.executable, "-m", "asv_bench.peers", "--dtype", dtype, "--size", str(size)]
            command += ["--threads", str(threads), "--rounds", str(rounds), "--json", str(report)]
            for option in HANDED_ON:
                if given := getattr(options, option):
                    command += [f"--{option}", given]
            command += [f"--{option}" for option in FLAGS if getattr(options, option.replace("-", "_"))]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                raise SystemExit(f"{' '.join(command[1:])} failed:\n{done.stderr.strip()}")
            yield json.loads(report.read_text())


def title(run: dict[str, Any]) -> str:
    """Which combination a run is of."""
    words = [run["dtype"], str(run["size"]), f"{run['threads']}t", *(["busy"] if run.get("busy") else [])]
    unusual = {key: run[key] for key, usual in USUAL.items() if run.get(key, usual) != usual}
    return " ".join([*words, *(f"{key}={value}" for key, value in unusual.items())])


def cells(run: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The rows of a run that have a peer, by function and pass."""
    return {f"{row['function']} {row['direction']}": row for row in run["results"] if row["ratio"] is not None}


def told(runs: list[dict[str, Any]]) -> str:
    """The mean of each run, and every cell in which a peer is faster, worst first."""
    lines = ["run                      cells  mean ratio  lost  of copy speed, median"]
    lost = []
    for run in runs:
        found = cells(run)
        ratios = [row["ratio"] for row in found.values()]
        shares = [1 / row["ours_over_copy"] for row in found.values() if row["ours_over_copy"]]
        slower = [(row["ratio"], name, row) for name, row in found.items() if row["ratio"] > 1]
        lost += [(ratio, name, title(run), row) for ratio, name, row in slower]
        share = f"{100 * statistics.median(shares):.0f} %" if shares else "-"
        mean = statistics.geometric_mean(ratios) if ratios else math.nan
        lines.append(f"{title(run):24} {len(ratios):5}  {mean:10.2f}  {len(slower):4}  {share:>10}")
    lines += ["", f"slower than the best peer: {len(lost)} cells"]
    for ratio, name, where, row in sorted(lost, key=lambda each: -each[0]):
        lines.append(f"{ratio:6.2f}  {name:24} {where:24} {row['peer']['contender']}")
    return "\n".join(lines)


def draw(runs: list[dict[str, Any]], path: Path) -> None:
    """Ours over the best peer, a column for each run and a row for each function and pass."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot
    from matplotlib.colors import LogNorm

    names = list(dict.fromkeys(name for run in runs for name in cells(run)))
    table = [[cells(run).get(name, {}).get("ratio") or math.nan for run in runs] for name in names]
    figure, axes = pyplot.subplots(figsize=(2.5 + 0.62 * len(runs), 1.8 + 0.27 * len(names)), layout="constrained")
    picture = axes.imshow(table, cmap="RdYlGn_r", norm=LogNorm(BEST, WORST), aspect="auto")
    for (i, line), j in itertools.product(enumerate(table), range(len(runs))):
        if not math.isnan(line[j]):
            pale = 0.5 < line[j] < 2
            axes.text(j, i, f"{line[j]:.2f}", ha="center", va="center", fontsize=7, color="black" if pale else "white")
    axes.set_xticks(range(len(runs)), [title(run).replace(" ", "\n") for run in runs], fontsize=7)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.xaxis.tick_top()
    scale = figure.colorbar(picture, ax=axes, ticks=[0.25, 0.5, 1, 2, 4], label="our time over the best peer's")
    scale.minorticks_off()
    scale.ax.set_yticklabels(["1/4", "1/2", "1", "2", "4"])
    figure.savefig(path, dpi=150)


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    if options.picture:
        import matplotlib  # noqa: F401  (before an hour of measurements, not after it)
    runs = json.loads(options.source.read_text()) if options.source else measured(options)
    if options.json:
        options.json.write_text(json.dumps(runs, indent=1) + "\n")
    print(told(runs))
    if options.picture:
        draw(runs, options.picture)
    return 0


if __name__ == "__main__":
    sys.exit(main())
