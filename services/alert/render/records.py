"""Alerts as the body of a webhook: JSON records, cut down until they fit what receivers take."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from services.contracts.alerts import Alert

EVENT_TYPE = "noroshi.alerts.v1"
MAX_BODY = 20_000
"""Bytes of one body; Standard Webhooks advises receivers to expect no more than about 20 kB."""

_IDENTITY = ("alert_id", "tenant", "watchlist_id", "reason", "decided_at")


def write_records(delivery_id: str, text: str, alerts: Sequence[Alert]) -> bytes:
    """The body for one delivery: `type`, `timestamp` (of the latest decision) and `data` with text and alerts.

    The same delivery gives the same bytes. An alert is a record of `noroshi.alerts.v1`; where the whole would pass
    MAX_BODY its passages, then its evidence, then all but its identity are left out, and `trimmed` says so.
    """
    records = [alert.model_dump(mode="json") for alert in alerts]
    decided = max((alert.decided_at.isoformat() for alert in alerts), default=None)
    for trimmed, cut in _CUTS:
        body = _body(delivery_id, text, [cut(record) for record in records], trimmed, decided)
        if len(body) <= MAX_BODY:
            return body
    ids = [{"alert_id": alert.alert_id} for alert in alerts]
    return _body(delivery_id, text[:200], ids, "all", decided)


def _body(delivery_id: str, text: str, records: Sequence[Any], trimmed: str, at: str | None) -> bytes:
    data = {"delivery_id": delivery_id, "text": text, "trimmed": trimmed or None, "alerts": records}
    kept = {name: value for name, value in data.items() if value is not None}
    return json.dumps({"type": EVENT_TYPE, "timestamp": at, "data": kept}, ensure_ascii=False, default=str).encode(
        "utf-8", "replace"
    )


def _whole(record: dict[str, Any]) -> dict[str, Any]:
    return record


def _without_passages(record: dict[str, Any]) -> dict[str, Any]:
    return {**record, "act": {**record["act"], "passages": []}}


def _without_evidence(record: dict[str, Any]) -> dict[str, Any]:
    cut = _without_passages(record)
    return {**cut, "matched": [], "act": {**cut["act"], "evidence": []}}


def _identity(record: dict[str, Any]) -> dict[str, Any]:
    event = record["act"]["event"]
    return {name: record[name] for name in _IDENTITY} | {
        "measure_id": record["act"]["measure_id"],
        "stage": record["act"]["stage"],
        "url": event.get("url"),
    }


_CUTS: tuple[tuple[str, Callable[[dict[str, Any]], dict[str, Any]]], ...] = (
    ("", _whole),
    ("passages", _without_passages),
    ("evidence", _without_evidence),
    ("details", _identity),
)
