"""The newest canary that came through to the end, so that its age survives a restart."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "canary_arrivals",
        sa.Column("key", sa.String(80), primary_key=True),
        sa.Column("published_at", sa.String(40), nullable=False),
        sa.Column("arrived_at", sa.String(40), nullable=False),
    )


def downgrade() -> None:
    """Drop the table; the canary's age is unknown until the next one comes through."""
    op.drop_table("canary_arrivals")
