"""What a sentence says the measure has to do with another: carries it out, changes it, or answers it.

The other is known by its official identifier, by the name of its law (`経済安全保障推進法に基づき`, `《出口管制法》`,
`under the CHIPS and Science Act`), or, where a measure answers another, by whose it is (`in response to US tariffs`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from services.classify.facets.identifiers import Identified
from services.classify.facets.parts import part_of
from services.contracts.events import Identifier
from services.contracts.measures import CHANGING
from services.contracts.vocab import RelationKind

NAMED_ACT = "named_act"
"""The scheme of a law or order that the text gives by its name."""

REACH = 60
"""A verb and the identifier it governs stand no farther apart."""

CountriesOf = Callable[[int, int], tuple[str, ...]]
"""Gives the codes of the countries named in a folded span."""

SurfaceOf = Callable[[int, int], str]
"""Gives the original characters of a folded span."""

_OWN_NUMBERS = frozenset({"rin", "docket", "fr_document", "fr_citation", "kanpo_notice", "ad_cvd_case", "itc_case"})
"""Schemes that number the document or the proceeding itself, never another measure."""

_VERBS_BEFORE: tuple[tuple[RelationKind, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        (
            RelationKind.SUSPENDS,
            r"(?:\b(?:suspend|paus|stay)\w*[^.;]{0,40}|(?:暂停|中止)(?:实施|执行)?[^,。;]{0,16})$",
        ),
        (
            RelationKind.EXTENDS,
            r"(?:\b(?:extend|renew|prolong|continu)\w*[^.;]{0,40}|(?:延长|延期|继续实施)[^,。;]{0,16})$",
        ),
        (
            RelationKind.REPEALS,
            r"(?:\b(?:repeal|rescind|revok|terminat|supersed|replac)\w*[^.;]{0,40}"
            r"|(?:废止|撤销|终止|取代)[^,。;]{0,16})$",
        ),
        (
            RelationKind.AMENDS,
            r"(?:\b(?:amend|revis|modif|correct|updat)\w*[^.;]{0,40}|(?:修改|修订|修正|调整|更正)[^,。;]{0,16})$",
        ),
        (
            RelationKind.IMPLEMENTS,
            r"(?:\b(?:implement(?:s|ed|ation of)|pursuant to|under(?: the authority of)?|in accordance with"
            r"|carr(?:y|ies|ying) out|giv(?:es?|ing) effect to)"
            r"(?: the| (?:section|article)s? [\w().]{1,12} of(?: the)?)? ?"
            r"|pursuant to [^.;]{1,40} of(?: the)? ?|(?:根据|依据|依照|按照|为落实|为实施)[^,。;]{0,16})$",
        ),
        (
            RelationKind.RESPONDS_TO,
            r"(?:\bin (?:response|retaliation) (?:to|for)(?: the)? ?|(?:反制|回应)[^,。;]{0,10})$",
        ),
    )
)
_VERBS_AFTER: tuple[tuple[RelationKind, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        (
            RelationKind.SUSPENDS,
            r"^[^。;、]{0,12}の?(?:適用|施行|実施)?(?:を|の)(?:一時)?(?:停止|猶予)|^[^。;]{0,40}?(?:暂停实施|停止执行)",
        ),
        (
            RelationKind.EXTENDS,
            r"^[^。;、]{0,8}(?:の(?:期間|期限|適用|有効期間))?[をの]延長|^[^。;]{0,30}?(?:延长至|继续有效)",
        ),
        (RelationKind.REPEALS, r"^[^。;、]{0,4}[をの]廃止|^[^。;]{0,16}?(?:同时)?废止"),
        (RelationKind.AMENDS, r"^[^。;、]{0,6}(?:の一部)?(?:を|の)?改正"),
        (RelationKind.IMPLEMENTS, r"^[)）」]?[^。;、]{0,10}(?:に基づ|の規定によ|を(?:実施|施行)するため)"),
        (RelationKind.RESPONDS_TO, r"^[^。;、]{0,10}(?:に対する|への)?(?:対抗|報復)"),
    )
)

_PASSIVE = re.compile(r"\bby\b")
"""`as amended by` another changes nothing of it."""

_KANJI = r"\u4e00-\u9fff\u30a1-\u30fc々a-z0-9+"
_ARTICLE = r"(?:第[\d一二三四五六七八九十百の条項号第]{1,24})?"
_JA_LAW = re.compile(
    r"「(?P<quoted>[^」]{2,60}(?:法律|法|条例|令|規則))」|(?P<same>同法|同条例)"
    rf"|(?P<name>[^。、「」()\s]{{2,60}}に関する[{_KANJI}]{{0,8}}法律?(?:施行令|施行規則)?"
    rf"|(?:[{_KANJI}]|及び){{2,30}}?(?:法律|法|条例|令|規則))"
    rf"(?={_ARTICLE}(?:に基づ|の規定に|の一部を?改正|を改正|の改正))"
)
_JA_LINKS = ("に基づ", "の規定に", "改正")
"""What ties a text to the law it names: without one of these no law of it is a relation."""
_JA_GENERIC = frozenset({"法令", "政令", "省令", "命令", "規則", "法律", "関係法令"})
"""Words for law in general, which name none."""

_JA_NUMBER = re.compile("(?:令和|平成|昭和).{1,4}年")
_MINISTRIES = re.compile("^.*[省府庁]関係")
_JA_BASED = re.compile(rf"^{_ARTICLE}(?:に基づ|の規定に)")
_JA_AMENDED = re.compile(r"^(?:の一部)?(?:を|の)?改正")
_ZH_BASED = re.compile(
    r"(?:根据|依据|依照|按照|为落实|为实施|为贯彻)[^。;《]{0,12}(?P<list>(?:[、,和及以 ]{0,2}《[^》]{2,40}》){1,8})"
)
_ZH_CHANGED = re.compile(r"(?P<verb>修改|修订|废止|暂停实施)[^。;《,]{0,10}《(?P<name>[^》]{2,40})》")
_ZH_NAME = re.compile(r"《([^》]{2,40})》")
_ZH_KIND = {
    "修改": RelationKind.AMENDS,
    "修订": RelationKind.AMENDS,
    "废止": RelationKind.REPEALS,
    "暂停实施": RelationKind.SUSPENDS,
}
_EN_LAW = re.compile(
    r"\b(?P<verb>under|pursuant to|in accordance with|implement(?:s|ed|ing)?|authorized by|amend(?:s|ed|ing)?)"
    r"(?: (?:section|title|sections) [\w().]{1,12}(?: and [\w().]{1,12})? of)? (?:the )?"
    r"(?P<name>(?:[a-z0-9+'&-]+,? ){1,8}act(?: of \d{4})?)\b"
)
_SMALL_WORDS = frozenset({"and", "of", "the", "for", "to", "in", "on"})

_MEASURE = (
    "(?:措置|関税|規制|制裁|措施|关税|管制|制裁|限制|清单"
    "|tariffs?|dut(?:y|ies)|sanctions?|controls|restrictions?|bans?|curbs|measures?|listings?)"
)
_ANSWERS = tuple(
    re.compile(pattern)
    for pattern in (
        r"\b(?:in (?:response|retaliation|reply) (?:to|for|against)|retaliat\w* (?:against|for)"
        rf"|countermeasures? (?:to|against)) (?P<other>[^.;,]{{0,60}}?\b{_MEASURE})",
        rf"(?P<other>[^。、;]{{2,40}}?{_MEASURE})[^。、;]{{0,6}}"
        r"(?:に対する(?:対抗|報復)|への(?:対抗|報復)|に対抗|に報復|に反発|を受け)",
        rf"(?P<other>[^。、;]{{2,30}}?による[^。、;]{{0,12}}{_MEASURE})等?については[^。]{{0,160}}?(?:対抗|報復)",
        rf"(?:反制|回应|报复)(?P<other>[^。;,]{{2,30}}?{_MEASURE})",
        rf"(?:针对|就|对)(?P<other>[^。;,]{{2,30}}?{_MEASURE})[^。;]{{0,24}}?(?:反制|反击|报复|对等措施)",
    )
)
_ANSWERING = re.compile("response|retaliat|reply|countermeasure|対抗|報復|反発|を受け|反制|回应|反击|报复|对等")


@dataclass(frozen=True, slots=True)
class Related:
    """A relation in the folded text; without an identifier `of` says whose measure the other is."""

    kind: RelationKind
    identifier: Identifier | None
    of: tuple[str, ...]
    start: int
    end: int
    part: str = ""


@dataclass(frozen=True)
class Stretch:
    """A stretch of a folded text, and what gives the original characters and the countries of its spans."""

    text: str
    start: int
    surface_of: SurfaceOf
    countries_of: CountriesOf

    @property
    def end(self) -> int:
        """Where it ends in the folded text."""
        return self.start + len(self.text)


def find_relations(stretch: Stretch, identified: Sequence[Identified], law_before: str = "") -> list[Related]:
    """The relations a stretch states, in text order, each once.

    `law_before` is the law named last before the stretch: `同法` is that one.
    """
    found = [*_numbered(stretch, identified), *_named(stretch, law_before), *_answers(stretch)]
    return distinct(sorted(found, key=lambda each: (each.start, each.end)))


def distinct(found: Iterable[Related]) -> list[Related]:
    """Each relation once, in the order given; one that names no part says nothing beside one that does."""
    once = {(each.kind, each.identifier, each.of, each.part): each for each in found}
    return [each for key, each in once.items() if each.part or not any(o[:3] == key[:3] and o[3] for o in once)]


def last_law(stretch: Stretch, law_before: str = "") -> str:
    """The law named last up to the end of the stretch."""
    named = [
        match["quoted"] or _clean(match["name"] or "") for match in _JA_LAW.finditer(stretch.text) if not match["same"]
    ]
    return named[-1] if named else law_before


# ---- by official identifier ------------------------------------------------------------------------------------


def _numbered(stretch: Stretch, identified: Sequence[Identified]) -> Iterator[Related]:
    for each in identified:
        if not stretch.start <= each.start < stretch.end or each.identifier.scheme in _OWN_NUMBERS:
            continue
        first, last = each.start - stretch.start, min(each.end, stretch.end) - stretch.start
        before, after = stretch.text[max(0, first - REACH) : first], stretch.text[last : last + REACH]
        shown = _verb(before, after)
        if shown:
            kind, lead, trail = shown
            part = part_of(before, after) if kind in CHANGING else ""
            yield Related(kind, each.identifier, (), each.start - lead, stretch.start + last + trail, part)


def _verb(before: str, after: str) -> tuple[RelationKind, int, int] | None:
    """What the words around an identifier do to it, and how far they reach to its left and right."""
    for kind, pattern in _VERBS_BEFORE:
        if (match := pattern.search(before)) and not _PASSIVE.search(match.group()):
            return kind, len(before) - match.start(), 0
    # A blank or colon after a number in Chinese and Japanese parts the document's own number from its title.
    for kind, pattern in () if after.startswith((" ", ":")) else _VERBS_AFTER:
        if match := pattern.search(after):
            return kind, 0, match.end()
    return None


# ---- by the name of a law --------------------------------------------------------------------------------------


def _named(stretch: Stretch, law_before: str) -> Iterator[Related]:
    yield from _japanese(stretch, law_before)
    yield from _chinese(stretch)
    yield from _english(stretch)


def _related(stretch: Stretch, kind: RelationKind, name: str, start: int, end: int) -> Related:
    return Related(kind, Identifier(scheme=NAMED_ACT, value=name), (), stretch.start + start, stretch.start + end)


def _japanese(stretch: Stretch, law: str) -> Iterator[Related]:
    for match in _JA_LAW.finditer(stretch.text) if any(each in stretch.text for each in _JA_LINKS) else ():
        after = stretch.text[match.end() : match.end() + 40]
        changed = _JA_AMENDED.match(after)
        kind = RelationKind.AMENDS if changed else RelationKind.IMPLEMENTS if _JA_BASED.match(after) else None
        first = match.start()
        if not match["same"]:
            group = "quoted" if match["quoted"] else "name"
            name = match[group] if match["quoted"] else _clean(match["name"])
            # An ordinance under a law names its ministries first (`経済産業省関係...に関する法律に基づく`).
            name = name if changed else _MINISTRIES.sub("", name)
            first = match.end(group) - len(name)
            law = stretch.surface_of(stretch.start + first, stretch.start + match.end(group))
        if kind and law and law not in _JA_GENERIC and not _JA_NUMBER.match(law):
            yield _related(stretch, kind, law, first, match.end() + (changed.end() if changed else 0))


def _clean(name: str) -> str:
    """The name of a law without the end of the clause that runs into it (`成立した経済安全保障推進法`)."""
    return re.sub(r"^.*(?:した|(?<!に関)する|れた|める|は|では)(?=.)", "", name) or name


def _chinese(stretch: Stretch) -> Iterator[Related]:
    for match in _ZH_BASED.finditer(stretch.text):
        for name in _ZH_NAME.finditer(stretch.text, match.start("list"), match.end("list")):
            value = stretch.surface_of(stretch.start + name.start(1), stretch.start + name.end(1))
            yield _related(stretch, RelationKind.IMPLEMENTS, value, name.start(), name.end())
    for match in _ZH_CHANGED.finditer(stretch.text):
        value = stretch.surface_of(stretch.start + match.start("name"), stretch.start + match.end("name"))
        yield _related(stretch, _ZH_KIND[match["verb"]], value, match.start(), match.end())


def _english(stretch: Stretch) -> Iterator[Related]:
    for match in _EN_LAW.finditer(stretch.text):
        value = stretch.surface_of(stretch.start + match.start("name"), stretch.start + match.end("name"))
        words = [word for word in value.split() if word.casefold() not in _SMALL_WORDS]
        # A name is written with capitals; `under the act` and `implements an act` are none.
        if len(words) > 1 and all(word[:1].isupper() or word[:1].isdigit() for word in words):
            kind = RelationKind.AMENDS if match["verb"].startswith("amend") else RelationKind.IMPLEMENTS
            yield _related(stretch, kind, value, match.start(), match.end())


# ---- by whose measure it answers -------------------------------------------------------------------------------


def _answers(stretch: Stretch) -> Iterator[Related]:
    if not _ANSWERING.search(stretch.text):
        return
    for pattern in _ANSWERS:
        for match in pattern.finditer(stretch.text):
            start, end = stretch.start + match.start("other"), stretch.start + match.end("other")
            if codes := stretch.countries_of(start, end):
                whole = min(start, stretch.start + match.start())
                yield Related(RelationKind.RESPONDS_TO, None, codes, whole, stretch.start + match.end())
