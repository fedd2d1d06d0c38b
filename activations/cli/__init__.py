"""The command ``activations``, also ``python -m activations``. Needs the extra ``cli``: click and rich."""

import sys

__all__ = ["main"]


def main(arguments=None):
    """Run one command; the exit code is 0, or 2 after one line on stderr that says what is wrong."""
    try:
        import click  # noqa: F401
        import rich  # noqa: F401
    except ImportError as error:
        print(
            f'activations: the command line needs {error.name}: pip install "numpy-activations[cli]"',
            file=sys.stderr,
        )
        return 2
    from activations.cli.app import app

    return app.main(args=arguments, prog_name="activations")
