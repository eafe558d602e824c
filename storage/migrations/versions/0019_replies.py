"""The record of handling that goes with an answer to be approved, and the answer as the approver changed it."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in ("record", "changed_text"):
        op.add_column("requests", sa.Column(column, sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    for column in ("changed_text", "record"):
        op.drop_column("requests", column)
