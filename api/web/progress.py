"""What happened to a matter, line by line, in its resident's words and true for him."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.web.unit_panel import phone_of
from casework import handling
from casework.tables import Step, Ticket
from casework.telling import has_line_back
from storage.deliveries import Delivery

TOLD = {
    "receive": "已收到您的诉求",
    "file": "已立案",
    "dispatch": "已派给承办单位",
    "sign": "承办单位已签收",
    "answer": "承办单位已答复",
    "answer_directly": "已直接答复",
    "join_in": "您加入了其他居民已经反映的同一件事",
    "urge": "您催办过一次",
    "rework": "因问题未解决，已退回重新办理",
    "call_back": "回访完成，已办结",
    "close_anonymous": "已答复并办结（没有留联系方式，不再回访）",
    "reject": "不予受理，已告知途径",
    "ask_reopening": "您要求重新办理",
    "reopen": "已重新办理",
    "withdraw": "已按您的要求撤诉",
    "suspend": "暂时无法解决，已挂账并定期复核",
}
"""Steps a resident is shown, in his words; what happens inside the desk is not his burden."""
CONTACTED = {
    handling.VISIT: "承办单位已上门联系",
    handling.RELAY: "承办单位已请热线中心转告您",
    handling.OTHER: "承办单位已通过其他方式联系",
}
"""By the way that the unit gave; another is a call, which only he can have had who left a number."""
TELL = "tell"
ANEW = ("rework", "reopen")
ANSWERED = "answered"
"""The template of an answer."""
SENT = ("答复已发给您", frozenset({"sent", "perhaps_sent", "grouped"}))
SAID = ("工作人员已把答复告诉您", frozenset({"told", "uploaded"}))
ON_THE_WAY = ("答复正在发给您", frozenset({"queued", "leased", "waiting", "to_upload"}))
TO_CALL = "答复写在本页，工作人员会打电话告诉您"
SHOWN = "答复写在本页"


def lines(session: Session, ticket: Ticket, steps: Sequence[Step]) -> list[tuple[datetime, str]]:
    """The steps that he is shown, with their moments. The case and the ticket go back together: that is one line."""
    told: list[tuple[Step, str]] = []
    for step in steps:
        again = step.move == "reopen" and bool(told) and told[-1][0].move in ANEW
        words = "" if again else _words(session, ticket, step, steps)
        if words:
            told.append((step, words))
    return [(step.at, words) for step, words in told]


def _words(session: Session, ticket: Ticket, step: Step, steps: Sequence[Step]) -> str:
    if step.move == "contact":
        return _contacted(ticket, step)
    if step.move == TELL:
        later = (each.at for each in steps if each.move == TELL and each.at > step.at)
        return _answered(session, ticket, step.at, next(later, None))
    return TOLD.get(step.move, "")


def may_be_reached(ticket: Ticket) -> bool:
    """Whether he left a number or came by a channel that takes words back."""
    return bool(phone_of(ticket)) or has_line_back(ticket.channel)


def _contacted(ticket: Ticket, step: Step) -> str:
    if step.reason in CONTACTED:
        return CONTACTED[step.reason]
    if phone_of(ticket):
        return "承办单位已与您联系"
    several = ticket.case is not None and len(ticket.case.tickets) > 1
    return "承办单位已联系反映这件事的居民" if several else "承办单位已记下联系情况"


def _answered(session: Session, ticket: Ticket, since: datetime, until: datetime | None) -> str:
    """Whether the answer of this round was sent to him; what was not stands on his page."""
    query = select(Delivery.state).where(
        Delivery.ticket_id == ticket.id, Delivery.template == ANSWERED, Delivery.created_at >= since
    )
    states = set(session.scalars(query if until is None else query.where(Delivery.created_at < until)))
    for words, fits in (SENT, SAID, ON_THE_WAY):
        if states & fits:
            return words
    return TO_CALL if "to_tell" in states and phone_of(ticket) else SHOWN
