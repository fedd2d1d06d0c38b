"""Fitting: the loop over epochs and batches, the call of L-BFGS, and those who watch."""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np
from sklearn.base import is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils import gen_batches, shuffle

from activations.sklearn.solvers import minimise, optimiser

__all__ = ["Epoch", "Training"]


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


class Training:
    """Mixed into `Network`: the two ways to fit, called by scikit-learn's ``_fit``.

    The loop over batches is written anew for what scikit-learn's lacks (callbacks, parameters besides weights and
    intercepts, batches gathered into one array) and draws the same numbers. From scikit-learn 1.7 on the sample weights
    come before the lists for intermediate results, which are not needed here.
    """

    def _fit_stochastic(self, X, y, *arguments):
        *weight, _, _, _, _, _, incremental = arguments
        if self.early_stopping and incremental:
            raise ValueError("partial_fit does not support early_stopping=True")
        self._hidden = self._planned
        if self._generator is None and any(each.draws for each in self._hidden):
            # Elsewhere no number is taken, so that what follows is drawn as scikit-learn draws it.
            self._generator = np.random.default_rng(self._random_state.randint(2**31 - 1))
        trained, bounds = self._trained()
        parameters = [*self.coefs_, *self.intercepts_, *trained]
        if not incremental or not hasattr(self, "_optimizer"):
            self._optimizer = optimiser(self, parameters)
        train, held_out = (X, y, *weight), (None, None, *(None for _ in weight))
        if self.early_stopping:
            train, held_out = self._split(X, y, *weight)
        rows = train[0].shape[0]
        size = self._batch_size(rows)
        order = np.arange(rows)
        self.n_iter_ = 0
        try:
            for _ in range(self.max_iter):
                if self.shuffle:
                    order = shuffle(order, random_state=self._random_state)
                summed = 0.0
                for part in gen_batches(rows, size):
                    batch = self._batch(train, order[part] if self.shuffle else part)
                    loss, gradients = self._loss_and_gradients(*batch)
                    summed += loss * (part.stop - part.start)
                    self._optimizer.update_params(parameters, gradients)
                    for array, limits in zip(trained, bounds, strict=True):
                        np.clip(array, *limits, out=array)
                self.loss_ = summed / rows
                if self._epoch_ends(rows, held_out) or incremental:
                    break
                if self.n_iter_ == self.max_iter:
                    warnings.warn(
                        f"{self.solver} has not converged after max_iter={self.max_iter} epochs",
                        ConvergenceWarning,
                        stacklevel=2,
                    )
        except KeyboardInterrupt:
            warnings.warn("training was interrupted; what is learnt so far is kept", stacklevel=2)
        if self.early_stopping:
            self.coefs_, self.intercepts_ = self._best_coefs, self._best_intercepts
            self.activation_parameters_ = self._best_parameters

    def _split(self, *arrays):
        """The samples to train on, and those held out to tell when to stop."""
        stratify = arrays[1] if is_classifier(self) and self.n_outputs_ == 1 else None
        given = [each for each in arrays if each is not None]
        parts = train_test_split(
            *given, random_state=self._random_state, test_size=self.validation_fraction, stratify=stratify
        )
        train, (X, y, *weight) = parts[::2], parts[1::2]
        if X.shape[0] < 2:
            raise ValueError("early stopping holds out less than 2 samples: raise validation_fraction or give more")
        if is_classifier(self):
            y = self._label_binarizer.inverse_transform(y)
        missing = [None] * (len(arrays) - len(given))
        return (*train, *missing), (X, y, *weight, *missing)

    def _batch_size(self, rows: int) -> int:
        if self.batch_size == "auto":
            return min(200, rows)
        if self.batch_size > rows:
            warnings.warn(f"batch_size={self.batch_size} is larger than the {rows} samples", stacklevel=2)
        return min(self.batch_size, rows)

    def _batch(self, arrays: tuple, part) -> tuple:
        X, y, *weight = arrays
        if isinstance(part, slice) or not isinstance(X, np.ndarray) or not X.flags.c_contiguous:
            X = X[part]
        else:
            room = self._buffers.take("batch", len(part), X.shape[1], X.dtype)
            X = np.take(X, part, axis=0, out=room, mode="clip")  # other modes fill an array of their own first
        weight = weight[0] if weight else None
        return X, y[part], None if weight is None else weight[part]

    def _epoch_ends(self, rows: int, held_out: tuple) -> bool:
        """Book-keeping; whether it was the last epoch."""
        self.n_iter_ += 1
        self.t_ += rows
        self.loss_curve_.append(self.loss_)
        if self.verbose:
            print(f"Iteration {self.n_iter_}, loss = {self.loss_:.8f}")
        best = self._best_coefs
        self._update_no_improvement_count(self.early_stopping, *held_out)
        if self._best_coefs is not best:
            self._keep_best_parameters()
        self._optimizer.iteration_ends(self.t_)
        score = self.validation_scores_[-1] if self.early_stopping else None
        if self._told(Epoch(len(self.loss_curve_), float(self.loss_), score)):
            return True
        if self._no_improvement_count <= self.n_iter_no_change:
            return False
        what = "validation score" if self.early_stopping else "training loss"
        why = f"The {what} has not improved by more than tol={self.tol:g} for {self.n_iter_no_change} epochs."
        if self._optimizer.trigger_stopping(why, self.verbose):
            return True
        self._no_improvement_count = 0
        return False

    def _keep_best_parameters(self) -> None:
        self._best_parameters = [
            {name: each.copy() for name, each in parameters.items()} for parameters in self.activation_parameters_
        ]

    def _fit_lbfgs(self, X, y, *arguments):
        *weight, _, _, _, _, _ = arguments
        self._hidden = self._planned
        trained, bounds = self._trained()

        def each_step(number, loss):
            self.n_iter_, self.loss_ = number, loss
            if self.verbose:
                print(f"Iteration {number}, loss = {loss:.8f}")
            return self._told(Epoch(number, loss, None))

        self.n_iter_, self.loss_ = minimise(
            lambda: self._loss_and_gradients(X, y, weight[0] if weight else None),
            [*self.coefs_, *self.intercepts_, *trained],
            bounds,
            each_step,
            tol=self.tol,
            max_iter=self.max_iter,
            max_fun=self.max_fun,
        )

    def _trained(self) -> tuple[list[np.ndarray], list[tuple[float, float]]]:
        """The trained parameters of all layers in one list, and between what values each stays."""
        pairs = [
            (each, hidden.bounds(name))
            for hidden, parameters in zip(self._hidden, self.activation_parameters_, strict=True)
            for name, each in parameters.items()
        ]
        return [each for each, _ in pairs], [bounds for _, bounds in pairs]

    def _told(self, epoch: Epoch) -> bool:
        """Call the callbacks, all of them; whether one of them asks for an end."""
        answers = [each(self, epoch) for each in self._callbacks]
        return any(answers)
