"""The calendar file: read back by the library that reads such files, and stable from one writing to the next."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import icalendar
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from services.alert.core import TellKey, decide_alerts
from services.alert.lifecycle.calendar import CalendarDate, list_dates, write_calendar
from services.alert.lifecycle.decision import Told
from services.alert.lifecycle.told import save_told
from services.alert.watchlists.inforce import take_up
from services.alert.watchlists.sets import watchlist_set
from services.cli.calendar import command
from services.contracts.errors import UsageError
from services.contracts.measures import Act
from services.contracts.vocab import DateRole, Direction, Stage
from services.contracts.watchlists import Condition, Destination, Rule, Watchlist
from services.taxonomy.load import default_taxonomy
from tests.alert.acts import a_date, acts, an_act, an_event
from tests.alert.hostile import TITLES
from tests.alert.ledgers import new_ledger
from tests.alert.test_lifecycle_limbs import paragraph_2, the_ban

TAXONOMY = default_taxonomy()
DESK, BOARD = (Destination(channel="slack", address=each) for each in ("C0DESK", "C0BOARD"))
NOW = datetime(2025, 4, 5, tzinfo=UTC)


def a_watchlist(**fields: Any) -> Watchlist:
    rule = Rule(
        any=(Condition(predicate="stage", terms=(">= unknown",)), Condition(predicate="imposing", terms=("CN",)))
    )
    given_fields: dict[str, Any] = {"id": "all", "name": "All of it", "rule": rule, "destinations": (DESK,)}
    return Watchlist.model_validate(given_fields | fields)


def tell(watchlist: Watchlist, *told_acts: Act) -> tuple[dict[TellKey, Told], dict[TellKey, Act]]:
    known: dict[TellKey, Told] = {}
    newest: dict[TellKey, Act] = {}
    for act in told_acts:
        for each in decide_alerts(act, watchlist_set([watchlist], TAXONOMY), known, NOW).told:
            known[each.key] = each.told
            newest |= {each.key: each.act} if each.act else {}
    return known, newest


def dates(*told_acts: Act, **fields: Any) -> tuple[CalendarDate, ...]:
    watchlist = a_watchlist(**fields)
    return list_dates(watchlist, *tell(watchlist, *told_acts), TAXONOMY)


class Read(NamedTuple):
    """An event as the library reads it back."""

    uid: str
    sequence: int
    start: date
    end: date
    status: str
    summary: str
    description: str
    url: str
    alarms: list[timedelta]


def read(file: bytes) -> list[Read]:
    calendar = icalendar.Calendar.from_ical(file)
    assert isinstance(calendar, icalendar.Calendar)
    assert not any(each.errors for each in calendar.walk())
    return [_read(each) for each in calendar.events]


def _read(event: Any) -> Read:
    said = {name: str(event.get(name, "")) for name in ("uid", "status", "summary", "description", "url")}
    assert str(event["transp"]) == "TRANSPARENT"
    assert {str(each["action"]) for each in event.subcomponents} <= {"DISPLAY"}
    alarms = [each["trigger"].dt for each in event.subcomponents]
    return Read(**said, sequence=int(event["sequence"]), start=event.start, end=event.end, alarms=alarms)


def written(*told_acts: Act, **fields: Any) -> bytes:
    return write_calendar(dates(*told_acts, **fields), "All of it")


def events(*told_acts: Act, **fields: Any) -> list[Read]:
    return read(written(*told_acts, **fields))


def test_a_date_is_an_all_day_event_with_its_words_link_and_alarms() -> None:
    act = an_act(an_event(url="https://example.org/18", source_name="MOFCOM"), effective="2025-06-01", target=("US",))
    (event,) = events(act)
    assert (event.start, event.end) == (date(2025, 6, 1), date(2025, 6, 2))
    assert event.summary == "Effective: Dysprosium · China → US · export licence requirement"
    assert (event.status, event.url) == ("CONFIRMED", "https://example.org/18")
    assert event.description.splitlines() == [
        act.event.title,
        "Stage: Adopted",
        "Source: MOFCOM",
        "Watchlist: All of it",
    ]
    assert event.alarms == [timedelta(hours=8) - timedelta(days=30), timedelta(hours=8) - timedelta(days=7)]


@pytest.mark.parametrize(
    ("value", "first", "after", "said"),
    [
        ("2026-02", date(2026, 2, 1), date(2026, 3, 1), "Effective February 2026 (day not stated)"),
        ("2026-12", date(2026, 12, 1), date(2027, 1, 1), "Effective December 2026 (day not stated)"),
        ("2026", date(2026, 1, 1), date(2027, 1, 1), "Effective 2026 (day not stated)"),
    ],
)
def test_a_month_or_a_year_spans_all_of_it_and_says_so(value: str, first: date, after: date, said: str) -> None:
    (event,) = events(an_act(effective=value))
    assert (event.start, event.end) == (first, after)
    assert event.summary.startswith(said)
    assert "The document names no day" in event.description
    assert [each.days for each in event.alarms] == [-30]


def test_a_delay_moves_the_event_under_the_same_uid_with_a_higher_sequence() -> None:
    first, delay = an_act(effective="2025-06-01"), an_act(an_event("delay", day=3), effective="2025-09-01")
    (before,), (after,) = events(first), events(first, delay)
    assert before.uid == after.uid
    assert after.sequence > before.sequence
    assert after.start == date(2025, 9, 1)
    assert written(first, delay) == written(first, delay, first, delay)


def test_what_is_withdrawn_or_lifted_is_cancelled_and_rings_no_more() -> None:
    act = an_act(effective="2025-06-01")
    withdrawn = an_act(an_event(later=60, withdrawn=True))
    lifted = an_act(an_event("b", day=1), stage=Stage.LIFTED, direction=Direction.LIBERALISING)
    (standing,) = events(act)
    (cancelled,) = events(act, lifted)
    assert (cancelled.status, cancelled.uid) == ("CANCELLED", standing.uid)
    assert cancelled.summary.startswith("Cancelled: Effective")
    assert cancelled.alarms == []
    assert cancelled.sequence > standing.sequence
    (gone,) = events(act, withdrawn.model_copy(update={"dates": act.dates}))
    assert (gone.status, gone.uid) == ("CANCELLED", standing.uid)


def test_a_day_of_effect_is_tentative_until_it_is_decided_and_while_it_is_suspended() -> None:
    for stage in (Stage.PROPOSED, Stage.SUSPENDED):
        assert [each.status for each in events(an_act(stage=stage, effective="2025-06-01"))] == ["TENTATIVE"]


def test_the_end_of_a_limbs_suspension_is_an_event_of_its_own() -> None:
    start, end = dates(the_ban(), paragraph_2())
    assert (start.role, start.value, start.status) == (DateRole.EFFECTIVE, "2024-12-03", "CONFIRMED")
    assert end.summary.startswith("Suspension ends (paragraph 2): Antimony, gallium, germanium and 2 more · China → US")
    assert (end.value, end.alarms) == ("2026-11-27", (30, 7))


def test_two_destinations_of_one_watchlist_share_the_event() -> None:
    assert len(dates(an_act(effective="2025-06-01"), destinations=(DESK, BOARD))) == 1


@pytest.mark.parametrize(
    ("language", "said"),
    [("ja", "効力発生日 2026年5月（日の記載なし）："), ("zh", "生效日期 2026年5月（未说明具体日期）：")],
)
def test_the_words_are_those_of_the_watchlists_language(language: str, said: str) -> None:
    (event,) = events(an_act(effective="2026-05"), language=language)
    assert event.summary.startswith(said)


def test_only_dates_that_lie_ahead_of_people_are_events() -> None:
    told_dates = tuple(a_date(role, f"2026-0{number + 1}-01") for number, role in enumerate(DateRole))
    assert {each.role for each in dates(an_act(dates=told_dates))} == {
        DateRole.EFFECTIVE,
        DateRole.COMMENT_DEADLINE,
        DateRole.EXPIRY,
        DateRole.REVIEW,
    }


@settings(max_examples=60, deadline=None)
@given(
    st.lists(acts(), min_size=1, max_size=4),
    st.sampled_from(TITLES),
    st.sampled_from(["en", "ja", "zh"]),
    st.lists(st.sampled_from(["2026-05-01", "2026-05", "2026", "2028-02-29"]), max_size=2, unique=True),
)
def test_whatever_was_told_reads_back_as_it_was_meant(
    told: list[Act], text: str, language: str, values: list[str]
) -> None:
    given_dates = tuple(a_date(DateRole.EXPIRY, each) for each in values)
    event = {"title": text, "source_name": text}
    told = [
        each.model_copy(update={"dates": each.dates + given_dates, "event": each.event.model_copy(update=event)})
        for each in told
    ]
    meant = dates(*told, language=language, name=text or "-")
    file = write_calendar(meant, text)
    assert all(len(line) <= 75 for line in file.split(b"\r\n"))
    assert [
        (each.uid, each.start, each.end - timedelta(days=1), each.summary, each.description) for each in read(file)
    ] == [(each.uid, each.first, each.last, each.summary, each.description) for each in meant]
    assert len({each.uid for each in meant}) == len(meant)


# ---- the command -----------------------------------------------------------------------------------------------


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    engine = new_ledger(tmp_path)
    watchlists = watchlist_set([a_watchlist()], TAXONOMY)
    with engine.begin() as connection:
        take_up(connection, watchlists.watchlists, "test", NOW)
        for act in (an_act(effective="2025-06-01"),):
            save_told(connection, decide_alerts(act, watchlists, {}, NOW).told, NOW)
    engine.dispose()
    return tmp_path


def run(state_dir: Path, *arguments: str) -> str:
    result = CliRunner().invoke(command, [*arguments, "--state-dir", str(state_dir)], catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_the_command_writes_what_is_in_the_database(state_dir: Path, tmp_path: Path) -> None:
    assert "DTSTART;VALUE=DATE:20250601" in run(state_dir)
    out = tmp_path / "dates.ics"
    assert run(state_dir, "all", "--out", str(out)) == f"1 dates of 1 watchlist: {out}\n"
    assert len(read(out.read_bytes())) == 1
    (printed,) = json.loads(run(state_dir, "--json"))
    assert (printed["value"], printed["first"], printed["alarms"]) == ("2025-06-01", "2025-06-01", [30, 7])


def test_an_unknown_watchlist_is_refused_with_the_nearest(state_dir: Path) -> None:
    with pytest.raises(UsageError, match="all"):
        run(state_dir, "al")
