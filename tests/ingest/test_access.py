"""Addresses that want a key or a question: what is sent, where, and never anywhere else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr
from yarl import URL

from services.contracts.errors import UsageError
from services.ingest.source import Source
from services.ingest.wire.access import Access, accesses_of, place_of
from services.ingest.wire.fetch import Fetched, Fetcher, FetchFailed, PageFetched, Validators
from services.runtime.clock import SteppedClock
from tests.ingest.material import NOW, example_settings, example_source, shipped_source
from tests.ingest.test_fetch import publisher

KEYS = {"jp-example": SecretStr("k3y")}
WITH_KEY = {"header": "X-Api-Key", "prefix": "Key "}


def asking(url: str = "https://api.example.go.jp/v1/list?page=1", **access: Any) -> Source:
    return example_source(url=url, access=access or WITH_KEY)


async def fetch(
    folder: Path, url: str, accesses: Mapping[str, Access], validators: Validators | None = None
) -> Fetched:
    settings = example_settings(folder, allow_private=True, host_pause_seconds=0)
    async with Fetcher(settings, SteppedClock(NOW), accesses=accesses) as fetcher:
        return await fetcher.fetch(url, validators or Validators())


async def echo(request: web.Request) -> web.StreamResponse:
    sent = {"key": request.headers.get("X-Api-Key"), "method": request.method, "body": await request.text()}
    return web.json_response(sent | {"conditional": "If-None-Match" in request.headers})


async def said(fetched: Fetched) -> dict[str, Any]:
    assert isinstance(fetched, PageFetched), fetched
    found: dict[str, Any] = json.loads(fetched.page.content)
    return found


@pytest.mark.asyncio
async def test_the_key_goes_to_every_page_of_its_list_and_to_no_other_address(tmp_path: Path) -> None:
    async with publisher(echo) as (address, _):
        accesses = {place_of(URL(f"{address}/v1/list?page=1")): Access({"X-Api-Key": "Key k3y"})}
        for path, key in (("/v1/list?page=2", "Key k3y"), ("/v1/listing", None), ("/v1/list/deep", None), ("/", None)):
            assert (await said(await fetch(tmp_path, f"{address}{path}", accesses)))["key"] == key


@pytest.mark.asyncio
async def test_a_redirect_elsewhere_takes_neither_key_nor_question_along(tmp_path: Path) -> None:
    async with publisher(echo) as (elsewhere, requests):

        async def away(_: web.Request) -> web.StreamResponse:
            return web.Response(status=307, headers={"Location": f"{elsewhere}/v1/list"})

        async with publisher(away) as (address, _):
            accesses = {place_of(URL(f"{address}/v1/list")): Access({"X-Api-Key": "Key k3y"}, b"{}")}
            found = await said(await fetch(tmp_path, f"{address}/v1/list", accesses))
    assert (found["key"], found["method"], found["body"]) == (None, "GET", "")
    assert len(requests) == 1


@pytest.mark.asyncio
async def test_a_question_is_posted_as_json_and_never_conditional(tmp_path: Path) -> None:
    source = asking(body={"limit": 5, "words": "関税"})
    (body,) = (each.body for each in accesses_of([source], {}).values())
    async with publisher(echo) as (address, _):
        accesses = {place_of(URL(address)): Access(body=body)}
        found = await said(await fetch(tmp_path, address, accesses, Validators('"1"')))
    assert (found["method"], json.loads(found["body"])) == ("POST", {"limit": 5, "words": "関税"})
    assert not found["conditional"]


@pytest.mark.asyncio
async def test_without_its_key_a_source_is_not_asked_and_says_where_to_put_it(tmp_path: Path) -> None:
    async with publisher(echo) as (address, requests):
        (access,) = accesses_of([asking()], {}).values()
        fetched = await fetch(tmp_path, address, {place_of(URL(address)): access})
    assert isinstance(fetched, FetchFailed)
    assert (fetched.outcome, requests) == ("no_key", [])
    assert "by `jp-example`, into the secret file noroshi_ingest_source_keys" in fetched.message


def test_a_key_is_its_prefix_and_the_secret_and_is_never_shown() -> None:
    (access,) = accesses_of([asking()], KEYS).values()
    assert access.headers == {"X-Api-Key": "Key k3y"}
    assert "k3y" not in repr(access)
    assert "k3y" in example_settings(Path(), source_keys={"jp-example": "k3y"}).secrets


def test_what_cannot_be_sent_or_told_apart_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="printable ASCII"):
        accesses_of([asking()], {"jp-example": SecretStr("k3y\r\nHost: x")})
    other = asking(header="X-Other")
    with pytest.raises(UsageError, match="another source asks"):
        accesses_of([asking(), other], KEYS)


@pytest.mark.parametrize(
    ("access", "url", "what"),
    [
        (WITH_KEY, "http://api.example.go.jp/v1/list", "only sent over https"),
        ({"header": "Cookie"}, "https://api.example.go.jp/v1/list", "not a header for a key"),
        ({"header": "X Key"}, "https://api.example.go.jp/v1/list", "match pattern"),
        ({"prefix": "Key "}, "https://api.example.go.jp/v1/list", "neither"),
    ],
)
def test_a_wrong_access_is_refused_with_what_to_write(access: dict[str, Any], url: str, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        asking(url, **access)


@pytest.mark.parametrize(
    ("folder", "header"), [("ch_wto_eping", "Ocp-Apim-Subscription-Key"), ("ch_gta_interventions", "Authorization")]
)
def test_the_apis_of_the_catalogue_that_want_a_key_get_it(folder: str, header: str) -> None:
    source = shipped_source(folder)
    (access,) = accesses_of([source], {source.key: SecretStr("k3y")}).values()
    assert list(access.headers) == [header]
    assert access.missing == ""
