"""Times, mutes and kinds of news in a watchlist file, and what is said of wrong ones."""

from __future__ import annotations

from datetime import date

import pytest

from services.alert.core import TellKey, decide_alerts
from services.alert.lifecycle.decision import Told
from services.alert.watchlists.keys import timezones
from services.alert.watchlists.sets import watchlist_set
from services.contracts.measures import Act
from services.contracts.vocab import Reason, Stage
from services.contracts.watchlists import Cadence, Mute, MuteScope, QuietHours
from tests.alert.acts import SEEN, an_act, an_event
from tests.alert.test_watchlists import HEAD, TAXONOMY, problems, read
from tests.docs.pages import GUIDES, blocks

RULE = HEAD + "match: {minerals: dysprosium}\n"


def test_times_and_restraint_are_read() -> None:
    watchlist = read(
        RULE
        + """
cadence: daily
timezone: Asia/Tokyo
quiet_hours: {start: 22:00, end: 07:00}
digest_at: 09:30
reminders: [0, 7, 30, 7]
"""
    )
    assert (watchlist.cadence, watchlist.timezone, watchlist.digest_at) == (Cadence.DAILY, "Asia/Tokyo", "09:30")
    assert watchlist.quiet_hours == QuietHours(start="22:00", end="07:00")
    assert watchlist.reminders == (30, 7, 0)


@pytest.mark.parametrize(
    ("written", "meant"),
    [("off", ()), ("7", (7,)), ("[14]", (14,)), ("'none'", ())],
    ids=["off", "one", "list", "none"],
)
def test_reminders_may_be_off_or_one_day(written: str, meant: tuple[int, ...]) -> None:
    assert read(RULE + f"reminders: {written}").reminders == meant


def test_every_mute_names_one_thing_and_an_end() -> None:
    watchlist = read(
        RULE
        + """
mutes:
  - {item: ガリウム, until: 2026-12-01, reason: in stock}
  - {measure: 6F0E6B0A-3f5e-5c58-9d5d-0b8a3f7a2c11, until_next_stage: true}
  - {source: us-bis, until: 2026-12-01}
  - {watchlist: true, until: 2026-12-01}
"""
    )
    assert [(each.scope, each.value) for each in watchlist.mutes] == [
        (MuteScope.ITEM, "gallium"),
        (MuteScope.MEASURE, "6f0e6b0a-3f5e-5c58-9d5d-0b8a3f7a2c11"),
        (MuteScope.SOURCE, "us-bis"),
        (MuteScope.WATCHLIST, ""),
    ]
    first = Mute(scope=MuteScope.ITEM, value="gallium", until=date(2026, 12, 1), reason="in stock")
    assert watchlist.mutes[0] == first


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("cadence: dialy", "3:10: `cadence` is 'dialy'; did you mean `daily`?"),
        ("timezone: tokyo", "3:11: unknown time zone `tokyo`; did you mean `Asia/Tokyo`?"),
        ("timezone: JST", "did you mean `Asia/Tokyo`?"),
        ("timezone: Asia/Tokio", "did you mean `Asia/Tokyo`?"),
        ("timezone: Mars", "write the IANA name of a place, as Asia/Tokyo"),
        ("digest_at: 25:00", "`25:00` is no time of day; write hour and minute, as '22:00'"),
        ("digest_at: 8:00", "did you mean `08:00`?"),
        ("digest_at: 8時", "did you mean `08:00`?"),
        ("quiet_hours: {start: '22:00'}", "`end` is missing; add it"),
        ("quiet_hours: {start: '22:00', end: '22:00'}", "write `cadence: daily`"),
        ("quiet_hours: {start: '22:00', end: '07:00', zone: JST}", "unknown key `zone`; write one of end, start"),
        ("reminders: []", "write `off`, or days ahead as [30, 7, 0]"),
        ("reminders: [30, soon]", "3:17: `reminders[1]` is 'soon'; write a whole number"),
        ("reminders: 400", "less than or equal to 365"),
        ("news: [frist]", "3:8: unknown kind of news `frist`; did you mean `first`?"),
        ("news: ['proposed -> adoptd']", "3:8: unknown stage `adoptd`; did you mean `adopted`?"),
        ("news: []", "`news` names nothing"),
        ("news: [[first]]", "plain text"),
        ("mutes: [{item: galium, until: 2026-12-01}]", "3:16: unknown item `galium`; did you mean `gallium`?"),
        ("mutes: [{item: qqqq, until: 2026-12-01}]", "name a mineral or a technology"),
        ("mutes: [{item: gallium}]", "a mute must end; give `until:` a day, or `until_next_stage: true`"),
        ("mutes: [{item: CN, until: 2026-12-01}]", "unknown item `CN`"),
        ("mutes: [{item: gallium, until_next_stage: true}]", "only a mute of one measure can end at its next stage"),
        ("mutes: [{itm: gallium, until: 2026-12-01}]", "unknown key `itm`; did you mean `item`?"),
        ("mutes: [{item: gallium, source: a, until: 2026-12-01}]", "a mute names one thing"),
        ("mutes: [{watchlist: false, until: 2026-12-01}]", "a mute names one thing"),
        ("mutes: [{measure: x, until_next_stage: true}]", "`x` is no measure id"),
        ("mutes: [{source: us-*, until: 2026-12-01}]", "stands for many sources"),
        ("mutes: [{item: gallium, until: 2026-12-1}]", "write a date as 2026-01-31"),
    ],
)
def test_a_wrong_key_is_refused_with_a_way_to_mend_it(line: str, said: str) -> None:
    (found,) = problems("id: a\nname: A\n" + line + "\ndestinations: {stdout: '-'}\nmatch: {minerals: nickel}\n")
    assert said in found


def test_what_a_right_mute_names_is_checked_although_another_mute_is_wrong_in_form() -> None:
    found = problems(
        RULE + "mutes: [{item: gallium}, {item: galium, until: 2026-12-01}]\n"
        "tests: [{text: a}, {text: b, matches: true, lang: xx}]"
    )
    assert [each.split(": ", 1)[1].split(";")[0] for each in found] == [
        "a mute must end",
        "unknown item `galium`",
        "`matches` is missing",
        "unknown language `xx`",
    ]


def test_a_three_letter_country_code_is_told_from_an_unknown_one() -> None:
    assert "unknown country or group `CHN`; did you mean `CN`?" in problems(HEAD + "match: {imposing: CHN}")[0]
    assert "did you mean `GB`?" in problems(HEAD + "match: {imposing: UK}")[0]


@pytest.mark.parametrize("text", blocks((GUIDES / "watchlists.md").read_text("utf-8"), "yaml keys"))
def test_the_keys_that_the_guide_shows_are_read_and_say_something(text: str) -> None:
    assert read(RULE + text) != read(RULE)


def test_the_zones_are_those_of_places() -> None:
    assert {"Asia/Tokyo", "America/Argentina/Buenos_Aires", "UTC"} <= timezones()
    assert not {"EST5EDT", "Etc/GMT+3", "PRC"} & timezones()


# ---- which news is wanted --------------------------------------------------------------------------------------

ADOPTED = an_act(stage=Stage.ADOPTED)
PROPOSED = an_act(stage=Stage.PROPOSED)
SUSPENDED = an_act(an_event("doc-2", day=9), stage=Stage.SUSPENDED)
WIDER = an_act(an_event("doc-3", day=9), stage=Stage.ADOPTED, minerals=("dysprosium", "gallium"))


def reasons(news: str, *acts: Act) -> list[str]:
    """The reason of each act in turn for a watchlist with this `news`, each alert's in capitals."""
    watchlists = watchlist_set([read(RULE + f"news: {news}" if news else RULE)], TAXONOMY)
    told: dict[TellKey, Told] = {}
    found = []
    for act in acts:
        decided = decide_alerts(act, watchlists, told, SEEN)
        told |= {update.key: update.told for update in decided.told}
        assert bool(decided.alerts) is (decided.outcomes[0].reason is not Reason.NOT_WANTED)
        found.append(decided.outcomes[0].reason.value)
    return found


@pytest.mark.parametrize(
    ("news", "acts", "expected"),
    [
        ("", [ADOPTED, WIDER], ["FIRST", "SCOPE_CHANGED"]),
        ("[first, stage_changed]", [ADOPTED, WIDER], ["FIRST", "NOT_WANTED"]),
        ("stage_changed", [ADOPTED, SUSPENDED], ["NOT_WANTED", "STAGE_CHANGED"]),
        ("'* -> suspended'", [ADOPTED, SUSPENDED], ["NOT_WANTED", "STAGE_CHANGED"]),
        ("'* -> suspended'", [SUSPENDED], ["FIRST"]),
        ("'proposed -> suspended'", [ADOPTED, SUSPENDED], ["NOT_WANTED", "NOT_WANTED"]),
        ("'>= adopted → >= suspended'", [ADOPTED, SUSPENDED], ["NOT_WANTED", "STAGE_CHANGED"]),
        ("'adopted -> *'", [ADOPTED, SUSPENDED], ["NOT_WANTED", "STAGE_CHANGED"]),
        ("['proposed -> *', scope_changed]", [ADOPTED, WIDER], ["NOT_WANTED", "SCOPE_CHANGED"]),
    ],
)
def test_only_the_news_that_is_wanted_alerts(news: str, acts: list[Act], expected: list[str]) -> None:
    assert reasons(news, *acts) == expected


def test_what_was_not_wanted_counts_as_told_so_a_wider_wish_brings_no_old_news() -> None:
    watchlists = watchlist_set([read(RULE + "news: stage_changed")], TAXONOMY)
    first = decide_alerts(ADOPTED, watchlists, {}, SEEN)
    everything = watchlist_set([read(RULE)], TAXONOMY)
    again = decide_alerts(ADOPTED, everything, {update.key: update.told for update in first.told}, SEEN)
    assert [each.reason for each in again.outcomes] == [Reason.REPEATED]
