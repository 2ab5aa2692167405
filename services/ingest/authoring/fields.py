"""Which field of a record is its title, its day, its address: by what the fields are called and by what they hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from itertools import islice, product
from typing import Any

from services.ingest.pages.mapping import WrongShapeError, values_at
from services.ingest.pages.writtendays import DayOrder, written_day

_LOOKED_AT = 50
_DEEPEST = 5
_ADDRESS = re.compile(r"https?://\S+|/[^\s/]\S*")
_SHORT_DAY = re.compile(r"\s*(\d{1,2})[-/.](\d{1,2})[-/.]\d{4}")
_TODAY = date(2026, 1, 1)  # only says what a day without a year may be; whether there is one does not depend on it

_NAMES = {
    "title": ("title", "subject", "headline", "name", "件名", "標題", "标题", "表題", "名称", "제목"),
    "url": ("url", "link", "href", "html_url", "uri", "address", "permalink"),
    "id": ("id", "guid", "uid", "number", "no", "identifier", "symbol", "document_number", "reference", "番号"),
    "date": ("publi", "issued", "date", "day", "announced", "created", "posted", "updated", "time", "日"),
    "body": ("abstract", "summary", "description", "body", "content", "text", "概要", "内容"),
    "type": ("type", "document_type", "category", "kind"),
    "agencies": ("agenc", "agency", "organisation", "organization", "ministry", "issuer", "author", "member"),
}


def record_options(path: str, records: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Options of `json_list` worth trying for the records at a path of the answer, the likeliest first."""
    names = sorted({str(name) for each in records for name in each})
    for fields in guess_fields(records):
        mapped = {str(each).partition(".")[0] for field in fields.values() for each in _listed(field)}
        rest = [name for name in names if name not in mapped]
        yield {"results": path, **fields, **({"known_fields": rest} if rest else {})}


def guess_fields(records: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Mappings worth trying, by the names of `mapping.Mapped`; none where no field could be a title."""
    values = {path: [_value(each, path) for each in records[:_LOOKED_AT]] for path in _paths(records)}
    dates = _ranked("date", [path for path in values if _share(values[path], is_day) >= 0.5])
    addresses = _ranked("url", [path for path in values if _share(values[path], is_address) >= 0.8])[:3]
    plain = [path for path in values if path not in dates and path not in addresses]
    titles = [path for path in plain if _distinct(values[path]) > 0.5 and _length(values[path]) >= 4]
    ids = [path for path in plain if _distinct(values[path]) == 1.0 and all(values[path])]
    titles = sorted(titles, key=lambda path: (_rank("title", path), -_length(values[path])))[:3]
    names = [path for path in _ranked("id", ids) if _rank("id", path) < len(_NAMES["id"])][:2]
    bodies = [path for path in _ranked("body", plain) if _rank("body", path) < len(_NAMES["body"])]
    used = dates[: 1 if dates and all(values[dates[0]]) else 2]
    for title, address, own in product(titles, _naming(addresses, names, values) or [""], names or [""]):
        if own == title or not (address or own):
            continue
        found: dict[str, Any] = {"title": title, "id": own, "url": address, "date": used}
        found["body"] = [each for each in bodies if each != title][:1]
        found |= {name: _first(name, plain, {title, own, *found["body"]}) for name in ("type", "agencies")}
        yield {name: each for name, each in found.items() if each}


def day_order(texts: Sequence[str]) -> DayOrder | None:
    """What 03/04/2026 means among these dates; None if no date is so written, or nothing tells."""
    pairs = [(int(found[1]), int(found[2])) for text in texts if (found := _SHORT_DAY.match(text))]
    if any(first > 12 for first, _ in pairs):
        return "dmy"
    return "mdy" if any(second > 12 for _, second in pairs) else None


def is_day(text: str) -> bool:
    """Whether the text is a date and little else."""
    return (
        len(text) <= 40 and written_day(text, today=_TODAY, order="dmy" if _is_day_first(text) else "mdy") is not None
    )


def is_address(text: str) -> bool:
    """Whether the text is a link, absolute or from the root."""
    return _ADDRESS.fullmatch(text) is not None


def _is_day_first(text: str) -> bool:
    found = _SHORT_DAY.match(text)
    return found is not None and int(found[1]) > 12


def _paths(records: Sequence[Mapping[str, Any]]) -> list[str]:
    """The paths of texts and numbers, in the order of the records, those at the top before those below."""
    found: dict[str, None] = {}
    for record in records[:_LOOKED_AT]:
        found |= dict.fromkeys(_leaves(record, "", _DEEPEST))
    return sorted(islice(found, 400), key=lambda path: path.count("."))


def _leaves(value: Any, path: str, below: int) -> Iterator[str]:
    if isinstance(value, Mapping) and below:
        for name, each in value.items():
            yield from _leaves(each, f"{path}.{name}" if path else str(name), below - 1)
    elif isinstance(value, list) and value:
        yield from _leaves(value[0], path, below - 1) if below else ()
    elif path and value is not None and not isinstance(value, Mapping | list):
        yield path


def _value(record: Mapping[str, Any], path: str) -> str:
    try:
        return next(iter(values_at(record, path)), "")
    except WrongShapeError:
        return ""


def _share(values: Sequence[str], holds: Callable[[str], bool]) -> float:
    return sum(map(holds, values)) / max(1, len(values))


def _distinct(values: Sequence[str]) -> float:
    return len(set(filter(None, values))) / max(1, len(values))


def _length(values: Sequence[str]) -> float:
    return min(200.0, sum(map(len, values)) / max(1, len(values)))


def _rank(field: str, path: str) -> int:
    """How near the path's last part is to the names such fields have; the number of names where it is none."""
    last, names = path.rpartition(".")[2].lower(), _NAMES[field]
    whole = (n for n, name in enumerate(names) if name == last or name in re.split(r"[_\W]", last))
    part = (n for n, name in enumerate(names) if len(name) > 2 and name in last)
    return min((*whole, *part), default=len(names))


def _ranked(field: str, paths: Sequence[str]) -> list[str]:
    return sorted(paths, key=lambda path: (path.count("."), _rank(field, path)))


def _naming(addresses: Sequence[str], names: Sequence[str], values: Mapping[str, Sequence[str]]) -> list[str]:
    """The addresses, those first in which an id of the record stands: they are of the document and not of its list."""

    def holds(address: str) -> bool:
        pairs = (zip(values[name], values[address], strict=True) for name in names)
        return any(all(one and one in two for one, two in each) for each in pairs)

    return sorted(addresses, key=lambda address: not holds(address))


def _first(field: str, paths: Sequence[str], taken: set[str]) -> str:
    named = (path for path in _ranked(field, paths) if _rank(field, path) < len(_NAMES[field]) and path not in taken)
    return next(named, "")


def _listed(field: Any) -> list[Any]:
    return field if isinstance(field, list) else [field]
