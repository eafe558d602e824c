"""What a desk's judgements teach the bot: enough of both change the weights, damage and other features do not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from knowledge import weights
from knowledge.bot_tables import AnswerRecord, AnswerWeights
from knowledge.evidence import FEATURES
from storage import gathered
from storage.audit import AuditRow
from storage.database import Database, new_id
from tests.unit.knowledge.people import EDITOR

Fill = Callable[..., None]


@pytest.fixture
def session(database: Database) -> Session:
    with database.write.begin() as made:
        yield made  # type: ignore[misc]


@pytest.fixture
def fill(session: Session, now: datetime) -> Fill:
    """So many judgements of either outcome; what is accepted was found with a wide margin."""

    def made(accepted: int, refused: int, *, at: datetime = now) -> None:
        for number in range(accepted + refused):
            taken = number < accepted
            row = tuple(5.0 if taken and name == "margin" else 0.1 for name in FEATURES)
            weights.judge(
                session, ticket_id=new_id(), article="KB-1", version=1, evidence=row, accepted=taken, actor=EDITOR,
                now=at,
            )  # fmt: skip

    return made


def learn(session: Session, now: datetime) -> bool:
    known, made = weights.relearn(session, now=now)
    if made is not None:
        weights.keep(session, known, made, actor=EDITOR, now=now)
    return made is not None


@pytest.mark.parametrize(("accepted", "refused"), [(0, 0), (29, 0), (29, 60), (60, 29)])
def test_below_thirty_of_either_nothing_changes(
    session: Session, now: datetime, fill: Fill, accepted: int, refused: int
) -> None:
    fill(accepted, refused)
    assert not learn(session, now)
    assert weights.using(session) == weights.InUse(weights.shipped())


def test_thirty_of_both_change_the_weights_from_then_on_and_again_only_with_others(
    session: Session, now: datetime, fill: Fill
) -> None:
    fill(30, 30)
    assert learn(session, now)
    found = weights.using(session)
    assert (found.version, found.why_not) == (1, "")
    assert found.confidence != weights.shipped()
    at = FEATURES.index("margin")
    assert found.confidence.weights[at] > weights.shipped().weights[at]
    assert found.confidence.threshold == weights.shipped().threshold
    assert weights.changes(weights.shipped(), found.confidence)
    assert not learn(session, now), "the same judgements teach nothing new"
    fill(1, 5)
    assert learn(session, now)
    assert weights.using(session).version == 2


def test_a_year_is_remembered(session: Session, now: datetime, fill: Fill) -> None:
    fill(30, 30)
    assert not learn(session, now + timedelta(days=365))
    assert learn(session, now + timedelta(days=364))


def test_a_reset_goes_back_to_the_shipped_weights_and_keeps_the_judgements(
    session: Session, now: datetime, fill: Fill
) -> None:
    fill(30, 30)
    learn(session, now)
    weights.reset(session, actor=EDITOR, now=now)
    assert weights.using(session) == weights.InUse(weights.shipped())
    assert weights.learnt(session, now=now).accepted == 30
    gathered.write(session)
    acts = session.scalars(select(AuditRow.act).where(AuditRow.subject == "answer_weights").order_by(AuditRow.id))
    assert list(acts) == ["answer.refitted", "answer.reset"]


def test_evidence_of_other_features_or_damaged_is_passed_over_and_counted(
    session: Session, now: datetime, fill: Fill
) -> None:
    fill(31, 30)
    keys = list(session.scalars(select(AnswerRecord.id).order_by(AnswerRecord.id)))
    session.execute(update(AnswerRecord).where(AnswerRecord.id == keys[0]).values(features="0" * 16))
    for key, damaged in zip(keys[-3:], ([1.0], ["x"] * len(FEATURES), {"a": 1}), strict=True):
        session.execute(update(AnswerRecord).where(AnswerRecord.id == key).values(evidence=damaged))
    known = weights.learnt(session, now=now)
    assert (known.accepted, known.refused, known.passed_over) == (30, 27, 4)
    assert not learn(session, now)


@pytest.mark.parametrize("damaged", ["{", "{}", "[]", '{"features": {}, "bias": 1}'])
def test_damaged_weights_fall_back_to_the_shipped_ones_and_say_so(
    session: Session, now: datetime, fill: Fill, damaged: str
) -> None:
    fill(30, 30)
    learn(session, now)
    session.execute(update(AnswerWeights).values(weights=damaged))
    found = weights.using(session)
    assert found.confidence == weights.shipped()
    assert "损坏" in found.why_not
    assert learn(session, now), "the next refit mends it"
    assert weights.using(session).version == 2


def test_weights_that_began_with_others_than_are_shipped_now_wait_for_the_next_refit(
    session: Session, now: datetime, fill: Fill
) -> None:
    fill(30, 30)
    learn(session, now)
    session.execute(update(AnswerWeights).values(shipped="0" * 16))
    found = weights.using(session)
    assert (found.confidence, found.version) == (weights.shipped(), 0)
    assert "已更新" in found.why_not


def test_a_later_judgement_of_the_same_proposal_takes_the_place_of_the_earlier(session: Session, now: datetime) -> None:
    ticket, row = new_id(), (0.1,) * len(FEATURES)
    assert weights.judged(session, ticket, "KB-1", 1) is None
    for accepted in (True, False):
        weights.judge(
            session, ticket_id=ticket, article="KB-1", version=1, evidence=row, accepted=accepted, actor=EDITOR, now=now
        )
        assert weights.judged(session, ticket, "KB-1", 1) is accepted
    assert session.scalar(select(func.count(AnswerRecord.id))) == 1
    assert weights.judged(session, ticket, "KB-1", 2) is None
