from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.alert.delivery.protocol import (
    Due,
    Effect,
    Found,
    Input,
    Level,
    NotFound,
    Policy,
    Post,
    Posted,
    Progress,
    Reaction,
    ReadBack,
    ReadFailed,
    Refused,
    Settle,
    Unknown,
    Unreadable,
    Wait,
    lasting_reaction,
    step,
)
from services.contracts.vocab import DeliveryState

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
POLICY = Policy()


def after(*inputs: Input, policy: Policy = POLICY, start: Progress | None = None) -> tuple[Progress, Effect]:
    """Feed the inputs one after the other, letting the clock jump over every wait."""
    progress, now = start or Progress(), NOW
    effect: Effect = Settle()
    for given_input in inputs:
        if isinstance(effect, Wait):
            now = max(now, effect.until)
        progress, effect = step(progress, given_input, policy, now)
    return progress, effect


def test_the_intent_is_written_before_the_first_post() -> None:
    progress, effect = after(Due())
    assert (progress.state, progress.doubt, progress.attempts) == (DeliveryState.INTENT, True, 1)
    assert effect == Post()


def test_a_confirmed_post_is_sent_and_done() -> None:
    progress, effect = after(Due(), Posted("1.2"))
    assert (progress.state, progress.message_ref, effect) == (DeliveryState.SENT, "1.2", Settle())


def test_a_lost_answer_is_never_followed_by_a_second_post_before_the_history_was_read_twice() -> None:
    progress, effect = after(Due(), Unknown("timeout"))
    assert effect == Wait(NOW + timedelta(seconds=70))
    progress, effect = after(Due(), Unknown("timeout"), Due())
    assert effect == ReadBack(NOW - timedelta(seconds=120))
    progress, effect = after(Due(), Unknown("timeout"), Due(), NotFound())
    assert isinstance(effect, Wait)
    progress, effect = after(Due(), Unknown("timeout"), Due(), NotFound(), Due(), NotFound())
    assert (effect, progress.attempts) == (Post(), 2)


def test_a_message_found_in_the_history_is_sent_without_another_post() -> None:
    progress, effect = after(Due(), Unknown("http_500"), Due(), Found("7.7"))
    assert (progress.state, progress.message_ref, progress.attempts, effect) == (DeliveryState.SENT, "7.7", 1, Settle())


@pytest.mark.parametrize("hours", [0, 3])
def test_an_intent_found_after_a_restart_is_reconciled_and_the_wait_begins_then(hours: int) -> None:
    """The process may have been slow to post, and killed just now: when the intent was written says nothing."""
    crashed, _ = after(Due())
    found_at = NOW + timedelta(hours=hours)
    found, effect = step(crashed, Due(), POLICY, found_at)
    assert effect == Wait(found_at + timedelta(seconds=70))
    assert isinstance(step(found, Due(), POLICY, found_at + timedelta(seconds=70))[1], ReadBack)


def test_the_wait_for_a_late_landing_begins_when_the_request_was_given_up() -> None:
    intent, _ = step(Progress(), Due(), POLICY, NOW)
    given_up_at = NOW + timedelta(minutes=10)
    assert step(intent, Unknown("timeout"), POLICY, given_up_at)[1] == Wait(given_up_at + timedelta(seconds=70))


def test_with_a_proven_key_a_fresh_doubt_is_re_sent_at_once_and_an_old_one_is_not() -> None:
    policy = Policy(key_window=600)
    crashed, _ = after(Due(), policy=policy)
    assert step(crashed, Due(), policy, NOW + timedelta(seconds=299))[1] == Post()
    assert isinstance(step(crashed, Due(), policy, NOW + timedelta(seconds=301))[1], Wait)


@pytest.mark.parametrize(("policy", "state"), [("resend", DeliveryState.INTENT), ("park", DeliveryState.PARKED)])
def test_a_history_that_cannot_be_read_follows_the_policy(policy: str, state: DeliveryState) -> None:
    chosen = Policy(unreadable="park" if policy == "park" else "resend")
    progress, effect = after(Due(), Unknown("timeout"), Due(), Unreadable("missing_scope"), policy=chosen)
    assert progress.state is state
    assert progress.possible_duplicate == (policy == "resend")
    assert isinstance(effect, Post if policy == "resend" else Settle)


def test_a_failed_read_is_tried_again_and_never_taken_for_not_found() -> None:
    progress, effect = after(Due(), Unknown("timeout"), Due(), ReadFailed("http_502"))
    assert isinstance(effect, Wait)
    assert progress.doubt
    assert progress.looks == 0
    _, effect = after(Due(), Unknown("timeout"), Due(), ReadFailed("http_502"), Due())
    assert isinstance(effect, ReadBack)


def test_a_rate_limit_waits_as_long_as_it_was_told() -> None:
    progress, effect = after(Due(), Refused(Reaction.RETRY, "ratelimited", 30))
    assert effect == Wait(NOW + timedelta(seconds=30))
    assert not progress.doubt


def test_a_refusal_after_a_doubtful_attempt_leaves_the_doubt() -> None:
    policy = Policy(key_window=600)
    progress, _ = after(Due(), Unknown("timeout"), Refused(Reaction.RETRY, "ratelimited", 1), policy=policy)
    assert progress.doubt


def test_a_message_too_large_is_rendered_smaller_twice_and_then_given_up() -> None:
    too_long = Refused(Reaction.DEGRADE, "msg_too_long")
    assert after(Due(), too_long)[0].level is Level.COMPACT
    assert after(Due(), too_long, too_long)[0].level is Level.TEXT
    progress, effect = after(Due(), too_long, too_long, too_long)
    assert (progress.state, progress.failure, effect) == (DeliveryState.DEAD, "msg_too_long", Settle())


def test_a_reply_that_its_thread_refuses_becomes_a_message_of_its_own() -> None:
    reply = Progress(thread_ref="1.0")
    progress, effect = after(Due(), Refused(Reaction.RETHREAD, "cannot_reply_to_message"), start=reply)
    assert (progress.thread_ref, effect) == (None, Post())


@pytest.mark.parametrize(("reaction", "seconds"), [(Reaction.PAUSE_DESTINATION, 900), (Reaction.HALT_WORKSPACE, 60)])
def test_a_closed_channel_and_a_revoked_token_keep_the_alert_and_probe(reaction: Reaction, seconds: int) -> None:
    progress, effect = after(Due(), Refused(reaction, "code"))
    assert (progress.state, effect) == (DeliveryState.INTENT, Wait(NOW + timedelta(seconds=seconds)))


def test_after_a_week_of_trying_the_alert_is_dead_with_its_last_reason() -> None:
    refused = Refused(Reaction.HALT_WORKSPACE, "token_revoked")
    progress, _ = after(Due(), refused)
    late = NOW + timedelta(days=7, seconds=1)
    posted, effect = step(progress, Due(), POLICY, late)
    assert effect == Post()
    progress, effect = step(posted, refused, POLICY, late)
    assert (progress.state, progress.failure) == (DeliveryState.DEAD, "token_revoked")


@given(attempts=st.integers(1, 50), salt=st.text(max_size=5))
def test_a_retry_comes_within_a_fifth_of_its_schedule(attempts: int, salt: str) -> None:
    base = POLICY.schedule[attempts - 1] if attempts <= 7 else 300
    assert abs(POLICY.retry_delay(attempts, salt) - base) <= base * 0.2 + 1e-9


@dataclass
class World:
    """One destination that loses answers, lands requests late and lags, within the bounds the policy states."""

    policy: Policy
    now: datetime = NOW
    stored: list[datetime] = field(default_factory=list)
    durable: Progress = field(default_factory=Progress)

    def post(self, outcome: str) -> Input | None:
        """Send once; None means that the process was killed before it learned the outcome."""
        if outcome in {"ok", "lost", "killed"}:
            self.stored.append(self.now)
        if outcome == "late":
            self.stored.append(self.now + timedelta(seconds=self.policy.late_landing))
        known: dict[str, Input | None] = {
            "ok": Posted("1"),
            "refused": Refused(Reaction.RETRY, "ratelimited", 1),
            "killed": None,
            "killed_before": None,
        }
        return known.get(outcome, Unknown(outcome))

    def read(self) -> Input:
        seen = [at for at in self.stored if at + timedelta(seconds=self.policy.history_lag) <= self.now]
        return Found("1") if seen else NotFound()


OUTCOMES = st.sampled_from(["ok", "lost", "late", "never", "refused", "killed", "killed_before"])


@settings(max_examples=300)
@given(st.lists(OUTCOMES, max_size=8), st.integers(0, 200))
def test_whatever_is_lost_late_or_killed_one_copy_is_stored_and_none_is_lost(outcomes: list[str], nap: int) -> None:
    world, script = World(POLICY), iter([*outcomes, *["ok"] * 3])
    given_input: Input = Due()
    for _ in range(200):
        before = world.durable.state.rank
        progress, effect = step(world.durable, given_input, POLICY, world.now)
        world.durable = progress
        assert progress.state.rank >= before
        if isinstance(effect, Settle):
            break
        if isinstance(effect, Wait):
            world.now = max(world.now, effect.until)
            given_input = Due()
        elif isinstance(effect, ReadBack):
            given_input = world.read()
        else:
            answer = world.post(next(script))
            world.now += timedelta(seconds=10 if answer is not None else nap)
            given_input = answer if answer is not None else Due()
    assert world.durable.state is DeliveryState.SENT
    assert len(world.stored) == 1


def test_without_the_wait_a_late_landing_would_be_doubled() -> None:
    """The property above can fail: a policy that does not wait for late landings stores two copies."""
    hasty = replace(POLICY, late_landing=0.0, history_lag=0.0, looks=1)
    world = World(POLICY)
    progress, effect = step(Progress(), Due(), hasty, world.now)
    assert isinstance(effect, Post)
    progress, effect = step(progress, world.post("late") or Due(), hasty, world.now)
    assert isinstance(effect, ReadBack)
    progress, effect = step(progress, world.read(), hasty, world.now)
    assert isinstance(effect, Post)
    world.post("ok")
    assert len(world.stored) == 2


# ---- what is written down with each step ---------------------------------------------------------------------------

WINDOW = Policy(key_window=600)
LARGE = Refused(Reaction.DEGRADE, "msg_too_long")


def seconds(count: float) -> datetime:
    return NOW + timedelta(seconds=count)


def test_an_intent_says_when_and_forgets_the_wait_and_the_looks_before_it() -> None:
    waited = Progress(looks=1, not_before=NOW)
    intent = Progress(DeliveryState.INTENT, attempts=1, doubt=True, first_attempt_at=NOW, last_attempt_at=NOW)
    assert step(waited, Due(), POLICY, NOW) == (intent, Post())


@pytest.mark.parametrize(
    ("inputs", "policy", "start", "at", "older_doubt"),
    [
        ([Due(), LARGE], POLICY, Progress(), 0, False),
        ([Due(), Refused(Reaction.RETHREAD, "thread_gone")], POLICY, Progress(thread_ref="1.0"), 0, False),
        ([Due(), Unknown("timeout"), Due(), NotFound(), Due(), NotFound()], POLICY, Progress(), 80, False),
        ([Due(), Unknown("timeout"), Due(), Unreadable("missing_scope")], POLICY, Progress(), 70, False),
        ([Due(), Unknown("timeout")], WINDOW, Progress(), 0, True),
    ],
)
def test_every_further_post_is_an_intent_of_its_own_and_knows_whether_the_one_before_may_be_stored(
    inputs: list[Input], policy: Policy, start: Progress, at: int, older_doubt: bool
) -> None:
    progress, effect = after(*inputs, policy=policy, start=start)
    assert (effect, progress.attempts, progress.looks, progress.not_before) == (Post(), 2, 0, None)
    assert (progress.first_attempt_at, progress.last_attempt_at) == (NOW, seconds(at))
    assert (progress.doubt, progress.older_doubt) == (True, older_doubt)


def test_a_message_that_is_sent_is_in_no_doubt_and_has_no_failure_left() -> None:
    progress, _ = after(Due(), Unknown("timeout"), Due(), Found("7.7"))
    assert (progress.doubt, progress.failure) == (False, "")


@pytest.mark.parametrize(
    ("answer", "policy"),
    [
        (Unknown("the last"), WINDOW),
        (Unknown("the last"), POLICY),
        (Refused(Reaction.RETRY, "the last"), POLICY),
        (ReadFailed("the last"), POLICY),
        (Unreadable("the last"), POLICY),
        (Unreadable("the last"), Policy(unreadable="park")),
    ],
)
def test_the_latest_trouble_is_written_down_by_its_code(answer: Input, policy: Policy) -> None:
    assert after(Due(), Unknown("the first"), Due(), answer, policy=policy)[0].failure == "the last"


WAITS: list[tuple[list[Input], Policy, float]] = [
    ([Due(), Unknown("timeout")], POLICY, 70),
    ([Due(), Unknown("timeout"), Due(), NotFound()], POLICY, 80),
    ([Due(), Unknown("timeout"), Due(), ReadFailed("http_502")], POLICY, 80),
    ([Due(), Unknown("timeout"), Due(), ReadFailed("ratelimited", 30)], POLICY, 100),
    ([Due(), Refused(Reaction.RETRY, "ratelimited", 30)], POLICY, 30),
    ([Due(), Refused(Reaction.PAUSE_DESTINATION, "is_archived")], POLICY, 900),
]


@pytest.mark.parametrize(("inputs", "policy", "until"), WAITS)
def test_a_wait_is_written_down_and_a_restart_keeps_it_to_the_second(
    inputs: list[Input], policy: Policy, until: float
) -> None:
    progress, effect = after(*inputs, policy=policy)
    assert (effect, progress.not_before) == (Wait(seconds(until)), seconds(until))
    assert step(progress, Due(), policy, seconds(until - 1)) == (progress, effect)
    assert not isinstance(step(progress, Due(), policy, seconds(until))[1], Wait)


def test_when_the_history_is_read_no_wait_is_left() -> None:
    assert after(Due(), Unknown("timeout"), Due())[0].not_before is None


# ---- refusals ------------------------------------------------------------------------------------------------------


def test_a_refusal_without_a_time_is_retried_on_schedule_and_two_alerts_do_not_come_back_together() -> None:
    policy = Policy(schedule=(10, 100, 1000))
    again = Progress(DeliveryState.INTENT, attempts=2, doubt=True, first_attempt_at=NOW, last_attempt_at=NOW)
    progresses = [step(again, Refused(Reaction.RETRY, "http_503"), policy, NOW, salt)[0] for salt in ("one", "other")]
    waits = [each.not_before for each in progresses]
    assert all(each is not None and seconds(80) <= each <= seconds(120) for each in waits)
    assert waits[0] != waits[1]
    for progress, until in zip(progresses, waits, strict=True):
        assert until is not None
        assert step(progress, Due(), policy, until - timedelta(seconds=1)) == (progress, Wait(until))


def test_a_refusal_settles_the_latest_post_and_leaves_only_the_older_doubt() -> None:
    first = after(Due(), Refused(Reaction.RETRY, "ratelimited", 1))[0]
    assert (first.doubt, first.older_doubt) == (False, False)
    second = after(Due(), Unknown("timeout"), Refused(Reaction.RETRY, "ratelimited", 1), policy=WINDOW)[0]
    assert (second.doubt, second.older_doubt) == (True, False)


def test_a_changed_message_is_not_posted_while_an_older_one_may_be_stored() -> None:
    progress, effect = after(Due(), Unknown("timeout"), LARGE, policy=WINDOW)
    assert (effect, progress.not_before) == (Wait(NOW), NOW)
    assert (progress.attempts, progress.level, progress.doubt) == (2, Level.COMPACT, True)


def test_a_message_of_its_own_that_is_refused_as_a_reply_is_dead() -> None:
    progress, effect = after(Due(), Refused(Reaction.RETHREAD, "cannot_reply_to_message"))
    assert (progress.state, progress.failure, effect) == (DeliveryState.DEAD, "cannot_reply_to_message", Settle())


@pytest.mark.parametrize(
    ("reaction", "lasting", "attempts", "level", "asked"),
    [
        (Reaction.RETRY, Reaction.PAUSE_DESTINATION, 3, Level.FULL, Reaction.RETRY),
        (Reaction.RETRY, Reaction.PAUSE_DESTINATION, 4, Level.FULL, Reaction.PAUSE_DESTINATION),
        (Reaction.RETRY, None, 99, Level.TEXT, Reaction.RETRY),
        (Reaction.DEGRADE, Reaction.PAUSE_DESTINATION, 99, Level.COMPACT, Reaction.DEGRADE),
        (Reaction.DEGRADE, Reaction.PAUSE_DESTINATION, 1, Level.TEXT, Reaction.PAUSE_DESTINATION),
        (Reaction.HALT_WORKSPACE, Reaction.DEAD, 99, Level.TEXT, Reaction.HALT_WORKSPACE),
    ],
)
def test_a_refusal_asks_for_its_lasting_reaction_once_its_own_has_no_means_left(
    reaction: Reaction, lasting: Reaction | None, attempts: int, level: Level, asked: Reaction
) -> None:
    refusal = Refused(reaction, "strange", lasting=lasting)
    assert lasting_reaction(Progress(attempts=attempts, level=level), refusal, POLICY) is asked


# ---- patience ------------------------------------------------------------------------------------------------------


def test_with_a_proven_key_a_service_that_stays_away_is_asked_as_patiently_as_after_a_refusal() -> None:
    policy = Policy(key_window=100_000, schedule=(10, 100, 1000))
    progress, effect = after(Due(), Unknown("timeout"), policy=policy)
    assert effect == Post(), "the second one at once"
    for base in (10, 100):
        asked_at = progress.last_attempt_at
        assert asked_at is not None
        progress, effect = step(progress, Unknown("timeout"), policy, asked_at)
        assert isinstance(effect, Wait)
        assert timedelta(seconds=base * 0.8) <= effect.until - asked_at <= timedelta(seconds=base * 1.2)
        assert progress.not_before == effect.until
        until = effect.until
        progress, effect = step(progress, Due(), policy, until)
        assert (effect, progress.last_attempt_at) == (Post(), until)


def test_a_doubt_that_nothing_settles_for_a_week_is_dead_with_its_last_reason() -> None:
    waiting, _ = after(Due(), Unknown("timeout"))
    week = NOW + timedelta(days=7)
    assert isinstance(step(waiting, Due(), POLICY, week - timedelta(seconds=1))[1], ReadBack)
    progress, effect = step(waiting, Due(), POLICY, week)
    assert (progress.state, progress.failure, effect) == (DeliveryState.DEAD, "timeout", Settle())
