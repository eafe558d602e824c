"""After a decision (审批): what became of which case, and what comes next, told on the page that it leads back to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit

from sqlalchemy.orm import Session

from api.auth import Visitor
from api.desk import Desk
from casework import deadlines, requests, rules, tickets
from casework.errors import UnknownCase, UnknownRequest
from casework.open_requests import PENDING
from casework.reading import Reader
from casework.rules import RuleBook
from casework.tables import Case
from casework.unit_work import ANSWERED, SIGN, SUSPENDED

TOLD = timedelta(minutes=5)
"""An address that is kept and opened later tells of nothing."""
APPROVED, REFUSED = "approved", "refused"


@dataclass(frozen=True, slots=True)
class Judged:
    """``kind`` is what was asked for, ``coming`` what comes next; ``until`` the day an extension moved ``clock`` to."""

    approved: bool
    kind: str
    number: str
    title: str
    coming: str
    lead: str
    waiting: list[str]
    clock: str = ""
    until: datetime | None = None


def leading_back(address: str, request_id: str) -> str:
    """The address with what was decided, for the notice."""
    parts = urlsplit(address)
    query = "&".join(part for part in (parts.query, urlencode({"decided": request_id})) if part)
    return parts._replace(query=query).geturl()


def of(session: Session, desk: Desk, who: Visitor, key: str) -> Judged | None:
    """What the visitor just decided; None without a request, or where he decided none of late."""
    if not key:
        return None
    try:
        request = requests.get(session, key)
        case = tickets.get_case(session, desk.district, request.case_id, who.actor)
    except (UnknownRequest, UnknownCase):
        return None
    at = request.decided_at
    if (
        request.state not in (APPROVED, REFUSED)
        or request.decided_by != who.actor.id
        or at is None
        or at < desk.now() - TOLD
    ):
        return None
    book = rules.of(session, desk.district, case)
    kinds = {kind.name: kind for kind in book.workflow.requests}
    kind = kinds[request.kind]
    clock = deadlines.running(case, kind.extends) if kind.extends and request.state == APPROVED else None
    return Judged(
        approved=request.state == APPROVED,
        kind=kind.label,
        number=case.number,
        title=Reader(desk.district, who.actor).title(case),
        coming=_coming(book, case),
        lead=desk.district.units.name_of(case.lead_unit),
        waiting=[kinds[each.kind].label for each in case.requests if each.state == PENDING and each.kind in kinds],
        clock=clock.label if clock else "",
        until=clock.due_at if clock else None,
    )


def _coming(book: RuleBook, case: Case) -> str:
    """What the case waits for."""
    life = book.workflow.case
    if case.state == life.initial:
        return "办件回到待派单，请重新派单。"
    if case.state in life.final:
        return "办件已办结。"
    if case.state == SUSPENDED:
        return "办件已挂账，到复核日期再看。"
    if case.state == ANSWERED:
        return "答复已办出，接下来由回访员回访。"
    signs = any(move.name == SIGN and case.state in move.sources for move in life.transitions)
    return "接下来由承办单位签收。" if signs else "接下来由承办单位继续办理。"
