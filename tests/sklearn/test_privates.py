"""What the estimators take from scikit-learn beyond its public interface: a release that changes it is named here."""

import inspect

import pytest
import sklearn
from sklearn.neural_network import _base, _multilayer_perceptron, _stochastic_optimizers

MLP = _multilayer_perceptron.BaseMultilayerPerceptron
LISTS = ["activations", "deltas", "coef_grads", "intercept_grads", "layer_units"]

# The parameters after self that activations/sklearn counts on; "?" marks one that scikit-learn 1.6 does not have.
SIGNATURES = {
    (MLP, "_fit"): ["X", "y", "sample_weight?", "incremental"],
    (MLP, "_initialize"): ["y", "layer_units", "dtype"],
    (MLP, "_init_coef"): ["fan_in", "fan_out", "dtype"],
    (MLP, "_forward_pass_fast"): ["X", "check_input"],
    (MLP, "_fit_stochastic"): ["X", "y", "sample_weight?", *LISTS, "incremental"],
    (MLP, "_fit_lbfgs"): ["X", "y", "sample_weight?", *LISTS],
    (MLP, "_update_no_improvement_count"): ["early_stopping", "X", "y", "sample_weight?"],
    (_stochastic_optimizers.AdamOptimizer, "__init__"): ["params", "learning_rate_init", "beta_1", "beta_2", "epsilon"],
    (_stochastic_optimizers.SGDOptimizer, "__init__"): [
        "params",
        "learning_rate_init",
        "lr_schedule",
        "momentum",
        "nesterov",
        "power_t",
    ],
}


@pytest.mark.parametrize(("owner", "name"), SIGNATURES, ids=lambda value: getattr(value, "__name__", value))
def test_signatures(owner, name):
    found = [each.removesuffix("_val") for each in inspect.signature(getattr(owner, name)).parameters][1:]
    known = SIGNATURES[owner, name]
    allowed = ([each.rstrip("?") for each in known], [each for each in known if not each.endswith("?")])
    assert found in allowed, (
        f"scikit-learn {sklearn.__version__} has changed {owner.__name__}.{name}: it takes {found} and took {known}; "
        "see who overrides or calls it in activations/sklearn, and add the version to the table here"
    )


def test_functions_of_the_output_layer():
    message = f"scikit-learn {sklearn.__version__} has renamed functions that activations/sklearn/passes.py looks up"
    assert {"identity", "logistic", "softmax"} <= set(_base.ACTIVATIONS), message
    assert {"squared_error", "log_loss", "binary_log_loss"} <= set(_base.LOSS_FUNCTIONS), message


def test_state_of_the_optimisers():
    import numpy as np

    adam = _stochastic_optimizers.AdamOptimizer([np.zeros(2)])
    sgd = _stochastic_optimizers.SGDOptimizer([np.zeros(2)])
    message = f"scikit-learn {sklearn.__version__} has renamed what activations/sklearn/solvers.py works on in place"
    assert {"ms", "vs", "t", "beta_1", "beta_2", "epsilon", "learning_rate_init"} <= vars(adam).keys(), message
    assert {"velocities", "momentum", "nesterov", "learning_rate"} <= vars(sgd).keys(), message
