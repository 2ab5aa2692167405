"""The catalogue of metrics."""

from __future__ import annotations

import re
import subprocess
import sys

from services.runtime import metrics
from services.runtime.metrics import REGISTRY, describe_metrics

INVENTED = {"watchlist", "subscriber", "channel", "url", "event", "event_id", "error", "tenant", "id"}


def test_every_metric_of_the_registry_is_described_with_help_and_our_prefix() -> None:
    described = {row.name: row for row in describe_metrics()}
    exposed = {family.name for family in REGISTRY.collect()}
    assert {name.removesuffix("_total").removesuffix("_info") for name in described} == exposed
    assert all(name.startswith("noroshi_") and row.help.endswith(".") for name, row in described.items())


def test_names_follow_prometheus_conventions() -> None:
    for row in describe_metrics():
        assert re.fullmatch(r"[a-z][a-z0-9_]*", row.name)
        assert row.name.endswith("_total") == (row.kind == "counter")
        assert row.kind != "histogram" or row.name.endswith("_seconds")


def test_no_label_carries_what_users_or_sources_invent() -> None:
    assert not {label for row in describe_metrics() for label in row.labels} & INVENTED


def in_a_fresh_process(*lines: str) -> list[str]:
    """What the lines print; the registry of this process may have served other tests already."""
    program = "\n".join(["from services.runtime.metrics import REGISTRY, keep_service", *lines])
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_label_values_exist_before_the_first_error() -> None:
    labels = {"service": "ingest", "reason": "undecodable"}
    said = in_a_fresh_process(
        f"print(REGISTRY.get_sample_value('noroshi_dead_letters_total', {labels}))",
        "print(REGISTRY.get_sample_value('noroshi_alerts_decided_total', {'reason': 'REPEATED'}))",
    )
    assert said == ["0.0", "0.0"]


def test_no_series_tell_when_a_counter_was_made_and_their_number_stays_small() -> None:
    samples = [sample for family in REGISTRY.collect() for sample in family.samples]
    assert not [sample.name for sample in samples if sample.name.endswith("_created")]
    assert len(samples) < 2_000


def test_metrics_are_named_by_constants_without_the_prefix() -> None:
    assert [family.name for family in metrics.RECORDS.describe()] == ["noroshi_records"]
    assert [family.name for family in metrics.DELIVERIES.describe()] == ["noroshi_deliveries"]


def test_a_process_serves_no_zero_for_another_service() -> None:
    said = in_a_fresh_process(
        "from prometheus_client import generate_latest",
        "keep_service('alert')",
        "text = generate_latest(REGISTRY).decode()",
        "print(*('service=\"' + each + '\"' in text for each in ('alert', 'ingest', 'classify')))",
    )
    assert said == ["True", "False", "False"]
