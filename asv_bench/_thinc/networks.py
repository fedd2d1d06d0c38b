"""The networks, each with ours, with thinc's own backend, and with thinc's under a stopwatch."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

# First, since it says what to install where thinc is not there.
from activations.thinc import ActivationsOps  # isort: skip
from thinc.api import Adam, Gelu, Maxout, Mish, Model, Relu, Softmax, chain, fix_random_seed, set_current_ops
from thinc.backends import NumpyOps

LAYERS = {"maxout": Maxout, "relu": Relu, "gelu": Gelu, "mish": Mish}
ROWS, INPUTS, WIDTH, CLASSES = 512, 300, 256, 10


class Watch(NumpyOps):
    """thinc's backend, with the time that passes in the methods which ours replaces."""

    clock = staticmethod(perf_counter)
    spent = 0.0
    inside = False

    def share(self, call: Callable[[], Any], rounds: int, clock: Callable[[], float]) -> float:
        """The part of a call's time that passes there: the median of several calls."""
        self.clock, shares = clock, []
        for _ in range(rounds):
            self.spent, start = 0.0, clock()
            call()
            shares.append(self.spent / (clock() - start))
        return median(shares)


def _watched(name: str):
    method = getattr(NumpyOps, name)

    def timed(self, *arguments, **keywords):
        if self.inside:  # one method of thinc's calls another
            return method(self, *arguments, **keywords)
        self.inside, start = True, self.clock()
        try:
            return method(self, *arguments, **keywords)
        finally:
            self.spent += self.clock() - start
            self.inside = False

    return timed


for _name, _member in vars(ActivationsOps).items():
    if callable(_member) and not _name.startswith("_"):
        setattr(Watch, _name, _watched(_name))


def passes(name: str, use_blis: bool) -> dict[str, tuple[dict[str, Callable], Watch]]:
    """For each pass of a network the calls to be timed: "ours", "theirs" and "watched"; and the watch.

    Matrix products are BLIS's, which is thinc's choice, or NumPy's.

    Raises
    ------
    ImportError
        If it is one of spaCy's, and spaCy is not there.
    """
    build = _layers
    if name not in LAYERS:
        from asv_bench._thinc.pipelines import build
    kinds = {"ours": ActivationsOps, "theirs": NumpyOps, "watched": Watch}
    made, every = {}, {label: kind(use_blis=use_blis) for label, kind in kinds.items()}
    for label, ops in every.items():
        set_current_ops(ops)
        fix_random_seed(0)
        made[label] = build(name)
    made["ours"].agree(made["theirs"])
    return {
        direction: ({label: getattr(network, direction) for label, network in made.items()}, every["watched"])
        for direction in ("predict", "train")
    }


class Network:
    """A thinc model with its data."""

    def __init__(self, model: Model, inputs: Any):
        self.model, self.inputs = model, inputs
        self.optimizer = Adam(0.001)
        outputs = model.predict(inputs)
        rng = np.random.default_rng(1)
        many = outputs if isinstance(outputs, list) else [outputs]
        gradients = [rng.normal(scale=1e-3, size=y.shape).astype(y.dtype) for y in many]
        self.gradient = gradients if isinstance(outputs, list) else gradients[0]

    def predict(self) -> Any:
        return self.model.predict(self.inputs)

    def train(self) -> None:
        """One step: forward, backward, and the optimiser's."""
        _, backprop = self.model.begin_update(self.inputs)
        backprop(self.gradient)
        self.model.finish_update(self.optimizer)

    def gradients(self) -> list[np.ndarray]:
        """Of all weights; none is kept."""
        _, backprop = self.model.begin_update(self.inputs)
        backprop(self.gradient)
        found = []
        for node in self.model.walk():
            for name in node.param_names:
                if node.has_grad(name):
                    found.append(np.array(node.get_grad(name)))
                    node.set_grad(name, np.zeros_like(found[-1]))
        return found

    def agree(self, other: Network) -> None:
        """Raise AssertionError unless predictions and gradients are those of the other network."""
        pairs = zip(_many(self.predict()), _many(other.predict()), strict=True)
        pairs = [*pairs, *zip(self.gradients(), other.gradients(), strict=True)]
        for ours, theirs in pairs:
            np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-5 * float(np.abs(theirs).max(initial=1e-30)))


def _many(outputs: Any) -> list[np.ndarray]:
    return outputs if isinstance(outputs, list) else [outputs]


def _layers(name: str) -> Network:
    """Three hidden layers and a softmax."""
    more = {"nP": 3} if name == "maxout" else {}
    x = np.random.default_rng(0).normal(size=(ROWS, INPUTS)).astype(np.float32)
    hidden = [LAYERS[name](WIDTH, width, **more) for width in (INPUTS, WIDTH, WIDTH)]
    model = chain(*hidden, Softmax(CLASSES, WIDTH))
    model.initialize(X=x)
    # thinc's softmax layer begins with weights 0, behind which no gradient would be seen.
    last = model.layers[-1]
    last.set_param("W", np.random.default_rng(2).normal(scale=0.05, size=(CLASSES, WIDTH)).astype(np.float32))
    return Network(model, x)
