"""Whoever is signed out by an administrator has no ticket any more: others need not wait for him."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from casework import at_desk, staff, staff_changes
from casework.actors import Actor
from casework.tables import Ticket
from district.schemas import Role
from storage import identity

from .conftest import NOW, Bench

ADMINISTRATOR = Actor("u-admin", "管理员", Role.ADMINISTRATOR)
Act = Callable[[Session, str, datetime], object]


def signed_out(session: Session, key: str, now: datetime) -> object:
    return staff_changes.end_sessions(session, key, actor=ADMINISTRATOR, now=now)


def disabled(session: Session, key: str, now: datetime) -> object:
    return staff_changes.disable(session, key, actor=ADMINISTRATOR, now=now)


def given_a_password(session: Session, key: str, now: datetime) -> object:
    return staff_changes.give_password(session, key, "$argon2id$", actor=ADMINISTRATOR, now=now)


def no_longer_listed(session: Session, key: str, now: datetime) -> object:
    plan = staff.Plan([], [], 0, [session.get_one(identity.User, key).login])
    return staff.apply(session, plan, {}, actor=ADMINISTRATOR, now=now)


@pytest.mark.parametrize("act", [signed_out, disabled, given_a_password, no_longer_listed])
def test_who_is_shut_out_gives_back_what_he_had_claimed(bench: Bench, act: Act) -> None:
    key = bench.ticket()
    with bench.database.write.begin() as session:
        user = identity.add_user(session, login="wang", name="王", role=Role.AGENT, password="Kette-7391", now=NOW)
        session.flush()
        mine = Actor(user.id, user.name, Role.AGENT)
        at_desk.claim(session, bench.district, session.get_one(Ticket, key), actor=mine, now=NOW)
    with bench.database.write.begin() as session:
        act(session, mine.id, NOW)
    found = bench.look(lambda session: at_desk.look(session, session.get_one(Ticket, key), ADMINISTRATOR, now=NOW))
    assert found.claim is None
