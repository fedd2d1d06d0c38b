"""The estimators: scikit-learn's multilayer perceptrons, with `Network` in front of them."""

from __future__ import annotations

import inspect

from sklearn import neural_network

from activations.sklearn.network import Network

__all__ = ["MLPClassifier", "MLPRegressor"]


def _constructor(parent: type):
    """An ``__init__`` with the parameters that `parent` has in the installed version, and ours after them."""

    def __init__(self, *arguments, init="sklearn", train_activation=False, callback=None, **keywords):
        parent.__init__(self, *arguments, **keywords)
        self.init = init
        self.train_activation = train_activation
        self.callback = callback

    theirs = inspect.signature(parent.__init__)
    ours = [p for p in inspect.signature(__init__).parameters.values() if p.kind is p.KEYWORD_ONLY]
    __init__.__signature__ = theirs.replace(parameters=[*theirs.parameters.values(), *ours])
    return __init__


class MLPClassifier(Network, neural_network.MLPClassifier):
    _parameter_constraints = {**neural_network.MLPClassifier._parameter_constraints, **Network._parameter_constraints}
    __init__ = _constructor(neural_network.MLPClassifier)


class MLPRegressor(Network, neural_network.MLPRegressor):
    _parameter_constraints = {**neural_network.MLPRegressor._parameter_constraints, **Network._parameter_constraints}
    __init__ = _constructor(neural_network.MLPRegressor)
