"""``/api/v1``: cases merged into a master case, tickets taken out again, and many cases dispatched at once."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from api.auth import CurrentDesk, CurrentVisitor
from api.batch_dispatch import AT_ONCE, dispatch_all
from api.routes.cases import whole
from api.storable import check_storable
from api.writing import CurrentWriter
from casework import dispatch, merging, tickets
from casework.actors import Given

router = APIRouter(prefix="/api/v1", tags=["cases"])


class IntoMaster(BaseModel):
    """The master case, by id or number."""

    into: str = Field(max_length=60)


@router.post("/cases/{key}/merge")
async def merge(key: str, given: IntoMaster, writer: CurrentWriter) -> dict[str, Any]:
    """Merge a case into a master case (并单); the answer is the master case."""

    def work(session: Session) -> dict[str, Any]:
        desk, actor = writer.desk, writer.actor
        case = tickets.get_case(session, desk.district, key, actor)
        master = tickets.get_case(session, desk.district, given.into, actor)
        merging.merge_case(session, desk.district, case, master, actor=actor, now=writer.now)
        session.flush()
        return whole(session, desk, master.id, actor)

    return await writer.run(given.model_dump(), work)


class TakingOut(BaseModel):
    """Why the ticket is another matter."""

    text: str = Field("", max_length=500)


@router.post("/tickets/{key}/unmerge")
async def unmerge(key: str, given: TakingOut, writer: CurrentWriter) -> dict[str, Any]:
    """Take a ticket out of its case (拆单); the answer is the case of its own, which waits for dispatch."""

    def work(session: Session) -> dict[str, Any]:
        desk, actor = writer.desk, writer.actor
        ticket = tickets.get_ticket(session, desk.district, key, actor)
        own = merging.unmerge(session, desk.district, ticket, actor=actor, now=writer.now, text=given.text.strip())
        session.flush()
        return whole(session, desk, own.id, actor)

    return await writer.run(given.model_dump(), work)


class Batch(BaseModel):
    """Cases by id or number; without a unit each goes to the one proposed for it."""

    cases: list[Annotated[str, Field(max_length=60)]] = Field(min_length=1, max_length=AT_ONCE)
    unit: str = Field("", max_length=60)
    text: str = Field("", max_length=500)


@router.post("/cases/dispatch")
async def dispatch_many(given: Batch, desk: CurrentDesk, who: CurrentVisitor) -> dict[str, Any]:
    """Dispatch many cases (批量派单), each in a transaction of its own: what is refused says why and stops no other."""
    dispatch.check_may_dispatch(desk.district, who.actor)
    check_storable(given.model_dump())
    wanted = Given(unit=given.unit, text=given.text.strip())

    def work() -> dict[str, Any]:
        outcomes = dispatch_all(desk, given.cases, who.actor, wanted)
        return {"dispatched": sum(not each["error"] for each in outcomes), "cases": outcomes}

    return await run_in_threadpool(work)
