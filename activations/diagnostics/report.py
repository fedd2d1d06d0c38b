"""What `diagnose` found: figures by layer, problems, and how they are shown."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from activations.diagnostics.functions import declared
from activations.diagnostics.problems import Problem, Thresholds, find
from activations.diagnostics.tally import Tally, norm
from activations.diagnostics.units import dormant

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.table import Table

__all__ = ["LayerReport", "Report"]


@dataclass(frozen=True)
class LayerReport:
    """The figures of one layer; None where it is not known.

    Attributes
    ----------
    index : int
        Place in the network, from 0: ``coefs_[index]`` or ``layers_[index]`` are its weights.
    activation : str
        As it prints, or "unknown".
    output : bool
        Whether it is the output layer, which has figures and no verdicts.
    units, samples : int
        Units, and the samples each was seen on.
    dead, almost_dead : int
        Units active on none of the samples, and on few: see `dead_units` and `almost_dead`.
    dead_units, almost_dead_units : tuple of int
        Which.
    unused_pieces : int
        Of maxout and gated kinds: pre-activations that get no gradient on any sample, such as pieces that never win. A
        unit lives on with the others.
    sparsity : float
        Share of outputs that are exactly zero.
    saturated : float
        Share of saturated pre-activations: see `saturation`.
    saturated_units : int
        Units that lie beyond the same end on more than ``1 - Thresholds.almost_dead`` of the samples.
    bounded : bool
        Whether the activation is a monotonic one that saturates on both sides.
    dormant : float
        The dormant ratio: see `dormant_units`.
    mean, variance : float
        Of all outputs.
    off_centre : float
        How far from zero-centred the units' outputs are: the root mean square of the units' means, divided by that of
        all outputs; 0 where each unit's mean is 0, 1 where each is constant. Y. LeCun, L. Bottou, G. B. Orr,
        K.-R. Müller, Efficient BackProp, 1998, says what a mean other than 0 costs.
    not_finite : int
        Outputs that are NaN or infinite.
    gradient : float
        Root mean square over the samples of the norm of the loss's gradient with respect to the pre-activations.
    passed : float
        What the activation passed on of the gradient: its norm before the activation over that behind it.
    weight_gradient : float
        Norm of the mean gradient of the weights; known where targets were given.
    """

    index: int
    activation: str
    output: bool
    units: int
    samples: int
    dead: int | None
    almost_dead: int | None
    dead_units: tuple[int, ...] | None
    almost_dead_units: tuple[int, ...] | None
    unused_pieces: int | None
    sparsity: float
    saturated: float | None
    saturated_units: int | None
    bounded: bool | None
    dormant: float
    mean: float
    variance: float
    off_centre: float
    not_finite: int
    gradient: float | None
    passed: float | None
    weight_gradient: float | None

    @property
    def title(self) -> str:
        """For sentences."""
        return f"layer {self.index} ({self.activation})"


def of_layer(index: int, tally: Tally, output: bool, limits: Thresholds) -> LayerReport:
    """The figures of a layer from what was counted."""
    with np.errstate(all="ignore"):
        active = None if tally.active is None else tally.active / tally.samples
        dead = None if active is None else np.flatnonzero(active == 0)
        few = None if active is None else np.flatnonzero((active > 0) & (active < limits.almost_dead))
        sides = None if tally.left is None else np.stack([tally.left, tally.right]) / tally.samples
        variances = tally.deviations / tally.samples
        squares = (variances + tally.mean**2).mean()
        known = sides is not None and declared(tally.activation, tally.parameters, sides.shape[1])
        bounded = all(len(each.saturates) == 2 and each.monotonic is True for each in known) if known else None
        after = tally.gradient_after
        return LayerReport(
            index=index,
            activation="unknown" if tally.activation is None else _named(tally),
            output=output,
            units=len(tally.mean if active is None else active),
            samples=tally.samples,
            dead=None if dead is None else len(dead),
            almost_dead=None if few is None else len(few),
            dead_units=None if dead is None else tuple(dead.tolist()),
            almost_dead_units=None if few is None else tuple(few.tolist()),
            unused_pieces=None if tally.active_sums is None else int(np.sum(tally.active_sums == 0)),
            sparsity=tally.zeros / tally.elements,
            saturated=None if sides is None else float(sides.sum(axis=0).mean()),
            saturated_units=None if sides is None else int(np.sum(sides.max(axis=0) > 1 - limits.almost_dead)),
            bounded=bounded,
            dormant=float(dormant(tally.magnitude / tally.samples, limits.dormant).mean()),
            mean=float(tally.mean.mean()),
            variance=float(variances.mean() + tally.mean.var()),
            off_centre=float(np.sqrt((tally.mean**2).mean() / squares)) if squares else 0.0,
            not_finite=tally.not_finite,
            gradient=None if tally.gradient is None else tally.gradient / math.sqrt(tally.rows),
            passed=tally.gradient / after if after else None,
            weight_gradient=None if tally.weight_gradient is None else norm(tally.weight_gradient) / tally.rows,
        )


def _named(tally: Tally) -> str:
    """The activation as it prints; of parameters that are arrays the name alone."""
    arrays = [*tally.parameters.values(), *tally.activation.parameters.values()]
    return tally.activation.name if any(np.ndim(value) for value in arrays) else repr(tally.activation)


@dataclass(frozen=True)
class Report:
    """What `diagnose` found in a network.

    ``print(report)`` shows it as text; with rich, ``rich.print(report)`` as a table.

    Attributes
    ----------
    layers : tuple of LayerReport
    problems : tuple of Problem
    samples : int
        Rows of data.
    loss : str or None
        What the gradients are of: "squared_error", "log_loss", "poisson", "random" (directions at the output layer),
        "given" (recorded ones), or None where there are none.
    thresholds : Thresholds
    """

    layers: tuple[LayerReport, ...]
    problems: tuple[Problem, ...]
    samples: int
    loss: str | None
    thresholds: Thresholds

    @property
    def ok(self) -> bool:
        """Whether there are no problems."""
        return not self.problems

    @property
    def rate(self) -> float | None:
        """By what the norm of the gradient is multiplied from a layer to the one before it, in the geometric mean.

        None where fewer than two layers' gradients are known, or that at the output is zero.
        """
        known = [layer for layer in self.layers if layer.gradient is not None]
        if len(known) < 2 or not known[-1].gradient:
            return None
        return (known[0].gradient / known[-1].gradient) ** (1 / (known[-1].index - known[0].index))

    @property
    def kinds(self) -> frozenset[str]:
        """Which kinds of problems there are."""
        return frozenset(problem.kind for problem in self.problems)

    def to_dict(self) -> dict[str, object]:
        """All of it in types that JSON has; numbers that are not finite become None."""
        return _plain(
            {
                "samples": self.samples,
                "loss": self.loss,
                "rate": self.rate,
                "ok": self.ok,
                "layers": [asdict(layer) for layer in self.layers],
                "problems": [asdict(problem) | {"evidence": dict(problem.evidence)} for problem in self.problems],
                "thresholds": asdict(self.thresholds),
            }
        )

    def table(self) -> Table:
        """A rich table of the layers; those with a problem are bold.

        Returns
        -------
        rich.table.Table

        Raises
        ------
        ImportError
            Without rich (extra ``cli``); ``str(report)`` does without.
        """
        return self._table(range(2, len(self._cells()[0])))

    def _table(self, columns: Iterable[int]):
        """The table of the first two columns, which say which layer it is, and some others."""
        try:
            from rich import box
            from rich.table import Table
            from rich.text import Text
        except ImportError as error:
            raise ImportError(
                'a table needs rich: pip install "numpy-activations[cli]"; print(report) does without'
            ) from error
        header, rows = self._cells()
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        shown = [0, 1, *columns]
        for column in shown:
            name = header[column]
            table.add_column(Text(name), justify="left" if name == "activation" else "right", no_wrap=True)
        ill = {problem.layer for problem in self.problems}
        for layer, cells in zip(self.layers, rows, strict=True):
            table.add_row(*(Text(cells[column]) for column in shown), style="bold" if layer.index in ill else None)
        return table

    def __rich_console__(self, console, options):
        from rich.padding import Padding
        from rich.text import Text

        header, rows = self._cells()
        widths = [max(map(len, column)) + 3 for column in zip(header, *rows, strict=True)]
        # As many tables, one below the other, as the width of the terminal asks for.
        parts: list[list[int]] = [[]]
        for column in range(2, len(header)):
            if parts[-1] and sum(widths[each] for each in (0, 1, *parts[-1], column)) > options.max_width:
                parts.append([])
            parts[-1].append(column)
        for part in parts:
            yield self._table(part)
        for line in self._verdicts():
            yield Padding(Text(line.strip()), (0, 0, 0, len(line) - len(line.lstrip())))

    def plot(self) -> Figure:
        """Figures by layer in four panels: silent units, saturation and zeros, outputs, gradients.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        ImportError
            Without matplotlib (extra ``plot``).
        """
        from activations.diagnostics.picture import draw

        return draw(self)

    def __str__(self) -> str:
        header, rows = self._cells()
        widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
        lines = []
        for cells in (header, *rows):
            aligned = [
                cell.ljust(width) if name == "activation" else cell.rjust(width)
                for name, cell, width in zip(header, cells, widths, strict=True)
            ]
            lines.append("  ".join(aligned).rstrip())
        return "\n".join([*lines, "", *self._verdicts()])

    __repr__ = __str__

    def _verdicts(self) -> list[str]:
        """The verdicts, and the cure once for all layers that have the same."""
        lines = []
        for cure in dict.fromkeys(problem.cure for problem in self.problems):
            lines += [f"{each.kind}: {each.verdict}" for each in self.problems if each.cure == cure]
            lines.append(f"  {cure}")
        return lines or ["no problem found"]

    def _cells(self) -> tuple[list[str], list[list[str]]]:
        """Header and rows; columns of which nothing is known are left out."""
        columns = {name: [show(layer) for layer in self.layers] for name, show in _COLUMNS.items()}
        columns = {name: cells for name, cells in columns.items() if any(cell != _UNKNOWN for cell in cells)}
        return list(columns), [list(row) for row in zip(*columns.values(), strict=True)]


_UNKNOWN = "-"


def _number(value: float | None) -> str:
    return _UNKNOWN if value is None else f"{value:.3g}"


def _share(value: float | None) -> str:
    return _UNKNOWN if value is None else f"{100 * value:.1f} %"


_COLUMNS = {
    "layer": lambda layer: str(layer.index),
    "activation": lambda layer: layer.activation,
    "units": lambda layer: str(layer.units),
    "dead": lambda layer: _number(layer.dead),
    "almost": lambda layer: _number(layer.almost_dead),
    "unused": lambda layer: _number(layer.unused_pieces),
    "zeros": lambda layer: _share(layer.sparsity),
    "saturated": lambda layer: _share(layer.saturated),
    "dormant": lambda layer: _share(layer.dormant),
    "mean": lambda layer: _number(layer.mean),
    "variance": lambda layer: _number(layer.variance),
    "off-centre": lambda layer: _number(layer.off_centre),
    "gradient": lambda layer: _number(layer.gradient),
    "passed": lambda layer: _number(layer.passed),
    "weight gradient": lambda layer: _number(layer.weight_gradient),
}


def build(tallies: Sequence[Tally], outputs: Sequence[bool], loss: str | None, limits: Thresholds) -> Report:
    """The report of what was counted, with its verdicts."""
    layers = tuple(
        of_layer(index, tally, output, limits)
        for index, (tally, output) in enumerate(zip(tallies, outputs, strict=True))
    )
    return Report(layers, find(layers, limits), tallies[0].rows, loss, limits)


def _plain(value):
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
