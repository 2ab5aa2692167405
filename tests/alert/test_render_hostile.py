"""What a stranger wrote never pings, never links, never hides, never breaks the layout."""

from __future__ import annotations

import unicodedata
from typing import Any, Literal

import pytest

from services.alert.channel import Message
from services.alert.delivery.protocol import Level
from services.alert.render import render_digest, render_message, render_root
from services.contracts.alerts import Alert, Change, DueDate, Limb, MatchedTerm
from services.contracts.events import Identifier
from services.contracts.measures import DateFact, Evidence, Passage
from services.contracts.vocab import DatePrecision, DateRole, DigestCause, Facet, Field, Reason, Stage
from services.fakeslack.limits import check_message
from services.taxonomy.load import default_taxonomy
from tests.alert.hostile import BROKEN, TITLES
from tests.alert.render_examples import BAN, STANDING, TODAY, make_alert
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


LANGUAGES: tuple[Literal["en", "ja", "zh"], ...] = ("en", "ja", "zh")


def render_all(text: str, level: Level, language: Literal["en", "ja", "zh"]) -> dict[str, Message]:
    """An alert, a digest, a thread's root and a reminder that all have the text in every place."""
    taxonomy, alert = default_taxonomy(), hostile_alert(text).model_copy(update={"language": language})
    limb = Limb(stage=Stage.SUSPENDED, name=text, dates=((DateRole.EXPIRY, ("2026", text)),), minerals=(text,))
    state = STANDING.model_copy(update={"types": (text,), "limbs": (limb,), "minerals": (text, "gallium")})
    changes = (Change(field=f"limb:{text}", before=text, after="suspended"),)
    latest = alert.model_copy(update={"state": state, "changes": changes, "reason": Reason.STAGE_CHANGED})
    due = DueDate.model_construct(role=DateRole.EXPIRY, value=text, days=7)
    reminder = latest.model_copy(update={"due": due, "reason": Reason.EXPIRY_DATE})
    alerts = [alert, latest, reminder, alert.model_copy(update={"watchlist_id": "other"})]
    return {
        "alert": render_message(alert, level, True, taxonomy, TODAY),
        "part": render_message(latest, level, True, taxonomy, TODAY),
        "digest": render_digest(alert.alert_id, alerts, DigestCause.STORM, level, True, taxonomy, TODAY),
        "root": render_root(alert, latest, 3, level, taxonomy, TODAY),
        "reminder": render_message(reminder, level, True, taxonomy, TODAY),
    }


def shown(message: Message) -> list[str]:
    return [*mrkdwn_texts(message), *literal_texts(message)]


def _share(number: int) -> list[str]:
    """Every other framed sequence and every broken title: any two languages meet all titles, to save time."""
    return [*TITLES[number % 2 : -len(BROKEN) : 2], *BROKEN]


def test_each_language_meets_at_least_a_hundred_titles() -> None:
    assert all(len(set(_share(number))) >= 100 for number in range(len(LANGUAGES)))
    assert {*_share(0), *_share(1)} == set(TITLES)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("level", Level)
def test_no_title_pings_links_elsewhere_hides_or_breaks_a_limit_in_any_message(
    level: Level, language: Literal["en", "ja", "zh"]
) -> None:
    for title in _share(LANGUAGES.index(language)):
        for kind, message in render_all(title, level, language).items():
            texts = shown(message)
            assert find_pings(message) == [], (kind, title[:80])
            assert set(find_links(message)) == {BAN.event.url}, (kind, title[:80])
            assert find_bare_addresses(message) == [], (kind, title[:80])
            assert all("<!" not in text and "<@" not in text for text in texts), (kind, title[:80])
            odd = {c for text in texts for c in text if unicodedata.category(c) in _UNSEEN and c != "\n"}
            assert odd == set(), (kind, title[:80])
            problem = check_message({"text": message.text, "blocks": list(message.blocks)})
            assert problem is None, (kind, title[:80], problem)


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
