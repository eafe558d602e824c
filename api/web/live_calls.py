"""通话: who is on the line now, and one call's live page: what is said, and beside it what to make of it."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api import live_stream
from api import live_views as views
from api.auth import CurrentDesk, CurrentVisitor, Visitor
from api.desk import Desk
from api.routes.live_calls import Account, CallFrames, CallId, ListFrames, Notes, keep, listed_as, read, read_all
from api.storable import check_storable
from api.web import render
from casework.actors import DESK
from casework.call_notes import LONGEST, STATES
from casework.registering import REGISTERS

router = APIRouter()
Since = Annotated[str, Query(max_length=80)]
Stated = Annotated[str | None, Form(max_length=LONGEST)]
ENTITIES = {
    "address": "地址",
    "place": "地点",
    "organisation": "单位",
    "person": "姓名",
    "phone": "电话",
    "id_number": "身份证",
    "plate": "车牌",
    "time": "时间",
    "money": "金额",
    "order_number": "单号",
}
FIELDS = {name: label for name, label in STATES.items() if name not in ("note", "matter")}


@router.get("/calls")
async def list_(request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Running calls, and those that ended within the hour."""

    def draw() -> HTMLResponse:
        found = read_all(desk, who)
        return render.page(request, "calls.html", who, **_of_list(found), version=listed_as(found))

    return await run_in_threadpool(draw)


def _of_list(found: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "running": [each for each in found if each["state"] == "running"],
        "ended": [each for each in found if each["state"] != "running"],
        "address": _address,
    }


def _address(call: dict[str, Any]) -> str:
    return f"/calls/{quote(call['account'], safe='')}/{quote(call['call_id'], safe='')}"


@router.get("/calls/events")
async def list_events(request: Request, desk: CurrentDesk, who: CurrentVisitor, since: Since = "") -> Response:
    """The list, drawn anew whenever it changes."""
    views.check_reader(who.actor)
    following = ListFrames(desk, who, live_stream.had(request, since))

    def frames() -> tuple[str, dict[str, Any]] | None:
        found = following()
        if found is None:
            return None
        number, document = found
        values = render.shared(request) | _of_list(document["items"])
        return number, {"parts": {"calls": render.fragment("calls_list.html", **values)}}

    return live_stream.response(request, desk, None, frames)


@router.get("/calls/{account}/{call_id}")
async def show(account: Account, call_id: CallId, request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """The call as it stands; the page follows it by itself."""

    def draw() -> HTMLResponse:
        document = read(desk, who, (account, call_id))
        return render.page(request, "call.html", who, **_of_call(desk, who, document))

    return await run_in_threadpool(draw)


def _of_call(desk: Desk, who: Visitor, document: dict[str, Any]) -> dict[str, Any]:
    return {
        "call": document,
        "base": _address(document),
        "entities": ENTITIES,
        "fields": FIELDS,
        "csrf": who.csrf,
        "may_register": who.actor.role in REGISTERS,
        "categories": list(desk.district.taxonomy.leaves),
        "opens_tickets": who.actor.role in DESK or not document["may_note"],
    }


PARTS = {"call-alarm": "call_alarm.html", "call-head": "call_head.html", "call-panel": "call_panel.html"}


@router.get("/calls/{account}/{call_id}/events")
async def events(
    account: Account, call_id: CallId, request: Request, desk: CurrentDesk, who: CurrentVisitor, since: Since = ""
) -> Response:
    """The page's changes: its parts drawn anew, and the turns that changed."""
    key = (account, call_id)
    await run_in_threadpool(read, desk, who, key)
    following = CallFrames(desk, who, key, live_stream.had(request, since))

    def frames() -> tuple[str, dict[str, Any]] | None:
        found = following.following()
        if found is None:
            return None
        document, turns = found
        values = render.shared(request) | _of_call(desk, who, document)
        drawn = [
            {
                "number": each["sequence"],
                "after": each.get("after"),
                "html": render.fragment("call_turn.html", turn=each),
            }
            for each in turns["turns"]
        ]
        parts = {name: render.fragment(template, **values) for name, template in PARTS.items()}
        return str(document["version"]), turns | {"turns": drawn, "parts": parts, "state": document["state"]}

    return live_stream.response(request, desk, key, frames)


@router.post("/calls/{account}/{call_id}/notes")
async def note(
    account: Account,
    call_id: CallId,
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    category: Annotated[str | None, Form(max_length=100)] = None,
    place: Stated = None,
    time: Stated = None,
    contact: Stated = None,
    object: Stated = None,  # noqa: A002  as the field is called
    note: Stated = None,
) -> Response:
    """Put down what the caller says, or the category."""
    code = category.split(" ")[0].strip() if category is not None else None
    given = Notes(category=code, place=place, time=time, contact=contact, object=object, note=note)
    check_storable(given.model_dump())

    def work() -> None:
        with desk.database.write.begin() as session:
            keep(session, desk, who, (account, call_id), given)

    await run_in_threadpool(work)
    desk.live_calls.stir()
    if request.headers.get("hx-request"):
        return HTMLResponse(render.fragment("call_kept.html", **render.shared(request)))
    return RedirectResponse(_address({"account": account, "call_id": call_id}), 303)
