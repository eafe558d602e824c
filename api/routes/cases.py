"""``/api/v1/cases`` and ``/api/v1/requests``: look at cases, move them, ask and decide."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from api import case_files, views
from api.auth import CurrentDesk, CurrentVisitor
from api.desk import Desk
from api.paging import After, Limit, page
from api.reply_views import warning_json
from api.writing import CurrentWriter
from casework import acts, open_requests, replies, requests, tickets
from casework.actors import Actor, Given
from casework.reading import Reader
from casework.tables import Request

router = APIRouter(prefix="/api/v1", tags=["cases"])
MOST_CO_UNITS = 50


class CaseMove(BaseModel):
    """What is given with a move or a request; the workflow says which of it is needed."""

    reason: str = Field("", max_length=40)
    text: str = Field("", max_length=5000)
    record: str = Field("", max_length=5000)
    unit: str = Field("", max_length=60)
    co_units: list[Annotated[str, Field(max_length=60)]] | None = Field(None, max_length=MOST_CO_UNITS)
    directory_line: str = Field("", max_length=10)
    proposed_unit: str = Field("", max_length=60)
    review_date: date | None = None
    attachment: str = Field("", max_length=40)
    """The id of a file of the case."""
    seen: str = Field("", max_length=60)
    """The case's ``seen`` as it was read: a move is refused with what happened when the case moved on since."""

    def given(self) -> Given:
        """As casework takes it."""
        return Given(
            reason=self.reason,
            text=self.text,
            record=self.record,
            unit=self.unit,
            co_units=None if self.co_units is None else tuple(self.co_units),
            directory_line=self.directory_line,
            proposed_unit=self.proposed_unit,
            review_date=self.review_date,
            attachment=self.attachment,
        )


def whole(session: Session, desk: Desk, key: str, actor: Actor) -> dict[str, Any]:
    """A case with its timeline."""
    case = tickets.get_case(session, desk.district, key, actor)
    reader = Reader(desk.district, actor)
    told = reader.step_texts(tickets.timeline(session, case=case), case)
    files = case_files.listed(session, reader, case)
    return views.case_whole(session, reader, case, now=desk.now()) | {"timeline": told, "files": files}


@router.get("/cases")
async def list_(
    desk: CurrentDesk,
    who: CurrentVisitor,
    state: Annotated[list[str] | None, Query()] = None,
    unit: str = "",
    street: str = "",
    category: Annotated[str, Query(max_length=6)] = "",
    q: Annotated[str, Query(max_length=100)] = "",
    after: After = "",
    limit: Limit = 50,
) -> dict[str, Any]:
    """Cases the reader may see, newest first."""
    chosen = tickets.CaseFilter(tuple(state or ()), unit, street, category, q)

    def read() -> dict[str, Any]:
        with desk.database.read() as session:
            found = tickets.list_cases(session, desk.district, who.actor, chosen, after=after, limit=limit)
            reader = Reader(desk.district, who.actor)
            return page([views.case_brief(reader, case) for case in found.items], found.next)

    return await run_in_threadpool(read)


@router.get("/cases/{key}")
async def show(key: str, desk: CurrentDesk, who: CurrentVisitor) -> dict[str, Any]:
    """One case by id or number."""

    def read() -> dict[str, Any]:
        with desk.database.read() as session:
            return whole(session, desk, key, who.actor)

    return await run_in_threadpool(read)


@router.post("/cases/{key}/transitions/{name}")
async def move(key: str, name: str, given: CaseMove, writer: CurrentWriter) -> dict[str, Any]:
    """Make a move; where it needs an approval the answer holds the pending request instead.

    ``warnings`` are the reply check's on an answer, which went out (or up for approval) all the same.
    """

    def work(session: Session) -> dict[str, Any]:
        desk, actor = writer.desk, writer.actor
        case = tickets.get_case(session, desk.district, key, actor)
        is_answer = name == requests.ANSWER
        found = replies.look_over(desk.district, case, given.text, actor=actor, now=writer.now) if is_answer else ()
        done = acts.perform(
            session, desk.district, case, name, actor=actor, now=writer.now, given=given.given(), seen=given.seen
        )
        session.flush()
        asked = views.request_json(Reader(desk.district, actor), done) if isinstance(done, Request) else None
        return whole(session, desk, case.id, actor) | {
            "request": asked,
            "warnings": [warning_json(each) for each in found],
        }

    return await writer.run(given.model_dump(), work)


class ReplyCheck(BaseModel):
    """An answer to be looked over."""

    text: str = Field(max_length=5000)


@router.post("/cases/{key}/reply-check")
async def reply_check(key: str, given: ReplyCheck, desk: CurrentDesk, who: CurrentVisitor) -> dict[str, Any]:
    """What an answer of this case is warned of (答复体检). Nothing is stored, nothing goes out."""

    def read() -> dict[str, Any]:
        with desk.database.read() as session:
            case = tickets.get_case(session, desk.district, key, who.actor)
            found = replies.look_over(desk.district, case, given.text.strip(), actor=who.actor, now=desk.now())
            return {"warnings": [warning_json(each) for each in found]}

    return await run_in_threadpool(read)


@router.post("/cases/{key}/requests/{kind}", status_code=201)
async def ask(key: str, kind: str, given: CaseMove, writer: CurrentWriter) -> dict[str, Any]:
    """Make a request: return, extension, suspension …"""

    def work(session: Session) -> dict[str, Any]:
        desk, actor = writer.desk, writer.actor
        case = tickets.get_case(session, desk.district, key, actor)
        request = requests.ask(session, desk.district, case, kind, actor=actor, now=writer.now, given=given.given())
        return views.request_json(Reader(desk.district, actor), request)

    return await writer.run(given.model_dump(), work)


@router.get("/requests")
async def pending(desk: CurrentDesk, who: CurrentVisitor) -> dict[str, Any]:
    """Requests that wait for this reader's decision, oldest first."""

    def read() -> dict[str, Any]:
        with desk.database.read() as session:
            found = requests.queue(session, desk.district, who.actor, now=desk.now())
            reader = Reader(desk.district, who.actor)
            return page([views.request_json(reader, request) for request in found], "")

    return await run_in_threadpool(read)


class Decision(BaseModel):
    """Approve or refuse, with a word about it."""

    approve: bool
    text: str = Field("", max_length=2000)
    answer: str = Field("", max_length=5000)
    """The answer as the approver changed it; empty: as it was asked for."""
    unit: str = Field("", max_length=60)
    """Where the case shall go, in the place of the proposed unit."""


@router.post("/requests/{key}/decision")
async def decide(key: str, given: Decision, writer: CurrentWriter) -> dict[str, Any]:
    """Decide a request."""

    def work(session: Session) -> dict[str, Any]:
        desk, actor = writer.desk, writer.actor
        request = requests.get(session, key)
        tickets.get_case(session, desk.district, request.case_id, actor)
        requests.decide(
            session,
            desk.district,
            request,
            approve=given.approve,
            actor=actor,
            now=writer.now,
            text=given.text,
            changed=given.answer.strip(),
            unit=given.unit,
        )
        return views.request_json(Reader(desk.district, actor), request)

    return await writer.run(given.model_dump(), work)


@router.post("/requests/{key}/withdraw")
async def withdraw(key: str, writer: CurrentWriter) -> dict[str, Any]:
    """Its asker takes a request back that is not decided."""

    def work(session: Session) -> dict[str, Any]:
        desk, actor = writer.desk, writer.actor
        request = requests.get(session, key)
        tickets.get_case(session, desk.district, request.case_id, actor)
        open_requests.withdraw(session, desk.district, request, actor=actor, now=writer.now)
        return views.request_json(Reader(desk.district, actor), request)

    return await writer.run({}, work)
