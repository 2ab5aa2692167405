from __future__ import annotations

import json
from dataclasses import replace

import pytest

from services.classify.core import Classification, Classifier
from services.classify.evaluation.changes import Change, Changed, compare_runs
from services.classify.evaluation.export import read_baseline, report_to_json
from services.classify.evaluation.judgement import NOT_FOUND, Finding, Judgement, Result, judge
from services.classify.evaluation.labels import Label, LabelledAct, read_label
from services.classify.evaluation.report import summarise
from services.contracts.events import Event
from services.contracts.vocab import Direction, Stage, Urgency
from services.taxonomy.taxonomy import Taxonomy
from tests.classify.events import event_of

TITLE = "China bans exports of gallium to the United States"


@pytest.fixture(scope="module")
def event() -> Event:
    return event_of(TITLE, lang="en", source="press-desk")


@pytest.fixture(scope="module")
def found(event: Event, classifier: Classifier) -> Classification:
    return classifier.classify(event)


def true_label() -> Label:
    act = LabelledAct(
        types=("export_ban",), stage=Stage.ANNOUNCED, imposing=("CN",), target=("US",), minerals=("gallium",)
    )
    return Label(id="test:1", relevant="yes", urgency=Urgency.NOW, acts=(act,))


def changed_act(label: Label, **fields: object) -> Label:
    return label.model_copy(update={"acts": (label.acts[0].model_copy(update=fields),)})


def findings(judgement: Judgement, facet: str) -> list[tuple[str, Result]]:
    return [(each.tag, each.result) for each in judgement.findings if each.facet == facet]


def test_a_document_read_as_its_label_says_has_only_right_findings(
    event: Event, found: Classification, taxonomy: Taxonomy
) -> None:
    label = changed_act(true_label(), stage=found.acts[0].stage)
    judged = judge(event, found, label, taxonomy)
    assert {each.result for each in judged.findings} == {Result.RIGHT}
    assert [(each.kind_right, each.whole_right) for each in judged.acts] == [(True, True)]
    assert judged.tags == judged.shown > 0
    assert (judged.lang, judged.text_status) == ("en", "title-only")


def test_every_difference_is_a_tag_missed_or_superfluous(
    event: Event, found: Classification, taxonomy: Taxonomy
) -> None:
    label = changed_act(true_label(), minerals=("germanium",), target=("JP",))
    judged = judge(event, found, label, taxonomy)
    assert findings(judged, "minerals") == [("gallium", Result.EXTRA), ("germanium", Result.MISSED)]
    assert findings(judged, "target") == [("JP", Result.MISSED), ("US", Result.EXTRA)]
    assert judged.acts[0].kind_right
    assert not judged.acts[0].whole_right


def test_a_type_of_the_same_family_is_partly_right(event: Event, found: Classification, taxonomy: Taxonomy) -> None:
    judged = judge(event, found, changed_act(true_label(), types=("export_control",)), taxonomy)
    results = dict(findings(judged, "types"))
    assert results["export_ban"] is Result.EXTRA
    assert results["export_control"] is Result.RIGHT


def test_a_country_in_another_role_is_told_from_one_that_was_not_found(
    event: Event, found: Classification, taxonomy: Taxonomy
) -> None:
    label = changed_act(true_label(), target=(), affected=("US", "KR"))
    judged = judge(event, found, label, taxonomy)
    assert judged.roles == (("imposing", "imposing"), ("affected", NOT_FOUND), ("affected", "target"))
    report = summarise([judged])
    assert report.rate("role_accuracy") == 0.5
    assert report.confusions["role"].counts["affected"] == {NOT_FOUND: 1, "target": 1}


def test_beneficiaries_are_scored_only_where_a_label_names_one(
    event: Event, found: Classification, taxonomy: Taxonomy
) -> None:
    assert findings(judge(event, found, true_label(), taxonomy), "beneficiary") == []
    named = judge(event, found, changed_act(true_label(), beneficiary=("KR",)), taxonomy)
    assert findings(named, "beneficiary") == [("KR", Result.MISSED)]


def test_a_span_that_does_not_hold_its_words_shows_nothing(
    event: Event, found: Classification, taxonomy: Taxonomy
) -> None:
    moved = event.model_copy(update={"title": "  " + event.title})
    judged = judge(moved, found, true_label(), taxonomy)
    assert judged.shown == 0 < judged.tags


def test_a_document_in_which_nothing_was_found_misses_all_and_has_no_stage(
    event: Event, found: Classification, taxonomy: Taxonomy
) -> None:
    silent = replace(found, relevant=False, urgency=Urgency.ARCHIVE, acts=())
    judged = judge(event, silent, true_label(), taxonomy)
    assert {each.result for each in judged.findings} == {Result.MISSED}
    assert judged.stages == ()
    report = summarise([judged])
    assert report.rate("must_alert_recall") == 0
    with pytest.raises(ValueError, match="no document of this set has a say in stage_accuracy"):
        report.rate("stage_accuracy")


def judgement(
    id_: str, wanted: str, said: str, *, lang: str = "en", status: str = "title-only", relevant: str = "yes"
) -> Judgement:
    result = Result.RIGHT if wanted == said == "now" else Result.EXTRA if said == "now" else Result.MISSED
    return Judgement(
        document=id_,
        lang=lang,
        text_status=status,
        relevance=(relevant, "yes"),
        urgency=(wanted, said),
        findings=(Finding(facet="now", tag="now", result=result),) if "now" in (wanted, said) else (),
    )


def test_alert_rates_count_documents_on_their_own_base() -> None:
    judged = [
        judgement("a", "now", "now"),
        judgement("b", "now", "digest"),
        judgement("c", "archive", "now", relevant="no"),
        judgement("d", "archive", "archive", relevant="no"),
        judgement("e", "archive", "archive", relevant="no"),
        judgement("f", "digest", "now"),
    ]
    report = summarise(judged)
    assert report.rate("must_alert_recall") == 1 / 2
    assert report.rate("false_alerts") == 1 / 3
    assert report.rate("wrong_alerts") == 1 / 3
    assert report.confusions["urgency"].counts["archive"] == {"archive": 2, "now": 1}


def test_rows_part_documents_by_language_and_by_text_status() -> None:
    judged = [
        judgement("a", "now", "now"),
        judgement("b", "now", "digest", lang="ja"),
        judgement("c", "now", "now", lang="ja", status="with-body"),
    ]
    report = summarise(judged, draws=50)
    assert report.score("now").recall == 2 / 3
    assert report.score("now", "ja").recall == 1 / 2
    assert report.score("now", "ja", "with-body").recall == 1
    assert report.relevant == {"all": 3, "en": 1, "ja": 2}
    assert all(row.f1.interval is not None or row.f1.rate.whole == 0 for row in report.rows)


def test_a_run_survives_its_json_and_a_file_that_is_no_run_is_refused_with_the_field() -> None:
    judged = [judgement("a", "now", "now"), judgement("b", "now", "digest", lang="zh")]
    shown = report_to_json(summarise(judged, draws=10), judged, draws=10, seed=1)
    assert shown["bootstrap"] == {"draws": 10, "seed": 1, "level": 0.95, "unit": "document"}
    assert read_baseline(encode_json(shown)) == tuple(judged)
    with pytest.raises(ValueError, match=r"^judgements: Field required"):
        read_baseline(b"{}")


def encode_json(shown: dict[str, object]) -> bytes:
    return json.dumps(shown).encode()


def test_a_comparison_names_what_was_gained_and_lost_for_better_and_worse() -> None:
    def run(*found: tuple[str, Result]) -> Judgement:
        tags = tuple(Finding(facet="minerals", tag=tag, result=result) for tag, result in found)
        return judgement("a", "digest", "digest").model_copy(update={"findings": tags})

    before = run(("tin", Result.RIGHT), ("lead", Result.EXTRA), ("zinc", Result.MISSED), ("gold", Result.RIGHT))
    now = run(("tin", Result.MISSED), ("iron", Result.EXTRA), ("zinc", Result.RIGHT), ("gold", Result.RIGHT))
    compared = compare_runs([before, judgement("old", "now", "now")], [now, judgement("new", "now", "now")])
    assert compared.changed == (
        Changed("minerals", "a", "iron", Change.GAINED_WRONG),
        Changed("minerals", "a", "lead", Change.LOST_WRONG),
        Changed("minerals", "a", "tin", Change.LOST_RIGHT),
        Changed("minerals", "a", "zinc", Change.GAINED_RIGHT),
    )
    assert [compared.count("minerals", change) for change in Change] == [1, 1, 1, 1]
    assert (compared.only_before, compared.only_now) == (("old",), ("new",))
    assert compare_runs([now], [now]).changed == ()


def line(**act: object) -> bytes:
    shown = {"types": ["tariff"], "stage": "in_force", **act}
    return encode_json({"id": "a", "relevant": "yes", "urgency": "now", "acts": [shown], "reader": "x"})


def test_a_label_with_a_word_nobody_knows_is_refused_with_its_place(taxonomy: Taxonomy) -> None:
    assert read_label(line(minerals=["galium"]), taxonomy) == (
        "acts.0.minerals: unknown id `galium`; did you mean `gallium`?"
    )
    assert str(read_label(line(mineral=["gallium"]), taxonomy)).startswith("acts.0.mineral: Extra inputs")
    assert str(read_label(line(stage="done"), taxonomy)).startswith("acts.0.stage: ")
    assert str(read_label(b"{", taxonomy)).startswith("line: ")
    assert isinstance(read_label(line(minerals=["gallium"]), taxonomy), Label)


def test_borderline_labels_count_neither_way() -> None:
    assert true_label().counts
    assert not true_label().model_copy(update={"relevant": "borderline"}).counts


def test_among_acts_of_the_same_types_and_stage_the_one_of_the_labelled_direction_is_compared(
    event: Event, found: Classification, taxonomy: Taxonomy
) -> None:
    eased = found.acts[0].model_copy(update={"direction": Direction.LIBERALISING})
    label = changed_act(true_label(), stage=eased.stage, direction=Direction.LIBERALISING)
    judged = judge(event, replace(found, acts=(found.acts[0], eased)), label, taxonomy)
    assert findings(judged, "direction") == [("liberalising", Result.RIGHT)]
