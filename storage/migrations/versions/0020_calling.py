"""Callback and after: claims of callers, questionnaires, marked callers and their tickets."""

import sqlalchemy as sa
from alembic import op

from storage.database import UTCDateTime

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "callback_claims",
        sa.Column("ticket_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("by_name", sa.String(length=60), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("until", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_callback_claims_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_callback_claims")),
    )
    op.create_index("ix_callback_claims_by", "callback_claims", ["by"])
    op.create_table(
        "questionnaires",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("ticket_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("sent_at", UTCDateTime(), nullable=False),
        sa.Column("asked_again", sa.Boolean(), nullable=False),
        sa.Column("contacted", sa.Boolean(), nullable=True),
        sa.Column("resolved", sa.Boolean(), nullable=True),
        sa.Column("satisfaction", sa.String(length=20), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_questionnaires_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questionnaires")),
        sa.UniqueConstraint("ticket_id", "round", name=op.f("uq_questionnaires_ticket_id_round")),
    )
    op.create_index("ix_questionnaires_state_sent_at", "questionnaires", ["state", "sent_at"])
    op.create_table(
        "caller_marks",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("resident_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("proposed_by", sa.String(length=80), nullable=False),
        sa.Column("proposed_by_name", sa.String(length=60), nullable=False),
        sa.Column("proposed_at", UTCDateTime(), nullable=False),
        sa.Column("decided_by", sa.String(length=80), nullable=False),
        sa.Column("decided_at", UTCDateTime(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("until", UTCDateTime(), nullable=True),
        sa.Column("lifted_by", sa.String(length=80), nullable=False),
        sa.Column("lifted_at", UTCDateTime(), nullable=True),
        sa.Column("lift_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name=op.f("fk_caller_marks_resident_id_residents")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_caller_marks")),
    )
    op.create_index("ix_caller_marks_state_until", "caller_marks", ["state", "until"])
    op.create_table(
        "caller_mark_evidence",
        sa.Column("mark_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("ticket_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["mark_id"], ["caller_marks.id"], name=op.f("fk_caller_mark_evidence_mark_id_caller_marks")
        ),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_caller_mark_evidence_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("mark_id", "ticket_id", name=op.f("pk_caller_mark_evidence")),
    )
    op.create_index("ix_caller_mark_evidence_ticket_id", "caller_mark_evidence", ["ticket_id"])
    op.add_column("tickets", sa.Column("caller_marked", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("tickets", "caller_marked")
    for table in ("caller_mark_evidence", "caller_marks", "questionnaires", "callback_claims"):
        op.drop_table(table)
