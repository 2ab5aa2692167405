"""The classifiers whose acts were decided on, so that a document that is read again is known as such."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "classifiers",
        sa.Column("version", sa.String(80), primary_key=True),
        sa.Column("first_seen_at", sa.String(40), nullable=False),
    )


def downgrade() -> None:
    """Drop the table; every classifier counts as new again."""
    op.drop_table("classifiers")
