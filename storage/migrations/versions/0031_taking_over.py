"""A person takes a conversation over: who waits for one, and notes that no resident sees."""

import sqlalchemy as sa
from alembic import op

from storage.database import UTCDateTime

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

KEY = sa.Uuid(as_uuid=False)


def upgrade() -> None:
    op.add_column("dialogues", sa.Column("waiting_since", UTCDateTime(), nullable=True))
    op.create_index(op.f("ix_dialogues_waiting_since"), "dialogues", ["waiting_since"])
    op.create_table(
        "internal_notes",
        sa.Column("id", KEY, nullable=False),
        sa.Column("ticket_id", KEY, nullable=True),
        sa.Column("case_id", KEY, nullable=True),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("by_unit", sa.String(length=10), nullable=False),
        sa.Column("for_units", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_internal_notes_ticket_id_tickets")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_internal_notes_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_internal_notes")),
    )
    for column in ("ticket_id", "case_id"):
        op.create_index(op.f(f"ix_internal_notes_{column}"), "internal_notes", [column])


def downgrade() -> None:
    op.drop_table("internal_notes")
    op.drop_index(op.f("ix_dialogues_waiting_since"), "dialogues")
    op.drop_column("dialogues", "waiting_since")
