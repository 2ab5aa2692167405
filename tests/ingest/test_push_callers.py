"""Who may push what: the right token and no other, and only the sources that were given."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from services.contracts.errors import UsageError
from services.ingest.inlets.callers import Caller, Callers, read_callers
from services.ingest.settings import IngestSettings
from services.runtime.log import REDACTED, Redactor

TOKEN, OTHER = "a" * 40, "b" * 40
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def callers_of(tokens: dict[str, str], sources: dict[str, list[str]], **secrets: str) -> Callers:
    hidden = {name: SecretStr(text) for name, text in tokens.items()}
    return read_callers(hidden, sources, {key: SecretStr(text) for key, text in secrets.items()})


def name_of(caller: Caller | None) -> str | None:
    return caller.name if caller else None


def test_a_caller_is_known_by_any_of_its_tokens_so_that_one_can_be_exchanged() -> None:
    callers = callers_of({"crawler": f"{TOKEN} {'c' * 40}", "team": OTHER}, {"crawler": ["*"], "team": ["*"]})
    found = [callers.find(f"Bearer {token}") for token in (TOKEN, "c" * 40, OTHER)]
    assert list(map(name_of, found)) == ["crawler", "crawler", "team"]


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", TOKEN, f"Basic {TOKEN}", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Bearer{TOKEN}"],
)
def test_anything_but_the_whole_token_is_nobody(header: str) -> None:
    assert callers_of({"crawler": TOKEN}, {"crawler": ["*"]}).find(header) is None


@given(st.text(st.characters(), max_size=80))
def test_no_other_text_is_a_token_and_none_is_an_error(text: str) -> None:
    found = callers_of({"crawler": TOKEN}, {"crawler": ["*"]}).find(f"Bearer {text}")
    assert (found is not None) == (text.strip() == TOKEN)


def test_the_scheme_of_a_token_may_be_written_in_any_case() -> None:
    callers = callers_of({"crawler": TOKEN}, {"crawler": ["*"]})
    assert name_of(callers.find(f"bearer  {TOKEN}")) == name_of(callers.find(f"BEARER {TOKEN}")) == "crawler"


@pytest.mark.parametrize(
    ("listed", "key", "may"),
    [
        (["xx-partner"], "xx-partner", True),
        (["xx-partner"], "xx-partner-2", False),
        (["xx-team-*"], "xx-team-a", True),
        (["xx-team-*"], "xx-teama", False),
        (["*"], "anything", True),
        (["*"], "jp-meti", False),
        (["jp-*"], "jp-meti", False),
        (["jp-meti"], "jp-meti", True),
        (["*"], "noroshi-canary", False),
        (["noroshi-canary"], "noroshi-canary", False),
    ],
)
def test_a_source_that_is_polled_is_written_only_by_who_was_given_it_by_name(
    listed: list[str], key: str, may: bool
) -> None:
    assert Caller("x", (), tuple(listed)).may_write(key, {"jp-meti"}) is may


@pytest.mark.parametrize(
    ("tokens", "sources", "secrets", "words"),
    [
        ({}, {}, {}, "push_tokens: nobody may push"),
        ({"a": "short"}, {"a": ["*"]}, {}, "push_tokens: a: a token has at least 32 characters; make one with"),
        ({"a": ""}, {"a": ["*"]}, {}, "push_tokens: a: a token has"),
        ({"a": f"{TOKEN} short"}, {"a": ["*"]}, {}, "push_tokens: a: a token has"),
        ({"a": TOKEN}, {}, {}, "push_sources: a: may write nothing"),
        ({"a": TOKEN}, {"a": []}, {}, "push_sources: a: may write nothing"),
        ({"a": TOKEN}, {"a": ["x*y"]}, {}, "'x\\*y' is no source key"),
        ({"a": TOKEN}, {"a": ["X"]}, {}, "'X' is no source key"),
        ({"a": TOKEN}, {"a": ["*"], "b": ["*"]}, {}, "push_sources: b: has no token"),
        ({"a": TOKEN, "b": TOKEN}, {"a": ["*"], "b": ["*"]}, {}, "push_tokens: b: has the same token as a"),
        ({}, {}, {"xx-partner": "hunter2"}, "push_secrets: xx-partner: a secret is whsec_"),
        ({}, {}, {"xx-partner": ""}, "push_secrets: xx-partner: a secret is whsec_"),
        ({}, {}, {"noroshi-canary": SECRET}, "push_secrets: noroshi-canary: keys that begin with noroshi- are our own"),
        ({}, {}, {"XX": SECRET}, "push_secrets: 'XX' is no source key"),
    ],
)
def test_settings_that_do_not_fit_say_what_where_and_how_to_mend_it_and_show_no_secret(
    tokens: dict[str, str], sources: dict[str, list[str]], secrets: dict[str, str], words: str
) -> None:
    with pytest.raises(UsageError, match=words) as told:
        callers_of(tokens, sources, **secrets)
    assert not any(text in str(told.value) for text in (TOKEN, SECRET, "hunter2"))


def test_settings_are_read_as_json_and_their_secrets_never_reach_a_log() -> None:
    given: dict[str, Any] = {
        "push_tokens": f'{{"crawler": "{TOKEN} {OTHER}"}}',
        "push_sources": '{"crawler": ["xx-*"]}',
        "push_secrets": f'{{"xx-partner": "{SECRET}"}}',
    }
    settings = IngestSettings(**given)
    assert settings.push_sources == {"crawler": ("xx-*",)}
    line = Redactor(settings.secrets)(f"{OTHER} {TOKEN} {SECRET} {settings!r}")
    assert line.startswith(f"{REDACTED} {REDACTED} {REDACTED} ")
    assert not any(text in line for text in (TOKEN, OTHER, SECRET))
