"""The source cursors and the revisions seen.

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
    op.create_table(
        "source_cursors",
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
    )
    op.create_table(
        "seen_revisions",
        sa.Column("event_id", sa.String(36), primary_key=True),
        sa.Column("revision", sa.String(64), primary_key=True),
        sa.Column("source", sa.String(80), nullable=False),
        sa.Column("first_seen_at", sa.String(40), nullable=False),
        sa.Column("latest", sa.Boolean, nullable=False),
    )
    op.create_index("seen_revisions_latest", "seen_revisions", ["event_id", "latest"])


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("seen_revisions")
    op.drop_table("source_cursors")
