"""The first message of a thread, kept current: where the measure stands now, and what came of it since."""

from __future__ import annotations

from datetime import date

from services.alert.channel import Message
from services.alert.delivery.protocol import Level
from services.alert.render import blocks
from services.alert.render.current import current_act
from services.alert.render.facts import stage_now
from services.alert.render.message import render_document, render_message
from services.alert.render.provenance import list_provenance, utc, write_lateness, write_plainly, write_why
from services.alert.render.reader import Reader
from services.alert.render.safetext import decapitalise, plain
from services.alert.render.wording import write_headline, write_reason, write_sentence
from services.contracts.alerts import Alert, Change
from services.contracts.vocab import Reason
from services.taxonomy.taxonomy import Taxonomy

_GATHERED = ("hs_codes", "eccns", "cas_numbers", "beneficiary", "partner")
"""What the state does not hold: everything any of the two documents says of it."""


def render_root(first: Alert, latest: Alert, updates: int, level: Level, taxonomy: Taxonomy, today: date) -> Message:
    """The message of `first` as it reads after `updates` replies, the newest of which is `latest`.

    Its id, language, title, quotations and numbers stay those of `first`; stage and facts are those the measure has
    now. Without updates it is the message as it was posted.
    """
    if not updates:
        return render_message(first, level, False, taxonomy, today)
    reader = Reader(first.language, taxonomy, today)
    shown = _as_it_stands(first, latest)
    sentence = write_sentence(shown.model_copy(update={"reason": Reason.FIRST}), reader)
    news = _write_updates(latest, updates, reader)
    small_print = list_provenance(first, reader, False, _lateness(first, taxonomy))
    if level is Level.TEXT:
        return Message(first.alert_id, write_plainly(first, sentence, [news, *small_print]), alerts=(first,))
    built = [
        blocks.header(write_headline(shown, reader)),
        *render_document(first, shown, reader, full=level is Level.FULL),
        blocks.context(news),
        blocks.context(write_why(first, reader)),
        blocks.context(*small_print),
    ]
    return Message(first.alert_id, plain(sentence, blocks.MAX_TEXT), tuple(built), (first,))


def _as_it_stands(first: Alert, latest: Alert) -> Alert:
    """The first alert with the measure's newest state; it has changed if the stage is another one."""
    current, stated = current_act(latest), first.act
    act = current.model_copy(
        update={
            "event": stated.event,
            "identifiers": tuple(dict.fromkeys((*stated.identifiers, *current.identifiers))),
            **{name: tuple(dict.fromkeys((*getattr(stated, name), *getattr(current, name)))) for name in _GATHERED},
        }
    )
    before = next((each.before for each in first.changes if each.field == "stage" and each.before), _stage(first))
    moved = act.stage.value != before
    return first.model_copy(
        update={
            "act": act,
            "state": latest.state,
            "reason": Reason.STAGE_CHANGED if moved else Reason.FIRST,
            "changes": (Change(field="stage", before=before, after=act.stage.value),) if moved else (),
        }
    )


def _stage(alert: Alert) -> str:
    return (alert.state.stage if alert.state else alert.act.stage).value


def _lateness(first: Alert, taxonomy: Taxonomy) -> str:
    """How late the first message was on the day it was sent, whenever it is looked at."""
    sent = utc(first.delivered_at or first.decided_at).date()
    return write_lateness(first, Reader(first.language, taxonomy, sent))


def _write_updates(latest: Alert, updates: int, reader: Reader) -> str:
    words = reader.phrases.updates
    told = reader.write_day(utc(latest.delivered_at or latest.decided_at).date())
    return (words.one if updates == 1 else words.many).format(count=updates, date=told, news=_news(latest, reader))


def _news(latest: Alert, reader: Reader) -> str:
    if latest.reason is Reason.STAGE_CHANGED:
        return reader.phrases.updates.stage.format(stage=decapitalise(stage_now(latest, reader)))
    return decapitalise(write_reason(latest.reason, reader))
