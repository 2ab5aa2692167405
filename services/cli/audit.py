"""Whether everything that went in came out, computed anew by the pure cores and compared with what is there.

Nothing of the services' own state is trusted: events are classified again, acts are decided again in the order
of the topic, and the result is held against the topics and against the messages Slack holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from services.alert.core import TellKey, decide_alerts
from services.alert.lifecycle.decision import Told
from services.alert.watchlists.sets import WatchlistSet
from services.classify.core import Classifier
from services.contracts.events import Event
from services.contracts.measures import Act


@dataclass(frozen=True)
class Audit:
    """What was expected and what is there; `stored` counts copies by (channel, alert id) in Slack."""

    events: int
    lost_events: tuple[str, ...]
    lost_acts: tuple[str, ...]
    measures: int
    expected: Mapping[str, str]
    stored: Mapping[tuple[str, str], int]

    @property
    def lost(self) -> tuple[str, ...]:
        """Events, acts and alerts that should be there and are not."""
        delivered = {alert_id for _, alert_id in self.stored}
        return (*self.lost_events, *self.lost_acts, *(each for each in self.expected if each not in delivered))

    @property
    def doubled(self) -> tuple[str, ...]:
        """Alerts a reader saw more than once."""
        return tuple(alert_id for (_, alert_id), copies in self.stored.items() if copies > 1)

    @property
    def stray(self) -> tuple[str, ...]:
        """Messages nobody should have got: an alert that was not to be, or one in the wrong channel."""
        right = {(address, alert_id) for alert_id, address in self.expected.items()}
        return tuple(
            f"{alert_id} in {channel}" for channel, alert_id in self.stored if (channel, alert_id) not in right
        )

    @property
    def delivered(self) -> int:
        """How many alerts arrived at least once."""
        return len({alert_id for _, alert_id in self.stored})

    @property
    def clean(self) -> bool:
        """Nothing lost, nothing doubled, nothing stray."""
        return not (self.lost or self.doubled or self.stray)

    def summary(self, seconds: float) -> str:
        """The one line a person reads first."""
        return (
            f"demo: {self.events} events, {self.measures} measures, {len(self.expected)} alerts, "
            f"{self.delivered} delivered, {len(self.lost)} lost, {len(self.doubled)} duplicated, {seconds:.1f} s"
        )


def audit_run(
    wanted: Iterable[str],
    events: Sequence[Event],
    acts: Sequence[Act],
    classifier: Classifier,
    watchlists: WatchlistSet,
    copies: Mapping[tuple[str, str], int],
) -> Audit:
    """Compare a run with what the cores say it should have been.

    `wanted` are the ids of the events that were put in, `events` and `acts` what the topics hold (acts in the
    order of the topic), `copies` the messages by (channel, alert id).
    """
    seen = {event.event_id for event in events}
    should = {act.act_id for event in events for act in classifier.classify(event).acts}
    there = {act.act_id for act in acts}
    return Audit(
        events=len(seen),
        lost_events=tuple(f"event {each}" for each in wanted if each not in seen),
        lost_acts=tuple(f"act {each}" for each in sorted(should - there)),
        measures=len({act.measure_id for act in acts}),
        expected=expect_alerts(acts, watchlists),
        stored=dict(Counter(copies)),
    )


def expect_alerts(acts: Iterable[Act], watchlists: WatchlistSet) -> dict[str, str]:
    """The alerts that acts in this order give rise to, as channel address by alert id, Slack's only."""
    told: dict[TellKey, Told] = {}
    expected: dict[str, str] = {}
    for act in acts:
        known = {key: each for key, each in told.items() if key.measure_id == act.measure_id}
        decided = decide_alerts(act, watchlists, known, datetime.now(UTC))
        told.update({each.key: each.told for each in decided.told})
        slack = (alert for alert in decided.alerts if alert.destination.channel == "slack")
        expected |= {alert.alert_id: alert.destination.address for alert in slack}
    return expected
