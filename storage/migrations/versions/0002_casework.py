"""Tickets, cases and what happens to them."""

import sqlalchemy as sa
from alembic import op

from storage.database import Document, UTCDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notices",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("audience", sa.String(length=20), nullable=False),
        sa.Column("unit", sa.String(length=10), nullable=False),
        sa.Column("case_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("ticket_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("template", sa.String(length=60), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("read_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.create_index("ix_notices_audience_unit_at", ["audience", "unit", "at"], unique=False)

    op.create_table(
        "residents",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_residents")),
    )
    op.create_table(
        "rule_versions",
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("pack", sa.String(length=60), nullable=False),
        sa.Column("pack_version", sa.String(length=40), nullable=False),
        sa.Column("rules", Document, nullable=False),
        sa.Column("first_seen", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_rule_versions")),
    )
    op.create_table(
        "cases",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("number", sa.String(length=30), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("rule_version", sa.String(length=64), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("category", sa.String(length=6), nullable=False),
        sa.Column("request_type", sa.String(length=10), nullable=False),
        sa.Column("urgency", sa.String(length=10), nullable=False),
        sa.Column("hard", sa.Boolean(), nullable=False),
        sa.Column("lead_unit", sa.String(length=10), nullable=False),
        sa.Column("proposed_unit", sa.String(length=10), nullable=False),
        sa.Column("street", sa.String(length=10), nullable=False),
        sa.Column("community", sa.String(length=10), nullable=False),
        sa.Column("directory_line", sa.String(length=10), nullable=False),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column("against_directory", sa.Boolean(), nullable=False),
        sa.Column("opened_at", UTCDateTime(), nullable=False),
        sa.Column("dispatched_at", UTCDateTime(), nullable=True),
        sa.Column("first_unit", sa.String(length=10), nullable=False),
        sa.Column("signed_at", UTCDateTime(), nullable=True),
        sa.Column("contacted_at", UTCDateTime(), nullable=True),
        sa.Column("answered_at", UTCDateTime(), nullable=True),
        sa.Column("answered_by", sa.String(length=80), nullable=False),
        sa.Column("closed_at", UTCDateTime(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("review_date", sa.Date(), nullable=True),
        sa.Column("returns", sa.Integer(), nullable=False),
        sa.Column("reworks", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["rule_version"], ["rule_versions.version"], name=op.f("fk_cases_rule_version_rule_versions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("number", name=op.f("uq_cases_number")),
    )
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cases_category"), ["category"], unique=False)
        batch_op.create_index("ix_cases_lead_unit_state", ["lead_unit", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_cases_opened_at"), ["opened_at"], unique=False)
        batch_op.create_index("ix_cases_state_opened_at", ["state", "opened_at"], unique=False)

    op.create_table(
        "resident_identities",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("resident_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("account", sa.String(length=60), nullable=False),
        sa.Column("external", sa.String(length=320), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("reachable", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["residents.id"], name=op.f("fk_resident_identities_resident_id_residents")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resident_identities")),
        sa.UniqueConstraint(
            "channel", "account", "external", name=op.f("uq_resident_identities_channel_account_external")
        ),
    )
    with op.batch_alter_table("resident_identities", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_resident_identities_resident_id"), ["resident_id"], unique=False)

    op.create_table(
        "case_units",
        sa.Column("case_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("unit", sa.String(length=10), nullable=False),
        sa.Column("part", sa.String(length=4), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_units_case_id_cases")),
        sa.PrimaryKeyConstraint("case_id", "unit", name=op.f("pk_case_units")),
    )
    with op.batch_alter_table("case_units", schema=None) as batch_op:
        batch_op.create_index("ix_case_units_unit_part", ["unit", "part"], unique=False)

    op.create_table(
        "clocks",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("case_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("label", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(length=4), nullable=False),
        sa.Column("calendar", sa.String(length=20), nullable=False),
        sa.Column("extra", sa.Integer(), nullable=False),
        sa.Column("started_at", UTCDateTime(), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("paused_at", UTCDateTime(), nullable=True),
        sa.Column("stopped_at", UTCDateTime(), nullable=True),
        sa.Column("warned", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_clocks_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clocks")),
    )
    with op.batch_alter_table("clocks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_clocks_case_id"), ["case_id"], unique=False)
        batch_op.create_index("ix_clocks_state_due_at", ["state", "due_at"], unique=False)

    op.create_table(
        "requests",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("case_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("proposed_unit", sa.String(length=10), nullable=False),
        sa.Column("directory_line", sa.String(length=10), nullable=False),
        sa.Column("review_date", sa.Date(), nullable=True),
        sa.Column("asked_by", sa.String(length=80), nullable=False),
        sa.Column("asked_by_unit", sa.String(length=10), nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("decided_by", sa.String(length=80), nullable=False),
        sa.Column("decided_at", UTCDateTime(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_requests_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requests")),
    )
    with op.batch_alter_table("requests", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_requests_case_id"), ["case_id"], unique=False)
        batch_op.create_index("ix_requests_state_asked_at", ["state", "asked_at"], unique=False)

    op.create_table(
        "tickets",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("number", sa.String(length=30), nullable=False),
        sa.Column("code", sa.String(length=30), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("account", sa.String(length=60), nullable=False),
        sa.Column("sender", sa.String(length=320), nullable=False),
        sa.Column("resident_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("case_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("follows", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("opened_at", UTCDateTime(), nullable=False),
        sa.Column("last_message_at", UTCDateTime(), nullable=False),
        sa.Column("suggestion", Document, nullable=False),
        sa.Column("assessed_at", UTCDateTime(), nullable=True),
        sa.Column("assess_failures", sa.Integer(), nullable=False),
        sa.Column("needs_review", sa.Boolean(), nullable=False),
        sa.Column("category", sa.String(length=6), nullable=False),
        sa.Column("request_type", sa.String(length=10), nullable=False),
        sa.Column("urgency", sa.String(length=10), nullable=False),
        sa.Column("unit", sa.String(length=10), nullable=False),
        sa.Column("street", sa.String(length=10), nullable=False),
        sa.Column("community", sa.String(length=10), nullable=False),
        sa.Column("urgings", sa.Integer(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("close_reason", sa.String(length=40), nullable=False),
        sa.Column("told_at", UTCDateTime(), nullable=True),
        sa.Column("closed_at", UTCDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_tickets_case_id_cases")),
        sa.ForeignKeyConstraint(["follows"], ["tickets.id"], name=op.f("fk_tickets_follows_tickets")),
        sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name=op.f("fk_tickets_resident_id_residents")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tickets")),
        sa.UniqueConstraint("code", name=op.f("uq_tickets_code")),
        sa.UniqueConstraint("number", name=op.f("uq_tickets_number")),
    )
    with op.batch_alter_table("tickets", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tickets_assessed_at"), ["assessed_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_tickets_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_tickets_closed_at"), ["closed_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_tickets_follows"), ["follows"], unique=False)
        batch_op.create_index(batch_op.f("ix_tickets_opened_at"), ["opened_at"], unique=False)
        batch_op.create_index("ix_tickets_resident_id_opened_at", ["resident_id", "opened_at"], unique=False)
        batch_op.create_index("ix_tickets_state_opened_at", ["state", "opened_at"], unique=False)

    op.create_table(
        "callbacks",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("ticket_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("reached", sa.Boolean(), nullable=False),
        sa.Column("contacted", sa.Boolean(), nullable=True),
        sa.Column("resolved", sa.Boolean(), nullable=True),
        sa.Column("satisfaction", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_callbacks_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callbacks")),
    )
    with op.batch_alter_table("callbacks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_callbacks_ticket_id"), ["ticket_id"], unique=False)

    op.create_table(
        "corrections",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("ticket_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("field", sa.String(length=20), nullable=False),
        sa.Column("suggested", sa.String(length=20), nullable=False),
        sa.Column("corrected", sa.String(length=20), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("model", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_corrections_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrections")),
    )
    with op.batch_alter_table("corrections", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_corrections_ticket_id"), ["ticket_id"], unique=False)

    op.create_table(
        "messages",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("account", sa.String(length=60), nullable=False),
        sa.Column("delivery_id", sa.String(length=200), nullable=False),
        sa.Column("external_id", sa.String(length=998), nullable=False),
        sa.Column("resident_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("ticket_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("sender", sa.String(length=320), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("full_text", sa.Text(), nullable=False),
        sa.Column("place", Document, nullable=False),
        sa.Column("automatic", sa.String(length=20), nullable=False),
        sa.Column("event", sa.String(length=60), nullable=False),
        sa.Column("event_key", sa.Text(), nullable=False),
        sa.Column("ignored", sa.Text(), nullable=False),
        sa.Column("notes", Document, nullable=False),
        sa.Column("blob", sa.String(length=64), nullable=False),
        sa.Column("sent_at", UTCDateTime(), nullable=True),
        sa.Column("received_at", UTCDateTime(), nullable=False),
        sa.Column("response", sa.LargeBinary(), nullable=True),
        sa.Column("response_type", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name=op.f("fk_messages_resident_id_residents")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_messages_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint("channel", "account", "delivery_id", name=op.f("uq_messages_channel_account_delivery_id")),
    )
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.create_index(
            "ix_messages_channel_account_external_id", ["channel", "account", "external_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_messages_received_at"), ["received_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_messages_resident_id"), ["resident_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_messages_ticket_id"), ["ticket_id"], unique=False)

    op.create_table(
        "steps",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("case_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("actor_name", sa.String(length=60), nullable=False),
        sa.Column("role", sa.String(length=30), nullable=False),
        sa.Column("move", sa.String(length=40), nullable=False),
        sa.Column("label", sa.String(length=60), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("target", sa.String(length=20), nullable=False),
        sa.Column("unit", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_steps_case_id_cases")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_steps_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_steps")),
    )
    with op.batch_alter_table("steps", schema=None) as batch_op:
        batch_op.create_index("ix_steps_case_id_at", ["case_id", "at"], unique=False)
        batch_op.create_index("ix_steps_ticket_id_at", ["ticket_id", "at"], unique=False)

    op.create_table(
        "ticket_facts",
        sa.Column("ticket_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("unit", sa.String(length=10), nullable=False),
        sa.Column("unit_kind", sa.String(length=20), nullable=False),
        sa.Column("first_unit", sa.String(length=10), nullable=False),
        sa.Column("street", sa.String(length=10), nullable=False),
        sa.Column("category", sa.String(length=6), nullable=False),
        sa.Column("opened_at", UTCDateTime(), nullable=False),
        sa.Column("counted_at", UTCDateTime(), nullable=True),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("closed", sa.Integer(), nullable=False),
        sa.Column("effective_callback", sa.Integer(), nullable=False),
        sa.Column("contacted_in_time", sa.Integer(), nullable=False),
        sa.Column("resolved", sa.Integer(), nullable=False),
        sa.Column("satisfied", sa.Integer(), nullable=False),
        sa.Column("basically_satisfied", sa.Integer(), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.Column("ever_answered", sa.Integer(), nullable=False),
        sa.Column("on_time", sa.Integer(), nullable=False),
        sa.Column("dispatched", sa.Integer(), nullable=False),
        sa.Column("first_dispatch_right", sa.Integer(), nullable=False),
        sa.Column("returned", sa.Integer(), nullable=False),
        sa.Column("reworked", sa.Integer(), nullable=False),
        sa.Column("overdue", sa.Integer(), nullable=False),
        sa.Column("direct_answer", sa.Integer(), nullable=False),
        sa.Column("excluded", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_facts_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_ticket_facts")),
    )
    with op.batch_alter_table("ticket_facts", schema=None) as batch_op:
        batch_op.create_index("ix_ticket_facts_counted_at_unit", ["counted_at", "unit"], unique=False)
        batch_op.create_index(batch_op.f("ix_ticket_facts_opened_at"), ["opened_at"], unique=False)

    op.create_table(
        "attachments",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("message_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.String(length=120), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("blob", sa.String(length=64), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("inline", sa.Boolean(), nullable=False),
        sa.Column("fetch_state", sa.String(length=10), nullable=False),
        sa.Column("fetch_due_at", UTCDateTime(), nullable=True),
        sa.Column("fetch_attempts", sa.Integer(), nullable=False),
        sa.Column("fetch_note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_attachments_message_id_messages")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachments")),
    )
    with op.batch_alter_table("attachments", schema=None) as batch_op:
        batch_op.create_index("ix_attachments_fetch_state_fetch_due_at", ["fetch_state", "fetch_due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_attachments_message_id"), ["message_id"], unique=False)


def downgrade() -> None:
    op.drop_table("attachments")
    op.drop_table("ticket_facts")
    op.drop_table("steps")
    op.drop_table("messages")
    op.drop_table("corrections")
    op.drop_table("callbacks")
    op.drop_table("tickets")
    op.drop_table("requests")
    op.drop_table("clocks")
    op.drop_table("case_units")
    op.drop_table("resident_identities")
    op.drop_table("cases")
    op.drop_table("rule_versions")
    op.drop_table("residents")
    op.drop_table("notices")
