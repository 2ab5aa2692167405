"""What a poll says of its source: log lines for people, metrics for alarms."""

from __future__ import annotations

import structlog

from services.ingest.memory.intake import Verdict
from services.ingest.memory.store import Cursor
from services.ingest.pages.page import Reading
from services.ingest.source import Source
from services.runtime import metrics

log = structlog.get_logger("noroshi.ingest")


def begin(source: Source) -> None:
    """Let every outcome of the source be counted from nought."""
    for outcome in metrics.FETCH_OUTCOMES:
        metrics.SOURCE_FETCHES.labels(source.key, outcome)


def show(source: Source, cursor: Cursor, *, items: int | None = None) -> None:
    """Show how the source stands; `items` is how many documents its page had, if one was read."""
    metrics.SOURCE_EXPECTED_INTERVAL.labels(source.key).set(source.schedule.every_minutes * 60)
    metrics.SOURCE_HELD.labels(source.key).set(bool(cursor.held_reason))
    if cursor.last_success_at:
        metrics.SOURCE_LAST_SUCCESS.labels(source.key).set(cursor.last_success_at.timestamp())
    if cursor.last_new_at:
        metrics.SOURCE_LAST_NEW_ITEM.labels(source.key).set(cursor.last_new_at.timestamp())
    if items is not None:
        metrics.SOURCE_PARSE_ITEMS.labels(source.key).set(items)


def say_problems(source: Source, found: Reading, moved_to: str | None) -> None:
    """Name everything that was wrong with a page, and where it lives now if it moved."""
    for problem in found.problems:
        log.warning(
            "source_problem", source=source.key, kind=problem.kind.value, where=problem.where, what=problem.message
        )
    if moved_to:
        log.warning("source_moved", source=source.key, to=moved_to, mend="write the new address into its source.yml")


def say_verdict(source: Source, verdict: Verdict, before: Cursor) -> None:
    """Say what a page brought, and what about it a person should know; `before` is the cursor before the page."""
    decision = verdict.decision
    log.info("source_read", source=source.key, new=len(decision.events), known=decision.unchanged, first=verdict.first)
    if verdict.released:
        log.info("source_released", source=source.key, documents=len(decision.events), known=len(verdict.aliases))
    if decision.older:
        names = [each.document_id for each in decision.older[:5]]
        log.warning("older_versions", source=source.key, documents=len(decision.older), first=names)
    if verdict.gap and before.last_success_at:
        since = before.last_success_at.astimezone(source.tz).date()
        mend = f"noroshi backfill {source.key} --since {since}"
        log.warning("source_gap", source=source.key, what="nothing on the page was known", mend=mend)
