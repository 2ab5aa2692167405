"""Nothing that can be an event makes the classifier fail, loop or lose its place."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.classify.core import Classifier
from services.classify.normalise import HARD_BREAK, fold
from services.classify.rulebook import default_rulebook
from services.contracts import codec
from services.contracts.errors import DeadLetterError
from services.contracts.events import Event
from tests.classify.events import event_of, field_text, tags
from tests.classify.regexshapes import module_patterns, rule_patterns, shapes

_SENTENCES = (
    "China applies export controls to gallium, germanium and antimony.",
    "中国商務省はガリウムの輸出管理措置を実施した。",
    "商务部决定对镓、锗相关物项实施出口管制。",
    "The European Union imposes definitive anti-dumping duties on steel from Russia.",
    "㈱ﾃｽﾄ　ＡＩ半導体の対中投資を制限する規則を発表した。",
)
_IRRELEVANT = ("The choir sang on Sunday.", "天気は晴れです。", "图书馆周末开放。", "")
_text = st.lists(
    st.sampled_from([*_SENTENCES, *_IRRELEVANT, "\n\n", "（", "]", "\u200b", "ｶﾞ", "e\u0301"]), max_size=8
).map("".join)
_any = st.text(st.characters(codec="utf-8"), max_size=300)
_relaxed = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(title=st.one_of(_text, _any), body=st.one_of(st.none(), _text, _any))
@_relaxed
def test_every_evidence_span_is_the_text_it_claims(classifier: Classifier, title: str, body: str | None) -> None:
    event = event_of(title, body)
    for act in classifier.classify(event).acts:
        spans = [(each.field, each.start, each.end, each.text) for each in act.evidence]
        spans += [(each.field, each.start, each.end, each.text) for each in act.passages]
        for field, start, end, text in spans:
            assert field_text(event, field)[start:end] == text


@given(_any)
@_relaxed
def test_folded_spans_lead_back_to_the_original_in_order(text: str) -> None:
    folded = fold(text)
    spans = [folded.origin(at, at + 1) for at in range(len(folded.text))]
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert spans == sorted(spans)


@given(_text)
@_relaxed
def test_text_that_is_the_same_but_for_compatibility_forms_has_the_same_tags(classifier: Classifier, text: str) -> None:
    plain, folded = (
        classifier.classify(event_of(form, lang="ja")) for form in (text, unicodedata.normalize("NFKC", text))
    )
    for facet in ("types", "minerals", "technologies", "imposing", "target"):
        assert tags(plain.acts, facet) == tags(folded.acts, facet)


@given(st.sampled_from(_SENTENCES), st.sampled_from(_IRRELEVANT))
@_relaxed
def test_an_irrelevant_paragraph_removes_no_act(classifier: Classifier, sentence: str, more: str) -> None:
    alone = classifier.classify(event_of("Report", sentence, lang="en"))
    longer = classifier.classify(event_of("Report", f"{sentence}\n\n{more}", lang="en"))
    assert {act.measure_id for act in alone.acts} <= {act.measure_id for act in longer.acts}


def test_an_official_document_without_a_headline_is_read_all_the_same(classifier: Classifier) -> None:
    event = event_of("", _SENTENCES[0], source="us-federal-register", lang="en")
    (act,) = classifier.classify(event).acts
    assert (act.types, act.minerals) == (("export_control",), ("antimony", "gallium", "germanium"))


def test_classification_is_a_function_of_the_event(classifier: Classifier) -> None:
    event = event_of(_SENTENCES[0])
    assert classifier.classify(event) == classifier.classify(event)


_CONTROLS = [chr(point) for point in (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, 0xFFFE, 0xFFFF, 0xFFFD)]
_HIDDEN = ["\u200b", "\u200d", "\u2060", "\ufeff", "\u202e", "\u2067", "\u061c", "\u00ad", "\ufe0f", "\U000e0041"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "".join(_CONTROLS),
        "".join(_HIDDEN) * 500,
        "[({（《「" * 10_000,
        "".join("([" * 5_000 + "])" * 5_000),
        "）" * 5000,
        "。" * 5000,
        "a" * 1_000_000,
        "一" * 1_000_000,
        "\u0301" * 1_000_000,
        "\u0301\u0316" * 2_000,
        bytes(range(256)).decode("latin-1") * 400,
        "\udc80\ud800" * 5_000,
        "The committee met. " * 263_158,
    ],
    ids=lambda text: f"{text[:4]!a} x{len(text)}",
)
def test_odd_texts_are_irrelevant_and_not_an_error(text: str, classifier: Classifier) -> None:
    assert not classifier.classify(event_of("Report", text)).relevant
    assert not classifier.classify(event_of(text)).relevant


# A form feed is left out: it ends the sentence wherever it stands, as the page it ends does.
@pytest.mark.parametrize("odd", [*(char for char in _CONTROLS if char != HARD_BREAK), *_HIDDEN], ids=ascii)
def test_an_act_is_read_whatever_characters_nobody_sees_stand_around_it(odd: str, classifier: Classifier) -> None:
    body = f"{odd}China imposed{odd} export controls on gallium.{odd}"
    (act,) = classifier.classify(event_of("Report", body, lang="en")).acts
    assert (act.types, act.imposing, act.minerals) == (("export_control",), ("CN",), ("gallium",))
    for each in act.evidence:
        assert body[each.start : each.end] == each.text


_SHAPES = {
    "katakana without an end": "ガリウム",
    "katakana that does not split": "アガリウムア",
    "half-width kana": "ｶﾞ",
    "ligatures": "ﬁ",
    "marks": "e\u0301\u0316",
    "hidden characters": " \u200b",
    "mineral": "gallium ",
    "short name with what denies it": "鈥雷射 鈥 ",
    "cue with what masks it": "禁止出口限制出口技术目录 ",
    "cues without a stop": "对镓实施出口管制,",
    "countries": "Mexico, ",
    "one-character countries": "日米欧中",
    "dates": "March 4, 2025 ",
    "months": "3月",
    "numerals": "一",
    "announcements": "公告2024年第46号",
    "cases": "a-570-001 ",
    "tariff lines": "HS 2853.90.10 ",
    "control numbers": "3A001.a.1 ",
    "brackets": "《「（",
    "conjunctions": ", and ",
    "stops": "! ? ",
}
_SOURCES = (("press-desk", None), ("us-federal-register", "en"), ("cn-mofcom", "zh-Hans"), ("jp-kanpo", "ja"))
_ORDINARY = " ".join(_SENTENCES) + " " + "The committee met and adjourned without a vote on the matter. " * 8


def _seconds(classifier: Classifier, body: str, source: str = "press-desk", lang: str | None = None) -> float:
    event = event_of("China imposes export controls on gallium", body, source=source, lang=lang)
    started = time.process_time()
    classifier.classify(event)
    return time.process_time() - started


def _filled(unit: str, length: int) -> str:
    return (unit * (length // len(unit) + 1))[:length]


@pytest.mark.parametrize("shape", _SHAPES)
def test_no_text_takes_much_longer_than_ordinary_text_of_its_length(shape: str, classifier: Classifier) -> None:
    length = 12_000
    ordinary = max(_seconds(classifier, _filled(_ORDINARY, length)) for _ in range(2))
    for source, lang in _SOURCES:
        assert _seconds(classifier, _filled(_SHAPES[shape], length), source, lang) < 60 * ordinary


@pytest.mark.parametrize("unit", ["a-{n:03d}-{m:03d} ", "{y}-03-04 ", "Mexico, ", "89 FR {n}00 "])
def test_a_hundred_thousand_facts_after_many_acts_take_no_longer_than_their_length(
    unit: str, classifier: Classifier
) -> None:
    acts = "\n\n".join(
        f"{one} imposed export controls on gallium shipped to {other}."
        for one in ("China", "Japan", "India", "Canada", "Mexico", "Russia", "Vietnam", "Indonesia")
        for other in ("Brazil", "Chile", "Germany", "France", "Norway", "Kenya", "Egypt", "Peru")
    )
    facts = "".join(unit.format(n=n % 1000, m=n // 7 % 1000, y=1900 + n % 150) for n in range(100_000))
    ordinary = _seconds(classifier, _filled(_ORDINARY, 100_000))
    assert _seconds(classifier, f"{acts}\n\n{facts}", lang="en") < 60 * ordinary


_SHAPE = 600


def test_no_expression_of_the_rules_loses_itself_in_a_text_made_for_it(classifier: Classifier) -> None:
    patterns = [*module_patterns(), *rule_patterns(default_rulebook())]
    ordinary = max(_seconds(classifier, _filled(_ORDINARY, _SHAPE)) for _ in range(3))
    lost = []
    for name, pattern in patterns:
        for text in shapes(pattern, _SHAPE):
            started = time.process_time()
            pattern.search(text)
            if time.process_time() - started > 150 * ordinary:
                lost.append((name, text[:40]))
    assert len(patterns) > 500
    assert not lost


def test_time_grows_no_faster_than_the_text(classifier: Classifier) -> None:
    def per_character(length: int) -> float:
        return _seconds(classifier, _filled(_ORDINARY, length), "us-federal-register", "en") / length

    per_character(20_000)
    assert per_character(400_000) < 4 * max(per_character(40_000) for _ in range(3))


def test_unpaired_surrogates_are_a_typed_error_where_bytes_become_an_event() -> None:
    value = codec.encode(event_of("x")).replace(b'"title":"x"', b'"title":"\\ud800"')
    with pytest.raises(DeadLetterError):
        codec.decode(Event, value)


def test_unpaired_surrogates_fold_to_a_replacement_character() -> None:
    assert fold("gallium \ud800 x").text == "gallium \ufffd x"
