"""Parts of a measure in the reader's words: `article 3 paragraph 2` is 第3条第2項 in Japanese."""

from __future__ import annotations

import re

from services.alert.render.reader import Reader
from services.alert.render.safetext import clean_line, trim
from services.contracts.alerts import Change, Limb
from services.contracts.vocab import DateRole
from services.taxonomy.model import FacetName

PREFIX = "limb:"
"""How the field of a change of a limb begins; its key follows, and for a date `:` and the role."""

_MAX = 60
_FACETS: tuple[FacetName, ...] = ("countries", "minerals", "technologies")
_STEP = re.compile(r"(paragraph|article|section|item|clause|chapter|annex) (\S+)")


def write_part(name: str, reader: Reader) -> str:
    """The name of a part; one in other words stays as it is."""
    pieces = [_translate(piece, reader) for piece in clean_line(name).split(", ")]
    return trim(reader.join(pieces), _MAX)


def _translate(piece: str, reader: Reader) -> str:
    if not re.fullmatch(rf"{_STEP.pattern}(?: {_STEP.pattern})*", piece):
        return piece
    steps = [reader.phrases.parts[kind].format(number=number) for kind, number in _STEP.findall(piece)]
    return reader.phrases.step.join(steps)


def write_end(limb: Limb, reader: Reader) -> str:
    """Until when a limb is where it is, if a document says so: ` until 27 November 2026`."""
    values = [value for role, values in limb.dates if role is DateRole.EXPIRY for value in values]
    return reader.phrases.until.format(date=reader.write_stated(values[-1])) if values else ""


def write_changed_limb(change: Change, reader: Reader) -> tuple[str, str]:
    """What a change of a limb is about and the kind of its values: `paragraph 2` and `stage`, or a role of a date."""
    key, _, role = change.field.removeprefix(PREFIX).rpartition(":")
    if role not in set(DateRole):
        key, role = change.field.removeprefix(PREFIX), "stage"
    named = " " in key or ("+" not in key and not _is_tag(key, reader))
    part = write_part(key, reader) if named else reader.join([_tag(each, reader) for each in key.split("+")], 4)
    label = f"{reader.phrases.fields['limbs']}{reader.phrases.colon}{part or reader.phrases.one_part}"
    if role == "stage":
        return label, role
    said = reader.phrases.limb_dates.get(DateRole(role)) or reader.phrases.fields[role]
    return f"{label} · {said}", role


def _is_tag(key: str, reader: Reader) -> bool:
    return any(key in reader.taxonomy.entries(facet) for facet in _FACETS)


def _tag(tag: str, reader: Reader) -> str:
    return reader.name(next((facet for facet in _FACETS if tag in reader.taxonomy.entries(facet)), "minerals"), tag)
