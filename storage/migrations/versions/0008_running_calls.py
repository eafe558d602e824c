"""Calls that come piece by piece."""

import sqlalchemy as sa
from alembic import op

from storage.database import Document, UTCDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "running_calls",
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("account", sa.String(length=60), nullable=False),
        sa.Column("call_id", sa.String(length=128), nullable=False),
        sa.Column("began_at", UTCDateTime(), nullable=False),
        sa.Column("last_at", UTCDateTime(), nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.Column("made", Document, nullable=False),
        sa.PrimaryKeyConstraint("channel", "account", "call_id", name=op.f("pk_running_calls")),
    )
    op.create_index("ix_running_calls_ended_at_last_at", "running_calls", ["ended_at", "last_at"])
    op.create_table(
        "call_pieces",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("account", sa.String(length=60), nullable=False),
        sa.Column("call_id", sa.String(length=128), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("received_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["channel", "account", "call_id"],
            ["running_calls.channel", "running_calls.account", "running_calls.call_id"],
            name="fk_call_pieces_running_calls",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_pieces")),
        sa.UniqueConstraint(
            "channel", "account", "call_id", "digest", name=op.f("uq_call_pieces_channel_account_call_id_digest")
        ),
    )


def downgrade() -> None:
    op.drop_table("call_pieces")
    op.drop_table("running_calls")
