"""The HTTP inlet over real sockets: who may push, what is answered, and what is published by then."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event as Gate
from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from services.contracts.errors import RetryableError, UsageError
from services.ingest.health import paststore
from services.ingest.health.state import SourceState, judge
from services.ingest.inlets.callers import read_callers
from services.ingest.inlets.push import MOST_IN_HAND, PushServer
from services.ingest.inlets.pushes import PushIntake
from services.ingest.memory import store
from services.ingest.publish import SERVICE
from services.ingest.source import Source
from services.runtime.clock import SteppedClock
from services.runtime.handling import Outgoing
from services.runtime.metrics import PUSHES
from services.runtime.signatures import read_secret, sign
from services.runtime.store import migrate, open_engine
from tests.ingest.material import NOW, Broker, example_settings, pushed_source

TOKEN, NEW_TOKEN = "crawler-token-" + "a" * 30, "crawler-token-" + "b" * 30
SECRET, NEW_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_" + "A" * 40
KEY = "xx-partner"
SOURCE = pushed_source(KEY)
LINES = "application/x-ndjson"


def document(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {"id": f"n{number}", "source": KEY, "title": f"Notice {number}", **changes}


@dataclass
class Inlet:
    """A server on loopback, what it published and its database."""

    engine: sa.Engine
    broker: Broker
    clock: SteppedClock
    url: str
    session: aiohttp.ClientSession
    intake: PushIntake

    async def events(self, body: Any, kind: str = "application/json", token: str = TOKEN, **more: Any) -> Answer:
        headers = {"Content-Type": kind, "Authorization": f"Bearer {token}", **more.pop("headers", {})}
        return await self.send("/events", body, headers, **more)

    async def webhook(self, body: Any, *, message: str = "m1", secret: str = SECRET, **more: Any) -> Answer:
        content = as_bytes(body)
        at = int(self.clock.now().timestamp()) + more.pop("seconds", 0)
        signature = sign(read_secret(secret, "test"), message, at, more.pop("signed", content))
        headers = {"webhook-id": message, "webhook-timestamp": str(at), "webhook-signature": signature}
        path = f"/webhooks/{more.pop('key', KEY)}"
        return await self.send(path, content, {"Content-Type": "application/json", **headers}, **more)

    async def send(self, path: str, body: Any, headers: dict[str, str], method: str = "POST") -> Answer:
        data = body if hasattr(body, "__anext__") else io.BytesIO(as_bytes(body))
        async with self.session.request(method, self.url + path, data=data, headers=headers) as response:
            text = await response.text()
            is_json = response.content_type == "application/json"
            return Answer(response.status, json.loads(text) if is_json else {}, dict(response.headers))

    def state(self, source: Source = SOURCE) -> SourceState:
        with self.engine.begin() as connection:
            past = paststore.load_past(connection, source.key)
            return judge(source, store.load_cursor(connection, source.key), past, self.clock.now()).state

    @property
    def titles(self) -> list[str]:
        return [event.title for event in self.broker.events]


@dataclass(frozen=True)
class Answer:
    status: int
    fields: dict[str, Any]
    headers: dict[str, str] = field(compare=False, default_factory=dict)


def as_bytes(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()


@asynccontextmanager
async def an_inlet(folder: Path, broker: Broker | None = None, **changes: Any) -> AsyncIterator[Inlet]:
    limits = {"push_timeout_seconds": 5.0, "push_limit_bytes": 100_000, "stop_seconds": 4.0}
    settings = example_settings(folder, **{**limits, **changes})
    engine = open_engine(settings, SERVICE)
    migrate(engine, SERVICE)
    tokens = {"crawler": SecretStr(f"{TOKEN} {NEW_TOKEN}")}
    secrets = {KEY: SecretStr(f"{SECRET} {NEW_SECRET}"), "xx-other": SecretStr(NEW_SECRET)}
    callers = read_callers(tokens, {"crawler": [KEY, "xx-team-*", "jp-*"]}, secrets)
    clock, kept = SteppedClock(NOW), broker or Broker()
    worker = ThreadPoolExecutor(max_workers=1)
    intake = PushIntake(engine, kept.send, clock, {KEY: SOURCE})
    server = PushServer(settings, callers, intake, worker, clock, frozenset({"jp-meti"}))
    await server.start()
    try:
        async with aiohttp.ClientSession() as session:
            yield Inlet(engine, kept, clock, f"http://127.0.0.1:{server.port}", session, intake)
    finally:
        await server.stop()
        worker.shutdown()
        engine.dispose()


def counted(inlet: str, outcome: str) -> float:
    return float(PUSHES.labels(inlet, outcome)._value.get())


# ---- by token --------------------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_what_is_pushed_is_published_before_it_is_answered_and_pushed_again_is_unchanged(tmp_path: Path) -> None:
    before = counted("events", "taken")
    async with an_inlet(tmp_path) as inlet:
        first = await inlet.events([document(1), document(2)])
        assert first == Answer(202, {"read": 2, "new": 2, "unchanged": 0})
        assert inlet.titles == ["Notice 1", "Notice 2"]
        lines = "\n".join(json.dumps(document(n)) for n in (1, 2, 3)).encode()
        assert await inlet.events(lines, LINES) == Answer(202, {"read": 3, "new": 1, "unchanged": 2})
        assert await inlet.events(document(3, title="Notice 3, corrected")) == Answer(
            202, {"read": 1, "new": 1, "unchanged": 0}
        )
        assert len({event.event_id for event in inlet.broker.events}) == 3
    assert counted("events", "taken") == before + 3


@pytest.mark.asyncio
async def test_history_is_pushed_as_back_fill(tmp_path: Path) -> None:
    async with an_inlet(tmp_path) as inlet:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {NEW_TOKEN}"}
        assert (await inlet.send("/events?backfill=true", document(), headers)).status == 202
        assert [event.backfill for event in inlet.broker.events] == [True]
        wrong = await inlet.send("/events?backfill=yes", document(2), headers)
        assert (wrong.status, wrong.fields["error"]) == (400, "backfill='yes'; write backfill=true or leave it out")


@pytest.mark.asyncio
@pytest.mark.parametrize("header", ["", "Bearer nobody", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}"])
async def test_who_is_not_known_is_told_nothing_but_that(tmp_path: Path, header: str) -> None:
    async with an_inlet(tmp_path) as inlet:
        found = await inlet.send("/events", b"not even JSON", {"Authorization": header})
        assert found == Answer(401, {"error": "unauthorised"})
        assert found.headers["WWW-Authenticate"] == "Bearer"
        assert inlet.broker.records == []


@pytest.mark.asyncio
@pytest.mark.parametrize(("source", "status"), [(KEY, 202), ("xx-team-a", 202), ("us-bis", 403), ("jp-meti", 403)])
async def test_a_caller_writes_its_own_sources_and_no_polled_one_that_was_not_given_by_name(
    tmp_path: Path, source: str, status: int
) -> None:
    async with an_inlet(tmp_path) as inlet:
        found = await inlet.events([document(1), document(2, source=source)])
        assert found.status == status
        assert len(inlet.broker.records) == (2 if status == 202 else 0)
        if status == 403:
            assert f"crawler may not write {source}" in found.fields["error"]


@pytest.mark.asyncio
async def test_a_batch_with_a_bad_document_is_refused_whole_and_each_bad_one_is_named(tmp_path: Path) -> None:
    async with an_inlet(tmp_path) as inlet:
        bad = json.dumps(document(1)) + '\n{"id": "2", "source": "xx-partner"}\n{\n'
        found = await inlet.events(bad.encode(), LINES)
        assert found.status == 422
        assert found.fields["error"].startswith("2 of 3 documents cannot be read and nothing was taken")
        assert [each["where"] for each in found.fields["problems"]] == ["line:2", "line:3"]
        assert found.fields["problems"][0]["what"] == "title: Field required"
        assert inlet.broker.records == []
        assert (await inlet.events(document(1))).fields["new"] == 1


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", "application/json", 400),
        (b"{", "application/json", 400),
        (b"[" * 50_000, "application/json", 400),
        (b"id=1", "application/x-www-form-urlencoded", 415),
        (b"{}", "application/json; charset=shift_jis", 415),
        (b"x" * 100_001, "application/json", 413),
        (b"{}\n" * 5_001, LINES, 413),
        (b"7", "application/json", 422),
        (b"\xff\xfe", LINES, 422),
    ],
)
async def test_a_body_that_cannot_be_taken_has_its_own_answer_and_publishes_nothing(
    tmp_path: Path, body: bytes, kind: str, status: int
) -> None:
    async with an_inlet(tmp_path) as inlet:
        found = await inlet.events(body, kind)
        assert (found.status, bool(found.fields["error"])) == (status, True)
        assert inlet.broker.records == []


@pytest.mark.asyncio
async def test_a_packed_body_is_refused_unopened(tmp_path: Path) -> None:
    async with an_inlet(tmp_path) as inlet:
        found = await inlet.events(b"\x1f\x8b" + b"\0" * 50, headers={"Content-Encoding": "gzip"})
        assert found.status == 415


@pytest.mark.asyncio
async def test_an_event_too_large_to_travel_is_refused_and_not_put_aside(tmp_path: Path) -> None:
    async with an_inlet(tmp_path, push_limit_bytes=5_000_000) as inlet:
        numbers = {"rin": [f"{n:0>290}" for n in range(4_000)]}
        found = await inlet.events(document(identifiers=numbers))
        assert found.status == 422
        assert "the document 'n1' cannot travel" in found.fields["error"]
        assert inlet.broker.records == []


@pytest.mark.asyncio
async def test_another_method_or_place_is_not_served(tmp_path: Path) -> None:
    async with an_inlet(tmp_path) as inlet:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        answers = [await inlet.send("/events", b"", headers, method) for method in ("GET", "PUT", "DELETE")]
        assert [each.status for each in answers] == [405, 405, 405]
        assert (await inlet.send("/event", b"", headers)).status == 404


# ---- by signature ----------------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_a_signed_message_is_taken_with_its_envelope_or_plain(tmp_path: Path) -> None:
    bare = {"id": "n1", "title": "Notice 1"}
    async with an_inlet(tmp_path) as inlet:
        envelope = {"type": "notice.published", "timestamp": "2026-04-10T03:00:00Z", "data": bare}
        assert await inlet.webhook(envelope) == Answer(202, {"read": 1, "new": 1, "unchanged": 0})
        assert (await inlet.webhook([bare, document(2)], message="m2", secret=NEW_SECRET)).fields["new"] == 1
        assert {event.source for event in inlet.broker.events} == {KEY}


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "wrong",
    [
        {"signed": b"something else"},
        {"secret": "whsec_" + "B" * 40},
        {"seconds": 301},
        {"seconds": -301},
        {"key": "xx-unknown"},
        {"key": "xx-other"},
        {"message": "m" * 300},
    ],
)
async def test_a_message_that_is_not_signed_for_this_source_and_time_is_nobodys(
    tmp_path: Path, wrong: dict[str, Any]
) -> None:
    async with an_inlet(tmp_path) as inlet:
        assert await inlet.webhook(document(), **wrong) == Answer(401, {"error": "unauthorised"})
        assert inlet.broker.records == []
        assert inlet.state() is SourceState.WAITING


@pytest.mark.asyncio
async def test_what_the_signature_does_not_cover_cannot_change_what_a_message_means(tmp_path: Path) -> None:
    async with an_inlet(tmp_path) as inlet:
        found = await inlet.webhook(document(), key=f"{KEY}?backfill=true")
        assert (found.status, inlet.broker.records) == (400, [])
        assert (await inlet.webhook(document())).status == 202


@pytest.mark.asyncio
async def test_what_is_wrong_with_a_body_of_unknown_origin_counts_as_a_strangers(tmp_path: Path) -> None:
    before = [counted("webhook", each) for each in ("unauthorised", "too_large")]
    async with an_inlet(tmp_path) as inlet:
        assert (await inlet.webhook(b" " * 100_001, signed=b"")).status == 413
    assert [counted("webhook", each) for each in ("unauthorised", "too_large")] == [before[0] + 1, before[1]]


@pytest.mark.asyncio
async def test_a_message_that_comes_again_does_nothing_and_so_cannot_undo_what_came_after(tmp_path: Path) -> None:
    async with an_inlet(tmp_path) as inlet:
        await inlet.webhook(document(title="first"))
        await inlet.webhook(document(title="second"), message="m2")
        again = await inlet.webhook(document(title="first"), seconds=60)
        assert again == Answer(200, {"repeated": True})
        assert inlet.titles == ["first", "second"]
        respelt = json.dumps({"data": [document(title="first")], "type": "other"}, indent=2).encode()
        assert (await inlet.webhook(respelt)).status == 200


@pytest.mark.asyncio
async def test_a_message_is_remembered_for_thirty_days_and_its_documents_for_ever(tmp_path: Path) -> None:
    async with an_inlet(tmp_path) as inlet:
        await inlet.webhook(document(1))
        inlet.clock.step(30 * 86_400 - 1)
        assert (await inlet.webhook(document(1))).fields == {"repeated": True}
        inlet.clock.step(3_600)
        await inlet.webhook(document(2), message="m2")
        assert (await inlet.webhook(document(1))).fields == {"read": 1, "new": 0, "unchanged": 1}


@pytest.mark.asyncio
async def test_an_id_used_for_something_else_is_told_and_not_swallowed(tmp_path: Path) -> None:
    async with an_inlet(tmp_path) as inlet:
        await inlet.webhook(document(1))
        other = await inlet.webhook(document(2))
        assert other.status == 422
        assert "give each message an id of its own" in other.fields["error"]
        assert (await inlet.webhook(document(2), key="xx-other", secret=NEW_SECRET)).status == 422
        own = await inlet.webhook({"id": "n2", "title": "Notice 2"}, key="xx-other", secret=NEW_SECRET)
        assert own.status == 202


# ---- when something is away, slow or too much ------------------------------------------------------------------


@pytest.mark.asyncio
@pytest.mark.parametrize("way", ["events", "webhook"])
async def test_without_the_broker_the_sender_is_asked_to_come_again_and_then_nothing_is_missing(
    tmp_path: Path, way: str
) -> None:
    async with an_inlet(tmp_path, Broker(failures=[RetryableError("away")])) as inlet:
        push = inlet.events if way == "events" else inlet.webhook
        refused = await push(document())
        assert (refused.status, refused.headers["Retry-After"]) == (503, "30")
        assert (await push(document())).fields == {"read": 1, "new": 1, "unchanged": 0}
        assert inlet.titles == ["Notice 1"]


@pytest.mark.asyncio
async def test_a_state_that_cannot_be_saved_is_not_answered_as_taken_and_the_repeat_has_the_same_ids(
    tmp_path: Path,
) -> None:
    async with an_inlet(tmp_path) as inlet:
        with inlet.engine.begin() as connection:
            connection.execute(sa.text("ALTER TABLE push_receipts RENAME TO away"))
        assert (await inlet.webhook(document())).status == 503
        with inlet.engine.begin() as connection:
            connection.execute(sa.text("ALTER TABLE away RENAME TO push_receipts"))
        assert (await inlet.webhook(document())).status == 202
        assert len({(event.event_id, event.revision) for event in inlet.broker.events}) == 1


@dataclass
class SlowBroker(Broker):
    """A broker that confirms only once the gate is open."""

    gate: Gate = field(default_factory=Gate)

    def send(self, outgoings: Sequence[Outgoing]) -> None:
        self.gate.wait(20)
        super().send(outgoings)


@pytest.mark.asyncio
async def test_a_caller_with_too_much_in_hand_waits_and_others_are_still_served(tmp_path: Path) -> None:
    broker = SlowBroker()
    async with an_inlet(tmp_path, broker) as inlet:
        pushing = [asyncio.create_task(inlet.events(document(n))) for n in range(MOST_IN_HAND + 1)]
        (first,), others = await asyncio.wait(pushing, return_when=asyncio.FIRST_COMPLETED)
        assert (first.result().status, first.result().headers["Retry-After"]) == (429, "5")
        signed = asyncio.create_task(inlet.webhook(document(9)))
        broker.gate.set()
        assert [each.status for each in await asyncio.gather(*others, signed)] == [202] * (MOST_IN_HAND + 1)
        assert len(broker.events) == MOST_IN_HAND + 1


@pytest.mark.asyncio
async def test_a_confirmation_that_takes_too_long_is_no_answer_and_the_repeat_finds_it_known(tmp_path: Path) -> None:
    broker = SlowBroker()
    async with an_inlet(tmp_path, broker, push_timeout_seconds=0.3) as inlet:
        assert (await inlet.events(document())).status == 503
        broker.gate.set()
        assert await insist(inlet, document()) == Answer(202, {"read": 1, "new": 0, "unchanged": 1})
        assert inlet.titles == ["Notice 1"]


async def insist(inlet: Inlet, body: Any) -> Answer:
    """What a sender that comes again as it is asked to is told in the end."""
    async with asyncio.timeout(20):
        while (found := await inlet.events(body)).status == 503:
            pass
    return found


@pytest.mark.asyncio
async def test_a_body_that_never_ends_is_given_up_in_time_and_one_that_is_too_long_at_once(tmp_path: Path) -> None:
    async def trickle() -> AsyncIterator[bytes]:
        yield b"["
        await asyncio.Event().wait()

    async def flood() -> AsyncIterator[bytes]:
        while True:
            yield b" " * 10_000

    async with an_inlet(tmp_path, push_timeout_seconds=0.3) as inlet:
        slow = await inlet.events(trickle())
        assert (slow.status, slow.fields["error"]) == (408, "no whole body within 0.3 s; send it again")
        assert (await inlet.events(flood())).status == 413
        assert (await insist(inlet, document())).status == 202


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "request_text",
    [
        "POST /events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
        'Content-Length: 500\r\n\r\n{{"id": 1',
        "POST /events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
        "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        "POST /events HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "\x00\x01\x02\r\n\r\n",
    ],
)
async def test_a_request_that_breaks_off_or_is_none_publishes_nothing_and_harms_nobody(
    tmp_path: Path, request_text: str
) -> None:
    async with an_inlet(tmp_path) as inlet:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(inlet.url.rpartition(":")[2]))
        writer.write(request_text.format(token=TOKEN).encode())
        writer.write_eof()
        await reader.read()
        writer.close()
        assert inlet.broker.records == []
        assert (await inlet.events(document())).status == 202


@pytest.mark.asyncio
async def test_two_that_push_the_same_at_once_publish_it_once(tmp_path: Path) -> None:
    async with an_inlet(tmp_path) as inlet:
        answers = await asyncio.gather(*(inlet.events(document()) for _ in range(MOST_IN_HAND)))
        assert sum(each.fields["new"] for each in answers) == 1
        assert inlet.titles == ["Notice 1"]


@pytest.mark.asyncio
async def test_a_port_that_is_taken_says_what_to_change(tmp_path: Path) -> None:
    async with an_inlet(tmp_path) as inlet:
        settings = example_settings(tmp_path, push_port=int(inlet.url.rpartition(":")[2]))
        second = PushServer(settings, read_callers({}, {}, {KEY: SecretStr(SECRET)}), inlet.intake, None, inlet.clock)  # type: ignore[arg-type]  # never used
        with pytest.raises(UsageError, match="the port is taken; set push_port, push_host"):
            await second.start()


# ---- how the source fares --------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_a_pushed_source_is_ok_once_heard_of_and_broken_when_what_it_sends_is_refused_for_long(
    tmp_path: Path,
) -> None:
    async with an_inlet(tmp_path) as inlet:
        assert inlet.state() is SourceState.WAITING
        await inlet.events(document(1))
        assert inlet.state() is SourceState.OK
        await inlet.events(b"{", "application/json")
        inlet.clock.step(2 * 3600)
        await inlet.events([document(2), {"id": "x"}])
        assert inlet.state() is SourceState.BROKEN
        await inlet.events([])
        assert inlet.state() is SourceState.OK


@pytest.mark.asyncio
async def test_a_refusal_by_a_stranger_says_nothing_of_the_source(tmp_path: Path) -> None:
    async with an_inlet(tmp_path) as inlet:
        await inlet.webhook(document(1))
        for _ in range(3):
            await inlet.webhook(b"{", signed=b"")
            await inlet.events(b"{", token="nobody")
            inlet.clock.step(3600)
        assert inlet.state() is SourceState.OK
