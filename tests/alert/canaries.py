"""Canaries as the real classifier reads them, on their way through a ledger, and what is left of them there."""

from __future__ import annotations

from datetime import datetime
from functools import cache

import sqlalchemy as sa

from services.alert.canary import arrivals
from services.alert.canary.arrivals import Arrival
from services.alert.canary.planning import canary_planner
from services.alert.canary.watchlist import canary_set
from services.alert.core import decide_alerts
from services.alert.delivery import outbox
from services.alert.delivery.ledger import Entry
from services.alert.lifecycle.told import told_table
from services.alert.restraint.cadence import Mode, Release
from services.alert.tables import alerts, deliveries, reminders, threads
from services.classify.core import Classifier
from services.contracts.alerts import Alert
from services.contracts.canary import DESTINATION
from services.contracts.measures import Act
from services.ingest.canary import make_canary
from services.runtime.store import reading
from services.taxonomy.load import default_taxonomy

CANARIES = canary_set(default_taxonomy())
TABLES = (alerts, deliveries, threads, told_table, reminders)


@cache
def canary_act(at: datetime) -> Act:
    """What the real classifier reads in the canary of that moment."""
    (act,) = classifier().classify(make_canary(at)).acts
    return act


@cache
def classifier() -> Classifier:
    return Classifier(default_taxonomy())


def canary_alert(at: datetime) -> Alert:
    """What is decided on the canary of that moment."""
    (alert,) = decide_alerts(canary_act(at), CANARIES, {}, at).alerts
    return alert


def planned(engine: sa.Engine, at: datetime) -> Entry:
    """A canary of that moment in a delivery that nobody has begun."""
    with engine.begin() as connection:
        outbox.enqueue(connection, [(canary_alert(at), Release(Mode.SINGLE, at))])
        found = canary_planner(CANARIES).plan(connection, DESTINATION.key, at)
    assert isinstance(found, Entry)
    return found


def count_rows(engine: sa.Engine) -> list[int]:
    """How many rows there are in each table that an alert may leave some in."""
    with reading(engine) as connection:
        return [connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0 for table in TABLES]


def newest(engine: sa.Engine) -> Arrival | None:
    """The newest canary that came through."""
    with reading(engine) as connection:
        return arrivals.load_newest(connection)
