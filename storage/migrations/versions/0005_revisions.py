"""A message may be a later wording of another."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("messages", sa.Column("revises", sa.String(length=998), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("messages", "revises")
