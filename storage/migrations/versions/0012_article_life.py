"""The life of articles: versions beside what is out, acts, reviews, scheduled publishing, readers' feedback.

What was done before is told by the audit; what a pack brought came out when its version was written.
"""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.database import Document, UTCDateTime, new_id

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

REVIEW_AFTER = timedelta(days=365)

ARTICLES = sa.table(
    "articles",
    sa.column("id", sa.Uuid(as_uuid=False)),
    sa.column("status", sa.String),
    sa.column("version", sa.Integer),
    sa.column("updated_at", UTCDateTime()),
    sa.column("published_at", UTCDateTime()),
    sa.column("reviewed_at", UTCDateTime()),
    sa.column("review_due", sa.Date),
)
VERSIONS = sa.table(
    "article_versions",
    sa.column("id", sa.Uuid(as_uuid=False)),
    sa.column("article_id", sa.Uuid(as_uuid=False)),
    sa.column("version", sa.Integer),
    sa.column("status", sa.String),
    sa.column("at", UTCDateTime()),
    sa.column("by", sa.String),
    sa.column("editors", Document),
)
AUDIT = sa.table(
    "audit",
    sa.column("at", UTCDateTime()),
    sa.column("actor", sa.String),
    sa.column("role", sa.String),
    sa.column("act", sa.String),
    sa.column("subject", sa.String),
    sa.column("subject_id", sa.String),
    sa.column("details", Document),
)


def _columns() -> dict[str, tuple[sa.Column[Any], ...]]:
    """What the two tables get."""
    return {
        "articles": (
            sa.Column("street", sa.String(length=10), nullable=False, server_default=""),
            sa.Column("published_at", UTCDateTime(), nullable=True),
            sa.Column("reviewed_at", UTCDateTime(), nullable=True),
            sa.Column("review_due", sa.Date(), nullable=True),
            sa.Column("review_asked_at", UTCDateTime(), nullable=True),
            sa.Column("reminded", sa.Integer(), nullable=True),
        ),
        "article_versions": (
            sa.Column("editors", Document, nullable=False, server_default="[]"),
            sa.Column("publish_at", UTCDateTime(), nullable=True),
        ),
    }


def upgrade() -> None:
    for table, columns in _columns().items():
        for column in columns:
            op.add_column(table, column)
    op.create_index("ix_article_versions_status", "article_versions", ["status"])
    acts = op.create_table(
        "article_acts",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("article_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=12), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=30), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_article_acts_article_id_articles")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_acts")),
    )
    op.create_index("ix_article_acts_article_id_at", "article_acts", ["article_id", "at"])
    op.create_table(
        "article_feedback",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("article_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("ticket", sa.String(length=30), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("resolved_at", UTCDateTime(), nullable=True),
        sa.Column("resolved_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_article_feedback_article_id_articles")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_feedback")),
    )
    op.create_index("ix_article_feedback_article_id", "article_feedback", ["article_id"])
    op.create_index("ix_article_feedback_outcome_kind", "article_feedback", ["outcome", "kind"])
    _take_over(op.get_bind(), acts)


def _take_over(bind: sa.Connection, acts: sa.Table) -> None:
    """Versions, acts and reviews of the articles that are there."""
    articles = {row.id: row for row in bind.execute(sa.select(ARTICLES))}
    versions = list(bind.execute(sa.select(VERSIONS).order_by(VERSIONS.c.article_id, VERSIONS.c.version)))
    done = _told(bind, {(row.article_id, row.version) for row in versions})
    rows: list[dict[str, Any]] = []
    for version in versions:
        rows.append(_act(version, "imported"))
        told = done.get((version.article_id, version.version), [])
        if version.status != "draft" and not any(row["act"] == "published" for row in told):
            told = [_act(version, "published"), *told]
        rows += told
        article = articles[version.article_id]
        standing = version.version == article.version
        status = version.status if standing or version.status == "withdrawn" else "replaced"
        found = VERSIONS.c.id == version.id
        bind.execute(sa.update(VERSIONS).where(found).values(status=status, editors=[version.by]))
        if standing and article.status == "published":
            out = max(row["at"] for row in told if row["act"] == "published")
            review = {"published_at": out, "reviewed_at": out, "review_due": (out + REVIEW_AFTER).date()}
            bind.execute(sa.update(ARTICLES).where(ARTICLES.c.id == article.id).values(**review))
    if rows:
        bind.execute(sa.insert(acts), sorted(rows, key=lambda row: row["at"]))


def _act(version: Any, act: str) -> dict[str, Any]:
    return {
        "id": new_id(),
        "article_id": version.article_id,
        "version": version.version,
        "act": act,
        "at": version.at,
        "by": version.by,
        "by_name": version.by,
        "role": "system",
        "reason": "",
    }


def _told(bind: sa.Connection, known: set[tuple[str, int]]) -> dict[tuple[str, int], list[dict[str, Any]]]:
    """What the audit tells of publishing and withdrawing, by version, in the order in which it was done."""
    found: dict[tuple[str, int], list[dict[str, Any]]] = {}
    wanted = AUDIT.c.act.in_(("article.published", "article.withdrawn"))
    for row in bind.execute(sa.select(AUDIT).where(AUDIT.c.subject == "article", wanted).order_by(AUDIT.c.at)):
        place = (row.subject_id, row.details["version"])
        if place in known:
            act = {
                "id": new_id(),
                "article_id": place[0],
                "version": place[1],
                "act": row.act.removeprefix("article."),
                "at": row.at,
                "by": row.actor,
                "by_name": row.actor,
                "role": row.role,
                "reason": "",
            }
            found.setdefault(place, []).append(act)
    return found


def downgrade() -> None:
    for name in ("article_feedback", "article_acts"):
        op.drop_table(name)
    op.drop_index("ix_article_versions_status", "article_versions")
    for table, columns in _columns().items():
        for column in columns:
            op.drop_column(table, column.name)
