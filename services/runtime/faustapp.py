"""The Faust app a worker runs on: every setting explicit, nothing of Faust we do not need switched on.

No tables, no web server, no leader topic, no topic creation; bytes in and bytes out; one agent, one record at a
time. The reasons are measured facts about faust-streaming 0.15.3, given beside each setting.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import faust
from aiokafka import AIOKafkaConsumer
from aiokafka.protocol.fetch import FetchRequest
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from services.contracts.errors import StopError
from services.runtime.failpoint import failpoint
from services.runtime.lag import group_id
from services.runtime.settings import RuntimeSettings

_MAX_REQUEST_BYTES = 1_500_000
_Send = Callable[..., Awaitable[Any]]


class _Thread(driver.AIOKafkaConsumerThread):
    """Makes the fetch wait what the settings say; the driver fixes it at 1500 ms.

    Apache Kafka holds an empty fetch until a record comes. Embedded brokers do not: one held it to the end,
    which made a hop cost hundreds of milliseconds; noida-db never holds it, which made an idle consumer ask
    8000 times a second and use a whole core. So the wait is lowered, and an empty answer that comes at once is
    kept back for a moment.
    """

    def _create_worker_consumer(self, transport: driver.Transport) -> AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        if not hasattr(consumer, "_fetch_max_wait_ms") or not hasattr(consumer, "_client"):
            raise StopError("aiokafka is built differently now; use the version this project pins")
        settings: RuntimeSettings = self.app.conf.noroshi_settings
        consumer._fetch_max_wait_ms = settings.fetch_wait_ms  # noqa: SLF001  # read at its start; no public way in
        client = consumer._client  # noqa: SLF001  # as above
        client.send = paced(client.send, settings.fetch_pause_ms / 1000)
        return consumer

    async def commit(self, offsets: Mapping[TP, int]) -> bool:
        """Commit, and pass a failpoint once the broker has it."""
        done = bool(await super().commit(offsets))
        failpoint(f"{self.app.conf.noroshi_service}.after_offsets")
        return done


def paced(send: _Send, least_seconds: float) -> _Send:
    """A client's `send` whose empty fetches take at least that long."""

    async def send_paced(node: Any, request: Any, **options: Any) -> Any:
        started = time.monotonic()
        response = await send(node, request, **options)
        if isinstance(request, FetchRequest) and not _holds_records(response):
            await asyncio.sleep(max(0.0, least_seconds - (time.monotonic() - started)))
        return response

    return send_paced


def _holds_records(response: Any) -> bool:
    return any(partition[-1] for _, partitions in response.topics for partition in partitions)


class _Consumer(driver.Consumer):
    """The driver's consumer on our thread; it commits what is done before it gives partitions back.

    Faust would forget it there, so that the worker that gets a partition, often the same one, would do the last
    commit interval's records again.
    """

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        await self.commit()
        await super().on_partitions_revoked(revoked)

    def _new_consumer_thread(self) -> driver.AIOKafkaConsumerThread:
        return _Thread(self, loop=self.loop, beacon=self.beacon)


class _Transport(driver.Transport):
    """The driver's transport with our consumer."""

    Consumer = _Consumer


class _App(faust.App):
    """A Faust app on our transport."""

    def _new_transport(self) -> Any:
        return _Transport(self.conf.broker_consumer, self)


def build_app(service: str, settings: RuntimeSettings, partitions: int) -> faust.App:
    """The app of one worker; its folder is made first, since Faust makes one level only and dies otherwise."""
    folder = settings.state_dir / "faust" / service
    folder.mkdir(parents=True, exist_ok=True)
    app = _App(
        group_id(service),
        broker=";".join(f"kafka://{server.strip()}" for server in settings.broker.split(",")),
        datadir=folder,
        autodiscover=False,
        key_serializer="raw",
        value_serializer="raw",
        topic_partitions=partitions,
        topic_allow_declare=False,  # topics are made by `noroshi topics apply`, with their retention
        topic_disable_leader=True,
        table_standby_replicas=0,
        web_enabled=False,  # it would bind 0.0.0.0:6066
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=settings.instance_id,
        broker_session_timeout=settings.session_timeout_seconds,
        broker_heartbeat_interval=settings.heartbeat_seconds,
        broker_rebalance_timeout=settings.rebalance_timeout_seconds,
        broker_commit_interval=settings.commit_interval_seconds,
        broker_request_timeout=max(30.0, settings.session_timeout_seconds + 1),
        producer_acks=-1,
        producer_linger=0.0,  # each record waits for its confirmation, so a linger would be added to every one
        producer_max_batch_size=262_144,
        producer_max_request_size=_MAX_REQUEST_BYTES,
        producer_request_timeout=settings.send_timeout_seconds,  # Faust's own default is 20 minutes
        stream_wait_empty=False,  # a record left unacknowledged on purpose must not hold the stop up
        worker_redirect_stdouts=False,
    )
    app.conf.noroshi_settings, app.conf.noroshi_service = settings, service
    return app
