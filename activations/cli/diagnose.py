"""``activations diagnose``: a network's weights and data from files that hold arrays and no code."""

import contextlib
import json
import re
from pathlib import Path

import click
import numpy as np

from activations.cli.common import (
    PARAM_HELP,
    Refusal,
    complete_file,
    console,
    one_line,
    parse_parameters,
    resolve,
    single,
)
from activations.cli.plot import headless_matplotlib, picture_format


@click.command()
@click.argument("weights", metavar="WEIGHTS.npz", type=click.Path(path_type=Path))
@click.argument("data", metavar="DATA.npy", type=click.Path(path_type=Path))
@click.option(
    "--activation",
    "names",
    required=True,
    metavar="NAME,...",
    help="The layers' activations, the output layer's last; two names are that of all hidden layers and the output's.",
)
@click.option("--targets", type=click.Path(path_type=Path), metavar="Y.npy", help="Numbers of classes, or values.")
@click.option("--loss", metavar="LOSS", help="squared_error, log_loss or poisson.  [default: by the output layer]")
@click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help=PARAM_HELP)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="A picture: .png, .svg or .pdf.")
def diagnose(weights, data, names, targets, loss, params, as_json, output):
    """Look for dead and saturated units and for gradients that vanish or explode.

    WEIGHTS.npz holds W0, b0, W1, b1 and so on: weights of shape (inputs, units) and biases of shape (units,), which may
    be left out. DATA.npy has the shape (samples, inputs). Nothing is unpickled.
    """
    kind = None
    if output is not None:
        kind = picture_format(output)
        headless_matplotlib()
    layers = _layers(weights, [name.strip() for name in names.split(",")], single(parse_parameters(params)))
    x = _array(data)
    y = None if targets is None else _array(targets)
    report = _report(layers, x, y, loss)
    if kind is not None:
        figure = report.plot()
        with complete_file(output) as file:
            figure.savefig(file, format=kind, dpi=110)
    if as_json:
        click.echo(json.dumps(report.to_dict(), allow_nan=False))
    else:
        console().print(report)


def _report(layers, x, y, loss):
    from activations import diagnostics

    try:
        return diagnostics.diagnose(layers, x, y, loss=loss, progress=console(stderr=True).is_terminal)
    except (TypeError, ValueError) as error:
        raise Refusal(one_line(error)) from error


def _layers(path: Path, names: list[str], parameters: dict) -> list[tuple]:
    """Triples of weights, bias and activation from a file of arrays."""
    arrays = _arrays(path)
    count = sum(re.fullmatch(r"W\d+", name) is not None for name in arrays)
    expected = {f"{letter}{number}" for letter in "Wb" for number in range(count)}
    if not count or not {f"W{number}" for number in range(count)} <= arrays.keys() <= expected:
        held = ", ".join(sorted(arrays)) or "nothing"
        raise Refusal(f"{path} holds {held}; weights are named W0, W1 and so on, and biases b0, b1")
    if len(names) == 2:
        names = names[:1] * (count - 1) + names[1:]
    if len(names) != count:
        raise Refusal(f"{path} holds {count} layers and --activation names {len(names)}; name one for each, or two")
    functions = [resolve(name) for name in names]
    unused = [key for key in parameters if not any(key in f.parameters for f in functions)]
    if unused:
        raise Refusal(f"none of {', '.join(names)} has a parameter {', '.join(unused)}")
    bound = [resolve(f, {key: value for key, value in parameters.items() if key in f.parameters}) for f in functions]
    return [(arrays[f"W{number}"], arrays.get(f"b{number}"), f) for number, f in enumerate(bound)]


def _arrays(path: Path) -> dict[str, np.ndarray]:
    """All arrays of an .npz file."""
    with _readable(path, ".npz"), path.open("rb") as file:
        loaded = np.load(file, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            raise Refusal(f"{path} holds one array; weights come in an .npz file: numpy.savez(path, W0=..., b0=...)")
        with loaded:
            return {name: loaded[name] for name in loaded.files}


def _array(path: Path) -> np.ndarray:
    """The array of an .npy file, mapped."""
    with _readable(path, ".npy"):
        return np.lib.format.open_memmap(path, mode="r")


@contextlib.contextmanager
def _readable(path: Path, suffix: str):
    """Turn what NumPy raises over a file into a refusal; neither way of reading unpickles anything."""
    if not path.is_file():
        raise Refusal(f"{path}: {'not a regular file' if path.exists() else 'no such file'}")
    try:
        yield
    except Refusal:
        raise
    except OSError as error:
        raise Refusal(f"cannot read {path}: {error.strerror or one_line(error)}") from error
    except Exception as error:  # a damaged file can make NumPy raise anything from TokenError to zlib.error
        raise Refusal(f"{path} is no {suffix} file of plain numbers (pickled objects are not loaded)") from error
