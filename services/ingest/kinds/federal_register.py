"""The Federal Register API, v1 (https://www.federalregister.gov/developers/documentation/api/v1).

The API gives `effective_on`, `docket_ids` and the like only where the address asks for them with `fields[]`. Documents
on public inspection (`public-inspection-documents`) are read too: they are dated by the moment they were filed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from services.contracts.events import Identifier
from services.ingest.pages.links import MAX_QUESTION, absolute_link
from services.ingest.pages.page import Document, Page, Problem, ProblemKind, Reading, UnreadablePageError
from services.ingest.pages.plaintext import clean_block, clean_line, from_markup
from services.ingest.source import Source

_DOCKET = re.compile(r"^\W*docket\s*(?:nos?|ids?|numbers?)?\b[\s.:]*", re.I)
WINDOW = 2000
"""The API pages through no more results than these, however many it counts; narrow the address by dates to see all."""

_PER_PAGE = 20
_CASE = re.compile(r"[AC]-\d{3}-\d{3}")
_Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
_Title = Annotated[str, AfterValidator(from_markup), AfterValidator(clean_line), Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)


class _Agency(_Part):
    name: str | None = None
    raw_name: str | None = None


class _CfrReference(_Part):
    title: str | None = None
    part: str | None = None


class _Article(_Part):
    document_number: _Text
    title: _Title
    publication_date: date | None = None
    filed_at: AwareDatetime | None = None
    filing_type: str | None = None
    type: str | None = None
    subtype: str | None = None
    abstract: str | None = None
    action: str | None = None
    dates: str | None = None
    html_url: str | None = None
    citation: str | None = None
    effective_on: date | None = None
    comments_close_on: date | None = None
    signing_date: date | None = None
    correction_of: str | None = None
    executive_order_number: str | None = None
    agencies: list[_Agency] = []
    docket_ids: list[str] | None = None
    docket_numbers: list[str] | None = None
    regulation_id_numbers: list[str] | None = None
    cfr_references: list[_CfrReference] | None = None

    @model_validator(mode="before")
    @classmethod
    def _titled(cls, stated: Any) -> Any:
        """A document on public inspection may have its title only as it will stand in the table of contents."""
        if not isinstance(stated, dict) or stated.get("title"):
            return stated
        contents = (stated.get("toc_subject"), stated.get("toc_doc"))
        return {**stated, "title": ": ".join(str(each) for each in contents if each) or None}

    @model_validator(mode="after")
    def _dated(self) -> _Article:
        if self.publication_date is None and self.filed_at is None:
            raise ValueError("neither publication_date nor filed_at is stated")
        return self


class _Listing(_Part):
    count: int
    results: list[Any] | None = None
    next_page_url: str | None = None


_LISTING = TypeAdapter(_Listing)

BACKFILL_LIMIT = WINDOW


def read(source: Source, page: Page) -> Reading:
    """The documents of one API page; raises UnreadablePageError if it is no such page."""
    try:
        listing = _LISTING.validate_json(page.content.removeprefix(b"\xef\xbb\xbf"))
    except ValidationError as error:
        raise UnreadablePageError(f"not a page of the documents API: {_first(error)}") from error
    if listing.results is None and listing.count:
        raise UnreadablePageError(f"the API counts {listing.count} documents but lists none")
    documents, problems = [], []
    for number, each in enumerate(listing.results or (), start=1):
        try:
            documents.append(_document(_Article.model_validate(each), source, page))
        except ValidationError as error:
            problems.append(Problem(ProblemKind.BAD_ITEM, f"{source.key} result {number}", _first(error)))
    following, beyond = _next_page(listing, source, page)
    return Reading(tuple(documents), (*problems, *beyond), following)


def _next_page(listing: _Listing, source: Source, page: Page) -> tuple[str | None, list[Problem]]:
    """Where the results go on; a problem where they do and the API will not give them."""
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


def backfill_url(source: Source, since: date, until: date) -> str:
    """The address of the source's documents published from `since` to `until`, the oldest first."""
    address = urlsplit(source.url)
    kept = [(name, value) for name, value in parse_qsl(address.query) if not _is_ours(name)]
    days = [
        ("conditions[publication_date][gte]", since.isoformat()),
        ("conditions[publication_date][lte]", until.isoformat()),
    ]
    return urlunsplit(address._replace(query=urlencode([*kept, ("order", "oldest"), *days], safe="[]")))


def _is_ours(name: str) -> bool:
    return name in ("order", "page") or name.startswith("conditions[publication_date]")


def _document(article: _Article, source: Source, page: Page) -> Document:
    stated, filed = article.type or "", article.filed_at
    return Document(
        source=source.key,
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
        attributes=dict(_attributes(article)),
    )


def _agencies(article: _Article, source: Source) -> Iterator[str]:
    for agency in article.agencies:
        if name := clean_line(agency.name or agency.raw_name or "", 300):
            yield source.lookups.agency.get(name, name)


def _identifiers(article: _Article) -> Iterator[Identifier]:
    yield Identifier(scheme="fr_document", value=article.document_number)
    if article.citation:
        yield Identifier(scheme="citation", value=article.citation)
    for rin in article.regulation_id_numbers or ():
        yield from _named("rin", rin)
    for docket in (*(article.docket_ids or ()), *(article.docket_numbers or ())):
        cases = _CASE.findall(docket)
        yield from (Identifier(scheme="ad_cvd_case", value=case) for case in cases)
        if not cases:
            yield from _named("docket", _DOCKET.sub("", docket))
    yield from _named("eo_number", article.executive_order_number or "")


def _named(scheme: str, value: str) -> Iterator[Identifier]:
    if text := clean_line(value, 300).strip(" []();,."):
        yield Identifier(scheme=scheme, value=text)


def _attributes(article: _Article) -> Iterator[tuple[str, str]]:
    """What the register states besides, as text; only what is there."""
    references = [f"{each.title} CFR {each.part}" for each in article.cfr_references or () if each.title and each.part]
    stated = {
        "effective_on": article.effective_on,
        "comments_close_on": article.comments_close_on,
        "signed_on": article.signing_date,
        "action": article.action,
        "dates": article.dates,
        "subtype": article.subtype,
        "correction_of": (article.correction_of or "").rstrip("/").rpartition("/")[2].removesuffix(".json"),
        "publication_date": article.publication_date if article.filed_at else None,
        "filing_type": article.filing_type,
        "cfr": "; ".join(references),
    }
    for name, value in stated.items():
        if text := clean_line(str(value or ""), 2000):
            yield name, text


def _first(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(map(str, first["loc"])) or "page"
    return f"{where}: {first['msg']}"
