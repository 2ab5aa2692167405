"""The rows of a digest: alerts grouped by watchlist and measure, and how many of them one message can carry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.alert.render.current import current_act
from services.alert.render.facts import write_dates, write_stage
from services.alert.render.provenance import find_url, short_id, write_title
from services.alert.render.reader import Reader
from services.alert.render.reminder import reminded_date, write_due_date
from services.alert.render.safetext import decapitalise, trim, trim_start
from services.alert.render.wording import join_parts, list_parts, watchlist_name
from services.contracts.alerts import Alert
from services.contracts.vocab import DateRole

MAX_ROWS = 50
MAX_ALERTS = 100


@dataclass(frozen=True)
class Room:
    """How much of each cell is shown, in UTF-16 units; a longer address is left out."""

    watchlist: int
    news: int
    measure: int
    effective: int
    title: int
    url: int


ROOMS = (
    Room(watchlist=80, news=160, measure=160, effective=120, title=160, url=1_000),
    Room(watchlist=40, news=90, measure=110, effective=60, title=60, url=200),
    Room(watchlist=24, news=60, measure=70, effective=34, title=30, url=120),
    Room(watchlist=16, news=44, measure=48, effective=28, title=16, url=80),
    Room(watchlist=14, news=40, measure=46, effective=26, title=16, url=0),
)
"""From roomy to tight: the first that fits is taken. The last fits with MAX_ROWS rows of MAX_ALERTS alerts."""


@dataclass(frozen=True)
class Row:
    """What a digest says of one measure to one watchlist, in the reader's language; `parts` are of `measure`."""

    watchlist: str
    news: str
    parts: tuple[str, ...]
    measure: str
    effective: str
    title: str
    url: str | None
    ids: str

    def within(self, room: Room) -> Row:
        """The row with its cells cut to that room; of the news the newest are kept."""
        return Row(
            watchlist=trim(self.watchlist, room.watchlist),
            news=trim_start(self.news, room.news),
            parts=self.parts,
            measure=join_parts(self.parts, room.measure),
            effective=trim(self.effective, room.effective),
            title=trim(self.title, room.title),
            url=self.url if self.url and len(self.url) <= room.url else None,
            ids=self.ids,
        )


def fits(alerts: Iterable[Alert]) -> int:
    """How many of the alerts, from the first on, one digest can carry with every one of them findable in it."""
    return fits_keys(map(_key, alerts))


def fits_keys(keys: Iterable[tuple[str, str]]) -> int:
    """The same for alerts of which only watchlist and measure are known."""
    rows, count = set(), 0
    for key in keys:
        rows.add(key)
        if count == MAX_ALERTS or len(rows) > MAX_ROWS:
            break
        count += 1
    return count


def group(alerts: Sequence[Alert]) -> list[list[Alert]]:
    """The alerts of each row, in the order given; rows of one watchlist stand together."""
    rows: dict[str, dict[str, list[Alert]]] = {}
    for alert in alerts:
        watchlist, measure = _key(alert)
        rows.setdefault(watchlist, {}).setdefault(measure, []).append(alert)
    return [row for measures in rows.values() for row in measures.values()]


def _key(alert: Alert) -> tuple[str, str]:
    return alert.watchlist_id, alert.act.measure_id


def write_row(alerts: Sequence[Alert], reader: Reader) -> Row:
    """One measure: what happened to it in the order it happened, and as it stands after the newest alert."""
    latest, room = alerts[-1], ROOMS[0]
    shown = latest.model_copy(update={"act": current_act(latest)})
    parts = tuple(list_parts(shown, reader))
    row = Row(
        watchlist=watchlist_name(latest),
        news=_write_news(alerts, reader),
        parts=parts,
        measure="",
        effective=write_dates(shown.act, DateRole.EFFECTIVE, reader),
        title=write_title(latest, room.title),
        url=find_url(latest, room.url),
        ids=" ".join(short_id(alert.alert_id) for alert in alerts),
    )
    return row.within(room)


def _write_news(alerts: Sequence[Alert], reader: Reader) -> str:
    """The reasons in a word each, and the stages with the newest last: `Stage, date: Proposed → Adopted`."""
    told = [alert for alert in alerts if reminded_date(alert) is None]
    words = reader.phrases.news
    first, *more = dict.fromkeys(words.get(alert.reason) or words["other"] for alert in told) or [""]
    reasons = [first, *map(decapitalise, more)] if first else []
    trail = " → ".join(_stages(told, reader))
    news = reader.phrases.colon.join(part for part in (reader.phrases.list.join(reasons), trail) if part)
    due = [_write_reminder(alert, reader) for alert in alerts]
    return reader.phrases.semicolon.join(part for part in (*due, news) if part)


def _write_reminder(alert: Alert, reader: Reader) -> str:
    due = reminded_date(alert)
    if due is None:
        return ""
    distance = reader.write_distance(due.value)
    shown = alert.model_copy(update={"act": current_act(alert)})
    return (
        "⏰ "
        + write_due_date(shown, due, reader)
        + (reader.phrases.distance.format(distance=distance) if distance else "")
    )


def _stages(alerts: Sequence[Alert], reader: Reader) -> list[str]:
    """The stage before the first of the alerts, if it changed, then each new one."""
    stages: list[str] = []
    for alert in alerts:
        for stage in write_stage(alert, reader).split(" → "):
            if stages[-1:] != [stage]:
                stages.append(stage)
    return stages
