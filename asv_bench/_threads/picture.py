"""Draws what was measured: the gain of threads by size, and the slow calls beside a busy process."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def _gain(axes, rows: list[dict[str, Any]]) -> None:
    for title in dict.fromkeys(row["function"] for row in rows):
        own = [row for row in rows if row["function"] == title]
        axes.plot([row["size"] for row in own], [row["ratio"] for row in own], marker="o", markersize=3, label=title)
    axes.axhline(1, color="black", linewidth=0.8)
    axes.set(xscale="log", xlabel="elements", ylabel="time with all threads over one", ylim=(0, 1.25))
    axes.set_title("Threads by size", fontsize=10)
    axes.legend(fontsize=7, ncols=2, loc="lower left")


def _slow(axes, rows: list[dict[str, Any]]) -> None:
    """Each contender's median, 99th percentile and slowest call beside a busy process, at the middle size."""
    rows = [row for row in rows if "busy" in row]
    sizes = sorted({row["size"] for row in rows})
    rows = [row for row in rows if row["size"] == sizes[len(sizes) // 2]]
    rows.sort(key=lambda row: row["function"])
    for place, row in enumerate(rows):
        busy = row["busy"]
        axes.plot([busy["median"] * 1e3, busy["max"] * 1e3], [place, place], color="0.8", zorder=0)
        for key, marker in (("median", "|"), ("mean", "o"), ("p99", "D"), ("max", ">")):
            axes.scatter(busy[key] * 1e3, place, marker=marker, color="C0" if "ours" in row["contender"] else "C1")
    for key, marker in (("median", "|"), ("mean", "o"), ("99th percentile", "D"), ("slowest", ">")):
        axes.scatter([], [], marker=marker, color="0.3", label=key)
    axes.set_yticks(range(len(rows)), [f"{row['function']}, {row['contender']}" for row in rows], fontsize=8)
    axes.invert_yaxis()
    axes.set(xscale="log", xlabel="milliseconds of a call")
    axes.set_title(f"Another process holds a core, {rows[0]['size']:,} elements", fontsize=10)
    axes.legend(fontsize=7)


def draw(found: dict[str, Any], path: Path) -> None:
    """A panel for each of the two parts that was measured."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    panels = [(panel, found[part]) for part, panel in (("sizes", _gain), ("busy", _slow)) if part in found]
    if not panels:
        raise SystemExit("--picture: nothing to draw; it shows the parts sizes and busy")
    figure = pyplot.figure(figsize=(5.2 * len(panels), 3.8), layout="constrained")
    for (panel, rows), place in zip(panels, figure.subplots(1, len(panels), squeeze=False)[0], strict=True):
        panel(place, rows)
    figure.savefig(path, dpi=130)
    pyplot.close(figure)
