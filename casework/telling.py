"""Who is told: residents by a delivery on their own channel, staff by a notice, in the words of the pack."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, func, select
from sqlalchemy.orm import Session

from casework import deadlines
from casework.actors import Actor
from casework.city_tables import CityOrder
from casework.message_tables import Message
from casework.reading import Reader
from casework.resident_tables import Identity, Resident
from casework.tables import Case, Notice, Ticket
from channels.base import LineBack, ReportsUp
from channels.registry import CHANNELS, capabilities
from district.pack import District
from district.schemas import Role, Tell
from storage import change_log, deliveries
from storage.deliveries import Delivery
from storage.statements import table_of

AUTOMATIC_AN_HOUR = 12
"""A mailbox, or a telephone, that answers us by itself without saying so would answer for ever; beyond so many of one
automatic template we fall silent. What a person wrote always goes out."""

UNREACHABLE = {
    "wechat": "居民已取消关注，无法送达，请电话告知",
    "mailbox": "居民邮箱曾退信，无法送达，请电话告知",
    "sms": "居民已退订短信或号码不可用，无法送达，请电话告知",
}
UNKNOWN_PERSON = "该渠道没有居民的联系方式，无法送达，请电话告知"

READ_BY = {"desk": Role.SUPERVISOR, "supervisor": Role.SUPERVISOR, "unit": Role.UNIT_LEAD, "unit_lead": Role.UNIT_LEAD}
"""Whose eyes the notices of an audience are for: of those who read them, the one who sees least of a person."""

MATTER_LENGTH = 24

_RESIDENT, _NAME, _MESSAGE, _DELIVERY = map(table_of, (Resident, Identity, Message, Delivery))

# Built once and run on the tables: every message asks, and building a statement costs more than running it. They go
# past the session, which would flush before each: residents, names, messages and deliveries never wait for a flush.
_ADDRESSEE = (
    select(_RESIDENT.c.name, _NAME.c.reachable, _MESSAGE.c.id, _MESSAGE.c.external_id)
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
_SENT = select(func.count(_DELIVERY.c.id)).where(
    _DELIVERY.c.channel == bindparam("of_channel"),
    _DELIVERY.c.account == bindparam("of_account"),
    _DELIVERY.c.recipient == bindparam("of_recipient"),
    _DELIVERY.c.template == bindparam("of_template"),
    _DELIVERY.c.created_at > bindparam("since"),
)

_DIRECTION = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def matter(title: str, text: str = "") -> str:
    """A matter in a few words, for messages and lists; without the marks that would turn the words around it."""
    words = " ".join(_DIRECTION.sub("", title or text).split())
    return words if len(words) <= MATTER_LENGTH else words[: MATTER_LENGTH - 1] + "…"


def offer(
    district: District,
    *,
    now: datetime,
    case: Case | None = None,
    ticket: Ticket | None = None,
    unit: str = "",
    text: str = "",
    reason: str = "",
) -> dict[str, str]:
    """The fields a template may ask for (``district.templates.TOLD_FIELDS``), with what is known now."""
    case = case or (ticket.case if ticket else None)
    lead = unit or (case.lead_unit if case else "")
    clock = deadlines.binding(case) if case else None
    zone = district.calendars.zone
    return {
        "number": ticket.number if ticket else case.number if case else "",
        "lookup_code": ticket.code if ticket else "",
        "matter": (matter(ticket.title, ticket.text) if ticket else matter(case.title) if case else "") or "附件内容",
        "unit": district.units.get(lead).name if lead else district.manifest.desk,
        "text": text,
        "reason": reason,
        "deadline": f"{clock.due_at.astimezone(zone):%m月%d日 %H:%M}" if clock else "另行告知",
        "date": f"{now.astimezone(zone):%Y年%m月%d日}",
    }


def say(
    session: Session,
    district: District,
    ticket: Ticket,
    template: str,
    *,
    purpose: str,
    now: datetime,
    fields: dict[str, str] | None = None,
) -> str | None:
    """Queue a templated message to the ticket's resident; None when a name has had enough automatic ones
    or has left the list of notices.

    Return the delivery's id. ``purpose`` makes it once only: asked again, it is the delivery that is there. ``fields``
    add to what ``offer`` knows. What cannot reach him is kept as a failed delivery, and the desk is told of it, unless
    it was automatic. On a channel of orders it is an act that the platform is told, if it is one there.
    """
    channel = CHANNELS.get(ticket.channel)
    if isinstance(channel, ReportsUp):
        act = channel.acts.get(template)
        return _report_words(session, district, ticket, act, template, purpose, now, fields or {}) if act else None
    automatic = district.templates.get(template).automatic
    if automatic and _had_enough(session, ticket, template, now=now):
        return None
    if district.templates.get(template).notice and _left_notices(session, ticket):
        return None
    spoken = not has_line_back(ticket.channel)
    if spoken and automatic:
        return None  # whoever took the call or stood at the counter said it
    to = _addressee(session, ticket)
    if to.why or spoken:
        known = session.scalar(select(Delivery.id).where(Delivery.purpose == purpose))
        if known is not None:
            return known
    offered = offer(district, now=now, ticket=ticket) | (fields or {})
    words = district.templates.render_offered(template, ticket.channel, offered)
    delivery_id = deliveries.enqueue(
        session,
        purpose=purpose,
        channel=ticket.channel,
        account=ticket.account,
        recipient=ticket.sender,
        recipient_name=to.name,
        ticket_id=ticket.id,
        reply_to_message=to.message_id,
        template=template,
        title=words.subject,
        text=words.text,
        ticket_token=ticket.code,
        replies_to=to.external_id,
        thread=[to.external_id] if to.external_id else [],
        now=now,
    )
    if spoken:
        deliveries.leave_to_tell(session, delivery_id, now=now)
        notify(session, district, "desk", "to_tell", now=now, ticket=ticket)
    elif to.why:
        delivery = deliveries.get(session, delivery_id)
        undelivered(session, district, delivery, ticket, to.why, now=now, quiet=automatic)
    return delivery_id


def _report_words(
    session: Session,
    district: District,
    ticket: Ticket,
    act: str,
    template: str,
    purpose: str,
    now: datetime,
    fields: dict[str, str],
) -> str | None:
    offered = offer(district, now=now, ticket=ticket) | fields
    words = district.templates.render_offered(template, ticket.channel, offered)
    details = {"outcome": template, "unit": offered["unit"], "reason": fields.get("reason", "")}
    told = {key: value for key, value in details.items() if value}
    return report(
        session, district, ticket, act, text=words.text, details=told, purpose=purpose, now=now, template=template
    )


def report(
    session: Session,
    district: District,
    ticket: Ticket,
    act: str,
    *,
    text: str,
    purpose: str,
    now: datetime,
    details: dict[str, str] | None = None,
    template: str = "",
) -> str | None:
    """Queue an act on the ticket's order for the platform it came from; None where no order is known.

    Return the delivery's id. ``purpose`` makes it once only, as for ``say``.
    """
    number = session.scalar(select(CityOrder.number).where(CityOrder.ticket_id == ticket.id))
    if number is None:
        return None
    at = now.astimezone(district.calendars.zone).isoformat(timespec="seconds")
    return deliveries.enqueue(
        session,
        purpose=purpose,
        channel=ticket.channel,
        account=ticket.account,
        recipient=number,
        ticket_id=ticket.id,
        template=template,
        text=text,
        ticket_token=ticket.code,
        act=act,
        details={"ticket": ticket.number, "at": at} | (details or {}),
        now=now,
    )


def has_line_back(channel: str) -> bool:
    """Whether residents of this channel can be written to; who called or stood at a counter cannot."""
    return channel not in CHANNELS or (isinstance(CHANNELS[channel], LineBack) and not reports_up(channel))


def reports_up(channel: str) -> bool:
    """Whether what is done about a ticket of this channel is reported to the platform it came from."""
    return isinstance(CHANNELS.get(channel), ReportsUp)


def undelivered(
    session: Session,
    district: District,
    delivery: Delivery,
    ticket: Ticket | None,
    reason: str,
    *,
    now: datetime,
    quiet: bool = False,
) -> None:
    """Put on record that a message did not reach its resident and why; the desk is told unless ``quiet``."""
    delivery.state, delivery.reason = "failed", reason
    change_log.record(session, "deliveries", delivery.id, "failed", now=now)
    if ticket is not None and not quiet:
        notify(session, district, "desk", "undelivered", now=now, ticket=ticket, fields={"reason": reason})


@dataclass(frozen=True, slots=True)
class _Addressee:
    """Whom a message about a ticket goes to, which of his it answers, and ``why`` it cannot reach him."""

    name: str
    why: str
    message_id: str | None
    external_id: str


def _addressee(session: Session, ticket: Ticket) -> _Addressee:
    values = {
        "of_ticket": ticket.id,
        "of_resident": ticket.resident_id,
        "of_channel": ticket.channel,
        "of_account": ticket.account,
        "of_sender": ticket.sender,
    }
    found = session.connection().execute(_ADDRESSEE, values).one_or_none()
    if found is None:
        return _Addressee("", UNKNOWN_PERSON, None, "")
    name, reachable, message_id, external_id = found
    why = "" if reachable else UNKNOWN_PERSON if reachable is None else UNREACHABLE.get(ticket.channel, UNKNOWN_PERSON)
    return _Addressee(name, why, message_id, external_id or "")


def _left_notices(session: Session, ticket: Ticket) -> bool:
    found = session.get(Resident, ticket.resident_id) if ticket.resident_id else None
    return found is not None and bool(found.wishes.get("no_notices"))


def _had_enough(session: Session, ticket: Ticket, template: str, *, now: datetime) -> bool:
    """Whether this name had so many of this template that somebody's machine may be answering."""
    if not capabilities(ticket.channel).machines:
        return False
    values = {
        "of_channel": ticket.channel,
        "of_account": ticket.account,
        "of_recipient": ticket.sender,
        "of_template": template,
        "since": now - timedelta(hours=1),
    }
    sent = session.connection().execute(_SENT, values).scalar_one()
    return sent >= AUTOMATIC_AN_HOUR


def notify(
    session: Session,
    district: District,
    audience: str,
    template: str,
    *,
    now: datetime,
    case: Case | None = None,
    ticket: Ticket | None = None,
    unit: str = "",
    person: str = "",
    fields: dict[str, str] | None = None,
) -> Notice:
    """Leave a notice for a group of staff: ``desk``, ``supervisor``, ``unit`` or ``unit_lead`` with the unit's code;
    or for one ``person`` of the desk, by the user's key.

    It is written as its readers read a list: a unit learns from it nothing of the reporter of a 举报.
    """
    reader = Reader(district, Actor("", "", READ_BY.get(audience, Role.AUDITOR), unit))
    offered = offer(district, now=now, case=case, ticket=None if case else ticket, unit=unit) | (fields or {})
    if case is not None and case.title:
        offered["matter"] = matter(reader.title(case))
    words = district.templates.render_offered(template, audience, offered)
    text = reader.record(case, ticket).text(words.text)
    notice = Notice(
        at=now,
        audience=audience,
        unit=unit,
        reader=person,
        case_id=case.id if case else None,
        ticket_id=ticket.id if ticket else None,
        template=template,
        text=text,
    )
    session.add(notice)
    session.flush()
    change_log.record(session, "notices", notice.id, audience, now=now, payload={"unit": unit})
    return notice


def in_line(tickets: Iterable[Ticket]) -> list[Ticket]:
    """The order in which whoever tells several residents tells them.

    The number that a message has in its resident's line is held until the commit: two who tell the same residents of
    two cases, each in an order of his own, would wait for each other.
    """
    return sorted(tickets, key=lambda each: (each.channel, each.account, each.sender, each.id))


def tell(
    session: Session,
    district: District,
    tells: Iterable[Tell],
    *,
    purpose: str,
    now: datetime,
    case: Case | None = None,
    ticket: Ticket | None = None,
    fields: dict[str, str] | None = None,
) -> None:
    """Tell everybody whom a transition or a request names.

    A move of a ticket tells its resident, and the units of its case where the pack says so; a move of a case tells
    the residents of all tickets that hang on it.
    """
    for each in tells:
        if each.audience == "resident":
            tickets = [ticket] if ticket is not None else in_line(case.tickets) if case is not None else []
            for one in tickets:
                once = f"{each.template}:{purpose}:{one.id}"
                say(session, district, one, each.template, purpose=once, now=now, fields=fields)
            continue
        units = [""]
        if each.audience == "unit":
            case = case or (ticket.case if ticket is not None else None)
            units = [part.unit for part in case.units] if case is not None else []
        for unit in units:
            notify(
                session,
                district,
                each.audience,
                each.template,
                now=now,
                case=case,
                ticket=ticket,
                unit=unit,
                fields=fields,
            )
