"""The dates of what was told as an iCalendar file (RFC 5545), for a person's own calendar. Pure.

Each date is an all-day event; a month or a year that the text does not narrow down is an event over all of it, and
its title says so. The same date of the same measure keeps its UID, and SEQUENCE rises when the measure changes, so
a calendar that subscribes moves and cancels what it already shows. What is withdrawn or lifted is cancelled.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import icalendar

from services.alert.core import TellKey
from services.alert.lifecycle.decision import Told, state_told
from services.alert.lifecycle.reminders import allowed_days, first_day, is_exact, last_day, reminded_roles
from services.alert.lifecycle.state import HALTED, limb_key, state_of
from services.alert.render.current import current_act
from services.alert.render.facts import date_name, write_limbs
from services.alert.render.provenance import find_url
from services.alert.render.reader import Reader
from services.alert.render.safetext import clean_line, trim
from services.alert.render.wording import write_measure
from services.contracts import ids
from services.contracts.alerts import Alert, Limb, MeasureState
from services.contracts.measures import Act
from services.contracts.vocab import REMINDER_REASONS, DateRole, Stage
from services.contracts.watchlists import Watchlist
from services.taxonomy.taxonomy import Taxonomy

PRODUCT = "-//Noroshi//Dates of measures//EN"
_TENTATIVE = frozenset({Stage.CONSIDERED, Stage.INVESTIGATION, Stage.PROPOSED}) | HALTED
_MAX_TITLE = 200


@dataclass(frozen=True)
class CalendarDate:
    """One event: `first` to `last` are its days, both included; `alarms` are days ahead."""

    uid: str
    sequence: int
    changed_at: datetime
    status: str
    role: DateRole
    value: str
    first: date
    last: date
    summary: str
    description: str
    url: str | None
    alarms: tuple[int, ...]
    rings_at: time


def list_dates(
    watchlist: Watchlist, told: Mapping[TellKey, Told], acts: Mapping[TellKey, Act], taxonomy: Taxonomy
) -> tuple[CalendarDate, ...]:
    """Every date of every measure the watchlist was told of, earliest first; each measure once, wherever it was told.

    A measure without an act, told of by a version that kept none, is left out until it is heard of again.
    """
    newest: dict[str, TellKey] = {}
    for key in sorted(key for key in told if key.watchlist_id == watchlist.id and key in acts):
        other = newest.get(key.measure_id)
        if other is None or told[other].changed < told[key].changed:
            newest[key.measure_id] = key
    found = [
        each for key in newest.values() for each in _MeasureDates(watchlist, told[key], acts[key], taxonomy).list()
    ]
    return tuple(sorted(found, key=lambda each: (each.first, each.last, each.uid)))


def write_calendar(dates: Iterable[CalendarDate], name: str) -> bytes:
    """The calendar file; its days and alarms have no time zone, they are those of whoever looks at it."""
    uid = f"{uuid.uuid5(ids.NAMESPACE, f'calendar {name}')}@noroshi"
    calendar = icalendar.Calendar.new(prodid=PRODUCT, method="PUBLISH", name=clean_line(name), uid=uid)
    for each in dates:
        calendar.add_component(_event(each))
    text: bytes = calendar.to_ical()
    return text


@dataclass(frozen=True)
class _MeasureDates:
    watchlist: Watchlist
    told: Told
    act: Act
    taxonomy: Taxonomy

    def list(self) -> Iterator[CalendarDate]:
        state, gone = self._state()
        parts: tuple[tuple[str, MeasureState | Limb], ...] = (
            ("", state),
            *((limb_key(limb), limb) for limb in state.limbs),
        )
        for name, part in parts:
            # The day from which a limb is suspended is not a day on which anything takes effect.
            left_out = {DateRole.EFFECTIVE} if name and part.stage in HALTED else set()
            for role, values in part.dates:
                for number, value in enumerate(values if role in REMINDER_REASONS.keys() - left_out else ()):
                    if first_day(value):
                        yield self._date(state, part, name, role, value, number, gone=gone)

    def _state(self) -> tuple[MeasureState, bool]:
        """The state, and whether the measure is gone; of one whose documents are all withdrawn the state before."""
        state = state_told(self.told, self.taxonomy)
        if any(not each.withdrawn for each in self.told.documents if each.told):
            return state, state.stage is Stage.LIFTED
        before = (each.model_copy(update={"withdrawn": False}) for each in self.told.documents if each.told)
        return state_of(before, self.taxonomy), True

    def _date(
        self,
        state: MeasureState,
        part: MeasureState | Limb,
        name: str,
        role: DateRole,
        value: str,
        number: int,
        *,
        gone: bool,
    ) -> CalendarDate:
        cancelled = gone or part.stage is Stage.LIFTED
        rings = not cancelled and role in reminded_roles(part.stage)
        days = allowed_days(value, self.watchlist.reminders) if rings else ()
        alert, reader = self._shown(state), self._reader
        first, last = first_day(value), last_day(value)
        if first is None or last is None:
            raise ValueError(f"no such date: {value}")
        return CalendarDate(
            uid=self._uid(name, role, number),
            sequence=self.told.changed,
            changed_at=max(each.seen_at for each in self.told.documents),
            status="CANCELLED" if cancelled else _status(part.stage, role),
            role=role,
            value=value,
            first=first,
            last=last,
            summary=self._summary(alert, part, name, role, value, cancelled=cancelled),
            description=self._description(alert, state, value, reader),
            url=find_url(alert),
            alarms=tuple(each for each in days if each > 0),
            rings_at=time.fromisoformat(self.watchlist.digest_at),
        )

    @property
    def _reader(self) -> Reader:
        return Reader(self.watchlist.language, self.taxonomy, self.act.event.seen_at.date())

    def _uid(self, part: str, role: DateRole, number: int) -> str:
        names = ("calendar", self.watchlist.tenant, self.watchlist.id, self.act.measure_id, part, role, str(number))
        return f"{uuid.uuid5(ids.NAMESPACE, chr(31).join(names))}@noroshi"

    def _summary(
        self, alert: Alert, part: MeasureState | Limb, name: str, role: DateRole, value: str, *, cancelled: bool
    ) -> str:
        reader = self._reader
        phrases = reader.phrases
        said = date_name(role, reader, suspended=part.stage in HALTED)
        if name and isinstance(part, Limb) and part.name:
            said = phrases.of_part.format(name=said, part=reader.part(part.name))
        if not is_exact(value):
            said = phrases.calendar.inexact.format(name=said, date=reader.write_stated(value))
        title = f"{said}{phrases.colon}{write_measure(alert, reader, 140)}"
        return trim(phrases.calendar.cancelled.format(title=title) if cancelled else title, _MAX_TITLE)

    def _description(self, alert: Alert, state: MeasureState, value: str, reader: Reader) -> str:
        phrases, event = reader.phrases, self.act.event
        fields = phrases.fields
        lines = [
            trim(clean_line(event.title), 300),
            f"{fields['stage']}{phrases.colon}{reader.stage(alert.act.stage)}",
            *([f"{fields['limbs']}{phrases.colon}{write_limbs(state, reader)}"] if state.limbs else []),
            *([] if is_exact(value) else [phrases.calendar.as_stated]),
            f"{fields['source']}{phrases.colon}{clean_line(event.source_name or event.source)}",
            f"{fields['watchlist']}{phrases.colon}{clean_line(self.watchlist.name)}",
        ]
        return "\n".join(lines)

    def _shown(self, state: MeasureState) -> Alert:
        """The measure as an alert of no reason in particular, which is what the words are written from."""
        alert = Alert(
            alert_id="",
            tenant=self.watchlist.tenant,
            watchlist_id=self.watchlist.id,
            watchlist_name=self.watchlist.name,
            watchlist_version="",
            language=self.watchlist.language,
            destination=self.watchlist.destinations[0],
            reason=REMINDER_REASONS[DateRole.EFFECTIVE],
            state=state,
            act=self.act,
            decided_at=self.act.event.seen_at,
        )
        return alert.model_copy(update={"act": current_act(alert)})


def _status(stage: Stage, role: DateRole) -> str:
    """A day of effect is tentative while the measure is only proposed, or does not apply for now."""
    return "TENTATIVE" if role is DateRole.EFFECTIVE and stage in _TENTATIVE else "CONFIRMED"


def _event(each: CalendarDate) -> icalendar.Event:
    event = icalendar.Event.new(
        uid=each.uid,
        sequence=each.sequence,
        stamp=each.changed_at,
        last_modified=each.changed_at,
        start=each.first,
        end=each.last + timedelta(days=1),
        summary=each.summary,
        description=each.description,
        url=each.url,
    )
    event.add("status", each.status)
    event.add("transp", "TRANSPARENT")
    for ahead in each.alarms:
        event.add_component(_alarm(each.summary, ahead, each.rings_at))
    return event


def _alarm(summary: str, ahead: int, at: time) -> icalendar.Alarm:
    alarm = icalendar.Alarm.new(description=summary)
    alarm.add("action", "DISPLAY")
    alarm.add("trigger", timedelta(hours=at.hour, minutes=at.minute) - timedelta(days=ahead))
    return alarm


def names_of(watchlists: Sequence[Watchlist]) -> str:
    """What to call the calendar of these watchlists."""
    return watchlists[0].name if len(watchlists) == 1 else "Noroshi"
