"""Open311 GeoReport v2 at ``/open311/v2``: services, requests, tokens; XML and JSON.

A service is a third-level category. A request comes in as a web form (``channels.web``) of the account ``open311``,
whose settings hold ``api_keys`` and may name ``jurisdiction_id``. Only what came in here is listed here, and only
with one of the keys: the door opens to programs of offices, not to whoever reads along.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import select
from sqlalchemy.orm import Session

from api import appeals
from api.auth import CurrentDesk
from api.desk import Desk
from api.errors import TooOften
from api.idempotency import KeyReused
from api.open311_documents import Format, Record, document, refusal
from casework import deadlines
from casework.actors import Actor
from casework.message_tables import Message
from casework.reading import Reader
from casework.tables import Ticket
from channels.errors import UnreadableMessage
from channels.message import Account
from district.schemas import Category, Role

router = APIRouter(prefix="/open311/v2", tags=["open311"])

ACCOUNT = "open311"
SPAN = timedelta(days=90)
"""The specification's: what is asked for without a date, and the longest span of one question."""

MOST = 1000
REQUESTS = ("service_requests", "request")
OPEN = frozenset({"received", "assessed", "on_case"})
READER = Actor("open311", "", Role.RESIDENT)
_WRONG: dict[str, str] = {"phone": "phone", "email": "email", "text": "description", "place.latitude": "lat"}


class _Refused(Exception):
    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status
        self.why = why


@router.get("/services.{kind}")
async def services(kind: Format, request: Request, desk: CurrentDesk) -> Response:
    """What can be reported: each third-level category."""
    try:
        _account(desk, request.query_params)
    except _Refused as problem:
        return refusal(kind, problem.status, problem.why)
    leaves = [_service(each) for each in desk.district.taxonomy.leaves]
    return document(kind, ("services", "service"), leaves)


@router.get("/services/{code}.{kind}")
async def definition(code: str, kind: Format) -> Response:
    """No service asks for attributes of its own (``metadata`` is false), so none has a definition."""
    return refusal(kind, 404, f"服务 {code} 没有需要另外填写的内容")


@router.post("/requests.{kind}")
async def report(kind: Format, request: Request, desk: CurrentDesk) -> Response:
    """A new request, form-encoded. ``service_code`` and a place or address are needed."""
    form = {name: str(value) for name, value in (await request.form()).multi_items()}
    address = request.client.host if request.client else ""
    try:
        account = _account(desk, form)
        _check_key(account, form)
        given = _form(desk, form)
        key = request.headers.get("idempotency-key", "")[:120]
        sent = await run_in_threadpool(appeals.send, desk, given, key=key, address=address, account=account)
    except _Refused as problem:
        return refusal(kind, problem.status, problem.why)
    except UnreadableMessage as problem:
        return refusal(kind, 400, f"{_WRONG.get(problem.where, problem.where)}：{problem.why}")
    except KeyReused:
        return refusal(kind, 409, "这个 Idempotency-Key 已用于另一项请求")
    except TooOften as problem:
        return refusal(kind, 429, problem.what)
    made = {"service_request_id": sent.number, "service_notice": f"查询码 {sent.code}", "account_id": None}
    return document(kind, REQUESTS, [made], 201)


@router.get("/tokens/{token}.{kind}")
async def token(token: str, kind: Format, request: Request, desk: CurrentDesk) -> Response:
    """A request has its number at once: its token is that number."""
    return await _listed(kind, request, desk, token, as_token=True)


@router.get("/requests.{kind}")
async def requests(kind: Format, request: Request, desk: CurrentDesk) -> Response:
    """Requests by their ids, or by service, status and date; the newest first."""
    return await _listed(kind, request, desk, "")


@router.get("/requests/{key}.{kind}")
async def one(key: str, kind: Format, request: Request, desk: CurrentDesk) -> Response:
    """One request."""
    return await _listed(kind, request, desk, key)


WITHHELD: Record = {"description": "", "status_notes": "", "address": "", "lat": None, "long": None}
"""The standard asks for no key to read. Who has none can follow a request whose number he knows, and no more: a
resident's words, his place and the answer are for programs that the district has given a key."""


async def _listed(kind: Format, request: Request, desk: Desk, key: str, *, as_token: bool = False) -> Response:
    asked = dict(request.query_params)

    def read() -> Response:
        account = _account(desk, asked)
        wanted = asked | ({"service_request_id": key} if key else {})
        known = bool(asked.get("api_key")) or not wanted.get("service_request_id")
        if known:
            _check_key(account, asked)
        with desk.database.read() as session:
            found = [_record(session, desk, each) for each in _found(session, desk, account, wanted)]
        if not known:
            found = [{**each, **WITHHELD} for each in found]
        if key and not found:
            raise _Refused(404, f"没有找到 {key}")
        if as_token:
            found = [{"service_request_id": each["service_request_id"], "token": key} for each in found]
        return document(kind, REQUESTS, found)

    try:
        return await run_in_threadpool(read)
    except _Refused as problem:
        return refusal(kind, problem.status, problem.why)


def _account(desk: Desk, asked: Mapping[str, str]) -> Account:
    account = desk.account("web", ACCOUNT)
    if account is None:
        raise _Refused(404, "没有开通 Open311")
    here, named = str(account.settings.get("jurisdiction_id", "")), asked.get("jurisdiction_id", "")
    if here and named != here:
        raise _Refused(404 if named else 400, "jurisdiction_id 不是本区的" if named else "缺少 jurisdiction_id")
    return account


def _check_key(account: Account, asked: Mapping[str, str]) -> None:
    given = asked.get("api_key", "")
    if not given:
        raise _Refused(400, "缺少 api_key")
    keys = [str(each) for each in account.settings.get("api_keys", ())]
    if not any([hmac.compare_digest(given.encode(), each.encode()) for each in keys]):  # noqa: C419  all are compared
        raise _Refused(403, "api_key 无效")


def _service(category: Category) -> Record:
    path = category.path
    return {
        "service_code": category.code,
        "service_name": path[-1],
        "description": category.description,
        "metadata": False,
        "type": "realtime",
        "keywords": ",".join(category.keywords),
        "group": path[0],
    }


def _form(desk: Desk, form: Mapping[str, str]) -> dict[str, Any]:
    """The web form that a request is. Raises ``_Refused``."""
    code = form.get("service_code", "")
    if not code:
        raise _Refused(400, "缺少 service_code")
    if code not in desk.district.taxonomy:
        raise _Refused(404, f"没有服务 {code[:40]}")
    lat, long, address = form.get("lat", ""), form.get("long", ""), form.get("address_string", "").strip()
    if not (lat and long) and not address:
        raise _Refused(400, "缺少地点：lat 和 long，或 address_string")
    service = desk.district.taxonomy.get(code).path[-1]
    words = [form.get("description", "").strip() or service, f"地点：{address}" if address else ""]
    words += [f"{name[10:-1]}：{value}" for name, value in form.items() if name.startswith("attribute[") and value]
    words.append(f"照片：{form['media_url']}" if form.get("media_url") else "")
    given: dict[str, Any] = {"title": service, "text": "\n".join(each for each in words if each)}
    given["name"] = f"{form.get('last_name', '')}{form.get('first_name', '')}"
    given |= {name: form[name] for name in ("phone", "email") if form.get(name)}
    if lat and long:
        given["place"] = {"latitude": _number("lat", lat), "longitude": _number("long", long), "label": address[:200]}
    return given


def _number(name: str, given: str) -> float:
    try:
        return float(given)
    except ValueError:
        raise _Refused(400, f"{name} 不是数") from None


def _found(session: Session, desk: Desk, account: Account, asked: Mapping[str, str]) -> list[Ticket]:
    query = select(Ticket).where(Ticket.channel == "web", Ticket.account == account.name)
    if ids := asked.get("service_request_id", ""):
        query = query.where(Ticket.number.in_([each.strip() for each in ids.split(",")][:MOST]))
    else:
        first, last = _span(desk, asked)
        query = query.where(Ticket.opened_at >= first, Ticket.opened_at <= last)
        if codes := asked.get("service_code", ""):
            query = query.where(Ticket.category.in_(codes.split(",")))
        states = set(asked.get("status", "").split(",")) - {""}
        if states - {"open", "closed"}:
            raise _Refused(400, "status 只能是 open 或 closed")
        if len(states) == 1:
            query = query.where(Ticket.state.in_(OPEN) if states == {"open"} else Ticket.state.not_in(OPEN))
    return list(session.scalars(query.order_by(Ticket.opened_at.desc(), Ticket.id.desc()).limit(MOST)))


def _span(desk: Desk, asked: Mapping[str, str]) -> tuple[datetime, datetime]:
    given = {name: _moment(name, asked.get(name, "")) for name in ("start_date", "end_date")}
    last = given["end_date"] or (given["start_date"] + SPAN if given["start_date"] else desk.now())
    first = given["start_date"] or last - SPAN
    if not timedelta(0) <= last - first <= SPAN:
        raise _Refused(400, f"start_date 到 end_date 应在 {SPAN.days} 天以内")
    return first, last


def _moment(name: str, given: str) -> datetime | None:
    if not given:
        return None
    try:
        at = datetime.fromisoformat(given.replace(" ", "+"))
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _Refused(400, f"{name} 应写成 2026-03-05T00:00:00Z") from None


def _record(session: Session, desk: Desk, ticket: Ticket) -> Record:
    reader, case = Reader(desk.district, READER), ticket.case
    taxonomy, zone = desk.district.taxonomy, desk.district.calendars.zone
    message = session.scalars(select(Message).where(Message.ticket_id == ticket.id).order_by(Message.id)).first()
    place = message.place if message is not None else {}
    clock = deadlines.binding(case) if case else None
    lead = desk.district.units.get(case.lead_unit).name if case is not None and case.lead_unit else ""
    due = clock.due_at.astimezone(zone).isoformat(timespec="seconds") if clock else None
    return {
        "service_request_id": ticket.number,
        "status": "open" if ticket.state in OPEN else "closed",
        "status_notes": reader.listed(ticket).text(ticket.answer),
        "service_name": taxonomy.get(ticket.category).path[-1] if ticket.category in taxonomy else ticket.title,
        "service_code": ticket.category,
        "description": reader.listed(ticket).text(ticket.text),
        "agency_responsible": lead,
        "service_notice": None,
        "requested_datetime": ticket.opened_at.astimezone(zone).isoformat(timespec="seconds"),
        "updated_datetime": ticket.last_message_at.astimezone(zone).isoformat(timespec="seconds"),
        "expected_datetime": due,
        "address": place.get("label", ""),
        "address_id": None,
        "zipcode": None,
        "lat": place.get("latitude"),
        "long": place.get("longitude"),
        "media_url": None,
    }
