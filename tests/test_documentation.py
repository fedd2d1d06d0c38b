"""Every activation tells what it is: `help`, its docstring and its signature."""

import doctest
import inspect
import pydoc
import re

import numpy as np
import pytest

import activations
from activations import catalogue


@pytest.mark.parametrize("name", catalogue.names())
def test_docstring(name):
    f = activations.get(name)
    declared = f._declaration
    text = " ".join(f.__doc__.split())
    for each in (declared.summary, declared.formula, declared.advice, declared.reference, *declared.aliases):
        assert " ".join(each.split()) in text
    for parameter in declared.parameters:
        assert f"{parameter.name} : {parameter.allowed}, default {parameter.default!r}" in text
    assert all(len(line) < 120 for line in f.__doc__.splitlines()[1:] if not line.startswith(".. math::"))


@pytest.mark.parametrize("name", catalogue.names())
def test_formulas_hold_letters_and_no_defaults(name):
    """They are shown whatever is bound."""
    declared = catalogue.declarations()[name]
    fractions = [p.default for p in declared.parameters if isinstance(p.default, float) and not p.default.is_integer()]
    for formula in (declared.formula, *declared.chosen_formulas.values()):
        assert not [each for each in fractions if repr(each) in formula]


def test_the_formula_is_that_of_the_word_that_is_bound():
    gelu, tanh = activations.gelu, activations.gelu_tanh.formula
    assert activations.get("jax.gelu").formula == gelu.bind(approximate="tanh").formula == tanh != gelu.formula
    assert f".. math:: {tanh}" in activations.get("jax.gelu").__doc__
    assert activations.get("swiglu", beta=2.0).formula == activations.swiglu.formula


def test_formulas_of_either_gate():
    """The halves change places, and so do their letters."""
    for name in activations.names(kind="gated"):
        f = activations.get(name)
        if "gate" not in f.parameters or name == "bilinear":
            continue
        first, second = (f.bind(gate=word).formula.removeprefix("f(a, b) = ") for word in ("first", "second"))
        turned = re.sub(r"\b[ab]\b", lambda found: "b" if found[0] == "a" else "a", first)
        assert sorted(turned.split(r" \, ")) == sorted(second.split(r" \, "))


@pytest.mark.parametrize("name", catalogue.names())
def test_examples_run(name):
    examples = doctest.DocTestParser().get_doctest(activations.get(name).__doc__, {}, name, None, None)
    assert not doctest.DocTestRunner(verbose=False).run(examples).failed
    assert examples.examples


@pytest.mark.parametrize("name", catalogue.names())
def test_signature_is_true(name):
    """Every keyword that it names is taken, and its default changes nothing."""
    f = activations.get(name)
    x = np.linspace(-1, 2, 8).reshape((8, 1, 1) if f._declaration.dimensions else 8)
    keywords = {
        each.name: each.default
        for each in inspect.signature(f).parameters.values()
        if each.kind in (each.KEYWORD_ONLY, each.POSITIONAL_OR_KEYWORD)
    }
    assert {"out", "dtype", "bias", *f.parameters} <= keywords.keys()
    np.testing.assert_array_equal(f(x, **keywords), f(x))


@pytest.mark.parametrize("name", ["relu", "softmax", "glu", "crelu", "rrelu"])
def test_the_call_itself_is_documented(name):
    f = activations.get(name)
    for text in (pydoc.render_doc(f.__call__), f.__call__.__doc__, type(f).__call__.__doc__):
        assert "The forward pass f(x)." in text
        assert "parameters in the place of the bound ones" in text


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("relu", "(x, /, out=None, *, bias=None, where=True, dtype=None, **ufunc_keywords)"),
        (
            "softmax",
            "(x, /, out=None, *, axis=-1, where=None, temperature=1.0, bias=None, dtype=None, **ufunc_keywords)",
        ),
        ("maxout", "(x, /, out=None, *, axis=-1, pieces=2, bias=None, dtype=None, **ufunc_keywords)"),
        ("logsumexp", "(x, /, out=None, *, axis=-1, keepdims=False, bias=None, dtype=None, **ufunc_keywords)"),
    ],
)
def test_signature(name, wanted):
    assert str(inspect.signature(activations.get(name))) == wanted


def test_bound_parameters_are_the_defaults():
    f = activations.get("leaky_relu", negative_slope=0.2)
    assert inspect.signature(f).parameters["negative_slope"].default == 0.2


def test_help():
    text = pydoc.render_doc(activations.gelu, renderer=pydoc.plaintext)
    assert "x times the normal distribution function" in text
    assert "Elementwise(declaration" not in text


def test_own_function():
    bump = activations.Activation("bump", lambda x, a: a * x, parameters={"a": 2.0}, formula="a x")
    assert str(inspect.signature(bump)).startswith("(x, /, out=None, *, a=2.0, ")
    assert ".. math:: a x" in bump.__doc__


def test_own_fold():
    """What becomes of the axis is known of the library's own folds alone."""
    top = activations.Activation("top", lambda x: x[..., :2], kind="folding")
    assert "keeps its length" not in top.__doc__
    assert "What its author's function makes of `x`." in top.__doc__


def test_classes_keep_their_own():
    assert activations.Activation.__doc__.startswith("An activation function with its derivative")
    assert list(inspect.signature(activations.Activation).parameters)[:2] == ["name", "forward"]
    assert type(activations.relu).__doc__.startswith("A built-in whose output elements")


def test_no_address_in_signatures():
    shown = str(inspect.signature(activations.relu.backward))
    assert "axis=<unset>" in shown
    assert " at 0x" not in shown


def test_completion_leaves_out_what_is_not_for_users():
    assert {"backward", "derivative", "name", "ufunc"} <= set(dir(activations.relu))
    assert not {"fast", "folded", "halved", "turned"} & set(dir(activations.relu))
