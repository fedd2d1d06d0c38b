"""scikit-learn's multilayer perceptrons with any activation, and activations as steps of a pipeline.

Needs the extra ``sklearn``.

MLPClassifier, MLPRegressor
    scikit-learn's estimators, whose ``activation`` is any activation, one for each layer if wanted.
ActivationTransformer
    An activation as a step of a pipeline.
Layer
    A layer of a fitted estimator.
Epoch
    What a callback is told.
"""

try:
    import sklearn as _sklearn  # noqa: F401
except ImportError as error:
    raise ImportError('activations.sklearn needs scikit-learn: pip install "numpy-activations[sklearn]"') from error

from activations.sklearn.estimators import MLPClassifier, MLPRegressor
from activations.sklearn.layers import Layer
from activations.sklearn.training import Epoch
from activations.sklearn.transformer import ActivationTransformer

__all__ = ["ActivationTransformer", "Epoch", "Layer", "MLPClassifier", "MLPRegressor"]
