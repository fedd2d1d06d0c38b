"""The estimators: scikit-learn's multilayer perceptrons, with `Network` in front of them."""

from __future__ import annotations

import inspect
from typing import ClassVar

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
    """scikit-learn's multilayer perceptron for classes, with any activation.

    Parameters
    ----------
    hidden_layer_sizes : array-like of int, default=(100,)
        Units of each hidden layer, counted after folding: with maxout of 3 pieces a layer of 20 units has 60
        pre-activations, with a gate 40, and ``coefs_[i]`` as many columns.
    activation : str, mapping, Activation, or list of these, default="relu"
        What `activations.get` takes: any registered name, plugins' too, a config such as
        ``{"name": "leaky_relu", "negative_slope": 0.2}``, an activation. A list has one for each hidden layer. A fold
        to one number (logsumexp and its kin) folds ``pieces`` neighbours into a unit: 2, or as many as a config says.
    init : {"sklearn", "auto", "he", "lecun", "glorot"}, default="sklearn"
        First weights. "sklearn": as scikit-learn draws them. The others: normal with mean 0 and variance
        2 / ((1 + a^2) n_in), a being the slope on the left [2]_; 1 / n_in [3]_; 2 / (n_in + n_out) [1]_; biases 0.
        "auto" takes "he" for rectifiers (what passes 3 nearly as it is and less than half of -3: relu, leaky_relu,
        elu, gelu, silu, mish, softplus ...), "lecun" for selu [4]_, "glorot" for the others and the output layer.
    train_activation : bool, default=False
        Whether parameters of activations that have a gradient (the slope of prelu, beta of swish) are trained along
        with the weights, by the same solver, without L2 penalty: one for each unit, unless an array is bound. They
        keep to their allowed range, 0.001 inside of a bound that is not allowed itself. Those of folding kinds and of
        rrelu stay as they are; so does, with a warning, an activation whose author gave no gradient of its parameters.
    callback : callable, list of callables or None, default=None
        Called after each epoch (lbfgs: each step) with the estimator and an `Epoch`; ``layers_`` and ``predict`` work
        there. If one returns True the training ends.
    loss, solver, alpha, ...
        All other parameters, attributes and methods are those of `sklearn.neural_network.MLPClassifier` in the
        installed version.

    Attributes
    ----------
    layers_ : list of Layer
        The output layer last. They share memory with ``coefs_`` and ``intercepts_``.
    activation_parameters_ : list of dict of str to ndarray
        The trained parameters of each hidden layer; empty dicts if none are.

    Raises
    ------
    UnknownActivationError
        By ``fit``, if no activation has that name; the message lists close ones.
    ValueError
        By ``fit``, if a list of activations is not as long as `hidden_layer_sizes`, or an activation cannot fold to
        that number of units.

    Notes
    -----
    With "identity", "logistic", "tanh" and "relu" and data in float64, fitted weights are equal to scikit-learn's to
    the last bit, with all solvers. "tanh" and "logistic" are computed with scikit-learn's functions for that;
    ``activations.tanh`` and "sigmoid" are ours, and differ in last bits.

    Data in float32 is computed in float32 throughout, with lbfgs too, where scikit-learn goes over to float64 (its
    Adam's steps, lbfgs, and regression on targets in float64). There weights agree to rounding.

    rrelu and gumbel_softmax draw in training, reproducibly for a `random_state`; not in prediction, nor with lbfgs,
    whose line search needs the same function at every call.

    References
    ----------
    .. [1] X. Glorot, Y. Bengio, Understanding the difficulty of training deep feedforward neural networks, AISTATS
           2010.
    .. [2] K. He, X. Zhang, S. Ren, J. Sun, Delving deep into rectifiers, ICCV 2015, formula 15.
    .. [3] Y. LeCun, L. Bottou, G. Orr, K.-R. Müller, Efficient BackProp, in: Neural networks: tricks of the trade,
           1998.
    .. [4] G. Klambauer, T. Unterthiner, A. Mayr, S. Hochreiter, Self-normalizing neural networks, NeurIPS 2017.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from activations.sklearn import MLPClassifier
    >>> x, y = load_iris(return_X_y=True)
    >>> mlp = MLPClassifier((8, 8), activation=["mish", "maxout"], solver="lbfgs", random_state=0).fit(x, y)
    >>> mlp.score(x, y) > 0.95
    True
    >>> mlp.layers_
    [Layer(4 -> 8, mish), Layer(8 -> 16, maxout), Layer(8 -> 3, softmax)]
    """

    _parameter_constraints: ClassVar[dict] = {
        **neural_network.MLPClassifier._parameter_constraints,
        **Network._parameter_constraints,
    }
    __init__ = _constructor(neural_network.MLPClassifier)


class MLPRegressor(Network, neural_network.MLPRegressor):
    """scikit-learn's multilayer perceptron for numbers, with any activation.

    Its own parameters, and what they raise, are those of `MLPClassifier`; all others are those of
    `sklearn.neural_network.MLPRegressor`, whose first one, from scikit-learn 1.7 on, is ``loss``.

    Parameters
    ----------
    hidden_layer_sizes, activation, init, train_activation, callback
        As for `MLPClassifier`.

    Attributes
    ----------
    layers_, activation_parameters_
        As for `MLPClassifier`.

    Examples
    --------
    >>> import numpy as np
    >>> from activations.sklearn import MLPRegressor
    >>> x = np.linspace(-3, 3, 200).reshape(-1, 1)
    >>> settings = {"hidden_layer_sizes": 8, "solver": "lbfgs", "max_iter": 500, "tol": 1e-3, "random_state": 0}
    >>> mlp = MLPRegressor(activation="swish", train_activation=True, **settings)
    >>> mlp.fit(x, np.sin(x.ravel())).score(x, np.sin(x.ravel())) > 0.999
    True
    >>> [{name: beta.shape for name, beta in layer.items()} for layer in mlp.activation_parameters_]
    [{'beta': (8,)}]
    """

    _parameter_constraints: ClassVar[dict] = {
        **neural_network.MLPRegressor._parameter_constraints,
        **Network._parameter_constraints,
    }
    __init__ = _constructor(neural_network.MLPRegressor)
