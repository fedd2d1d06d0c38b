"""The solvers: scikit-learn's Adam and SGD without their temporaries, and L-BFGS over every kind of parameter."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import scipy.optimize
from sklearn.neural_network._stochastic_optimizers import AdamOptimizer, SGDOptimizer
from sklearn.utils.optimize import _check_optimize_result

__all__ = ["InPlaceAdam", "InPlaceSGD", "minimise", "optimiser"]

# Elements that are updated at once: parameter, gradient, moments and scratch fit into the second-level cache.
BLOCK = 1 << 13


class InPlace:
    """What both optimisers share."""

    def update_params(self, params, grads):
        """Move `params`, given the gradients of the loss."""
        step = self._step()
        for arrays in zip(params, grads, *self._state(), strict=True):
            for block in _blocks(arrays):
                step(*block)


class InPlaceAdam(InPlace, AdamOptimizer):
    """Adam (D. P. Kingma and J. Ba, 2015), rounded as scikit-learn's in float64; float32 stays float32."""

    def _state(self):
        return self.ms, self.vs

    def _step(self) -> Callable:
        self.t += 1
        self.learning_rate = self.learning_rate_init * np.sqrt(1 - self.beta_2**self.t) / (1 - self.beta_1**self.t)
        # A NumPy scalar would make float64 of float32.
        rate, beta_1, beta_2, epsilon = -float(self.learning_rate), self.beta_1, self.beta_2, self.epsilon

        def step(parameter, gradient, m, v):
            scratch = np.multiply(gradient, 1 - beta_1, dtype=m.dtype)
            m *= beta_1
            m += scratch
            np.square(gradient, out=scratch, casting="same_kind")
            scratch *= 1 - beta_2
            v *= beta_2
            v += scratch
            np.sqrt(v, out=scratch)
            scratch += epsilon
            parameter += np.divide(m * rate, scratch, out=scratch)

        return step


class InPlaceSGD(InPlace, SGDOptimizer):
    """Stochastic gradient descent with momentum, rounded as scikit-learn's."""

    def _state(self):
        return (self.velocities,)

    def _step(self) -> Callable:
        rate, momentum, nesterov = self.learning_rate, self.momentum, self.nesterov

        def plain(parameter, gradient, velocity):
            np.multiply(gradient, -rate, out=velocity, casting="same_kind")
            parameter += velocity

        def step(parameter, gradient, velocity):
            move = np.multiply(gradient, rate, dtype=velocity.dtype)
            velocity *= momentum
            velocity -= move
            if nesterov:
                np.subtract(momentum * velocity, move, out=move)
                parameter += move
            else:
                parameter += velocity

        return step if momentum else plain


def _blocks(arrays: tuple) -> Iterator[tuple]:
    """Arrays of one shape in pieces that fit into the cache, if they lie in memory as one piece."""
    size = arrays[0].size
    if size <= BLOCK or not all(each.flags.c_contiguous for each in arrays):
        yield arrays
        return
    flat = [each.reshape(-1) for each in arrays]
    for start in range(0, size, BLOCK):
        yield tuple(each[start : start + BLOCK] for each in flat)


def optimiser(estimator, params: list):
    """The optimiser that an estimator's parameters ask for, at its start."""
    e = estimator
    if e.solver == "adam":
        return InPlaceAdam(params, e.learning_rate_init, e.beta_1, e.beta_2, e.epsilon)
    schedule = (e.learning_rate_init, e.learning_rate, e.momentum, e.nesterovs_momentum, e.power_t)
    return InPlaceSGD(params, *schedule)


def minimise(loss_and_gradients: Callable, arrays: list, bounds: list, each_step: Callable, *, tol, max_iter, max_fun):
    """L-BFGS-B over arrays that are changed in place.

    Parameters
    ----------
    loss_and_gradients : callable
        Of the arrays as they stand: the loss, and the gradients in their order.
    arrays : list of ndarray
        Of one dtype. If it is float32, so are the gradients; the steps are taken in float64.
    bounds : list of tuple of float
        For each of the last arrays, those that have any: between what values it stays.
    each_step : callable
        Called with the number of the step and the loss; true stops.
    tol, max_iter, max_fun
        As scikit-learn's estimators have them.

    Returns
    -------
    steps : int
    loss : float
    """
    ends = np.cumsum([each.size for each in arrays])

    def unpack(packed):
        for array, part in zip(arrays, np.split(packed, ends[:-1]), strict=True):
            array[...] = part.reshape(array.shape)

    def function(packed):
        unpack(packed)
        loss, gradients = loss_and_gradients()
        return loss, np.concatenate([each.ravel() for each in gradients], dtype=np.float64)

    steps, stopped = 0, False

    def after_step(intermediate_result):
        nonlocal steps, stopped
        steps += 1  # the arrays hold this point: it was evaluated last
        stopped = each_step(steps, float(intermediate_result.fun))
        if stopped:
            raise StopIteration

    options = {"maxfun": max_fun, "maxiter": max_iter, "gtol": tol}
    if arrays[0].dtype == np.float32:
        # The loss has no more digits than that; a search for a smaller one would only fail.
        options["ftol"] = 8 * float(np.finfo(np.float32).eps)
    free = sum(each.size for each in arrays[: len(arrays) - len(bounds)])
    limits = [(None, None)] * free
    for array, limit in zip(arrays[len(arrays) - len(bounds) :], bounds, strict=True):
        limits += [limit] * array.size
    found = scipy.optimize.minimize(
        function,
        np.concatenate([each.ravel() for each in arrays], dtype=np.float64),
        method="L-BFGS-B",
        jac=True,
        bounds=limits if bounds else None,
        callback=after_step,
        options=options,
    )
    unpack(found.x)
    # To be stopped is no failure.
    return steps if stopped else _check_optimize_result("lbfgs", found, max_iter), found.fun
