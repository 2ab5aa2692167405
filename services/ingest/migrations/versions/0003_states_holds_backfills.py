"""What a document's latest state is, which sources are held and released, and how far the past was read.

Spelled out rather than taken from `tables.py`: a migration never changes once it has run somewhere.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns and tables."""
    op.add_column("source_cursors", sa.Column("held_reason", sa.Text, nullable=False, server_default=""))
    op.add_column("source_cursors", sa.Column("held_since", sa.String(40)))
    op.add_column("seen_revisions", sa.Column("text", sa.String(16)))
    op.add_column("seen_revisions", sa.Column("day", sa.String(10)))
    op.add_column("seen_revisions", sa.Column("moment", sa.String(40)))
    op.add_column("seen_revisions", sa.Column("title", sa.String(16)))
    op.add_column("seen_revisions", sa.Column("content", sa.LargeBinary))
    op.create_index("seen_revisions_title", "seen_revisions", ["source", "title"])
    op.create_table(
        "source_releases",
        sa.Column("source", sa.String(80), primary_key=True),
        sa.Column("as_news", sa.Boolean, nullable=False),
        sa.Column("asked_at", sa.String(40), nullable=False),
    )
    op.create_table(
        "backfill_windows",
        sa.Column("source", sa.String(80), primary_key=True),
        sa.Column("since", sa.String(10), primary_key=True),
        sa.Column("until", sa.String(10), primary_key=True),
        sa.Column("next_url", sa.Text),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("documents", sa.Integer, nullable=False),
        sa.Column("published", sa.Integer, nullable=False),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("backfill_windows")
    op.drop_table("source_releases")
    op.drop_index("seen_revisions_title", "seen_revisions")
    for name in ("content", "title", "moment", "day", "text"):
        op.drop_column("seen_revisions", name)
    for name in ("held_since", "held_reason"):
        op.drop_column("source_cursors", name)
