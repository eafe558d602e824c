"""Dialogues, and choices offered with a message."""

import sqlalchemy as sa
from alembic import op

from storage.database import Document, UTCDateTime

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

KEY = sa.Uuid(as_uuid=False)


def upgrade() -> None:
    op.create_table(
        "dialogues",
        sa.Column("id", KEY, nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("account", sa.String(length=60), nullable=False),
        sa.Column("sender", sa.String(length=320), nullable=False),
        sa.Column("state", Document, nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=True),
        sa.Column("agent_id", KEY, nullable=True),
        sa.Column("agent_name", sa.String(length=120), nullable=False),
        sa.Column("agent_since", UTCDateTime(), nullable=True),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dialogues")),
        sa.UniqueConstraint("channel", "account", "sender", name=op.f("uq_dialogues_channel_account_sender")),
    )
    op.create_index("ix_dialogues_due_at", "dialogues", ["due_at"])
    op.create_index(op.f("ix_dialogues_agent_id"), "dialogues", ["agent_id"])
    op.add_column("deliveries", sa.Column("choices", Document, nullable=False, server_default="[]"))


def downgrade() -> None:
    op.drop_column("deliveries", "choices")
    op.drop_table("dialogues")
