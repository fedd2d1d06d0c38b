"""The group that holds the commands, and how errors reach the terminal."""

import sys

import click

from activations.cli import apply, demo, diagnose, listing, new_plugin, plot, show
from activations.cli.common import one_line, show_what_cannot_be_encoded


class Commands(click.Group):
    """A group whose every refusal is one line on stderr and exit code 2."""

    def main(self, args=None, prog_name=None, standalone_mode=True, **extra):
        prog_name = prog_name or self.name
        show_what_cannot_be_encoded()
        try:
            code = super().main(args, prog_name, standalone_mode=False, **extra)
        except click.Abort:
            click.echo(f"{prog_name}: interrupted", err=True)
            code = 130
        except click.ClickException as error:
            context = getattr(error, "ctx", None)
            command = context.command_path if context else prog_name
            click.echo(f"{command}: {one_line(error.format_message())}", err=True)
            code = 2
        except OSError as error:
            # Commands refuse what goes wrong with files. What is left is the disk behind stdout, which has no name, and
            # names that cannot even be looked up: too long ones, and those in a directory that is closed to the user.
            where = "cannot write to standard output" if error.filename is None else error.filename
            click.echo(f"{prog_name}: {where}: {error.strerror or one_line(error)}", err=True)
            code = 2
        sys.exit(code)


@click.group(
    "activations",
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="numpy-activations", prog_name="activations")
@click.pass_context
def app(context):
    """Activation functions for NumPy: list them, show one, plot, apply to files, watch them learn."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


for command in (
    listing.list_,
    show.show,
    plot.plot,
    apply.apply,
    diagnose.diagnose,
    demo.demo,
    new_plugin.new_plugin,
):
    app.add_command(command)
