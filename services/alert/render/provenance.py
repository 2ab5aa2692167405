"""Where an alert comes from and why it came to this reader: title, address, source, times, number."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from services.alert.render.facts import MAX_TERMS, list_terms
from services.alert.render.reader import Reader
from services.alert.render.safetext import clean_line, escape, plain, trim
from services.alert.render.wording import watchlist_name
from services.contracts.alerts import Alert

MAX_TITLE = 400
MAX_URL = 2_000
LATE = timedelta(minutes=15)


def write_title(alert: Alert, most: int = MAX_TITLE) -> str:
    """The document's title as its source wrote it, else what it is called otherwise; never empty."""
    event = alert.act.event
    return trim(clean_line(event.title), most) or _host(alert, most) or trim(clean_line(event.document_id), most) or "–"


def write_source(alert: Alert) -> str:
    """The source's name."""
    event = alert.act.event
    return trim(clean_line(event.source_name) or clean_line(event.source), 120)


def write_why(alert: Alert, reader: Reader) -> str:
    """Which watchlist matched, and what of it."""
    terms = reader.join(list_terms(alert, reader), MAX_TERMS) or reader.phrases.everything
    return reader.phrases.why.format(watchlist=watchlist_name(alert), terms=terms)


def list_provenance(alert: Alert, reader: Reader, possible_duplicate: bool, late: str = "") -> list[str]:
    """The small print, a line each: marks of caution, then source, times, lateness and the alert's number."""
    phrases, event = reader.phrases, alert.act.event
    published = event.published_on
    marks = [
        phrases.withdrawn if event.withdrawn else "",
        phrases.possible_duplicate if possible_duplicate else "",
    ]
    line = [
        phrases.source.format(source=write_source(alert)),
        phrases.published.format(date=published.isoformat()) if published else phrases.unpublished,
        phrases.seen.format(time=f"{utc(event.seen_at):%Y-%m-%d %H:%M}"),
        late,
        phrases.number.format(id=short_id(alert.alert_id)),
    ]
    return [*marks, " · ".join(part for part in line if part)]


def short_id(id_: str) -> str:
    """The first eight characters of an id: enough to find the alert by."""
    return trim(clean_line(id_), 9).removesuffix("…")


def utc(instant: datetime) -> datetime:
    """The instant as UTC's clock shows it."""
    return instant - (instant.utcoffset() or timedelta())


def write_lateness(alert: Alert, reader: Reader) -> str:
    """Said only if the alert comes much later than the document was seen."""
    seen = alert.act.event.seen_at
    days, delay = (reader.today - utc(seen).date()).days, (alert.delivered_at or alert.decided_at) - seen
    late, minutes = reader.phrases.late, int(delay.total_seconds() // 60)
    if max(days, delay.days) > 1:
        return late.days.format(count=max(days, delay.days))
    if delay < LATE:
        return ""
    return late.hours.format(count=minutes // 60) if minutes >= 120 else late.minutes.format(count=minutes)


def find_url(alert: Alert, most: int = MAX_URL) -> str | None:
    """The event's address if it is a plain https one: nothing invisible, no user name, of bounded length."""
    url = alert.act.event.url
    if not url or len(url) > most or clean_line(url) != url or any(c in url for c in ' <>|"\\^`{}'):
        return None
    try:
        parts = urlsplit(url)
        usable = parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        return None
    return url if usable else None


def find_host(alert: Alert) -> str:
    """The host of the event's address."""
    return _host(alert, 80)


def _host(alert: Alert, most: int) -> str:
    url = find_url(alert)
    return trim(urlsplit(url).hostname or "", min(most, 80)) if url else ""


def write_plainly(alert: Alert, sentence: str, small_print: list[str]) -> str:
    """Everything that matters without blocks, ready to be sent as mrkdwn."""
    url = find_url(alert)
    lines = [
        plain(sentence, 1_200),
        plain(write_title(alert), MAX_TITLE),
        f"<{escape(url)}>" if url and len(url) < 1_000 else "",
        *(plain(line, 300) for line in small_print),
    ]
    return "\n".join(line for line in lines if line)
