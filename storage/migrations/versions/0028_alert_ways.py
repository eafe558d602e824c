"""How the calls of alerts go out: the lines there are, and the messages of each call."""

import sqlalchemy as sa
from alembic import op

from storage.database import Document

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alert_lines",
        sa.Column("way", sa.String(length=10), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("account", sa.String(length=60), nullable=False),
        sa.Column("pages", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("way", name=op.f("pk_alert_lines")),
    )
    op.add_column("alert_calls", sa.Column("ways", Document, server_default="[]", nullable=False))


def downgrade() -> None:
    op.drop_column("alert_calls", "ways")
    op.drop_table("alert_lines")
