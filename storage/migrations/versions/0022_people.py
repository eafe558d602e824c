"""Staff's phones and addresses, personal notices, absences, hand-overs, the duty roster and alerts."""

import sqlalchemy as sa
from alembic import op

from storage.database import Document, UTCDateTime

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

KEY = sa.Uuid(as_uuid=False)


def upgrade() -> None:
    op.add_column("users", sa.Column("phone", sa.String(length=30), nullable=False, server_default=""))
    op.add_column("users", sa.Column("email", sa.String(length=200), nullable=False, server_default=""))
    op.add_column("users", sa.Column("one_time", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "absences",
        sa.Column("id", KEY, nullable=False),
        sa.Column("user_id", KEY, nullable=False),
        sa.Column("stand_in_id", KEY, nullable=False),
        sa.Column("starts", UTCDateTime(), nullable=False),
        sa.Column("ends", UTCDateTime(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("entered_by", sa.String(length=80), nullable=False),
        sa.Column("entered_at", UTCDateTime(), nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["stand_in_id"], ["users.id"], name=op.f("fk_absences_stand_in_id_users")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_absences_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absences")),
    )
    op.create_index(op.f("ix_absences_user_id"), "absences", ["user_id"])
    op.create_index("ix_absences_stand_in_id_ends", "absences", ["stand_in_id", "ends"])
    _hand_overs()
    _duty()


def _hand_overs() -> None:
    op.create_table(
        "hand_overs",
        sa.Column("id", KEY, nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("target", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("by_name", sa.String(length=60), nullable=False),
        sa.Column("undone_at", UTCDateTime(), nullable=True),
        sa.Column("undone_by", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_overs")),
    )
    op.create_index(op.f("ix_hand_overs_at"), "hand_overs", ["at"])
    op.create_table(
        "handed_cases",
        sa.Column("hand_over_id", KEY, nullable=False),
        sa.Column("case_id", KEY, nullable=False),
        sa.Column("part", sa.String(length=10), nullable=False),
        sa.Column("before", Document, nullable=False),
        sa.Column("after", Document, nullable=False),
        sa.Column("undone", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_handed_cases_case_id_cases")),
        sa.ForeignKeyConstraint(
            ["hand_over_id"], ["hand_overs.id"], name=op.f("fk_handed_cases_hand_over_id_hand_overs")
        ),
        sa.PrimaryKeyConstraint("hand_over_id", "case_id", name=op.f("pk_handed_cases")),
    )
    op.create_index(op.f("ix_handed_cases_case_id"), "handed_cases", ["case_id"])


def _duty() -> None:
    op.create_table(
        "duty_shifts",
        sa.Column("id", KEY, nullable=False),
        sa.Column("starts", UTCDateTime(), nullable=False),
        sa.Column("ends", UTCDateTime(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("user_id", KEY, nullable=False),
        sa.Column("phone", sa.String(length=30), nullable=False),
        sa.Column("entered_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_duty_shifts_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_shifts")),
        sa.UniqueConstraint("starts", "user_id", name=op.f("uq_duty_shifts_starts")),
    )
    op.create_index("ix_duty_shifts_ends_starts", "duty_shifts", ["ends", "starts"])
    op.create_table(
        "alerts",
        sa.Column("id", KEY, nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("case_id", KEY, nullable=True),
        sa.Column("ticket_id", KEY, nullable=True),
        sa.Column("clock_id", KEY, nullable=True),
        sa.Column("clock_due_at", UTCDateTime(), nullable=True),
        sa.Column("raised_at", UTCDateTime(), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=True),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=80), nullable=False),
        sa.Column("acknowledged_name", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
        sa.UniqueConstraint("key", name=op.f("uq_alerts_key")),
    )
    op.create_index("ix_alerts_state_due_at", "alerts", ["state", "due_at"])
    op.create_index("ix_alerts_case_id", "alerts", ["case_id"])
    op.create_index("ix_alerts_ticket_id", "alerts", ["ticket_id"])
    op.create_index(op.f("ix_alerts_clock_id"), "alerts", ["clock_id"])
    op.create_index(op.f("ix_alerts_raised_at"), "alerts", ["raised_at"])
    op.create_table(
        "alert_calls",
        sa.Column("alert_id", KEY, nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_alert_calls_alert_id_alerts")),
        sa.PrimaryKeyConstraint("alert_id", "step", name=op.f("pk_alert_calls")),
    )


def downgrade() -> None:
    for table in ("alert_calls", "alerts", "duty_shifts", "handed_cases", "hand_overs", "absences"):
        op.drop_table(table)
    op.drop_column("users", "one_time")
    op.drop_column("users", "email")
    op.drop_column("users", "phone")
