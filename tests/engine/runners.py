"""The three ways to move records that the bench compares, each as a process that copies one topic to another.

Run as: python -m tests.engine.runners KIND BROKER SOURCE TARGET FOLDER [INSTANCE]
KIND is `guarded` (our worker), `faust` (Faust as its guide shows it) or `aiokafka` (a bare loop). All three have
the same timings: session 6 s, heartbeat 1 s, commit 0.5 s; with INSTANCE the group membership is static.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import faust
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from services.contracts.topics import Topic
from services.runtime.log import configure_logging
from services.runtime.settings import RuntimeSettings
from services.runtime.worker import Consumed, Outgoing, run_worker

KINDS = ("guarded", "faust", "aiokafka")
SESSION_SECONDS, HEARTBEAT_SECONDS, COMMIT_SECONDS = 6.0, 1.0, 0.5


def bench_topic(name: str, partitions: int = 2) -> Topic:
    """A topic of the bench."""
    return Topic(name, "any", "any", ("bench",), ("bench",), partitions, retention_ms=86_400_000, meaning="for a bench")


def run_guarded(broker: str, source: str, target: str, folder: Path, instance: str | None) -> int:
    """Our worker."""
    settings = RuntimeSettings(broker=broker, state_dir=folder, instance_id=instance)
    configure_logging("bench", settings)
    outgoing = bench_topic(target)

    async def copy(record: Consumed) -> Sequence[Outgoing]:
        return [Outgoing(outgoing, record.key or b"", record.value or b"")]

    return run_worker(source.replace(".", "-"), bench_topic(source), copy, settings)


def run_faust(broker: str, source: str, target: str, folder: Path, instance: str | None) -> int:
    """Faust with an agent as its guide shows it; it acknowledges by itself."""
    folder.mkdir(parents=True, exist_ok=True)
    app = faust.App(
        f"faust-{source.replace('.', '-')}",
        broker=";".join(f"kafka://{server}" for server in broker.split(",")),
        datadir=folder / "faust",
        value_serializer="raw",
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=instance,
        broker_session_timeout=SESSION_SECONDS,
        broker_heartbeat_interval=HEARTBEAT_SECONDS,
        broker_commit_interval=COMMIT_SECONDS,
    )
    channels = {name: app.topic(name, value_type=bytes, value_serializer="raw") for name in (source, target)}

    async def copy(stream: Any) -> None:
        async for value in stream:
            await channels[target].send(value=value)

    app.agent(channels[source])(copy)
    faust.Worker(app, loglevel="WARNING").execute_from_commandline()


def run_aiokafka(broker: str, source: str, target: str, _: Path, instance: str | None) -> int:
    """A bare loop: fetch, send, await all confirmations, commit now and then and at the end."""
    asyncio.run(_loop(broker, source, target, instance))
    return 0


async def _loop(broker: str, source: str, target: str, instance: str | None) -> None:
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    producer = AIOKafkaProducer(bootstrap_servers=broker, acks="all")
    consumer = AIOKafkaConsumer(
        source,
        bootstrap_servers=broker,
        group_id=f"aiokafka-{source.replace('.', '-')}",
        group_instance_id=instance,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        session_timeout_ms=int(SESSION_SECONDS * 1000),
        heartbeat_interval_ms=int(HEARTBEAT_SECONDS * 1000),
        fetch_max_wait_ms=100,
    )
    await producer.start()
    await consumer.start()
    committed = time.monotonic()
    while not stopping.is_set():
        found = await consumer.getmany(timeout_ms=200)
        sent = [await producer.send(target, each.value) for records in found.values() for each in records]
        await asyncio.gather(*sent)
        if sent and time.monotonic() - committed > COMMIT_SECONDS:
            await consumer.commit()
            committed = time.monotonic()
    await consumer.commit()
    await consumer.stop()
    await producer.stop()


def main(arguments: Sequence[str]) -> int:
    """Run the way that is named; returns the exit code."""
    kind, broker, source, target, folder, *instance = arguments
    run = {"guarded": run_guarded, "faust": run_faust, "aiokafka": run_aiokafka}[kind]
    return run(broker, source, target, Path(folder), instance[0] if instance else None)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
