"""What a resident does himself after his answer, by his lookup code: his verdict, asking for reopening, once more.

The code is the key: whoever was given it may speak for the matter. The interface and his page act by these functions.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from api.brake import Brake
from api.desk import Desk
from api.errors import TooOften
from casework import questionnaires, reopening, tickets
from casework.actors import CallbackResult
from casework.callbacks import CALLABLE
from casework.tables import Ticket
from channels.cleaning import tidy
from storage.database import new_id

AN_ADDRESS = 30
"""Acts of one address within the brake's window."""

_brake = Brake()


def count(desk: Desk, address: str) -> None:
    """Raises ``TooOften`` for an address that does too much."""
    if not _brake.count({address: AN_ADDRESS}, now=desk.now()):
        raise TooOften("提交过于频繁，请稍后再试")


def judge(desk: Desk, code: str, result: CallbackResult) -> Ticket:
    """His verdict, a callback by himself. Raises ``UnknownTicket`` and as ``callbacks.record`` does."""
    with desk.database.write.begin() as session:
        ticket = tickets.by_code(session, code)
        said = replace(result, text=tidy(result.text))
        questionnaires.by_himself(session, desk.district, ticket, said, purpose=new_id(), now=desk.now())
        return ticket


def reopen(desk: Desk, code: str, text: str) -> None:
    """Ask that his matter be taken up again. Raises ``UnknownTicket`` and as ``reopening.ask`` does."""
    with desk.database.write.begin() as session:
        reopening.ask(session, desk.district, tickets.by_code(session, code), tidy(text), now=desk.now())


def again(desk: Desk, code: str, text: str, *, key: str) -> Ticket:
    """A new ticket that follows the old one, judged in the background. ``key`` makes it once only."""
    text = tidy(text)
    digest = desk.blobs.put(_payload(code, text))
    with desk.thinker.after_this(), desk.database.write.begin() as session:
        old = tickets.by_code(session, code)
        receipt = reopening.again(session, desk.district, old, text, key=key, blob=digest, now=desk.now())
    with desk.database.read() as session:
        ticket = session.get_one(Ticket, receipt.ticket_id)
    if receipt.fresh:
        desk.thinker.submit(receipt.ticket_id)
    return ticket


def _payload(code: str, text: str) -> bytes:
    return json.dumps({"follows": code, "text": text}, ensure_ascii=False).encode("utf-8", "replace")


def page_values(desk: Desk, ticket: Ticket) -> dict[str, Any]:
    """What his page offers him now."""
    district = desk.district
    last = reopening.last_day(district, ticket)
    asked = reopening.asked(ticket)
    today = desk.now().astimezone(district.calendars.zone).date()
    over = ticket.state in district.workflow.ticket.final
    may_reopen = last is not None and today <= last and reopening.has_case_to_reopen(district, ticket)
    pending = asked is not None and asked.state == "pending"
    return {
        "may_judge": ticket.state in CALLABLE,
        "may_reopen": may_reopen and not pending,
        "last_day": last,
        "asked": asked,
        "may_begin_again": over and not may_reopen,
        "key": new_id(),
    }
