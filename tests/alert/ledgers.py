"""A ledger on a file of its own, alerts to put into it, and the stand-in as a channel without HTTP."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from services.alert.channel import Edited, EditOutcome, Message, Uneditable
from services.alert.delivery import ledger, outbox
from services.alert.delivery.ledger import Entry
from services.alert.delivery.planner import Planner
from services.alert.delivery.protocol import (
    Found,
    Level,
    NotFound,
    Posted,
    PostOutcome,
    ReadFailed,
    ReadOutcome,
    Unknown,
)
from services.alert.delivery.threads import StaleRoot
from services.alert.restraint.cadence import Mode, Release
from services.alert.restraint.guard import Guard
from services.alert.restraint.planning import Limits
from services.alert.slack_errors import react
from services.alert.tables import reminders
from services.alert.watchlists.sets import WatchlistSet, watchlist_set
from services.contracts import ids
from services.contracts.alerts import Alert
from services.contracts.vocab import DigestCause
from services.contracts.watchlists import Condition, Destination, Rule, Watchlist
from services.fakeslack.core import Answer, FakeSlack
from services.runtime.clock import SteppedClock
from services.runtime.settings import RuntimeSettings
from services.runtime.store import migrate, open_engine
from services.taxonomy.load import default_taxonomy
from tests.contracts.examples import ALERT

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
CHANNELS = ("C0CRITMIN", "C0OTHER", "C0GONE")


def new_ledger(folder: Path) -> sa.Engine:
    """An empty, migrated ledger."""
    engine = open_engine(RuntimeSettings(state_dir=folder), "alert")
    migrate(engine, "alert")
    return engine


def make_alert(number: int, channel: str = "C0CRITMIN", measure: int | None = None) -> Alert:
    """The example alert under an id of its own; `measure` defaults to a measure of its own."""
    measure_id = ids.measure_id_of_event("test", str(number if measure is None else measure))
    return ALERT.model_copy(
        update={
            "alert_id": ids.alert_id("default", "gallium", channel, measure_id, str(number)),
            "destination": Destination(channel="slack", address=channel),
            "act": ALERT.act.model_copy(update={"measure_id": measure_id}),
            "decided_at": START,
        }
    )


def put(engine: sa.Engine, *alerts: Alert, release: Release | None = None) -> int:
    """Enqueue in one transaction, to be sent at once unless told otherwise; returns how many were new."""
    given = release or Release(Mode.SINGLE, START)
    with engine.begin() as connection:
        return outbox.enqueue(connection, ((alert, given) for alert in alerts))


def plan(engine: sa.Engine, *alerts: Alert, cause: DigestCause | None = None) -> Entry:
    """Enqueue the alerts and plan them into one message."""
    put(engine, *alerts)
    chosen = {alert.alert_id for alert in alerts}
    with engine.begin() as connection:
        waiting = outbox.find_waiting(connection, alerts[0].destination.key, START)
        return ledger.plan(connection, [each for each in waiting if each.alert.alert_id in chosen], cause)


def count_open_reminders(connection: sa.Connection) -> int:
    """How many reminders are still to come."""
    return connection.scalar(sa.select(sa.func.count()).where(reminders.c.done_at.is_(None))) or 0


def watchlists(*changes: Watchlist, channels: Sequence[str] = CHANNELS) -> WatchlistSet:
    """A set in force with the example alert's watchlist, which tells all channels; `changes` replace or join it."""
    destinations = tuple(Destination(channel="slack", address=each) for each in channels)
    example = Watchlist(
        id=ALERT.watchlist_id,
        name=ALERT.watchlist_name,
        rule=Rule(all=(Condition(predicate="minerals", terms=("gallium",)),)),
        destinations=destinations,
    )
    chosen = {each.id: each for each in (example, *changes)}
    return watchlist_set(chosen.values(), default_taxonomy())


def planner(*changes: Watchlist, limits: Limits | None = None, guard: Guard | None = None) -> Planner:
    """A planner over `watchlists`; without limits and guard hardly anything restrains it."""
    in_force = watchlists(*changes)
    return Planner(lambda: in_force, limits or Limits(storm=1000, per_hour=1000), guard or Guard(floor=10_000))


class PlainRenderer:
    """The delivery's id and level as text, then the ids of a digest's alerts."""

    def delivery(self, entry: Entry, level: Level, possible_duplicate: bool) -> Message:
        mark = " (possible duplicate)" * possible_duplicate
        carried = "".join(f" {alert.alert_id}" for alert in entry.alerts) if len(entry.alerts) > 1 else ""
        return Message(entry.delivery_id, f"{entry.delivery_id} {level.name}{mark}{carried}")

    def root(self, root: StaleRoot, level: Level) -> Message:
        return Message(root.first.alert_id, f"{root.first.alert_id} {level.name} +{root.updates}")


class InProcessSlack:
    """The stand-in's core as a channel, on a stepped clock; a lost answer is an unknown outcome."""

    kind = "slack"
    per_second = 1.0

    def __init__(self, slack: FakeSlack, clock: SteppedClock) -> None:
        self.slack, self.clock = slack, clock
        self.before_post: Callable[[], None] = lambda: None

    async def post(self, destination: Destination, message: Message, thread_ref: str | None) -> PostOutcome:
        self.before_post()
        arguments: dict[str, Any] = {
            "channel": destination.address,
            "text": message.text,
            "client_msg_id": message.delivery_id,
            "metadata": {"event_type": "noroshi_alert", "event_payload": {"a": message.delivery_id}},
        }
        if thread_ref:
            arguments["thread_ts"] = thread_ref
        answer = self._call("chat.postMessage", arguments)
        if answer.lost or answer.status >= 500 or not isinstance(answer.body, dict):
            return Unknown("lost")
        if not answer.body["ok"]:
            return react(answer.body["error"], float(answer.headers.get("Retry-After", 1)))
        return Posted(answer.body["ts"])

    async def find(
        self, destination: Destination, delivery_id: str, oldest: datetime, thread_ref: str | None
    ) -> ReadOutcome:
        arguments: dict[str, Any] = {"channel": destination.address, "oldest": oldest.timestamp(), "limit": 999}
        arguments["include_all_metadata"] = "true"
        method = "conversations.history" if thread_ref is None else "conversations.replies"
        if thread_ref is not None:
            arguments["ts"] = thread_ref
        answer = self._call(method, arguments)
        if not isinstance(answer.body, dict) or not answer.body.get("ok"):
            return ReadFailed("read_failed")
        carried = [m for m in answer.body["messages"] if m.get("client_msg_id") == delivery_id]
        return Found(carried[0]["ts"]) if carried else NotFound()

    async def edit(self, destination: Destination, ref: str, message: Message) -> EditOutcome:
        arguments: dict[str, Any] = {"channel": destination.address, "ts": ref, "text": message.text}
        answer = self._call("chat.update", arguments)
        if answer.lost or answer.status >= 500 or not isinstance(answer.body, dict):
            return Unknown("lost")
        return Edited() if answer.body["ok"] else Uneditable(answer.body["error"])

    async def check(self, destination: Destination) -> str | None:
        return None

    async def close(self) -> None:
        return None

    def _call(self, method: str, arguments: dict[str, Any]) -> Answer:
        return self.slack.handle(method, "xoxb-test", arguments, self.clock.now().timestamp())
