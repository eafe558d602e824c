"""Opinion collection: what the district asks residents, and what they answered."""

import sqlalchemy as sa
from alembic import op

from storage.database import Document, UTCDateTime

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

KEY = sa.Uuid(as_uuid=False)


def upgrade() -> None:
    op.create_table(
        "consultations",
        sa.Column("id", KEY, nullable=False),
        sa.Column("number", sa.String(length=30), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("choices", Document, nullable=False),
        sa.Column("asks_contact", sa.Boolean(), nullable=False),
        sa.Column("closes_at", UTCDateTime(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.Column("published_at", UTCDateTime(), nullable=True),
        sa.Column("closed_at", UTCDateTime(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("summary_at", UTCDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultations")),
        sa.UniqueConstraint("number", name=op.f("uq_consultations_number")),
    )
    op.create_index("ix_consultations_state_closes_at", "consultations", ["state", "closes_at"])
    op.create_table(
        "opinions",
        sa.Column("id", KEY, nullable=False),
        sa.Column("consultation_id", KEY, nullable=False),
        sa.Column("voter", sa.String(length=64), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("choice", sa.String(length=120), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("contact", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultations.id"], name=op.f("fk_opinions_consultation_id_consultations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opinions")),
        sa.UniqueConstraint("consultation_id", "voter", name=op.f("uq_opinions_consultation_id_voter")),
    )
    op.create_index("ix_opinions_consultation_id_at", "opinions", ["consultation_id", "at"])


def downgrade() -> None:
    op.drop_table("opinions")
    op.drop_table("consultations")
