"""What the Slack channel says is known after every answer Slack can give, through slack-sdk and a real socket."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from services.alert.channel import Message
from services.alert.channels._retryafter import MAX_RETRY_AFTER
from services.alert.channels.slack import SlackChannel, open_channel
from services.alert.delivery.protocol import (
    Found,
    NotFound,
    Posted,
    PostOutcome,
    Reaction,
    ReadFailed,
    Refused,
    Unknown,
    Unreadable,
)
from services.alert.settings import AlertSettings
from services.alert.slack_errors import AMBIGUOUS, KEY_REFUSALS, REACTIONS, react
from services.contracts.errors import UsageError
from services.contracts.watchlists import Destination
from services.fakeslack.core import Contract, FakeSlack, Fault, FaultKind
from tests.fakeslack.servers import serve_canned, serve_stand_in

HERE = Destination(channel="slack", address="C0CRITMIN")
MESSAGE = Message("a1", "鉱物 words", ({"type": "divider"},))
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
ROOMY = Contract(burst=1_000, key="ignore")


@asynccontextmanager
async def open_slack(url: str, patience: float = 5.0) -> AsyncIterator[SlackChannel]:
    channel = SlackChannel("xoxb-1", url, patience)
    try:
        yield channel
    finally:
        await channel.close()


async def post_to(slack: FakeSlack, patience: float = 5.0) -> PostOutcome:
    async with serve_stand_in(slack) as url, open_slack(url, patience) as channel:
        return await channel.post(HERE, MESSAGE, None)


async def post_canned(body: bytes, status: int = 200, kind: str = "application/json", **headers: str) -> PostOutcome:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with serve_canned(body, status, kind, named) as url, open_slack(url) as channel:
        return await channel.post(HERE, MESSAGE, None)


# ---- sending ---------------------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_a_stored_message_is_posted_under_its_reference_with_the_alerts_id() -> None:
    slack = FakeSlack(ROOMY)
    outcome = await post_to(slack)
    stored = slack.store.messages[0]
    assert outcome == Posted(stored.ts)
    assert (stored.text, stored.blocks, stored.client_msg_id) == (MESSAGE.text, MESSAGE.blocks, "a1")
    assert stored.metadata == {"event_type": "noroshi_alert", "event_payload": {"a": "a1"}}


@pytest.mark.asyncio
async def test_a_reply_goes_into_its_thread_and_text_alone_has_no_blocks() -> None:
    slack = FakeSlack(ROOMY)
    async with serve_stand_in(slack) as url, open_slack(url) as channel:
        root = await channel.post(HERE, MESSAGE, None)
        assert isinstance(root, Posted)
        await channel.post(HERE, Message("a2", "reply"), root.ref)
    assert (slack.store.messages[1].thread_ts, slack.store.messages[1].blocks) == (root.ref, ())


@pytest.mark.asyncio
async def test_each_documented_error_asks_for_its_reaction_and_sends_once() -> None:
    codes = sorted({*REACTIONS, *AMBIGUOUS, "message_limit_exceeded", "never_heard_of"} - {"not_in_channel"})
    slack = FakeSlack(ROOMY, faults=[Fault(FaultKind.ERROR, code=code) for code in codes])
    async with serve_stand_in(slack) as url, open_slack(url) as channel:
        seen = {code: await channel.post(HERE, MESSAGE, None) for code in codes}
    assert {code: outcome for code, outcome in seen.items() if outcome != _expected(code)} == {}
    assert slack.calls == {"chat.postMessage": len(codes)}
    assert slack.store.messages == []


def _expected(code: str) -> PostOutcome:
    return react("ratelimited" if code == "rate_limited" else code)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("86400", MAX_RETRY_AFTER),
        ("-3", 1.0),
        ("soon", 1.0),
        ("nan", 1.0),
        ("inf", 1.0),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 1.0),
    ],
)
async def test_a_rate_limit_waits_as_long_as_its_header_says_or_a_second(header: str, seconds: float) -> None:
    outcome = await post_canned(b'{"ok":false,"error":"ratelimited"}', 429, Retry_After=header)
    assert outcome == Refused(Reaction.RETRY, "ratelimited", seconds)


@pytest.mark.asyncio
@pytest.mark.parametrize("kind", ["application/json", "text/html", "text/plain"])
async def test_a_rate_limit_without_header_or_readable_body_waits_a_second(kind: str) -> None:
    assert await post_canned(b"slow down", 429, kind) == Refused(Reaction.RETRY, "ratelimited", 1.0)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (b'{"ok":false,"error":"internal_error"}', 500, "application/json"),
        (b'{"ok":false,"error":"channel_not_found"}', 503, "application/json"),
        (b"<html>Bad Gateway</html>", 502, "text/html"),
        (b"<html>Bad Gateway</html>", 200, "text/html"),
        (b"<html>not found</html>", 404, "text/html"),
        (b"upstream", 504, "text/plain"),
        (b"fine", 200, "text/plain"),
        (b"", 200, "application/json"),
        (b'{"ok":tr', 200, "application/json"),
        (b'{"ok":tr', 502, "application/json"),
        (b"[1]", 200, "application/json"),
        (b"null", 200, "application/json"),
        (b'{"ok":true}', 200, "application/json"),
        (b'{"ok":true,"ts":5}', 200, "application/json"),
        (b'{"ok":false}', 200, "application/json"),
        (b"\xff\xfe\x00", 200, "application/json"),
    ],
)
async def test_an_answer_that_does_not_say_whether_it_stored_leaves_doubt(body: bytes, status: int, kind: str) -> None:
    assert isinstance(await post_canned(body, status, kind), Unknown)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("fault", "stored"),
    [
        (Fault(FaultKind.HTTP, status=502), 0),
        (Fault(FaultKind.HTTP_AFTER_STORING), 1),
        (Fault(FaultKind.HTML), 1),
        (Fault(FaultKind.DROP_ANSWER), 1),
        (Fault(FaultKind.RESET_BEFORE), 0),
    ],
)
async def test_whether_a_failing_call_stored_or_not_we_only_say_that_we_do_not_know(fault: Fault, stored: int) -> None:
    slack = FakeSlack(ROOMY, faults=[fault])
    assert isinstance(await post_to(slack), Unknown)
    assert len(slack.store.messages) == stored
    assert slack.calls == {"chat.postMessage": 1}


@pytest.mark.asyncio
async def test_an_answer_slower_than_our_patience_leaves_doubt() -> None:
    slack = FakeSlack(ROOMY, faults=[Fault(FaultKind.STALL, seconds=30)])
    assert await post_to(slack, patience=0.2) == Unknown("timeout")
    assert len(slack.store.messages) == 1


@pytest.mark.asyncio
async def test_a_refused_connection_sent_nothing_and_is_tried_again() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # bound but not listening: every connection is refused
        async with open_slack(f"http://127.0.0.1:{held.getsockname()[1]}/api/") as channel:
            outcome = await channel.post(HERE, MESSAGE, None)
    assert outcome == Refused(Reaction.RETRY, "connect:ConnectionRefusedError")


@pytest.mark.asyncio
async def test_a_refusal_by_the_stand_ins_own_pace_says_how_long() -> None:
    slack = FakeSlack(Contract(burst=1, per_second=0.001))
    async with serve_stand_in(slack) as url, open_slack(url) as channel:
        await channel.post(HERE, MESSAGE, None)
        outcome = await channel.post(HERE, Message("a2", "x"), None)
    assert isinstance(outcome, Refused)
    assert (outcome.reaction, outcome.after_seconds) == (Reaction.RETRY, MAX_RETRY_AFTER)


@pytest.mark.asyncio
async def test_a_message_that_is_too_large_asks_for_less() -> None:
    message = Message("a1", "x", ({"type": "header", "text": {"type": "plain_text", "text": "x" * 151}},))
    async with serve_stand_in(FakeSlack(ROOMY)) as url, open_slack(url) as channel:
        assert await channel.post(HERE, message, None) == Refused(Reaction.DEGRADE, "invalid_blocks")


# ---- letting itself in, and doing without the key -------------------------------------------------------------


@pytest.mark.asyncio
async def test_a_public_channel_the_app_is_not_in_is_joined_and_tried_again_at_once() -> None:
    slack = FakeSlack(Contract(not_joined=frozenset({HERE.address})))
    async with serve_stand_in(slack) as url, open_slack(url) as channel:
        assert await channel.post(HERE, MESSAGE, None) == Refused(Reaction.RETRY, "joined_channel", 0.0)
        assert isinstance(await channel.post(HERE, MESSAGE, None), Posted)
    assert slack.calls == {"chat.postMessage": 2, "conversations.join": 1}


@pytest.mark.asyncio
@pytest.mark.parametrize("code", ["missing_scope", "method_not_supported_for_channel_type", "not_in_channel"])
async def test_a_channel_that_cannot_be_joined_pauses_and_is_not_asked_again(code: str) -> None:
    refused = Fault(FaultKind.ERROR, 9, "conversations.join", code=code)
    slack = FakeSlack(Contract(not_joined=frozenset({HERE.address})), faults=[refused])
    async with serve_stand_in(slack) as url, open_slack(url) as channel:
        outcomes = [await channel.post(HERE, MESSAGE, None) for _ in range(3)]
    assert outcomes == [Refused(Reaction.PAUSE_DESTINATION, "not_in_channel")] * 3
    assert slack.calls["conversations.join"] == 1


@pytest.mark.asyncio
@pytest.mark.parametrize("code", sorted(KEY_REFUSALS))
async def test_a_key_slack_chokes_on_is_left_out_once_the_history_was_read(code: str) -> None:
    slack = FakeSlack(ROOMY, faults=[Fault(FaultKind.ERROR, 2, code=code)])
    async with serve_stand_in(slack) as url, open_slack(url) as channel:
        assert await channel.post(HERE, MESSAGE, None) == Unknown(code)
        assert await channel.post(HERE, MESSAGE, None) == Unknown(code)
        assert await channel.find(HERE, "a1", LONG_AGO, None) == NotFound()
        await channel.post(HERE, MESSAGE, None)
        await channel.post(HERE, Message("a2", "x"), None)
    assert [message.client_msg_id for message in slack.store.messages] == [None, "a2"]
    assert slack.store.messages[0].metadata == {"event_type": "noroshi_alert", "event_payload": {"a": "a1"}}


@pytest.mark.asyncio
async def test_a_key_is_kept_as_long_as_the_history_was_not_read() -> None:
    slack = FakeSlack(ROOMY, faults=[Fault(FaultKind.ERROR, code="duplicate_message_not_found")])
    async with serve_stand_in(slack) as url, open_slack(url) as channel:
        await channel.post(HERE, MESSAGE, None)
        await channel.post(HERE, MESSAGE, None)
    assert [message.client_msg_id for message in slack.store.messages] == ["a1"]


@pytest.mark.asyncio
async def test_a_name_that_cannot_be_resolved_and_a_handshake_that_fails_sent_nothing() -> None:
    async with open_slack("https://slack.invalid/api/") as channel:
        nowhere = await channel.post(HERE, MESSAGE, None)
    async with serve_stand_in(FakeSlack()) as url, open_slack(url.replace("http:", "https:")) as channel:
        plain = await channel.post(HERE, MESSAGE, None)
    for outcome in (nowhere, plain):
        assert isinstance(outcome, Refused)
        assert (outcome.reaction, outcome.code.startswith("connect:")) == (Reaction.RETRY, True)


# ---- finding ---------------------------------------------------------------------------------------------------


def filled(count: int, thread: str | None = None) -> FakeSlack:
    """A workspace with so many messages, the first the one we look for."""
    slack = FakeSlack(ROOMY)
    for number in range(count):
        key = "a1" if number == 0 else f"other-{number}"
        given = {"channel": HERE.address, "text": str(number), "metadata": _metadata(key), "thread_ts": thread}
        slack.handle("chat.postMessage", "x", given, 1_700_000_000.0 + number)
    return slack


def _metadata(key: str) -> dict[str, object]:
    return {"event_type": "noroshi_alert", "event_payload": {"a": key}}


@pytest.mark.asyncio
async def test_an_earlier_copy_is_found_by_its_metadata_on_any_page_of_the_history() -> None:
    slack = filled(450)
    async with serve_stand_in(slack) as url, open_slack(url) as channel:
        assert await channel.find(HERE, "a1", LONG_AGO, None) == Found("1700000000.000000")
        assert slack.calls["conversations.history"] == 3
        assert await channel.find(HERE, "a2", LONG_AGO, None) == NotFound()


@pytest.mark.asyncio
async def test_a_copy_before_the_first_attempt_is_not_looked_for() -> None:
    after = datetime.fromtimestamp(1_700_000_000, UTC) + timedelta(seconds=1)
    async with serve_stand_in(filled(3)) as url, open_slack(url) as channel:
        assert await channel.find(HERE, "a1", after, None) == NotFound()


@pytest.mark.asyncio
async def test_a_reply_is_found_in_its_thread_not_in_the_channel() -> None:
    slack = filled(1, thread="1690000000.000000")
    async with serve_stand_in(slack) as url, open_slack(url) as channel:
        assert await channel.find(HERE, "a1", LONG_AGO, "1690000000.000000") == Found("1700000000.000000")
        assert await channel.find(HERE, "a1", LONG_AGO, None) == NotFound()


@pytest.mark.asyncio
async def test_a_thread_that_is_gone_cannot_be_read() -> None:
    async with serve_stand_in(FakeSlack(ROOMY)) as url, open_slack(url) as channel:
        assert await channel.find(HERE, "a1", LONG_AGO, "1.0") == Unreadable("thread_not_found")


@pytest.mark.asyncio
async def test_a_copy_is_found_by_the_idempotency_key_where_metadata_is_missing() -> None:
    body = b'{"ok":true,"messages":[{"ts":"5.0"},{"ts":"6.0","client_msg_id":"a1"}]}'
    async with serve_canned(body) as url, open_slack(url) as channel:
        assert await channel.find(HERE, "a1", LONG_AGO, None) == Found("6.0")


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (Fault(FaultKind.ERROR, code="missing_scope"), Unreadable("missing_scope")),
        (Fault(FaultKind.ERROR, code="not_in_channel"), Unreadable("not_in_channel")),
        (Fault(FaultKind.ERROR, code="fatal_error"), ReadFailed("fatal_error")),
        (Fault(FaultKind.ERROR, code="never_heard_of"), ReadFailed("never_heard_of", 200.0)),
        (Fault(FaultKind.ERROR, code="token_revoked"), ReadFailed("token_revoked", 60.0)),
        (Fault(FaultKind.ERROR, code="is_archived"), ReadFailed("is_archived", 300.0)),
        (Fault(FaultKind.ERROR, code="ratelimited", status=429, seconds=9), ReadFailed("ratelimited", 9.0)),
        (Fault(FaultKind.HTTP, status=503), ReadFailed("http_503")),
        (Fault(FaultKind.DROP_ANSWER), ReadFailed("ServerDisconnectedError")),
    ],
)
async def test_a_history_that_cannot_be_read_is_told_from_one_that_failed_this_time(
    fault: Fault, outcome: Unreadable | ReadFailed
) -> None:
    # aiohttp itself repeats a read once after a lost connection.
    anywhere = Fault(fault.kind, 2, "", "", fault.code, fault.status, fault.seconds)
    async with serve_stand_in(FakeSlack(ROOMY, faults=[anywhere])) as url, open_slack(url) as channel:
        assert await channel.find(HERE, "a1", LONG_AGO, None) == outcome


@pytest.mark.asyncio
async def test_a_history_without_an_end_is_given_up_as_unreadable() -> None:
    body = b'{"ok":true,"messages":[],"response_metadata":{"next_cursor":"again"}}'
    async with serve_canned(body) as url, open_slack(url) as channel:
        assert await channel.find(HERE, "a1", LONG_AGO, None) == Unreadable("history_too_long")


# ---- the rest --------------------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_the_check_says_what_slack_answered() -> None:
    async with serve_stand_in(FakeSlack(Contract(token="xoxb-1"))) as url, open_slack(url) as channel:
        assert await channel.check(HERE) is None
    async with serve_stand_in(FakeSlack(Contract(token="xoxb-2"))) as url, open_slack(url) as channel:
        assert await channel.check(HERE) == "Slack answered 'invalid_auth' to auth.test"


def test_without_a_token_the_error_says_where_to_put_it() -> None:
    with pytest.raises(UsageError, match="NOROSHI_ALERT_SLACK_TOKEN"):
        open_channel(AlertSettings())
    assert open_channel(AlertSettings(slack_token=SecretStr("xoxb-1"))).kind == "slack"
