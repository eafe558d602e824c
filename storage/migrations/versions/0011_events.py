"""Events: which tickets report one thing that happened. Tickets judged before are of no event."""

import sqlalchemy as sa
from alembic import op

from storage.database import UTCDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "events",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("number", sa.String(length=30), nullable=False),
        sa.Column("first_at", UTCDateTime(), nullable=False),
        sa.Column("last_at", UTCDateTime(), nullable=False),
        sa.Column("tickets", sa.Integer(), nullable=False),
        sa.Column("reporters", sa.Integer(), nullable=False),
        sa.Column("mass_at", UTCDateTime(), nullable=True),
        sa.Column("told_at", UTCDateTime(), nullable=True),
        sa.Column("keyed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index("ix_events_mass_at_last_at", "events", ["mass_at", "last_at"])
    op.create_index("ix_events_keyed_last_at", "events", ["keyed", "last_at"])
    op.create_index(op.f("ix_events_number"), "events", ["number"])
    op.create_table(
        "event_tickets",
        sa.Column("ticket_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("event_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("opened_at", UTCDateTime(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_event_tickets_event_id_events")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_event_tickets_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_event_tickets")),
    )
    op.create_index("ix_event_tickets_event_id_opened_at", "event_tickets", ["event_id", "opened_at"])
    op.create_table(
        "event_exclusions",
        sa.Column("event_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("ticket_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_event_exclusions_event_id_events")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_event_exclusions_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("event_id", "ticket_id", name=op.f("pk_event_exclusions")),
    )
    op.create_index(op.f("ix_event_exclusions_ticket_id"), "event_exclusions", ["ticket_id"])
    op.create_table(
        "event_keys",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_event_keys_event_id_events")),
        sa.PrimaryKeyConstraint("key", "event_id", name=op.f("pk_event_keys")),
    )
    op.create_index(op.f("ix_event_keys_event_id"), "event_keys", ["event_id"])


def downgrade() -> None:
    for name in ("event_keys", "event_exclusions", "event_tickets", "events"):
        op.drop_table(name)
