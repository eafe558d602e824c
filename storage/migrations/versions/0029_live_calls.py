"""Running calls are followed while people talk: a version, the alert they raised, what their agents put down."""

import sqlalchemy as sa
from alembic import op

from storage.database import UTCDateTime

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

KEY = sa.Uuid(as_uuid=False)


def upgrade() -> None:
    with op.batch_alter_table("running_calls") as table:
        table.add_column(sa.Column("version", sa.Integer(), server_default="0", nullable=False))
        table.add_column(sa.Column("alert_id", KEY, nullable=True))
        table.create_index(op.f("ix_running_calls_alert_id"), ["alert_id"])
    op.create_table(
        "call_notes",
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("account", sa.String(length=60), nullable=False),
        sa.Column("call_id", sa.String(length=128), nullable=False),
        sa.Column("field", sa.String(length=20), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["channel", "account", "call_id"],
            ["running_calls.channel", "running_calls.account", "running_calls.call_id"],
            name="fk_call_notes_running_calls",
        ),
        sa.PrimaryKeyConstraint("channel", "account", "call_id", "field", name=op.f("pk_call_notes")),
    )


def downgrade() -> None:
    op.drop_table("call_notes")
    with op.batch_alter_table("running_calls") as table:
        table.drop_index(op.f("ix_running_calls_alert_id"))
        table.drop_column("alert_id")
        table.drop_column("version")
