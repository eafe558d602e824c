"""Files on cases: evidence for a move or a request."""

import sqlalchemy as sa
from alembic import op

from storage.database import UTCDateTime

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

KEY = sa.Uuid(as_uuid=False)


def upgrade() -> None:
    op.create_table(
        "case_files",
        sa.Column("id", KEY, nullable=False),
        sa.Column("case_id", KEY, nullable=False),
        sa.Column("request_id", KEY, nullable=True),
        sa.Column("step_id", KEY, nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.String(length=120), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("blob", sa.String(length=64), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("by_unit", sa.String(length=10), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_files_case_id_cases")),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_case_files_request_id_requests")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_files")),
    )
    for column in ("case_id", "request_id", "blob"):
        op.create_index(op.f(f"ix_case_files_{column}"), "case_files", [column])


def downgrade() -> None:
    op.drop_table("case_files")
