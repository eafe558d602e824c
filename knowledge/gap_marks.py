"""What editors make of gaps: handled or ignored until they grow; and the regulations that were replaced."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from district.process import Role
from knowledge import feedback
from knowledge.acts import Acting
from knowledge.errors import RegulationNotFound, RoleRefused, UnfitRegulation
from knowledge.gap_tables import GapMark, ReplacedRegulation
from storage import audit
from storage.database import is_id

State = Literal["handled", "ignored"]
LABELS: dict[State, str] = {"handled": "已处理", "ignored": "已忽略"}
MAY_SEE = feedback.MAY_SEE
MAY_MARK = frozenset({Role.KNOWLEDGE_EDITOR, Role.SUPERVISOR})
GROWN = 3
"""So many questions more at least make a gap that was dealt with one again."""
LONGEST_NAME, LONGEST_NEW = 200, 500
Days = Sequence[Sequence[str | int]]
"""(day, channel, how many), as ``gaps.Gap.days`` has them."""


def check_may_see(actor: Acting) -> None:
    """Nothing, if the actor may read the gaps. Raises ``RoleRefused``."""
    if actor.role not in MAY_SEE:
        raise RoleRefused("查看知识缺口", "知识管理员")


def check_may_mark(actor: Acting) -> None:
    """Nothing, if the actor may deal with gaps. Raises ``RoleRefused``."""
    if actor.role not in MAY_MARK:
        raise RoleRefused("处理知识缺口", "知识管理员或督办")


def mark(
    session: Session, topic: str, state: State | None, *, count: int, day: str, actor: Acting, now: datetime
) -> None:
    """The gap of this topic is dealt with, or again not (None). ``count`` were asked up to ``day``.

    Raises ``RoleRefused``.
    """
    check_may_mark(actor)
    known = session.get(GapMark, topic, with_for_update=True)
    if known is not None:
        session.delete(known)
        session.flush()
    if state is not None:
        session.add(GapMark(topic=topic, state=state, count=count, day=day, at=now, by=actor.id, by_name=actor.name))
    _audit(session, actor, now, {"gap": state or "open", "questions": count})


def marks(session: Session) -> dict[str, GapMark]:
    """All marks by topic."""
    return {each.topic: each for each in session.scalars(select(GapMark))}


def standing(known: Mapping[str, GapMark], topic: str, days: Days) -> GapMark | None:
    """The mark of this gap, unless it has grown since: by half of what it was, and by ``GROWN`` at least.

    A topic may be worded a little longer or shorter from one day to the next (养狗证, 狗证).
    """
    found = known.get(topic)
    if found is None:
        found = next((known[each] for each in sorted(known) if each in topic or topic in each), None)
    if found is None:
        return None
    since = sum(int(count) for day, _, count in days if str(day) > found.day)
    return found if since < max(GROWN, found.count / 2) else None


# Replaced regulations


def regulations(session: Session) -> Sequence[ReplacedRegulation]:
    """All pairs of old and new, by the old name."""
    return session.scalars(select(ReplacedRegulation).order_by(ReplacedRegulation.old)).all()


def replacements(session: Session) -> dict[str, str]:
    """Old name → new."""
    return {each.old: each.new for each in regulations(session)}


def enter(session: Session, pairs: Iterable[tuple[str, str]], *, actor: Acting, now: datetime) -> int:
    """Store pairs of old and new, in the place of what was said of the same old one. Return how many are new or other.

    Raises ``RoleRefused``, ``UnfitRegulation`` for the first pair that is none.
    """
    check_may_mark(actor)
    known = {each.old: each for each in regulations(session)}
    changed = 0
    for number, pair in enumerate(pairs, 1):
        old, new = (name.strip() for name in pair)
        if not old or not new or old == new or len(old) > LONGEST_NAME or len(new) > LONGEST_NEW:
            raise UnfitRegulation(number)
        there = known.get(old)
        if there is None:
            known[old] = ReplacedRegulation(old=old, new=new, at=now, by=actor.id)
            session.add(known[old])
        elif there.new != new:
            there.new, there.at, there.by = new, now, actor.id
        else:
            continue
        changed += 1
    session.flush()
    _audit(session, actor, now, {"regulations": changed})
    return changed


def remove(session: Session, key: str, *, actor: Acting, now: datetime) -> None:
    """Take a pair out. Raises ``RoleRefused``, ``RegulationNotFound``."""
    check_may_mark(actor)
    found = session.get(ReplacedRegulation, key) if is_id(key) else None
    if found is None:
        raise RegulationNotFound(key)
    session.delete(found)
    _audit(session, actor, now, {"regulations": -1})


def _audit(session: Session, actor: Acting, now: datetime, details: dict[str, str | int]) -> None:
    audit.record(
        session,
        actor=actor.id,
        role=actor.role,
        act="gaps",
        subject="knowledge",
        subject_id="gaps",
        now=now,
        details=details,
    )
