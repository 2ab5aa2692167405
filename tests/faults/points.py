"""The crash points: just before and just after each side effect of the pipeline, and what ends the process there."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Point:
    """A named side effect.

    With `fault` the stand-in for Slack strikes: it takes the request of a POST, does what the fault says, keeps the
    answer back, and the sender is then killed. Otherwise the process ends itself at a failpoint of that name. `most`
    is the latest pass it is killed at; where a batch makes one pass only, it is 1.

    With `reminds` no document is what leads there: once the batch is told, reminders of that many documents, `most`,
    are made due.
    """

    name: str
    service: str
    when: str
    most: int = 1
    fault: str = ""
    reminds: bool = False


POINTS = (
    Point("ingest.before_produce", "ingest", "a page was fetched and read, nothing is published"),
    Point("ingest.after_produce", "ingest", "the broker has the events, what was seen is not remembered"),
    Point("ingest.after_save", "ingest", "events and cursor are kept"),
    Point("classify.before_confirm", "classify", "an event is classified, its acts are not sent", most=8),
    Point("classify.after_confirm", "classify", "the broker has the acts, the event is not acknowledged", most=8),
    Point("classify.after_offsets", "classify", "the broker has the offset"),
    Point("match.before_commit", "alert", "an act was read, nothing is decided", most=8),
    Point("match.between_alerts", "alert", "some alerts of an act are written, not all, nothing is committed", most=2),
    Point("match.after_commit", "alert", "the alerts are in the outbox, the act is not acknowledged", most=8),
    Point("alert.after_offsets", "alert", "the broker has the offset"),
    Point("deliver.after_plan", "alert", "the message is planned, nothing is tried", most=8),
    Point("deliver.before_intent", "alert", "an alert was taken up, the intent is not committed", most=8),
    Point("deliver.after_intent", "alert", "the intent is committed, nothing is rendered", most=8),
    Point("deliver.before_post", "alert", "the message is rendered, no byte has left", most=8),
    Point("slack.never", "alert", "the bytes have left, Slack never stores them", most=6, fault="reset_before"),
    Point("slack.late", "alert", "the bytes have left, Slack stores them after the process is dead", most=6,
          fault="land_late"),
    Point("slack.stored", "alert", "Slack has stored, its answer is on the way", most=6, fault="stall"),
    Point("deliver.after_post", "alert", "the answer is here, nothing is recorded", most=8),
    Point("deliver.before_sent", "alert", "that it is sent is about to be committed", most=8),
    Point("deliver.after_sent", "alert", "that it is sent is committed", most=8),
    Point("deliver.before_edit", "alert", "a root does not show the news told in its thread, no edit is asked", most=8),
    Point("deliver.after_edit", "alert", "Slack has edited the root, which is not remembered", most=8),
    Point("remind.before_commit", "alert", "the reminders of a measure are in the outbox, nothing is committed", most=2,
          reminds=True),
    Point("remind.after_commit", "alert", "the reminders of a measure are committed, nobody is woken", most=2,
          reminds=True),
    Point("publish.before_mark", "alert", "a sent alert is on the alerts topic, which is not remembered"),
)  # fmt: skip
BY_NAME = {point.name: point for point in POINTS}
