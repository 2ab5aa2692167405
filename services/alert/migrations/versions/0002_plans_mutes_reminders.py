"""Alerts wait to be planned into deliveries; mutes, reminders, holds, the watchlists in force, and troubles.

Spelled out rather than taken from `tables.py`: a migration never changes once it has run somewhere.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_KEPT = (
    "seq, destination, state, rank, attempts, doubt, older_doubt, looks, level, first_attempt_at, last_attempt_at, "
    "not_before, thread_ref, message_ref, failure, possible_duplicate, settled_at, published"
)


def upgrade() -> None:
    """Add the columns and tables; every alert that is there already has its own delivery."""
    _alerts()
    _deliveries()
    _threads()
    _restraint()
    _reminders()
    _watchlists()


def _alerts() -> None:
    with op.batch_alter_table("alerts") as table:
        table.add_column(sa.Column("mode", sa.String(10), nullable=False, server_default="single"))
        table.add_column(sa.Column("release_at", sa.String(40), nullable=False, server_default=""))
        table.add_column(sa.Column("disposition", sa.String(10), nullable=False, server_default="planned"))
        table.add_column(sa.Column("delivery_id", sa.String(36)))
        table.add_column(sa.Column("mute_id", sa.String(100)))
    op.execute("UPDATE alerts SET release_at = decided_at, delivery_id = alert_id")
    op.create_index("alerts_waiting", "alerts", ["disposition", "destination", "seq"])
    op.create_index("alerts_delivery", "alerts", ["delivery_id"])
    op.create_index("alerts_watchlist", "alerts", ["watchlist_id", "decided_at"])
    op.create_index("alerts_measure", "alerts", ["measure_id", "destination"])


def _deliveries() -> None:
    op.drop_index("deliveries_open", "deliveries")
    op.rename_table("deliveries", "deliveries_before")
    op.create_table(
        "deliveries",
        sa.Column("delivery_id", sa.String(36), primary_key=True),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("cause", sa.String(10), nullable=False),
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
    op.execute(
        f"INSERT INTO deliveries (delivery_id, kind, cause, {_KEPT}) "  # noqa: S608  # both are written above
        f"SELECT alert_id, 'alert', '', {_KEPT} FROM deliveries_before"
    )
    op.drop_table("deliveries_before")
    op.create_index("deliveries_open", "deliveries", ["destination", "rank", "seq"])
    op.create_index("deliveries_settled", "deliveries", ["destination", "settled_at"])


def _threads() -> None:
    with op.batch_alter_table("threads") as table:
        table.add_column(sa.Column("root_alert_id", sa.String(36), nullable=False, server_default=""))
        table.add_column(sa.Column("latest_alert_id", sa.String(36), nullable=False, server_default=""))
        table.add_column(sa.Column("updates", sa.Integer, nullable=False, server_default="0"))
        table.add_column(sa.Column("shown", sa.Integer, nullable=False, server_default="0"))
        table.add_column(sa.Column("edit_failures", sa.Integer, nullable=False, server_default="0"))
        table.add_column(sa.Column("edit_not_before", sa.String(40)))


def _restraint() -> None:
    op.create_table(
        "mutes",
        sa.Column("mute_id", sa.String(36), primary_key=True),
        sa.Column("tenant", sa.String(80), nullable=False),
        sa.Column("watchlist_id", sa.String(80), nullable=False),
        sa.Column("destination", sa.String(300), nullable=False),
        sa.Column("scope", sa.String(10), nullable=False),
        sa.Column("value", sa.String(200), nullable=False),
        sa.Column("until", sa.String(40)),
        sa.Column("until_next_stage", sa.Boolean, nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("created_by", sa.String(80), nullable=False),
        sa.Column("created_at", sa.String(40), nullable=False),
        sa.Column("ended_at", sa.String(40)),
        sa.Column("hits", sa.Integer, nullable=False),
    )
    op.create_table(
        "holds",
        sa.Column("watchlist_id", sa.String(80), primary_key=True),
        sa.Column("since", sa.String(40), primary_key=True),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("ended_at", sa.String(40)),
        sa.Column("outcome", sa.String(10), nullable=False),
    )
    op.create_table(
        "troubles",
        sa.Column("scope", sa.String(300), primary_key=True),
        sa.Column("since", sa.String(40), nullable=False),
        sa.Column("failure", sa.String(200), nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("not_before", sa.String(40)),
        sa.Column("told", sa.Integer, nullable=False),
    )


def _reminders() -> None:
    op.create_table(
        "reminders",
        sa.Column("tenant", sa.String(80), primary_key=True),
        sa.Column("watchlist_id", sa.String(80), primary_key=True),
        sa.Column("destination", sa.String(300), primary_key=True),
        sa.Column("measure_id", sa.String(36), primary_key=True),
        sa.Column("role", sa.String(20), primary_key=True),
        sa.Column("value", sa.String(10), primary_key=True),
        sa.Column("days", sa.Integer, primary_key=True),
        sa.Column("due_at", sa.String(40), nullable=False),
        sa.Column("done_at", sa.String(40)),
    )
    op.create_index("reminders_due", "reminders", ["done_at", "due_at"])


def _watchlists() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "watchlists",
        sa.Column("id", sa.String(80), primary_key=True),
        sa.Column("version", sa.String(12), nullable=False),
        sa.Column("changed_at", sa.String(40), nullable=False),
    )
    op.create_table(
        "watchlist_changes",
        sa.Column("seq", big, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(80), nullable=False),
        sa.Column("version", sa.String(12)),
        sa.Column("changed_at", sa.String(40), nullable=False),
        sa.Column("changed_by", sa.String(80), nullable=False),
    )


def downgrade() -> None:
    """Going back would lose what is planned, muted and due; restore a copy of the database instead."""
    raise NotImplementedError("restore a copy of the database from before the upgrade")
