"""Half-filled forms of the residents' page, and tokens that are good once."""

import sqlalchemy as sa
from alembic import op

from storage.database import Document, UTCDateTime

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "appeal_drafts",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("given", Document, nullable=False),
        sa.Column("photos", Document, nullable=False),
        sa.Column("code", sa.String(length=30), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_appeal_drafts")),
    )
    op.create_index(op.f("ix_appeal_drafts_expires_at"), "appeal_drafts", ["expires_at"])
    op.create_table(
        "used_once",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_used_once")),
    )
    op.create_index(op.f("ix_used_once_expires_at"), "used_once", ["expires_at"])


def downgrade() -> None:
    op.drop_table("used_once")
    op.drop_table("appeal_drafts")
