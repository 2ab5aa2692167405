"""The alert service's tables: the outbox, the delivery ledger and the threads. `told.py` holds what was told."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

alerts = sa.Table(
    "alerts",
    metadata,
    sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("alert_id", sa.String(36), nullable=False, unique=True),
    sa.Column("tenant", sa.String(80), nullable=False),
    sa.Column("watchlist_id", sa.String(80), nullable=False),
    sa.Column("destination", sa.String(300), nullable=False),
    sa.Column("measure_id", sa.String(36), nullable=False),
    sa.Column("reason", sa.String(20), nullable=False),
    sa.Column("alert", sa.Text, nullable=False),
    sa.Column("decided_at", sa.String(40), nullable=False),
)
"""The outbox: every decided alert, in the order decided. `alert` is the record as `codec.encode` writes it."""

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("alert_id", sa.String(36), sa.ForeignKey("alerts.alert_id"), primary_key=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("destination", sa.String(300), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("rank", sa.Integer, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("doubt", sa.Boolean, nullable=False, default=False),
    sa.Column("older_doubt", sa.Boolean, nullable=False, default=False),
    sa.Column("looks", sa.Integer, nullable=False, default=0),
    sa.Column("level", sa.Integer, nullable=False, default=0),
    sa.Column("first_attempt_at", sa.String(40)),
    sa.Column("last_attempt_at", sa.String(40)),
    sa.Column("not_before", sa.String(40)),
    sa.Column("thread_ref", sa.String(80)),
    sa.Column("message_ref", sa.String(80)),
    sa.Column("failure", sa.String(200), nullable=False, default=""),
    sa.Column("possible_duplicate", sa.Boolean, nullable=False, default=False),
    sa.Column("settled_at", sa.String(40)),
    sa.Column("published", sa.Boolean, nullable=False, default=False),
    sa.Index("deliveries_open", "destination", "rank", "seq"),
)
"""The ledger: one row per alert, its protocol state.

`rank` never falls; `published` says that the alert is on `noroshi.alerts.v1`.
"""

threads = sa.Table(
    "threads",
    metadata,
    sa.Column("tenant", sa.String(80), primary_key=True),
    sa.Column("destination", sa.String(300), primary_key=True),
    sa.Column("measure_id", sa.String(36), primary_key=True),
    sa.Column("root_ref", sa.String(80), nullable=False),
)
"""The root message of a measure at a destination; later news of the measure are replies to it."""
