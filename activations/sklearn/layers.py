"""A fitted layer, as users and diagnostics see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.extmath import safe_sparse_dot

from activations.activation import Activation

__all__ = ["Layer"]


class Layer:
    """A dense layer of a fitted estimator: ``f(x @ weights + bias)``.

    Attributes
    ----------
    weights : ndarray of shape (n_in, n_pre)
        The array in the estimator's ``coefs_``, no copy.
    bias : ndarray of shape (n_pre,)
        The array in its ``intercepts_``.
    activation : Activation
        With its parameters bound, trained ones too. That of the last layer is what the estimator predicts with:
        identity, sigmoid, softmax or exponential.
    parameters : dict of str to ndarray
        The trained parameters of the activation; empty if there are none.

    Examples
    --------
    >>> import numpy as np
    >>> from activations.sklearn import MLPRegressor
    >>> x = np.linspace(-1, 1, 50).reshape(-1, 1)
    >>> mlp = MLPRegressor(hidden_layer_sizes=(4, 3), activation="maxout", solver="lbfgs", random_state=0)
    >>> mlp = mlp.fit(x, x.ravel() ** 2)
    >>> [(layer.activation, layer.weights.shape) for layer in mlp.layers_]
    [(maxout, (1, 8)), (maxout, (4, 6)), (identity, (3, 1))]
    >>> for layer in mlp.layers_:
    ...     pre, x = layer.forward(x)
    >>> x.shape
    (50, 1)
    """

    def __init__(
        self,
        weights: np.ndarray,
        bias: np.ndarray,
        activation: Activation,
        parameters: Mapping[str, np.ndarray],
        finish: Callable,
    ):
        self.weights, self.bias = weights, bias
        self.activation, self.parameters = activation, parameters
        # From sums without their bias, which it may overwrite, to outputs.
        self._finish = finish

    def __repr__(self) -> str:
        before, after = self.weights.shape
        return f"Layer({before} -> {after}, {self.activation!r})"

    def forward(self, x) -> tuple[np.ndarray, np.ndarray]:
        """The pre-activation and the output for the output of the layer before.

        Parameters
        ----------
        x : array_like or sparse matrix of shape (n_samples, n_in)

        Returns
        -------
        pre : ndarray of shape (n_samples, n_pre)
        y : ndarray of shape (n_samples, n_out)
            What the layer gives in prediction: nothing is drawn.
        """
        z = self._sums(x)
        return z + self.bias, self._finish(z, self.bias)

    def output(self, x) -> np.ndarray:
        """The output alone, which needs one array less."""
        return self._finish(self._sums(x), self.bias)

    def _sums(self, x):
        return safe_sparse_dot(x if issparse(x) else np.asarray(x), self.weights)
