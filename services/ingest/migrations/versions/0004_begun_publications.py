"""Which publications were begun, so that none is repeated after an end between sending and remembering.

Spelled out rather than taken from `tables.py`: a migration never changes once it has run somewhere.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "begun_publications",
        sa.Column("event_id", sa.String(36), primary_key=True),
        sa.Column("revision", sa.String(64), primary_key=True),
        sa.Column("begun_at", sa.String(40), nullable=False),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("begun_publications")
