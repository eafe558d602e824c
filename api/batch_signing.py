"""Many cases signed at once (批量签收), each in a transaction of its own: what is refused stops no other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from api import errors
from api.desk import Desk
from casework import acts, tickets, unit_work
from casework.actors import Actor
from casework.errors import CaseworkError

AT_ONCE = 200
"""Cases of one batch at most."""


def sign_all(desk: Desk, keys: Iterable[str], actor: Actor) -> list[dict[str, Any]]:
    """What became of each case, by id or number, in their order and each once."""
    return [_sign(desk, key, actor) for key in dict.fromkeys(keys)]


def _sign(desk: Desk, key: str, actor: Actor) -> dict[str, Any]:
    """Sign one; ``error`` is the Chinese sentence where it was refused."""
    try:
        with desk.database.write.begin() as session:
            case = tickets.get_case(session, desk.district, key, actor)
            acts.perform(session, desk.district, case, unit_work.SIGN, actor=actor, now=desk.now())
            return {"case": case.number, "error": ""}
    except CaseworkError as error:
        return {"case": key, "error": errors.sentence(error)}
