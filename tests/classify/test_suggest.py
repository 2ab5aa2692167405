"""Whatever a suggester answers, the rules' reading stands; what it adds is marked, verbatim and capped."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.classify.app import build_handler
from services.classify.core import Classification, Classifier, to_json
from services.classify.plugin import load_suggester
from services.classify.suggest import MAX_SCORE, MAX_SUGGESTIONS, Candidate, Suggestions, candidates_of
from services.contracts import codec
from services.contracts.errors import RetryableError, StopError, UsageError
from services.contracts.events import Event
from services.contracts.vocab import Field
from services.runtime.handling import Consumed
from services.taxonomy.load import default_taxonomy
from services.taxonomy.taxonomy import Taxonomy
from tests.classify.events import event_of, field_text

TAXONOMY = default_taxonomy()
TYPES = tuple(TAXONOMY.measures)
BAN = "China bans exports of gallium to the United States"
SILENT = "Shipments of gallium abroad will take longer"
EVENTS = (
    event_of(BAN, "The ban takes effect on 1 May 2026. Officials called it a matter of security."),
    event_of(SILENT, lang="en"),
    event_of("商务部、海关总署对镓、锗相关物项实施出口管制", "自2026年5月1日起实施。"),
    event_of("", "日本政府は半導体材料の輸出管理を強化する。"),
    event_of("Concert in the park\nat night", "\n\n"),
)


class Scripted:
    """Does what it was told to do last."""

    def __init__(self) -> None:
        self.answer: Callable[[str], Any] = lambda _: ()

    def suggest(self, text: str, candidates: Sequence[Candidate]) -> Iterable[tuple[str, float, tuple[int, int]]]:
        del candidates
        answers: Iterable[tuple[str, float, tuple[int, int]]] = self.answer(text)
        return answers


SCRIPTED = Scripted()


@cache
def _suggesting() -> Classifier:
    """Built once, since that takes longer than a hundred examples; `SCRIPTED` is told anew for each."""
    return Classifier(TAXONOMY, suggester=SCRIPTED)


def _asked(answer: Callable[[str], Any], event: Event) -> Classification:
    SCRIPTED.answer = answer
    return _suggesting().classify(event)


def _answers(*answers: object) -> Callable[[str], Any]:
    return lambda _: answers


def _stripped(found: Classification) -> Classification:
    acts = tuple(act.model_copy(update={"suggested": ()}) for act in found.acts)
    return replace(found, acts=acts, suggestions=Suggestions())


_junk = st.one_of(
    st.none(),
    st.integers(),
    st.text(max_size=5),
    st.floats(),
    st.binary(max_size=3),
    st.lists(st.integers(), max_size=4),
)
_answer = st.tuples(
    st.sampled_from(TYPES) | st.text(max_size=8) | _junk,
    st.floats() | st.floats(0, 1) | st.integers(-2, 10**400) | _junk,
    st.tuples(st.integers(-3, 200), st.integers(-3, 200)) | st.tuples(_junk, _junk) | _junk,
)


@st.composite
def _hostile(draw: st.DrawFn) -> Callable[[str], Any]:
    answers = draw(st.lists(_answer | _junk, max_size=12))
    error = draw(st.sampled_from([None, ValueError("\ud800"), RecursionError(), StopError("stop"), RetryableError("")]))

    def broken_off(_: str) -> Iterator[object]:
        yield from answers
        if error:
            raise error

    ways: list[Callable[[str], Any]] = [broken_off, lambda _: answers, lambda _: None, lambda _: 7]
    way: Callable[[str], Any] = draw(st.sampled_from(ways))
    return way


@pytest.fixture(scope="module")
def plain(classifier: Classifier) -> dict[str, Classification]:
    return {event.event_id + event.revision: classifier.classify(event) for event in EVENTS}


@given(st.sampled_from(EVENTS), _hostile())
def test_a_hostile_suggester_changes_nothing_the_rules_found(
    plain: dict[str, Classification], event: Event, answer: Callable[[str], Any]
) -> None:
    assert _stripped(_asked(answer, event)) == plain[event.event_id + event.revision]


@given(st.sampled_from(EVENTS), _hostile())
def test_what_is_suggested_is_offered_verbatim_and_capped(event: Event, answer: Callable[[str], Any]) -> None:
    found = _asked(answer, event)
    suggested = found.suggestions.found
    assert len(suggested) <= MAX_SUGGESTIONS
    for each in suggested:
        assert each.tag in TYPES
        assert 0 < each.score <= MAX_SCORE
        assert each.words.text.strip()
        assert each.words.text == field_text(event, each.words.field)[each.words.start : each.words.end]
    assert {tag for act in found.acts for tag in act.suggested} <= {each.tag for each in suggested}


@given(st.sampled_from(EVENTS), _hostile())
def test_a_hostile_suggester_sends_the_same_records(
    plain: dict[str, Classification], event: Event, answer: Callable[[str], Any]
) -> None:
    SCRIPTED.answer = answer
    handler = build_handler(_suggesting())
    record = Consumed("noroshi.events.v1", 0, 1, b"", codec.encode(event), (codec.schema_header(event),), 0.0)

    async def sent() -> list[bytes | None]:
        return [each.key for each in await handler(record)]

    expected = [act.measure_id.encode() for act in plain[event.event_id + event.revision].acts]
    assert asyncio.run(sent()) == expected


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (("unobtainium_ban", 0.9, (0, 5)), "was not offered"),
        (("tariff", math.nan, (0, 5)), "not in 0..1"),
        (("tariff", math.inf, (0, 5)), "not in 0..1"),
        (("tariff", True, (0, 5)), "not in 0..1"),
        (("tariff", 0.9, (0, 5_000)), "not a stretch"),
        (("tariff", 0.9, (5, 5)), "not a stretch"),
        (("tariff", 0.9, (-4, 5)), "not a stretch"),
        (("tariff", 0.9, (len(SILENT) - 2, len(SILENT) + 1)), "not a stretch"),
        ("tariff", "not (id, score, span)"),
    ],
)
def test_a_refused_answer_says_why(answer: object, reason: str) -> None:
    added = _asked(_answers(answer), event_of(SILENT, "More of it.")).suggestions
    assert added.found == ()
    assert len(added.refused) == 1
    assert reason in added.refused[0]


def test_a_suggester_that_raises_is_named_and_suggests_nothing() -> None:
    def fail(_: str) -> Any:
        raise OSError("no weights")

    added = _asked(fail, event_of(SILENT)).suggestions
    assert added == Suggestions((), ("the suggester failed: OSError",))


def test_an_endless_answer_ends() -> None:
    def endless(_: str) -> Iterator[object]:
        while True:
            yield ("tariff", 0.4, (0, 5))

    assert [each.tag for each in _asked(endless, event_of(SILENT)).suggestions.found] == ["tariff"]


def test_a_silent_document_gets_suggestions_and_no_act() -> None:
    found = _asked(_answers(("export_control", 0.9, (0, 9))), event_of(SILENT, lang="en"))
    assert not found.acts
    assert not found.relevant
    assert to_json(found)["suggested"] == [
        {"type": "export_control", "score": MAX_SCORE, "field": "title", "start": 0, "end": 9, "text": "Shipments"}
    ]


def test_a_suggestion_stands_on_the_act_whose_passage_it_points_at() -> None:
    found = _asked(_answers(("tariff", 0.4, (0, 5))), EVENTS[0])
    assert [act.suggested for act in found.acts if act.passages[0].field is Field.TITLE] == [("tariff",)]


def test_what_the_rules_found_or_its_parent_is_not_suggested_again() -> None:
    found = _asked(lambda _: [(tag, 0.4, (0, len(BAN))) for tag in ("export_ban", "export_control")], EVENTS[0])
    assert "export_ban" in found.acts[0].types
    assert found.suggestions == Suggestions()


def test_without_a_suggester_nothing_is_suggested(classifier: Classifier) -> None:
    assert all(classifier.classify(event).suggestions == Suggestions() for event in EVENTS)


def test_every_measure_type_is_offered_with_words(taxonomy: Taxonomy) -> None:
    assert [each.id for each in candidates_of(taxonomy) if each.words] == list(taxonomy.measures)


def test_the_empty_name_is_no_suggester_and_an_unknown_one_names_the_known(taxonomy: Taxonomy) -> None:
    assert load_suggester("", taxonomy) is None
    with pytest.raises(UsageError, match="no suggesters plug-in named 'word2vec'; there are: use_multilingual"):
        load_suggester("word2vec", taxonomy)
