"""``activations plot``: curves into a file."""

import itertools
from pathlib import Path

import click

from activations.cli.common import PARAM_HELP, Refusal, complete_file, one_line, parse_parameters, resolve

SUFFIXES = (".png", ".svg", ".pdf")


def picture_format(path: Path) -> str:
    """The format that a picture's name asks for."""
    if path.suffix.lower() not in SUFFIXES:
        raise Refusal(f"{path}: a picture's name ends in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}")
    return path.suffix.lower()[1:]


def headless_matplotlib():
    """Set matplotlib to draw into files only; refuse where it is missing."""
    try:
        import matplotlib
    except ImportError as error:
        raise Refusal('plotting needs matplotlib: pip install "numpy-activations[plot]"') from error
    matplotlib.use("agg")


def bind_each(names, parameters):
    """The named activations with those of the parameters that they have; each of several values gives one."""
    bound, unused = [], set(parameters)
    for name in names:
        activation = resolve(name)
        own = {key: values for key, values in parameters.items() if key in activation.parameters}
        unused -= set(own)
        each = itertools.product(*own.values())
        bound += [resolve(activation, dict(zip(own, values, strict=True))) for values in each]
    if unused:
        raise Refusal(f"none of {', '.join(names)} has a parameter {', '.join(sorted(unused))}")
    return bound


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option(
    "--range",
    "limits",
    nargs=2,
    type=float,
    default=(-10, 10),
    show_default=True,
    metavar="LOW HIGH",
    help="The first and the last x.",
)
@click.option("--derivative", is_flag=True, help="Draw the derivatives in a second panel.")
@click.option(
    "--param",
    "params",
    multiple=True,
    metavar="NAME=VALUE",
    help=PARAM_HELP + " Goes to every activation that has it; each of several values is one curve.",
)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The picture to write: .png, .svg or .pdf.",
)
def plot(names, limits, derivative, params, output):
    """Plot one activation or several into FILE.

    Softmax is drawn as a function of the vector [x, 0], maxout as the maximum of straight lines.
    """
    kind = picture_format(output)
    bound = bind_each(names, parse_parameters(params))
    headless_matplotlib()
    from activations import plotting

    try:
        figure = plotting.plot(*bound, range=limits, derivative=derivative).figure
    except Exception as error:
        reason = "" if isinstance(error, ValueError) else f"cannot plot {', '.join(names)}: {type(error).__name__}: "
        raise Refusal(reason + one_line(error)) from error
    with complete_file(output) as file:
        figure.savefig(file, format=kind, dpi=150)
