"""What the commands share: refusals, consoles, parameters, and files that appear complete or not at all."""

import ast
import contextlib
import os
import stat
import sys
import tempfile

import click
from rich.console import Console

import activations
from activations.registry import LISTING

PARAM_HELP = "A parameter of the activation, such as negative_slope=0.2; may be repeated."


class Refusal(click.ClickException):
    """The user asked for something that cannot be had; the message is one line that names the cure."""

    exit_code = 2

    def __init__(self, message):
        super().__init__(message)
        self.ctx = click.get_current_context(silent=True)


def one_line(error) -> str:
    """The message of an exception without line breaks."""
    return " ".join(str(error).split())


def console(*, stderr=False) -> Console:
    """A console that prints text as it stands; when piped, wide enough for a table's rows to stay whole."""
    stream = sys.stderr if stderr else sys.stdout
    shown = stream is not None and stream.isatty()  # a stream that the caller closed is None
    width = None if shown or "COLUMNS" in os.environ else 160
    return Console(file=stream, stderr=stderr, width=width, markup=False, emoji=False, highlight=False)


def show_what_cannot_be_encoded():
    """Have stdout and stderr write the letters that their encoding lacks, and bytes of file names, as escapes."""
    for stream in (sys.stdout, sys.stderr):
        if getattr(stream, "errors", None) in ("strict", "surrogateescape"):
            stream.reconfigure(errors="backslashreplace")


def parse_parameters(texts) -> dict[str, list]:
    """``("alpha=2", "alpha=3")`` as ``{"alpha": [2, 3]}``."""
    parameters = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise Refusal(f"--param takes NAME=VALUE, such as negative_slope=0.2, not {text!r}")
        parameters.setdefault(name.strip(), []).append(parse_value(value.strip()))
    return parameters


def parse_value(text):
    """A number or another literal, and else the text itself."""
    for convert in (int, float):
        with contextlib.suppress(ValueError):
            return convert(text)
    with contextlib.suppress(ValueError, SyntaxError):
        return ast.literal_eval(text)
    return text


def single(parameters: dict[str, list]) -> dict:
    """The parameters of one activation, each given once."""
    for name, values in parameters.items():
        if len(values) > 1:
            raise Refusal(f"--param {name} was given {len(values)} times; once is enough")
    return {name: values[0] for name, values in parameters.items()}


def resolve(name, parameters=None):
    """The activation of that name with its parameters bound, or a refusal."""
    try:
        return activations.get(name, **(parameters or {}))
    except (LookupError, ImportError, TypeError, ValueError) as error:
        raise Refusal(one_line(error).replace(LISTING, "`activations list` lists them all")) from error


@contextlib.contextmanager
def guarded(activation):
    """Turn what an activation (a plugin's, say) raises while it computes into a refusal that names it."""
    try:
        yield
    except Exception as error:
        plain = isinstance(error, ValueError) and activation.name in str(error)
        reason = "" if plain else f"{activation.name} failed: {type(error).__name__}: "
        raise Refusal(reason + one_line(error)) from error


def file_to_write(path) -> str:
    """Where a file of that name is or will be, behind all links; or a refusal where something else stands."""
    target = os.path.realpath(path)
    if os.path.isdir(target):
        raise Refusal(f"{path} is a directory; name a file")
    if os.path.exists(target) and not os.path.isfile(target):
        # To replace one, as root may, would take /dev/null from the whole machine.
        raise Refusal(f"{path} is a device or a pipe, and no file can take its place; name a file")
    return target


@contextlib.contextmanager
def complete_file(path):
    """A file to write that becomes `path` when the block ends well, and leaves no trace otherwise."""
    target = file_to_write(path)
    folder, name = os.path.split(target)
    temporary = None
    try:
        # Cut, or a name as long as the disk allows would be too long with its suffix.
        handle, temporary = tempfile.mkstemp(prefix=f".{name[:32]}.", suffix=".part", dir=folder)
        with os.fdopen(handle, "wb") as file:
            yield file
        # A file that is replaced keeps its permissions: it may not have been everybody's to read.
        os.chmod(temporary, stat.S_IMODE(os.stat(target).st_mode) if os.path.exists(target) else 0o666 & ~umask())
        os.replace(temporary, target)
        temporary = None
    except OSError as error:
        raise Refusal(f"cannot write {path}: {error.strerror or one_line(error)}") from error
    finally:
        if temporary is not None:
            os.unlink(temporary)


def umask() -> int:
    """The permissions that new files are not given."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
