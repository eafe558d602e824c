"""Many cases dispatched at once (批量派单), each in a transaction of its own: what is refused stops no other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from api import errors
from api.desk import Desk
from casework import acts, tickets
from casework.actors import Actor, Given
from casework.errors import CaseworkError

AT_ONCE = 200
"""Cases of one batch at most."""


def dispatch_all(desk: Desk, keys: Iterable[str], actor: Actor, given: Given) -> list[dict[str, Any]]:
    """What became of each case, by id or number, in their order and each once."""
    return [_dispatch(desk, key, actor, given) for key in dict.fromkeys(keys)]


def _dispatch(desk: Desk, key: str, actor: Actor, given: Given) -> dict[str, Any]:
    """Dispatch one; ``error`` is the Chinese sentence where it was refused."""
    try:
        with desk.database.write.begin() as session:
            case = tickets.get_case(session, desk.district, key, actor)
            acts.perform(session, desk.district, case, "dispatch", actor=actor, now=desk.now(), given=given)
            return {"case": case.number, "unit": case.lead_unit, "error": ""}
    except CaseworkError as error:
        return {"case": key, "unit": "", "error": errors.sentence(error)}
