"""``/api/v1/residents``: one person over his channels, his wishes and rights; ``/api/v1/person-requests`` to decide."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from api import opening, person_copy, resident_views
from api.auth import CurrentDesk, CurrentVisitor
from api.routes.tickets import Opening, whole
from api.storable import check_storable
from api.writing import CurrentWriter, Writer
from casework import confidential, joining, person_requests, resident_history, residents, tickets, wishes
from casework.resident_history import PersonView

router = APIRouter(prefix="/api/v1", tags=["residents"])
Key = Annotated[str, Path(max_length=40)]


def _after(session: Session, writer: Writer, key: str) -> dict[str, Any]:
    session.flush()
    return resident_views.shown(session, writer.desk, writer.actor, key, now=writer.now)


@router.get("/residents/{key}")
async def show(key: Key, desk: CurrentDesk, who: CurrentVisitor) -> dict[str, Any]:
    """A resident by id, as he now is; that he was shown is on record."""

    def read() -> dict[str, Any]:
        with desk.database.write.begin() as session:
            return resident_views.shown(session, desk, who.actor, key, now=desk.now())

    return await run_in_threadpool(read)


@router.post("/residents/{key}/person")
async def open_person(key: Key, given: Opening, writer: CurrentWriter) -> dict[str, Any]:
    """Have him shown to a supervisor (显示), on record; he stays open to him for half an hour."""

    def work(session: Session) -> dict[str, Any]:
        found = resident_history.look(session, writer.actor, key).resident
        opening.open_resident(session, writer.actor, found.id, opening.why(given.reason, given.text), now=writer.now)
        return _after(session, writer, key)

    return await writer.run(given.model_dump(), work)


class Joining(BaseModel):
    """Who turned out to be the same person, on what proof."""

    lost: str = Field(max_length=40)
    proof: str = Field(max_length=20)
    reason: str = Field("", max_length=500)


@router.post("/residents/{key}/joins")
async def join(key: Key, given: Joining, writer: CurrentWriter) -> dict[str, Any]:
    """归并: the names, tickets and messages of ``lost`` become this resident's."""

    def work(session: Session) -> dict[str, Any]:
        joining.join(
            session,
            writer.desk.district,
            key,
            given.lost,
            proof=given.proof,
            actor=writer.actor,
            now=writer.now,
            reason=given.reason,
        )
        return _after(session, writer, key)

    return await writer.run(given.model_dump(), work)


class Reason(BaseModel):
    """Why."""

    reason: str = Field("", max_length=500)


@router.post("/resident-joins/{key}/undo")
async def undo(key: Key, given: Reason, writer: CurrentWriter) -> dict[str, Any]:
    """撤销归并: what came goes back."""

    def work(session: Session) -> dict[str, Any]:
        found = joining.unjoin(
            session, writer.desk.district, key, actor=writer.actor, now=writer.now, reason=given.reason
        )
        return _after(session, writer, found.kept_id)

    return await writer.run(given.model_dump(), work)


class Phone(BaseModel):
    """A telephone that was checked, and how."""

    phone: str = Field(max_length=40)
    reason: str = Field("", max_length=500)


@router.post("/residents/{key}/verified-phone")
async def verify(key: Key, given: Phone, writer: CurrentWriter) -> dict[str, Any]:
    """核实电话: a person has made sure that it is his."""

    def work(session: Session) -> dict[str, Any]:
        found, number = joining.get(session, key), residents.mobile(given.phone)
        joining.verify_phone(session, found, number, actor=writer.actor, now=writer.now, reason=given.reason)
        return _after(session, writer, key)

    return await writer.run(given.model_dump(), work)


class Hours(BaseModel):
    """Local times, ``HH:MM``."""

    from_: str = Field(alias="from", max_length=5)
    until: str = Field(max_length=5)


class Wishes(BaseModel):
    """联系意愿, in place of those before."""

    no_calls: Hours | None = None
    channel: str = Field("", max_length=20)
    language: str = Field("", max_length=30)
    hearing: bool = False
    no_notices: bool = False


@router.put("/residents/{key}/wishes")
async def wish(key: Key, given: Wishes, writer: CurrentWriter) -> dict[str, Any]:
    """Write down how he wishes to be spoken to."""
    asked = given.model_dump(by_alias=True)

    def work(session: Session) -> dict[str, Any]:
        wishes.keep(session, joining.get(session, key), asked, actor=writer.actor, now=writer.now)
        return _after(session, writer, key)

    return await writer.run(asked, work)


class Asking(BaseModel):
    """What the resident asks of his data, and how it is known that it is he."""

    kind: Literal["export", "erasure"]
    proof: str = Field("", max_length=500)
    ground: str = Field("", max_length=40)


@router.post("/residents/{key}/requests")
async def ask(key: Key, given: Asking, writer: CurrentWriter) -> dict[str, Any]:
    """Write down a request for a copy of his data or their erasure."""

    def work(session: Session) -> dict[str, Any]:
        person_requests.ask(
            session,
            writer.desk.district,
            joining.get(session, key),
            given.kind,
            proof=given.proof,
            ground=given.ground,
            actor=writer.actor,
            now=writer.now,
        )
        return _after(session, writer, key)

    return await writer.run(given.model_dump(), work)


@router.get("/person-requests")
async def waiting(desk: CurrentDesk, who: CurrentVisitor) -> dict[str, Any]:
    """Requests about personal data that wait for a decision, the oldest first."""

    def read() -> dict[str, Any]:
        with desk.database.read() as session:
            found = person_requests.pending(session, who.actor)
            sees = PersonView.of(who.actor)
            now = desk.now()
            return {"items": [resident_views.request_json(desk, sees, who.actor, each, now=now) for each in found]}

    return await run_in_threadpool(read)


class Decision(BaseModel):
    """``confirm`` must be true for an erasure: it cannot be taken back."""

    approve: bool
    text: str = Field("", max_length=500)
    confirm: bool = False


@router.post("/person-requests/{key}/decision")
async def decide(key: Key, given: Decision, desk: CurrentDesk, who: CurrentVisitor) -> dict[str, Any]:
    """Approve or refuse. ``receipt`` of an erasure is told here once: no ``Idempotency-Key`` keeps it."""
    check_storable(given.text)

    def work() -> dict[str, Any]:
        now = desk.now()
        with desk.database.write.begin() as session:
            found = person_requests.get(session, key)
            receipt = person_requests.decide(
                session,
                desk.district,
                found,
                approve=given.approve,
                actor=who.actor,
                now=now,
                text=given.text,
                confirmed=given.confirm,
            )
            session.flush()
            told = resident_views.request_json(desk, PersonView.of(who.actor), who.actor, found, now=now)
            return told | {"receipt": receipt}

    return await run_in_threadpool(work)


@router.get("/person-requests/{key}/copy")
async def copy(key: Key, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """The approved copy as a ZIP archive, for who hands it to the resident; each fetch is on record."""
    return await run_in_threadpool(person_copy.fetch, desk, key, who.actor)


class Confidential(BaseModel):
    """Whether the reporter is hidden from every unit; to show him again needs a reason."""

    confidential: bool
    reason: str = Field("", max_length=500)


@router.put("/tickets/{key}/confidential")
async def keep_confidential(key: str, given: Confidential, writer: CurrentWriter) -> dict[str, Any]:
    """保密 for one ticket, on the resident's word."""

    def work(session: Session) -> dict[str, Any]:
        desk, actor, now = writer.desk, writer.actor, writer.now
        ticket = tickets.get_ticket(session, desk.district, key, actor)
        if given.confidential:
            confidential.ask(session, desk.district, ticket, actor=actor, now=now)
        else:
            confidential.lift(session, desk.district, ticket, actor=actor, now=now, reason=given.reason)
        session.flush()
        return whole(session, desk, key, actor)

    return await writer.run(given.model_dump(), work)
