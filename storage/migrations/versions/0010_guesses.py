"""What triage guessed of a ticket, beside its facts, read out of the stored suggestions once; how much is known of a
category, from one index.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

KNOWN = "ix_judgements_final_category_at_decided_at"
NAMES = ("suggested", "second", "third")
OF_NO_CATEGORY = {
    "nothing": "来件没有可供研判的内容，请人工查看原文或联系居民",
    "foreign": "来件不像要办理的诉求（闲聊、广告、乱码或外文等），请人工查看原文",
}
"""As triage words it at this revision."""

SQLITE = """
UPDATE ticket_facts SET
  suggested = coalesce(json_extract(t.suggestion, '$.category[0].code'), ''),
  second = coalesce(json_extract(t.suggestion, '$.category[1].code'), ''),
  third = coalesce(json_extract(t.suggestion, '$.category[2].code'), ''),
  probability = coalesce(json_extract(t.suggestion, '$.category[0].probability'), 0),
  lead = CASE WHEN json_extract(t.suggestion, '$.why') IN (:nothing, :foreign) THEN NULL
    ELSE json_extract(t.suggestion, '$.category[0].probability')
      - coalesce(json_extract(t.suggestion, '$.category[1].probability'), 0) END
FROM tickets t WHERE t.id = ticket_facts.ticket_id
"""

POSTGRESQL = """
UPDATE ticket_facts SET
  suggested = coalesce(t.suggestion #>> '{category,0,code}', ''),
  second = coalesce(t.suggestion #>> '{category,1,code}', ''),
  third = coalesce(t.suggestion #>> '{category,2,code}', ''),
  probability = coalesce((t.suggestion #>> '{category,0,probability}')::float8, 0),
  lead = CASE WHEN t.suggestion ->> 'why' IN (:nothing, :foreign) THEN NULL
    ELSE (t.suggestion #>> '{category,0,probability}')::float8
      - coalesce((t.suggestion #>> '{category,1,probability}')::float8, 0) END
FROM tickets t WHERE t.id = ticket_facts.ticket_id
"""


def upgrade() -> None:
    for name in NAMES:
        op.add_column("ticket_facts", sa.Column(name, sa.String(length=6), nullable=False, server_default=""))
    op.add_column("ticket_facts", sa.Column("probability", sa.Float(), nullable=False, server_default="0"))
    op.add_column("ticket_facts", sa.Column("lead", sa.Float(), nullable=True))
    op.create_index(KNOWN, "judgements", ["final_category", "at", "decided_at"])
    connection = op.get_bind()
    statement = POSTGRESQL if connection.dialect.name == "postgresql" else SQLITE
    connection.execute(sa.text(statement), OF_NO_CATEGORY)


def downgrade() -> None:
    op.drop_index(KNOWN, table_name="judgements")
    for name in (*NAMES, "probability", "lead"):
        op.drop_column("ticket_facts", name)
