"""What people made of the bot's proposals, and the weights that are learnt from it.

A judgement is kept as numbers and references. Once a week the shipped weights are refitted on a year of judgements and
the bot uses the outcome from then on. Weights that cannot be read, or that began with other weights than are shipped
now, are passed over: the bot answers with the shipped ones.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from knowledge import evidence
from knowledge.acts import Acting
from knowledge.bot_tables import AnswerRecord, AnswerWeights
from knowledge.confidence import ENOUGH, Confidence, Record, refit
from knowledge.errors import UnusableConfidence
from knowledge.evidence import Row
from storage import audit

REMEMBERED = timedelta(days=365)
"""A refit learns from what was judged in so long."""
LARGEST_CHANGES = 5


@dataclass(frozen=True, slots=True)
class Learnt:
    """Judgements a refit can learn from; ``passed_over`` were measured under other features, or are damaged."""

    records: tuple[Record, ...]
    passed_over: int

    @property
    def accepted(self) -> int:
        return sum(record.accepted for record in self.records)

    @property
    def refused(self) -> int:
        return len(self.records) - self.accepted

    @property
    def enough(self) -> bool:
        """Whether a refit changes anything."""
        return min(self.accepted, self.refused) >= ENOUGH


@dataclass(frozen=True, slots=True)
class InUse:
    """The weights the bot answers with. ``version`` is 0 for the shipped ones; ``why_not`` is what keeps stored ones
    from use, in Chinese, and ``stored`` the row they stand in.
    """

    confidence: Confidence
    version: int = 0
    why_not: str = ""
    stored: AnswerWeights | None = None


@lru_cache(maxsize=1)
def shipped() -> Confidence:
    """The weights as shipped, read once."""
    return Confidence.default()


def digest(text: str) -> str:
    """A short name of a text that tells it from others."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def features_digest() -> str:
    """Of the features' names, in their order."""
    return digest("\n".join(evidence.FEATURES))


def judge(
    session: Session,
    *,
    ticket_id: str,
    article: str,
    version: int,
    evidence: Row,
    accepted: bool,
    actor: Acting,
    now: datetime,
) -> AnswerRecord:
    """Keep what a person made of the proposal to answer this ticket with this version of an article.

    A later judgement of the same takes the place of the earlier.
    """
    wanted = select(AnswerRecord).where(
        AnswerRecord.ticket_id == ticket_id, AnswerRecord.article == article, AnswerRecord.version == version
    )
    row = session.scalar(wanted.with_for_update())
    if row is None:
        row = AnswerRecord(ticket_id=ticket_id, article=article, version=version)
        session.add(row)
    row.evidence, row.features = list(evidence), features_digest()
    row.accepted, row.at = accepted, now
    session.flush()
    audit.record(
        session,
        actor=actor.id,
        role=actor.role,
        act="answer.judged",
        subject="ticket",
        subject_id=ticket_id,
        now=now,
        details={"article": article, "version": version, "accepted": accepted},
    )
    return row


def judged(session: Session, ticket_id: str, article: str, version: int) -> bool | None:
    """What was made of the proposal: accepted or not, None if nobody has judged it."""
    wanted = select(AnswerRecord.accepted).where(
        AnswerRecord.ticket_id == ticket_id, AnswerRecord.article == article, AnswerRecord.version == version
    )
    return session.scalar(wanted)


def learnt(session: Session, *, now: datetime) -> Learnt:
    """The judgements of the last year."""
    wanted = select(AnswerRecord).where(AnswerRecord.at > now - REMEMBERED).order_by(AnswerRecord.id)
    records, passed_over = [], 0
    for row in session.scalars(wanted):
        if row.features == features_digest() and _measured(row.evidence):
            records.append(Record(tuple(map(float, row.evidence)), row.accepted))
        else:
            passed_over += 1
    return Learnt(tuple(records), passed_over)


def _measured(row: object) -> bool:
    if not isinstance(row, list) or len(row) != len(evidence.FEATURES):
        return False
    return all(isinstance(value, int | float) and math.isfinite(value) for value in row)


def using(session: Session) -> InUse:
    """The weights in use, and why not the stored ones where they are not."""
    row = session.scalar(select(AnswerWeights).order_by(AnswerWeights.version.desc()).limit(1))
    if row is None or not row.weights:
        return InUse(shipped())
    if row.shipped != digest(shipped().to_json()):
        return InUse(shipped(), 0, "随程序的权重已更新，尚未在其上重新拟合", row)
    try:
        return InUse(_read(row.weights), row.version, "", row)
    except UnusableConfidence:
        return InUse(shipped(), 0, "已损坏，或与程序的特征不符", row)


@lru_cache(maxsize=4)
def _read(text: str) -> Confidence:
    return Confidence.from_json(text)


def in_use(session: Session) -> Confidence:
    """The weights the bot answers with."""
    return using(session).confidence


def relearn(session: Session, *, now: datetime) -> tuple[Learnt, Confidence | None]:
    """What a refit would learn from, and the weights it would leave; None where it would change nothing."""
    known = learnt(session, now=now)
    if not known.enough:
        return known, None
    made = Confidence.from_json(refit(shipped(), known.records).to_json())  # as it will be read
    return known, None if made == in_use(session) else made


def keep(session: Session, known: Learnt, made: Confidence, *, actor: Acting, now: datetime) -> AnswerWeights:
    """The bot answers with these weights from now on."""
    return _store(session, known, made.to_json(), "answer.refitted", actor=actor, now=now)


def reset(session: Session, *, actor: Acting, now: datetime) -> AnswerWeights:
    """The bot answers with the shipped weights from now on; the judgements stay."""
    return _store(session, learnt(session, now=now), "", "answer.reset", actor=actor, now=now)


def _store(session: Session, known: Learnt, weights: str, act: str, *, actor: Acting, now: datetime) -> AnswerWeights:
    last = session.scalar(select(AnswerWeights.version).order_by(AnswerWeights.version.desc()).limit(1)) or 0
    counts = {"accepted": known.accepted, "refused": known.refused, "passed_over": known.passed_over}
    row = AnswerWeights(version=last + 1, at=now, weights=weights, shipped=digest(shipped().to_json()), **counts)
    session.add(row)
    session.flush()
    audit.record(
        session,
        actor=actor.id,
        role=actor.role,
        act=act,
        subject="answer_weights",
        subject_id=str(row.version),
        now=now,
        details=counts,
    )
    return row


class Changed(NamedTuple):
    """A feature's weight before and after."""

    feature: str
    before: float
    after: float


def changes(before: Confidence, after: Confidence) -> Sequence[Changed]:
    """The weights that changed most, the largest change first."""
    pairs = zip(evidence.FEATURES, before.weights, after.weights, strict=True)
    both = [Changed(*each) for each in (*pairs, ("bias", before.bias, after.bias))]
    found = [each for each in both if each.before != each.after]
    return sorted(found, key=lambda each: -abs(each.after - each.before))[:LARGEST_CHANGES]
