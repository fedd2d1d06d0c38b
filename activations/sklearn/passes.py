"""The network's forward and backward pass over a batch, in arrays that are made once."""

from __future__ import annotations

import numpy as np
from sklearn.neural_network._base import ACTIVATIONS, LOSS_FUNCTIONS
from sklearn.utils.extmath import safe_sparse_dot

__all__ = ["Buffers", "Passes"]


class Buffers(dict):
    """Arrays for the passes over one batch after another, by what they hold."""

    def take(self, key, rows: int, columns: int, dtype) -> np.ndarray:
        held = self.get(key)
        if held is None or len(held) < rows or held.dtype != dtype:
            held = self[key] = np.empty((rows, columns), dtype)
        return held[:rows]


class Passes:
    """Mixed into `Network`: what an estimator does with a batch in training.

    Sums, products and quotients are taken in the order in which scikit-learn takes them, so that they round alike.
    """

    def _loss_and_gradients(self, X, y, weight) -> tuple[float, list[np.ndarray]]:
        """The loss of a batch; and its gradients by weights, by intercepts and by trained parameters.

        Those by weights are valid until the next call.
        """
        inputs, saved = [X], []
        rng = self._generator if self.solver != "lbfgs" else None  # a line search needs the same function every time
        for number, (hidden, parameters) in enumerate(zip(self._hidden, self.activation_parameters_, strict=True)):
            z = self._product(("sums", number), inputs[-1], self.coefs_[number])
            room = None if hidden.in_place else self._buffers.take(("outputs", number), len(z), hidden.units, z.dtype)
            outputs, kept = hidden.train(z, self.intercepts_[number], room, parameters, rng)
            inputs.append(outputs)
            saved.append(kept)
        z = self._product("last sums", inputs[-1], self.coefs_[-1])
        z += self.intercepts_[-1]
        ACTIVATIONS[self.out_activation_](z)
        total = len(z) if weight is None else float(weight.sum())
        loss = self._loss(z, y, weight, total)
        # The gradient of the last sums: losses and output functions are canonical pairs.
        delta = np.subtract(z, y, out=z, casting="same_kind")
        if weight is not None:
            delta *= weight.reshape(-1, 1)
        return loss, self._gradients(inputs, saved, delta, total)

    def _loss(self, outputs, y, weight, total) -> float:
        name = self.loss
        if name == "log_loss" and self.out_activation_ == "logistic":
            name = "binary_log_loss"
        # scikit-learn 1.6 knows no weights.
        loss = LOSS_FUNCTIONS[name](y, outputs, *([] if weight is None else [weight]))
        squares = 0
        for each in self.coefs_:
            each = each.ravel()
            squares += np.dot(each, each)
        return loss + (0.5 * self.alpha) * squares / total

    def _gradients(self, inputs: list, saved: list, delta, total) -> list[np.ndarray]:
        by_weights, by_intercepts, by_parameters = [], [], []
        for number in range(len(self.coefs_) - 1, -1, -1):
            by_weights.append(self._weight_gradient(number, inputs[number], delta, total))
            by_intercepts.append(delta.sum(axis=0) / total)
            if number:
                hidden, parameters = self._hidden[number - 1], self.activation_parameters_[number - 1]
                dy = self._product(("outputs' gradient", number), delta, self.coefs_[number].T)
                kept = saved[number - 1]
                if parameters:
                    found = hidden.gradients(dy, kept, parameters)
                    by_parameters.append([found[name] / total for name in parameters])
                room = dy
                if hidden.sums != hidden.units:
                    room = self._buffers.take(("sums' gradient", number), len(dy), hidden.sums, dy.dtype)
                delta = hidden.backward(dy, kept, room, parameters)
        return [*by_weights[::-1], *by_intercepts[::-1], *(each for layer in by_parameters[::-1] for each in layer)]

    def _product(self, key, x, weights):
        if not isinstance(x, np.ndarray):
            return safe_sparse_dot(x, weights)
        return np.matmul(x, weights, out=self._buffers.take(key, len(x), weights.shape[1], np.result_type(x, weights)))

    def _weight_gradient(self, number: int, x, delta, total):
        weights = self.coefs_[number]
        if not isinstance(x, np.ndarray):
            gradient = safe_sparse_dot(x.T, delta)
        else:
            gradient = self._buffers.take(("gradient", number), *weights.shape, np.result_type(x, delta))
            np.matmul(x.T, delta, out=gradient)
        if self.alpha:
            penalty = self._buffers.take(("penalty", number), *weights.shape, weights.dtype)
            gradient += np.multiply(weights, self.alpha, out=penalty)
        gradient /= total
        return gradient
