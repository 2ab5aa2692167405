"""An alert: the decision to tell one destination of one act, and what became of it."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import AwareDatetime

from services.contracts.measures import Act
from services.contracts.records import Part, Record
from services.contracts.vocab import Reason
from services.contracts.watchlists import Destination


class MatchedTerm(Part):
    """One atom of a watchlist's rule that held: the watchlist's term and the act's own tags that met it."""

    predicate: str
    term: str
    tags: tuple[str, ...] = ()


class Change(Part):
    """What is new since the last alert on the measure: `field` went from `before` to `after`."""

    field: str
    before: str = ""
    after: str = ""


class Alert(Record):
    """One decided alert. Its id is the same however often the decision is made (see `ids.alert_id`)."""

    kind: ClassVar[str] = "alert"
    version: ClassVar[int] = 1

    alert_id: str
    tenant: str
    watchlist_id: str
    watchlist_name: str
    watchlist_version: str
    language: Literal["en", "ja", "zh"]
    destination: Destination
    reason: Reason
    changes: tuple[Change, ...] = ()
    matched: tuple[MatchedTerm, ...] = ()
    act: Act
    decided_at: AwareDatetime
    delivered_at: AwareDatetime | None = None
    message_ref: str | None = None
    thread_ref: str | None = None
