"""A list on a web page, read by CSS selectors; a page on which the items are not found was redesigned, not emptied."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date

import pydantic
from pydantic import field_validator, model_validator
from selectolax.lexbor import LexborHTMLParser

from services.contracts.events import Identifier
from services.ingest.pages.dates import parse_published
from services.ingest.pages.expressions import check_selector
from services.ingest.pages.feed import Entry, read_entries
from services.ingest.pages.htmlpage import base_of, parse_fragment, parse_page
from services.ingest.pages.jsontext import parse_json
from services.ingest.pages.links import MAX_QUESTION, absolute_link
from services.ingest.pages.page import Page, Problem, ProblemKind, Reading, UnreadablePageError
from services.ingest.pages.plaintext import strip_invisible
from services.ingest.pages.selection import Field, Item, find_items, value_of, values_of
from services.ingest.pages.writtendays import DayOrder, written_day
from services.ingest.source import KindOptions, Source

_LOST = re.compile(r"\?{4,}")


class Options(KindOptions):
    """What stands where on the page. Without `date` the list has none; `next` is the link to the list's next page.

    `within` is for a site that asks for its list apart and gets it inside JSON: the path of the HTML in the answer
    (`data.html`). `link_template` makes the address where a link only calls a script: its `{link}` stands for what
    `link` finds, which then should be the document's number. `end` is what a whole page closes with; write it empty
    only for a publisher who never closes pages. `day_order` says what 03/04/2026 means.
    """

    item: str
    within: str = ""
    title: Field = Field()
    link: Field = Field(select="a[href]", attribute="href")
    link_template: str = ""
    date: Field | None = None
    body: Field | None = None
    type: Field | None = None
    agency: Field | None = None
    identifiers: dict[str, Field] = pydantic.Field(default_factory=dict)
    next: Field | None = None
    day_order: DayOrder | None = None
    end: str = "</html>"

    @field_validator("item")
    @classmethod
    def _sound_item(cls, value: str) -> str:
        if not value:
            raise ValueError("say which elements the documents are, as a CSS selector")
        return check_selector(value)

    @model_validator(mode="after")
    def _sound_places(self) -> Options:
        for scheme in self.identifiers:
            Identifier(scheme=scheme, value="x")
        if any(each.place != "item" and not each.select for each in self.fields().values()):
            raise ValueError("a field whose `place` is not the item needs a `select`")
        if self.link_template and "{link}" not in self.link_template:
            raise ValueError("`link_template` must say with {link} where what `link` finds belongs")
        return self

    def fields(self) -> dict[str, Field]:
        """The fields in use, by name."""
        named = {name: getattr(self, name) for name in ("title", "link", "date", "body", "type", "agency")}
        used = {name: each for name, each in named.items() if each is not None}
        return used | {f"identifiers.{scheme}": each for scheme, each in self.identifiers.items()}


def read(source: Source, page: Page) -> Reading:
    """The documents of the list; raises UnreadablePageError if the page is cut off or the items are not found."""
    options = Options.model_validate(source.options)
    tree = _tree(source, page, options)
    above = frozenset(each.select for each in options.fields().values() if each.place == "above")
    items = list(find_items(tree, options.item, above))
    if not items:
        raise UnreadablePageError(f"nothing on the page is {options.item!r}; it was redesigned, or is another page")
    base = base_of(tree, page)
    today = page.fetched_at.astimezone(source.tz).date()
    entries = [_entry(each, tree, options, source, today) for each in items]
    _refuse_lost_text(entries)
    found = read_entries(source, replace(page, url=base), entries, _unfound(items, tree, options, source))
    return replace(found, next_url=_next_url(tree, options, base))


def _refuse_lost_text(entries: list[Entry]) -> None:
    """Raise UnreadablePageError where a publisher's program put question marks in place of what it could not write."""
    lost = [entry.title for entry in entries if _LOST.search(entry.title)]
    if len(lost) * 2 > len(entries):
        message = f"{len(lost)} of {len(entries)} titles are question marks ({lost[0][:20]!r}); their text was lost"
        raise UnreadablePageError(f"{message} before it was sent")


def _tree(source: Source, page: Page, options: Options) -> LexborHTMLParser:
    if not options.within:
        return parse_page(source, page, end=options.end)
    found = parse_json(page)
    for part in options.within.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    if not isinstance(found, str):
        raise UnreadablePageError(f"the answer has no text at {options.within!r}; it is an error or a new form")
    return parse_fragment(strip_invisible(found))


def _entry(item: Item, tree: LexborHTMLParser, options: Options, source: Source, today: date) -> Entry:
    stated = value_of(item, tree, options.date)
    named = value_of(item, tree, options.type)
    exact = parse_published(stated, source)
    return Entry(
        title=value_of(item, tree, options.title),
        link=_link(item, tree, options),
        date=stated,
        day=None if exact else written_day(stated, today=today, order=options.day_order),
        undated=options.date is None,
        body="\n".join(values_of(item, tree, options.body)),
        document_type=source.lookups.document_type.get(named, named),
        agencies=tuple(source.lookups.agency.get(each, each) for each in values_of(item, tree, options.agency)),
        identifiers=tuple(_identifiers(item, tree, options)),
    )


def _link(item: Item, tree: LexborHTMLParser, options: Options) -> str:
    found = value_of(item, tree, options.link)
    return options.link_template.replace("{link}", found) if found and options.link_template else found


def _identifiers(item: Item, tree: LexborHTMLParser, options: Options) -> Iterator[Identifier]:
    for scheme, wanted in options.identifiers.items():
        yield from (Identifier(scheme=scheme, value=value[:300]) for value in values_of(item, tree, wanted))


def _unfound(items: list[Item], tree: LexborHTMLParser, options: Options, source: Source) -> Iterator[Problem]:
    """A field that no item has: its selector no longer fits the page."""
    for name, wanted in options.fields().items():
        if name not in ("title", "link") and not any(value_of(each, tree, wanted) for each in items):
            message = f"`{name}` is found on none of the {len(items)} items; its selector no longer fits the page"
            yield Problem(ProblemKind.DRIFT, source.key, message)


def _next_url(tree: LexborHTMLParser, options: Options, base: str) -> str | None:
    wanted = options.next
    if wanted is None or tree.body is None:
        return None
    linked = wanted if wanted.attribute else wanted.model_copy(update={"attribute": "href"})
    return absolute_link(value_of(Item(tree.body), tree, linked), base, longest=MAX_QUESTION)
