"""What was searched for, the gaps of the knowledge base, their marks, and regulations that were replaced."""

import sqlalchemy as sa
from alembic import op

from storage.database import Document, UTCDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "searches",
        sa.Column("key", sa.String(length=30), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("page", sa.String(length=10), nullable=False),
        sa.Column("query", sa.String(length=100), nullable=False),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.Column("first", sa.String(length=64), nullable=False),
        sa.Column("relevance", sa.Float(), nullable=False),
        sa.Column("opened", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_searches")),
    )
    op.create_index("ix_searches_at", "searches", ["at"])
    op.create_table(
        "gap_reports",
        sa.Column("name", sa.String(length=10), nullable=False),
        sa.Column("begun_at", UTCDateTime(), nullable=True),
        sa.Column("computed_at", UTCDateTime(), nullable=True),
        sa.Column("document", Document, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_gap_reports")),
    )
    op.create_table(
        "gap_marks",
        sa.Column("topic", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("topic", name=op.f("pk_gap_marks")),
    )
    op.create_table(
        "replaced_regulations",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("old", sa.String(length=200), nullable=False),
        sa.Column("new", sa.Text(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replaced_regulations")),
        sa.UniqueConstraint("old", name=op.f("uq_replaced_regulations_old")),
    )


def downgrade() -> None:
    for name in ("replaced_regulations", "gap_marks", "gap_reports"):
        op.drop_table(name)
    op.drop_index("ix_searches_at", "searches")
    op.drop_table("searches")
