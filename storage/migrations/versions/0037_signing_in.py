"""The second step of signing in, where somebody is signed in, who is kept out."""

import sqlalchemy as sa
from alembic import op

from storage.database import UTCDateTime

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

KEY = sa.Uuid(as_uuid=False)
TEXTS = {"device": (200, ""), "address": (60, ""), "way": (10, "password")}


def _of_a_user(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f(f"fk_{table}_user_id_users"))


def upgrade() -> None:
    op.add_column("staff_sessions", sa.Column("seen_at", UTCDateTime(), nullable=True))
    for name, (length, given) in TEXTS.items():
        column = sa.Column(name, sa.String(length=length), nullable=False, server_default=given)
        op.add_column("staff_sessions", column)
    op.create_table(
        "second_factors",
        sa.Column("user_id", KEY, nullable=False),
        sa.Column("secret", sa.String(length=300), nullable=False),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("confirmed_at", UTCDateTime(), nullable=True),
        _of_a_user("second_factors"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_second_factors")),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("user_id", KEY, nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("used_at", UTCDateTime(), nullable=True),
        _of_a_user("recovery_codes"),
        sa.PrimaryKeyConstraint("user_id", "code_hash", name=op.f("pk_recovery_codes")),
    )
    op.create_table(
        "half_sign_ins",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", KEY, nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("way", sa.String(length=10), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        _of_a_user("half_sign_ins"),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_half_sign_ins")),
    )
    op.create_index(op.f("ix_half_sign_ins_user_id"), "half_sign_ins", ["user_id"])
    op.create_table(
        "lock_outs",
        sa.Column("login", sa.String(length=60), nullable=False),
        sa.Column("address", sa.String(length=60), nullable=False),
        sa.Column("since", UTCDateTime(), nullable=False),
        sa.Column("until", UTCDateTime(), nullable=False),
        sa.Column("released_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("login", "address", name=op.f("pk_lock_outs")),
    )
    op.create_index(op.f("ix_lock_outs_until"), "lock_outs", ["until"])


def downgrade() -> None:
    op.drop_index(op.f("ix_lock_outs_until"), "lock_outs")
    for table in ("lock_outs", "half_sign_ins", "recovery_codes", "second_factors"):
        op.drop_table(table)
    for name in (*TEXTS, "seen_at"):
        op.drop_column("staff_sessions", name)
