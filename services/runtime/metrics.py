"""Every metric this project has, each declared once: name, help, labels and the label values that exist.

Label values are created at import, so that a counter has a rate from its first error on. No label may carry
what users or sources invent (ids, addresses, texts): the number of series is bounded by this file and by the
number of configured sources.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, disable_created_metrics
from prometheus_client.metrics import MetricWrapperBase

from services.contracts.errors import DeadReason
from services.contracts.vocab import Language, Reason, Stage

disable_created_metrics()  # type: ignore[no-untyped-call]  # the library leaves it untyped

REGISTRY = CollectorRegistry(auto_describe=True)
"""The registry the health server exposes; the library's global one is not used."""

PREFIX = "noroshi_"
SERVICES = ("ingest", "classify", "alert")
RECORD_OUTCOMES = ("ok", "duplicate", "filtered", "retried", "dead")
STEPS = ("fetch", "parse", "dedup", "classify", "match", "render", "send", "handle", "confirm")
FETCH_OUTCOMES = (
    "new", "not_modified", "empty", "http_4xx", "http_5xx", "timeout", "network", "parse_error", "too_large",
    "held", "no_key",
)  # fmt: skip
TEXT_OUTCOMES = ("read", "failed", "given_up")
SOURCE_STATES = ("waiting", "ok", "silent", "late", "broken")
PUSH_INLETS = ("events", "webhook", "drop")
PUSH_OUTCOMES = (
    "taken", "repeated", "unauthorised", "forbidden", "unsupported", "too_large", "timeout", "invalid", "busy",
    "unavailable", "failed",
)  # fmt: skip
DELIVERY_OUTCOMES = (
    "sent", "retried", "degraded", "rethreaded", "parked", "dead", "muted", "held", "cancelled", "digested",
    "possible_duplicate", "in_doubt", "root_edited", "root_not_edited",
)  # fmt: skip
CHANNEL_KINDS = ("slack", "slack_webhook", "webhook", "stdout", "topic")
LANES = ("urgent", "normal", "digest")
TIERS = ("1", "2", "3")
PRECISIONS = ("instant", "date")
RATE_LIMIT_SCOPES = ("channel", "method", "workspace")


@dataclass(frozen=True)
class MetricRow:
    """One metric as the reference page shows it; `labels` maps a label to its values, empty where configured."""

    name: str
    kind: str
    help: str
    labels: Mapping[str, tuple[str, ...]]


_ROWS: list[MetricRow] = []
_M = TypeVar("_M", bound=MetricWrapperBase)
_Labels = Mapping[str, Sequence[str]]


def describe_metrics() -> tuple[MetricRow, ...]:
    """Every metric in the order of declaration, for the reference page and the checks of rules and dashboards."""
    return tuple(_ROWS)


_BY_SERVICE: list[tuple[MetricWrapperBase, dict[str, tuple[str, ...]]]] = []


def keep_service(service: str) -> None:
    """Drop the series of the other services: a process speaks for itself alone, and their zeros would mislead."""
    if service not in SERVICES:
        return
    for metric, labels in _BY_SERVICE:
        for values in itertools.product(*labels.values()):
            if dict(zip(labels, values, strict=True))["service"] != service:
                with suppress(KeyError):
                    metric.remove(*values)


def _declared(metric: _M, name: str, kind: str, text: str, labels: _Labels) -> _M:
    _ROWS.append(MetricRow(name, kind, text, {label: tuple(values) for label, values in labels.items()}))
    if "service" in labels:
        _BY_SERVICE.append((metric, {label: tuple(values) for label, values in labels.items()}))
    if labels and all(labels.values()):
        for values in itertools.product(*labels.values()):
            metric.labels(*values)
    return metric


def _counter(name: str, text: str, labels: _Labels) -> Counter:
    full = PREFIX + name
    return _declared(Counter(full, text, list(labels), registry=REGISTRY), full, "counter", text, labels)


def _gauge(name: str, text: str, labels: _Labels) -> Gauge:
    full = PREFIX + name
    return _declared(Gauge(full, text, list(labels), registry=REGISTRY), full, "gauge", text, labels)


def _histogram(name: str, text: str, labels: _Labels, buckets: Sequence[float]) -> Histogram:
    full = PREFIX + name
    metric = Histogram(full, text, list(labels), buckets=buckets, registry=REGISTRY)
    return _declared(metric, full, "histogram", text, labels)


_SHORT = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_SEEN = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_PUBLISHED = (1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600, 21_600, 86_400, 259_200)

RECORDS = _counter(
    "records_total",
    "Records a service was done with, by what became of them; `retried` counts attempts and not records.",
    {"service": SERVICES, "outcome": RECORD_OUTCOMES},
)
DEAD_LETTERS = _counter(
    "dead_letters_total",
    "Records put on the dead-letter topic.",
    {"service": SERVICES, "reason": tuple(DeadReason)},
)
RETRIES = _counter("retries_total", "Attempts that failed and were repeated in place.", {"service": SERVICES})
STAGE_DURATION = _histogram(
    "stage_duration_seconds",
    "How long one step of a service took for one record.",
    {"service": SERVICES, "step": STEPS},
    _SHORT,
)
LAST_PROGRESS = _gauge(
    "last_progress_timestamp_seconds",
    "When the service last finished a record, retried one, or found none waiting.",
    {"service": SERVICES},
)
EVENT_LOOP_LAG = _histogram(
    "event_loop_lag_seconds",
    "How much later than asked the event loop woke a task up; large when something blocks it.",
    {"service": SERVICES},
    (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5),
)
CONSUMER_LAG = _gauge(
    "consumer_lag_records",
    "Records behind the end of the partition, asked of the broker by a client of its own.",
    {"group": (), "topic": (), "partition": ()},
)
SOURCE_FETCHES = _counter(
    "source_fetches_total", "Fetches of a source by outcome.", {"source": (), "outcome": FETCH_OUTCOMES}
)
SOURCE_LAST_SUCCESS = _gauge(
    "source_last_success_timestamp_seconds", "When the source was last fetched and read without error.", {"source": ()}
)
SOURCE_LAST_NEW_ITEM = _gauge(
    "source_last_new_item_timestamp_seconds", "When the source last had a new or changed document.", {"source": ()}
)
SOURCE_EXPECTED_INTERVAL = _gauge(
    "source_expected_interval_seconds", "How often the source is meant to be fetched.", {"source": ()}
)
SOURCE_PARSE_ITEMS = _gauge(
    "source_parse_items", "Documents found in the last page of the source; 0 hints at a changed layout.", {"source": ()}
)
SOURCE_STATE = _gauge(
    "source_state", "1 for the state the source is in, 0 for the others.", {"source": (), "state": SOURCE_STATES}
)
SOURCE_EXPECTED_GAP = _gauge(
    "source_expected_gap_workdays",
    "How many working days of its publisher the source may be without anything new, declared or learned.",
    {"source": ()},
)
SOURCE_HELD = _gauge(
    "source_held", "1 while a source's news is held back because it is too much to be true; else 0.", {"source": ()}
)
SOURCE_TEXTS = _counter(
    "source_texts_total",
    "Looks at the pages of documents whose list has only their titles, and documents published without their text.",
    {"source": (), "outcome": TEXT_OUTCOMES},
)
SOURCE_TEXTS_MISSING = _gauge(
    "source_texts_missing", "Documents of the source whose own page was looked for and not had yet.", {"source": ()}
)
PUSHES = _counter(
    "pushes_total",
    "Pushed bodies and dropped files, by the way they came and what became of them.",
    {"inlet": PUSH_INLETS, "outcome": PUSH_OUTCOMES},
)
CLASSIFIED = _counter(
    "classified_total",
    "Acts that classification found, by measure type, stage and language.",
    {"measure_type": (), "stage": tuple(Stage), "lang": tuple(Language)},
)
ALERTS_DECIDED = _counter(
    "alerts_decided_total",
    "Decisions about an act and a watchlist, and alerts set aside before they were sent, by reason.",
    {"reason": tuple(Reason)},
)
WATCHLISTS = _gauge("watchlists", "Watchlists by state.", {"state": ("active", "held")})
DELIVERIES = _counter(
    "deliveries_total",
    "Deliveries by channel kind and outcome.",
    {"channel_kind": CHANNEL_KINDS, "outcome": DELIVERY_OUTCOMES},
)
DELIVERY_QUEUE = _gauge("delivery_queue", "Alerts waiting to be delivered.", {"lane": LANES})
DELIVERY_OLDEST_AGE = _gauge(
    "delivery_oldest_age_seconds", "Age of the oldest alert waiting to be delivered.", {"lane": LANES}
)
PUBLICATION_TO_ALERT = _histogram(
    "publication_to_alert_seconds",
    "From publication to acceptance by the channel; below a day unknowable where only a date is published.",
    {"tier": TIERS, "precision": PRECISIONS},
    _PUBLISHED,
)
SEEN_TO_ALERT = _histogram(
    "seen_to_alert_seconds", "From our first sight of a document to acceptance by the channel.",
    {"channel_kind": CHANNEL_KINDS}, _SEEN,
)  # fmt: skip
DELIVERY_TROUBLES = _gauge(
    "delivery_troubles",
    "Destinations and workspaces that refuse, or do not answer.",
    {"scope": ("destination", "workspace")},
)
SLACK_RATE_LIMITED = _counter(
    "slack_rate_limited_total", "Times Slack asked us to slow down.", {"scope": RATE_LIMIT_SCOPES}
)
CANARY_INTERVAL = _gauge(
    "canary_interval_seconds", "How often ingest sends a canary; 0 where it sends none, and in other services.", {}
)
CANARY_LAST_SUCCESS = _gauge(
    "canary_last_success_timestamp_seconds",
    "When the newest canary that came through to the end was published; 0 before the first.",
    {},
)
CANARY_SECONDS = _histogram(
    "canary_seconds",
    "From the publication of a canary on the events topic to the broker's word that its alert is on the alerts topic.",
    {},
    (0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600),
)
BUILD = Info(PREFIX + "build", "The running version.", registry=REGISTRY)
_ROWS.append(MetricRow(PREFIX + "build_info", "info", "The running version.", {"version": (), "python": ()}))
