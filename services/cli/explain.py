"""`noroshi explain`: why an alert was made, and what became of it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from services.alert.explanation import Explanation, describe, explain, find_ids
from services.alert.settings import AlertSettings
from services.cli.database import reading_alerts
from services.cli.settings import load
from services.contracts.errors import UsageError


@click.command()
@click.argument("alert_id")
@click.option("--state-dir", type=click.Path(path_type=Path), help="Folder of the services' state; from the settings.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(alert_id: str, state_dir: Path | None, as_json: bool) -> None:
    """Say why ALERT_ID was made, on which words of which document, and what became of it.

    The first letters of an id suffice, as the message shows them. The id of a digest lists its alerts.
    """
    settings = load(AlertSettings, state_dir=state_dir)
    with reading_alerts(settings) as connection:
        found = find_ids(connection, alert_id)
        chosen = alert_id if alert_id in found else found[0] if len(found) == 1 else None
        explained = explain(connection, chosen) if chosen is not None else None
    if not found:
        raise UsageError(f"no alert begins with {alert_id!r}; the message shows the first letters of its id")
    if explained is None:
        click.echo(json.dumps({"alerts": found}) if as_json else f"{len(found)} alerts; name one:\n" + "\n".join(found))
        return
    click.echo(_as_json(explained) if as_json else "\n".join(_lines(explained)))


def _lines(explained: Explanation) -> list[str]:
    lines, before = [], ""
    for heading, line in describe(explained):
        lines.append(f"{'' if heading == before else heading:<10} {line}")
        before = heading
    return lines


def _as_json(explained: Explanation) -> str:
    fields = {
        "alert": explained.alert.model_dump(mode="json"),
        "reasons": [asdict(each) for each in explained.reasons],
        "watchlist": explained.watchlist.model_dump(mode="json") if explained.watchlist else None,
        "outbox": dict(explained.outbox),
        "delivery": dict(explained.delivery) if explained.delivery else None,
        "carried": explained.carried,
        "mute": dict(explained.mute) if explained.mute else None,
        "troubles": list(explained.troubles),
    }
    return json.dumps(fields, ensure_ascii=False)
