"""Staff as they stand in the database, and acts as any of them."""

from __future__ import annotations

from sqlalchemy import select

from casework.actors import Actor
from district.schemas import Role
from storage.identity import User

from .conftest import NOW, Bench

NOBODYS = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA"
"""A hash that no password fits: signing in is tested elsewhere, and hashing takes its time."""


def staff(bench: Bench, login: str, role: Role, unit: str = "", **more: str) -> Actor:
    """A user in the database, as actor."""
    with bench.database.write.begin() as session:
        user = User(
            login=login, name=f"员工{login}", role=str(role), unit=unit, password_hash=NOBODYS, created_at=NOW, **more
        )
        session.add(user)
        session.flush()
        return Actor(user.id, user.name, role, unit)


def user(bench: Bench, login: str) -> User:
    found = bench.look(lambda session: session.scalar(select(User).where(User.login == login)))
    assert found is not None
    return found
