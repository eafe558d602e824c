"""A resident's form on its way in: the interface and the resident's page send it by the same function."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from api import pipeline
from api.brake import Brake
from api.desk import Desk
from api.errors import TooOften
from api.idempotency import KeyReused
from casework.message_tables import Message
from casework.tables import Ticket
from channels.message import Account
from channels.registry import CHANNELS
from storage.database import new_id

AN_ADDRESS = 30
"""Forms of one address within the brake's window: a whole neighbourhood may stand behind it, a program more often."""

_brake = Brake()


@dataclass(frozen=True, slots=True)
class Sent:
    """The number by which the matter is known, and the code by which whoever sent it follows it."""

    number: str
    code: str


def send(desk: Desk, form: Mapping[str, Any], *, key: str, address: str, account: Account | None = None) -> Sent:
    """``take`` a form of a program's, which has its share: raises ``TooOften`` beyond it, nothing is kept then."""
    payload, account = _payload(desk, form, key, account)
    CHANNELS["web"].parse(payload, account)  # who sends it hears at once what is wrong with it
    if not _brake.count({address: AN_ADDRESS}, now=desk.now()):
        raise TooOften("提交过于频繁，请稍后再试")
    return _take(desk, payload, account)


def take(
    desk: Desk, form: Mapping[str, Any], *, key: str, then: Callable[[Session, Ticket], None] | None = None
) -> Sent:
    """Take a form (``channels.web``) and have it judged in the background.

    ``key`` is the sender's own: the same form under it again gives the same ticket. ``then`` is what the resident wants
    beside that, done once its ticket is there and before anybody judges it. Raises ``UnreadableMessage``, which names
    the field, and ``KeyReused`` for another form under a known key.
    """
    payload, account = _payload(desk, form, key, None)
    CHANNELS["web"].parse(payload, account)
    return _take(desk, payload, account, then)


def _payload(desk: Desk, form: Mapping[str, Any], key: str, account: Account | None) -> tuple[bytes, Account]:
    payload = json.dumps({**form, "id": key or new_id()}, ensure_ascii=False, sort_keys=True).encode("utf-8", "replace")
    return payload, account or desk.account_or_bare("web")


def _take(desk: Desk, payload: bytes, account: Account, then: Callable[[Session, Ticket], None] | None = None) -> Sent:
    (reading,) = pipeline.read(desk, account, [payload])
    with desk.thinker.after_this():
        ((receipt,),) = pipeline.store(desk, [reading])
        with desk.database.read() as session:
            message = session.get_one(Message, receipt.message_id)
            if message.blob != reading.digest:
                raise KeyReused  # and its ticket is not shown: it may be a stranger's
            ticket = session.get_one(Ticket, receipt.ticket_id)
            sent = Sent(ticket.number, ticket.code)
        if receipt.fresh and then is not None:
            with desk.database.write.begin() as session:
                then(session, session.get_one(Ticket, receipt.ticket_id))
    if receipt.fresh:
        desk.thinker.submit(receipt.ticket_id)
    return sent
