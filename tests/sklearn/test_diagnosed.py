"""The diagnostics look into the estimators while and after they are fitted."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from activations.diagnostics import Recorder, diagnose
from activations.sklearn import MLPClassifier


@pytest.mark.parametrize("activation", ["relu", "mish", "maxout", "swiglu", ["prelu", "maxout"]])
def test_gradient_of_the_output_layer_is_that_of_the_loss(activation):
    x, y = load_digits(return_X_y=True)
    x, y = x[:300] / 16, y[:300]
    recorder = Recorder(x)
    model = MLPClassifier((32, 16), activation=activation, max_iter=5, random_state=0, callback=recorder)
    with pytest.warns(UserWarning, match="converge"):
        model.fit(x, y)
    assert recorder.epochs == [1, 2, 3, 4, 5]
    difference = model.predict_proba(x) - (y[:, None] == model.classes_)
    report = diagnose(model, x, y)
    assert len(report.layers) == 3
    np.testing.assert_allclose(report.layers[-1].gradient, np.sqrt((difference**2).sum(axis=1).mean()))
