"""What co-handlers answer, whose dispatch a return is of, the record of handling, and cases merged into others."""

import sqlalchemy as sa
from alembic import op

from storage.database import UTCDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("case_units", sa.Column("answer", sa.Text(), nullable=False, server_default=""))
    op.add_column("case_units", sa.Column("answered_at", UTCDateTime(), nullable=True))
    op.add_column("case_units", sa.Column("answered_by", sa.String(length=80), nullable=False, server_default=""))
    op.add_column("cases", sa.Column("dispatched_by", sa.String(length=80), nullable=False, server_default=""))
    op.add_column("cases", sa.Column("record", sa.Text(), nullable=False, server_default=""))
    op.add_column("cases", sa.Column("merged_into", sa.Uuid(as_uuid=False), nullable=True))
    op.add_column("requests", sa.Column("dispatched_by", sa.String(length=80), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("requests", "dispatched_by")
    for column in ("merged_into", "record", "dispatched_by"):
        op.drop_column("cases", column)
    for column in ("answered_by", "answered_at", "answer"):
        op.drop_column("case_units", column)
