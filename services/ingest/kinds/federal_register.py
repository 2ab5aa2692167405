"""The Federal Register API, v1 (https://www.federalregister.gov/developers/documentation/api/v1).

The API gives `effective_on`, `docket_ids` and the like only where the address asks for them with `fields[]`. Documents
on public inspection (`public-inspection-documents`) are read too: they are dated by the moment they were filed, and
one that was withdrawn before it was printed is a withdrawal.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import UTC, date
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pydantic import ValidationError

from services.contracts.errors import UsageError
from services.contracts.events import Identifier, SourceKey
from services.ingest.pages.links import MAX_QUESTION, absolute_link
from services.ingest.pages.page import Document, Page, Problem, ProblemKind, Reading
from services.ingest.pages.plaintext import clean_block, clean_line, from_markup
from services.ingest.pages.registerpage import UNUSED, Article, Issued, Listing, first_fault, read_listing
from services.ingest.pages.strangers import strange_fields
from services.ingest.source import KindOptions, Source

WINDOW = 2000
"""The API pages through no more results than these, however many it counts; narrow the address by dates to see all."""

BACKFILL_LIMIT = WINDOW

_PER_PAGE = 20
_CASE = re.compile(r"[AC]-\d{3}-\d{3}")
_DOCKET = re.compile(r"^\W*docket\s*(?:nos?|ids?|numbers?)?\b[\s.:]*", re.I)
_RIN = re.compile(r"\bRINs?\b\W*(\d{4}-[A-Z]{2}\d{2,3})\b", re.I)


class Options(KindOptions):
    """For another list of the register, so that a document on two of them is one document.

    `documents_of` is the key of the source whose ids its documents get. `agencies` keeps the documents of these
    agencies, by slug, where the address cannot ask for them; a document whose agency has no slug is kept.
    """

    agencies: tuple[str, ...] = ()
    documents_of: SourceKey | None = None


def read(source: Source, page: Page) -> Reading:
    """The documents of one API page; raises UnreadablePageError if it is no such page."""
    options = Options.model_validate(source.options)
    listing = read_listing(page)
    documents, problems = [], []
    for number, each in enumerate(listing.results or (), start=1):
        if not _is_wanted(each, options.agencies):
            continue
        try:
            documents.append(_document(Article.model_validate(each), source, options, page))
        except ValidationError as error:
            problems.append(Problem(ProblemKind.BAD_ITEM, f"{source.key} result {number}", first_fault(error)))
    following, beyond = _next_page(listing, source, page)
    strange = strange_fields(source, listing.results or (), {*Article.model_fields, *UNUSED})
    return Reading(tuple(documents), (*problems, *beyond, *strange), following)


def backfill_url(source: Source, since: date, until: date) -> str:
    """The address of the source's documents published from `since` to `until`, the oldest first.

    Raises UsageError for a list of what is on public inspection now.
    """
    address = urlsplit(source.url)
    if _is_inspection(source.url):
        printed = Options.model_validate(source.options).documents_of or "the source that lists what is printed"
        raise UsageError(f"{source.key} lists what is filed now and has no past; ask {printed}, where it is printed")
    kept = [(name, value) for name, value in parse_qsl(address.query) if not _is_ours(name)]
    days = [
        ("conditions[publication_date][gte]", since.isoformat()),
        ("conditions[publication_date][lte]", until.isoformat()),
    ]
    return urlunsplit(address._replace(query=urlencode([*kept, ("order", "oldest"), *days], safe="[]")))


def _is_inspection(url: str) -> bool:
    return "/public-inspection-documents" in urlsplit(url).path


def _is_ours(name: str) -> bool:
    return name in ("order", "page") or name.startswith("conditions[publication_date]")


def _is_wanted(stated: Any, agencies: Collection[str]) -> bool:
    """Whether it is of one of the agencies; what cannot be told apart is wanted, so that nothing is lost."""
    try:
        slugs = {each.slug for each in Issued.model_validate(stated).agencies if each.slug}
    except ValidationError:
        return True
    return not (agencies and slugs) or not slugs.isdisjoint(agencies)


def _next_page(listing: Listing, source: Source, page: Page) -> tuple[str | None, list[Problem]]:
    """Where the results go on; a problem where they do and the API will not give them.

    What is on public inspection comes as a whole.
    """
    if _is_inspection(page.url) and page.url.partition("?")[0].endswith("/current.json"):
        return None, []
    asked = dict(parse_qsl(urlsplit(page.url).query))
    done = _positive(asked.get("page"), 1) * _positive(asked.get("per_page"), _PER_PAGE)
    named = absolute_link(listing.next_page_url or "", page.url, longest=MAX_QUESTION)
    following = named if done < WINDOW else None
    if following or listing.count <= done or not listing.results:
        return following, []
    message = f"the API counts {listing.count} documents and pages through {done}; narrow the address by dates"
    return None, [Problem(ProblemKind.DRIFT, source.key, message)]


def _positive(text: str | None, default: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and int(text) else default


def _document(article: Article, source: Source, options: Options, page: Page) -> Document:
    stated, filed = article.type or "", article.filed_at
    today = page.fetched_at.astimezone(source.tz).date()
    return Document(
        source=options.documents_of or source.key,
        source_name=source.name,
        document_id=f"fr:{article.document_number}",
        url=absolute_link(article.html_url or "", page.url),
        lang=source.language,
        title=article.title,
        body=clean_block(from_markup(article.abstract or "")) or None,
        published_on=filed.astimezone(source.tz).date() if filed else article.publication_date,
        published_at=filed.astimezone(UTC) if filed else None,
        agencies=tuple(_agencies(article, source)),
        document_type=source.lookups.document_type.get(stated, stated) or None,
        identifiers=tuple(dict.fromkeys(_identifiers(article))),
        withdrawn=article.withdrawn,
        forthcoming=bool(filed and article.publication_date and article.publication_date >= today),
        attributes=dict(_attributes(article)),
    )


def _agencies(article: Article, source: Source) -> Iterator[str]:
    for agency in article.agencies:
        if name := clean_line(agency.name or agency.raw_name or "", 300):
            yield source.lookups.agency.get(name, name)


def _identifiers(article: Article) -> Iterator[Identifier]:
    """Its own number and that of the document it corrects, then those that go with a measure through its life."""
    yield Identifier(scheme="fr_document", value=article.document_number)
    yield from _named("fr_document", article.corrects)
    if article.citation:
        yield Identifier(scheme="citation", value=article.citation)
    for rin in article.regulation_id_numbers or ():
        yield from _named("rin", rin)
    for docket in (*(article.docket_ids or ()), *(article.docket_numbers or ())):
        yield from _of_docket(docket)
    yield from _named("eo_number", article.executive_order_number or "")


def _of_docket(stated: str) -> Iterator[Identifier]:
    """What a docket line names: cases, or a RIN, or the docket."""
    cases, rins = _CASE.findall(stated), _RIN.findall(stated)
    yield from (Identifier(scheme="ad_cvd_case", value=case) for case in cases)
    yield from (Identifier(scheme="rin", value=rin.upper()) for rin in rins)
    if not cases and not rins:
        yield from _named("docket", _DOCKET.sub("", stated))


def _named(scheme: str, value: str) -> Iterator[Identifier]:
    if text := clean_line(value, 300).strip(" []();,."):
        yield Identifier(scheme=scheme, value=text)


def _attributes(article: Article) -> Iterator[tuple[str, str]]:
    """What the register states besides, as text; only what is there."""
    references = [f"{each.title} CFR {each.part}" for each in article.cfr_references or () if each.title and each.part]
    stated = {
        "effective_on": article.effective_on,
        "comments_close_on": article.comments_close_on,
        "signed_on": article.signing_date,
        "action": article.action,
        "dates": article.dates,
        "subtype": article.subtype,
        "correction_of": article.corrects,
        "publication_date": article.publication_date if article.filed_at else None,
        "filing_type": article.filing_type,
        "editorial_note": article.editorial_note,
        "cfr": "; ".join(references),
    }
    for name, value in stated.items():
        if text := clean_line(str(value or ""), 2000):
            yield name, text
