"""The kinds of rule predicate: what `predicates` builds on.

A term is checked and brought to its one spelling by `read`; `bind` turns it into a test that returns the act's own
tags that met it. `keys` says by which of an act's texts a term is looked up, so that rules can be indexed; where tags
alone decide, `accepts` names them.
"""

from __future__ import annotations

import re
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Literal, NamedTuple

from services.contracts.alerts import Span
from services.contracts.measures import Act
from services.contracts.vocab import Facet
from services.runtime.yamlmessages import did_you_mean
from services.taxonomy.taxonomy import Taxonomy

SHORT_LIST = 60
"""A vocabulary up to this size is written out when a word of it is unknown and nothing is near."""

Test = Callable[[Act], tuple[str, ...]]
"""The tags of an act that meet a term; empty if none does."""

EU_MEMBERS = "EU members"
"""The taxonomy's group of the member states; the code EU stands for it and for the bloc itself."""


class Keys(NamedTuple):
    """How a term is looked up: an act meets it by a text that is one of `exact` or begins with one of `beginnings`."""

    exact: frozenset[str] = frozenset()
    beginnings: frozenset[str] = frozenset()


class TermError(ValueError):
    """A term that means nothing; the message says what and how to mend it."""


@dataclass(frozen=True)
class TermProblem:
    """What is wrong with the term at `index`."""

    index: int
    message: str


class Predicate(ABC):
    """One question to an act. Each subclass's docstring shows two examples, one a line, as written in YAML."""

    name: ClassVar[str]
    labels: ClassVar[Mapping[str, str]]
    """What the predicate asks about, in en, ja and zh, for the line that says why an alert came."""
    single: ClassVar[bool] = False
    """Whether every act has exactly one tag here, so that two different demands contradict each other."""
    facets: ClassVar[tuple[Facet, ...]] = ()
    """The evidence that shows the words of these tags."""
    keys_decide: ClassVar[bool] = True
    """Whether every act with a text of a term's `keys` meets the term; if not, the index asks its test too."""

    def check(self, terms: Sequence[str], taxonomy: Taxonomy) -> tuple[TermProblem, ...]:
        """Every term that means nothing, with a suggestion."""
        problems = []
        for index, term in enumerate(terms):
            try:
                self.read(term, taxonomy)
            except TermError as error:
                problems.append(TermProblem(index, str(error)))
        return tuple(problems)

    def matches(self, act: Act, term: str, taxonomy: Taxonomy) -> tuple[str, ...]:
        """The act's tags that meet the term; empty if it is not met."""
        return self.bind(term, taxonomy)(act)

    @abstractmethod
    def read(self, term: str, taxonomy: Taxonomy) -> str:
        """The term in its one spelling; raises TermError if it means nothing."""

    @abstractmethod
    def tags(self, act: Act) -> tuple[str, ...]:
        """What the act says of this."""

    @abstractmethod
    def bind(self, term: str, taxonomy: Taxonomy) -> Test:
        """The test for one term that `read` has passed."""

    def accepts(self, term: str, taxonomy: Taxonomy) -> frozenset[str] | None:  # noqa: ARG002
        """The tags that meet the term, or None where tags alone do not decide."""
        return None

    def keys(self, term: str, taxonomy: Taxonomy) -> Keys | None:
        """The keys of the term, at least one of which every act that meets it has among its `texts`.

        None if no such keys are known: the term is then tried on every act.
        """
        accepted = self.accepts(term, taxonomy)
        return None if accepted is None else Keys(accepted)

    def texts(self, act: Act) -> Iterable[str]:
        """What the keys of terms are compared with."""
        return self.tags(act)

    def spans(self, act: Act, term: str, tags: tuple[str, ...]) -> tuple[Span, ...]:  # noqa: ARG002
        """Where in the document the words stand that show these tags, in the order of the act's evidence."""
        return tuple(
            Span(field=each.field, start=each.start, end=each.end)
            for each in act.evidence
            if each.facet in self.facets and each.tag in tags
        )


class TagPredicate(Predicate):
    """A predicate that an act meets by having one of a known set of tags."""

    @abstractmethod
    def expand(self, term: str, taxonomy: Taxonomy) -> frozenset[str]:
        """The tags that meet the term."""

    def accepts(self, term: str, taxonomy: Taxonomy) -> frozenset[str]:
        """The tags that meet the term."""
        return self.expand(term, taxonomy)

    def bind(self, term: str, taxonomy: Taxonomy) -> Test:
        """The test whether the act has one of the tags."""
        accepted = self.expand(term, taxonomy)
        return lambda act: tuple(tag for tag in self.tags(act) if tag in accepted)


class VocabularyPredicate(TagPredicate):
    """A predicate over ids of one facet of the taxonomy; names in en, ja and zh are read as the id they name."""

    facet: ClassVar[Literal["minerals", "technologies", "measures"]]

    def read(self, term: str, taxonomy: Taxonomy) -> str:
        """The id; raises TermError with the nearest id."""
        if term in taxonomy.entries(self.facet):
            return term
        near = taxonomy.suggest(self.facet, term)
        if near and _names_it(term, near, taxonomy.entries(self.facet)[near]):
            return near
        raise TermError(_unknown(self.labels["en"], term, near, taxonomy.entries(self.facet)))

    def expand(self, term: str, taxonomy: Taxonomy) -> frozenset[str]:
        """The id and everything that belongs to it."""
        return taxonomy.members(self.facet, term)


class CountryPredicate(TagPredicate):
    """Countries in a role: an ISO 3166-1 code, EU (with its members), a group such as G7, or a country's name."""

    roles: ClassVar[tuple[str, ...]]

    def read(self, term: str, taxonomy: Taxonomy) -> str:
        """The code or the id of the group; raises TermError with the nearest."""
        if term in taxonomy.countries or term in taxonomy.groups:
            return _expandable(term, taxonomy)
        country, group = taxonomy.suggest("countries", term), taxonomy.suggest("groups", term)
        if country and fold(term) in {fold(country), *_country_names(country, taxonomy)}:
            return country
        if group and _names_it(term, group, taxonomy.groups[group]):
            return _expandable(group, taxonomy)
        raise TermError(_unknown("country or group", term, country or group, taxonomy.groups))

    def tags(self, act: Act) -> tuple[str, ...]:
        """The countries that have one of the roles in the act."""
        return tuple(sorted({code for role in self.roles for code in getattr(act, role)}))

    def expand(self, term: str, taxonomy: Taxonomy) -> frozenset[str]:
        """The codes of the country or of the group's members."""
        if term == "EU":
            return taxonomy.group_members(EU_MEMBERS) | {"EU"}
        return taxonomy.group_members(term) or frozenset({term})


class EnumPredicate(TagPredicate):
    """A predicate over one closed vocabulary."""

    single = True
    words: ClassVar[type[StrEnum]]

    def read(self, term: str, taxonomy: Taxonomy) -> str:  # noqa: ARG002
        """The word; raises TermError with the nearest."""
        word = fold(term)
        folded = {fold(each): each.value for each in self.words}
        if word not in folded:
            raise TermError(f"unknown {self.labels['en']} `{term}`; {did_you_mean(term, folded.values())}")
        return folded[word]

    def expand(self, term: str, taxonomy: Taxonomy) -> frozenset[str]:  # noqa: ARG002
        """The word itself."""
        return frozenset({term})


class OrderedPredicate(EnumPredicate):
    """A closed vocabulary in an order: `word`, `>= word`, `<= word`, `> word` or `< word`."""

    @abstractmethod
    def order(self, word: str) -> int:
        """The place of a word."""

    def read(self, term: str, taxonomy: Taxonomy) -> str:
        """The comparison, as `>= word`; raises TermError with the nearest word."""
        sign, word = _comparison(term)
        return f"{sign} {super().read(word, taxonomy)}".strip()

    def expand(self, term: str, taxonomy: Taxonomy) -> frozenset[str]:  # noqa: ARG002
        """Every word for which the comparison holds."""
        sign, word = _comparison(term)
        place, holds = self.order(word), _SIGNS[sign]
        return frozenset({each.value for each in self.words if holds(self.order(each.value), place)})


class CodePredicate(Predicate):
    """Codes that nest by their beginning: a term is met by codes under it, and by a code that covers it whole."""

    form: ClassVar[re.Pattern[str]]
    example: ClassVar[str]
    covering: ClassVar[int]
    """A code of the act with at least so many characters covers what begins with it."""

    def read(self, term: str, taxonomy: Taxonomy) -> str:  # noqa: ARG002
        """The code without points and spaces; raises TermError for another shape."""
        code = _code(term)
        if not self.form.fullmatch(code):
            raise TermError(f"`{term}` is no {self.labels['en']}; write one as {self.example}")
        return code

    def bind(self, term: str, taxonomy: Taxonomy) -> Test:  # noqa: ARG002
        """The test whether a code of the act lies under the term or covers it."""
        return lambda act: tuple(code for code in self.tags(act) if self._meets(_code(code), term))

    def keys(self, term: str, taxonomy: Taxonomy) -> Keys:  # noqa: ARG002
        """The term as a beginning, and each code that covers it."""
        covers = frozenset(term[:length] for length in range(self.covering, len(term)))
        return Keys(covers, frozenset({term}))

    def texts(self, act: Act) -> Iterable[str]:
        """The act's codes as they are compared."""
        return map(_code, self.tags(act))

    def _meets(self, code: str, term: str) -> bool:
        return code.startswith(term) or (len(code) >= self.covering and term.startswith(code))


_SIGNS: Mapping[str, Callable[[int, int], bool]] = MappingProxyType(
    {
        "": lambda place, limit: place == limit,
        ">=": lambda place, limit: place >= limit,
        "<=": lambda place, limit: place <= limit,
        ">": lambda place, limit: place > limit,
        "<": lambda place, limit: place < limit,
    }
)
_SIGN = re.compile(r"\s*(>=|<=|>|<)\s*")


def _comparison(term: str) -> tuple[str, str]:
    text = unicodedata.normalize("NFKC", term).replace("≥", ">=").replace("≤", "<=")
    found = _SIGN.match(text)
    return (found[1], text[found.end() :]) if found else ("", text)


def fold(text: str) -> str:
    """The text as words are compared: NFKC, case folded, trimmed."""
    return unicodedata.normalize("NFKC", text).casefold().strip()


def _code(text: str) -> str:
    return re.sub(r"[.\s]", "", fold(text))


def _names_it(word: str, id_: str, entry: object) -> bool:
    names: Mapping[str, tuple[str, ...]] = getattr(entry, "names", None) or getattr(entry, "forms", {})
    return fold(word) in {fold(id_), *(fold(form) for forms in names.values() for form in forms)}


def _country_names(code: str, taxonomy: Taxonomy) -> set[str]:
    return {fold(taxonomy.label("countries", code, lang)) for lang in ("en", "ja", "zh-Hans", "zh-Hant")}


def _expandable(term: str, taxonomy: Taxonomy) -> str:
    if term in taxonomy.groups and not taxonomy.group_members(term):
        raise TermError(f"`{term}` has no fixed members and is never expanded; name the countries")
    return term


def _unknown(what: str, term: str, near: str | None, known: Mapping[str, object]) -> str:
    if near:
        return f"unknown {what} `{term}`; did you mean `{near}`?"
    if len(known) <= SHORT_LIST:
        return f"unknown {what} `{term}`; {did_you_mean(term, known)}"
    return f"unknown {what} `{term}`, and nothing is near; look it up in the taxonomy"
