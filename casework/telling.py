"""Who is told: residents by a delivery on their own channel, staff by a notice, in the words of the pack."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from casework import addressees, deadlines, notice_times
from casework.actors import Actor
from casework.city_tables import CityOrder
from casework.reading import Reader
from casework.tables import Case, Notice, Ticket
from channels.base import LineBack, ReportsUp
from channels.errors import Why
from channels.registry import CHANNELS, capabilities
from district.pack import District
from district.schemas import Role, Tell
from storage import change_log, deliveries
from storage.deliveries import Delivery
from storage.statements import table_of

AUTOMATIC_AN_HOUR = 12
"""A mailbox, or a telephone, that answers us by itself without saying so would answer for ever; beyond so many of one
automatic template we fall silent. What a person wrote always goes out."""

READ_BY = {"desk": Role.SUPERVISOR, "supervisor": Role.SUPERVISOR, "unit": Role.UNIT_LEAD, "unit_lead": Role.UNIT_LEAD}
"""Whose eyes the notices of an audience are for: of those who read them, the one who sees least of a person."""

MATTER_LENGTH = 24

_DELIVERY = table_of(Delivery)

# Built once and run on the tables: every message asks, and building a statement costs more than running it. They go
# past the session, which would flush before each: residents, names, messages and deliveries never wait for a flush.
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
    answer = deadlines.running(case, "answer") if case else None
    zone = district.calendars.zone
    return {
        "number": ticket.number if ticket else case.number if case else "",
        "lookup_code": ticket.code if ticket else "",
        "matter": (matter(ticket.title, ticket.text) if ticket else matter(case.title) if case else "") or "附件内容",
        "unit": district.units.get(lead).name if lead else district.manifest.desk,
        "text": text,
        "reason": reason,
        "deadline": f"{clock.due_at.astimezone(zone):%m月%d日 %H:%M}" if clock else "另行告知",
        "answer_by": f"{answer.due_at.astimezone(zone):%m月%d日 %H:%M}" if answer else "另行告知",
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
    fields: Mapping[str, str] | None = None,
    then: Sequence[tuple[str, Mapping[str, str]]] = (),
    choices: Sequence[tuple[str, str]] = (),
) -> str | None:
    """Queue a templated message to the ticket's resident; None when a name has had enough automatic ones
    or has left the list of notices.

    Return the delivery's id. ``purpose`` makes it once only: asked again, it is the delivery that is there. ``fields``
    add to what ``offer`` knows. ``then`` are further templates with their fields, said below the first in one message,
    ``choices`` what may be pressed on it: such a message answers in the conversation. A notice goes to the channel he
    chose, and when ``notices.yaml`` says; none that the pack does not send. What cannot reach him is kept as failed, or
    for a person to tell, and ``casework.reaching`` finds the next way. On a channel of orders it is an act that the
    platform is told, if it is one there.
    """
    channel = CHANNELS.get(ticket.channel)
    if isinstance(channel, ReportsUp):
        act = channel.acts.get(template)
        given = dict(fields or {})
        return _report_words(session, district, ticket, act, template, purpose, now, given) if act else None
    rule, automatic = district.notices.of(template), district.templates.get(template).automatic
    if (rule is not None and not rule.sent) or (automatic and _had_enough(session, ticket, template, now=now)):
        return None
    to = addressees.of_ticket(session, ticket)
    if district.templates.get(template).notice and to.wishes.get("no_notices"):
        return None
    spoken = not has_line_back(ticket.channel)
    in_talk = bool(then or choices)
    way = None if in_talk else addressees.other_way(session, district, ticket, template, to, spoken=spoken, now=now)
    if spoken and automatic and way is None:
        return None  # whoever took the call or stood at the counter said it
    if way is not None:
        to, spoken = replace(to, name=way.name or to.name, why="", message_id=None, external_id=""), False
    if to.why or spoken:
        known = session.scalar(select(Delivery.id).where(Delivery.purpose == purpose))
        if known is not None:
            return known
    channel_name, account, recipient = way.key if way is not None else (ticket.channel, ticket.account, ticket.sender)
    offered = offer(district, now=now, ticket=ticket)
    parts = ((template, fields or {}), *then)
    words = [district.templates.render_offered(name, channel_name, offered | dict(given)) for name, given in parts]
    if district.pages and "lookup_code" in district.templates.get(template).fields:
        page = f"{district.pages}/q/{ticket.code}"  # one tap instead of typing two numbers
        words.append(district.templates.render("follow_link", channel_name, link=page))
    leaves = notice_times.first(district, template, to.wishes, heard_at=to.heard_at, now=now)
    delivery_id = deliveries.enqueue(
        session,
        purpose=purpose,
        channel=channel_name,
        account=account,
        recipient=recipient,
        recipient_name=to.name,
        ticket_id=ticket.id,
        reply_to_message=to.message_id,
        template=template,
        title=words[0].subject,
        text="\n".join(each.text for each in words),
        fields=district.templates.taken(template, offered | dict(fields or {})),
        ticket_token=ticket.code,
        replies_to=to.external_id,
        thread=[to.external_id] if to.external_id else [],
        details={"said": " ".join(name for name, _ in parts)} if then else {},
        choices=[list(choice) for choice in choices],
        groupable=leaves.groupable,
        state="queued" if to.why or spoken else leaves.state,
        due_at=leaves.at,
        now=now,
    )
    if spoken:
        deliveries.leave_to_tell(session, delivery_id, now=now)
    elif to.why:
        why: Why = "unknown_person" if to.why == addressees.UNKNOWN_PERSON else "blocked"
        undelivered(session, deliveries.get(session, delivery_id), to.why, now=now, why=why)
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


def undelivered(session: Session, delivery: Delivery, reason: str, *, now: datetime, why: Why = "") -> None:
    """Put on record that a message did not reach its resident and why; what follows is ``casework.reaching``'s."""
    delivery.state, delivery.reason, delivery.why, delivery.followed = "failed", reason, why, ""
    deliveries.end_parts(session, delivery)
    change_log.record(session, "deliveries", delivery.id, "failed", now=now)


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
