"""An index for the look that is taken every second: which alerts' time has come, however many wait for a digest."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the index."""
    op.create_index("alerts_release", "alerts", ["disposition", "release_at", "destination"])


def downgrade() -> None:
    """Drop the index."""
    op.drop_index("alerts_release", "alerts")
