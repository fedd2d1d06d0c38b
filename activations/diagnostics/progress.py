"""Who is told how far a long run has come."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

__all__ = ["reporting"]


@contextlib.contextmanager
def reporting(progress: bool | Callable | None, total: int) -> Iterator[Callable[[int], None]]:
    """A function to be called with the number of samples done: nobody, rich's bar, or the user's ``progress(done,
    total)``."""
    if callable(progress):
        yield lambda done: progress(done, total)
    elif progress:
        try:
            from rich.console import Console
            from rich.progress import Progress
        except ImportError as error:
            raise ImportError(
                'a progress bar needs rich: pip install "numpy-activations[cli]", or give progress=function'
            ) from error
        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("samples", total=total)
            yield lambda done: bar.update(task, completed=done)
    else:
        yield lambda done: None
