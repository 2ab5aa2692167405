"""The sum `noroshi status` does: what became of every event, from the topics, the offsets and the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from services.alert.delivery.outbox import Disposition
from services.contracts.canary import is_canary_record
from services.contracts.vocab import DeliveryState
from services.runtime.handling import Consumed
from services.runtime.topics_admin import Lag

EVENT_ID_HEADER = "noroshi-event-id"
_ORIGIN_HEADERS = ("noroshi-dead-topic", "noroshi-dead-partition", "noroshi-dead-offset")

Place = tuple[str, int, int]


@dataclass(frozen=True)
class Account:
    """What became of every record of the events topic.

    With acts, without, repeated, dead and waiting add up to `records`; the dispositions add up to `alerts`, and the
    alerts in deliveries to those that are planned.
    """

    records: int
    events: int
    with_acts: int
    without_acts: int
    repeated: int
    dead: int
    waiting: int
    acts: int
    measures: int
    acts_dead: int
    acts_waiting: int
    dead_by_service: Mapping[str, int] = field(default_factory=dict)
    alerts: int = 0
    dispositions: Mapping[Disposition, int] = field(default_factory=dict)
    deliveries: Mapping[DeliveryState, int] = field(default_factory=dict)
    unpublished: int = 0

    @property
    def balanced(self) -> bool:
        """Whether every record is accounted for once."""
        parts = self.with_acts + self.without_acts + self.repeated + self.dead + self.waiting
        planned = self.dispositions.get(Disposition.PLANNED, 0)
        alerts = sum(self.dispositions.values()) == self.alerts and sum(self.deliveries.values()) == planned
        return parts == self.records and alerts

    @property
    def at_rest(self) -> bool:
        """Whether nothing waits anywhere."""
        open_states = self.deliveries.get(DeliveryState.PENDING, 0) + self.deliveries.get(DeliveryState.INTENT, 0)
        undecided = self.dispositions.get(Disposition.WAITING, 0)
        return not (self.waiting or self.acts_waiting or undecided or open_states or self.unpublished)


def account_for(
    events: Iterable[Consumed],
    acts: Iterable[Consumed],
    dead: Iterable[Consumed],
    lags: Iterable[Lag],
    alerts: int = 0,
    dispositions: Mapping[Disposition, int] | None = None,
    deliveries: Mapping[DeliveryState, int] | None = None,
    unpublished: int = 0,
) -> Account:
    """Do the sum over what the topics hold; a record of an event seen before counts as `repeated`.

    The canary's records are left out, but for dead letters: those a person should see.
    """
    dead_records = list(dead)
    dead_places = {place for record in dead_records if (place := _origin(record)) is not None}
    all_acts = list(without_canaries(acts))
    act_records = [each for each in all_acts if (each.topic, each.partition, each.offset) not in dead_places]
    told_of = {_header(record, EVENT_ID_HEADER) or b"" for record in act_records}
    committed = {(lag.topic, lag.partition): lag.committed or 0 for lag in lags}
    outcomes, keys = _event_outcomes(without_canaries(events), told_of, dead_places, committed)
    return Account(
        records=outcomes.total(),
        events=len(keys),
        with_acts=outcomes["with_acts"],
        without_acts=outcomes["without_acts"],
        repeated=outcomes["repeated"],
        dead=outcomes["dead"],
        waiting=outcomes["waiting"],
        acts=len(act_records),
        measures=len({record.key for record in act_records}),
        acts_dead=len(all_acts) - len(act_records),
        acts_waiting=sum(not _is_done(record, committed) for record in act_records),
        dead_by_service=Counter((_header(each, "noroshi-dead-service") or b"?").decode() for each in dead_records),
        alerts=alerts,
        dispositions=dict(dispositions or {}),
        deliveries=dict(deliveries or {}),
        unpublished=unpublished,
    )


def without_canaries(records: Iterable[Consumed]) -> Iterator[Consumed]:
    """The records of a topic that are about something, in their order."""
    return (record for record in records if not is_canary_record(record.headers))


def _event_outcomes(
    events: Iterable[Consumed], told_of: set[bytes], dead: set[Place], committed: Mapping[tuple[str, int], int]
) -> tuple[Counter[str], set[bytes]]:
    outcomes: Counter[str] = Counter()
    keys: set[bytes] = set()
    for record in events:
        key = record.key or b""
        if not _is_done(record, committed):
            outcome = "waiting"
        elif (record.topic, record.partition, record.offset) in dead:
            outcome = "dead"
        elif key in keys:
            outcome = "repeated"
        else:
            outcome = "with_acts" if key in told_of else "without_acts"
        outcomes[outcome] += 1
        keys.add(key)
    return outcomes, keys


def _is_done(record: Consumed, committed: Mapping[tuple[str, int], int]) -> bool:
    return record.offset < committed.get((record.topic, record.partition), 0)


def _header(record: Consumed, name: str) -> bytes | None:
    return next((value for key, value in record.headers if key == name), None)


def _origin(record: Consumed) -> Place | None:
    topic, partition, offset = (_header(record, name) for name in _ORIGIN_HEADERS)
    if topic is None or partition is None or offset is None:
        return None
    return topic.decode(), int(partition), int(offset)
