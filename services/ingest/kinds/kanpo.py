"""An index of Japan's Official Gazette as JSON: issues of a day, each with its articles in the order of the page.

The form: `{"version": 1, "last_updated": …, "issues": [{"date", "gazette_type", "issue_number", "issue_id", "url",
"title", "articles": [{"article_id", "title", "url", "section", "page_number", "parent_issue_id"}]}]}`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from services.contracts.events import Identifier
from services.ingest.pages.feed import Entry, read_entries
from services.ingest.pages.gazette import Notice, read_notices
from services.ingest.pages.jsontext import parse_json
from services.ingest.pages.page import Page, Problem, ProblemKind, Reading, UnreadablePageError
from services.ingest.source import KindOptions, Source

_Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class Options(KindOptions):
    """`sections` are those whose articles are taken, by the beginning of their names; without any, all are."""

    sections: tuple[str, ...] = ()


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Article(_Part):
    article_id: _Text
    title: _Text
    url: str
    section: str
    parent_issue_id: str
    page_number: int


class _Issue(_Part):
    date: date
    gazette_type: str
    issue_number: int
    issue_id: _Text
    url: str
    title: str
    articles: list[_Article]


class _Index(_Part):
    version: Literal[1]
    last_updated: str
    issues: list[Any]


def read(source: Source, page: Page) -> Reading:
    """The articles of every issue; raises UnreadablePageError if the page is no such index or of another version."""
    options = Options.model_validate(source.options)
    answer = parse_json(page)
    try:
        index = _Index.model_validate(answer)
    except ValidationError as error:
        raise UnreadablePageError(f"not an index of the gazette: {_first(error)}") from error
    problems: list[Problem] = []
    entries: list[Entry] = []
    for number, each in enumerate(index.issues, start=1):
        where = f"{source.key} issue {number}"
        try:
            issue = _Issue.model_validate(each)
        except ValidationError as error:
            problems.append(Problem(ProblemKind.BAD_ITEM, where, _first(error)))
            continue
        entries.extend(_entries(issue, source, options, problems))
    return read_entries(source, page, entries, problems)


def _entries(issue: _Issue, source: Source, options: Options, problems: list[Problem]) -> Iterator[Entry]:
    notices = read_notices(each.title for each in issue.articles)
    for article, notice in zip(issue.articles, notices, strict=True):
        if options.sections and not article.section.startswith(options.sections):
            continue
        if notice.lost:
            message = "the issuer is that of the line above, and there is none; the order of the index changed"
            problems.append(Problem(ProblemKind.DRIFT, f"{source.key} {article.article_id}", message))
        yield _entry(issue, article, notice, source)


def _entry(issue: _Issue, article: _Article, notice: Notice, source: Source) -> Entry:
    stated = {"issue": issue.title, "page": str(article.page_number), "numbers": notice.numbers}
    return Entry(
        title=article.title,
        link=article.url,
        id=f"kanpo:{article.article_id}",
        day=issue.date,
        agencies=tuple(source.lookups.agency.get(each, each) for each in notice.issuers),
        document_type=source.lookups.document_type.get(article.section, article.section),
        identifiers=(Identifier(scheme="kanpo_notice", value=notice.written[:300]),) if notice.written else (),
        attributes={name: value for name, value in stated.items() if value},
    )


def _first(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, first['loc'])) or 'page'}: {first['msg']}"
