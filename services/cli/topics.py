"""`noroshi topics`: the topics on the broker against those in the code."""

from __future__ import annotations

import json
import sys

import click

from services.alert.settings import AlertSettings
from services.cli.settings import load
from services.runtime import topics_admin

_broker = click.option("--broker", help="Bootstrap servers, host:port; default from the settings.")
_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON list.")


@click.group()
def command() -> None:
    """Compare the topics on the broker with the code, and create them."""


@command.command()
@_broker
@_json
def plan(broker: str | None, as_json: bool) -> None:
    """Show what `apply` would change."""
    settings = load(AlertSettings, broker=broker)
    changes = topics_admin.plan(topics_admin.read_topics(settings.broker), replication=settings.replication)
    _print([str(change) for change in changes], as_json, "nothing to change")


@command.command()
@_broker
@_json
def apply(broker: str | None, as_json: bool) -> None:
    """Create missing topics, add partitions, alter settings; never removes anything."""
    settings = load(AlertSettings, broker=broker)
    changes = topics_admin.apply(settings.broker, replication=settings.replication)
    _print([str(change) for change in changes], as_json, "nothing to change")


@command.command()
@_broker
@_json
def check(broker: str | None, as_json: bool) -> None:
    """Exit 1 and say what is wrong if the broker does not have the topics as the code wants them."""
    settings = load(AlertSettings, broker=broker)
    problems = topics_admin.check(settings.broker, replication=settings.replication)
    _print(list(problems), as_json, "every topic is as it should be")
    sys.exit(1 if problems else 0)


def _print(lines: list[str], as_json: bool, nothing: str) -> None:
    click.echo(json.dumps(lines) if as_json else "\n".join(lines) or nothing)
