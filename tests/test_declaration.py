"""Declarations that contradict themselves are refused where they are written, and not at the first call."""

import math

import pytest

from activations.declaration import Declaration, Parameter

SLOPE = Parameter("slope", 1.0)


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"kind": "ridged"}, "mine: kind 'ridged' is not one of ridge, radial"),
        ({"saves": "dy"}, "mine: saves 'dy' is not 'x', 'y' or 'either'"),
        ({"far": True, "near": {"forward": (1.0, 1.0)}}, "mine: far and near"),
        ({"scalars": ("second_derivatives",)}, "mine: scalars 'second_derivatives' is not one of 'backward', "),
        ({"saves": "y"}, "mine: saves 'y' needs 'backward_from_output' among scalars"),
        ({"saves": "either"}, "mine: saves 'either' needs 'backward_from_output' among scalars"),
        ({"gradients": ("slop",)}, r"mine: gradients 'slop' is not one of its parameters: \['slope'\]"),
        ({"near_parameters": {"alpha": (0.0, 4.0)}}, "mine: near_parameters 'alpha' is not one of its parameters"),
        ({"output_tells": {"alpha": 0.0}}, "mine: output_tells 'alpha' is not one of its parameters"),
        ({"output_bounds": ("alpha",)}, "mine: output_bounds 'alpha' is not one of its parameters"),
        ({"special": "f", "special_takes": ("alpha",)}, "mine: special_takes 'alpha' is not one of its parameters"),
        ({"chosen_formulas": {"tanh": "x"}}, "mine: chosen_formulas 'tanh' is no word that a parameter takes instead"),
        ({"parameters": (SLOPE, Parameter("slope", 2.0))}, "mine: there are two parameters 'slope'"),
        ({"parameters": (Parameter("k", -1.0, low=0.0),)}, "mine: the default k=-1.0 is not a real number >= 0"),
        ({"parameters": (Parameter("k", 0.0, low=0.0, open_low=True),)}, "the default k=0.0 is not a real number > 0"),
        ({"parameters": (Parameter("way", "c", choices={"a": "f"}),)}, "the default way='c' is not 'a'"),
    ],
)
def test_is_refused(declared, message):
    usual = {"name": "mine", "kind": "ridge", "summary": "", "formula": "", "reference": "", "parameters": (SLOPE,)}
    assert Declaration(**usual)
    with pytest.raises(ValueError, match=message):
        Declaration(**usual | declared)


def test_what_is_no_number_may_be_a_default():
    defaults = (None, float("nan"), True, "word", [1.0])
    parameters = tuple(Parameter(f"p{k}", each) for k, each in enumerate(defaults))
    assert Declaration("mine", "ridge", "", "", "", parameters=parameters).parameters == parameters


def test_infinite_bounds():
    both = Parameter("k", 1.0, low=-math.inf, open_low=True, open_high=True)
    assert [both.contains(each) for each in (-math.inf, -1e308, 1e308, math.inf)] == [False, True, True, False]
    assert both.allowed == "a finite real number"
    assert Parameter("k", 1.0, low=0.0, open_high=True).allowed == "a finite real number >= 0"
    assert Parameter("k", 1.0, open_high=True).allowed == "a real number < inf"
    assert Parameter("k", 1.0, low=1.0, high=7.0, open_high=True).allowed == "a real number >= 1 and < 7"
    whole = Parameter("k", 1.0, whole=True)
    assert [whole.contains(each) for each in (math.inf, -math.inf, math.nan, 2.5, 2.0)] == [False] * 4 + [True]
