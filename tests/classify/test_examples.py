"""Every example of the vocabulary and rule files is a test: what must be found is found, what must not is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from services.classify.core import Classifier
from services.classify.document import read_document
from services.classify.lexicon import build_lexicon
from services.classify.normalise import fold
from services.classify.rulebook import Patterns, Rule, Where, default_rulebook, examples
from services.classify.scan import Scanner
from services.taxonomy.load import default_taxonomy
from tests.classify.events import event_of, tags

_FACETS = (("minerals", "mineral"), ("technologies", "technology"))
_EVERYWHERE: tuple[Where, ...] = ("title", "lead", "text")


def _cases(facet: str) -> Iterator[tuple[str, str, str, bool]]:
    for id_, entry in default_taxonomy().entries(facet).items():  # type: ignore[arg-type]  # facet names are fixed here
        for wanted, sentences in ((True, entry.examples), (False, entry.not_examples)):  # type: ignore[attr-defined]  # all entries have both
            given: Mapping[str, tuple[str, ...]] = sentences
            yield from ((id_, lang, text, wanted) for lang, texts in given.items() for text in texts)


@pytest.fixture(scope="module")
def scanner() -> Scanner:
    return Scanner(build_lexicon(default_taxonomy(), default_rulebook()))


@pytest.mark.parametrize(("facet", "kind"), _FACETS)
def test_the_scanner_finds_what_the_examples_name_and_nothing_the_counter_examples_do_not(
    facet: str, kind: str, scanner: Scanner
) -> None:
    wrong = []
    for id_, lang, text, wanted in _cases(facet):
        document = read_document(event_of(text, lang=lang), scanner)
        found = {hit.tag for hit in document.scan.objects if hit.facet == kind}
        covered = any(id_ in default_taxonomy().rollup(facet, tag) for tag in found)  # type: ignore[arg-type]  # as above
        if covered is not wanted and (id_ in found) is not wanted:
            wrong.append((id_, text, sorted(found)))
    assert not wrong


def test_the_classifier_finds_the_measure_type_of_its_examples(classifier: Classifier) -> None:
    wrong = []
    taxonomy = default_taxonomy()
    for id_, lang, text, wanted in _cases("measures"):
        acts = classifier.classify(event_of(text, lang=lang)).acts
        above = {each for tag in tags(acts, "types") for each in taxonomy.rollup("measures", tag)}
        if (id_ in above) is not wanted:
            wrong.append((id_, wanted, text, sorted(tags(acts, "types"))))
    assert not wrong


def _rules() -> list[Rule]:
    rules = default_rulebook()
    discourse = [*rules.effect, *rules.field, *rules.trend, *rules.iterative, *rules.coercion]
    return [
        *(*rules.types, *rules.stages, *rules.directions, *rules.gates, *rules.modality, *rules.routine, *rules.nexus),
        *discourse,
    ]


def test_every_rule_holds_in_its_examples_and_not_in_its_counter_examples() -> None:
    for rule, text, wanted in examples(_rules()):
        lang = rule.langs[0] if rule.langs else "en"
        source = rule.sources[0] if rule.sources else "us-federal-register"
        assert bool(Patterns([rule]).find(fold(text).text, lang, source, _EVERYWHERE)) is wanted, (rule.id, text)
