"""What `docker compose up` would start, started without Docker on Apache Kafka and PostgreSQL."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.composefile import read_services
from tests.deploy.composerun import ComposeRun
from tests.deploy.test_dashboards import read_expressions
from tests.deploy.test_rules import RULES, read_rules
from tests.engine.kafka import ExistingKafka, KafkaCluster
from tests.engine.prometheus import Prometheus

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

ONLY_LIVE = "noroshi_source_"
"""These series begin when a source is polled, which the sample needs not."""


@pytest.fixture
def run(tmp_path: Path, one_broker: KafkaCluster | ExistingKafka, database: str) -> Iterator[ComposeRun]:
    """The services of the default profile, not yet started."""
    folder = tmp_path / "run"
    folder.mkdir()
    with ComposeRun(read_services({"standin"}), folder, one_broker.bootstrap, database) as ready:
        yield ready


def get(run: ComposeRun, name: str, path: str) -> Any:
    """The JSON that a service answers."""
    with urllib.request.urlopen(f"http://127.0.0.1:{run.ports[name]}{path}", timeout=5) as page:
        return json.load(page)


def wait_until(holds: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_the_sample_arrives_in_the_stand_in_and_every_health_check_means_what_it_says(run: ComposeRun) -> None:
    assert not run.is_healthy("alert")  # a check that nobody answers does not pass
    run.start_all()
    assert all(run.is_healthy(name) for name, each in run.services.items() if each.healthcheck)
    wait_until(lambda: len(get(run, "standin", "/stand-in/messages")["messages"]) >= 10, 30)

    run.stop("ingest")
    assert not run.is_healthy("ingest")
    run.start("ingest")  # the second start reads nothing of the sample anew
    assert get(run, "ingest", "/readyz")["conditions"]["sample"]["reason"].startswith("0 new")

    before = get(run, "standin", "/stand-in/messages")["messages"]
    for name in ("alert", "classify", "ingest", "standin"):
        run.stop(name)
    assert run.strays() == []  # the file system of the image is read-only
    run.start("standin")  # its journal keeps the inbox
    assert len(get(run, "standin", "/stand-in/messages")["messages"]) >= len(before)


def test_a_real_prometheus_finds_everything_that_rules_and_dashboards_ask_for(run: ComposeRun, tmp_path: Path) -> None:
    run.start_all()
    with Prometheus(tmp_path, run.targets(), [RULES]) as prometheus:
        wait_until(lambda: len(prometheus.query('up{job=~"noroshi-.+"} == 1')) == 3, 20)
        wait_until(lambda: len(prometheus.query("noroshi_consumer_lag_records")) == 8, 20)
        wait_until(lambda: prometheus.query('rate(noroshi_deliveries_total{outcome="sent"}[5m]) > 0') != [], 20)
        silent = [each for each in read_expressions() if ONLY_LIVE not in each and not prometheus.query(each)]
        assert silent == []
        rules = [each for group in prometheus.get("/api/v1/rules")["data"]["groups"] for each in group["rules"]]
        assert {each["name"] for each in rules} == {each["alert"] for each in read_rules()}
        wait_until(lambda: all_evaluated(prometheus), 10)
        assert prometheus.firing() == set()

        run.programs["alert"].kill()
        wait_until(lambda: "NoroshiServiceDown" in pending(prometheus), 10)


def all_evaluated(prometheus: Prometheus) -> bool:
    """Whether every rule was worked out without error."""
    groups = prometheus.get("/api/v1/rules")["data"]["groups"]
    return all(each["health"] == "ok" for group in groups for each in group["rules"])


def pending(prometheus: Prometheus) -> set[str]:
    """The names of the alerts that will fire if this goes on."""
    return {each["labels"]["alertname"] for each in prometheus.get("/api/v1/alerts")["data"]["alerts"]}
