"""审计: the record searched, its chain checked, and what was found taken along, which is on record itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.auth import CurrentDesk, CurrentVisitor
from api.desk import Desk
from api.periods import Day, given_day
from api.web import admin_doors, audit_words, render
from api.web.exports import AT_MOST, at_most, spreadsheet
from casework import audit_trail, recording
from casework.audit_trail import Found, Sought
from storage import audit
from storage.audit import AuditRow
from storage.errors import AuditBroken

router = APIRouter(prefix="/audit")
Word = Annotated[str, Query(max_length=80)]
HEADS = ("时间", "操作人", "角色", "操作", "对象", "编号", "详情", "封条")


@dataclass(frozen=True, slots=True)
class Asked:
    """The filters of an address."""

    words: Mapping[str, str]
    first: str
    last: str

    @property
    def filters(self) -> dict[str, str]:
        """Those that narrow, for an address."""
        number = self.words["number"]
        given = {**self.words, "number": "", "about": number, "from": self.first, "to": self.last}
        return {name: value for name, value in given.items() if value}

    def sought(self, desk: Desk) -> Sought:
        """What is looked for; an act may be given by its words."""
        zone = desk.district.calendars.zone
        first, last = given_day(self.first), given_day(self.last)
        by_label = {label: name for name, label in audit_words.acts(desk.district).items()}
        return Sought(
            **{**self.words, "act": by_label.get(self.words["act"], self.words["act"])},
            first=datetime.combine(first, time(), zone) if first else None,
            last=datetime.combine(last, time(), zone) + timedelta(days=1) if last else None,
        )


def _asked(
    actor: Word = "",
    act: Word = "",
    subject: Word = "",
    key: Word = "",
    about: Word = "",
    first: Annotated[Day, Query(alias="from")] = "",
    last: Annotated[Day, Query(alias="to")] = "",
) -> Asked:
    given = {"actor": actor, "act": act, "subject": subject, "key": key, "number": about}
    return Asked({name: value.strip() for name, value in given.items()}, first, last)


CurrentAsked = Annotated[Asked, Depends(_asked)]


@router.get("")
async def show(
    request: Request, desk: CurrentDesk, who: CurrentVisitor, asked: CurrentAsked, after: Word = ""
) -> Response:
    """A page of the record, newest first, and how its chain stands."""
    audit_trail.check_sees(who.actor)

    def read() -> HTMLResponse:
        with desk.database.read() as session:
            found, following = audit_trail.search(session, asked.sought(desk), actor=who.actor, after=after)
            seal, unsealed = audit.state(session)
            checked = _last_check(session)
        acts = audit_words.acts(desk.district)
        return render.page(
            request,
            "audit.html",
            who,
            tabs=admin_doors.tabs(who),
            rows=found,
            following=following,
            first=bool(after),
            filters=asked.filters,
            acts=acts,
            subjects=audit_words.SUBJECTS,
            words=audit_words,
            say=render.said,
            seal=seal,
            unsealed=unsealed,
            checked=checked,
        )

    return await run_in_threadpool(read)


def _last_check(session: Session) -> AuditRow | None:
    newest = select(AuditRow).where(AuditRow.act == "verify_audit").order_by(AuditRow.at.desc())
    return session.scalar(newest.limit(1))


@router.post("/verify")
async def verify(desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Check the whole chain; the outcome is on record, and stands on the page."""
    audit_trail.check_sees(who.actor)

    def work() -> None:
        with desk.database.read() as session:
            try:
                seals, rows = audit.verify(session)
            except AuditBroken as broken:
                outcome: dict[str, object] = {"broken": broken.seal, "why": broken.why}
            else:
                outcome = {"seals": seals, "rows": rows, "head": audit.head(session)}
        with desk.database.write.begin() as session:
            recording.record(session, who.actor, "verify_audit", "audit", "chain", now=desk.now(), details=outcome)

    await run_in_threadpool(work)
    return RedirectResponse("/audit", 303)


@router.get(".csv")
async def export(desk: CurrentDesk, who: CurrentVisitor, asked: CurrentAsked) -> Response:
    """What was found as a file, at most ten thousand rows of it."""
    audit_trail.check_sees(who.actor)

    def work() -> Response:
        with desk.database.read() as session:
            found, _ = audit_trail.search(session, asked.sought(desk), actor=who.actor, limit=AT_MOST)
        rows = [HEADS, *_lines(desk, found)]
        with desk.database.write.begin() as session:
            details = {"filters": sorted(asked.filters), "rows": len(found)}
            recording.record(session, who.actor, "export_audit", "audit", "csv", now=desk.now(), details=details)
        headers = {"content-disposition": 'attachment; filename="audit.csv"', "cache-control": "no-store"}
        return Response(spreadsheet(at_most(rows)), media_type="text/csv; charset=utf-8", headers=headers)

    return await run_in_threadpool(work)


def _lines(desk: Desk, found: Sequence[Found]) -> list[tuple[str, ...]]:
    acts, zone = audit_words.acts(desk.district), desk.district.calendars.zone
    return [
        (
            f"{each.row.at.astimezone(zone):%Y-%m-%d %H:%M:%S}",
            audit_words.who(each),
            audit_words.role(each.row.role),
            acts.get(each.row.act, each.row.act),
            audit_words.SUBJECTS.get(each.row.subject, each.row.subject),
            each.number or each.row.subject_id,
            audit_words.details(each),
            str(each.row.seal or ""),
        )
        for each in found
    ]
