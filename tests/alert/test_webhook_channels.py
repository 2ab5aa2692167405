"""What the webhook channels say is known after each answer, through real sockets."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from services.alert.channel import Channel, Message, Uneditable
from services.alert.channels import slack_webhook, webhook
from services.alert.channels.stdout import StdoutChannel
from services.alert.channels.webhook import WebhookChannel
from services.alert.delivery.protocol import NotFound, Posted, PostOutcome, Reaction, Refused, Unknown, Unreadable
from services.alert.render.records import MAX_BODY, write_records
from services.alert.settings import AlertSettings
from services.contracts.alerts import Alert
from services.contracts.errors import UsageError
from services.contracts.vocab import Reason
from services.contracts.watchlists import Destination
from services.fakeslack.core import Contract, FakeSlack, Fault, FaultKind
from tests.alert.acts import an_act
from tests.fakeslack.servers import serve_canned, serve_stand_in

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
TEAM = Destination(channel="slack_webhook", address="team")
OPS = Destination(channel="webhook", address="ops")
MESSAGE = Message("d1", "鉱物 words", ({"type": "divider"},))
KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()


def an_alert(number: int = 0, text: str = "") -> Alert:
    return Alert(
        alert_id=f"alert-{number}",
        tenant="default",
        watchlist_id="magnets",
        watchlist_name="Magnets",
        watchlist_version="1",
        language="en",
        destination=OPS,
        reason=Reason.FIRST,
        act=an_act(text=text),
        decided_at=NOW,
    )


# ---- Slack's incoming webhooks ---------------------------------------------------------------------------------


@asynccontextmanager
async def team_channel(slack: FakeSlack, patience: float = 5.0) -> AsyncIterator[Channel]:
    async with serve_stand_in(slack) as url:
        base = url.removesuffix("/api/")
        channel = slack_webhook.SlackWebhookChannel({"team": f"{base}/services/T0/C0MAGNETS/x"}, patience)
        try:
            yield channel
        finally:
            await channel.close()


@pytest.mark.asyncio
async def test_an_incoming_webhook_stores_text_and_blocks_and_gives_no_reference_of_its_own() -> None:
    slack = FakeSlack()
    async with team_channel(slack) as channel:
        assert await channel.post(TEAM, MESSAGE, "a thread it does not know") == Posted("d1")
        assert await channel.find(TEAM, "d1", NOW, None) == Unreadable("webhook_has_no_history")
        assert isinstance(await channel.edit(TEAM, "d1", MESSAGE), Uneditable)
    stored = slack.store.messages[0]
    assert (stored.channel, stored.text, stored.blocks) == ("C0MAGNETS", MESSAGE.text, MESSAGE.blocks)
    assert stored.thread_ts is None


@pytest.mark.asyncio
@pytest.mark.parametrize(("word", "reaction"), sorted(slack_webhook.WORDS.items()))
async def test_each_word_of_an_incoming_webhook_asks_for_its_reaction(word: str, reaction: Reaction) -> None:
    fault = Fault(FaultKind.ERROR, method="", code=word, status=403)
    async with team_channel(FakeSlack(faults=[fault])) as channel:
        assert await channel.post(TEAM, MESSAGE, None) == Refused(reaction, word)


async def post_canned(body: bytes, status: int, **headers: str) -> PostOutcome:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with serve_canned(body, status, "text/plain", named) as url:
        channel = slack_webhook.SlackWebhookChannel({"team": url}, 5.0)
        try:
            return await channel.post(TEAM, MESSAGE, None)
        finally:
            await channel.close()


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("body", "status", "headers", "outcome"),
    [
        (b"ok", 200, {}, Posted("d1")),
        (b"fine", 200, {}, Unknown("http_200")),
        (b"", 200, {}, Unknown("http_200")),
        (b"slow", 429, {"Retry_After": "7"}, Refused(Reaction.RETRY, "ratelimited", 7.0)),
        (b"slow", 429, {}, Refused(Reaction.RETRY, "ratelimited", 1.0)),
        (b"moved", 302, {"Location": "http://127.0.0.1:1/"}, Refused(Reaction.PAUSE_DESTINATION, "http_302")),
        (b"what", 403, {}, Refused(Reaction.PAUSE_DESTINATION, "http_403")),
        (b"no_service", 404, {}, Refused(Reaction.PAUSE_DESTINATION, "no_service")),
        (b"oops", 500, {}, Unknown("http_500")),
        (b"\xff" * 2_000, 503, {}, Unknown("http_503")),
    ],
)
async def test_only_the_word_ok_says_that_an_incoming_webhook_stored(
    body: bytes, status: int, headers: dict[str, str], outcome: PostOutcome
) -> None:
    assert await post_canned(body, status, **headers) == outcome


@pytest.mark.asyncio
async def test_an_answer_of_an_incoming_webhook_that_was_lost_leaves_doubt() -> None:
    lost = [Fault(FaultKind.DROP_ANSWER, method=""), Fault(FaultKind.STALL, method="", seconds=30)]
    slack = FakeSlack(Contract(burst=9), faults=lost)
    async with team_channel(slack, patience=0.3) as channel:
        outcomes = [await channel.post(TEAM, MESSAGE, None) for _ in range(2)]
    assert [type(outcome) for outcome in outcomes] == [Unknown, Unknown]
    assert len(slack.store.messages) == 2


@pytest.mark.asyncio
async def test_an_incoming_webhook_nobody_named_pauses_and_its_check_says_where_to_add_it() -> None:
    channel = slack_webhook.SlackWebhookChannel({}, 1.0)
    assert await channel.post(TEAM, MESSAGE, None) == Refused(Reaction.PAUSE_DESTINATION, "no_such_webhook")
    assert "NOROSHI_ALERT_SLACK_WEBHOOKS" in str(await channel.check(TEAM))


@pytest.mark.parametrize(
    "address",
    ["http://hooks.slack.com/services/T/B/x", "https://hooks.slack.com.evil.example/x", "https://u@hooks.slack.com/x"],
)
def test_an_incoming_webhook_leads_to_slack_over_https_or_nowhere(address: str) -> None:
    with pytest.raises(UsageError, match="team: not an address"):
        slack_webhook.open_channel(AlertSettings(slack_webhooks={"team": SecretStr(address)}))


def test_an_incoming_webhook_of_the_stand_in_is_taken_where_the_settings_name_the_stand_in() -> None:
    given = AlertSettings(
        slack_url="http://127.0.0.1:8075/api/",
        slack_webhooks={"team": SecretStr("http://127.0.0.1:8075/services/T0/C0AAA/x")},
    )
    assert slack_webhook.open_channel(given).kind == "slack_webhook"


# ---- signed webhooks -------------------------------------------------------------------------------------------


def verify(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """A receiver's check, from the specification's text alone."""
    key = base64.b64decode(secret.split("_", 1)[1])
    content = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    expected = base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
    given = [each.partition(",") for each in headers["webhook-signature"].split(" ")]
    return any(version == "v1" and hmac.compare_digest(value, expected) for version, _, value in given)


@asynccontextmanager
async def receiver(
    *answers: int, retry_after: str = ""
) -> AsyncIterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    """A receiver that gives these answers in turn, the last for ever; yields its address and what it was sent."""
    seen: list[tuple[dict[str, str], bytes]] = []

    async def take(request: web.Request) -> web.Response:
        seen.append(({name.lower(): value for name, value in request.headers.items()}, await request.read()))
        status = answers[min(len(seen), len(answers)) - 1]
        extra = {"Retry-After": retry_after} if retry_after else {}
        return web.Response(status=status, headers=extra | ({"Location": "/elsewhere"} if status // 100 == 3 else {}))

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/hook", seen
    finally:
        await runner.cleanup()


@asynccontextmanager
async def ops_channel(
    url: str, now: Callable[[], float] = lambda: 1_700_000_000.9, **given: object
) -> AsyncIterator[WebhookChannel]:
    channel = WebhookChannel({"ops": (url, KEY)}, 5.0, allow_private=bool(given.get("allow_private", True)), now=now)
    try:
        yield channel
    finally:
        await channel.close()


@pytest.mark.asyncio
async def test_a_signed_webhook_hands_over_the_alerts_so_that_a_receiver_can_verify_them() -> None:
    async with receiver(204) as (url, seen), ops_channel(url) as channel:
        message = Message("d1", "words", alerts=(an_alert(1), an_alert(2)))
        assert await channel.post(OPS, message, None) == Posted("d1")
    headers, body = seen[0]
    assert verify(SECRET, headers, body)
    assert not verify(SECRET, headers, body + b" ")
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == ("d1", "1700000000")
    sent = json.loads(body)
    assert sent["type"] == "noroshi.alerts.v1"
    assert [Alert.model_validate_json(json.dumps(each)) for each in sent["data"]["alerts"]] == list(message.alerts)


@pytest.mark.asyncio
async def test_over_all_attempts_id_and_body_stay_and_the_timestamp_is_the_attempts_own() -> None:
    times = iter([100.0, 200.0])
    async with receiver(500, 200) as (url, seen), ops_channel(url, lambda: next(times)) as channel:
        message = Message("d1", "words", alerts=(an_alert(),))
        assert await channel.post(OPS, message, None) == Refused(Reaction.RETRY, "http_500")
        assert await channel.post(OPS, message, None) == Posted("d1")
    (first, body), (second, again) = seen
    assert (first["webhook-id"], body) == (second["webhook-id"], again)
    assert [each["webhook-timestamp"] for each in (first, second)] == ["100", "200"]
    assert all(verify(SECRET, headers, sent) for headers, sent in seen)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("status", "retry_after", "outcome"),
    [
        (200, "", Posted("d1")),
        (301, "", Refused(Reaction.PAUSE_DESTINATION, "http_301")),
        (308, "", Refused(Reaction.PAUSE_DESTINATION, "http_308")),
        (400, "", Refused(Reaction.PAUSE_DESTINATION, "http_400")),
        (413, "", Refused(Reaction.PAUSE_DESTINATION, "http_413")),
        (429, "9", Refused(Reaction.RETRY, "http_429", 9.0)),
        (503, "12", Refused(Reaction.RETRY, "http_503", 12.0)),
        (503, "", Refused(Reaction.RETRY, "http_503")),
        (504, "", Refused(Reaction.RETRY, "http_504")),
    ],
)
async def test_what_a_receiver_answers_is_what_becomes_of_the_delivery(
    status: int, retry_after: str, outcome: PostOutcome
) -> None:
    async with receiver(status, retry_after=retry_after) as (url, seen), ops_channel(url) as channel:
        assert await channel.post(OPS, MESSAGE, None) == outcome
    assert len(seen) == 1


@pytest.mark.asyncio
async def test_a_receiver_that_is_gone_is_not_asked_again() -> None:
    async with receiver(410) as (url, seen), ops_channel(url) as channel:
        outcomes = [await channel.post(OPS, MESSAGE, None) for _ in range(3)]
    assert outcomes == [Refused(Reaction.PAUSE_DESTINATION, "http_410")] * 3
    assert len(seen) == 1


@pytest.mark.asyncio
async def test_doubt_ends_with_a_repeat_since_the_receiver_knows_it_by_its_id() -> None:
    async with ops_channel("http://127.0.0.1:1/") as channel:
        outcome = await channel.post(OPS, MESSAGE, None)
        assert isinstance(outcome, Refused)
        assert outcome.reaction is Reaction.RETRY
        assert await channel.find(OPS, "d1", NOW, None) == NotFound()


@pytest.mark.asyncio
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f000001", "[::1]"])
async def test_a_webhook_does_not_reach_this_machine_unless_it_is_allowed(host: str) -> None:
    async with (
        receiver(200) as (url, seen),
        ops_channel(url.replace("127.0.0.1", host), allow_private=False) as channel,
    ):
        outcome = await channel.post(OPS, MESSAGE, None)
    assert outcome == Refused(Reaction.PAUSE_DESTINATION, "connect:BlockedAddressError")
    assert seen == []


@pytest.mark.asyncio
@pytest.mark.parametrize("host", ["2130706433", "127.1"])
async def test_a_webhook_whose_host_is_no_name_and_no_address_pauses(host: str) -> None:
    async with ops_channel(f"http://{host}:9/x") as channel:
        assert await channel.post(OPS, MESSAGE, None) == Refused(Reaction.PAUSE_DESTINATION, "invalid_address")


@pytest.mark.parametrize(
    ("url", "secret", "word"),
    [
        ("http://hooks.example/x", SECRET, "not an https address"),
        ("ftp://hooks.example/x", SECRET, "not an https address"),
        ("https://user@hooks.example/x", SECRET, "not an https address"),
        ("https://hooks.example/x", "", "no signing secret"),
        ("https://hooks.example/x", "hunter2", "24 to 64 random bytes"),
        ("https://hooks.example/x", "whsec_c2hvcnQ=", "24 to 64 random bytes"),
    ],
)
def test_a_webhook_that_cannot_be_used_is_refused_at_the_start(url: str, secret: str, word: str) -> None:
    secrets = {"ops": SecretStr(secret)} if secret else {}
    with pytest.raises(UsageError, match=word):
        webhook.open_channel(AlertSettings(webhooks={"ops": SecretStr(url)}, webhook_secrets=secrets))


# ---- the body --------------------------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 60),
    st.integers(0, 9_000),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=50),
)
def test_a_body_never_passes_the_limit_and_names_every_alert(count: int, length: int, text: str) -> None:
    alerts = [an_alert(number, "鉱" * length) for number in range(count)]
    body = write_records("d1", text, alerts)
    sent = json.loads(body)["data"]
    assert len(body) <= MAX_BODY
    assert [each["alert_id"] for each in sent["alerts"]] == [alert.alert_id for alert in alerts]
    assert sent["delivery_id"] == "d1"


def test_what_is_left_out_of_a_body_is_said() -> None:
    small, long, many = (an_alert(1),), (an_alert(1, "鉱" * 9_000),), tuple(map(an_alert, range(40)))
    given = [json.loads(write_records("d1", "", alerts))["data"].get("trimmed") for alerts in (small, long, many)]
    assert given == [None, "passages", "details"]


@pytest.mark.asyncio
async def test_standard_output_writes_records_where_the_address_asks_for_them_and_words_elsewhere() -> None:
    stream = io.StringIO()
    channel = StdoutChannel(stream)
    message = Message("d1", "words\nand more", alerts=(an_alert(1),))
    for address in ("json", "-"):
        await channel.post(Destination(channel="stdout", address=address), message, None)
    record, words = stream.getvalue().splitlines()
    assert json.loads(record)["data"]["alerts"][0]["alert_id"] == "alert-1"
    assert words == "words and more [d1]"


# ---- settings --------------------------------------------------------------------------------------------------


def test_webhooks_are_read_from_text_as_a_secret_file_holds_it_and_never_shown() -> None:
    given = AlertSettings.model_validate(
        {"slack_webhooks": '{"team": "https://hooks.slack.com/services/T/B/x"}', "webhook_secrets": {"ops": SECRET}}
    )
    assert given.slack_webhooks["team"].get_secret_value() == "https://hooks.slack.com/services/T/B/x"
    assert set(given.secrets) == {"https://hooks.slack.com/services/T/B/x", SECRET}
    assert "hooks.slack.com" not in repr(given)


def test_a_secret_file_that_is_no_json_says_what_to_write() -> None:
    with pytest.raises(ValueError, match="not JSON; write"):
        AlertSettings.model_validate({"webhooks": "ops=https://hooks.example"})
