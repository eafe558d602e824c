"""保密: the reporter of one ticket is hidden from every unit, whatever the type of his request.

He says so himself, or an agent ticks it on his word. It is taken back by the desk alone, with a reason: what a unit
has once read is not unread.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from casework.actors import DESK, Actor
from casework.errors import NeedMissing, NotAllowed
from casework.lifecycle import note
from casework.tables import Ticket
from district.pack import District
from district.schemas import Role

ASKS = DESK | {Role.RESIDENT, Role.CALLBACK_AGENT}


def ask(session: Session, district: District, ticket: Ticket, *, actor: Actor, now: datetime) -> bool:
    """Hide the reporter from now on; False when he was hidden. Raises ``NotAllowed``."""
    del district
    if actor.role not in ASKS:
        raise NotAllowed("登记保密", "由居民本人提出，或由坐席、派单员登记")
    if ticket.confidential:
        return False
    ticket.confidential = True
    note(session, "confidential", "居民要求保密", actor=actor, now=now, ticket=ticket, case=ticket.case)
    return True


def lift(session: Session, district: District, ticket: Ticket, *, actor: Actor, now: datetime, reason: str) -> bool:
    """Show him again, on his word; False when he was not hidden. Raises ``NotAllowed``, ``NeedMissing``."""
    del district
    if actor.role not in DESK:
        raise NotAllowed("解除保密", "由坐席、派单员或督办人员登记")
    if not reason.strip():
        raise NeedMissing("解除保密", "reason")
    if not ticket.confidential:
        return False
    ticket.confidential = False
    note(session, "lift_confidential", "解除保密", actor=actor, now=now, ticket=ticket, text=reason.strip())
    return True
