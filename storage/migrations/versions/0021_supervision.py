"""Supervision orders, leaders' notes, watched cases, the follow-up list, quality inspection, notices for one person."""

import sqlalchemy as sa
from alembic import op

from storage.database import Document, UTCDateTime

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def _key(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Uuid(as_uuid=False), nullable=nullable)


def _words(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _at(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, UTCDateTime(), nullable=nullable)


def upgrade() -> None:
    op.add_column("notices", sa.Column("reader", sa.String(length=80), nullable=False, server_default=""))
    _orders()
    _notes()
    op.create_table(
        "watched_cases",
        _key("case_id"),
        _words("by", 80),
        _at("at"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_watched_cases_case_id_cases")),
        sa.PrimaryKeyConstraint("case_id", "by", name=op.f("pk_watched_cases")),
    )
    op.create_table(
        "followed_up",
        _words("reason", 12),
        _key("subject"),
        _words("person", 80),
        _words("mark", 120),
        _text("word"),
        _words("by", 80),
        _words("by_name", 60),
        _at("at"),
        sa.PrimaryKeyConstraint("reason", "subject", "person", name=op.f("pk_followed_up")),
    )
    op.create_index(op.f("ix_followed_up_at"), "followed_up", ["at"])
    _inspections()


def _orders() -> None:
    op.create_table(
        "supervision_orders",
        _key("id"),
        _key("case_id"),
        _words("level", 10),
        _words("label", 20),
        _words("state", 12),
        _text("text"),
        _text("reason"),
        _words("unit", 10),
        _words("term", 40),
        _at("due_at"),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        _key("follows", nullable=True),
        _words("issued_by", 80),
        _words("issued_by_name", 60),
        _at("issued_at"),
        _words("acknowledged_by", 80),
        _at("acknowledged_at", nullable=True),
        _text("answer"),
        _words("answered_by", 80),
        _words("answered_by_name", 60),
        _at("answered_at", nullable=True),
        _words("decided_by", 80),
        _at("decided_at", nullable=True),
        _text("decision"),
        _at("told_overdue_at", nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_supervision_orders_case_id_cases")),
        sa.ForeignKeyConstraint(
            ["follows"], ["supervision_orders.id"], name=op.f("fk_supervision_orders_follows_supervision_orders")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supervision_orders")),
    )
    op.create_index("ix_supervision_orders_state_due_at", "supervision_orders", ["state", "due_at"])
    op.create_index("ix_supervision_orders_case_id_issued_at", "supervision_orders", ["case_id", "issued_at"])


def _notes() -> None:
    op.create_table(
        "leaders_notes",
        _key("id"),
        _key("case_id"),
        _words("leader", 60),
        _words("office", 60),
        sa.Column("noted_on", sa.Date(), nullable=False),
        _text("text"),
        sa.Column("asks_answer", sa.Boolean(), nullable=False),
        _words("state", 10),
        _words("entered_by", 80),
        _words("entered_by_name", 60),
        _at("entered_at"),
        _text("answer"),
        _words("answered_by", 80),
        _words("answered_by_name", 60),
        _at("answered_at", nullable=True),
        _words("withdrawn_by", 80),
        _at("withdrawn_at", nullable=True),
        _text("withdrawn_for"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_leaders_notes_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leaders_notes")),
    )
    op.create_index("ix_leaders_notes_state_asks_answer", "leaders_notes", ["state", "asks_answer"])
    op.create_index("ix_leaders_notes_case_id_entered_at", "leaders_notes", ["case_id", "entered_at"])


def _inspections() -> None:
    op.create_table(
        "inspections",
        _key("id"),
        _words("kind", 10),
        _key("work"),
        _key("ticket_id"),
        _words("worker", 80),
        _words("worker_name", 60),
        _at("worked_at"),
        sa.Column("week", sa.Date(), nullable=False),
        _at("drawn_at"),
        _words("state", 10),
        sa.Column("sheet", Document, nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("points", Document, nullable=False),
        sa.Column("critical", Document, nullable=False),
        _text("comment"),
        _words("scored_by", 80),
        _words("scored_by_name", 60),
        _at("scored_at", nullable=True),
        _text("objection"),
        _at("objection_until", nullable=True),
        _at("objected_at", nullable=True),
        sa.Column("first_score", sa.Integer(), nullable=True),
        _words("decided_by", 80),
        _words("decided_by_name", 60),
        _at("decided_at", nullable=True),
        _text("decision"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_inspections_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspections")),
        sa.UniqueConstraint("kind", "work", name=op.f("uq_inspections_kind_work")),
    )
    op.create_index("ix_inspections_state_week", "inspections", ["state", "week"])
    op.create_index("ix_inspections_worker_week", "inspections", ["worker", "week"])
    op.create_index(op.f("ix_inspections_ticket_id"), "inspections", ["ticket_id"])


def downgrade() -> None:
    for name in ("inspections", "followed_up", "watched_cases", "leaders_notes", "supervision_orders"):
        op.drop_table(name)
    op.drop_column("notices", "reader")
