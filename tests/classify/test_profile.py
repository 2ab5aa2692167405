"""Whose acts a source publishes and in which manner, by its key."""

from __future__ import annotations

import pytest

from services.classify.core import Classifier
from services.classify.profile import Profile, profile_of
from services.classify.rulebook import default_rulebook
from services.contracts.vocab import Stage
from services.taxonomy.load import default_taxonomy
from tests.classify.events import event_of


def profile(key: str) -> Profile:
    return profile_of(key, default_rulebook(), default_taxonomy().countries)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("uk-legislation", Profile("gazette", "GB")),
        ("uk-gov-trade", Profile("agency", "GB")),
        ("us-federal-register", Profile("gazette", "US")),
        ("us-federal-register-inspection", Profile("gazette", "US")),
        ("eu-official-journal-c", Profile("gazette", "EU")),
        ("ca-gazette-2", Profile("gazette", "CA")),
        ("in-dgft", Profile("agency", "IN")),
        ("jp-jetro-news", Profile("news", None)),
        ("wto-eping", Profile("news", None)),
        ("g7-documents", Profile("news", None)),
        ("xx-ministry", Profile("news", None)),
    ],
)
def test_a_key_says_who_speaks_and_how(key: str, expected: Profile) -> None:
    assert profile(key) == expected


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("The Export Control (Amendment) (Semiconductor Equipment) Regulations 2026", "export_control"),
        ("The Russia (Sanctions) (Amendment) Regulations 2026", "sanction"),
    ],
)
def test_a_statutory_instrument_is_adopted_by_the_united_kingdom(classifier: Classifier, title: str, kind: str) -> None:
    (act,) = classifier.classify(event_of(title, None, source="uk-legislation")).acts
    assert (act.types, act.imposing, act.stage) == ((kind,), ("GB",), Stage.ADOPTED)
