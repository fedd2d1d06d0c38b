"""What makes scikit-learn's multilayer perceptrons take any activation: the methods of theirs that are ours instead."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np
from scipy.sparse import issparse
from sklearn.neural_network._base import ACTIVATIONS, LOSS_FUNCTIONS
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.extmath import safe_sparse_dot
from sklearn.utils.validation import check_is_fitted, validate_data

import activations
from activations.sklearn.hidden import Hidden, plan
from activations.sklearn.initialise import RULES, first_weights
from activations.sklearn.layers import Layer
from activations.sklearn.solvers import in_place, minimise

__all__ = ["Epoch", "Network"]

# The output layer's functions by scikit-learn's names for them.
OUTPUTS = {"identity": "identity", "logistic": "sigmoid", "softmax": "softmax", "exp": "exponential"}


class Epoch(NamedTuple):
    """What a callback is told after an epoch, or after a step of lbfgs.

    Attributes
    ----------
    number : int
        From 1 on, over all calls of ``partial_fit`` and over warm starts; with lbfgs from 1 on in every fit.
    loss : float
        The training loss, as in ``loss_curve_``.
    validation_score : float or None
        With ``early_stopping``.
    """

    number: int
    loss: float
    validation_score: float | None


class Stopped(Exception):
    """A callback ends the training."""


class Buffers(dict):
    """Arrays for the passes over one batch after another, made once."""

    def take(self, key, rows: int, columns: int, dtype) -> np.ndarray:
        held = self.get(key)
        if held is None or len(held) < rows or held.dtype != dtype:
            held = self[key] = np.empty((rows, columns), dtype)
        return held[:rows]


class Network:
    """Mixed into scikit-learn's estimators, before them."""

    _parameter_constraints = {
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
        hidden = [
            Layer(weights, bias, each.activation.bind(**parameters), parameters, partial(each.forward, parameters=parameters))
            for weights, bias, each, parameters in zip(
                self.coefs_[:-1], self.intercepts_[:-1], self._hidden, self.activation_parameters_, strict=True
            )
        ]
        f = activations.get(OUTPUTS[self.out_activation_])
        return [*hidden, Layer(self.coefs_[-1], self.intercepts_[-1], f, {}, partial(_last, self.out_activation_))]

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
        self._hidden, self._callbacks, self._buffers = hidden, callbacks, Buffers()
        try:
            return super()._fit(X, y, *arguments, incremental=incremental, **keywords)
        finally:
            del self._callbacks, self._buffers

    def _demand_same(self, hidden: list[Hidden]) -> None:
        """Weights that are there are trained on with functions that they fit."""
        dtype = self.coefs_[0].dtype
        wanted = [(each.sums, each.units, [*self._first_parameters(each, dtype)]) for each in hidden]
        before = zip(self.coefs_, self.coefs_[1:], self.activation_parameters_, strict=False)
        there = [(w.shape[1], len(after), [*parameters]) for w, after, parameters in before]
        if wanted != there:
            raise ValueError(
                f"the hidden layers were changed since the last fit: (sums, units, trained parameters) were {there} and "
                f"are to be {wanted}; set hidden_layer_sizes, activation and train_activation back, or fit afresh with "
                "warm_start=False"
            )

    def _first_parameters(self, hidden: Hidden, dtype) -> dict[str, np.ndarray]:
        return hidden.trainable(dtype) if self.train_activation and hidden.activation.parameters else {}

    def _initialize(self, y, layer_units, dtype):
        self.activation_parameters_ = [self._first_parameters(each, dtype) for each in self._hidden]
        super()._initialize(y, layer_units, dtype)
        self._keep_best_parameters()
        # One number is taken from the estimator's own generator only where something is drawn, which leaves
        # scikit-learn's sequence alone elsewhere.
        drawn = any(each.draws for each in self._hidden)
        self._generator = np.random.default_rng(self._random_state.randint(2**31 - 1)) if drawn else None

    def _init_coef(self, fan_in, fan_out, dtype):
        number = len(self.coefs_)
        if number < len(self._hidden):
            hidden = self._hidden[number]
            return first_weights(
                self.init, hidden.activation, fan_in, fan_out, hidden.sums, self._random_state, dtype
            )
        # scikit-learn's own rule takes the hidden layers' function for the output layer too.
        before = self._hidden[-1].activation if self._hidden and self.init == "sklearn" else None
        return first_weights(self.init, before, fan_in, fan_out, fan_out, self._random_state, dtype)

    # Passes

    def _forward_pass_fast(self, X, check_input=True):
        if check_input:
            X = validate_data(self, X, accept_sparse=["csr", "csc"], reset=False)
        for layer in self.layers_:
            X = layer.output(X)
        return X

    def _backprop(self, X, y, *arguments):
        """The loss of a batch and its gradients: of weights, and of intercepts with the trained parameters after them.

        scikit-learn hands over lists for intermediate results too, which are not needed, and from 1.7 on the sample
        weights before them.
        """
        weight = arguments[0] if len(arguments) == 5 else None
        inputs, saved = [X], []
        for number, (hidden, parameters) in enumerate(zip(self._hidden, self.activation_parameters_, strict=True)):
            z = self._product(("sums", number), inputs[-1], self.coefs_[number])
            room = None if hidden.in_place else self._buffers.take(("outputs", number), len(z), hidden.units, z.dtype)
            bias = self.intercepts_[number]
            rng = self._generator if self.solver != "lbfgs" else None
            outputs, kept = hidden.train(z, bias, room, parameters, rng)
            inputs.append(outputs)
            saved.append(kept)
        z = self._product("out", inputs[-1], self.coefs_[-1])
        z += self.intercepts_[-1]
        ACTIVATIONS[self.out_activation_](z)
        total = len(z) if weight is None else float(weight.sum())
        loss = self._loss(z, y, weight, total)
        # That of the sums: outputs and losses are canonical pairs.
        delta = np.subtract(z, y, out=z, casting="same_kind")
        if weight is not None:
            delta *= weight.reshape(-1, 1)
        return loss, *self._gradients(inputs, saved, delta, total)

    def _loss(self, outputs, y, weight, total):
        name = self.loss
        if name == "log_loss" and self.out_activation_ == "logistic":
            name = "binary_log_loss"
        loss = LOSS_FUNCTIONS[name](y, outputs, *([] if weight is None else [weight]))
        squares = 0
        for each in self.coefs_:
            each = each.ravel()
            squares += np.dot(each, each)
        return loss + (0.5 * self.alpha) * squares / total

    def _gradients(self, inputs, saved, delta, total):
        count = len(self.coefs_)
        by_weights, by_bias, by_parameter = [None] * count, [None] * count, [{}] * (count - 1)
        for number in range(count - 1, -1, -1):
            by_weights[number] = self._weight_gradient(number, inputs[number], delta, total)
            by_bias[number] = np.sum(delta, axis=0) / total
            if number:
                hidden, parameters = self._hidden[number - 1], self.activation_parameters_[number - 1]
                dy = self._product(("gradient", number), delta, self.coefs_[number].T)
                kept = saved[number - 1]
                if parameters:
                    found = hidden.gradients(dy, kept, parameters)
                    by_parameter[number - 1] = {name: each / total for name, each in found.items()}
                room = dy
                if hidden.sums != hidden.units:
                    room = self._buffers.take(("sums' gradient", number), len(dy), hidden.sums, dy.dtype)
                delta = hidden.backward(dy, kept, room, parameters)
        return by_weights, [*by_bias, *(each[name] for each in by_parameter for name in each)]

    def _product(self, key, x, weights):
        if issparse(x):
            return safe_sparse_dot(x, weights)
        out = self._buffers.take(key, len(x), weights.shape[1], np.result_type(x, weights))
        return np.matmul(x, weights, out=out)

    def _weight_gradient(self, number, x, delta, total):
        weights = self.coefs_[number]
        if issparse(x):
            gradient = safe_sparse_dot(x.T, delta)
        else:
            gradient = self._buffers.take(("weights", number), *weights.shape, delta.dtype)
            np.matmul(x.T, delta, out=gradient)
        penalty = self._buffers.take(("penalty", number), *weights.shape, weights.dtype)
        gradient += np.multiply(weights, self.alpha, out=penalty)
        gradient /= total
        return gradient

    # Solvers

    def _trained(self) -> tuple[list[np.ndarray], list[tuple[float, float]]]:
        """The trained parameters of all layers in one list, and between what values each stays."""
        pairs = [
            (each, hidden.bounds(name))
            for hidden, parameters in zip(self._hidden, self.activation_parameters_, strict=True)
            for name, each in parameters.items()
        ]
        return [each for each, _ in pairs], [bounds for _, bounds in pairs]

    @property
    def _optimizer(self):
        """scikit-learn's optimiser; what it sets here is replaced by one that works in place."""
        try:
            return self.__dict__["_optimizer"]
        except KeyError:
            raise AttributeError("_optimizer") from None

    @_optimizer.setter
    def _optimizer(self, optimizer):
        self.__dict__["_optimizer"] = in_place(optimizer, *self._trained())

    def _fit_stochastic(self, *arguments, **keywords):
        if hasattr(self, "_optimizer"):
            self._optimizer.trained, self._optimizer.bounds = self._trained()
        try:
            super()._fit_stochastic(*arguments, **keywords)
        except Stopped:
            if self.early_stopping:
                self.coefs_, self.intercepts_ = self._best_coefs, self._best_intercepts
        if self.early_stopping:
            self.activation_parameters_ = self._best_parameters

    def _update_no_improvement_count(self, *arguments, **keywords):
        best = self._best_coefs
        super()._update_no_improvement_count(*arguments, **keywords)
        if self._best_coefs is not best:
            self._keep_best_parameters()
        score = self.validation_scores_[-1] if self.early_stopping else None
        if self._told(Epoch(len(self.loss_curve_), float(self.loss_), score)):
            raise Stopped

    def _keep_best_parameters(self) -> None:
        self._best_parameters = [
            {name: each.copy() for name, each in parameters.items()} for parameters in self.activation_parameters_
        ]

    def _fit_lbfgs(self, X, y, *arguments):
        weight = arguments[:1] if len(arguments) == 6 else ()
        trained, bounds = self._trained()

        def loss_and_gradients():
            loss, by_weights, by_others = self._backprop(X, y, *weight, *[None] * 4)
            return loss, [*by_weights, *by_others]

        def each_step(number, loss):
            self.n_iter_, self.loss_ = number, loss
            if self.verbose:
                print(f"Iteration {number}, loss = {loss:.8f}")
            return self._told(Epoch(number, loss, None))

        self.n_iter_, self.loss_ = minimise(
            loss_and_gradients,
            [*self.coefs_, *self.intercepts_, *trained],
            bounds,
            each_step,
            tol=self.tol,
            max_iter=self.max_iter,
            max_fun=self.max_fun,
        )

    def _told(self, epoch: Epoch) -> bool:
        """Call the callbacks, all of them; whether one of them asks for an end."""
        return any([each(self, epoch) for each in self._callbacks])


def _ignore(estimator, epoch) -> None:
    pass


def _last(name: str, z, bias):
    """The output layer, by scikit-learn's own functions."""
    z += bias
    ACTIVATIONS[name](z)
    return z
