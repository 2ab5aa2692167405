from __future__ import annotations

import re
from html.parser import HTMLParser

from services.fakeslack.inbox import render_inbox
from tests.alert.hostile import TITLES
from tests.fakeslack.messages import EVERYTHING, TABLE, cell, make_message, make_store, section, table

TABLE_TAGS = ("table", "thead", "tbody", "tr", "th", "td")
_VOID = {"meta", "br", "hr"}


class Page(HTMLParser):
    """The elements of a page; fails on one that is not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.words.append(data)

    def links(self) -> list[str]:
        return [attrs["href"] or "" for tag, attrs in self.tags if tag == "a"]

    def has(self, tag: str, css: str | None = None) -> bool:
        return any(name == tag and (css is None or attrs.get("class") == css) for name, attrs in self.tags)


def body(text: str) -> str:
    return re.sub(r"\s+", " ", " ".join(Page(text).words))


def test_an_empty_inbox_says_that_nothing_has_come_yet() -> None:
    assert "No message yet" in body(render_inbox(make_store(), None))


def test_channels_are_listed_with_their_counts_and_the_chosen_one_is_marked() -> None:
    store = make_store(make_message("a"), make_message("b", ts="2.0"), make_message("c", channel="C0OTHER", ts="1.0"))
    page = Page(render_inbox(store, "C0OTHER"))
    current = [attrs["href"] for tag, attrs in page.tags if tag == "a" and "aria-current" in attrs]
    assert current == ["?channel=C0OTHER"]
    assert page.links() == ["?channel=C0CRITMIN", "?channel=C0OTHER"]
    assert "#C0CRITMIN 2" in body(render_inbox(store, "C0OTHER"))


def test_without_a_choice_the_channel_written_to_last_is_shown() -> None:
    store = make_store(make_message("first"), make_message("newest", channel="C0OTHER", ts="1833217000.0"))
    shown = body(render_inbox(store, None))
    assert "newest" in shown
    assert "first" not in shown


def test_an_unknown_channel_is_an_empty_one() -> None:
    assert "No message yet" in body(render_inbox(make_store(make_message()), "C0<script>"))


def test_a_thread_stands_together_and_a_reply_brings_it_up() -> None:
    store = make_store(
        make_message("root-one", ts="1.0"),
        make_message("root-two", ts="2.0"),
        make_message("answer", ts="3.0", thread_ts="1.0"),
    )
    shown = body(render_inbox(store, None))
    assert shown.index("root-one") < shown.index("1 reply") < shown.index("answer") < shown.index("root-two")


def test_a_reply_whose_root_is_unknown_is_still_shown() -> None:
    assert "orphan" in body(render_inbox(make_store(make_message("orphan", thread_ts="9.0")), None))


def test_every_kind_of_block_is_shown() -> None:
    page = render_inbox(make_store(EVERYTHING), None)
    parsed = Page(page)
    shown = body(page)
    assert "Gallium *CN* → US" in shown
    assert "fallback" not in shown
    for tag, css in (("h3", "header"), ("div", "fields"), ("blockquote", "quote"), ("div", "context"), ("hr", None)):
        assert parsed.has(tag, css), tag
    assert "<strong>Stage</strong><br>In force" in page
    assert "<strong>镓</strong>" in page
    assert "<em>why</em>" in page
    assert "small <print>" in shown
    assert parsed.links()[1:] == ["https://gov.example/"]


def test_a_message_without_blocks_shows_its_text_with_quotes_and_links() -> None:
    page = render_inbox(make_store(make_message("one\n> two\n<https://gov.example|three>")), None)
    assert Page(page).has("blockquote", "quote")
    assert "https://gov.example" in Page(page).links()


def test_a_block_the_stand_in_cannot_draw_is_named() -> None:
    assert "[card]" in body(render_inbox(make_store(make_message("x", {"type": "card"})), None))


def test_a_table_has_its_names_above_and_its_links_in_its_cells() -> None:
    page = render_inbox(make_store(make_message("x", TABLE)), None)
    assert [tag for tag, _ in Page(page).tags if tag in {"th", "td", "tr"}] == [
        *["tr", "th", "th"],
        *["tr", "td", "td"] * 2,
    ]
    assert "https://gov.example/46" in Page(page).links()
    assert "Measure Document 镓 · export ban No. 46 Germanium 7" in body(page)


def test_the_items_of_a_list_stand_apart() -> None:
    items = [{"type": "rich_text_section", "elements": [{"type": "text", "text": each}]} for each in ("one", "two")]
    block = {"type": "rich_text", "elements": [{"type": "rich_text_list", "elements": items}]}
    page = render_inbox(make_store(make_message("x", block)), None)
    assert '<p class="text">• one</p><p class="text">• two</p>' in page


def test_a_ping_is_shown_as_one() -> None:
    assert Page(render_inbox(make_store(make_message("", section("<!channel>"))), None)).has("mark", "ping")
    assert not Page(render_inbox(make_store(make_message("", section("&lt;!channel&gt;"))), None)).has("mark")


def test_a_second_copy_of_an_alert_is_pointed_out() -> None:
    copies = [make_message("x", client_msg_id="a1", ts=ts) for ts in ("1.0", "2.0")]
    assert body(render_inbox(make_store(*copies), None)).count("here 2 times") == 2
    assert "here" not in body(render_inbox(make_store(copies[0]), None))


def test_an_edited_message_says_so() -> None:
    assert "(edited)" in body(render_inbox(make_store(make_message(edited_at=5.0)), None))


def test_old_threads_beyond_the_newest_two_hundred_are_counted_not_shown() -> None:
    store = make_store(*(make_message(f"number-{number:03}", ts=f"{number + 1}.0") for number in range(203)))
    shown = body(render_inbox(store, None))
    assert "3 older threads are not shown" in shown
    assert "number-203" not in shown
    assert "number-002" not in shown


def test_nothing_in_a_message_becomes_markup_script_or_style() -> None:
    harmless = Page(render_inbox(make_store(make_message("x", channel="C0A")), None))
    known = {tag for tag, _ in harmless.tags} | {"blockquote", "br", "strong", "em", "s", "code", "a", "mark", "div"}
    for title in TITLES:
        quote = {"type": "rich_text", "elements": [{"type": "rich_text_quote", "elements": [{"text": title}]}]}
        grid = table([cell(title)], [cell(title, "https://gov.example/")])
        store = make_store(make_message(title, section(title or "x"), quote, grid, channel="C0A", ts="1.0"))
        page = Page(render_inbox(store, None))
        assert {tag for tag, _ in page.tags} <= known | {"h3", "span", *TABLE_TAGS}, title[:60]
        assert not any(name.startswith("on") or name == "style" for _, attrs in page.tags for name in attrs)
        assert all(re.match(r"https?://|mailto:|\?channel=", link) for link in page.links()), title[:60]


def test_the_page_asks_for_nothing_from_elsewhere() -> None:
    page = render_inbox(make_store(EVERYTHING), None)
    assert not re.search(r"<(script|link|img|iframe|object|embed)|@import|url\(", page)
