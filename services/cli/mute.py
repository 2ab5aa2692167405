"""`noroshi mute`: silence a measure, an item, a source or a watchlist until a day or the next stage."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import click

from services.alert.delivery import mutelist, outbox
from services.alert.delivery.mutelist import MuteRecord
from services.alert.restraint.mutes import MuteInForce, end_of_day, silences
from services.alert.settings import AlertSettings
from services.cli.database import changing_alerts, reading_alerts
from services.cli.settings import load
from services.contracts.alerts import Alert
from services.contracts.errors import UsageError
from services.contracts.watchlists import MuteScope
from services.taxonomy.load import default_taxonomy
from services.taxonomy.taxonomy import Taxonomy

PREVIEW_DAYS = 90


@dataclass(frozen=True)
class Request:
    """What a person asks to be muted."""

    scope: MuteScope
    value: str
    until: date | None
    until_next_stage: bool


@click.group()
def command() -> None:
    """Silence a measure, an item, a source or a watchlist. Every mute ends; what it silenced is counted."""


@command.command()
@click.option("--measure", help="One measure: its id, as `noroshi explain` shows it.")
@click.option("--item", help="A mineral or technology of the taxonomy, with what belongs to it.")
@click.option("--source", help="A source's key.")
@click.option("--watchlist", help="A whole watchlist, or with one of the others: only in this watchlist.")
@click.option("--destination", default="", help="Only at this destination, as slack:default:C0MAGNETS.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The last day of the mute.")
@click.option("--days", type=click.IntRange(1, 3650), help="So many days from now.")
@click.option("--until-next-stage", is_flag=True, help="Until the measure reaches another stage (with --measure).")
@click.option("--timezone", default="UTC", show_default=True, help="Whose day `--until` ends.")
@click.option("--tenant", default="default", show_default=True)
@click.option("--reason", required=True, help="Why, for whoever wonders later.")
@click.option("--by", required=True, help="Who mutes.")
@click.option("--state-dir", type=click.Path(), help="Folder of the services' state; default from the settings.")
@click.option("--dry-run", is_flag=True, help="Only say how many alerts it would have silenced.")
def add(
    measure: str | None,
    item: str | None,
    source: str | None,
    watchlist: str | None,
    destination: str,
    until: datetime | None,
    days: int | None,
    until_next_stage: bool,
    timezone: str,
    tenant: str,
    reason: str,
    by: str,
    state_dir: str | None,
    dry_run: bool,
) -> None:
    """Set a mute, and say how many alerts of the last 90 days it would have silenced."""
    now = datetime.now(UTC)
    taxonomy = default_taxonomy()
    scope, value = _chosen(measure, item, source, watchlist)
    if scope is MuteScope.ITEM:
        _check_item(value, taxonomy)
    mute = MuteInForce(
        mute_id="",
        tenant=tenant,
        scope=scope,
        value=value,
        watchlist_id=watchlist or "",
        destination=destination,
        until=_end(until, days, timezone, now, needed=not until_next_stage),
        until_next_stage=until_next_stage,
        reason=reason,
    )
    if until_next_stage and scope is not MuteScope.MEASURE:
        raise UsageError("only a mute of one measure can end at its next stage; give --until or --days")
    with changing_alerts(load(AlertSettings, state_dir=state_dir)) as connection:
        hidden = _count_hidden(mute, outbox.read_recent(connection, now - timedelta(days=PREVIEW_DAYS)), taxonomy)
        click.echo(f"would have silenced {hidden} alerts of the last {PREVIEW_DAYS} days", err=True)
        if not dry_run:
            click.echo(mutelist.add_mute(connection, mute, by, now).mute.mute_id)


def _chosen(measure: str | None, item: str | None, source: str | None, watchlist: str | None) -> tuple[MuteScope, str]:
    named = [(MuteScope.MEASURE, measure), (MuteScope.ITEM, item), (MuteScope.SOURCE, source)]
    given = [(scope, value) for scope, value in named if value]
    if len(given) > 1 or not (given or watchlist):
        raise UsageError("name one thing to mute: --measure, --item, --source, or --watchlist alone")
    return given[0] if given else (MuteScope.WATCHLIST, "")


def _check_item(item: str, taxonomy: Taxonomy) -> None:
    if item in taxonomy.minerals or item in taxonomy.technologies:
        return
    near = taxonomy.suggest("minerals", item) or taxonomy.suggest("technologies", item)
    raise UsageError(f"unknown item `{item}`; " + (f"did you mean `{near}`?" if near else "see the taxonomy's ids"))


def _end(until: datetime | None, days: int | None, timezone: str, now: datetime, *, needed: bool) -> datetime | None:
    if until is not None and days is not None:
        raise UsageError("give --until or --days, not both")
    if until is None and days is None:
        if needed:
            raise UsageError("a mute must end; give --until, --days or --until-next-stage")
        return None
    try:
        end = end_of_day(until.date(), ZoneInfo(timezone)) if until else now + timedelta(days=days or 0)
    except (KeyError, ValueError) as error:
        raise UsageError(f"unknown time zone `{timezone}`; write one as Asia/Tokyo") from error
    if end <= now:
        raise UsageError(f"the mute would have ended already, at {end:%Y-%m-%d %H:%M} UTC; give a later day")
    return end


def _count_hidden(mute: MuteInForce, alerts: Iterable[Alert], taxonomy: Taxonomy) -> int:
    return sum(silences(mute, alert, alert.decided_at, taxonomy) for alert in alerts)


@command.command("list")
@click.option("--all", "everything", is_flag=True, help="Ended ones too, and what those of watchlist files silenced.")
@click.option("--state-dir", type=click.Path(), help="Folder of the services' state; default from the settings.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def list_command(everything: bool, state_dir: str | None, as_json: bool) -> None:
    """List the mutes in force: what, where, until when, who and why, and how many alerts they silenced."""
    now = datetime.now(UTC)
    with reading_alerts(load(AlertSettings, state_dir=state_dir)) as connection:
        found = [each for each in mutelist.list_mutes(connection) if everything or _is_in_force(each, now)]
    for record in found:
        click.echo(json.dumps(_fields(record), ensure_ascii=False) if as_json else _line(record, now))
    if not found and not as_json:
        click.echo("no mutes" if everything else "no mutes in force; mutes in watchlist files stand in those files")


def _is_in_force(record: MuteRecord, now: datetime) -> bool:
    """Whether it silences now by what the database says; a file may have lost a mute of its own since."""
    return record.created_by != mutelist.FROM_FILE and not record.is_over(now)


@command.command()
@click.argument("mute_id")
@click.option("--state-dir", type=click.Path(), help="Folder of the services' state; default from the settings.")
def end(mute_id: str, state_dir: str | None) -> None:
    """End the mute MUTE_ID now; what it silenced stays silent."""
    with changing_alerts(load(AlertSettings, state_dir=state_dir)) as connection:
        if mutelist.end_mute(connection, mute_id, datetime.now(UTC)):
            return
    click.echo(f"noroshi: no mute {mute_id} is in force; `noroshi mute list` names them", err=True)
    sys.exit(1)


def _fields(record: MuteRecord) -> dict[str, object]:
    mute = record.mute
    return {
        **vars(mute),
        "scope": mute.scope.value,
        "until": mute.until.isoformat() if mute.until else None,
        "created_by": record.created_by,
        "created_at": record.created_at.isoformat(),
        "ended_at": record.ended_at.isoformat() if record.ended_at else None,
        "hits": record.hits,
    }


def _line(record: MuteRecord, now: datetime) -> str:
    mute = record.mute
    what = f"{mute.scope.value} {mute.value}".strip()
    where = " ".join(part for part in (mute.watchlist_id, mute.destination) if part) or "everywhere"
    day = [f"until {mute.until:%Y-%m-%d %H:%M} UTC"] if mute.until else []
    ends = " or ".join(day + ["until its next stage"] * mute.until_next_stage)
    state = " (over)" if record.is_over(now) else "" if record.hits else " (silenced nothing yet)"
    who = f"{record.created_by}: {mute.reason}"
    return f"{mute.mute_id}  {what} · {where} · {ends} · {record.hits} silenced{state} · {who}"
