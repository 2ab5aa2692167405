"""A watchlist file read into a `Watchlist`: friendly YAML in, every problem at once with file, line and column.

id: magnets
name: Rare earths and magnets
language: ja                     # of the alerts: en, ja or zh
match:                           # every predicate must hold, each by any of its terms
  minerals: [rare_earths, ndfeb_magnets]
  imposing: [CN]
  stage: ">= proposed"
none: {types: [subsidy]}         # `all`, `any` and `none` take a list of such mappings, nested as needed
news: [first, stage_changed]     # the kinds of news wanted; all if the key is left out
destinations: [{slack: C0MAGNETS}, {stdout: '-'}]
cadence: daily                   # instant, hourly or daily; `digest_at` says when the daily one comes
timezone: Asia/Tokyo
quiet_hours: {start: '22:00', end: '07:00'}
reminders: [30, 7, 0]            # days ahead of a date, or off
mutes: [{item: dysprosium, until: 2026-12-01, reason: in stock}]
tests: [{text: China bans exports of NdFeB magnets., lang: en, matches: true}]
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Annotated, Literal, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from services.alert.matching.predicatekinds import TermError
from services.alert.matching.predicates import PREDICATES
from services.alert.watchlists.keys import Clock, MuteFile, QuietHoursFile, Reminders, Timezone
from services.alert.watchlists.news import read_news
from services.contracts.vocab import Language
from services.contracts.watchlists import (
    Cadence,
    Condition,
    Destination,
    Mute,
    MuteScope,
    QuietHours,
    Rule,
    Watchlist,
    WatchlistId,
    WatchlistTest,
)
from services.runtime.yamlfile import Document, YamlError, YamlProblem, validate
from services.runtime.yamlmessages import did_you_mean
from services.taxonomy.model import FacetName
from services.taxonomy.taxonomy import Taxonomy

GROUPS = ("all", "any", "none")
Path: TypeAlias = tuple[str | int, ...]
P = TypeVar("P", bound=BaseModel)
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]

_SLACK_CHANNEL = re.compile(r"[CGD][A-Z0-9]{2,}")
_ALIAS = re.compile(r"[a-z0-9][a-z0-9_-]*")
ADDRESSES: Mapping[str, tuple[re.Pattern[str], str]] = MappingProxyType(
    {
        "slack": (_SLACK_CHANNEL, "write the channel's id, as C0MAGNETS; the channel's details in Slack show it"),
        "slack_webhook": (_ALIAS, "write the name that the setting `slack_webhooks` gives its secret address"),
        "webhook": (_ALIAS, "write the name that the setting `webhooks` gives its address"),
    }
)
"""The form of an address by channel, and how to mend one of another form."""


PLAIN_KEYS = (*("id", "name", "owner", "tenant", "language", "cadence", "timezone", "digest_at", "reminders", "tests"),)
"""The keys that a watchlist takes over as they are read."""

_ITEM_FACETS: tuple[FacetName, ...] = ("minerals", "technologies")


class WatchlistFile(BaseModel):
    """The keys a watchlist file may have; rule, destinations and news are read by `read_watchlist`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: WatchlistId
    name: Text
    owner: str = ""
    tenant: Text = "default"
    language: Literal["en", "ja", "zh"] = "en"
    cadence: Cadence = Cadence.INSTANT
    timezone: Timezone = "UTC"
    quiet_hours: QuietHoursFile | None = None
    digest_at: Clock = "08:00"
    reminders: Reminders = (30, 7, 0)
    mutes: tuple[MuteFile, ...] = ()
    news: object = None
    match: object = None
    all: object = None
    any: object = None
    none: object = None
    destinations: object = None
    tests: tuple[WatchlistTest, ...] = ()


def read_watchlist(document: Document, taxonomy: Taxonomy, channels: Collection[str]) -> Watchlist:
    """The watchlist of one file; `channels` are the kinds of destination that exist.

    Raises YamlError with every problem of the file.
    """
    reader = _Reader(document, taxonomy, frozenset(channels))
    rule, destinations = reader.whole_rule(), reader.destinations()
    news, mutes = reader.news(), reader.mutes()
    reader.check_tests()
    try:
        head = validate(WatchlistFile, document)
    except YamlError as error:
        raise YamlError([*error.problems, *reader.problems]) from error
    if reader.problems:
        raise YamlError(reader.problems)
    quiet = QuietHours(**head.quiet_hours.model_dump()) if head.quiet_hours else None
    return Watchlist(
        rule=rule,
        destinations=destinations,
        news=news,
        mutes=mutes,
        quiet_hours=quiet,
        **{key: getattr(head, key) for key in PLAIN_KEYS},
    )


@dataclass
class _Reader:
    """Reads rule and destinations, collecting problems instead of raising them."""

    document: Document
    taxonomy: Taxonomy
    channels: frozenset[str]
    problems: list[YamlProblem] = field(default_factory=list)

    def whole_rule(self) -> Rule:
        """The rule of the file: `match` together with `all`, `any` and `none` beside it."""
        value = self.document.value
        outer = {key: value[key] for key in GROUPS if key in value}
        if "match" not in value and not outer:
            self._add((), "no rule; add `match:` with at least one predicate, as `minerals: [gallium]`")
            return Rule()
        inner = self._rule(value["match"], ("match",)) if "match" in value else Rule()
        beside = self._rule(outer, ()) if outer else Rule()
        if inner.any and beside.any:
            return Rule(all=(inner, beside))
        return Rule(all=(*inner.all, *beside.all), any=(*inner.any, *beside.any), none=(*inner.none, *beside.none))

    def _rule(self, value: object, path: Path) -> Rule:
        """A mapping: each predicate must hold, and so must `all`, `any` and `none` in it."""
        if not isinstance(value, dict) or not value:
            self._add(path, "a rule is a mapping of predicates, as `minerals: [gallium]`; write at least one")
            return Rule()
        groups: dict[str, list[Rule | Condition]] = {key: [] for key in GROUPS}
        for key, each in value.items():
            if key in GROUPS:
                groups[key].extend(self._group(key, each, (*path, key)))
            elif key in PREDICATES:
                groups["all"].extend(self._condition(key, each, (*path, key)))
            else:
                near = did_you_mean(key, [*PREDICATES, *GROUPS])
                self._add((*path, key), f"unknown predicate `{key}`; {near}", at_key=True)
        return Rule(all=tuple(groups["all"]), any=tuple(groups["any"]), none=tuple(groups["none"]))

    def _group(self, key: str, value: object, path: Path) -> list[Rule | Condition]:
        if isinstance(value, list) and value:
            return [self._item(each, (*path, index)) for index, each in enumerate(value)]
        if isinstance(value, dict) and value:
            if key != "all" and len(value) > 1:
                self._add(
                    path, f"`{key}` of {len(value)} predicates: each alone or only together? Write a list of items"
                )
            return [self._item(value, path)]
        self._add(path, f"`{key}` is empty or no list; write a list of mappings, as `- minerals: [gallium]`")
        return []

    def _item(self, value: object, path: Path) -> Rule | Condition:
        rule = self._rule(value, path)
        single = len(rule.all) == 1 and not rule.any and not rule.none
        return rule.all[0] if single else rule

    def _condition(self, name: str, value: object, path: Path) -> list[Condition]:
        given: list[tuple[Path, object]] = [(path, value)]
        if isinstance(value, list):
            given = [((*path, index), each) for index, each in enumerate(value)]
        if value in ([], ""):
            self._add(path, f"`{name}` has no terms; name at least one, or remove the line")
            return []
        terms = [term for where, each in given for term in self._term(name, each, where)]
        return [Condition(predicate=name, terms=tuple(dict.fromkeys(terms)))] if terms else []

    def _term(self, name: str, value: object, path: Path) -> list[str]:
        if not isinstance(value, str):
            self._add(path, f"a term of `{name}` is a list or mapping; write plain text")
            return []
        problems = PREDICATES[name].check([value], self.taxonomy)
        for problem in problems:
            self._add(path, problem.message)
        return [] if problems else [PREDICATES[name].read(value, self.taxonomy)]

    def destinations(self) -> tuple[Destination, ...]:
        """Where the alerts go; at least one."""
        value = self.document.value.get("destinations")
        if not value:
            self._add(("destinations",), "no destination, so nobody would hear; add one, as `[{slack: C0MAGNETS}]`")
            return ()
        listed = value if isinstance(value, list) else [value]
        found: list[Destination] = []
        for index, each in enumerate(listed):
            path: Path = ("destinations", index) if isinstance(value, list) else ("destinations",)
            found.extend(self._destination(each, path, found))
        return tuple(found)

    def _destination(self, value: object, path: Path, before: list[Destination]) -> list[Destination]:
        if not isinstance(value, dict) or len(named := [key for key in value if key != "workspace"]) != 1:
            self._add(path, "a destination names one channel and its address, as `{slack: C0MAGNETS}`")
            return []
        (channel,) = named
        address, workspace = value[channel], value.get("workspace", "default")
        if channel not in self.channels:
            near = did_you_mean(channel, self.channels)
            self._add((*path, channel), f"unknown channel `{channel}`; {near}", at_key=True)
        elif self._addressed(channel, address, workspace, path):
            destination = Destination(channel=channel, address=address, workspace=workspace)
            if destination not in before:
                return [destination]
            self._add(path, f"`{address}` a second time, so it would hear everything twice; remove one")
        return []

    def _addressed(self, channel: str, address: object, workspace: object, path: Path) -> bool:
        if not isinstance(address, str) or not address or not isinstance(workspace, str) or not workspace:
            self._add(path, "address and workspace are plain text; write them as `{slack: C0MAGNETS, workspace: acme}`")
            return False
        form, mend = ADDRESSES.get(channel, (re.compile(".*", re.DOTALL), ""))
        if not form.fullmatch(address):
            self._add((*path, channel), f"`{address}` is no {channel} address; {mend}")
            return False
        return True

    def news(self) -> tuple[str, ...]:
        """The kinds of news wanted; empty for all."""
        if "news" not in self.document.value:
            return ()
        value = self.document.value["news"]
        found = []
        for index, term in enumerate(value if isinstance(value, list) else [value]):
            path: Path = ("news", index) if isinstance(value, list) else ("news",)
            try:
                found.append(read_news(_plain(term), self.taxonomy))
            except TermError as error:
                self._add(path, str(error))
        if not found and not value:
            self._add(("news",), "`news` names nothing, so nobody would hear; name a kind, or remove the line")
        return tuple(dict.fromkeys(found))

    def mutes(self) -> tuple[Mute, ...]:
        """The mutes, with what they name in its one spelling."""
        return tuple(mute for index, each in self._parts("mutes", MuteFile) for mute in self._mute(each, index))

    def _parts(self, key: str, model: type[P]) -> Iterator[tuple[int, P]]:
        """The items of a list that are right in form, with their places; of the others `validate` tells."""
        value = self.document.value.get(key)
        for index, each in enumerate(value if isinstance(value, list) else ()):
            try:
                yield index, model.model_validate(each)
            except ValidationError:
                continue

    def _mute(self, written: MuteFile, index: int) -> list[Mute]:
        (scope,) = written.scopes
        ends = {"until": written.until, "until_next_stage": written.until_next_stage, "reason": written.reason}
        try:
            value = "" if scope is MuteScope.WATCHLIST else self._muted(scope, getattr(written, scope.value))
        except TermError as error:
            self._add(("mutes", index, scope.value), str(error))
            return []
        return [Mute(scope=scope, value=value, **ends)]

    def _muted(self, scope: MuteScope, value: str) -> str:
        if scope is MuteScope.SOURCE and value.endswith("*"):
            raise TermError(f"`{value}` stands for many sources; mute each by its key")
        if scope is MuteScope.SOURCE:
            return PREDICATES["source"].read(value, self.taxonomy)
        return _read_measure(value) if scope is MuteScope.MEASURE else _read_item(value, self.taxonomy)

    def check_tests(self) -> None:
        """Language and date of each test must be ones that a document can have."""
        for index, test in self._parts("tests", WatchlistTest):
            if test.lang is not None and test.lang not in set(Language):
                near = did_you_mean(test.lang, set(Language))
                self._add(("tests", index, "lang"), f"unknown language `{test.lang}`; {near}")
            if test.published_on is not None and not _is_day(test.published_on):
                self._add(("tests", index, "published_on"), f"`{test.published_on}` is no day; write it as 2026-01-31")

    def _add(self, path: Path, message: str, *, at_key: bool = False) -> None:
        self.problems.append(self.document.problem(path, message, at_key=at_key))


def _plain(term: object) -> str:
    if not isinstance(term, str) or not term:
        raise TermError("a kind of news is plain text, as `stage_changed` or `* -> suspended`")
    return term


def _read_measure(value: str) -> str:
    try:
        return str(uuid.UUID(value))
    except ValueError:
        raise TermError(f"`{value}` is no measure id; copy it from an alert or from `noroshi try`") from None


def _read_item(value: str, taxonomy: Taxonomy) -> str:
    """The id of a mineral or a technology; raises TermError with the nearest."""
    for name in _ITEM_FACETS:
        if not PREDICATES[name].check([value], taxonomy):
            return PREDICATES[name].read(value, taxonomy)
    near = next((found for facet in _ITEM_FACETS if (found := taxonomy.suggest(facet, value))), None)
    hint = f"did you mean `{near}`?" if near else "name a mineral or a technology"
    raise TermError(f"unknown item `{value}`; {hint}")


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
