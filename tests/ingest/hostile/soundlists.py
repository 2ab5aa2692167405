"""A sound page of each kind that needs options, and the options that read it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

Entries = Sequence[tuple[str, str, str]]

OPTIONS: dict[str, dict[str, Any]] = {
    "html_list": {"item": "ul.news > li", "title": {"select": "a"}, "date": {"select": "time"}},
    "json_list": {"results": "data.notices", "title": "subject", "url": "link", "date": ["issued"]},
    "csv": {"title": "subject", "url": "link", "date": ["issued"]},
}


def pages(entries: Entries) -> dict[str, bytes]:
    """The pages by kind, each with the documents of `entries` (title, link, instant)."""
    records = [{"subject": title, "link": link, "issued": day} for title, link, day in entries]
    rows = ["subject,link,issued", *(",".join(entry) for entry in entries)]
    return {
        "html_list": _html(entries).encode(),
        "json_list": _json({"data": {"notices": records}}),
        "csv": "".join(f"{row}\r\n" for row in rows).encode(),
        "sitemap": _sitemap(entries).encode(),
        "kanpo": _json(_gazette(entries)),
        "eurlex_sparql": _json(_results(entries)),
    }


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _html(entries: Entries) -> str:
    items = "".join(f'<li><time>{day[:10]}</time> <a href="{link}">{title}</a></li>' for title, link, day in entries)
    head = '<!DOCTYPE html><html><head><meta charset="utf-8"><title>x</title></head>'
    return f'{head}<body><ul class="news">{items}</ul></body></html>'


def _sitemap(entries: Entries) -> str:
    news = "http://www.google.com/schemas/sitemap-news/0.9"
    urls = "".join(
        f"<url><loc>{link}</loc><n:news><n:publication_date>{day}</n:publication_date><n:title>{title}</n:title>"
        f"</n:news></url>"
        for title, link, day in entries
    )
    space = "http://www.sitemaps.org/schemas/sitemap/0.9"
    return f'<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="{space}" xmlns:n="{news}">{urls}</urlset>'


def _gazette(entries: Entries) -> dict[str, Any]:
    issue = {"date": entries[0][2][:10], "gazette_type": "本紙", "issue_number": 1, "issue_id": "1", "url": "x"}
    articles = [
        {"article_id": f"1-{number}", "title": title, "url": link, "section": "告示", "page_number": 1}
        for number, (title, link, _) in enumerate(entries)
    ]
    listed = [{**each, "parent_issue_id": "1"} for each in articles]
    return {"version": 1, "last_updated": "x", "issues": [{**issue, "title": "官報", "articles": listed}]}


def _results(entries: Entries) -> dict[str, Any]:
    rows = [
        {"celex": f"32026R{number:04}", "title": title, "date": day[:10], "type": "http://example.org/REG"}
        for number, (title, _, day) in enumerate(entries)
    ]
    bound = [{name: {"type": "literal", "value": value} for name, value in row.items()} for row in rows]
    return {"head": {"vars": ["celex", "title", "date", "type"]}, "results": {"bindings": bound}}
