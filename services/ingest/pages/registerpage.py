"""What a page of the Federal Register API states, field by field; nothing is decided here."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

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

from services.ingest.pages.page import Page, UnreadablePageError
from services.ingest.pages.plaintext import clean_line, from_markup

_Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
_Title = Annotated[str, AfterValidator(from_markup), AfterValidator(clean_line), Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)


class Agency(_Part):
    """An agency of a document; `slug` is its name in addresses, None for one that the register does not know."""

    name: str | None = None
    raw_name: str | None = None
    slug: str | None = None


class CfrReference(_Part):
    """A part of the Code of Federal Regulations that a document changes."""

    title: str | None = None
    part: str | None = None


class Issued(_Part):
    """By whom a document is; all that is needed to tell whether it is wanted."""

    agencies: list[Agency] = []


class Article(Issued):
    """A document, printed or on public inspection.

    One on public inspection has no day of publication where it was withdrawn before it was printed; then its
    `editorial_note` says so.
    """

    document_number: _Text
    title: _Title
    publication_date: date | None = None
    filed_at: AwareDatetime | None = None
    filing_type: str | None = None
    editorial_note: str | None = None
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
    docket_ids: list[str] | None = None
    docket_numbers: list[str] | None = None
    regulation_id_numbers: list[str] | None = None
    cfr_references: list[CfrReference] | None = None

    @property
    def corrects(self) -> str:
        """The number of the document that this one corrects; empty where it corrects none."""
        return (self.correction_of or "").rstrip("/").rpartition("/")[2].removesuffix(".json").strip()

    @property
    def withdrawn(self) -> bool:
        """Whether it was taken back before it was printed."""
        return self.publication_date is None and "withdr" in (self.editorial_note or "").lower()

    @model_validator(mode="before")
    @classmethod
    def _titled(cls, stated: Any) -> Any:
        """A document on public inspection may have its title only as it will stand in the table of contents."""
        if not isinstance(stated, dict) or stated.get("title"):
            return stated
        contents = (str(stated.get(name) or "").strip(" :") for name in ("toc_subject", "toc_doc"))
        return {**stated, "title": ": ".join(filter(None, contents)) or None}

    @model_validator(mode="after")
    def _dated(self) -> Article:
        if self.publication_date is None and self.filed_at is None and not self.withdrawn:
            raise ValueError("neither publication_date nor filed_at is stated")
        return self


UNUSED = frozenset(
    {
        "agency_letters", "agency_names", "body_html_url", "comment_url", "corrections", "disposition_notes",
        "docket_id", "dockets", "end_page", "excerpts", "executive_order_notes", "explanation", "full_text_xml_url",
        "images", "images_metadata", "json_url", "last_public_inspection_issue", "mods_url",
        "not_received_for_publication", "num_pages", "page_length", "page_views", "pdf_file_name", "pdf_file_size",
        "pdf_updated_at", "pdf_url", "presidential_document_number", "proclamation_number", "public_inspection_pdf_url",
        "raw_text_url", "regulation_id_number_info", "regulations_dot_gov_info", "regulations_dot_gov_url",
        "significant", "start_page", "subject_1", "subject_2", "subject_3", "toc_doc", "toc_subject", "topics",
        "volume",
    }
)  # fmt: skip
"""The fields that the API documents besides those read here.

Source: https://www.federalregister.gov/developers/documentation/api/v1
"""


class Listing(_Part):
    """A page: how many documents there are in all, those of this page as they came, and where the rest is."""

    count: int
    results: list[Any] | None = None
    next_page_url: str | None = None


_LISTING = TypeAdapter(Listing)


def read_listing(page: Page) -> Listing:
    """The page as the API's form has it; raises UnreadablePageError if it is no such page."""
    try:
        listing = _LISTING.validate_json(page.content.removeprefix(b"\xef\xbb\xbf"))
    except ValidationError as error:
        raise UnreadablePageError(f"not a page of the documents API: {first_fault(error)}") from error
    if listing.results is None and listing.count:
        raise UnreadablePageError(f"the API counts {listing.count} documents but lists none")
    return listing


def first_fault(error: ValidationError) -> str:
    """The first thing that is wrong, with the field it is wrong in."""
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(map(str, first["loc"])) or "page"
    return f"{where}: {first['msg']}"
