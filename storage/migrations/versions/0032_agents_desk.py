"""The agent's desk: claims of every kind in one table, who has a ticket open, parts of a split, pages reported."""

import sqlalchemy as sa
from alembic import op

from storage.database import UTCDateTime

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

KEY = sa.Uuid(as_uuid=False)


def _claims(name: str) -> None:
    op.create_table(
        name,
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("by_name", sa.String(length=60), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("until", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f(f"fk_{name}_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f(f"pk_{name}")),
    )
    op.create_index(op.f(f"ix_{name}_by"), name, ["by"])


def upgrade() -> None:
    op.drop_table("callback_claims")  # a claim lasts minutes: none is worth carrying over
    _claims("ticket_claims")
    op.create_table(
        "ticket_viewers",
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column("viewer", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("since", UTCDateTime(), nullable=False),
        sa.Column("seen_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_viewers_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("ticket_id", "viewer", name=op.f("pk_ticket_viewers")),
    )
    op.create_index(op.f("ix_ticket_viewers_seen_at"), "ticket_viewers", ["seen_at"])
    op.create_table(
        "page_reports",
        sa.Column("id", KEY, nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("by_name", sa.String(length=60), nullable=False),
        sa.Column("role", sa.String(length=30), nullable=False),
        sa.Column("page", sa.String(length=300), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("done_at", UTCDateTime(), nullable=True),
        sa.Column("done_by", sa.String(length=80), nullable=False),
        sa.Column("done_by_name", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page_reports")),
    )
    op.create_index(op.f("ix_page_reports_done_at_id"), "page_reports", ["done_at", "id"])
    op.add_column("tickets", sa.Column("split_from", KEY, nullable=True))
    op.create_index(op.f("ix_tickets_split_from"), "tickets", ["split_from"])


def downgrade() -> None:
    op.drop_index(op.f("ix_tickets_split_from"), "tickets")
    op.drop_column("tickets", "split_from")
    for name in ("page_reports", "ticket_viewers", "ticket_claims"):
        op.drop_table(name)
    _claims("callback_claims")
