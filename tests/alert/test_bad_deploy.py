"""A classifier finds everything in everything: a channel hears at most 31 messages in an hour, then a person looks.

The alerts are decided by the core and planned by the sender's own planner on SQL, on a clock that the test moves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from services.alert.delivery import ledger, mutelist, outbox
from services.alert.delivery.ledger import Entry
from services.alert.delivery.outbox import Disposition
from services.alert.delivery.planner import Planner
from services.alert.delivery.protocol import Progress
from services.alert.history.replay import Hit, Replay
from services.alert.history.sending import Message, send_all
from services.alert.restraint.cadence import Release
from services.alert.restraint.guard import Guard
from services.alert.restraint.planning import Limits, Rest
from services.alert.watchlists.sets import WatchlistSet, watchlist_set
from services.contracts import ids
from services.contracts.alerts import Alert
from services.contracts.measures import Act
from services.contracts.vocab import DeliveryState
from services.contracts.watchlists import Condition, Destination, Rule, Watchlist
from services.taxonomy.load import default_taxonomy
from tests.alert.acts import SEEN, an_act, an_event
from tests.alert.ledgers import new_ledger

CHANNEL = Destination(channel="slack", address="C0CRITMIN")
WATCHLISTS = 3
UNGUARDED = Guard(floor=1_000_000)
HOUR = timedelta(hours=1)
PACE = timedelta(seconds=1)
Decided = tuple[Alert, Hit]


def match_everything() -> WatchlistSet:
    everything = Rule(all=(Condition(predicate="modality", terms=("asserted",)),))
    return watchlist_set(
        (Watchlist(id=f"list-{n}", name="All", rule=everything, destinations=(CHANNEL,)) for n in range(WATCHLISTS)),
        default_taxonomy(),
    )


def acts(number: int, *, every: timedelta, start: timedelta = timedelta()) -> Iterator[Act]:
    for place in range(number):
        at = SEEN + start + place * every
        event = an_event(f"{start}-{place}", seen_at=at, published_on=at.date())
        yield an_act(event, measure_id=ids.measure_id_of_event(event.event_id, ""))


def decide(history: Iterator[Act]) -> list[Decided]:
    replay = Replay(match_everything())
    steps = (replay.take(act) for act in history)
    return [pair for step in steps for pair in zip(step.alerts, step.hits, strict=True)]


class Channel:
    """One channel with the live planner; every message arrives at once, at Slack's pace."""

    def __init__(self, folder: Path, guard: Guard) -> None:
        in_force = match_everything()
        self.engine = new_ledger(folder)
        self.planner = Planner(lambda: in_force, Limits(), guard)
        self.sent: list[Message] = []

    def run(self, decided: Sequence[Decided]) -> None:
        """Let the alerts come at their times and send until nothing waits."""
        hits = {hit.alert_id: hit for _, hit in decided}
        place, now = 0, decided[0][1].release_at
        while True:
            while place < len(decided) and decided[place][1].release_at <= now:
                self._enqueue(*decided[place])
                place += 1
            with self.engine.begin() as connection:
                planned = self.planner.plan(connection, CHANNEL.key, now)
                if isinstance(planned, Entry):
                    done = Progress(DeliveryState.SENT, 1, first_attempt_at=now, message_ref=str(len(self.sent)))
                    ledger.save_progress(connection, planned, done, now)
            if isinstance(planned, Entry):
                carried = tuple(hits[alert.alert_id] for alert in planned.alerts)
                self.sent.append(Message(now, CHANNEL.key, carried, planned.cause))
                now += PACE
            elif isinstance(planned, Rest):
                now = planned.until
            elif place < len(decided):
                now = decided[place][1].release_at
            else:
                return

    def _enqueue(self, alert: Alert, hit: Hit) -> None:
        with self.engine.begin() as connection:
            outbox.enqueue(connection, [(alert, Release(hit.mode, hit.release_at))])

    def dispositions(self) -> dict[Disposition, int]:
        with self.engine.begin() as connection:
            return outbox.count_dispositions(connection)


@pytest.fixture
def engines() -> Iterator[list[sa.Engine]]:
    opened: list[sa.Engine] = []
    yield opened
    for engine in opened:
        engine.dispose()


def most_in_an_hour(sent: Sequence[Message]) -> int:
    return max(sum(each.at <= other.at < each.at + HOUR for other in sent) for each in sent)


def test_unguarded_a_flood_is_31_messages_an_hour_none_lost_and_the_backtest_predicts_each(
    tmp_path: Path, engines: list[sa.Engine]
) -> None:
    channel = Channel(tmp_path, UNGUARDED)
    engines.append(channel.engine)
    decided = decide(acts(90, every=timedelta(seconds=40)))
    channel.run(decided)
    assert most_in_an_hour(channel.sent) <= 31
    carried = Counter(hit.alert_id for message in channel.sent for hit in message.hits)
    assert carried == Counter(alert.alert_id for alert, _ in decided)
    assert send_all(hit for _, hit in decided) == tuple(channel.sent)
    print(f"{len(decided)} alerts in an hour, unguarded: {len(channel.sent)} messages, ", end="")
    print(f"{most_in_an_hour(channel.sent)} in the worst hour")


def test_guarded_the_watchlists_are_held_and_wait_for_a_person(tmp_path: Path, engines: list[sa.Engine]) -> None:
    channel = Channel(tmp_path, Guard())
    engines.append(channel.engine)
    usual = decide(acts(60, every=timedelta(hours=12), start=timedelta(days=-31)))
    channel.run(usual)
    before = len(channel.sent)
    assert channel.dispositions()[Disposition.HELD] == 0
    decided = decide(acts(90, every=timedelta(seconds=40)))
    channel.run(decided)
    flood = channel.sent[before:]
    with channel.engine.begin() as connection:
        held = {hold.watchlist_id for hold in mutelist.list_holds(connection)}
    counted = channel.dispositions()
    assert held == {each.id for each in match_everything().watchlists}
    assert len(flood) <= 31
    assert counted[Disposition.WAITING] == 0
    assert counted[Disposition.HELD] + sum(len(each.hits) for each in flood) == len(decided)
    print(f"{len(decided)} alerts in an hour, guarded: {len(flood)} messages, {counted[Disposition.HELD]} alerts held")
