"""An activation as a step of a pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted, validate_data

import activations
from activations.activation import Activation
from activations.sklearn.hidden import demand_width

__all__ = ["ActivationTransformer"]


class ActivationTransformer(TransformerMixin, BaseEstimator):
    """An activation applied to the features of each sample.

    Parameters
    ----------
    activation : str, mapping or Activation, default="relu"
        Whatever `activations.get` takes: a name, a config such as ``{"name": "leaky_relu", "negative_slope": 0.2}``,
        an activation. One that folds works along the features.

    Attributes
    ----------
    activation_ : Activation
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Only if the features had names.

    Raises
    ------
    UnknownActivationError
        By `fit`, if there is no such name.
    ValueError
        By `fit`, if the activation cannot fold that many features, or the data is sparse and the result is not.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from activations.sklearn import ActivationTransformer
    >>> steps = make_pipeline(StandardScaler(), ActivationTransformer("softsign"))
    >>> steps.fit_transform(np.array([[1.0], [2.0], [3.0]])).ravel().round(3)
    array([-0.551,  0.   ,  0.551])
    >>> ActivationTransformer("maxout").fit(np.zeros((2, 4))).get_feature_names_out()
    array(['maxout0', 'maxout1'], dtype=object)

    Notes
    -----
    float32 stays float32; integers become float64. Sparse input stays sparse where f(0) = 0. Nothing is drawn: rrelu
    has its mean slope.
    """

    _parameter_constraints: ClassVar[dict] = {"activation": "no_validation"}

    def __init__(self, activation: str | Mapping[str, Any] | Activation | None = "relu"):
        self.activation = activation

    def fit(self, X, y=None) -> ActivationTransformer:
        """Look the activation up, and whether it takes such data.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        self : ActivationTransformer
        """
        f = activations.get(self.activation)
        X = self._checked(X, reset=True)
        # Before anything is set: what cannot be transformed is not fitted.
        if f.kind in ("ridge", "radial"):
            demand_width(f, X.shape[1], "features")
        columns = _applied(f, np.zeros((1, X.shape[1]))).shape[1]
        self._demand_sparse(f, X)
        self.activation_, self._n_features_out = f, columns
        return self

    def transform(self, X) -> Any:
        """f(X).

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray or sparse matrix of shape (n_samples, n_features_out)
        """
        check_is_fitted(self)
        X = self._checked(X, reset=False)
        f = self.activation_
        if not issparse(X):
            return _applied(f, X)
        self._demand_sparse(f, X)
        X = X.copy()
        X.sum_duplicates()  # f of a sum is not the sum of f
        X.data = np.asarray(f(X.data)).astype(X.dtype, copy=False)
        X.eliminate_zeros()
        return X

    def get_feature_names_out(self, input_features=None) -> np.ndarray:
        """Names of the columns of the result.

        Parameters
        ----------
        input_features : array_like of str, optional
            Names of the features, where `fit` saw none.

        Returns
        -------
        ndarray of str
            Those of the features; where the activation folds them into another number, its own name with a number.
        """
        check_is_fitted(self)
        names = _check_feature_names_in(self, input_features)
        if len(names) == self._n_features_out:
            return names
        return np.array([f"{self.activation_.name}{k}" for k in range(self._n_features_out)], dtype=object)

    def _checked(self, X, *, reset: bool):
        return validate_data(self, X, accept_sparse=("csr", "csc"), dtype=(np.float64, np.float32), reset=reset)

    def _demand_sparse(self, f, X) -> None:
        if issparse(X) and (reason := _not_sparse(f)):
            raise ValueError(f"{reason}, so that the result of a sparse matrix is not sparse: give it X.toarray()")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        try:
            tags.input_tags.sparse = not _not_sparse(activations.get(self.activation))
        except (TypeError, ValueError, ImportError):  # fit has the error
            tags.input_tags.sparse = False
        return tags


def _not_sparse(f) -> str:
    """Why the result for a sparse matrix is not sparse; empty if it is."""
    if f.kind not in ("ridge", "radial"):
        return f"{f!r} looks at whole rows"
    if any(np.ndim(value) for value in f.parameters.values()):
        return f"{f.name} has parameters of single features bound"
    at_zero = float(f(0.0))
    return f"{f!r} makes {at_zero:g} of 0" if at_zero else ""


def _applied(f, X):
    """f along the features, as a matrix even where it folds them into one number, in the type of X."""
    y = np.asarray(f(X))
    return y.reshape(len(X), -1).astype(X.dtype, copy=False)
