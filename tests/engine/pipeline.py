"""The whole pipeline as processes on a real engine: run it, wait until it rests, audit it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import aiohttp
from pydantic import SecretStr

from services.alert.settings import AlertSettings
from services.cli.account import Account
from services.cli.audit import Audit
from services.cli.demo import audit_stack
from services.cli.inboxview import fetch_messages
from services.cli.stack import Ports, Stack, StackOptions
from services.cli.status import read_account
from services.contracts.errors import RetryableError
from services.fakeslack.messages import StoredMessage
from services.ingest.inlets.batches import Report
from services.ingest.inlets.files import ingest_files
from services.ingest.settings import IngestSettings

_POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Engine:
    """Where records and state are kept; without `bootstrap` the embedded broker, without `database_url` SQLite."""

    bootstrap: str = ""
    replication: int = 1
    database_url: str = ""


@dataclass(frozen=True)
class Outcome:
    """What a run came to."""

    account: Account
    audit: Audit
    messages: tuple[StoredMessage, ...]
    seconds: float

    def check(self) -> None:
        """Fail unless everything arrived once where it should, and the sums add up."""
        audit = self.audit
        wrong = (*audit.lost, *audit.doubled, *audit.stray)
        counts = f"{len(audit.lost)} lost, {len(audit.doubled)} doubled, {len(audit.stray)} stray"
        assert not wrong, f"{counts}, the first of them {wrong[:5]}"
        assert self.account.balanced, f"the sums do not add up: {self.account}"
        assert self.account.dead == 0, f"{self.account.dead} records were put aside"
        assert audit.delivered == len(audit.expected) > 0, f"{audit.delivered} of {len(audit.expected)} were delivered"

    def describe(self) -> str:
        """The figures of the run as one line of JSON."""
        account, audit = self.account, self.audit
        figures = {
            "records": account.records,
            "events": account.events,
            "acts": account.acts,
            "alerts": account.alerts,
            "delivered": audit.delivered,
            "lost": len(audit.lost),
            "doubled": len(audit.doubled),
            "seconds": round(self.seconds, 1),
        }
        return json.dumps(figures)


class Pipeline:
    """A stack on an engine, and what a test asks of it. The stand-in never recognises a repeated message.

    So whatever the services post twice is seen twice.
    """

    def __init__(self, stack: Stack, engine: Engine, session: aiohttp.ClientSession) -> None:
        self.stack, self._engine, self._session = stack, engine, session
        self._state = stack.options.state_dir

    @property
    def settings(self) -> AlertSettings:
        """What the alert service of this pipeline is told, as far as reading its state goes."""
        return AlertSettings(
            broker=self.stack.bootstrap, state_dir=self._state, database_url=secret(self._engine.database_url)
        )

    async def take_in(self, path: Path) -> Report:
        """Take a file in, as `noroshi ingest --file` does."""
        settings = IngestSettings(
            broker=self.stack.bootstrap, state_dir=self._state, database_url=secret(self._engine.database_url)
        )
        return await asyncio.to_thread(ingest_files, [path], settings)

    async def put_in(self, number: int) -> str:
        """Take in one document of a measure of its own that somebody watches; returns words only its alert has."""
        words = f"C0TRADE-{number}"
        path = self._state / f"extra-{number}.jsonl"
        path.write_text(document(number, f"{words}: {WATCHED}") + "\n", encoding="utf-8")
        assert (await self.take_in(path)).new == 1
        return words

    async def messages(self) -> list[StoredMessage]:
        """What Slack holds."""
        return await fetch_messages(self.stack.slack_url, self._session)

    async def has_arrived(self, words: str) -> None:
        """Return once a message with these words is in Slack."""

        async def arrived() -> bool:
            return any(words in json.dumps(message.blocks) for message in await self.messages())

        await until(arrived)

    async def has_delivered(self, least: int) -> None:
        """Return once Slack holds so many messages."""

        async def delivered() -> bool:
            return len(await self.messages()) >= least

        await until(delivered)

    async def settle(self, events: int) -> Account:
        """The account once so many events are there and nothing waits."""
        while True:
            account = await self._account()
            if account is not None and account.events >= events and account.at_rest:
                return account
            await asyncio.sleep(_POLL_SECONDS)

    async def _account(self) -> Account | None:
        try:
            return await asyncio.to_thread(read_account, self.settings)
        except RetryableError:
            return None

    async def audit(self, *, sample: bool) -> Audit:
        """Hold topics and messages against what the pure cores say; without `sample` nothing of it was put in."""
        audit = await asyncio.to_thread(audit_stack, self.settings, await self.messages())
        return audit if sample else replace(audit, lost_events=())


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Return once it holds; the run's own timeout ends it otherwise."""
    while True:
        if await holds():
            return
        await asyncio.sleep(_POLL_SECONDS / 10)


Work = Callable[[Pipeline], Awaitable[int]]
"""Puts documents in and disturbs; returns how many events must then be there."""


async def run(
    folder: Path,
    engine: Engine,
    work: Work,
    *,
    sample: bool = False,
    per_second: float = 50.0,
    seconds: float = 240.0,
    environment: Sequence[tuple[str, str]] = (),
) -> Outcome:
    """Run a pipeline of its own in `folder` until `work` is done and nothing waits any more."""
    started = time.monotonic()
    database = (("NOROSHI_DATABASE_URL", engine.database_url),) if engine.database_url else ()
    options = StackOptions(
        state_dir=folder,
        broker=engine.bootstrap or None,
        replication=engine.replication,
        sample=sample,
        stand_in_flags=("--key", "ignore"),
        per_second=per_second,
        ports=Ports.free(),
        environment=(*database, *environment),
    )
    found: list[Outcome] = []
    async with Stack(options, lambda _: None) as stack, aiohttp.ClientSession(trust_env=False) as session:
        pipeline = Pipeline(stack, engine, session)

        async def see_through() -> None:
            account = await pipeline.settle(await work(pipeline))
            audit = await pipeline.audit(sample=sample)
            messages = tuple(await pipeline.messages())
            found.append(Outcome(account, audit, messages, time.monotonic() - started))

        async with asyncio.timeout(seconds):
            await stack.run_until(see_through())
    return found[0]


def secret(url: str) -> SecretStr | None:
    """The database as settings take it."""
    return SecretStr(url) if url else None


WATCHED = "Commerce imposes antidumping duties on graphite electrodes from China"
"""A title that makes a measure of its own, which the example watchlists tell a channel of."""


def document(number: int, title: str) -> str:
    """One document as a JSON line."""
    line = {
        "id": f"test:{number}",
        "source": "us-federal-register",
        "lang": "en",
        "published": "2026-01-05",
        "title": title,
        "body": "The Department of Commerce issues an antidumping duty order on graphite electrodes from China.",
    }
    return json.dumps(line)
