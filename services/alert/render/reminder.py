"""A reminder: a date of a measure that was told of is near. It stands in the measure's thread, so it is short."""

from __future__ import annotations

from collections.abc import Mapping

from services.alert.channel import Message
from services.alert.delivery.protocol import Level
from services.alert.render import blocks
from services.alert.render.current import current_act
from services.alert.render.facts import date_name, list_facts, list_terms, write_part
from services.alert.render.phrases import ReminderKind
from services.alert.render.provenance import find_url, list_provenance, write_plainly, write_title, write_why
from services.alert.render.reader import Reader
from services.alert.render.safetext import capitalise, plain, trim
from services.alert.render.wording import sentence_parts, watchlist_name, write_measure
from services.contracts.alerts import Alert, DueDate, Limb
from services.contracts.vocab import REMINDER_REASONS, DateRole, Stage

_TENTATIVE = (Stage.CONSIDERED, Stage.INVESTIGATION, Stage.PROPOSED)
_KINDS: Mapping[DateRole, ReminderKind] = {
    DateRole.EFFECTIVE: "effective",
    DateRole.COMMENT_DEADLINE: "comment_deadline",
    DateRole.EXPIRY: "expiry",
    DateRole.REVIEW: "review",
}


def reminded_date(alert: Alert) -> DueDate | None:
    """The date an alert reminds of, or None if it tells news."""
    due = alert.due
    return due if due and due.role in _KINDS and alert.reason is REMINDER_REASONS[due.role] else None


def render_reminder(alert: Alert, due: DueDate, level: Level, possible_duplicate: bool, reader: Reader) -> Message:
    """Which date of which measure is near and how near, no more precisely than a document says it."""
    shown = alert.model_copy(update={"act": current_act(alert)})
    sentence = _write_sentence(shown, due, reader)
    small_print = list_provenance(alert, reader, possible_duplicate)
    if level is Level.TEXT:
        text = write_plainly(alert, _with_why(sentence, alert, reader), small_print)
        return Message(alert.alert_id, text, alerts=(alert,))
    facts = [fact for fact in list_facts(shown, reader) if fact.leading]
    built = [
        blocks.header(write_reminder(shown, due, reader)),
        blocks.delta(sentence, ()),
        blocks.title(write_title(alert), find_url(alert)),
        *(blocks.fields(facts) if level is Level.FULL else ()),
        blocks.context(write_why(alert, reader)),
        blocks.context(*small_print),
    ]
    text = plain(_with_why(sentence, alert, reader), blocks.MAX_TEXT)
    return Message(alert.alert_id, text, tuple(built), (alert,))


def write_reminder(shown: Alert, due: DueDate, reader: Reader) -> str:
    """How near the date is, the measure, and the date: `⏰ In 30 days: Gallium · China · … · Effective 1 May 2026`."""
    phrases, distance = reader.phrases, reader.write_distance(due.value)
    return phrases.reminder.format(
        distance=capitalise(distance) + phrases.colon if distance else "",
        measure=write_measure(shown, reader, 80),
        date=write_due_date(shown, due, reader),
    )


def write_due_date(shown: Alert, due: DueDate, reader: Reader) -> str:
    """What comes on the date, and the date, as `Effective 1 May 2026` or `Suspension ends 27 November 2026`."""
    name = date_name(due.role, reader, suspended=_kind(shown, due) == "suspension")
    return trim(f"{name} {reader.write_stated(due.value)}", 50)


def _write_sentence(shown: Alert, due: DueDate, reader: Reader) -> str:
    phrases, act = reader.phrases, shown.act
    several, distance = len(act.types) > 1, reader.write_distance(due.value)
    limb = _limb(shown, due)
    sentence = phrases.reminders[_kind(shown, due)].format(
        **sentence_parts(shown, reader),
        part=phrases.part_of.format(part=write_part(limb, reader)) if limb else "",
        tentative=phrases.tentative.format(stage=reader.stage_inside(act.stage)) if act.stage in _TENTATIVE else "",
        s="" if several and not limb else "s",
        be=phrases.be[several and not limb],
        when=reader.write_when(due.value),
        distance=phrases.distance.format(distance=distance) if distance else "",
    )
    return capitalise(sentence)


def _kind(shown: Alert, due: DueDate) -> ReminderKind:
    """What the date ends or begins; the end of a suspension is not the end of the measure."""
    limb = _limb(shown, due)
    suspended = (limb.stage if limb else shown.act.stage) is Stage.SUSPENDED
    return "suspension" if due.role is DateRole.EXPIRY and suspended else _KINDS[due.role]


def _limb(shown: Alert, due: DueDate) -> Limb | None:
    """The part of the measure that has the date, if it is not the measure's own."""
    limbs = shown.state.limbs if shown.state else ()
    return next((limb for limb in limbs if due.value in dict(limb.dates).get(due.role, ())), None)


def _with_why(sentence: str, alert: Alert, reader: Reader) -> str:
    terms = reader.join(list_terms(alert, reader), 4) or reader.phrases.everything
    return reader.phrases.because.format(sentence=sentence, watchlist=watchlist_name(alert), why=terms)
