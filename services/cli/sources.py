"""`noroshi sources` and `noroshi new`: everything about sources; each command is imported only when it is used."""

from __future__ import annotations

import click

from services.cli.lazygroup import Entry, LazyGroup

_COMMANDS = ".sourcecommands"
_NEW = Entry(".newsource", "Write the folder of a new source from a page.", "new_source")

TABLE = {
    "list": Entry(_COMMANDS, "List every source with its state and the reason.", "list_command"),
    "show": Entry(_COMMANDS, "Show everything about one source.", "show"),
    "check": Entry(_COMMANDS, "Read a source once; publish nothing.", "check"),
    "release": Entry(".release", "Let a source go on whose news is held.", "release"),
    "new": _NEW,
    "test": Entry(".sourcesuite", "Ask of sources in a folder what is asked of all.", "test"),
}


@click.group(cls=LazyGroup, table=TABLE)
def command() -> None:
    """See how each source fares and why, all that is known of one, and what asking it now would bring."""


@click.group(cls=LazyGroup, table={"source": _NEW})
def new_command() -> None:
    """Write a working folder for a new source, guessed from a page of its list; the same as `noroshi sources new`."""
