"""``/api/v1/workflow``: the workflow in force, and the migration of open cases to it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from api import rule_changing
from api.auth import CurrentDesk, CurrentVisitor
from api.writing import CurrentWriter
from casework import rule_changes, tickets
from casework.rule_changes import Done

router = APIRouter(prefix="/api/v1/workflow", tags=["workflow"])
MOST_CASES = 200


@router.get("")
async def show(desk: CurrentDesk, who: CurrentVisitor) -> dict[str, Any]:
    """Versions, states by life, and the graph as Mermaid text; for those with a say how many cases go by others."""

    def read() -> dict[str, Any]:
        district = desk.district
        document: dict[str, Any] = {
            "version": district.workflow.version,
            "rule_version": district.rule_version,
            "states": {"ticket": dict(district.workflow.ticket.states), "case": dict(district.workflow.case.states)},
            "mermaid": rule_changing.as_text(district),
        }
        if who.actor.role in rule_changes.SEES:
            with desk.database.read() as session:
                document["waiting"] = rule_changes.waiting(session, district)
                document["runs"] = [rule_changing.run_json(row) for row in rule_changes.runs(session)]
        return document

    return await run_in_threadpool(read)


@router.get("/migration")
async def preview(
    desk: CurrentDesk,
    who: CurrentVisitor,
    *,
    recount: bool = False,
    from_version: Annotated[str, Query(alias="from", max_length=64)] = "",
) -> dict[str, Any]:
    """What a migration would do; nothing is changed."""
    rule_changes.check_may_see(who.actor)

    def read() -> dict[str, Any]:
        return rule_changing.plan_json(rule_changing.plan(desk, recount=recount, from_version=from_version))

    return await run_in_threadpool(read)


class Migration(BaseModel):
    """Which cases go on by today's rules: those named, or all that can, of one old version where it is given."""

    recount: bool = False
    from_version: str = Field("", alias="from", max_length=64)
    cases: list[str] = Field(default_factory=list, max_length=MOST_CASES)


@router.post("/migration")
async def migrate(given: Migration, writer: CurrentWriter) -> dict[str, Any]:
    """Migrate. Cases that are named go all together or not at all; of all cases each that can."""
    if given.cases:
        return await writer.run(given.model_dump(), lambda session: _named(session, writer, given))
    desk, actor = writer.desk, writer.actor

    def work() -> dict[str, Any]:
        done = rule_changing.run(desk, actor, recount=given.recount, from_version=given.from_version)
        return rule_changing.done_json(done)

    return await run_in_threadpool(work)


def _named(session: Session, writer: CurrentWriter, given: Migration) -> dict[str, Any]:
    rule_changes.check_may_migrate(writer.actor)
    district, deadlines = writer.desk.district, 0
    moved: list[str] = []
    for key in given.cases:
        case = tickets.get_case(session, district, key, writer.actor)
        done = rule_changes.migrate_one(
            session, district, case, actor=writer.actor, now=writer.now, recount=given.recount
        )
        moved += done.moved
        deadlines += done.deadlines
    return rule_changing.done_json(Done(tuple(moved), (), deadlines))
