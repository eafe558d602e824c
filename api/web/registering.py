"""登记来电: a form that fills itself while an agent listens, and what he reads to the caller when it is done.

Without scripts every step is a form that is sent and shown again with what was found.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from api import errors, registering
from api.auth import CurrentDesk, CurrentVisitor, Visitor
from api.desk import Desk
from api.errors import Unregistrable
from api.live_calls import Key, Picture
from api.live_views import SIDES
from api.registering import Look, Made
from api.web import render
from api.web.promises import promise
from api.web.register_form import CurrentForm, Filled, beside, blank, faults, labels_of, places
from casework import desk_work, tickets, urging
from casework.call_errors import UnknownCall
from casework.errors import CaseworkError
from casework.registering import Chosen, check_registrar
from casework.tables import Ticket

router = APIRouter()
PHONE, COUNTER = "hotline", "walk_in"
ADDRESSES = {PHONE: "/register", COUNTER: "/counter"}
DONE = 10
"""Tickets that one page of what was done names."""
Numbers = Annotated[list[str] | None, Query(max_length=DONE)]


@router.get("/register")
async def ask(
    request: Request, desk: CurrentDesk, who: CurrentVisitor, call: Annotated[str, Query(max_length=200)] = ""
) -> Response:
    """An empty form, or one that a running or finished call has filled; a call that has its ticket leads there."""
    check_registrar(who.actor)

    def work() -> Response:
        picture = _picture(desk, call) if call else None
        if picture is not None and picture.is_over and picture.standing.number:
            return RedirectResponse(f"/tickets/{picture.standing.number}", 303)
        filled = _of_call(picture, call) if picture is not None else blank()
        return page(request, desk, who, PHONE, filled, picture=picture)

    return await run_in_threadpool(work)


@router.get("/register/places")
async def find_places(
    desk: CurrentDesk, who: CurrentVisitor, q: Annotated[str, Query(max_length=100)] = ""
) -> Response:
    """Places of the gazetteer that fit what is typed."""
    check_registrar(who.actor)
    found = await run_in_threadpool(lambda: places(desk.district).find(q))  # the names are made ready once
    return JSONResponse(
        [
            {
                "written": each.written,
                "name": each.name,
                "alias": each.alias,
                "where": f"{each.street} {each.community}",
            }
            for each in found
        ],
        headers={"cache-control": "private, max-age=300"},
    )


@router.get("/register/heard")
async def heard(
    request: Request, desk: CurrentDesk, who: CurrentVisitor, call: Annotated[str, Query(max_length=200)]
) -> Response:
    """What is said on the line by now."""
    check_registrar(who.actor)

    def work() -> HTMLResponse:
        return render.piece(request, "register_heard.html", **_line(_picture(desk, call), call))

    return await run_in_threadpool(work)


@router.post("/register/look")
async def look(request: Request, desk: CurrentDesk, who: CurrentVisitor, filled: CurrentForm) -> Response:
    """What stands beside the form, for what is typed by now."""
    check_registrar(who.actor)
    return await run_in_threadpool(piece, request, desk, who, PHONE, filled)


@router.post("/register")
async def save(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    filled: CurrentForm,
    act: Annotated[str, Form(max_length=10)] = "save",
) -> Response:
    """Register it, or (``act`` look) show the form again with what was found."""
    check_registrar(who.actor)
    return await run_in_threadpool(taken, request, desk, who, PHONE, filled, act)


@router.post("/register/urge")
async def urge(
    desk: CurrentDesk, who: CurrentVisitor, filled: CurrentForm, ticket: Annotated[str, Form(max_length=40)]
) -> Response:
    """The caller asks again about a matter in hand: an urging is put down, and no new ticket opened."""
    check_registrar(who.actor)

    def work() -> str:
        with desk.database.write.begin() as session:
            found = tickets.get_ticket(session, desk.district, ticket, who.actor)
            words = filled.said.text or "来电催办"
            urging.record(session, desk.district, found, words, actor=who.actor, now=desk.now())
            return found.number

    return RedirectResponse(f"/register/done?{urlencode({'urged': await run_in_threadpool(work)})}", 303)


@router.get("/register/done")
async def done(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    t: Numbers = None,
    urged: Annotated[str, Query(max_length=40)] = "",
    counter: bool = False,  # noqa: FBT001, FBT002  (a query parameter)
) -> Response:
    """The numbers, and what to read to the resident."""
    check_registrar(who.actor)

    def work() -> HTMLResponse:
        with desk.database.read() as session:
            made = [tickets.get_ticket(session, desk.district, each, who.actor) for each in (t or [])]
            again = tickets.get_ticket(session, desk.district, urged, who.actor) if urged else None
            return render.page(
                request,
                "register_done.html",
                who,
                made=[(each, promise(desk.district, each), judged(desk, each)) for each in made],
                again=again,
                address=ADDRESSES[COUNTER if counter else PHONE],
                counter=counter,
                states=desk.district.workflow.ticket.states,
            )

    return await run_in_threadpool(work)


def judged(desk: Desk, ticket: Ticket) -> str:
    """The category and the unit that the ticket has by now, in a line."""
    taxonomy, units = desk.district.taxonomy, desk.district.units
    category = " / ".join(taxonomy.get(ticket.category).path) if ticket.category in taxonomy else "分类未定"
    proposed = (ticket.suggestion.get("unit") or [{"code": ""}])[0]["code"]
    unit = ticket.unit or proposed
    return f"{category} · {units.name_of(unit) or '承办单位未定'}"


def taken(request: Request, desk: Desk, who: Visitor, channel: str, filled: Filled, act: str) -> Response:
    """Register what was filled in and go to what was done; what is wrong is said on the form, which keeps its words."""
    wrong = faults(filled)
    if act == "look":
        return page(request, desk, who, channel, filled, wrong={k: v for k, v in wrong.items() if k != "text"})
    if wrong:
        return page(request, desk, who, channel, filled, wrong=wrong, status=422)
    call = key_of(filled.call) if filled.call and channel == PHONE else None
    if call is not None and _is_over(desk, call):
        call = None
    try:
        made = registering.register(desk, who.actor, channel, filled.once, filled.matters, call=call)
    except (CaseworkError, Unregistrable) as problem:
        told = errors.sentence(problem)
        return page(request, desk, who, channel, filled, problem=told, status=422)
    return _answer(request, desk, who, channel, filled, made)


def _answer(request: Request, desk: Desk, who: Visitor, channel: str, filled: Filled, made: Sequence[Made]) -> Response:
    numbers = [each.number for each in made if each.number]
    if not numbers:
        told = f"没有建工单：{made[0].ignored or '没有可办理的内容'}。确有诉求的请写清楚再登记。"
        return page(request, desk, who, channel, filled, problem=told, status=422)
    query = [("t", each) for each in numbers] + ([("counter", "1")] if channel == COUNTER else [])
    return RedirectResponse(f"/register/done?{urlencode(query)}", 303)


def page(
    request: Request,
    desk: Desk,
    who: Visitor,
    channel: str,
    filled: Filled,
    *,
    picture: Picture | None = None,
    wrong: dict[str, str] | None = None,
    problem: str = "",
    status: int = 200,
) -> HTMLResponse:
    """The form with what stands beside it; empty fields are filled with what the words say."""
    found = registering.look(desk, channel, filled.said)
    if picture is None and filled.call:
        picture = _known(desk, filled.call)
    filled = _completed(filled, found)
    with desk.database.read() as session:
        return render.page(
            request,
            "register.html" if channel == PHONE else "counter.html",
            who,
            status,
            filled=filled,
            said=filled.said,
            address=ADDRESSES[channel],
            channel=channel,
            wrong=wrong or {},
            problem=problem,
            request_types=labels_of(desk.district),
            categories=list(desk.district.taxonomy.leaves),
            options=places(desk.district).find(filled.said.place) if filled.said.place else [],
            **_line(picture, filled.call),
            **beside(session, desk, who, channel, filled, found),
        )


def piece(request: Request, desk: Desk, who: Visitor, channel: str, filled: Filled) -> HTMLResponse:
    """What stands beside the form, alone."""
    found = registering.look(desk, channel, filled.said)
    with desk.database.read() as session:
        values = beside(session, desk, who, channel, filled, found)
        return render.piece(
            request, "register_beside.html", said=filled.said, filled=filled, address=ADDRESSES[channel], **values
        )


def _completed(filled: Filled, found: Look) -> Filled:
    """Empty fields as the words fill them; what somebody wrote stays."""
    said = filled.said
    given = {name: value for name, value in found.found.items() if not getattr(said, name)}
    return Filled(
        registering.with_fields(said, given), filled.once, filled.call, split=filled.split, parts=filled.parts
    )


def key_of(call: str) -> Key:
    """The account and number of a call that an address names."""
    account, _, number = call.partition("/")
    return account[:60], number[:128]


def _picture(desk: Desk, call: str) -> Picture:
    picture = desk.live_calls.current(key_of(call))
    if picture is None:
        raise UnknownCall(key_of(call)[1])
    return picture


def _known(desk: Desk, call: str) -> Picture | None:
    return desk.live_calls.current(key_of(call))


def _is_over(desk: Desk, key: Key) -> bool:
    picture = desk.live_calls.current(key)
    return picture is None or picture.is_over


def _of_call(picture: Picture, call: str) -> Filled:
    """The form as the call fills it: who calls, what he says, what its agent has put down."""
    noted = {each.field: each.value for each in picture.noted}
    filled = blank(
        text=noted.get("matter") or picture.heard.words,
        phone=picture.heard.phone,
        name=picture.heard.name,
        place=noted.get("place", ""),
        time=noted.get("time", ""),
        contact=noted.get("contact", ""),
        object=noted.get("object", ""),
        chosen=Chosen(category=noted.get("category", "")),
    )
    return Filled(filled.said, filled.once, call)


def _line(picture: Picture | None, call: str) -> dict[str, Any]:
    """What of a call stands on the page."""
    if picture is None:
        return {"line": None}
    return {
        "line": {
            "call": call,
            "running": not picture.is_over,
            "words": picture.heard.words,
            "turns": [
                {"side": each.side, "speaker": each.speaker or SIDES[each.side], "text": each.text}
                for each in picture.heard.turns
            ],
            "number": picture.standing.number,
        }
    }


@router.post("/register/told")
async def told(
    desk: CurrentDesk,
    who: CurrentVisitor,
    ticket: Annotated[list[str], Form(max_length=DONE)],
    counter: Annotated[bool, Form()] = False,  # noqa: FBT002  (a form field)
) -> Response:
    """The resident has heard his numbers: on to the next."""
    check_registrar(who.actor)

    def work() -> None:
        with desk.database.write.begin() as session:
            for each in ticket:
                found = tickets.get_ticket(session, desk.district, each, who.actor)
                desk_work.told(session, found, actor=who.actor, now=desk.now())

    await run_in_threadpool(work)
    return RedirectResponse(ADDRESSES[COUNTER if counter else PHONE], 303)
