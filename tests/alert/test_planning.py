"""What a destination hears next, decided by what waits, what was sent in the last hour, and the limits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.alert.restraint.cadence import Mode
from services.alert.restraint.guard import Guard, Rate, suspicion
from services.alert.restraint.planning import Limits, Rest, Send, Waiting, plan_next
from services.contracts.vocab import DigestCause

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
LIMITS = Limits(storm=3, per_hour=5, rows=4)


def singles(*numbers: int) -> list[Waiting]:
    return [Waiting(str(number), "list") for number in numbers]


def ago(*minutes: int) -> list[datetime]:
    return [NOW - timedelta(minutes=each) for each in minutes]


def test_nothing_waiting_gives_nothing() -> None:
    assert plan_next([], ago(1), NOW, LIMITS) is None


def test_the_oldest_of_a_few_leaves_alone() -> None:
    assert plan_next(singles(1, 2, 3), [], NOW, LIMITS) == Send(("1",))


def test_more_than_a_few_leave_as_one_digest_the_oldest_first() -> None:
    assert plan_next(singles(1, 2, 3, 4), [], NOW, LIMITS) == Send(("1", "2", "3", "4"), DigestCause.STORM)


def test_a_storm_too_large_for_one_digest_is_shared_out_evenly_and_leaves_no_few_behind() -> None:
    assert plan_next(singles(1, 2, 3, 4, 5), [], NOW, LIMITS) == Send(("1", "2", "3"), DigestCause.STORM)
    limits, left, messages = Limits(), 101, 0
    while left:
        planned = plan_next(singles(*range(left)), [], NOW, limits)
        assert isinstance(planned, Send)
        left, messages = left - len(planned.alert_ids), messages + 1
    assert messages == 2


def test_a_digest_gathers_its_own_watchlist_and_leaves_the_rest() -> None:
    waiting = [Waiting("1", "slow", Mode.DIGEST), *singles(2), Waiting("3", "other", Mode.DIGEST)]
    waiting.append(Waiting("4", "slow", Mode.DIGEST))
    assert plan_next(waiting, [], NOW, LIMITS) == Send(("1", "4"), DigestCause.CADENCE)


def test_what_comes_out_of_a_hold_is_a_digest_of_its_own() -> None:
    waiting = [
        Waiting("1", "slow", Mode.RELEASED),
        Waiting("2", "slow", Mode.DIGEST),
        Waiting("3", "slow", Mode.RELEASED),
    ]
    assert plan_next(waiting, [], NOW, LIMITS) == Send(("1", "3"), DigestCause.RELEASED)


def test_a_digest_of_one_alert_is_its_own_message() -> None:
    assert plan_next([Waiting("1", "slow", Mode.DIGEST)], [], NOW, LIMITS) == Send(("1",))


def test_digests_of_a_cadence_are_no_storm() -> None:
    waiting = [*singles(1), *(Waiting(str(number), "slow", Mode.DIGEST) for number in range(2, 9))]
    assert plan_next(waiting, [], NOW, LIMITS) == Send(("1",))


def test_when_the_budget_of_the_hour_is_spent_the_rest_comes_as_one_digest_and_then_nothing() -> None:
    spent = ago(50, 40, 30, 20, 10)
    assert plan_next(singles(1, 2), spent, NOW, LIMITS) == Send(("1", "2"), DigestCause.BUDGET)
    assert plan_next(singles(3), [*spent, NOW], NOW, LIMITS) == Rest(NOW + timedelta(minutes=10))


def test_a_message_begun_an_hour_ago_counts_no_longer() -> None:
    assert plan_next(singles(1), ago(60, 40, 30, 20, 10), NOW, LIMITS) == Send(("1",))
    assert plan_next(singles(1, 2), ago(59, 40, 30, 20, 10), NOW, LIMITS) == Send(("1", "2"), DigestCause.BUDGET)


@given(st.lists(st.integers(0, 200), max_size=400))
def test_no_destination_ever_gets_more_than_its_budget_and_one_digest_in_any_hour(arrivals: list[int]) -> None:
    """Alerts arrive at these minutes; each minute one message may leave."""
    waiting, sent, told = list[Waiting](), list[datetime](), list[str]()
    for minute in range(900):
        now = NOW + timedelta(minutes=minute)
        waiting += [Waiting(f"{minute}-{n}", "list") for n in range(arrivals.count(minute))]
        planned = plan_next(waiting, sent, now, LIMITS)
        if isinstance(planned, Send):
            sent.append(now)
            told += planned.alert_ids
            waiting = [each for each in waiting if each.alert_id not in planned.alert_ids]
    assert len(told) == len(set(told)), "nobody hears the same twice"
    assert told == sorted(told, key=lambda each: [int(part) for part in each.split("-")]), "in order"
    for at in sent:
        assert sum(at <= each < at + timedelta(hours=1) for each in sent) <= LIMITS.per_hour + 1
    assert len(told) + len(waiting) == len(arrivals)


def test_a_watchlist_is_suspect_when_it_makes_many_times_its_usual_alerts() -> None:
    guard = Guard(factor=10, floor=30)
    assert suspicion(Rate(today=30, before=0, days=0), guard) is None
    assert suspicion(Rate(today=31, before=0, days=0), guard) is not None
    assert suspicion(Rate(today=100, before=300, days=30), guard) is None
    assert suspicion(Rate(today=101, before=300, days=30), guard) is not None
