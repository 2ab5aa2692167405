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

from collections.abc import Collection
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from services.alert.watchlists.destinationkeys import DestinationReading
from services.alert.watchlists.keys import Clock, MuteFile, QuietHoursFile, Reminders, Timezone
from services.alert.watchlists.reading import Reading
from services.alert.watchlists.restraintkeys import RestraintReading
from services.alert.watchlists.rulekeys import RuleReading
from services.contracts.canary import refuse_key
from services.contracts.vocab import Language
from services.contracts.watchlists import (
    Cadence,
    QuietHours,
    Watchlist,
    WatchlistId,
    WatchlistTest,
)
from services.runtime.yamlfile import Document, YamlError, YamlProblem, validate
from services.runtime.yamlmessages import did_you_mean
from services.taxonomy.taxonomy import Taxonomy

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]

PLAIN_KEYS = (*("id", "name", "owner", "tenant", "language", "cadence", "timezone", "digest_at", "reminders", "tests"),)
"""The keys that a watchlist takes over as they are read."""


class WatchlistFile(BaseModel):
    """The keys a watchlist file may have; rule, destinations and news are read by `read_watchlist`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[WatchlistId, AfterValidator(refuse_key)]
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
    problems: list[YamlProblem] = []
    rule = RuleReading(document, taxonomy, problems).whole_rule()
    destinations = DestinationReading(document, taxonomy, problems, frozenset(channels)).destinations()
    restraint = RestraintReading(document, taxonomy, problems)
    news, mutes = restraint.news(), restraint.mutes()
    _check_tests(restraint)
    try:
        head = validate(WatchlistFile, document)
    except YamlError as error:
        raise YamlError([*error.problems, *problems]) from error
    if problems:
        raise YamlError(problems)
    quiet = QuietHours(**head.quiet_hours.model_dump()) if head.quiet_hours else None
    return Watchlist(
        rule=rule,
        destinations=destinations,
        news=news,
        mutes=mutes,
        quiet_hours=quiet,
        **{key: getattr(head, key) for key in PLAIN_KEYS},
    )


def _check_tests(reading: Reading) -> None:
    """Language and date of each test must be ones that a document can have."""
    for index, test in reading.parts("tests", WatchlistTest):
        if test.lang is not None and test.lang not in set(Language):
            near = did_you_mean(test.lang, set(Language))
            reading.add(("tests", index, "lang"), f"unknown language `{test.lang}`; {near}")
        if test.published_on is not None and not _is_day(test.published_on):
            reading.add(("tests", index, "published_on"), f"`{test.published_on}` is no day; write it as 2026-01-31")


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
