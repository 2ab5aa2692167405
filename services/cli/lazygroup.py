"""Groups of commands that are imported when they are used, so that `--help` is quick."""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple

import click


class Entry(NamedTuple):
    """A command of a group: the module (`.name` beside this one), its line in `--help`, and its name in the module."""

    module: str
    line: str
    attribute: str = "command"


class LazyGroup(click.Group):
    """A group that knows its commands by a table, in the order of a user's day."""

    def __init__(self, *arguments: Any, table: dict[str, Entry], **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the table."""
        del ctx
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command by name, or None."""
        del ctx
        if cmd_name not in self.table:
            return None
        module, _, attribute = self.table[cmd_name]
        command: click.Command = getattr(import_module(module, "services.cli"), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from the table, importing none of them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, each.line) for name, each in self.table.items()])
