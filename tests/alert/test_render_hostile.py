"""What a stranger wrote never pings, never links, never hides, never breaks the layout."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest

from services.alert.channel import Message
from services.alert.delivery.protocol import Level
from services.alert.render import render_message
from services.contracts.alerts import Alert, Change, MatchedTerm
from services.contracts.events import Identifier
from services.contracts.measures import DateFact, Evidence, Passage
from services.contracts.vocab import DatePrecision, DateRole, Facet, Field, Reason
from services.fakeslack.limits import check_message
from services.taxonomy.load import default_taxonomy
from tests.alert.hostile import TITLES
from tests.alert.render_examples import BAN, TODAY, make_alert
from tests.alert.slackview import find_bare_addresses, find_links, find_pings, literal_texts, mrkdwn_texts

_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn"}


def hostile_alert(text: str) -> Alert:
    """An alert that has the text in every place a stranger, or a watchlist's author, can write to."""
    event = BAN.event.model_copy(
        update={"title": text, "source_name": text, "source": text, "document_id": text or "x", "url": BAN.event.url}
    )
    act = BAN.model_copy(
        update={
            "event": event,
            "passages": (Passage(field=Field.BODY, start=0, end=len(text), text=text),),
            "evidence": tuple(
                Evidence(facet=Facet.MINERAL, tag="gallium", field=Field.BODY, start=at, end=at + 1, text=text[at])
                for at in range(0, min(len(text), 50), 3)
            ),
            "hs_codes": (text,),
            "eccns": (text, "3A001"),
            "identifiers": (Identifier.model_construct(scheme="x", value=text),),
            "dates": (
                DateFact.model_construct(role=DateRole.EFFECTIVE, value=text, precision=DatePrecision.DAY),
                DateFact(role=DateRole.EXPIRY, value="2025", precision=DatePrecision.YEAR),
            ),
        }
    )
    terms = tuple(
        MatchedTerm(predicate=predicate, term=text, tags=(text, "gallium"))
        for predicate in ("keyword", "minerals", "imposing", "stage", "source", text)
    )
    changes = (Change(field="stage", before=text, after=text + "x"), Change(field=text, before=text, after="x"))
    return make_alert(act, "en", text, *terms, reason=Reason.CORRECTED, changes=changes)


def shown(message: Message) -> list[str]:
    return [*mrkdwn_texts(message), *literal_texts(message)]


def test_the_corpus_holds_at_least_a_hundred_titles() -> None:
    assert len(set(TITLES)) >= 100


@pytest.mark.parametrize("level", Level)
def test_no_title_pings_anyone_or_links_anywhere_else(level: Level) -> None:
    for title in TITLES:
        message = render_message(hostile_alert(title), level, True, default_taxonomy(), TODAY)
        assert find_pings(message) == [], title[:80]
        assert set(find_links(message)) == {BAN.event.url}, title[:80]
        assert find_bare_addresses(message) == [], title[:80]
        assert all("<!" not in text and "<@" not in text for text in shown(message)), title[:80]


@pytest.mark.parametrize("level", Level)
def test_nothing_invisible_or_direction_changing_is_left(level: Level) -> None:
    for title in TITLES:
        message = render_message(hostile_alert(title), level, False, default_taxonomy(), TODAY)
        odd = {c for text in shown(message) for c in text if unicodedata.category(c) in _UNSEEN and c != "\n"}
        assert odd == set(), title[:80]


@pytest.mark.parametrize("level", Level)
def test_no_title_breaks_a_limit_or_the_encoding(level: Level) -> None:
    for title in TITLES:
        message = render_message(hostile_alert(title), level, True, default_taxonomy(), TODAY)
        problem = check_message({"text": message.text, "blocks": list(message.blocks)})
        assert problem is None, (title[:80], problem)
        assert "".join(shown(message)).encode()


def test_marks_of_formatting_cannot_open_or_close_our_own_emphasis() -> None:
    for title in TITLES:
        message = render_message(hostile_alert(title), Level.FULL, False, default_taxonomy(), TODAY)
        sections: Any = [each for each in message.blocks if each["type"] == "section"]
        fields = [field["text"] for each in sections for field in each.get("fields", ())]
        assert all(text.count("*") == 2 and text.startswith("*") for text in fields), title[:80]
        assert all(mark not in text for text in mrkdwn_texts(message) for mark in "_~`"), title[:80]


def test_a_title_in_the_text_level_stays_on_one_line() -> None:
    lines = {
        len(render_message(hostile_alert(title), Level.TEXT, False, default_taxonomy(), TODAY).text.split("\n"))
        for title in TITLES
    }
    assert lines == {4}


def test_harmless_text_is_quoted_as_it_was_written() -> None:
    title = "Tariffs < 5 % & > 3 % on “R&D” *goods* [HS 8112.92]"
    message = render_message(hostile_alert(title), Level.FULL, False, default_taxonomy(), TODAY)
    assert title in literal_texts(message)
