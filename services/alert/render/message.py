"""An alert as a Slack message: who, against whom, what, which stage, from when, and why it came to this reader."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from services.alert.channel import Message
from services.alert.delivery.protocol import Level
from services.alert.render import blocks
from services.alert.render.blocks import Block
from services.alert.render.evidence import quote_evidence
from services.alert.render.facts import MAX_TERMS, Fact, capitalise, list_changes, list_facts, list_terms, matched_tags
from services.alert.render.reader import Reader
from services.alert.render.safetext import clean_line, escape, plain, size, trim
from services.contracts.alerts import Alert
from services.contracts.measures import Act
from services.contracts.vocab import DateRole, Direction, Reason
from services.taxonomy.taxonomy import Taxonomy

MAX_BLOCKS_TEXT = 10_000
"""The budget over all blocks, below the undocumented limit of about 13,200 that users report."""
MAX_TEXT = 3_000
MAX_TITLE = 400
MAX_URL = 2_000
MAX_CHANGES = 6
LATE = timedelta(minutes=15)

_SIGNS = {
    Direction.RESTRICTIVE: "⛔",
    Direction.LIBERALISING: "🔓",
    Direction.SUPPORTIVE: "🌱",
    Direction.NEUTRAL: "📄",
}


def render_message(alert: Alert, level: Level, possible_duplicate: bool, taxonomy: Taxonomy, today: date) -> Message:
    """The message for an alert, within every limit of Slack whatever the act holds.

    Nothing in it pings anyone, and the only link is the event's own address, if that is a plain https one.
    FULL quotes the evidence; COMPACT leaves it and the lesser facts out; TEXT has no blocks at all.
    """
    reader = Reader(alert.language, taxonomy, today)
    sentence = _sentence(alert, reader)
    if level is Level.TEXT:
        return Message(alert.alert_id, _text(alert, reader, sentence, possible_duplicate))
    built = _blocks(alert, reader, possible_duplicate, full=level is Level.FULL)
    return Message(alert.alert_id, plain(sentence, MAX_TEXT), tuple(built))


# ---- the sentence ----------------------------------------------------------------------------------------------


def _sentence(alert: Alert, reader: Reader) -> str:
    """One full sentence: what a push notification shows and a screen reader says."""
    phrases, act = reader.phrases, alert.act
    count = min(len(act.types), 2) > 1
    stage = phrases.predicates[act.stage].format(be=phrases.be[count], have=phrases.have[count])
    effective = act.date_of(DateRole.EFFECTIVE)
    sentence = phrases.sentence.format(
        types=reader.names("measures", act.types, most=3) or phrases.measure,
        by=_part(phrases.by, reader.countries(act.imposing)),
        on=_part(phrases.on, _items(alert, reader)),
        against=_whom(act, reader),
        stage=stage,
        when=phrases.when.format(date=reader.write_date(effective)) if effective else "",
        watchlist=_watchlist(alert),
        why=reader.join(list_terms(alert, reader), 4) or phrases.everything,
    )
    return _with_delta(alert, reader, capitalise(sentence))


def _with_delta(alert: Alert, reader: Reader, sentence: str) -> str:
    if alert.reason is Reason.FIRST:
        return sentence
    changes = [f"{each.name}{reader.phrases.colon}{each.value}" for each in list_changes(alert, reader)[:2]]
    delta = reader.phrases.list.join(changes) or _reason(alert, reader)
    return reader.phrases.update.format(delta=delta, sentence=sentence)


def _part(template: str, names: str) -> str:
    return template.format(names=names) if names else ""


def _whom(act: Act, reader: Reader) -> str:
    """Against whom, or for or with whom; that a restriction names no country is said, too."""
    phrases = reader.phrases
    for template, codes in (
        (phrases.against, act.target),
        (phrases.benefiting, act.beneficiary),
        (phrases.together, act.partner),
    ):
        if codes:
            return template.format(names=reader.countries(codes))
    return phrases.nobody if act.direction is Direction.RESTRICTIVE else ""


def _items(alert: Alert, reader: Reader) -> str:
    """The minerals and technologies, those that met the watchlist first."""
    act, first = alert.act, matched_tags(alert)
    ordered = sorted(
        [("minerals", id_) for id_ in act.minerals] + [("technologies", id_) for id_ in act.technologies],
        key=lambda item: item[1] not in first,
    )
    return reader.join([reader.name("minerals" if f == "minerals" else "technologies", id_) for f, id_ in ordered], 4)


def _watchlist(alert: Alert) -> str:
    return trim(clean_line(alert.watchlist_name) or clean_line(alert.watchlist_id), 80)


def _reason(alert: Alert, reader: Reader) -> str:
    return reader.phrases.reasons.get(alert.reason) or reader.phrases.reasons["other"]


# ---- the blocks ------------------------------------------------------------------------------------------------


def _blocks(alert: Alert, reader: Reader, possible_duplicate: bool, *, full: bool) -> list[Block]:
    note = f" ({host})" if (host := _host(alert)) and full else ""
    built = [blocks.header(_headline(alert, reader))]
    if alert.reason is not Reason.FIRST:
        built.append(blocks.delta(_reason(alert, reader), list_changes(alert, reader)[:MAX_CHANGES]))
    built.append(blocks.title(_title(alert), _url(alert), note))
    built += blocks.fields([fact for fact in _facts(alert, reader) if full or fact.leading])
    quoted = quote_evidence(alert) if full else ()
    if quoted:
        language = reader.phrases.languages[alert.act.event.lang]
        built.append(blocks.quotes(reader.phrases.evidence.format(language=language), quoted))
    built.append(blocks.context(_why(alert, reader)))
    built.append(blocks.context(*_provenance(alert, reader, possible_duplicate)))
    return built


def _headline(alert: Alert, reader: Reader) -> str:
    """Item · imposing → target · type · stage; of an update the stage that was, too."""
    act, first = alert.act, matched_tags(alert)
    items = [_items_short(alert, reader)]
    imposing, target = (reader.names("countries", codes, first, 2) for codes in (act.imposing, act.target))
    whom = f"{imposing} → {target}" if imposing and target else imposing or (target and f"→ {target}")
    types = reader.names("measures", act.types, most=2) or reader.phrases.measure
    parts = [part for part in (*items, whom, types) if part]
    return trim(f"{_SIGNS[act.direction]} {_join(parts, 110)} · {_stage(alert, reader)}", blocks.MAX_HEADER)


def _join(parts: list[str], most: int) -> str:
    """The parts with a dot between; when there are too many words each part gives way alike."""
    joined = capitalise(" · ".join(parts))
    if size(joined) <= most:
        return joined
    return capitalise(" · ".join(trim(part, most // len(parts) - 3) for part in parts))


def _stage(alert: Alert, reader: Reader) -> str:
    return next(fact.value for fact in list_facts(alert, reader)[:1])


def _items_short(alert: Alert, reader: Reader) -> str:
    act, first = alert.act, matched_tags(alert)
    minerals = reader.names("minerals", act.minerals, first, 3)
    return minerals or reader.names("technologies", act.technologies, first, 2)


def _facts(alert: Alert, reader: Reader) -> list[Fact]:
    event = alert.act.event
    facts = list_facts(alert, reader)
    if event.published_on:
        facts.append(Fact(reader.phrases.fields["published"], reader.write_day(event.published_on)))
    facts.append(Fact(reader.phrases.fields["source"], _source(alert)))
    return facts


def _title(alert: Alert) -> str:
    event = alert.act.event
    return (
        trim(clean_line(event.title), MAX_TITLE)
        or _host(alert)
        or trim(clean_line(event.document_id), MAX_TITLE)
        or "–"
    )


def _source(alert: Alert) -> str:
    event = alert.act.event
    return trim(clean_line(event.source_name) or clean_line(event.source), 120)


def _why(alert: Alert, reader: Reader) -> str:
    terms = reader.join(list_terms(alert, reader), MAX_TERMS) or reader.phrases.everything
    return reader.phrases.why.format(watchlist=_watchlist(alert), terms=terms)


def _provenance(alert: Alert, reader: Reader, possible_duplicate: bool) -> list[str]:
    phrases, event = reader.phrases, alert.act.event
    published = event.published_on
    marks = [
        phrases.withdrawn if event.withdrawn else "",
        phrases.possible_duplicate if possible_duplicate else "",
    ]
    line = [
        phrases.source.format(source=_source(alert)),
        phrases.published.format(date=published.isoformat()) if published else phrases.unpublished,
        phrases.seen.format(time=f"{_utc(event.seen_at):%Y-%m-%d %H:%M}"),
        _late(alert, reader),
        phrases.number.format(id=trim(clean_line(alert.alert_id), 9).removesuffix("…")),
    ]
    return [*marks, " · ".join(part for part in line if part)]


def _utc(instant: datetime) -> datetime:
    return instant - (instant.utcoffset() or timedelta())


def _late(alert: Alert, reader: Reader) -> str:
    """Said only if the alert comes much later than the document was seen."""
    seen = alert.act.event.seen_at
    days, delay = (reader.today - _utc(seen).date()).days, (alert.delivered_at or alert.decided_at) - seen
    late, minutes = reader.phrases.late, int(delay.total_seconds() // 60)
    if max(days, delay.days) > 1:
        return late.days.format(count=max(days, delay.days))
    if delay < LATE:
        return ""
    return late.hours.format(count=minutes // 60) if minutes >= 120 else late.minutes.format(count=minutes)


# ---- the address -----------------------------------------------------------------------------------------------


def _url(alert: Alert) -> str | None:
    """The event's address if it is a plain https one: nothing invisible, no user name, of bounded length."""
    url = alert.act.event.url
    if not url or len(url) > MAX_URL or clean_line(url) != url or any(c in url for c in ' <>|"\\^`{}'):
        return None
    try:
        parts = urlsplit(url)
        usable = parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        return None
    return url if usable else None


def _host(alert: Alert) -> str:
    url = _url(alert)
    return trim(urlsplit(url).hostname or "", 80) if url else ""


# ---- text only -------------------------------------------------------------------------------------------------


def _text(alert: Alert, reader: Reader, sentence: str, possible_duplicate: bool) -> str:
    """Everything that matters without blocks, ready to be sent as mrkdwn."""
    url = _url(alert)
    lines = [
        plain(sentence, 1_200),
        plain(_title(alert), MAX_TITLE),
        f"<{escape(url)}>" if url and len(url) < 1_000 else "",
        *(plain(line, 300) for line in _provenance(alert, reader, possible_duplicate)),
    ]
    return "\n".join(line for line in lines if line)
