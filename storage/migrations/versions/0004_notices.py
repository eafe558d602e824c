"""How far each member of staff has read his notices."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notice_readers",
        sa.Column("reader", sa.String(length=80), nullable=False),
        sa.Column("up_to", sa.Uuid(as_uuid=False), nullable=False),
        sa.PrimaryKeyConstraint("reader", name=op.f("pk_notice_readers")),
    )


def downgrade() -> None:
    op.drop_table("notice_readers")
