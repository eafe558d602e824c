"""Acts on articles on record: the article's own history, the change log, the audit; all in the acting transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from district.process import Role
from knowledge.tables import Article, ArticleAct
from storage import audit, change_log

TOPIC = "articles"
LABELS = {
    "imported": "导入",
    "created": "新建",
    "edited": "修改",
    "attached": "修改附件",
    "discarded": "舍弃草稿",
    "restored": "取回草稿",
    "submitted": "提交审核",
    "sent_back": "退回修改",
    "scheduled": "定时发布",
    "published": "发布",
    "withdrawn": "撤下",
    "confirmed": "确认仍然有效",
    "due": "到期待复核",
    "expired": "过期",
}


class Acting(Protocol):
    """Who acts: a member of staff in his role and unit, or the system."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def role(self) -> Role: ...
    @property
    def unit(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Unattended:
    """What acts without a person at the desk: an import, a pack, the clock."""

    id: str
    name: str
    role: Role = Role.SYSTEM
    unit: str = ""


SYSTEM = Unattended("system", "系统")


def record(
    session: Session,
    article: Article,
    version: int,
    act: str,
    *,
    actor: Acting,
    now: datetime,
    reason: str = "",
    audited: bool = True,
) -> None:
    """Write the act down and tell the followers. ``audited`` is False where one audit row stands for many articles."""
    session.add(
        ArticleAct(
            article_id=article.id,
            version=version,
            act=act,
            at=now,
            by=actor.id,
            by_name=actor.name,
            role=actor.role,
            reason=reason,
        )
    )
    if audited:
        audit.record(
            session,
            actor=actor.id,
            role=actor.role,
            act=f"article.{act}",
            subject="article",
            subject_id=article.id,
            now=now,
            details={"number": article.number, "version": version},
        )
    change_log.record(session, TOPIC, article.id, act, now=now)
