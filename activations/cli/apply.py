"""``activations apply``: an activation over an array in a file, a block at a time.

The input is mapped block by block, so that neither it nor its pages pile up in memory, and the output is
written as a stream beside its final place, where a full disk is an error and not the bus error that a mapped
file would give.

The array is seen as C-ordered (outer, length, inner) with the folded axis in the middle: an elementwise
activation has length and inner 1, and a Fortran-ordered file is its transpose in C order.
"""

import contextlib
import math
import os
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from activations.cli.common import (
    PARAM_HELP,
    Refusal,
    complete_file,
    console,
    file_to_write,
    guarded,
    one_line,
    parse_parameters,
    resolve,
    single,
)
from activations.hinges import Hinged

# Elements in an ordinary block, and in the largest that a long folded axis can force.
BLOCK = 1 << 20
LARGEST = 1 << 24
PAGE = 4096


class Source(NamedTuple):
    """An array in an .npy file, described by its header."""

    path: Path
    dtype: np.dtype
    shape: tuple[int, ...]
    fortran: bool
    offset: int


class Layout(NamedTuple):
    """A C-ordered array seen as (outer, length, inner) with the folded axis in the middle."""

    outer: int
    length: int
    inner: int


@click.command()
@click.argument("name")
@click.argument("source", metavar="IN.npy", type=click.Path(path_type=Path))
@click.argument("target", metavar="OUT.npy", type=click.Path(path_type=Path))
@click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help=PARAM_HELP)
@click.option("--axis", type=int, help="The axis that a folding activation folds.  [default: its own, mostly the last]")
@click.option("--force", is_flag=True, help="Replace OUT.npy if it exists.")
def apply(name, source, target, params, axis, force):
    """Apply an activation to the array in IN.npy and write OUT.npy, block by block, so that files may exceed memory.

    Floating point arrays keep their dtype, Fortran order is kept, and the result is in the machine's byte
    order. OUT.npy appears only when it is complete.
    """
    activation = resolve(name, single(parse_parameters(params)))
    _demand_numbers(activation)
    array = read_header(source)
    _check_target(source, target, force)
    elementwise = activation.kind in ("ridge", "radial")
    if elementwise and axis is not None:
        raise Refusal(f"{activation.name} works element by element; --axis is for activations that fold an axis")
    axis = None if elementwise else _positive_axis(activation, array, axis)
    with complete_file(target) as file:
        dtype, shape = transform(activation, array, axis, file)
    console(stderr=True).print(f"{target}: {dtype} {shape}")


def read_header(path: Path) -> Source:
    """Where an .npy file keeps which numbers, or a refusal."""
    if not path.is_file():
        raise Refusal(f"{path}: {'not a regular file' if path.exists() else 'no such file'}")
    try:
        array = np.lib.format.open_memmap(path, mode="r")
    except OSError as error:
        raise Refusal(f"cannot read {path}: {error.strerror}") from error
    except Exception as error:  # a damaged header can make NumPy raise anything from TokenError to OverflowError
        raise Refusal(f"{path} is no .npy file that can be mapped: {one_line(error)}") from error
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise Refusal(f"{path} holds {array.dtype}; apply takes bool, integers, float16, float32 and float64")
    fortran = array.flags.f_contiguous and not array.flags.c_contiguous
    return Source(path, array.dtype, array.shape, fortran, array.offset)


def _demand_numbers(activation):
    """Refuse parameters that vary with the place in the array, of which a block knows nothing."""
    counted = 1 if isinstance(activation, Hinged) else 0  # the first axis of such arrays counts hinges
    for parameter in activation._declaration.parameters:
        value = activation.parameters[parameter.name]
        if np.ndim(value) > counted and np.ndim(parameter.default) == 0:
            raise Refusal(
                f"{activation.name}: apply takes {'a list of numbers' if counted else 'one number'} for"
                f" {parameter.name}, not an array of shape {np.shape(value)}"
            )


def _check_target(source, target, force):
    file_to_write(target)
    if not target.exists():
        return
    if os.path.samefile(source, target):
        raise Refusal(f"{target} is the input itself; name another file")
    if not force:
        raise Refusal(f"{target} exists; --force replaces it")


def _positive_axis(activation, array, axis):
    dimensions = len(array.shape)
    if axis is None:
        # softmax2d has an axis of its own, and takes nothing but images.
        axis = getattr(activation, "axis", -1)
        if dimensions not in getattr(activation, "dimensions", (dimensions,)):
            raise Refusal(
                f"{activation.name} takes images, and the shape of {array.path} is {array.shape}; name an --axis"
            )
    if not -dimensions <= axis < dimensions:
        raise Refusal(f"{activation.name} cannot fold axis {axis} of {array.path}, whose shape is {array.shape}")
    return axis % dimensions


def transform(activation, array: Source, axis, file):
    """Write the activation of `array` to `file` as an .npy file; returns the dtype and the shape written."""
    # A Fortran-ordered array is its transpose in C order, which is all that the rest needs to know of it.
    shape = array.shape[::-1] if array.fortran else array.shape
    probe = _probe(activation, array, axis)
    if axis is None:
        layout, options = Layout(math.prod(shape), 1, 1), {}
    else:
        folded = probe.shape[axis : axis + 1] if probe.ndim == len(shape) else ()
        axis = len(shape) - 1 - axis if array.fortran else axis
        layout, options = Layout(math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1 :])), {"axis": 1}
        shape = (*shape[:axis], *folded, *shape[axis + 1 :])
    outputs = probe.size
    np.lib.format.write_array_header_2_0(
        file,
        {
            "descr": np.lib.format.dtype_to_descr(probe.dtype),
            "fortran_order": array.fortran,
            "shape": shape[::-1] if array.fortran else shape,
        },
    )
    start = file.tell()
    # Closed by hand, so that the progress bar is gone before an error is printed.
    with contextlib.closing(_blocks(activation, array, layout)) as blocks:
        for block, (first, left) in blocks:
            with guarded(activation):
                y = activation(block, **options)
            y = y.reshape(len(block), outputs, -1).astype(probe.dtype, copy=False)
            if y.shape[2] == layout.inner:
                file.write(np.ascontiguousarray(y))
                continue
            for row in range(outputs):
                file.seek(start + ((first * outputs + row) * layout.inner + left) * y.itemsize)
                file.write(np.ascontiguousarray(y[0, row]))
    return probe.dtype, shape[::-1] if array.fortran else shape


def _probe(activation, array: Source, axis):
    """The activation of one row of zeros; its axes are the array's, so that a refusal counts them as the user does."""
    shape = [1] * max(len(array.shape), 1)
    if axis is not None:
        shape[axis] = array.shape[axis]
    with guarded(activation):
        return activation(np.zeros(shape, array.dtype), **({} if axis is None else {"axis": axis}))


def _blocks(activation, array: Source, layout: Layout):
    """Map the array block by block: rows of (length, inner), or where those are large, columns of one."""
    outer, length, inner = layout
    itemsize = array.dtype.itemsize
    # Columns narrower than a page would read every page of the file once for each of its columns.
    width = min(inner, max(BLOCK // max(length, 1), PAGE // itemsize))
    if length * width > LARGEST:
        raise Refusal(
            f"{activation.name} would need {length} elements of {array.path} at once, too many or too far"
            " apart; fold another axis, or save the array with that axis last"
        )
    rows = max(1, BLOCK // max(length * inner, 1)) if width == inner else 1
    total = outer * length * inner
    with array.path.open("rb") as file, _progress() as progress:
        task = progress.add_task(activation.name, total=total * itemsize)

        def mapped(start, *shape):
            # A map of its own for every stretch: dropping it gives back the pages that it touched, and no more
            # than the stretch is mapped, where the system would add the pages around it.
            return np.asarray(np.memmap(file, array.dtype, "r", array.offset + start * itemsize, shape))

        for first in range(0, outer if total else 0, rows):
            for left in range(0, inner, width):
                if width == inner:
                    block = mapped(first * length * inner, min(rows, outer - first), length, inner)
                else:
                    block = np.empty((1, length, min(width, inner - left)), array.dtype)
                    for row in range(length):
                        block[0, row] = mapped((first * length + row) * inner + left, block.shape[2])
                yield block, (first, left)
                progress.advance(task, block.size * itemsize)


def _progress():
    errors = console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=errors,
        disable=not errors.is_terminal,
    )
