"""A digest: many alerts for one destination in one message, as a table with a row for each measure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from services.alert.channel import Message
from services.alert.delivery.protocol import Level
from services.alert.render import blocks
from services.alert.render.blocks import Block
from services.alert.render.facts import list_terms
from services.alert.render.phrases import Count, ReaderLanguage
from services.alert.render.provenance import short_id
from services.alert.render.reader import Reader
from services.alert.render.rows import ROOMS, Room, Row, group, write_row
from services.alert.render.safetext import escape, plain, size, trim
from services.alert.render.wording import watchlist_name
from services.contracts.alerts import Alert
from services.contracts.vocab import DigestCause
from services.taxonomy.taxonomy import Taxonomy

MAX_PLAIN = 3_900
"""The longest text without blocks: Slack advises to stay below 4,000."""
_TIGHTEST = Room(watchlist=0, news=16, measure=26, effective=0, title=16, url=0)
"""For a text without blocks, which has less than half the room."""
_MAX_WHY = 5
_NAMED = 3


def render_digest(
    delivery_id: str,
    alerts: Sequence[Alert],
    cause: DigestCause,
    level: Level,
    possible_duplicate: bool,
    taxonomy: Taxonomy,
    today: date,
) -> Message:
    """The message for as many alerts as `fits` allows, in the order they were decided; each one's number is in it.

    FULL shows a table, COMPACT a list, TEXT lines. Cells give way until the whole is within Slack's limits; what
    gives way is words and, last of all, addresses, never a row. It speaks the alerts' language if they share one.
    """
    reader = Reader(_language(alerts), taxonomy, today)
    digest = _Digest(delivery_id, alerts, cause, possible_duplicate, reader)
    if level is Level.TEXT:
        return Message(delivery_id, digest.text(), alerts=tuple(alerts))
    write = digest.table if level is Level.FULL else digest.bullets
    return Message(delivery_id, plain(digest.sentence(), blocks.MAX_TEXT), tuple(digest.fit(write)), tuple(alerts))


def _language(alerts: Sequence[Alert]) -> ReaderLanguage:
    languages = {alert.language for alert in alerts}
    return languages.pop() if len(languages) == 1 else "en"


class _Digest:
    """One digest on its way to a message."""

    def __init__(
        self,
        delivery_id: str,
        alerts: Sequence[Alert],
        cause: DigestCause,
        possible_duplicate: bool,
        reader: Reader,
    ) -> None:
        self._id, self._alerts, self._cause, self._reader = delivery_id, alerts, cause, reader
        self._possible_duplicate = possible_duplicate
        self._words = reader.phrases.digest
        self._rows = [write_row(each, reader) for each in group(alerts)]
        self._watchlists = list({alert.watchlist_id: alert for alert in alerts}.values())

    def rows(self, room: Room) -> list[Row]:
        return [row.within(room) for row in self._rows]

    def sentence(self) -> str:
        """How many alerts for whom, the first few of them, and why they come together."""
        rows = self.rows(ROOMS[1])
        named = [self._words.row.format(measure=row.measure, news=row.news) for row in rows[:_NAMED]]
        if len(rows) > _NAMED:
            named.append(self._words.more.format(count=len(rows) - _NAMED))
        return self._words.sentence.format(
            alerts=_count(self._words.alerts, len(self._alerts)),
            watchlists=self._for(),
            rows=self._reader.phrases.semicolon.join(named),
            because=self._words.because[self._cause],
        )

    def headline(self) -> str:
        counted = _count(self._words.alerts, len(self._alerts))
        return f"📋 {counted} · {trim(self._for(), 70)} · {self._words.causes[self._cause]}"

    def _for(self) -> str:
        one, many = self._words.watchlists
        if len(self._watchlists) == 1:
            return one.format(name=watchlist_name(self._watchlists[0]))
        return many.format(count=len(self._watchlists))

    # ---- with blocks -------------------------------------------------------------------------------------------

    def fit(self, write: Callable[[list[Row]], Block]) -> list[Block]:
        """The blocks with the roomiest rows that stay within the budget."""
        built: list[Block] = []
        head, foot = [*self._marks(), self._words.because[self._cause]], [*self._why(), self._explain()]
        for room in ROOMS:
            built = [
                blocks.header(self.headline()),
                blocks.context(*head),
                write(self.rows(room)),
                blocks.context(*foot),
            ]
            if _total(built) <= blocks.MAX_BLOCKS_TEXT:
                break
        return built

    def table(self, rows: list[Row]) -> Block:
        names = self._reader.phrases.fields
        several = len(self._watchlists) > 1
        head = [names["watchlist"]] if several else []
        head += [names[name] for name in ("measure", "news", "effective", "document")]
        return blocks.table(head, ([*self._first(row, several), *self._cells(row)] for row in rows))

    def _first(self, row: Row, several: bool) -> list[Block]:
        return [blocks.rich(blocks.words(row.watchlist))] if several else []

    def _cells(self, row: Row) -> list[Block]:
        return [
            blocks.rich(blocks.words(row.measure, bold=True)),
            blocks.rich(blocks.words(row.news)),
            blocks.rich(blocks.words(row.effective)),
            blocks.rich(blocks.link(row.title, row.url), blocks.words(f" {row.ids}")),
        ]

    def bullets(self, rows: list[Row]) -> Block:
        several = len(self._watchlists) > 1
        return blocks.bullets(
            [
                blocks.words(row.measure, bold=True),
                blocks.words(f" · {row.news} · " + (f"{row.watchlist} · " if several else "")),
                blocks.link(row.title, row.url),
                blocks.words(f" {row.ids}"),
            ]
            for row in rows
        )

    def _why(self) -> list[str]:
        """Why it came, for the first few watchlists; more would be longer than the table."""
        return [trim(self._why_of(alert), 130) for alert in self._watchlists[:_MAX_WHY]]

    def _why_of(self, alert: Alert) -> str:
        same = (each for each in self._alerts if each.watchlist_id == alert.watchlist_id)
        matched = dict.fromkeys(term.model_copy(update={"spans": ()}) for each in same for term in each.matched)
        terms = list_terms(alert.model_copy(update={"matched": tuple(matched)}), self._reader)
        phrases = self._reader.phrases
        shown = self._reader.join(terms, _NAMED) or phrases.everything
        return phrases.why.format(watchlist=trim(watchlist_name(alert), 40), terms=shown)

    def _explain(self) -> str:
        return self._words.explain.format(
            alerts=_count(self._words.alerts, len(self._alerts)),
            measures=_count(self._words.measures, len({alert.act.measure_id for alert in self._alerts})),
            id=short_id(self._id),
        )

    def _marks(self) -> list[str]:
        return [self._reader.phrases.possible_duplicate] if self._possible_duplicate else []

    # ---- text only ---------------------------------------------------------------------------------------------

    def text(self) -> str:
        """A line for each row, addresses as long as there is room for them."""
        text = ""
        for room in (*ROOMS, _TIGHTEST):
            lines = [self.headline(), *self._marks(), self._explain()]
            head, *foot = (plain(line, 300) for line in lines)
            text = "\n".join([head, *(_write_line(row, room) for row in self.rows(room)), *foot])
            if size(text) <= MAX_PLAIN:
                break
        return text


def _write_line(row: Row, room: Room) -> str:
    url = f" <{escape(row.url)}>" if row.url else ""
    measure, news, ids = plain(row.measure, room.measure), plain(row.news, room.news), plain(row.ids, MAX_PLAIN)
    return f"• {measure} · {news}{url} {ids}"


def _count(phrase: Count, count: int) -> str:
    return phrase[count != 1].format(count=count)


def _total(value: Any) -> int:
    """All units blocks show or carry, addresses included."""
    if isinstance(value, dict):
        return sum(_total(each) for name, each in value.items() if name != "type")
    if isinstance(value, list):
        return sum(map(_total, value))
    return size(value) if isinstance(value, str) else 0
