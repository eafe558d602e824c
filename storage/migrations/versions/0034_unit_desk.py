"""A unit's own desk: what each of its people has looked at, and answers a unit keeps to write from."""

import sqlalchemy as sa
from alembic import op

from storage.database import UTCDateTime

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "todo_visits",
        sa.Column("reader", sa.String(length=80), nullable=False),
        sa.Column("seen_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("reader", name=op.f("pk_todo_visits")),
    )
    op.create_table(
        "saved_replies",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("unit", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=30), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_replies")),
    )
    op.create_index("ix_saved_replies_unit_at", "saved_replies", ["unit", "at"])


def downgrade() -> None:
    op.drop_index("ix_saved_replies_unit_at", "saved_replies")
    op.drop_table("saved_replies")
    op.drop_table("todo_visits")
