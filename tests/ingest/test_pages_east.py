"""Pages of China's ministries as they come: lists inside JSON, GB 18030, and answers that are no list."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from services.ingest.core import read_page
from services.ingest.pages.page import Page, Reading
from services.ingest.settings import DEFAULT_SOURCES
from tests.ingest.material import shipped_source
from tests.ingest.samples import FETCHED_AT

INSIDE_JSON = ("cn_mofcom_announcements", "cn_mofcom_security", "cn_miit_documents")
NO_LIST = {
    "a refusal": '{"code": "500", "success": false, "message": "系统繁忙", "data": null}',
    "no html": '{"code": "200", "success": true, "data": {}}',
    "no rows": '{"code": "200", "success": true, "data": {"html": ""}}',
    "a challenge": '{"code": "200", "success": true, "data": {"html": "<script>location.reload()</script>"}}',
    "half an answer": '{"code": "200", "success": true, "data": {"html": "<ul><li><a href=',
    "a web page": "<html><body><script>window.challenge()</script></body></html>",
}


@pytest.mark.parametrize("folder", INSIDE_JSON)
@pytest.mark.parametrize("form", NO_LIST)
def test_an_answer_of_the_ministries_system_without_a_list_is_never_no_news(folder: str, form: str) -> None:
    source = shipped_source(folder)
    found = read_page(source, Page(NO_LIST[form].encode(), source.url, FETCHED_AT))
    assert (found.readable, found.documents) == (False, ())


def read_tariff(content: bytes, charset: str | None) -> Reading:
    source = shipped_source("cn_mof_tariff")
    return read_page(source, Page(content, source.url, FETCHED_AT, charset))


@pytest.mark.parametrize("charset", [None, "GBK", "gb2312", "GB18030"])
def test_a_page_in_gb_18030_says_what_it_says_in_utf_8(charset: str | None) -> None:
    packed = (DEFAULT_SOURCES / "cn_mof_tariff" / "samples" / "list.html").read_bytes()
    text = packed.decode("gb18030")
    with pytest.raises(UnicodeDecodeError):
        packed.decode("utf-8")
    plain = read_tariff(text.replace("gb2312", "utf-8").encode(), None)
    unlabelled = text.replace('<meta charset="gb2312">', "").encode("gb18030")
    assert read_tariff(packed, charset) == plain
    assert read_tariff(unlabelled, charset) == plain
    assert len(plain.documents) == 4


def test_genuine_announcements_keep_title_day_and_address_in_the_form_of_the_ministrys_system(
    shared_data: Path,
) -> None:
    lines = (shared_data / "data" / "events-dev.jsonl").read_text(encoding="utf-8").splitlines()
    records = [each for each in map(json.loads, lines) if each["source"].startswith("cn-mofcom")]
    row = '<li><a href="{0}" title="{1}">{1}</a><span>[{2}]</span></li>'
    link = "/zwgk/zcfb/art/2026/art_{}.html"
    rows = (row.format(link.format(at), each["title"], each["published"]) for at, each in enumerate(records))
    source = shipped_source("cn_mofcom_announcements")
    answer = {"success": True, "data": {"html": f"<ul>{''.join(rows)}</ul>"}}
    found = read_page(source, Page(json.dumps(answer).encode(), source.url, FETCHED_AT))
    assert len(found.documents) == len(records) == 44
    by_number = {(each.url or "").rpartition("_")[2]: each for each in found.documents}
    for at, record in enumerate(records):
        document = by_number[f"{at}.html"]
        assert document.title.split() == record["title"].split()
        assert str(document.published_on) == record["published"]
