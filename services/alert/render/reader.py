"""The reader: in which language, from which vocabulary and on which day an alert is read."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import get_args

from babel.dates import format_date

from services.alert.render.phrases import PartKind, Phrases, ReaderLanguage, load_phrases
from services.alert.render.safetext import clean_line, decapitalise, trim
from services.contracts.measures import DateFact
from services.contracts.vocab import DatePrecision, Stage
from services.taxonomy.model import FacetName
from services.taxonomy.taxonomy import Taxonomy

MAX_NAME = 80
_LOCALES = {"en": "en_GB", "ja": "ja", "zh": "zh_Hans"}
_ROLE_AND_DATE = re.compile(r"\b(?:(?P<role>[a-z_]+)=)?(?P<date>[0-9]{4}(?:-[0-9]{2}){1,2})\b")
_PART = re.compile(rf"\b({'|'.join(get_args(PartKind))}) (\w[\w.()-]*)")
_PARTS = {DatePrecision.DAY: 3, DatePrecision.MONTH: 2, DatePrecision.YEAR: 1}


@dataclass(frozen=True)
class Reader:
    """Names things and writes dates for one reader. Every name comes back cleaned and of bounded length."""

    language: ReaderLanguage
    taxonomy: Taxonomy
    today: date

    @property
    def phrases(self) -> Phrases:
        """The words of the reader's language."""
        return load_phrases()[self.language]

    def name(self, facet: FacetName, id_: str) -> str:
        """What the reader calls an id of the taxonomy; an unknown id is its own name."""
        short = self.phrases.countries.get(id_) if facet == "countries" else None
        language = "zh-Hans" if self.language == "zh" else self.language
        name = trim(clean_line(short or self.taxonomy.label(facet, id_, language)), MAX_NAME)
        return decapitalise(name) if facet == "measures" else name

    def stage(self, stage: str) -> str:
        """What the reader calls a stage."""
        return self.phrases.unnamed_stage if stage in ("", Stage.UNKNOWN) else self.name("stages", stage)

    def stage_inside(self, stage: str) -> str:
        """What the reader calls a stage within a sentence."""
        return decapitalise(self.stage(stage))

    def part(self, name: str) -> str:
        """What the reader calls a part of a document: `paragraph 2`, `article 3 paragraph 2`; others stay as named."""
        words = {str(kind): written for kind, written in self.phrases.parts.items()}
        return _PART.sub(lambda found: words[found[1]].format(number=found[2]), clean_line(name))

    def names(self, facet: FacetName, ids: Iterable[str], first: Collection[str] = (), most: int = 5) -> str:
        """The names of up to `most` ids, those of `first` before all others, and how many more there are."""
        ordered = sorted(dict.fromkeys(ids), key=lambda id_: id_ not in first)
        return self.join([self.name(facet, id_) for id_ in ordered], most)

    def countries(self, codes: Iterable[str], most: int = 4) -> str:
        """Countries inside a sentence, with the article where the language wants one."""
        names = [("the " if code in self.phrases.the else "") + self.name("countries", code) for code in codes]
        return self.join(names, most)

    def join(self, names: list[str], most: int = 5) -> str:
        """An enumeration in the reader's language."""
        phrases = self.phrases
        if len(names) > most:
            return phrases.more.format(names=phrases.list.join(names[:most]), count=len(names) - most)
        if len(names) < 2:
            return "".join(names)
        return phrases.list.join(names[:-1]) + phrases.last + names[-1]

    def write_date(self, fact: DateFact) -> str:
        """A date no more precise than the text that states it."""
        parts = fact.value.split("-")[: _PARTS[fact.precision]]
        return self._write_iso("-".join(parts)) or trim(clean_line(fact.value), MAX_NAME)

    def write_day(self, day: date) -> str:
        """A calendar day."""
        return self._write(day, self.phrases.date.day)

    def write_date_from_today(self, fact: DateFact) -> str:
        """A date with the days to or since; the distance is given only where the text names the day."""
        written = self.write_date(fact)
        exact = fact.precision is DatePrecision.DAY and fact.value.count("-") == 2
        day = _day(fact.value) if exact else None
        if day is None:
            return written
        ahead, days = (day - self.today).days, self.phrases.days
        near = {0: days.today, 1: days.tomorrow, -1: days.yesterday}
        return near.get(ahead, days.ahead if ahead > 0 else days.past).format(date=written, count=abs(ahead))

    def write_stated(self, value: str) -> str:
        """A year, month or day as the reader writes it; what the calendar does not have stays as it is."""
        return self._write_iso(value) or trim(clean_line(value), MAX_NAME)

    def write_when(self, value: str) -> str:
        """A year, month or day with the word before it that the language wants: `on 1 May 2026`, `in May 2026`."""
        words = self.phrases.when_stated
        return (words.year, words.month, words.day)[min(value.count("-"), 2)].format(date=self.write_stated(value))

    def write_distance(self, value: str) -> str:
        """How far a year, month or day is from today, counted in that unit; nothing once it is long past."""
        first, precision = _day(value), min(value.count("-"), 2)
        if first is None:
            return ""
        months = 12 * (first.year - self.today.year) + first.month - self.today.month
        ahead = (first.year - self.today.year, months, (first - self.today).days)[precision]
        words = (self.phrases.distances.year, self.phrases.distances.month, self.phrases.distances.day)[precision]
        if ahead < 0:
            return self.phrases.distances.yesterday if (precision, ahead) == (2, -1) else ""
        return words[min(ahead, 2)].format(count=ahead)

    def write_value(self, value: str) -> str:
        """A changed value: dates in it (`2023-08-01`, `effective=2023-08-01`) as the reader writes them."""
        return _ROLE_AND_DATE.sub(self._write_found, value)

    def _write_found(self, found: re.Match[str]) -> str:
        role, value = found["role"], found["date"]
        written = self._write_iso(value)
        if written is None:
            return found[0]
        name = self.phrases.fields.get(role) if role else None
        return f"{name}{self.phrases.colon}{written}" if name else written

    def _write_iso(self, value: str) -> str | None:
        """A year, month or day as the reader writes it; None if the calendar has no such day."""
        day, patterns = _day(value), self.phrases.date
        return self._write(day, (patterns.year, patterns.month, patterns.day)[value.count("-")]) if day else None

    def _write(self, day: date, pattern: str) -> str:
        return format_date(day, pattern, locale=_LOCALES[self.language])


def _day(value: str) -> date | None:
    """The first day the value covers, or None if the calendar has no such day."""
    try:
        return date.fromisoformat(value + "-01" * (2 - value.count("-")))
    except ValueError:
        return None
