"""Running the command line in tests: in this process, or as the user does."""

import os
import subprocess
import sys

from click.testing import CliRunner

from activations.cli.app import app


def invoke(*arguments):
    """Run a command in this process; an unexpected exception fails the test with its own traceback."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def process(*arguments, code=None, **environment):
    """Run ``python -m activations``, or `code`, in a process of its own."""
    command = ["-c", code] if code is not None else ["-m", "activations"]
    return subprocess.run(
        [sys.executable, *command, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
        env=os.environ | {"MPLBACKEND": "agg"} | environment,
    )


def assert_refused(result, *words):
    """One line on stderr that holds `words`, nothing on stdout, exit code 2."""
    code = result.returncode if hasattr(result, "returncode") else result.exit_code
    assert code == 2, (result.stdout, result.stderr)
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("activations"), lines[0]
    for word in words:
        assert word in lines[0], lines[0]
