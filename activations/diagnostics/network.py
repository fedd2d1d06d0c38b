"""Networks as the diagnostics see them: dense layers with an activation each, read from what the user has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from activations.activation import Activation
from activations.diagnostics import functions
from activations.diagnostics.units import checked, refuse_masked
from activations.registry import get

__all__ = ["Layer", "Network", "Observed", "count", "network", "observed", "samples"]

# The pairs of output activation and loss whose gradient at the pre-activations is output - target.
_CANONICAL = {("softmax", "log_loss"), ("sigmoid", "log_loss"), ("exponential", "poisson")}
LOSSES = ("squared_error", "log_loss", "poisson")


@dataclass(frozen=True, eq=False)
class Layer:
    """A dense layer: ``y = activation(x @ weights + bias, **parameters)``."""

    weights: np.ndarray
    bias: np.ndarray
    activation: Activation
    parameters: Mapping[str, object] = field(default_factory=dict)
    run: Callable | None = None

    def forward(self, x) -> tuple[np.ndarray, np.ndarray]:
        """The pre-activations and the output."""
        if self.run is not None:
            return self.run(x)
        pre = np.asarray(x @ self.weights)
        pre += self.bias
        return pre, functions.apply(self.activation, pre, self.parameters)

    @property
    def sums(self) -> int:
        """Columns of the weights: pieces and gates counted one by one."""
        return self.weights.shape[1]


@dataclass(frozen=True, eq=False)
class Observed:
    """What was recorded of one layer of a network that lives elsewhere.

    Parameters
    ----------
    outputs : array_like of shape (samples, ..., units), optional
        The layer's outputs. Made from `pre` where that and `activation` are given.
    pre : array_like of shape (samples, ..., sums), optional
        The pre-activations, what the activation was applied to.
    activation : Activation, str or dict, optional
        Needed with `pre`.
    gradient : array_like, optional
        The gradient of the loss with respect to the pre-activations (or, where those are not known, to the outputs), of
        their shape.
    axis : int
        The axis that counts units in all three: 1 for images of shape (samples, channels, height, width). Never the
        first, which counts samples.
    output : bool
        Whether it is the network's output layer, for which saturation and dead units are no problem.

    Raises
    ------
    ValueError
        If neither `outputs` nor `pre` is given, `pre` without its activation, or shapes do not fit.
    TypeError
        If an array holds no real numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from activations.diagnostics import Observed, diagnose
    >>> pre = np.random.default_rng(0).standard_normal((500, 8, 5, 5))
    >>> pre[:, 2] = -1
    >>> diagnose([Observed(pre=pre, activation="relu", axis=1)]).layers[0].dead_units
    (2,)
    """

    outputs: object = None
    pre: object = None
    activation: Activation | str | None = None
    gradient: object = None
    axis: int = -1
    output: bool = False

    def __post_init__(self):
        if self.outputs is None and self.pre is None:
            raise ValueError(
                "a layer needs its outputs or its pre-activations: Observed(outputs=...) or Observed(pre=...)"
            )
        if self.pre is not None and self.activation is None:
            raise ValueError("pre-activations tell nothing without the activation: Observed(pre=..., activation=...)")
        if self.activation is not None:
            object.__setattr__(self, "activation", get(self.activation))
        sizes = {}
        for name in ("outputs", "pre", "gradient"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, np.asarray(value))
                sizes[name] = checked(value, self.axis, name).shape[-1]
                if self.axis in (0, -getattr(self, name).ndim):
                    raise ValueError(
                        f"axis={self.axis} counts the units of {name}, and the first axis has to count samples: give "
                        f"{name}.T, or numpy.moveaxis({name}, 0, -1), without axis="
                    )
        first = self.first
        if not len(first):
            raise ValueError("there are no samples: give at least one row")
        if self.gradient is not None and self.gradient.shape != first.shape:
            known = "pre-activations" if self.pre is not None else "outputs"
            raise ValueError(
                f"gradient has shape {self.gradient.shape} and the {known} {first.shape}; they must be equal"
            )
        if self.outputs is not None and self.pre is not None:
            if len(self.outputs) != len(self.pre):
                raise ValueError(
                    f"there are {len(self.pre)} samples of pre-activations and {len(self.outputs)} of outputs"
                )
            made = functions.width(self.activation, sizes["pre"], {})
            if sizes["outputs"] != made:
                raise ValueError(
                    f"outputs has {sizes['outputs']} units, and {self.activation!r} makes {made} of {sizes['pre']} "
                    "pre-activations"
                )

    @property
    def first(self) -> np.ndarray:
        """What is known of the layer: its pre-activations, or else its outputs."""
        return self.pre if self.pre is not None else self.outputs


@dataclass(frozen=True, eq=False)
class Network:
    """Dense layers, the output layer last, and what the loss is."""

    layers: tuple[Layer, ...]
    loss: str | None = None
    classes: np.ndarray | None = None
    prepare: Callable | None = None

    @property
    def inputs(self) -> int:
        """How many numbers a sample has."""
        return self.layers[0].weights.shape[0]

    @property
    def canonical(self) -> bool:
        """Whether the gradient at the output layer's pre-activations is output - target."""
        return (self.layers[-1].activation.name, self.loss) in _CANONICAL

    def with_loss(self, loss: str | None) -> Network:
        """The same with another loss; guessed from the output layer where neither the model nor the user names one."""
        if loss is not None and loss not in LOSSES:
            raise ValueError(f"loss={loss!r} is not known; give one of {', '.join(LOSSES)}, or None")
        last = self.layers[-1].activation.name
        loss = loss or self.loss or ("log_loss" if last == "softmax" else "squared_error")
        if loss != "squared_error" and (last, loss) not in _CANONICAL:
            fitting = " or ".join(sorted(name for name, each in _CANONICAL if each == loss))
            raise ValueError(
                f"loss={loss!r} needs an output layer of {fitting}, and it is {last}: loss='squared_error'"
            )
        return Network(self.layers, loss, self.classes, self.prepare)

    def loss_gradient(self, pre: np.ndarray, y: np.ndarray, target: np.ndarray) -> np.ndarray:
        """The gradient of each sample's loss with respect to the output layer's pre-activations."""
        if self.canonical:
            return y - target
        last = self.layers[-1]
        return functions.backward(last.activation, (y - target).astype(pre.dtype, copy=False), pre, last.parameters)

    def targets(self, y, units: int) -> np.ndarray:
        """Targets as numbers (samples, units of the output layer): labels as indicators of their class."""
        y = np.asarray(y)
        if y.ndim == 2 and y.shape[1] == 1:
            y = y[:, 0]
        if y.ndim == 1 and self.loss == "log_loss":
            classes = self.classes if self.classes is not None else np.arange(max(units, 2))
            places = np.minimum(np.searchsorted(classes, y), len(classes) - 1)
            unknown = classes[places] != y
            if np.any(unknown):
                first = y[unknown].tolist()[0]
                raise ValueError(f"y holds {first!r}, which is none of the classes {classes.tolist()}")
            return (places[:, None] == (np.arange(units) if units > 1 else 1)).astype(float)
        if y.dtype.kind not in "fiub":
            raise TypeError(f"y holds {y.dtype}, not numbers: fit for labels is a classifier, or loss='log_loss'")
        y = y.reshape(len(y), -1).astype(float)
        if y.shape[1] != units:
            raise ValueError(f"y has {y.shape[1]} columns and the output layer {units} units; they must be equal")
        return y


def count(name: str, value) -> int:
    """A whole number of at least 1, or an error."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ValueError(f"{name}={value!r} is not allowed; it must be a whole number >= 1")
    return int(value)


def samples(x):
    """Data as something to slice by rows; a data frame stays one, since the steps of a Pipeline may wait for it."""
    refuse_masked(x, "X")
    if hasattr(x, "tocsr"):
        x = x.tocsr()
    elif not hasattr(x, "iloc"):
        x = np.asanyarray(x)
    if x.ndim != 2 or not x.shape[0]:
        raise ValueError(f"X has shape {x.shape}; it must be (samples, inputs) with at least one sample")
    return x


def observed(layers) -> list[Observed] | None:
    """Recorded layers from a list of `Observed`, arrays of outputs and pairs (pre-activations, activation), or None."""
    if not isinstance(layers, (list, tuple)) or not layers:
        return None
    made = []
    for each in layers:
        if isinstance(each, Observed):
            made.append(each)
        elif isinstance(each, np.ndarray):
            made.append(Observed(outputs=each))
        elif isinstance(each, tuple) and len(each) == 2:
            made.append(Observed(pre=each[0], activation=each[1]))
        else:
            return None
    return made


def network(model) -> Network:
    """The dense layers of a fitted model, or of a list of layers or triples (weights, bias, activation)."""
    if isinstance(model, (list, tuple)):
        return Network(_checked(model))
    if hasattr(model, "best_estimator_"):
        return network(model.best_estimator_)
    if hasattr(model, "steps") and model.steps:
        inner = network(model.steps[-1][1])
        if len(model.steps) == 1:
            return inner
        return Network(inner.layers, inner.loss, inner.classes, model[:-1].transform)
    layers = getattr(model, "layers_", None)
    if layers is None and hasattr(model, "coefs_"):
        hidden, out = get(model.activation), get(model.out_activation_)
        names = [hidden] * (len(model.coefs_) - 1) + [out]
        layers = list(zip(model.coefs_, model.intercepts_, names, strict=True))
    if layers is None:
        if hasattr(model, "hidden_layer_sizes"):
            raise ValueError(f"this {type(model).__name__} is not fitted: call fit(X, y) first")
        raise TypeError(
            f"diagnose takes a fitted MLPClassifier or MLPRegressor, a list of (weights, bias, activation), or arrays "
            f"layer by layer, not {type(model).__name__}"
        )
    classes = getattr(model, "classes_", None)
    loss = getattr(model, "loss", None)
    return Network(_checked(layers), loss if loss in LOSSES else None, None if classes is None else np.asarray(classes))


def _checked(layers: Sequence) -> tuple[Layer, ...]:
    if not layers:
        raise ValueError("there are no layers: give a list of (weights, bias, activation), the output layer last")
    made: list[Layer] = []
    for number, each in enumerate(layers):
        layer = _layer(number, each)
        before = made[-1] if made else None
        width = functions.width(before.activation, before.sums, before.parameters) if made else layer.weights.shape[0]
        if layer.weights.shape[0] != width:
            raise ValueError(
                f"layer {number} takes {layer.weights.shape[0]} inputs, and layer {number - 1} puts out {width}: "
                "weights have the shape (inputs, units)"
            )
        made.append(layer)
    return tuple(made)


def _layer(number: int, each) -> Layer:
    if hasattr(each, "weights") and hasattr(each, "activation"):
        weights, bias, activation = each.weights, getattr(each, "bias", None), each.activation
        parameters, run = getattr(each, "parameters", None), getattr(each, "forward", None)
    elif isinstance(each, (tuple, list)) and len(each) == 3:
        (weights, bias, activation), parameters, run = each, None, None
    else:
        raise TypeError(
            f"layer {number} is of type {type(each).__name__}; give (weights, bias, activation), or of recorded layers "
            "arrays of outputs, pairs (pre-activations, activation) or Observed(...)"
        )
    weights, activation = np.asarray(weights), get(activation)
    if weights.ndim != 2 or not weights.size or weights.dtype.kind not in "fiu":
        raise ValueError(
            f"the weights of layer {number} are {weights.dtype} of shape {weights.shape}; they must be numbers of "
            "shape (inputs, units), with at least one of both"
        )
    if weights.dtype.kind != "f":
        weights = weights.astype(float)
    bias = np.zeros(weights.shape[1], weights.dtype) if bias is None else np.asarray(bias, dtype=weights.dtype)
    if bias.shape != (weights.shape[1],):
        raise ValueError(
            f"the bias of layer {number} has shape {bias.shape}, and its weights ask for {weights.shape[1:]}"
        )
    return Layer(weights, bias, activation, dict(parameters or {}), run)
