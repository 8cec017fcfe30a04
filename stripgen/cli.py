"""The command line: which commands there are. Each is loaded when it is called, so that --help stays fast."""

import sys
import warnings
from collections.abc import Callable
from importlib import import_module
from typing import Any

import click

from stripgen import __version__

_INTERRUPTED = 130  # what a shell says of a program that Ctrl-C ended

# Each command: its file in commands/, and what --help says of it. From order to paper: commands/making.py.
COMMANDS = {
    "make": ("making", "Make the strip plan and the dispensing sheet."),
    "plan": ("showing", "Show the plan of an order."),
    "check": ("making", "Show the findings only."),
    "compare": ("showing", "Compare the plan with other strategies."),
    "options": ("showing", "Show what fewer different doses cost."),
    "strengths": ("showing", "Choose the unit strengths to compound."),
    "approve": ("approving", "Record that a plan is approved."),
    "sign": ("approving", "Sign a strip plan digitally."),
    "amend": ("amending", "Make the next version of a plan under way."),
    "series": ("dispensing", "Show which strip may be made when."),
    "record": ("recording", "Make the compounding record and its check form."),
    "verify": ("proving", "Check that papers say what was approved."),
    "release": ("registering", "Release papers, and write it into the register."),
    "register": ("registering", "Look into the register of what was released."),
    "origin": ("inspecting", "Tell what made a paper."),
    "pouch": ("inspecting", "Tell what is in a pouch, and of which lots."),
    "changes": ("inspecting", "Tell what differs between two plans."),
    "drugs": ("listing", "List the drugs, or show one."),
    "stocks": ("listing", "List the label stocks, or align a printer."),
    "profiles": ("listing", "List the label rules, or show one profile."),
    "scan": ("listing", "Tell what a scanned code means."),
    "new": ("asking", "Ask for an order, and write its file."),
}


class _Commands(click.Group):
    """Loads a command when it is called; prints what a user can mend, and exits with its code; the rest is a bug."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's own
        if cmd_name not in COMMANDS:
            return None
        module, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(f"stripgen.commands.{module}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's own
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_, words) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's own signature
        from stripgen.errors import PaperAltered, RegisterAwaited, StripgenError  # noqa: PLC0415 - --help has no use for it

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("always", PaperAltered)
                warnings.simplefilter("default", RegisterAwaited)  # once: of which register it is, it says itself
                warnings.showwarning = _tell_ours(warnings.showwarning, PaperAltered, RegisterAwaited)
                return super().invoke(ctx)
        except StripgenError as error:
            _tell(error.lines())
            ctx.exit(error.exit_code)
        except (KeyboardInterrupt, EOFError, click.Abort):
            _tell(["stopped; nothing was written"])
            ctx.exit(_INTERRUPTED)


def _tell_ours(usual: Callable[..., None], *told: type[Warning]) -> Callable[..., None]:
    """Return what shows a warning as a line of ours if it is one of ours, and else as usual."""

    def show(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:  # noqa: ANN401 - Python's own signature
        if issubclass(category, told):
            _tell([str(message)])
        else:
            usual(message, category, *place, **more)

    return show


def _tell(lines: list[str]) -> None:
    for line in lines:
        click.echo(f"stripgen: {line}", err=True)


@click.group(
    cls=_Commands,
    # A fixed width, click's usual one: to find out the terminal's takes a twentieth of the time of --help.
    context_settings={"help_option_names": ["-h", "--help"], "terminal_width": 80},
)
@click.version_option(__version__, message="stripgen %(version)s")
def main() -> None:
    """From an approved taper order to a printed strip plan, pouch labels and a dispensing sheet.

    \b
    Example:
      stripgen make examples/citalopram.toml --out out
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a terminal that lacks a character is no reason to stop
