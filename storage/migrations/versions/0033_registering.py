"""What comes by telephone and over the counter is registered on pages: who did it, what he chose; calls' recordings."""

import sqlalchemy as sa
from alembic import op

from storage.database import UTCDateTime

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

KEY = sa.Uuid(as_uuid=False)


def upgrade() -> None:
    op.add_column("messages", sa.Column("recording", sa.String(length=500), nullable=False, server_default=""))
    op.create_index(op.f("ix_residents_phone"), "residents", ["phone"])
    op.create_table(
        "registrations",
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("category", sa.String(length=6), nullable=False),
        sa.Column("request_type", sa.String(length=20), nullable=False),
        sa.Column("urgency", sa.String(length=10), nullable=False),
        sa.Column("taken_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_registrations_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_registrations")),
    )
    op.create_index(op.f("ix_registrations_by"), "registrations", ["by"])


def downgrade() -> None:
    op.drop_table("registrations")
    op.drop_index(op.f("ix_residents_phone"), "residents")
    op.drop_column("messages", "recording")
