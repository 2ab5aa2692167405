"""The ingest service's tables: how far each source was read, how it fares, and which revisions were published."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

source_cursors = sa.Table(
    "source_cursors",
    metadata,
    sa.Column("source", sa.String(80), primary_key=True),
    sa.Column("etag", sa.Text),
    sa.Column("last_modified", sa.Text),
    sa.Column("last_tried_at", sa.String(40)),
    sa.Column("last_full_at", sa.String(40)),
    sa.Column("last_success_at", sa.String(40)),
    sa.Column("last_new_at", sa.String(40)),
    sa.Column("not_before", sa.String(40)),
    sa.Column("last_error", sa.Text, nullable=False),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("held_reason", sa.Text, nullable=False, server_default=""),
    sa.Column("held_since", sa.String(40)),
)
"""One row per source that was ever asked. Times are ISO 8601 in UTC; `etag` and `last_modified` are verbatim."""

seen_revisions = sa.Table(
    "seen_revisions",
    metadata,
    sa.Column("event_id", sa.String(36), primary_key=True),
    sa.Column("revision", sa.String(64), primary_key=True),
    sa.Column("source", sa.String(80), nullable=False),
    sa.Column("first_seen_at", sa.String(40), nullable=False),
    sa.Column("latest", sa.Boolean, nullable=False),
    sa.Column("text", sa.String(16)),
    sa.Column("day", sa.String(10)),
    sa.Column("moment", sa.String(40)),
    sa.Column("title", sa.String(16)),
    sa.Column("content", sa.LargeBinary),
    sa.Index("seen_revisions_latest", "event_id", "latest"),
    sa.Index("seen_revisions_title", "source", "title"),
)
"""Every revision ever published on `noroshi.events.v1`; `latest` marks the one a document stands at.

`text` and `title` are digests, `day` and `moment` say when the state is from, `content` is the latest event, packed;
all are null in rows written before there were such columns.
"""

begun_publications = sa.Table(
    "begun_publications",
    metadata,
    sa.Column("event_id", sa.String(36), primary_key=True),
    sa.Column("revision", sa.String(64), primary_key=True),
    sa.Column("begun_at", sa.String(40), nullable=False),
)
"""Revisions that were about to be published; a row goes in the transaction that remembers them as published."""

listed_documents = sa.Table(
    "listed_documents",
    metadata,
    sa.Column("event_id", sa.String(36), primary_key=True),
    sa.Column("source", sa.String(80), nullable=False),
    sa.Column("revision", sa.String(64), nullable=False),
    sa.Column("text", sa.String(16)),
    sa.Column("day", sa.String(10)),
    sa.Column("moment", sa.String(40)),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("listed_at", sa.String(40), nullable=False),
    sa.Column("due_at", sa.String(40)),
    sa.Column("tried_at", sa.String(40)),
    sa.Column("gone_at", sa.String(40)),
    sa.Column("error", sa.Text, nullable=False, server_default=""),
    sa.Column("content", sa.LargeBinary),
    sa.Column("body", sa.LargeBinary),
    sa.Index("listed_documents_due", "source", "due_at"),
)
"""What a list says of each document whose text is on a page of its own, and how far that page was read.

`revision` to `moment` are of the list entry, as in `seen_revisions`. `state` is waiting, missing or read. `content` is
the list entry, packed, until its page is done with (`due_at` is null); `body` is text that was read and is not
published yet.
"""

document_aliases = sa.Table(
    "document_aliases",
    metadata,
    sa.Column("event_id", sa.String(36), primary_key=True),
    sa.Column("source", sa.String(80), nullable=False),
    sa.Column("document_id", sa.Text, nullable=False),
)
"""Documents that their source named anew: the event id of the new name, and the `document_id` they go on under."""

source_health = sa.Table(
    "source_health",
    metadata,
    sa.Column("source", sa.String(80), primary_key=True),
    sa.Column("failing_since", sa.String(40)),
    sa.Column("doubt", sa.String(20)),
    sa.Column("doubted_since", sa.String(40)),
    sa.Column("doubt_text", sa.Text),
    sa.Column("arrived_on", sa.String(10)),
    sa.Column("state", sa.String(20)),
    sa.Column("state_since", sa.String(40)),
)
"""What a source's fetches left to judge it by, and the state it was last seen in. Times as in the cursors."""

source_days = sa.Table(
    "source_days",
    metadata,
    sa.Column("source", sa.String(80), primary_key=True),
    sa.Column("day", sa.String(10), primary_key=True),
    sa.Column("fewest", sa.Integer, nullable=False),
    sa.Column("most", sa.Integer, nullable=False),
    sa.Column("new", sa.Integer, nullable=False),
    sa.Column("problems", sa.Integer, nullable=False),
)
"""What the pages of one day held, by the publisher's calendar; kept for 400 days."""

source_releases = sa.Table(
    "source_releases",
    metadata,
    sa.Column("source", sa.String(80), primary_key=True),
    sa.Column("as_news", sa.Boolean, nullable=False),
    sa.Column("asked_at", sa.String(40), nullable=False),
)
"""A person's word that a held source may go on; the next reading of the source uses it up."""

backfill_windows = sa.Table(
    "backfill_windows",
    metadata,
    sa.Column("source", sa.String(80), primary_key=True),
    sa.Column("since", sa.String(10), primary_key=True),
    sa.Column("until", sa.String(10), primary_key=True),
    sa.Column("next_url", sa.Text),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("documents", sa.Integer, nullable=False),
    sa.Column("published", sa.Integer, nullable=False),
)
"""How far the past of a source was read: one row per window; `state` is open, done, or split into smaller ones."""

push_receipts = sa.Table(
    "push_receipts",
    metadata,
    sa.Column("source", sa.String(80), primary_key=True),
    sa.Column("message", sa.String(64), primary_key=True),
    sa.Column("content", sa.String(64), nullable=False),
    sa.Column("taken_at", sa.String(40), nullable=False),
    sa.Index("push_receipts_taken_at", "taken_at"),
)
"""The signed messages taken in the last thirty days: digests of their id and of what they said."""
