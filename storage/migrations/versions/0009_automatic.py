"""What became of suggestions, and the switches of automatic dispatch."""

import sqlalchemy as sa
from alembic import op

from storage.database import UTCDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "judgements",
        sa.Column("ticket_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("model", sa.String(length=60), nullable=False),
        sa.Column("suggested_category", sa.String(length=6), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("suggested_unit", sa.String(length=10), nullable=False),
        sa.Column("decision", sa.String(length=10), nullable=False),
        sa.Column("mode", sa.String(length=10), nullable=False),
        sa.Column("final_category", sa.String(length=6), nullable=False),
        sa.Column("final_unit", sa.String(length=10), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("decided_at", UTCDateTime(), nullable=True),
        sa.Column("sampled", sa.Boolean(), nullable=False),
        sa.Column("reviewed_at", UTCDateTime(), nullable=True),
        sa.Column("reviewed_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_judgements_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_judgements")),
    )
    op.create_index("ix_judgements_suggested_category_mode_at", "judgements", ["suggested_category", "mode", "at"])
    op.create_index("ix_judgements_sampled_outcome", "judgements", ["sampled", "outcome"])
    op.create_index("ix_judgements_at", "judgements", ["at"])
    op.create_table(
        "automatic_switches",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("category", sa.String(length=6), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_automatic_switches")),
    )
    op.create_index("ix_automatic_switches_category_id", "automatic_switches", ["category", "id"])


def downgrade() -> None:
    op.drop_table("automatic_switches")
    op.drop_table("judgements")
