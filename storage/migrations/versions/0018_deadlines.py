"""What moved a clock since it began, and which rungs of its ladder were told."""

import sqlalchemy as sa
from alembic import op

from storage.database import Document, UTCDateTime

revision = "0018"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("clocks", sa.Column("history", Document, nullable=True))
    op.create_table(
        "clock_warnings",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("clock_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("rung", sa.String(length=10), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["clock_id"], ["clocks.id"], name=op.f("fk_clock_warnings_clock_id_clocks")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_warnings")),
    )
    op.create_index(op.f("ix_clock_warnings_clock_id"), "clock_warnings", ["clock_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_clock_warnings_clock_id"), "clock_warnings")
    op.drop_table("clock_warnings")
    op.drop_column("clocks", "history")
