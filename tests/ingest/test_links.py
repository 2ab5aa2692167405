"""Links as identities."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.pages.links import absolute_link, is_positional, link_identity

BASE = "https://www.example.go.jp/news/index.xml"


@pytest.mark.parametrize(
    ("link", "absolute"),
    [
        ("/j/press/1.html", "https://www.example.go.jp/j/press/1.html"),
        ("a.html", "https://www.example.go.jp/news/a.html"),
        ("//other.example/x", "https://other.example/x"),
        ("HTTPS://WWW.Example.go.jp:443/A?b=1", "https://www.example.go.jp/A?b=1"),
        ("http://www.example.go.jp", "http://www.example.go.jp/"),
        ("http://www.example.go.jp:8080/", "http://www.example.go.jp:8080/"),
        ("https://x.example/?utm_source=a&id=3&UTM_medium=b&fbclid=c", "https://x.example/?id=3"),
        ("https://x.example/?utm_source=rss", "https://x.example/"),
        ("https://x.example/a#part2", "https://x.example/a#part2"),
        ("https://x.example/a#:~:text=gallium", "https://x.example/a"),
        ("https://user:secret@x.example/a", "https://x.example/a"),
        ("https://x.example/a b<script>", "https://x.example/a%20b%3Cscript%3E"),
        ("https://x.example/公告?号=1", "https://x.example/公告?号=1"),
        (" https://x.example/a\n", "https://x.example/a"),
        ("https://[2001:db8::1]/a", "https://[2001:db8::1]/a"),
        ("https://x.example/./a/AUTO/?uri=OJ:L_1", "https://x.example/a/AUTO/?uri=OJ:L_1"),
        ("https://x.example/a/b/../c/./d", "https://x.example/a/c/d"),
        ("https://x.example/a/b/..", "https://x.example/a/"),
        ("https://x.example/a/.", "https://x.example/a/"),
        ("https://x.example/../../a", "https://x.example/a"),
        ("https://x.example/..", "https://x.example/"),
        ("https://x.example/a//b/", "https://x.example/a//b/"),
        ("https://x.example/a.b/..c/...", "https://x.example/a.b/..c/..."),
        ("https://x.example/a?q=../b#./c", "https://x.example/a?q=../b#./c"),
    ],
)
def test_a_link_becomes_absolute_and_loses_tracking_and_credentials(link: str, absolute: str) -> None:
    assert absolute_link(link, BASE) == absolute


@pytest.mark.parametrize(
    "link",
    ["", "  ", "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "mailto:a@example.org", "http://",
     "http://[::1", "http://x:99999/", "http://x:0/", "http://x:y/", "http://a b/", "https://x.example/" + "a" * 2000],
)  # fmt: skip
def test_what_is_no_web_address_is_none(link: str) -> None:
    assert absolute_link(link, BASE) is None


@given(st.text(max_size=60))
def test_any_text_is_a_link_or_none_and_stays_what_it_became(text: str) -> None:
    once = absolute_link(text, BASE)
    if once is not None:
        assert absolute_link(once, BASE) == once
        assert once.startswith(("http://", "https://"))


def test_http_and_https_name_the_same_document() -> None:
    assert link_identity("http://www.mlit.go.jp/a.html") == link_identity("https://www.mlit.go.jp/a.html")


@pytest.mark.parametrize("guid", ["2026-04-08-a", "/a/1", "https://x/1", "abc", "20260408001", "fr-2026-1234", "a1b2"])
def test_a_name_is_not_taken_for_a_place(guid: str) -> None:
    assert not is_positional(guid)
