"""Indices of the board and the morning report: the few emergencies, and the clocks that were stopped late."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

EMERGENCY = sa.text("urgency = 'emergency'")
STOPPED_LATE = sa.text("stopped_at > due_at")


def upgrade() -> None:
    op.create_index(
        "ix_tickets_emergency",
        "tickets",
        ["state", "opened_at"],
        sqlite_where=EMERGENCY,
        postgresql_where=EMERGENCY,
    )
    op.create_index(
        "ix_clocks_stopped_late",
        "clocks",
        ["stopped_at"],
        sqlite_where=STOPPED_LATE,
        postgresql_where=STOPPED_LATE,
    )


def downgrade() -> None:
    op.drop_index("ix_clocks_stopped_late", "clocks")
    op.drop_index("ix_tickets_emergency", "tickets")
