"""Orders of the city's platform (市平台工单): taken in, sent again, withdrawn, judged, and ruled upon.

An order opens a ticket of its own, whose life is the district's; beside it stands what the city last said of it. What
the desk does about it goes back there as acts (``casework.telling.report``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from rapidfuzz import fuzz
from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import (
    callbacks,
    city_deadlines,
    conversation,
    desk_work,
    facts,
    intake,
    message_rows,
    residents,
    urging,
)
from casework.actors import SYSTEM, Actor, CallbackResult, Given
from casework.city_tables import CityOrder
from casework.intake import Receipt
from casework.lifecycle import note
from casework.message_tables import Message
from casework.tables import Ticket
from casework.telling import notify
from casework.tickets import OPEN_TICKETS
from channels.message import CityOrder as Stated
from channels.message import CityVerdict, InboundMessage, Sender
from district.pack import District
from district.schemas import Role
from storage import change_log
from storage.database import new_id

CITY = Actor("city", "市平台", Role.SYSTEM)
UNDECIDED = ("received", "assessed")
ALIKE = 30
"""Per cent of likeness below which two wordings under one number are two matters."""


def receive(session: Session, district: District, message: InboundMessage, *, blob: str, now: datetime) -> Receipt:
    """Take one message of the city's platform. The first transaction, as ``intake.receive``.

    ``refused`` is the outcome where its number belongs to another matter, or to no order that we have: then nothing
    is stored, and the reason is Chinese.
    """
    order = _stated(message)
    row = _standing(session, message, order)
    known = message_rows.known(session, message.channel, message.account, message.delivery_id)
    if known is not None:
        if row is None or not _is_said_anew(row, order, known):
            return Receipt("repeated", known.id, known.ticket_id or "", reason=known.ignored)
        message = replace(message, delivery_id=f"{message.delivery_id}:{new_id()}")
    if why := _refusal(session, row, order, message):
        return Receipt("refused", "", reason=why)
    if row is None:
        return _opened(session, district, message, order, blob=blob, now=now)
    if order.act == "issue":
        return _issued_again(session, district, row, message, order, blob=blob, now=now)
    message_id = message_rows.insert(session, message, blob=blob, now=now)
    if message_id is None:  # another process was quicker
        return receive(session, district, message, blob=blob, now=now)
    message_rows.settle(session, message_id, ticket_id=row.ticket_id)
    _ACTS[order.act](session, district, row, message, now)
    change_log.record(session, "tickets", row.ticket_id, "message", now=now)
    return Receipt("accepted", message_id, row.ticket_id)


def _stated(message: InboundMessage) -> Stated:
    if message.order is None:
        raise ValueError(message.delivery_id)
    return message.order


def _standing(session: Session, message: InboundMessage, order: Stated) -> CityOrder | None:
    """The order as it stands, held for this transaction: first its case, as whoever works on it holds that first."""
    query = select(CityOrder).where(
        CityOrder.channel == message.channel,
        CityOrder.account == message.account,
        CityOrder.number == order.number,
    )
    found = session.scalar(query)
    if found is None:
        return None
    conversation.still_open(session, found.ticket)
    return session.scalar(query.with_for_update(of=CityOrder).execution_options(populate_existing=True))


def _is_said_anew(row: CityOrder, order: Stated, known: Message) -> bool:
    """Whether an act in words heard before is another one: what we asked since waits for it, or the order came again.

    Cities rule in the same few words time after time.
    """
    if (
        order.ruling is not None
        and (row.return_state if order.ruling.on == "return" else row.extension_state) == "asked"
    ):
        return True
    return order.act != "issue" and known.ticket_id != row.ticket_id


def _refusal(session: Session, row: CityOrder | None, order: Stated, message: InboundMessage) -> str:
    if row is None:
        return "" if order.act == "issue" else f"没有收到过编号 {order.number} 的市平台工单，收到后可重新读取"
    if order.act != "issue" or order.revision < row.revision:
        return ""
    before = session.get_one(Message, row.message_id)
    alike = fuzz.ratio(f"{before.title}\n{before.text}", f"{message.title}\n{message.text}")
    same_caller = message.sender.phone and message.sender.id == before.sender
    if alike >= ALIKE or (same_caller and order.revision > row.revision):
        return ""
    return f"市平台工单编号 {order.number} 已用于另一件诉求（工单 {row.ticket.number}），请与市平台核对"


def _opened(
    session: Session, district: District, message: InboundMessage, order: Stated, *, blob: str, now: datetime
) -> Receipt:
    receipt = intake.receive(session, district, message, blob=blob, now=now)
    if receipt.outcome != "accepted":
        return receipt
    row = CityOrder(
        channel=message.channel,
        account=message.account,
        number=order.number,
        ticket_id=receipt.ticket_id,
        state="open",
        received_at=now,
    )
    session.add(row)
    _take_over(row, district, order, receipt.message_id)
    return receipt


def _take_over(row: CityOrder, district: District, order: Stated, message_id: str) -> None:
    row.message_id, row.revision = message_id, order.revision
    row.category, row.mapped = order.category, district.city.category(order.category)
    row.deadline_at, row.may_return, row.return_until = order.deadline, order.may_return, order.return_until


def _issued_again(
    session: Session,
    district: District,
    row: CityOrder,
    message: InboundMessage,
    order: Stated,
    *,
    blob: str,
    now: datetime,
) -> Receipt:
    """A later wording takes the place of the one before; of an order that is over, a higher revision opens it anew."""
    if order.revision < row.revision:
        return _set_aside(session, row, message, f"市平台较早的版次（{order.revision}）", blob=blob, now=now)
    ticket = row.ticket
    if ticket.state not in OPEN_TICKETS or row.state != "open":
        if order.revision == row.revision:
            return _set_aside(session, row, message, "工单已办结，市平台重发的内容已登记", blob=blob, now=now)
        return _issued_anew(session, district, row, message, order, blob=blob, now=now)
    first = replace(message, revises=order.number, sender=Sender(ticket.sender, message.sender.name))
    receipt = intake.receive(session, district, first, blob=blob, now=now)
    before = row.deadline_at, row.mapped, ticket.title
    _take_over(row, district, order, receipt.message_id)
    ticket.title = message.title or ticket.title
    if row.deadline_at != before[0]:
        _deadline_moved(session, district, row, "市平台更改办结时限", now=now)
    if (row.mapped, ticket.title) != before[1:] and ticket.state in UNDECIDED:
        ticket.assessed_at = None  # judged again
    if message.sender.phone and message.sender.id != ticket.sender:
        _caller_corrected(session, district, row, message, now=now)
    return replace(receipt, fresh=ticket.assessed_at is None)


def _caller_corrected(
    session: Session, district: District, row: CityOrder, message: InboundMessage, *, now: datetime
) -> None:
    """The ticket is his whose number the city now gives, so that nobody calls the wrong one."""
    who = residents.recognise(session, message.channel, message.account, message.sender, now=now)
    latest = session.get_one(Message, row.message_id, populate_existing=True)
    for each in (row.ticket, latest):
        each.sender, each.resident_id = message.sender.id, who.resident_id
    label = "市平台更正诉求人电话"
    note(session, "city_caller", label, actor=CITY, now=now, ticket=row.ticket, case=row.ticket.case)
    _tell_unit(session, district, row, label, now=now)


def _set_aside(
    session: Session, row: CityOrder, message: InboundMessage, why: str, *, blob: str, now: datetime
) -> Receipt:
    message_id = message_rows.insert(session, message, blob=blob, now=now)
    if message_id is None:
        return Receipt("repeated", row.message_id, row.ticket_id)
    message_rows.settle(session, message_id, ticket_id=row.ticket_id, ignored=why)
    return Receipt("ignored", message_id, row.ticket_id, reason=why)


def _issued_anew(
    session: Session,
    district: District,
    row: CityOrder,
    message: InboundMessage,
    order: Stated,
    *,
    blob: str,
    now: datetime,
) -> Receipt:
    """重派 of an order that was over: a new ticket that follows the old one."""
    receipt = intake.receive(session, district, message, blob=blob, now=now)
    if receipt.outcome != "accepted":
        return receipt
    session.get_one(Ticket, receipt.ticket_id).follows = row.ticket_id
    row.ticket_id, row.state, row.return_state, row.extension_state = receipt.ticket_id, "open", "", ""
    row.verdict_at, row.reached, row.contacted, row.resolved, row.satisfaction, row.said = (
        None,
        None,
        None,
        None,
        "",
        "",
    )
    _take_over(row, district, order, receipt.message_id)
    return receipt


def _deadline_moved(session: Session, district: District, row: CityOrder, label: str, *, now: datetime) -> None:
    ticket = row.ticket
    zone = district.calendars.zone
    until = f"{row.deadline_at.astimezone(zone):%m月%d日 %H:%M}" if row.deadline_at else "不再规定"
    note(session, "city_deadline", label, actor=CITY, now=now, ticket=ticket, case=ticket.case, text=until)
    if ticket.case is not None:
        city_deadlines.rebind(session, district, ticket.case, ticket)
        _tell_unit(session, district, row, f"{label}：{until}", now=now)


def _tell_unit(session: Session, district: District, row: CityOrder, text: str, *, now: datetime) -> None:
    """The unit that has the case, or the desk while nobody has it."""
    ticket, case = row.ticket, row.ticket.case
    fields = {"text": text}
    if case is not None and case.lead_unit:
        notify(session, district, "unit", "city_said", now=now, case=case, unit=case.lead_unit, fields=fields)
    else:
        notify(session, district, "desk", "city_said", now=now, ticket=ticket, fields=fields)


def _withdrawn(session: Session, district: District, row: CityOrder, message: InboundMessage, now: datetime) -> None:
    row.state = "withdrawn"
    _leaves(session, district, row, "city_withdraw", message.text, now=now)


def _leaves(session: Session, district: District, row: CityOrder, move: str, text: str, *, now: datetime) -> None:
    """The order is the district's no more: the unit hears it first, for its part in the case ends with the move."""
    if row.ticket.state not in OPEN_TICKETS:
        note(session, move, "工单办结后市平台收回", actor=CITY, now=now, ticket=row.ticket, text=text)
        return
    _tell_unit(session, district, row, text, now=now)
    desk_work.move(session, district, row.ticket, move, actor=CITY, now=now, given=Given(text=text))


def _urged(session: Session, district: District, row: CityOrder, message: InboundMessage, now: datetime) -> None:
    if row.ticket.state in OPEN_TICKETS:
        urging.urge(session, district, row.ticket, message.text, purpose=message.delivery_id, actor=SYSTEM, now=now)
    else:
        notify(session, district, "desk", "city_said", now=now, ticket=row.ticket, fields={"text": message.text})


def _judged(session: Session, district: District, row: CityOrder, message: InboundMessage, now: datetime) -> None:
    """The resident's word to the city stands beside ours; a ticket that waits for its callback has it now."""
    verdict = _stated(message).verdict
    if verdict is None:
        return
    row.verdict_at, row.reached, row.contacted = now, verdict.reached, verdict.contacted
    row.resolved, row.satisfaction, row.said = verdict.resolved, verdict.satisfaction, verdict.text
    ticket = row.ticket
    note(
        session, "city_verdict", "市平台回访", actor=CITY, now=now, ticket=ticket, case=ticket.case, text=told(verdict)
    )
    whole = not verdict.reached or (verdict.resolved is not None and bool(verdict.satisfaction))
    if ticket.state in callbacks.CALLABLE and whole:
        result = CallbackResult(
            verdict.reached,
            verdict.contacted,
            verdict.resolved,
            verdict.satisfaction,
            f"市平台回访 {verdict.text}".strip(),
        )
        callbacks.record(session, district, ticket, result, actor=CITY, now=now)
    elif verdict.resolved is False or verdict.satisfaction == "dissatisfied":
        fields = {"text": f"市平台回访：{told(verdict)}"}
        notify(session, district, "supervisor", "city_said", now=now, ticket=ticket, fields=fields)
    facts.refresh(session, district, ticket, now=now)


_DEGREES = {"satisfied": "满意", "basically_satisfied": "基本满意", "dissatisfied": "不满意"}


def told(verdict: CityVerdict | CityOrder) -> str:
    """A verdict in Chinese words."""
    if verdict.reached is False:
        return "未接通"
    parts = [
        yes if found else no
        for found, yes, no in (
            (verdict.contacted, "已联系", "未联系"),
            (verdict.resolved, "已解决", "未解决"),
        )
        if found is not None
    ]
    parts += [_DEGREES.get(verdict.satisfaction, "")]
    said = verdict.text if isinstance(verdict, CityVerdict) else verdict.said
    return "，".join(filter(None, (*parts, said))) or "没有结果"


def _ruled(session: Session, district: District, row: CityOrder, message: InboundMessage, now: datetime) -> None:
    ruling = _stated(message).ruling
    if ruling is None:
        return
    what = "退回" if ruling.on == "return" else "延期"
    label = f"市平台{'同意' if ruling.approved else '不同意'}{what}"
    state = "approved" if ruling.approved else "refused"
    note(
        session, "city_decision", label, actor=CITY, now=now, ticket=row.ticket, case=row.ticket.case, text=message.text
    )
    if ruling.on == "return":
        row.return_state = state
        if ruling.approved:
            row.state = "returned"
            _leaves(session, district, row, "city_take_back", label, now=now)
            return
    else:
        row.extension_state = state
        if ruling.approved and ruling.deadline is not None:
            row.deadline_at = ruling.deadline
            _deadline_moved(session, district, row, label, now=now)
            return
    _tell_unit(session, district, row, f"{label}。{message.text}", now=now)


Act = Callable[[Session, District, CityOrder, InboundMessage, datetime], None]
_ACTS: Mapping[str, Act] = {"withdraw": _withdrawn, "urge": _urged, "verdict": _judged, "decision": _ruled}
