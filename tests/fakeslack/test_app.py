"""The stand-in over HTTP, used by slack-sdk's own client and by a browser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from services.contracts.errors import StopError
from services.fakeslack.app import StandInSettings, open_workspace, serve, start_server
from services.fakeslack.core import Contract, FakeSlack, Fault, FaultKind
from tests.fakeslack.servers import serve_stand_in

CHANNEL = "C0CRITMIN"
ROOMY = Contract(burst=100)


@asynccontextmanager
async def open_client(slack: FakeSlack) -> AsyncIterator[AsyncWebClient]:
    async with serve_stand_in(slack) as url, aiohttp.ClientSession() as session:
        yield AsyncWebClient(token="xoxb-1", base_url=url, retry_handlers=[], session=session)


@pytest.mark.asyncio
async def test_slack_sdk_posts_reads_replies_and_updates() -> None:
    slack = FakeSlack(ROOMY)
    metadata = {"event_type": "noroshi_alert", "event_payload": {"a": "a1"}}
    async with open_client(slack) as client:
        root = await client.chat_postMessage(
            channel=CHANNEL, text="鉱物 & <b>", blocks=[{"type": "divider"}], metadata=metadata
        )
        await client.chat_postMessage(channel=CHANNEL, text="reply", thread_ts=root["ts"])
        await client.chat_update(channel=CHANNEL, ts=root["ts"], text="better")
        history: Any = await client.conversations_history(channel=CHANNEL, include_all_metadata=True)
        replies: Any = await client.conversations_replies(channel=CHANNEL, ts=root["ts"])
        who = await client.auth_test()
    assert [message["text"] for message in history["messages"]] == ["better"]
    assert history["messages"][0]["metadata"] == metadata
    assert [message["text"] for message in replies["messages"]] == ["better", "reply"]
    assert who["user"] == "noroshi"


@pytest.mark.asyncio
async def test_slack_sdk_without_retry_handlers_sees_each_fault_as_one_call() -> None:
    faults = [
        Fault(FaultKind.ERROR, code="is_archived"),
        Fault(FaultKind.ERROR, code="ratelimited", status=429, seconds=3),
        Fault(FaultKind.HTTP, status=502),
    ]
    slack = FakeSlack(ROOMY, faults=faults)
    seen: list[tuple[int, Any]] = []
    async with open_client(slack) as client:
        for _ in range(3):
            with pytest.raises(SlackApiError) as caught:
                await client.chat_postMessage(channel=CHANNEL, text="x")
            response: Any = caught.value.response
            seen.append((response.status_code, response.headers.get("Retry-After")))
        slack.faults.append(Fault(FaultKind.DROP_ANSWER))
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await client.chat_postMessage(channel=CHANNEL, text="x")
    assert seen == [(200, None), (429, "3"), (502, None)]
    assert slack.calls == {"chat.postMessage": 4}
    assert len(slack.store.messages) == 1


@pytest.mark.asyncio
async def test_a_form_post_is_read_like_json() -> None:
    slack = FakeSlack(ROOMY)
    form = {"channel": CHANNEL, "text": "x", "token": "xoxb-1", "blocks": '[{"type":"divider"}]', "metadata": "junk"}
    async with serve_stand_in(slack) as url, aiohttp.ClientSession() as session:
        refused = await (await session.post(url + "chat.postMessage", data=form)).json()
        del form["metadata"]
        posted = await (await session.post(url + "chat.postMessage", data=form)).json()
    assert refused["error"] == "invalid_metadata_format"
    assert posted["ok"] is True
    assert slack.store.messages[0].blocks == ({"type": "divider"},)


@pytest.mark.asyncio
@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff\xfe", b""])
async def test_a_junk_body_is_refused_not_crashed_on(body: bytes) -> None:
    headers = {"Authorization": "Bearer xoxb-1", "Content-Type": "application/json"}
    async with serve_stand_in(FakeSlack(ROOMY)) as url, aiohttp.ClientSession() as session:
        answer = await session.post(url + "chat.postMessage", data=body, headers=headers)
        assert (answer.status, (await answer.json())["error"]) == (200, "channel_not_found")


@pytest.mark.asyncio
async def test_the_inbox_page_is_served_under_a_policy_that_lets_nothing_run() -> None:
    slack = FakeSlack(ROOMY)
    slack.handle("chat.postMessage", "x", {"channel": CHANNEL, "text": "<script>alert(1)</script>"}, 1.0)
    async with serve_stand_in(slack) as url, aiohttp.ClientSession() as session:
        answer = await session.get(url.removesuffix("api/"), params={"channel": CHANNEL})
        page = await answer.text()
        assert await (await session.get(url.replace("/api/", "/livez"))).text() == "ok\n"
    assert answer.content_type == "text/html"
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "script-src" not in policy
    assert "<script" not in page


@pytest.mark.asyncio
async def test_what_readers_see_can_be_asked_for_as_json_and_faults_be_scripted() -> None:
    slack = FakeSlack(ROOMY)
    async with serve_stand_in(slack) as url, aiohttp.ClientSession() as session:
        control = url.replace("/api/", "/stand-in/")
        scripted = await session.post(control + "faults", json=[{"kind": "error", "code": "fatal_error"}])
        refused = await session.post(control + "faults", json=[{"kind": "earthquake"}])
        slack.handle("chat.postMessage", "x", {"channel": CHANNEL, "text": "1"}, 1.0)
        slack.handle("chat.postMessage", "x", {"channel": CHANNEL, "text": "2"}, 3.0)
        seen = await (await session.get(control + "messages")).json()
        assert (await scripted.json(), refused.status) == ({"faults": 1}, 400)
        assert "earthquake" in (await refused.json())["error"]
    assert [(m["channel"], m["text"]) for m in seen["messages"]] == [(CHANNEL, "2")]
    assert seen["calls"] == {"chat.postMessage": 2}


@pytest.mark.asyncio
async def test_a_taken_port_is_named_with_what_to_do() -> None:
    async with serve_stand_in(FakeSlack()) as url:
        port = int(url.split(":")[2].split("/")[0])
        with pytest.raises(StopError, match=rf"{port}.*stop it or choose another"):
            await start_server(StandInSettings(port=port))


@pytest.mark.asyncio
async def test_serving_ends_when_told_and_the_journal_keeps_the_messages(tmp_path: Path) -> None:
    settings = StandInSettings(port=0, journal=tmp_path / "slack.jsonl")
    slack = open_workspace(settings)
    slack.handle("chat.postMessage", "x", {"channel": CHANNEL, "text": "kept"}, 1.0)
    stopping = asyncio.Event()
    stopping.set()
    await asyncio.wait_for(serve(settings, stopping), 5)
    assert [message.text for message in open_workspace(settings).store.messages] == ["kept"]
    assert open_workspace(StandInSettings()).store.messages == []
