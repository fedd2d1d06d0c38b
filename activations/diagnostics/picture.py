"""Pictures of reports, and of what a recorder saw, with matplotlib."""

from __future__ import annotations

import numpy as np

from activations.plotting import COLOURS, tidy

__all__ = ["draw", "draw_epochs"]

_LARGEST = 1e100
# Lines of small print that an axes is high.
_LEGEND = 16
_BLUE, _RED, _GREEN, _PINK, _ORANGE, _SKY, _BLACK = COLOURS


def _pyplot():
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise ImportError('plotting needs matplotlib: pip install "numpy-activations[plot]"') from error
    return pyplot


def _values(report, name: str) -> np.ndarray:
    """A figure by layer, NaN where it is not known; matplotlib's axes overflow long before numbers do."""
    values = [getattr(layer, name) for layer in report.layers]
    return np.clip(np.array([np.nan if value is None else value for value in values], float), -_LARGEST, _LARGEST)


def draw(report):
    """The figure of a report: four panels over the layers."""
    figure = _pyplot().figure(figsize=(10, 7.2), layout="constrained")
    silent, flat, outputs, gradients = figure.subplots(2, 2, sharex=True).ravel()
    _silent(silent, report)
    _flat(flat, report)
    _outputs(outputs, report)
    _gradients(gradients, report)
    index = np.arange(len(report.layers))
    step = max(1, -(-len(index) // 12))
    for ax in (silent, flat, outputs, gradients):
        ax.set_xticks(index[::step])
        ax.set_xlim(-0.6, len(index) - 0.4)
    found = sorted(report.kinds)
    figure.suptitle("problems found: " + ", ".join(found) if found else "no problem found")
    return figure


def _percent(ax):
    """From 0 to 100, with room for the legend above."""
    ax.set_ylim(0, 118)
    ax.set_yticks(range(0, 101, 20))
    ax.legend(frameon=False, fontsize="small", loc="upper left", ncols=3)


def _silent(ax, report):
    index, units = np.arange(len(report.layers)), _values(report, "units")
    dead, almost = (100 * _values(report, name) / units for name in ("dead", "almost_dead"))
    ax.bar(index, dead, color=_RED, width=0.7, label="dead")
    ax.bar(index, almost, bottom=dead, color=_ORANGE, width=0.7, label="almost dead")
    ax.plot(index, 100 * _values(report, "dormant"), "o", color=_BLACK, markersize=4, label="dormant", clip_on=False)
    limits = [100 * report.thresholds.dying_at(each) for each in index]
    ax.step(index, limits, where="mid", color=_RED, linewidth=1, linestyle=(0, (4, 3)))
    _percent(ax)
    tidy(ax, "silent units, % of each layer (dashed: dying)", "")


def _flat(ax, report):
    index = np.arange(len(report.layers))
    ax.bar(index - 0.19, 100 * _values(report, "saturated"), color=_BLUE, width=0.36, label="pre-activations saturated")
    ax.bar(index + 0.19, 100 * _values(report, "sparsity"), color=_SKY, width=0.36, label="outputs exactly zero")
    if any(layer.bounded for layer in report.layers):
        ax.axhline(100 * report.thresholds.saturated, color=_BLUE, linewidth=1, linestyle=(0, (4, 3)))
    _percent(ax)
    tidy(ax, "saturation and sparsity, %", "")


def _outputs(ax, report):
    index, mean = np.arange(len(report.layers)), _values(report, "mean")
    deviation = np.sqrt(_values(report, "variance"))
    ax.axhline(0, color="#9a9a9a", linewidth=0.9, zorder=1)
    ax.errorbar(index, mean, yerr=deviation, fmt="o", color=_GREEN, capsize=4, linewidth=1.6)
    finite = np.concatenate([mean - deviation, mean + deviation])
    finite = np.abs(finite[np.isfinite(finite)])
    if finite.size and finite.max() > 1e3:
        ax.set_yscale("symlog")
    tidy(ax, "outputs: mean ± standard deviation", "layer")


def _gradients(ax, report):
    index, gradient = np.arange(len(report.layers)), _values(report, "gradient")
    shown = np.isfinite(gradient) & (gradient > 1 / _LARGEST)
    tidy(ax, "norm of the gradient (dashed: vanishing, exploding)", "layer")
    if not shown.any():
        ax.text(0.5, 0.5, "not known", transform=ax.transAxes, ha="center", color="#444444")
        return
    ax.set_yscale("log")
    ax.plot(index[shown], gradient[shown], "o-", color=_PINK, label="at the pre-activations")
    weights = _values(report, "weight_gradient")
    known = np.isfinite(weights) & (weights > 1 / _LARGEST)
    if known.any():
        ax.plot(index[known], weights[known], "s--", color=_BLACK, markersize=4, linewidth=1, label="of the weights")
    for limit in (report.thresholds.vanishing, report.thresholds.exploding):
        ax.axhline(limit * gradient[shown][-1], color=_PINK, linewidth=1, linestyle=(0, (4, 3)))
    ax.legend(frameon=False, fontsize="small")


def draw_epochs(recorder, ax=None):
    """The share of dead units by epoch, a line for each hidden layer."""
    pyplot = _pyplot()
    from matplotlib.ticker import MaxNLocator

    hidden = [layer for layer in recorder.reports[0].layers if not layer.output]
    # So many names that they would hide the lines stand beside the axes.
    columns = -(-len(hidden) // _LEGEND) if len(hidden) > _LEGEND // 2 else 0
    if ax is None:
        ax = pyplot.figure(figsize=(6.4 + 1.5 * columns, 4.2), layout="constrained").subplots()
    for number, layer in enumerate(hidden):
        share = 100 * np.where(recorder.dead[:, number] < 0, np.nan, recorder.dead[:, number]) / layer.units
        style = ("-", "-.", ":")[number // len(COLOURS) % 3]
        # Lines that coincide stay visible: later ones are thinner and lie on top.
        width = 3.4 - 2.0 * number / max(1, len(hidden) - 1)
        look = {"color": COLOURS[number % len(COLOURS)], "label": layer.title, "linewidth": width}
        # A line of one point is nothing.
        ax.plot(recorder.epochs, share, style, marker="o" if len(share) == 1 else None, **look)
    ax.set_ylim(-2, 102)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    place = {"loc": "upper left", "bbox_to_anchor": (1, 1), "ncols": columns} if columns else {}
    ax.legend(frameon=False, fontsize="small", **place)
    tidy(ax, "dead units, % of each layer", "epoch")
    return ax
