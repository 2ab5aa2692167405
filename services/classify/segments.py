"""The measures that an official document lists one by one under a headline that states none, or several."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from services.classify.clauses import Sentence
from services.classify.commentary import read_sentences
from services.classify.draft import Draft
from services.classify.facets.countries import Cast
from services.classify.facets.dates import Dated
from services.classify.facets.numerals import read_number
from services.classify.facets.stage import Staged, settle
from services.classify.page import HEAD, LEAD, Page
from services.contracts.vocab import CountryRole, DateRole, Direction, Modality, Stage

MAX_SEGMENTS = 30
_WORDS = {
    "first": 1, "firstly": 1, "second": 2, "secondly": 2, "third": 3, "thirdly": 3, "fourth": 4, "fifth": 5, "sixth": 6,
    "首先": 1, "其次": 2, "再次": 3, "まず": 1, "次に": 2, "さらに": 3,
}  # fmt: skip
_START = r"(?:^|(?<=\n)|(?<=[.;:。]\s)|(?<=[。;:、]))\s?"
_STYLES = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?:^|(?<=\n))\s?(?:第)?(?P<n>[一二三四五六七八九十]{1,3})(?:条|項|、|[.,:])\s?",
        _START + r"\((?P<n>[一二三四五六七八九十]{1,3})\)\s?",
        _START + r"(?P<n>[一二三四五六七八九十])是",
        _START + r"第(?P<n>[一二三四五六七八九十])(?:に、|,|、|は、)",
        _START + r"\((?P<n>\d{1,2})\)\s?",
        r"(?:^|(?<=\n)|(?<=[.;:。] ))(?P<n>\d{1,2})(?:[.)](?!\d)|、)\s?",
        r"(?<=\n)(?P<n>\d{1,2})(?=[\u3041-\u9fff])(?!\s?[月年日个件社家])",
        _START + r"(?P<n>" + "|".join(_WORDS) + r")(?:,|、|は、| )",
        r"(?<=\n)\s?(?P<n>[・*-])\s?",
    )
)
"""Ways to number a list; the first is that of articles, the last has no numbers."""
_FIRSTS = tuple(
    re.compile(pattern)
    for pattern in (
        r"一(?:条|項|、|[.,:])",
        r"\(一\)",
        "一是",
        "第一(?:に、|,|、|は、)",
        r"\(0?1\)",
        r"1[.)、]",
        r"\n0?1[\u3041-\u9fff]",
        "first|首先|まず",
        r"\n\s?[・*-]",
    )
)
"""What the item numbered one of each style holds: found fast, and where it is missing the style need not be tried."""
_SEVERAL = re.compile(
    r"\b(?:measures|actions|steps|package|decisions|restrictions)\b"
    r"|\b(?:two|three|four|five|six|several|\d) (?:[a-z-]+ ){0,3}(?:announcements|notices|rules|orders)\b"
    r"|措施|一揽子|若干|多项|(?:[两二三四五六七八九十]|\d{1,2})项[^。,]{0,12}(?:公告|决定|规定|通知|禁令)"
    r"|措置(?:を|等|一覧|について)|施策|対策|パッケージ|(?:[二三四五六七八九十]|\d{1,2})(?:件|つ)の[^。]{0,12}(?:措置|告示|公告|決定)"
)


def read_segments(page: Page, stated: Sequence[str], dates: Sequence[Dated]) -> list[Draft]:
    """The acts of the items of a list, those that say the same together; none where the document has one act.

    A headline that states a type speaks for the whole document, unless it says that there are several measures.
    """
    if page.profile.issuer is None or page.profile.manner not in ("agency", "gazette"):
        return []
    if stated and not _SEVERAL.search(page.title):
        return []
    spans = find_segments(page.document.text, page.document.title_end)
    drafts = [draft for span in spans for draft in _read(page, span)]
    closing = [each for each in dates if each.role is DateRole.EFFECTIVE and not _lies_in(each, spans)]
    groups = _distinct(page, drafts)
    if len(groups) < 2:
        return []
    return [_completed(page, draft, closing, spans[0][0]) for draft in groups]


def find_segments(text: str, start: int) -> list[tuple[int, int]]:
    """The spans of the items of the first list in a folded text, without their numbers; empty where there is none.

    Items are numbered from one in one style. The last ends with its line.
    """
    before = max(0, start - 1)
    styles = (style for style, first in zip(_STYLES, _FIRSTS, strict=True) if first.search(text, before))
    lists = (list(_items(style, text, start)) for style in styles)
    found = min((each for each in lists if len(each) > 1), key=lambda each: each[0].start(), default=[])
    starts = [each.end() for each in found[:MAX_SEGMENTS]]
    ends = [each.start() for each in found[1:MAX_SEGMENTS]]
    if found:
        line = text.find("\n", starts[-1])
        ends.append(line if line >= 0 else len(text))
    return list(zip(starts, ends, strict=True))


def _items(style: re.Pattern[str], text: str, start: int) -> Iterator[re.Match[str]]:
    """The matches of a style that count up from one."""
    wanted = 1
    for match in style.finditer(text, start):
        number = _WORDS.get(match["n"]) or (wanted if match["n"] in "・*-" else read_number(match["n"]))
        if number == wanted:
            yield match
            wanted += 1


def _read(page: Page, span: tuple[int, int]) -> list[Draft]:
    """The act of an item: the surest of those its clauses state."""
    sentences = list(_within(page.document.sentences, *span))
    drafts = [each for each in read_sentences(page.document, page.readers, sentences) if _asserted(each)]
    best = max(drafts, key=lambda each: max(hit.priority for hit in each.type_hits), default=None)
    if best is None:
        return []
    best.segment, best.told = span, False
    best.dates = [each for draft in drafts for each in draft.dates]
    return [best]


def _asserted(draft: Draft) -> bool:
    return draft.modality is Modality.ASSERTED


def _within(sentences: Iterable[Sentence], start: int, end: int) -> Iterator[Sentence]:
    for each in sentences:
        first, last = max(each.start, start), min(each.end, end)
        if not each.title and first < last:
            text = each.text[first - each.start : last - each.start]
            yield replace(each, start=first, end=last, text=text)


def _lies_in(dated: Dated, spans: Iterable[tuple[int, int]]) -> bool:
    return any(start <= dated.start < end for start, end in spans)


def _distinct(page: Page, drafts: Iterable[Draft]) -> list[Draft]:
    """The drafts with those of one kind of measure against the same countries put together."""
    kept: list[Draft] = []
    for draft in drafts:
        same = next((each for each in kept if _is_same(page, draft, each)), None)
        if same is None:
            kept.append(draft)
        else:
            same.sentences += draft.sentences
            same.objects += draft.objects
            same.dates += draft.dates
    return kept


def _is_same(page: Page, one: Draft, other: Draft) -> bool:
    rollup = page.readers.taxonomy.rollup
    families = [{above for tag in draft.types for above in rollup("measures", tag)} for draft in (one, other)]
    alike = not families[0].isdisjoint(families[1]) and one.direction is other.direction
    aims = [set(draft.codes(CountryRole.TARGET)) for draft in (one, other)]
    return alike and (aims[0] == aims[1] or not all(aims))


def _completed(page: Page, draft: Draft, closing: Sequence[Dated], preamble: int) -> Draft:
    """The draft with what the document says of all its measures: whose they are, how far, and when they take effect."""
    if not any(each.role is DateRole.EFFECTIVE for each in draft.dates):
        draft.dates = [*draft.dates, *closing]
    if draft.staged.rule in ("default", "effective date"):
        draft.staged = _stage_of_all(page, draft, preamble)
    draft.casts = _cast(page, draft)
    return draft


def _stage_of_all(page: Page, draft: Draft, preamble: int) -> Staged:
    """The stage that headline and preamble give all items, as of the day the item or the document takes effect."""
    event, read = page.document.event, page.readers.stages.stages
    start = page.document.title_end
    found = read(page.title, 0, draft.types, page.lang, page.source, HEAD)
    found += read(page.document.text[start:preamble], start, draft.types, page.lang, page.source, LEAD)
    today = (event.published_on or event.seen_at.date()).isoformat()
    return settle(found, draft.dates, today, Stage.ANNOUNCED)


def _cast(page: Page, draft: Draft) -> list[Cast]:
    """The issuer acts; another country the item names is aimed at where the measure restricts."""
    issuer = page.profile.issuer or ""
    own = Cast(issuer, CountryRole.IMPOSING, 0, page.document.title_end, f"issuer {page.source}")
    others = [cast for cast in draft.casts if cast.code != issuer]
    restrictive = page.readers.taxonomy.measures[draft.types[0]].direction is Direction.RESTRICTIVE
    aimed = any(cast.role is CountryRole.TARGET for cast in others)
    unclear = CountryRole.TARGET if restrictive and not aimed else CountryRole.MENTIONED
    vague = (CountryRole.IMPOSING, CountryRole.MENTIONED)
    return [own, *(replace(cast, role=unclear) if cast.role in vague else cast for cast in others)]
