"""``activations show``."""

import pytest

import activations
from tests.cli.running import invoke


def facts(*arguments):
    """The printed fields; continued lines belong to the field above."""
    result = invoke("show", *arguments)
    assert result.exit_code == 0, result.stderr
    found, field = {}, ""
    for line in result.stdout.splitlines():
        field, text = line[:16].strip() or field, line[16:].strip()
        found[field] = f"{found[field]} {text}" if field in found else text
    return found


@pytest.mark.parametrize("name", activations.names())
def test_shows_every_activation(name):
    found, activation = facts(name), activations.get(name)
    assert found["name"] == repr(activation)
    assert found["kind"] == activation.kind
    assert "".join(activation.formula.split()) in "".join(found["formula"].split())
    assert "".join(activation.reference.split()) in "".join(found["source"].split())
    for parameter, value in activation.parameters.items():
        assert f"{parameter} = {value!r}" in found["parameter"]


def test_parameters_come_with_their_range():
    assert "whole number >= 1" in facts("maxout")["parameter"]


def test_bound_parameters_are_shown():
    assert "negative_slope = 0.3" in facts("LeakyReLU", "--param", "negative_slope=0.3")["parameter"]


@pytest.mark.parametrize("name", activations.names())
def test_every_alias_is_shown(name):
    found = facts(name)
    shown = f"{found['aliases']} {found.get('alias', '')}".replace(",", " ").replace(": ", " ").split()
    assert {alias for alias, its in activations.aliases().items() if its == name} <= set(shown)
    assert set(activations.get(name).aliases) <= set(shown)


def test_dotted_aliases_say_what_they_bind():
    assert "keras.leaky_relu: leaky_relu(negative_slope=0.2)" in facts("leaky_relu")["alias"]


def test_properties_are_those_of_the_parameters():
    assert "kinks: -2.5, 2.5" in facts("onnx.hard_sigmoid")["property"]
    assert "kinks: -3, 3" in facts("torch.hard_sigmoid")["property"]
    assert facts("xielu", "--param", "eps=-0.5")["properties"] == "none declared for these parameters"


def test_own_activation_without_documentation():
    activations.register(activations.Activation("bare", lambda x: x + 1))
    try:
        assert facts("bare")["formula"] == "none given"
    finally:
        activations.unregister("bare")


def test_an_unknown_name_is_answered_in_the_command_lines_own_words():
    result = invoke("show", "rellu")
    assert result.exit_code == 2
    assert "Did you mean 'relu'" in result.stderr
    assert "`activations list` lists them all" in result.stderr
    assert "names()" not in result.stderr
