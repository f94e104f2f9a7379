"""How a command ends: exit codes, and the exception for what the user can mend."""

import click

HEALTHY = 0
"""Everything asked for is known, and nothing is wrong."""
PROBLEMS = 1
"""Something is wrong: a root cause, or an object that failed, is blocked, or of which nothing is known."""
FAILURE = 2
"""The command was used wrongly, or could not do its work."""
INCOMPLETE = 3
"""No problem is known, but not everything could be seen: this is not "healthy"."""
INTERRUPTED = 130
"""Ctrl-C, as shells count it."""
PIPE_CLOSED = 141
"""The reader of our output went away, as shells count it."""

CODES = """\b
Exit codes:
  0  healthy: everything is known, and nothing is wrong
  1  problems: root causes, or objects that failed, are blocked or unknown;
     also when the data is incomplete
  2  wrong usage, or the command failed
  3  incomplete: no problem is known, but something could not be seen"""


def code(*, problems: bool, complete: bool) -> int:
    """The exit code of what was found. Known problems outweigh what is not known."""
    if problems:
        return PROBLEMS
    return HEALTHY if complete else INCOMPLETE


class Failure(click.ClickException):
    """The command cannot do its work; the text tells the user why and what would help."""

    exit_code = FAILURE


class PipeClosed(Exception):  # noqa: N818 - no error: `| head` has seen enough
    """Whoever reads our output went away."""
