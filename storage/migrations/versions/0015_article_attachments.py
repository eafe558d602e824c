"""Files of articles' versions, and drafts that were thrown away."""

import sqlalchemy as sa
from alembic import op

from storage.database import UTCDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("article_versions", sa.Column("discarded_at", UTCDateTime(), nullable=True))
    op.create_table(
        "article_attachments",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("version_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("file", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("media_type", sa.String(length=120), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("blob", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"], ["article_versions.id"], name=op.f("fk_article_attachments_version_id_article_versions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_attachments")),
    )
    for column in ("version_id", "file", "blob"):
        op.create_index(f"ix_article_attachments_{column}", "article_attachments", [column])


def downgrade() -> None:
    op.drop_table("article_attachments")
    op.drop_column("article_versions", "discarded_at")
