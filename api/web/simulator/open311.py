"""Open311: a program of an office, at the real GeoReport v2 addresses. The key stays on the server."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, Any
from xml.etree import ElementTree as ET

import httpx
from defusedxml.ElementTree import fromstring
from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from api.auth import CurrentDesk
from api.demo.residents import Person
from api.desk import Desk
from api.routes.open311 import ACCOUNT
from api.web.simulator.door import ACTS, Acting, Door, calling, demo_account, fragment

router = APIRouter()

AT = "/open311/v2"
SHOWN = 6000
"""Characters of an answer that the page shows; the list of services is far longer."""

Kind = Annotated[str, Form(pattern="^(xml|json)$")]


def _values(desk: Desk, person: Person) -> dict[str, Any]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for each in desk.district.taxonomy.leaves:
        groups.setdefault(each.path[0], []).append((each.code, each.path[-1]))
    return {"groups": groups, "number": "", "exchange": None, "phone": person.phone}


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was asked, without the key and as people read it, and what the desk answered.

    ``number`` is the request's, where there is one.
    """

    method: str
    address: str
    form: str
    status: int
    body: str
    number: str


@router.get("/services")
async def services(
    request: Request, desk: CurrentDesk, kind: Annotated[str, Query(pattern="^(xml|json)$")] = "json"
) -> Response:
    """What can be reported."""
    return await _shown(request, desk, "GET", f"{AT}/services.{kind}", {}, kind)


@router.post("/requests", dependencies=ACTS)
async def report(
    request: Request,
    desk: CurrentDesk,
    person: Acting,
    kind: Kind = "xml",
    service_code: Annotated[str, Form(max_length=40)] = "",
    description: Annotated[str, Form(max_length=4000)] = "",
    address_string: Annotated[str, Form(max_length=200)] = "",
    lat: Annotated[str, Form(max_length=20)] = "",
    long: Annotated[str, Form(max_length=20)] = "",
    phone: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """Report something."""
    given = {
        "service_code": service_code,
        "description": description,
        "address_string": address_string,
        "lat": lat,
        "long": long,
        "phone": phone,
        "last_name": person.name,
    }
    return await _shown(request, desk, "POST", f"{AT}/requests.{kind}", given, kind)


@router.post("/status", dependencies=ACTS)
async def status(
    request: Request, desk: CurrentDesk, kind: Kind = "xml", number: Annotated[str, Form(max_length=60)] = ""
) -> Response:
    """How a request stands."""
    given = {"service_request_id": number.strip()}
    return await _shown(request, desk, "GET", f"{AT}/requests.{kind}", given, kind)


async def _shown(request: Request, desk: Desk, method: str, address: str, given: dict[str, str], kind: str) -> Response:
    asked = {name: value.strip() for name, value in given.items() if value.strip()}
    key = {"api_key": str(demo_account(desk, "web", ACCOUNT).settings["api_keys"][0])}
    async with calling(request) as client:
        if method == "POST":
            answer = await client.post(address, data=key | asked)
        else:
            answer = await client.get(address, params=key | asked)
    told = "&".join(f"{name}={value}" for name, value in ({"api_key": "***"} | asked).items())
    body, number = _laid_out(answer, kind)[:SHOWN], _number(answer, kind)
    exchange = Exchange(method, address, told, answer.status_code, body, number)
    return await fragment(request, "open311_exchange.html", exchange=exchange, kind=kind)


def _laid_out(answer: httpx.Response, kind: str) -> str:
    """The document with a line for each part; as it came where it is none."""
    try:
        if kind == "json":
            return json.dumps(answer.json(), ensure_ascii=False, indent=2)
        root = fromstring(answer.content)
        ET.indent(root)
        return ET.tostring(root, encoding="unicode")
    except (ValueError, ET.ParseError):
        return answer.text


def _number(answer: httpx.Response, kind: str) -> str:
    """The number of the one request in the answer."""
    if not answer.is_success:
        return ""
    if kind == "json":
        found = [each.get("service_request_id") for each in answer.json() if isinstance(each, dict)]
    else:
        found = [each.text for each in fromstring(answer.content).iter("service_request_id")]
    return str(found[0] or "") if len(found) == 1 else ""


DOOR = Door(
    key="open311",
    label="Open311",
    lead="别的系统怎么报事：按 Open311 GeoReport v2 调用真实接口，看到原样的应答，再用编号查询进展。密钥留在服务器上。",
    channel="web",
    template="open311.html",
    values=_values,
    router=router,
    account=ACCOUNT,
    own=False,
    wide=True,
)
