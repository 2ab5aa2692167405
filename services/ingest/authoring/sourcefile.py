"""The `source.yml` of a new source, each field with what it is for, and what a person still has to look at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from services.ingest.authoring.facts import UNKNOWN_COUNTRY, Facts
from services.ingest.authoring.proposal import Proposal

_TEXT = """\
# Where its events come from; part of every event's id, so never change it. a country first is its own voice.
key: {key}
# For the reader of an alert.
name: {name}
publisher: {publisher}
# ISO 3166, or EU; the folder's name begins with it.
country: {country}
# Of the documents: en, ja, zh-Hans, zh-Hant, or other (kept, not classified).
language: {language}
# How the page is read; the kinds are in docs/guides/events.md.
kind: {kind}
url: {url}
# verified: read from here; documented: the publisher says so; unverified: look before it is turned on.
address: {address}
{paused}# Whose calendar the days belong to.
zone: {zone}
# official: what it says is binding; news: what an authority says of itself or others; aggregator: gathers others' news.
tier: news
schedule:
  # No more often than its publisher brings news.
  every_minutes: 60
# Outside of this the source is reported, so that a redesigned page does not pass for silence.
expected:
  min_items: 1
  max_items: {most}
  # Working days of the publisher that may pass without news.
  longest_gap_days: 14
# Monday to Friday; `days` and `closed` say otherwise.
publishes:{publishes}
# Under which licence or terms it may be read, in a sentence.
terms: ""
{options}# What the next person should know.
notes: ""
"""
_PAUSED = """\
# Not asked until its address was looked at; then delete this line.
status: paused
"""
_HOLIDAYS = """
  # Less the holidays of this country.
  holidays: {}"""
_OPTIONS = """\
# What stands where, as it was guessed from the page; compare it with samples/list.expected.json.
"""


def source_text(facts: Facts, proposal: Proposal) -> str:
    """The whole file, sound as it is."""
    return _TEXT.format(
        **{name: _scalar(getattr(facts, name)) for name in ("key", "name", "publisher", "country", "url", "zone")},
        language=facts.language.value,
        kind=proposal.kind,
        address="verified" if facts.reached else "unverified",
        paused="" if facts.reached else _PAUSED,
        most=max(100, 10 * len(proposal.reading.documents)),
        publishes=_HOLIDAYS.format(facts.holidays) if facts.holidays else " {}",
        options=_OPTIONS + _yaml({"options": proposal.options}) if proposal.options else "",
    )


def left_to_fill(facts: Facts, proposal: Proposal) -> Iterator[str]:
    """What a person has to look at or fill in, field by field."""
    if facts.country == UNKNOWN_COUNTRY:
        yield "country: the address names none; the folder's name begins with it, too"
    if facts.publisher == facts.name:
        yield "name, publisher: both are what the page calls itself"
    yield f"language: {facts.language.value}, zone: {facts.zone}; by the page and its country"
    yield "tier, terms, notes; how often: every_minutes, longest_gap_days"
    if not facts.reached:
        yield "url: nobody has read it from here; look at it, write `address: verified` and delete `status: paused`"
    documents = proposal.reading.documents
    if undated := sum(each.published_on is None for each in documents):
        yield f"{undated} of {len(documents)} documents have no day; say where it is (`date`), or why in `notes`"
    if proposal.options:
        yield "options: compare samples/list.expected.json with the page"


def _scalar(value: Any) -> str:
    return _yaml({"x": value}).removeprefix("x: ").rstrip("\n")


def _yaml(value: Any) -> str:
    return yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=1_000_000)
