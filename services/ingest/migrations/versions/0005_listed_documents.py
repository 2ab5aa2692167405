"""What lists say of documents whose text is on pages of their own; documents that go on under the ids they had.

Spelled out rather than taken from `tables.py`: a migration never changes once it has run somewhere.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "listed_documents",
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
    )
    op.create_index("listed_documents_due", "listed_documents", ["source", "due_at"])
    op.create_table(
        "document_aliases",
        sa.Column("event_id", sa.String(36), primary_key=True),
        sa.Column("source", sa.String(80), nullable=False),
        sa.Column("document_id", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("document_aliases")
    op.drop_table("listed_documents")
