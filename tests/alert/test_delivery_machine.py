"""The real protocol, planner and ledger against the stand-in, under whatever hypothesis can think of.

Three alerts for each of two channels; two processes, of which one has the right to send and another may wake up
after it lost it. 2,000 runs: `python -m pytest tests/alert/test_delivery_machine.py --hypothesis-profile=nightly`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Coroutine
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, TypeVar, cast

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from services.alert.delivery import ledger, outbox
from services.alert.delivery.ledger import Entry
from services.alert.delivery.outbox import Disposition
from services.alert.delivery.planner import Planner
from services.alert.delivery.protocol import (
    Due,
    Effect,
    Input,
    Policy,
    Post,
    Progress,
    ReadBack,
    ReadOutcome,
    Settle,
    Unreadable,
    Wait,
    step,
)
from services.alert.restraint.planning import Limits
from services.alert.tables import deliveries, metadata
from services.contracts.vocab import DeliveryState
from services.contracts.watchlists import Destination
from services.fakeslack.core import Contract, FakeSlack, Fault, FaultKind
from services.fakeslack.messages import StoredMessage
from services.runtime.clock import SteppedClock
from tests.alert.ledgers import START, InProcessSlack, PlainRenderer, make_alert, planner, put

CHANNELS = ("C0CRITMIN", "C0OTHER")
ALERTS = 3
STORM = 2
POLICY = Policy()
T = TypeVar("T")

KEYS = {channel: Destination(channel="slack", address=channel).key for channel in CHANNELS}
POST_FAULTS = st.sampled_from(
    [
        Fault(FaultKind.DROP_ANSWER),
        Fault(FaultKind.HTTP_AFTER_STORING),
        Fault(FaultKind.HTML),
        Fault(FaultKind.RESET_BEFORE),
        Fault(FaultKind.HTTP, status=503),
        Fault(FaultKind.LAND_LATE, seconds=1),
        Fault(FaultKind.LAND_LATE, seconds=POLICY.late_landing),
        Fault(FaultKind.ERROR, code="ratelimited", status=429, seconds=30),
        Fault(FaultKind.ERROR, code="msg_too_long"),
        Fault(FaultKind.ERROR, code="is_archived"),
        Fault(FaultKind.ERROR, code="invalid_arguments"),
        Fault(FaultKind.ERROR, code="token_revoked"),
    ]
)
READ_FAULTS = st.sampled_from(
    [Fault(FaultKind.HTTP, method="", status=502), Fault(FaultKind.ERROR, code="fatal_error")]
)


class Slack(InProcessSlack):
    """The stand-in as a channel; its history may be closed to us."""

    readable = True

    async def find(
        self, destination: Destination, delivery_id: str, oldest: datetime, thread_ref: str | None
    ) -> ReadOutcome:
        if not self.readable:
            return Unreadable("missing_scope")
        return await super().find(destination, delivery_id, oldest, thread_ref)


@dataclass
class Hand:
    """What a process has in memory of one destination: its delivery and what comes next."""

    entry: Entry
    progress: Progress
    given: Input | None = field(default_factory=Due)
    effect: Effect = field(default_factory=Settle)


class DeliveryMachine(RuleBasedStateMachine):
    """Everything that may happen to two channels, one small step at a time."""

    policy = POLICY
    closes = False

    @initialize()
    def begin(self) -> None:
        self.engine = empty_ledger()
        self.clock = SteppedClock(START)
        self.slack = FakeSlack(Contract(key="ignore", per_second=1000, burst=1000, history_lag=POLICY.history_lag))
        self.channel, self.planner = Slack(self.slack, self.clock), folding_planner()
        self.decided, self.owner, self.zombies = 0, 0, 0
        self.hands: tuple[dict[str, Hand], dict[str, Hand]] = ({}, {})
        self.ranks: dict[str, int] = {}
        self.troubled: set[str] = set()

    @precondition(lambda self: self.decided < ALERTS)
    @rule(measure=st.integers(1, 2))
    def decide(self, measure: int) -> None:
        self.decided += 1
        put(self.engine, *(make_alert(self.decided, channel, measure) for channel in CHANNELS))

    @rule(process=st.integers(0, 1), channel=st.sampled_from(CHANNELS), times=st.integers(1, 4))
    def work(self, process: int, channel: str, times: int) -> None:
        for _ in range(times):
            self.turn(process, channel)

    @rule(seconds=st.sampled_from([1, 9, 10, 59, 60, 70, 1000]))
    def pass_time(self, seconds: float) -> None:
        self.clock.step(seconds)

    @rule(fault=POST_FAULTS, channel=st.sampled_from(CHANNELS), times=st.integers(1, 3))
    def fail_posts(self, fault: Fault, channel: str, times: int) -> None:
        self.script(Fault(**vars(fault) | {"channel": channel, "times": times}))

    @rule(fault=READ_FAULTS, channel=st.sampled_from(CHANNELS), replies=st.booleans())
    def fail_reads(self, fault: Fault, channel: str, replies: bool) -> None:
        method = "conversations.replies" if replies else "conversations.history"
        self.script(Fault(**vars(fault) | {"channel": channel, "method": method}))

    @precondition(lambda self: self.closes)
    @rule()
    def close_history(self) -> None:
        self.channel.readable = False

    @rule(process=st.integers(0, 1))
    def kill(self, process: int) -> None:
        self.hands[process].clear()
        self.troubled.update(CHANNELS)

    @rule(process=st.integers(0, 1))
    def kill_before_the_answers_arrive(self, process: int) -> None:
        for hand in self.hands[process].values():
            if hand.given is None and isinstance(hand.effect, Post):
                self.carry_out(hand)
        self.kill(process)

    @precondition(lambda self: self.zombies < 2)
    @rule()
    def take_over(self) -> None:
        """The owner is taken for dead; whatever it has in its hands it may still do."""
        self.owner, self.zombies = 1 - self.owner, self.zombies + 1
        self.troubled.update(CHANNELS)

    @invariant()
    def nothing_is_wrong(self) -> None:
        rows, messages = self.rows(), self.messages()
        copies = Counter(message.alert_id for message in messages)
        assert max(copies.values(), default=0) <= 1 + self.zombies, "I2: copies within the bound"
        for row in rows:
            assert row["state"] != DeliveryState.SENT or copies[row["delivery_id"]] >= 1, "I1: what is sent is there"
            assert row["rank"] >= self.ranks.get(row["delivery_id"], 0), "I4: a rank never falls"
            self.ranks[row["delivery_id"]] = row["rank"]
        for channel in CHANNELS:
            here = [row for row in rows if row["destination"] == KEYS[channel]]
            self.check_order(here, [message.alert_id for message in messages if message.channel == channel])
            alone = channel in self.troubled or all(row["attempts"] <= 1 for row in here)
            assert alone, "trouble in one channel is none of the other"

    def check_order(self, rows: list[sa.RowMapping], stored: list[str | None]) -> None:
        assert all(row["rank"] > DeliveryState.INTENT.rank for row in rows[:-1]), "I5: goes on from what is settled"
        sent = [row["delivery_id"] for row in rows if row["state"] == DeliveryState.SENT]
        assert list(dict.fromkeys(each for each in stored if each in sent)) == sent, "in the order decided"

    def teardown(self) -> None:
        """I3: once nothing fails any more, each channel comes to rest by itself, and all was told."""
        self.slack.faults.clear()
        for channel in CHANNELS:
            self.settle(channel)
        self.clock.step(POLICY.late_landing)
        self.slack.land(self.clock.now().timestamp())
        self.nothing_is_wrong()
        with self.engine.begin() as connection:
            counted = outbox.count_dispositions(connection)
        assert counted == {each: 2 * self.decided * (each is Disposition.PLANNED) for each in Disposition}

    def settle(self, channel: str) -> None:
        for _ in range(200):
            busy = [self.turn(process, channel) for process in (0, 1)]
            if not any(busy):
                return
            self.clock.step(30)
        raise AssertionError(f"{channel} does not come to rest: {self.rows()}")

    def script(self, fault: Fault) -> None:
        self.troubled.add(fault.channel)
        self.slack.faults.append(fault)

    def turn(self, process: int, channel: str) -> bool:
        """What the sender's loop does next for a destination; False if it has nothing to do."""
        hands = self.hands[process]
        hand = hands.get(channel)
        if hand is None:
            planned = self.take_up(channel) if process == self.owner else None
            if planned is not None:
                hands[channel] = Hand(planned, planned.progress)
            return planned is not None
        if hand.given is None:
            self.carry_out(hand)
        elif not self.advance(hand, hand.given):
            del hands[channel]
        return True

    def take_up(self, channel: str) -> Entry | None:
        with self.engine.begin() as connection:
            unfinished = ledger.find_head(connection, KEYS[channel])
            planned = unfinished or self.planner.plan(connection, KEYS[channel], self.clock.now())
        return planned if isinstance(planned, Entry) else None

    def advance(self, hand: Hand, given: Input) -> bool:
        """Step and commit; False if the delivery is done or somebody else has it."""
        now, before = self.clock.now(), hand.progress
        hand.progress, hand.effect = step(before, given, self.policy, now, hand.entry.delivery_id)
        with self.engine.begin() as connection:
            saved = ledger.save_progress(connection, hand.entry, hand.progress, now, before)
        hand.given = None
        return saved and not isinstance(hand.effect, Settle)

    def carry_out(self, hand: Hand) -> None:
        """Do what was committed; a wait ends no sooner than it should."""
        entry, progress = hand.entry, hand.progress
        match hand.effect:
            case Post():
                message = PlainRenderer().delivery(entry, progress.level, progress.possible_duplicate)
                hand.given = run(self.channel.post(entry.destination, message, progress.thread_ref))
            case ReadBack(oldest):
                found = self.channel.find(entry.destination, entry.delivery_id, oldest, progress.thread_ref)
                hand.given = run(found)
            case Wait(until) if self.clock.now() >= until:
                hand.given = Due()

    def rows(self) -> list[sa.RowMapping]:
        with self.engine.begin() as connection:
            return list(connection.execute(sa.select(deliveries).order_by(deliveries.c.seq)).mappings())

    def messages(self) -> list[StoredMessage]:
        self.slack.land(self.clock.now().timestamp())
        return self.slack.store.messages


class ParkingMachine(DeliveryMachine):
    """The same where the history may be closed to us for good and doubtful deliveries are then parked."""

    policy = Policy(unreadable="park")
    closes = True


class HastyMachine(DeliveryMachine):
    """A planted bug: it does not wait for late landings."""

    policy = Policy(late_landing=0, history_lag=0, looks=1)


def empty_ledger() -> sa.Engine:
    """The one ledger in memory, emptied: an engine of its own for each example would compile every query anew."""
    engine = open_memory()
    with engine.begin() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(sa.delete(table))
    return engine


@cache
def open_memory() -> sa.Engine:
    engine = sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)
    metadata.create_all(engine)
    return engine


@cache
def folding_planner() -> Planner:
    """A planner that folds as soon as more than two alerts wait."""
    return planner(limits=Limits(STORM, 1000, 50))


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that never waits."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return cast(T, done.value)
    raise AssertionError("it waits for something")


def runs(least: int) -> settings:
    """So many runs of 50 steps, or as many as the profile asks for."""
    count = max(least, settings().max_examples if settings().max_examples > 100 else 0)
    return settings(max_examples=count, stateful_step_count=50, suppress_health_check=[HealthCheck.too_slow])


BOTH = pytest.mark.parametrize("machine", [DeliveryMachine, ParkingMachine])


@BOTH
def test_whatever_happens_nothing_is_lost_doubled_or_overtaken(machine: type[DeliveryMachine]) -> None:
    run_state_machine_as_test(machine, settings=runs(50))


@BOTH
@pytest.mark.integration
def test_whatever_happens_at_length_nothing_is_lost_doubled_or_overtaken(machine: type[DeliveryMachine]) -> None:
    run_state_machine_as_test(machine, settings=runs(200))


@pytest.mark.parametrize(("kind", "copies"), [(HastyMachine, 2), (DeliveryMachine, 1)])
def test_the_machine_sees_a_planted_bug(kind: type[DeliveryMachine], copies: int) -> None:
    machine, channel = kind(), CHANNELS[0]
    machine.begin()
    machine.decide(measure=1)
    machine.fail_posts(Fault(FaultKind.LAND_LATE, seconds=60), channel, 1)
    for _ in range(8):
        machine.work(0, channel, 1)
        machine.clock.step(1)
    machine.clock.step(60)
    for _ in range(8):
        machine.work(0, channel, 1)
        machine.clock.step(10)
    assert max(Counter(message.alert_id for message in machine.messages()).values()) == copies
    with pytest.raises(AssertionError, match="I2") if copies > 1 else nullcontext():
        machine.nothing_is_wrong()
