"""How each source fares, and what its pages held day by day.

Spelled out rather than taken from `tables.py`: a migration never changes once it has run somewhere.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "source_health",
        sa.Column("source", sa.String(80), primary_key=True),
        sa.Column("failing_since", sa.String(40)),
        sa.Column("doubt", sa.String(20)),
        sa.Column("doubted_since", sa.String(40)),
        sa.Column("doubt_text", sa.Text),
        sa.Column("arrived_on", sa.String(10)),
        sa.Column("state", sa.String(20)),
        sa.Column("state_since", sa.String(40)),
    )
    op.create_table(
        "source_days",
        sa.Column("source", sa.String(80), primary_key=True),
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("fewest", sa.Integer, nullable=False),
        sa.Column("most", sa.Integer, nullable=False),
        sa.Column("new", sa.Integer, nullable=False),
        sa.Column("problems", sa.Integer, nullable=False),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("source_days")
    op.drop_table("source_health")
