"""意见征集: the district asks residents about a question or a draft until a day, and says afterwards what came of it.

Each link and each browser has one answer. What was asked is not changed once it is out: who answered first would have
answered something else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from casework import recording
from casework.actors import Actor
from casework.errors import NotAllowed
from casework.opinion_tables import Consultation, Opinion
from casework.self_service_errors import (
    AnsweredBefore,
    ConsultationOver,
    UnfitOpinion,
    UnknownConsultation,
    WrongConsultationState,
)
from district.pack import District
from district.schemas import Role
from storage.database import is_id
from storage.numbers import short_number

MANAGES = frozenset({Role.KNOWLEDGE_EDITOR, Role.SUPERVISOR})
READS = MANAGES | {Role.AUDITOR}
STATES: Mapping[str, str] = {"draft": "草稿", "open": "征集中", "closed": "已截止"}
TITLE, TEXT, CHOICE, CHOICES, ANSWER, NAME, CONTACT = 120, 20_000, 60, 12, 3000, 60, 120
"""Characters at most of each, and how many choices there may be."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be asked."""

    title: str
    text: str
    closes_at: datetime
    choices: Sequence[str] = ()
    asks_contact: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What a resident answered."""

    choice: str = ""
    text: str = ""
    name: str = ""
    contact: str = ""


def create(session: Session, district: District, asked: Asked, *, actor: Actor, now: datetime) -> Consultation:
    """A draft. Raises ``NotAllowed`` and ``UnfitOpinion``."""
    _check_manages(actor, "新建")
    made = Consultation(
        number=short_number(session, "Y", now.astimezone(district.calendars.zone).date()),
        state="draft",
        created_at=now,
        created_by=actor.id,
        **_fitting(asked, now),
    )
    session.add(made)
    session.flush()
    _record(session, made, "consultation_create", actor, now=now)
    return made


def change(session: Session, consultation: Consultation, asked: Asked, *, actor: Actor, now: datetime) -> None:
    """Change a draft. Raises ``NotAllowed``, ``UnfitOpinion`` and ``WrongConsultationState``."""
    _check_manages(actor, "修改")
    _check_state(consultation, "修改", {"draft"}, now=now)
    for name, value in _fitting(asked, now).items():
        setattr(consultation, name, value)
    session.flush()
    _record(session, consultation, "consultation_change", actor, now=now)


def publish(session: Session, consultation: Consultation, *, actor: Actor, now: datetime) -> None:
    """发布. Raises ``NotAllowed``, ``WrongConsultationState``, and ``UnfitOpinion`` where its last day has passed."""
    _check_manages(actor, "发布")
    _check_state(consultation, "发布", {"draft"}, now=now)
    _check_closes(consultation.closes_at, now)
    consultation.state, consultation.published_at = "open", now
    session.flush()
    _record(session, consultation, "consultation_publish", actor, now=now)


def close(session: Session, consultation: Consultation, *, actor: Actor, now: datetime) -> None:
    """提前截止. Raises ``NotAllowed`` and ``WrongConsultationState``."""
    _check_manages(actor, "截止")
    _check_state(consultation, "截止", {"open"}, now=now)
    consultation.state, consultation.closed_at = "closed", now
    session.flush()
    _record(session, consultation, "consultation_close", actor, now=now)


def summarise(session: Session, consultation: Consultation, text: str, *, actor: Actor, now: datetime) -> None:
    """公布结果: what came of it, in the district's words, with the counts. It may be worded anew.

    Raises ``NotAllowed``, ``UnfitOpinion`` and ``WrongConsultationState`` while answers are still taken.
    """
    _check_manages(actor, "公布结果")
    _check_state(consultation, "公布结果", {"closed"}, now=now)
    consultation.summary = _words("结果说明", text, TEXT)
    consultation.state, consultation.summary_at = "closed", now
    consultation.closed_at = consultation.closed_at or consultation.closes_at
    session.flush()
    _record(session, consultation, "consultation_summary", actor, now=now)


def state_of(consultation: Consultation, *, now: datetime) -> str:
    """Its state now: one whose last moment has passed is closed, whoever noticed."""
    over = consultation.state == "open" and consultation.closes_at <= now
    return "closed" if over else consultation.state


def listed(session: Session, actor: Actor, *, limit: int = 100) -> Sequence[Consultation]:
    """All of them, the latest first. Raises ``NotAllowed``."""
    check_reads(actor)
    return list(session.scalars(select(Consultation).order_by(Consultation.created_at.desc()).limit(limit)))


def public(
    session: Session, *, now: datetime, limit: int = 50
) -> tuple[Sequence[Consultation], Sequence[Consultation]]:
    """Those that take answers, the one that closes first first; and the latest that are over."""
    going_on = select(Consultation).where(_is_open(now)).order_by(Consultation.closes_at).limit(limit)
    over = and_(
        Consultation.published_at.is_not(None), or_(Consultation.state == "closed", Consultation.closes_at <= now)
    )
    past = select(Consultation).where(over).order_by(Consultation.closes_at.desc()).limit(limit)
    return list(session.scalars(going_on)), list(session.scalars(past))


def _is_open(now: datetime) -> ColumnElement[bool]:
    return and_(Consultation.state == "open", Consultation.closes_at > now)


def get(session: Session, key: str, actor: Actor) -> Consultation:
    """By number or id, for staff. Raises ``NotAllowed`` and ``UnknownConsultation``."""
    check_reads(actor)
    return _find(session, key)


def get_public(session: Session, key: str) -> Consultation:
    """By number, as residents see it. Raises ``UnknownConsultation``, also for a draft."""
    found = _find(session, key)
    if found.published_at is None:
        raise UnknownConsultation(key)
    return found


def _find(session: Session, key: str) -> Consultation:
    wanted = or_(Consultation.number == key, Consultation.id == key) if is_id(key) else Consultation.number == key
    found = session.scalar(select(Consultation).where(wanted))
    if found is None:
        raise UnknownConsultation(key)
    return found


def voter(way: str, token: str, consultation: Consultation) -> str:
    """Who answers, as it is kept: nobody can tell from it that one answered two of them."""
    return hashlib.sha256(f"{way}\n{token}\n{consultation.id}".encode()).hexdigest()


def has_answered(session: Session, consultation: Consultation, who: str) -> bool:
    """Whether this link or browser has answered."""
    query = select(Opinion.id).where(Opinion.consultation_id == consultation.id, Opinion.voter == who)
    return session.scalar(query) is not None


def answer(session: Session, consultation: Consultation, given: Answer, *, who: str, now: datetime) -> Opinion:
    """Take an answer. Raises ``ConsultationOver``, ``UnfitOpinion`` and ``AnsweredBefore``, also at one moment."""
    if state_of(consultation, now=now) != "open":
        raise ConsultationOver
    if given.choice and given.choice not in consultation.choices:
        raise UnfitOpinion("选项", "不在可选的里面，请重新选")
    text = given.text.strip()
    if not text and not given.choice:
        raise UnfitOpinion("意见", "没有填写，请选一项或者写几句")
    limits = (("意见", text, ANSWER), ("称呼", given.name.strip(), NAME), ("联系方式", given.contact.strip(), CONTACT))
    for field, words, most in limits:
        if len(words) > most:
            raise UnfitOpinion(field, f"最多 {most} 个字")
    contact = given.contact.strip() if consultation.asks_contact else ""
    name = given.name.strip() if consultation.asks_contact else ""
    row = Opinion(
        consultation_id=consultation.id, voter=who, at=now, choice=given.choice, text=text, name=name, contact=contact
    )
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError:
        raise AnsweredBefore from None
    return row


def counts(session: Session, consultations: Sequence[Consultation]) -> dict[str, int]:
    """How many answered each, by id."""
    ids = [each.id for each in consultations]
    query = select(Opinion.consultation_id, func.count()).where(Opinion.consultation_id.in_(ids))
    rows = session.execute(query.group_by(Opinion.consultation_id)).all() if ids else []
    found: dict[str, int] = dict(rows)
    return {key: found.get(key, 0) for key in ids}


def tally(session: Session, consultation: Consultation) -> list[tuple[str, int]]:
    """How many chose each choice, as they were asked; those who chose none last, under no name."""
    query = select(Opinion.choice, func.count()).where(Opinion.consultation_id == consultation.id)
    rows = session.execute(query.group_by(Opinion.choice)).all()
    found: dict[str, int] = dict(rows)
    return [(each, found.get(each, 0)) for each in (*consultation.choices, "")]


def answers(
    session: Session, consultation: Consultation, actor: Actor, *, after: str = "", limit: int = 50
) -> tuple[Sequence[Opinion], str]:
    """The answers, the latest first, and the cursor of the next. Raises ``NotAllowed``."""
    check_reads(actor)
    query = select(Opinion).where(Opinion.consultation_id == consultation.id)
    if is_id(after):
        query = query.where(Opinion.id < after)
    rows = list(session.scalars(query.order_by(Opinion.id.desc()).limit(limit + 1)))
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else ""


def see_contact(session: Session, consultation: Consultation, key: str, *, actor: Actor, now: datetime) -> Opinion:
    """Whoever manages it has one answer's name and contact shown, on record.

    Raises ``NotAllowed``, and ``UnknownConsultation`` for an answer that is none of this one's.
    """
    _check_manages(actor, "查看联系方式")
    found = session.get(Opinion, key) if is_id(key) else None
    if found is None or found.consultation_id != consultation.id:
        raise UnknownConsultation(key)
    _record(session, consultation, "opinion_contact", actor, now=now, opinion=found.id)
    return found


def make_links(session: Session, consultation: Consultation, many: int, *, actor: Actor, now: datetime) -> None:
    """Put on record that links for so many answers are made. Raises ``NotAllowed`` and ``ConsultationOver``."""
    _check_manages(actor, "生成专用链接")
    if state_of(consultation, now=now) != "open":
        raise ConsultationOver
    _record(session, consultation, "opinion_links", actor, now=now, many=str(many))


def check_reads(actor: Actor) -> None:
    """Raises ``NotAllowed`` for who has no business with it."""
    if actor.role not in READS:
        raise NotAllowed("查看意见征集", "由知识管理员和督办管理，审计员可查看")


def _check_manages(actor: Actor, act: str) -> None:
    if actor.role not in MANAGES:
        raise NotAllowed(act, "意见征集由知识管理员和督办管理")


def _check_state(consultation: Consultation, act: str, states: set[str], *, now: datetime) -> None:
    state = state_of(consultation, now=now)
    if state not in states:
        raise WrongConsultationState(act, STATES[state])


def _fitting(asked: Asked, now: datetime) -> dict[str, object]:
    choices = list(dict.fromkeys(each.strip() for each in asked.choices if each.strip()))
    if len(choices) == 1 or len(choices) > CHOICES:
        raise UnfitOpinion("选项", f"应有 2 到 {CHOICES} 个，或者一个也不要")
    if any(len(each) > CHOICE for each in choices):
        raise UnfitOpinion("选项", f"每个最多 {CHOICE} 个字")
    _check_closes(asked.closes_at, now)
    return {
        "title": _words("标题", asked.title, TITLE),
        "text": _words("说明", asked.text, TEXT),
        "choices": choices,
        "asks_contact": asked.asks_contact,
        "closes_at": asked.closes_at,
    }


def _words(field: str, given: str, most: int) -> str:
    words = given.strip()
    if not words:
        raise UnfitOpinion(field, "没有填写")
    if len(words) > most:
        raise UnfitOpinion(field, f"最多 {most} 个字")
    return words


def _check_closes(closes_at: datetime, now: datetime) -> None:
    if closes_at <= now:
        raise UnfitOpinion("截止时间", "应在现在之后")


def _record(
    session: Session, consultation: Consultation, act: str, actor: Actor, *, now: datetime, **details: str
) -> None:
    details |= {"number": consultation.number}
    recording.record(
        session, actor, act, "consultation", consultation.id, now=now, topic="consultations", details=details
    )
