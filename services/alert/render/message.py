"""An alert as a Slack message: who, against whom, what, which stage, from when, and why it came to this reader."""

from __future__ import annotations

from datetime import date

from services.alert.channel import Message
from services.alert.delivery.protocol import Level
from services.alert.render import blocks
from services.alert.render.blocks import Block
from services.alert.render.evidence import quote_evidence
from services.alert.render.facts import Fact, list_changes, list_facts
from services.alert.render.provenance import (
    find_host,
    find_url,
    list_provenance,
    write_lateness,
    write_plainly,
    write_source,
    write_title,
    write_why,
)
from services.alert.render.reader import Reader
from services.alert.render.reminder import reminded_date, render_reminder
from services.alert.render.safetext import plain
from services.alert.render.wording import write_headline, write_reason, write_sentence
from services.contracts.alerts import Alert
from services.contracts.vocab import Reason
from services.taxonomy.taxonomy import Taxonomy

MAX_CHANGES = 6


def render_message(alert: Alert, level: Level, possible_duplicate: bool, taxonomy: Taxonomy, today: date) -> Message:
    """The message for an alert, within every limit of Slack whatever the act holds.

    Nothing in it pings anyone, and the only link is the event's own address, if that is a plain https one.
    FULL quotes the evidence; COMPACT leaves it and the lesser facts out; TEXT has no blocks at all.
    """
    reader = Reader(alert.language, taxonomy, today)
    if due := reminded_date(alert):
        return render_reminder(alert, due, level, possible_duplicate, reader)
    sentence = write_sentence(alert, reader)
    small_print = list_provenance(alert, reader, possible_duplicate, write_lateness(alert, reader))
    if level is Level.TEXT:
        return Message(alert.alert_id, write_plainly(alert, sentence, small_print), alerts=(alert,))
    built = _blocks(alert, reader, small_print, full=level is Level.FULL)
    return Message(alert.alert_id, plain(sentence, blocks.MAX_TEXT), tuple(built), (alert,))


def _blocks(alert: Alert, reader: Reader, small_print: list[str], *, full: bool) -> list[Block]:
    built = [blocks.header(write_headline(alert, reader))]
    if alert.reason is not Reason.FIRST:
        built.append(blocks.delta(write_reason(alert.reason, reader), list_changes(alert, reader)[:MAX_CHANGES]))
    built += render_document(alert, alert, reader, full=full)
    built.append(blocks.context(write_why(alert, reader)))
    built.append(blocks.context(*small_print))
    return built


def render_document(alert: Alert, shown: Alert, reader: Reader, *, full: bool) -> list[Block]:
    """The title and the quoted words of the alert's document, and between them the facts of `shown`."""
    note = f" ({host})" if (host := find_host(alert)) and full else ""
    built = [blocks.title(write_title(alert), find_url(alert), note)]
    facts = [*list_facts(shown, reader), *_source_facts(alert, reader)]
    built += blocks.fields([fact for fact in facts if full or fact.leading])
    quoted = quote_evidence(alert) if full else ()
    if quoted:
        language = reader.phrases.languages[alert.act.event.lang]
        built.append(blocks.quotes(reader.phrases.evidence.format(language=language), quoted))
    return built


def _source_facts(alert: Alert, reader: Reader) -> list[Fact]:
    names, published = reader.phrases.fields, alert.act.event.published_on
    stated = [Fact(names["published"], reader.write_day(published))] if published else []
    return [*stated, Fact(names["source"], write_source(alert))]
