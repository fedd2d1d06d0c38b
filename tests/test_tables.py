"""The tables that AVX-512's loops look polynomials up in."""

from activations import catalogue

from . import tables
from .reference import REFERENCE


def test_the_header_is_what_the_functions_give():
    assert tables.HEADER.read_text() == tables.text(), "run `python -m tests.tables`"


def test_passes_from_tables_have_limits_of_their_own():
    declared = {name: set(each.tabled) - {"backward"} for name, each in catalogue.declarations().items()}
    stated = {name: set(getattr(reference, "looked_up", ())) for name, reference in REFERENCE.items()}
    assert {name: passes for name, passes in declared.items() if passes} == {
        name: passes for name, passes in stated.items() if passes
    }
