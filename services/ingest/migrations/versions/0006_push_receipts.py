"""Which signed messages were taken, so that one that comes again does nothing.

Spelled out rather than taken from `tables.py`: a migration never changes once it has run somewhere.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "push_receipts",
        sa.Column("source", sa.String(80), primary_key=True),
        sa.Column("message", sa.String(64), primary_key=True),
        sa.Column("content", sa.String(64), nullable=False),
        sa.Column("taken_at", sa.String(40), nullable=False),
    )
    op.create_index("push_receipts_taken_at", "push_receipts", ["taken_at"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("push_receipts")
