"""Every rule predicate, one class each: what a watchlist may ask of an act.

A new predicate is one class here, with two examples in its docstring as they are written in YAML, and its name in
`PREDICATES`. All are pure functions of (act, term, taxonomy); their common parts are `predicatekinds`.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType

import re2

from services.alert.matching.predicatekinds import (
    CodePredicate,
    CountryPredicate,
    EnumPredicate,
    Keys,
    OrderedPredicate,
    Predicate,
    TermError,
    Test,
    VocabularyPredicate,
    fold,
)
from services.contracts.alerts import Span
from services.contracts.ids import fold_text
from services.contracts.measures import Act, Passage
from services.contracts.vocab import Direction, Facet, Field, Language, Modality, Stage, Urgency
from services.taxonomy.taxonomy import Taxonomy

MAX_PATTERN_BYTES = 500
MAX_PATTERN_MEMORY = 1 << 20
"""Bounds on one RE2 pattern; RE2 itself takes time linear in the text."""

# ---- what: minerals, technologies, measure types ---------------------------------------------------------------


class Minerals(VocabularyPredicate):
    """The act is about the mineral, a form of it, or a member of the group.

    An umbrella covers the minerals on the official lists and the other umbrellas. A measure that names only
    "critical minerals" does not meet a single mineral: ask for that with `minerals_or_group`.

        minerals: [rare_earths]      met by dysprosium and by NdFeB magnets
        minerals: [gallium, 锗]       met by gallium nitride, and by germanium under its Chinese name
    """

    name = "minerals"
    facet = "minerals"
    facets = (Facet.MINERAL,)
    labels = MappingProxyType({"en": "mineral", "ja": "鉱物", "zh": "矿产"})

    def tags(self, act: Act) -> tuple[str, ...]:
        """The act's minerals."""
        return act.minerals

    def expand(self, term: str, taxonomy: Taxonomy) -> frozenset[str]:
        """The mineral and its members; for an umbrella the other umbrellas too."""
        umbrellas = _umbrellas(taxonomy)
        return super().expand(term, taxonomy) | (umbrellas if term in umbrellas else frozenset())


class MineralsOrGroup(Minerals):
    """The act is about the mineral, or only about a group or umbrella it belongs to.

    minerals_or_group: [dysprosium]     met by a measure on "rare earths" or on "critical minerals" in general
    minerals_or_group: [gallium]        met by gallium, and by "rare metals"; not by germanium
    """

    name = "minerals_or_group"
    labels = MappingProxyType({"en": "mineral or its group", "ja": "鉱物とその群", "zh": "矿产及所属类别"})

    def expand(self, term: str, taxonomy: Taxonomy) -> frozenset[str]:
        """The mineral, its members, the groups over it and every umbrella."""
        return super().expand(term, taxonomy) | taxonomy.rollup("minerals", term) | _umbrellas(taxonomy)


class Technologies(VocabularyPredicate):
    """The act is about the technology or a part of it.

    technologies: [semiconductors]     met by lithography and by HBM
    technologies: [quantum]            met by quantum computing; not by computing in general
    """

    name = "technologies"
    facet = "technologies"
    facets = (Facet.TECHNOLOGY,)
    labels = MappingProxyType({"en": "technology", "ja": "技術", "zh": "技术"})

    def tags(self, act: Act) -> tuple[str, ...]:
        """The act's technologies."""
        return act.technologies


class TechnologiesOrGroup(Technologies):
    """The act is about the technology, or only about a field it belongs to.

    technologies_or_group: [lithography]     met by a measure on semiconductor equipment as a whole
    technologies_or_group: [hbm]             met by a measure on memory chips or on semiconductors
    """

    name = "technologies_or_group"
    labels = MappingProxyType({"en": "technology or its field", "ja": "技術とその分野", "zh": "技术及所属领域"})

    def expand(self, term: str, taxonomy: Taxonomy) -> frozenset[str]:
        """The technology, its parts and the fields over it."""
        return super().expand(term, taxonomy) | taxonomy.rollup("technologies", term)


class Types(VocabularyPredicate):
    """The act is a measure of the type or of a child of it.

    types: [export_control]            met by an export ban and by a licence requirement
    types: [tariff, anti_dumping]      met by either
    """

    name = "types"
    facet = "measures"
    facets = (Facet.TYPE,)
    labels = MappingProxyType({"en": "measure type", "ja": "措置", "zh": "措施"})

    def tags(self, act: Act) -> tuple[str, ...]:
        """The act's measure types."""
        return act.types


# ---- who: countries by role ------------------------------------------------------------------------------------


class Imposing(CountryPredicate):
    """A country or bloc that takes the measure.

    imposing: [CN]         met by a control that China imposes, on whomever
    imposing: [G7]         met by a measure of Japan, and by one of the EU
    """

    name = "imposing"
    roles = ("imposing",)
    facets = (Facet.IMPOSING,)
    labels = MappingProxyType({"en": "imposed by", "ja": "措置国", "zh": "实施方"})


class Target(CountryPredicate):
    """A country the measure is aimed at.

    target: [CN]           met by tariffs on goods from China
    target: [EU]           met by duties on the EU, and by duties on Germany alone
    """

    name = "target"
    roles = ("target",)
    facets = (Facet.TARGET,)
    labels = MappingProxyType({"en": "aimed at", "ja": "対象国", "zh": "针对"})


class Affected(CountryPredicate):
    """A country named as hit, but not aimed at.

    affected: [JP]         met by "Japanese makers would be hit"
    affected: [ASEAN]      met by any of its members
    """

    name = "affected"
    roles = ("affected",)
    facets = (Facet.AFFECTED,)
    labels = MappingProxyType({"en": "affecting", "ja": "影響国", "zh": "受影响方"})


class Beneficiary(CountryPredicate):
    """A country named as supported or exempt.

    beneficiary: [AU]      met by support for a project of Australian companies
    beneficiary: [KR]      met by an exemption for Korea
    """

    name = "beneficiary"
    roles = ("beneficiary",)
    facets = (Facet.BENEFICIARY,)
    labels = MappingProxyType({"en": "benefiting", "ja": "受益国", "zh": "受益方"})


class Partner(CountryPredicate):
    """A co-signatory or coordinating country.

    partner: [US]          met by an agreement that Japan signs with the US
    partner: [Quad]        met by any of its members
    """

    name = "partner"
    roles = ("partner",)
    facets = (Facet.PARTNER,)
    labels = MappingProxyType({"en": "partner", "ja": "連携国", "zh": "合作方"})


class Mentioned(CountryPredicate):
    """A country that the text names without a role that could be shown.

    mentioned: [TW]        met by a text that names Taiwan and no more
    mentioned: [Japan]     met by JP
    """

    name = "mentioned"
    roles = ("mentioned",)
    facets = (Facet.MENTIONED,)
    labels = MappingProxyType({"en": "mentions", "ja": "言及国", "zh": "提及"})


class AnyRole(CountryPredicate):
    """A country in any role that could be shown; a bare mention is no role.

    any_role: [AU]         met by Australia as imposing, target, affected, beneficiary or partner
    any_role: [日本, G7]    met by Japan or any member of the G7
    """

    name = "any_role"
    roles = ("imposing", "target", "affected", "beneficiary", "partner")
    facets = tuple(Facet(role) for role in roles)
    labels = MappingProxyType({"en": "country", "ja": "関係国", "zh": "相关国家"})


# ---- how: closed vocabularies ----------------------------------------------------------------------------------


class Stages(OrderedPredicate):
    """Where in its life the measure stands; a document of unknown stage stands before all others.

    stage: ">= proposed"             met by proposed, adopted, in force, suspended, lifted
    stage: [suspended, lifted]       met by either
    """

    name = "stage"
    words = Stage
    facets = (Facet.STAGE,)
    labels = MappingProxyType({"en": "stage", "ja": "段階", "zh": "阶段"})

    def tags(self, act: Act) -> tuple[str, ...]:
        """The act's stage."""
        return (act.stage.value,)

    def order(self, word: str) -> int:
        """The place in a measure's life."""
        return Stage(word).order


class Urgencies(OrderedPredicate):
    """How soon a subscriber should hear of the act: archive < digest < now.

    urgency: now                met by what pages a broad watchlist
    urgency: ">= digest"        met by everything that may alert at all
    """

    name = "urgency"
    words = Urgency
    labels = MappingProxyType({"en": "urgency", "ja": "緊急度", "zh": "紧急程度"})

    def tags(self, act: Act) -> tuple[str, ...]:
        """The act's urgency."""
        return (act.urgency.value,)

    def order(self, word: str) -> int:
        """The place between archive and now."""
        return (Urgency.ARCHIVE, Urgency.DIGEST, Urgency.NOW).index(Urgency(word))


class Directions(EnumPredicate):
    """What the measure does to trade, investment, use or transfer.

    direction: restrictive                   met by a ban
    direction: [liberalising, supportive]    met by a lifted tariff or by a subsidy
    """

    name = "direction"
    words = Direction
    facets = (Facet.DIRECTION,)
    labels = MappingProxyType({"en": "direction", "ja": "方向", "zh": "方向"})

    def tags(self, act: Act) -> tuple[str, ...]:
        """The act's direction."""
        return (act.direction.value,)


class Modalities(EnumPredicate):
    """How firmly the text states the act. Only an asserted act alerts; the others serve searching.

    modality: asserted        met by "the ministry announced"
    modality: [forecast]      met by "may be tightened"
    """

    name = "modality"
    words = Modality
    facets = (Facet.MODALITY,)
    labels = MappingProxyType({"en": "modality", "ja": "確度", "zh": "确定性"})

    def tags(self, act: Act) -> tuple[str, ...]:
        """The act's modality."""
        return (act.modality.value,)


class Languages(EnumPredicate):
    """The language of the document; `zh` means both scripts.

    language: [ja, en]      met by a Japanese or an English document
    language: zh            met by simplified and traditional Chinese
    """

    name = "language"
    words = Language
    labels = MappingProxyType({"en": "language", "ja": "言語", "zh": "语言"})

    def read(self, term: str, taxonomy: Taxonomy) -> str:
        """The language, or zh; raises TermError with the nearest."""
        return "zh" if fold(term) == "zh" else super().read(term, taxonomy)

    def tags(self, act: Act) -> tuple[str, ...]:
        """The document's language."""
        return (act.event.lang.value,)

    def expand(self, term: str, taxonomy: Taxonomy) -> frozenset[str]:
        """The language; both scripts for zh."""
        if term == "zh":
            return frozenset({Language.ZH_HANS.value, Language.ZH_HANT.value})
        return super().expand(term, taxonomy)


# ---- where from, which words, which codes ----------------------------------------------------------------------


class Source(Predicate):
    """The key of the source, or its beginning followed by `*`.

    source: us-federal-register      met by that source alone
    source: [us-*, jp-*]             met by every source whose key begins so
    """

    name = "source"
    single = True
    labels = MappingProxyType({"en": "source", "ja": "情報源", "zh": "来源"})
    _KEY = re.compile(r"[a-z0-9]+(?:[-_.][a-z0-9]+)*[-_.]?\*?")

    def read(self, term: str, taxonomy: Taxonomy) -> str:  # noqa: ARG002
        """The key; raises TermError if no source can have it."""
        if not self._KEY.fullmatch(term) or (term[-1] in "-_."):
            raise TermError(f"`{term}` is no source key; write one as `us-federal-register`, or a beginning as `us-*`")
        return term

    def tags(self, act: Act) -> tuple[str, ...]:
        """The key of the act's source."""
        return (act.event.source,)

    def bind(self, term: str, taxonomy: Taxonomy) -> Test:  # noqa: ARG002
        """The test for the key or its beginning."""
        return _beginning(term, self.tags)

    def keys(self, term: str, taxonomy: Taxonomy) -> Keys:  # noqa: ARG002
        """The key or its beginning."""
        return _keys(term)


class Keyword(Predicate):
    """Words of the title or of the quoted passages: a literal, or `re:` and a pattern in RE2 syntax.

    Width, case and compatibility forms do not count. A literal's Latin letters and digits must stand alone
    (`tin` is not met by `routine`).

        keyword: [HBM, 広帯域メモリ]              met by either, also by ＨＢＭ
        keyword: ['re:1C\\d{3}', '高帯域幅']      met by a control number 1C and three digits
    """

    name = "keyword"
    keys_decide = False
    labels = MappingProxyType({"en": "words", "ja": "語句", "zh": "关键词"})

    def read(self, term: str, taxonomy: Taxonomy) -> str:  # noqa: ARG002
        """The keyword; raises TermError for an empty one or a pattern that RE2 refuses."""
        if not term.startswith("re:"):
            if not _folded(term):
                raise TermError("an empty keyword; write the words to look for")
            return term
        if not 0 < len(term[3:].encode()) <= MAX_PATTERN_BYTES:
            raise TermError(f"a pattern must have 1 to {MAX_PATTERN_BYTES} bytes; shorten it or split it")
        try:
            found = _pattern(term[3:]).search("")
        except re2.error as error:
            raise TermError(f"pattern `{term[3:]}`: {_reason(error)}; see the RE2 syntax") from error
        if found:
            raise TermError(f"pattern `{term[3:]}` matches an empty text, so it matches everything; make it say more")
        return term

    def tags(self, act: Act) -> tuple[str, ...]:
        """The texts that are searched."""
        return (act.event.title, *(passage.text for passage in act.passages))

    def bind(self, term: str, taxonomy: Taxonomy) -> Test:  # noqa: ARG002
        """The test whether one of the texts holds the words; the tags are the words found."""
        pattern = self._compiled(term)

        def found(act: Act) -> tuple[str, ...]:
            hits = (pattern.search(text) for text in map(_folded, self.tags(act)))
            return tuple(dict.fromkeys(hit.group() for hit in hits if hit))

        return found

    def keys(self, term: str, taxonomy: Taxonomy) -> Keys | None:  # noqa: ARG002
        """The first word of a literal, or its first two characters if no Latin word begins it; none of a pattern."""
        if term.startswith("re:"):
            return None
        literal = _folded(term)
        word = _WORD.match(literal)
        if word is None:
            return Keys(frozenset({literal[:2]}))
        # A literal that ends inside a word, as `3b_`, may be met by a longer one.
        whole = word.end() < len(literal) or literal[-1] != "_"
        return Keys(frozenset({word.group()})) if whole else None

    def texts(self, act: Act) -> Iterator[str]:
        """Every Latin word, and every other character alone and with the next."""
        for text in map(_folded, self.tags(act)):
            yield from _WORD.findall(text)
            for pair in _PAIR.findall(text):
                yield pair
                yield pair[:1]

    def spans(self, act: Act, term: str, tags: tuple[str, ...]) -> tuple[Span, ...]:
        """The first place in the title and in each passage, or the whole passage where folding moved the letters."""
        del tags
        pattern = self._compiled(term)
        title = Passage(field=Field.TITLE, start=0, end=len(act.event.title), text=act.event.title)
        hits = ((each, pattern.search(_folded(each.text))) for each in (title, *act.passages))
        places = ((each, _unfolded(each.text, *hit.span())) for each, hit in hits if hit)
        found = (Span(field=each.field, start=each.start + a, end=each.start + b) for each, (a, b) in places)
        return tuple(dict.fromkeys(found))

    def _compiled(self, term: str) -> re2._Regexp[str]:
        return _pattern(term[3:] if term.startswith("re:") else _literal(_folded(term)))


class Hs(CodePredicate):
    """An HS code or its beginning; a measure on a whole heading covers the codes under it.

    hs: ['8112.92']      met by 8112.92, by 8112.92.10 and by the heading 8112
    hs: ['85']           met by everything of chapter 85
    """

    name = "hs"
    facets = (Facet.HS,)
    labels = MappingProxyType({"en": "HS code", "ja": "HSコード", "zh": "HS编码"})
    form = re.compile(r"\d{2,10}")
    example = "'8112.92', or its beginning as '8112'"
    covering = 4

    def tags(self, act: Act) -> tuple[str, ...]:
        """The act's HS codes."""
        return act.hs_codes


class Eccn(CodePredicate):
    """A US export control classification number or its beginning.

    eccn: [3B001]       met by 3B001 and by 3B001.f
    eccn: ['3B']        met by all equipment of category 3
    """

    name = "eccn"
    facets = (Facet.ECCN,)
    labels = MappingProxyType({"en": "ECCN", "ja": "ECCN", "zh": "ECCN"})
    form = re.compile(r"\d[a-e](?:\d{1,3}[a-z0-9]*)?")
    example = "3B001, or its beginning as 3B"
    covering = 5

    def tags(self, act: Act) -> tuple[str, ...]:
        """The act's ECCNs."""
        return act.eccns


class Identifiers(Predicate):
    """An official identifier, with or without its scheme, or its beginning followed by `*`.

    identifier: 'rin:0694-AJ55'       met by that rule-making, from proposal to final rule
    identifier: ['A-570-*']           met by every anti-dumping case against China
    """

    name = "identifier"
    facets = (Facet.IDENTIFIER,)
    labels = MappingProxyType({"en": "identifier", "ja": "識別番号", "zh": "文号"})

    def read(self, term: str, taxonomy: Taxonomy) -> str:  # noqa: ARG002
        """The identifier; raises TermError for an empty one."""
        if not _folded(term).rstrip("*"):
            raise TermError("an empty identifier; write one as `rin:0694-AJ55` or `A-570-*`")
        return _folded(term)

    def tags(self, act: Act) -> tuple[str, ...]:
        """The act's identifiers, each as scheme:value."""
        return tuple(f"{each.scheme}:{each.value}" for each in act.identifiers)

    def bind(self, term: str, taxonomy: Taxonomy) -> Test:  # noqa: ARG002
        """The test for the identifier or its beginning, with the scheme and without."""
        return lambda act: tuple(tag for tag in self.tags(act) if _identifies(term, _folded(tag)))

    def keys(self, term: str, taxonomy: Taxonomy) -> Keys:  # noqa: ARG002
        """The identifier or its beginning."""
        return _keys(term)

    def texts(self, act: Act) -> Iterator[str]:
        """Each identifier as it is compared, with its scheme and without."""
        for tag in map(_folded, self.tags(act)):
            yield tag
            yield tag.partition(":")[2]

    def spans(self, act: Act, term: str, tags: tuple[str, ...]) -> tuple[Span, ...]:
        """Where the identifiers stand; evidence names them without their scheme."""
        return super().spans(act, term, tuple(tag.partition(":")[2] for tag in tags))


PREDICATES: Mapping[str, Predicate] = MappingProxyType(
    {
        each.name: each
        for each in (
            Minerals(),
            MineralsOrGroup(),
            Technologies(),
            TechnologiesOrGroup(),
            Types(),
            Directions(),
            Stages(),
            Imposing(),
            Target(),
            Affected(),
            Beneficiary(),
            Partner(),
            AnyRole(),
            Mentioned(),
            Urgencies(),
            Modalities(),
            Languages(),
            Source(),
            Keyword(),
            Hs(),
            Eccn(),
            Identifiers(),
        )
    }
)
"""Every predicate by the name it has in a watchlist."""


# ---- how terms are met -----------------------------------------------------------------------------------------


_WORD = re.compile(r"\b[a-z0-9]\w*", re.ASCII)
_PAIR = re.compile(r"(?=([^a-z0-9 ].?))", re.DOTALL)


@lru_cache(maxsize=256)
def _folded(text: str) -> str:
    # Folded again at the end: compatibility forms such as ™ bring capitals back, and folded texts are compared as
    # they stand when a keyword is looked up.
    return unicodedata.normalize("NFKC", fold_text(text).casefold()).casefold()


def _unfolded(text: str, start: int, end: int) -> tuple[int, int]:
    """Where the folded span stood in the text; the whole text if that cannot be shown."""

    def length(cut: int) -> int:
        return len(_folded.__wrapped__(text[:cut]))

    first = bisect_right(range(len(text) + 1), start, key=length) - 1
    last = bisect_right(range(len(text) + 1), end, key=length) - 1
    first += len(text[first:last]) - len(text[first:last].lstrip())
    last -= len(text[first:last]) - len(text[first:last].rstrip())
    return (first, last) if _folded(text[first:last]) == _folded(text)[start:end] else (0, len(text))


def _literal(text: str) -> str:
    before = r"\b" if text[0].isascii() and text[0].isalnum() else ""
    after = r"\b" if text[-1].isascii() and text[-1].isalnum() else ""
    return f"{before}{re2.escape(text)}{after}"


@lru_cache(maxsize=10_000)
def _pattern(source: str) -> re2._Regexp[str]:
    options = re2.Options()
    options.max_mem = MAX_PATTERN_MEMORY
    options.case_sensitive = False
    options.log_errors = False
    return re2.compile(source, options)


def _reason(error: Exception) -> str:
    reason = error.args[0] if error.args else "not a pattern"
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)


def _beginning(term: str, tags: Callable[[Act], tuple[str, ...]]) -> Test:
    if term.endswith("*"):
        return lambda act: tuple(tag for tag in tags(act) if tag.startswith(term[:-1]))
    return lambda act: tuple(tag for tag in tags(act) if tag == term)


def _keys(term: str) -> Keys:
    if term.endswith("*"):
        return Keys(beginnings=frozenset({term[:-1]}))
    return Keys(frozenset({term}))


def _identifies(term: str, tag: str) -> bool:
    value = tag.partition(":")[2]
    if term.endswith("*"):
        return tag.startswith(term[:-1]) or value.startswith(term[:-1])
    return term in (tag, value)


def _umbrellas(taxonomy: Taxonomy) -> frozenset[str]:
    return frozenset({id_ for id_, each in taxonomy.minerals.items() if each.kind == "umbrella"})
