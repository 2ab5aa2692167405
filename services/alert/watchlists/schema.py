"""The JSON Schema of watchlist files, by which an editor completes and checks while one writes. Pure.

It refuses what is wrong in form, and words that can be no id of the vocabulary; it accepts every file that
`files.read_watchlist` accepts. Editors see typed values where we see text, so numbers and truth values pass too.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from typing import Any

from services.alert.matching.predicatekinds import (
    CountryPredicate,
    EnumPredicate,
    OrderedPredicate,
    Predicate,
    VocabularyPredicate,
    fold,
)
from services.alert.matching.predicates import PREDICATES
from services.alert.watchlists.destinationkeys import ADDRESSES
from services.alert.watchlists.keys import OFF, timezones
from services.alert.watchlists.news import KINDS
from services.alert.watchlists.rulekeys import GROUPS
from services.contracts.vocab import Language
from services.contracts.watchlists import Cadence
from services.taxonomy.model import FacetName
from services.taxonomy.taxonomy import Taxonomy

Schema = dict[str, Any]

_TEXT: Schema = {"type": ["string", "number", "boolean"]}
_FILLED: Schema = {**_TEXT, "minLength": 1}
_OPTIONAL: Schema = {"type": ["string", "number", "boolean", "null"]}
_CLOCK: Schema = {"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d$", "examples": ["08:00"]}
_DAY: Schema = {"type": ["string", "number"], "examples": ["2026-12-01"]}
_NUMBER = r"^\s*[+]?[\d_]+(\.0*)?\s*$"
_DAYS: Schema = {
    "anyOf": [{"type": "integer", "minimum": 0, "maximum": 365}, {"type": "string", "pattern": _NUMBER}],
}
_SIGNS = (">=", "<=", ">", "<")


_FLAG_WORDS = ("true", "false", "yes", "no", "on", "off", "y", "n", "t", "f", "1", "0")


def watchlist_schema(taxonomy: Taxonomy, channels: Collection[str]) -> Schema:
    """The schema (draft 7, which editors know best) of a watchlist file; `channels` are the kinds of destination."""
    rule = {"$ref": "#/definitions/rule"}
    properties: Schema = {
        "id": _told("Lower-case words joined by hyphens, its own in the folder.", {"type": ["string", "integer"]}),
        "name": _told("What readers see in the line that says why an alert came.", _FILLED),
        "owner": _told("Free text.", _OPTIONAL),
        "tenant": _told("For several customers in one installation.", _FILLED),
        "language": _told("The language of the alerts.", {"enum": ["en", "ja", "zh"]}),
        "match": _told("Every predicate must hold, each by any of its terms.", rule),
        **{key: {"$ref": f"#/definitions/{key}"} for key in GROUPS},
        "news": _told("The kinds of news wanted; all if the key is left out.", _several(_news())),
        "destinations": _told("Where the alerts go.", _several(_destination(channels))),
        "cadence": _told("How often it may speak.", {"enum": [each.value for each in Cadence]}),
        "timezone": _told("The IANA name of a place.", {"enum": sorted(timezones())}),
        "quiet_hours": _told(
            "A part of each day in which nothing is posted; it may pass midnight.",
            _mapping({"start": _CLOCK, "end": _CLOCK}, ["start", "end"]),
        ),
        "digest_at": _told("When the daily digest and the reminders come.", _CLOCK),
        "reminders": _told("So many days ahead of a measure's dates, or off.", _reminders()),
        "mutes": _told("What is silent for a while; every mute ends.", {"type": "array", "items": _mute()}),
        "tests": _told("Texts that must, or must not, match.", {"type": "array", "items": _test()}),
    }
    head: Schema = {"$schema": "http://json-schema.org/draft-07/schema#", "title": "Watchlist of Noroshi"}
    whole = _mapping(properties, ["id", "name", "destinations"])
    whole["anyOf"] = [{"required": [key]} for key in ("match", *GROUPS)]
    return head | whole | {"definitions": _rules() | _terms(taxonomy)}


def render_watchlist_schema(taxonomy: Taxonomy, channels: Collection[str]) -> str:
    """The schema as committed beside the examples."""
    return json.dumps(watchlist_schema(taxonomy, channels), indent=1, ensure_ascii=False) + "\n"


# ---- the parts of a file ---------------------------------------------------------------------------------------


def _rules() -> Schema:
    predicates = {
        name: _told(inspect.cleandoc(type(each).__doc__ or ""), _several({"$ref": f"#/definitions/{_ref(each)}"}))
        for name, each in PREDICATES.items()
    }
    groups = {key: {"$ref": f"#/definitions/{key}"} for key in GROUPS}
    rule = {"$ref": "#/definitions/rule"}
    items: Schema = {"type": "array", "items": rule, "minItems": 1}
    one = {"allOf": [rule, {"maxProperties": 1}]}
    return {
        "rule": {**_mapping(predicates | groups, []), "minProperties": 1},
        "all": {"description": "Each of these must hold.", "anyOf": [items, rule]},
        "any": {"description": "At least one of these must hold.", "anyOf": [items, one]},
        "none": {"description": "None of these may hold.", "anyOf": [items, one]},
    }


def _destination(channels: Collection[str]) -> Schema:
    known = sorted(channels)
    addresses = {channel: _address(channel) for channel in known} | {"workspace": {"type": "string", "minLength": 1}}
    return {**_mapping(addresses, []), "oneOf": [{"required": [channel]} for channel in known]}


def _address(channel: str) -> Schema:
    text: Schema = {"type": "string", "minLength": 1}
    if channel not in ADDRESSES:
        return text
    form, mend = ADDRESSES[channel]
    return _told(mend, text | {"pattern": f"^(?:{form.pattern})$"})


def _mute() -> Schema:
    scopes: Schema = {"measure": _TEXT, "item": _TEXT, "source": _TEXT, "watchlist": _flag()}
    ends: Schema = {"until": _DAY, "until_next_stage": _flag(), "reason": _TEXT}
    return {
        **_mapping(scopes | ends, []),
        "oneOf": [{"required": [scope]} for scope in scopes],
        "anyOf": [{"required": ["until"]}, {"required": ["until_next_stage"]}],
    }


def _test() -> Schema:
    optional = dict.fromkeys(("name", "title", "source"), _OPTIONAL)
    lang: Schema = {"enum": [each.value for each in Language]}
    known: Schema = {"text": _OPTIONAL, "matches": _flag(), "lang": lang, "published_on": _DAY, **optional}
    return _mapping(known, ["text", "matches"])


def _flag() -> Schema:
    return {"anyOf": [{"type": "boolean"}, {"enum": [0, 1]}, _spelt(_FLAG_WORDS)]}


def _reminders() -> Schema:
    return {
        "anyOf": [
            {"enum": ["off", False]},
            _spelt(OFF),
            *_DAYS["anyOf"],
            {"type": "array", "items": _DAYS, "minItems": 1},
        ]
    }


def _news() -> Schema:
    kinds = "|".join(_any_case(kind).replace("_", "[_ ]") for kind in KINDS)
    return {"anyOf": [{"enum": list(KINDS)}, {"type": "string", "pattern": rf"^\s*({kinds})\s*$|->|→"}]}


# ---- the terms of the predicates -------------------------------------------------------------------------------


def _terms(taxonomy: Taxonomy) -> Schema:
    found: Schema = {"text": _FILLED}
    for predicate in PREDICATES.values():
        name = _ref(predicate)
        if name not in found:
            found[name] = _term(predicate, taxonomy)
    return found


def _ref(predicate: Predicate) -> str:
    """The name of the definition of a predicate's terms; predicates over one vocabulary share one."""
    if isinstance(predicate, VocabularyPredicate):
        return f"a_{predicate.facet}"
    if isinstance(predicate, CountryPredicate):
        return "a_country"
    return f"a_{predicate.name}" if isinstance(predicate, EnumPredicate) else "text"


def _term(predicate: Predicate, taxonomy: Taxonomy) -> Schema:
    if isinstance(predicate, VocabularyPredicate):
        return _vocabulary(taxonomy, predicate.facet)
    if isinstance(predicate, CountryPredicate):
        return _countries(taxonomy)
    assert isinstance(predicate, EnumPredicate)  # noqa: S101  # `_ref` has named the three kinds
    extra = ("zh",) if predicate.name == "language" else ()
    return _words(predicate.words, extra, ordered=isinstance(predicate, OrderedPredicate))


def _vocabulary(taxonomy: Taxonomy, facet: FacetName) -> Schema:
    """The ids; names in any language pass, but what looks like an id must be one."""
    entries = taxonomy.entries(facet)
    known = {fold(name) for each in entries.values() for name in _names(each)}
    plain = sorted(name for name in known - set(entries) if name.isascii() and name.replace("_", "").isalnum())
    named = [_constant(id_, taxonomy.label(facet, id_, "en")) for id_ in entries]
    return {"anyOf": [*named, {"enum": plain}, {"type": "string", "pattern": "[^a-z0-9_]"}]}


def _countries(taxonomy: Taxonomy) -> Schema:
    """The codes and groups; names pass, but what is all capitals must be a code or a group."""
    codes = [_constant(code, taxonomy.label("countries", code, "en")) for code in sorted(taxonomy.countries)]
    groups = [_constant(id_, ", ".join(each.members)) for id_, each in taxonomy.groups.items() if each.members]
    return {"anyOf": [*codes, *groups, {"type": ["boolean", "number"]}, {"type": "string", "pattern": "[^A-Z]"}]}


def _words(words: Iterable[StrEnum], extra: Collection[str], *, ordered: bool) -> Schema:
    """The words of a closed vocabulary; with an order also compared."""
    known = [*(each.value for each in words), *extra]
    compared = [f"{sign} {word}" for sign in _SIGNS for word in known] if ordered else []
    sign = r"(>=|<=|>|<)?\s*" if ordered else ""
    wide: Schema = {"type": "string", "pattern": r"[^\x00-\x7f]"}
    return {"anyOf": [{"enum": [*known, *compared]}, _spelt(known, sign), wide]}


def _spelt(words: Iterable[str], before: str = "") -> Schema:
    """One of the words in capitals or small letters, with what may stand before it."""
    return {"type": "string", "pattern": rf"^\s*{before}({'|'.join(map(_any_case, words))})\s*$"}


def _any_case(word: str) -> str:
    """A pattern for the word in capitals and small letters, for regular expressions without that flag."""
    return "".join(f"[{char.upper()}{char.lower()}]" if char.isalpha() else char for char in word)


def _names(entry: object) -> Iterable[str]:
    names: Mapping[str, tuple[str, ...]] = getattr(entry, "names", {})
    return (form for forms in names.values() for form in forms)


# ---- the words of JSON Schema ----------------------------------------------------------------------------------


def _told(description: str, schema: Schema) -> Schema:
    return {"description": description, **({"allOf": [schema]} if "$ref" in schema else schema)}


def _mapping(properties: Schema, required: list[str]) -> Schema:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _several(item: Schema) -> Schema:
    """One item, or a list of at least one."""
    return {"anyOf": [item, {"type": "array", "items": item, "minItems": 1}]}


def _constant(value: str, title: str) -> Schema:
    return {"const": value, "description": title}
