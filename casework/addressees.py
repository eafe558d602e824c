"""Whom a message about a ticket goes to: the name that the ticket came from, or another of the resident's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import Session

from casework import notice_times, ways
from casework.message_tables import Message
from casework.resident_tables import Identity, Resident
from casework.tables import Ticket
from district.pack import District
from storage.statements import table_of

UNREACHABLE = {
    "wechat": "居民已取消关注，无法送达，请电话告知",
    "telegram": "居民已停用机器人，无法送达，请电话告知",
    "mailbox": "居民邮箱曾退信，无法送达，请电话告知",
    "sms": "居民已退订短信或号码不可用，无法送达，请电话告知",
}
UNKNOWN_PERSON = "该渠道没有居民的联系方式，无法送达，请电话告知"

_RESIDENT, _NAME, _MESSAGE = map(table_of, (Resident, Identity, Message))

# Built once and run on the tables: every message asks, and building a statement costs more than running it. It goes
# past the session, which would flush before: residents, names and messages never wait for a flush.
_QUERY = (
    select(
        _RESIDENT.c.name,
        _RESIDENT.c.wishes,
        _NAME.c.reachable,
        _MESSAGE.c.id,
        _MESSAGE.c.external_id,
        _MESSAGE.c.received_at,
    )
    .select_from(_RESIDENT)
    .outerjoin(
        _NAME,
        and_(
            _NAME.c.channel == bindparam("of_channel"),
            _NAME.c.account == bindparam("of_account"),
            _NAME.c.external == bindparam("of_sender"),
        ),
    )
    .outerjoin(_MESSAGE, _MESSAGE.c.ticket_id == bindparam("of_ticket"))
    .where(_RESIDENT.c.id == bindparam("of_resident"))
    .order_by(_MESSAGE.c.received_at.desc(), _MESSAGE.c.id.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whom a message about a ticket goes to, which of his it answers, and ``why`` it cannot reach him."""

    name: str
    why: str
    message_id: str | None
    external_id: str
    wishes: Mapping[str, Any] = field(default_factory=dict)
    heard_at: datetime | None = None


def of_ticket(session: Session, ticket: Ticket) -> Addressee:
    """Whom the ticket's messages go to: the name it came from."""
    values = {
        "of_ticket": ticket.id,
        "of_resident": ticket.resident_id,
        "of_channel": ticket.channel,
        "of_account": ticket.account,
        "of_sender": ticket.sender,
    }
    found = session.connection().execute(_QUERY, values).one_or_none()
    if found is None:
        return Addressee("", UNKNOWN_PERSON, None, "")
    name, wishes, reachable, message_id, external_id, heard_at = found
    why = "" if reachable else UNKNOWN_PERSON if reachable is None else UNREACHABLE.get(ticket.channel, UNKNOWN_PERSON)
    return Addressee(name, why, message_id, external_id or "", wishes, heard_at)


def other_way(
    session: Session, district: District, ticket: Ticket, template: str, to: Addressee, *, spoken: bool, now: datetime
) -> ways.Way | None:
    """Another name of his that the message goes to from the first: the channel he chose, or where he cannot be
    answered any that he can be written to on. None: the name that the ticket came from.

    In conversation he is answered where he speaks, and what must not reach another is not sent to one.
    """
    if not district.templates.get(template).must_reach:
        return None
    if spoken:
        return next(iter(ways.of_resident(session, ticket.resident, ticket)), None)
    wished = str(to.wishes.get("channel", ""))
    talking = notice_times.is_talking(district, to.heard_at, now=now)
    if not wished or wished == ticket.channel or talking or district.notices.of(template) is None:
        return None
    return ways.chosen(session, ticket.resident_id, wished)
