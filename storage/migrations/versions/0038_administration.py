"""The audit searched by who and by what; how the jobs fare; the directory of each version kept whole."""

import sqlalchemy as sa
from alembic import op

from storage.database import Document, UTCDateTime

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

SEARCHED = ("actor", "act", "subject")


def upgrade() -> None:
    for column in SEARCHED:
        op.create_index(f"ix_audit_{column}_at", "audit", [column, "at"])
    op.create_table(
        "job_runs",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("began_at", UTCDateTime(), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("failed_at", UTCDateTime(), nullable=True),
        sa.Column("error", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_job_runs")),
    )
    op.create_table(
        "directory_versions",
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("pack", sa.String(length=60), nullable=False),
        sa.Column("pack_version", sa.String(length=40), nullable=False),
        sa.Column("lines", Document, nullable=False),
        sa.Column("first_seen", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_directory_versions")),
    )


def downgrade() -> None:
    for table in ("directory_versions", "job_runs"):
        op.drop_table(table)
    for column in SEARCHED:
        op.drop_index(f"ix_audit_{column}_at", "audit")
