"""The closed vocabularies of the messages.

Measure types, minerals, technologies and countries are open lists kept as data in `services/taxonomy`;
the enums here are closed because code decides on each of their values.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Stage(StrEnum):
    """Where in its life a measure stands as of the document, in the order of a life."""

    CONSIDERED = "considered"
    INVESTIGATION = "investigation"
    PROPOSED = "proposed"
    ANNOUNCED = "announced"
    ADOPTED = "adopted"
    IN_FORCE = "in_force"
    EXTENDED = "extended"
    AMENDED = "amended"
    SUSPENDED = "suspended"
    LIFTED = "lifted"
    COURT_BLOCKED = "court_blocked"
    UNKNOWN = "unknown"

    @property
    def order(self) -> int:
        """The position used by `stage: ">= proposed"`; an unknown stage stands before all others."""
        return _STAGE_ORDER[self]


_STAGE_ORDER: dict[Stage, int] = {
    Stage.UNKNOWN: 0,
    Stage.CONSIDERED: 10,
    Stage.INVESTIGATION: 15,
    Stage.PROPOSED: 20,
    Stage.ANNOUNCED: 30,
    Stage.ADOPTED: 40,
    Stage.IN_FORCE: 50,
    Stage.EXTENDED: 60,
    Stage.AMENDED: 61,
    Stage.SUSPENDED: 70,
    Stage.LIFTED: 80,
    Stage.COURT_BLOCKED: 90,
}


class Direction(StrEnum):
    """What a measure does to trade, investment, use or transfer."""

    RESTRICTIVE = "restrictive"
    LIBERALISING = "liberalising"
    SUPPORTIVE = "supportive"
    NEUTRAL = "neutral"


class Modality(StrEnum):
    """How firmly the text states the act; only an asserted act may page anyone."""

    ASSERTED = "asserted"
    FORECAST = "forecast"
    RECOMMENDED = "recommended"


class CountryRole(StrEnum):
    """What a country is to the measure; `mentioned` means no role could be shown."""

    IMPOSING = "imposing"
    TARGET = "target"
    AFFECTED = "affected"
    BENEFICIARY = "beneficiary"
    PARTNER = "partner"
    MENTIONED = "mentioned"


class Basis(StrEnum):
    """What the role of a country rests on; `none` for tags that are no countries."""

    ISSUER = "issuer"
    AGENCY = "agency"
    SUBJECT = "subject"
    PREPOSITION = "preposition"
    AFFIX = "affix"
    PAIR = "pair"
    FIRM = "firm"
    ORDER = "order"
    DISCOURSE = "discourse"
    LAW = "law"
    MENTION = "mention"
    NONE = "none"


class Urgency(StrEnum):
    """How soon a subscriber with a broad watchlist should hear of an act."""

    NOW = "now"
    DIGEST = "digest"
    ARCHIVE = "archive"


class Language(StrEnum):
    """The languages documents are read in; `other` is kept but not classified."""

    EN = "en"
    JA = "ja"
    ZH_HANS = "zh-Hans"
    ZH_HANT = "zh-Hant"
    OTHER = "other"


class DateRole(StrEnum):
    """What a date in the text is the date of."""

    EFFECTIVE = "effective"
    ADOPTED = "adopted"
    ANNOUNCED = "announced"
    COMMENT_DEADLINE = "comment_deadline"
    EXPIRY = "expiry"
    REVIEW = "review"


class DatePrecision(StrEnum):
    """How much of the date the text states; nothing is rounded to a day it does not name."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"


class RelationKind(StrEnum):
    """What an act does to, or does because of, another measure."""

    IMPLEMENTS = "implements"
    AMENDS = "amends"
    SUSPENDS = "suspends"
    EXTENDS = "extends"
    REPEALS = "repeals"
    RESPONDS_TO = "responds_to"
    RELATES_TO = "relates_to"


class Bound(StrEnum):
    """How a text gives a number: as it is, roughly, as the most, or as the least."""

    EXACT = "exact"
    ABOUT = "about"
    UP_TO = "up_to"
    AT_LEAST = "at_least"


class Field(StrEnum):
    """The part of an event that evidence points into."""

    TITLE = "title"
    BODY = "body"


class Facet(StrEnum):
    """What an evidence span is evidence of."""

    TYPE = "type"
    DIRECTION = "direction"
    STAGE = "stage"
    MODALITY = "modality"
    IMPOSING = "imposing"
    TARGET = "target"
    AFFECTED = "affected"
    BENEFICIARY = "beneficiary"
    PARTNER = "partner"
    MENTIONED = "mentioned"
    MINERAL = "mineral"
    TECHNOLOGY = "technology"
    DATE = "date"
    HS = "hs"
    ECCN = "eccn"
    CAS = "cas"
    IDENTIFIER = "identifier"
    AMOUNT = "amount"
    RELEVANCE = "relevance"


class Reason(StrEnum):
    """Why an act did or did not become an alert: one word in Slack, log, metric label and `explain`."""

    FIRST = "FIRST"
    STAGE_CHANGED = "STAGE_CHANGED"
    DATE_CHANGED = "DATE_CHANGED"
    SCOPE_CHANGED = "SCOPE_CHANGED"
    CORRECTED = "CORRECTED"
    WITHDRAWN = "WITHDRAWN"
    EFFECTIVE_DATE = "EFFECTIVE_DATE"
    COMMENT_DEADLINE = "COMMENT_DEADLINE"
    EXPIRY_DATE = "EXPIRY_DATE"
    REVIEW_DATE = "REVIEW_DATE"
    REPEATED = "REPEATED"
    OUT_OF_DATE = "OUT_OF_DATE"
    BACKFILL = "BACKFILL"
    MUTED = "MUTED"
    NOT_WANTED = "NOT_WANTED"
    HELD = "HELD"
    CANCELLED = "CANCELLED"
    NOT_ASSERTED = "NOT_ASSERTED"
    NOT_URGENT = "NOT_URGENT"
    NO_WATCHLIST = "NO_WATCHLIST"


ALERTING_REASONS = frozenset(
    {
        Reason.FIRST,
        Reason.STAGE_CHANGED,
        Reason.DATE_CHANGED,
        Reason.SCOPE_CHANGED,
        Reason.CORRECTED,
        Reason.WITHDRAWN,
        Reason.EFFECTIVE_DATE,
        Reason.COMMENT_DEADLINE,
        Reason.EXPIRY_DATE,
        Reason.REVIEW_DATE,
    }
)

REMINDER_REASONS: Mapping[DateRole, Reason] = MappingProxyType(
    {
        DateRole.EFFECTIVE: Reason.EFFECTIVE_DATE,
        DateRole.COMMENT_DEADLINE: Reason.COMMENT_DEADLINE,
        DateRole.EXPIRY: Reason.EXPIRY_DATE,
        DateRole.REVIEW: Reason.REVIEW_DATE,
    }
)
"""The reason of a reminder, by the date it reminds of."""


class DeliveryKind(StrEnum):
    """What one delivery carries: one alert, or several in a digest."""

    ALERT = "alert"
    DIGEST = "digest"


class DigestCause(StrEnum):
    """Why alerts come together: the watchlist's cadence, a storm, a spent budget, a hold that was released, that they
    were found only now in documents of before, or that the watchlist is over-broad.
    """

    CADENCE = "cadence"
    STORM = "storm"
    BUDGET = "budget"
    RELEASED = "released"
    REREAD = "reread"
    BROAD = "broad"


class DeliveryState(StrEnum):
    """The state of one delivery; its rank never falls (none < intent < parked = dead < sent)."""

    PENDING = "pending"
    INTENT = "intent"
    PARKED = "parked"
    DEAD = "dead"
    SENT = "sent"

    @property
    def rank(self) -> int:
        """The order used when two writers disagree: the higher rank wins."""
        return {"pending": 0, "intent": 1, "parked": 2, "dead": 2, "sent": 3}[self.value]
