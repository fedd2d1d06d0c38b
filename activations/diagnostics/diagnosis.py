"""`diagnose`: one call from a network and data to a report."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from activations.diagnostics import passes
from activations.diagnostics.network import count, network, observed, samples
from activations.diagnostics.problems import Thresholds
from activations.diagnostics.progress import reporting
from activations.diagnostics.report import Report, build
from activations.diagnostics.units import refuse_masked

__all__ = ["diagnose"]


def diagnose(
    model,
    X=None,
    y=None,
    *,
    loss: str | None = None,
    batch_size: int = 1024,
    progress: bool | Callable[[int, int], object] = False,
    thresholds: Thresholds | None = None,
    seed: int = 0,
) -> Report:
    """Look into a network while data goes through it, layer by layer.

    Parameters
    ----------
    model : estimator or list
        One of

        - a fitted ``MLPClassifier`` or ``MLPRegressor``, scikit-learn's own or this library's; a Pipeline that ends in
          one, or a fitted search for one (``best_estimator_``);
        - a list of layers, the output layer last: triples (weights of shape (inputs, units), bias of shape (units,) or
          None, activation), or objects with ``weights``, ``bias``, ``activation`` and, if they have them,
          ``parameters`` and ``forward(x)``, which gives pre-activations and output;
        - what was recorded of a network that lives elsewhere, without `X`: a list of `Observed`, of pairs
          (pre-activations, activation), or of arrays of outputs. What they do not hold is not known, and not guessed.
    X : array_like or sparse matrix of shape (samples, inputs)
        Data. It is read batch by batch: a memory-mapped file is never held as a whole.
    y : array_like, optional
        Targets: class labels, indicators of several labels at once, or numbers. With them gradients are those of the
        loss; without, each sample's gradient with respect to the output layer's pre-activations is a random direction
        of length 1.
    loss : {"squared_error", "log_loss", "poisson"}, optional
        The model's own by default; without a model, log_loss behind softmax and squared_error elsewhere. Each sample's
        squared error is ``sum((output - y)**2) / 2``.
    batch_size : int
        Rows in a batch. Figures do not depend on it but for rounding.
    progress : bool or callable
        True for rich's progress bar, or a function called as ``progress(samples_done, samples)`` after each batch.
    thresholds : Thresholds, optional
        From where on something is a problem.
    seed : int
        Of the generator that draws random directions, `numpy.random.default_rng`.

    Returns
    -------
    Report

    Raises
    ------
    ValueError
        If the model is not fitted, shapes do not fit, there are no samples, X holds NaN, y holds an unknown label, or
        the loss does not suit the output layer.
    TypeError
        If it is no model that can be read, or the data are no numbers.
    ImportError
        If `progress` is True and rich is missing.

    Notes
    -----
    The forward pass is done in the floating-point type of the weights, statistics in float64. The penalty on large
    weights (``alpha`` in scikit-learn) takes no part in the gradients.

    Examples
    --------
    Ten layers of sigmoid lose the gradient:

    >>> import numpy as np
    >>> from activations.diagnostics import diagnose
    >>> rng = np.random.default_rng(0)
    >>> sizes = [20] + 10 * [32] + [3]
    >>> layers = [
    ...     (rng.standard_normal((n, m)) / np.sqrt(n), np.zeros(m), "sigmoid") for n, m in zip(sizes, sizes[1:])
    ... ]
    >>> report = diagnose(layers, rng.standard_normal((500, 20)))
    >>> report.kinds
    frozenset({'vanishing'})
    >>> report.layers[0].gradient < 1e-5 * report.layers[-1].gradient
    True
    >>> diagnose([(w, b, "tanh") for w, b, _ in layers], rng.standard_normal((500, 20))).ok
    True
    """
    limits = Thresholds() if thresholds is None else thresholds
    if not isinstance(limits, Thresholds):
        raise TypeError(f"thresholds is a Thresholds(...), not {type(limits).__name__}")
    batch_size = count("batch_size", batch_size)
    recorded = observed(model)
    if recorded is not None:
        if X is not None or y is not None:
            raise ValueError("recorded layers hold their data already: leave X and y out")
        with reporting(progress, sum(len(each.first) for each in recorded)) as tell:
            tallies = passes.observe(recorded, batch_size, limits.flat_slope, tell)
        given = "given" if any(each.gradient is not None for each in recorded) else None
        return build(tallies, [each.output for each in recorded], given, limits)

    net = network(model)
    if y is not None:
        net = net.with_loss(loss)
    elif loss is not None:
        raise ValueError(f"loss={loss!r} has no gradient without targets: give y")
    if X is None:
        raise ValueError("a network needs data to go through it: diagnose(model, X)")
    X = samples(X)
    targets = None
    if y is not None:
        refuse_masked(y, "y")
        y = np.asarray(y)
        if len(y) != X.shape[0]:
            raise ValueError(f"X has {X.shape[0]} samples and y has {len(y)}; they must be equal")

        def targets(part, units):
            return net.targets(y[part], units)

    with reporting(progress, X.shape[0]) as tell:
        tallies = passes.run(
            net, X, batch_size=batch_size, slope=limits.flat_slope, targets=targets, seed=seed, tell=tell
        )
    outputs = [False] * (len(tallies) - 1) + [True]
    return build(tallies, outputs, net.loss if y is not None else "random", limits)
