"""The way of one message, gone and taken back: what is loaded on first use is there for the first resident.

It took a third of a second, in which nobody else was served.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

from api import judging
from casework import filing, intake
from channels.message import Account, InboundMessage
from channels.registry import CHANNELS
from triage.assessment import Context

if TYPE_CHECKING:
    from api.desk import Desk

log = logging.getLogger(__name__)

ACCOUNT = Account("telegram", "rehearsal")
WORDS = "小区门口的路灯坏了三天，晚上看不见路，请派人来修"
_UPDATE = {
    "update_id": 1,
    "message": {
        "message_id": 1,
        "date": 1,
        "from": {"id": 1, "is_bot": False, "first_name": "居民"},
        "chat": {"id": 1, "type": "private"},
        "text": WORDS,
    },
}


def rehearse(desk: Desk) -> None:
    """Receive and file a message in a transaction that is rolled back. Nothing of it is seen or stays.

    Nobody depends on it: a failure is told in the log.
    """
    try:
        _go_and_return(desk)
    except Exception:
        log.exception("the rehearsal failed")


def _go_and_return(desk: Desk) -> None:
    (message,) = CHANNELS[ACCOUNT.channel].parse(json.dumps(_UPDATE).encode(), ACCOUNT)
    assert isinstance(message, InboundMessage)
    assessment = judging.think(desk, WORDS, Context(channel=ACCOUNT.channel))
    with desk.database.write() as session:
        receipt = intake.receive(session, desk.district, message, blob="", now=desk.now())
        session.flush()
        filing.file(session, desk.district, receipt.ticket_id, assessment, now=desk.now())
        session.rollback()
