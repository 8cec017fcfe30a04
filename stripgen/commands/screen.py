"""What commands print, and in which words."""

import errno
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from stripgen.domain.printing import Printing
    from stripgen.rendering.words import DateForm, Words


def say(words: object, *, nl: bool = True) -> None:
    """Print; a full disk behind standard output is a fault to report, a reader that has gone (`| head`) is not.

    Raises:
        OutputNotWritten: The disk behind standard output is full.
    """
    from stripgen.errors import OutputNotWritten, Problem

    try:
        click.echo(words, nl=nl)
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise
        raise OutputNotWritten([Problem("standard output", f"cannot be written ({error.strerror})")]) from error


def say_unsure(printing: "Printing") -> None:
    """Say on screen that label rules were only seen second-hand."""
    from stripgen.rendering.profile_list import describe_unsure

    told = describe_unsure(printing.profile)
    if told:
        say(told)


def screen_words(date_form: "DateForm" = "iso") -> "Words":
    """Return what a terminal and other programs read: English, and dates that need no language."""
    from stripgen.files import load_wording
    from stripgen.rendering.words import Words

    return Words(load_wording("en"), ".", date_form)
