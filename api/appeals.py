"""A resident's form on its way in: the interface and the resident's page send it by the same function."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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
    """Take a form (``channels.web``) and have it judged in the background.

    ``key`` is the sender's own: the same form under it again gives the same ticket. Raises ``UnreadableMessage``,
    which names the field; ``KeyReused`` for another form under a known key; ``TooOften``.
    """
    account = account or desk.account_or_bare("web")
    payload = json.dumps({**form, "id": key or new_id()}, ensure_ascii=False, sort_keys=True).encode("utf-8", "replace")
    CHANNELS["web"].parse(payload, account)  # who sends it hears at once what is wrong with it; nothing is kept
    if not _brake.count({address: AN_ADDRESS}, now=desk.now()):
        raise TooOften("提交过于频繁，请稍后再试")
    (reading,) = pipeline.read(desk, account, [payload])
    with desk.thinker.after_this():
        ((receipt,),) = pipeline.store(desk, [reading])
    with desk.database.read() as session:
        message = session.get_one(Message, receipt.message_id)
        if message.blob != reading.digest:
            raise KeyReused  # and its ticket is not shown: it may be a stranger's
        ticket = session.get_one(Ticket, receipt.ticket_id)
        sent = Sent(ticket.number, ticket.code)
    if receipt.fresh:
        desk.thinker.submit(receipt.ticket_id)
    return sent
