"""The directive ``activation-catalogue``: every built-in's formula, parameters, names, properties, source and curve."""

from __future__ import annotations

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective


class Catalogue(SphinxDirective):
    """Writes one section per activation from its declaration."""

    def run(self):
        import activations
        from activations import catalogue
        from activations.plotting import curve_svg

        sections = []
        for name, declaration in catalogue.declarations().items():
            section = nodes.section(ids=[f"activation-{name}"])
            section += nodes.title(text=name)
            self.state.nested_parse(StringList(_lines(declaration), source=name), 0, section)
            section += nodes.raw("", curve_svg(activations.get(name)), format="html")
            sections.append(section)
        return sections


def _lines(declaration) -> list[str]:
    lines = [declaration.summary, "", ".. math:: " + declaration.formula, ""]
    lines += [
        f"- Parameter ``{p.name}`` = ``{p.default!r}``: {p.meaning}; {p.allowed}." for p in declaration.parameters
    ]
    if declaration.aliases:
        lines.append("- Also known as " + ", ".join(f"``{alias}``" for alias in declaration.aliases) + ".")
    for alias, parameters in declaration.dotted.items():
        meaning = ", ".join(f"{key}={value!r}" for key, value in parameters.items()) or "the same defaults"
        lines.append(f"- ``{alias}``: {meaning}.")
    needs = {"x": "the pre-activation", "y": "the output", "either": "the pre-activation or the output"}
    lines.append(f"- Kind: {declaration.kind}. Backward needs {needs[declaration.saves]}.")
    if declaration.properties:
        lines.append("- " + "; ".join(f"{key}: {value}" for key, value in declaration.properties.items()) + ".")
    lines += [f"- Source: {declaration.reference}", ""]
    return lines


def setup(app):
    app.add_directive("activation-catalogue", Catalogue)
    return {"parallel_read_safe": True}
