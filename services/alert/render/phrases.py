"""The words around the facts, in the three languages alerts are written in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, model_validator

from services.contracts.vocab import ALERTING_REASONS, DateRole, DigestCause, Direction, Language, Reason, Stage
from services.runtime.yamlfile import load_yaml, validate

ReaderLanguage = Literal["en", "ja", "zh"]
Count = tuple[str, str]
PartKind = Literal["paragraph", "article", "section", "item", "clause", "chapter", "annex", "remaining"]
ReminderKind = Literal["effective", "comment_deadline", "expiry", "review", "suspension"]

FIELD_NAMES = frozenset(
    {
        *DateRole,
        *("stage", "type", "direction", "imposing", "target", "affected", "beneficiary", "partner"),
        *("minerals", "technologies", "codes", "identifiers", "source", "published", "title", "dates", "withdrawn"),
        *("limbs", "news", "measure", "document", "watchlist"),
    }
)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DatePatterns(_Part):
    """How much of a date is written, as CLDR patterns."""

    day: str
    month: str
    year: str


class DayCounts(_Part):
    """A date with its distance from today."""

    ahead: str
    tomorrow: str
    today: str
    yesterday: str
    past: str


class Lateness(_Part):
    """How long after a document was seen its alert was decided."""

    minutes: str
    hours: str
    days: str


class Distances(_Part):
    """How far off a date is, by its precision: this one, the next, and any later."""

    day: tuple[str, str, str]
    month: tuple[str, str, str]
    year: tuple[str, str, str]
    yesterday: str


class DigestWords(_Part):
    """The words of a digest. The first of two is for one, the second for several."""

    alerts: Count
    measures: Count
    watchlists: Count
    causes: Mapping[DigestCause, str]
    because: Mapping[DigestCause, str]
    sentence: str
    more: str
    row: str
    explain: str


class Updates(_Part):
    """What the first message of a thread says of the replies below it."""

    one: str
    many: str
    stage: str


class CalendarPhrases(_Part):
    """The words of an event in a calendar."""

    inexact: str
    as_stated: str
    cancelled: str


class Phrases(_Part):
    """All words of one language; a missing one is an error of the file, not a gap in a message."""

    list: str
    last: str
    more: str
    colon: str
    date: DatePatterns
    days: DayCounts
    sentence: str
    by: str
    on: str
    against: str
    nobody: str
    benefiting: str
    together: str
    when: str
    update: str
    because: str
    predicates: Mapping[Stage, str]
    be: Count
    have: Count
    measure: str
    unnamed_stage: str
    directions: Mapping[Direction, str]
    reasons: Mapping[Reason | Literal["other"], str]
    news: Mapping[Reason | Literal["other"], str]
    limb: str
    limb_note: str
    rest: str
    partly: str
    one_part: str
    of_part: str
    until: str
    parts: Mapping[PartKind, str]
    part_of: str
    suspension_ends: str
    calendar: CalendarPhrases
    semicolon: str
    when_stated: DatePatterns
    distance: str
    distances: Distances
    tentative: str
    reminder: str
    reminders: Mapping[ReminderKind, str]
    updates: Updates
    digest: DigestWords
    fields: Mapping[str, str]
    not_stated: str
    none_named: str
    nothing: str
    evidence: str
    languages: Mapping[Language, str]
    why: str
    everything: str
    term: str
    meets: str
    source: str
    published: str
    unpublished: str
    seen: str
    number: str
    late: Lateness
    possible_duplicate: str
    withdrawn: str
    the: tuple[str, ...]
    countries: Mapping[str, str]

    @model_validator(mode="after")
    def _complete(self) -> Phrases:
        given: dict[str, tuple[Iterable[str], Iterable[str]]] = {
            "predicates": (self.predicates, Stage),
            "directions": (self.directions, Direction),
            "languages": (self.languages, Language),
            "fields": (self.fields, FIELD_NAMES),
            "news": (self.news, [*ALERTING_REASONS, "other"]),
            "reasons": (self.reasons, [*ALERTING_REASONS - {Reason.FIRST}, "other"]),
            "reminders": (self.reminders, get_args(ReminderKind)),
            "parts": (self.parts, get_args(PartKind)),
            "digest.causes": (self.digest.causes, DigestCause),
            "digest.because": (self.digest.because, DigestCause),
        }
        for name, (phrases, wanted) in given.items():
            if missing := sorted(set(wanted) - set(phrases)):
                raise ValueError(f"`{name}` lacks {', '.join(missing)}; add them")
        return self


class _File(_Part):
    en: Phrases
    ja: Phrases
    zh: Phrases


@cache
def load_phrases() -> Mapping[ReaderLanguage, Phrases]:
    """The packaged phrases by language, read once; raises YamlError with every problem of the file."""
    file = validate(_File, load_yaml(Path(__file__).with_name("phrases.yml")))
    return {"en": file.en, "ja": file.ja, "zh": file.zh}
