"""The one command, thin: parse flags, call a core, print. Each command is imported only when it is used."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from services.contracts.errors import NoroshiError

COMMANDS: dict[str, tuple[str, str]] = {
    "up": ("services.cli.up", "Start everything on this machine and show alerts as they come."),
    "demo": ("services.cli.demo", "Run the bundled sample through everything, check the result, and end."),
    "try": ("services.cli.attempt", "Show what is found in a text, file or address, and who would be told and why."),
    "check": ("services.cli.check", "Check taxonomy, sources and watchlists with their tests; show every problem."),
    "why": ("services.cli.why", "Show why a watchlist's rule holds for an act, clause by clause, or why not."),
    "backtest": ("services.cli.backtest", "Replay history: what a watchlist would have sent, and a change of it."),
    "watchlists": ("services.cli.watchlists", "Compare watchlists with those in force, and apply, export, list them."),
    "status": ("services.cli.status", "Account for every event: classified, alerted, waiting or put aside."),
    "inbox": ("services.cli.inbox", "Show the messages the local Slack stand-in holds."),
    "ingest": ("services.cli.ingest", "Run the ingest service, or read files with --file."),
    "sources": ("services.cli.sources", "See how each source fares and why, and what asking it now would bring."),
    "new": ("services.cli.newsource", "Write a working folder for a new source, guessed from a page of its list."),
    "backfill": ("services.cli.backfill", "Read the past of a source; nobody is alerted."),
    "classify": ("services.cli.classify", "Run the classify service, or classify a JSON Lines file."),
    "evaluate": ("services.cli.evaluate", "Score the classifier against labelled documents, and compare two runs."),
    "taxonomy": ("services.cli.taxonomy", "Show what a change of vocabulary changes, in it and in what is found."),
    "alert": ("services.cli.alert", "Run the alert service: match, decide, deliver."),
    "standin": ("services.cli.standin", "Run the local stand-in for Slack."),
    "calendar": ("services.cli.calendar", "Write the dates of what was told as a calendar file (iCalendar)."),
    "mute": ("services.cli.mute", "Silence a measure, an item, a source or a watchlist; every mute ends."),
    "hold": ("services.cli.hold", "Decide on watchlists whose match rate jumped."),
    "explain": ("services.cli.explain", "Say why an alert was made, on which words, and what became of it."),
    "ledger": ("services.cli.ledger", "Account for every alert; send again or give up what was put aside."),
    "slack": ("services.cli.slack", "Try out what the Slack workspace does, and find what stands in an alert's way."),
    "topics": ("services.cli.topics", "Compare the topics on the broker with the code, and create them."),
    "dead": ("services.cli.dead", "List, show and replay dead letters."),
    "config": ("services.cli.config", "Show the settings in force and where each comes from."),
    "docs": ("services.cli.docs", "Write the generated reference pages and schemas."),
}
"""Every command: the module that holds it (as `command`) and its line in `noroshi --help`."""


class LazyGroup(click.Group):
    """A group whose commands are imported on use, so that `--help` is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of a user's day."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command by name, or None."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from the table above, importing none of them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
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
