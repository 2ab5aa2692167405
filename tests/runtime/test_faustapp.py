"""The Faust app: what is switched off, and fetches that do not spin."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from aiokafka.protocol.fetch import FetchRequest

from services.runtime.faustapp import build_app, paced
from services.runtime.settings import RuntimeSettings

PAUSE = 0.05


class Answer:
    """A fetch response with these record batches."""

    def __init__(self, *batches: bytes) -> None:
        self.topics = [("t", [(partition, 0, batch) for partition, batch in enumerate(batches)])]


def seconds_taken(request: Any, answer: Any) -> float:
    async def send(node: int, request: Any) -> Any:
        return answer

    async def run() -> float:
        started = time.monotonic()
        assert await paced(send, PAUSE)(1, request) is answer
        return time.monotonic() - started

    return asyncio.run(run())


def fetch() -> FetchRequest:
    return FetchRequest.__new__(FetchRequest)


def test_an_empty_fetch_that_is_answered_at_once_is_kept_back() -> None:
    assert seconds_taken(fetch(), Answer(b"", b"")) >= PAUSE * 0.9


def test_records_and_other_answers_pass_at_once() -> None:
    assert seconds_taken(fetch(), Answer(b"", b"records")) < PAUSE
    assert seconds_taken(object(), object()) < PAUSE


def test_nothing_of_faust_we_do_not_need_is_switched_on(tmp_path: Path) -> None:
    settings = RuntimeSettings(broker="a:1, b:2", state_dir=tmp_path / "deep" / "state", instance_id="one")
    app = build_app("classify", settings, partitions=4)
    conf = app.conf
    assert (conf.web_enabled, conf.topic_allow_declare, conf.topic_disable_leader) == (False, False, True)
    assert (conf.id, conf.consumer_group_instance_id) == ("noroshi-classify", "one")
    assert [(url.host, url.port) for url in conf.broker] == [("a", 1), ("b", 2)]
    assert (conf.broker_session_timeout, conf.broker_heartbeat_interval) == (6.0, 1.0)
    assert (tmp_path / "deep" / "state" / "faust" / "classify").is_dir()


@pytest.mark.parametrize("service", ["ingest", "alert"])
def test_each_service_has_a_group_of_its_own(tmp_path: Path, service: str) -> None:
    assert build_app(service, RuntimeSettings(state_dir=tmp_path), 1).conf.id == f"noroshi-{service}"
