"""`noroshi status`: account for every event, from the topics and the ledger themselves."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum

import click
import sqlalchemy as sa

from services.alert.canary.arrivals import Arrival, load_newest
from services.alert.delivery import ledger, outbox
from services.alert.delivery.outbox import Disposition
from services.alert.settings import AlertSettings
from services.cli.account import Account, account_for
from services.cli.settings import load
from services.contracts.errors import RetryableError
from services.contracts.topics import DEAD, EVENTS, MEASURES
from services.contracts.vocab import DeliveryState
from services.runtime.store import is_present, open_engine, reading
from services.runtime.topics_admin import read_lag
from services.runtime.topicscan import scan_topic


@click.command()
@click.option("--broker", help="Bootstrap servers, host:port; default from the settings.")
@click.option("--state-dir", type=click.Path(), help="Folder of the services' state; default from the settings.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(broker: str | None, state_dir: str | None, as_json: bool) -> None:
    """Account for every event: with acts, without, put aside, repeated or waiting; then alerts and deliveries.

    Exit code 1 if the sums do not add up.
    """
    settings = load(AlertSettings, broker=broker, state_dir=state_dir)
    account, canary = read_account(settings), read_canary(settings)
    lines = [*_lines(account), canary_line(canary, datetime.now(UTC))]
    click.echo(_as_json(account, canary) if as_json else "\n".join(lines))
    sys.exit(0 if account.balanced else 1)


def read_account(settings: AlertSettings) -> Account:
    """The account as of now; raises RetryableError if the broker or the database does not answer."""
    lags = read_lag(settings.broker)
    alerts, dispositions, deliveries, unpublished = _read_ledger(settings)
    return account_for(
        scan_topic(settings.broker, EVENTS.name),
        scan_topic(settings.broker, MEASURES.name),
        scan_topic(settings.broker, DEAD.name),
        lags,
        alerts,
        dispositions,
        deliveries,
        unpublished,
    )


def _read_ledger(settings: AlertSettings) -> tuple[int, dict[Disposition, int], dict[DeliveryState, int], int]:
    with _alert_state(settings, "alerts") as connection:
        if connection is None:
            return 0, {}, {}, 0
        counts = outbox.count_alerts(connection), outbox.count_dispositions(connection)
        return *counts, ledger.count_states(connection), ledger.count_unpublished(connection)


def read_canary(settings: AlertSettings) -> Arrival | None:
    """The newest canary that came through to the end, or None; raises RetryableError as `read_account` does."""
    with _alert_state(settings, "canary_arrivals") as connection:
        return load_newest(connection) if connection is not None else None


@contextmanager
def _alert_state(settings: AlertSettings, table: str) -> Iterator[sa.Connection | None]:
    """The alert service's state, or None where it has no such table (yet)."""
    if settings.database_url is None and not (settings.state_dir / "alert.db").exists():
        yield None
        return
    engine = open_engine(settings, "alert")
    try:
        if not is_present(engine, table):
            yield None
            return
        with reading(engine) as connection:
            yield connection
    except sa.exc.OperationalError as error:
        raise RetryableError(f"the alert database does not answer: {str(error.orig).strip()}") from error
    finally:
        engine.dispose()


def canary_line(newest: Arrival | None, now: datetime) -> str:
    """How long ago the newest canary that came through set out, and how long it took."""
    if newest is None:
        return "canary      none has come through"
    age = max(0.0, (now - newest.published_at).total_seconds())
    return f"canary      the last to come through was sent {age / 60:.0f} min ago and took {newest.seconds:.1f} s"


def _as_json(account: Account, canary: Arrival | None) -> str:
    seen = canary and {"published_at": canary.published_at.isoformat(), "seconds": canary.seconds}
    fields = asdict(account) | {"balanced": account.balanced, "at_rest": account.at_rest}
    deliveries = {state.value: count for state, count in account.deliveries.items()}
    dispositions = {each.value: count for each, count in account.dispositions.items()}
    return json.dumps(fields | {"deliveries": deliveries, "dispositions": dispositions, "canary": seen})


def _lines(account: Account) -> list[str]:
    counts: list[tuple[StrEnum, int]] = [*account.dispositions.items(), *account.deliveries.items()]
    became = ", ".join(f"{count} {word.value}" for word, count in counts if count and word is not Disposition.PLANNED)
    dead = ", ".join(f"{count} by {service}" for service, count in sorted(account.dead_by_service.items())) or "none"
    return [
        f"events      {account.records} records of {account.events} events",
        f"  = {account.with_acts} with acts + {account.without_acts} without + {account.dead} put aside"
        f" + {account.repeated} repeated + {account.waiting} waiting",
        f"measures    {account.acts} acts of {account.measures} measures, {account.acts_waiting} waiting,"
        f" {account.acts_dead} more put aside",
        f"alerts      {account.alerts} decided: {became or 'none'}"
        + (f"; {account.unpublished} not yet on the alerts topic" if account.unpublished else ""),
        f"dead letters: {dead}",
        f"sums        {'add up' if account.balanced else 'DO NOT ADD UP'}"
        + ("; nothing is waiting" if account.at_rest else "; work is waiting"),
    ]
