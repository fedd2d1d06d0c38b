"""``activations list``: every name that can be had, and the plugins that provide some of them."""

import contextlib

import click
from rich.table import Table

import activations
from activations import registry
from activations.cli.common import Refusal, console, one_line, parse_value
from activations.declaration import KINDS

ANSWERS = {"": True, "yes": True, "true": True, "no": False, "false": False}
STYLES = {"broken": "red", "conflict": "yellow", "shadowed": "yellow"}


@click.command("list")
@click.option("--kind", type=click.Choice(KINDS), help="Only activations of this kind.")
@click.option(
    "--property",
    "properties",
    multiple=True,
    metavar="NAME[=VALUE]",
    help="Only activations with this property, such as monotonic, bounded=no or saturates=left; may be repeated.",
)
@click.option("--plugins", is_flag=True, help="Installed plugins alone: where each is from, whether it works.")
def list_(kind, properties, plugins):
    """List the activations, or the plugins, that are installed."""
    if plugins and properties:
        raise Refusal("--property chooses among activations; leave it or --plugins out")
    console().print(_plugins(kind) if plugins else _activations(kind, _wanted(properties)))


def _wanted(texts):
    """``("monotonic", "saturates=left")`` as what `activations.names` takes."""
    wanted = {}
    for text in texts:
        name, _, value = text.partition("=")
        wanted[name.strip().replace("-", "_")] = ANSWERS.get(value.strip().lower(), parse_value(value.strip()))
    return wanted


def _table(*headers):
    """A table whose first two columns, names and kinds, stay whole where the terminal is narrow."""
    table = Table(header_style="bold")
    for number, header in enumerate(headers):
        table.add_column(header, overflow="fold", no_wrap=number < 2)
    return table


def _activations(kind, wanted):
    table = _table("name", "kind", "aliases", "summary", "origin")
    try:
        names = activations.names(**wanted)
    except (TypeError, ValueError) as error:
        raise Refusal(one_line(error)) from error
    for name in names:
        try:
            activation = activations.get(name)
        except ImportError as error:
            if kind is None:
                table.add_row(name, "broken", "", one_line(error), "", style=STYLES["broken"])
            continue
        if kind in (None, activation.kind):
            summary = activation.summary or activation.formula
            aliases = ", ".join(activation.aliases)
            table.add_row(name, activation.kind, aliases, summary, activation.origin or "")
    return table


def _plugins(kind):
    table = _table("name", "kind", "distribution", "object", "status", "why")
    for plugin in registry.plugins(load=True):
        its_kind = ""
        # Broken ones have no kind, and neither have two of one name in one distribution.
        with contextlib.suppress(ImportError):
            its_kind = activations.get(f"{plugin.distribution}:{plugin.name}").kind
        if kind in (None, its_kind):
            origin = f"{plugin.distribution} {plugin.version}"
            columns = (plugin.name, its_kind, origin, plugin.value, plugin.status, one_line(plugin.reason))
            table.add_row(*columns, style=STYLES.get(plugin.status))
    if table.row_count:
        return table
    return "no plugin is installed" if kind is None else f"no plugin of kind {kind} is installed"
