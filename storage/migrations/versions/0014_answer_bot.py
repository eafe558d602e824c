"""The answer bot: notices of the day, what became of its proposals, the weights learnt from that."""

import sqlalchemy as sa
from alembic import op

from storage.database import Document, UTCDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "day_notices",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=2), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("places", Document, nullable=False),
        sa.Column("area", sa.String(length=200), nullable=False),
        sa.Column("begins", UTCDateTime(), nullable=False),
        sa.Column("ends", UTCDateTime(), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("unit", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("updated_by", sa.String(length=80), nullable=False),
        sa.Column("updated_by_name", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_day_notices")),
        sa.UniqueConstraint("number", name=op.f("uq_day_notices_number")),
    )
    op.create_index("ix_day_notices_state_ends", "day_notices", ["state", "ends"])
    op.create_table(
        "answer_records",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("ticket_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("article", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("evidence", Document, nullable=False),
        sa.Column("features", sa.String(length=16), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_records")),
        sa.UniqueConstraint(
            "ticket_id", "article", "version", name=op.f("uq_answer_records_ticket_id_article_version")
        ),
    )
    op.create_index("ix_answer_records_at", "answer_records", ["at"])
    op.create_table(
        "answer_weights",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("weights", sa.Text(), nullable=False),
        sa.Column("shipped", sa.String(length=16), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("passed_over", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_answer_weights")),
    )


def downgrade() -> None:
    for name in ("answer_weights", "answer_records", "day_notices"):
        op.drop_table(name)
