"""A gap that was dealt with stays away until it grows; replaced regulations are kept."""

from __future__ import annotations

from datetime import datetime

import pytest

from knowledge import gap_marks
from knowledge.errors import RegulationNotFound, RoleRefused, UnfitRegulation
from storage.database import Database
from tests.unit.knowledge.people import EDITOR, EVERYBODY, LEAD

BEFORE = [("2026-03-20", "web", 6)]


def marked(database: Database, now: datetime, *, count: int = 6) -> None:
    with database.write.begin() as session:
        gap_marks.mark(session, "狗证", "handled", count=count, day="2026-03-24", actor=EDITOR, now=now)


@pytest.mark.parametrize(
    ("since", "stands"), [([], True), ([("2026-03-25", "web", 2)], True), ([("2026-03-25", "web", 3)], False)]
)
def test_a_gap_dealt_with_comes_back_when_it_has_grown(
    database: Database, now: datetime, since: list[tuple[str, str, int]], stands: bool
) -> None:
    marked(database, now)
    with database.read() as session:
        known = gap_marks.marks(session)
    assert (gap_marks.standing(known, "狗证", [*BEFORE, *since]) is not None) is stands


def test_a_large_gap_has_to_grow_by_half(database: Database, now: datetime) -> None:
    marked(database, now, count=40)
    with database.read() as session:
        known = gap_marks.marks(session)
    assert gap_marks.standing(known, "狗证", [("2026-03-25", "web", 19)])
    assert not gap_marks.standing(known, "狗证", [("2026-03-25", "web", 20)])


def test_a_topic_that_is_worded_longer_is_the_same_and_another_is_not(database: Database, now: datetime) -> None:
    marked(database, now)
    with database.read() as session:
        known = gap_marks.marks(session)
    assert gap_marks.standing(known, "养狗证", BEFORE)
    assert gap_marks.standing(known, "游泳馆", BEFORE) is None


def test_a_mark_is_undone(database: Database, now: datetime) -> None:
    marked(database, now)
    with database.write.begin() as session:
        gap_marks.mark(session, "狗证", None, count=0, day="", actor=EDITOR, now=now)
    with database.read() as session:
        assert gap_marks.marks(session) == {}


def test_only_editors_and_supervisors_deal_with_gaps(database: Database, now: datetime) -> None:
    refused = set()
    for actor in EVERYBODY:
        try:
            with database.write.begin() as session:
                gap_marks.enter(session, [("甲办法", "乙条例")], actor=actor, now=now)
        except RoleRefused:
            refused.add(actor.role)
    assert refused == {actor.role for actor in EVERYBODY} - gap_marks.MAY_MARK
    with pytest.raises(RoleRefused):
        gap_marks.check_may_see(LEAD)


def test_pairs_of_regulations_are_kept_renewed_and_taken_out(database: Database, now: datetime) -> None:
    with database.write.begin() as session:
        assert gap_marks.enter(session, [("《甲办法》", "《乙条例》"), ("丙", "丁")], actor=EDITOR, now=now) == 2
    with database.write.begin() as session:
        assert gap_marks.enter(session, [(" 《甲办法》 ", "《戊条例》"), ("丙", "丁")], actor=EDITOR, now=now) == 1
        assert gap_marks.replacements(session) == {"《甲办法》": "《戊条例》", "丙": "丁"}
        key = gap_marks.regulations(session)[0].id
        gap_marks.remove(session, key, actor=EDITOR, now=now)
        assert len(gap_marks.regulations(session)) == 1
    with database.write.begin() as session, pytest.raises(RegulationNotFound):
        gap_marks.remove(session, key, actor=EDITOR, now=now)


@pytest.mark.parametrize("pair", [("", "乙"), ("甲", " "), ("甲", "甲"), ("甲" * 201, "乙")])
def test_what_is_no_pair_is_refused_by_its_place_and_nothing_is_kept(
    database: Database, now: datetime, pair: tuple[str, str]
) -> None:
    with pytest.raises(UnfitRegulation, match="第 2 条"), database.write.begin() as session:
        gap_marks.enter(session, [("丙", "丁"), pair], actor=EDITOR, now=now)
    with database.read() as session:
        assert gap_marks.regulations(session) == []
