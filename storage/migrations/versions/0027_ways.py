"""What a delivery's template was filled with, why it did not arrive as a word, and the acts of one sender by time."""

import sqlalchemy as sa
from alembic import op

from storage.database import Document

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("fields", Document, nullable=False, server_default="{}"))
    op.add_column("deliveries", sa.Column("why", sa.String(length=20), nullable=False, server_default=""))
    op.add_column("delivery_attempts", sa.Column("why", sa.String(length=20), nullable=False, server_default=""))
    op.create_index("ix_messages_of_sender", "messages", ["channel", "account", "sender", "received_at"])


def downgrade() -> None:
    op.drop_index("ix_messages_of_sender", "messages")
    op.drop_column("delivery_attempts", "why")
    op.drop_column("deliveries", "why")
    op.drop_column("deliveries", "fields")
