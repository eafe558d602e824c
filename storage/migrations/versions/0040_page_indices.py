"""Indices that lists ask for on a desk with very many cases: clocks of a case by state, moves by time, repeats."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

PROVISIONAL: dict[str, Any] = {
    "sqlite_where": sa.text("provisional = 1"),
    "postgresql_where": sa.text("provisional"),
}


def upgrade() -> None:
    op.drop_index("ix_clocks_case_id", "clocks")
    op.create_index("ix_clocks_case_id_state_due_at", "clocks", ["case_id", "state", "due_at"])
    op.create_index("ix_clocks_provisional", "clocks", ["state"], **PROVISIONAL)
    op.create_index("ix_steps_move_at", "steps", ["move", "at"])
    for column in ("returns", "reworks"):
        op.create_index(f"ix_cases_{column}", "cases", [column])


def downgrade() -> None:
    for column in ("reworks", "returns"):
        op.drop_index(f"ix_cases_{column}", "cases")
    op.drop_index("ix_steps_move_at", "steps")
    op.drop_index("ix_clocks_provisional", "clocks")
    op.drop_index("ix_clocks_case_id_state_due_at", "clocks")
    op.create_index("ix_clocks_case_id", "clocks", ["case_id"])
