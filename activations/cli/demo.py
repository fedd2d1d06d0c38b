"""``activations demo``: the same network with several activations on real digits, measured."""

from pathlib import Path

import click
from rich import box
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from activations.cli import _experiment
from activations.cli.common import Refusal, complete_file, console, guarded, resolve
from activations.cli.plot import headless_matplotlib, picture_format

DEFAULTS = ("sigmoid", "tanh", "relu", "leaky_relu", "elu", "maxout")


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--only", is_flag=True, help="Train the NAMEs alone, without the usual six.")
@click.option("--epochs", type=click.IntRange(1), default=50, show_default=True, help="Passes through the data.")
@click.option("--depth", type=click.IntRange(1), default=4, show_default=True, help="Hidden layers.")
@click.option("--hidden", type=click.IntRange(1), default=64, show_default=True, help="Units in each hidden layer.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of weights and batches.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default="activations-demo.png",
    show_default=True,
    metavar="FILE",
    help="The picture to write: .png, .svg or .pdf.",
)
def demo(names, only, epochs, depth, hidden, seed, output):
    """Train a small network on handwritten digits, once with each activation.

    Without NAMEs: sigmoid, tanh, relu, leaky_relu, elu and maxout. NAMEs, plugins' too, are trained besides.
    The networks are activations.sklearn.MLPClassifier; the seeds are fixed, so that a second run prints the same
    figures, times aside.
    """
    kind = picture_format(output)
    if only and not names:
        raise Refusal("--only needs the NAMEs to train")
    chosen = [resolve(name) for name in ((() if only else DEFAULTS) + names)]
    chosen = list(dict.fromkeys(chosen))
    for activation in chosen:
        if not _experiment.suitable(activation):
            raise Refusal(
                f"{activation.name} ({activation.kind}) cannot stand between two dense layers;"
                " choose elementwise activations or maxout"
            )
    headless_matplotlib()
    try:
        data = _experiment.digits()
    except ImportError as error:
        raise Refusal('the digits come with scikit-learn: pip install "numpy-activations[sklearn]"') from error

    settings = _experiment.Settings(depth=depth, hidden=hidden, epochs=epochs, seed=seed)
    with complete_file(output) as file:
        results = _train(chosen, data, settings)
        draw(chosen, results).savefig(file, format=kind, dpi=120)
    terminal = console()
    terminal.print(table(results, settings))
    terminal.print(NOTES)
    terminal.print(f"picture: {output}")


def _train(chosen, data, settings):
    from threadpoolctl import threadpool_limits  # scikit-learn brings it

    errors = console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    results = []
    progress = Progress(*columns, console=errors, disable=not errors.is_terminal, transient=True)
    # Matrices this small gain nothing from BLAS threads, whose number would change the last bits of the figures.
    with progress, threadpool_limits(1, user_api="blas"):
        task = progress.add_task("", total=len(chosen) * settings.epochs)
        for number, activation in enumerate(chosen):
            progress.update(task, description=f"training {activation.name}", completed=number * settings.epochs)
            with guarded(activation):
                results.append(_experiment.run(activation, data, settings, lambda: progress.advance(task)))
    return results


NOTES = """\
dead      units through which no gradient passes on any training image, of all
          (maxout: pieces that never win)
zeros     share of exact zeros among the hidden outputs after training
mean      of the hidden outputs after training
gradient  its norm at the weights of the first hidden layer / the last, before
          the first step
times     ns per element of a batch in the trained network, the median call"""


def table(results, settings) -> Table:
    """The measurements, one row for each activation."""
    title = (
        f"handwritten digits: {settings.depth} hidden layers of {settings.hidden}, {settings.epochs} epochs,"
        f" batch {settings.batch}, rate {settings.rate:g}"
    )
    # Tight enough for a terminal of 80 columns.
    layout = {"box": box.SIMPLE_HEAD, "padding": (0, 0, 0, 1), "pad_edge": False}
    grid = Table(title=title, title_justify="left", header_style="bold", **layout)
    grid.add_column("activation", overflow="fold")
    headers = ("test\naccuracy", "dead", "zeros", "mean", "gradient\nfirst/last", "forward\nns", "backward\nns")
    for header in headers:
        grid.add_column(header, justify="right", no_wrap=True)
    best = max((r.accuracies[-1] for r in results if not r.diverged), default=None)
    for result in results:
        grid.add_row(
            result.name,
            "diverged" if result.diverged else f"{result.accuracies[-1]:.1%}",
            f"{result.dead}/{result.sums}",
            f"{result.sparsity:.1%}",
            f"{result.mean:.3f}",
            f"{result.gradients[0] / result.gradients[-1]:#.2g}",
            f"{result.forward_ns:.2f}",
            f"{result.backward_ns:.2f}",
            style="bold" if not result.diverged and result.accuracies[-1] == best else "",
        )
    return grid


def draw(chosen, results):
    """The functions, their derivatives, and what training did with them, as one figure."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogFormatter, MaxNLocator

    from activations import plotting

    class Percent(LogFormatter):
        """On an axis of less than a decade its ticks between the powers of ten have labels too."""

        def __call__(self, x, pos=None):
            return f"{100 * x:.3g}%" if super().__call__(x, pos) else ""

    figure = Figure(figsize=(13, 7.6), layout="constrained")
    (values, slopes, gradients), (losses, errors, times) = figure.subplots(2, 3)
    views = [plotting.view(activation) for activation in chosen]
    plotting.draw(views, -4, 4, 801, values, slopes)
    folded = [view.label for view in views if view.pieces]
    values.set_title("the functions" + (f", with {' and '.join(folded)}" if folded else ""), fontsize="medium")
    slopes.set_title("their derivatives", fontsize="medium")
    handles, _ = values.get_legend_handles_labels()
    for number, (result, handle) in enumerate(zip(results, handles, strict=True)):
        look = {
            "color": handle.get_color(),
            "linestyle": handle.get_linestyle(),
            "linewidth": handle.get_linewidth(),
        }
        layers = range(1, len(result.gradients) + 1)
        gradients.semilogy(layers, result.gradients, marker="o", **look)
        epochs = range(1, len(result.losses) + 1)
        look["marker"] = "o" if len(epochs) == 1 else None  # a line of one point is nothing
        losses.semilogy(epochs, result.losses, **look)
        errors.semilogy(epochs[: len(result.accuracies)], [1 - accuracy for accuracy in result.accuracies], **look)
        times.barh(number - 0.2, result.forward_ns, height=0.36, color=look["color"])
        times.barh(number + 0.2, result.backward_ns, height=0.36, color=look["color"], alpha=0.5)
    # Parameters in a line of their own: a long name takes it from the panels above and beside.
    times.set_yticks(range(len(results)), [result.name.replace("(", "\n(", 1) for result in results])
    times.invert_yaxis()
    for ax, title, x_label in (
        (gradients, "gradient norm by layer, before the first step", "hidden layer"),
        (losses, "training loss (cross-entropy)", "epoch"),
        (errors, "test error", "epoch"),
        (times, "time per element (pale: backward)", "ns"),
    ):
        plotting.tidy(ax, title, x_label)
    for ax in (gradients, losses, errors):
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    errors.yaxis.set_major_formatter(Percent())
    errors.yaxis.set_minor_formatter(Percent(minor_thresholds=(1, 0.4)))
    names = [r.name for r in results]
    columns = plotting.legend_columns(names, figure.get_figwidth(), 8)
    figure.legend(handles, names, loc="outside lower center", ncols=columns, frameon=False)
    return figure
