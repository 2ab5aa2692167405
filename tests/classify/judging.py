"""Judgements for tests: files of documents against files of labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from services.classify.core import Classifier
from services.classify.evaluation.judgement import Judgement, judge
from services.classify.evaluation.labels import Label
from services.taxonomy.taxonomy import Taxonomy
from tests.classify.events import event_of_line

Line = Mapping[str, Any]


def judge_lines(
    events: Iterable[dict[str, Any]], labels: Iterable[Line], classifier: Classifier, taxonomy: Taxonomy
) -> list[Judgement]:
    """The judgements of the documents whose label counts."""
    by_id = {line["id"]: Label.model_validate(line) for line in labels}
    found = ((event_of_line(line), by_id[line["id"]], line) for line in events if by_id[line["id"]].counts)
    return [
        judge(event, classifier.classify(event), label, taxonomy, line.get("text_status", ""))
        for event, label, line in found
    ]
