"""The references are complete, and right by means that share nothing with them."""

import math

import numpy as np
import pytest

from activations import catalogue

from .enrolment import ALL, ELEMENTWISE, ROWWISE, make, with_cases
from .reference import REFERENCE, FoldingReference, Reference, mp

POINTS = (-40.0, -13.3, -3.1, -1.2784, -0.7517, -0.31, -1e-3, 2e-9, 0.013, 0.77, 2.9, 11.7, 31.0)


@pytest.mark.parametrize("name", ALL)
def test_every_builtin_has_a_reference_of_its_kind(name):
    assert name in REFERENCE, f"write the true values of {name} into tests/reference.py"
    assert isinstance(REFERENCE[name], Reference if name in ELEMENTWISE else FoldingReference)


@pytest.mark.parametrize("name", ALL)
def test_examples_set_every_parameter(name):
    declared = {parameter.name for parameter in catalogue.declarations()[name].parameters}
    assert {key for example in REFERENCE[name].examples for key in example} == declared


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_saved_outputs_have_a_reference(name):
    from_output = REFERENCE[name].from_output is not None
    assert from_output == (catalogue.declarations()[name].saves in ("y", "either"))


def test_no_reference_without_a_builtin():
    assert set(REFERENCE) == set(ALL)


def exact(name, case):
    parameters = {parameter.name: parameter.default for parameter in catalogue.declarations()[name].parameters} | case
    real = name in ELEMENTWISE
    return {k: mp.mpf(v) if real and isinstance(v, (int, float)) else v for k, v in parameters.items()}


@pytest.mark.parametrize(("name", "case"), with_cases(ELEMENTWISE))
def test_derivative_is_the_slope_of_forward(name, case):
    reference, parameters = REFERENCE[name], exact(name, case)
    for point in POINTS:
        slope = mp.diff(lambda x: reference.forward(x, **parameters), mp.mpf(point))
        value = reference.derivative(mp.mpf(point), **parameters)
        if mp.isnan(value):  # outside the domain
            continue
        assert mp.almosteq(value, slope, rel_eps=1e-20, abs_eps=1e-40), point
        if reference.terms is not None:
            assert reference.terms(mp.mpf(point), **parameters) >= abs(value) / 2


@pytest.mark.parametrize(("name", "case"), with_cases(ELEMENTWISE))
def test_further_derivatives_are_slopes(name, case):
    reference, parameters = REFERENCE[name], exact(name, case)
    declared = catalogue.declarations()[name]
    assert (reference.second_derivative is not None) == ("second_derivative" in declared.scalars)
    assert set(reference.by) == set(declared.gradients)
    for point in map(mp.mpf, POINTS):
        if reference.second_derivative is not None:
            slope = mp.diff(lambda x: reference.derivative(x, **parameters), point)
            value = reference.second_derivative(point, **parameters)
            if mp.isnan(value):
                continue
            assert mp.almosteq(value, slope, rel_eps=1e-20, abs_eps=1e-40), point
            if reference.second_terms is not None:
                assert reference.second_terms(point, **parameters) >= abs(value) / 4
        for parameter, function in reference.by.items():

            def varied(value, parameter=parameter, point=point):
                return reference.forward(point, **{**parameters, parameter: value})

            slope = mp.diff(varied, parameters[parameter])
            assert mp.almosteq(function(point, **parameters), slope, rel_eps=1e-20, abs_eps=1e-40), (parameter, point)


@pytest.mark.parametrize(
    ("name", "case"), [each for each in with_cases(ELEMENTWISE) if make(*each.values).saves != "x"]
)
def test_from_output_is_the_derivative(name, case):
    reference, parameters = REFERENCE[name], exact(name, case)
    for point in POINTS:
        x = mp.mpf(point)
        value = reference.from_output(reference.forward(x, **parameters), **parameters)
        assert mp.almosteq(value, reference.derivative(x, **parameters), rel_eps=1e-20, abs_eps=1e-60), point


@pytest.mark.parametrize(("name", "case"), with_cases(ROWWISE))
def test_folding_backward_is_the_slope_of_forward(name, case):
    reference, parameters = REFERENCE[name], exact(name, case)
    block = reference.block(**parameters)
    rng = np.random.default_rng(0)
    row = [mp.mpf(x) for x in rng.uniform(-3, 3, 3 * block).tolist()]
    dy = [mp.mpf(x) for x in rng.uniform(-2, 2, len(reference.forward(row, **parameters))).tolist()]
    gradient, terms = reference.backward(dy, row, **parameters)
    for k in range(len(row)):

        def loss(x, k=k):
            return mp.fdot(dy, reference.forward([*row[:k], x, *row[k + 1 :]], **parameters))

        slope = mp.diff(loss, row[k])
        assert mp.almosteq(gradient[k], slope, rel_eps=1e-20, abs_eps=1e-30)
        assert terms[k] >= abs(gradient[k]) / 2


def test_values_known_from_elsewhere():
    # Abramowitz and Stegun, tables 7.1 and 26.1, and the standard library.
    gelu = REFERENCE["gelu"].forward(mp.mpf(1), approximate="none")
    assert float(gelu) == pytest.approx(0.84134474606854, rel=1e-14)
    far = REFERENCE["gelu"].forward(mp.mpf(-13), approximate="none")
    assert float(far) == pytest.approx(-13 / 2 * math.erfc(13 / math.sqrt(2)), rel=1e-13)
    assert float(REFERENCE["sigmoid"].forward(mp.mpf(-745))) == 5e-324
    assert float(REFERENCE["tanh"].forward(mp.mpf(0.5))) == math.tanh(0.5)
    assert float(REFERENCE["softplus"].forward(mp.mpf(0), beta=mp.mpf(2), threshold=None)) == math.log(2) / 2
    first = REFERENCE["log_softmax"].forward([mp.mpf(0), mp.mpf(-80)])[0]
    assert float(first) == -math.exp(-80)
