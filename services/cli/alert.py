"""`noroshi alert`: run the alert service."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from services.alert.app import run
from services.alert.settings import AlertSettings
from services.cli.settings import load
from services.runtime.log import configure_logging


@click.command()
@click.option("--broker", help="Bootstrap servers, host:port; default from the settings.")
@click.option("--watchlists", type=click.Path(path_type=Path), help="Folder of watchlists (*.yml).")
def command(broker: str | None, watchlists: Path | None) -> None:
    """Run the alert service: measures in, alerts out, until it is told to stop."""
    settings = load(AlertSettings, broker=broker, watchlists=watchlists)
    configure_logging("alert", settings, settings.secrets)
    sys.exit(run(settings))
