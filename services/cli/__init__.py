"""The one command, thin: parse flags, call a core, print. Each command is imported only when it is used."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence

import click

from services.cli.lazygroup import Entry, LazyGroup
from services.contracts.errors import NoroshiError

COMMANDS: dict[str, Entry] = {
    "up": Entry(".up", "Start everything on this machine and show alerts as they come."),
    "demo": Entry(".demo", "Run the bundled sample through everything, check the result, and end."),
    "try": Entry(
        "services.cli.attempt", "Show what is found in a text, file or address, and who would be told and why."
    ),
    "check": Entry(
        "services.cli.check", "Check taxonomy, sources and watchlists with their tests; show every problem."
    ),
    "why": Entry(".why", "Show why a watchlist's rule holds for an act, clause by clause, or why not."),
    "backtest": Entry(".backtest", "Replay history: what a watchlist would have sent, and a change of it."),
    "watchlists": Entry(
        "services.cli.watchlists", "Compare watchlists with those in force, and apply, export, list them."
    ),
    "status": Entry(".status", "Account for every event: classified, alerted, waiting or put aside."),
    "inbox": Entry(".inbox", "Show the messages the local Slack stand-in holds."),
    "ingest": Entry(".ingest", "Run the ingest service, or read files with --file."),
    "sources": Entry(".sources", "See how each source fares and why, and what asking it now would bring."),
    "new": Entry(".sources", "Write the folder of a new source (`noroshi new source`).", "new_command"),
    "backfill": Entry(".backfill", "Read the past of a source; nobody is alerted."),
    "classify": Entry(".classify", "Run the classify service, or classify a JSON Lines file."),
    "evaluate": Entry(
        "services.cli.evaluate", "Score the classifier against labelled documents, and compare two runs."
    ),
    "taxonomy": Entry(".taxonomy", "Show what a change of vocabulary changes, in it and in what is found."),
    "alert": Entry(".alert", "Run the alert service: match, decide, deliver."),
    "standin": Entry(".standin", "Run the local stand-in for Slack."),
    "calendar": Entry(".calendar", "Write the dates of what was told as a calendar file (iCalendar)."),
    "mute": Entry(".mute", "Silence a measure, an item, a source or a watchlist; every mute ends."),
    "hold": Entry(".hold", "Decide on watchlists whose match rate jumped."),
    "explain": Entry(".explain", "Say why an alert was made, on which words, and what became of it."),
    "ledger": Entry(".ledger", "Account for every alert; send again or give up what was put aside."),
    "slack": Entry(
        "services.cli.slack", "Try out what the Slack workspace does, and find what stands in an alert's way."
    ),
    "topics": Entry(".topics", "Compare the topics on the broker with the code, and create them."),
    "dead": Entry(".dead", "List, show and replay dead letters."),
    "config": Entry(".config", "Show the settings in force and where each comes from."),
    "docs": Entry(".docs", "Write the generated reference pages and schemas."),
}
"""Every command: the module that holds it and its line in `noroshi --help`."""


@click.group(
    cls=LazyGroup, table=COMMANDS, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="noroshi", prog_name="noroshi")
def noroshi() -> None:
    """Noroshi: economic-security measures that touch your list, in Slack, with the words that made them fire.

    Settings come from flags, NOROSHI_… variables, a secrets folder and noroshi.toml; see `noroshi config`.
    Exit codes: 0 done, 1 found a problem or could not go on, 2 wrong usage.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; an error of ours is one message on standard error and exit code 1."""
    # Libraries would log their own view of an error to standard error; services configure real logs themselves.
    logging.getLogger().addHandler(logging.NullHandler())
    try:
        noroshi.main(args=list(arguments) if arguments is not None else None, prog_name="noroshi", standalone_mode=True)
    except NoroshiError as error:
        click.echo(f"noroshi: {error}", err=True)
        sys.exit(1)
    except BrokenPipeError:
        sys.exit(1)
