"""Directives that write what the package knows of itself: catalogue, aliases, accuracy limits and table."""

import json

from docutils import nodes
from sphinx.util.docutils import SphinxDirective
from sphinx.util.rst import escape

import activations
from activations import catalogue
from activations.declaration import KINDS
from activations.plotting import curve_svg
from tests import limits
from tests.accuracy_table import TABLE, recorded_exceptions

SAVES = {
    "x": "the pre-activation x",
    "y": "the output y",
    "either": "the pre-activation x or the output y, whichever was kept",
}


def prose(text):
    """Text as it stands; the escaped space keeps an author's initial from beginning an enumeration."""
    return r"\ " + escape(text)


def literals(words):
    """Words as code, separated by commas."""
    return ", ".join(f"``{word}``" for word in words) or "none"


def bound(parameters):
    """Parameters as they are written in a call."""
    return ", ".join(f"{key}={value!r}" for key, value in parameters.items())


def differing(declaration, parameters):
    """What another framework's parameters make of the properties."""
    usual, theirs = declaration.described(), declaration.described(parameters)
    changed = [f"{key}: {theirs.get(key, 'not declared')}" for key in usual if theirs.get(key) != usual[key]]
    return f"; {', '.join(changed)}" * bool(changed)


def facts(declaration):
    """The lines of a field list about one activation."""
    for p in declaration.parameters:
        yield f":{p.name}: {prose(p.meaning)}; default ``{p.default!r}``; allowed is {escape(p.allowed)}"
    yield f":aliases: {literals(declaration.aliases)}"
    for alias, parameters in declaration.dotted.items():
        yield f":{alias}: ``{declaration.name}({bound(parameters)})``{differing(declaration, parameters)}"
    further = ["second derivative"] * ("second_derivative" in declaration.scalars)
    further += [f"derivative by {parameter}" for parameter in declaration.gradients]
    if further:
        yield f":has: {', '.join(further)}"
    beside = "; the output y beside it makes it cheaper" * ("backward_with_output" in declaration.scalars)
    yield f":backward needs: {SAVES[declaration.saves]}{beside}"
    properties = [f"{key}: {text}" for key, text in declaration.described().items()]
    if declaration.integers:
        properties.append("keeps integer dtypes")
    yield f":properties: {'; '.join(properties)}"
    yield f":source: {prose(declaration.reference)}"


class Catalogue(SphinxDirective):
    """Every built-in with formula, parameters, aliases, properties, source and curve."""

    def run(self):
        written = []
        for kind in KINDS:
            group = [d for d in catalogue.declarations().values() if d.kind == kind]
            if group:
                written += self.parsed(f"{kind.capitalize()}\n{'-' * len(kind)}\n")
            for declaration in group:
                written[-1] += self.section(declaration)
        return written

    def section(self, declaration):
        head = [f".. _{declaration.name}:", "", declaration.name, "~" * len(declaration.name), ""]
        body = [
            prose(f"{declaration.summary} {declaration.advice}"),
            "",
            ".. math::",
            "",
            f"   {declaration.formula}",
            "",
        ]
        written = self.parsed("\n".join([*head, *body, *facts(declaration)]))
        picture = nodes.raw("", curve_svg(activations.get(declaration.name)), format="html")
        formula = next(iter(written[-1].findall(nodes.math_block)))
        formula.parent.insert(formula.parent.index(formula) + 1, picture)
        return written

    def parsed(self, text):
        return self.parse_text_to_nodes(text, allow_section_headings=True)


class Aliases(SphinxDirective):
    """Every alias and what it stands for."""

    def run(self):
        rows = [
            f"   * - ``{alias}``\n     - :ref:`{name} <{name}>`" + (f" with ``{bound(given)}``" if given else "")
            for alias, (name, given) in sorted(catalogue.aliases().items())
        ]
        head = [".. list-table::", "   :header-rows: 1", "", "   * - alias", "     - stands for"]
        return self.parse_text_to_nodes("\n".join([*head, *rows]))


class AccuracyLimits(SphinxDirective):
    """The ulp that tests allow, and the exceptions with their reasons."""

    GENERAL = (
        ("elementwise, forward and derivative", limits.FORWARD),
        ("elementwise, backward", limits.BACKWARD),
        ("elementwise, backward from the saved output", limits.FROM_OUTPUT),
        ("folding, forward", limits.FOLDING),
        ("folding, backward", limits.FOLDING_BACKWARD),
    )

    def run(self):
        types = tuple(limits.FORWARD)
        rows = [["pass", *types]] + [
            [what, *(f"{table[t]:g}" if t in table else "" for t in types)] for what, table in self.GENERAL
        ]
        exceptions = [["activation", "type", "pass", "allowed", "measured", "because", "what fewer cost", "in double"]]
        for key, allowed in sorted(limits.EXCEPTIONS.items()):
            record = recorded_exceptions()[" ".join(key)]
            words = prose(allowed.why), prose(allowed.cost or "not measured")
            in_double = f"{record['in_double']:g}" if "in_double" in record else ""
            exceptions.append([*key, f"{allowed.ulp:g}", f"{record['ulp']:.2f}", *words, in_double])
        near_root = (
            "Near a root of a derivative whose terms cancel there (gelu, silu), errors are counted in ulp of the "
            f"largest term, of which {limits.NEAR_ROOT:g} are allowed, and {limits.FURTHER_NEAR_ROOT:g} to second "
            "derivatives and those with respect to parameters."
        )
        looked_up = "; ".join(f"{name} {pass_} {ulp:g}" for (name, _, pass_), ulp in sorted(limits.LOOKED_UP.items()))
        tables = (
            f"In float32 AVX-512 computes some passes from tables, of which less is allowed to be off: {looked_up}."
        )
        return self.table(rows) + self.table(exceptions) + self.parse_text_to_nodes(f"{tables}\n\n{near_root}")

    def table(self, rows):
        return self.parse_text_to_nodes(list_table(rows))


class AccuracyTable(SphinxDirective):
    """What was measured, ours beside others', for one dtype and pass: ``.. accuracy-table:: float32 forward``."""

    required_arguments = 2

    def run(self):
        dtype, pass_ = self.arguments
        record = json.loads(TABLE.read_text())
        libraries = ["ours", *record["versions"]]
        rows = [["activation", *libraries]]
        for name, dtypes in record["ulp"].items():
            found = dtypes[dtype].get(pass_)
            if found:
                rows.append([f":ref:`{name} <{name}>`", *(shown(found, library) for library in libraries)])
        return self.parse_text_to_nodes(list_table(rows))


def list_table(rows):
    """A table as reStructuredText; the first row is its head."""
    lines = [".. list-table::", "   :header-rows: 1", ""]
    for row in rows:
        lines += [f"   {'* -' if k == 0 else '  -'} {cell}" for k, cell in enumerate(row)]
    return "\n".join(lines)


def shown(found, library):
    """An error in ulp; where no digit is right, or what comes out is no number, a word."""
    if library not in found:
        return ""
    error = found[library]
    if error is None or error > 1e6:
        return "no digit"
    return f"{error:.2f}" if error < 100 else f"{error:.0f}"


def setup(app):
    """Register the directives."""
    app.add_directive("catalogue", Catalogue)
    app.add_directive("aliases", Aliases)
    app.add_directive("accuracy-table", AccuracyTable)
    app.add_directive("accuracy-limits", AccuracyLimits)
    return {"parallel_read_safe": True}
