"""The outbox, the delivery ledger, the threads, what was told and the watchlist versions.

Spelled out rather than taken from `tables.py`: a migration never changes once it has run somewhere.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "alerts",
        sa.Column("seq", big, primary_key=True, autoincrement=True),
        sa.Column("alert_id", sa.String(36), nullable=False, unique=True),
        sa.Column("tenant", sa.String(80), nullable=False),
        sa.Column("watchlist_id", sa.String(80), nullable=False),
        sa.Column("destination", sa.String(300), nullable=False),
        sa.Column("measure_id", sa.String(36), nullable=False),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("alert", sa.Text, nullable=False),
        sa.Column("decided_at", sa.String(40), nullable=False),
    )
    op.create_table(
        "deliveries",
        sa.Column("alert_id", sa.String(36), sa.ForeignKey("alerts.alert_id"), primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("destination", sa.String(300), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("rank", sa.Integer, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("doubt", sa.Boolean, nullable=False),
        sa.Column("older_doubt", sa.Boolean, nullable=False),
        sa.Column("looks", sa.Integer, nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("first_attempt_at", sa.String(40)),
        sa.Column("last_attempt_at", sa.String(40)),
        sa.Column("not_before", sa.String(40)),
        sa.Column("thread_ref", sa.String(80)),
        sa.Column("message_ref", sa.String(80)),
        sa.Column("failure", sa.String(200), nullable=False),
        sa.Column("possible_duplicate", sa.Boolean, nullable=False),
        sa.Column("settled_at", sa.String(40)),
        sa.Column("published", sa.Boolean, nullable=False),
    )
    op.create_index("deliveries_open", "deliveries", ["destination", "rank", "seq"])
    op.create_table(
        "threads",
        sa.Column("tenant", sa.String(80), primary_key=True),
        sa.Column("destination", sa.String(300), primary_key=True),
        sa.Column("measure_id", sa.String(36), primary_key=True),
        sa.Column("root_ref", sa.String(80), nullable=False),
    )
    op.create_table(
        "told",
        sa.Column("tenant", sa.String(80), primary_key=True),
        sa.Column("watchlist_id", sa.String(80), primary_key=True),
        sa.Column("destination", sa.String(300), primary_key=True),
        sa.Column("measure_id", sa.String(36), primary_key=True),
        sa.Column("snapshot", sa.Text, nullable=False),
        sa.Column("updated_at", sa.String(40), nullable=False),
    )
    op.create_index("told_measure", "told", ["measure_id"])
    op.create_table(
        "watchlist_versions",
        sa.Column("id", sa.String(80), primary_key=True),
        sa.Column("version", sa.String(12), primary_key=True),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.String(40), nullable=False),
    )


def downgrade() -> None:
    """Drop the tables."""
    for table in ("watchlist_versions", "told", "threads", "deliveries", "alerts"):
        op.drop_table(table)
