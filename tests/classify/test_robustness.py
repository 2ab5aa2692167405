"""Nothing that can be an event makes the classifier fail, loop or lose its place."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.classify.core import Classifier
from services.classify.normalise import fold
from services.contracts import codec
from services.contracts.errors import DeadLetterError
from services.contracts.events import Event
from tests.classify.events import event_of, field_text, tags

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


def test_classification_is_a_function_of_the_event(classifier: Classifier) -> None:
    event = event_of(_SENTENCES[0])
    assert classifier.classify(event) == classifier.classify(event)


@pytest.mark.parametrize("text", ["", " ", "\x00\x01\x02", "[[[[((((" * 2000, "）" * 5000, "。" * 5000, "a" * 100_000])
def test_odd_texts_are_irrelevant_and_not_an_error(text: str, classifier: Classifier) -> None:
    assert not classifier.classify(event_of(text, text)).relevant


def test_time_grows_no_faster_than_the_text(classifier: Classifier) -> None:
    paragraph = " ".join(_SENTENCES) + " " + "The committee met and adjourned without a vote on the matter. " * 8

    def seconds(length: int) -> float:
        text = (paragraph * (length // len(paragraph) + 1))[:length]
        started = time.perf_counter()
        classifier.classify(event_of("Report", text, source="us-federal-register", lang="en"))
        return time.perf_counter() - started

    seconds(20_000)
    assert seconds(1_000_000) < max(100 * seconds(20_000), 5.0)


def test_unpaired_surrogates_are_a_typed_error_where_bytes_become_an_event() -> None:
    value = codec.encode(event_of("x")).replace(b'"title":"x"', b'"title":"\\ud800"')
    with pytest.raises(DeadLetterError):
        codec.decode(Event, value)


def test_unpaired_surrogates_fold_to_a_replacement_character() -> None:
    assert fold("gallium \ud800 x").text == "gallium \ufffd x"
