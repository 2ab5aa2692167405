"""Acts made by hand: a valid act from as little as a test needs to say."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from services.contracts import ids
from services.contracts.events import Identifier
from services.contracts.measures import Act, DateFact, EventRef, Passage
from services.contracts.vocab import (
    DatePrecision,
    DateRole,
    Direction,
    Field,
    Language,
    Modality,
    Stage,
    Urgency,
)

DAY = date(2025, 4, 4)
SEEN = datetime(2025, 4, 4, 9, 0, tzinfo=UTC)
MEASURE = ids.measure_id_of_identifier(Identifier(scheme="announcement", value="2025-18"))
_PRECISION = {4: DatePrecision.YEAR, 7: DatePrecision.MONTH, 10: DatePrecision.DAY}


def an_event(document: str = "doc-1", *, day: int = 0, later: float = 0, **fields: Any) -> EventRef:
    """A document of `cn-mofcom`, published `day` days after DAY and seen `later` seconds after that day's SEEN."""
    source = fields.pop("source", "cn-mofcom")
    seen = fields.pop("seen_at", SEEN + timedelta(days=day, seconds=later))
    given: dict[str, Any] = {
        "event_id": ids.event_id(source, document),
        "revision": f"{document}-{later}",
        "source": source,
        "document_id": document,
        "lang": Language.ZH_HANS,
        "title": "对部分中重稀土相关物项实施出口管制",
        "published_on": DAY + timedelta(days=day),
        "seen_at": seen,
    }
    return EventRef(**{**given, **fields})


def an_act(event: EventRef | None = None, *, text: str = "", effective: str | None = None, **fields: Any) -> Act:
    """An asserted, urgent act on dysprosium by China unless `fields` say otherwise."""
    event = event or an_event()
    measure = fields.pop("measure_id", MEASURE)
    given: dict[str, Any] = {
        "act_id": ids.act_id(event.event_id, event.revision, measure),
        "measure_id": measure,
        "event": event,
        "types": ("licence_requirement",),
        "direction": Direction.RESTRICTIVE,
        "stage": Stage.ADOPTED,
        "urgency": Urgency.NOW,
        "imposing": ("CN",),
        "minerals": ("dysprosium",),
        "passages": (Passage(field=Field.BODY, start=0, end=len(text), text=text),) if text else (),
        "dates": (a_date(DateRole.EFFECTIVE, effective),) if effective else (),
    }
    return Act(**{**given, **fields})


def a_date(role: DateRole, value: str) -> DateFact:
    """A date as precise as it is written."""
    return DateFact(role=role, value=value, precision=_PRECISION[len(value)])


MINERALS = ("dysprosium", "ndfeb_magnets", "rare_earths", "gallium", "nickel", "critical_minerals")
TYPES = ("export_control", "licence_requirement", "export_ban", "tariff", "subsidy")
TECHNOLOGIES = ("lithography", "semiconductors", "hbm", "batteries")
COUNTRIES = ("CN", "JP", "US", "DE", "EU", "ID")


def some(tags: tuple[str, ...], most: int = 2) -> st.SearchStrategy[tuple[str, ...]]:
    """Up to `most` of the tags, sorted."""
    return st.lists(st.sampled_from(tags), max_size=most, unique=True).map(lambda each: tuple(sorted(each)))


def acts(**fixed: Any) -> st.SearchStrategy[Act]:
    """Acts of any kind within the small vocabulary above."""
    return st.builds(
        an_act,
        event=fixed.pop("event", st.builds(an_event, source=st.sampled_from(["cn-mofcom", "us-bis"]))),
        text=st.sampled_from(["", "镝和铽", "exports of NdFeB magnets", "routine notice"]),
        effective=st.sampled_from([None, "2025-05", "2025-05-01", "2025-06-01"]),
        types=some(TYPES),
        minerals=some(MINERALS),
        technologies=some(TECHNOLOGIES),
        imposing=some(COUNTRIES),
        target=some(COUNTRIES),
        stage=st.sampled_from(Stage),
        direction=st.sampled_from(Direction),
        **{"urgency": st.sampled_from(Urgency), "modality": st.sampled_from(Modality), **fixed},
    )
