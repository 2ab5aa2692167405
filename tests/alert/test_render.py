from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

import pytest

from services.alert.channel import Message
from services.alert.delivery.protocol import Level
from services.alert.render import render_message
from services.contracts.alerts import Alert, Change, MatchedTerm, Span
from services.contracts.measures import DateFact, Evidence, Passage
from services.contracts.vocab import DatePrecision, DateRole, Direction, Facet, Field, Reason, Stage
from services.taxonomy.load import default_taxonomy
from tests.alert.render_examples import (
    BAN,
    BODY,
    CHINESE,
    ENGLISH,
    GALLIUM,
    JAPANESE,
    SUSPENSION,
    TITLE,
    TODAY,
    UPDATE,
    make_alert,
)


def render(
    alert: Alert, level: Level = Level.FULL, *, possible_duplicate: bool = False, today: date = TODAY
) -> Message:
    return render_message(alert, level, possible_duplicate, default_taxonomy(), today)


def block(message: Message, kind: str, index: int = 0) -> Any:
    return [each for each in message.blocks if each["type"] == kind][index]


def headline(message: Message) -> str:
    return str(block(message, "header")["text"]["text"])


def facts(message: Message) -> dict[str, str]:
    sections: Any = [each for each in message.blocks if "fields" in each]
    pairs = (each["text"].split("\n", 1) for section in sections for each in section["fields"])
    return {name.strip("*"): value for name, value in pairs}


def context(message: Message) -> str:
    sections: Any = [each for each in message.blocks if each["type"] == "context"]
    return "\n".join(each["text"] for section in sections for each in section["elements"])


def quoted(message: Message) -> list[list[dict[str, Any]]]:
    sections: Any = [each for each in message.blocks if each["type"] == "rich_text"]
    return [e["elements"] for s in sections for e in s["elements"] if e["type"] == "rich_text_quote"]


def bold(message: Message) -> list[str]:
    return [run["text"] for quote in quoted(message) for run in quote if run.get("style")]


def ban(**changes: Any) -> Alert:
    """The export ban of the examples with something else about it, for an English watchlist on gallium."""
    return make_alert(BAN.model_copy(update=changes), "en", "Chip metals", GALLIUM)


@pytest.mark.parametrize(
    ("alert", "words"),
    [
        (ENGLISH, ["US", "China", "export control", "high bandwidth memory", "proposed", "2025", "Memory chips"]),
        (JAPANESE, ["中国", "米国", "輸出禁止", "ガリウム", "施行", "2024年12月3日", "半導体材料"]),
        (CHINESE, ["中国", "美国", "出口禁令", "镓", "生效", "2024年12月3日", "关键矿产"]),
    ],
)
def test_the_sentence_alone_says_who_whom_what_stage_when_and_why(alert: Alert, words: list[str]) -> None:
    message = render(alert)
    assert [word for word in words if word.casefold() not in message.text.casefold()] == []
    assert message.text.endswith((".", "。"))


@pytest.mark.parametrize("alert", [ENGLISH, JAPANESE, CHINESE, UPDATE])
@pytest.mark.parametrize("level", Level)
def test_every_level_carries_the_sentence_and_the_alerts_id(alert: Alert, level: Level) -> None:
    message = render(alert, level)
    assert message.delivery_id == alert.alert_id
    assert render(alert).text in message.text
    assert bool(message.blocks) is (level is not Level.TEXT)


def test_the_headline_reads_item_countries_type_and_stage() -> None:
    assert headline(render(ban())) == "⛔ Gallium, antimony, germanium and 1 more · China → US · export ban · In force"


def test_what_the_watchlist_asked_for_comes_before_everything_else_the_act_names() -> None:
    minerals = ("antimony", "bismuth", "cobalt", "copper", "fluorine", "gallium", "germanium")
    message = render(ban(minerals=minerals))
    assert headline(message).startswith("⛔ Gallium")
    assert facts(message)["Minerals"] == "gallium, antimony, bismuth, cobalt, copper and 2 more"


def test_the_title_stays_as_the_source_wrote_it_and_is_the_only_link() -> None:
    message = render(JAPANESE)
    link = block(message, "rich_text")["elements"][0]["elements"][0]
    assert (link["type"], link["url"], link["text"]) == ("link", BAN.event.url, BAN.event.title)


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "http://www.mofcom.gov.cn/",
        "javascript:alert(1)",
        "https://",
        "https://www.mofcom.gov.cn@evil.example/",
        "https://evil.example/|label",
        "https://evil.example/>x",
        "https://evil.example/\u202egpj",
        "https://[::1",
        "https://a.example:port/",
        "https://a.example/" + "a" * 3_000,
        "\ud800https://a.example/",
    ],
)
def test_an_address_that_is_not_plain_https_is_never_a_link(url: str | None) -> None:
    alert = ban(event=BAN.event.model_copy(update={"url": url}))
    for level in Level:
        sent = json.dumps([render(alert, level).text, render(alert, level).blocks])
        assert '"url"' not in sent
        assert "<https" not in sent


def test_a_document_without_a_title_is_called_by_its_host_or_its_id() -> None:
    def title(**changes: Any) -> str:
        message = render(ban(event=BAN.event.model_copy(update={"title": " \u200b", **changes})))
        return str(block(message, "rich_text")["elements"][0]["elements"][0]["text"])

    assert title() == "www.mofcom.gov.cn"
    assert title(url=None) == "mofcom:2024-46"


@pytest.mark.parametrize(
    ("value", "precision", "today", "shown"),
    [
        ("2025-01-02", DatePrecision.DAY, date(2024, 12, 3), "2 January 2025 (in 30 days)"),
        ("2025-01-02", DatePrecision.DAY, date(2025, 1, 1), "2 January 2025 (tomorrow)"),
        ("2025-01-02", DatePrecision.DAY, date(2025, 1, 2), "2 January 2025 (today)"),
        ("2025-01-02", DatePrecision.DAY, date(2025, 1, 3), "2 January 2025 (yesterday)"),
        ("2025-01-02", DatePrecision.DAY, date(2025, 1, 12), "2 January 2025 (10 days ago)"),
        ("2025-01", DatePrecision.MONTH, date(2024, 12, 3), "January 2025"),
        ("2025", DatePrecision.YEAR, date(2024, 12, 3), "2025"),
        ("2025-01-01", DatePrecision.YEAR, date(2024, 12, 3), "2025"),
        ("2025-01-01", DatePrecision.MONTH, date(2024, 12, 3), "January 2025"),
        ("2025-02-31", DatePrecision.DAY, date(2024, 12, 3), "2025-02-31"),
        ("0000", DatePrecision.YEAR, date(2024, 12, 3), "0000"),
    ],
)
def test_a_date_is_shown_no_more_precisely_than_it_was_stated(
    value: str, precision: DatePrecision, today: date, shown: str
) -> None:
    fact = DateFact(role=DateRole.EFFECTIVE, value=value, precision=precision)
    assert facts(render(ban(dates=(fact,)), today=today))["Effective"] == shown


def test_what_the_text_leaves_open_is_said_to_be_open() -> None:
    alert = ban(dates=(), target=(), imposing=(), stage=Stage.UNKNOWN)
    shown = facts(render(alert))
    assert shown["Effective"] == "not stated"
    assert shown["Aimed at"] == shown["Imposed by"] == "no country named"
    assert shown["Stage"] == "Not stated"
    assert "no target country named" in render(alert).text


def test_support_names_who_benefits_instead_of_a_target() -> None:
    alert = ban(types=("subsidy",), direction=Direction.SUPPORTIVE, target=(), beneficiary=("AU",))
    message = render(alert)
    assert facts(message)["Benefiting"] == "Australia"
    assert "Aimed at" not in facts(message)
    assert "benefiting Australia" in message.text


def test_an_act_about_nothing_in_particular_is_still_a_message() -> None:
    alert = ban(types=(), minerals=(), technologies=(), imposing=(), target=(), evidence=(), passages=(), dates=())
    assert headline(render(alert)) == "⛔ Measure · In force"


def test_tags_the_taxonomy_does_not_know_are_shown_by_their_ids() -> None:
    message = render(ban(minerals=("unobtainium",), types=("new_kind",), imposing=("QX",)))
    assert headline(message) == "⛔ Unobtainium · QX → US · new_kind · In force"


def test_codes_and_numbers_are_among_the_facts() -> None:
    message = render(ban(hs_codes=("8112.92",), eccns=("3C001",), cas_numbers=("7440-55-3",)))
    assert facts(message)["Codes"] == "HS 8112.92, ECCN 3C001 and CAS 7440-55-3"
    assert facts(message)["Number"] == "商务部公告2024年第46号"


def test_more_than_ten_facts_go_into_a_second_section() -> None:
    sections: Any = [each for each in render(ENGLISH).blocks if "fields" in each]
    assert [len(each["fields"]) for each in sections] == [10, 2]


# ---- evidence --------------------------------------------------------------------------------------------------


def test_the_words_that_met_the_watchlist_are_bold_and_others_are_not() -> None:
    assert bold(render(JAPANESE)) == ["镓"]
    assert bold(render(CHINESE)) == ["镓", "对美国出口"]


def test_the_quotation_is_the_passage_word_for_word() -> None:
    text = "".join(run["text"] for run in quoted(render(JAPANESE))[0])
    assert text == BAN.passages[1].text


def test_without_a_span_that_met_the_watchlist_all_evidence_is_bold() -> None:
    alert = make_alert(BAN, "en", "All of MOFCOM", MatchedTerm(predicate="source", term="cn-*", tags=("cn-mofcom",)))
    assert bold(render(alert)) == ["不予许可镓", "锗", "锑", "对美国出口"]


def test_an_update_marks_the_words_that_show_what_is_new() -> None:
    change = Change(field="minerals", before="gallium", after="gallium, germanium")
    alert = make_alert(BAN, "en", "x", GALLIUM, reason=Reason.SCOPE_CHANGED, changes=(change,))
    assert bold(render(alert)) == ["镓", "锗"]


def test_the_words_of_a_keyword_are_bold() -> None:
    term = MatchedTerm(predicate="keyword", term="超硬材料", tags=("超硬材料",))
    alert = make_alert(BAN.model_copy(update={"evidence": ()}), "zh", "超硬", term)
    assert "超硬材料" in bold(render(alert))


def test_the_places_a_match_gives_are_bold_and_nothing_is_guessed_beside_them() -> None:
    spans = tuple(
        Span(field=Field.BODY, start=100 + at, end=100 + at + 1) for at in (BODY.index("锗"), BODY.index("锑"))
    )
    term = MatchedTerm(predicate="minerals", term="critical_minerals", tags=("gallium",), spans=spans)
    assert bold(render(make_alert(BAN, "zh", "金属", term))) == ["锗", "锑"]


def test_a_match_in_the_title_alone_quotes_the_title() -> None:
    at = TITLE.index("美国")
    term = MatchedTerm(predicate="keyword", term="美国", spans=(Span(field=Field.TITLE, start=at, end=at + 2),))
    act = BAN.model_copy(update={"passages": BAN.passages[1:]})
    message = render(make_alert(act, "zh", "金属", term))
    assert bold(message) == ["美国"]
    assert "".join(run["text"] for run in quoted(message)[0]) == TITLE


@pytest.mark.parametrize("span", [(0, 1), (90, 101), (10_000, 10_001), (105, 105), (106, 105)])
def test_a_place_outside_what_is_quoted_marks_nothing(span: tuple[int, int]) -> None:
    place = Span(field=Field.BODY, start=span[0], end=span[1])
    term = MatchedTerm(predicate="keyword", term="x", spans=(place,))
    act = BAN.model_copy(update={"evidence": ()})
    assert bold(render(make_alert(act, "zh", "金属", term))) == []


def test_evidence_that_does_not_fit_its_passage_is_not_marked() -> None:
    shifted = BAN.evidence[1].model_copy(update={"start": 101, "end": 102})
    assert bold(render(ban(evidence=(shifted,)))) == []


def test_evidence_in_the_title_alone_quotes_the_title() -> None:
    assert bold(render(ban(passages=(), evidence=(BAN.evidence[0],)))) == ["美国"]


def test_an_act_without_evidence_has_no_quotation() -> None:
    assert quoted(render(ban(passages=(), evidence=()))) == []


def test_a_long_passage_is_cut_around_the_words_and_keeps_them() -> None:
    text = "起" * 900 + "镓" + "間" * 900 + "锗" + "末" * 900
    spans = tuple(
        Evidence(
            facet=Facet.MINERAL,
            tag=tag,
            field=Field.BODY,
            start=text.index(word),
            end=text.index(word) + 1,
            text=word,
        )
        for tag, word in (("gallium", "镓"), ("germanium", "锗"))
    )
    passage = Passage(field=Field.BODY, start=0, end=len(text), text=text)
    act = BAN.model_copy(update={"evidence": spans, "passages": (passage,)})
    germanium = MatchedTerm(predicate="minerals", term="germanium", tags=("germanium",))
    message = render(make_alert(act, "zh", "金属", GALLIUM, germanium))
    shown = "".join(run["text"] for run in quoted(message)[0])
    assert bold(message) == ["镓", "锗"]
    assert shown.startswith("…起")
    assert shown.endswith("末…")
    assert len(shown) <= 480


def test_two_quotations_are_given_when_the_second_shows_something_new() -> None:
    first = Passage(field=Field.BODY, start=0, end=4, text="镓出口。")
    second = Passage(field=Field.BODY, start=9, end=13, text="锗出口。")
    third = Passage(field=Field.BODY, start=20, end=24, text="镓出口。")
    spans = tuple(
        Evidence(facet=Facet.MINERAL, tag=tag, field=Field.BODY, start=at, end=at + 1, text=word)
        for tag, word, at in (("gallium", "镓", 0), ("germanium", "锗", 9), ("gallium", "镓", 20))
    )
    act = BAN.model_copy(update={"evidence": spans, "passages": (first, second, third)})
    group = MatchedTerm(predicate="minerals", term="critical_minerals", tags=("gallium", "germanium"))
    assert bold(render(make_alert(act, "zh", "金属", group))) == ["镓", "锗"]


# ---- why me, where from ----------------------------------------------------------------------------------------


def test_why_you_names_the_watchlist_and_its_terms_with_their_roles() -> None:
    assert "watchlist “Memory chips” matched technology DRAM (here: high bandwidth memory)" in context(render(ENGLISH))
    assert "ウォッチリスト「半導体材料」が次に一致 ― 鉱物：ガリウム、措置国：中国" in context(render(JAPANESE))
    assert "关注清单“关键矿产”命中 — 针对：七国集团（此处：美国）、矿产：镓" in context(render(CHINESE))


def test_an_unknown_predicate_is_shown_by_its_name() -> None:
    alert = make_alert(BAN, "en", "New", MatchedTerm(predicate="colour", term="blue", tags=("b",)))
    assert "colour blue" in context(render(alert))


def test_the_small_print_says_source_dates_and_the_short_id() -> None:
    line = context(render(ENGLISH)).splitlines()[-1]
    assert line == (
        f"Source: Federal Register · published 2024-12-02 · seen 2024-12-03 01:05 UTC · alert {ENGLISH.alert_id[:8]}"
    )


def test_a_possible_duplicate_is_marked_at_every_level() -> None:
    for level in Level:
        marked, plain = (render(ENGLISH, level, possible_duplicate=flag) for flag in (True, False))
        assert "Possible duplicate" in json.dumps([marked.text, marked.blocks])
        assert "Possible duplicate" not in json.dumps([plain.text, plain.blocks])


def test_a_withdrawn_document_is_marked() -> None:
    alert = ban(event=BAN.event.model_copy(update={"withdrawn": True}))
    assert "withdrawn this document" in context(render(alert))


@pytest.mark.parametrize(
    ("delay", "today", "said"),
    [
        (timedelta(seconds=5), TODAY, None),
        (timedelta(minutes=40), TODAY, "late: 40 min after"),
        (timedelta(hours=5), TODAY, "late: 5 h after"),
        (timedelta(days=3), date(2024, 12, 6), "late: 3 days after"),
        (timedelta(seconds=5), date(2024, 12, 10), "late: 7 days after"),
        (timedelta(seconds=-90), TODAY, None),
    ],
)
def test_a_late_alert_says_how_late_it_is(delay: timedelta, today: date, said: str | None) -> None:
    alert = ban().model_copy(update={"decided_at": BAN.event.seen_at + delay})
    line = context(render(alert, today=today))
    assert (said in line) if said else ("late" not in line)


def test_instants_are_shown_in_utc() -> None:
    tokyo = datetime.fromisoformat("2024-12-04T01:30:00+09:00")
    alert = ban(event=BAN.event.model_copy(update={"seen_at": tokyo}))
    assert "seen 2024-12-03 16:30 UTC" in context(render(alert.model_copy(update={"decided_at": tokyo})))
    assert tokyo.astimezone(UTC).hour == 16


# ---- updates ---------------------------------------------------------------------------------------------------


def test_an_update_begins_with_what_is_new() -> None:
    message = render(UPDATE, today=date(2025, 11, 9))
    assert message.text.startswith(
        "Update – Stage: In force → Suspended, Effective: 3 December 2024 → 9 November 2025 –"
    )
    assert message.blocks[1]["text"] == {
        "type": "mrkdwn",
        "text": (
            "*The stage changed*\nStage: In force → Suspended\n"
            "Effective: 3 December 2024 → 9 November 2025\nSuspension ends: none → 27 November 2026"
        ),
        "verbatim": True,
    }
    assert headline(message).endswith("· In force → Suspended")
    assert facts(message)["Stage"] == "In force → Suspended"


@pytest.mark.parametrize(("language", "words"), [("ja", "段階が変わりました"), ("zh", "阶段有变")])
def test_the_reason_is_in_the_readers_language(language: Literal["ja", "zh"], words: str) -> None:
    alert = make_alert(SUSPENSION, language, "x", GALLIUM, reason=Reason.STAGE_CHANGED, changes=UPDATE.changes)
    assert words in json.dumps(render(alert).blocks, ensure_ascii=False)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (Change(field="minerals", before="gallium", after="gallium, germanium"), "gallium → gallium and germanium"),
        (Change(field="target", before="", after="US, JP"), "Aimed at: none → US and Japan"),
        (Change(field="types", before="export_control", after="export_ban"), "Measure: export control → export ban"),
        (Change(field="direction", before="restrictive", after="supportive"), "restricting → supporting"),
        (Change(field="comment_deadline", before="2025-01", after="2025-02-01"), "January 2025 → 1 February 2025"),
        (Change(field="novelty", before="*a*", after="<b>"), "novelty: ∗a∗ → &lt;b&gt;"),
    ],
)
def test_each_kind_of_change_is_put_into_words(change: Change, line: str) -> None:
    alert = make_alert(BAN, "en", "x", GALLIUM, reason=Reason.SCOPE_CHANGED, changes=(change,))
    section: Any = render(alert).blocks[1]
    assert line in section["text"]["text"]


@pytest.mark.parametrize("reason", [Reason.CORRECTED, Reason.WITHDRAWN, Reason.REPEATED])
def test_an_update_without_changes_still_gives_its_reason(reason: Reason) -> None:
    alert = make_alert(BAN, "en", "x", GALLIUM, reason=reason)
    assert render(alert).text.startswith("Update – ")
    assert len(str(render(alert).blocks[1]["text"])) > 20


def test_the_compact_level_drops_the_evidence_and_the_lesser_facts() -> None:
    message = render(JAPANESE, Level.COMPACT)
    assert quoted(message) == []
    assert set(facts(message)) == {"段階", "効力発生日", "措置", "措置国", "対象国", "鉱物"}
