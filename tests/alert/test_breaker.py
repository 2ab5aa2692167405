"""Who waits until when, and when people hear of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.alert.delivery.breaker import (
    FAILURES_TO_OPEN,
    Changes,
    Trouble,
    admit,
    destination_scope,
    note,
    notice_id,
    notices_due,
    workspace_scope,
    write_all_clear,
    write_notice,
)
from services.alert.delivery.protocol import (
    Found,
    Input,
    NotFound,
    Policy,
    Posted,
    Progress,
    Reaction,
    ReadFailed,
    Refused,
    Unknown,
)
from services.alert.slack_cures import CURES, find_cure
from services.alert.slack_errors import REACTIONS, react
from services.contracts.watchlists import Destination

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
POLICY = Policy()
HERE = Destination(channel="slack", address="C0HERE")
THERE = Destination(channel="slack", address="C0THERE")
ELSEWHERE = Destination(channel="slack", address="C0HERE", workspace="other")
HOOK = Destination(channel="webhook", address="ops")
SPACE = workspace_scope(HERE)


class Board:
    """The troubles as a ledger would keep them."""

    def __init__(self) -> None:
        self.known: dict[str, Trouble] = {}
        self.now = NOW

    def later(self, seconds: float) -> Board:
        self.now += timedelta(seconds=seconds)
        return self

    def note(self, outcome: Input, destination: Destination = HERE, attempts: int = 1) -> Board:
        progress = Progress(attempts=attempts, first_attempt_at=NOW)
        return self.take(note(destination, outcome, progress, self.known, self.now, POLICY))

    def take(self, changes: Changes) -> Board:
        for scope, trouble in changes.items():
            self.known.pop(scope, None)
            if trouble is not None:
                self.known[scope] = trouble
        return self

    def wait(self, destination: Destination = HERE) -> float:
        """How many seconds the destination must wait; 0 takes its turn."""
        answer = admit(destination, self.known, self.now, POLICY)
        if isinstance(answer, datetime):
            return (answer - self.now).total_seconds()
        self.take(answer)
        return 0.0


def test_a_revoked_token_lets_one_destination_a_minute_probe_for_the_whole_workspace() -> None:
    board = Board().note(react("token_revoked"))
    assert [board.wait(each) for each in (HERE, THERE, ELSEWHERE)] == [60.0, 60.0, 0.0]
    board.later(60)
    assert [board.wait(each) for each in (THERE, HERE)] == [0.0, 60.0]
    board.note(react("token_revoked"), THERE)
    assert board.known[SPACE].since == NOW
    board.later(60)
    assert board.wait() == 0.0
    board.note(Posted("1.0"))
    assert board.known == {}
    assert board.wait(THERE) == 0.0


@pytest.mark.parametrize("outcome", [Unknown("http_503"), Refused(Reaction.RETRY, "connect:OSError")])
def test_the_fifth_failure_in_a_row_opens_the_workspaces_circuit(outcome: Input) -> None:
    board = Board()
    waits = []
    for number in range(FAILURES_TO_OPEN):
        board.note(outcome, HERE if number % 2 else THERE)
        waits.append(board.wait())
    assert waits == [0.0, 0.0, 0.0, 0.0, 60.0]


def test_a_workspace_that_was_stopped_stays_so_when_the_probe_gets_no_answer() -> None:
    board = Board().note(react("token_revoked")).later(60)
    assert board.wait() == 0.0
    board.note(Unknown("timeout"))
    assert board.wait(THERE) == 60.0


def test_an_answer_between_two_failures_begins_the_count_anew() -> None:
    board = Board()
    for _ in range(FAILURES_TO_OPEN - 1):
        board.note(Unknown("timeout"))
    board.note(react("is_archived"), THERE)
    board.note(Unknown("timeout"))
    assert board.wait() == 0.0


def test_an_archived_channel_pauses_itself_and_no_other() -> None:
    board = Board().note(react("is_archived"))
    assert [board.wait(each) for each in (HERE, THERE)] == [POLICY.destination_probe, 0.0]
    board.later(POLICY.destination_probe)
    assert board.wait() == 0.0


def test_a_slack_that_asks_for_an_hour_makes_the_whole_workspace_wait_for_it() -> None:
    board = Board().note(react("message_limit_exceeded"))
    assert board.wait(THERE) == 3600.0


@pytest.mark.parametrize(
    "outcome",
    [react("ratelimited"), Refused(Reaction.RETRY, "joined_channel", 0.0), Found("1"), NotFound(), ReadFailed("x")],
)
def test_what_is_no_trouble_leaves_no_trace(outcome: Input) -> None:
    assert Board().note(outcome).known == {}


def test_an_unfamiliar_code_is_remembered_and_pauses_the_destination_once_it_lasts() -> None:
    board = Board().note(react("brand_new"))
    assert (list(board.known), board.wait()) == ([destination_scope(HERE)], 0.0)
    board.note(react("brand_new"), attempts=4)
    assert board.wait() == POLICY.destination_probe


def test_each_signed_webhook_is_a_service_of_its_own() -> None:
    board = Board()
    for _ in range(FAILURES_TO_OPEN):
        board.note(Refused(Reaction.RETRY, "http_503"), HOOK)
    assert board.wait(HOOK) == 60.0
    assert board.wait(Destination(channel="webhook", address="other")) == 0.0
    board.later(60)
    assert board.wait(HOOK) == 0.0


# ---- notices ---------------------------------------------------------------------------------------------------


def test_people_are_told_after_a_quarter_of_an_hour_six_hours_and_three_days_once_each() -> None:
    trouble, told = Trouble(SPACE, NOW, "token_revoked"), []
    for minute in range(0, 5 * 24 * 60, 5):
        number = notices_due(trouble, NOW + timedelta(minutes=minute))
        if number is not None:
            told.append((minute, number))
            trouble = Trouble(SPACE, NOW, "token_revoked", told=number)
    assert told == [(15, 1), (6 * 60, 2), (3 * 24 * 60, 3)]


def test_after_a_pause_of_ours_only_the_latest_notice_is_told() -> None:
    assert notices_due(Trouble(SPACE, NOW, "x"), NOW + timedelta(days=4)) == 3


def test_a_notice_says_what_is_stuck_since_when_why_how_many_wait_and_how_to_mend_it() -> None:
    trouble = Trouble(destination_scope(HERE), NOW, "not_in_channel")
    said = write_notice(trouble, 12, NOW + timedelta(hours=6))
    for words in ("slack C0HERE", "2026-05-04 09:00 UTC", "6 hours", "`not_in_channel`", "12 alerts wait", "/invite"):
        assert words in said
    assert "1 alert waits" in write_notice(trouble, 1, NOW).lower()
    assert "again, after 3 days" in write_all_clear(trouble, NOW + timedelta(days=3))
    assert "the whole slack workspace 'default'" in write_notice(Trouble(SPACE, NOW, "token_revoked"), 0, NOW)


def test_a_notice_has_one_id_however_often_it_is_written_and_another_for_each_trouble() -> None:
    first, anew = Trouble(SPACE, NOW, "x"), Trouble(SPACE, NOW + timedelta(days=1), "x")
    assert notice_id(first, 1) == notice_id(Trouble(SPACE, NOW, "y", 7), 1)
    assert len({notice_id(first, 1), notice_id(first, 2), notice_id(anew, 1)}) == 3


def test_every_answer_that_waits_for_a_person_has_a_cure() -> None:
    waiting = (Reaction.PAUSE_DESTINATION, Reaction.HALT_WORKSPACE)
    assert [code for code, reaction in REACTIONS.items() if reaction in waiting and code not in CURES] == []


@given(st.text(max_size=30))
def test_whatever_fails_there_is_something_to_do(failure: str) -> None:
    assert len(find_cure(failure)) > 20
