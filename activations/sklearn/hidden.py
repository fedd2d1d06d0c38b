"""What stands between the sums of a hidden layer and its outputs: one way for each kind of activation.

A way is a `Hidden`. It says how many sums (pre-activations) a number of units takes, and runs the passes with as few
arrays as the activation allows: where the derivative follows from the output, the sums are overwritten by it.

Arrays that a way is given as sums or as gradient of the outputs are the caller's own and may be overwritten.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from scipy.special import expit

import activations
from activations.folding import Gumbel, Maxout, Reduction
from activations.hinges import Hinged
from activations.randomized import Randomized

__all__ = ["Hidden", "demand_width", "plan"]

# What a fold without a parameter for it folds into a unit; that of maxout by default.
PIECES = 2
# How far inside of an open bound a trained parameter stays.
MARGIN = 1e-3


class Hidden:
    """The general way: the sums are kept, and the derivative is taken of them.

    Attributes
    ----------
    activation : Activation
    units, sums : int
        Outputs and pre-activations of the layer.
    in_place : bool
        Whether the outputs take the place of the sums, so that `train` needs no array for them.
    draws : bool
        Whether training draws random numbers.
    """

    in_place = False
    draws = False

    def __init__(self, activation, units: int, sums: int):
        self.activation, self.units, self.sums = activation, units, sums

    def forward(self, z, bias, parameters: Mapping):
        """The outputs for sums `z` that lack their bias, which is added here; nothing is drawn."""
        z += bias
        return self._outputs(z, None, parameters)

    def train(self, z, bias, y, parameters: Mapping, rng):
        """The outputs, in `y` where it is no None, and what `backward` needs."""
        z += bias
        return self._outputs(z, y, parameters), z

    def backward(self, dy, saved, dz, parameters: Mapping):
        """The gradient of the sums, in `dz`, which may be `dy`."""
        return self.activation.backward(dy, saved, out=dz, **parameters)

    def gradients(self, dy, saved, parameters: Mapping) -> dict:
        """The gradients of the trained parameters; to be had before `backward`."""
        found = self.activation.parameter_gradients(dy, saved, **parameters)
        return {name: found[name] for name in parameters}

    def _outputs(self, z, y, parameters: Mapping):
        return self.activation(z, out=y, **parameters)

    def trainable(self, dtype) -> dict[str, np.ndarray]:
        """The parameters with a gradient, at their first values: one for each unit, or of a bound array's shape."""
        f = self.activation
        if f.kind == "folding":  # their parameters are one number for all units
            return {}
        try:
            names = f.parameter_gradients(np.zeros((1, self.units), dtype), np.zeros((1, self.sums), dtype))
        except TypeError:  # somebody's own, which does not know how it varies
            return {}
        shape = (1, self.units) if isinstance(f, Hinged) else (self.units,)
        return {
            name: np.array(value, dtype) if np.ndim(value := f.parameters[name]) else np.full(shape, value, dtype)
            for name in names
        }

    def unknown(self) -> list[str]:
        """The numbers among the parameters if all of them stay untrained because no gradient of theirs is known."""
        f = self.activation
        if f.kind == "folding" or self.draws or self.trainable(float):
            return []
        return [p.name for p in f._declaration.operands if isinstance(p.default, (int, float))]

    def bounds(self, name: str) -> tuple[float, float]:
        """Between what values a parameter stays in training."""
        p = next(p for p in self.activation._declaration.parameters if p.name == name)
        return p.low + MARGIN * p.open_low, p.high - MARGIN * p.open_high


class Elementwise(Hidden):
    """An elementwise activation whose derivative needs the sums; the gradient overwrites that of the outputs."""

    def __init__(self, activation, units: int):
        super().__init__(activation, units, units)
        # affine and shrink have a parameter of that name.
        self.fused = "bias" not in activation.parameters

    def forward(self, z, bias, parameters: Mapping):
        if self.fused:
            return self.activation(z, bias=bias, out=z, **parameters)
        z += bias
        return self._outputs(z, z, parameters)


class FromOutput(Elementwise):
    """An elementwise activation whose output tells the derivative."""

    in_place = True

    def train(self, z, bias, y, parameters: Mapping, rng):
        y = self.forward(z, bias, parameters)
        return y, y

    def backward(self, dy, saved, dz, parameters: Mapping):
        return self.activation.backward(dy, y=saved, out=dz)


class Stock(FromOutput):
    """scikit-learn's own 'tanh' and 'logistic' in its arithmetic, so that fitted weights are equal to the last bit.

    The functions of this library round otherwise (they are closer to the true values), and a line search makes much
    of a last bit: after 200 steps of lbfgs the weights differed in the second digit.
    """

    def forward(self, z, bias, parameters: Mapping):
        z += bias
        return np.tanh(z, out=z) if self.activation.name == "tanh" else expit(z, out=z)

    def backward(self, dy, saved, dz, parameters: Mapping):
        # The outputs are not needed any more: the next layer's weights have had their gradient.
        if self.activation.name == "tanh":
            np.square(saved, out=saved)
        else:
            np.multiply(dy, saved, out=dy)
        np.subtract(1, saved, out=saved)
        return np.multiply(dy, saved, out=dz)


class Drawn(Elementwise):
    """rrelu: slopes are drawn in training, and the mean slope stands elsewhere."""

    draws = True

    def train(self, z, bias, y, parameters: Mapping, rng):
        z += bias
        if rng is None:
            return self.activation(z, out=y), self.activation.derivative(z, out=z)
        return self.activation.with_slopes(z, (y, z), rng=rng)

    def backward(self, dy, saved, dz, parameters: Mapping):
        return self.activation.backward(dy, slopes=saved, out=dz)

    def trainable(self, dtype) -> dict[str, np.ndarray]:
        return {}  # bounds of a lottery


class Noisy(Hidden):
    """gumbel_softmax: noise is added in training; softmax stands elsewhere."""

    draws = True

    def train(self, z, bias, y, parameters: Mapping, rng):
        z += bias
        y = self.activation(z, out=y, rng=rng)
        return y, y

    def backward(self, dy, saved, dz, parameters: Mapping):
        return self.activation.backward(dy, y=saved, out=dz)


class Pieces(Hidden):
    """maxout: which piece won is all that is saved."""

    def train(self, z, bias, y, parameters: Mapping, rng):
        z += bias
        return self.activation.with_argmax(z, out=(y, None))

    def backward(self, dy, saved, dz, parameters: Mapping):
        return self.activation.backward(dy, which=saved, out=dz)


class Reduced(Hidden):
    """A fold that leaves one number (logsumexp and its kin): each unit folds neighbours, as in maxout."""

    def _outputs(self, z, y, parameters: Mapping):
        return self.activation(self._apart(z), out=y)

    def backward(self, dy, saved, dz, parameters: Mapping):
        self.activation.backward(dy, self._apart(saved), out=self._apart(dz))
        return dz

    def _apart(self, z):
        return z.reshape(*z.shape[:-1], self.units, self.sums // self.units)


def plan(spec, sizes: Iterable[int], train: bool) -> list[Hidden]:
    """The hidden layers that an estimator's ``activation`` and ``hidden_layer_sizes`` ask for.

    Parameters
    ----------
    spec : str, mapping, Activation, or list or tuple of these
        A list has one for each hidden layer.
    sizes : iterable of int
        Units of each layer.
    train : bool
        Whether parameters are to be trained.

    Raises
    ------
    ValueError
        If a list is of another length than `sizes`, a size is not positive, or an activation takes no such number of
        units. An unknown name is an `UnknownActivationError`.
    TypeError
        If `spec` is nothing that `activations.get` takes.
    """
    sizes = list(sizes)
    if any(size <= 0 for size in sizes):
        raise ValueError(f"hidden_layer_sizes must be > 0, got {sizes}.")
    specs = list(spec) if isinstance(spec, (list, tuple)) else [spec] * len(sizes)
    if len(specs) != len(sizes):
        raise ValueError(
            f"activation names {len(specs)} functions for {len(sizes)} hidden layers of {sizes} units: give as many, "
            "or a single one for all"
        )
    return [_hidden(each, int(size), train) for each, size in zip(specs, sizes, strict=True)]


def _hidden(spec, units: int, train: bool) -> Hidden:
    if spec is None:
        raise TypeError("activation is None: name one; 'identity' is the one that does nothing")
    pieces = None
    if isinstance(spec, Mapping) and "pieces" in spec:
        # Most folds do not know how many they fold: a layer has to.
        bare = {key: value for key, value in spec.items() if key != "pieces"}
        if isinstance(activations.get(bare), Reduction):
            pieces, spec = _whole(spec["pieces"]), bare
    f = activations.get(spec)
    if f.kind in ("ridge", "radial"):
        demand_width(f, units, "units")
        if spec in ("tanh", "logistic"):
            return Stock(f, units)
        if isinstance(f, Randomized):
            return Drawn(f, units)
        tells = f.saves != "x" and not (train and f.parameters)
        return FromOutput(f, units) if tells else Elementwise(f, units)
    if isinstance(f, Maxout):
        return Pieces(f, units, units * f.parameters["pieces"])
    if isinstance(f, Reduction):
        return Reduced(f, units, units * (pieces or PIECES))
    return (Noisy if isinstance(f, Gumbel) else Hidden)(f, units, _sums(f, units))


def demand_width(f, width: int, what: str) -> None:
    """An error where an elementwise activation has arrays bound that belong to another number of units or features."""
    shapes = [f"{name} of shape {np.shape(value)}" for name, value in f.parameters.items() if np.ndim(value)]
    try:
        if not shapes or np.shape(f(np.zeros((1, width)))) == (1, width):
            return
    except ValueError:
        pass
    raise ValueError(f"{f.name} with {' and '.join(shapes)} does not fit {width} {what}")


def _whole(pieces) -> int:
    if not isinstance(pieces, (int, np.integer)) or isinstance(pieces, bool) or pieces < 1:
        raise ValueError(f"pieces={pieces!r} is not allowed; it must be a whole number >= 1")
    return int(pieces)


def _sums(f, units: int) -> int:
    """How many pre-activations a fold or gate makes `units` outputs of: asked of the function itself."""
    widths = [units, 2 * units, units // 2, 3 * units, 4 * units]
    failure = None
    for width in filter(None, widths):
        try:
            shape = np.shape(f(np.zeros((1, width))))
        except (ValueError, TypeError) as error:
            failure = failure or error
            continue
        if shape == (1, units):
            return width
    reason = f": {failure}" if failure else "; choose another number of units"
    raise ValueError(f"{f.name} (of kind {f.kind}) cannot make a hidden layer of {units} units{reason}")
