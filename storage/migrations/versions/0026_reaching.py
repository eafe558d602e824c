"""How a resident is reached: the next way after a failure, notices that wait and leave together."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

KEY = sa.Uuid(as_uuid=False)
FEW = ("fallback_of", "grouped_into")


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("groupable", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("deliveries", sa.Column("grouped_into", KEY, nullable=True))
    op.add_column("deliveries", sa.Column("carries", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("deliveries", sa.Column("fallback_of", KEY, nullable=True))
    op.add_column("deliveries", sa.Column("followed", sa.String(length=10), nullable=False, server_default=""))
    # What failed before was told to the desk then: nobody is written to of it now.
    op.execute("UPDATE deliveries SET followed = 'none' WHERE state IN ('failed', 'dead')")
    for column in FEW:
        there = sa.text(f"{column} IS NOT NULL")
        op.create_index(f"ix_deliveries_{column}", "deliveries", [column], sqlite_where=there, postgresql_where=there)


def downgrade() -> None:
    for column in FEW:
        op.drop_index(f"ix_deliveries_{column}", table_name="deliveries")
    for column in ("followed", "fallback_of", "carries", "grouped_into", "groupable"):
        op.drop_column("deliveries", column)
