"""What `noroshi sources` shows of a source: read from the ingest database and judged as of now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import click
import sqlalchemy as sa

from services.contracts.errors import RetryableError, UsageError
from services.ingest.health import paststore
from services.ingest.health.past import Past, usual_count
from services.ingest.health.state import SourceHealth, SourceState, expected_gap, judge
from services.ingest.memory import revisions, store
from services.ingest.memory.intake import load_standing
from services.ingest.memory.store import Cursor
from services.ingest.polling.schedule import seconds_to_next
from services.ingest.settings import IngestSettings
from services.ingest.source import Source
from services.ingest.workdays import local_day
from services.runtime.store import is_present, open_engine, reading

_COLOURS = {
    SourceState.OK: "green",
    SourceState.SILENT: "yellow",
    SourceState.LATE: "yellow",
    SourceState.BROKEN: "red",
}
_SHOWN_DAYS = 30


@dataclass(frozen=True)
class Known:
    """A source with what is remembered of it; `since` is when ingest first saw it in its state."""

    source: Source
    cursor: Cursor
    past: Past
    health: SourceHealth
    since: datetime | None

    @property
    def needs_a_person(self) -> bool:
        """Whether somebody should look at it."""
        return self.source.status == "active" and self.health.state not in (SourceState.OK, SourceState.WAITING)

    @property
    def state(self) -> str:
        """Its state in a word; a paused source has no other."""
        return self.health.state.value if self.source.status == "active" else "paused"

    @property
    def reason(self) -> str:
        """Why it is in that state, in words."""
        return self.health.reason if self.source.status == "active" else "`status: paused` in its file"

    @property
    def next_at(self) -> datetime | None:
        """About when it is asked next; None if it never was, is paused, or speaks when it likes."""
        if self.cursor.last_tried_at is None or self.source.status != "active" or self.source.is_pushed:
            return None
        seconds = seconds_to_next(self.source.schedule.every_minutes * 60.0, failures=self.cursor.failures)
        due = self.cursor.last_tried_at + timedelta(seconds=seconds)
        return max(due, self.cursor.not_before or due)


def read_known(settings: IngestSettings, sources: Sequence[Source], now: datetime) -> list[Known]:
    """The sources as they stand at `now`; where ingest never ran, all are waiting."""
    with _database(settings) as connection:
        return [_known(connection, source, now) for source in sources]


def read_revisions(settings: IngestSettings, event_ids: Collection[str]) -> Mapping[str, revisions.Known]:
    """How each of these documents stands, as published or as its list gave it."""
    with _database(settings) as connection:
        return load_standing(connection, event_ids) if connection else {}


def as_fields(known: Known, now: datetime) -> dict[str, Any]:
    """The source's state for a program: times in ISO 8601, gaps in working days."""
    cursor = known.cursor
    return {
        "key": known.source.key,
        "name": known.source.name,
        "state": known.state,
        "since": _iso(known.since),
        "reason": known.reason,
        "last_success_at": _iso(cursor.last_success_at),
        "last_new_at": _iso(cursor.last_new_at),
        "next_at": _iso(known.next_at),
        "usual_documents": usual_count(known.past, local_day(known.source, now)),
        "expected_gap": expected_gap(known.source, known.past).workdays,
    }


def details(known: Known) -> dict[str, Any]:
    """What else there is to know: its file's facts, its last trouble and its last thirty days."""
    source = known.source
    facts = source.model_dump(mode="json", include={"publisher", "country", "language", "kind", "tier"})
    asked = {"url": source.url or None, "address": source.address, "zone": source.zone, "terms": source.terms or None}
    works = [
        " ".join(source.publishes.days),
        source.publishes.holidays and f"less holidays of {source.publishes.holidays}",
    ]
    return {
        **facts,
        **asked,
        "every_minutes": source.schedule.every_minutes or None,
        "works": ", ".join(each for each in works if each),
        "gap_learned": expected_gap(source, known.past).learned,
        "failures": known.cursor.failures,
        "last_error": known.cursor.last_error or None,
        "doubt": known.past.doubt_text or None,
        "notes": source.notes or None,
        "days": [{**asdict(each), "day": each.day.isoformat()} for each in known.past.days[-_SHOWN_DAYS:]],
    }


def as_lines(known: Sequence[Known], now: datetime) -> list[str]:
    """A table for a person, the worst first; colours are for terminals."""
    rank = {state.value: n for n, state in enumerate(SourceState)}
    rows = sorted(known, key=lambda each: (-rank.get(each.state, -1), each.source.key))
    width = max((len(each.source.key) for each in rows), default=3)
    head = f"{'source':<{width}}  {'state':<7}  {'read':>7}  {'news':>7}  {'next':>7}  why"
    states = Counter(each.state for each in rows)
    return [head, *(_line(each, width, now) for each in rows), f"{len(rows)} sources: {_listed(states)}"]


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in counts.items()) or "none"


def _line(known: Known, width: int, now: datetime) -> str:
    state = click.style(f"{known.state:<7}", fg=_COLOURS.get(known.health.state) if known.state != "paused" else None)
    ages = (known.cursor.last_success_at, known.cursor.last_new_at, known.next_at)
    times = "  ".join(f"{_age(moment, now):>7}" for moment in ages)
    return f"{known.source.key:<{width}}  {state}  {times}  {known.reason}"


def _age(moment: datetime | None, now: datetime) -> str:
    """How long ago, or from now: `12 min`, `+3 h`, `9 d`."""
    if moment is None:
        return "–"
    seconds = (now - moment).total_seconds()
    sign, minutes = ("+" if seconds < 0 else ""), abs(seconds) / 60
    if minutes < 100:
        return f"{sign}{minutes:.0f} min"
    return f"{sign}{minutes / 60:.0f} h" if minutes < 48 * 60 else f"{sign}{minutes / 1440:.0f} d"


def _known(connection: sa.Connection | None, source: Source, now: datetime) -> Known:
    if connection is None:
        cursor, past, state = Cursor(source.key), Past(), None
    else:
        cursor, past = store.load_cursor(connection, source.key), paststore.load_past(connection, source.key)
        state = paststore.load_state(connection, source.key)
    health = judge(source, cursor, past, now)
    return Known(source, cursor, past, health, state[1] if state and state[0] is health.state else None)


@contextmanager
def _database(settings: IngestSettings) -> Iterator[sa.Connection | None]:
    """The ingest database as it stands, None if there is none yet; raises RetryableError if it does not answer."""
    if settings.database_url is None and not (settings.state_dir / "ingest.db").exists():
        yield None
        return
    engine = open_engine(settings, "ingest")
    try:
        if not is_present(engine, "listed_documents"):
            raise UsageError(
                "the ingest database is older than this command; start the ingest service of this version once"
            )
        with reading(engine) as connection:
            yield connection
    except sa.exc.OperationalError as error:
        raise RetryableError(f"the ingest database does not answer: {str(error.orig).strip()}") from error
    finally:
        engine.dispose()


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
