"""`noroshi config`: the settings in force and where each value comes from."""

from __future__ import annotations

import json
import os

import click
from pydantic import SecretStr

from services.cli.settings import SETTINGS
from services.runtime.settings import load_with_origins


@click.command()
@click.argument("service", type=click.Choice(list(SETTINGS)), required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(service: str | None, as_json: bool) -> None:
    """Show the settings in force, of one service or all, and where each comes from; secrets are hidden."""
    shown = {name: _read(name) for name in ([service] if service else SETTINGS)}
    if as_json:
        click.echo(json.dumps(shown, indent=2))
        return
    for name, settings in shown.items():
        click.echo(f"[{name}]")
        for key, (value, origin) in settings.items():
            click.echo(f"  {key:<28} {value:<36} {origin}")


def _read(service: str) -> dict[str, tuple[str, str]]:
    loaded = load_with_origins(SETTINGS[service], service, known=SETTINGS, environ=os.environ)
    values = {name: getattr(loaded.settings, name) for name in type(loaded.settings).model_fields}
    return {name: (_masked(value), loaded.origins.get(name, "default")) for name, value in values.items()}


def _masked(value: object) -> str:
    return "********" if isinstance(value, SecretStr) else str(value)
