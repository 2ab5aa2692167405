"""`noroshi sources`: how the polled sources fare, and a person's decisions on them."""

from __future__ import annotations

import click

from services.cli.release import release


@click.group()
def command() -> None:
    """Decide on sources."""


command.add_command(release)
