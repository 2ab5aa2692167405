"""A canary goes the whole way of an alert, and nobody is told, shown, counted or left with anything of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from services.alert.app import AlertService
from services.alert.canary import arrivals
from services.alert.canary.arrivals import Arrival
from services.alert.canary.nullchannel import NullChannel
from services.alert.canary.planning import PlannerWithCanary, canary_planner
from services.alert.canary.telemetry import show_newest
from services.alert.canary.watchlist import PATIENCE, WATCHLIST
from services.alert.core import decide_alerts
from services.alert.delivery import desk, ledger, mutelist, outbox
from services.alert.delivery.audit import audit, read_rows
from services.alert.delivery.protocol import Policy, Progress
from services.alert.delivery.sender import Sender
from services.alert.matching.match import match
from services.alert.restraint.cadence import Mode, Release
from services.alert.restraint.mutes import MuteInForce
from services.alert.settings import AlertSettings
from services.alert.tables import alerts, classifiers, deliveries
from services.alert.watchlists.files import read_watchlist
from services.alert.watchlists.sets import known_channels, watchlist_set
from services.contracts import codec
from services.contracts.alerts import Alert
from services.contracts.canary import DESTINATION, KEY, is_canary_record
from services.contracts.errors import RetryableError
from services.contracts.measures import Act
from services.contracts.topics import ALERTS, MEASURES
from services.contracts.vocab import DeliveryState, Reason
from services.contracts.watchlists import Condition, MuteScope, Rule
from services.runtime.clock import SteppedClock
from services.runtime.handling import Consumed, Outgoing
from services.runtime.health import Health
from services.runtime.metrics import REGISTRY
from services.runtime.store import reading
from services.runtime.yamlfile import YamlError, parse_yaml
from services.taxonomy.load import default_taxonomy
from tests.alert.canaries import CANARIES, canary_act, canary_alert, count_rows, newest, planned
from tests.alert.ledgers import START, PlainRenderer, new_ledger, planner
from tests.contracts.examples import ACT
from tests.contracts.examples import WATCHLIST as OF_SOMEBODY

TAXONOMY = default_taxonomy()
EVERYTHING = """\
id: everything
name: Everything there is
match: {urgency: ">= digest"}
destinations: [{stdout: '-'}]
"""


class Broker:
    """Keeps what is put on the alerts topic, or refuses once."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.taken: list[Outgoing] = []
        self.refuses = refuses

    def send_confirmed(self, outgoings: Sequence[Outgoing]) -> None:
        if self.refuses:
            raise RetryableError("broker did not confirm")
        self.taken += outgoings


@pytest.fixture
def service(tmp_path: Path) -> Iterator[AlertService]:
    """An alert service whose one watchlist would match anything."""
    lists = tmp_path / "lists"
    lists.mkdir()
    (lists / "everything.yml").write_text(EVERYTHING, encoding="utf-8")
    found = AlertService(AlertSettings(state_dir=tmp_path, watchlists=lists), TAXONOMY, Health("alert"))
    yield found
    found.close()


async def decide(service: AlertService, act: Act) -> None:
    record = Consumed(MEASURES.name, 0, 0, b"k", codec.encode(act), (codec.schema_header(act),), 0.0)
    assert await service.handle(record) == ()


def publish(service: AlertService, broker: Broker) -> None:
    service.publish_sent(broker)  # type: ignore[arg-type]  # it has the one method that is used


def read_metric(name: str) -> float:
    return REGISTRY.get_sample_value(f"noroshi_canary_{name}") or 0.0


# ---- the way -----------------------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_a_canary_is_decided_planned_rendered_sent_published_and_then_gone(
    service: AlertService,
) -> None:
    broker, sent_at, timed = Broker(), datetime.now(UTC), read_metric("seconds_count")
    await decide(service, canary_act(sent_at))
    await service.new_sender().drain()
    with reading(service.engine) as connection:
        (row,) = connection.execute(sa.select(deliveries)).mappings()
    assert (row["state"], row["destination"], row["attempts"]) == ("sent", DESTINATION.key, 1)
    publish(service, broker)
    (record,) = broker.taken
    alert = codec.decode(Alert, record.value)
    assert (record.topic, alert.watchlist_id, alert.reason) == (ALERTS, KEY, Reason.FIRST)
    assert alert.delivered_at is not None
    assert is_canary_record(record.headers)
    arrival = newest(service.engine)
    assert arrival is not None
    assert arrival.published_at == sent_at
    assert count_rows(service.engine) == [0, 0, 0, 0, 0]
    assert read_metric("seconds_count") == timed + 1
    assert read_metric("last_success_timestamp_seconds") == pytest.approx(sent_at.timestamp())


@pytest.mark.asyncio
async def test_a_canary_has_not_come_through_before_the_broker_has_its_alert(service: AlertService) -> None:
    await decide(service, canary_act(datetime.now(UTC)))
    await service.new_sender().drain()
    with pytest.raises(RetryableError):
        publish(service, Broker(refuses=True))
    assert newest(service.engine) is None
    publish(service, Broker())
    assert newest(service.engine) is not None


@pytest.mark.asyncio
async def test_a_canary_read_wrongly_alerts_nobody_and_the_log_says_what_is_missing(
    service: AlertService,
) -> None:
    act = canary_act(datetime.now(UTC)).model_copy(update={"minerals": ("germanium",)})
    with capture_logs() as logs:
        await decide(service, act)
    await service.new_sender().drain()
    assert count_rows(service.engine) == [0, 0, 0, 0, 0]
    (said,) = (each for each in logs if each["event"] == "canary_not_matched")
    assert said["missing"] == ("minerals gallium: the act has germanium",)


@pytest.mark.asyncio
async def test_a_canary_older_than_an_hour_is_followed_no_further(service: AlertService) -> None:
    await decide(service, canary_act(datetime.now(UTC) - PATIENCE - timedelta(minutes=1)))
    assert count_rows(service.engine) == [0, 0, 0, 0, 0]


@pytest.mark.asyncio
async def test_the_same_canary_twice_is_one_alert_and_one_that_comes_again_later_leaves_nothing(
    service: AlertService,
) -> None:
    act = canary_act(datetime.now(UTC))
    for _ in range(2):
        await decide(service, act)
    assert count_rows(service.engine)[0] == 1
    for _ in range(2):
        await service.new_sender().drain()
        publish(service, Broker())
        await decide(service, act)
    await service.new_sender().drain()
    publish(service, Broker())
    assert count_rows(service.engine) == [0, 0, 0, 0, 0]


@pytest.mark.asyncio
async def test_a_sender_killed_while_it_sent_a_canary_is_followed_by_one_that_sends_it(tmp_path: Path) -> None:
    engine, clock = new_ledger(tmp_path), SteppedClock(START)
    entry = planned(engine, START)
    intent = Progress(state=DeliveryState.INTENT, attempts=1, doubt=True, first_attempt_at=START, last_attempt_at=START)
    with engine.begin() as connection:
        assert ledger.save_progress(connection, entry, intent, START)
    in_force = PlannerWithCanary(**vars(planner()), canary=canary_planner(CANARIES))
    await Sender(engine, {"null": NullChannel()}, PlainRenderer(), in_force, Policy(), clock).drain()
    with reading(engine) as connection:
        sent = ledger.find_entry(connection, entry.delivery_id)
    assert sent is not None
    assert (sent.progress.state, sent.progress.attempts) == (DeliveryState.SENT, 2)
    assert clock.now() - START < 3 * timedelta(minutes=5)


COUNTED = ("noroshi_deliveries_total", "noroshi_alerts_decided_total", "noroshi_seen_to_alert_seconds_count")


def count_in_metrics() -> float:
    """The sum of all that counts decisions and deliveries."""
    return sum(sample.value for each in REGISTRY.collect() for sample in each.samples if sample.name in COUNTED)


@pytest.mark.asyncio
async def test_a_canary_moves_no_count_of_alerts_and_is_no_act_by_which_a_classifier_is_known(
    service: AlertService,
) -> None:
    before = count_in_metrics()
    await decide(service, canary_act(datetime.now(UTC)))
    await service.new_sender().drain()
    publish(service, Broker())
    assert count_in_metrics() == before
    with reading(service.engine) as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(classifiers)) == 0
    await decide(service, ACT)
    assert count_in_metrics() == before + 1


# ---- nobody ------------------------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_a_watchlist_that_matches_everything_hears_of_a_real_act_and_never_of_a_canary(
    service: AlertService,
) -> None:
    assert service.watchlists.get("everything") is not None
    canary = canary_act(datetime.now(UTC))
    for act in (canary, ACT):
        await decide(service, act)
    with reading(service.engine) as connection:
        told = connection.execute(sa.select(alerts.c.watchlist_id, alerts.c.destination, alerts.c.measure_id)).all()
    assert [tuple(each) for each in told] == [
        (KEY, DESTINATION.key, canary.measure_id),
        ("everything", "stdout:default:-", ACT.measure_id),
    ]


@pytest.mark.parametrize(
    "rule",
    [
        Rule(),
        Rule(all=(Condition(predicate="source", terms=(KEY,)),)),
        Rule(all=(Condition(predicate="minerals", terms=("gallium",)), Condition(predicate="imposing", terms=("CN",)))),
        Rule(all=(Condition(predicate="keyword", terms=("Test of Noroshi",)),)),
        WATCHLIST.rule,
    ],
)
def test_no_rule_whatever_matches_a_canary(rule: Rule) -> None:
    own = watchlist_set([OF_SOMEBODY.model_copy(update={"rule": rule}), WATCHLIST], TAXONOMY)
    act = canary_act(START)
    assert own.get(OF_SOMEBODY.id) is not None
    assert [found.watchlist.id for found in match(own, act)] == [KEY]
    (alert,) = decide_alerts(act, own, {}, START).alerts
    assert alert.destination == DESTINATION


def test_the_canary_s_watchlist_hears_of_nothing_else() -> None:
    act = canary_act(START)
    of_somebody = act.model_copy(update={"event": act.event.model_copy(update={"source": "cn-mofcom"})})
    assert match(CANARIES, of_somebody) == ()


@pytest.mark.parametrize("line", [f"id: {KEY}", "destinations: [{'null': x}]"])
def test_a_watchlist_file_can_take_neither_the_canary_s_name_nor_its_channel(line: str) -> None:
    key = line.partition(":")[0]
    changed = "\n".join(line if each.startswith(f"{key}:") else each for each in EVERYTHING.splitlines())
    with pytest.raises(YamlError, match=r"x\.yml:\d+:\d+: .*(own test events|null)"):
        read_watchlist(parse_yaml(changed, "x.yml"), TAXONOMY, known_channels())


def test_a_canary_on_its_way_is_in_no_list_no_sum_and_no_audit(tmp_path: Path) -> None:
    engine = new_ledger(tmp_path)
    planned(engine, START)
    with engine.begin() as connection:
        outbox.enqueue(connection, [(canary_alert(START + timedelta(minutes=5)), Release(Mode.SINGLE, START))])
    with reading(engine) as connection:
        assert outbox.count_alerts(connection) == 0
        assert sum(outbox.count_dispositions(connection).values()) == 0
        assert sum(ledger.count_states(connection).values()) == 0
        assert ledger.count_unpublished(connection) == 0
        assert (ledger.oldest_open(connection), outbox.oldest_waiting(connection, START)) == (None, None)
        assert list(outbox.read_recent(connection, START - timedelta(days=1))) == []
        assert desk.list_deliveries(connection, set(DeliveryState)) == ()
        report = audit(read_rows(connection), START + timedelta(days=1))
    assert (report.alerts, report.deliveries, report.flaws) == (0, 0, ())


def test_nothing_that_holds_people_s_alerts_back_holds_a_canary_back(tmp_path: Path) -> None:
    engine = new_ledger(tmp_path)
    mute = MuteInForce("m", "default", MuteScope.ITEM, "gallium", until=START + timedelta(days=9))
    with engine.begin() as connection:
        mutelist.add_mute(connection, mute, "somebody", START)
        mutelist.start_hold(connection, "everything", "too many", START)
    for minute in range(59):
        planned(engine, START + timedelta(minutes=minute))  # each at once, and none in a digest with another
    with reading(engine) as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(deliveries)) == 59
        assert mutelist.load_in_force(connection, START)[0].mute_id == "m"


# ---- nothing is left ---------------------------------------------------------------------------------------------


def test_canaries_that_never_come_through_do_not_pile_up(tmp_path: Path) -> None:
    engine = new_ledger(tmp_path)
    for minute in range(0, 600, 5):
        at = START + timedelta(minutes=minute)
        planned(engine, at)
        with engine.begin() as connection:
            arrivals.forget_lost(connection, at)
        assert max(count_rows(engine)) <= 13


@pytest.mark.asyncio
async def test_each_canary_that_is_decided_on_clears_away_those_that_were_lost(service: AlertService) -> None:
    planned(service.engine, datetime.now(UTC) - 2 * PATIENCE)
    on_its_way = planned(service.engine, datetime.now(UTC) - PATIENCE / 2)
    act = canary_act(datetime.now(UTC))
    await decide(service, act)
    with reading(service.engine) as connection:
        kept = set(connection.scalars(sa.select(alerts.c.measure_id)))
    assert kept == {on_its_way.alerts[0].act.measure_id, act.measure_id}


def test_only_canaries_are_forgotten(tmp_path: Path) -> None:
    engine = new_ledger(tmp_path)
    of_somebody = canary_alert(START).model_copy(
        update={"alert_id": "a" * 36, "watchlist_id": "w", "destination": OF_SOMEBODY.destinations[0]}
    )
    entry = planned(engine, START)
    with engine.begin() as connection:
        outbox.enqueue(connection, [(of_somebody, Release(Mode.SINGLE, START))])  # of the same measure
        arrivals.forget_lost(connection, START + timedelta(days=1))
        assert arrivals.settle(connection, [replace(entry, alerts=(of_somebody,))], START) == ()
    with reading(engine) as connection:
        assert list(connection.scalars(sa.select(alerts.c.alert_id))) == ["a" * 36]


def test_a_sender_that_works_on_a_forgotten_canary_finds_it_gone(tmp_path: Path) -> None:
    engine = new_ledger(tmp_path)
    entry = planned(engine, START)
    with engine.begin() as connection:
        arrivals.forget_lost(connection, START + PATIENCE + timedelta(minutes=1))
        assert not ledger.save_progress(connection, entry, Progress(state=DeliveryState.SENT, message_ref="x"), START)
        assert ledger.find_head(connection, DESTINATION.key) is None


def test_settling_what_another_process_has_settled_meanwhile_changes_nothing(tmp_path: Path) -> None:
    engine = new_ledger(tmp_path)
    entry = planned(engine, START)
    for moved in (entry, replace(entry, alerts=())):
        with engine.begin() as connection:
            arrivals.settle(connection, [moved], START + timedelta(seconds=2))
    assert newest(engine) == Arrival(START, START + timedelta(seconds=2))


def test_the_newest_canary_stands_in_whatever_order_they_arrive(tmp_path: Path) -> None:
    engine = new_ledger(tmp_path)
    late, early = (planned(engine, START + timedelta(minutes=minute)) for minute in (5, 0))
    for entry in (late, early):
        with engine.begin() as connection:
            arrivals.settle(connection, [entry], START + timedelta(minutes=9))
    assert newest(engine) == Arrival(START + timedelta(minutes=5), START + timedelta(minutes=9))


def test_a_publisher_s_clock_that_is_ahead_cannot_hide_that_later_canaries_are_missing() -> None:
    ahead = arrivals.arrival_of(canary_act(START + timedelta(days=1)), START)
    assert ahead == Arrival(START, START)
    assert ahead.seconds == 0


def test_a_process_that_starts_shows_when_the_last_canary_came_through_before(tmp_path: Path) -> None:
    engine = new_ledger(tmp_path)
    entry = planned(engine, START)
    with engine.begin() as connection:
        arrivals.settle(connection, [entry], START)
    show_newest(engine)
    assert read_metric("last_success_timestamp_seconds") == START.timestamp()
