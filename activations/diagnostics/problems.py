"""What is wrong with a network, in plain sentences, and what helps."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from activations.diagnostics.report import LayerReport

__all__ = ["Problem", "Thresholds", "find"]

# Hidden layers from which on more units are silent by birth.
_DEEP = 5


@dataclass(frozen=True)
class Thresholds:
    """From where on something is a problem.

    Attributes
    ----------
    almost_dead : float
        A unit is almost dead if it is active on less than this share of the samples, and not dead. Our choice.
    dying, deep_dying : float
        One of the first five hidden layers is dying if the share `dying` of its units are dead or almost dead, a later
        one if `deep_dying` are. 40 % is what A. Karpathy's course notes (CS231n, Stanford) name as the outcome of too
        large a learning rate. It is a large share on purpose: of relu layers as they are initialised (He) some units
        are silent on all samples, the more the deeper, since samples grow alike from layer to layer (L. Lu, Y. Shin,
        Y. Su, G. E. Karniadakis, Dying ReLU and initialization, 2019). ``examples/diagnostics_survey.py`` counts them.
    flat_slope : float
        Slopes up to this share of the function's largest count as saturated: \\|tanh(x)\\| > 0.975. Our choice.
    saturated : float
        A hidden layer of a function that is bounded on both sides (tanh, sigmoid) is saturated if this share of its
        pre-activations are. Our choice; X. Glorot, Y. Bengio, Understanding the difficulty of training deep feedforward
        neural networks, AISTATS 2010, show histograms of the phenomenon.
    vanishing, exploding : float
        The gradient vanishes or explodes if its norm at some layer is less than, or more than, this multiple of that at
        the output layer. Our choice; what it does to learning is in S. Hochreiter, Y. Bengio, P. Frasconi,
        J. Schmidhuber, Gradient flow in recurrent nets, 2001, and R. Pascanu, T. Mikolov, Y. Bengio, On the difficulty
        of training recurrent neural networks, ICML 2013.
    dormant : float
        tau of `dormant_units` (Sokar et al., 2023, and their code's default). It is reported and leads to no verdict.

    Raises
    ------
    ValueError
        If `exploding` is below 1, or anything else not between 0 and 1.

    Examples
    --------
    >>> from activations.diagnostics import Thresholds
    >>> Thresholds(dying=0.2).dying
    0.2
    """

    almost_dead: float = 0.01
    dying: float = 0.4
    deep_dying: float = 0.5
    flat_slope: float = 0.05
    saturated: float = 0.5
    vanishing: float = 1e-3
    exploding: float = 1e3
    dormant: float = 0.025

    def dying_at(self, index: int) -> float:
        """The share of silent units with which the layer of that index is dying."""
        return self.dying if index < _DEEP else self.deep_dying

    def __post_init__(self):
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, np.generic):  # JSON knows none of NumPy's numbers
                object.__setattr__(self, each.name, value := value.item())
            largest = math.inf if each.name == "exploding" else 1
            smallest = 1 if each.name == "exploding" else 0
            if not isinstance(value, (int, float)) or not smallest <= value <= largest:
                allowed = "at least 1" if each.name == "exploding" else "between 0 and 1"
                raise ValueError(f"Thresholds: {each.name}={value!r} is not allowed; it must be a number {allowed}")


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Attributes
    ----------
    layer : int
        Where: index into the report's ``layers``. Of a gradient that vanishes or explodes, the layer where it is
        farthest from what it is at the output.
    kind : {"vanishing", "exploding", "dying", "saturated"}
    evidence : mapping of str to number
        The figures behind the verdict.
    verdict : str
        What is wrong, in a sentence.
    cure : str
        What helps, in a sentence.
    """

    layer: int
    kind: str
    evidence: Mapping[str, float]
    verdict: str
    cure: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.verdict} {self.cure}"


def find(layers: Sequence[LayerReport], limits: Thresholds) -> tuple[Problem, ...]:
    """All problems, those of single layers first."""
    problems = []
    for layer in layers:
        if layer.not_finite:
            problems.append(_overflow(layer))
        elif not layer.output:
            problems += filter(None, [_dying(layer, limits) or _saturated(layer, limits)])
    return (*problems, *filter(None, [_gradient(layers, limits)]))


def _overflow(layer: LayerReport) -> Problem:
    return Problem(
        layer.index,
        "exploding",
        {"not_finite": layer.not_finite},
        f"{layer.title} puts out {layer.not_finite} values that are not finite.",
        "Start from smaller weights, standardise the inputs, lower the learning rate, or use a wider float type.",
    )


def _dying(layer: LayerReport, limits: Thresholds) -> Problem | None:
    if layer.dead is None or layer.almost_dead is None:
        return None
    share, limit = (layer.dead + layer.almost_dead) / layer.units, limits.dying_at(layer.index)
    if share < limit or not share:
        return None
    if layer.bounded and layer.saturated_units < limit * layer.units:
        return None  # they are thrown from one flat end to the other: saturated, not silent
    verdict = f"{layer.dead} of the {layer.units} units of {layer.title} are dead on all {layer.samples} samples"
    if layer.almost_dead:
        verdict += f", and {layer.almost_dead} are active on less than {100 * limits.almost_dead:.3g} % of them"
    if layer.dead == layer.units:
        verdict += "; no gradient reaches what lies before it"
    return Problem(
        layer.index,
        "dying",
        {"dead": layer.dead, "almost_dead": layer.almost_dead, "units": layer.units, "share": share},
        verdict + ".",
        "Train with a lower learning rate, start from biases of 0 and He's weights on standardised inputs, or use an "
        "activation that keeps a slope everywhere: leaky_relu, prelu, elu, maxout.",
    )


def _saturated(layer: LayerReport, limits: Thresholds) -> Problem | None:
    if layer.saturated is None or layer.saturated_units is None:
        return None
    if layer.bounded:
        if layer.saturated < limits.saturated or not layer.saturated:
            return None
        verdict = f"{layer.saturated:.0%} of the pre-activations of {layer.title} lie where it is flat."
        cure = (
            "Standardise the inputs, start from smaller weights (Glorot, LeCun), lower the learning rate, or punish "
            "large weights (alpha in scikit-learn); or use relu or leaky_relu."
        )
    else:
        # Half of relu's pre-activations are meant to lie on the flat side; whole units are not.
        share = layer.saturated_units / layer.units
        if share < limits.dying_at(layer.index) or not share:
            return None
        verdict = (
            f"{layer.saturated_units} of the {layer.units} units of {layer.title} lie where it is flat on nearly all "
            "samples."
        )
        cure = (
            "Train with a lower learning rate, standardise the inputs, and start from biases of 0; or use leaky_relu."
        )
    return Problem(
        layer.index,
        "saturated",
        {"saturated": layer.saturated, "saturated_units": layer.saturated_units, "units": layer.units},
        verdict,
        cure,
    )


def _gradient(layers: Sequence[LayerReport], limits: Thresholds) -> Problem | None:
    known = [layer for layer in layers if layer.gradient is not None]
    if len(known) < 2 or not known[-1].gradient or not math.isfinite(known[-1].gradient):
        return None
    # Behind a layer all of whose units are dead the gradient is zero, which "dying" has said.
    alive = [layer for layer in known if layer.gradient or not any(each.dead == each.units for each in layers)]
    ratios = {layer.index: layer.gradient / known[-1].gradient for layer in alive}
    overflown = [index for index, ratio in ratios.items() if not math.isfinite(ratio)]
    lowest, highest = min(ratios, key=ratios.get), max(ratios, key=ratios.get)
    if overflown or ratios[highest] > limits.exploding:
        kind, index = "exploding", max(overflown, default=highest)
    elif ratios[lowest] < limits.vanishing:
        kind, index = "vanishing", lowest
    else:
        return None
    (title,) = (layer.title for layer in known if layer.index == index)
    ratio, steps = ratios[index], known[-1].index - index
    rate = ratio ** (1 / steps)
    evidence = {"ratio": ratio, "rate": rate, "layers": steps}
    shares = _shares([layer for layer in known if layer.index >= index])
    evidence |= shares
    verdict = (
        f"By {title} the gradient has {'grown' if kind == 'exploding' else 'shrunk'} to {ratio:.2g} "
        f"{'times' if kind == 'exploding' else 'of'} its size at the output, by a factor of {rate:.2g} per layer."
    )
    if kind == "exploding":
        cure = (
            "Start from smaller weights (He for rectifiers, Glorot else), standardise inputs and targets, lower the "
            "learning rate, and clip the norm of the gradient."
        )
    elif shares and shares["through_activations"] < shares["through_weights"]:
        cure = (
            f"Each activation passes on {shares['through_activations']:.2g} of the gradient: use one that does not "
            "saturate on both sides (relu, leaky_relu, silu), or fewer layers."
        )
    else:
        cure = "Start from larger weights (He for rectifiers, LeCun for selu, Glorot else), or use fewer layers."
    return Problem(index, kind, evidence, verdict, cure)


def _shares(layers: Sequence[LayerReport]) -> dict[str, float]:
    """By what activations and weights multiply the gradient, in the geometric mean over layers where it is not 0."""
    pairs = [
        (layer.passed, layer.gradient / layer.passed / after.gradient)
        for layer, after in pairwise(layers)
        if layer.passed and layer.gradient and after.gradient
    ]
    if not pairs:
        return {}
    with np.errstate(all="ignore"):  # gradients that explode or vanish at the ends of what numbers can hold
        means = np.exp(np.mean(np.log(pairs), axis=0))
    return dict(zip(("through_activations", "through_weights"), means.tolist(), strict=True))
