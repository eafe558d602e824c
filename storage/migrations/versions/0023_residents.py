"""Residents are joined on proof, have wishes and rights over their data; a ticket may be confidential."""

import sqlalchemy as sa
from alembic import op

from storage.database import Document, UTCDateTime

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

KEY = sa.Uuid(as_uuid=False)


def upgrade() -> None:
    op.add_column("residents", sa.Column("verified_phone", sa.String(length=40), nullable=False, server_default=""))
    op.add_column("residents", sa.Column("merged_into", KEY, nullable=True))
    op.add_column("residents", sa.Column("wishes", Document, nullable=False, server_default="{}"))
    op.add_column("residents", sa.Column("erased_at", UTCDateTime(), nullable=True))
    op.create_index(op.f("ix_residents_verified_phone"), "residents", ["verified_phone"])
    op.add_column("tickets", sa.Column("confidential", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("tickets", sa.Column("erased_at", UTCDateTime(), nullable=True))
    op.create_table(
        "resident_joins",
        sa.Column("id", KEY, nullable=False),
        sa.Column("kept_id", KEY, nullable=False),
        sa.Column("lost_id", KEY, nullable=False),
        sa.Column("proof", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("moved", Document, nullable=False),
        sa.Column("before", Document, nullable=False),
        sa.Column("undone_at", UTCDateTime(), nullable=True),
        sa.Column("undone_by", sa.String(length=80), nullable=False),
        sa.Column("undone_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["kept_id"], ["residents.id"], name=op.f("fk_resident_joins_kept_id_residents")),
        sa.ForeignKeyConstraint(["lost_id"], ["residents.id"], name=op.f("fk_resident_joins_lost_id_residents")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resident_joins")),
    )
    op.create_index(op.f("ix_resident_joins_kept_id"), "resident_joins", ["kept_id"])
    op.create_index(op.f("ix_resident_joins_lost_id"), "resident_joins", ["lost_id"])
    op.create_table(
        "phone_codes",
        sa.Column("id", KEY, nullable=False),
        sa.Column("asker_id", KEY, nullable=False),
        sa.Column("target_id", KEY, nullable=True),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.Column("used_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["asker_id"], ["residents.id"], name=op.f("fk_phone_codes_asker_id_residents")),
        sa.ForeignKeyConstraint(["target_id"], ["residents.id"], name=op.f("fk_phone_codes_target_id_residents")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_codes")),
    )
    op.create_index("ix_phone_codes_asker_id_asked_at", "phone_codes", ["asker_id", "asked_at"])
    op.create_index(op.f("ix_phone_codes_target_id"), "phone_codes", ["target_id"])
    _requests()


def _requests() -> None:
    op.create_table(
        "person_requests",
        sa.Column("id", KEY, nullable=False),
        sa.Column("resident_id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.Column("ground", sa.String(length=40), nullable=False),
        sa.Column("asked_by", sa.String(length=80), nullable=False),
        sa.Column("asked_by_name", sa.String(length=120), nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("decided_by", sa.String(length=80), nullable=False),
        sa.Column("decided_by_name", sa.String(length=120), nullable=False),
        sa.Column("decided_at", UTCDateTime(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("result", Document, nullable=False),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["residents.id"], name=op.f("fk_person_requests_resident_id_residents")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_requests")),
    )
    op.create_index("ix_person_requests_state_asked_at", "person_requests", ["state", "asked_at"])
    op.create_index(op.f("ix_person_requests_resident_id"), "person_requests", ["resident_id"])
    op.create_table(
        "erasure_marks",
        sa.Column("id", KEY, nullable=False),
        sa.Column("request_id", KEY, nullable=False),
        sa.Column("thing", sa.String(length=40), nullable=False),
        sa.Column("thing_id", sa.String(length=80), nullable=False),
        sa.Column("field", sa.String(length=40), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["person_requests.id"], name=op.f("fk_erasure_marks_request_id_person_requests")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_marks")),
    )
    op.create_index(op.f("ix_erasure_marks_request_id"), "erasure_marks", ["request_id"])


def downgrade() -> None:
    for table in ("erasure_marks", "person_requests", "phone_codes", "resident_joins"):
        op.drop_table(table)
    op.drop_column("tickets", "erased_at")
    op.drop_column("tickets", "confidential")
    op.drop_index(op.f("ix_residents_verified_phone"), "residents")
    for column in ("erased_at", "wishes", "merged_into", "verified_phone"):
        op.drop_column("residents", column)
