"""Pictures of activations: `plot` with matplotlib, `curve_svg` with NumPy alone.

Both draw the same samples. A jump is found by bisection and drawn as a jump, with a filled dot at the value
taken and open ones at the limits that are not; a kink is a jump of the derivative and becomes a sample of its
own, so that corners are sharp at any resolution. A folding activation, which has no graph over one number, is
fed a small vector that depends on ``x``, and its label says which.
"""

from __future__ import annotations

import html
import numbers
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import activations as _library

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from activations.activation import Activation

    Spec = str | Mapping[str, Any] | Activation | None

__all__ = ["curve_svg", "plot"]

# Okabe and Ito's palette, without the yellow that white paper swallows.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_STYLES = ("-", "-.", ":")
_AXIS_COLOUR = "#9a9a9a"


class Curve(NamedTuple):
    """Samples to draw, NaN where the pen is lifted; jumps as rows (x, left limit, value, right limit)."""

    x: np.ndarray
    y: np.ndarray
    jumps: np.ndarray


class View(NamedTuple):
    """An activation as functions of one number: its label, value, slope (or None), and a maxout's pieces."""

    label: str
    value: Callable
    slope: Callable | None
    pieces: tuple[Callable, ...] = ()


def label(activation) -> str:
    """Name and parameters, short enough for a legend: those that are not the default."""
    defaults = {p.name: p.default for p in activation._declaration.parameters}
    shown = [
        f"{key}={value:.4g}" if isinstance(value, numbers.Real) else f"{key}={value}"
        for key, value in activation.parameters.items()
        if value != defaults[key]
    ]
    return f"{activation.name}({', '.join(shown)})" if shown else activation.name


def view(activation) -> View:
    """What of `activation` is drawn against x.

    Elementwise kinds are drawn as they are. Softmax and its kin get the vector ``[x, 0]`` and show their
    first output; a gated kind gets ``[x, x]``; maxout gets as many straight lines as it has pieces, tangents
    of a parabola.
    """
    for name, value in activation.parameters.items():
        if np.ndim(value):
            raise ValueError(
                f"{activation.name}: a curve needs one number for {name}, not an array of shape"
                f" {np.shape(value)}; bind one value at a time and plot the results together"
            )
    if activation.kind in ("ridge", "radial"):
        return View(label(activation), activation, _if_known(activation.derivative))
    if "pieces" in activation.parameters:
        slopes, offsets = _tangents(activation.parameters["pieces"])
        lines = tuple(zip(slopes.tolist(), offsets.tolist(), strict=True))
        names = [_line(a, b) for a, b in lines]
        text = (
            f"{activation.name}({', '.join(names)})" if len(names) <= 3 else f"{activation.name} of {len(names)} lines"
        )
        pieces = tuple((lambda x, a=a, b=b: a * x + b) for a, b in lines)
        options = {}
    else:
        gated = activation.kind == "gated"
        # The last axis here, whichever it is by default.
        options = {"axis": -1} if hasattr(activation, "axis") else {}
        slopes, offsets = np.array([1.0, 1.0 if gated else 0.0]), np.zeros(2)
        outputs = np.size(activation(np.zeros(2), **options))
        text = f"{label(activation)}([x, {'x' if gated else '0'}])" + ("[0]" if outputs > 1 else "")
        pieces = ()

    def value(x):
        return activation(x[:, None] * slopes + offsets, **options).reshape(len(x), -1)[:, 0]

    def slope(x):
        inputs = x[:, None] * slopes + offsets
        dy = np.zeros(np.shape(activation(inputs, **options)))
        dy.reshape(len(x), -1)[:, 0] = 1
        return activation.backward(dy, inputs, **options) @ slopes

    return View(text, value, _if_known(slope), pieces)


def _if_known(slope):
    """The slope, or None where the activation was made without a derivative, which it says by a TypeError."""
    try:
        slope(np.zeros(1))
    except TypeError:
        return None
    return slope


def _tangents(pieces):
    """Slopes and offsets of `pieces` lines whose maximum is |x| for two, a bent parabola for more."""
    slopes = np.linspace(-1, 1, pieces) if pieces > 1 else np.ones(1)
    return slopes, 2 * (np.min(slopes**2) - slopes**2)


def _line(slope, offset) -> str:
    sign = "\N{MINUS SIGN}"
    term = {0: "", 1: "x", -1: f"{sign}x"}.get(slope, f"{slope:.3g}x".replace("-", sign))
    if not offset:
        return term or "0"
    return f"{term} {sign if offset < 0 else '+'} {abs(offset):.3g}" if term else f"{offset:.3g}".replace("-", sign)


@np.errstate(all="ignore")  # differences of infinities
def _breaks(function, low, high, points=2001):
    """The places from `low` to `high` where `function` jumps."""
    step = (high - low) / (points - 1)
    # Corners like to stand at round numbers: shifted by an odd part of a step, they fall inside a cell, not
    # on its edge.
    x = np.concatenate([[low], low + step * (np.arange(points - 1) + 0.381966), [high]])
    y = function(x)
    change = np.abs(np.diff(y))
    beside = np.pad(change, 1)
    beside = np.maximum(beside[:-2], beside[2:])
    finite = y[np.isfinite(y)]
    floor = 1e-9 * np.ptp(finite) if finite.size else 0.0
    suspects = np.flatnonzero((change > 4 * beside + floor) & np.isfinite(change))
    a, b = x[suspects], x[suspects + 1]
    if not suspects.size:
        return a
    for _ in range(44):
        middle = (a + b) / 2
        at_a, at_middle, at_b = function(a), function(middle), function(b)
        left = np.abs(at_middle - at_a) > np.abs(at_b - at_middle)
        a, b = np.where(left, a, middle), np.where(left, middle, b)
    # A step through a value of its own, such as sign's at 0, keeps half of its height on either side.
    jumps = np.abs(function(b) - function(a)) > 0.25 * change[suspects]
    middle = ((a + b) / 2)[jumps]
    rounded = np.round(middle, 9) + 0.0
    return np.where(np.abs(rounded - middle) < 1e-11 * np.maximum(1, np.abs(middle)), rounded, middle)


def sample(function, low, high, points, kinks=()) -> Curve:
    """`function` at evenly spaced points and at its `kinks`, lifted over its jumps."""
    places, nudge = _breaks(function, low, high), 1e-9 * (high - low)
    for end in (low, high):
        places = np.where(np.abs(places - end) <= nudge, end, places)
    x = np.setdiff1d(np.union1d(np.linspace(low, high, points), np.asarray(kinks, dtype=float)), places)
    y = np.asarray(function(x), dtype=float)
    if not places.size:
        return Curve(x, y, np.empty((0, 4)))
    left, value, right = function(places - nudge), function(places), function(places + nudge)
    # What lies beyond the range is not shown.
    left, right = np.where(places == low, value, left), np.where(places == high, value, right)
    where = np.repeat(np.searchsorted(x, places), 3)
    gap = np.stack([left, np.full_like(left, np.nan), right], axis=-1).ravel()
    jumps = np.stack([places, left, value, right], axis=-1)
    return Curve(np.insert(x, where, np.repeat(places, 3)), np.insert(y, where, gap), jumps)


def curves(shown: View, low, high, points) -> tuple[Curve, Curve | None]:
    """The samples of a view's value and of its slope."""
    if shown.slope is None:
        return sample(shown.value, low, high, points), None
    slope = sample(shown.slope, low, high, points)
    return sample(shown.value, low, high, points, kinks=slope.jumps[:, 0]), slope


def _dots(curve: Curve):
    """Where to put filled dots (the values at the jumps) and open ones (limits that are not taken)."""
    filled, hollow = [], []
    for x, left, value, right in curve.jumps:
        close = 1e-6 * max(abs(right - left), 1e-300)
        filled.append((x, value))
        hollow.extend((x, limit) for limit in (left, right) if abs(limit - value) > close)
    return filled, hollow


def _check_range(limits, points):
    try:
        low, high = (float(limit) for limit in limits)
    except (TypeError, ValueError):
        raise ValueError(f"range must be two numbers, low and high, not {limits!r}") from None
    if not (np.isfinite(low) and np.isfinite(high) and low < high):
        raise ValueError(f"range must be two finite numbers with low < high, not {low:g} and {high:g}")
    if points < 2:
        raise ValueError(f"points must be at least 2, not {points}")
    return low, high


def plot(
    *activations: Spec,
    range: tuple[float, float] = (-10, 10),
    derivative: bool = False,
    ax: Axes | None = None,
    points: int = 1001,
) -> Axes:
    """Plot activations over a range, on request with their derivatives.

    Parameters
    ----------
    *activations : Activation, str or dict
        What to draw: anything that `activations.get` takes. Softmax and its kin are drawn as a function of
        the vector ``[x, 0]``, gated kinds of ``[x, x]``, maxout as the maximum of as many straight lines as
        it has pieces.
    range : (float, float)
        The first and last x.
    derivative : bool
        Draw the derivatives too: in a second panel, or dashed in `ax` where that is given.
    ax : matplotlib.axes.Axes, optional
        Where to draw; without it a new figure is made.
    points : int
        How many evenly spaced samples; kinks and jumps are sampled besides.

    Returns
    -------
    matplotlib.axes.Axes
        The axes with the curves; ``ax.figure`` is the figure, ``ax.figure.axes[1]`` the panel of the
        derivatives.

    Examples
    --------
    >>> from activations.plotting import plot
    >>> ax = plot("relu", {"name": "leaky_relu", "negative_slope": 0.2}, range=(-3, 3), derivative=True)
    >>> [text.get_text() for text in ax.figure.legends[0].get_texts()]
    ['relu', 'leaky_relu(negative_slope=0.2)']
    """
    if not activations:
        raise ValueError("plot() needs at least one activation")
    for each in activations:
        if isinstance(each, list | tuple):
            raise TypeError(
                "plot() takes activations one after the other, plot('relu', 'gelu'), and the range by its name, "
                f"range=(-5, 5); not {each!r}"
            )
    low, high = _check_range(range, points)
    views = [view(_library.get(activation)) for activation in activations]
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise ImportError('plotting needs matplotlib: pip install "numpy-activations[plot]"') from error

    if ax is not None:
        draw(views, low, high, points, ax, dashed=derivative)
        if len(views) > 1 or derivative or views[0].pieces:
            ax.legend(frameon=False)
        return ax
    width, most = (10, 4) if derivative else (6.4, 2)
    columns = legend_columns([shown.label for shown in views], width, most)
    rows = -(-len(views) // columns)
    # The figure grows by the rows that are more than two.
    figure = pyplot.figure(figsize=(width, 4.6 + 0.21 * max(0, rows - 2)), layout="constrained")
    panels = figure.subplots(1, 2 if derivative else 1, squeeze=False, sharex=True)[0]
    draw(views, low, high, points, *panels)
    handles, labels = panels[0].get_legend_handles_labels()
    if len(handles) > 1:
        figure.legend(handles, labels, loc="outside lower center", ncols=columns, frameon=False)
    return panels[0]


def legend_columns(labels, width, most) -> int:
    """In how many columns labels fit below a figure: some twelve letters to an inch, and eight for each stroke."""
    return max(1, min(most, len(labels), int(12 * width / (8 + max(map(len, labels))))))


def draw(views, low, high, points, ax, slopes_ax=None, *, dashed=False):
    """Draw views into `ax` and their slopes into `slopes_ax`, or dashed into `ax`."""
    single = len(views) == 1
    sampled = [curves(shown, low, high, points) for shown in views]
    values, slopes = [value for value, _ in sampled], [slope for _, slope in sampled if slope is not None]
    limits = _limits(values + slopes * dashed)
    slope_limits = _limits(slopes)
    for number, (shown, (value, slope)) in enumerate(zip(views, sampled, strict=True)):
        text = shown.label
        # Curves that coincide stay visible: later ones are thinner and lie on top.
        look = {
            "color": COLOURS[number % len(COLOURS)],
            "linewidth": 2.2 if single else 3.4 - 2.0 * number / (len(views) - 1),
            "linestyle": _STYLES[number // len(COLOURS) % len(_STYLES)],
            "zorder": 3 + 0.01 * number,
        }
        _draw_curve(ax, value, look, text, limits)
        for index, piece in enumerate(shown.pieces):
            ends = np.array([low, high])
            ax.plot(
                ends,
                piece(ends),
                color=look["color"],
                linewidth=1,
                linestyle=(0, (1, 2)),
                alpha=0.9,
                label="" if index or not single else "its pieces",
                scaley=False,
            )
        if slope is not None and slopes_ax is not None:
            _draw_curve(slopes_ax, slope, look, text, slope_limits)
        elif slope is not None and dashed:
            look |= {"linestyle": (0, (4, 2)), "linewidth": 1.6}
            _draw_curve(ax, slope, look, f"{text}, derivative", limits)
    _finish(ax, low, high, views[0].label if single else "value", limits)
    if slopes_ax is not None:
        _finish(slopes_ax, low, high, "derivative", slope_limits)


@np.errstate(over="ignore")
def _limits(drawn) -> tuple[float, float] | None:
    """The lowest and the highest y to show, if a few samples stand a thousand times above all others; or None.

    l2_normalize's slope is 1e12 at 0 and next to nothing elsewhere, which on its scale cannot be seen.
    """
    y = np.concatenate([curve.y for curve in drawn] or [[]])
    y = y[np.isfinite(y)]
    heights = np.sort(np.abs(y))
    usual = max(1.0, heights[-1 - max(1, len(y) // 200)]) if len(y) > 1 else np.inf
    if not heights.size or heights[-1] <= 1000 * usual:
        return None
    y = y[np.abs(y) <= usual]
    room = 0.0 if np.ptp(y) else 1.0
    return float(y.min() - room), float(y.max() + room)


def _draw_curve(ax, curve: Curve, look, text, limits):
    ax.plot(curve.x, curve.y, label=text, solid_capstyle="butt", solid_joinstyle="miter", **look)
    for x, left, _, right in curve.jumps:
        ax.plot([x, x], [left, right], color=look["color"], linewidth=0.8, linestyle=(0, (1, 2)), zorder=2.5)
    filled, hollow = _dots(curve)
    size, width = 3.0 + 0.8 * look["linewidth"], min(look["linewidth"], 1.6)
    for places, face in ((filled, look["color"]), (hollow, ax.get_facecolor())):
        for x, y in places:
            if limits is not None and not limits[0] <= y <= limits[1]:
                continue  # it would be drawn outside of the axes
            ax.plot(
                x,
                y,
                "o",
                color=look["color"],
                markerfacecolor=face,
                markersize=size,
                markeredgewidth=width,
                zorder=look["zorder"] + 0.5,
                clip_on=False,
            )


def _finish(ax, low, high, title, limits):
    from matplotlib.ticker import MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(nbins=10, steps=[1, 2, 5, 10]))
    ax.set_xlim(low, high)
    ax.margins(y=0.08)
    ax.autoscale_view(scalex=False)
    if limits is not None:
        margin = 0.08 * (limits[1] - limits[0])
        ax.set_ylim(limits[0] - margin, limits[1] + margin)
    ax.axhline(0, color=_AXIS_COLOUR, linewidth=0.9, zorder=1)
    if low < 0 < high:
        ax.axvline(0, color=_AXIS_COLOUR, linewidth=0.9, zorder=1)
    tidy(ax, title, "x")


def tidy(ax, title, x_label):
    """A pale grid instead of a frame."""
    ax.grid(True, color="#ececec", linewidth=0.7)
    ax.set_axisbelow(True)
    ax.spines[["top", "right", "left", "bottom"]].set_visible(False)
    ax.tick_params(which="both", length=0, labelcolor="#444444")
    ax.set_xlabel(x_label, color="#444444")
    ax.set_title(title, fontsize="medium")


def curve_svg(activation: Spec, *, range: tuple[float, float] = (-6, 6), width: int = 300, height: int = 180) -> str:
    """A small picture of an activation and its derivative as inline SVG, made without matplotlib.

    Examples
    --------
    >>> from activations.plotting import curve_svg
    >>> import activations
    >>> curve_svg(activations.get("tanh"))[:4]
    '<svg'
    """
    low, high = _check_range(range, 2)
    shown = view(activation)
    value, slope = curves(shown, low, high, 241)
    drawn = [(value, COLOURS[0], "")] + ([(slope, COLOURS[1], "5 3")] if slope is not None else [])
    heights = np.concatenate([curve.y for curve, *_ in drawn] + [[0.0]])
    heights = heights[np.isfinite(heights)]
    bottom, top = _limits([curve for curve, *_ in drawn]) or (heights.min(), heights.max())
    if top - bottom < 1e-12:
        bottom, top = bottom - 1, top + 1
    left, above, below = 34, 22, 18

    def across(x):
        return left + (x - low) / (high - low) * (width - left - 8)

    def up(y):
        y = np.clip(y, bottom, top)  # no further, or it would cross the legend
        return above + (top - y) / (top - bottom) * (height - above - below)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" role="img"'
        f' viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="10" fill="currentColor">',
        f"<title>{html.escape(shown.label)}, curve and derivative</title>",
        f'<g stroke="{_AXIS_COLOUR}" stroke-width="0.8">',
        f'<line x1="{across(low):.1f}" y1="{up(0):.1f}" x2="{across(high):.1f}" y2="{up(0):.1f}"/>',
    ]
    if low < 0 < high:
        parts.append(f'<line x1="{across(0):.1f}" y1="{up(top):.1f}" x2="{across(0):.1f}" y2="{up(bottom):.1f}"/>')
    parts.append("</g>")
    for curve, colour, dashes in drawn:
        dash = f' stroke-dasharray="{dashes}"' if dashes else ""
        path = "".join(_svg_strokes(across(curve.x), up(curve.y)))
        parts.append(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.8"{dash}/>')
        for places, face in zip(_dots(curve), (colour, "white"), strict=True):
            look = f'r="2.4" fill="{face}" stroke="{colour}"'
            parts += [f'<circle cx="{across(x):.1f}" cy="{up(y):.1f}" {look}/>' for x, y in places]
    legend = f'<tspan fill="{COLOURS[0]}">{html.escape(shown.label)}</tspan>'
    if slope is not None:
        legend += f' <tspan fill="{COLOURS[1]}">- - derivative</tspan>'
    parts.append(f'<text x="{left}" y="13">{legend}</text>')
    for x, anchor in ((low, "start"), (high, "end")):
        parts.append(f'<text x="{across(x):.1f}" y="{height - 5}" text-anchor="{anchor}">{_tick(x)}</text>')
    for y in {float(bottom), float(top)}:
        parts.append(f'<text x="{left - 4}" y="{up(y) + 3:.1f}" text-anchor="end">{_tick(y)}</text>')
    return "".join([*parts, "</svg>"])


def _tick(number) -> str:
    return f"{number:.{3 if abs(number) >= 100 else 2}g}".replace("-", "\N{MINUS SIGN}")


def _svg_strokes(x, y):
    """SVG path commands, starting anew after every gap."""
    pen_down = False
    for across, up in zip(x.tolist(), y.tolist(), strict=True):
        if not np.isfinite(up):
            pen_down = False
            continue
        yield f"{'L' if pen_down else 'M'}{across:.1f} {up:.1f}"
        pen_down = True
