"""市平台: one's turn at the city's platform. Orders and acts are signed and pushed to the account's real address."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

import httpx
from fastapi import APIRouter, Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from sqlalchemy import select

from api.auth import CurrentDesk
from api.demo.residents import ACCOUNT, Person
from api.desk import Desk
from api.standins.city.signing import signed
from api.web.simulator.content import MATTER, PLACE
from api.web.simulator.door import ACTS, Acting, Door, Playing, calling, demo_account, fragment, said_by
from casework.city_tables import CityOrder
from storage.numbers import short_number

router = APIRouter()

SHOWN = 6
ACTS_DONE: dict[str, tuple[str, dict[str, Any]]] = {
    "urge": ("催办", {"act": "urge", "reason": "诉求人再次来电"}),
    "withdraw": ("撤回", {"act": "withdraw", "reason": "与另一件工单重复"}),
    "resolved": (
        "回访：已解决，满意",
        {"act": "verdict", "reached": True, "contacted": True, "resolved": True, "satisfaction": "满意"},
    ),
    "unresolved": (
        "回访：未解决，不满意",
        {"act": "verdict", "reached": True, "contacted": True, "resolved": False, "satisfaction": "不满意"},
    ),
    "return_yes": ("同意退回", {"act": "decision", "request": "return", "approved": True}),
    "return_no": ("不同意退回", {"act": "decision", "request": "return", "approved": False, "reason": "地点在你区"}),
    "extension_yes": ("同意延期", {"act": "decision", "request": "extension", "approved": True}),
    "extension_no": ("不同意延期", {"act": "decision", "request": "extension", "approved": False}),
}
"""What the city does about an order, each with its label and what is pushed."""

_ALWAYS = ("urge", "withdraw", "resolved", "unresolved")
Number = Annotated[str, Form(max_length=60)]


@dataclass(frozen=True, slots=True)
class Issued:
    """One order as the city sees it: what the district told, and what the city may do now."""

    order: CityOrder
    told: tuple[tuple[str, str], ...]
    may: tuple[tuple[str, str], ...]


def _values(desk: Desk, person: Person) -> dict[str, Any]:
    query = (
        select(CityOrder)
        .where(CityOrder.channel == "city", CityOrder.account == ACCOUNT)
        .order_by(CityOrder.received_at.desc(), CityOrder.id.desc())
        .limit(SHOWN)
    )
    with desk.database.read() as session:
        orders = list(session.scalars(query))
    told = _told(desk)
    return {
        "orders": [Issued(each, tuple(told.get(each.number, ())), _may(each)) for each in orders],
        "categories": list(desk.district.city.categories),
        "matter": MATTER,
        "place": PLACE,
        "phone": person.phone,
        "said": "",
    }


def _told(desk: Desk) -> dict[str, list[tuple[str, str]]]:
    """What the platform has taken from the district, by order."""
    try:
        with httpx.Client(base_url=_platform(desk), timeout=5, trust_env=False) as client:
            reports = client.get("/").json()["reports"]
    except (httpx.HTTPError, ValueError):
        return {}
    found: dict[str, list[tuple[str, str]]] = {}
    for each in reports:
        found.setdefault(each["number"], []).append((each["act"], str(each["given"].get("text", ""))))
    return found


def _platform(desk: Desk) -> str:
    return str(demo_account(desk, "city").settings.get("api_base", ""))


def _may(order: CityOrder) -> tuple[tuple[str, str], ...]:
    keys = [key for key in _ALWAYS if order.state == "open"]
    keys += ["return_yes", "return_no"] if order.return_state == "asked" else []
    keys += ["extension_yes", "extension_no"] if order.extension_state == "asked" else []
    return tuple((key, ACTS_DONE[key][0]) for key in keys)


async def _window(request: Request, desk: Desk, person: Person, said: str = "") -> Response:
    values = await run_in_threadpool(_values, desk, person)
    return await fragment(request, "orders.html", person=person, **values | {"said": said})


@router.get("/orders")
async def orders(request: Request, desk: CurrentDesk, person: Playing) -> Response:
    """The orders as they stand."""
    return await _window(request, desk, person)


@router.post("/issue", dependencies=ACTS)
async def issue(
    request: Request,
    desk: CurrentDesk,
    person: Acting,
    text: Annotated[str, Form(max_length=4000)] = "",
    place: Annotated[str, Form(max_length=200)] = "",
    category: Annotated[str, Form(max_length=200)] = "",
    phone: Annotated[str, Form(max_length=40)] = "",
    hours: Annotated[int, Form(ge=1, le=2000)] = 48,
) -> Response:
    """Hand an order down to the district."""
    if not text.strip():
        return await _window(request, desk, person, "没有写诉求内容。")
    now = desk.now().astimezone(desk.district.calendars.zone)

    def numbered() -> str:
        with desk.database.write.begin() as session:
            return short_number(session, "YC", now.date())

    order = {
        "act": "issue",
        "number": await run_in_threadpool(numbered),
        "revision": 1,
        "text": text.strip(),
        "address": place.strip(),
        "category": category.strip(),
        "caller": {"name": person.name, "phone": phone.strip()},
        "accepted_at": now.isoformat(timespec="seconds"),
        "deadline": (now + timedelta(hours=hours)).isoformat(timespec="seconds"),
        "return": {"allowed": True, "until": (now + timedelta(hours=min(hours, 24))).isoformat(timespec="seconds")},
    }
    await _know(desk, order)
    return await _window(request, desk, person, await _push(request, desk, order))


@router.post("/do", dependencies=ACTS)
async def do(
    request: Request,
    desk: CurrentDesk,
    person: Acting,
    number: Number,
    what: Annotated[str, Form(pattern=f"^({'|'.join(ACTS_DONE)})$")],
) -> Response:
    """Do something about an order."""
    now = desk.now().astimezone(desk.district.calendars.zone)
    payload = {**ACTS_DONE[what][1], "number": number, "at": now.isoformat(timespec="seconds")}
    if what == "extension_yes":
        payload["deadline"] = (now + timedelta(days=5)).isoformat(timespec="seconds")
    return await _window(request, desk, person, await _push(request, desk, payload))


async def _know(desk: Desk, order: dict[str, Any]) -> None:
    async with httpx.AsyncClient(base_url=_platform(desk), timeout=5, trust_env=False) as platform:
        await platform.post("/standin/orders", json=order)


async def _push(request: Request, desk: Desk, payload: dict[str, Any]) -> str:
    """Sign and hand over as the platform does; what the desk refused, in words."""
    settings = demo_account(desk, "city").settings
    body = json.dumps(payload, ensure_ascii=False).encode("utf-8", "replace")
    headers = signed(str(settings["secret"]), str(settings["app_key"]), body, now=desk.now())
    async with calling(request) as client:
        return said_by(await client.post(f"/channels/city/{ACCOUNT}", content=body, headers=headers))


DOOR = Door(
    key="city",
    label="市平台",
    lead="市平台派单：签名后推送到真实的接口，区里的签收、答复、退回和延期回到这里；也可以催办、撤回、回访和批复。",
    channel="city",
    template="city.html",
    values=_values,
    router=router,
    own=False,
    wide=True,
)
