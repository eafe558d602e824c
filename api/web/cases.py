"""Cases: the list, a unit's to-do, one case, and requests that wait for a decision."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from api import clock_warning_views, opening
from api.auth import CurrentDesk, CurrentVisitor
from api.case_files import put
from api.desk import Desk
from api.errors import FieldTooLong
from api.periods import given_day
from api.web import case_files, judged, render, reply_check
from api.web.case_panel import case_panel
from api.web.own_site import inside
from casework import acts, board_behind, deadlines, requests, rules, tickets
from casework.actors import UNIT_ROLES, Actor, Given
from casework.reading import Reader
from casework.tables import Case
from district.schemas import Role
from knowledge.attachments import Attached

router = APIRouter()
PAGE = 50
TEXT = 5000
OVERDUE_SHOWN = 100
MAY_DISPATCH = frozenset({Role.DISPATCHER, Role.SUPERVISOR})


def _rows(session: Session, desk: Desk, reader: Reader, cases: list[Case]) -> list[dict[str, Any]]:
    """Cases with the clock that binds, the nearest deadline first."""
    rows, district = [], desk.district
    for case in cases:
        clock = deadlines.binding(case)
        book = rules.of(session, desk.district, case)
        rows.append(
            {
                "case": case,
                "title": reader.title(case),
                "clock": deadlines.view(book, case, clock, now=desk.now()) if clock else None,
                "state": book.workflow.case.states[case.state],
                "lead": desk.district.units.get(case.lead_unit).name if case.lead_unit else "",
                "proposed": district.units.get(case.proposed_unit).name if case.proposed_unit else "",
                "urged": sum(ticket.urgings for ticket in case.tickets),
            }
        )
    return rows


@router.get("/cases")
async def list_(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    state: Annotated[str, Query(max_length=20)] = "",
    unit: Annotated[str, Query(max_length=10)] = "",
    street: Annotated[str, Query(max_length=10)] = "",
    q: Annotated[str, Query(max_length=100)] = "",
    after: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """Cases the reader may see, newest first; ``state`` may be ``active`` or ``overdue`` beside a state's name."""
    given = {"state": state, "unit": unit, "street": street, "q": q.strip()}
    filters = {name: value for name, value in given.items() if value}

    def read() -> HTMLResponse:
        district = desk.district
        with desk.database.read() as session:
            found = select_cases(session, desk, who.actor, filters, after=after, limit=PAGE)
            states = [("active", "在办"), ("overdue", "逾期"), *district.workflow.case.states.items()]
            own, reader = who.actor.role in UNIT_ROLES, Reader(district, who.actor)
            units = [(each.code, each.name) for each in district.units if each.kind not in ("community", "desk")]
            return render.page(
                request,
                "cases.html",
                who,
                rows=_rows(session, desk, reader, list(found.items)),
                finds_people=reader.sees_all,
                next=found.next,
                paged=bool(after),
                filters=filters,
                state_choices=states,
                unit_choices=[] if own else units,
                may_dispatch=who.actor.role in MAY_DISPATCH and filters.get("state") == district.workflow.case.initial,
                units=[unit for unit in district.units if unit.kind != "community"],
                street_choices=[(each.code, each.name) for each in district.units if each.kind == "street"],
            )

    return await run_in_threadpool(read)


def select_cases(
    session: Session, desk: Desk, actor: Actor, filters: Mapping[str, str], *, after: str = "", limit: int
) -> tickets.Page[Case]:
    """The cases a list is narrowed to by its address; those overdue the oldest first, many at once."""
    state = filters.get("state", "")
    late = desk.now() if state == "overdue" else None
    active = board_behind.active_states(desk.district)
    states = () if late else active if state == "active" else (state,) if state else ()
    narrowed = (filters.get("unit", ""), filters.get("street", ""), "", filters.get("q", ""))
    chosen = tickets.CaseFilter(states, *narrowed, overdue_at=late)
    limit = max(limit, OVERDUE_SHOWN) if late else limit
    return tickets.list_cases(session, desk.district, actor, chosen, after=after, limit=limit)


@router.get("/cases/{key}")
async def show(
    key: str,
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    decided: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """One case with its tickets, clocks and timeline; ``decided`` is a request that the reader just decided."""

    def read() -> HTMLResponse:
        with desk.database.read() as session:
            case = tickets.get_case(session, desk.district, key, who.actor)
            reader = Reader(desk.district, who.actor)
            page = render.page(
                request,
                "case.html",
                who,
                panel=case_panel(session, desk, case, reader),
                case=case,
                title=reader.title(case),
                text_for=lambda ticket: reader.of(ticket).text(ticket.text),
                answer=reader.on(case).text(case.answer),
                record=reader.on(case).text(case.record),
                steps=reader.step_texts(tickets.timeline(session, case=case), case),
                ticket_states=desk.district.workflow.ticket.states,
                warnings=clock_warning_views.lines(session, case),
                kept=case_files.shown(session, desk, reader, case),
                just_decided=judged.of(session, desk, who, decided),
            )
            opening.keep_reading(desk, reader, case.tickets, case)
            return page

    return await run_in_threadpool(read)


def _given(
    reason: Annotated[str, Form(max_length=40)] = "",
    text: Annotated[str, Form(max_length=5000)] = "",
    unit: Annotated[str, Form(max_length=60)] = "",
    directory_line: Annotated[str, Form(max_length=10)] = "",
    proposed_unit: Annotated[str, Form(max_length=60)] = "",
    review_date: Annotated[date | None, Form()] = None,
    record: Annotated[str, Form(max_length=5000)] = "",
    attachment: Annotated[str, Form(max_length=40)] = "",
) -> Given:
    return Given(
        reason=reason,
        text=text.strip(),
        record=record.strip(),
        unit=unit.strip(),
        directory_line=directory_line.strip(),
        proposed_unit=proposed_unit.strip(),
        review_date=review_date,
        attachment=attachment,
    )


async def _on_case(
    desk: Desk, key: str, actor: Actor, back: str, work: Callable[[Session, Case], object]
) -> RedirectResponse:
    def run() -> str:
        with desk.database.write.begin() as session:
            case = tickets.get_case(session, desk.district, key, actor)
            work(session, case)
            return case.number

    number = await run_in_threadpool(run)
    return RedirectResponse(inside(back) or f"/cases/{number}", 303)


async def _form(request: Request, desk: Desk, key: str, actor: Actor) -> tuple[Given, dict[str, str], Attached | None]:
    """What a case's form gives, and the file that it sends along, stored; an empty date is no date.

    Photos of before and after are on the case at once: whoever is asked once more does not send them again.
    """
    async with request.form() as sent:
        form = {name: value for name, value in sent.items() if isinstance(value, str)}
        taken = await case_files.sent(desk, key, sent, actor)
        photos = await case_files.photos(desk, key, sent, actor)
    if photos:
        await run_in_threadpool(case_files.keep_photos, desk, key, photos, actor)
    given = _given(
        form.get("reason", "")[:60],
        _whole(form.get("text", "")),
        form.get("unit", "")[:60],
        form.get("directory_line", "")[:10],
        form.get("proposed_unit", "")[:60],
        given_day(form.get("review_date", "")),
        _whole(form.get("record", "")),
        form.get(case_files.FIELD, "")[:40],
    )
    return given, form, taken


def _whole(text: str) -> str:
    """The text as it was written: half an answer must not go out. Raises ``FieldTooLong`` above what the API takes."""
    if len(text.replace("\r\n", "\n")) > TEXT:  # as the page counts: a browser sends a line's end as two
        raise FieldTooLong
    return text


def _with_file(session: Session, desk: Desk, case: Case, given: Given, taken: Attached | None, actor: Actor) -> Given:
    """What is given, with the file that came along put on the case: if the act is refused, so is the file."""
    if taken is None:
        return given
    return replace(given, attachment=put(session, desk, case, taken, actor=actor).id)


def _kept(desk: Desk, key: str, given: Given, taken: Attached, actor: Actor) -> Given:
    with desk.database.write.begin() as session:
        case = tickets.get_case(session, desk.district, key, actor)
        return _with_file(session, desk, case, given, taken, actor)


@router.post("/cases/{key}/do/{name}")
async def move(key: str, name: str, request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Make a move, or ask for it where it needs an approval. An answer that is warned of is asked for once more."""
    given, form, taken = await _form(request, desk, key, who.actor)
    if name == requests.ANSWER:
        if taken is not None:  # on the case at once: who is asked once more does not send it again
            given, taken = await run_in_threadpool(_kept, desk, key, given, taken, who.actor), None
            form[case_files.FIELD] = given.attachment
        again = await reply_check.ask_again(request, desk, who, reply_check.answering(desk, who, key, given.text), form)
        if again is not None:
            return again
    seen = form.get("seen", "")[:60]

    def work(session: Session, case: Case) -> object:
        what = _with_file(session, desk, case, given, taken, who.actor)
        return acts.perform(session, desk.district, case, name, actor=who.actor, now=desk.now(), given=what, seen=seen)

    return await _on_case(desk, key, who.actor, form.get("back", ""), work)


@router.post("/cases/{key}/ask/{kind}")
async def ask(key: str, kind: str, request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Make a request."""
    given, form, taken = await _form(request, desk, key, who.actor)

    def work(session: Session, case: Case) -> object:
        what = _with_file(session, desk, case, given, taken, who.actor)
        return requests.ask(session, desk.district, case, kind, actor=who.actor, now=desk.now(), given=what)

    return await _on_case(desk, key, who.actor, form.get("back", ""), work)
