"""How `noroshi backtest` shows what it found: a few lines to read first, then every alert; one object for programs."""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any, TypeVar

import click
from rich.cells import cell_len, chop_cells, set_cell_size

from services.alert.history.backtest import Report, Shift
from services.alert.history.rate import Rate
from services.alert.history.replay import Hit
from services.alert.history.sending import Message
from services.alert.restraint.guard import MAX_INSTANT_PER_DAY
from services.alert.watchlists.sets import WatchlistSet
from services.cli.history import History
from services.contracts.vocab import DigestCause, Reason
from services.contracts.watchlists import Watchlist

MANY_A_DAY = 3
"""More alerts than this on one day are counted as a busy day."""

_PIPE_WIDTH = 110
_LEAST, _MOST = 60, 160
_TOP = 6
_WHY_WIDTH = 200
_REASON_WIDTH = max(map(len, Reason))
_SILENT = {
    Reason.REPEATED: "no news to what was told",
    Reason.OUT_OF_DATE: "older than what was told",
    Reason.NOT_ASSERTED: "not asserted",
    Reason.NOT_URGENT: "not urgent",
    Reason.BACKFILL: "filled history",
    Reason.NOT_WANTED: "news it does not want",
}
_CAUSES = {
    DigestCause.CADENCE: "by cadence",
    DigestCause.STORM: "for many at once",
    DigestCause.BUDGET: "for the hour's budget",
    DigestCause.RELEASED: "after a hold",
    DigestCause.REREAD: "from older documents",
    DigestCause.BROAD: "for too broad a watchlist",
}
T = TypeVar("T")


def show(report: Report, watchlists: WatchlistSet, history: History, *, compared: bool, limit: int) -> None:
    """Print the report on standard output; lines fit the terminal, or 110 columns in a pipe."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else _PIPE_WIDTH
    view = _View(report, watchlists, history, min(max(width, _LEAST), _MOST))
    lines = [*view.summary(), *view.alerts(limit), *(view.shifts(limit) if compared else ())]
    click.echo("\n".join(lines))


def as_json(report: Report, watchlists: WatchlistSet, history: History, *, compared: bool) -> dict[str, Any]:
    """The report as one object; `gained` and `lost` are there only if there was something to compare with."""
    rates = {each.id: _rate_json(report.rate(each.id), each) for each in watchlists.watchlists}
    found: dict[str, Any] = {
        "history": history.name,
        "acts": report.acts,
        "documents": report.documents,
        "not_read": history.not_read,
        "first": None if report.first is None else report.first.isoformat(),
        "last": None if report.last is None else report.last.isoformat(),
        "days": report.days,
        "watchlists": rates,
        "messages": [_message_json(message) for message in report.messages],
        "alerts": [_hit_json(hit) for hit in report.hits],
        "reasons": {reason.value: count for reason, count in report.reasons.most_common()},
        "atoms": dict(report.atoms.most_common()),
        "silent": {reason.value: count for reason, count in report.silent.items()},
    }
    if compared:
        for name, gained in (("gained", True), ("lost", False)):
            shifts = (each for each in report.shifts if each.gained is gained)
            found[name] = [_hit_json(each.hit) | {"by": list(each.atoms), "why": list(each.why)} for each in shifts]
    return found


def _rate_json(rate: Rate, watchlist: Watchlist) -> dict[str, Any]:
    shown = asdict(rate) | {"per_week": rate.per_week, "too_broad": rate.is_too_broad(watchlist.cadence)}
    return shown | {"busiest_day": None if rate.busiest_day is None else rate.busiest_day.isoformat()}


def _hit_json(hit: Hit) -> dict[str, Any]:
    due = None if hit.due is None else hit.due.model_dump(mode="json")
    return asdict(hit) | {"at": hit.at.isoformat(), "release_at": hit.release_at.isoformat(), "due": due}


def _message_json(message: Message) -> dict[str, Any]:
    return {
        "at": message.at.isoformat(),
        "destination": message.destination,
        "cause": message.cause,
        "alert_ids": [hit.alert_id for hit in message.hits],
    }


class _View:
    """One report as lines of at most `width` cells; a CJK character takes two."""

    def __init__(self, report: Report, watchlists: WatchlistSet, history: History, width: int) -> None:
        self._report, self._watchlists, self._history, self._width = report, watchlists, history, width

    def summary(self) -> Iterator[str]:
        """What a person reads first: how much, how often, why."""
        report = self._report
        days = f", {report.first} to {report.last}" if report.days else ""
        yield f"History: {_count(report.documents, 'document')} with {_count(report.acts, 'act')}{days}"
        yield self._fit(f"  from {self._history.name}")
        yield from self._one() if len(self._watchlists.watchlists) == 1 else self._several()
        if report.hits:
            yield from self._wrapped("reasons", _top(report.reasons))
            yield from self._wrapped("top", _top(report.atoms))
        if report.silent:
            words = Counter({_SILENT.get(reason, reason.value): count for reason, count in report.silent.items()})
            yield from self._wrapped("matched but not told", _top(words))

    def _one(self) -> Iterator[str]:
        """One watchlist: its destinations hear the same, so one of them says it all."""
        (watchlist,) = self._watchlists.watchlists
        yield from ("", self._fit(f"{watchlist.id}: {watchlist.name}"))
        many = f", to each of {len(watchlist.destinations)} destinations" if len(watchlist.destinations) > 1 else ""
        messages = max(self._report.destinations.values(), key=len, default=())
        yield from self._message_lines(f"would have sent {_count(len(messages), 'message')}", messages, many)
        yield from self._warning(watchlist)

    def _several(self) -> Iterator[str]:
        for watchlist in self._watchlists.watchlists:
            rate = self._report.rate(watchlist.id)
            yield from ("", self._fit(f"{watchlist.id}: {watchlist.name}"))
            busiest = f"; busiest day {rate.busiest_day}: {rate.busiest_count}" if rate.busiest_day else ""
            yield f"  would have made {_count(rate.alerts, 'alert')} ({_often(rate.alerts, rate.days)}){busiest}"
            yield from self._warning(watchlist)
        yield from ("", "together")
        for destination, messages in sorted(self._report.destinations.items()):
            begin = f"{destination}: {_count(len(messages), 'message')}"
            yield from self._message_lines(begin, messages, indent="  ")

    def _message_lines(self, begin: str, messages: Sequence[Message], end: str = "", indent: str = "") -> Iterator[str]:
        days = self._report.days
        yield self._fit(f"  {begin} in {_count(days, 'day')} ({_often(len(messages), days)}){end}")
        digests = [each for each in messages if each.cause is not None]
        muted = 0 if indent else sum(hit.mute_id is not None for hit in _once(self._report.hits))
        if digests or muted:
            inside = _count(sum(len(each.hits) for each in digests), "alert")
            parts = [f"{_count(len(messages) - len(digests), 'alert')} alone"]
            parts += [f"{inside} in {_count(len(digests), 'digest')} ({_causes(digests)})"] if digests else []
            parts += [f"{_count(muted, 'alert')} muted"] if muted else []
            yield self._fit(f"  {indent}{', '.join(parts)}")
        by_day = Counter(each.at.astimezone(each.hits[0].at.tzinfo).date() for each in messages)
        if by_day:
            day, most = max(by_day.items(), key=lambda each: (each[1], each[0]))
            busy = sum(count > MANY_A_DAY for count in by_day.values())
            more = f"; on {_count(busy, 'day')} more than {MANY_A_DAY}" if busy else ""
            yield f"  {indent}busiest day {day}: {most}{more}"

    def _warning(self, watchlist: Watchlist) -> Iterator[str]:
        rate = self._report.rate(watchlist.id)
        if rate.is_too_broad(watchlist.cadence):
            yield f"  TOO BROAD to speak at once: {rate.per_day:.1f} alerts a day in its busiest month, over"
            yield f"  {MAX_INSTANT_PER_DAY:g}. Write `cadence: daily` in it, or name fewer things."

    def _wrapped(self, name: str, words: Sequence[str]) -> Iterator[str]:
        return self._filled([*(f"{word}," for word in words[:-1]), *words[-1:]], f"  {name}: ", "    ")

    def _filled(self, words: Sequence[str], first: str, rest: str) -> Iterator[str]:
        """The words in lines that fit, a word too long for a line cut up."""
        room = self._width - len(rest)
        line, is_new = first, True
        for word in (part for each in words for part in chop_cells(_printable(each), room)):
            if not is_new and cell_len(line) + cell_len(word) > self._width:
                yield line.rstrip()
                line = rest
            line, is_new = f"{line}{word} ", False
        yield line.rstrip()

    def alerts(self, limit: int) -> Iterator[str]:
        """One line an alert: day, reason, headline; the watchlist too if there are several."""
        hits = _once(self._report.hits)
        if hits and limit:
            yield ""
        yield from (self._line("", hit) for hit in hits[:limit])
        if len(hits) > limit:
            yield f"… and {len(hits) - limit} more; --limit shows more, --json all"

    def shifts(self, limit: int) -> Iterator[str]:
        """What the change gains and loses, each with what stood in the way."""
        gained = [each for each in self._report.shifts if each.gained]
        lost = [each for each in self._report.shifts if not each.gained]
        yield ""
        yield f"Against the old version: {len(gained)} gained, {len(lost)} lost"
        for each in (*gained, *lost)[:limit]:
            yield self._line("+ " if each.gained else "- ", each.hit)
            for line in _why(each):
                yield from self._filled(_cut(line, _WHY_WIDTH).split(" "), "      ", "        ")

    def _line(self, sign: str, hit: Hit) -> str:
        name = f"{hit.watchlist_id}  " if len(self._watchlists.watchlists) > 1 else ""
        ahead = f"(in {_count(hit.due.days, 'day')}) " if hit.due and hit.due.days else ""
        noted = f"{'(muted) ' if hit.mute_id else ''}{ahead}"
        return self._fit(f"{sign}{hit.at.date()}  {hit.reason.value:<{_REASON_WIDTH}}  {name}{noted}{hit.title}")

    def _fit(self, text: str) -> str:
        return _cut(_printable(text), self._width)


def _why(shift: Shift) -> Iterator[str]:
    other = "the old version" if shift.gained else "the new version"
    if shift.atoms:
        yield f"by {', '.join(shift.atoms)}, which {other} does not name"
    yield from (f"{other}: {each}" for each in shift.why)


def _printable(text: str) -> str:
    """The text without what a terminal would obey: headlines come from anywhere."""
    return "".join(char if char.isprintable() else " " if char.isspace() else "�" for char in text)


def _cut(text: str, width: int) -> str:
    return text if cell_len(text) <= width else set_cell_size(text, width - 1).rstrip() + "…"


def _once(hits: Iterable[Hit]) -> list[Hit]:
    """The alerts of the first destination of each; the others hear the same."""
    return list({(hit.watchlist_id, hit.measure_id, hit.event_id, hit.reason, hit.at): hit for hit in hits}.values())


def _top(counted: Counter[T]) -> list[str]:
    return [f"{each} {count}" for each, count in counted.most_common(_TOP)]


def _causes(digests: Iterable[Message]) -> str:
    counted = Counter(each.cause for each in digests)
    return ", ".join(f"{count} {_CAUSES[cause]}" for cause, count in counted.items() if cause is not None)


def _often(number: int, days: int) -> str:
    """The rate in the shortest unit in which it is at least one."""
    per_day = number / days if days else 0.0
    for unit, length in (("a day", 1.0), ("a week", 7.0), ("a month", 365.25 / 12)):
        if per_day * length >= 1:
            return f"{per_day * length:.1f} {unit}"
    return f"{per_day * 365.25:.1f} a year"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
