"""What makes scikit-learn's multilayer perceptrons take any activation: the methods of theirs that are ours instead."""

from __future__ import annotations

import warnings
from functools import partial
from typing import ClassVar

import numpy as np
from sklearn.neural_network._base import ACTIVATIONS
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import check_is_fitted, validate_data

import activations
from activations.sklearn.hidden import Hidden, plan
from activations.sklearn.initialise import RULES, first_weights
from activations.sklearn.layers import Layer
from activations.sklearn.passes import Buffers, Passes
from activations.sklearn.training import Training

__all__ = ["Network"]

# The output layer's functions by scikit-learn's names for them.
OUTPUTS = {"identity": "identity", "logistic": "sigmoid", "softmax": "softmax", "exp": "exponential"}
# What an estimator has while it is fitted. `_planned` becomes `_hidden` once the data has been looked at: until then
# what was fitted before stays whole.
OF_ONE_FIT = ("_planned", "_callbacks", "_buffers")


class Network(Training, Passes):
    """Mixed into scikit-learn's estimators, before them."""

    _parameter_constraints: ClassVar[dict] = {
        # What is no activation gets an error from `activations.get`, which names close ones.
        "activation": "no_validation",
        "init": [StrOptions(set(RULES))],
        "train_activation": ["boolean"],
        "callback": [callable, list, tuple, None],
    }

    # What is fitted

    @property
    def layers_(self) -> list[Layer]:
        """The layers, the output layer last; they share memory with ``coefs_`` and ``intercepts_``."""
        check_is_fitted(self, "coefs_")
        found = []
        for number, (hidden, parameters) in enumerate(zip(self._hidden, self.activation_parameters_, strict=True)):
            f = hidden.activation.bind(**parameters)
            finish = partial(hidden.forward, parameters=parameters)
            found.append(Layer(self.coefs_[number], self.intercepts_[number], f, parameters, finish))
        f = activations.get(OUTPUTS[self.out_activation_])
        return [*found, Layer(self.coefs_[-1], self.intercepts_[-1], f, {}, partial(_last, self.out_activation_))]

    # Before training

    def _fit(self, X, y, *arguments, incremental=False, **keywords):
        callbacks = self.callback if isinstance(self.callback, (list, tuple)) else [self.callback or _ignore]
        for each in callbacks:
            if not callable(each):
                raise TypeError(f"callback holds {each!r}, which is not callable: give functions of (estimator, epoch)")
        sizes = self.hidden_layer_sizes
        hidden = plan(self.activation, sizes if hasattr(sizes, "__iter__") else [sizes], self.train_activation)
        if hasattr(self, "coefs_") and (self.warm_start or incremental):
            self._demand_same(hidden)
        self._planned, self._callbacks, self._buffers = hidden, callbacks, Buffers()
        try:
            return super()._fit(X, y, *arguments, incremental=incremental, **keywords)
        finally:
            for name in OF_ONE_FIT:
                delattr(self, name)

    def __getstate__(self):
        # Callbacks pickle and copy the estimator in the middle of a fit.
        return {name: value for name, value in super().__getstate__().items() if name not in OF_ONE_FIT}

    def _demand_same(self, hidden: list[Hidden]) -> None:
        """Weights that are there are trained on with functions that they fit."""
        dtype = self.coefs_[0].dtype
        wanted = [(each.sums, each.units, [*self._first_parameters(each, dtype)]) for each in hidden]
        before = zip(self.coefs_, self.coefs_[1:], self.activation_parameters_, strict=False)
        there = [(w.shape[1], len(after), [*parameters]) for w, after, parameters in before]
        if wanted != there:
            raise ValueError(
                f"the hidden layers were changed since the last fit: (sums, units, trained parameters) were {there} "
                f"and are to be {wanted}; set hidden_layer_sizes, activation and train_activation back, or fit afresh "
                "with warm_start=False"
            )

    def _first_parameters(self, hidden: Hidden, dtype) -> dict[str, np.ndarray]:
        return hidden.trainable(dtype) if self.train_activation and hidden.activation.parameters else {}

    def _initialize(self, y, layer_units, dtype):
        self._hidden = self._planned
        self.activation_parameters_ = [self._first_parameters(each, dtype) for each in self._hidden]
        for name, unknown in {each.activation.name: each.unknown() for each in self._hidden}.items():
            if self.train_activation and unknown:
                warnings.warn(
                    f"{name} is not trained: its gradient with respect to {', '.join(unknown)} is not known",
                    stacklevel=2,
                )
        super()._initialize(y, layer_units, dtype)
        self._keep_best_parameters()
        self._generator = None

    def _init_coef(self, fan_in, fan_out, dtype):
        number = len(self.coefs_)
        if number < len(self._hidden):
            hidden = self._hidden[number]
            return first_weights(self.init, hidden.activation, fan_in, fan_out, hidden.sums, self._random_state, dtype)
        # scikit-learn's own rule takes the hidden layers' function for the output layer too.
        before = None
        if self.init == "sklearn" and (self._hidden or isinstance(self.activation, str)):
            before = self._hidden[-1].activation if self._hidden else activations.get(self.activation)
        return first_weights(self.init, before, fan_in, fan_out, fan_out, self._random_state, dtype)

    # Prediction

    def _forward_pass_fast(self, X, check_input=True):
        if check_input:
            X = validate_data(self, X, accept_sparse=["csr", "csc"], reset=False)
        for layer in self.layers_:
            X = layer.output(X)
        return X


def _ignore(estimator, epoch) -> None:
    pass


def _last(name: str, z, bias):
    """The output layer, by scikit-learn's own functions."""
    z += bias
    ACTIVATIONS[name](z)
    return z
