"""Orders of the city's platform, the deadlines they set, and the acts that are reported to it."""

import sqlalchemy as sa
from alembic import op

from storage.database import Document, UTCDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

FACTS = ("city_verdict", "city_contacted", "city_resolved", "city_satisfied", "city_basically_satisfied")


def upgrade() -> None:
    op.create_table(
        "city_orders",
        sa.Column("id", sa.Uuid(as_uuid=False), primary_key=True),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("account", sa.String(length=60), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("ticket_id", sa.Uuid(as_uuid=False), sa.ForeignKey("tickets.id"), nullable=False, unique=True),
        sa.Column("message_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("mapped", sa.String(length=6), nullable=False),
        sa.Column("deadline_at", UTCDateTime(), nullable=True),
        sa.Column("may_return", sa.Boolean(), nullable=False),
        sa.Column("return_until", UTCDateTime(), nullable=True),
        sa.Column("return_state", sa.String(length=10), nullable=False),
        sa.Column("extension_state", sa.String(length=10), nullable=False),
        sa.Column("received_at", UTCDateTime(), nullable=False),
        sa.Column("verdict_at", UTCDateTime(), nullable=True),
        sa.Column("reached", sa.Boolean(), nullable=True),
        sa.Column("contacted", sa.Boolean(), nullable=True),
        sa.Column("resolved", sa.Boolean(), nullable=True),
        sa.Column("satisfaction", sa.String(length=20), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.UniqueConstraint("channel", "account", "number"),
    )
    op.create_index("ix_city_orders_state_deadline_at", "city_orders", ["state", "deadline_at"])
    op.add_column("cases", sa.Column("external_due_at", UTCDateTime(), nullable=True))
    op.add_column("clocks", sa.Column("own_due_at", UTCDateTime(), nullable=True))
    op.execute("UPDATE clocks SET own_due_at = due_at")
    with op.batch_alter_table("clocks") as clocks:
        clocks.alter_column("own_due_at", existing_type=UTCDateTime(), nullable=False)
    op.add_column("deliveries", sa.Column("act", sa.String(length=20), nullable=False, server_default=""))
    op.add_column("deliveries", sa.Column("details", Document, nullable=False, server_default="{}"))
    for name in FACTS:
        op.add_column("ticket_facts", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    for name in FACTS:
        op.drop_column("ticket_facts", name)
    op.drop_column("deliveries", "details")
    op.drop_column("deliveries", "act")
    op.drop_column("clocks", "own_due_at")
    op.drop_column("cases", "external_due_at")
    op.drop_table("city_orders")
