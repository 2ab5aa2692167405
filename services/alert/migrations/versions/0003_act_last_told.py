"""The newest act of what was told, so that a reminder can be written without another document.

Rows from before have none until their measure is heard of again.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    with op.batch_alter_table("told") as table:
        table.add_column(sa.Column("act", sa.Text))


def downgrade() -> None:
    """Drop the column; its acts are still on the topic."""
    with op.batch_alter_table("told") as table:
        table.drop_column("act")
