"""Activations as steps of a pipeline."""

import re

import numpy as np
import pandas
import pytest
from scipy.sparse import csc_matrix, csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import activations
from activations.sklearn import ActivationTransformer

X = np.array([[-1.0, 0.0, 2.0, 0.5], [3.0, -4.0, 0.0, 0.0]])


@pytest.mark.parametrize("spec", ["gelu", {"name": "leaky_relu", "negative_slope": 0.2}, activations.get("softmax")])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_values_and_types(spec, dtype):
    y = ActivationTransformer(spec).fit_transform(X.astype(dtype))
    assert y.dtype == dtype
    assert np.array_equal(y, activations.get(spec)(X.astype(dtype)))


@pytest.mark.parametrize("matrix", [np.asarray, csr_matrix])
def test_a_function_of_ones_own_keeps_float32(matrix):
    wide = activations.Activation("wide", lambda x: x * np.float64(2))
    assert ActivationTransformer(wide).fit_transform(matrix(X.astype(np.float32))).dtype == np.float32


@pytest.mark.parametrize(
    ("spec", "names"),
    [
        ("relu", ["a", "b", "c", "d"]),
        ("softmax", ["a", "b", "c", "d"]),
        ("maxout", ["maxout0", "maxout1"]),
        ("swiglu", ["swiglu0", "swiglu1"]),
        ("logsumexp", ["logsumexp0"]),
        ("crelu", [f"crelu{k}" for k in range(8)]),
    ],
)
def test_names_of_features(spec, names):
    frame = pandas.DataFrame(X, columns=list("abcd"), index=["first", "second"])
    y = ActivationTransformer(spec).set_output(transform="pandas").fit_transform(frame)
    assert list(y.columns) == names
    assert list(y.index) == ["first", "second"]
    assert np.array_equal(y.to_numpy(), np.asarray(activations.get(spec)(X)).reshape(2, -1))


@pytest.mark.parametrize("matrix", [csr_matrix, csc_matrix])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sparse_stays_sparse(matrix, dtype):
    x = matrix(X.astype(dtype))
    y = ActivationTransformer("relu").fit_transform(x)
    assert isinstance(y, matrix)
    assert y.dtype == dtype
    assert np.array_equal(y.toarray(), activations.relu(X))
    assert y.nnz == 3  # zeros are not stored
    assert np.array_equal(x.toarray(), X)


def test_what_is_stored_twice_is_one_value():
    x = csr_matrix(([-1.0, 2.0], [0, 0], [0, 2]), shape=(1, 2))
    assert ActivationTransformer("relu").fit_transform(x).toarray().tolist() == [[1, 0]]
    assert x.nnz == 2  # and the caller's matrix stays as it was


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("sigmoid", "sigmoid makes 0.5 of 0"),
        ("softmax", "whole rows"),
        (activations.get("prelu", weight=np.full(4, 0.5)), "single features"),
    ],
)
def test_what_would_not_be_sparse_is_refused(spec, words):
    fitted = ActivationTransformer(spec).fit(X)
    for use in (ActivationTransformer(spec).fit, fitted.transform):
        with pytest.raises(ValueError, match=rf"{words}.*sparse.*toarray\(\)"):
            use(csr_matrix(X))


@pytest.mark.parametrize("shape", [(3,), (2, 1)])
def test_parameters_of_other_features_are_refused(shape):
    slopes = activations.get("prelu", weight=np.full(shape, 0.5))
    with pytest.raises(ValueError, match=re.escape(f"prelu with weight of shape {shape} does not fit 4 features")):
        ActivationTransformer(slopes).fit(X)


def test_refusals_by_fit():
    with pytest.raises(activations.UnknownActivationError, match="'relu'"):
        ActivationTransformer("rleu").fit(X)
    transformer = ActivationTransformer({"name": "maxout", "pieces": 3})
    with pytest.raises(ValueError, match="pieces=3 does not divide the 4 values"):
        transformer.fit(X)
    assert not hasattr(transformer, "activation_")


def test_in_a_pipeline():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((300, 2))
    y = (np.abs(x[:, 0]) > 0.7).astype(int)
    bare = LogisticRegression().fit(x, y).score(x, y)
    assert make_pipeline(ActivationTransformer("abs"), LogisticRegression()).fit(x, y).score(x, y) > bare + 0.2
