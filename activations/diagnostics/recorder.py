"""Dead units while a network trains."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from activations.diagnostics import passes
from activations.diagnostics.network import count, network, samples
from activations.diagnostics.problems import Thresholds
from activations.diagnostics.report import build

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Recorder"]


class Recorder:
    """Counts dead units after every epoch, on the same data each time.

    Give it as ``callback=`` to this library's estimators, ``MLPClassifier(callback=recorder)``, or call it in a loop of
    your own: ``recorder(model)`` takes whatever `diagnose` takes with data. A search clones its estimators and their
    callbacks with them: what came of the best is in ``search.best_estimator_.callback``.

    Parameters
    ----------
    X : array_like or sparse matrix of shape (samples, inputs)
        Monitoring data, as the estimator gets it: in a Pipeline, what the steps before it make of the data. What is
        dead on them may live on others.
    every : int
        Look at every so many-th call only.
    batch_size : int
        Rows in a batch.
    thresholds : Thresholds, optional
        For what counts as almost dead and as saturated.

    Attributes
    ----------
    epochs : list of int
        The epochs looked at: what ``info.number`` or ``info["epoch"]`` says, or the number of the call, from 1.
    reports : list of Report
        Without gradients, one for each of them.

    Raises
    ------
    ValueError
        If there are no samples, `every` is below 1, or the network changes its number of layers.

    Examples
    --------
    >>> import numpy as np
    >>> from activations.diagnostics import Recorder
    >>> x = np.random.default_rng(0).standard_normal((200, 4))
    >>> weights, recorder = np.eye(4), Recorder(x)
    >>> for epoch in range(3):
    ...     bias = np.array([0.0, -2.0 * epoch, -3.0 * epoch, 0.0])  # training that went wrong
    ...     recorder([(weights, bias, "relu"), (weights, None, "identity")])
    >>> recorder.dead
    array([[0],
           [1],
           [2]])
    >>> recorder.dead_units(0)[-1]
    (1, 2)
    """

    def __init__(self, X, *, every: int = 1, batch_size: int = 1024, thresholds: Thresholds | None = None):
        self.X = samples(X)
        self.every, self.batch_size = count("every", every), count("batch_size", batch_size)
        self.thresholds = thresholds or Thresholds()
        self.epochs: list[int] = []
        self.reports: list = []
        self.calls = 0

    def __call__(self, estimator, info=None) -> None:
        """Look at a network as it is now."""
        self.calls += 1
        if (self.calls - 1) % self.every:
            return
        net = network(estimator)
        if self.reports and len(net.layers) != len(self.reports[0].layers):
            raise ValueError(
                f"the network has {len(net.layers)} layers and had {len(self.reports[0].layers)}: take a new Recorder"
            )
        slope = self.thresholds.flat_slope
        tallies = passes.run(net, self.X, batch_size=self.batch_size, slope=slope, gradients=False)
        outputs = [False] * (len(tallies) - 1) + [True]
        epoch = info.get("epoch") if isinstance(info, Mapping) else getattr(info, "number", None)
        self.epochs.append(self.calls if epoch is None else int(epoch))
        self.reports.append(build(tallies, outputs, None, self.thresholds))

    @property
    def dead(self) -> np.ndarray:
        """Dead units of each hidden layer, of shape (epochs, layers); -1 where an activation has no derivative."""
        return self._counts("dead")

    @property
    def almost_dead(self) -> np.ndarray:
        """Almost dead units of each hidden layer, of shape (epochs, layers); -1 likewise."""
        return self._counts("almost_dead")

    def dead_units(self, layer: int) -> list[tuple[int, ...]]:
        """Which units of a layer were dead at each epoch looked at."""
        return [report.layers[layer].dead_units for report in self.reports]

    def _counts(self, name: str) -> np.ndarray:
        counts = [
            [
                -1 if getattr(layer, name) is None else getattr(layer, name)
                for layer in report.layers
                if not layer.output
            ]
            for report in self.reports
        ]
        return np.array(counts, dtype=int).reshape(len(counts), -1 if counts else 0)

    def to_dict(self) -> dict[str, object]:
        """Epochs, and for each hidden layer its units and what was counted at each epoch, in types that JSON has."""
        layers = [layer for layer in self.reports[0].layers if not layer.output] if self.reports else []
        return {
            "samples": int(self.X.shape[0]),
            "epochs": list(self.epochs),
            "layers": [
                {
                    "index": layer.index,
                    "activation": layer.activation,
                    "units": layer.units,
                    **{
                        name: [getattr(report.layers[layer.index], name) for report in self.reports]
                        for name in ("dead", "almost_dead", "saturated", "sparsity", "dormant")
                    },
                    "dead_units": [list(units or ()) for units in self.dead_units(layer.index)],
                }
                for layer in layers
            ],
        }

    def plot(self, ax: Axes | None = None) -> Axes:
        """The share of dead units by epoch, a line for each hidden layer.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; without it a new figure is made.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        ValueError
            If nothing was recorded yet.
        ImportError
            Without matplotlib (extra ``plot``).
        """
        from activations.diagnostics.picture import draw_epochs

        if not self.reports:
            raise ValueError("nothing is recorded yet: give it as callback=, or call recorder(model)")
        return draw_epochs(self, ax)
