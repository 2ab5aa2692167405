"""Deterministic ids: the same document, measure or decision has the same id wherever and whenever it is made."""

from __future__ import annotations

import hashlib
import re
import unicodedata
import uuid
from collections.abc import Iterable
from functools import lru_cache

from services.contracts.events import Identifier
from services.contracts.measures import Act

NAMESPACE = uuid.UUID("6f0e6b0a-3f5e-5c58-9d5d-0b8a3f7a2c11")
"""The namespace of all our UUIDv5 ids. It never changes: a new one would repeat every alert ever sent."""

_SEPARATOR = "\x1f"
_SPACE = re.compile(r"\s+")
_LONG_RUN = 30
"""Unicode's own bound for the marks on one character (stream-safe text); no written language comes near it."""


def _uuid(*parts: str) -> str:
    return str(uuid.uuid5(NAMESPACE, _SEPARATOR.join(parts)))


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256(_SEPARATOR.join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def fold_text(text: str) -> str:
    """The text with compatibility forms unified and white space collapsed, so that trivial edits vanish."""
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", _with_marks_in_order(text))).strip()


def _with_marks_in_order(text: str) -> str:
    """The text with long runs of combining marks in canonical order; it normalises to the same.

    Normalisation orders a run by insertion, whose time grows with the square of the run's length.
    """
    marks = "".join(sorted(char for char in set(text) if not char.isascii() and _is_mark(char)))
    if not marks:
        return text
    return re.sub(f"[{re.escape(marks)}]{{{_LONG_RUN},}}", _in_order, text)


def _in_order(run: re.Match[str]) -> str:
    parts = (unicodedata.normalize("NFKD", char) for char in run.group())
    return "".join(sorted("".join(parts), key=unicodedata.combining))


@lru_cache(maxsize=65_536)
def _is_mark(char: str) -> bool:
    """Whether the character joins those before it, alone or by what it decomposes to."""
    return all(unicodedata.combining(part) for part in unicodedata.normalize("NFKD", char))


def event_id(source: str, document_id: str) -> str:
    """The id of a document at a source, the same for each of its revisions."""
    return _uuid("event", source, document_id)


def revision_of(title: str, body: str | None, *, withdrawn: bool = False, facts: Iterable[str] = ()) -> str:
    """A hash of the material content: white space, width and compatibility forms do not count.

    `facts` are what else is material, in a fixed order; without any, the hash is of the text alone.
    """
    return _digest([fold_text(title), fold_text(body or ""), "withdrawn" if withdrawn else "", *map(fold_text, facts)])


def measure_id_of_identifier(identifier: Identifier, discriminator: str = "") -> str:
    """The id of the measure an official identifier names; documents that share it share a thread."""
    return _uuid("measure", identifier.scheme, fold_text(identifier.value).casefold(), discriminator)


def measure_id_of_event(event: str, discriminator: str) -> str:
    """The id of a measure that only its first document identifies."""
    return _uuid("measure", "event", event, discriminator)


def act_id(event: str, revision: str, measure: str) -> str:
    """The id of what one revision of one document says of one measure."""
    return _uuid("act", event, revision, measure)


def material_revision(act: Act) -> str:
    """A hash of what a reader would have to be told again if it changed.

    Stage, dates, types, direction, roles, items, the part changed and withdrawal count; wording, address, fetch time,
    confidence and the classifier's version do not.
    """
    dates = sorted(f"{fact.role}={fact.value}" for fact in act.dates)
    sets = [act.types, act.imposing, act.target, act.affected, act.minerals, act.technologies]
    return _digest(
        [
            act.stage,
            act.direction,
            *(",".join(sorted(each)) for each in sets),
            ",".join(dates),
            str(act.event.withdrawn),
            *([act.part] if act.part else ()),
        ]
    )


def alert_id(tenant: str, watchlist: str, destination: str, measure: str, revision: str) -> str:
    """The id of telling one destination of one material state of one measure for one watchlist."""
    return _uuid("alert", tenant, watchlist, destination, measure, revision)


def digest_id(destination: str, alert_ids: Iterable[str]) -> str:
    """The id of the message that tells one destination of these alerts together."""
    return _uuid("digest", destination, *alert_ids)
