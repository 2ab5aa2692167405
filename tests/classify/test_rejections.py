"""What was found and does not count is listed with its words, the rule that refused it, and why in plain words."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.classify.core import Classifier
from tests.classify.events import event_of

Refusal = tuple[str, str]
"""The words and the rule."""


def _refused(
    classifier: Classifier, title: str, body: str | None = None, *, source: str = "press-desk", lang: str | None = None
) -> dict[Refusal, str]:
    found = classifier.classify(event_of(title, body, source=source, lang=lang), explain=True)
    return {(each.words, each.rule): each.reason for each in found.rejected}


@pytest.mark.parametrize(
    ("title", "refusal", "reason"),
    [
        ("Graphite spyware sold abroad", ("Graphite", "deny: graphite spyware"), "not mineral graphite: in “graphite"),
        (
            "Export controls on lithium-ion batteries",
            ("lithium", "inside: lithium-ion batteries"),
            "part of the longer",
        ),
        ("Sanctions on North Korea", ("Korea", "deny: north korea"), "not country KR"),
        ("ウランバートルで会合", ("ウラン", "katakana_run"), "inside a longer katakana word"),
        ("银行出口数据", ("银", "never_alone"), "only as part of a longer phrase"),
        ("A ban on lead shot was discussed", ("lead", "context"), "nothing in its sentence shows that it is meant"),
        ("Rules for us all on export controls", ("us", "case"), "not written in the letters of the symbol"),
    ],
)
def test_a_trap_says_what_the_word_means_instead(
    title: str, refusal: Refusal, reason: str, classifier: Classifier
) -> None:
    assert reason in _refused(classifier, title)[refusal]


@pytest.mark.parametrize(
    ("title", "rule", "reason"),
    [
        ("Agency Information Collection Activities; Section 232", "procedural: paperwork", "paperwork"),
        (
            "Order Temporarily Denying Export Privileges; Example Ltd.",
            "enforcement: denial-order",
            "one firm or person",
        ),
        ("Certain Devices; Institution of Investigation Under Section 337", "look_alike: patent", "another field"),
        ("Steel exports rose in May", "analysis: market", "analysis or statistics"),
    ],
)
def test_a_gate_comes_first_and_says_what_the_document_is(
    title: str, rule: str, reason: str, classifier: Classifier
) -> None:
    found = classifier.classify(event_of(title, source="us-federal-register", lang="en"), explain=True)
    assert not found.relevant
    assert (found.rejected[0].rule, reason in found.rejected[0].reason) == (rule, True)


def test_the_measure_of_a_document_that_is_kept_out_is_listed_with_the_gate(classifier: Classifier) -> None:
    title = "Agency Information Collection Activities; Request for Investigation Under Section 232 on Steel"
    refused = _refused(classifier, title, source="us-federal-register", lang="en")
    reason = refused["Investigation Under Section 232", "procedural: paperwork"]
    assert reason == "no trade_remedy_investigation: the whole document is kept out"


def test_a_gate_that_gave_way_is_listed_too(classifier: Classifier) -> None:
    title = "Airworthiness Directives; Export Controls on Drones"
    refused = _refused(classifier, title, source="us-federal-register", lang="en")
    assert "gives way to the measure" in refused["Airworthiness", "look_alike: aviation"]


@pytest.mark.parametrize(
    ("title", "body", "source", "words", "rule"),
    [
        ("新闻", "对养鸡企业给予补贴，提高奶酪关税。", "press-desk", "补贴", "nexus"),
        (
            "経済の動き",
            "中国もガリウムの輸出管理措置等からの影響を受ける。",
            "press-desk",
            "輸出管理措置",
            "background: cause",
        ),
        (
            "Antidumping duty order on steel from China",
            "The tariff schedule is not changed. Duties on steel were imposed by other means.",
            "us-federal-register",
            "Antidumping duty order",
            "",
        ),
        ("News of the week", "China bans exports of gallium to Japan.", "us-gov-news", "bans exports", "bulletin"),
    ],
)
def test_the_words_of_a_measure_say_why_they_make_no_act(
    title: str, body: str, source: str, words: str, rule: str, classifier: Classifier
) -> None:
    refused = _refused(classifier, title, body, source=source)
    if rule:
        assert any(each.startswith(words) and named == rule for each, named in refused), refused
    else:
        assert not any(each == words for each, _ in refused)


def test_a_more_specific_type_says_which_it_is(classifier: Classifier) -> None:
    refused = _refused(classifier, "China bans exports of gallium under its export controls", lang="en")
    assert any(rule == "specific" and "export_ban" in reason for (_, rule), reason in refused.items())


def test_an_object_that_is_no_object_says_why(classifier: Classifier) -> None:
    body = "The rule adds export controls on gallium. " + "The committee met. " * 80 + "Cobalt prices were discussed."
    refused = _refused(classifier, "Export Controls on Gallium", body, source="us-federal-register")
    assert "outside the words that state the measure" in refused["Cobalt", "beside"]


def test_dates_and_codes_that_are_not_read_say_why(classifier: Classifier) -> None:
    body = "Comments are due by 12/03/2026. CAS 7440-55-4. Item 8112.92.10 and heading 7799.00."
    refused = _refused(classifier, "Export Controls on Gallium", body, source="us-federal-register")
    assert "nothing is guessed" in refused["12/03/2026", "ambiguous date"]
    assert "check digit" in refused["7440-55-4", "cas code"]
    assert "no words announce" in refused["8112.92.10", "hs code"]
    assert "no such chapter" in refused["7799.00", "hs code"]


def test_a_rule_that_its_own_exception_silences_shows_the_words_of_the_exception(classifier: Classifier) -> None:
    refused = _refused(classifier, "A price floor and a safeguard measure under IAEA supervision of uranium", lang="en")
    assert refused["safeguard measure", "safeguard"] == (
        "no safeguard: the words “iaea” show that something else is meant"
    )


_WORDS = (
    "China",
    "bans",
    "exports",
    "of",
    "gallium",
    "lead",
    "12/03/2026",
    "7440-55-4",
    "8112.92",
    "。",
    "中国",
    "ガリウム",
    "\n",
)


@given(st.lists(st.sampled_from(_WORDS), max_size=30).map(" ".join))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_rejection_quotes_the_document_names_a_rule_and_gives_a_reason(classifier: Classifier, text: str) -> None:
    event = event_of("Report", text)
    found = classifier.classify(event, explain=True)
    for each in found.rejected:
        assert each.words in f"{event.title}\n\f\n{event.body}"
        assert each.rule
        assert each.reason
    assert found.acts == classifier.classify(event).acts
