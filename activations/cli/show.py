"""``activations show``: all that is known about one activation."""

import click
from rich.table import Table

from activations.cli.common import PARAM_HELP, console, parse_parameters, resolve, single


@click.command()
@click.argument("name")
@click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help=PARAM_HELP)
def show(name, params):
    """Show an activation's formula, parameters, properties and source."""
    activation = resolve(name, single(parse_parameters(params)))
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for field, text in _facts(activation):
        grid.add_row(field, text)
    console().print(grid)


def _facts(activation):
    declared = activation._declaration
    yield "name", repr(activation)
    yield "kind", activation.kind
    if activation.summary:
        yield "summary", activation.summary
    yield "formula", activation.formula or "none given"
    yield "aliases", ", ".join(declared.aliases) or "none"
    for alias, bound in declared.dotted.items():
        yield "alias", f"{alias}: {activation.bind(**bound)!r}"
    for parameter, value in activation.parameters.items():
        yield "parameter", _parameter(parameter, value, declared)
    if not activation.parameters:
        yield "parameters", "none"
    if activation.advice:
        yield "advice", activation.advice
    described = declared.described(activation.parameters)
    for name, text in described.items():
        yield "property", f"{name}: {text}"
    if not described:
        yield "properties", "none declared" + " for these parameters" * bool(declared.described())
    yield (
        "backward needs",
        {"x": "the input x", "y": "the output y", "either": "the input x or the output y"}[activation.saves],
    )
    if activation.numerical:
        yield "gradients", "numerical: differences of the forward pass"
    yield "source", activation.reference or "none given"
    yield "origin", activation.origin or "registered in this process"


def _parameter(name, value, declared):
    text = f"{name} = {value!r}"
    known = next(p for p in declared.parameters if p.name == name)
    return f"{text}, {known.allowed}" + (f": {known.meaning}" if known.meaning else "")
